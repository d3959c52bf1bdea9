//! What the app keeps of its portal over restarts, in `portal.json` of its folder: the confirmed address, the portal's keys,
//! the last claim and wishes. No secret is in it. It is written when something of it changed, and belongs to one camera and
//! one key: what came here from another camera counts nothing.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files;
use crate::portal::address::Address;
use crate::portal::documents::{Notice, Severity};
use crate::portal::key::{self, Jwk};
use crate::snapshot::claim::{Membership, Released, Unclaimed};
use crate::snapshot::{Said, Weight};

const FILE: &str = "portal.json";
const LONGEST: u64 = 256 << 10;
const VERSION: u64 = 1;

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    version: u64,
    /// The camera's serial number.
    pub serial: String,
    /// The camera's key, by its thumbprint.
    pub key_id: String,
    /// The portal that an administrator confirmed.
    #[serde(default)]
    pub portal: Option<Portal>,
    /// The camera at that portal.
    #[serde(default)]
    pub registration: Option<Registration>,
}

/// A confirmed portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portal {
    /// Its address.
    pub address: Address,
    /// Who vouches for it beside those whom the camera trusts, as PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
}

/// The camera at its portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The id that the portal gave.
    pub device_id: String,
    /// The generation of the last claim list.
    pub generation: u64,
    /// Why it is not claimed.
    pub reason: Unclaimed,
    /// The claim; absent while there is none.
    #[serde(default)]
    pub claim: Option<Claimed>,
    /// How the last claim ended.
    #[serde(default)]
    pub released: Option<Released>,
    /// A claim that was released here, of which the portal does not know yet.
    #[serde(default)]
    pub to_release: Option<String>,
}

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// Who claimed the camera.
    pub membership: Membership,
    /// The keys by which the portal signs, as they were when it was made.
    pub signing_keys: Vec<Jwk>,
    /// The key to which secrets for the portal are sealed, as it was then.
    #[serde(default)]
    pub sealing_key: Option<Jwk>,
    /// The generation of the wishes that were read last; 0 before the first.
    pub wishes: u64,
    /// The name that the organisation gave the camera.
    #[serde(default)]
    pub name: Option<String>,
    /// How often it wants a report, in seconds.
    #[serde(default)]
    pub report_seconds: Option<u64>,
    /// What it says to who looks at the camera's page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
}

impl Registration {
    /// Of a camera that was taken in just now.
    #[must_use]
    pub fn new(device_id: String, reason: Unclaimed) -> Self {
        Self { device_id, generation: 0, reason, claim: None, released: None, to_release: None }
    }
}

impl Claimed {
    /// One that was made just now, with the keys that the portal had then.
    #[must_use]
    pub fn new(membership: Membership, signing_keys: Vec<Jwk>, sealing_key: Option<Jwk>) -> Self {
        Self { membership, signing_keys, sealing_key, wishes: 0, name: None, report_seconds: None, notices: Vec::new() }
    }

    /// The notices as they are shown.
    #[must_use]
    pub fn said(&self) -> Vec<Said> {
        let said = |notice: &Notice| Said {
            organisation: self.membership.organisation.clone(),
            id: notice.notice_id.clone(),
            weight: match notice.severity {
                Severity::Error => Weight::Warning,
                Severity::Warning => Weight::Advice,
                Severity::Info => Weight::Info,
            },
            text: notice.text.clone(),
            until: notice.until,
        };
        self.notices.iter().map(said).collect()
    }
}

/// The file with what is kept in it.
#[derive(Debug)]
pub struct Kept {
    folder: PathBuf,
    memory: Memory,
    /// The file says something else, since it could not be written.
    unwritten: bool,
}

