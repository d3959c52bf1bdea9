//! `eap deploy`, `eap status` and `eap discover` as programs, against virtual cameras, the packaged app and the reference
//! portal. `make test` builds the package that runs here; the ones for other processors are made up, and not started.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests: a panic is the failure")]

mod crowd;
mod desk;
mod discover;
mod one;
mod portal;
mod trust;
mod written;

#[path = "../../../tests/claim/operator.rs"]
#[allow(dead_code, reason = "the tests of the claim take more")]
mod operator;
#[path = "../kit/packages.rs"]
mod packages;
