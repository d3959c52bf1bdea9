//! The frames of notices, and what is put into them; the rest of what they say stands in the rules.

use crate::snapshot::{Audience, Doubt, Fact, Notice, Refused, Subject, Weight};
use crate::web::words::{foreign, labels, settings};

/// Names of applications that are written out.
const NAMES: usize = 8;
/// Letters of a name or of a version that are shown.
const LETTERS: usize = 60;

/// Letters of an organisation's notice that are shown.
const LONGEST: usize = 301;

/// The title of their part.
pub const NOTICES: &str = "Notices";
/// Shown where no notice applies.
pub const NO_NOTICES: &str = "None at present";
/// What the link to a notice's source is called.
pub const NOTICE_SOURCE: &str = "Where this comes from";
/// Said of a notice that no source states just so.
pub const NOTICE_GUESSED: &str = "This is an estimate: Axis has not stated exactly this.";

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

/// Before the words of an organisation.
#[must_use]
pub fn notice_from(organisation: &str) -> String {
    format!("{} says:", foreign(organisation, LETTERS))
}

/// Whom a notice is for.
#[must_use]
pub fn notice_audience(audience: Audience) -> &'static str {
    match audience {
        Audience::Everyone => "For everyone",
        Audience::Installer => "For the installer",
        Audience::Administrator => "For the administrator",
    }
}

/// What a notice says: the text of its rule, with its facts in their places. One pass, so that what a camera wrote is
/// never taken for the name of a fact.
#[must_use]
pub fn notice_text(notice: &Notice) -> String {
    if notice.organisation().is_some() {
        return foreign(&notice.text, LONGEST);
    }
    let mut filled = String::new();
    let mut rest = notice.text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let told = notice.facts.iter().find_map(|fact| told(fact, name));
        filled.push_str(before);
        filled.push_str(told.as_deref().unwrap_or("?"));
        rest = after;
    }
    filled + rest
}

/// A fact in words, if it has this name.
fn told(fact: &Fact, name: &str) -> Option<String> {
    Some(match (fact, name) {
        (Fact::Version(text), "version") | (Fact::Track(text), "track") | (Fact::Ends(text), "ends") => {
            foreign(text, LETTERS)
        }
        (Fact::Applications(list), "applications") => listed(list.iter().map(refused)),
        (Fact::Problems(list), "problems") => list.iter().map(settings::problem).collect::<Vec<_>>().join(" "),
        _ => return None,
    })
}

fn refused(app: &Refused) -> String {
    let why = match app {
        Refused { unsigned: true, undeclared: true, .. } => "not shown to be signed, does not declare 13",
        Refused { unsigned: true, .. } => "not shown to be signed",
        Refused { .. } => "does not declare 13",
    };
    format!("{} ({why})", foreign(&app.name, LETTERS))
}

/// Why it is not known whether a notice applies.
#[must_use]
pub fn notice_unknown(doubt: &Doubt) -> String {
    match doubt {
        Doubt::Lost(subject) => format!("{} could not be read.", named(*subject)),
        Doubt::Date => "The camera’s clock is wrong, and this depends on the date.".to_owned(),
        Doubt::Version(text) => {
            format!("“{}” is not a version of AXIS OS that can be compared.", foreign(text, LETTERS))
        }
        Doubt::NotTold => "The camera does not report it.".to_owned(),
        Doubt::Applications(names) => format!(
            "{}: this AXIS OS does not report whether they are signed and declare 13.",
            listed(names.iter().map(|name| foreign(name, LETTERS)))
        ),
    }
}

fn named(subject: Subject) -> &'static str {
    match subject {
        Subject::Version => "The AXIS OS version",
        Subject::Applications => labels::LIST_OF_APPLICATIONS,
        Subject::Containers => "The container engine",
        Subject::Clock => labels::CLOCK,
    }
}

fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMES);
    let mut text = names.take(NAMES).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}