impl Kept {
    /// Reads what is there; for this key.
    ///
    /// # Errors
    /// The file cannot be read or makes no sense: then nothing may be done that would replace it.
    pub fn open(folder: &Path, key_id: &str) -> io::Result<Self> {
        let fresh = || Memory { version: VERSION, key_id: key_id.to_owned(), ..Memory::default() };
        let memory = match files::read(folder, FILE, LONGEST)? {
            None => fresh(),
            Some(text) => {
                let read = parse(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                if read.key_id == key_id {
                    read
                } else {
                    log::warn!("portal: what is kept is of another key, and is left aside");
                    fresh()
                }
            }
        };
        Ok(Self { folder: folder.to_owned(), memory, unwritten: false })
    }

    /// Whether what is kept is bound to this key, which took its place in [`Kept::bind`] and no further.
    ///
    /// # Errors
    /// As [`Kept::open`].
    pub fn is_of(folder: &Path, key_id: &str) -> io::Result<bool> {
        let text = files::read(folder, FILE, LONGEST)?;
        Ok(text.and_then(|text| parse(&text).ok()).is_some_and(|memory| memory.key_id == key_id))
    }

    /// From now on it is of this key, which the portal knows.
    ///
    /// # Errors
    /// Of the file system; what is in memory holds all the same.
    pub fn bind(&mut self, key_id: String) -> io::Result<()> {
        self.change(|memory| memory.key_id = key_id)
    }

    /// From now on it is known which camera this is: what is kept of another one counts nothing.
    ///
    /// # Errors
    /// Of the file system; what is in memory holds all the same.
    pub fn belongs_to(&mut self, serial: &str) -> io::Result<()> {
        let key_id = self.memory.key_id.clone();
        if !self.memory.serial.is_empty() && self.memory.serial != serial {
            log::warn!("portal: what is kept is of another camera ({}), and is left aside", self.memory.serial);
            let serial = serial.to_owned();
            return self.change(|memory| *memory = Memory { version: VERSION, serial, key_id, ..Memory::default() });
        }
        self.change(|memory| serial.clone_into(&mut memory.serial))
    }

    /// What is kept.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Changes it, and writes it down where that changed something.
    ///
    /// # Errors
    /// Of the file system; what is in memory holds all the same.
    pub fn change(&mut self, change: impl FnOnce(&mut Memory)) -> io::Result<()> {
        let mut memory = self.memory.clone();
        change(&mut memory);
        if memory == self.memory && !self.unwritten {
            return Ok(());
        }
        self.memory = memory;
        self.unwritten = true;
        files::replace(&self.folder, FILE, &serde_json::to_vec(&self.memory)?)?;
        self.unwritten = false;
        Ok(())
    }

    /// The same for an order: where it cannot be written down nothing changes.
    ///
    /// # Errors
    /// Of the file system.
    pub fn order(&mut self, change: impl FnOnce(&mut Memory)) -> io::Result<()> {
        let before = self.memory.clone();
        let written = self.change(change);
        if written.is_err() {
            self.memory = before;
        }
        written
    }
}

/// What a text keeps.
pub(crate) fn parse(text: &[u8]) -> Result<Memory, String> {
    let memory: Memory = serde_json::from_slice(text).map_err(|error| format!("{FILE}: {error}"))?;
    if memory.version == VERSION {
        Ok(memory)
    } else {
        Err(format!("{FILE}: it is of another version ({})", memory.version))
    }
}

/// Puts the key and what is kept aside, unread: the camera becomes a new one for its portal.
///
/// # Errors
/// Of the file system.
pub fn put_aside(folder: &Path) -> io::Result<()> {
    for name in [FILE, key::FILE, key::NEXT] {
        match std::fs::rename(folder.join(name), folder.join(format!("{name}.unreadable"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

impl Memory {
    /// The claim ends, at the camera.
    pub fn release(&mut self, released: Released) {
        if let Some(registration) = &mut self.registration {
            let claim = registration.claim.take();
            registration.to_release = claim.map(|claim| claim.membership.claim_id);
            registration.released = Some(released);
        }
    }

    /// The claim.
    #[must_use]
    pub fn claim(&self) -> Option<&Claimed> {
        self.registration.as_ref()?.claim.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn open(folder: &Path) -> Kept {
        let mut kept = Kept::open(folder, "key").unwrap();
        kept.belongs_to("B8A44F000001").unwrap();
        kept
    }

    fn claim(kept: &mut Kept) {
        let membership = Membership {
            claim_id: "c".to_owned(),
            organisation: "Acme".to_owned(),
            since: Timestamp::from_unix(1_790_000_000),
        };
        let claim = Claimed { wishes: 2, ..Claimed::new(membership, Vec::new(), None) };
        let registration =
            Registration { generation: 7, claim: Some(claim), ..Registration::new("d".to_owned(), Unclaimed::Nobody) };
        let portal = Portal { address: Address::read("https://portal.example").unwrap(), ca: Some("PEM".to_owned()) };
        kept.change(|memory| {
            (memory.portal, memory.registration) = (Some(portal), Some(registration));
        })
        .unwrap();
    }

    #[test]
    fn a_claim_is_kept_over_restarts_and_written_on_change_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = open(folder.path());
        claim(&mut kept);
        assert_eq!(open(folder.path()).memory(), kept.memory());
        std::fs::remove_file(folder.path().join(FILE)).unwrap();
        claim(&mut kept);
        assert!(!folder.path().join(FILE).exists(), "nothing changed");
    }

    #[test]
    fn what_could_not_be_written_is_written_with_the_next_change_and_an_order_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = open(folder.path());
        claim(&mut kept);
        let before = kept.memory().clone();
        let gone = folder.path().with_extension("gone");
        std::fs::rename(folder.path(), &gone).unwrap();
        assert!(kept.order(|memory| memory.portal = None).is_err());
        assert_eq!(kept.memory(), &before);
        assert!(kept.change(|memory| memory.portal = None).is_err());
        std::fs::rename(&gone, folder.path()).unwrap();
        assert!(open(folder.path()).memory().portal.is_some());
        kept.change(|memory| memory.portal = None).unwrap();
        assert!(open(folder.path()).memory().portal.is_none(), "written, though nothing changed since");
    }

    #[test]
    fn what_is_of_another_camera_or_key_counts_nothing() {
        let folder = tempfile::tempdir().unwrap();
        claim(&mut open(folder.path()));
        for (serial, key) in [("B8A44F000002", "key"), ("B8A44F000001", "another")] {
            let mut kept = Kept::open(folder.path(), key).unwrap();
            kept.belongs_to(serial).unwrap();
            assert_eq!((kept.memory().claim(), &kept.memory().portal), (None, &None));
        }
    }

    #[test]
    fn a_file_that_makes_no_sense_is_an_error_and_stays_as_it_is() {
        for text in ["", "{}", "[]", r#"{"version":2,"serial":"B8A44F000001","key_id":"key"}"#] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(FILE), text).unwrap();
            assert!(Kept::open(folder.path(), "key").is_err(), "{text}");
            assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).unwrap(), text);
        }
    }
}
