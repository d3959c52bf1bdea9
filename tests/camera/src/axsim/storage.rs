//! The slots: SD_DISK with a card in it, NetworkShare without a share. What is the camera's (settings, whether it is
//! mounted) is here; what is the card's goes with the [`Card`].
//!
//! Sizes are in units of 1024 bytes, as VAPIX counts them. Flags as the Edge Storage API documents them.
//! The stand-ins' delays are set short here (20 ms and 50 ms, a device takes seconds); `conf` can be changed.
//!
//! One turn at a time: whoever reads a slot sees it before or after a change, never in between.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::AxSim;
use super::card::{CardState, Trouble};
use super::keyfile::{self, KeyFile};
use super::medium::{self, Card, Passphrase};

/// The slot for the card.
pub const SD_DISK: &str = "SD_DISK";
/// The slot for the network share.
pub const NETWORK_SHARE: &str = "NetworkShare";
/// Both.
pub const SLOTS: [&str; 2] = [SD_DISK, NETWORK_SHARE];

/// What the camera is set to for a slot, whichever card is in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Encryption is enabled, with this.
    pub passphrase: Option<Passphrase>,
    /// `none` or `ext4`: a card with another file system is formatted when it is mounted.
    pub required_filesystem: String,
    /// What it takes a slot without a card for (parameter `Storage.S0.FileSystem`).
    pub filesystem: String,
    /// Nothing is written, cleaned up or formatted.
    pub locked: bool,
    /// Applications may write to a locked disk all the same (guess either way).
    pub locked_writable: bool,
    /// Days; 0 is without end.
    pub max_age: u32,
    /// `fifo` or `none`.
    pub policy: String,
}

/// What a slot holds and how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Such as `SD_DISK`.
    pub id: String,
    /// The card that is in, or the share that is reachable.
    pub card: Option<Card>,
    /// Counts how often a card came or went.
    pub presence: u64,
    /// Mounted and usable.
    pub available: bool,
    /// Can be written.
    pub writable: bool,
    /// No space.
    pub full: bool,
    /// About to go away.
    pub exiting: bool,
    /// What the files on the card and its `used_kib` take, in units of 1024 bytes.
    pub used_kib: u64,
    /// What the camera is set to.
    pub settings: Settings,
}

impl Slot {
    /// What the disk manager says.
    #[must_use]
    pub fn state(&self) -> CardState {
        let trouble = Trouble::of(&self.settings, self.card.as_ref()).state();
        match trouble {
            _ if self.card.is_none() => CardState::Disconnected,
            Some(trouble) => trouble,
            None if self.available => CardState::Ok,
            None => CardState::Connected,
        }
    }

    /// Whether mounting would format the card first: it has not the file system that is required, and the disk is not
    /// locked (documented). `foreign`: also one that can't be opened, whose file system can't be known (guess).
    #[must_use]
    pub fn wants_format(&self, foreign: bool) -> bool {
        let Some(card) = &self.card else { return false };
        let required = &self.settings.required_filesystem;
        if required == "none" || self.settings.locked || card.failed || card.readonly {
            return false;
        }
        match Trouble::of(&self.settings, Some(card)).state() {
            Some(CardState::NotEncrypted) => true,
            Some(CardState::NoPassphrase | CardState::WrongPassphrase) => foreign,
            _ => card.filesystem != *required,
        }
    }

    /// Whether the camera mounts the card as it is.
    #[must_use]
    pub fn is_mountable(&self) -> bool {
        let Some(card) = &self.card else { return false };
        let fits = Trouble::of(&self.settings, Some(card)).state().is_none() && card.is_mountable();
        fits && !self.wants_format(false)
    }
}

impl AxSim {
    pub(super) fn slot_folder(&self, id: &str) -> PathBuf {
        self.root.join("storage").join(id)
    }

