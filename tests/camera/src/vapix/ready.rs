//! systemready.cgi: anonymous; waits up to `timeout` seconds for the camera to be ready (documented).
//!
//! Recorded on 11.11 (version 1.4, no passphrase policy) and 12.9 (1.5). Uptime is text in seconds. Errors: 1000 for
//! invalid JSON (documented); the others are guesses.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::Ask;
use super::envelope::{self, COMMON, Codes, Shape};
use crate::device::Device;
use crate::profile::Os;

const CODES: Codes = Codes { json: (1000, 200), ..COMMON };
/// Longer waits are cut to this (guess).
const LONGEST: u64 = 3600;

pub(crate) async fn answer(State(device): State<Device>, ask: Ask) -> Response {
    let version = device.os().api_versions().systemready;
    let shape = Shape { spaced: true, names_method: true, version, major: "1", codes: CODES };
    let call = match envelope::read(&ask, shape) {
        Ok(call) => call,
        Err(refusal) => return *refusal,
    };
    match call.method.as_str() {
        "systemready" => {}
        "getSupportedVersions" => return call.versions(),
        _ => return call.unknown_method(),
    }
    let patience = call.params.get("timeout").and_then(Value::as_u64).unwrap_or(0).min(LONGEST);
    let mut ready = device.parts().ready.subscribe();
    let waited = tokio::time::timeout(Duration::from_secs(patience), ready.wait_for(|ready| *ready)).await;
    let is_ready = matches!(waited, Ok(Ok(_))) || *device.parts().ready.borrow();
    let mut data = json!({
        "systemready": if is_ready { "yes" } else { "no" },
        "needsetup": "no",
        "uptime": device.uptime().as_secs().to_string(),
        "bootid": device.parts().boot_id,
    });
    if device.os() > Os::V11_11 {
        if let Some(data) = data.as_object_mut() {
            data.insert("passphrasepolicy".to_owned(), json!("none"));
        }
    }
    call.data(data)
}
