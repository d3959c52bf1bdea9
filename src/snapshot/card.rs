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

/// From so much wear on, in percent, a card is to be replaced soon.
pub(super) const WORN_PERCENT: u32 = 80;
/// From so much on it has written what it was made for.
pub(super) const WORN_OUT_PERCENT: u32 = 100;

/// What a card tells of itself, as the camera reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The slot.
    pub slot: String,
    /// How much of its life is used, in percent; may pass 100.
    pub wear_percent: Measure<u32>,
    /// In degrees Celsius.
    pub temperature_celsius: Measure<i32>,
    /// Whether it passed its own check.
    pub passed: Measure<bool>,
}

/// One thing that a card may tell of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure<T> {
    /// This.
    Value(T),
    /// This card cannot tell it: one that is made for surveillance could.
    Unsupported,
    /// It could not be read from the card.
    Unreadable,
    /// No card was in.
    NoCard,
    /// This AXIS OS does not tell it, or says what makes no sense.
    Untold,
}

impl<T: Copy> Measure<T> {
    /// The value, where there is one.
    #[must_use]
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Unsupported | Self::Unreadable | Self::NoCard | Self::Untold => None,
        }
    }
}

/// A card's health in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Its own check failed.
    Failing,
    /// It has written what it was made for.
    WornOut,
    /// Most of its life is used.
    Worn,
    /// Its wear is known and low, and its own check did not fail.
    Good,
    /// Its own check passed; its wear is not known.
    Passed,
    /// Nothing is known of it.
    Untold,
}

impl Health {
    /// All of it in one word.
    #[must_use]
    pub fn condition(&self) -> Condition {
        match (self.passed.value(), self.wear_percent.value()) {
            (Some(false), _) => Condition::Failing,
            (_, Some(WORN_OUT_PERCENT..)) => Condition::WornOut,
            (_, Some(WORN_PERCENT..)) => Condition::Worn,
            (_, Some(_)) => Condition::Good,
            (Some(true), None) => Condition::Passed,
            (None, None) => Condition::Untold,
        }
    }
}

/// One slot, as the portal is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardStay {
    /// The slot.
    pub slot: String,
    /// The stay of the card in it, which decisions name; absent while no card is in.
    pub presence: Option<String>,
    /// How the app stands with it; absent while nothing is wished of it.
    pub stand: Option<Stand>,
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
