//! An Axis device over the wire.

pub mod access;
pub mod addresses;
pub mod clock;
pub mod front;
pub mod pages;
mod programs;
pub mod site;
pub mod visit;
