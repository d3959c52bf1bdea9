//! What a camera checks before it takes a package.
//!
//! Order: container (1, 3, 10), signature (2), manifest and package.conf (29), fit to the device (5), users and
//! groups (13), other letter case (14), vendor (27), space (3). The order is a guess; the codes are documented, which
//! of them a wrong architecture, schema or range gives is an inference of others.

use std::collections::BTreeMap;

use super::Refused;
use super::manifest::Manifest;
use super::package::Package;
use crate::profile::{Arch, Os};

/// What decides about a package, beside the package.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// The release.
    pub os: Os,
    /// The camera's architecture.
    pub arch: Arch,
    /// config.cgi's `AllowUnsigned`.
    pub allow_unsigned: bool,
    /// config.cgi's `AllowRoot`.
    pub allow_root: bool,
    /// The simulator's own switch: every package counts as well signed.
    pub treat_as_signed: bool,
}

/// Groups that a package may ask for: documented for schema 2, taken over for schema 1 (guess).
const GROUPS: [&str; 11] =
    ["admin", "audiod", "gpu", "hidraw", "operator", "pipewire", "ptzadm", "sdk", "storage", "video", "viewer"];
/// What can be asked for by D-Bus here.
const METHODS: [&str; 3] =
    ["com.axis.HTTPConf1.VAPIXServiceAccounts1.GetCredentials", "com.axis.Graphics2.", "com.axis.Overlay2."];

/// Checks all that needs no knowledge of other packages.
///
/// # Errors
/// The first [`Refused`] in the order above.
pub fn check(package: &Package, terms: &Terms) -> Result<Manifest, Refused> {
    let manifest = package.file("manifest.json").ok_or_else(|| Refused::new(1, "manifest.json: missing"))?;
    let conf = package.conf();
    if !terms.treat_as_signed {
        if package.has_signature {
            return Err(Refused::new(2, "a signature that cannot be verified"));
        }
        if !terms.allow_unsigned {
            return Err(Refused::new(2, "no signature"));
        }
    }
    let conf = conf?;
    let manifest = Manifest::read(manifest)?;
    for name in ["param.conf", "LICENSE", manifest.app.as_str()] {
        if !package.members.iter().any(|member| member.name == name) {
            return Err(Refused::new(10, format!("{name}: missing")));
        }
    }
    compare(&conf, &manifest)?;
    fit(&manifest, terms)?;
    let is_forbidden = |group: &&String| match group.as_str() {
        "root" => !(terms.os.may_know_root() && terms.allow_root),
        other => !GROUPS.contains(&other),
    };
    match manifest.groups.iter().find(is_forbidden) {
        Some(group) => Err(Refused::new(13, format!("group {group} is not allowed"))),
        None => Ok(manifest),
    }
}

/// package.conf and manifest.json must say the same. That a camera compares them is a guess; a package in which they
/// differ is broken in any case.
fn compare(conf: &BTreeMap<String, String>, manifest: &Manifest) -> Result<(), Refused> {
    let version = &manifest.version;
    let http = if manifest.has_http_config { "cgi.conf" } else { "" };
    let expected = [
        ("APPNAME", manifest.app.clone()),
        ("APPTYPE", manifest.architecture.clone()),
        ("APPMAJORVERSION", version.major.to_string()),
        ("APPMINORVERSION", version.minor.to_string()),
        ("APPMICROVERSION", version.patch.to_string()),
        ("STARTMODE", manifest.run_mode_word.clone()),
        ("SETTINGSPAGEFILE", manifest.setting_page.clone().unwrap_or_default()),
        ("HTTPCGIPATHS", http.to_owned()),
    ];
    for (name, value) in expected {
        let found = conf.get(name).ok_or_else(|| Refused::new(29, format!("package.conf: no {name}")))?;
        // An `all` package is packed with the architecture it was built for (packer documentation).
        if *found != value && !(name == "APPTYPE" && value == "all") {
            return Err(Refused::new(29, format!("package.conf: {name} is {found:?}, manifest.json says {value:?}")));
        }
    }
    Ok(())
}

/// Architecture, schema, OS range and D-Bus methods.
fn fit(manifest: &Manifest, terms: &Terms) -> Result<(), Refused> {
    let os = terms.os;
    if manifest.architecture != "all" && manifest.architecture != terms.arch.to_string() {
        return Err(Refused::new(5, format!("built for {}, this is {}", manifest.architecture, terms.arch)));
    }
    let (major, minor, patch) = manifest.schema;
    if major == 1 && os.refuses_schema_1() {
        return Err(Refused::new(5, "schema 1"));
    }
    let [here, here_minor, _] = os.numbers();
    match Os::lowest_for_schema(major, minor, patch) {
        Some(lowest) if lowest <= (here, here_minor) => {}
        // The camera has no schema file of that version, so the manifest cannot be valid (guess).
        _ => return Err(Refused::new(29, format!("schema {major}.{minor}.{patch} is unknown here"))),
    }
    if os.demands_os_range() && manifest.ranges.is_empty() {
        return Err(Refused::new(29, "compatibleOsVersions is missing"));
    }
    if os.checks_os_range() && !manifest.ranges.is_empty() {
        let is_in = |range: &(Option<String>, Option<String>)| in_range(os, range);
        if !manifest.ranges.iter().any(is_in) {
            return Err(Refused::new(5, format!("not for {}", os.firmware())));
        }
    }
    let is_known = |method: &String| METHODS.iter().any(|known| method.starts_with(known));
    match manifest.required_methods.iter().find(|method| !is_known(method)) {
        Some(method) => Err(Refused::new(5, format!("no D-Bus method {method}"))),
        None => Ok(()),
    }
}

/// Bounds may be short: `13` as max takes every 13.x.
fn in_range(os: Os, (min, max): &(Option<String>, Option<String>)) -> bool {
    let numbers = |text: &String| -> Option<Vec<u64>> { text.split('.').map(|part| part.parse().ok()).collect() };
    let here = os.numbers();
    let above = min.as_ref().is_none_or(|min| numbers(min).is_some_and(|min| here.to_vec() >= min));
    let below = max.as_ref().is_none_or(|max| {
        numbers(max).is_some_and(|max| here.iter().take(max.len()).copied().collect::<Vec<_>>() <= max)
    });
    above && below
}
