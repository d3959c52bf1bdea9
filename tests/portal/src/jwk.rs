//! A public key on the curve P-256, as a JWK (RFC 7517), and its thumbprint (RFC 7638).

use p256::PublicKey;
use p256::elliptic_curve::sec1::{FromEncodedPoint as _, ToEncodedPoint as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text;

/// A public key whose point lies on the curve. Its members stand in the order that the thumbprint wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Jwk {
    crv: &'static str,
    kty: &'static str,
    x: String,
    y: String,
}

#[derive(Deserialize)]
struct Wire {
    crv: String,
    kty: String,
    x: String,
    y: String,
    d: Option<Value>,
}

impl Jwk {
    /// The key that a JSON value says; `None` unless it is a public one of P-256, each coordinate of 32 bytes.
    #[must_use]
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let wire: Wire = serde_json::from_value(value.clone()).ok()?;
        let fits = wire.crv == "P-256" && wire.kty == "EC" && wire.d.is_none();
        let (x, y) = (text::decode(&wire.x)?, text::decode(&wire.y)?);
        if !fits || x.len() != 32 || y.len() != 32 {
            return None;
        }
        let point = p256::EncodedPoint::from_affine_coordinates(x.as_slice().into(), y.as_slice().into(), false);
        Option::<PublicKey>::from(PublicKey::from_encoded_point(&point)).map(|key| Self::of(&key))
    }

    /// The JWK of a key.
    #[must_use]
    pub(crate) fn of(key: &PublicKey) -> Self {
        let point = key.to_encoded_point(false);
        let text = |coordinate: Option<&p256::FieldBytes>| coordinate.map(|c| text::encode(c)).unwrap_or_default();
        Self { crv: "P-256", kty: "EC", x: text(point.x()), y: text(point.y()) }
    }

    /// The thumbprint: the key's id.
    #[must_use]
    pub(crate) fn id(&self) -> String {
        text::encode(&text::sha256(serde_json::to_string(self).unwrap_or_default().as_bytes()))
    }

    /// As JSON, to be kept.
    #[must_use]
    pub(crate) fn kept(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What was kept.
    #[must_use]
    pub(crate) fn from_kept(text: &str) -> Option<Self> {
        Self::read(&serde_json::from_str(text).ok()?)
    }

    /// With its id as `kid`, for others to find it by.
    #[must_use]
    pub(crate) fn named(&self) -> Value {
        serde_json::json!({ "kty": self.kty, "crv": self.crv, "x": self.x, "y": self.y, "kid": self.id() })
    }

    /// For checking signatures.
    ///
    /// # Errors
    /// None for a key that was read: its coordinates are base64url.
    pub(crate) fn verifier(&self) -> jsonwebtoken::errors::Result<jsonwebtoken::DecodingKey> {
        jsonwebtoken::DecodingKey::from_ec_components(&self.x, &self.y)
    }

    /// The point, uncompressed (SEC 1), for HPKE.
    #[must_use]
    pub(crate) fn point(&self) -> Vec<u8> {
        let coordinates = [&self.x, &self.y].map(|c| text::decode(c).unwrap_or_default());
        [&[4], coordinates.concat().as_slice()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_is_public_on_the_curve_and_known_by_its_thumbprint() {
        // The public key of RFC 7515, A.3; its thumbprint was computed by another library.
        let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        let key = Jwk::read(&json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig" })).unwrap();
        assert_eq!(key.id(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
        assert_eq!(Jwk::from_kept(&key.kept()).unwrap(), key);
        assert_eq!(Jwk::read(&json!({ "kty": "EC", "crv": "P-256", "x": x, "y": x })), None);
        assert_eq!(Jwk::read(&json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "d": x })), None);
    }
}
