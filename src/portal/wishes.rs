//! What the organisation wishes, opened: its secrets are in memory alone, so that after a start nothing is wished until the
//! portal has told it once more.

use std::sync::Arc;
use std::time::Duration;

use axsdk::Secret;
use tokio::time::Instant;

use crate::portal::documents::{self, Desired, Passphrase};
use crate::portal::key::DeviceKey;
use crate::portal::seal::{self, Belongs, Purpose};

pub use crate::portal::documents::{Account, Choice, Group, Prepare};

/// Where the camera stands, for those who do what is wished.
#[derive(Debug, Clone, Default)]
pub enum Standing {
    /// Nobody told yet, since the start of the app: what was done for an earlier wish stays as it is.
    #[default]
    Unknown,
    /// There is no claim: what was done for one ends.
    Unclaimed,
    /// An organisation has the camera, and wishes this. Wishes of another claim than before end what was done for that one:
    /// the moment without a claim in between may not be seen.
    Claimed(Arc<Wishes>),
}

/// What is wished.
#[derive(Debug, PartialEq)]
pub struct Wishes {
    /// The camera, as the portal calls it.
    pub device_id: String,
    /// Whose.
    pub claim_id: String,
    /// Grows with each change.
    pub generation: u64,
    /// Of the SD card; absent where nothing is wished of it.
    pub card: Option<Card>,
    /// Of the account on the camera; absent where none is wished.
    pub account: Option<Account>,
    /// The generation that the camera's key is to have.
    pub key: Option<u64>,
    /// Members that this app does not know, by name.
    pub ignored: Vec<String>,
}

/// What is wished of the SD card.
#[derive(Debug, PartialEq)]
pub struct Card {
    /// Whether it may be prepared where that harms nobody's data.
    pub prepare: Prepare,
    /// To encrypt it with.
    pub passphrase: Option<Opened>,
    /// The one of before, where it is changed.
    pub previous: Option<Opened>,
    /// What operators decided about single cards.
    pub decisions: Vec<Decision>,
}

/// A passphrase that was sealed to this camera.
#[derive(Debug, PartialEq)]
pub struct Opened {
    /// Grows with each new one.
    pub generation: u64,
    /// The passphrase; or why it could not be opened.
    pub passphrase: Result<Secret, seal::NotOpened>,
}

/// What an operator decided about one stay of a card in its slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Which decision.
    pub decision_id: String,
    /// The stay, as the camera reported it.
    pub presence: String,
    /// What.
    pub choice: Choice,
    /// Until when it holds: ten minutes from when it was made.
    pub until: Instant,
}

/// So long a decision holds, in seconds.
const HOLDS: u64 = 600;

impl Wishes {
    /// Opens what a document wishes, with the camera's key.
    #[must_use]
    pub fn open(desired: &Desired, device_id: &str, key: &DeviceKey) -> Self {
        let open = |sealed: &Passphrase| {
            let belongs = Belongs { device_id, claim_id: &desired.claim_id, generation: sealed.generation };
            let passphrase = seal::open(&sealed.sealed, key, Purpose::CardPassphrase, belongs);
            Opened { generation: sealed.generation, passphrase }
        };
        let card = desired.card.as_ref().map(|card| Card {
            prepare: card.prepare,
            passphrase: card.passphrase.as_ref().map(open),
            previous: card.previous.as_ref().map(open),
            decisions: card.decisions.iter().filter_map(decision).collect(),
        });
        Self {
            device_id: device_id.to_owned(),
            claim_id: desired.claim_id.clone(),
            generation: desired.generation,
            card,
            account: desired.account,
            key: desired.key.map(|key| key.generation),
            ignored: desired.ignored.clone(),
        }
    }
}

fn decision(decision: &documents::Decision) -> Option<Decision> {
    let documents::Decision { decision_id, presence, choice, age_seconds } = decision;
    let left = HOLDS.checked_sub(*age_seconds).filter(|left| *left > 0)?;
    let until = Instant::now() + Duration::from_secs(left);
    Some(Decision { decision_id: decision_id.clone(), presence: presence.clone(), choice: *choice, until })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::portal::key::DeviceKey;

    fn desired(text: serde_json::Value) -> Desired {
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn for_words_of_later_versions_nothing_is_done() {
        let wishes = desired(json!({
            "claim_id": "c", "generation": 3,
            "card": { "prepare": "twice", "decisions": [
                { "decision_id": "1", "presence": "p", "choice": "keep", "age_seconds": 599 },
                { "decision_id": "2", "presence": "p", "choice": "sell", "age_seconds": 0 },
                { "decision_id": "3", "presence": "p", "choice": "erase", "age_seconds": 600 },
            ] },
            "account": { "group": "administrator", "generation": 1 },
            "notices": [{ "notice_id": "n", "severity": "loud", "text": "hello" }],
        }));
        let wishes = Wishes::open(&wishes, "d", &DeviceKey::make());
        let card = wishes.card.unwrap();
        assert_eq!(card.prepare, Prepare::Other);
        let decided: Vec<_> = card.decisions.iter().map(|decision| (&*decision.decision_id, decision.choice)).collect();
        assert_eq!(decided, [("1", Choice::Keep), ("2", Choice::Other)], "one that is ten minutes old is none");
        assert_eq!(wishes.account.unwrap().group, Group::Other);
    }

    #[test]
    fn a_passphrase_for_another_camera_is_not_opened_and_the_reason_is_kept() {
        let (ours, theirs) = (DeviceKey::make(), DeviceKey::make());
        let belongs = Belongs { device_id: "d", claim_id: "c", generation: 7 };
        let secret = Secret::new("correct horse".to_owned());
        let sealed = |to: &DeviceKey| seal::seal(&secret, to.public(), Purpose::CardPassphrase, belongs).unwrap();
        let wishes = desired(json!({ "claim_id": "c", "generation": 3, "card": {
            "prepare": "if_needed",
            "passphrase": { "generation": 7, "sealed": sealed(&ours) },
            "previous": { "generation": 7, "sealed": sealed(&theirs) },
        } }));
        let card = Wishes::open(&wishes, "d", &ours).card.unwrap();
        assert_eq!(card.passphrase.unwrap().passphrase.unwrap().expose(), "correct horse");
        assert_eq!(card.previous.unwrap().passphrase, Err(seal::NotOpened::OtherKey));
    }
}
