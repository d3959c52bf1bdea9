//! A camera as small as the protocol allows: it signs, seals and opens with its own few lines, and keeps no rules.

use std::cell::RefCell;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256;
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};
use p256::SecretKey;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use ureq::http::{HeaderMap, Request};

use crate::contract;
use crate::stage::Stage;

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}

/// A key and what follows from it.
#[derive(Clone)]
pub(crate) struct Key(SecretKey);

impl Key {
    pub(crate) fn new() -> Self {
        Self(SecretKey::from_slice(&rand::random::<[u8; 32]>()).unwrap())
    }

    pub(crate) fn jwk(&self) -> Value {
        let point = self.0.public_key().to_encoded_point(false);
        json!({ "kty": "EC", "crv": "P-256", "x": encode(point.x().unwrap()), "y": encode(point.y().unwrap()) })
    }

    pub(crate) fn id(&self) -> String {
        let jwk = self.jwk();
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
        encode(Sha256::digest(canonical))
    }

    pub(crate) fn sign(&self, header: &Value, payload: &Value) -> String {
        let text = format!("{}.{}", encode(header.to_string()), encode(payload.to_string()));
        let signature: Signature = SigningKey::from(&self.0).sign(text.as_bytes());
        format!("{text}.{}", encode(signature.to_bytes()))
    }

    /// Opens what was sealed to this key.
    pub(crate) fn open(&self, sealed: &Value, info: &str, aad: &str) -> Option<String> {
        assert_eq!(sealed["kid"], self.id());
        let key = <DhP256HkdfSha256 as Kem>::PrivateKey::from_bytes(&self.0.to_bytes()).unwrap();
        let enc = <DhP256HkdfSha256 as Kem>::EncappedKey::from_bytes(&decode(&sealed["enc"])).unwrap();
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, DhP256HkdfSha256>(
            &OpModeR::Base,
            &key,
            &enc,
            info.as_bytes(),
            &decode(&sealed["ciphertext"]),
            aad.as_bytes(),
        );
        opened.ok().map(|text| String::from_utf8(text).unwrap())
    }
}

/// Seals to a key that somebody published.
pub(crate) fn seal(text: &str, to: &Value, info: &str, aad: &str) -> Value {
    let point = [vec![4], decode(&to["x"]), decode(&to["y"])].concat();
    let key = <DhP256HkdfSha256 as Kem>::PublicKey::from_bytes(&point).unwrap();
    let (enc, ciphertext) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, DhP256HkdfSha256, _>(
        &OpModeS::Base,
        &key,
        info.as_bytes(),
        text.as_bytes(),
        aad.as_bytes(),
        &mut rand::rng(),
    )
    .unwrap();
    json!({ "kid": to["kid"], "enc": encode(enc.to_bytes()), "ciphertext": encode(ciphertext) })
}

/// The portal's answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|fault| panic!("{fault}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and type of a problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], self.status);
        (self.status, body["type"].as_str().unwrap().strip_prefix("urn:c2c:problem:").unwrap().to_owned())
    }
}

/// Asks, and takes whatever comes for an answer.
pub(crate) fn ask(request: Request<Vec<u8>>) -> Answer {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    let agent: ureq::Agent = config.timeout_global(Some(Duration::from_secs(30))).build().into();
    let answer = if request.body().is_empty() && !matches!(request.method().as_str(), "POST" | "PUT") {
        agent.run(request.map(|_| ()))
    } else {
        agent.run(request)
    };
    let (parts, mut body) = answer.unwrap().into_parts();
    Answer { status: parts.status.as_u16(), headers: parts.headers, text: body.read_to_string().unwrap() }
}

pub(crate) struct Camera {
    pub(crate) url: String,
    pub(crate) serial: String,
    pub(crate) key: Key,
    pub(crate) id: String,
    nonce: RefCell<Option<String>>,
}

impl Camera {
    pub(crate) fn new(stage: &Stage, serial: &str) -> Self {
        Self { url: stage.url(), serial: serial.into(), key: Key::new(), id: String::new(), nonce: RefCell::default() }
    }

    /// One that has registered.
    pub(crate) fn registered(stage: &Stage, serial: &str) -> Self {
        let mut camera = Self::new(stage, serial);
        let answer = camera.register();
        assert_eq!(answer.status, 201, "{answer:?}");
        camera
    }

    pub(crate) fn clone_with(&self, key: Key) -> Self {
        let (url, serial, id) = (self.url.clone(), self.serial.clone(), self.id.clone());
        Self { url, serial, key, id, nonce: RefCell::default() }
    }

    /// The claims of a good proof.
    pub(crate) fn proof(&self, method: &str, path: &str, body: &[u8]) -> Value {
        let path = path.split('?').next().unwrap();
        let mut proof = json!({
            "jti": encode(rand::random::<[u8; 16]>()),
            "htm": method,
            "htu": format!("{}{path}", self.url),
            // A camera whose clock stands at 1970.
            "iat": 17,
        });
        if let Some(nonce) = &*self.nonce.borrow() {
            proof["nonce"] = json!(nonce);
        }
        if !body.is_empty() {
            proof["body"] = json!(encode(Sha256::digest(body)));
        }
        proof
    }

