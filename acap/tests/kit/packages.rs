//! What the packer's tests share: small executables, a good package, archives made by hand, programs.
#![allow(dead_code, reason = "each test file takes what it needs")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests: a panic is the failure")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use eap::arch::Arch;
use eap::archive::{Body, Member};
use eap::budget::Budget;
use eap::manifest::Manifest;
use eap::pack::Ingredients;
use tar::{EntryType, Header};

/// A program of the host.
#[expect(clippy::disallowed_methods, reason = "the one place where these tests start programs")]
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    Command::new(name)
}

/// The program under test.
pub(crate) fn eap() -> Command {
    program(env!("CARGO_BIN_EXE_eap"))
}

/// The workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The project's own manifest as text.
pub(crate) const MANIFEST: &str = include_str!("../../manifest.json");

/// The project's manifest and budget, with small files.
pub(crate) fn good(arch: Arch) -> Ingredients {
    Ingredients {
        arch,
        manifest: Manifest::read(MANIFEST.as_bytes()).unwrap(),
        binary: executable(arch, &Needs::default()),
        license: b"Do as you like.\n".to_vec(),
        additional: Vec::new(),
        html: html(&["index.html", "style.css"]),
        lib: Vec::new(),
        notices: Some(include_bytes!("../../notices.json").to_vec()),
        time: 0,
    }
}

/// `html/` with these files.
pub(crate) fn html(names: &[&str]) -> Vec<Member> {
    let mut members = vec![Member { path: "html".to_owned(), body: Body::Folder, executable: false }];
    members.extend(names.iter().map(|name| Member::file(format!("html/{name}"), *name)));
    members
}

pub(crate) fn budget() -> Budget {
    Budget::read(include_str!("../../budget.toml")).unwrap()
}

/// What a made-up executable says that it needs.
#[derive(Debug, Default)]
pub(crate) struct Needs<'a> {
    pub(crate) libraries: &'a [&'a str],
    pub(crate) soname: Option<&'a str>,
    pub(crate) search_path: Option<&'a str>,
    pub(crate) glibc: &'a [&'a str],
    /// How many versions the table says it has, if that isn't the truth.
    pub(crate) claimed_versions: Option<u16>,
}

/// The headers of an executable and nothing to execute.
pub(crate) fn executable(arch: Arch, needs: &Needs<'_>) -> Vec<u8> {
    match arch {
        Arch::Aarch64 => Elf { wide: true, machine: 183, flags: 0 }.with(needs),
        Arch::X8664 => Elf { wide: true, machine: 62, flags: 0 }.with(needs),
        Arch::Armv7hf => elf32_arm(0x0500_0400, needs),
    }
}

/// The same for 32-bit ARM with these flags.
pub(crate) fn elf32_arm(flags: u32, needs: &Needs<'_>) -> Vec<u8> {
    Elf { wide: false, machine: 40, flags }.with(needs)
}

/// An ELF file, 64 or 32 bits wide.
struct Elf {
    wide: bool,
    machine: u16,
    flags: u32,
}

impl Elf {
    /// Numbers that are as wide as an address.
    fn words<const N: usize>(&self, numbers: [u64; N]) -> Vec<u8> {
        let narrow = |number: u64| u32::try_from(number).unwrap().to_le_bytes().to_vec();
        numbers
            .into_iter()
            .flat_map(|number| if self.wide { number.to_le_bytes().to_vec() } else { narrow(number) })
            .collect()
    }

