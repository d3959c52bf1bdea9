//! basicdeviceinfo.cgi. Shape recorded on 12.9 (keys, order, blanks, no `method`); error codes documented.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::Ask;
use super::envelope::{self, COMMON, Shape};
use crate::access::Level;
use crate::device::Device;

/// What only an operator may see.
const RESTRICTED: [&str; 3] = ["Architecture", "Soc", "SocSerialNumber"];

pub(crate) async fn answer(State(device): State<Device>, ask: Ask) -> Response {
    let version = device.os().api_versions().basic_device_info;
    let shape = Shape { spaced: true, names_method: false, version, major: "1", codes: COMMON };
    let call = match envelope::read(&ask, shape) {
        Ok(call) => call,
        Err(refusal) => return *refusal,
    };
    let all = properties(&device);
    match call.method.as_str() {
        "getAllUnrestrictedProperties" => {
            let open: Map<String, Value> =
                all.into_iter().filter(|(name, _)| !RESTRICTED.contains(&name.as_str())).collect();
            call.data(json!({"propertyList": open}))
        }
        "getSupportedVersions" => call.versions(),
        "getAllProperties" | "getProperties" if ask.level < Level::Operator => StatusCode::UNAUTHORIZED.into_response(),
        "getAllProperties" => call.data(json!({"propertyList": all})),
        "getProperties" => {
            let Some(wanted) = call.params.get("propertyList").and_then(Value::as_array) else {
                return call.refuse(COMMON.params, "Required parameter missing or invalid.");
            };
            let is_wanted = |name: &String| wanted.iter().any(|want| want.as_str() == Some(name));
            let some: Map<String, Value> = all.into_iter().filter(|(name, _)| is_wanted(name)).collect();
            call.data(json!({"propertyList": some}))
        }
        _ => call.unknown_method(),
    }
}

fn properties(device: &Device) -> Map<String, Value> {
    let identity = device.identity();
    let pairs = [
        ("Architecture", device.arch().to_string()),
        ("ProdNbr", identity.model.clone()),
        ("HardwareID", identity.hardware_id.clone()),
        ("ProdFullName", identity.full_name.clone()),
        ("Version", identity.firmware.clone()),
        ("ProdType", identity.kind.clone()),
        ("SocSerialNumber", identity.soc_serial.clone()),
        ("Soc", device.arch().soc().to_owned()),
        ("Brand", "AXIS".to_owned()),
        ("WebURL", "https://www.axis.com".to_owned()),
        ("ProdVariant", String::new()),
        ("SerialNumber", identity.serial.clone()),
        ("ProdShortName", identity.short_name.clone()),
        ("BuildDate", device.os().build_date().to_owned()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}
