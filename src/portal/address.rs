//! A portal's address: `https` with a host and perhaps a port, and nothing else. Plain `http` is for a portal on the camera
//! itself, as in a test.

use std::fmt;
use std::net::IpAddr;

use hyper::Uri;
use hyper::http::uri::Scheme;
use serde::{Deserialize, Serialize};

/// Longer ones are none.
const LONGEST: usize = 255;

/// A portal's address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    secure: bool,
    host: String,
    port: u16,
}

/// Why a text is no portal's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAddress {
    /// It is none at all.
    #[error("it is no address such as https://portal.example")]
    Garbled,
    /// It names more than a host and a port.
    #[error("it names more than a host and a port")]
    TooMuch,
    /// It is not encrypted, and not on the camera itself.
    #[error("it must begin with https://")]
    Plain,
}

impl Address {
    /// Reads an address as a person types it.
    ///
    /// # Errors
    /// [`NoAddress`].
    pub fn read(text: &str) -> Result<Self, NoAddress> {
        let text = text.trim();
        if text.len() > LONGEST || !text.is_ascii() {
            return Err(NoAddress::Garbled);
        }
        let uri: Uri = text.parse().map_err(|_| NoAddress::Garbled)?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else { return Err(NoAddress::Garbled) };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        // A URI's host may be more than a name, and would not be read again as the same.
        let is_name = host.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '.' | '-' | '_'));
        if host.is_empty() || !(is_name || host.parse::<IpAddr>().is_ok()) {
            return Err(NoAddress::Garbled);
        }
        if authority.as_str().contains('@') || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(NoAddress::TooMuch);
        }
        if authority.as_str() != authority.host() && authority.port_u16().is_none() {
            return Err(NoAddress::Garbled);
        }
        let secure = *scheme == Scheme::HTTPS;
        if !secure && *scheme != Scheme::HTTP {
            return Err(NoAddress::Garbled);
        }
        let here = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if !secure && !here {
            return Err(NoAddress::Plain);
        }
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Self { secure, host, port })
    }

    /// Whether it is asked over TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// A name, or an IP address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and port as a request names them: the usual port is left out.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.secure { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }

    /// Whether a whole address is one of this portal's.
    #[must_use]
    pub fn has(&self, url: &str) -> bool {
        url.strip_prefix(&self.to_string()).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "https" } else { "http" }, self.authority())
    }
}

impl TryFrom<String> for Address {
    type Error = NoAddress;

    fn try_from(text: String) -> Result<Self, NoAddress> {
        Self::read(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_with_a_host_and_perhaps_a_port() {
        for (text, read) in [
            (" https://Portal.Example ", "https://portal.example"),
            ("https://portal.example/", "https://portal.example"),
            ("https://portal.example:443", "https://portal.example"),
            ("https://192.0.2.7:8443", "https://192.0.2.7:8443"),
            ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]", "http://[::1]"),
        ] {
            assert_eq!(Address::read(text).unwrap().to_string(), read, "{text}");
            assert_eq!(Address::read(read).unwrap(), Address::read(text).unwrap());
        }
    }

    #[test]
    fn what_is_none_says_why() {
        use NoAddress::{Garbled, Plain, TooMuch};
        for (text, why) in [
            ("", Garbled),
            ("portal.example", Garbled),
            ("https://", Garbled),
            ("https://portal[::1]:6", Garbled),
            ("https://[4r%r]", Garbled),
            ("ftp://portal.example", Garbled),
            ("https://pörtal.example", Garbled),
            ("https://portal.example:99999", Garbled),
            ("http://portal.example", Plain),
            ("http://localhost", Plain),
            ("http://192.0.2.7", Plain),
            ("https://me@portal.example", TooMuch),
            ("https://portal.example/c2c", TooMuch),
            ("https://portal.example?x", TooMuch),
        ] {
            assert_eq!(Address::read(text), Err(why), "{text}");
        }
        assert_eq!(Address::read(&format!("https://{}", "a".repeat(300))), Err(Garbled));
    }

    #[test]
    fn a_portal_s_own_addresses_are_told_from_others() {
        let portal = Address::read("https://portal.example").unwrap();
        assert!(portal.has("https://portal.example/v1/devices"));
        for other in
            ["https://portal.example.evil/v1", "https://portal.example:8443/v1", "http://portal.example/v1", ""]
        {
            assert!(!portal.has(other), "{other}");
        }
    }
}
