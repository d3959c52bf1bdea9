//! Random words, digests, and base64url: what everything that travels as text is made of.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use rand::RngCore as _;
use sha2::{Digest, Sha256};

/// Base64url without padding.
#[must_use]
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What base64url without padding says.
#[must_use]
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// As many random bytes.
#[must_use]
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// An id that nobody guesses: 32 hexadecimal digits.
#[must_use]
pub(crate) fn id() -> String {
    format!("{:032x}", u128::from_be_bytes(random()))
}

/// SHA-256.
#[must_use]
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// HMAC-SHA256, ready to be compared or taken.
#[must_use]
pub(crate) fn mac(key: &[u8], message: &[u8]) -> Hmac<Sha256> {
    let keyed = <Hmac<Sha256> as Mac>::new_from_slice(key);
    // HMAC takes a key of any length; the type cannot say so.
    let mut mac = keyed.unwrap_or_else(|_| <Hmac<Sha256> as Mac>::new(&Default::default()));
    mac.update(message);
    mac
}
