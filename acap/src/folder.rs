//! Folders of the workspace as members of a package: `html/` and `lib/`.
//!
//! Names are in byte order inside each folder, a folder before what is in it. Left out, as GNU tar does with the options
//! that the SDK's packer uses: names that end in `~`, and the files of version control systems.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::archive::{Body, Member};

/// Most files in one folder, so that a wrong folder ends soon.
const MOST: usize = 2_000;
/// Deepest nesting.
const DEEPEST: usize = 32;

/// Names that belong to version control and are never packed (GNU tar's `--exclude-vcs`).
const VERSION_CONTROL: [&str; 22] = [
    "CVS",
    ".cvsignore",
    "RCS",
    "SCCS",
    ".git",
    ".gitignore",
    ".gitattributes",
    ".gitmodules",
    ".svn",
    ".arch-ids",
    "{arch}",
    "=RELEASE-ID",
    "=meta-update",
    "=update",
    ".bzr",
    ".bzrignore",
    ".bzrtags",
    ".hg",
    ".hgignore",
    ".hgrags",
    ".hgtags",
    "_darcs",
];

/// A folder can't be packed.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It can't be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// What was read.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Something that a package can't hold.
    #[error("{}: {what}", path.display())]
    Unfit {
        /// What was found.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

/// Whether the packer leaves this name out.
#[must_use]
pub fn is_left_out(name: &str) -> bool {
    name.ends_with('~') || VERSION_CONTROL.contains(&name)
}

/// The folder at `path` and all that is in it, under the name `name`.
///
/// # Errors
/// [`FolderError`] names the file that can't be read, or that is neither file, folder nor a link which stays inside.
pub fn read(path: &Path, name: &str) -> Result<Vec<Member>, FolderError> {
    let mut members = vec![Member { path: name.to_owned(), body: Body::Folder, executable: false }];
    read_into(&mut members, path, name, DEEPEST)?;
    Ok(members)
}

fn read_into(members: &mut Vec<Member>, folder: &Path, inside: &str, depth: usize) -> Result<(), FolderError> {
    let unreadable = |path: &Path, source| FolderError::Unreadable { path: path.to_owned(), source };
    let unfit = |path: &Path, what: &str| FolderError::Unfit { path: path.to_owned(), what: what.to_owned() };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|source| unreadable(folder, source))? {
        let entry = entry.map_err(|source| unreadable(folder, source))?;
        names.push(entry.file_name().into_string().map_err(|_| unfit(&entry.path(), "the name is not UTF-8"))?);
    }
    names.sort_unstable();
    for name in names.into_iter().filter(|name| !is_left_out(name)) {
        let (from, path) = (folder.join(&name), format!("{inside}/{name}"));
        if members.len() >= MOST {
            return Err(unfit(&from, "more than 2000 files"));
        }
        let kind = fs::symlink_metadata(&from).map_err(|source| unreadable(&from, source))?;
        let executable = false;
        if kind.is_dir() {
            let depth = depth.checked_sub(1).ok_or_else(|| unfit(&from, "nested too deep"))?;
            members.push(Member { path: path.clone(), body: Body::Folder, executable });
            read_into(members, &from, &path, depth)?;
        } else if kind.is_file() {
            let content = fs::read(&from).map_err(|source| unreadable(&from, source))?;
            members.push(Member { path, body: Body::File(content), executable });
        } else if kind.is_symlink() {
            let target = fs::read_link(&from).map_err(|source| unreadable(&from, source))?;
            let target = target.to_str().ok_or_else(|| unfit(&from, "the target is not UTF-8"))?.to_owned();
            if !stays_inside(&path, &target) {
                return Err(unfit(&from, "a link that leads out of the package"));
            }
            members.push(Member { path, body: Body::Link(target), executable });
        } else {
            return Err(unfit(&from, "neither a file nor a folder nor a link"));
        }
    }
    Ok(())
}

/// Whether a link at `path` (in the package) with this target leads to a place in the package.
#[must_use]
pub fn stays_inside(path: &str, target: &str) -> bool {
    if target.is_empty() || target.starts_with('/') {
        return false;
    }
    let mut depth = path.split('/').count() - 1;
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(up) => depth = up,
                None => return false,
            },
            _ => depth += 1,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_inside_or_it_does_not() {
        for (path, target, inside) in [
            ("lib/libx.so", "libx.so.1", true),
            ("html/a/b", "../../c2c", true),
            ("html/a/b", "../../../etc", false),
            ("after.sh", "c2c", true),
            ("after.sh", "../c2c", false),
            ("lib/x", "/etc/passwd", false),
            ("lib/x", "", false),
        ] {
            assert_eq!(stays_inside(path, target), inside, "{path} -> {target}");
        }
    }

    #[test]
    fn a_folder_is_in_byte_order_without_backups_and_version_control() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.txt", "B.txt", "a/z", "a.txt", "old~", ".gitignore", ".git/config"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        std::os::unix::fs::symlink("b.txt", dir.path().join("link")).unwrap();
        let members = read(dir.path(), "html").unwrap();
        let names: Vec<_> = members.iter().map(|member| member.path.as_str()).collect();
        assert_eq!(names, ["html", "html/B.txt", "html/a", "html/a/z", "html/a.txt", "html/b.txt", "html/link"]);
    }

    #[test]
    fn a_link_that_leads_out_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("door")).unwrap();
        let said = read(dir.path(), "html").unwrap_err().to_string();
        assert!(said.contains("door") && said.contains("out of the package"), "{said}");
    }
}
