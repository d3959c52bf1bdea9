//! The wall clock of the simulated camera: the one place that asks for it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds since the epoch; 0 if the machine's clock is before it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the clock's one home; everything else takes time as a parameter")]
pub fn micros_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