    fn with(&self, needs: &Needs<'_>) -> Vec<u8> {
        let mut strings = vec![0];
        let mut place = |text: &str| {
            let at = u32::try_from(strings.len()).unwrap();
            strings.extend(text.bytes().chain([0]));
            at
        };
        let mut dynamic = Vec::new();
        let tags = needs.libraries.iter().map(|name| (1, *name));
        for (tag, text) in
            tags.chain(needs.soname.map(|name| (14, name))).chain(needs.search_path.map(|path| (29, path)))
        {
            dynamic.extend(self.words([tag, u64::from(place(text))]));
        }
        dynamic.extend(self.words([0, 0]));
        // One record for libc.so.6, and one for each of its versions.
        let mut versions = Vec::new();
        let count = needs.claimed_versions.unwrap_or(u16::try_from(needs.glibc.len()).unwrap());
        versions.extend([1_u16.to_le_bytes(), count.to_le_bytes()].concat());
        versions.extend([place("libc.so.6"), 16, 0].map(u32::to_le_bytes).concat());
        for (index, name) in needs.glibc.iter().enumerate() {
            let next: u32 = if index + 1 == needs.glibc.len() { 0 } else { 16 };
            versions.extend([0; 8]);
            versions.extend([place(name), next].map(u32::to_le_bytes).concat());
        }
        let mut sections = vec![(3_u32, strings, 0_u32), (6, dynamic, 1)];
        if count > 0 {
            sections.push((0x6fff_fffe, versions, 1));
        }
        self.assemble(&sections)
    }

    /// Header, contents, section table. A section is its type, its content and the number of its string table.
    fn assemble(&self, sections: &[(u32, Vec<u8>, u32)]) -> Vec<u8> {
        let (header, entry): (u16, u16) = if self.wide { (64, 64) } else { (52, 40) };
        let mut body = Vec::new();
        let mut table = vec![0; usize::from(entry)];
        for (kind, content, link) in sections {
            let at = u64::from(header) + u64::try_from(body.len()).unwrap();
            table.extend([0, *kind].map(u32::to_le_bytes).concat());
            table.extend(self.words([0, 0, at, u64::try_from(content.len()).unwrap()]));
            table.extend([*link, 1].map(u32::to_le_bytes).concat());
            table.extend(self.words([1, if *kind == 6 { 16 } else { 0 }]));
            body.extend(content);
            body.resize(body.len().next_multiple_of(8), 0);
        }
        let mut elf = [b"\x7fELF", &[if self.wide { 2 } else { 1 }, 1, 1][..], &[0; 9]].concat();
        elf.extend([3_u16.to_le_bytes(), self.machine.to_le_bytes()].concat());
        elf.extend(1_u32.to_le_bytes());
        elf.extend(self.words([0, 0, u64::from(header) + u64::try_from(body.len()).unwrap()]));
        elf.extend(self.flags.to_le_bytes());
        let count = u16::try_from(sections.len() + 1).unwrap();
        elf.extend([header, 32, 0, entry, count, 1].map(u16::to_le_bytes).concat());
        [elf, body, table].concat()
    }
}

/// An archive made by hand, with whatever a packer would never write.
#[derive(Debug, Default, Clone)]
pub(crate) struct HandMade {
    pub(crate) tar: Vec<u8>,
}

impl HandMade {
    /// A manifest and a package.conf that say little.
    pub(crate) fn plain() -> Self {
        let manifest = r#"{"schemaVersion":"2.0.0","acapPackageConf":{"setup":{"appName":"ab","version":"1.0.0"}}}"#;
        Self::default()
            .file("ab", b"#!/bin/sh\n")
            .file("package.conf", b"APPNAME=\"ab\"\n")
            .file("manifest.json", manifest.as_bytes())
    }

    pub(crate) fn file(self, name: &str, content: &[u8]) -> Self {
        self.entry(name.as_bytes(), EntryType::Regular, "", content.len(), content)
    }

    /// Any entry; `claimed` is the size that the header tells.
    pub(crate) fn entry(mut self, name: &[u8], kind: EntryType, target: &str, claimed: usize, content: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(u64::try_from(claimed).unwrap());
        header.set_mtime(0);
        let gnu = header.as_gnu_mut().unwrap();
        gnu.name.iter_mut().zip(name).for_each(|(to, from)| *to = *from);
        gnu.linkname.iter_mut().zip(target.bytes()).for_each(|(to, from)| *to = from);
        header.set_cksum();
        self.tar.extend_from_slice(header.as_bytes());
        self.tar.extend_from_slice(content);
        self.tar.resize(self.tar.len().next_multiple_of(512), 0);
        self
    }

    /// With the end of an archive, compressed.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.tar.resize(self.tar.len() + 1024, 0);
        gzip(&self.tar)
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}
