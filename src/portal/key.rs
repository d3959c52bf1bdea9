//! The camera's own key: P-256, made on the camera, and never out of it. By it the portal knows the camera; what is sealed to
//! it nobody else can open.
//!
//! It lives in `device-key.json` of the app's folder, for the app alone. A file that makes no sense is no reason to make
//! another key: with that the camera would be a stranger to its portal.
//!
//! A key that is to follow it waits beside it, in `device-key.next.json`, until the portal has signed something for it.
//! Then what is kept is bound to it ([`Kept`](super::memory::Kept)), and last it takes the place of the one before. So
//! whenever that is cut short, one of the two files has the key that the portal knows.

use std::fmt;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use p256::SecretKey;
use p256::ecdsa::{SigningKey, VerifyingKey};
use p256::elliptic_curve::rand_core::OsRng;
use p256::elliptic_curve::sec1::{FromEncodedPoint as _, ToEncodedPoint as _};
use p256::{EncodedPoint, PublicKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::files;

pub(super) const FILE: &str = "device-key.json";
pub(super) const NEXT: &str = "device-key.next.json";
const LONGEST: u64 = 4 << 10;
const VERSION: u64 = 1;

/// The camera's key.
pub struct DeviceKey {
    secret: SecretKey,
    signing: SigningKey,
    public: Jwk,
    generation: u64,
}

/// A public P-256 key (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    kty: Kty,
    crv: Crv,
    x: String,
    y: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kty {
    #[serde(rename = "EC")]
    Ec,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Crv {
    #[serde(rename = "P-256")]
    P256,
}

#[derive(Serialize, Deserialize)]
struct Written {
    version: u64,
    /// The secret number, base64url.
    d: String,
    /// Grows with each key that follows another.
    #[serde(default = "first")]
    generation: u64,
}

/// Of a camera's first key.
fn first() -> u64 {
    1
}

impl Jwk {
    fn of(key: &PublicKey) -> Self {
        let point = key.to_encoded_point(false);
        let text = |bytes: Option<&p256::FieldBytes>| bytes.map_or_else(String::new, |bytes| BASE64.encode(bytes));
        Self { kty: Kty::Ec, crv: Crv::P256, x: text(point.x()), y: text(point.y()) }
    }

    /// By which it is known: its thumbprint (RFC 7638, SHA-256), base64url.
    #[must_use]
    pub fn id(&self) -> String {
        // The members that count, in the order of their names.
        let Self { x, y, .. } = self;
        let text = serde_json::json!({ "crv": self.crv, "kty": self.kty, "x": x, "y": y }).to_string();
        BASE64.encode(Sha256::digest(text))
    }

    /// The key itself; `None` where there is no such point.
    #[must_use]
    pub fn point(&self) -> Option<PublicKey> {
        let number = |text: &str| <[u8; 32]>::try_from(BASE64.decode(text).ok()?).ok();
        let (x, y) = (number(&self.x)?, number(&self.y)?);
        let point = EncodedPoint::from_affine_coordinates(&x.into(), &y.into(), false);
        Option::from(PublicKey::from_encoded_point(&point))
    }

    /// The same to check signatures with.
    #[must_use]
    pub fn verifying(&self) -> Option<VerifyingKey> {
        self.point().map(VerifyingKey::from)
    }
}

impl DeviceKey {
    /// A new one, in memory alone.
    #[must_use]
    pub fn make() -> Self {
        Self::of(SecretKey::random(&mut OsRng), first())
    }

    fn of(secret: SecretKey, generation: u64) -> Self {
        let (signing, public) = (SigningKey::from(&secret), Jwk::of(&secret.public_key()));
        Self { secret, signing, public, generation }
    }

    /// The camera's key, made and written down where there is none yet.
    ///
    /// # Errors
    /// The file cannot be read or written, or makes no sense: nothing is changed then.
    pub fn open(folder: &Path) -> io::Result<Self> {
        if let Some(text) = files::read(folder, FILE, LONGEST)? {
            return parse(&text).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("{FILE} is no key")));
        }
        let key = Self::make();
        key.write(folder, FILE)?;
        log::info!("portal: this camera has made its key, {}", key.id());
        Ok(key)
    }

    /// The key that is to follow, where one waits.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn next(folder: &Path) -> io::Result<Option<Self>> {
        // One that makes no sense was told to nobody: it is written whole before it is.
        Ok(files::read(folder, NEXT, LONGEST)?.and_then(|text| parse(&text)))
    }

    /// The key that is to follow, of that generation: the one that waits, else a new one, and written down.
    ///
    /// # Errors
    /// Of the file system.
    pub fn follow(folder: &Path, generation: u64) -> io::Result<Self> {
        let waiting = Self::next(folder)?;
        if let Some(key) = waiting.as_ref().filter(|key| key.generation == generation) {
            return Ok(Self::of(key.secret.clone(), generation));
        }
        // The portal may have been told of the one that waits, and even know that one alone.
        let secret = waiting.map_or_else(|| SecretKey::random(&mut OsRng), |key| key.secret.clone());
        let key = Self::of(secret, generation);
        key.write(folder, NEXT)?;
        Ok(key)
    }

    /// The key that waited takes the place of the one before.
    ///
    /// # Errors
    /// Of the file system; both are still there.
    pub fn succeed(folder: &Path) -> io::Result<()> {
        files::take_over(folder, NEXT, FILE)
    }

    fn write(&self, folder: &Path, name: &str) -> io::Result<()> {
        let written =
            Written { version: VERSION, d: BASE64.encode(self.secret.to_bytes()), generation: self.generation };
        files::replace(folder, name, &serde_json::to_vec(&written)?)
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> &Jwk {
        &self.public
    }

    /// By which the portal knows it.
    #[must_use]
    pub fn id(&self) -> String {
        self.public.id()
    }

    /// 1 for a camera's first key, and higher for each that follows.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn signing(&self) -> &SigningKey {
        &self.signing
    }

    pub(super) fn secret(&self) -> &SecretKey {
        &self.secret
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceKey").field("id", &self.id()).finish_non_exhaustive()
    }
}

