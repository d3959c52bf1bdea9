//! The proxy by which the camera reaches what is outside of its network, as its own settings name it.

use std::fmt;

use axsdk::Secret;
use serde::Serialize;

/// The camera's own proxy for HTTPS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proxy {
    /// Where it is; absent where the setting is no address of a proxy.
    pub server: Option<ProxyServer>,
    /// What is reached without it, as the camera has it: hosts, networks such as `192.0.2.0/24`, domains such as
    /// `.example.com`; 64 at most, 255 characters of each.
    pub except: Vec<String>,
}

/// Where a proxy is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProxyServer {
    /// It is spoken to over TLS itself.
    pub secure: bool,
    /// A name, or an IP address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// `user:password`; on no page and in no data.
    #[serde(skip)]
    pub login: Option<Secret>,
}

impl fmt::Display for ProxyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secure, host, port, .. } = self;
        let scheme = if *secure { "https" } else { "http" };
        if host.contains(':') { write!(f, "{scheme}://[{host}]:{port}") } else { write!(f, "{scheme}://{host}:{port}") }
    }
}
