//! Secrets that only one key opens: HPKE (RFC 9180), base mode, P-256, HKDF-SHA256, ChaCha20Poly1305.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256;
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::jwk::Jwk;
use crate::text;

/// A secret in the clear: wiped when given up, stars when printed.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for sealing it or for showing it to who may see it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// What a secret is for; whoever opens it has to ask for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// An SD card's passphrase on its way to the camera.
    CardPassphrase,
    /// An account's password on its way from the camera.
    AccountPassword,
    /// A card's passphrase as the portal keeps it.
    KeptPassphrase,
    /// The secret of a one-time token as the portal keeps it.
    KeptToken,
}

impl Purpose {
    fn info(self) -> &'static [u8] {
        match self {
            Self::CardPassphrase => b"c2c/1 card-passphrase",
            Self::AccountPassword => b"c2c/1 account-password",
            Self::KeptPassphrase => b"c2c/1 kept-card-passphrase",
            Self::KeptToken => b"c2c/1 kept-token",
        }
    }
}

/// What binds a secret to its place: it opens nowhere else.
#[must_use]
pub(crate) fn bound(device_id: &str, claim_id: &str, generation: u64) -> Vec<u8> {
    format!("{device_id}\n{claim_id}\n{generation}").into_bytes()
}

/// A sealed secret, as it travels and as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    /// The key that it is sealed to.
    pub(crate) kid: String,
    /// The encapsulated key, base64url.
    pub(crate) enc: String,
    /// Ciphertext and tag, base64url.
    pub(crate) ciphertext: String,
}

/// Why nothing was sealed or opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It was sealed to another key.
    #[error("sealed to the key {0}, which is not ours")]
    OtherKey(String),
    /// Not base64url, or no point on the curve.
    #[error("not of the form that was agreed")]
    Form,
    /// Wrong purpose, wrong place, or changed on the way.
    #[error("does not open: sealed for something else, or changed on the way")]
    Shut,
}

/// Seals to a public key.
///
/// # Errors
/// [`Fault::Form`] for a key that HPKE does not take.
pub(crate) fn seal(secret: &Secret, to: &Jwk, purpose: Purpose, aad: &[u8]) -> Result<Sealed, Fault> {
    let key = <DhP256HkdfSha256 as Kem>::PublicKey::from_bytes(&to.point()).map_err(|_| Fault::Form)?;
    let (enc, ciphertext) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, DhP256HkdfSha256, _>(
        &OpModeS::Base,
        &key,
        purpose.info(),
        secret.reveal().as_bytes(),
        aad,
        &mut rand::rng(),
    )
    .map_err(|_| Fault::Form)?;
    Ok(Sealed { kid: to.id(), enc: text::encode(&enc.to_bytes()), ciphertext: text::encode(&ciphertext) })
}

/// The private half.
pub(crate) struct Opener {
    key: <DhP256HkdfSha256 as Kem>::PrivateKey,
    /// The public half.
    pub(crate) public: Jwk,
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opener({})", self.public.id())
    }
}

impl Opener {
    /// Of a P-256 key.
    ///
    /// # Errors
    /// None for a key that P-256 took.
    pub(crate) fn new(key: &p256::SecretKey) -> Result<Self, Fault> {
        let bytes = Zeroizing::new(key.to_bytes());
        let private = <DhP256HkdfSha256 as Kem>::PrivateKey::from_bytes(&bytes).map_err(|_| Fault::Form)?;
        Ok(Self { key: private, public: Jwk::of(&key.public_key()) })
    }

    /// Opens what was sealed to us, for this purpose and this place.
    ///
    /// # Errors
    /// Every [`Fault`].
    pub(crate) fn open(&self, sealed: &Sealed, purpose: Purpose, aad: &[u8]) -> Result<Secret, Fault> {
        if sealed.kid != self.public.id() {
            return Err(Fault::OtherKey(sealed.kid.clone()));
        }
        let enc = text::decode(&sealed.enc).ok_or(Fault::Form)?;
        let enc = <DhP256HkdfSha256 as Kem>::EncappedKey::from_bytes(&enc).map_err(|_| Fault::Form)?;
        let ciphertext = text::decode(&sealed.ciphertext).ok_or(Fault::Form)?;
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, DhP256HkdfSha256>(
            &OpModeR::Base,
            &self.key,
            &enc,
            purpose.info(),
            &ciphertext,
            aad,
        )
        .map_err(|_| Fault::Shut)?;
        String::from_utf8(opened).map(Secret::new).map_err(|_| Fault::Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_for_its_purpose_and_place_alone() {
        let opener = Opener::new(&p256::SecretKey::from_slice(&[7; 32]).unwrap()).unwrap();
        let other = Opener::new(&p256::SecretKey::from_slice(&[8; 32]).unwrap()).unwrap();
        let aad = bound("d", "c", 3);
        let sealed = seal(&Secret::new("open sesame".into()), &opener.public, Purpose::CardPassphrase, &aad).unwrap();
        assert_eq!(opener.open(&sealed, Purpose::CardPassphrase, &aad).unwrap().reveal(), "open sesame");
        assert!(matches!(opener.open(&sealed, Purpose::AccountPassword, &aad), Err(Fault::Shut)));
        assert!(matches!(opener.open(&sealed, Purpose::CardPassphrase, &bound("d", "c", 4)), Err(Fault::Shut)));
        assert!(matches!(other.open(&sealed, Purpose::CardPassphrase, &aad), Err(Fault::OtherKey(_))));
        assert_eq!(format!("{:?}", Secret::new("open sesame".into())), "***");
    }
}
