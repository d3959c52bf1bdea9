//! What a later run has to know and a camera cannot tell: which file was installed, and whose switch for unsigned packages
//! was moved and not put back. Lines of JSON that are only ever added to. No login, no token and no parameter stands in it.
//!
//! A switch is noted before it is moved: whoever is killed in between leaves the note behind, and the next run puts it
//! back. A line that was cut by a crash is passed over: what it said is done again.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A package was installed.
    Installed {
        /// The camera's serial number.
        serial: String,
        /// The app.
        app: String,
        /// SHA-256 of the file.
        sha256: String,
    },
    /// The switch for unsigned packages is about to be moved.
    Allowing {
        /// The camera's serial number.
        serial: String,
        /// As it stood before.
        before: bool,
    },
    /// It was put back.
    PutBack {
        /// The camera's serial number.
        serial: String,
    },
}

#[derive(Debug)]
struct Book {
    file: File,
    installed: BTreeMap<(String, String), String>,
    allowing: BTreeMap<String, bool>,
}

/// The journal; one for all cameras of a run.
#[derive(Debug)]
pub struct Journal(Mutex<Book>);

impl Journal {
    /// Opens it, or makes it with its folder.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n")?;
        }
        let mut book = Book { file, installed: BTreeMap::new(), allowing: BTreeMap::new() };
        for event in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            book.take(event);
        }
        Ok(Self(Mutex::new(book)))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a line, and waits until it is on the disk.
    ///
    /// # Errors
    /// What the system says.
    pub fn note(&self, event: Event) -> io::Result<()> {
        let mut book = self.book();
        let line = serde_json::to_string(&event)? + "\n";
        book.file.write_all(line.as_bytes())?;
        book.file.sync_data()?;
        book.take(event);
        Ok(())
    }

    /// The SHA-256 of what was installed last on a camera.
    #[must_use]
    pub fn installed(&self, serial: &str, app: &str) -> Option<String> {
        self.book().installed.get(&(serial.to_owned(), app.to_owned())).cloned()
    }

    /// How the switch has to stand that nobody put back.
    #[must_use]
    pub fn left_open(&self, serial: &str) -> Option<bool> {
        self.book().allowing.get(serial).copied()
    }
}

impl Book {
    fn take(&mut self, event: Event) {
        match event {
            Event::Installed { serial, app, sha256 } => {
                self.installed.insert((serial, app), sha256);
            }
            Event::Allowing { serial, before } => {
                self.allowing.entry(serial).or_insert(before);
            }
            Event::PutBack { serial } => {
                self.allowing.remove(&serial);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_that_was_left_open_is_known_to_the_next_run_also_after_a_cut_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/journal.jsonl");
        let (serial, app) = ("B8A44F000001".to_owned(), "c2c".to_owned());
        let journal = Journal::open(&path).unwrap();
        journal.note(Event::Allowing { serial: serial.clone(), before: false }).unwrap();
        // A second time in the same trouble: what counts is how it stood first.
        journal.note(Event::Allowing { serial: serial.clone(), before: true }).unwrap();
        fs::write(&path, fs::read_to_string(&path).unwrap() + "{\"event\":\"put_back\",\"ser").unwrap();
        let journal = Journal::open(&path).unwrap();
        assert_eq!(journal.left_open(&serial), Some(false));
        journal.note(Event::Installed { serial: serial.clone(), app: app.clone(), sha256: "ab".to_owned() }).unwrap();
        journal.note(Event::PutBack { serial: serial.clone() }).unwrap();
        let journal = Journal::open(&path).unwrap();
        assert_eq!((journal.left_open(&serial), journal.installed(&serial, &app)), (None, Some("ab".to_owned())));
    }
}
