//! The device over real sockets, with a front that takes the caller's level from a header.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "device/applications.rs"]
mod applications;
#[path = "device/bus.rs"]
mod bus;
#[path = "device/cards.rs"]
mod cards;
#[path = "device/control.rs"]
mod control;
#[path = "device/disks.rs"]
mod disks;
#[path = "device/emulated.rs"]
mod emulated;
#[path = "device/faults.rs"]
mod faults;
#[path = "device/refusals.rs"]
mod refusals;
#[path = "device/support.rs"]
mod support;
#[path = "device/vapix.rs"]
mod vapix;
