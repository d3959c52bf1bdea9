//! What an executable or library says about itself in its ELF headers.
//!
//! Facts: machine and flag numbers from the ELF specification and its ARM supplement (EABI version 5, hardware floating
//! point); binaries that need nothing above `GLIBC_2.34` are reported to run on AXIS OS 11.11 and later.

use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{Dyn, FileHeader, SectionHeader, SectionTable};
use object::{Endianness, FileKind, ReadRef, StringTable};

use crate::arch::Arch;

/// `e_flags` bit of the ARM supplement: arguments in floating-point registers.
const ARM_HARD_FLOAT: u32 = 0x400;

/// Most libraries and paths, and most symbol versions, that are read. Tables that point at themselves would have no end.
const MOST_NAMES: usize = 256;
const MOST_VERSIONS: usize = 4_096;
/// Longest name of a library, or list of paths, bytes.
const NAME_BYTES: usize = 4_096;

/// The bytes are no ELF file, or a damaged one.
#[derive(Debug, thiserror::Error)]
pub enum ElfError {
    /// It doesn't begin as ELF files do.
    #[error("no ELF file")]
    NoElf,
    /// It begins so, but its tables make no sense.
    #[error("damaged ELF file: {0}")]
    Damaged(#[from] object::Error),
    /// Its tables hold more than any real file's do.
    #[error("damaged ELF file: {0}")]
    Endless(&'static str),
}

/// What matters of an ELF file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elf {
    /// The processor, if it is one of ours.
    pub arch: Option<Arch>,
    /// The processor in words, for messages.
    pub machine: String,
    /// The libraries it needs.
    pub needed: Vec<String>,
    /// The name it has as a library.
    pub soname: Option<String>,
    /// Where it looks for libraries (`DT_RPATH` and `DT_RUNPATH`).
    pub search_path: Vec<String>,
    /// The highest version of glibc's symbols that it needs, such as (2, 34).
    pub glibc: Option<(u32, u32)>,
}

/// Reads the headers.
///
/// # Errors
/// [`ElfError`] if it is no ELF file, or a damaged one.
pub fn read(bytes: &[u8]) -> Result<Elf, ElfError> {
    match FileKind::parse(bytes) {
        Ok(FileKind::Elf32) => read_class::<FileHeader32<Endianness>>(bytes),
        Ok(FileKind::Elf64) => read_class::<FileHeader64<Endianness>>(bytes),
        _ => Err(ElfError::NoElf),
    }
}

fn read_class<H: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Result<Elf, ElfError> {
    let header = H::parse(bytes)?;
    let endian = header.endian()?;
    let (arch, machine) = machine(header, endian);
    let mut found = Elf { arch, machine, needed: Vec::new(), soname: None, search_path: Vec::new(), glibc: None };
    let sections = header.sections(endian, bytes)?;
    if let Some((entries, link)) = sections.dynamic(endian, bytes)? {
        let strings = sections.strings(endian, bytes, link)?;
        read_dynamic::<H>(&mut found, entries, endian, strings)?;
    }
    found.glibc = highest_glibc::<H>(&sections, endian, bytes)?;
    Ok(found)
}

fn machine<H: FileHeader<Endian = Endianness>>(header: &H, endian: Endianness) -> (Option<Arch>, String) {
    let little = endian == Endianness::Little;
    let arm_hard_float = header.e_flags(endian) & ARM_HARD_FLOAT != 0;
    match (header.e_machine(endian), header.is_type_64()) {
        (elf::EM_AARCH64, true) if little => (Some(Arch::Aarch64), "aarch64".to_owned()),
        (elf::EM_X86_64, true) => (Some(Arch::X8664), "x86_64".to_owned()),
        (elf::EM_ARM, false) if little && arm_hard_float => (Some(Arch::Armv7hf), "armv7hf".to_owned()),
        (elf::EM_ARM, false) if little => (None, "32-bit ARM without hardware floating point".to_owned()),
        (other, wide) => {
            let bits = if wide { 64 } else { 32 };
            let order = if little { "little" } else { "big" };
            (None, format!("ELF machine {other} ({bits} bits, {order}-endian)"))
        }
    }
}

fn read_dynamic<H: FileHeader>(
    found: &mut Elf,
    entries: &[H::Dyn],
    endian: H::Endian,
    strings: StringTable<'_>,
) -> Result<(), ElfError> {
    let wanted = |tag| matches!(tag, Some(elf::DT_NEEDED | elf::DT_SONAME | elf::DT_RPATH | elf::DT_RUNPATH));
    for (count, entry) in entries.iter().filter(|entry| wanted(entry.tag32(endian))).enumerate() {
        let name = entry.string(endian, strings)?;
        if count >= MOST_NAMES || name.len() > NAME_BYTES {
            return Err(ElfError::Endless("too many or too long names of libraries"));
        }
        let text = String::from_utf8_lossy(name).into_owned();
        match entry.tag32(endian) {
            Some(elf::DT_NEEDED) => found.needed.push(text),
            Some(elf::DT_SONAME) => found.soname = Some(text),
            _ => found.search_path.extend(text.split(':').map(str::to_owned)),
        }
    }
    Ok(())
}

fn highest_glibc<'data, H: FileHeader>(
    sections: &SectionTable<'data, H, &'data [u8]>,
    endian: H::Endian,
    bytes: &'data [u8],
) -> Result<Option<(u32, u32)>, ElfError> {
    let mut highest = None;
    let mut left = MOST_VERSIONS;
    for section in sections.iter() {
        let Some((mut needs, link)) = section.gnu_verneed(endian, bytes)? else { continue };
        let strings = sections.strings(endian, bytes, link)?;
        while let Some((_, mut versions)) = needs.next()? {
            count_down(&mut left)?;
            while let Some(version) = versions.next()? {
                count_down(&mut left)?;
                let name = version.name(endian, strings)?;
                if name.len() > NAME_BYTES {
                    return Err(ElfError::Endless("a symbol version's name is too long"));
                }
                highest = highest.max(glibc_version(name));
            }
        }
    }
    Ok(highest)
}

