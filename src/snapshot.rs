//! What was seen, as plain values. Sources make them, `collect` publishes them, every view is a function of them.
//!
//! Units are in the names. A value that was not read is never shown as fine: see [`Reading`].

use serde::Serialize;

use crate::clock::Timestamp;

mod account;
mod card;
pub mod claim;
mod containers;
mod jobs;
mod notice;
mod proxy;
pub mod setting;
mod text;

pub use account::{Account, AccountState, AccountTrouble};
pub use card::{Card, CardStatus, CardStay, Condition, Health, Measure, Preparation, Stand, is_for_cards};
pub use claim::Claim;
pub use containers::{Container, ContainerState, Containers, StopCause};
pub use jobs::{Failure, Job, JobState, Note, Purpose, Wait};
pub use notice::{Audience, Doubt, Fact, Notice, Refused, Said, Subject, Weight};
pub use proxy::{Proxy, ProxyServer};
pub use setting::{Setting, SettingsSeen};
pub use text::cut;

/// One thing that a source was asked for: not asked yet, known, or lost (with what was last known of it).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reading", rename_all = "snake_case")]
pub enum Reading<T> {
    /// Not answered yet since the app started.
    Pending,
    /// Read, and when.
    Known {
        /// What was read.
        value: T,
        /// When it was read.
        at: Timestamp,
    },
    /// The last attempt failed.
    Lost {
        /// Why.
        fault: Fault,
        /// When the first attempt of this row of failures was made.
        since: Timestamp,
        /// What was known before, if anything.
        last: Option<Seen<T>>,
    },
}

/// A value that was once read, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen<T> {
    /// What was read.
    pub value: T,
    /// When it was read.
    pub at: Timestamp,
}

/// So many characters of a fault's line are kept. Parsers quote what they choke on, and that may be a whole answer.
const FAULT_CHARS: usize = 240;

/// Why a reading could not be made. What that means and what to do about it is said by its views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// A stable word for machines and search boxes, such as `late` or `refused`.
    pub kind: &'static str,
    /// The HTTP status of the camera, where that was the answer.
    #[serde(skip)]
    pub status: Option<u16>,
    /// The technical line for support: what was asked, a colon, and what came instead.
    pub text: String,
}

impl Fault {
    /// A fault with its line cut to what can be read.
    #[must_use]
    pub fn new(kind: &'static str, line: &str) -> Self {
        Self { kind, status: None, text: cut(line, FAULT_CHARS) }
    }
}

impl<T> Reading<T> {
    /// The value as last read, be it known or lost since.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        match self {
            Self::Pending | Self::Lost { last: None, .. } => None,
            Self::Known { value, .. } | Self::Lost { last: Some(Seen { value, .. }), .. } => Some(value),
        }
    }

    /// When the value that is shown was read.
    #[must_use]
    pub fn read_at(&self) -> Option<Timestamp> {
        match self {
            Self::Pending | Self::Lost { last: None, .. } => None,
            Self::Known { at, .. } | Self::Lost { last: Some(Seen { at, .. }), .. } => Some(*at),
        }
    }

    /// The fault, where the last attempt failed.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Lost { fault, .. } => Some(fault),
            Self::Pending | Self::Known { .. } => None,
        }
    }

    /// The reading after one more attempt that ended at `at`.
    #[must_use]
    pub fn after(self, outcome: Result<T, Fault>, at: Timestamp) -> Self {
        match (outcome, self) {
            (Ok(value), _) => Self::Known { value, at },
            (Err(fault), Self::Pending) => Self::Lost { fault, since: at, last: None },
            (Err(fault), Self::Known { value, at: seen }) => {
                Self::Lost { fault, since: at, last: Some(Seen { value, at: seen }) }
            }
            (Err(fault), Self::Lost { since, last, .. }) => Self::Lost { fault, since, last },
        }
    }
}

