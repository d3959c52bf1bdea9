//! Which card is in a slot, as far as can be told: the camera gives a card no identity, so each stay of one gets a number.
//!
//! A stay ends when the slot is seen empty, and when a card of another size, of another file system or with another answer to
//! whether it is encrypted is seen than before: that is another one, or somebody else has formatted it. What cannot be seen
//! is a swap for a card that is told alike between two looks; of one that is not mounted the camera tells no size.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use tokio::time::Instant;

use crate::jobs::decide::{Attempt, Choice, Decision, History, Presence};
use crate::snapshot::{Card, CardStatus};

/// A decision does not outlive a time in which the card could not be looked at.
const BLIND: Duration = Duration::from_secs(10);

/// One slot, and what is known of the card in it since it came.
#[derive(Debug, Default)]
pub(super) struct Stay {
    history: Option<History>,
    /// The size as it was told last, in bytes.
    size: Option<u64>,
    /// The same of its file system, in small letters.
    filesystem: Option<String>,
    /// The same of its encryption.
    encrypted: Option<bool>,
    seen: Option<Instant>,
    decided: Option<Instant>,
    /// We format it, or the camera may still do so: it changes.
    changes: bool,
    /// How a format ended is not known: the camera may be at it.
    unsure: bool,
    /// It was formatted and was not seen mounted since: its size is to be told anew.
    fresh: bool,
}

impl Stay {
    /// Takes in what was read just now.
    pub(super) fn observe(&mut self, card: &Card) {
        let now = Instant::now();
        if card.status == CardStatus::Disconnected {
            *self = Self::default();
            return;
        }
        let blind = self.seen.max(self.decided).is_some_and(|seen| now - seen > BLIND);
        self.seen = Some(now);
        let filesystem = card.filesystem.as_ref().map(|name| name.trim().to_ascii_lowercase());
        let filesystem = filesystem.filter(|name| !name.is_empty());
        // A camera may tell the file system late: what was formatted is not taken for another card by that alone.
        let formatted = self.history.as_ref().is_some_and(|history| history.format != Attempt::NotBegun);
        let another = (differ(self.size, card.total_bytes) && !self.fresh)
            || (differ(self.filesystem.as_ref(), filesystem.as_ref()) && !formatted)
            || differ(self.encrypted, card.encrypted);
        if (another && !self.changes) || self.history.is_none() {
            *self = Self {
                history: Some(History::begun(Presence(RandomState::new().build_hasher().finish()))),
                seen: self.seen,
                ..Self::default()
            };
        }
        self.size = card.total_bytes.or(self.size);
        self.filesystem = filesystem.or(self.filesystem.take());
        self.encrypted = card.encrypted.or(self.encrypted);
        self.fresh &= self.changes || card.status != CardStatus::Ok;
        let Some(history) = &mut self.history else { return };
        if blind && history.decision.is_some_and(|decision| decision.choice == Choice::Erase) {
            history.decision = None;
        }
        // What was learnt of a card that is not mounted is of the one that was looked at all the time.
        if blind && card.status != CardStatus::Ok {
            (history.used_bytes, history.mount_failed) = (None, None);
        }
        if card.status == CardStatus::Ok {
            history.used_bytes = card.used_bytes();
            history.in_use = true;
        }
    }

    /// The card that is in.
    pub(super) fn presence(&self) -> Option<Presence> {
        self.history.as_ref().map(|history| history.presence)
    }

    /// What is known of it, with the age of its decision.
    pub(super) fn history(&self) -> History {
        let Some(history) = &self.history else { return History::begun(Presence(0)) };
        let age = self.decided.map_or(Duration::MAX, |at| at.elapsed());
        let decision = history.decision.map(|decision| Decision { age, ..decision });
        History { decision, ..history.clone() }
    }

    /// The size of the card as it was told last, in bytes.
    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }

    /// Learns something of the card, if one is in.
    pub(super) fn learn(&mut self, learn: impl FnOnce(&mut History)) {
        if let Some(history) = &mut self.history {
            learn(history);
        }
    }

    /// From now on what is told of the card may change, or (`false`) no more: by that another one is told from it.
    pub(super) fn changes(&mut self, on: bool) {
        self.changes = on || self.unsure;
        if on {
            self.fresh = true;
            (self.size, self.filesystem, self.encrypted) = (None, None, None);
        }
    }

    /// How a format ended is not known, or (`false`) one has ended well since.
    pub(super) fn is_unsure(&mut self, unsure: bool) {
        self.unsure = unsure;
    }

    /// Somebody decides of the card that is in.
    pub(super) fn decide(&mut self, choice: Choice) {
        self.decide_at(choice, Instant::now());
    }

    /// The same, some time ago.
    pub(super) fn decide_at(&mut self, choice: Choice, at: Instant) {
        self.decided = Some(at);
        self.learn(|history| {
            history.decision = Some(Decision { choice, presence: history.presence, age: Duration::ZERO });
        });
    }

    /// Whoever orders something else does not order an erase any more.
    pub(super) fn withdraw_erase(&mut self) {
        let erase = |decision: &Decision| decision.choice == Choice::Erase;
        self.learn(|history| history.decision = history.decision.filter(|decision| !erase(decision)));
    }

    /// A decision to erase is open: the card is looked at often.
    pub(super) fn may_be_erased(&self) -> bool {
        self.history().decision.is_some_and(|d| d.choice == Choice::Erase && d.age < crate::jobs::decide::ERASE_HOLDS)
    }
}

