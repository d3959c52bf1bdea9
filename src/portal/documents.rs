//! What the portal signs: the claim list and the wishes. A document counts when a pinned key signed it, when it is for this
//! camera and its key, answers the request that was made, and is not older than the one before.

use jwt_compact::alg::Es256;
use jwt_compact::{AlgorithmExt as _, UntrustedToken};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::portal::key::Jwk;
use crate::portal::seal::Sealed;
use crate::snapshot::claim::{Membership, Released, Releaser};
use crate::snapshot::cut;

/// The claim list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// Grows with each change.
    pub generation: u64,
    /// None or one.
    pub claims: Vec<Claim>,
    /// How the last claim ended.
    #[serde(default)]
    pub released: Option<Ended>,
    /// Why there is none.
    #[serde(default)]
    pub reason: Option<String>,
    /// The keys that count from now on.
    #[serde(default)]
    pub signing_keys: Option<Vec<Jwk>>,
}

/// One claim.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Claim {
    /// Which.
    pub claim_id: String,
    /// Whose.
    pub organisation: Organisation,
    /// When it was made.
    pub since: Timestamp,
    /// The generation of the wishes.
    pub desired: u64,
}

/// How a claim ended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Ended {
    organisation: Organisation,
    at: Timestamp,
    by: Releaser,
}

impl From<Ended> for Released {
    fn from(ended: Ended) -> Self {
        Self { organisation: ended.organisation.name, at: ended.at, by: ended.by }
    }
}

/// Who claimed the camera.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Organisation {
    /// Its name.
    pub name: String,
}

/// The wishes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Desired {
    /// Of which claim.
    pub claim_id: String,
    /// Grows with each change.
    pub generation: u64,
    /// The device's name.
    #[serde(default)]
    pub name: Option<String>,
    /// What is wished of the SD card.
    #[serde(default)]
    pub card: Option<Card>,
    /// What the organisation says to who looks at the camera's page.
    #[serde(default)]
    pub notices: Vec<Notice>,
    /// How often a report is wished.
    #[serde(default)]
    pub report: Option<Report>,
    /// The account that is wished; absent where none is.
    #[serde(default)]
    pub account: Option<Account>,
    /// Of the camera's key.
    #[serde(default)]
    pub key: Option<Key>,
    /// Members that this app does not know, by name: at most 32, each cut at 64 characters.
    #[serde(skip)]
    pub ignored: Vec<String>,
}

/// The members of wishes that this app knows.
const KNOWN: [&str; 11] =
    ["device_id", "key_id", "answers", "claim_id", "generation", "name", "card", "notices", "report", "account", "key"];
/// Those of `card`.
const KNOWN_OF_CARD: [&str; 4] = ["prepare", "passphrase", "previous", "decisions"];

/// What is wished of the SD card.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Card {
    /// Whether it may be prepared.
    pub prepare: Prepare,
    /// The passphrase for it.
    #[serde(default)]
    pub passphrase: Option<Passphrase>,
    /// The one of before, where it is changed.
    #[serde(default)]
    pub previous: Option<Passphrase>,
    /// What operators decided about single cards.
    #[serde(default)]
    pub decisions: Vec<Decision>,
}

/// A decision about one card.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Decision {
    /// Which.
    pub decision_id: String,
    /// The stay of a card in its slot, as the camera reported it.
    pub presence: String,
    /// What.
    pub choice: Choice,
    /// Since it was made, in seconds.
    pub age_seconds: u64,
}

/// What was decided about a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// It stays as it is.
    Keep,
    /// Everything on it is erased.
    Erase,
    /// A word of later versions: nothing is done.
    #[serde(other)]
    Other,
}

/// A notice of the organisation's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Which.
    pub notice_id: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it says.
    pub text: String,
    /// Until when it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something is wrong.
    Error,
    /// Something may go wrong.
    Warning,
    /// Good to know; so is a word of later versions.
    #[serde(other)]
    Info,
}

/// The account that is wished on the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// What it may do.
    pub group: Group,
    /// A higher one than that of the last hand-over wants a new password.
    pub generation: u64,
    /// After so many days its password is changed, 1 to 365; never where this is absent.
    #[serde(default)]
    pub rotate_days: Option<u64>,
}

/// What an account may do on the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// See pictures and pages.
    Viewer,
    /// Change settings of pictures and events as well.
    Operator,
    /// A word of later versions, or more than is ever given: no account is made for it.
    #[serde(other)]
    Other,
}

/// What is wished of the camera's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Key {
    /// A higher one than the key has is an order to change it.
    pub generation: u64,
}

/// Whether a card may be made ready where that harms nobody's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prepare {
    /// No.
    Never,
    /// Yes.
    IfNeeded,
    /// A word of later versions: nothing is done.
    #[serde(other)]
    Other,
}

