//! What a camera has to know before it registers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::clock;
use crate::portal::{Portal, REPORTED_BYTES};

pub(crate) async fn get(State(portal): State<Arc<Portal>>) -> Json<Value> {
    let devices = portal.url.join("/v1/devices").map(String::from).unwrap_or_default();
    Json(json!({
        "protocols": ["1"],
        "name": portal.name,
        "devices": devices,
        "time": clock::written(clock::now()),
        "limits": { "reported_bytes": REPORTED_BYTES, "wait_seconds": portal.wait_seconds },
        "signing_keys": portal.keys.counted().iter().map(|key| key.named()).collect::<Vec<_>>(),
        "sealing_key": portal.keys.opener.public.named(),
    }))
}
