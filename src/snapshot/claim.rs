//! Where the app stands with a portal.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// The state toward a portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Claim {
    /// No portal has been confirmed by an administrator.
    NoPortal {
        /// The address that a parameter proposes.
        proposed: Option<String>,
    },
    /// What the app keeps of itself cannot be read, so it does not know who it is.
    Unreadable {
        /// The technical line.
        line: String,
    },
    /// A portal is confirmed, which has never taken this camera in.
    Unregistered {
        /// The portal's address.
        portal: String,
        /// How it stands with the portal.
        link: Link,
    },
    /// Known to a portal, claimed by nobody.
    Registered {
        /// The portal's address.
        portal: String,
        /// The id that the portal gave.
        device_id: String,
        /// Why it is not claimed.
        reason: Unclaimed,
        /// How the last claim ended.
        released: Option<Released>,
        /// How it stands with the portal.
        link: Link,
    },
    /// Claimed by an organisation.
    Claimed {
        /// The portal's address.
        portal: String,
        /// The id that the portal gave.
        device_id: String,
        /// The name that the organisation gave it.
        name: Option<String>,
        /// Who claimed it, and when.
        #[serde(flatten)]
        membership: Membership,
        /// How it stands with the portal.
        link: Link,
    },
}

/// Who claimed the camera.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Which claim.
    pub claim_id: String,
    /// The organisation's name.
    pub organisation: String,
    /// When it was made.
    pub since: Timestamp,
}

/// How a claim ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// Whose it was.
    pub organisation: String,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Releaser,
}

/// Who released a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Releaser {
    /// Its organisation, at the portal.
    Portal,
    /// An administrator, at the camera.
    Camera,
}

/// Why a registered camera is not claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unclaimed {
    /// Nobody has claimed it.
    Nobody,
    /// The portal knows the serial number with another key: the organisation has to confirm this one.
    Confirmation,
    /// It was another organisation's: the claim passes when the waiting time is over.
    Pending,
    /// The portal says something that this version does not know.
    Other,
}

/// How it stands with the portal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Link {
    /// When the portal answered last.
    pub last_contact: Option<Timestamp>,
    /// Since when it has not.
    pub down_since: Option<Timestamp>,
    /// What is in the way.
    pub obstacle: Option<Obstacle>,
    /// When it is tried next; absent while it is.
    pub next_try: Option<Timestamp>,
}

/// What is in the way between camera and portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// Which.
    pub kind: Kind,
    /// The technical line.
    pub line: String,
}

/// What can be in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The portal's name is not known.
    Dns,
    /// Nobody answers at the portal's address.
    Connect,
    /// The camera's setting names no proxy that there is.
    ProxyAddress,
    /// Nobody answers at the proxy's address.
    ProxyConnect,
    /// The proxy refuses, or does not reach the portal.
    Proxy,
    /// The proxy wants a login, or another one.
    ProxyLogin,
    /// Nobody whom the camera trusts vouches for who answers.
    Untrusted,
    /// The certificate is for another name.
    OtherName,
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The camera's clock is before this version was made.
    Clock,
    /// TLS failed otherwise.
    Tls,
    /// No answer in time.
    Late,
    /// The connection broke off.
    Cut,
    /// Somebody answers, and it is not a portal.
    NoPortal,
    /// The portal speaks no version of the protocol that this app does.
    Protocol,
    /// The portal refuses this camera.
    Refused,
    /// The portal does not know this camera's key.
    UnknownKey,
    /// The portal has too much to do.
    Busy,
    /// The portal failed.
    Failed,
    /// What the portal sent is not signed by it, or is old.
    Unsigned,
    /// What is to be kept cannot be written down on the camera.
    Unwritable,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::Dns,
        Self::Connect,
        Self::ProxyAddress,
        Self::ProxyConnect,
        Self::Proxy,
        Self::ProxyLogin,
        Self::Untrusted,
        Self::OtherName,
        Self::Expired,
        Self::NotYetValid,
        Self::Clock,
        Self::Tls,
        Self::Late,
        Self::Cut,
        Self::NoPortal,
        Self::Protocol,
        Self::Refused,
        Self::UnknownKey,
        Self::Busy,
        Self::Failed,
        Self::Unsigned,
        Self::Unwritable,
    ];

    /// Whether it may pass by itself: what was claimed stays so, and it is tried again.
    #[must_use]
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Dns | Self::Connect | Self::Late | Self::Cut | Self::Busy | Self::Failed)
    }

    /// The reason's code, which stays the same in every version.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Dns => "portal.dns",
            Self::Connect => "portal.connect",
            Self::ProxyAddress => "proxy.address",
            Self::ProxyConnect => "proxy.connect",
            Self::Proxy => "proxy.refused",
            Self::ProxyLogin => "proxy.login",
            Self::Untrusted => "tls.untrusted",
            Self::OtherName => "tls.name",
            Self::Expired => "tls.expired",
            Self::NotYetValid => "tls.not_yet_valid",
            Self::Clock => "clock.before_build",
            Self::Tls => "tls.failed",
            Self::Late => "portal.late",
            Self::Cut => "portal.cut",
            Self::NoPortal => "portal.none",
            Self::Protocol => "portal.protocol",
            Self::Refused => "portal.refused",
            Self::UnknownKey => "portal.unknown_key",
            Self::Busy => "portal.busy",
            Self::Failed => "portal.failed",
            Self::Unsigned => "portal.unsigned",
            Self::Unwritable => "state.unwritable",
        }
    }
}

impl Unclaimed {
    /// The reason's code, which stays the same in every version.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Nobody => "claim.none",
            Self::Confirmation => "claim.confirmation",
            Self::Pending => "claim.pending",
            Self::Other => "claim.other",
        }
    }
}

impl Claim {
    /// The id that the portal gave.
    #[must_use]
    pub fn device_id(&self) -> Option<&str> {
        match self {
            Self::NoPortal { .. } | Self::Unreadable { .. } | Self::Unregistered { .. } => None,
            Self::Registered { device_id, .. } | Self::Claimed { device_id, .. } => Some(device_id),
        }
    }

    /// How it stands with the portal, where there is one.
    #[must_use]
    pub fn link(&self) -> Option<&Link> {
        match self {
            Self::NoPortal { .. } | Self::Unreadable { .. } => None,
            Self::Unregistered { link, .. } | Self::Registered { link, .. } | Self::Claimed { link, .. } => Some(link),
        }
    }

    /// Why it stands so: a code that stays the same in every version.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoPortal { proposed: None } => "portal.unset",
            Self::NoPortal { proposed: Some(_) } => "portal.unconfirmed",
            Self::Unreadable { .. } => "state.unreadable",
            Self::Unregistered { link, .. } | Self::Claimed { link, .. } => {
                link.obstacle.as_ref().map_or("claim.ok", |obstacle| obstacle.kind.code())
            }
            Self::Registered { link: Link { obstacle: Some(obstacle), .. }, .. } => obstacle.kind.code(),
            Self::Registered { reason, .. } => reason.code(),
        }
    }
}
