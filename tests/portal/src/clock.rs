//! The wall clock: the one place that asks for it.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment, in seconds since 1970.
pub(crate) type Moment = i64;

/// The moment.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the clock's one home; everything else takes time as a parameter")]
pub(crate) fn now() -> Moment {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// As RFC 3339 has it.
#[must_use]
pub(crate) fn written(moment: Moment) -> String {
    let at = OffsetDateTime::from_unix_timestamp(moment).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    at.format(&Rfc3339).unwrap_or_default()
}

/// What RFC 3339 says.
#[must_use]
pub(crate) fn read(text: &str) -> Option<Moment> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}
