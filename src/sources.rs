//! Where readings come from: one room a source. Sources read and never write.

pub mod applications;
pub mod card;
pub mod containers;
pub mod device;
pub mod parameters;
pub mod storage;
pub mod time;
