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
/// Zeros at the end of an archive.
const END_BYTES: usize = 1_024;
/// How much of executables is held, so that their headers can be looked at, bytes.
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
        zeros: 0,
    };
    let mut archive = Archive::new(stream);
    let mut reading =
        Reading { limits, found: Found::default(), kinds: HashMap::new(), name: None, target: None, held_bytes: 0 };
    let outcome = reading.read_all(&mut archive);
    let mut stream = archive.into_inner();
    let outcome = outcome.and_then(|()| Ok(drain(&mut stream)?));
    if stream.bytes > limits.unpacked_bytes {
        let what = "the unpacked archive".to_owned();
        return Err(InspectError::TooMuch { what, limit: limits.unpacked_bytes, unit: "bytes" });
    }
    let hidden = outcome?;
    let mut found = reading.found;
    if hidden > 0 {
        found.remarks.push(format!("{hidden} bytes other than zeros stand behind the archive's end"));
    } else if stream.zeros < END_BYTES {
        let why = "the archive does not end in two blocks of zeros";
        return Err(InspectError::Unreadable(io::Error::new(io::ErrorKind::UnexpectedEof, why)));
    }
    found.tar_bytes = stream.bytes;
    found.tar_sha256 = stream.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    drop(stream.inner);
    Ok((found, packed.bytes))
}

/// Reads to the end, so that the checksum at the end is checked too; gives the number of bytes that are no zeros.
fn drain(stream: &mut impl Read) -> io::Result<u64> {
    let mut chunk = [0; 8_192];
    let mut other = 0;
    loop {
        match stream.read(&mut chunk)? {
            0 => return Ok(other),
            read => {
                let count = chunk.iter().take(read).filter(|byte| **byte != 0).count();
                other += u64::try_from(count).unwrap_or(u64::MAX);
            }
        }
    }
}

struct Reading<'a> {
    limits: &'a Limits,
    found: Found,
    /// Path to whether it is a folder; folders that are only implied by a path count too.
    kinds: HashMap<String, Place>,
    /// From a record before the member: a name or target that doesn't fit the header.
    name: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    held_bytes: u64,
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
        if kind == EntryType::Regular && raw.ends_with(b"/") {
            return Err(hostile(&raw, "a file whose name ends in a slash"));
        }
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

    /// Which one is the executable isn't known before the manifest is.
    fn keep_program(&mut self, name: &str, bytes: u64, entry: &mut impl Read) -> Result<(), InspectError> {
        let mut content = whole(entry, bytes.min(4))?;
        if !crate::elf::looks_like_elf(&content) {
            return Ok(());
        }
        self.held_bytes = self.held_bytes.saturating_add(bytes);
        if self.held_bytes > PROGRAM_BYTES {
            self.found.remarks.push(format!("{name}: {bytes} bytes, too big to look into"));
            return Ok(());
        }
        append(&mut content, entry, bytes - 4)?;
        self.found.programs.insert(name.to_owned(), content);
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

/// All of it; an early end is an error. The caller has made sure that it isn't too much.
fn whole(entry: &mut impl Read, bytes: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    append(&mut content, entry, bytes)?;
    Ok(content)
}

fn append(content: &mut Vec<u8>, entry: &mut impl Read, bytes: u64) -> io::Result<()> {
    content.reserve_exact(usize::try_from(bytes).map_err(io::Error::other)?);
    let read = entry.take(bytes).read_to_end(content)?;
    if u64::try_from(read).is_ok_and(|read| read == bytes) {
        Ok(())
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
    /// How many zeros the stream ends with, so far.
    zeros: usize,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        let new = into.get(..read).unwrap_or_default();
        self.hash.update(new);
        let zeros = new.iter().rev().take_while(|byte| **byte == 0).count();
        self.zeros = if zeros == new.len() { self.zeros.saturating_add(zeros) } else { zeros };
        self.bytes = self.bytes.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if self.bytes > self.limit { Err(io::Error::other("too big")) } else { Ok(read) }
    }
}
