//! A package as it arrives: one gzip member with a tar stream, members at bare names (packaging documentation).
//!
//! A signature follows the gzip member. Nothing here can verify one, so trailing bytes count as a signature that
//! could not be verified. Codes: 1 for what is no package or is hostile, 3 for one that is too large, 10 when a
//! member is missing (field note for package.conf, guess for the others), 29 for a package.conf that is no list of
//! assignments.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Component, Path};

use flate2::bufread::GzDecoder;
use tar::EntryType;

use super::Refused;

/// Unpacked packages may have so many bytes; a simulator's own bound, answered with 3.
const MOST_BYTES: u64 = 256 << 20;
/// And so many members; answered with 1.
const MOST_MEMBERS: usize = 20_000;

/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file with its content.
    File(Vec<u8>),
    /// A symbolic link with its target, which stays inside.
    Link(String),
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Relative name without a slash at the end.
    pub name: String,
    /// The lower nine bits of the mode.
    pub mode: u32,
    /// Content.
    pub kind: Kind,
}

/// A package that can be unpacked safely.
#[derive(Debug)]
pub struct Package {
    /// In the order of the stream.
    pub members: Vec<Member>,
    /// Whether bytes follow the gzip member.
    pub has_signature: bool,
}

impl Package {
    /// Reads a whole package.
    ///
    /// # Errors
    /// [`Refused`] with code 1 or 3.
    pub fn open(bytes: &[u8]) -> Result<Self, Refused> {
        let mut decoder = GzDecoder::new(bytes);
        let mut members = Vec::new();
        let mut archive = tar::Archive::new(Bounded { inner: &mut decoder, left: MOST_BYTES });
        let entries = archive.entries().map_err(|error| Refused::new(1, format!("no archive: {error}")))?;
        for entry in entries {
            let mut entry = entry.map_err(|error| broken(&error))?;
            if members.len() >= MOST_MEMBERS {
                return Err(Refused::new(1, "too many members"));
            }
            if let Some(member) = read(&mut entry)? {
                members.push(member);
            }
        }
        std::io::copy(&mut Bounded { inner: &mut decoder, left: MOST_BYTES }, &mut std::io::sink())
            .map_err(|error| broken(&error))?;
        let package = Self { members, has_signature: !decoder.into_inner().is_empty() };
        package.check_names()?;
        Ok(package)
    }

    /// No name twice, nothing below a link.
    fn check_names(&self) -> Result<(), Refused> {
        let mut seen = BTreeMap::new();
        for member in &self.members {
            let is_folder = member.kind == Kind::Folder;
            if seen.insert(member.name.as_str(), &member.kind).is_some() && !is_folder {
                return Err(Refused::new(1, format!("{}: twice", member.name)));
            }
        }
        for member in &self.members {
            let above = Path::new(&member.name).ancestors().skip(1).filter_map(Path::to_str);
            for folder in above.filter(|folder| !folder.is_empty()) {
                if !matches!(seen.get(folder), None | Some(Kind::Folder)) {
                    return Err(Refused::new(1, format!("{}: lies below a member that is no folder", member.name)));
                }
            }
        }
        Ok(())
    }

    /// The content of a file at this bare name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.members.iter().find(|member| member.name == name).and_then(|member| match &member.kind {
            Kind::File(content) => Some(content.as_slice()),
            _ => None,
        })
    }

    /// The assignments of package.conf.
    ///
    /// # Errors
    /// Code 10 when it is missing, 29 when a line is no assignment.
    pub fn conf(&self) -> Result<BTreeMap<String, String>, Refused> {
        let bytes = self.file("package.conf").ok_or_else(|| Refused::new(10, "package.conf: missing"))?;
        let text = std::str::from_utf8(bytes).map_err(|_| Refused::new(29, "package.conf: not UTF-8"))?;
        let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        lines
            .map(|line| {
                assignment(line).ok_or_else(|| Refused::new(29, format!("package.conf: no assignment: {line}")))
            })
            .collect()
    }
}

