//! The one place where the wall clock is read. Everything else gets the time as a parameter, or from tokio.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment in UTC. Whether the camera's clock is right is another question: a camera without a time source may
/// believe that it is 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// A moment by seconds since 1970-01-01 UTC; what lies outside the calendar becomes its beginning.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self(OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }

    /// Seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// The moment that an RFC 3339 text names, such as `2026-11-23T06:48:37.820199478Z`; absent where it names none, and
    /// where its moment has no such text in UTC (before the year 0, after the year 9999).
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?.checked_to_offset(time::UtcOffset::UTC)?;
        (0..=9999).contains(&moment.year()).then_some(Self(moment))
    }

    /// Whole seconds from `earlier` to this moment; 0 when the clock was set back in between.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> u64 {
        u64::try_from((self.0 - earlier.0).whole_seconds()).unwrap_or(0)
    }
}

/// A moment as HTTP writes it, such as `Sun, 06 Nov 1994 08:49:37 GMT`, in any of its three forms (RFC 9110).
#[must_use]
pub fn read_http_date(text: &str) -> Option<Timestamp> {
    httpdate::parse_http_date(text).ok().map(|moment| Timestamp(moment.into()))
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, whole seconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.replace_nanosecond(0).unwrap_or(self.0);
        f.write_str(&whole.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_rfc3339(&text).ok_or_else(|| serde::de::Error::custom("no moment in RFC 3339"))
    }
}

/// The wall clock's time.
#[must_use]
pub fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the one home of the wall clock")]
    let now = std::time::SystemTime::now();
    Timestamp(OffsetDateTime::from(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_as_rfc_3339_in_whole_seconds() {
        assert_eq!(Timestamp::from_unix(1_700_000_000).to_string(), "2023-11-14T22:13:20Z");
    }

    #[test]
    fn a_text_in_rfc_3339_is_a_moment_in_utc_and_any_other_text_is_none() {
        let moment = Timestamp::from_rfc3339("2023-11-14T23:13:20.123456789+01:00").unwrap();
        assert_eq!(moment.to_string(), "2023-11-14T22:13:20Z");
        for text in ["", "yesterday", "2023-11-14", "2023-13-14T22:13:20Z", "9999999999-01-01T00:00:00Z"] {
            assert_eq!(Timestamp::from_rfc3339(text), None, "{text}");
        }
        // At either end of the calendar, where an offset leads out of it.
        for text in ["0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"] {
            assert_eq!(Timestamp::from_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn a_clock_that_was_set_back_counts_as_no_time_passed() {
        assert_eq!(Timestamp::from_unix(10).seconds_since(Timestamp::from_unix(20)), 0);
        assert_eq!(Timestamp::from_unix(20).seconds_since(Timestamp::from_unix(10)), 10);
    }

    #[test]
    fn a_moment_outside_the_calendar_is_the_epoch() {
        assert_eq!(Timestamp::from_unix(i64::MAX).to_string(), "1970-01-01T00:00:00Z");
    }
}
