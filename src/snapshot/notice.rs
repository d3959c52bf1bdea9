//! Temporary notices: what somebody should know about this camera, for as long as it holds.

use serde::{Deserialize, Serialize};

use super::setting::Problem;
use crate::clock::Timestamp;

/// One notice that applies, or of which it is not known whether it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Stable name, such as `axis-os-13-refuses`.
    pub id: String,
    /// How much it matters.
    pub weight: Weight,
    /// The sentences of its rule; names in braces stand for its facts.
    pub text: String,
    /// The facts that its text may name.
    pub facts: Vec<Fact>,
    /// Where more stands: the source of the statement.
    pub source: Option<String>,
    /// Why it is not known whether it applies; absent when it does.
    pub unknown: Option<Doubt>,
    /// Whom it is for.
    pub audience: Audience,
    /// It rests on a guess: no source says just this.
    pub guessed: bool,
}

/// A fact that the text of a notice may name, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// `{version}`: the AXIS OS version of the camera.
    Version(String),
    /// `{track}`: a support track.
    Track(String),
    /// `{ends}`: its last day, `YYYY-MM-DD`.
    Ends(String),
    /// `{applications}`: those that the next AXIS OS would refuse.
    Applications(Vec<Refused>),
    /// `{problems}`: the settings that cannot be used.
    Problems(Vec<Problem>),
    /// The text is this organisation's own, word for word: nothing in it stands for a fact.
    Organisation(String),
}

/// What the organisation that has the camera says to who looks at its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Whose words they are.
    pub organisation: String,
    /// Which notice.
    pub id: String,
    /// How much it matters.
    pub weight: Weight,
    /// The words.
    pub text: String,
    /// Until when it is shown.
    pub until: Option<Timestamp>,
}

impl Notice {
    /// Whose own words its text is.
    #[must_use]
    pub fn organisation(&self) -> Option<&str> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::Organisation(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

/// An application that the next AXIS OS would refuse, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its name for people, as it came.
    pub name: String,
    /// The camera does not show it to be signed.
    pub unsigned: bool,
    /// It does not declare that version.
    pub undeclared: bool,
}

/// Why it is not known whether a notice applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// This could not be read.
    Lost(Subject),
    /// It depends on the date, and the camera's clock is wrong.
    Date,
    /// The camera's word for its AXIS OS version, which can be compared with none.
    Version(String),
    /// The camera does not tell.
    NotTold,
    /// The camera does not tell whether these applications are signed and declare the next version.
    Applications(Vec<String>),
}

/// What a notice rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The AXIS OS version.
    Version,
    /// The list of applications.
    Applications,
    /// The container engine.
    Containers,
    /// The camera's clock.
    Clock,
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Good to know.
    Info,
    /// Somebody should act some day.
    Advice,
    /// Somebody should act now.
    Warning,
}

/// Whom a notice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Whoever reads the page.
    Everyone,
    /// Who sets the camera up.
    Installer,
    /// Who looks after it.
    Administrator,
}
