//! The archive's members, one after the other, each checked before anything of it is kept.

use std::collections::HashMap;
use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};
use tar::{Archive, Entry, EntryType};

use super::{InspectError, Limits, MemberReport};
use crate::folder::stays_inside;

/// Longest name or link target.
const NAME_BYTES: u64 = 4_096;
/// Biggest executable whose headers are looked at, bytes.
const PROGRAM_BYTES: u64 = 32 << 20;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) members: Vec<MemberReport>,
    pub(super) manifest: Option<Vec<u8>>,
    pub(super) package_conf: Option<Vec<u8>>,
    pub(super) param_conf: Option<Vec<u8>>,
    pub(super) cgi_conf: Option<Vec<u8>>,
    /// The files in the root that begin as ELF files do.
    pub(super) programs: HashMap<String, Vec<u8>>,
    pub(super) tar_bytes: u64,
    pub(super) tar_sha256: String,
    pub(super) remarks: Vec<String>,
}

/// Reads the first gzip member; also gives its size in bytes.
pub(super) fn read(file: &mut impl BufRead, limits: &Limits) -> Result<(Found, u64), InspectError> {
    let mut packed = Counter { inner: file, bytes: 0 };
    let stream = Watched {
        inner: GzDecoder::new(&mut packed),
        hash: Sha256::new(),
        bytes: 0,
        limit: limits.unpacked_bytes,
        tail: Tail::default(),
    };
    let mut archive = Archive::new(stream);
    let mut reading = Reading { limits, found: Found::default(), kinds: HashMap::new(), name: None, target: None };
    let outcome = reading.read_all(&mut archive);
    let mut stream = archive.into_inner();
    let outcome = outcome.and_then(|()| Ok(io::copy(&mut stream, &mut io::sink())?));
    if stream.bytes > limits.unpacked_bytes {
        let what = "the unpacked archive".to_owned();
        return Err(InspectError::TooMuch { what, limit: limits.unpacked_bytes, unit: "bytes" });
    }
    let mut found = match outcome {
        Ok(_) => reading.found,
        Err(error) => return Err(error),
    };
    if !stream.tail.ends_with_two_zero_blocks() {
        return Err(InspectError::Unreadable(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive has no end")));
    }
    found.tar_bytes = stream.bytes;
    found.tar_sha256 = stream.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    drop(stream.inner);
    Ok((found, packed.bytes))
}

struct Reading<'a> {
    limits: &'a Limits,
    found: Found,
    /// Path to whether it is a folder; folders that are only implied by a path count too.
    kinds: HashMap<String, Place>,
    /// From a record before the member: a name or target that doesn't fit the header.
    name: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Folder,
    ImpliedFolder,
    Leaf,
}

impl Reading<'_> {
    fn read_all<R: Read>(&mut self, archive: &mut Archive<R>) -> Result<(), InspectError> {
        for entry in archive.entries()?.raw(true) {
            if self.found.members.len() >= self.limits.members {
                let limit = u64::try_from(self.limits.members).unwrap_or(u64::MAX);
                return Err(InspectError::TooMuch { what: "the archive".to_owned(), limit, unit: "members" });
            }
            self.read_entry(&mut entry?)?;
        }
        Ok(())
    }

    fn read_entry<R: Read>(&mut self, entry: &mut Entry<'_, R>) -> Result<(), InspectError> {
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::GNULongName | EntryType::GNULongLink) {
            let long = Some(long_text(entry)?);
            *(if kind == EntryType::GNULongName { &mut self.name } else { &mut self.target }) = long;
            return Ok(());
        }
        let raw = self.name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
        let name = checked_name(&raw)?;
        let target = self.target.take().or_else(|| entry.link_name_bytes().map(|bytes| bytes.into_owned()));
        let (word, target) = match kind {
            EntryType::Regular => ("file", None),
            EntryType::Directory => ("folder", None),
            EntryType::Symlink => ("link", Some(checked_target(&name, target.unwrap_or_default())?)),
            EntryType::Link => return Err(hostile(&raw, "a hard link, which no package needs")),
            EntryType::Char | EntryType::Block | EntryType::Fifo => {
                return Err(hostile(&raw, "a device or pipe"));
            }
            other => {
                return Err(hostile(&raw, format!("entries of type {:?} are not read", char::from(other.as_byte()))));
            }
        };
        self.place(&name, word == "folder")?;
        let mode = entry.header().mode()? & 0o7777;
        let bytes = entry.header().entry_size()?;
        if word == "file" {
            self.keep(&name, bytes, entry)?;
        }
        self.remark(&name, word, mode);
        self.found.members.push(MemberReport { path: name, kind: word, mode: format!("{mode:04o}"), bytes, target });
        Ok(())
    }

    /// Notes where the member is, and refuses what is there twice or below something that is no folder.
    fn place(&mut self, name: &str, is_folder: bool) -> Result<(), InspectError> {
        for (at, _) in name.match_indices('/') {
            let parent = name.get(..at).unwrap_or_default();
            match self.kinds.get(parent) {
                Some(Place::Leaf) => {
                    return Err(hostile(name.as_bytes(), format!("it is below {parent:?}, which is no folder")));
                }
                Some(_) => {}
                None => {
                    self.kinds.insert(parent.to_owned(), Place::ImpliedFolder);
                }
            }
        }
        let place = if is_folder { Place::Folder } else { Place::Leaf };
        match self.kinds.insert(name.to_owned(), place) {
            None => Ok(()),
            Some(Place::ImpliedFolder) if is_folder => Ok(()),
            Some(_) => Err(hostile(name.as_bytes(), "it is there twice")),
        }
    }

    /// Keeps the content of the files that are shown.
    fn keep(&mut self, name: &str, bytes: u64, entry: &mut impl Read) -> Result<(), InspectError> {
        let slot = match name {
            "manifest.json" => &mut self.found.manifest,
            "package.conf" => &mut self.found.package_conf,
            "param.conf" => &mut self.found.param_conf,
            "cgi.conf" => &mut self.found.cgi_conf,
            _ if name.contains('/') => return Ok(()),
            _ => return self.keep_program(name, bytes, entry),
        };
        if bytes > self.limits.text_bytes {
            return Err(InspectError::TooMuch { what: name.to_owned(), limit: self.limits.text_bytes, unit: "bytes" });
        }
        *slot = Some(whole(entry, bytes)?);
        Ok(())
    }

    fn keep_program(&mut self, name: &str, bytes: u64, entry: &mut impl Read) -> Result<(), InspectError> {
        let magic = whole(entry, bytes.min(4))?;
        if !crate::elf::looks_like_elf(&magic) || !self.found.programs.is_empty() {
            return Ok(());
        }
        if bytes > PROGRAM_BYTES {
            self.found.remarks.push(format!("{name}: {bytes} bytes, too big to look into"));
            return Ok(());
        }
        let rest = whole(entry, bytes - 4)?;
        self.found.programs.insert(name.to_owned(), [magic, rest].concat());
        Ok(())
    }

    fn remark(&mut self, name: &str, word: &str, mode: u32) {
        if mode & 0o6000 != 0 {
            self.found.remarks.push(format!("{name}: it takes the rights of its owner (mode {mode:04o})"));
        }
        if word != "link" && mode & 0o002 != 0 {
            let rule = "everybody may write it; cameras were seen to leave out the proxy rules of such packages";
            self.found.remarks.push(format!("{name}: mode {mode:04o}, {rule}"));
        }
    }
}

