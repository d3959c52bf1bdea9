//! The installed package: which version of it runs.
//!
//! The camera unpacks a package into one folder, with `manifest.json` and `package.conf` beside the binary (ACAP
//! documentation). `manifest.json` leads; `package.conf` helps out; the version that was built in is the last resort.

use std::path::Path;

use serde::Deserialize;

use crate::snapshot::Package;

/// Where everything of the package lies on the camera's web server.
pub const BASE: &str = "/local/c2c";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    acap_package_conf: PackageConf,
}

#[derive(Deserialize)]
struct PackageConf {
    setup: Setup,
}

#[derive(Deserialize)]
struct Setup {
    version: String,
}

/// Finds the version of the package in `folder`, and says where it was found.
#[must_use]
pub fn find(folder: &Path) -> Package {
    let from_manifest = || version_in_manifest(&std::fs::read_to_string(folder.join("manifest.json")).ok()?);
    let from_conf = || version_in_package_conf(&std::fs::read_to_string(folder.join("package.conf")).ok()?);
    from_manifest()
        .map(|version| Package { version, version_from: "manifest.json" })
        .or_else(|| from_conf().map(|version| Package { version, version_from: "package.conf" }))
        .unwrap_or_else(|| Package { version: env!("CARGO_PKG_VERSION").to_owned(), version_from: "built in" })
}

fn version_in_manifest(text: &str) -> Option<String> {
    let manifest: Manifest = serde_json::from_str(text).ok()?;
    Some(manifest.acap_package_conf.setup.version)
}

/// `package.conf` holds shell assignments, `NAME="value"`; it carries the three numbers only, never a pre-release.
fn version_in_package_conf(text: &str) -> Option<String> {
    let number = |name: &str| -> Option<u64> {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            if key == name { value.trim().trim_matches('"').parse().ok() } else { None }
        })
    };
    let (major, minor, micro) = (number("APPMAJORVERSION")?, number("APPMINORVERSION")?, number("APPMICROVERSION")?);
    Some(format!("{major}.{minor}.{micro}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONF: &str = "APPNAME=\"c2c\"\nAPPMAJORVERSION=\"1\"\nAPPMINORVERSION=\"4\"\nAPPMICROVERSION=\"9\"\n";

    #[test]
    fn the_manifest_leads_then_package_conf_then_what_was_built_in() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(find(folder.path()).version_from, "built in");
        std::fs::write(folder.path().join("package.conf"), CONF).unwrap();
        assert_eq!(find(folder.path()), Package { version: "1.4.9".into(), version_from: "package.conf" });
        let manifest = r#"{"schemaVersion":"2.0.0","acapPackageConf":{"setup":{"appName":"c2c","version":"1.5.0"}}}"#;
        std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
        assert_eq!(find(folder.path()), Package { version: "1.5.0".into(), version_from: "manifest.json" });
    }

    #[test]
    fn a_broken_manifest_falls_back() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("package.conf"), CONF).unwrap();
        std::fs::write(folder.path().join("manifest.json"), "{\"acapPackageConf\":").unwrap();
        assert_eq!(find(folder.path()).version, "1.4.9");
    }
}
