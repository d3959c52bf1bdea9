//! Files in the form of GLib's GKeyFile, and their safe replacement.
//!
//! Escapes in values: `\n`, `\t`, `\r`, `\\`, and `\s` for leading spaces (GLib documentation).
//!
//! Read by hand, as the virtual camera is Rust alone and the form is five escapes; the stand-ins, which are C, read the
//! same files with GLib, so that a misreading here would show in the tests of both.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

/// Groups of keys and values, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyFile {
    groups: Vec<(String, Vec<(String, String)>)>,
}

impl KeyFile {
    /// Reads what it can: comments, lines before the first group and lines without `=` are passed over.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        let mut group: Option<String> = None;
        for line in text.lines() {
            let line = line.trim_start();
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.trim_end().strip_suffix(']')) {
                group = Some(name.to_owned());
            } else if line.starts_with('#') {
            } else if let (Some(group), Some((key, value))) = (&group, line.split_once('=')) {
                file.set(group, key.trim_end(), &unescaped(value.trim_start()));
            }
        }
        file
    }

    /// The pairs of a group; empty if there is none.
    #[must_use]
    pub fn group(&self, name: &str) -> &[(String, String)] {
        self.groups.iter().find(|(group, _)| group == name).map_or(&[], |(_, pairs)| pairs)
    }

    /// One value.
    #[must_use]
    pub fn get(&self, group: &str, key: &str) -> Option<&str> {
        self.group(group).iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Sets one value, in its place or at the end of its group.
    pub fn set(&mut self, group: &str, key: &str, value: &str) {
        if !self.groups.iter().any(|(name, _)| name == group) {
            self.groups.push((group.to_owned(), Vec::new()));
        }
        for (name, pairs) in &mut self.groups {
            if name == group {
                match pairs.iter_mut().find(|(name, _)| name == key) {
                    Some((_, old)) => value.clone_into(old),
                    None => pairs.push((key.to_owned(), value.to_owned())),
                }
            }
        }
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (group, pairs) in &self.groups {
            text.push_str(&format!("[{group}]\n"));
            for (key, value) in pairs {
                text.push_str(&format!("{key}={}\n", escaped(value)));
            }
        }
        text
    }
}

fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut leading = true;
    for letter in value.chars() {
        match letter {
            ' ' if leading => out.push_str("\\s"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            other => out.push(other),
        }
        leading = leading && letter == ' ';
    }
    out
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('s') => out.push(' '),
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

/// Changes a key file while holding its lock; a missing one starts empty.
///
/// # Errors
/// When lock or file cannot be written.
pub fn change(path: &Path, lock: &Path, alter: impl FnOnce(&mut KeyFile)) -> io::Result<()> {
    replace(path, lock, |old| {
        let mut file = KeyFile::parse(&String::from_utf8_lossy(&old));
        alter(&mut file);
        Ok(file.text().into_bytes())
    })
}

/// Replaces a file while holding its lock: temporary file, fsync, rename, fsync of the folder.
///
/// # Errors
/// When lock or file cannot be written.
pub fn replace(path: &Path, lock: &Path, make: impl FnOnce(Vec<u8>) -> io::Result<Vec<u8>>) -> io::Result<()> {
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(lock)?;
    flock(&lock, FlockOperation::LockExclusive)?;
    let old = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other?,
    };
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut temporary = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
    temporary.write_all(&make(old)?)?;
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_survives_the_way_through_the_file() {
        for value in ["", " two  spaces ", "a\nb\r\tc", "back\\slash\\n", "ä=ö;#", "  [x]"] {
            let mut file = KeyFile::default();
            file.set("values", "Key", value);
            assert_eq!(KeyFile::parse(&file.text()).get("values", "Key"), Some(value), "{value:?}");
        }
    }

    #[test]
    fn escapes_are_those_of_glib() {
        let mut file = KeyFile::default();
        file.set("values", "A", "  x\ty\\");
        assert_eq!(file.text(), "[values]\nA=\\s\\sx\\ty\\\\\n");
    }
}