fn broken(error: &std::io::Error) -> Refused {
    if error.kind() == std::io::ErrorKind::FileTooLarge {
        return Refused::new(3, "too large when unpacked");
    }
    Refused::new(1, format!("damaged archive: {error}"))
}

fn assignment(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
        return None;
    }
    let quoted = |mark: char| value.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    let value = match (quoted('\''), quoted('"')) {
        (Some(inner), _) => (!inner.contains('\'')).then_some(inner),
        (None, Some(inner)) => (!inner.contains(['"', '`', '$'])).then_some(inner),
        (None, None) => (!value.contains([' ', '"', '\'', '`', '$', ';'])).then_some(value),
    };
    value.map(|value| (name.to_owned(), value.to_owned()))
}

fn read<R: Read>(entry: &mut tar::Entry<'_, R>) -> Result<Option<Member>, Refused> {
    let path = entry.path_bytes().into_owned();
    let name = String::from_utf8(path).map_err(|_| Refused::new(1, "a name that is not UTF-8"))?;
    let name = name.trim_end_matches('/').to_owned();
    let mode = entry.header().mode().map_err(|error| broken(&error))? & 0o777;
    let kind = match entry.header().entry_type() {
        EntryType::XGlobalHeader => return Ok(None),
        EntryType::Directory => Kind::Folder,
        EntryType::Regular | EntryType::Continuous => {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(|error| broken(&error))?;
            Kind::File(content)
        }
        EntryType::Symlink => {
            let target = entry.link_name_bytes().map(|target| target.into_owned()).unwrap_or_default();
            Kind::Link(String::from_utf8(target).map_err(|_| Refused::new(1, "a link that is not UTF-8"))?)
        }
        other => return Err(Refused::new(1, format!("{name}: a member of type {other:?}"))),
    };
    let is_inside = match &kind {
        Kind::Link(target) => {
            let folder = Path::new(&name).parent().unwrap_or_else(|| Path::new(""));
            !target.is_empty() && !target.starts_with('/') && stays_inside(&folder.join(target))
        }
        _ => true,
    };
    let is_plain =
        !name.is_empty() && name.split('/').all(|part| !part.is_empty() && part != "..") && !name.contains('\0');
    if is_inside && is_plain {
        Ok(Some(Member { name, mode, kind }))
    } else {
        Err(Refused::new(1, format!("{name:?}: leads out of the package")))
    }
}

fn stays_inside(path: &Path) -> bool {
    let mut depth = 0_usize;
    path.components().all(|part| match part {
        Component::Normal(_) => {
            depth += 1;
            true
        }
        Component::CurDir => true,
        Component::ParentDir => {
            let inside = depth > 0;
            depth = depth.saturating_sub(1);
            inside
        }
        _ => false,
    })
}

/// A reader that fails with `FileTooLarge` after so many bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(u64::try_from(count).unwrap_or(u64::MAX))
            .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::FileTooLarge))?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_to_too_much_is_told_from_what_is_damaged() {
        let mut bounded = Bounded { inner: std::io::repeat(0), left: 100_000 };
        let error = std::io::copy(&mut bounded, &mut std::io::sink()).unwrap_err();
        assert_eq!(broken(&error).code, 3);
        assert_eq!(broken(&std::io::Error::other("x")).code, 1);
    }

    #[test]
    fn package_conf_holds_assignments_and_nothing_that_a_shell_would_run() {
        assert_eq!(assignment("A=\"b c\""), Some(("A".into(), "b c".into())));
        assert_eq!(assignment("A='<a href=\"x\">y</a>'"), Some(("A".into(), "<a href=\"x\">y</a>".into())));
        assert_eq!(assignment("A="), Some(("A".into(), String::new())));
        for line in ["A=\"$(x)\"", "A=\"`x`\"", "A=x;y", "A=x y", "A='x'y'", "A b=\"x\"", "echo", "A=\"x"] {
            assert_eq!(assignment(line), None, "{line}");
        }
    }
}
