//! The proof on each request: a JWT in the form of RFC 9449 (DPoP), by which the portal sees that whoever asks holds the
//! camera's key, that nobody changed the request, and that it is none of before.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jwt_compact::alg::Es256;
use jwt_compact::{AlgorithmExt as _, Claims, Header};
use p256::elliptic_curve::rand_core::{OsRng, RngCore as _};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::portal::key::{DeviceKey, Jwk};

/// What a proof is for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Such as `GET`.
    pub method: &'a str,
    /// The whole address, without query and fragment.
    pub url: &'a str,
    /// What is sent; empty where nothing is.
    pub body: &'a [u8],
    /// The portal's last nonce.
    pub nonce: Option<&'a str>,
}

/// A proof, and by which the answer to it names it.
#[derive(Debug)]
pub struct Proof {
    /// The value of the header `DPoP`.
    pub token: String,
    /// Its `jti`.
    pub id: String,
}

#[derive(Serialize)]
struct Own<'a> {
    jwk: &'a Jwk,
}

/// Proves a request, now.
#[must_use]
pub fn prove(key: &DeviceKey, request: Request<'_>, now: Timestamp) -> Proof {
    let mut random = [0; 16];
    OsRng.fill_bytes(&mut random);
    let id = BASE64.encode(random);
    let body = (!request.body.is_empty()).then(|| BASE64.encode(Sha256::digest(request.body)));
    let mut claims = json!({ "jti": id, "htm": request.method, "htu": request.url, "iat": now.unix() });
    let optional = [("nonce", request.nonce.map(str::to_owned)), ("body", body)];
    if let Some(claims) = claims.as_object_mut() {
        claims.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
    }
    Proof { token: sign(key, "dpop+jwt", Own { jwk: key.public() }, claims), id }
}

/// A new key's word that it is meant: over the camera's id and the key of before.
#[must_use]
pub fn introduce(new: &DeviceKey, device_id: &str, old: &str) -> String {
    let claims = json!({ "device_id": device_id, "key_id": old });
    sign(new, "c2c-key+jwt", Own { jwk: new.public() }, claims)
}

fn sign(key: &DeviceKey, kind: &str, own: Own<'_>, claims: Value) -> String {
    let header = Header::new(own).with_token_type(kind);
    // What is signed here is made here: it can be written as JSON.
    Es256.token(&header, &Claims::new(claims), key.signing()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jwt_compact::UntrustedToken;

    use super::*;

    fn parts(token: &str) -> (Value, Value) {
        let mut parts = token.split('.').map(|part| BASE64.decode(part).unwrap());
        let mut part = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
        (part(), part())
    }

    #[test]
    fn a_proof_names_method_address_body_and_nonce_and_its_signature_holds() {
        let key = DeviceKey::make();
        let request = Request { method: "PUT", url: "https://a/b", body: b"{}", nonce: Some("n") };
        let proof = prove(&key, request, Timestamp::from_unix(1_790_000_000));
        let (header, claims) = parts(&proof.token);
        assert_eq!(header, json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": key.public() }));
        let body = "RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o";
        let expected = json!({ "jti": proof.id, "htm": "PUT", "htu": "https://a/b", "iat": 1_790_000_000, "nonce": "n",
            "body": body });
        assert_eq!(claims, expected);
        let token = UntrustedToken::new(&proof.token).unwrap();
        let verifying = key.public().verifying().unwrap();
        assert!(Es256.validator::<Value>(&verifying).validate(&token).is_ok());
        let stranger = DeviceKey::make().public().verifying().unwrap();
        assert!(Es256.validator::<Value>(&stranger).validate(&token).is_err());
    }

    #[test]
    fn each_proof_has_an_id_of_its_own_and_says_no_more_than_there_is() {
        let key = DeviceKey::make();
        let request = Request { method: "GET", url: "https://a/b", body: b"", nonce: None };
        let proofs: Vec<_> = (0..2).map(|_| prove(&key, request, Timestamp::from_unix(0))).collect();
        assert_ne!(proofs[0].id, proofs[1].id);
        let (_, claims) = parts(&proofs[0].token);
        assert!(claims.get("nonce").is_none() && claims.get("body").is_none(), "{claims}");
    }
}
