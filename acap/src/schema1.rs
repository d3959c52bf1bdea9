//! The manifest in its older form, for cameras that don't know schema 2 for certain (AXIS OS 11.11 to 12.9).
//!
//! Facts: schema 1.6.0 came with AXIS OS 11.9 and has all that the package uses (proxy, directory access); it has
//! `embeddedSdkVersion` ("3.0"), and neither `vendorId` nor `compatibleOsVersions` (manifest documentation).

use crate::manifest::Manifest;

/// The schema version of the derived form.
pub const SCHEMA_VERSION: &str = "1.6.0";

/// The same package, described by schema 1.6.0.
#[must_use]
pub fn derive(manifest: &Manifest) -> Manifest {
    let mut older = manifest.clone();
    older.set_schema_version(SCHEMA_VERSION);
    older.remove_setup("vendorId");
    older.remove_setup("compatibleOsVersions");
    older.set_setup("embeddedSdkVersion", "3.0");
    older
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_schema_1_does_not_know_is_changed() {
        let manifest = Manifest::read(
            br#"{"schemaVersion":"2.0.0","acapPackageConf":{"setup":{"appName":"a1","vendorId":"1234567890",
            "compatibleOsVersions":[{"min":"11.11","max":"13"}],"runMode":"respawn"}},"resources":{}}"#,
        );
        let expected = Manifest::read(
            br#"{"schemaVersion":"1.6.0","acapPackageConf":{"setup":{"appName":"a1","runMode":"respawn",
            "embeddedSdkVersion":"3.0"}},"resources":{}}"#,
        );
        assert_eq!(derive(&manifest.unwrap()).packed().unwrap(), expected.unwrap().packed().unwrap());
    }
}
