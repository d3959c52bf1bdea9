//! The reverse proxy to an app's own server, with the headers that Apache's `mod_proxy_http` was seen to send.
//!
//! Bodies stream both ways as they come. The app sees its own address as `Host`, the caller's `Authorization`, and
//! `X-Forwarded-For`, `-Host` and `-Server`. Faults: nobody listens → 503; the app says nothing sensible → 502; no
//! answer within [`PATIENCE`] → 504 (httpd's default; the camera's own figure is unknown). Protocol upgrades
//! (WebSocket) are not passed.

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

use crate::front::stock;

/// How long an app may take to begin its answer.
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
}

impl Default for Proxy {
    fn default() -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http() }
    }
}

impl Proxy {
    /// Sends the request to `target` (`http://IP:PORT`) with this path and query.
    pub async fn forward(&self, target: &str, path: &str, from: IpAddr, request: Request<Body>) -> Response<Body> {
        let Ok(uri) = format!("{}{path}", target.trim_end_matches('/')).parse::<Uri>() else {
            log::error!("reverse proxy: {target} is no usable target");
            return stock::answer(StatusCode::BAD_GATEWAY);
        };
        let request = outgoing(uri, from, request);
        match tokio::time::timeout(PATIENCE, self.client.request(request)).await {
            Ok(Ok(mut response)) => {
                drop_hop_headers(response.headers_mut());
                *response.version_mut() = Version::default();
                response.map(Body::new)
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