/// All of it; an early end is an error.
fn whole(entry: &mut impl Read, bytes: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let read = entry.take(bytes).read_to_end(&mut content)?;
    if u64::try_from(read).is_ok_and(|read| read == bytes) {
        Ok(content)
    } else {
        Err(io::Error::new(io::ErrorKind::UnexpectedEof, "cut off"))
    }
}

fn long_text<R: Read>(entry: &mut Entry<'_, R>) -> Result<Vec<u8>, InspectError> {
    let bytes = entry.header().entry_size()?;
    if bytes > NAME_BYTES {
        return Err(InspectError::TooMuch { what: "a member's name".to_owned(), limit: NAME_BYTES, unit: "bytes" });
    }
    let mut text = whole(entry, bytes)?;
    if text.last() == Some(&0) {
        text.pop();
    }
    Ok(text)
}

/// The path, if it is a plain one inside the package.
fn checked_name(raw: &[u8]) -> Result<String, InspectError> {
    let name = std::str::from_utf8(raw).map_err(|_| hostile(raw, "the name is not UTF-8"))?;
    if name.starts_with('/') {
        return Err(hostile(raw, "an absolute name"));
    }
    let name = name.strip_suffix('/').unwrap_or(name);
    if name.chars().any(char::is_control) {
        return Err(hostile(raw, "control characters in the name"));
    }
    for step in name.split('/') {
        match step {
            ".." => return Err(hostile(raw, "the name leads out of the package")),
            "" | "." => return Err(hostile(raw, "members have bare names, without ./ and empty parts")),
            _ => {}
        }
    }
    Ok(name.to_owned())
}

fn checked_target(name: &str, raw: Vec<u8>) -> Result<String, InspectError> {
    let target = String::from_utf8(raw).map_err(|_| hostile(name.as_bytes(), "the link's target is not UTF-8"))?;
    if target.chars().any(char::is_control) {
        return Err(hostile(name.as_bytes(), "control characters in the link's target"));
    }
    if stays_inside(name, &target) {
        Ok(target)
    } else {
        Err(hostile(
            name.as_bytes(),
            format!("a link that leads out of the package, to {:?}", shortened(target.as_bytes())),
        ))
    }
}

fn hostile(name: &[u8], why: impl Into<String>) -> InspectError {
    InspectError::Hostile { name: shortened(name), why: why.into() }
}

fn shortened(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().take(120).collect()
}

/// Counts what is consumed of a buffered stream.
struct Counter<'a, R> {
    inner: &'a mut R,
    bytes: u64,
}

impl<R: BufRead> Read for Counter<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.bytes += u64::try_from(read).unwrap_or(u64::MAX);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counter<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
        self.inner.consume(bytes);
    }
}

/// Hashes and counts the tar stream, and ends it with an error above the limit.
struct Watched<R> {
    inner: R,
    hash: Sha256,
    bytes: u64,
    limit: u64,
    tail: Tail,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        let new = into.get(..read).unwrap_or_default();
        self.hash.update(new);
        self.tail.push(new);
        self.bytes = self.bytes.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if self.bytes > self.limit { Err(io::Error::other("too big")) } else { Ok(read) }
    }
}

/// How many zeros the stream ends with.
#[derive(Debug, Default)]
struct Tail {
    zeros: usize,
}

impl Tail {
    fn push(&mut self, new: &[u8]) {
        let zeros = new.iter().rev().take_while(|byte| **byte == 0).count();
        self.zeros = if zeros == new.len() { self.zeros.saturating_add(zeros) } else { zeros };
    }

    fn ends_with_two_zero_blocks(&self) -> bool {
        self.zeros >= 1_024
    }
}
