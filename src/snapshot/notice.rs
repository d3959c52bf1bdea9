//! Temporary notices: what somebody should know about this camera, for as long as it holds.

use serde::{Deserialize, Serialize};

/// One notice that applies, or of which it is not known whether it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Stable name, such as `axis-os-13-refuses`.
    pub id: String,
    /// How much it matters.
    pub weight: Weight,
    /// The sentences for people.
    pub text: String,
    /// Where more stands: the source of the statement.
    pub source: Option<String>,
    /// Why it is not known whether it applies; absent when it does.
    pub unknown: Option<String>,
    /// Whom it is for.
    pub audience: Audience,
    /// It rests on a guess: no source says just this.
    pub guessed: bool,
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
