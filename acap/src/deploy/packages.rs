//! Which of the given packages a camera gets.
//!
//! Facts: a package of another architecture is refused or fails at its start. AXIS OS 13 takes schema 2 alone; from 12.10
//! on the ranges of `compatibleOsVersions` count; schema 2.1 came with 12.11. That releases from 11.11 to 12.9 read schema
//! 2.0 is not certain, so they get schema 1 where there is one.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use semver::Version;
use sha2::{Digest as _, Sha256};

use crate::camera::vapix::{Identity, Os};
use crate::inspect::{Limits, Report, inspect};

/// The first release whose schema is certainly 2.
const READS_SCHEMA_2: Os = Os { major: 12, minor: 10 };
/// The first release that reads schema 2.1.
const READS_SCHEMA_2_1: Os = Os { major: 12, minor: 11 };

/// A package that was given.
#[derive(Debug)]
pub struct Package {
    /// Its file name.
    pub name: String,
    /// The file.
    pub bytes: Bytes,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// The app's version.
    pub version: Version,
    /// What is in it.
    pub report: Report,
    schema: (u64, u64),
}

impl Package {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        let report = inspect(bytes.as_slice(), &Limits::default()).with_context(|| path.display().to_string())?;
        let mut schema = report.schema_version.split('.').map(|part| part.parse().unwrap_or(0));
        let schema = (schema.next().unwrap_or(0), schema.next().unwrap_or(0));
        let version = Version::parse(&report.version).with_context(|| format!("{}: version", path.display()))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { name, sha256, version, schema, report, bytes: bytes.into() })
    }

    /// Whether something follows the archive, as a signature does.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.report.trailing_bytes > 0
    }

    /// Whether the app has a page of that name behind the camera's proxy.
    #[must_use]
    pub fn serves(&self, path: &str) -> bool {
        self.report.proxy.iter().any(|rule| rule.api_path == path)
    }

    fn fits(&self, camera: &Identity) -> bool {
        let arch = camera.arch().map(crate::arch::Arch::word);
        let is_built_for = self.report.architecture.as_deref().is_some_and(|own| own == "all" || Some(own) == arch);
        let (os, ranges) = (camera.os, &self.report.os_ranges);
        let reads = match self.schema {
            (1, _) => os.major < 13,
            (2, 0) => true,
            _ => os >= READS_SCHEMA_2_1,
        };
        let in_range =
            ranges.is_empty() && os.major < 13 || ranges.iter().any(|(min, max)| is_within(&camera.version, min, max));
        is_built_for && reads && (os < READS_SCHEMA_2 || self.schema.0 == 1 || in_range)
    }

    /// The best of those that fit comes last: the newest, then a signed one, then the form that is certain to be read.
    fn rank(&self, os: Os) -> (&Version, bool, bool) {
        (&self.version, self.is_signed(), (self.schema.0 >= 2) == (os >= READS_SCHEMA_2))
    }
}

/// Whether a version lies between two, each of which may be short or missing: `13` as the end takes every 13.x.
fn is_within(version: &str, min: &str, max: &str) -> bool {
    let numbers = |text: &str| text.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u64>>();
    let here = numbers(version);
    let (low, high) = (numbers(min), numbers(max));
    (min.is_empty() || here >= low)
        && (max.is_empty() || here.iter().take(high.len()).copied().collect::<Vec<_>>() <= high)
}

/// All that were given; of one app.
#[derive(Debug)]
pub struct Packages(Vec<Package>);

impl Packages {
    /// Reads files, and folders with the folders in them.
    ///
    /// # Errors
    /// What cannot be read, and packages of more than one app.
    pub fn read(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        for path in paths {
            if path.is_dir() { files.extend(packages_in(path, 1)?) } else { files.push(path.clone()) }
        }
        let all: Vec<Package> = files.iter().map(|path| Package::read(path)).collect::<anyhow::Result<_>>()?;
        let Some(first) = all.first() else { bail!("no package (.eap) is there") };
        if let Some(other) = all.iter().find(|other| other.report.app_name != first.report.app_name) {
            bail!(
                "{} is {}, {} is {}: one app at a time",
                first.name,
                first.report.app_name,
                other.name,
                other.report.app_name
            );
        }
        Ok(Self(all))
    }

    /// The app's name, as in its paths.
    #[must_use]
    pub fn app(&self) -> &str {
        self.0.first().map(|package| package.report.app_name.as_str()).unwrap_or_default()
    }

    /// Refuses a parameter that no package has.
    ///
    /// # Errors
    /// The names that there are.
    pub fn check_parameter(&self, name: &str) -> anyhow::Result<()> {
        let names =
            |package: &Package| package.report.parameters.iter().map(|own| own.name.clone()).collect::<Vec<_>>();
        if self.0.iter().all(|package| names(package).iter().any(|own| own == name)) {
            return Ok(());
        }
        let known = self.0.first().map(|package| names(package).join(", ")).unwrap_or_default();
        Err(anyhow!("--param {name}: the app has no such parameter; it has {known}"))
    }

    /// Whether a portal can be confirmed on each.
    #[must_use]
    pub fn all_have_forms(&self) -> bool {
        self.0.iter().all(|package| package.serves("control") && package.serves("status"))
    }

    /// The package for a camera.
    ///
    /// # Errors
    /// What was wanted and what there is, for people.
    pub fn choose(&self, camera: &Identity) -> Result<&Package, String> {
        let fitting = self.0.iter().filter(|package| package.fits(camera));
        fitting.max_by_key(|package| package.rank(camera.os)).ok_or_else(|| {
            let given = self.0.iter().map(|package| {
                let report = &package.report;
                let (arch, os) = (report.architecture.as_deref().unwrap_or("?"), report.os_versions.join(", "));
                format!("{arch} for AXIS OS {}", if os.is_empty() { "before 13".to_owned() } else { os })
            });
            let mut given: Vec<String> = given.collect();
            given.sort();
            given.dedup();
            format!("it is {} with AXIS OS {}; given: {}", camera.architecture, camera.version, given.join("; "))
        })
    }
}

fn packages_in(folder: &Path, deeper: u8) -> anyhow::Result<Vec<PathBuf>> {
    let shown = || folder.display().to_string();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(shown)? {
        let path = entry.with_context(shown)?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && deeper > 0 {
            found.extend(packages_in(&path, deeper - 1)?);
        } else if !is_hidden && path.extension().is_some_and(|ending| ending == "eap") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_takes_its_ends_whole_and_a_missing_end_is_open() {
        for (version, min, max, within) in [
            ("12.11.77", "11.11", "13", true),
            ("13.9.1", "11.11", "13", true),
            ("14.0.1", "11.11", "13", false),
            ("12.10.68", "12.10.69", "", false),
            ("11.9.1", "11.11", "", false),
            ("9.80.2", "", "", true),
        ] {
            assert_eq!(is_within(version, min, max), within, "{version} {min} {max}");
        }
    }
}
