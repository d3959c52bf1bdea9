//! The portal's own keys: one signs what cameras are told, one opens what is sealed to the portal.
//!
//! Each is a file of its own in the folder of the data, PKCS#8 in PEM, readable by the portal's user alone. Cameras pin
//! both at their claim: a portal that loses them has lost its cameras. The key that signs can be followed by another one:
//! while `signing-next.pem` lies there, cameras are told to take both.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::SecretKey;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use serde::Serialize;

use crate::jwk::Jwk;
use crate::sealed::Opener;

/// Both keys.
pub(crate) struct Keys {
    signing: EncodingKey,
    /// The public half of the key that signs.
    pub(crate) signing_public: Jwk,
    /// The public half of the key that will sign, if one was laid there.
    next: Option<Jwk>,
    /// The key that opens.
    pub(crate) opener: Opener,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({}, {:?})", self.signing_public.id(), self.opener)
    }
}

impl Keys {
    /// Reads both from the folder, and makes what is not there yet.
    ///
    /// # Errors
    /// What cannot be read, written or used.
    pub(crate) fn load(folder: &Path) -> anyhow::Result<Self> {
        let signing = load(&folder.join("signing.pem"))?;
        let sealing = load(&folder.join("sealing.pem"))?;
        let next = folder.join("signing-next.pem");
        let next = if next.exists() { Some(Jwk::of(&load(&next)?.public_key())) } else { None };
        let der = signing.to_pkcs8_der()?;
        Ok(Self {
            signing: EncodingKey::from_ec_der(der.as_bytes()),
            signing_public: Jwk::of(&signing.public_key()),
            next,
            opener: Opener::new(&sealing)?,
        })
    }

    /// The keys that cameras shall take signatures of, the one that signs now first.
    pub(crate) fn counted(&self) -> Vec<&Jwk> {
        std::iter::once(&self.signing_public).chain(&self.next).collect()
    }

    /// A compact JWS over a document, with the type that says which kind it is.
    ///
    /// # Errors
    /// When the document is no JSON or the library fails.
    pub(crate) fn sign(&self, kind: &str, document: &impl Serialize) -> Result<String, jsonwebtoken::errors::Error> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(kind.to_owned());
        header.kid = Some(self.signing_public.id());
        jsonwebtoken::encode(&header, document, &self.signing)
    }
}

fn load(file: &Path) -> anyhow::Result<SecretKey> {
    let name = file.display();
    match std::fs::read_to_string(file) {
        Ok(text) => SecretKey::from_pkcs8_pem(&text).with_context(|| format!("{name}: no P-256 key in PKCS#8")),
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => {
            let key = loop {
                // One number in 2^32 is none of the curve.
                if let Ok(key) = SecretKey::from_slice(&crate::text::random::<32>()) {
                    break key;
                }
            };
            write_private(file, key.to_pkcs8_pem(LineEnding::LF)?.as_bytes()).with_context(|| format!("{name}"))?;
            Ok(key)
        }
        Err(fault) => Err(fault).with_context(|| format!("{name}")),
    }
}

/// Writes a new file that nobody else reads.
///
/// # Errors
/// When it is there already or cannot be written.
pub(crate) fn write_private(file: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    opened.write_all(text)?;
    opened.sync_all()
}