/// A passphrase that only the camera can open.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Passphrase {
    /// Grows with each new one.
    pub generation: u64,
    /// The passphrase.
    pub sealed: Sealed,
}

/// How often a report is wished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Report {
    /// Between two without a change, in seconds.
    pub interval_seconds: u64,
}

/// What a document must say of itself.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Such as `c2c-claims+jwt`.
    pub kind: &'static str,
    /// The camera.
    pub device_id: &'a str,
    /// Its key.
    pub key_id: &'a str,
    /// The proof of the request that is answered.
    pub answers: &'a str,
    /// No older than this.
    pub generation: u64,
}

/// The claim list's kind.
pub const CLAIMS: &str = "c2c-claims+jwt";
/// The wishes' kind.
pub const DESIRED: &str = "c2c-desired+jwt";

/// Why a document does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It is no signed document of this kind.
    #[error("it is no signed document: {0}")]
    Garbled(String),
    /// None of the keys that count signed it.
    #[error("none of the portal's keys signed it")]
    Unsigned,
    /// It is for another camera, another key or another request.
    #[error("it is for another {0}")]
    Other(&'static str),
    /// It is older than what was known.
    #[error("it is of generation {is}, and {known} was known")]
    Old {
        /// Its generation.
        is: u64,
        /// The known one.
        known: u64,
    },
}

/// Reads a document that one of `keys` signed.
///
/// # Errors
/// [`NotTaken`]: nothing of it counts.
pub fn open<T: DeserializeOwned>(text: &str, keys: &[Jwk], expected: Expected<'_>) -> Result<T, NotTaken> {
    read(&check(text, keys, expected)?)
}

/// Reads wishes, with the names of what this app does not know.
///
/// # Errors
/// [`NotTaken`]: nothing of them counts.
pub fn open_desired(text: &str, keys: &[Jwk], expected: Expected<'_>) -> Result<Desired, NotTaken> {
    let members = check(text, keys, expected)?;
    Ok(Desired { ignored: unknown(&members), ..read(&members)? })
}

fn check(text: &str, keys: &[Jwk], expected: Expected<'_>) -> Result<Value, NotTaken> {
    let members = verify(text, keys, expected.kind)?;
    let is = |name: &str| members.get(name).and_then(Value::as_str);
    let named = [("device_id", expected.device_id), ("key_id", expected.key_id), ("answers", expected.answers)];
    if let Some((name, _)) = named.into_iter().find(|(name, expected)| is(name) != Some(expected)) {
        return Err(NotTaken::Other(name));
    }
    let generation = members.get("generation").and_then(Value::as_u64);
    let generation = generation.ok_or_else(|| NotTaken::Garbled("it has no generation".to_owned()))?;
    if generation < expected.generation {
        return Err(NotTaken::Old { is: generation, known: expected.generation });
    }
    Ok(members)
}

/// From text once more, as all else is read: a second way to read costs 20 kB of the package.
fn read<T: DeserializeOwned>(members: &Value) -> Result<T, NotTaken> {
    serde_json::from_str(&members.to_string()).map_err(|error| NotTaken::Garbled(error.to_string()))
}

fn names(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_object).into_iter().flat_map(|members| members.keys().map(String::as_str))
}

fn unknown(members: &Value) -> Vec<String> {
    let top = names(Some(members)).filter(|name| !KNOWN.contains(name)).map(str::to_owned);
    let of_card = names(members.get("card")).filter(|name| !KNOWN_OF_CARD.contains(name));
    let all = top.chain(of_card.map(|name| format!("card.{name}")));
    all.map(|name| name.chars().take(64).collect()).take(32).collect()
}

fn verify(text: &str, keys: &[Jwk], kind: &str) -> Result<Value, NotTaken> {
    let garbled = |why: &dyn std::fmt::Display| NotTaken::Garbled(why.to_string());
    let token = UntrustedToken::new(text.trim()).map_err(|error| garbled(&error))?;
    if token.header().token_type.as_deref() != Some(kind) {
        return Err(garbled(&"it is of another kind"));
    }
    let signer = token.header().key_id.as_deref();
    let key = keys.iter().find(|key| Some(key.id().as_str()) == signer).and_then(Jwk::verifying);
    let key = key.ok_or(NotTaken::Unsigned)?;
    let token = Es256.validator::<Value>(&key).validate(&token).map_err(|_| NotTaken::Unsigned)?;
    Ok(token.into_parts().1.custom)
}

/// The longest id, in characters, as in the OpenAPI document: what is kept by ids stays readable.
const LONGEST_ID: usize = 64;
/// So many signing keys are pinned at most.
const SIGNING_KEYS: usize = 8;
/// The longest name of an organisation, in characters.
const NAME_CHARS: usize = 128;

