//! Who asks, and what they may do: the levels and accounts of an Axis device.
//!
//! Source: VAPIX documentation (viewer, operator, administrator); ACAP service accounts have administrator level and
//! are valid only on their own address.

use std::fmt;

/// What a caller may do; each level includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nobody logged in.
    Anonymous,
    /// May look.
    Viewer,
    /// May look at settings too.
    Operator,
    /// May change everything.
    Admin,
}

impl Level {
    /// The level that a manifest names (`anonymous`, `viewer`, `operator`, `admin`).
    #[must_use]
    pub fn from_manifest(word: &str) -> Option<Self> {
        match word {
            "anonymous" => Some(Self::Anonymous),
            "viewer" => Some(Self::Viewer),
            "operator" => Some(Self::Operator),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }
}

/// A device account; its password is made at start and shown by Debug as stars.
#[derive(Clone)]
pub struct Account {
    /// Login name.
    pub name: String,
    /// Password in the clear: the simulator computes digests of it.
    pub password: String,
    /// What the account may do.
    pub level: Level,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .field("password", &"***")
            .field("level", &self.level)
            .finish()
    }
}

/// On which of the device's addresses a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// The web server that people and other machines see.
    Front,
    /// 127.0.0.12 on a camera: Basic with a service account, nothing else.
    ServiceAccount,
}

/// The authenticated origin of one request; the front puts it into the request's extensions.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Login name; `None` when nobody logged in.
    pub user: Option<String>,
    /// What the caller may do.
    pub level: Level,
    /// Which address was used.
    pub entrance: Entrance,
}
