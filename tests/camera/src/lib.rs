//! An Axis device over the wire.

pub mod access;
pub mod addresses;
pub mod apps;
pub mod axsim;
pub mod bus;
pub mod clock;
pub mod control;
pub mod device;
pub mod faults;
pub mod front;
pub mod identity;
pub mod pages;
pub mod profile;
pub mod site;
pub mod visit;

pub(crate) mod programs;
mod vapix;
