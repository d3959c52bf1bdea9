//! Where the app stands with a portal.

use serde::Serialize;

use crate::clock::Timestamp;

/// The state toward a portal. Only [`Claim::NoPortal`] has a source in this version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Claim {
    /// No portal is known to the app.
    NoPortal,
    /// The app could not find out its own state.
    Unclear {
        /// Why, in a sentence.
        reason: String,
    },
    /// Known to a portal, claimed by nobody.
    Registered {
        /// The id that the portal gave.
        device_id: String,
        /// Why it is not claimed, in a sentence.
        reason: String,
        /// When the portal answered last.
        last_contact: Option<Timestamp>,
    },
    /// Claimed by an organisation.
    Claimed {
        /// The id that the portal gave.
        device_id: String,
        /// The name that was given at the claim.
        name: String,
        /// Who claimed it.
        organisation: String,
        /// When the portal answered last.
        last_contact: Option<Timestamp>,
    },
}

impl Claim {
    /// The id that the portal gave.
    #[must_use]
    pub fn device_id(&self) -> Option<&str> {
        match self {
            Self::NoPortal | Self::Unclear { .. } => None,
            Self::Registered { device_id, .. } | Self::Claimed { device_id, .. } => Some(device_id),
        }
    }
}