/// An id that a portal may give.
#[must_use]
pub fn is_id(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

impl Claims {
    /// Nothing in it is beyond what can be kept.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        let keys = self.signing_keys.as_ref().map_or(0, Vec::len);
        self.claims.iter().all(|claim| is_id(&claim.claim_id)) && keys <= SIGNING_KEYS
    }

    /// The claim as it is shown.
    #[must_use]
    pub fn membership(&self) -> Option<Membership> {
        let claim = self.claims.first()?;
        let organisation = cut(&claim.organisation.name, NAME_CHARS);
        Some(Membership { claim_id: claim.claim_id.clone(), organisation, since: claim.since })
    }
}

#[cfg(test)]
mod tests {
    use jwt_compact::{Claims as Body, Header};
    use serde_json::json;

    use super::*;
    use crate::portal::key::DeviceKey;

    const EXPECTED: Expected<'static> =
        Expected { kind: CLAIMS, device_id: "d", key_id: "k", answers: "j", generation: 4 };

    fn signed(by: &DeviceKey, kid: &str, kind: &str, body: Value) -> String {
        let header = Header::empty().with_token_type(kind).with_key_id(kid);
        Es256.token(&header, &Body::new(body), by.signing()).unwrap()
    }

    fn body() -> Value {
        json!({ "device_id": "d", "key_id": "k", "answers": "j", "generation": 4, "later": { "unknown": [] }, "claims":
            [{ "claim_id": "c", "organisation": { "name": "Acme" }, "since": "2026-11-23T10:00:00Z", "desired": 2 }] })
    }

    #[test]
    fn a_document_of_a_pinned_key_is_taken_with_members_of_later_versions() {
        let portal = DeviceKey::make();
        let text = signed(&portal, &portal.id(), CLAIMS, body());
        let claims: Claims =
            open(&text, &[DeviceKey::make().public().clone(), portal.public().clone()], EXPECTED).unwrap();
        assert_eq!(claims.membership().unwrap().organisation, "Acme");
        assert_eq!((claims.generation, claims.claims[0].desired), (4, 2));
    }

    #[test]
    fn what_this_app_does_not_know_of_wishes_is_named() {
        let portal = DeviceKey::make();
        let mut body = body();
        body["tune"] = json!("x");
        body["claim_id"] = json!("c");
        body["card"] = json!({ "prepare": "never", "colour": "red" });
        let text = signed(&portal, &portal.id(), DESIRED, body);
        let expected = Expected { kind: DESIRED, ..EXPECTED };
        let desired = open_desired(&text, &[portal.public().clone()], expected).unwrap();
        let mut ignored = desired.ignored;
        ignored.sort();
        assert_eq!(ignored, ["card.colour", "claims", "later", "tune"]);
    }

    #[test]
    fn what_is_of_another_key_camera_request_kind_or_time_counts_nothing() {
        let (portal, stranger) = (DeviceKey::make(), DeviceKey::make());
        let keys = [portal.public().clone()];
        let taken = |text: &str| open::<Claims>(text, &keys, EXPECTED).map(|_| ());
        let with = |name: &str, value: Value| {
            let mut body = body();
            body[name] = value;
            taken(&signed(&portal, &portal.id(), CLAIMS, body)).unwrap_err()
        };
        for by in [&portal.id(), &stranger.id(), ""] {
            assert_eq!(taken(&signed(&stranger, by, CLAIMS, body())), Err(NotTaken::Unsigned), "{by}");
        }
        for name in ["device_id", "key_id", "answers"] {
            assert_eq!(with(name, json!("x")), NotTaken::Other(name));
            assert_eq!(with(name, Value::Null), NotTaken::Other(name));
        }
        assert_eq!(with("generation", json!(3)), NotTaken::Old { is: 3, known: 4 });
        assert!(matches!(with("generation", json!("4")), NotTaken::Garbled(_)));
        assert!(matches!(with("claims", json!([{}])), NotTaken::Garbled(_)));
        let other_kind = signed(&portal, &portal.id(), DESIRED, body());
        assert!(matches!(taken(&other_kind), Err(NotTaken::Garbled(_))));
        for text in ["", ".", "a.b.c", "<html>log in to this network</html>"] {
            assert!(matches!(taken(text), Err(NotTaken::Garbled(_))), "{text}");
        }
        let good = signed(&portal, &portal.id(), CLAIMS, body());
        assert_eq!(taken(&good), Ok(()));
        let (head, tail) = good.split_at(good.len() / 2);
        let changed = format!("{head}{}", tail.replacen(|letter: char| letter != '.', "A", 3));
        assert!(taken(&changed).is_err());
        // The header says so, and nobody signed it.
        let unsigned = format!("{}.", good.rsplit_once('.').unwrap().0);
        assert!(taken(&unsigned).is_err());
    }
}
