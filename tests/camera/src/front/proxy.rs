//! The reverse proxy to an app's own server, with the headers that Apache's `mod_proxy_http` was seen to send.
//!
//! Bodies stream both ways as they come. The app sees its own address as `Host`, the caller's `Authorization`, and
//! `X-Forwarded-For`, `-Host` and `-Server`. Faults: nobody listens → 503; the app says nothing sensible → 502; no
//! answer within [`PATIENCE`] → 504; a body that pauses for so long is cut, so that a stream must say something now
//! and then (60 s is httpd's default; the camera's own figure is unknown). Protocol upgrades (WebSocket) are not
//! passed.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{
    CONNECTION, HOST, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, Version};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tower_http::timeout::TimeoutBody;

use crate::front::stock;

/// How long an app may take to begin its answer, and between two pieces of it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Headers that belong to one connection and are not passed on.
const HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Forwards requests; keeps connections to the apps.
#[derive(Debug, Clone)]
pub struct Proxy {
    client: Client<HttpConnector, Body>,
    patience: Duration,
}

impl Default for Proxy {
    fn default() -> Self {
        Self::with_patience(PATIENCE)
    }
}

impl Proxy {
    /// A proxy that waits so long for apps.
    #[must_use]
    pub fn with_patience(patience: Duration) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), patience }
    }

    /// Sends the request to `target` (`http://IP:PORT`) with this path and query.
    pub async fn forward(&self, target: &str, path: &str, from: IpAddr, request: Request<Body>) -> Response<Body> {
        let Ok(uri) = format!("{}{path}", target.trim_end_matches('/')).parse::<Uri>() else {
            log::error!("reverse proxy: {target} is no usable target");
            return stock::answer(StatusCode::BAD_GATEWAY);
        };
        let request = outgoing(uri, from, request);
        match tokio::time::timeout(self.patience, self.client.request(request)).await {
            Ok(Ok(mut response)) => {
                drop_hop_headers(response.headers_mut());
                *response.version_mut() = Version::default();
                response.map(|body| Body::new(TimeoutBody::new(self.patience, body)))
            }
            Ok(Err(fault)) if fault.is_connect() => stock::answer(StatusCode::SERVICE_UNAVAILABLE),
            Ok(Err(fault)) => {
                log::warn!("reverse proxy: {target}: {fault}");
                stock::answer(StatusCode::BAD_GATEWAY)
            }
            Err(_) => stock::answer(StatusCode::GATEWAY_TIMEOUT),
        }
    }
}

fn outgoing(uri: Uri, from: IpAddr, mut request: Request<Body>) -> Request<Body> {
    let asked = request.headers().get(HOST).cloned().or_else(|| {
        let authority = request.uri().authority()?;
        HeaderValue::from_str(authority.as_str()).ok()
    });
    *request.uri_mut() = uri;
    *request.version_mut() = Version::HTTP_11;
    let headers = request.headers_mut();
    drop_hop_headers(headers);
    headers.remove(HOST);
    headers.insert(CONNECTION, HeaderValue::from_static("Keep-Alive"));
    add(headers, "x-forwarded-for", HeaderValue::from_str(&from.to_string()).ok());
    add(headers, "x-forwarded-host", asked);
    add(headers, "x-forwarded-server", Some(HeaderValue::from_static("camera")));
    request
}

/// Adds a value behind what a proxy before us wrote, as mod_proxy does.
fn add(headers: &mut HeaderMap, name: &'static str, value: Option<HeaderValue>) {
    let Some(value) = value else { return };
    let joined = match headers.get(name) {
        Some(before) => HeaderValue::from_bytes(&[before.as_bytes(), b", ", value.as_bytes()].concat()).ok(),
        None => Some(value),
    };
    if let Some(joined) = joined {
        headers.insert(name, joined);
    }
}

fn drop_hop_headers(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use std::net::Ipv4Addr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// What a client sees of an app that reads the request, says this, and then either holds the line or hangs up.
    async fn seen(says: &'static str, hangs_up: bool) -> Response<Body> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let target = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _request = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(says.as_bytes()).await.unwrap();
            if !hangs_up {
                std::future::pending::<()>().await;
            }
        });
        let proxy = Proxy::with_patience(Duration::from_millis(200));
        proxy.forward(&target, "/", Ipv4Addr::LOCALHOST.into(), Request::new(Body::empty())).await
    }

    #[tokio::test]
    async fn an_app_that_is_silent_garbled_or_gone_has_its_own_status_each() {
        assert_eq!(seen("", false).await.status(), StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(seen("", true).await.status(), StatusCode::BAD_GATEWAY);
        assert_eq!(seen("nonsense\r\n\r\n", true).await.status(), StatusCode::BAD_GATEWAY);
        assert_eq!(seen("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", true).await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn a_body_that_pauses_too_long_is_cut() {
        let response = seen("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\none", false).await;
        assert_eq!(response.status(), StatusCode::OK);
        let mut body = response.into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "one");
        assert!(body.frame().await.unwrap().is_err());
    }

    #[test]
    fn headers_of_one_connection_stay_behind_and_who_asked_is_added() {
        let mut request = Request::new(Body::empty());
        for (name, value) in
            [("connection", "x-own"), ("x-own", "1"), ("te", "trailers"), ("x-forwarded-for", "1.2.3.4")]
        {
            request.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        request.headers_mut().insert(HOST, HeaderValue::from_static("camera"));
        let sent = outgoing("http://127.0.0.1:1/".parse().unwrap(), Ipv4Addr::LOCALHOST.into(), request);
        let header = |name: &str| sent.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!((header("x-own"), header("te"), header("host")), (None, None, None));
        assert_eq!(header("x-forwarded-for"), Some("1.2.3.4, 127.0.0.1"));
        assert_eq!(header("x-forwarded-host"), Some("camera"));
    }
}
