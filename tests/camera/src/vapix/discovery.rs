//! apidiscovery.cgi. Identifiers as recorded on 10.12 to 12.11 (`application` from 12 only); shape documented.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::Ask;
use super::envelope::{self, COMMON, Shape};
use crate::device::Device;
use crate::profile::Os;

pub(crate) async fn answer(State(device): State<Device>, ask: Ask) -> Response {
    let version = device.os().api_versions().discovery;
    let shape = Shape { spaced: true, names_method: true, version, major: "1", codes: COMMON };
    match envelope::read(&ask, shape) {
        Err(refusal) => *refusal,
        Ok(call) => match call.method.as_str() {
            "getApiList" => call.data(json!({"apiList": list(device.os())})),
            "getSupportedVersions" => call.versions(),
            _ => call.unknown_method(),
        },
    }
}

fn list(os: Os) -> Vec<Value> {
    let versions = os.api_versions();
    let mut apis = vec![
        ("api-discovery", versions.discovery, "API Discovery Service"),
        ("basic-device-info", versions.basic_device_info, "Basic Device Information"),
        ("disk-management", "1.0", "Edge Storage: Disk management"),
        ("disk-network-share", "1.0", "Edge Storage: Network Share"),
        ("disk-properties", "1.1", "Edge Storage: Disk properties"),
        ("network-settings", versions.network_settings, "Network Settings"),
        ("ntp", "1.4", "NTP API"),
        ("packagemanager", "1.4", "Package Manager"),
        ("param-cgi", "1.0", "Legacy Parameter Handling"),
        ("systemready", versions.systemready, "Systemready"),
        ("time-service", versions.time, "Time API"),
        ("user-management", "1.1", "User Management"),
    ];
    if os > Os::V11_11 {
        apis.push(("application", "1.0", "Application API"));
    }
    apis.iter()
        .map(|(id, version, name)| json!({"id": id, "version": version, "name": name, "status": "official"}))
        .collect()
}