/// Both are told, and not alike.
fn differ<T: PartialEq>(was: Option<T>, is: Option<T>) -> bool {
    matches!((was, is), (Some(was), Some(is)) if was != is)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(alter: impl FnOnce(&mut Card)) -> Card {
        let mut card = Card {
            slot: "SD_DISK".to_owned(),
            status: CardStatus::Ok,
            total_bytes: Some(64_000_000_000),
            free_bytes: Some(63_000_000_000),
            filesystem: Some("vfat".to_owned()),
            encryption_set: Some(false),
            encrypted: Some(false),
            locked: false,
            full: false,
            read_only: false,
            required_filesystem: None,
        };
        alter(&mut card);
        card
    }

    fn unmounted(card: &mut Card) {
        (card.status, card.total_bytes, card.free_bytes) = (CardStatus::Connected, None, None);
    }

    #[test]
    fn a_card_that_is_told_otherwise_is_another_one_unless_it_is_being_formatted() {
        type Alter = fn(&mut Card);
        let others: [Alter; 4] = [
            |card| card.total_bytes = Some(128_000_000_000),
            |card| card.filesystem = Some("ext4".to_owned()),
            |card| (card.encrypted, card.filesystem) = (Some(true), Some(String::new())),
            |card| {
                unmounted(card);
                card.encrypted = Some(true);
            },
        ];
        for other in others {
            let mut stay = Stay::default();
            stay.observe(&card(|_| ()));
            let first = stay.presence();
            stay.decide(Choice::Erase);
            stay.changes(true);
            stay.observe(&card(other));
            assert_eq!(stay.presence(), first);
            stay.changes(false);
            stay.observe(&card(other));
            assert_eq!(stay.presence(), first);
            stay.observe(&card(|_| ()));
            assert_ne!(stay.presence(), first);
            assert_eq!(stay.history().decision, None, "what was decided of the one holds for no other");
        }
    }

    #[test]
    fn a_card_that_was_formatted_is_the_same_one_whatever_size_and_file_system_it_has_then() {
        let mut stay = Stay::default();
        stay.observe(&card(unmounted));
        let first = stay.presence();
        stay.learn(|history| history.format = Attempt::Begun);
        stay.changes(true);
        stay.observe(&card(unmounted));
        stay.observe(&card(|card| (card.encrypted, card.total_bytes) = (Some(true), None)));
        stay.changes(false);
        stay.learn(|history| history.format = Attempt::Done);
        for (size, filesystem) in [(None, "vfat"), (Some(63_100_000_000), "vfat"), (Some(63_100_000_000), "ext4")] {
            stay.observe(&card(|card| {
                (card.encrypted, card.total_bytes, card.filesystem) = (Some(true), size, Some(filesystem.to_owned()));
            }));
            assert_eq!(stay.presence(), first, "{size:?} {filesystem}");
        }
        stay.observe(&card(|card| card.encrypted = Some(true)));
        assert_ne!(stay.presence(), first, "its size does not change any more");
    }

    #[test]
    fn a_card_that_is_told_less_or_unmounted_is_the_same_one() {
        let mut stay = Stay::default();
        stay.observe(&card(|_| ()));
        let first = stay.presence();
        for card in [
            card(unmounted),
            card(|card| (card.encryption_set, card.status) = (Some(true), CardStatus::NotEncrypted)),
            card(|card| (card.filesystem, card.encrypted) = (Some(" VFAT ".to_owned()), None)),
            card(|card| card.filesystem = Some(String::new())),
        ] {
            stay.observe(&card);
            assert_eq!(stay.presence(), first, "{card:?}");
        }
        assert_eq!(stay.size(), Some(64_000_000_000));
        stay.observe(&card(|card| card.status = CardStatus::Disconnected));
        assert_eq!((stay.presence(), stay.size()), (None, None));
    }
}
