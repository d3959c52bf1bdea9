//! The protocol, over real sockets, with a small camera of the tests' own and an operator who presses buttons.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

mod account;
mod browser;
mod camera;
mod claiming;
mod contract;
mod operator;
mod pages;
mod polling;
mod proofs;
mod registering;
mod reports;
mod stage;
mod tokens;
mod wishes;
