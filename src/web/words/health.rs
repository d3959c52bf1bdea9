//! The sentences of what a card tells of itself: wear, temperature, its own check.

use crate::snapshot::{Condition, Health, Measure};
use crate::web::words::NOT_TOLD;

/// Label.
pub const HEALTH: &str = "Health";

/// The card's health in a word or two.
#[must_use]
pub fn health_state(condition: Condition) -> &'static str {
    match condition {
        Condition::Good => "Good",
        Condition::Passed => "Passed",
        Condition::Worn => "Worn",
        Condition::WornOut => "Worn out",
        Condition::Failing => "Failing",
        Condition::Untold => NOT_TOLD,
    }
}

/// What it means; nothing where nothing is known.
#[must_use]
pub fn health_meaning(condition: Condition) -> &'static str {
    match condition {
        Condition::Good => "Enough of the card’s life is left.",
        Condition::Passed => "The card’s own check passed; how worn it is is not known.",
        Condition::Worn => "Most of the card’s life is used.",
        Condition::WornOut => "The card has written more than it was made for.",
        Condition::Failing => "The card’s own check failed.",
        Condition::Untold => "",
    }
}

/// What to do about it.
#[must_use]
pub fn health_hint(condition: Condition) -> Option<&'static str> {
    match condition {
        Condition::Worn => Some("Replace the card soon, best before it is formatted: use one made for surveillance."),
        Condition::WornOut => Some(
            "Replace the card before it is formatted: what is written to it can be lost. Use one made for surveillance.",
        ),
        Condition::Failing => Some("Save what you need from the card, then replace it. Formatting will not mend it."),
        Condition::Good | Condition::Passed | Condition::Untold => None,
    }
}

/// Wear and temperature in a few words; a sentence where the wear is missing for a reason.
#[must_use]
pub fn at_a_glance(health: &Health) -> String {
    let wear = match health.wear_percent {
        Measure::Value(percent) => Some(format!("{percent} % worn")),
        Measure::Unsupported => Some(no_wear_hint().to_owned()),
        Measure::Unreadable | Measure::NoCard | Measure::Untold => None,
    };
    let degrees = health.temperature_celsius.value().map(|celsius| format!("{celsius} °C"));
    let parts: Vec<_> = wear.into_iter().chain(degrees).collect();
    parts.join(" · ")
}

/// Beside a card without wear.
fn no_wear_hint() -> &'static str {
    "Not a card made for surveillance, or it doesn’t say"
}

/// Everything in whole sentences.
#[must_use]
pub fn in_full(health: &Health) -> String {
    let wear = match health.wear_percent {
        Measure::Value(percent) => format!("{percent} % of its life is used."),
        Measure::Unsupported => "Its wear is not told: only cards made for surveillance tell it.".to_owned(),
        Measure::Unreadable => "Its wear could not be read from the card.".to_owned(),
        Measure::NoCard | Measure::Untold => "The camera does not tell its wear.".to_owned(),
    };
    let temperature = match health.temperature_celsius {
        Measure::Value(celsius) => format!("{celsius} °C is {} °F.", fahrenheit(celsius)),
        Measure::Unreadable => "Its temperature could not be read from the card.".to_owned(),
        Measure::Unsupported | Measure::NoCard | Measure::Untold => String::new(),
    };
    let meaning = health_meaning(health.condition()).to_owned();
    let told: Vec<_> = [meaning, wear, temperature].into_iter().filter(|words| !words.is_empty()).collect();
    told.join(" ")
}

/// Rounded to whole degrees.
fn fahrenheit(celsius: i32) -> i32 {
    (celsius.saturating_mul(18) + 325).div_euclid(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_rounded() {
        for (celsius, words) in [(0, 32), (42, 108), (-40, -40), (37, 99), (-18, 0), (100, 212)] {
            assert_eq!(fahrenheit(celsius), words, "{celsius}");
        }
    }
}
