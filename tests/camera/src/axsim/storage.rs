//! The slots: SD_DISK with a card in it, NetworkShare without a share.
//!
//! Sizes are in units of 1024 bytes, as VAPIX counts them. Flags as the Edge Storage API documents them; the order of
//! changes on unmounting and that open handles make it fail are **guesses** (public notes of an Axis application).
//! The stand-ins' delays are set short here (20 ms and 50 ms, a device takes seconds); `conf` can be changed.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::AxSim;
use super::card::{CardState, Trouble};
use super::keyfile::{self, KeyFile};

/// The slot for the card.
pub const SD_DISK: &str = "SD_DISK";
/// The slot for the network share.
pub const NETWORK_SHARE: &str = "NetworkShare";

/// What a slot holds and how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Such as `SD_DISK`.
    pub id: String,
    /// A card is in, or the share is reachable.
    pub present: bool,
    /// Mounted and usable.
    pub available: bool,
    /// Can be written.
    pub writable: bool,
    /// No space.
    pub full: bool,
    /// About to go away.
    pub exiting: bool,
    /// In units of 1024 bytes.
    pub total_kib: u64,
    /// `ext4`, `vfat` or `cifs`.
    pub filesystem: String,
    /// What is the matter with the card.
    pub trouble: Trouble,
}

impl Slot {
    /// What the disk manager says.
    #[must_use]
    pub fn state(&self) -> CardState {
        match self.trouble.state() {
            _ if !self.present => CardState::Disconnected,
            Some(trouble) => trouble,
            None if self.available => CardState::Ok,
            None => CardState::Connected,
        }
    }
}

