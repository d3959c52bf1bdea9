//! An Axis device over the wire.

pub mod access;
pub mod site;
