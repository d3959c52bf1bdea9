//! The system parameters of the camera. Names recorded on 11.11 and 12.9, values our own.

use crate::addresses::Addresses;
use crate::identity::Identity;
use crate::profile::{Arch, Os};

/// Full names without `root.`, with values.
pub(super) fn system(os: Os, arch: Arch, identity: &Identity, addresses: &Addresses) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = identified(os, arch, identity);
    all.extend(web_server(os, addresses));
    all.extend(storage());
    all
}

fn identified(os: Os, arch: Arch, identity: &Identity) -> Vec<(String, String)> {
    let pairs = [
        ("Brand.Brand", "AXIS".to_owned()),
        ("Brand.ProdFullName", identity.full_name.clone()),
        ("Brand.ProdNbr", identity.model.clone()),
        ("Brand.ProdShortName", identity.short_name.clone()),
        ("Brand.ProdType", identity.kind.clone()),
        ("Brand.WebURL", "https://www.axis.com".to_owned()),
        ("Network.HTTP.AuthenticationPolicy", "recommended".to_owned()),
        ("Network.SSH.Enabled", "no".to_owned()),
        ("Network.VolatileHostName.HostName", identity.host_name.clone()),
        ("Network.eth0.IPAddress", identity.ip.to_string()),
        ("Network.eth0.MACAddress", identity.mac().to_uppercase()),
        ("Network.eth0.IPv6.IPAddresses", format!("{}/64 {}/64", identity.ip6, identity.link_local6)),
        ("Network.ZeroConf.IPAddress", identity.link_local.to_string()),
        ("Properties.EmbeddedDevelopment.EmbeddedDevelopment", "yes".to_owned()),
        ("Properties.EmbeddedDevelopment.Version", "2.18".to_owned()),
        ("Properties.Firmware.BuildDate", os.build_date().to_owned()),
        ("Properties.Firmware.Version", identity.firmware.clone()),
        ("Properties.LocalStorage.DiskEncryption", "yes".to_owned()),
        ("Properties.LocalStorage.DiskHealth", "yes".to_owned()),
        ("Properties.LocalStorage.LocalStorage", "yes".to_owned()),
        ("Properties.LocalStorage.RequiredFileSystem", "yes".to_owned()),
        ("Properties.LocalStorage.SDCard", "yes".to_owned()),
        ("Properties.LocalStorage.Version", "1.00".to_owned()),
        ("Properties.System.Architecture", arch.to_string()),
        ("Properties.System.HardwareID", identity.hardware_id.clone()),
        ("Properties.System.SerialNumber", identity.serial.clone()),
        ("Properties.System.Soc", arch.soc().to_owned()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Where the web server is. The names are known from lists of older cameras; that 11.11 to 13 have them is a guess.
fn web_server(os: Os, addresses: &Addresses) -> [(String, String); 4] {
    [
        ("HTTPS.Enabled", "yes".to_owned()),
        ("HTTPS.Port", addresses.https.port().to_string()),
        ("System.BoaGroupPolicy.viewer", if os.https_only() { "https" } else { "both" }.to_owned()),
        ("System.BoaPort", addresses.front.port().to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

fn storage() -> Vec<(String, String)> {
    let slot = |group: &str, id: &str, node: &str, filesystem: &str| {
        [
            ("AutoRepair", "yes"),
            ("CleanupLevel", "90"),
            ("CleanupMaxAge", "7"),
            ("CleanupPolicyActive", "fifo"),
            ("DeviceNode", node),
            ("DiskID", id),
            ("Enabled", "yes"),
            ("FileSystem", filesystem),
            ("FriendlyName", ""),
            ("Locked", "no"),
            ("MountOnBoot", "yes"),
            ("RequiredFileSystem", "none"),
        ]
        .map(|(name, value)| (format!("Storage.{group}.{name}"), value.to_owned()))
    };
    let mut all = vec![("Storage.MountDir".to_owned(), "/var/spool/storage".to_owned())];
    all.extend(slot("S0", "SD_DISK", "/dev/sd_disk1", "ext4"));
    all.extend(slot("S1", "NetworkShare", "NetworkShare:", "cifs"));
    all
}
