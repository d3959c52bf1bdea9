//! The packaged app on a virtual camera: installed through `upload.cgi`, started by the camera, looked at through its
//! web server. The packages and stand-ins that these tests use are made by `make test`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::disallowed_methods,
    unreachable_pub,
    missing_docs,
    reason = "a test stops at the first surprise, and nobody reads its interface"
)]

mod account;
mod browser;
mod bus;
mod card;
mod card_jobs;
mod connections;
mod containers;
mod control;
mod disks;
mod engine;
mod faults;
mod flow;
mod jobs;
mod lifecycle;
mod live;
mod matrix;
mod namespace;
mod notices;
#[path = "../claim/operator.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod operator;
mod orders;
#[path = "../containers/played.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod played;
mod portal;
mod prepare;
mod proxy;
mod run;
mod secrets;
#[path = "../claim/stage.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod stage;
mod stopping;
mod wire;
mod world;