pub(crate) fn parse(text: &[u8]) -> Option<DeviceKey> {
    let written: Written = serde_json::from_slice(text).ok()?;
    let number = BASE64.decode(written.d).ok()?;
    SecretKey::from_slice(&number).ok().map(|secret| DeviceKey::of(secret, written.generation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_the_same_over_restarts_and_its_debug_text_has_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let key = DeviceKey::open(folder.path()).unwrap();
        let again = DeviceKey::open(folder.path()).unwrap();
        assert_eq!(key.id(), again.id());
        assert!(!format!("{key:?}").contains(&BASE64.encode(key.secret.to_bytes())));
    }

    #[test]
    fn a_key_that_follows_is_made_once_keeps_its_generation_and_takes_the_place_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let old = DeviceKey::open(folder).unwrap();
        assert!(DeviceKey::next(folder).unwrap().is_none());
        let next = DeviceKey::follow(folder, 2).unwrap();
        assert_ne!(next.id(), old.id());
        assert_eq!(DeviceKey::open(folder).unwrap().id(), old.id(), "the old one counts until the new one succeeds");
        let again = DeviceKey::follow(folder, 5).unwrap();
        assert_eq!((again.id(), again.generation()), (next.id(), 5), "the portal may know it already");
        DeviceKey::succeed(folder).unwrap();
        let now = DeviceKey::open(folder).unwrap();
        assert_eq!((now.id(), now.generation()), (next.id(), 5));
        assert!(DeviceKey::next(folder).unwrap().is_none());
        std::fs::write(folder.join(NEXT), "{").unwrap();
        assert!(DeviceKey::next(folder).unwrap().is_none(), "half a key was told to nobody");
        assert_ne!(DeviceKey::follow(folder, 6).unwrap().id(), now.id());
    }

    #[test]
    fn a_file_that_is_no_key_is_an_error_and_stays_as_it_is() {
        for text in ["", "{", r#"{"version":1,"d":""}"#, r#"{"version":1,"d":"AAAA"}"#] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(FILE), text).unwrap();
            assert_eq!(DeviceKey::open(folder.path()).unwrap_err().kind(), io::ErrorKind::InvalidData, "{text}");
            assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).unwrap(), text);
        }
    }

    #[test]
    fn a_key_is_known_by_its_thumbprint_and_what_is_no_point_is_no_key() {
        // RFC 7517, appendix A.1; its thumbprint by another implementation.
        let jwk: Jwk = serde_json::from_str(
            r#"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"}"#,
        )
        .unwrap();
        assert_eq!(jwk.id(), "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
        assert!(jwk.point().is_some());
        for (x, y) in [("AAAA", &*jwk.y), (&*jwk.x, "!"), (&*jwk.y, &*jwk.x)] {
            let other = Jwk { x: x.to_owned(), y: y.to_owned(), ..jwk.clone() };
            assert!(other.point().is_none(), "{other:?}");
        }
        assert!(serde_json::from_str::<Jwk>(r#"{"kty":"RSA","crv":"P-256","x":"","y":""}"#).is_err());
    }
}
