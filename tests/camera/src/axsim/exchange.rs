//! Cards come, go and are changed for others; cards that are out lie in `cards/<name>` with all that is on them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::AxSim;
use super::keyfile::KeyFile;
use super::medium::{self, Card};
use super::storage::{SLOTS, Slot};

/// Which card goes in; what is in goes out before.
#[derive(Debug, Clone, Copy)]
pub enum Coming<'a> {
    /// A new one.
    New(&'a Card),
    /// The one that was in last, or stays in.
    Last,
    /// One that is out, by its name.
    Named(&'a str),
}

impl AxSim {
    fn drawer(&self, name: &str) -> PathBuf {
        self.root.join("cards").join(name)
    }

    /// The card that is in.
    pub(super) fn card_in(&self, id: &str) -> Option<Card> {
        read_card(&self.slot_folder(id))
    }

    /// Where the card that was in last lies now.
    fn last_out(&self, id: &str) -> Option<PathBuf> {
        let name = fs::read_to_string(self.root.join("slots").join(format!("{id}.last"))).ok()?;
        Some(self.drawer(&name)).filter(|drawer| drawer.join("card").exists())
    }

    fn write_card(&self, id: &str, folder: &Path, card: &Card) -> io::Result<()> {
        self.alter(folder.join("card"), id, |file| card.write(file))
    }

    /// Changes the card that is in, or the one that was in last; what is mounted stays so.
    ///
    /// # Errors
    /// When there never was one, or the files cannot be written.
    pub fn change_card(&self, id: &str, change: impl FnOnce(&mut Card)) -> io::Result<()> {
        let _turn = self.turn();
        self.alter_card(id, change)?;
        let mounted = self.look(id).is_some_and(|slot| slot.available);
        self.settle(id, mounted)
    }

    pub(super) fn alter_card(&self, id: &str, change: impl FnOnce(&mut Card)) -> io::Result<()> {
        let folder = match self.card_in(id) {
            Some(_) => self.slot_folder(id),
            None => self.last_out(id).ok_or_else(|| io::Error::other(format!("{id}: no card was ever in")))?,
        };
        let mut card = read_card(&folder).ok_or_else(|| io::Error::other(format!("{id}: its card has no file")))?;
        change(&mut card);
        self.write_card(id, &folder, &card)
    }

    /// Pulls out what is in, if anything is.
    pub(super) fn pull(&self, id: &str) -> io::Result<()> {
        // The flags drop first: nobody sets up what is on its way out.
        self.set_flags(id, &[("available", false), ("writable", false), ("full", false), ("exiting", false)])?;
        self.take_out(id)
    }

    /// Without a word to applications.
    fn take_out(&self, id: &str) -> io::Result<()> {
        let Some(card) = self.card_in(id) else { return Ok(()) };
        let (folder, drawer) = (self.slot_folder(id), self.drawer(&card.name));
        fs::create_dir_all(&drawer)?;
        fs::rename(folder.join("medium"), drawer.join("medium"))?;
        fs::rename(folder.join("card"), drawer.join("card"))?;
        fs::write(self.root.join("slots").join(format!("{id}.last")), &card.name)?;
        self.count_presence(id)
    }

    /// A new card goes in, instead of what is in; it is not mounted yet.
    pub(super) fn put_in(&self, id: &str, card: &Card) -> io::Result<()> {
        let card = self.with_name(id, card)?;
        self.pull(id)?;
        self.lay_in(id, &card)
    }

    fn lay_in(&self, id: &str, card: &Card) -> io::Result<()> {
        let folder = self.slot_folder(id);
        fs::create_dir_all(folder.join("medium"))?;
        card.lay_out(&folder.join("medium"))?;
        self.write_card(id, &folder, card)?;
        self.count_presence(id)
    }

    /// With a name that no other card of this camera has.
    fn with_name(&self, id: &str, card: &Card) -> io::Result<Card> {
        let known: Vec<String> = SLOTS.iter().filter_map(|id| Some(self.card_in(id)?.name)).collect();
        let is_free = |name: &String| !self.drawer(name).exists() && !known.contains(name);
        if card.name.is_empty() {
            let name = (1_u32..).map(|number| format!("{id}-{number}")).find(is_free).unwrap_or_default();
            return Ok(card.clone().named(&name));
        }
        if card.name.contains('/') || card.name.starts_with('.') || !is_free(&card.name) {
            return Err(io::Error::other(format!("a card can't be called {:?} (again)", card.name)));
        }
        Ok(card.clone())
    }

    /// A card that is in the drawer goes in, instead of what is in; it is not mounted yet.
    fn put_back(&self, id: &str, drawer: &Path) -> io::Result<()> {
        self.pull(id)?;
        let folder = self.slot_folder(id);
        fs::rename(drawer.join("medium"), folder.join("medium"))?;
        fs::rename(drawer.join("card"), folder.join("card"))?;
        fs::remove_dir_all(drawer)?;
        self.count_presence(id)
    }

    /// The card that was in last goes in again (or the one that is in is mounted again), optionally of another size.
    /// What the camera does not mount it leaves unmounted, see [`super::storage::Slot::state`].
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn insert(&self, id: &str, total_kib: Option<u64>) -> io::Result<()> {
        let _turn = self.turn();
        self.place(id, &Coming::Last)?;
        if let Some(size) = total_kib {
            self.alter_card(id, |card| card.total_kib = size)?;
        }
        self.mount_if_fit(id)
    }

    /// A card goes in, and is mounted if it can be.
    ///
    /// # Errors
    /// When its name is taken or no file name, no such card is out, or the files cannot be written.
    pub fn insert_card(&self, id: &str, coming: &Coming<'_>) -> io::Result<()> {
        let _turn = self.turn();
        self.place(id, coming)?;
        self.mount_if_fit(id)
    }

    /// A card goes in and is not mounted yet. Gives the presence that began.
    pub(crate) fn lay_card(&self, id: &str, coming: &Coming<'_>) -> io::Result<u64> {
        let _turn = self.turn();
        self.place(id, coming)?;
        Ok(self.look(id).map_or(0, |slot| slot.presence))
    }

    /// Mounts the card of a presence, if it is in still, is not mounted and can be.
    pub(crate) fn mount_late(&self, id: &str, presence: u64) -> io::Result<()> {
        let _turn = self.turn();
        self.is_still(id, presence)?;
        let waits = self.look(id).is_some_and(|slot| !slot.available);
        if waits { self.mount_if_fit(id) } else { Ok(()) }
    }

    fn place(&self, id: &str, coming: &Coming<'_>) -> io::Result<()> {
        match coming {
            Coming::New(card) => self.put_in(id, card),
            Coming::Last if self.card_in(id).is_some() => Ok(()),
            Coming::Last => {
                let drawer = self.last_out(id).ok_or_else(|| io::Error::other(format!("{id}: there is no card")))?;
                self.put_back(id, &drawer)
            }
            Coming::Named(name) => {
                let is_name = !name.is_empty() && !name.contains('/') && !name.starts_with('.');
                let drawer = self.drawer(name);
                if !is_name || !drawer.join("card").exists() {
                    return Err(io::Error::other(format!("no card {name:?} is out")));
                }
                self.put_back(id, &drawer)
            }
        }
    }

    /// The card is pulled out without a word: flags drop at once and its folder is gone.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn yank(&self, id: &str) -> io::Result<()> {
        let _turn = self.turn();
        self.pull(id)
    }

    /// The card is pulled out and another goes in, and nobody reads the slot in between. `quiet`: applications see no
    /// flag change either, as when everything happens between two of their looks.
    ///
    /// # Errors
    /// When the new card's name is taken, when it shall be quiet and not both cards are mounted, or the files cannot
    /// be written.
    pub fn swap(&self, id: &str, card: &Card, quiet: bool) -> io::Result<()> {
        let _turn = self.turn();
        if !quiet {
            self.put_in(id, card)?;
            return self.mount_if_fit(id);
        }
        let slot = self.look(id).filter(|slot| slot.available);
        let slot = slot.ok_or_else(|| io::Error::other(format!("{id}: nothing is mounted")))?;
        let card = self.with_name(id, card)?;
        if !(Slot { card: Some(card.clone()), ..slot }).is_mountable() {
            return Err(io::Error::other(format!("{id}: that card is not mounted")));
        }
        self.take_out(id)?;
        self.lay_in(id, &card)
    }

    /// The number of the last job before the camera went down.
    pub(crate) fn last_job(&self) -> u64 {
        let text = fs::read_to_string(self.root.join("slots/jobs")).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    }

    pub(crate) fn keep_last_job(&self, id: u64) {
        if let Err(fault) = fs::write(self.root.join("slots/jobs"), id.to_string()) {
            log::warn!("the number of the last job can't be kept: {fault}");
        }
    }

    /// Formatting begins: the card loses its files, its file system and its encryption. Not its name.
    pub(crate) fn wipe(&self, id: &str, presence: u64) -> io::Result<()> {
        let _turn = self.turn();
        self.is_still(id, presence)?;
        medium::empty(&self.slot_folder(id).join("medium"))?;
        self.alter_card(id, |card| {
            card.filesystem.clear();
            card.passphrase = None;
            card.used_kib = 0;
            card.full = false;
        })
    }

    /// No card came or went since: what was begun with one card never goes on with another.
    fn is_still(&self, id: &str, presence: u64) -> io::Result<()> {
        let now = self.look(id).map(|slot| slot.presence);
        if now == Some(presence) { Ok(()) } else { Err(io::Error::other(format!("{id}: another card is in"))) }
    }

    /// Formatting ends: the card has this file system, encrypted as the camera is set.
    pub(crate) fn make_filesystem(&self, id: &str, presence: u64, filesystem: &str) -> io::Result<()> {
        let _turn = self.turn();
        self.is_still(id, presence)?;
        fs::create_dir_all(self.slot_folder(id).join("medium/areas"))?;
        let passphrase = self.look(id).and_then(|slot| slot.settings.passphrase);
        self.alter_card(id, |card| {
            filesystem.clone_into(&mut card.filesystem);
            card.passphrase = passphrase;
            card.failed = false;
        })?;
        self.alter_settings(id, |settings| filesystem.clone_into(&mut settings.filesystem))
    }
}

fn read_card(folder: &Path) -> Option<Card> {
    Some(Card::read(&KeyFile::parse(&fs::read_to_string(folder.join("card")).ok()?)))
}
