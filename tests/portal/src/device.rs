//! What cameras ask: discovery, and everything below `/v1/devices`. `src/portal/protocol.md` says what it means, and
//! `src/portal/openapi.yaml` each member.

mod account;
mod claims;
mod desired;
mod discover;
mod keys;
mod register;
mod release;
mod reported;
mod shown;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post, put};

pub(crate) use register::is_serial;

use crate::portal::Portal;
use crate::problem::{Kind, Problem};

/// Every call of a camera.
pub(crate) fn routes(portal: &Arc<Portal>) -> Router<Arc<Portal>> {
    Router::new()
        .route("/.well-known/c2c", get(discover::get))
        .route("/v1/devices", post(register::post))
        .route("/v1/devices/{device_id}/claims", get(claims::get))
        .route("/v1/devices/{device_id}/desired", get(desired::get))
        .route("/v1/devices/{device_id}/reported", put(reported::put))
        .route("/v1/devices/{device_id}/keys", post(keys::post))
        .route("/v1/devices/{device_id}/account", put(account::put))
        .route("/v1/devices/{device_id}/release", post(release::post))
        .route("/v1/{*rest}", axum::routing::any(nothing))
        .layer(from_fn_with_state(portal.clone(), bring_nonce))
}

async fn nothing() -> Problem {
    Problem::new(Kind::NotFound, "there is no such call")
}

/// Each answer brings the nonce of now, so that a camera that asks in time never has to ask twice.
async fn bring_nonce(State(portal): State<Arc<Portal>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(nonce) = HeaderValue::from_str(&portal.nonces.current()) {
        headers.insert("dpop-nonce", nonce);
    }
    headers.entry("cache-control").or_insert(HeaderValue::from_static("no-store"));
    response
}