fn count_down(left: &mut usize) -> Result<(), ElfError> {
    *left = left.checked_sub(1).ok_or(ElfError::Endless("too many symbol versions"))?;
    Ok(())
}

/// `GLIBC_2.34` → (2, 34). `GLIBC_PRIVATE` and the like count as higher than everything.
fn glibc_version(name: &[u8]) -> Option<(u32, u32)> {
    let rest = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
    let mut numbers = rest.split('.').map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
        _ => Some((u32::MAX, 0)),
    }
}

/// Whether the bytes begin like an ELF file.
#[must_use]
pub fn looks_like_elf(bytes: &[u8]) -> bool {
    bytes.read_bytes_at(0, 4).is_ok_and(|magic| magic == elf::ELFMAG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_test_knows_its_own_libraries_and_glibc() {
        let own = read(&std::fs::read(std::env::current_exe().unwrap()).unwrap()).unwrap();
        assert!(own.needed.iter().any(|name| name == "libc.so.6"), "{own:?}");
        assert!(own.glibc > Some((2, 2)) && own.glibc < Some((3, 0)), "{own:?}");
        assert_eq!(own.arch.map(Arch::word), Some(std::env::consts::ARCH), "{own:?}");
    }

    #[test]
    fn damage_is_told_and_never_panics() {
        assert!(matches!(read(b"#!/bin/sh\n"), Err(ElfError::NoElf)));
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(read(&own[..200]).is_err());
        let mut torn = own[..own.len().min(100_000)].to_vec();
        for at in 0..64 {
            let kept = torn[at];
            torn[at] = 0xff;
            let _ = read(&torn);
            torn[at] = kept;
        }
    }

    #[test]
    fn versions_compare_as_numbers_and_private_symbols_are_too_high() {
        assert!(glibc_version(b"GLIBC_2.4") < glibc_version(b"GLIBC_2.34"));
        assert!(glibc_version(b"GLIBC_PRIVATE") > glibc_version(b"GLIBC_2.99"));
        assert_eq!(glibc_version(b"GCC_3.5"), None);
    }
}
