//! The calls to a portal, one by one.

use std::sync::Arc;

use axsdk::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, Mac as _};
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::portal::documents::{self, CLAIMS, Claims, DESIRED, Desired, Expected};
use crate::portal::key::{DeviceKey, Jwk};
use crate::portal::link::{Call, Failure, Link, Place};
use crate::portal::proof;
use crate::snapshot::claim::Kind;
use crate::snapshot::{Identity, Package};

/// The version of the protocol that this app speaks.
const PROTOCOL: &str = "1";
const WELL_KNOWN: &str = "/.well-known/c2c";
/// So long the portal may wait for news, in seconds.
const WAIT: u64 = 60;

/// What a portal says of itself.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Discovery {
    protocols: Vec<String>,
    devices: String,
    #[serde(default)]
    limits: Limits,
    /// By which it signs.
    pub(super) signing_keys: Vec<Jwk>,
    /// To which secrets for it are sealed.
    #[serde(default)]
    pub(super) sealing_key: Option<Jwk>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Limits {
    wait_seconds: Option<u64>,
}

/// The answer to a registration.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Registered {
    pub(super) device_id: String,
    #[serde(default)]
    pub(super) reason: String,
    pub(super) user_code: Option<String>,
    pub(super) verification_uri: Option<String>,
    pub(super) verification_uri_complete: Option<String>,
    pub(super) expires_in: Option<u64>,
    #[serde(default)]
    evidence: Vec<Evidence>,
}

#[derive(Debug, Clone, Deserialize)]
struct Evidence {
    #[serde(default)]
    result: String,
}

/// What a portal says of itself.
pub(crate) fn parse(text: &str) -> Option<impl Sized> {
    serde_json::from_str::<Discovery>(text).ok()
}

impl Registered {
    /// The token that was sent was good.
    pub(super) fn took_the_token(&self) -> bool {
        self.evidence.iter().any(|evidence| evidence.result == "accepted")
    }
}

/// The camera at the portal, and what it knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    /// The id that the portal gave.
    pub(super) device_id: &'a str,
    /// The keys that count.
    pub(super) keys: &'a [Jwk],
    /// The last generation of what is asked for.
    pub(super) generation: u64,
}

/// A key that the portal has signed for.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) session: Session,
    pub(super) claims: Option<Claims>,
}

/// A connection with what was learnt over it.
#[derive(Debug)]
pub(super) struct Session {
    place: Place,
    link: Link,
    pub(super) discovery: Option<Discovery>,
    etag: Option<String>,
}

impl Session {
    pub(super) fn new(place: Place) -> Self {
        Self { link: Link::new(place.clone()), place, discovery: None, etag: None }
    }

    /// Where it talks to, and as whom.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// What the portal says of itself.
    pub(super) async fn discover(&mut self) -> Result<(), Failure> {
        let reply = self.link.call(&Call { proven: false, ..Call::get(WELL_KNOWN) }).await?;
        let found: Discovery = reply.json()?;
        if !found.protocols.iter().any(|version| version == PROTOCOL) {
            let line = format!("it speaks {}, and this app {PROTOCOL}", found.protocols.join(", "));
            return Err(Failure::new(Kind::Protocol, line));
        }
        if !self.place.address.has(&found.devices) {
            return Err(Failure::new(Kind::NoPortal, format!("it sends cameras elsewhere: {}", found.devices)));
        }
        self.discovery = Some(found);
        Ok(())
    }

    /// Where devices are, as a path.
    fn devices(&self) -> String {
        let devices = self.discovery.as_ref().map_or("", |found| &found.devices);
        devices.strip_prefix(&self.place.address.to_string()).unwrap_or("/v1/devices").to_owned()
    }

    /// The path of what belongs to a device.
    pub(super) fn device(&self, id: &str, what: &str) -> String {
        let id = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
        format!("{}/{id}/{what}", self.devices())
    }

    pub(super) async fn register(
        &mut self,
        identity: &Identity,
        package: &Package,
        token: Option<&Secret>,
    ) -> Result<Registered, Failure> {
        let evidence = token.and_then(|token| evidence(token, &identity.serial, &self.place.key.id()));
        let body = json!({
            "serial": identity.serial,
            "model": identity.model,
            "architecture": identity.architecture,
            "os": identity.os_version,
            "app": { "name": env!("CARGO_PKG_NAME"), "version": package.version },
            "evidence": evidence.into_iter().collect::<Vec<_>>(),
        });
        self.etag = None;
        let path = self.devices();
        let answer: Registered = self.link.call(&Call::tell(Method::POST, &path, &body)).await?.json()?;
        if documents::is_id(&answer.device_id) {
            Ok(answer)
        } else {
            Err(Failure::new(Kind::NoPortal, "the id that it gives this camera is none"))
        }
    }

