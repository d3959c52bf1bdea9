//! Every sentence that a person reads on the page.

use std::borrow::Cow;

use crate::snapshot::{Application, ApplicationState};

pub mod account;
pub mod card;
pub mod claim;
pub mod clock;
pub mod containers;
pub mod control;
pub mod faults;
mod foreign;
pub mod health;
pub mod jobs;
pub mod labels;
pub mod live;
mod notices;
pub mod portal;
pub mod preparation;
pub mod settings;
pub mod verdict;

pub use foreign::foreign;
pub use notices::{
    NO_NOTICES, NOTICE_GUESSED, NOTICE_SOURCE, NOTICES, good_to_know, notice_audience, notice_from, notice_text,
    notice_unknown, notice_weight,
};

/// The camera's own home page.
pub const HOME: &str = "AXIS OS";
/// The help page in the package.
pub const HELP: &str = "Help";
/// The operator's own help page.
pub const MORE_HELP: &str = "More help";
/// Shown where a value has not been read yet.
pub const READING: &str = "Reading…";
/// In place of the time of the last reading.
pub const NOTHING_READ: &str = "Nothing has been read yet.";
/// Shown where a value could not be read and was never known.
pub const UNKNOWN: &str = "Unknown";
/// Shown where the camera has no such value.
pub const NOT_TOLD: &str = "Not reported by the camera";

/// In place of the Device ID until a portal gave one.
pub const NO_DEVICE_ID: &str = "Not assigned yet";
/// Beside what the camera gave as an address.
pub const ODD_ADDRESS: &str = "reported by the camera, but not a valid address";
/// Before the proxy's address.
pub const PROXY: &str = "What is outside of this network is reached through the proxy";
/// In place of the proxy's address.
pub const ODD_PROXY: &str = "The camera’s settings name a proxy whose address makes no sense.";

/// On the button that copies one value, for those who do not see its picture.
#[must_use]
pub fn copy(label: &str) -> String {
    format!("Copy the {label}")
}

/// The state of an application, in the camera's words.
#[must_use]
pub fn application_state(state: &ApplicationState) -> Cow<'static, str> {
    match state {
        ApplicationState::Running => "Running".into(),
        ApplicationState::Stopped => "Stopped".into(),
        ApplicationState::Idle => "Idle".into(),
        ApplicationState::Other(word) if word.trim().is_empty() => NOT_TOLD.into(),
        ApplicationState::Other(word) => foreign(word, 60).into(),
    }
}

/// What the state of an application means.
#[must_use]
pub fn application_meaning(state: &ApplicationState) -> &'static str {
    match state {
        ApplicationState::Running => "The application is running.",
        ApplicationState::Stopped => "The application is not running. It can be started on the camera’s Apps page.",
        ApplicationState::Idle => "The application is installed and idle.",
        ApplicationState::Other(_) => "The camera uses a word for this state that Camera-to-Cloud does not know.",
    }
}

/// The version of an application.
#[must_use]
pub fn version(version: Option<&str>) -> String {
    version.map_or_else(
        || "Version not reported by the camera.".to_owned(),
        |text| format!("Version {}.", foreign(text, 60)),
    )
}

/// Who made an application.
#[must_use]
pub fn vendor(name: &str) -> String {
    format!("By {}.", foreign(name, 120))
}

/// What the camera says of an application's signature.
#[must_use]
pub fn signature(word: &str) -> String {
    format!("Signature: {}.", foreign(word, 60))
}

/// The counts of applications, such as “3 running, 1 stopped”.
#[must_use]
pub fn application_counts(list: &[Application]) -> String {
    let states = [
        (ApplicationState::Running, "running"),
        (ApplicationState::Stopped, "stopped"),
        (ApplicationState::Idle, "idle"),
    ];
    counts(list.iter().map(|app| &app.state), &states).unwrap_or_else(|| "None installed".to_owned())
}

/// How many are in each of these states, in a word each, and how many in any other; nothing where there are none at all.
fn counts<'a, S: PartialEq + 'a>(list: impl Iterator<Item = &'a S> + Clone, states: &[(S, &str)]) -> Option<String> {
    let count = |wanted: &dyn Fn(&S) -> bool| list.clone().filter(|state| wanted(state)).count();
    let named = states.iter().map(|(state, word)| (count(&|one| one == state), *word));
    let rest = count(&|one| states.iter().all(|(state, _)| state != one));
    let told = named.chain([(rest, "other")]).filter(|(count, _)| *count > 0);
    let told: Vec<_> = told.map(|(count, word)| format!("{count} {word}")).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// A moment by the camera's clock, such as “2026-03-01 09:05:00 UTC”, of its form in RFC 3339.
#[must_use]
pub fn moment(rfc3339: &str) -> String {
    rfc3339.replace('T', " ").replace('Z', " UTC")
}

/// A span of time as people say it, such as “12 min” or “3 days”.
#[must_use]
pub fn span(seconds: u64) -> String {
    let count = |n: u64, one: &str, many: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {many}") };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}, {} h", count(seconds / 86_400, "day", "days"), seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_as_people_say_them() {
        let said = [(0, "0 s"), (59, "59 s"), (720, "12 min"), (3_660, "1 h 1 min"), (90_000, "1 day, 1 h")];
        for (seconds, words) in said {
            assert_eq!(span(seconds), words);
        }
    }

    #[test]
    fn a_moment_says_its_zone() {
        assert_eq!(moment("2023-11-14T22:13:20Z"), "2023-11-14 22:13:20 UTC");
    }
}
