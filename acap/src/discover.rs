//! `eap discover`: cameras in the same network, by mDNS.
//!
//! Facts: cameras announce `_axis-video._tcp` with a TXT key `macaddress`, which is the serial number, with or without
//! separators (seen by public clients). AXIS OS 12 no longer announces itself by UPnP and WS-Discovery at first; that mDNS
//! stays is what the documentation leaves one to think, and no camera has confirmed it here.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use mdns_sd::{IfKind, ServiceDaemon, ServiceEvent, ServiceInfo};
use serde::Serialize;

use crate::fleet::{Ended, table};

/// What cameras announce.
const SERVICE: &str = "_axis-video._tcp.local.";

/// How is looked.
#[derive(Debug, Args)]
pub struct DiscoverArgs {
    /// So many seconds are listened.
    #[arg(long, default_value_t = 5, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=300))]
    pub time: u64,
    /// On this network interface alone, by name.
    #[arg(long, value_name = "NAME")]
    pub interface: Option<String>,
    /// As CSV, which --list of deploy and status takes.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// A camera that was heard of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Its address: IPv4 where it has one, and one that other networks reach before a link-local one.
    pub host: String,
    /// Its serial number, from its MAC address.
    pub serial: String,
    /// The name that it gives itself.
    pub name: String,
}

/// Listens, and prints who was heard.
///
/// # Errors
/// When the network cannot be listened to.
pub async fn run(args: DiscoverArgs) -> anyhow::Result<Ended> {
    let daemon = ServiceDaemon::new().context("mDNS")?;
    if let Some(name) = &args.interface {
        daemon.disable_interface(IfKind::All).context("mDNS")?;
        let kind = if name == "lo" { IfKind::LoopbackV4 } else { IfKind::Name(name.clone()) };
        daemon.enable_interface(kind).context("mDNS")?;
    }
    let events = daemon.browse(SERVICE).context("mDNS")?;
    let mut all: BTreeMap<String, Found> = BTreeMap::new();
    let listen = async {
        while let Ok(event) = events.recv_async().await {
            if let ServiceEvent::ServiceResolved(service) = event {
                if let Some(found) = read(&service) {
                    all.insert(found.serial.clone(), found);
                }
            }
        }
    };
    // The end of the time is the usual end.
    let _ended = tokio::time::timeout(Duration::from_secs(args.time), listen).await;
    // It ends with the program in any case.
    drop(daemon.shutdown());
    let found: Vec<Found> = all.into_values().collect();
    std::io::stdout().lock().write_all(shown(&found, &args)?.as_bytes())?;
    Ok(if found.is_empty() { Ended::NotAll } else { Ended::Well })
}

fn shown(found: &[Found], args: &DiscoverArgs) -> anyhow::Result<String> {
    if args.json {
        return Ok(serde_json::to_string_pretty(found)? + "\n");
    }
    if args.csv {
        let mut writer = csv::Writer::from_writer(Vec::new());
        found.iter().try_for_each(|one| writer.serialize(one))?;
        return Ok(String::from_utf8(writer.into_inner().context("CSV")?)?);
    }
    let rows: Vec<_> = found.iter().map(|one| vec![one.host.clone(), one.serial.clone(), one.name.clone()]).collect();
    let none = "No camera was heard. They are heard in the same network only, and not where multicast is blocked.\n";
    Ok(if rows.is_empty() { none.to_owned() } else { table::render(&["CAMERA", "SERIAL", "NAME"], &rows) })
}

fn read(service: &ServiceInfo) -> Option<Found> {
    let plain = |text: &str| text.chars().filter(|letter| !letter.is_control()).take(100).collect::<String>();
    let mac = service.get_property_val_str("macaddress")?;
    let serial: String = mac.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_uppercase();
    let mut addresses: Vec<IpAddr> = service.get_addresses().iter().copied().collect();
    addresses.sort_by_key(|address| rank(*address));
    let host = match addresses.first()? {
        // As cameras have https elsewhere only if somebody moved it, the announced port, of http, is left out.
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    let name = service.get_fullname().trim_end_matches(SERVICE).trim_end_matches('.');
    (serial.len() == 12).then(|| Found { host, serial, name: plain(name) })
}

/// The lower, the more useful.
fn rank(address: IpAddr) -> (u8, IpAddr) {
    let rank = match address {
        IpAddr::V4(four) if !four.is_link_local() => 0,
        IpAddr::V6(six) if !six.is_unicast_link_local() => 1,
        IpAddr::V4(_) => 2,
        IpAddr::V6(_) => 3,
    };
    (rank, address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_leads_farthest_comes_first() {
        let mut all: Vec<IpAddr> =
            ["fe80::1", "169.254.3.4", "2001:db8::1", "192.0.2.9"].map(|text| text.parse().unwrap()).into();
        all.sort_by_key(|address| rank(*address));
        assert_eq!(
            all.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["192.0.2.9", "2001:db8::1", "169.254.3.4", "fe80::1"]
        );
    }

    #[test]
    fn a_camera_is_known_by_its_serial_number_in_each_spelling() {
        for (mac, serial) in
            [("ACCC8E012345", Some("ACCC8E012345")), ("ac:cc:8e:01:23:45", Some("ACCC8E012345")), ("ac", None)]
        {
            let service =
                ServiceInfo::new(SERVICE, "AXIS - 1", "axis.local.", "192.0.2.7", 80, &[("macaddress", mac)][..])
                    .unwrap();
            assert_eq!(read(&service).map(|found| found.serial).as_deref(), serial, "{mac}");
        }
    }
}
