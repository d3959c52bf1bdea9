//! The way to the portal: through the camera's own proxy, where its settings name one and do not spare the portal.
//!
//! Plain HTTP goes to a loopback address alone, and so never through a proxy.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HOST, PROXY_AUTHORIZATION, USER_AGENT};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::sync::watch;

use crate::portal::address::Address;
use crate::portal::link::{AGENT, Failure, Wire, dial, secure, shake};
use crate::snapshot::claim::Kind;
use crate::snapshot::{Proxy, ProxyServer, Reading, Snapshot};

/// Knows the camera's proxy as it was read last; cheap to clone.
#[derive(Debug, Clone)]
pub struct Ways(watch::Receiver<Arc<Snapshot>>);

impl Ways {
    /// By what the snapshots say.
    #[must_use]
    pub fn of(snapshots: watch::Receiver<Arc<Snapshot>>) -> Self {
        Self(snapshots)
    }

    /// The proxy on the way to a portal; none where it is reached directly.
    pub(super) fn to(&self, address: &Address) -> Option<Proxy> {
        let snapshot = self.0.borrow();
        let proxy = snapshot.network.last()?.proxy.as_ref()?;
        (address.is_secure() && !is_spared(&proxy.except, address.host())).then(|| proxy.clone())
    }
}

/// Whether it is known if there is a proxy, as far as it will be.
pub(super) fn is_known(snapshot: &Snapshot) -> bool {
    !matches!(snapshot.network, Reading::Pending)
}

/// A name or an address spares itself, a network its addresses, `.domain` what is below it. That `*` spares all, and
/// `*.domain` the same as `.domain`, is a guess.
fn is_spared(except: &[String], host: &str) -> bool {
    let ip = host.parse::<IpAddr>().ok();
    except.iter().map(|one| one.trim_start_matches('*')).any(|one| match (ip, one.split_once('/')) {
        (_, None) if one.is_empty() => true,
        (Some(ip), Some((network, bits))) => is_within(ip, network, bits),
        (Some(ip), None) => one.trim_matches(['[', ']']).parse() == Ok(ip),
        (None, _) if one.starts_with('.') => {
            let at = host.len().checked_sub(one.len());
            at.and_then(|at| host.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(one))
        }
        (None, _) => host.eq_ignore_ascii_case(one),
    })
}

fn is_within(ip: IpAddr, network: &str, bits: &str) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    let differ = match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => (ip.to_bits() ^ network.to_bits()).leading_zeros(),
        (IpAddr::V6(ip), IpAddr::V6(network)) => (ip.to_bits() ^ network.to_bits()).leading_zeros(),
        _ => return false,
    };
    bits <= differ
}

/// A connection to the portal that the proxy made.
pub(super) async fn through(proxy: &Proxy, to: &Address, trust: &Arc<ClientConfig>) -> Result<Wire, Failure> {
    let Some(server) = &proxy.server else {
        return Err(Failure::new(Kind::ProxyAddress, "the camera's setting is no address of a proxy"));
    };
    let wire = dial(&server.host, server.port).await.map_err(|failure| of_proxy(server, failure))?;
    let wire = if server.secure {
        secure(wire, &server.host, trust).await.map_err(|failure| of_proxy(server, failure))?
    } else {
        wire
    };
    let mut open = shake(wire).await?;
    let target = format!("{}:{}", bracketed(to.host()), to.port());
    let mut request =
        Request::builder().method(Method::CONNECT).uri(&target).header(HOST, &target).header(USER_AGENT, AGENT);
    if let Some(login) = &server.login {
        request = request.header(PROXY_AUTHORIZATION, format!("Basic {}", BASE64.encode(login.expose())));
    }
    let request = request.body(Full::new(Bytes::new())).map_err(|error| Failure::new(Kind::ProxyAddress, error))?;
    let response = open.sender.send_request(request).await;
    let response = response.map_err(|error| Failure::new(Kind::Proxy, format!("{server}: {error}")))?;
    let kind = match response.status().as_u16() {
        200..=299 => {
            let made = hyper::upgrade::on(response).await;
            let made = made.map_err(|error| Failure::new(Kind::Proxy, format!("{server}: {error}")))?;
            return Ok(Box::new(TokioIo::new(made)));
        }
        // A login that is wrong tinyproxy answers with 401.
        401 | 407 => Kind::ProxyLogin,
        _ => Kind::Proxy,
    };
    Err(Failure::new(kind, format!("{server}: status {}", response.status().as_u16())))
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// What is in the way to the proxy itself.
fn of_proxy(server: &ProxyServer, failure: Failure) -> Failure {
    let kind = if failure.obstacle.kind == Kind::Dns { Kind::ProxyAddress } else { Kind::ProxyConnect };
    Failure::new(kind, format!("{server}: {}", failure.obstacle.line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_settings_spare_is_reached_directly() {
        let except: Vec<_> = ["127.0.0.12", "portal.example", ".corp.example", "192.0.2.0/24", "2001:db8::/32", "x/y"]
            .map(str::to_owned)
            .into();
        for host in [
            "127.0.0.12",
            "portal.example",
            "Portal.Example",
            "a.corp.example",
            "b.a.corp.example",
            "192.0.2.255",
            "2001:db8:ffff::1",
        ] {
            assert!(is_spared(&except, host), "{host}");
        }
        for host in [
            "127.0.0.1",
            "example",
            "a.portal.example",
            "corp.example",
            "xcorp.example",
            "192.0.3.0",
            "2001:db9::1",
            "::ffff:192.0.2.1",
            "x",
        ] {
            assert!(!is_spared(&except, host), "{host}");
        }
        let spared = |except: &str, host: &str| is_spared(&[except.to_owned()], host);
        assert!(spared("*", "portal.example") && spared("*", "192.0.2.1") && spared("*.example", "portal.example"));
        assert!(
            spared("0.0.0.0/0", "192.0.2.1") && !spared("0.0.0.0/0", "::1") && !spared("192.0.2.1/33", "192.0.2.1")
        );
        assert!(!spared("192.0.2.1/-1", "192.0.2.1") && !spared(".", "portal.example"));
    }
}
