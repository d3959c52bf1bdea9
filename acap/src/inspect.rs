//! Reading a package of any origin, without trust and without writing anything.
//!
//! Only the first gzip member is read (a signature follows it in signed packages). Everything is bounded by
//! [`Limits`]: members are streamed, and only the small files that are shown, and the executable, are held in memory.
//!
//! Facts: layout, and signatures as bytes after the archive, from the published documentation; which links and names a
//! camera would refuse isn't known, so whatever could lead out of the package's folder is refused here.

use std::io::{BufRead, BufReader, Read};

use serde::Serialize;

use crate::manifest::Manifest;

mod compare;
mod members;
mod show;

/// How much is read before an archive is taken for hostile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The tar stream, bytes.
    pub unpacked_bytes: u64,
    /// The file and what follows the archive in it, bytes.
    pub packed_bytes: u64,
    /// Members of the archive.
    pub members: usize,
    /// One of the files that are shown (manifest.json, package.conf, param.conf, cgi.conf), bytes.
    pub text_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { unpacked_bytes: 64 << 20, packed_bytes: 64 << 20, members: 2_000, text_bytes: 256 << 10 }
    }
}

/// Why a package can't be read.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// Reading failed: not gzip, damaged, cut off, or the disk's fault.
    #[error("not a whole package: {0}")]
    Unreadable(#[from] std::io::Error),
    /// More than [`Limits`] allow.
    #[error("{what}: more than {limit} {unit} are not read")]
    TooMuch {
        /// What is too much.
        what: String,
        /// How much is read.
        limit: u64,
        /// Bytes or members.
        unit: &'static str,
    },
    /// A member that no package has.
    #[error("member {name:?}: {why}")]
    Hostile {
        /// The member's name, shortened.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file that every package has is missing.
    #[error("no {0} in the archive")]
    Missing(&'static str),
    /// A file that every package has makes no sense.
    #[error("{0}")]
    Garbled(String),
}

/// What is in a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// `setup.appName`.
    pub app_name: String,
    /// The name for people.
    pub friendly_name: String,
    /// `setup.version`.
    pub version: String,
    /// `setup.vendor` and `setup.vendorId`.
    pub vendor: String,
    /// `setup.vendorId`; schema 1 has none.
    pub vendor_id: Option<String>,
    /// `schemaVersion`.
    pub schema_version: String,
    /// `setup.architecture`.
    pub architecture: Option<String>,
    /// What the executable's own header says, or what is wrong with it.
    pub executable: Option<String>,
    /// The highest glibc version that the executable needs, such as `2.34`.
    pub glibc: Option<String>,
    /// The libraries that the executable needs.
    pub libraries: Vec<String>,
    /// `setup.runMode`.
    pub run_mode: Option<String>,
    /// The ranges of AXIS OS, such as `11.11 to 13`.
    pub os_versions: Vec<String>,
    /// The same as pairs of lowest and highest, either of which may be empty.
    #[serde(skip)]
    pub os_ranges: Vec<(String, String)>,
    /// `configuration.settingPage`.
    pub setting_page: Option<String>,
    /// Who may read `html/`.
    pub static_files_for: String,
    /// Parameters: name, default, type.
    pub parameters: Vec<Parameter>,
    /// Proxy rules: path, target, access.
    pub proxy: Vec<ProxyRule>,
    /// What the app asks to be allowed.
    pub rights: Rights,
    /// Members in the archive's order.
    pub members: Vec<MemberReport>,
    /// Size of the gzip member, bytes.
    pub packed_bytes: u64,
    /// Size of the tar stream, bytes.
    pub unpacked_bytes: u64,
    /// SHA-256 of the tar stream, hexadecimal.
    pub tar_sha256: String,
    /// Signature or other bytes after the gzip member.
    pub trailing_bytes: u64,
    /// Where the generated files, the executable and the manifest disagree.
    pub disagreements: Vec<String>,
    /// Oddities that a camera may stumble over.
    pub remarks: Vec<String>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value after installation.
    pub default: String,
    /// Its type.
    pub r#type: String,
}

/// A rule of the reverse proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProxyRule {
    /// The pattern below `/local/APP/`.
    pub api_path: String,
    /// Where requests go.
    pub target: String,
    /// Who may.
    pub access: String,
}

/// What the app asks to be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rights {
    /// A fixed user, if the package wants one.
    pub fixed_user: Option<String>,
    /// Groups of its user.
    pub groups: Vec<String>,
    /// D-Bus methods without which it can't be installed.
    pub required_methods: Vec<String>,
    /// D-Bus methods that it gets where they exist.
    pub conditional_methods: Vec<String>,
}

/// One member of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberReport {
    /// Its path.
    pub path: String,
    /// `file`, `folder` or `link`.
    pub kind: &'static str,
    /// Permission bits, octal.
    pub mode: String,
    /// Size, bytes.
    pub bytes: u64,
    /// Where a link leads.
    pub target: Option<String>,
}

/// Reads a package.
///
/// # Errors
/// [`InspectError`] names what is damaged, missing, hostile or too much.
pub fn inspect(file: impl Read, limits: &Limits) -> Result<Report, InspectError> {
    let mut file = BufReader::new(file.take(limits.packed_bytes.saturating_add(1)));
    let (found, packed_bytes) = members::read(&mut file, limits)?;
    let trailing_bytes = count(&mut file)?;
    if packed_bytes.saturating_add(trailing_bytes) > limits.packed_bytes {
        return Err(InspectError::TooMuch { what: "the file".to_owned(), limit: limits.packed_bytes, unit: "bytes" });
    }
    let text = found.manifest.as_deref().ok_or(InspectError::Missing("manifest.json"))?;
    let manifest = Manifest::read(text).map_err(|error| InspectError::Garbled(error.to_string()))?;
    if manifest.app_name().is_empty() {
        return Err(InspectError::Garbled("manifest.json: no acapPackageConf.setup.appName".to_owned()));
    }
    if found.package_conf.is_none() {
        return Err(InspectError::Missing("package.conf"));
    }
    Ok(show::report(&manifest, found, packed_bytes, trailing_bytes))
}

fn count(rest: &mut impl BufRead) -> std::io::Result<u64> {
    std::io::copy(rest, &mut std::io::sink())
}
