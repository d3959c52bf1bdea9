//! A card, whatever slot it is in: its size, file system, encryption, wear, and the files on it.
//!
//! A card that is in lies in `storage/<ID>` (`card` and the folder `medium`), one that is not in `cards/<name>`.
//! Passphrases are kept as SHA-1, so that a passphrase that leaks into the state folder has leaked elsewhere.
//!
//! Health in the numbers of `disks/gethealth.cgi` (documented, never recorded): wear in percent used, may pass 100;
//! temperature in Kelvin; health 1 passed, 0 failed; −1 not supported: a card that is not made for surveillance.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Component, Path};

use sha1::{Digest as _, Sha1};

use super::keyfile::KeyFile;

/// What a camera mounts: `vfat` and `ext4` (documented), and shares.
const MOUNTABLE: [&str; 3] = ["vfat", "ext4", "cifs"];
/// The group of a card's file.
const CARD: &str = "card";
/// 64 GB as a camera counts them, in units of 1024 bytes.
pub const USUAL_KIB: u64 = 58_054_660;

/// A passphrase of which only the hash is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(String);

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Passphrase {
    /// Forgets the words and keeps their hash.
    #[must_use]
    pub fn of(words: &str) -> Self {
        Self(Sha1::digest(words.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub(super) fn read(file: &KeyFile, group: &str) -> Option<Self> {
        file.get(group, "passphrase").filter(|hash| !hash.is_empty()).map(|hash| Self(hash.to_owned()))
    }

    pub(super) fn text(of: Option<&Self>) -> String {
        of.map(|passphrase| passphrase.0.clone()).unwrap_or_default()
    }
}

/// One card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Tells this card from the others of this camera; empty lets the camera invent one. A real camera knows none.
    pub name: String,
    /// In units of 1024 bytes.
    pub total_kib: u64,
    /// Such as `ext4`, `vfat`, `exfat`; empty when there is none that is known.
    pub filesystem: String,
    /// With which it is encrypted, if it is.
    pub passphrase: Option<Passphrase>,
    /// Its file system is damaged.
    pub failed: bool,
    /// The tab for write protection.
    pub readonly: bool,
    /// No space.
    pub full: bool,
    /// Used beside what the files in its folder take, in units of 1024 bytes.
    pub used_kib: u64,
    /// Percent used, or −1.
    pub wear: i64,
    /// Kelvin, or −1.
    pub temperature: i64,
    /// 1 passed, 0 failed, or −1.
    pub health: i64,
    /// Files that are on it when it comes: path and text.
    pub content: Vec<(String, String)>,
}

impl Card {
    /// A surveillance card with ext4 and nothing on it.
    #[must_use]
    pub fn new(total_kib: u64) -> Self {
        Self {
            name: String::new(),
            total_kib,
            filesystem: "ext4".to_owned(),
            passphrase: None,
            failed: false,
            readonly: false,
            full: false,
            used_kib: 0,
            wear: 2,
            temperature: 308,
            health: 1,
            content: Vec::new(),
        }
    }

    /// The words of [`Card::of_kind`].
    pub const KINDS: [&str; 5] = ["usual", "new", "exfat", "foreign", "worn"];

    /// A card of 64 GB of a kind:
    ///
    /// * `usual`: formatted by a camera, nothing on it;
    /// * `new`: as it comes from the shop, `vfat`; `exfat`: the same with a file system that no camera mounts;
    /// * `foreign`: somebody else's, encrypted, with recordings on it;
    /// * `worn`: used beyond its life, and warm.
    #[must_use]
    pub fn of_kind(kind: &str) -> Option<Self> {
        let usual = Self::new(USUAL_KIB);
        let vfat = Self { filesystem: "vfat".to_owned(), ..usual.clone() };
        Some(match kind {
            "usual" => usual,
            "new" => vfat,
            "exfat" => Self { filesystem: "exfat".to_owned(), wear: -1, temperature: -1, health: -1, ..vfat },
            "foreign" => usual
                .encrypted("somebody else's passphrase")
                .with_file("20261101_090000/20261101_090000.mkv", "not for your eyes\n")
                .with_used(21_504_000),
            "worn" => Self { wear: 104, temperature: 339, ..usual },
            _ => return None,
        })
    }

    /// With a name of one's own.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// With another file system.
    #[must_use]
    pub fn with_filesystem(self, filesystem: &str) -> Self {
        Self { filesystem: filesystem.to_owned(), ..self }
    }

    /// Encrypted with these words.
    #[must_use]
    pub fn encrypted(self, words: &str) -> Self {
        Self { passphrase: Some(Passphrase::of(words)), ..self }
    }

    /// With a file on it; paths that leave the card are passed over.
    #[must_use]
    pub fn with_file(mut self, path: &str, text: &str) -> Self {
        self.content.push((path.to_owned(), text.to_owned()));
        self
    }

    /// With so much used, in units of 1024 bytes, beside its files.
    #[must_use]
    pub fn with_used(self, used_kib: u64) -> Self {
        Self { used_kib, ..self }
    }

    /// Whether a camera knows its file system.
    pub(super) fn is_mountable(&self) -> bool {
        MOUNTABLE.contains(&self.filesystem.as_str())
    }

    pub(super) fn read(file: &KeyFile) -> Self {
        let text = |key: &str| file.get(CARD, key).unwrap_or_default().to_owned();
        let size = |key: &str| text(key).parse().unwrap_or(0);
        let number = |key: &str| text(key).parse().unwrap_or(-1);
        let on = |key: &str| file.get(CARD, key) == Some("1");
        Self {
            name: text("name"),
            total_kib: size("total_kib"),
            filesystem: text("filesystem"),
            passphrase: Passphrase::read(file, CARD),
            failed: on("failed"),
            readonly: on("readonly"),
            full: on("full"),
            used_kib: size("used_kib"),
            wear: number("wear"),
            temperature: number("temperature"),
            health: number("health"),
            content: Vec::new(),
        }
    }

    pub(super) fn write(&self, file: &mut KeyFile) {
        let flag = |on: bool| if on { "1" } else { "0" };
        let mut set = |key: &str, value: &str| file.set(CARD, key, value);
        set("name", &self.name);
        set("total_kib", &self.total_kib.to_string());
        set("filesystem", &self.filesystem);
        set("passphrase", &Passphrase::text(self.passphrase.as_ref()));
        set("failed", flag(self.failed));
        set("readonly", flag(self.readonly));
        set("full", flag(self.full));
        set("used_kib", &self.used_kib.to_string());
        set("wear", &self.wear.to_string());
        set("temperature", &self.temperature.to_string());
        set("health", &self.health.to_string());
    }

    /// Lays its files into a folder.
    pub(super) fn lay_out(&self, medium: &Path) -> io::Result<()> {
        fs::create_dir_all(medium.join("areas"))?;
        for (path, text) in &self.content {
            let path = Path::new(path);
            if !path.components().all(|part| matches!(part, Component::Normal(_))) {
                continue;
            }
            let file = medium.join(path);
            fs::create_dir_all(file.parent().unwrap_or(medium))?;
            fs::write(file, text)?;
        }
        Ok(())
    }
}

/// Removes everything in a folder, and only that: links are removed, not followed.
pub(super) fn empty(medium: &Path) -> io::Result<()> {
    for entry in fs::read_dir(medium)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// What the files below a folder take, in units of 1024 bytes, each rounded up; what can't be read takes nothing.
pub(super) fn taken_kib(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => taken_kib(&entry.path()),
        Ok(meta) => meta.len().div_ceil(1024),
        Err(_) => 0,
    });
    sizes.sum()
}
