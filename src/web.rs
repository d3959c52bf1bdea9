//! The app's side of the camera's reverse proxy. The whole path arrives, nothing is stripped:
//!
//! | path | answer |
//! |---|---|
//! | `GET /local/c2c/status` | the status page |
//! | `GET /local/c2c/status/events` | what changes on the page, as server-sent events; 204 where too many are open |
//! | `GET /local/c2c/status/widgets.json` | the pieces of the page, to be polled for |
//! | `GET /local/c2c/status/snapshot.json` | the same as data |
//! | `GET /local/c2c/status/style.NUMBER.css`, `live.NUMBER.js` | the page's own style sheet and script |
//! | `GET /local/c2c/status/metrics` | the same as metrics |
//! | `GET /local/c2c/status/healthz` | 200 while readings are being made, else 503 |
//!
//! The proxy's pattern has no end, so other paths arrive too (`/local/c2c/statusXYZ`): they get 404. Who logged in is
//! the camera's matter: no header says it, and none is believed. Other applications on the camera can open our port
//! as well, so nothing here changes anything. What changes something has a place of its own, [`control`], where the camera
//! lets administrators come alone.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::Markup;
use serde::Serialize;
use tokio::sync::watch;

use crate::clock;
use crate::collect::Looker;
use crate::features::Features;
use crate::jobs::orders::Counter;
use crate::package::BASE;
use crate::portal;
use crate::web::views::Views;

pub mod answer;
pub mod assets;
pub mod control;
pub mod events;
pub mod metrics;
pub mod page;
pub mod snapshot_json;
pub mod views;
pub mod words;

/// Only our own style sheet and pictures; no scripts but our own, no frames of others.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
);
const NO_SNIFFING: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What the routes need.
#[derive(Debug, Clone)]
pub struct Site {
    looker: Looker,
    features: Features,
    views: Views,
    stopping: watch::Receiver<()>,
    orders: Option<Counter>,
    portal: Option<portal::Counter>,
}

impl Site {
    /// Shows what `looker` sees, as far as the package's version goes; streams end when the sender of `stopping` does.
    #[must_use]
    pub fn new(looker: Looker, features: Features, stopping: watch::Receiver<()>) -> Self {
        Self { looker, features, views: Views::new(features), stopping, orders: None, portal: None }
    }

    /// The same with the administrator's orders, where the package's version has a card.
    #[must_use]
    pub fn with_orders(self, counter: Counter) -> Self {
        Self { orders: self.features.card_and_jobs.then_some(counter), ..self }
    }

    /// The same with what an administrator orders about the portal.
    #[must_use]
    pub fn with_portal(self, counter: portal::Counter) -> Self {
        Self { portal: Some(counter), ..self }
    }
}

/// All routes.
pub fn routes(site: Site) -> Router {
    let portal = site.portal.clone().map(|counter| control::portal_routes(counter, site.looker.clone()));
    let orders = site.orders.clone().map(|counter| control::routes(counter, site.looker.clone()));
    // A proxy target that ends in a slash doubles the first one.
    ["", "/"]
        .iter()
        .fold(Router::new(), |router, slash| {
            let page = format!("{slash}{BASE}/status");
            router
                .route(&format!("{page}/"), get(status))
                .route(&format!("{page}/snapshot.json"), get(snapshot))
                .route(&format!("{page}/events"), get(events::stream))
                .route(&format!("{page}/widgets.json"), get(events::pieces))
                .route(&format!("{page}/metrics"), get(metrics))
                .route(&format!("{page}/healthz"), get(health))
                .route(&format!("{page}/{{file}}"), get(file))
                .route(&page, get(status))
        })
        .fallback(missing)
        .with_state(Arc::new(site))
        .merge(orders.unwrap_or_default())
        .merge(portal.unwrap_or_default())
        .layer(middleware::from_fn(guard))
}

async fn status(State(site): State<Arc<Site>>, asked: HeaderMap) -> Response {
    let snapshot = site.looker.look().await;
    let view = site.views.of(&snapshot);
    let content = || answer::encoded(&view.page, HTML, &asked);
    answer::tagged(&view.revision, content, &asked)
}

async fn file(Path(name): Path<String>, uri: Uri, asked: HeaderMap) -> Response {
    match assets::serve(&name, &asked) {
        Some(file) => file,
        None => missing(uri).await,
    }
}

async fn snapshot(State(site): State<Arc<Site>>, asked: HeaderMap) -> Response {
    let snapshot = site.looker.look().await;
    let view = site.views.of(&snapshot);
    let told = view.json(&snapshot, site.features);
    let content = || answer::encoded(&told.json, JSON, &asked);
    answer::tagged(&told.tag, content, &asked)
}

async fn metrics(State(site): State<Arc<Site>>) -> Response {
    let snapshot = site.looker.look().await;
    let text = metrics::render(&snapshot, site.features, clock::now());
    ([(CONTENT_TYPE, HeaderValue::from_static(metrics::KIND))], text).into_response()
}

#[derive(Serialize)]
struct Health<'a> {
    healthy: bool,
    version: &'a str,
}

async fn health(State(site): State<Arc<Site>>) -> Response {
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
    headers.insert(CONTENT_TYPE, HTML);
    (status, headers, markup.into_string()).into_response()
}

async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFFING);
    headers.entry(REFERRER_POLICY).or_insert(NO_REFERRER);
    // But for what has a name that changes with its content.
    headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
    response
}
