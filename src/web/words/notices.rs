//! The frames of notices; what they say stands in the rules.

use crate::snapshot::{Audience, Weight};

/// The title of their part.
pub const NOTICES: &str = "Notices";
/// Shown where no notice applies.
pub const NO_NOTICES: &str = "None at present";
/// What the link to a notice's source is called.
pub const NOTICE_SOURCE: &str = "Where this comes from";
/// Said of a notice that no source states just so.
pub const NOTICE_GUESSED: &str = "This is an estimate: Axis has not stated just this.";

/// On the line behind which the light ones wait.
#[must_use]
pub fn good_to_know(count: usize) -> String {
    format!("Good to know ({count})")
}

/// How much a notice matters, in a word or two.
#[must_use]
pub fn notice_weight(weight: Weight, unknown: bool) -> &'static str {
    match weight {
        _ if unknown => "Cannot tell",
        Weight::Info => "Good to know",
        Weight::Advice => "Plan ahead",
        Weight::Warning => "Act now",
    }
}

/// Whom a notice is for.
#[must_use]
pub fn notice_audience(audience: Audience) -> &'static str {
    match audience {
        Audience::Everyone => "For everybody",
        Audience::Installer => "For the installer",
        Audience::Administrator => "For the administrator",
    }
}

/// Why it is not known whether a notice applies, as a sentence.
#[must_use]
pub fn notice_unknown(why: &str) -> String {
    let mut letters = why.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
