//! The sentences of SD Card Information.

use std::borrow::Cow;

use crate::snapshot::{Card, CardStatus, Slot};
use crate::web::words::{NOT_TOLD, foreign};

/// The title of the widget.
pub const TITLE: &str = "SD Card Information";
/// The camera has no slot.
pub const NO_SLOT: &str = "This camera has no slot for an SD card.";
/// In place of the sizes where no card is in.
pub const NO_CARD: &str = "No card";
/// Label: total and available size.
pub const CAPACITY: &str = "Capacity";
/// Label: what the disk manager says.
pub const STATUS: &str = "Status";
/// Label: the setting, and the card.
pub const ENCRYPTION: &str = "Encryption";
/// Label: what the Edge Storage API says.
pub const FOR_APPLICATIONS: &str = "For applications";
/// In place of the next step, while the app itself is at work.
pub const JOBS_FIRST: &str = "Camera-to-Cloud is at work on it: see Device Jobs, and wait for their end.";

/// The name of a storage slot for people.
#[must_use]
pub fn slot_name(id: &str) -> Cow<'_, str> {
    match id {
        "SD_DISK" => "SD card".into(),
        "SD_DISK2" => "Second SD card".into(),
        "NetworkShare" => "Network share".into(),
        other => foreign(other, 40).into(),
    }
}

/// The status in the product's words; an unknown one as the camera says it.
#[must_use]
pub fn status(status: &CardStatus) -> Cow<'static, str> {
    match status {
        CardStatus::Ok => "OK".into(),
        CardStatus::Disconnected => "Disconnected".into(),
        CardStatus::Connected => "Connected".into(),
        CardStatus::Failed => "Failed".into(),
        CardStatus::NoPassphrase => "No passphrase".into(),
        CardStatus::WrongPassphrase => "Wrong passphrase".into(),
        CardStatus::NotEncrypted => "Not encrypted".into(),
        CardStatus::Other(word) if word.trim().is_empty() => NOT_TOLD.into(),
        CardStatus::Other(word) => foreign(word, 60).into(),
    }
}

/// What the status means.
#[must_use]
pub fn meaning(status: &CardStatus) -> &'static str {
    match status {
        CardStatus::Ok => "The card is mounted and works.",
        CardStatus::Disconnected => "The camera sees no card in the slot.",
        CardStatus::Connected => "A card is in the slot, but it is not mounted, so nothing can be stored on it.",
        CardStatus::Failed => "The camera found a problem with the card.",
        CardStatus::NoPassphrase => {
            "The card is encrypted, but encryption is not enabled on the camera, so the card cannot be read."
        }
        CardStatus::WrongPassphrase => "The card is encrypted with another passphrase than the camera has.",
        CardStatus::NotEncrypted => {
            "Encryption is enabled on the camera, but the card is not encrypted, so it is not mounted."
        }
        CardStatus::Other(_) => "The camera uses a word for this status that Camera-to-Cloud does not know.",
    }
}

/// What to do about the card; nothing where all is well.
#[must_use]
pub fn next_step(card: &Card) -> Option<&'static str> {
    Some(match &card.status {
        CardStatus::Ok if card.locked => "Unlock it in AXIS OS under System, Storage.",
        CardStatus::Ok if card.read_only => {
            "Take it out and slide the tab at its side. If the tab is open, replace the card: its file system is damaged."
        }
        CardStatus::Ok if card.full => "Put a larger card in, or delete recordings in AXIS OS under Recordings.",
        CardStatus::Ok => return None,
        CardStatus::Disconnected => {
            "Put a card in and push it until it clicks. If one is in, take it out and put it in again; if that does \
             not help, try another card."
        }
        CardStatus::Connected => {
            "Mount it in AXIS OS under System, Storage. If it cannot be mounted, format it there; formatting deletes \
             everything on it."
        }
        CardStatus::Failed => {
            "Check and repair it in AXIS OS under System, Storage. If that does not help, replace the card."
        }
        CardStatus::NoPassphrase => {
            "Enter this card's passphrase in AXIS OS under System, Storage, or format the card there; formatting \
             deletes everything on it."
        }
        CardStatus::WrongPassphrase => {
            "Enter the passphrase that this card was encrypted with in AXIS OS under System, Storage, or format the \
             card there; formatting deletes everything on it."
        }
        CardStatus::NotEncrypted => {
            "Format the card in AXIS OS under System, Storage, then mount it; formatting encrypts it and deletes \
             everything on it."
        }
        CardStatus::Other(_) => "Look at the card in AXIS OS under System, Storage.",
    })
}

/// What else the disk manager says of the card, one sentence each.
#[must_use]
pub fn flags(card: &Card) -> Vec<&'static str> {
    let all = [
        (card.locked, "Locked on the camera: it can be neither written nor formatted until it is unlocked there."),
        (card.full, "Full: nothing more can be written to it."),
        (
            card.required_filesystem.is_some(),
            "Formatted by itself: the camera is set to format a card with another file system when it mounts it, which \
             deletes everything on it.",
        ),
        (card.read_only, "Read only: nothing can be written to it."),
    ];
    all.into_iter().filter(|(on, _)| *on).map(|(_, words)| words).collect()
}

