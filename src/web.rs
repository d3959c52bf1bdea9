//! The app's side of the camera's reverse proxy. The whole path arrives, nothing is stripped:
//!
//! | path | answer |
//! |---|---|
//! | `GET /local/c2c/status` | the status page |
//! | `GET /local/c2c/status/snapshot.json` | the same as data |
//! | `GET /local/c2c/status/healthz` | 200 while readings are being made, else 503 |
//!
//! The proxy's pattern has no end, so other paths arrive too (`/local/c2c/statusXYZ`): they get 404. Who logged in is
//! the camera's matter: no header says it, and none is believed. Other applications on the camera can open our port
//! as well, so nothing here changes anything.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::Markup;
use serde::Serialize;

use crate::clock;
use crate::collect::Looker;
use crate::features::Features;
use crate::package::BASE;
use crate::snapshot::Snapshot;
use crate::verdict;

pub mod page;
pub mod words;

/// Only our own style sheet and pictures; no scripts but our own, no frames of others.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/// What the routes need.
#[derive(Debug, Clone)]
pub struct Site {
    /// Where snapshots come from.
    pub looker: Looker,
    /// What this version of the package offers.
    pub features: Features,
}

/// All routes.
pub fn routes(site: Site) -> Router {
    // A proxy target that ends in a slash doubles the first one.
    ["", "/"]
        .iter()
        .fold(Router::new(), |router, slash| {
            let page = format!("{slash}{BASE}/status");
            router
                .route(&format!("{page}/"), get(status))
                .route(&format!("{page}/snapshot.json"), get(snapshot))
                .route(&format!("{page}/healthz"), get(health))
                .route(&page, get(status))
        })
        .fallback(missing)
        .layer(middleware::from_fn(guard))
        .with_state(site)
}

async fn status(State(site): State<Site>) -> Response {
    let snapshot = site.looker.look().await;
    html(StatusCode::OK, page::render(&snapshot, site.features, clock::now()))
}

#[derive(Serialize)]
struct Answer<'a> {
    status: &'static str,
    reason: &'a str,
    #[serde(flatten)]
    snapshot: &'a Snapshot,
}

async fn snapshot(State(site): State<Site>) -> Response {
    let snapshot = site.looker.look().await;
    let verdict = verdict::of(&snapshot);
    let answer = Answer {
        status: words::device_status(verdict.status),
        reason: words::reason(&snapshot.claim),
        snapshot: &snapshot,
    };
    axum::Json(answer).into_response()
}

#[derive(Serialize)]
struct Health<'a> {
    healthy: bool,
    version: &'a str,
}

async fn health(State(site): State<Site>) -> Response {
    let healthy = site.looker.alive();
    let status = if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let latest = site.looker.latest();
    (status, axum::Json(Health { healthy, version: &latest.package.version })).into_response()
}

async fn missing(uri: Uri) -> Response {
    html(StatusCode::NOT_FOUND, page::missing(uri.path()))
}

fn html(status: StatusCode, markup: Markup) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    (status, headers, markup.into_string()).into_response()
}

async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
