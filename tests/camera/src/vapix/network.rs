//! network_settings.cgi: `getNetworkInfo`. Shape recorded on 12.9 (keys, order, no blanks).
//!
//! Version 1.33 on 11.11 and 1.38 on 12.9 recorded. Errors: 1000 with HTTP 500 for invalid JSON, 4001 for a version
//! (recorded); the origin of a global IPv6 address, the class of 2000 for a wrong HTTP method and 4002 for an unknown one are guesses. Proxies
//! were recorded empty on 12.9; `noProxy` was `127.0.0.12` on another device.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::Ask;
use super::envelope::{self, Codes, Shape};
use crate::device::Device;
use crate::identity::Identity;

const CODES: Codes = Codes { post_only: 2000, json: (1000, 500), version: 4001, method: 4002, params: 4003 };

pub(crate) async fn answer(State(device): State<Device>, ask: Ask) -> Response {
    let version = device.os().api_versions().network_settings;
    let shape = Shape { spaced: false, names_method: true, version, major: "1", codes: CODES };
    match envelope::read(&ask, shape) {
        Err(refusal) => *refusal,
        Ok(call) => match call.method.as_str() {
            "getNetworkInfo" => {
                let identity = device.identity();
                call.data(json!({"system": system(&device), "devices": [eth0(identity)]}))
            }
            "getSupportedVersions" => call.versions(),
            _ => call.unknown_method(),
        },
    }
}

fn system(device: &Device) -> Value {
    let (identity, proxies) = (device.identity(), device.proxies());
    json!({
        "tcpEcnMode": "acceptAndInitiate", "maxSupportedVlans": 5,
        "deviceSwitching": {
            "mode": "auto", "manualActiveDevices": ["eth0"], "devices": ["eth0"], "activeDevices": ["eth0"]
        },
        "hostname": {
            "useDhcpHostname": true, "hostname": identity.host_name, "staticHostname": identity.host_name
        },
        "resolver": {
            "useDhcpResolverInfo": true, "nameServers": ["198.51.100.1"], "staticNameServers": [],
            "maxSupportedStaticNameServers": 3, "searchDomains": [], "staticSearchDomains": [],
            "maxSupportedStaticSearchDomains": 6, "domainName": "example.net", "staticDomainName": ""
        },
        "globalProxies": {"httpProxy": proxies.http, "httpsProxy": proxies.https, "noProxy": proxies.except}
    })
}

/// The wired interface. The link-local IPv4 address stands before the global one, as recorded on 10.12 (a reader must
/// go by `scope`).
fn eth0(identity: &Identity) -> Value {
    json!({
        "name": "eth0", "type": "wired", "macAddress": identity.mac(), "partOfBridge": "", "link": true,
        "state": "up", "staticState": "up",
        "wired": {
            "linkMode": "auto", "supportedLinkModes": ["auto", "1000BaseTX-FD"], "isDownlink": false,
            "8021X": {"enabled": false}
        },
        "IPv4": {
            "enabled": true, "configurationMode": "dhcp", "linkLocalMode": "on",
            "addresses": [
                {"address": identity.link_local, "prefixLength": 16, "origin": "linkLocal", "scope": "link",
                 "broadcast": "169.254.255.255"},
                {"address": identity.ip, "prefixLength": 24, "origin": "dhcp", "scope": "global",
                 "broadcast": "198.51.100.255"}
            ],
            "maxSupportedStaticAddressConfigurations": 1,
            "staticAddressConfigurations": [
                {"address": "192.168.0.90", "prefixLength": 24, "broadcast": "192.168.0.255"}
            ],
            "defaultRouter": "198.51.100.1", "staticDefaultRouter": "192.168.0.1",
            "useStaticDHCPFallback": false, "useDHCPStaticRoutes": false
        },
        "IPv6": {
            "enabled": true,
            "addresses": [
                {"address": identity.link_local6, "prefixLength": 64, "origin": "linkLocal", "scope": "link"},
                {"address": identity.ip6, "prefixLength": 64, "origin": "routerAdvertisement", "scope": "global"}
            ]
        }
    })
}
