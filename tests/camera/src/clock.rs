//! The wall clock of the simulated camera: the one place that asks for it.

use time::OffsetDateTime;

/// The moment, in UTC.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the clock's one home; everything else takes time as a parameter")]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Microseconds since the epoch; 0 if the machine's clock is before it.
#[must_use]
pub fn micros_now() -> u64 {
    u64::try_from((now() - OffsetDateTime::UNIX_EPOCH).whole_microseconds()).unwrap_or(0)
}
