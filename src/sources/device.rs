//! Who the camera is: identity, AXIS OS version, addresses, and whether it has finished starting.
//!
//! Sources: VAPIX `basicdeviceinfo.cgi` (recorded on AXIS OS 12.9), `network_settings.cgi` (recorded on 10.12 to
//! 12.9; 10.12 lists the link-local address first), `systemready.cgi` (recorded on 10.12, which lacks uptime and boot
//! id, to 12.11, which sends the uptime as text).

use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::snapshot::{Address, Boot, Identity, Interface, Network, WebServer, cut};
use crate::vapix::{Fault, Reader};

pub(crate) mod proxy;

const DEVICE_INFO: &str = "/axis-cgi/basicdeviceinfo.cgi";
const NETWORK: &str = "/axis-cgi/network_settings.cgi";
/// The names are known from lists of parameters of older cameras; that 11.11 to 13 have them is a guess.
const WEB: &str = "/axis-cgi/param.cgi?action=list&group=root.HTTPS.Enabled,root.HTTPS.Port,root.System.BoaPort";
const READY: &str = "/axis-cgi/systemready.cgi";

/// What is good to have beside the addresses is waited for so long.
const SOON: Duration = Duration::from_secs(2);
/// So many odd addresses of one interface are kept.
const ODD_ADDRESSES: usize = 8;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    property_list: PropertyList,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PropertyList {
    prod_full_name: Option<String>,
    prod_nbr: Option<String>,
    serial_number: String,
    version: String,
    architecture: Option<String>,
}

#[derive(Deserialize)]
struct NetworkInfo {
    system: Option<System>,
    devices: Vec<Device>,
}

#[derive(Default, Deserialize)]
struct System {
    hostname: Option<Hostname>,
    #[serde(rename = "globalProxies")]
    proxies: Option<Proxies>,
}

#[derive(Deserialize)]
struct Proxies {
    #[serde(rename = "httpsProxy")]
    https: Option<String>,
    #[serde(rename = "noProxy")]
    except: Option<String>,
}

#[derive(Deserialize)]
struct Hostname {
    hostname: Option<String>,
}

#[derive(Deserialize)]
struct Device {
    name: String,
    #[serde(rename = "macAddress")]
    mac: Option<String>,
    #[serde(default)]
    link: bool,
    #[serde(rename = "IPv4")]
    v4: Option<Family>,
    #[serde(rename = "IPv6")]
    v6: Option<Family>,
}

#[derive(Deserialize)]
struct Family {
    #[serde(default)]
    addresses: Vec<WireAddress>,
}

#[derive(Deserialize)]
struct WireAddress {
    address: String,
    scope: Option<String>,
}

#[derive(Deserialize)]
struct SystemReady {
    systemready: String,
    uptime: Option<Number>,
    bootid: Option<String>,
}

/// A number that cameras send as text, and might send as a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u64),
    Text(String),
}

/// Reads who the camera is.
///
/// # Errors
/// As [`Reader::call`].
pub async fn read_identity(camera: &Reader) -> Result<Identity, Fault> {
    let Properties { property_list } = camera.call(DEVICE_INFO, "getAllProperties", json!({})).await?;
    Ok(identity(property_list))
}

/// Reads the camera's addresses.
///
/// # Errors
/// As [`Reader::call`]; an address that is none stands among the odd ones of its interface.
pub async fn read_network(camera: &Reader) -> Result<Network, Fault> {
    let mut network = network(camera.call(NETWORK, "getNetworkInfo", json!({})).await?);
    // Addresses are worth having without it.
    network.web = tokio::time::timeout(SOON, camera.get(WEB)).await.ok().and_then(|told| web(&told.ok()?));
    Ok(network)
}

/// Reads whether the camera has finished starting; does not wait for it.
///
/// # Errors
/// As [`Reader::call`].
pub async fn read_boot(camera: &Reader) -> Result<Boot, Fault> {
    let answer: SystemReady = camera.call(READY, "systemready", json!({ "timeout": 0 })).await?;
    Ok(boot(answer))
}

fn identity(list: PropertyList) -> Identity {
    let PropertyList { prod_full_name, prod_nbr, serial_number, version, architecture } = list;
    let model = prod_full_name.or(prod_nbr).filter(|name| !name.is_empty());
    Identity {
        model: model.unwrap_or_else(|| "Axis device".to_owned()),
        serial: serial_number,
        os_version: version,
        architecture,
    }
}

fn network(info: NetworkInfo) -> Network {
    let System { hostname, proxies } = info.system.unwrap_or_default();
    let proxy = proxies.and_then(|proxies| proxy::read(&proxies.https?, &proxies.except.unwrap_or_default()));
    let hostname = hostname.and_then(|hostname| hostname.hostname);
    Network { hostname, proxy, interfaces: info.devices.into_iter().map(interface).collect(), web: None }
}

/// Where pages are, by what `param.cgi` says.
fn web(told: &str) -> Option<WebServer> {
    let value = |name: &str| {
        told.lines()
            .find_map(|line| line.trim().strip_prefix("root.")?.strip_prefix(name)?.strip_prefix('='))
            .map(str::trim)
    };
    let https = value("HTTPS.Enabled")? == "yes";
    let port = value(if https { "HTTPS.Port" } else { "System.BoaPort" })?.parse().ok().filter(|port| *port > 0)?;
    Some(WebServer { https, port })
}

