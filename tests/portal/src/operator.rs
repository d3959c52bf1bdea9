//! The pages of operators: everything that a person does here. Each operator sees the cameras of one organisation.
//!
//! GET changes nothing. What changes something is a form with the session's token; answers are never cached.

mod advance;
mod audit;
mod camera;
mod claim;
mod csv;
mod form;
mod list;
mod live;
mod login;
mod metrics;
mod page;
mod session;
mod standing;
mod wishes;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};

pub(crate) use login::hash;

use crate::portal::Portal;

/// What a browser may do with the pages: show them, and talk to us alone.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Every page.
pub(crate) fn routes() -> Router<Arc<Portal>> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/devices/video") }))
        .route("/devices", get(|| async { Redirect::to("/devices/video") }))
        .route("/login", get(login::get).post(login::post))
        .route("/logout", post(login::leave))
        .route("/devices/video", get(list::get))
        .route("/devices/video.csv", get(csv::get))
        .route("/devices/video/{device_id}", get(camera::get))
        .route("/devices/video/{device_id}/reveal", get(camera::back).post(camera::reveal))
        .route("/devices/video/{device_id}/confirm", post(claim::confirm))
        .route("/devices/video/{device_id}/stay", post(claim::stay))
        .route("/devices/video/{device_id}/release", post(claim::release))
        .route("/devices/video/{device_id}/wish/{wish}", post(wishes::post))
        .route("/claim", get(claim::get).post(claim::post))
        .route("/advance", get(advance::get))
        .route("/advance/serials", get(|| async { Redirect::to("/advance") }).post(advance::approve))
        .route("/advance/withdraw", post(advance::withdraw))
        .route("/advance/tokens", get(|| async { Redirect::to("/advance") }).post(advance::tokens))
        .route("/audit", get(audit::get))
        .route("/events", get(live::get))
        .route("/metrics", get(metrics::get))
        .route("/style.css", get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], page::STYLE) }))
        .route("/live.js", get(|| async { ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], page::SCRIPT) }))
        .route("/icon.svg", get(|| async { ([(header::CONTENT_TYPE, "image/svg+xml")], page::ICON) }))
        .layer(from_fn(guard))
}

async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}
