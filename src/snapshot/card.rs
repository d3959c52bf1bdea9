//! The SD card as the camera's disk manager tells of it.

use serde::Serialize;

use crate::snapshot::Wait;

/// Whether a storage slot takes SD cards: `SD_DISK` and its like do, `NetworkShare` does not.
#[must_use]
pub fn is_for_cards(slot: &str) -> bool {
    slot.starts_with("SD_DISK")
}

/// One slot for an SD card, with or without a card in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    /// The slot: `SD_DISK`, or `SD_DISK2` on cameras with two.
    pub slot: String,
    /// What the disk manager says.
    pub status: CardStatus,
    /// Size of the file system; absent without a card, or where the camera gives no number.
    pub total_bytes: Option<u64>,
    /// What is left of it; absent as above.
    pub free_bytes: Option<u64>,
    /// Such as `ext4` or `vfat`; absent where the camera does not tell.
    pub filesystem: Option<String>,
    /// The camera is set to treat cards as encrypted. The setting is not the card.
    pub encryption_set: Option<bool>,
    /// The card that is in is encrypted.
    pub encrypted: Option<bool>,
    /// Locked against writing and formatting on the camera.
    pub locked: bool,
    /// Nothing more can be written.
    pub full: bool,
    /// Write-protect tab, or a damaged file system.
    pub read_only: bool,
    /// The file system that the camera demands: it formats a card with another one by itself when it mounts it. Absent
    /// where it demands none or does not tell.
    pub required_filesystem: Option<String>,
}

impl Card {
    /// What is used of it; absent where the sizes are not told or make no sense.
    #[must_use]
    pub fn used_bytes(&self) -> Option<u64> {
        self.total_bytes?.checked_sub(self.free_bytes?)
    }
}

/// The seven values of the disk manager, in its own words; compared without case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CardStatus {
    /// Mounted and usable.
    Ok,
    /// No card.
    Disconnected,
    /// A card is there, but not mounted.
    Connected,
    /// The disk manager found a problem.
    Failed,
    /// Encryption is off on the camera, the card is encrypted.
    NoPassphrase,
    /// The card is encrypted with another passphrase.
    WrongPassphrase,
    /// Encryption is on, the card is not encrypted.
    NotEncrypted,
    /// A word that this version does not know, as it came.
    Other(String),
}

/// How the app stands with the card in one slot, where something is wished of it or was begun with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preparation {
    /// The slot.
    pub slot: String,
    /// How it stands.
    #[serde(flatten)]
    pub stand: Stand,
}

/// How the app stands with a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "stand", content = "waits_for", rename_all = "snake_case")]
pub enum Stand {
    /// The card is as wished.
    Ready,
    /// The card stays as it is, by a decision.
    Kept,
    /// A step is under way.
    Working,
    /// Something else comes first.
    Waits(Wait),
}
