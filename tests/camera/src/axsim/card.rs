//! What can be the matter with a card: the seven states of the disk manager, told alike by `disks/list.cgi` and by the
//! Edge Storage API. A card that is not mounted is not available to applications.
//!
//! Meanings as documented; only `OK` and `disconnected` were ever recorded. **Guesses**: that a camera unmounts a card
//! at once when its encryption setting does not fit the card any more, and which of two troubles is told first.

use std::fmt;
use std::io;
use std::str::FromStr;

use super::AxSim;
use super::medium::{Card, Passphrase};
use super::storage::{SD_DISK, Settings};

/// A state of the disk manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardState {
    /// Mounted and usable.
    Ok,
    /// No card.
    Disconnected,
    /// Present, not mounted.
    Connected,
    /// The disk has failed.
    Failed,
    /// Encryption is off, the card is encrypted.
    NoPassphrase,
    /// Encryption is on, the card is encrypted with another passphrase.
    WrongPassphrase,
    /// Encryption is on, the card is not encrypted.
    NotEncrypted,
}

impl CardState {
    /// All seven.
    pub const ALL: [Self; 7] = [
        Self::Ok,
        Self::Disconnected,
        Self::Connected,
        Self::Failed,
        Self::NoPassphrase,
        Self::WrongPassphrase,
        Self::NotEncrypted,
    ];
}

impl fmt::Display for CardState {
    /// The word of `disks/list.cgi`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "OK",
            Self::Disconnected => "disconnected",
            Self::Connected => "connected",
            Self::Failed => "failed",
            Self::NoPassphrase => "no passphrase",
            Self::WrongPassphrase => "wrong passphrase",
            Self::NotEncrypted => "not encrypted",
        })
    }
}

/// No such state.
#[derive(Debug, thiserror::Error)]
#[error("no card state {0:?}; there are OK, disconnected, connected, failed, no/wrong passphrase, not encrypted")]
pub struct NoSuchState(String);

impl FromStr for CardState {
    type Err = NoSuchState;

    fn from_str(word: &str) -> Result<Self, NoSuchState> {
        let found = Self::ALL.into_iter().find(|state| state.to_string().eq_ignore_ascii_case(word));
        found.ok_or_else(|| NoSuchState(word.to_owned()))
    }
}

/// How a card is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encrypted {
    /// Not at all.
    No,
    /// With the passphrase of this camera.
    Ours,
    /// With another one.
    Other,
}

/// What decides, beside whether it is mounted, how a slot's card is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// The camera is set to encrypt: it has a passphrase.
    pub encryption_set: bool,
    /// How the card is.
    pub encrypted: Encrypted,
    /// It is broken.
    pub failed: bool,
}

/// What the levers here take for the camera's passphrase when it has none, and for somebody else's.
const OURS: &str = "the camera's own passphrase";
const OTHERS: &str = "somebody else's passphrase";

impl Trouble {
    /// Nothing is the matter.
    const NONE: Self = Self { encryption_set: false, encrypted: Encrypted::No, failed: false };

    pub(super) fn of(settings: &Settings, card: Option<&Card>) -> Self {
        let encrypted = match (card.and_then(|card| card.passphrase.as_ref()), &settings.passphrase) {
            (None, _) => Encrypted::No,
            (Some(card), Some(camera)) if card != camera => Encrypted::Other,
            (Some(_), _) => Encrypted::Ours,
        };
        Self { encryption_set: settings.passphrase.is_some(), encrypted, failed: card.is_some_and(|card| card.failed) }
    }

    /// Why the camera does not mount the card, if it does not.
    pub(super) fn state(self) -> Option<CardState> {
        match self {
            Self { failed: true, .. } => Some(CardState::Failed),
            Self { encryption_set: true, encrypted: Encrypted::No, .. } => Some(CardState::NotEncrypted),
            Self { encryption_set: true, encrypted: Encrypted::Other, .. } => Some(CardState::WrongPassphrase),
            Self { encryption_set: false, encrypted: Encrypted::Ours | Encrypted::Other, .. } => {
                Some(CardState::NoPassphrase)
            }
            Self { .. } => None,
        }
    }
}

