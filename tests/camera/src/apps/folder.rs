//! The folder of an installed package: written aside, put in place of an older one, mended after a crash.
//!
//! `<app>.tmp` is being written, `<app>` is installed, `<app>.old` is being replaced. `localdata` goes over last: until
//! then it lies where it was, so whatever fails, and whenever the process dies, it is in one of the two whole.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::package::{Kind, Package};

/// What outlives an upgrade.
const KEPT: &str = "localdata";
/// The ending of a folder that is being replaced.
const OLD: &str = ".old";

/// Writes a package aside; gives the folder.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn write(package: &Package, packages: &Path, app: &str) -> io::Result<PathBuf> {
    let fresh = packages.join(format!("{app}.tmp"));
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    fs::create_dir_all(fresh.join(KEPT))?;
    for member in &package.members {
        let path = fresh.join(&member.name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        match &member.kind {
            Kind::Folder => fs::create_dir_all(&path)?,
            Kind::Link(target) => symlink(target, &path)?,
            Kind::File(content) => {
                fs::write(&path, content)?;
                fs::set_permissions(&path, fs::Permissions::from_mode(member.mode))?;
            }
        }
    }
    Ok(fresh)
}

/// Puts a written package in the place of the installed one, whose `localdata` it gets.
///
/// # Errors
/// When something cannot be renamed; the installed package is there as it was then.
pub(super) fn put_in_place(fresh: &Path, packages: &Path, app: &str) -> io::Result<()> {
    mend(packages, app)?;
    let (place, old) = (packages.join(app), packages.join(format!("{app}{OLD}")));
    if !place.exists() {
        return fs::rename(fresh, &place);
    }
    fs::rename(&place, &old)?;
    let replaced = fs::rename(fresh, &place).and_then(|()| take_over(&old, &place));
    if let Err(error) = replaced {
        if place.exists() {
            fs::rename(&place, fresh)?;
        }
        fs::rename(&old, &place)?;
        return Err(error);
    }
    fs::remove_dir_all(&old)
}

/// Whatever was installed brings its `localdata`, if it has one.
fn take_over(old: &Path, place: &Path) -> io::Result<()> {
    if !old.join(KEPT).is_dir() {
        return Ok(());
    }
    // What the package brought goes with the old folder rather than at once, so that it can be put back.
    let brought = old.join("brought");
    if place.join(KEPT).exists() {
        fs::rename(place.join(KEPT), &brought)?;
    }
    let taken = fs::rename(old.join(KEPT), place.join(KEPT));
    if taken.is_err() && brought.exists() {
        fs::rename(&brought, place.join(KEPT))?;
    }
    taken
}

/// Ends what a process that died in the midst of an upgrade had begun.
///
/// # Errors
/// When something cannot be renamed or removed.
pub(super) fn mend(packages: &Path, app: &str) -> io::Result<()> {
    let (place, old) = (packages.join(app), packages.join(format!("{app}{OLD}")));
    if !old.exists() {
        return Ok(());
    }
    if !place.exists() {
        return fs::rename(&old, &place);
    }
    take_over(&old, &place)?;
    fs::remove_dir_all(&old)
}

/// [`mend`] for all packages.
///
/// # Errors
/// The first one of [`mend`].
pub(super) fn mend_all(packages: &Path) -> io::Result<()> {
    for entry in fs::read_dir(packages)?.flatten() {
        if let Some(app) = entry.file_name().to_str().and_then(|name| name.strip_suffix(OLD)) {
            mend(packages, app)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of packages: `(package, file, content)`.
    fn packages(files: &[(&str, &str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (package, file, content) in files {
            let path = dir.path().join(package).join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        dir
    }

    fn text(dir: &tempfile::TempDir, path: &str) -> String {
        fs::read_to_string(dir.path().join(path)).unwrap_or_default()
    }

    fn names(dir: &tempfile::TempDir) -> Vec<String> {
        let entries = fs::read_dir(dir.path()).unwrap().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    const INSTALLED: [(&str, &str, &str); 2] = [("demo", "program", "1"), ("demo", "localdata/kept", "yes")];

    #[test]
    fn an_upgrade_takes_localdata_over_in_place_of_what_the_package_brings() {
        let dir = packages(
            &[INSTALLED.as_slice(), &[("demo.tmp", "program", "2"), ("demo.tmp", "localdata/x", "x")]].concat(),
        );
        put_in_place(&dir.path().join("demo.tmp"), dir.path(), "demo").unwrap();
        assert_eq!((text(&dir, "demo/program"), text(&dir, "demo/localdata/kept")), ("2".into(), "yes".into()));
        assert!(!dir.path().join("demo/localdata/x").exists());
        assert_eq!(names(&dir), ["demo"]);
    }

    #[test]
    fn an_upgrade_that_fails_leaves_the_installed_package_whole() {
        let dir = packages(&INSTALLED);
        assert!(put_in_place(&dir.path().join("demo.tmp"), dir.path(), "demo").is_err());
        assert_eq!((text(&dir, "demo/program"), text(&dir, "demo/localdata/kept")), ("1".into(), "yes".into()));
        assert_eq!(names(&dir), ["demo"]);
    }

    #[test]
    fn whenever_an_upgrade_was_cut_off_localdata_is_there_afterwards() {
        let moved = [("demo.old", "program", "1"), ("demo.old", "localdata/kept", "yes")];
        let placed = [("demo", "program", "2"), ("demo", "localdata/x", "x")];
        let aside = [("demo", "program", "2"), ("demo.old", "localdata/kept", "yes"), ("demo.old", "brought/x", "x")];
        let taken = [("demo", "program", "2"), ("demo", "localdata/kept", "yes"), ("demo.old", "program", "1")];
        let both = [moved.as_slice(), &placed].concat();
        for (left, program) in [(&moved[..], "1"), (&both, "2"), (&aside, "2"), (&taken, "2")] {
            let dir = packages(left);
            mend_all(dir.path()).unwrap();
            assert_eq!((text(&dir, "demo/program"), text(&dir, "demo/localdata/kept")), (program.into(), "yes".into()));
            assert_eq!(names(&dir), ["demo"], "{left:?}");
        }
    }
}
