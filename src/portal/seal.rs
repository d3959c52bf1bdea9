//! What only one of both sides can open: HPKE (RFC 9180), base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
//! ChaCha20Poly1305. A proxy between camera and portal that opens TLS sees nothing of it.

use axsdk::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256;
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};
use p256::elliptic_curve::rand_core::OsRng;
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use serde::{Deserialize, Serialize};

use crate::portal::key::{DeviceKey, Jwk};

type Encapsulated = <DhP256HkdfSha256 as Kem>::EncappedKey;

/// What is sealed, and so under which name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A passphrase for the SD card, to the camera.
    CardPassphrase,
    /// The password of the camera's account, to the portal.
    AccountPassword,
}

/// To what it belongs: what is sealed for one thing opens for no other.
#[derive(Debug, Clone, Copy)]
pub struct Belongs<'a> {
    /// The camera.
    pub device_id: &'a str,
    /// The claim.
    pub claim_id: &'a str,
    /// Of the passphrase or password.
    pub generation: u64,
}

/// Something sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The key that opens it, by its thumbprint.
    pub kid: String,
    enc: String,
    ciphertext: String,
}

/// It was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// It is sealed to another key.
    #[error("it is sealed to another key")]
    OtherKey,
    /// It was changed, or belongs to something else.
    #[error("it was changed, or is for something else")]
    Broken,
}

fn info(purpose: Purpose) -> &'static [u8] {
    match purpose {
        Purpose::CardPassphrase => b"c2c/1 card-passphrase",
        Purpose::AccountPassword => b"c2c/1 account-password",
    }
}

impl Belongs<'_> {
    fn words(&self) -> String {
        format!("{}\n{}\n{}", self.device_id, self.claim_id, self.generation)
    }
}

/// Opens what was sealed to the camera.
///
/// # Errors
/// [`NotOpened`].
pub fn open(sealed: &Sealed, key: &DeviceKey, purpose: Purpose, belongs: Belongs<'_>) -> Result<Secret, NotOpened> {
    if sealed.kid != key.id() {
        return Err(NotOpened::OtherKey);
    }
    let opened = || {
        let secret = <DhP256HkdfSha256 as Kem>::PrivateKey::from_bytes(&key.secret().to_bytes()).ok()?;
        let enc = Encapsulated::from_bytes(&BASE64.decode(&sealed.enc).ok()?).ok()?;
        let text = BASE64.decode(&sealed.ciphertext).ok()?;
        let words = belongs.words();
        let mode = OpModeR::Base;
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, DhP256HkdfSha256>(
            &mode,
            &secret,
            &enc,
            info(purpose),
            &text,
            words.as_bytes(),
        );
        String::from_utf8(opened.ok()?).ok()
    };
    opened().map(Secret::new).ok_or(NotOpened::Broken)
}

/// Seals something to a key of the portal's; `None` where that is no key.
#[must_use]
pub fn seal(secret: &Secret, to: &Jwk, purpose: Purpose, belongs: Belongs<'_>) -> Option<Sealed> {
    let point = to.point()?.to_encoded_point(false);
    let to_key = <DhP256HkdfSha256 as Kem>::PublicKey::from_bytes(point.as_bytes()).ok()?;
    let sealed = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, DhP256HkdfSha256, _>(
        &OpModeS::Base,
        &to_key,
        info(purpose),
        secret.expose().as_bytes(),
        belongs.words().as_bytes(),
        &mut OsRng,
    );
    let (enc, text) = sealed.ok()?;
    Some(Sealed { kid: to.id(), enc: BASE64.encode(enc.to_bytes()), ciphertext: BASE64.encode(text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Belongs<'static> = Belongs { device_id: "d", claim_id: "c", generation: 3 };

    fn sealed(key: &DeviceKey) -> Sealed {
        seal(&Secret::new("correct horse".to_owned()), key.public(), Purpose::CardPassphrase, OURS).unwrap()
    }

    #[test]
    fn what_is_sealed_is_opened_by_its_key_alone_and_for_nothing_else() {
        let key = DeviceKey::make();
        let one = sealed(&key);
        let opened = |sealed: &Sealed, purpose, belongs| open(sealed, &key, purpose, belongs);
        assert_eq!(opened(&one, Purpose::CardPassphrase, OURS).unwrap().expose(), "correct horse");
        assert!(opened(&one, Purpose::AccountPassword, OURS).is_err());
        for other in
            [Belongs { device_id: "e", ..OURS }, Belongs { claim_id: "d", ..OURS }, Belongs { generation: 4, ..OURS }]
        {
            assert_eq!(opened(&one, Purpose::CardPassphrase, other).unwrap_err(), NotOpened::Broken);
        }
        let stranger = DeviceKey::make();
        assert_eq!(open(&one, &stranger, Purpose::CardPassphrase, OURS).unwrap_err(), NotOpened::OtherKey);
    }

    #[test]
    fn what_was_changed_is_not_opened() {
        let key = DeviceKey::make();
        let good = sealed(&key);
        let other = if good.ciphertext.starts_with('_') { "-" } else { "_" };
        for bad in [
            Sealed { enc: good.ciphertext.clone(), ..good.clone() },
            Sealed { enc: String::new(), ..good.clone() },
            Sealed { ciphertext: good.ciphertext.replacen(|_: char| true, other, 1), ..good.clone() },
            Sealed { ciphertext: "?".to_owned(), ..good.clone() },
            Sealed { ciphertext: String::new(), ..good },
        ] {
            let opened = open(&bad, &key, Purpose::CardPassphrase, OURS);
            assert_eq!(opened.unwrap_err(), NotOpened::Broken, "{bad:?}");
        }
    }
}
