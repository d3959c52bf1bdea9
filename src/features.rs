//! Version gating: the package's version in, the features out.
//!
//! Below 1.5.1 of the package only System Overview exists, without the Device ID; from 1.5.1 on everything does.
//! A pre-release counts by its place in semantic versioning: `1.5.1-beta` comes before `1.5.1` and is gated. A version
//! that cannot be read unlocks everything: a page with too much on it harms nobody, a page that hides the SD card's
//! trouble may.

use semver::Version;

/// What this version of the package offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features {
    /// The Device ID in System Overview.
    pub device_id: bool,
    /// SD Card Information and Device Jobs.
    pub card_and_jobs: bool,
}

const FIRST_FULL: Version = Version::new(1, 5, 1);

/// The features of a package of this version.
#[must_use]
pub fn of(version: &str) -> Features {
    let full = Version::parse(version.trim()).map_or(true, |version| version >= FIRST_FULL);
    Features { device_id: full, card_and_jobs: full }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_begins_with_1_5_1() {
        let table = [
            ("1.5.0", false),
            ("1.5.1", true),
            ("1.5.1-beta.2", false),
            ("1.5.1+build9", true),
            ("1.6.0-rc1", true),
            ("0.9.9", false),
            ("1.10.0", true),
            ("2.0.0", true),
            (" 1.5.0 ", false),
            ("1.5", true),
            ("one", true),
            ("", true),
            ("99999999999999999999.0.0", true),
        ];
        for (version, full) in table {
            assert_eq!(of(version), Features { device_id: full, card_and_jobs: full }, "{version}");
        }
    }
}
