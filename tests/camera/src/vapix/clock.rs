//! time.cgi: `getDateTimeInfo`, in UTC. Shape recorded on 12.11; deprecated there from 12.4 on (documented).

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
            let now = OffsetDateTime::now_utc().format(form).unwrap_or_default();
            call.data(json!({
                "dateTime": format!("{now}Z"), "localDateTime": format!("{now}+00:00"), "maxYearSupported": 2069,
                "timeZone": "Etc/UTC", "posixTimeZone": "UTC0", "dstEnabled": false
            }))
        }
        "getSupportedVersions" => call.versions(),
        _ => call.unknown_method(),
    }
}