fn interface(device: Device) -> Interface {
    let wire = [device.v4, device.v6].into_iter().flatten().flat_map(|family| family.addresses);
    let (mut addresses, mut odd) = (Vec::new(), Vec::new());
    for wire in wire.filter(|wire| !wire.address.trim().is_empty()) {
        match address(&wire) {
            Some(address) => addresses.push(address),
            None if odd.len() < ODD_ADDRESSES => odd.push(cut(&wire.address, 60)),
            None => {}
        }
    }
    let mac = device.mac.filter(|mac| !mac.is_empty()).map(|mac| mac.to_uppercase());
    Interface { name: device.name, mac, link: device.link, addresses, odd }
}

/// An address may carry the name of its link (`fe80::1%eth0`) or the length of its prefix (`192.0.2.7/24`).
fn address(wire: &WireAddress) -> Option<Address> {
    let ip: IpAddr = wire.address.trim().split(['%', '/']).next()?.parse().ok()?;
    // Some versions leave the scope out; the address itself tells as well.
    let by_itself = match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    Some(Address { ip, link_local: by_itself || wire.scope.as_deref() == Some("link") })
}

fn boot(answer: SystemReady) -> Boot {
    let uptime_seconds = answer.uptime.and_then(|uptime| match uptime {
        Number::Number(seconds) => Some(seconds),
        Number::Text(text) => text.trim().parse().ok(),
    });
    Boot { ready: answer.systemready == "yes", uptime_seconds, boot_id: answer.bootid }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_where_the_camera_says_and_nowhere_if_it_says_nothing() {
        let all = |enabled| format!("root.HTTPS.Enabled={enabled}\nroot.HTTPS.Port=8443\nroot.System.BoaPort=8080\n");
        assert_eq!(web(&all("yes")), Some(WebServer { https: true, port: 8443 }));
        assert_eq!(web(&all("no")), Some(WebServer { https: false, port: 8080 }));
        for told in [
            "",
            "# Error: Error -1",
            "root.HTTPS.Enabled=yes\nroot.HTTPS.Port=0",
            "root.HTTPS.Enabled=yes\nroot.HTTPS.Port=x",
        ] {
            assert_eq!(web(told), None, "{told}");
        }
    }

    #[test]
    fn every_interface_and_both_families_are_read_and_link_local_ones_marked() {
        let info = r#"{"system":{"hostname":{"hostname":"axis-accc8e000001"}},"devices":[
            {"name":"eth0","macAddress":"ac:cc:8e:00:00:01","link":true,
             "IPv4":{"addresses":[{"address":"169.254.9.9","scope":"link"},{"address":"192.0.2.7","scope":"global"}]},
             "IPv6":{"addresses":[{"address":"fe80::1"},{"address":"2001:db8::7","scope":"global"}]}},
            {"name":"eth0.4","link":false}]}"#;
        let network = network(serde_json::from_str(info).unwrap());
        let seen: Vec<_> =
            network.addresses().iter().map(|(i, a)| (i.name.clone(), a.ip.to_string(), a.link_local)).collect();
        assert_eq!(
            seen,
            [("192.0.2.7", false), ("2001:db8::7", false), ("169.254.9.9", true), ("fe80::1", true)]
                .map(|(ip, local)| ("eth0".to_owned(), ip.to_owned(), local))
        );
        assert_eq!(network.interfaces[0].mac.as_deref(), Some("AC:CC:8E:00:00:01"));
        assert_eq!(network.interfaces[1].addresses, []);
    }

    #[test]
    fn an_odd_address_is_told_and_costs_no_other() {
        let info = r#"{"devices":[{"name":"eth0","link":true,
            "IPv4":{"addresses":[{"address":""},{"address":"192.0.2.7/24"},{"address":"1.2.3"}]},
            "IPv6":{"addresses":[{"address":"fe80::1%eth0"},{"address":"2001:db8::7"}]}}]}"#;
        let network = network(serde_json::from_str(info).unwrap());
        let seen: Vec<_> = network.addresses().iter().map(|(_, a)| (a.ip.to_string(), a.link_local)).collect();
        assert_eq!(
            seen,
            [("192.0.2.7", false), ("2001:db8::7", false), ("fe80::1", true)].map(|(ip, l)| (ip.to_owned(), l))
        );
        assert_eq!(network.interfaces[0].odd, ["1.2.3"]);
    }

    #[test]
    fn the_uptime_is_text_a_number_or_absent() {
        let read = |text| boot(serde_json::from_str(text).unwrap());
        assert_eq!(read(r#"{"systemready":"yes","uptime":"12484","bootid":"b"}"#).uptime_seconds, Some(12_484));
        assert_eq!(read(r#"{"systemready":"yes","uptime":7}"#).uptime_seconds, Some(7));
        assert_eq!(
            read(r#"{"systemready":"no","uptime":"soon"}"#),
            Boot { ready: false, uptime_seconds: None, boot_id: None }
        );
    }
}
