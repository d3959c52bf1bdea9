//! Whose certificate is taken.
//!
//! A camera signs its certificate itself unless it was given one, so nobody vouches for it: it is known again by its
//! fingerprint, the SHA-256 of the whole certificate, as it was seen first or was told. With a CA's certificate the usual
//! rules hold instead, name included. The signature of the handshake is checked in every case: a copy of the certificate
//! without its key proves nothing.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest as _, Sha256};

/// SHA-256 of a certificate in DER.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// That of a certificate.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(at, byte)| {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")
        })
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    /// 64 hexadecimal digits, with or without colons, and with or without `SHA256:` before them.
    fn from_str(text: &str) -> Result<Self, String> {
        let bare = text.trim();
        let bare = bare.strip_prefix("SHA256:").or_else(|| bare.strip_prefix("sha256:")).unwrap_or(bare);
        let digits: Vec<u32> = bare.chars().filter(|letter| *letter != ':').filter_map(|c| c.to_digit(16)).collect();
        let strange = bare.chars().any(|letter| letter != ':' && !letter.is_ascii_hexdigit());
        let bytes: Vec<u8> = digits
            .chunks_exact(2)
            .filter_map(|two| u8::try_from(two.iter().fold(0, |sum, digit| sum * 16 + digit)).ok())
            .collect();
        match <[u8; 32]>::try_from(bytes) {
            Ok(bytes) if !strange && digits.len() == 64 => Ok(Self(bytes)),
            _ => Err(format!("{text:?} is no SHA-256 fingerprint: 64 hexadecimal digits, colons as you like")),
        }
    }
}

/// What a certificate has to be.
#[derive(Debug, Clone)]
pub enum Trust {
    /// Any: only for looking at it, nothing is asked.
    Look,
    /// This one.
    Pinned(Fingerprint),
    /// Vouched for by one of these, for the name that was asked.
    Roots(Arc<WebPkiServerVerifier>),
}

/// Why a certificate was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Another one than the pinned one.
    Changed {
        /// What was seen.
        shown: Fingerprint,
    },
    /// The CA does not vouch for it; the TLS library's words.
    NotVouched(String),
}

/// What the handshake showed.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    /// The certificate's fingerprint.
    pub fingerprint: Option<Fingerprint>,
    /// Why it was not taken.
    pub refusal: Option<Refusal>,
}

/// The rule for one camera's certificate, and what came of it.
#[derive(Debug)]
pub struct Verifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
    seen: Mutex<Seen>,
}

impl Verifier {
    /// A verifier and the TLS settings that use it.
    ///
    /// # Errors
    /// When the TLS library does not take its own defaults.
    pub fn make(trust: Trust) -> Result<(Arc<Self>, ClientConfig), rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Arc::new(Self { trust, provider: provider.clone(), seen: Mutex::default() });
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok((verifier, config))
    }

    /// What the last handshake showed.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, shown: Fingerprint, refusal: Option<Refusal>) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen { fingerprint: Some(shown), refusal };
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = Fingerprint::of(end_entity);
        let verdict = match &self.trust {
            Trust::Look => Ok(()),
            Trust::Pinned(pinned) if *pinned == shown => Ok(()),
            Trust::Pinned(_) => {
                Err((Refusal::Changed { shown }, CertificateError::ApplicationVerificationFailure.into()))
            }
            Trust::Roots(roots) => roots
                .verify_server_cert(end_entity, intermediates, name, ocsp, now)
                .map(drop)
                .map_err(|error| (Refusal::NotVouched(error.to_string()), error)),
        };
        match verdict {
            Ok(()) => {
                self.note(shown, None);
                Ok(ServerCertVerified::assertion())
            }
            Err((refusal, error)) => {
                self.note(shown, Some(refusal));
                Err(error)
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The rule "one of the CAs in this PEM text vouches for it".
///
/// # Errors
/// What is wrong with the text, for people.
pub fn roots(pem: &[u8]) -> Result<Trust, String> {
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| format!("no certificate in PEM form: {error}"))?;
        store.add(certificate).map_err(|error| format!("no CA's certificate: {error}"))?;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::new(ring::default_provider()))
        .build()
        .map(Trust::Roots)
        .map_err(|_| "no certificate in PEM form".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_in_each_spelling_and_nothing_else_is_taken_for_one() {
        let print = Fingerprint::of(b"a certificate");
        let text = print.to_string();
        assert_eq!(text.len(), 95);
        for spelling in [text.clone(), text.replace(':', "").to_lowercase(), format!(" SHA256:{text}\n")] {
            assert_eq!(spelling.parse(), Ok(print), "{spelling}");
        }
        for wrong in ["", "AB:CD", &text[1..], &format!("{text}:00"), &format!("G{}", &text[1..])] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_text_without_a_certificate_is_no_authority() {
        for text in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(roots(text.as_bytes()).is_err(), "{text}");
        }
    }
}
