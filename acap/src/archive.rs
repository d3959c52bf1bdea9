//! The archive itself: a tar stream as GNU tar writes it, in one gzip member.
//!
//! The `tar` crate's header differs from GNU tar's in the checksum field (six digits, NUL, space), and GNU tar fills the
//! last record of 10240 bytes with zeros; both are done here, so that the stream is the same byte for byte.
//!
//! Facts: GNU tar 1.34 with `--format gnu --owner 0 --group 0 --numeric-owner --sort name`; the gzip header is
//! `1f 8b 08 00 00000000 02 03` (verified against output of the SDK's packer; the deflate data need not match).

use std::io;
use std::num::NonZeroU64;

use tar::{EntryType, Header};

/// Latest modification time that a header holds: eleven octal digits, in seconds since 1970.
pub const LATEST_TIME: u64 = (1 << 33) - 1;
/// A stream ends at a multiple of so many bytes.
const RECORD: usize = 10_240;
const BLOCK: usize = 512;
/// How often Zopfli tries anew; more than five gains less than one in a thousand.
const ROUNDS: NonZeroU64 = match NonZeroU64::new(5) {
    Some(rounds) => rounds,
    None => NonZeroU64::MIN,
};
/// Longest name and link target that fit a header.
const NAME_BYTES: usize = 100;

/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A file and its content.
    File(Vec<u8>),
    /// A folder; what is in it comes as members of their own.
    Folder,
    /// A symbolic link and its target.
    Link(String),
}

/// One entry of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Path in the package, without `./` and without a slash at the end.
    pub path: String,
    /// What it is.
    pub body: Body,
    /// Whether a file may be executed.
    pub executable: bool,
}

impl Member {
    /// A file that is read only.
    pub fn file(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), body: Body::File(content.into()), executable: false }
    }

    /// A file that is run.
    pub fn program(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { executable: true, ..Self::file(path, content) }
    }

    /// The content, if it is a file.
    #[must_use]
    pub fn content(&self) -> Option<&[u8]> {
        match &self.body {
            Body::File(content) => Some(content),
            Body::Folder | Body::Link(_) => None,
        }
    }

    /// The mode bits, pinned: the SDK's packer has the manifest at 0600, all else as with a umask of 022.
    fn mode(&self) -> u32 {
        match &self.body {
            Body::File(_) if self.path == "manifest.json" => 0o600,
            Body::File(_) if self.executable => 0o755,
            Body::File(_) => 0o644,
            Body::Folder => 0o755,
            Body::Link(_) => 0o777,
        }
    }
}

/// The tar stream; `time` (seconds since 1970, at most [`LATEST_TIME`]) is every member's modification time.
#[must_use]
pub fn write_tar(members: &[Member], time: u64) -> Vec<u8> {
    let mut out = Vec::new();
    for member in members {
        write_member(&mut out, member, time.min(LATEST_TIME));
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    out.resize(out.len().next_multiple_of(RECORD), 0);
    out
}

fn write_member(out: &mut Vec<u8>, member: &Member, time: u64) {
    let (kind, name, target, content): (_, _, _, &[u8]) = match &member.body {
        Body::File(content) => (EntryType::Regular, member.path.clone(), "", content),
        Body::Folder => (EntryType::Directory, format!("{}/", member.path), "", &[]),
        Body::Link(target) => (EntryType::Symlink, member.path.clone(), target.as_str(), &[]),
    };
    if target.len() > NAME_BYTES {
        write_long(out, EntryType::GNULongLink, target);
    }
    if name.len() > NAME_BYTES {
        write_long(out, EntryType::GNULongName, &name);
    }
    let header = header(kind, &name, target, member.mode(), time, content.len());
    write_blocks(out, &header, content);
}

/// GNU's record before a member whose name or target doesn't fit its header.
fn write_long(out: &mut Vec<u8>, kind: EntryType, text: &str) {
    let content = [text.as_bytes(), b"\0"].concat();
    write_blocks(out, &header(kind, "././@LongLink", "", 0o644, 0, content.len()), &content);
}

fn write_blocks(out: &mut Vec<u8>, header: &Header, content: &[u8]) {
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
}

fn header(kind: EntryType, name: &str, target: &str, mode: u32, time: u64, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(u64::try_from(size).unwrap_or(u64::MAX));
    header.set_mtime(time);
    if let Some(gnu) = header.as_gnu_mut() {
        gnu.name.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
        gnu.linkname.iter_mut().zip(target.bytes()).for_each(|(to, from)| *to = from);
    }
    header.set_cksum();
    let sum = header.cksum().unwrap_or_default();
    if let Some(old) = header.as_old_mut().cksum.first_chunk_mut() {
        *old = checksum_field(sum);
    }
    header
}

/// Six octal digits, NUL, space. A header's sum is at most 512 × 255, which has six.
fn checksum_field(sum: u32) -> [u8; 8] {
    let mut field = *b"000000\0 ";
    field.iter_mut().zip(format!("{sum:06o}").bytes()).for_each(|(to, from)| *to = from);
    field
}

/// The stream in one gzip member, without name and time, as small as it gets: Zopfli takes seconds where others take a
/// tenth of one, and gains four in a hundred for every camera.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn compress(tar: &[u8]) -> io::Result<Vec<u8>> {
    let rounds = zopfli::Options { iteration_count: ROUNDS, ..zopfli::Options::default() };
    let mut gzip = Vec::new();
    zopfli::compress(rounds, zopfli::Format::Gzip, tar, &mut gzip)?;
    Ok(gzip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_a_file_has_the_documented_fields() {
        let tar = write_tar(&[Member::program("demo_app", "#!/bin/sh\nexit 0\n")], 1_700_000_000);
        assert_eq!(&tar[100..156], b"0000755\x000000000\x000000000\x0000000000021\x0014524770400\x00007452\x00 ");
        assert_eq!(&tar[156..157], b"0");
        assert_eq!(&tar[257..265], b"ustar  \0");
        assert!(tar[265..512].iter().all(|byte| *byte == 0));
        assert_eq!(tar.len(), 10_240);
    }

    #[test]
    fn the_gzip_header_has_no_name_no_time_and_unix_as_its_system() {
        let bytes = compress(b"x").unwrap();
        assert_eq!(bytes[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3]);
    }
}
