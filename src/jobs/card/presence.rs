//! Which card is in a slot, as far as can be told: the camera gives a card no identity, so each stay of one gets a number.
//!
//! A stay ends when the slot is seen empty, and when a card of another size is seen than before: that is another one, or
//! somebody else has formatted it. What cannot be seen is a swap for a card of the same size between two looks.

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
    seen: Option<Instant>,
    decided: Option<Instant>,
}

impl Stay {
    /// Takes in what was read just now.
    pub(super) fn observe(&mut self, card: &Card) {
        let now = Instant::now();
        if card.status == CardStatus::Disconnected {
            *self = Self::default();
            return;
        }
        let blind = self.seen.is_some_and(|seen| now - seen > BLIND);
        self.seen = Some(now);
        let formatting = self.history.as_ref().is_some_and(|history| history.format == Attempt::Begun);
        let another = matches!((self.size, card.total_bytes), (Some(was), Some(is)) if was != is) && !formatting;
        if another || self.history.is_none() {
            self.history = Some(History::begun(Presence(RandomState::new().build_hasher().finish())));
            self.decided = None;
        }
        self.size = card.total_bytes.or(self.size);
        let Some(history) = &mut self.history else { return };
        if blind && history.decision.is_some_and(|decision| decision.choice == Choice::Erase) {
            history.decision = None;
        }
        if card.status == CardStatus::Ok {
            history.used_bytes = card.used_bytes();
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
            if history.format == Attempt::Begun {
                self.size = None;
            }
        }
    }

    /// Somebody decides of the card that is in.
    pub(super) fn decide(&mut self, choice: Choice) {
        self.decided = Some(Instant::now());
        self.learn(|history| {
            history.decision = Some(Decision { choice, presence: history.presence, age: Duration::ZERO });
        });
    }

    /// A decision to erase is open: the card is looked at often.
    pub(super) fn may_be_erased(&self) -> bool {
        self.history().decision.is_some_and(|d| d.choice == Choice::Erase && d.age < crate::jobs::decide::ERASE_HOLDS)
    }
}