    /// Makes the two usual slots unless they are there: a card of `total_kib`, and no share. False: all was there.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn lay_out_slots(&self, total_kib: u64) -> io::Result<bool> {
        let _turn = self.turn();
        let mut fresh = false;
        for (id, kind, filesystem, size) in
            [(SD_DISK, "local", "ext4", total_kib), (NETWORK_SHARE, "external", "cifs", 0)]
        {
            if self.slot_folder(id).join("state").exists() || self.root.join("slots").join(format!("no {id}")).exists()
            {
                continue;
            }
            fresh = true;
            fs::create_dir_all(self.slot_folder(id))?;
            fs::create_dir_all(self.root.join("areas").join(id))?;
            let conf =
                [("type", kind), ("setup_delay_ms", "50"), ("initial_delay_ms", "20"), ("exit_timeout_ms", "15000")];
            self.write_conf(id, &conf)?;
            self.write_settings(
                id,
                &Settings {
                    required_filesystem: "none".to_owned(),
                    filesystem: filesystem.to_owned(),
                    policy: "fifo".to_owned(),
                    max_age: 7,
                    ..Settings::default()
                },
            )?;
            self.put_in(id, &Card::new(size).with_filesystem(filesystem))?;
            if size > 0 { self.mount_if_fit(id)? } else { self.pull(id)? }
        }
        Ok(fresh)
    }

    /// The camera starts: what was mounted is not any longer; with `mount` it mounts what it can.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn boot(&self, mount: bool) -> io::Result<()> {
        let _turn = self.turn();
        for id in SLOTS {
            let Some(slot) = self.look(id) else { continue };
            self.settle(id, false)?;
            self.set_flags(id, &[("exiting", false)])?;
            self.count_presence(id)?;
            if mount && slot.is_mountable() {
                self.settle(id, true)?;
            }
        }
        Ok(())
    }

    /// Changes `[disk]` of a slot's `conf`: delays in milliseconds, faults of set-up and release.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_conf(&self, id: &str, pairs: &[(&str, &str)]) -> io::Result<()> {
        let _turn = self.turn();
        self.write_conf(id, pairs)
    }

    fn write_conf(&self, id: &str, pairs: &[(&str, &str)]) -> io::Result<()> {
        self.alter(self.slot_folder(id).join("conf"), id, |file| {
            for (key, value) in pairs {
                file.set("disk", key, value);
            }
        })
    }

    pub(super) fn alter(&self, path: PathBuf, id: &str, alter: impl FnOnce(&mut KeyFile)) -> io::Result<()> {
        keyfile::change(&path, &self.slot_folder(id).join("lock"), alter)
    }

    /// The flags that applications see.
    pub(super) fn set_flags(&self, id: &str, flags: &[(&str, bool)]) -> io::Result<()> {
        self.alter(self.slot_folder(id).join("state"), id, |file| {
            for (flag, on) in flags {
                file.set("state", flag, if *on { "1" } else { "0" });
            }
            let generation = file.get("state", "generation").and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
            file.set("state", "generation", &(generation + 1).to_string());
        })
    }

    /// Mounted or not: the flags as card and settings demand.
    pub(super) fn settle(&self, id: &str, mounted: bool) -> io::Result<()> {
        let (card, settings) = (self.card_in(id), self.settings(id));
        let mounted = mounted && card.is_some();
        let (readonly, full) = card.map_or((false, false), |card| (card.readonly, card.full));
        let writable = mounted && !readonly && (!settings.locked || settings.locked_writable);
        self.set_flags(id, &[("available", mounted), ("writable", writable), ("full", mounted && full)])
    }

    /// Mounts what is in, if it can be mounted as it is.
    pub(super) fn mount_if_fit(&self, id: &str) -> io::Result<()> {
        let fit = self.look(id).is_some_and(|slot| slot.is_mountable());
        self.set_flags(id, &[("exiting", false)])?;
        self.settle(id, fit)
    }

    /// How a slot is; `None` for one that the camera lacks.
    #[must_use]
    pub fn slot(&self, id: &str) -> Option<Slot> {
        let _turn = self.turn();
        self.look(id)
    }

    pub(super) fn look(&self, id: &str) -> Option<Slot> {
        if !SLOTS.contains(&id) {
            return None;
        }
        let folder = self.slot_folder(id);
        let state = KeyFile::parse(&fs::read_to_string(folder.join("state")).ok()?);
        let on = |flag: &str| state.get("state", flag) == Some("1");
        let card = self.card_in(id);
        let used_kib = card.as_ref().map_or(0, |card| card.used_kib + medium::taken_kib(&folder.join("medium")));
        Some(Slot {
            id: id.to_owned(),
            presence: self.presence(id),
            available: on("available"),
            writable: on("writable"),
            full: on("full"),
            exiting: on("exiting"),
            used_kib,
            card,
            settings: self.settings(id),
        })
    }

    fn slot_file(&self, id: &str) -> KeyFile {
        KeyFile::parse(&fs::read_to_string(self.root.join("slots").join(id)).unwrap_or_default())
    }

    fn presence(&self, id: &str) -> u64 {
        self.slot_file(id).get("slot", "presence").and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// A card came or went.
    pub(super) fn count_presence(&self, id: &str) -> io::Result<()> {
        let next = self.presence(id) + 1;
        self.alter(self.root.join("slots").join(id), id, |file| file.set("slot", "presence", &next.to_string()))
    }

    fn settings(&self, id: &str) -> Settings {
        let file = self.slot_file(id);
        let text = |key: &str| file.get("slot", key).unwrap_or_default().to_owned();
        Settings {
            passphrase: Passphrase::read(&file, "slot"),
            required_filesystem: text("required_filesystem"),
            filesystem: text("filesystem"),
            locked: text("locked") == "1",
            locked_writable: text("locked_writable") == "1",
            max_age: text("max_age").parse().unwrap_or(0),
            policy: text("policy"),
        }
    }

    fn write_settings(&self, id: &str, settings: &Settings) -> io::Result<()> {
        let flag = |on: bool| if on { "1" } else { "0" };
        let pairs = [
            ("passphrase", Passphrase::text(settings.passphrase.as_ref())),
            ("required_filesystem", settings.required_filesystem.clone()),
            ("filesystem", settings.filesystem.clone()),
            ("locked", flag(settings.locked).to_owned()),
            ("locked_writable", flag(settings.locked_writable).to_owned()),
            ("max_age", settings.max_age.to_string()),
            ("policy", settings.policy.clone()),
        ];
        self.alter(self.root.join("slots").join(id), id, |file| {
            for (key, value) in pairs {
                file.set("slot", key, &value);
            }
        })
    }

    /// Changes what the camera is set to; what is mounted stays mounted, with other flags if need be.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn change_settings(&self, id: &str, change: impl FnOnce(&mut Settings)) -> io::Result<()> {
        let _turn = self.turn();
        self.alter_settings(id, change)?;
        let mounted = self.look(id).is_some_and(|slot| slot.available);
        self.settle(id, mounted)
    }

    pub(super) fn alter_settings(&self, id: &str, change: impl FnOnce(&mut Settings)) -> io::Result<()> {
        let mut settings = self.settings(id);
        change(&mut settings);
        self.write_settings(id, &settings)
    }

    /// The card's `full` flag. A flag only: writing still works.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn set_full(&self, id: &str, on: bool) -> io::Result<()> {
        self.change_card(id, |card| card.full = on)
    }

    /// The card's write protection.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn set_readonly(&self, id: &str, on: bool) -> io::Result<()> {
        self.change_card(id, |card| card.readonly = on)
    }

    /// Whether its file system is damaged; the camera unmounts such a card at once, and mounts a whole one.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn set_failed(&self, id: &str, on: bool) -> io::Result<()> {
        let _turn = self.turn();
        self.alter_card(id, |card| card.failed = on)?;
        self.mount_if_fit(id)
    }
}