    pub(crate) fn signed(&self, proof: &Value) -> String {
        self.key.sign(&json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.key.jwk() }), proof)
    }

    /// One request with this proof, whatever it is.
    pub(crate) fn send(&self, method: &str, path: &str, body: &[u8], token: &str, more: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url)).header("dpop", token);
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let answer = ask(request.body(body.to_vec()).unwrap());
        contract::holds(method, path, body, &answer);
        let nonce = answer.header("dpop-nonce");
        if !nonce.is_empty() {
            *self.nonce.borrow_mut() = Some(nonce.to_owned());
        }
        answer
    }

    /// A request as the protocol wants it: repeated once with the nonce. Answers the `jti` too.
    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        more: &[(&str, &str)],
    ) -> (Answer, String) {
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        for attempt in 0..2 {
            let proof = self.proof(method, path, &body);
            let answer = self.send(method, path, &body, &self.signed(&proof), more);
            if attempt > 0 || answer.status != 401 || answer.problem().1 != "use-nonce" {
                return (answer, proof["jti"].as_str().unwrap().to_owned());
            }
        }
        unreachable!()
    }

    pub(crate) fn description(&self) -> Value {
        json!({
            "serial": self.serial,
            "model": "AXIS Q3538-LVE",
            "architecture": "aarch64",
            "os": "12.11.77",
            "app": { "name": "c2c", "version": "1.6.0" },
            "evidence": [],
        })
    }

    pub(crate) fn register(&mut self) -> Answer {
        self.register_with(&json!([]))
    }

    pub(crate) fn register_with(&mut self, evidence: &Value) -> Answer {
        let mut description = self.description();
        description["evidence"] = evidence.clone();
        let answer = self.call("POST", "/v1/devices", Some(&description), &[]).0;
        if answer.status < 300 {
            self.id = answer.json()["device_id"].as_str().unwrap().to_owned();
        }
        answer
    }

    /// The code that it shows to its administrators.
    pub(crate) fn code(&mut self) -> String {
        self.register().json()["user_code"].as_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v1/devices/{}/{rest}", self.id)
    }

    pub(crate) fn get(&self, rest: &str, more: &[(&str, &str)]) -> Answer {
        self.call("GET", &self.path(rest), None, more).0
    }

    pub(crate) fn put(&self, rest: &str, body: &Value) -> Answer {
        self.call("PUT", &self.path(rest), Some(body), &[]).0
    }

    pub(crate) fn post(&self, rest: &str, body: &Value) -> Answer {
        self.call("POST", &self.path(rest), Some(body), &[]).0
    }

    /// A signed document, once it is certain that it is one: of this portal, of this type, to this request.
    pub(crate) fn document(&self, rest: &str) -> Value {
        let (answer, jti) = self.call("GET", &self.path(rest), None, &[]);
        assert_eq!(answer.status, 200, "{answer:?}");
        let document = verified(&answer, &self.url, &format!("c2c-{rest}+jwt"));
        assert_eq!(document["answers"], jti);
        assert_eq!((&document["device_id"], &document["key_id"]), (&json!(self.id), &json!(self.key.id())));
        document
    }

    pub(crate) fn claim_id(&self) -> String {
        self.document("claims")["claims"][0]["claim_id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn report(&self, seq: u64) -> Value {
        json!({
            "boot_id": "boot-1",
            "seq": seq,
            "applied": 0,
            "ignored": [],
            "status": { "state": "claimed", "reason": "well" },
            "snapshot": { "schema": 1 },
            "cards": [{ "slot": "SD_DISK", "presence": "p1", "stand": "ready" }],
            "transitions": [{ "at": "2026-11-23T18:00:00Z", "code": "well" }],
            "page": { "scheme": "https", "address": "192.0.2.7", "port": 443, "path": "/local/c2c/status" },
        })
    }

    /// What a one-time token is shown by: never itself.
    pub(crate) fn evidence(&self, token: &str) -> Value {
        let (id, secret) = token.split_once('.').unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{}\n{}", self.serial, self.key.id()).as_bytes());
        json!([{ "type": "token", "id": id, "mac": encode(mac.finalize().into_bytes()) }])
    }
}

/// The document of a JWS that the portal at `url` signed.
pub(crate) fn verified(answer: &Answer, url: &str, kind: &str) -> Value {
    assert_eq!(answer.header("content-type"), "application/jose");
    let parts: Vec<&str> = answer.text.split('.').collect();
    let read = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let header = read(parts[0]);
    let key = discover(url)["signing_keys"][0].clone();
    assert_eq!((&header["typ"], &header["alg"], &header["kid"]), (&json!(kind), &json!("ES256"), &key["kid"]));
    let point = [vec![4], decode(&key["x"]), decode(&key["y"])].concat();
    let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(parts[2]).unwrap()).unwrap();
    let text = format!("{}.{}", parts[0], parts[1]);
    VerifyingKey::from_sec1_bytes(&point).unwrap().verify(text.as_bytes(), &signature).unwrap();
    read(parts[1])
}

pub(crate) fn discover(url: &str) -> Value {
    let answer = ask(Request::builder().uri(format!("{url}/.well-known/c2c")).body(Vec::new()).unwrap());
    assert_eq!(answer.status, 200, "{answer:?}");
    contract::holds("GET", "/.well-known/c2c", b"", &answer);
    answer.json()
}
