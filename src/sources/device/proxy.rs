//! The camera's global proxy settings, in `network_settings.cgi`.
//!
//! Source: the members' names are recorded (AXIS OS 11.11 to 12.9), but empty. Their form is that of the help text in
//! AXIS OS, from memory and so a guess: `http(s)://user:password@host:port`, user and password with percent signs where
//! they need them; and for what is reached without a proxy, names, addresses, networks and `.domains` with commas between.

use axsdk::Secret;
use hyper::Uri;
use hyper::http::uri::Scheme;
use percent_encoding::percent_decode_str;

use crate::snapshot::{Proxy, ProxyServer, cut};

/// So many exceptions are kept, and so many characters of each.
const EXCEPTIONS: usize = 64;
const LONGEST: usize = 255;

/// What the settings say; nothing where there is no proxy.
pub(crate) fn read(https: &str, except: &str) -> Option<Proxy> {
    let https = https.trim();
    let except = except.split([',', ';', ' ']).filter(|one| !one.is_empty());
    let except = except.take(EXCEPTIONS).map(|one| cut(one, LONGEST)).collect();
    (!https.is_empty()).then(|| Proxy { server: server(https), except })
}

fn server(text: &str) -> Option<ProxyServer> {
    // A fragment would be left out silently, and with it half of a password.
    let uri: Uri = Some(text).filter(|text| text.len() <= 1_024 && !text.contains('#'))?.parse().ok()?;
    let secure = match uri.scheme() {
        None => false,
        Some(scheme) if *scheme == Scheme::HTTP => false,
        Some(scheme) if *scheme == Scheme::HTTPS => true,
        Some(_) => return None,
    };
    let authority = uri.authority()?;
    let (login, place) = match authority.as_str().rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, authority.as_str()),
    };
    let port = authority.port_u16();
    if host_is_odd(authority.host())
        || !matches!(uri.path(), "" | "/")
        || uri.query().is_some()
        || (port.is_none() && place != authority.host())
    {
        return None;
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let login = login.map(|login| {
        let login = percent_decode_str(login).decode_utf8_lossy().into_owned();
        Secret::new(if login.contains(':') { login } else { login + ":" })
    });
    // The setting names a port always, it seems; without one the scheme's is taken.
    let port = port.unwrap_or(if secure { 443 } else { 80 });
    (!host.is_empty()).then_some(ProxyServer { secure, host, port, login })
}

/// A URI's host may have brackets in its midst.
fn host_is_odd(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.contains(['[', ']', ':']) && bare.parse::<std::net::IpAddr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_has_a_host_a_port_and_perhaps_a_login() {
        for (text, shown, login) in [
            ("http://proxy.example:3128", "http://proxy.example:3128", None),
            (" https://Proxy.Example:8443/ ", "https://proxy.example:8443", None),
            ("proxy.example:3128", "http://proxy.example:3128", None),
            ("http://192.0.2.9", "http://192.0.2.9:80", None),
            ("http://[2001:db8::9]:3128", "http://[2001:db8::9]:3128", None),
            ("http://camera:p%40ss%3Aword@proxy.example:3128", "http://proxy.example:3128", Some("camera:p@ss:word")),
            ("http://camera@proxy.example:3128", "http://proxy.example:3128", Some("camera:")),
        ] {
            let Some(Proxy { server: Some(server), .. }) = read(text, "") else { panic!("{text}") };
            let shown_as = server.to_string();
            assert_eq!((&*shown_as, server.login.as_ref().map(Secret::expose)), (shown, login), "{text}");
            assert!(!format!("{server:?}").contains("word"), "{server:?}");
            assert!(!serde_json::to_string(&server).unwrap().contains("word"));
        }
    }

    #[test]
    fn a_setting_that_is_no_proxy_is_told_from_none() {
        assert_eq!(read(" ", "a.example"), None);
        for text in [
            "socks5://proxy.example:1080",
            "http://",
            "http://camera:pa#ss@proxy.example:3128",
            "http://camera:pa/ss@proxy.example:3128",
            "http://proxy.example:99999",
            "http://proxy.example:3128/path",
            "http://proxy example",
            "http://proxy[::1]:3128",
            "http://pröxy.example:3128",
        ] {
            assert_eq!(read(text, "").unwrap().server, None, "{text}");
        }
    }

    #[test]
    fn exceptions_stand_with_commas_between() {
        let except = |text: &str| read("http://proxy.example:3128", text).unwrap().except;
        assert_eq!(except("127.0.0.12, .example.com;192.0.2.0/24,,"), ["127.0.0.12", ".example.com", "192.0.2.0/24"]);
        assert_eq!(except(&"a,".repeat(1_000)).len(), EXCEPTIONS);
        assert_eq!(except(&"a".repeat(1_000))[0].len(), cut(&"a".repeat(1_000), LONGEST).len());
    }
}