/// Everything that was seen, at one moment.
#[derive(Debug, Clone, Serialize)]
pub struct Snapshot {
    /// When this snapshot was published.
    pub taken: Timestamp,
    /// The installed package of this app.
    pub package: Package,
    /// Who the camera is.
    pub identity: Reading<Identity>,
    /// Its addresses.
    pub network: Reading<Network>,
    /// Whether it has finished starting, and since when it is up.
    pub boot: Reading<Boot>,
    /// The applications installed on it.
    pub applications: Reading<Vec<Application>>,
    /// The containers on it.
    pub containers: Reading<Containers>,
    /// The SD card slots as the disk manager tells of them; absent where the package's version shows no card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cards: Option<Reading<Vec<Card>>>,
    /// What the cards tell of themselves, where the camera can read it; absent where the package's version shows no card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_health: Option<Reading<Vec<Health>>>,
    /// The storage slots as the Edge Storage API tells of them; absent where the package's version shows no card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<Reading<Vec<Slot>>>,
    /// The camera's clock.
    pub time: Reading<CameraTime>,
    /// The jobs of the app, the newest first; absent where the package's version shows none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jobs: Option<Vec<Job>>,
    /// The jobs of earlier starts, the oldest first; empty where there is no journal of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub earlier_jobs: Vec<Job>,
    /// How the app stands with cards of which something is wished.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preparations: Vec<Preparation>,
    /// The slots with the stays of their cards, for the portal alone.
    #[serde(skip)]
    pub stays: Vec<CardStay>,
    /// Where the app stands with a portal.
    pub claim: Claim,
    /// How it stands with the account that an organisation wishes on the camera; absent where none is wished and none is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// The notices that apply, the weightiest first. The data has them in words, and so the settings.
    #[serde(skip)]
    pub notices: Vec<Notice>,
    /// The app's own settings in force, and what is wrong with those that were asked for.
    #[serde(skip)]
    pub settings: SettingsSeen,
}

impl Snapshot {
    /// The snapshot before anything was read.
    #[must_use]
    pub fn unread(package: Package, shows_card: bool, taken: Timestamp) -> Self {
        Self {
            taken,
            package,
            identity: Reading::Pending,
            network: Reading::Pending,
            boot: Reading::Pending,
            applications: Reading::Pending,
            containers: Reading::Pending,
            cards: shows_card.then_some(Reading::Pending),
            card_health: shows_card.then_some(Reading::Pending),
            storage: shows_card.then_some(Reading::Pending),
            time: Reading::Pending,
            jobs: shows_card.then(Vec::new),
            earlier_jobs: Vec::new(),
            preparations: Vec::new(),
            stays: Vec::new(),
            claim: Claim::NoPortal { proposed: None },
            account: None,
            notices: Vec::new(),
            settings: SettingsSeen::default(),
        }
    }

    /// What the card in this slot told of itself last.
    #[must_use]
    pub fn health_of(&self, slot: &str) -> Option<&Health> {
        self.card_health.as_ref()?.last()?.iter().find(|health| health.slot == slot)
    }

    /// It is known that the camera has no slot for a card.
    #[must_use]
    pub fn has_no_slot(&self) -> bool {
        matches!(&self.cards, Some(Reading::Known { value, .. }) if value.is_empty())
    }

    /// When something was read last; nothing before the first reading. The snapshot itself is also made anew when, for
    /// instance, a setting changes.
    #[must_use]
    pub fn read_at(&self) -> Option<Timestamp> {
        [
            self.identity.read_at(),
            self.network.read_at(),
            self.boot.read_at(),
            self.applications.read_at(),
            self.containers.read_at(),
            self.cards.as_ref().and_then(Reading::read_at),
            self.card_health.as_ref().and_then(Reading::read_at),
            self.storage.as_ref().and_then(Reading::read_at),
            self.time.read_at(),
        ]
        .into_iter()
        .max()
        .flatten()
    }
}

/// The installed package, as far as it matters to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Package {
    /// The version as written, such as `1.6.0`.
    pub version: String,
    /// Where the version was found: `manifest.json`, `package.conf` or `built in`.
    pub version_from: &'static str,
}

/// Who the camera is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Full product name, such as `AXIS M1075-L Box Camera`.
    pub model: String,
    /// Serial number: twelve upper-case hexadecimal digits, equal to the MAC address without separators.
    pub serial: String,
    /// AXIS OS version, such as `12.11.77`.
    pub os_version: String,
    /// Architecture as the camera names it; absent where the camera does not tell.
    pub architecture: Option<String>,
}

/// The camera's addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Network {
    /// Host name; absent where the camera does not tell.
    pub hostname: Option<String>,
    /// Its own proxy for HTTPS; absent where it has none, and before AXIS OS 11.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
    /// Every interface, in the camera's order.
    pub interfaces: Vec<Interface>,
    /// Where its pages are; absent where the camera does not tell.
    #[serde(skip)]
    pub web: Option<WebServer>,
}

/// Where the camera's own web server is found, at the camera's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebServer {
    /// By https, or by http alone.
    pub https: bool,
    /// Its port, 1 to 65535.
    pub port: u16,
}

