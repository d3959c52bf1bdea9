//! Whom the camera trusts to vouch for its portal: the certificates of the camera's own store, and the one that an
//! administrator confirmed with the portal's address. It is never switched off.
//!
//! The store is where OpenSSL looks for one on Linux (`/etc/ssl/certs` and its like, found by `rustls-native-certs`). That
//! AXIS OS has one there which applications can read, and that it holds what administrators install under CA
//! certificates, is a guess: no document says it.

use std::io;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, ClientConfig, RootCertStore};

use crate::clock::{self, Timestamp};
use crate::portal::crypto;
use crate::snapshot::claim::Kind;

/// Seconds since 1970: no camera's clock can rightly be before this version was made (1 November 2026).
const MADE: i64 = 1_793_491_200;

/// What a text in PEM is as a CA certificate.
///
/// # Errors
/// Why it is none.
pub fn read_ca(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    for certificate in &certificates {
        roots.add(certificate.clone()).map_err(|error| error.to_string())?;
    }
    if certificates.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(certificates) }
}

/// How TLS is spoken, with a CA beside the camera's own where one was confirmed.
///
/// # Errors
/// What the confirmed CA is not.
pub fn trust(ca: Option<&str>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    let store = rustls_native_certs::load_native_certs();
    let (taken, left) = roots.add_parsable_certificates(store.certs);
    log::debug!("portal: {taken} certificates of the camera are trusted, {left} cannot be read");
    for error in store.errors {
        log::warn!("portal: the camera's certificates: {error}");
    }
    for certificate in ca.map(read_ca).transpose()?.into_iter().flatten() {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    let config = ClientConfig::builder_with_provider(crypto::provider()).with_safe_default_protocol_versions();
    let config = config.map_err(|error| error.to_string())?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// What is in the way when TLS failed.
#[must_use]
pub fn obstacle(error: &io::Error) -> Kind {
    by_time(error, clock::now())
}

fn by_time(error: &io::Error, now: Timestamp) -> Kind {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    let early = now.unix() < MADE;
    match cause {
        Some(rustls::Error::InvalidCertificate(cause)) => match cause {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Kind::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } if early => Kind::Clock,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Kind::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Kind::OtherName,
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Kind::Untrusted,
            _ => Kind::Tls,
        },
        Some(_) => Kind::Tls,
        None => Kind::Cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_a_certificate_is_no_ca() {
        for text in ["", "certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(read_ca(text).is_err(), "{text}");
            assert!(trust(Some(text)).is_err(), "{text}");
        }
        assert!(trust(None).is_ok());
    }

    #[test]
    fn each_fault_of_tls_has_its_name() {
        let of = |error: rustls::Error, now| by_time(&io::Error::other(error), Timestamp::from_unix(now));
        let certificate = |error| rustls::Error::InvalidCertificate(error);
        for (error, kind) in [
            (certificate(CertificateError::Expired), Kind::Expired),
            (certificate(CertificateError::NotValidYet), Kind::NotYetValid),
            (certificate(CertificateError::NotValidForName), Kind::OtherName),
            (certificate(CertificateError::UnknownIssuer), Kind::Untrusted),
            (certificate(CertificateError::Revoked), Kind::Tls),
            (rustls::Error::DecryptError, Kind::Tls),
        ] {
            assert_eq!(of(error, MADE), kind);
        }
        assert_eq!(of(certificate(CertificateError::NotValidYet), 0), Kind::Clock);
        assert_eq!(by_time(&io::Error::other("reset"), Timestamp::from_unix(0)), Kind::Cut);
    }
}
