//! Which slots have a passphrase of which claim, in `slots.json` of the app's folder: what a claim gave to the camera is taken
//! from it when the claim ends, also when the app or the camera is cut off in between. No secret is in it. It is written
//! before the camera gets the first passphrase of a claim, and when it has none any more.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::files;

const FILE: &str = "slots.json";
/// What is longer is no file of ours, in bytes.
const LONGEST: u64 = 16 << 10;

/// The claim of each slot that has a passphrase of one.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Slots {
    slots: BTreeMap<String, String>,
}

/// The slots, and where that is written down.
#[derive(Debug)]
pub struct Lent {
    folder: PathBuf,
    slots: Mutex<Slots>,
}

impl Lent {
    /// Reads what is there; what makes no sense says nothing.
    #[must_use]
    pub fn open(folder: &Path) -> Self {
        let read = files::read(folder, FILE, LONGEST).and_then(|text| {
            text.map_or_else(|| Ok(Slots::default()), |text| serde_json::from_slice(&text).map_err(io::Error::other))
        });
        let slots = read.unwrap_or_else(|error| {
            log::error!("jobs: {FILE}: {error}");
            Slots::default()
        });
        Self { folder: folder.to_owned(), slots: Mutex::new(slots) }
    }

    /// Whose passphrase the camera has for a slot.
    pub(super) fn claim(&self, slot: &str) -> Option<String> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).slots.get(slot).cloned()
    }

    /// From now on it is this claim's; or nobody's.
    pub(super) fn note(&self, slot: &str, claim: Option<&str>) {
        let mut kept = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match claim {
            Some(claim) => kept.slots.insert(slot.to_owned(), claim.to_owned()),
            None => kept.slots.remove(slot),
        };
        if before.as_deref() == claim {
            return;
        }
        let written = serde_json::to_vec(&*kept).map_err(io::Error::other);
        if let Err(error) = written.and_then(|text| files::replace(&self.folder, FILE, &text)) {
            log::error!("jobs: {FILE}: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_passphrase_a_slot_has_outlives_the_app_and_is_written_on_change_alone() {
        let folder = tempfile::tempdir().unwrap();
        let lent = || Lent::open(folder.path());
        assert_eq!(lent().claim("SD_DISK"), None);
        lent().note("SD_DISK", Some("one"));
        assert_eq!((lent().claim("SD_DISK").as_deref(), lent().claim("SD_DISK2")), (Some("one"), None));
        let known = lent();
        std::fs::remove_file(folder.path().join(FILE)).unwrap();
        known.note("SD_DISK", Some("one"));
        assert!(!folder.path().join(FILE).exists(), "nothing changed");
        known.note("SD_DISK", None);
        assert_eq!(lent().claim("SD_DISK"), None);
    }

    #[test]
    fn a_file_that_makes_no_sense_says_nothing() {
        for text in ["", "[]", r#"{"slots":[1]}"#, r#"{"slots":{"SD_DISK":1}}"#] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(FILE), text).unwrap();
            assert_eq!(Lent::open(folder.path()).claim("SD_DISK"), None, "{text}");
        }
    }
}
