//! time.cgi and ntp.cgi: what the camera knows of the time.
//!
//! `getDateTimeInfo` in UTC: shape recorded on 12.11; deprecated there from 12.4 on (documented). `getNTPInfo`: fields
//! documented, values and the level of access guessed.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;

use super::Ask;
use super::envelope::{self, COMMON, Shape};
use crate::device::Device;

pub(crate) async fn answer(State(device): State<Device>, ask: Ask) -> Response {
    let version = device.os().api_versions().time;
    let shape = Shape { spaced: false, names_method: true, version, major: "1", codes: COMMON };
    let call = match envelope::read(&ask, shape) {
        Ok(call) => call,
        Err(refusal) => return *refusal,
    };
    match call.method.as_str() {
        "getDateTimeInfo" => {
            let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
            let set = *device.parts().clock_set.borrow();
            let now = if set { crate::clock::now() } else { OffsetDateTime::UNIX_EPOCH + device.uptime() };
            let now = now.format(form).unwrap_or_default();
            call.data(json!({
                "dateTime": format!("{now}Z"), "localDateTime": format!("{now}+00:00"), "maxYearSupported": 2069,
                "timeZone": "Etc/UTC", "posixTimeZone": "UTC0", "dstEnabled": false
            }))
        }
        "getSupportedVersions" => call.versions(),
        _ => call.unknown_method(),
    }
}

pub(crate) async fn ntp(State(device): State<Device>, ask: Ask) -> Response {
    let shape = Shape { spaced: false, names_method: true, version: "1.4", major: "1", codes: COMMON };
    let call = match envelope::read(&ask, shape) {
        Ok(call) => call,
        Err(refusal) => return *refusal,
    };
    let synced = *device.parts().clock_set.borrow();
    match call.method.as_str() {
        "getNTPInfo" => call.data(json!({"client": {
            "enabled": true, "NTSEnabled": false, "serversSource": "DHCP", "maxStaticServers": 3, "staticServers": [],
            "advertisedServers": ["192.0.2.1"], "synced": synced, "timeOffset": 0, "timeToNextSync": 512
        }})),
        "getSupportedVersions" => call.versions(),
        _ => call.unknown_method(),
    }
}
