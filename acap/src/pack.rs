//! Packing: from a manifest and files to the bytes of an `.eap`.
//!
//! The order of the members is that of the SDK's packer (verified): executable, package.conf, param.conf, LICENSE,
//! manifest.json, post-install script, additional files, pre-uninstall script, html/, lib/, cgi.conf.

use crate::arch::Arch;
use crate::archive::{self, Member};
use crate::budget::Budget;
use crate::folder::is_left_out;
use crate::inspect::Limits;
use crate::manifest::Manifest;
use crate::problem::{Problem, Problems};
use crate::{cgi_conf, package_conf, param_conf, rules};

/// What a package is made of.
#[derive(Debug, Clone)]
pub struct Ingredients {
    /// The processor that it is for.
    pub arch: Arch,
    /// The manifest in the wanted schema, with or without `setup.architecture`.
    pub manifest: Manifest,
    /// The executable.
    pub binary: Vec<u8>,
    /// The licence text.
    pub license: Vec<u8>,
    /// Files for the package's root, in their order; scripts that the manifest names are among them.
    pub additional: Vec<Member>,
    /// `html` and all that is in it, from [`crate::folder::read`], or nothing.
    pub html: Vec<Member>,
    /// `lib` and all that is in it, or nothing.
    pub lib: Vec<Member>,
    /// The rules of temporary notices that are built into the executable, if it has any; checked, not packed.
    pub notices: Option<Vec<u8>>,
    /// Modification time of every member, seconds since 1970.
    pub time: u64,
}

/// A finished package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The file's name.
    pub file_name: String,
    /// The file's content.
    pub bytes: Vec<u8>,
    /// The tar stream in it.
    pub tar: Vec<u8>,
}

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Rules are broken: all of them.
    #[error("{}", Problems(.0.clone()))]
    Refused(Vec<Problem>),
    /// Writing to memory failed.
    #[error("writing the archive")]
    Io(#[from] std::io::Error),
    /// Writing the manifest failed.
    #[error("writing manifest.json")]
    Json(#[from] serde_json::Error),
}

/// Checks everything and packs it.
///
/// # Errors
/// [`PackError::Refused`] with all problems at once.
pub fn pack(ingredients: Ingredients, budget: &Budget) -> Result<Package, PackError> {
    let (arch, time) = (ingredients.arch, ingredients.time);
    let mut manifest = ingredients.manifest.clone();
    if manifest.setup("architecture").is_none() {
        manifest.set_setup("architecture", arch.word());
    }
    let notices = ingredients.notices.as_deref().map(rules::notices::check).unwrap_or_default();
    let (given, other_names) = arrange(&manifest, ingredients);
    let mut problems = rules::check(&manifest, arch, &given);
    problems.extend(notices);
    let too_big = files_above_budget(&manifest, arch, &given, budget);
    let name = file_name(&manifest, arch);
    let other_names: Vec<&str> = other_names.iter().map(String::as_str).collect();
    let tar = archive::write_tar(&with_generated(&manifest, given, &other_names)?, time);
    let most = Limits::default().unpacked_bytes;
    if u64::try_from(tar.len()).unwrap_or(u64::MAX) > most {
        let rule = format!("{} bytes unpacked, {most} are allowed", tar.len());
        problems.push(Problem::new(name, rule, "strip the binary"));
        return Err(PackError::Refused(problems));
    }
    if !too_big.is_empty() {
        // The package's own size would say the same once more.
        problems.extend(too_big);
        return Err(PackError::Refused(problems));
    }
    let bytes = archive::compress(&tar)?;
    problems.extend(budget.check_package(arch, &name, bytes.len()));
    if problems.is_empty() { Ok(Package { file_name: name, bytes, tar }) } else { Err(PackError::Refused(problems)) }
}

fn files_above_budget(manifest: &Manifest, arch: Arch, files: &[Member], budget: &Budget) -> Vec<Problem> {
    let check = |file: &Member| {
        budget.check_file(arch, &file.path, file.path == manifest.app_name(), file.content().map_or(0, <[u8]>::len))
    };
    files.iter().filter_map(check).collect()
}

/// The given files in the archive's order, and the names of the additional ones (what is left out is still named, as
/// in the SDK's packer).
fn arrange(manifest: &Manifest, ingredients: Ingredients) -> (Vec<Member>, Vec<String>) {
    let script = |group: &str, key: &str| manifest.text(&["acapPackageConf", group, key]).unwrap_or_default();
    let (first, last) = (script("installation", "postInstallScript"), script("uninstallation", "preUninstallScript"));
    let Ingredients { binary, license, additional, html, lib, .. } = ingredients;
    let (scripts, others): (Vec<Member>, Vec<Member>) =
        additional.into_iter().partition(|file| file.path == first || file.path == last);
    let (before, after): (Vec<Member>, Vec<Member>) =
        scripts.into_iter().map(|file| Member { executable: true, ..file }).partition(|file| file.path == first);
    let names = others.iter().map(|file| file.path.clone()).collect();
    let mut files = vec![Member::program(manifest.app_name(), binary), Member::file("LICENSE", license)];
    files.extend(before);
    files.extend(others.into_iter().filter(|file| !is_left_out(&file.path)));
    files.extend(after);
    files.extend(html);
    files.extend(lib);
    (files, names)
}

/// All members, the generated files in their places: after the executable, after the licence, and at the end.
fn with_generated(manifest: &Manifest, given: Vec<Member>, other_names: &[&str]) -> Result<Vec<Member>, PackError> {
    let mut given = given.into_iter();
    let mut all: Vec<Member> = given.by_ref().take(1).collect();
    all.push(Member::file("package.conf", package_conf::write(manifest, other_names)));
    all.push(Member::file("param.conf", param_conf::write(manifest)));
    all.extend(given.by_ref().take(1));
    all.push(Member::file("manifest.json", manifest.packed()?));
    all.extend(given);
    all.extend(cgi_conf::write(manifest).map(|text| Member::file("cgi.conf", text)));
    Ok(all)
}

/// The file's name: friendlyName with underscores, the three numbers of the version, the architecture.
#[must_use]
pub fn file_name(manifest: &Manifest, arch: Arch) -> String {
    let version = manifest.version().unwrap_or(semver::Version::new(0, 0, 0));
    let semver::Version { major, minor, patch, .. } = version;
    format!("{}_{major}_{minor}_{patch}_{arch}.eap", manifest.friendly_name().replace(' ', "_"))
}