/// What the camera is set to and what the card is. The setting is not the card.
#[must_use]
pub fn encryption(card: &Card) -> String {
    let is_in = card.status != CardStatus::Disconnected;
    let set = match card.encryption_set {
        Some(true) => "Enabled on the camera",
        Some(false) => "Not enabled on the camera",
        None => "The camera does not tell its setting",
    };
    let rest = match (is_in, card.encryption_set, card.encrypted) {
        (false, _, _) => "; no card is in.",
        (true, None, None) => ", nor whether this card is encrypted.",
        (true, Some(_), None) => "; it does not tell whether this card is encrypted.",
        (true, Some(false), Some(true)) => ", but this card is encrypted.",
        (true, Some(true), Some(false)) => ", but this card is not encrypted.",
        (true, _, Some(true)) => "; this card is encrypted.",
        (true, _, Some(false)) => "; this card is not encrypted.",
    };
    format!("{set}{rest}")
}

/// The sizes as people say them, in GB of 10⁹ bytes; `total` and `free` in bytes.
#[must_use]
pub fn capacity(total: Option<u64>, free: Option<u64>) -> String {
    match (total, free) {
        (None, _) => NOT_TOLD.to_owned(),
        (Some(total), None) => format!("{} in all", gigabytes(total)),
        (Some(total), Some(free)) => format!("{} available of {}", gigabytes(free), gigabytes(total)),
    }
}

/// The same in GiB, as computers count.
#[must_use]
pub fn capacity_exactly(total: u64, free: Option<u64>) -> String {
    let free = free.map_or_else(String::new, |free| format!("{} GiB available of ", gibibytes(free)));
    format!("{free}{} GiB (1 GiB is 1.074 GB). A card has a little less room than its label says.", gibibytes(total))
}

/// The file system.
#[must_use]
pub fn filesystem(name: &str) -> String {
    format!("File system: {}.", foreign(name, 40))
}

/// The bar, for those who do not see it.
#[must_use]
pub fn used(percent: u64) -> String {
    format!("{percent} % used")
}

/// The state of a storage slot for applications in one word or two, and what it means.
#[must_use]
pub fn slot_state(slot: &Slot) -> (&'static str, &'static str) {
    match slot {
        Slot { exiting: true, .. } => ("Going away", "The camera is about to unmount it."),
        Slot { available: false, .. } => ("Not available", "Nothing is there, or the camera has not mounted it."),
        Slot { full: true, .. } => ("Full", "Nothing more can be written to it."),
        Slot { writable: false, .. } => ("Read only", "It is mounted, but cannot be written."),
        Slot { area_held: true, .. } => ("Ready", "Camera-to-Cloud has its own folder on it."),
        Slot { area_fault: Some(_), .. } => {
            ("Writable", "Camera-to-Cloud could not set up its own folder on it. It tries again by itself.")
        }
        Slot { .. } => ("Writable", "Camera-to-Cloud has no folder on it at present."),
    }
}

/// Two or three digits of GB (10⁹ bytes), such as “5.9 GB” or “119 GB”; from 1000 GB on of TB.
#[must_use]
pub fn gigabytes(bytes: u64) -> String {
    match bytes {
        0 => "0 GB".to_owned(),
        1..995_000_000 => format!("{} GB", decimal(bytes, 1_000_000_000, 2)),
        995_000_000..99_950_000_000 => format!("{} GB", decimal(bytes, 1_000_000_000, 1)),
        99_950_000_000..999_500_000_000 => format!("{} GB", decimal(bytes, 1_000_000_000, 0)),
        _ => format!("{} TB", decimal(bytes, 1_000_000_000_000, 2)),
    }
}

fn gibibytes(bytes: u64) -> String {
    decimal(bytes, 1 << 30, 1)
}

/// `value / unit`, rounded to so many places.
fn decimal(value: u64, unit: u64, places: u32) -> String {
    let scale = 10_u128.pow(places);
    let rounded = (u128::from(value) * scale + u128::from(unit / 2)) / u128::from(unit);
    let (whole, rest) = (rounded / scale, rounded % scale);
    if places == 0 {
        return whole.to_string();
    }
    format!("{whole}.{rest:0places$}", places = usize::try_from(places).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_or_three_digits() {
        let said = [
            (0, "0 GB"),
            (1, "0.00 GB"),
            (350_000_000, "0.35 GB"),
            (994_999_999, "0.99 GB"),
            (995_000_000, "1.0 GB"),
            (5_940_000_000, "5.9 GB"),
            (61_900_000_000, "61.9 GB"),
            (99_949_999_999, "99.9 GB"),
            (99_950_000_000, "100 GB"),
            (118_895_947_776, "119 GB"),
            (1_023_000_000_000, "1.02 TB"),
            (u64::MAX, "18446744.07 TB"),
        ];
        for (bytes, words) in said {
            assert_eq!(gigabytes(bytes), words, "{bytes}");
        }
        assert_eq!(gibibytes(118_895_947_776), "110.7");
    }

    #[test]
    fn a_slot_that_goes_away_is_never_called_ready() {
        let slot = Slot {
            id: "SD_DISK".into(),
            available: true,
            writable: true,
            full: false,
            exiting: true,
            area_held: true,
            area_fault: None,
        };
        assert_eq!(slot_state(&slot).0, "Going away");
        assert_eq!(slot_state(&Slot { exiting: false, ..slot.clone() }).0, "Ready");
        assert_eq!(slot_state(&Slot { exiting: false, available: false, ..slot }).0, "Not available");
    }
}