impl AxSim {
    /// Brings a slot into a state: the least that leads there. The others' traces are gone after it.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn set_card(&self, id: &str, state: CardState) -> io::Result<()> {
        let trouble = match state {
            CardState::Ok | CardState::Disconnected | CardState::Connected => Trouble::NONE,
            CardState::Failed => Trouble { failed: true, ..Trouble::NONE },
            CardState::NoPassphrase => Trouble { encrypted: Encrypted::Ours, ..Trouble::NONE },
            CardState::WrongPassphrase => {
                Trouble { encryption_set: true, encrypted: Encrypted::Other, ..Trouble::NONE }
            }
            CardState::NotEncrypted => Trouble { encryption_set: true, ..Trouble::NONE },
        };
        self.write_trouble(id, trouble)?;
        match state {
            CardState::Disconnected => self.yank(id),
            CardState::Connected => {
                self.insert(id, None)?;
                let _turn = self.turn();
                self.settle(id, false)
            }
            _ => self.insert(id, None),
        }
    }

    /// Changes what is the matter with a slot's card; a card that is in is mounted, or no longer, as that demands.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn set_trouble(&self, id: &str, trouble: Trouble) -> io::Result<()> {
        self.write_trouble(id, trouble)?;
        if self.slot(id).is_some_and(|slot| slot.card.is_some()) { self.insert(id, None) } else { Ok(()) }
    }

    fn write_trouble(&self, id: &str, trouble: Trouble) -> io::Result<()> {
        let _turn = self.turn();
        let mut ours = Passphrase::of(OURS);
        self.alter_settings(id, |settings| {
            if let Some(set) = &settings.passphrase {
                ours = set.clone();
            }
            settings.passphrase = trouble.encryption_set.then(|| ours.clone());
        })?;
        self.alter_card(id, |card| {
            card.failed = trouble.failed;
            card.passphrase = match trouble.encrypted {
                Encrypted::No => None,
                Encrypted::Ours => Some(ours),
                Encrypted::Other => Some(Passphrase::of(OTHERS)),
            };
        })
    }

    /// The camera and the card that is in get another passphrase; nothing else of the card changes.
    pub(crate) fn change_passphrase(&self, id: &str, new: &Passphrase) -> io::Result<()> {
        let _turn = self.turn();
        self.alter_card(id, |card| card.passphrase = Some(new.clone()))?;
        self.alter_settings(id, |settings| settings.passphrase = Some(new.clone()))
    }

    /// Mounts the card that is in, as it is.
    ///
    /// # Errors
    /// When there is none, when the camera does not mount such a card, or when the files cannot be written.
    pub fn mount(&self, id: &str) -> io::Result<()> {
        let _turn = self.turn();
        match self.look(id) {
            Some(slot) if slot.available => Ok(()),
            Some(slot) if slot.is_mountable() => self.settle(id, true),
            slot => {
                let state = slot.map_or(CardState::Disconnected, |slot| slot.state());
                Err(io::Error::other(format!("{id}: cannot be mounted: {state}")))
            }
        }
    }

    /// The camera has no slot for a card: neither VAPIX nor the Edge Storage API knows of one.
    ///
    /// # Errors
    /// When the files cannot be removed.
    pub fn remove_card_slot(&self) -> io::Result<()> {
        let _turn = self.turn();
        for folder in ["storage", "areas"] {
            let path = self.root.join(folder).join(SD_DISK);
            if path.exists() {
                std::fs::remove_dir_all(path)?;
            }
        }
        std::fs::write(self.root.join("slots").join(format!("no {SD_DISK}")), "")?;
        let slot = self.root.join("slots").join(SD_DISK);
        if slot.exists() { std::fs::remove_file(slot) } else { Ok(()) }
    }
}