/// Why an unmount did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Unmount {
    /// Somebody holds the storage still.
    #[error("{id}: still held by processes {pids:?} after {waited:?}")]
    Busy {
        /// The slot.
        id: String,
        /// Who holds it.
        pids: Vec<u32>,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The state files failed.
    #[error("state of the slot")]
    Files(#[from] io::Error),
}

impl AxSim {
    fn slot_folder(&self, id: &str) -> PathBuf {
        self.root.join("storage").join(id)
    }

    /// Makes the two usual slots unless they are there: a card of `total_kib`, and no share.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn lay_out_slots(&self, total_kib: u64) -> io::Result<()> {
        for (id, kind, filesystem, size) in
            [(SD_DISK, "local", "ext4", total_kib), (NETWORK_SHARE, "external", "cifs", 0)]
        {
            fs::create_dir_all(self.slot_folder(id).join("medium/areas"))?;
            fs::create_dir_all(self.root.join("areas").join(id))?;
            if self.slot_folder(id).join("state").exists() {
                continue;
            }
            self.set_conf(
                id,
                &[("type", kind), ("setup_delay_ms", "50"), ("initial_delay_ms", "20"), ("exit_timeout_ms", "15000")],
            )?;
            self.set_slot(id, &[("filesystem", filesystem), ("total_kib", &size.to_string())])?;
            self.put(id, size > 0)?;
        }
        Ok(())
    }

    /// Changes `[disk]` of a slot's `conf`: delays in milliseconds, faults of set-up and release.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_conf(&self, id: &str, pairs: &[(&str, &str)]) -> io::Result<()> {
        self.set_in(self.slot_folder(id).join("conf"), id, "disk", pairs)
    }

    pub(super) fn set_slot(&self, id: &str, pairs: &[(&str, &str)]) -> io::Result<()> {
        self.set_in(self.root.join("slots").join(id), id, "slot", pairs)
    }

    fn set_in(&self, path: PathBuf, id: &str, group: &str, pairs: &[(&str, &str)]) -> io::Result<()> {
        keyfile::change(&path, &self.slot_folder(id).join("lock"), |file| {
            for (key, value) in pairs {
                file.set(group, key, value);
            }
        })
    }

    fn set_flags(&self, id: &str, flags: &[(&str, bool)]) -> io::Result<()> {
        let folder = self.slot_folder(id);
        keyfile::change(&folder.join("state"), &folder.join("lock"), |file| {
            for (flag, on) in flags {
                file.set("state", flag, if *on { "1" } else { "0" });
            }
            let generation = file.get("state", "generation").and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
            file.set("state", "generation", &(generation + 1).to_string());
        })
    }

    /// How a slot is; `None` for one that the camera lacks.
    #[must_use]
    pub fn slot(&self, id: &str) -> Option<Slot> {
        let state = KeyFile::parse(&fs::read_to_string(self.slot_folder(id).join("state")).ok()?);
        let slot = KeyFile::parse(&fs::read_to_string(self.root.join("slots").join(id)).ok()?);
        let on = |flag: &str| state.get("state", flag) == Some("1");
        Some(Slot {
            id: id.to_owned(),
            present: slot.get("slot", "present") == Some("1"),
            available: on("available"),
            writable: on("writable"),
            full: on("full"),
            exiting: on("exiting"),
            total_kib: slot.get("slot", "total_kib").and_then(|text| text.parse().ok()).unwrap_or(0),
            filesystem: slot.get("slot", "filesystem").unwrap_or_default().to_owned(),
            trouble: Trouble::read(&slot),
        })
    }

    fn put(&self, id: &str, present: bool) -> io::Result<()> {
        self.set_slot(id, &[("present", if present { "1" } else { "0" })])?;
        let folder = self.slot_folder(id);
        let (medium, out) = (folder.join("medium"), folder.join("medium.out"));
        if present && out.exists() {
            fs::rename(&out, &medium)?;
        }
        if present && self.slot(id).is_none_or(|slot| slot.trouble.state().is_none()) {
            self.set_flags(id, &[("available", true), ("writable", true), ("full", false), ("exiting", false)])
        } else {
            self.drop_mount(id)
        }
    }

    /// What is there is no longer mounted, without a word before.
    pub(super) fn drop_mount(&self, id: &str) -> io::Result<()> {
        self.set_flags(id, &[("available", false), ("writable", false), ("full", false), ("exiting", false)])
    }

    /// A card goes in (or the one that is in is mounted again), optionally of another size. What the camera does not
    /// mount it leaves unmounted, see [`Slot::state`].
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn insert(&self, id: &str, total_kib: Option<u64>) -> io::Result<()> {
        if let Some(size) = total_kib {
            self.set_slot(id, &[("total_kib", &size.to_string())])?;
        }
        self.put(id, true)
    }

    /// The card is pulled out without a word: flags drop at once and its folder is gone.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn yank(&self, id: &str) -> io::Result<()> {
        let folder = self.slot_folder(id);
        if folder.join("medium").exists() {
            fs::rename(folder.join("medium"), folder.join("medium.out"))?;
        }
        self.put(id, false)
    }

    /// The card's `full` flag. A flag only: writing still works.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn set_full(&self, id: &str, on: bool) -> io::Result<()> {
        self.set_flags(id, &[("full", on)])
    }

    /// The card's write protection.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn set_readonly(&self, id: &str, on: bool) -> io::Result<()> {
        self.set_flags(id, &[("writable", !on)])
    }

    /// Unmounts softly: `exiting`, then waits until no living process holds the storage, then it is gone; the card
    /// stays in. When `patience` (or `exit_timeout_ms` of the conf) passes the storage stays as it was.
    ///
    /// # Errors
    /// [`Unmount::Busy`] when it is held still.
    pub async fn unmount(&self, id: &str, patience: Option<Duration>) -> Result<(), Unmount> {
        let patience = patience.unwrap_or_else(|| self.exit_timeout(id));
        self.set_flags(id, &[("exiting", true)])?;
        let begun = tokio::time::Instant::now();
        loop {
            let pids = self.holders(id);
            if pids.is_empty() {
                break;
            }
            if begun.elapsed() >= patience {
                self.set_flags(id, &[("exiting", false)])?;
                return Err(Unmount::Busy { id: id.to_owned(), pids, waited: patience });
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.set_flags(id, &[("writable", false), ("available", false)])?;
        self.set_flags(id, &[("exiting", false)])?;
        Ok(())
    }

    fn exit_timeout(&self, id: &str) -> Duration {
        let conf = KeyFile::parse(&fs::read_to_string(self.slot_folder(id).join("conf")).unwrap_or_default());
        let set = conf.get("disk", "exit_timeout_ms").and_then(|text| text.parse().ok());
        Duration::from_millis(set.unwrap_or(15_000))
    }

    /// The living processes that hold a storage.
    #[must_use]
    pub fn holders(&self, id: &str) -> Vec<u32> {
        let Ok(clients) = fs::read_dir(self.root.join("clients")) else { return Vec::new() };
        clients
            .flatten()
            .filter(|client| client.path().join("handles").join(id).exists())
            .filter_map(|client| client.file_name().to_str()?.parse::<u32>().ok())
            .filter(|pid| PathBuf::from(format!("/proc/{pid}")).exists())
            .collect()
    }
}