impl Network {
    /// Every address with its interface: global ones of interfaces with a link first, link-local ones last.
    #[must_use]
    pub fn addresses(&self) -> Vec<(&Interface, &Address)> {
        let mut all: Vec<_> = self
            .interfaces
            .iter()
            .flat_map(|interface| interface.addresses.iter().map(move |a| (interface, a)))
            .collect();
        all.sort_by_key(|(interface, address)| (address.link_local, !interface.link));
        all
    }

    /// The interface that leads: the one of the first address, else the first one.
    #[must_use]
    pub fn leading(&self) -> Option<&Interface> {
        self.addresses().first().map(|(interface, _)| *interface).or_else(|| self.interfaces.first())
    }
}

/// One network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interface {
    /// Such as `eth0`.
    pub name: String,
    /// Upper case with colons; absent where the camera does not tell.
    pub mac: Option<String>,
    /// Whether a cable or radio link is there.
    pub link: bool,
    /// Version 4 and 6, in the camera's order.
    pub addresses: Vec<Address>,
    /// What the camera gave as an address and is none, as it came, 60 characters of each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub odd: Vec<String>,
}

/// One address of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Address {
    /// The address.
    pub ip: std::net::IpAddr,
    /// Valid on this link only (169.254.0.0/16, fe80::/10).
    pub link_local: bool,
}

/// Whether the camera has finished starting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Boot {
    /// The camera says that it is ready.
    pub ready: bool,
    /// Seconds since it started, at the time of the reading; absent before AXIS OS 11.
    pub uptime_seconds: Option<u64>,
    /// Changes with each start; absent before AXIS OS 11.
    pub boot_id: Option<String>,
}

/// What the camera knows of the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CameraTime {
    /// Set by a time server lately; absent where the camera does not tell.
    pub synchronised: Option<bool>,
    /// Where the time comes from, in the camera's words, such as `ntp`.
    pub source: Option<String>,
}

/// One installed ACAP application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Application {
    /// The appName.
    pub name: String,
    /// The name for people.
    pub nice_name: String,
    /// Free text, such as `1.26.205` or `4.5-2`.
    pub version: Option<String>,
    /// Who made it.
    pub vendor: Option<String>,
    /// What the camera says of it.
    pub state: ApplicationState,
    /// Shipped with the camera; absent where the camera does not tell.
    pub bundled: Option<bool>,
    /// Such as `Signed`; absent where the camera does not tell.
    pub signature: Option<String>,
    /// The AXIS OS versions that its manifest declares, lowest and highest; absent where the camera does not tell.
    pub os_versions: Option<Vec<(String, String)>>,
}

/// The state of an application, in the camera's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationState {
    /// It runs.
    Running,
    /// It does not run.
    Stopped,
    /// It is installed and idle.
    Idle,
    /// A word that this version does not know, as it came.
    Other(String),
}

/// One storage slot, by the Edge Storage API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Slot {
    /// The slot's name, such as `SD_DISK`; it stays when the card is changed.
    pub id: String,
    /// Something is there.
    pub available: bool,
    /// It can be written.
    pub writable: bool,
    /// Only deleting is left.
    pub full: bool,
    /// It is about to go away.
    pub exiting: bool,
    /// The app's own folder on it is set up.
    pub area_held: bool,
    /// Why the app's own folder could not be set up on a slot that can be written.
    pub area_fault: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn late() -> Fault {
        Fault::new("late", "x: no answer")
    }

    #[test]
    fn a_lost_reading_keeps_its_last_value_and_the_time_of_the_first_failure() {
        let at = Timestamp::from_unix;
        let lost = Reading::Pending.after(Ok(7), at(1)).after(Err(late()), at(2)).after(Err(late()), at(3));
        assert_eq!(lost, Reading::Lost { fault: late(), since: at(2), last: Some(Seen { value: 7, at: at(1) }) });
        assert_eq!(lost.last(), Some(&7));
        assert_eq!(lost.after(Ok(8), at(4)), Reading::Known { value: 8, at: at(4) });
    }

    #[test]
    fn a_global_address_leads_a_link_local_one_that_the_camera_lists_first() {
        let address = |ip: &str, link_local| Address { ip: ip.parse().unwrap(), link_local };
        let eth0 = Interface {
            name: "eth0".into(),
            mac: None,
            link: true,
            addresses: vec![address("169.254.3.4", true), address("192.0.2.7", false)],
            odd: Vec::new(),
        };
        let network = Network { hostname: None, proxy: None, interfaces: vec![eth0], web: None };
        assert_eq!(network.addresses()[0].1.ip.to_string(), "192.0.2.7");
    }
}
