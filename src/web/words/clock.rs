//! What is said of the camera's clock.

use crate::snapshot::CameraTime;

/// Label of its row.
pub const LABEL: &str = "Clock";

/// Whether it is right, in a word or two.
#[must_use]
pub fn state(time: &CameraTime) -> &'static str {
    match time.synchronised {
        Some(true) => "Synchronised",
        Some(false) => "Not synchronised",
        None => "Cannot tell",
    }
}

/// What that means, and what to do about it.
#[must_use]
pub fn meaning(time: &CameraTime) -> &'static str {
    match (time.synchronised, &time.source) {
        (Some(true), _) => "A time server keeps it accurate.",
        (Some(false), Some(_)) => "The camera uses a time server, but has not received the time from it.",
        (Some(false), None) => "No time server has set it.",
        (None, _) => "The camera does not report whether a time server has set it.",
    }
}
