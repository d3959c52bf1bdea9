//! The proof on each request: a JWT in the form of RFC 9449, without an access token.
//!
//! First what it says by itself: form, signature, method, address, body; then whether it is fresh. A proof that was
//! refused uses up nothing.

use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::jwk::Jwk;
use crate::nonces::{Nonces, Verdict};
use crate::problem::{Kind, Problem};
use crate::text;

/// The longest proof that is read.
const LONGEST: usize = 4096;

/// What a good proof says.
#[derive(Debug, Clone)]
pub(crate) struct Proof {
    /// The key that made it.
    pub(crate) key: Jwk,
    /// The key's id.
    pub(crate) key_id: String,
    /// The number of the request, which signed answers name.
    pub(crate) jti: String,
}

/// The request that a proof shall be of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The method.
    pub(crate) method: &'a str,
    /// The address as the portal is known by, without query.
    pub(crate) address: &'a Url,
    /// The body.
    pub(crate) body: &'a [u8],
}

#[derive(Deserialize)]
struct Header {
    typ: Option<String>,
    alg: Option<String>,
    jwk: Option<Value>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    // Whatever the camera's clock says: the nonce tells how old a proof is.
    #[serde(rename = "iat")]
    _iat: i64,
    nonce: Option<String>,
    body: Option<String>,
}

/// Judges a proof.
///
/// # Errors
/// `invalid-proof`, `use-nonce`, and `slow-down` when more proofs came than can be remembered.
pub(crate) fn judge(token: Option<&str>, asked: Asked<'_>, nonces: &Nonces) -> Result<Proof, Problem> {
    let token = token.ok_or_else(|| Problem::proof("the header DPoP is missing"))?;
    let (key, claims): (Jwk, Claims) = read(token, "dpop+jwt")?;
    if claims.htm != asked.method {
        return Err(Problem::proof(format!("htm is {}, but the request is a {}", claims.htm, asked.method)));
    }
    let named = Url::parse(&claims.htu).map_err(|_| Problem::proof("htu is no address"))?;
    if !is_same(&named, asked.address) {
        return Err(Problem::proof(format!("htu is {named}, but the request is for {}", asked.address)));
    }
    let digest = text::encode(&text::sha256(asked.body));
    if claims.body.as_ref() != Some(&digest) && !(asked.body.is_empty() && claims.body.is_none()) {
        return Err(Problem::proof("body is not the SHA-256 of the request's body"));
    }
    let length = claims.jti.chars().count();
    if !(16..=128).contains(&length) {
        return Err(Problem::proof("jti has to have 16 to 128 characters"));
    }
    let key_id = key.id();
    match nonces.take(claims.nonce.as_deref(), &key_id, &claims.jti) {
        Verdict::Fresh => Ok(Proof { key, key_id, jti: claims.jti }),
        Verdict::Stale => Err(Problem::new(Kind::UseNonce, "the nonce is missing or old")),
        Verdict::Used => Err(Problem::proof("jti was used before")),
        Verdict::Full => Err(Problem::later(Kind::SlowDown, 60, "too many requests at a time")),
    }
}

/// Reads a JWS that carries its own key, of the type given.
///
/// # Errors
/// `invalid-proof`.
fn read<T: DeserializeOwned>(token: &str, kind: &str) -> Result<(Jwk, T), Problem> {
    if token.len() > LONGEST {
        return Err(Problem::proof("longer than any proof is"));
    }
    let head = token.split('.').next().and_then(text::decode);
    let head: Option<Header> = head.and_then(|head| serde_json::from_slice(&head).ok());
    let head = head.ok_or_else(|| Problem::proof("no JWT"))?;
    if head.typ.as_deref() != Some(kind) || head.alg.as_deref() != Some("ES256") || head.crit.is_some() {
        return Err(Problem::proof(format!("not of typ {kind} and alg ES256")));
    }
    let key = head.jwk.as_ref().and_then(Jwk::read).ok_or_else(|| Problem::proof("jwk is no public key of P-256"))?;
    let claims = verify(token, &key)?;
    Ok((key, claims))
}

/// The payload of a JWS that this key signed.
///
/// # Errors
/// `invalid-proof`.
fn verify<T: DeserializeOwned>(token: &str, key: &Jwk) -> Result<T, Problem> {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let wrong = |fault: jsonwebtoken::errors::Error| Problem::proof(format!("does not hold: {fault}"));
    let read = jsonwebtoken::decode::<T>(token, &key.verifier().map_err(wrong)?, &validation).map_err(wrong)?;
    Ok(read.claims)
}

/// What a new key says: which camera it is for, and which key it follows.
#[derive(Debug, Deserialize)]
pub(crate) struct Succession {
    /// The camera.
    pub(crate) device_id: String,
    /// The id of the old key.
    pub(crate) key_id: String,
}

/// Reads what a new key says of itself. The key stands in the request, and may stand in the header too.
///
/// # Errors
/// `invalid` for the member `proof`.
pub(crate) fn succession(token: &str, key: &Jwk) -> Result<Succession, Problem> {
    let said = || Problem::member("proof", "is no JWS of typ c2c-key+jwt signed by the new key");
    let head = token.split('.').next().and_then(text::decode);
    let head: Header = head.and_then(|head| serde_json::from_slice(&head).ok()).ok_or_else(said)?;
    if head.typ.as_deref() != Some("c2c-key+jwt") || head.alg.as_deref() != Some("ES256") || head.crit.is_some() {
        return Err(said());
    }
    verify(token, key).map_err(|_| said())
}

/// As RFC 9449 compares: without query and fragment, and the default port is none.
fn is_same(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
        && one.path() == other.path()
        && one.username().is_empty()
        && one.password().is_none()
}
