//! The portal's certificate: from files, or self-signed and kept with the data, so that it stays the same.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use rcgen::{CertificateParams, DnType, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::keys::write_private;

/// How the portal is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Over plain HTTP: on a loopback address, for tests or behind a proxy that does TLS.
    None,
    /// With a certificate chain and its key, both PEM.
    Files {
        /// The chain.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// With a certificate that nobody vouches for, made at the first start.
    SelfSigned,
}

impl Tls {
    /// What takes TLS connections; `None` for plain HTTP.
    ///
    /// # Errors
    /// Files that cannot be read or used.
    pub(crate) fn acceptor(&self, data: &Path, names: &[String]) -> anyhow::Result<Option<TlsAcceptor>> {
        let (certificate, key) = match self {
            Self::None => return Ok(None),
            Self::Files { certificate, key } => (certificate.clone(), key.clone()),
            Self::SelfSigned => self_signed(data, names)?,
        };
        let chain: Vec<_> = CertificateDer::pem_file_iter(&certificate)
            .and_then(Iterator::collect)
            .with_context(|| format!("{}", certificate.display()))?;
        let private = PrivateKeyDer::from_pem_file(&key).with_context(|| format!("{}", key.display()))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, private)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Some(TlsAcceptor::from(Arc::new(config))))
    }
}

/// Where the self-signed certificate lies, so that cameras and tests can be told to trust it.
pub(crate) fn self_signed_file(data: &Path) -> PathBuf {
    data.join("self-signed.pem")
}

fn self_signed(data: &Path, names: &[String]) -> anyhow::Result<(PathBuf, PathBuf)> {
    let (file, key_file) = (self_signed_file(data), data.join("self-signed.key.pem"));
    if !file.exists() || !key_file.exists() {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names.to_vec())?;
        let name = names.first().map_or("localhost", String::as_str);
        params.distinguished_name.push(DnType::CommonName, name);
        if key_file.exists() {
            std::fs::remove_file(&key_file)?;
        }
        write_private(&key_file, key.serialize_pem().as_bytes())?;
        std::fs::write(&file, params.self_signed(&key)?.pem())?;
    }
    Ok((file, key_file))
}

/// Names that a certificate for this address has to have.
pub(crate) fn names(host: &str, address: IpAddr) -> Vec<String> {
    let mut names = vec![host.trim_matches(['[', ']']).to_owned(), address.to_string(), "localhost".to_owned()];
    names.dedup();
    names
}