    /// The claim list; `None` when there is no news.
    pub(super) async fn claims(&mut self, known: Known<'_>) -> Result<Option<Claims>, Failure> {
        let most = self.discovery.as_ref().and_then(|found| found.limits.wait_seconds).unwrap_or(WAIT);
        let path = self.device(known.device_id, "claims");
        // Without an entity tag there is news for sure.
        let wait = self.etag.is_some().then_some(WAIT.min(most));
        let call = Call { etag: self.etag.clone(), wait, ..Call::get(&path) };
        let reply = self.link.call(&call).await?;
        match (reply.status, &self.etag) {
            (304, Some(_)) => return Ok(None),
            // Whoever is on the way may say so; a key is given up for a signed list alone.
            (304, None) => return Err(Failure::new(Kind::NoPortal, "nothing changed since no list at all (304)")),
            _ => {}
        }
        let key_id = self.place.key.id();
        let expected = expected(CLAIMS, &key_id, &reply.answers, &known);
        let claims: Claims = documents::open(&reply.text, known.keys, expected).map_err(not_taken)?;
        if !claims.is_bounded() {
            return Err(Failure::new(Kind::NoPortal, "its claim list has ids or keys beyond all bounds"));
        }
        self.etag = reply.etag;
        Ok(Some(claims))
    }

    /// The claim list is asked for as a whole next time.
    pub(super) fn forget_claims(&mut self) {
        self.etag = None;
    }

    pub(super) async fn desired(&mut self, known: Known<'_>) -> Result<Desired, Failure> {
        let path = self.device(known.device_id, "desired");
        let reply = self.link.call(&Call::get(&path)).await?;
        let key_id = self.place.key.id();
        let expected = expected(DESIRED, &key_id, &reply.answers, &known);
        documents::open_desired(&reply.text, known.keys, expected).map_err(not_taken)
    }

    /// Lets the next key follow: tells the portal, proven with the old one, and asks for the claim list with the new one,
    /// which the portal signs for it alone. Gives the session with the new key, and the list.
    pub(super) async fn follow(&mut self, next: Arc<DeviceKey>, known: Known<'_>) -> Result<Followed, Failure> {
        let path = self.device(known.device_id, "keys");
        let proof = proof::introduce(&next, known.device_id, &self.place.key.id());
        let body = json!({ "jwk": next.public(), "proof": proof });
        match self.link.call(&Call::tell(Method::POST, &path, &body)).await {
            Ok(_) => {}
            // It may know the next one alone, since before a cut.
            Err(failure) if failure.obstacle.kind == Kind::UnknownKey => {}
            Err(failure) => return Err(failure),
        }
        let mut session = Session::new(Place { key: next, ..self.place.clone() });
        session.discovery.clone_from(&self.discovery);
        let claims = session.claims(known).await?;
        Ok(Followed { session, claims })
    }

    pub(super) async fn release(&mut self, device_id: &str, claim_id: &str) -> Result<(), Failure> {
        let path = self.device(device_id, "release");
        let body = json!({ "claim_id": claim_id });
        self.link.call(&Call::tell(Method::POST, &path, &body)).await.map(|_| ())
    }
}

fn expected<'a>(kind: &'static str, key_id: &'a str, answers: &'a str, known: &Known<'a>) -> Expected<'a> {
    Expected { kind, device_id: known.device_id, key_id, answers, generation: known.generation }
}

fn not_taken(why: documents::NotTaken) -> Failure {
    let kind = if matches!(why, documents::NotTaken::Garbled(_)) { Kind::NoPortal } else { Kind::Unsigned };
    Failure::new(kind, why)
}

/// A token has the form `ID.SECRET`.
pub(super) fn is_token(token: &Secret) -> bool {
    let is_part = |part: &str| (4..=128).contains(&part.len()) && BASE64.decode(part).is_ok();
    token.expose().trim().split_once('.').is_some_and(|(id, secret)| is_part(id) && is_part(secret))
}

fn evidence(token: &Secret, serial: &str, key_id: &str) -> Option<Value> {
    let (id, secret) = token.expose().trim().split_once('.')?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(format!("{serial}\n{key_id}").as_bytes());
    Some(json!({ "type": "token", "id": id, "mac": BASE64.encode(mac.finalize().into_bytes()) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_travels_itself_and_is_of_use_to_one_key() {
        let token = Secret::new(" aWQx.c2VjcmV0LXNlY3JldA\n".to_owned());
        assert!(is_token(&token));
        let one = evidence(&token, "B8A44F000001", "key").unwrap();
        assert!(!one.to_string().contains("c2VjcmV0"), "{one}");
        assert_eq!(one["id"], "aWQx");
        assert_ne!(one, evidence(&token, "B8A44F000001", "another").unwrap());
        assert_ne!(one, evidence(&token, "B8A44F000002", "key").unwrap());
        for no in ["", "aWQx", "aWQx.", ".c2VjcmV0", "a b c d.c2VjcmV0", "aWQx.c2VjcmV0?"] {
            assert!(!is_token(&Secret::new(no.to_owned())), "{no}");
        }
    }
}
