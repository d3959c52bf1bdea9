//! What the page says of itself: whether it is live, lost or logged out. The script in the page takes its words from
//! here, through attributes; `{}` stands for what it fills in.

/// While the page follows the camera; filled in: the time of the last sign of life.
pub const LIVE: &str = "Live {}";
/// While nothing answers; filled in: the time of the last sign of life.
pub const LOST: &str = "Connection to the camera lost since {}. Trying again automatically.";
/// In place of the headline meanwhile.
pub const LOST_VERDICT: &str = "Cannot tell: the connection to the camera is lost.";
/// When the camera wants a login.
pub const LOG_IN: &str = "Log in again: reload this page.";
/// In place of the headline from then on.
pub const LOG_IN_VERDICT: &str = "Cannot tell: the camera wants a login.";
/// When the connection is there again.
pub const BACK: &str = "Connected to the camera again.";
/// On the button that copies the page as plain text.
pub const COPY: &str = "Copy for support";
/// On the same button, when it was done.
pub const COPIED: &str = "Copied";
/// On the same button, when the browser would not.
pub const NOT_COPIED: &str = "This browser cannot copy";
/// Spans as [`super::span`] says them, for the script: seconds, minutes, hours, one day, days.
pub const SPANS: &str = "{} s|{} min|{} h {} min|1 day, {} h|{} days, {} h";
