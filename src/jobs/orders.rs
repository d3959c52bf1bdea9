//! What an administrator may order of a card, and the counter where that is done.
//!
//! Each order but cancelling and testing names the presence of the card that was looked at: one for a card that has gone
//! since is refused.

use std::sync::Arc;

use axsdk::Secret;
use tokio::sync::{mpsc, oneshot, watch};

use crate::jobs::decide::Presence;
use crate::snapshot::{Card, CardStay, Preparation, Stand};

/// The longest passphrase that a camera takes, in bytes (VAPIX disk properties API).
pub const LONGEST_PASSPHRASE: usize = 512;
/// So many orders may wait for being read.
const QUEUE: usize = 4;

/// One slot, for those who order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The slot, such as `SD_DISK`.
    pub slot: String,
    /// Which card; absent while none is in.
    pub presence: Option<Presence>,
    /// The card as it was read last.
    pub card: Card,
    /// Its size in bytes, as it was told last: of a card that is not mounted the camera tells none.
    pub size: Option<u64>,
    /// How the app stands with it; absent while nothing is wished and nothing was begun.
    pub stand: Option<Stand>,
    /// The app has a passphrase for it.
    pub has_passphrase: bool,
    /// A job that waits and can be cancelled.
    pub can_cancel: bool,
}

impl Seat {
    /// Whether a wish for this card can be taken now: no step is under way, and it can be written.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.presence.is_some() && self.stand != Some(Stand::Working) && !self.card.locked && !self.card.read_only
    }
}

/// What is ordered.
#[derive(Debug)]
pub enum Wanted {
    /// Make the card ready where that harms nobody's data, and encrypt it with this passphrase; with the one before where
    /// it is to be changed without erasing.
    Prepare {
        /// The new passphrase.
        passphrase: Secret,
        /// The one that the card has.
        previous: Option<Secret>,
    },
    /// Leave the card as it is.
    Keep,
    /// Erase everything on the card and make it ready; without a passphrase that of the order before holds.
    Erase {
        /// The passphrase.
        passphrase: Option<Secret>,
    },
    /// Go on after a step that ended badly; nothing is erased by that.
    StartAgain,
    /// End what waits.
    Cancel,
    /// Look and probe again.
    TestAgain,
}

/// An order for one slot.
#[derive(Debug)]
pub struct Order {
    /// The slot.
    pub slot: String,
    /// The card that was looked at; not asked for by [`Wanted::Cancel`] and [`Wanted::TestAgain`].
    pub presence: Option<Presence>,
    /// What.
    pub wanted: Wanted,
}

/// Why an order was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// The card that was looked at is not in the slot any more.
    #[error("another card")]
    AnotherCard,
    /// There is no such slot.
    #[error("no such slot")]
    NoSlot,
    /// A step is under way, or the camera is still at one that was given up.
    #[error("busy")]
    Busy,
    /// There is no passphrase to encrypt the card with.
    #[error("no passphrase")]
    NoPassphrase,
    /// There is nothing to cancel.
    #[error("nothing to cancel")]
    NothingToCancel,
    /// The app is about to end, or has too much to do.
    #[error("not now")]
    NotNow,
}

/// An order on its way to the one who keeps the card.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) order: Order,
    pub(crate) answer: oneshot::Sender<Result<(), NotTaken>>,
}

/// Where orders are given; cheap to clone.
#[derive(Debug, Clone)]
pub struct Counter {
    give: mpsc::Sender<Given>,
    seats: watch::Receiver<Vec<Seat>>,
}

/// The other side of the counter.
#[derive(Debug)]
pub struct Clerk {
    pub(crate) given: mpsc::Receiver<Given>,
    pub(crate) seats: Arc<watch::Sender<Vec<Seat>>>,
}

/// A counter and its other side.
#[must_use]
pub fn counter() -> (Counter, Clerk) {
    let (give, given) = mpsc::channel(QUEUE);
    let (told, seats) = watch::channel(Vec::new());
    (Counter { give, seats }, Clerk { given, seats: Arc::new(told) })
}

impl Counter {
    /// A counter at which nobody sits: for versions without a card, and for tests of views, which put the seats.
    #[must_use]
    pub fn closed(seats: Vec<Seat>) -> Self {
        let (give, _) = mpsc::channel(1);
        Self { give, seats: watch::channel(seats).1 }
    }

    /// The slots as they are.
    #[must_use]
    pub fn seats(&self) -> Vec<Seat> {
        self.seats.borrow().clone()
    }

    /// How the app stands with the cards of which something is wished.
    #[must_use]
    pub fn preparations(&mut self) -> Vec<Preparation> {
        let seats = self.seats.borrow_and_update();
        let told = |seat: &Seat| seat.stand.map(|stand| Preparation { slot: seat.slot.clone(), stand });
        seats.iter().filter_map(told).collect()
    }

    /// The slots as the portal is told of them.
    #[must_use]
    pub fn stays(&self) -> Vec<CardStay> {
        let told = |seat: &Seat| {
            let presence = seat.presence.map(|presence| presence.to_string());
            CardStay { slot: seat.slot.clone(), presence, stand: seat.stand }
        };
        self.seats.borrow().iter().map(told).collect()
    }

    /// Waits for a change of the slots; `false` when there will be none.
    pub async fn changed(&mut self) -> bool {
        self.seats.changed().await.is_ok()
    }

    /// Gives an order, and waits until it was taken: what it leads to is seen in the jobs.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn give(&self, order: Order) -> Result<(), NotTaken> {
        let (answer, taken) = oneshot::channel();
        self.give.try_send(Given { order, answer }).map_err(|_| NotTaken::NotNow)?;
        taken.await.unwrap_or(Err(NotTaken::NotNow))
    }
}
