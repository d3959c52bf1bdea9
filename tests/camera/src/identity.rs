//! Who this camera says it is: invented values in the forms that real cameras use.
//!
//! The serial number is the MAC address without separators (documented). Addresses are from the ranges that are
//! reserved for examples; they say nothing about where the simulator really listens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::addresses::Addresses;
use crate::profile::Os;

/// What basicdeviceinfo, network_settings and the system parameters tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// 12 upper-case hexadecimal digits.
    pub serial: String,
    /// Product number, such as `P9912-VC`.
    pub model: String,
    /// `AXIS ` + product number.
    pub short_name: String,
    /// Short name + kind of product.
    pub full_name: String,
    /// Kind of product.
    pub kind: String,
    /// Hardware identification.
    pub hardware_id: String,
    /// Serial number of the system on chip.
    pub soc_serial: String,
    /// Full version of AXIS OS, such as `12.11.77`.
    pub firmware: String,
    /// `axis-` + serial in lower case.
    pub host_name: String,
    /// The global IPv4 address of eth0.
    pub ip: Ipv4Addr,
    /// The link-local IPv4 address of eth0.
    pub link_local: Ipv4Addr,
    /// The global IPv6 address of eth0.
    pub ip6: Ipv6Addr,
    /// The link-local IPv6 address of eth0.
    pub link_local6: Ipv6Addr,
}

impl Identity {
    /// An identity that differs for each pair of loopback addresses.
    #[must_use]
    pub fn invented(os: Os, addresses: &Addresses) -> Self {
        let [_, a, b, _] = addresses.app_host.octets();
        let serial = format!("ACCC8EC2{a:02X}{b:02X}");
        Self {
            host_name: format!("axis-{}", serial.to_lowercase()),
            model: "P9912-VC".to_owned(),
            short_name: "AXIS P9912-VC".to_owned(),
            full_name: "AXIS P9912-VC Virtual Camera".to_owned(),
            kind: "Virtual Camera".to_owned(),
            hardware_id: "C2C.1".to_owned(),
            soc_serial: format!("00000000-00000000-C2C00000-0000{a:02X}{b:02X}"),
            firmware: os.firmware().to_owned(),
            ip: Ipv4Addr::new(198, 51, 100, b.clamp(2, 253)),
            link_local: Ipv4Addr::new(169, 254, a, b),
            ip6: Ipv6Addr::new(0x2001, 0xdb8, 0xc2c, 0, 0xaecc, 0x8eff, 0xfec2, u16::from_be_bytes([a, b])),
            link_local6: Ipv6Addr::new(0xfe80, 0, 0, 0, 0xaecc, 0x8eff, 0xfec2, u16::from_be_bytes([a, b])),
            serial,
        }
    }

    /// The same at this address.
    #[must_use]
    pub(crate) fn at(self, address: IpAddr) -> Self {
        match address {
            IpAddr::V4(ip) => Self { ip, ..self },
            IpAddr::V6(ip6) => Self { ip6, ..self },
        }
    }

    /// The MAC address in lower case with colons, as network_settings gives it.
    #[must_use]
    pub fn mac(&self) -> String {
        let mut mac = String::new();
        for (at, digit) in self.serial.to_lowercase().chars().enumerate() {
            if at > 0 && at % 2 == 0 {
                mac.push(':');
            }
            mac.push(digit);
        }
        mac
    }

    /// The realm of the camera's logins (recorded form, 9.80 to 12.11).
    #[must_use]
    pub fn realm(&self) -> String {
        format!("AXIS_{}", self.serial)
    }
}
