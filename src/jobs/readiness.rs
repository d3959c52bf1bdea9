//! SD Card Readiness Check: at every start of the app, and after each order for a card, until a card is ready.
//!
//! It shows what the card waits for, and does not give up: a card that is put in tomorrow ends it. Without a wish the card
//! is only looked at: no folder is made on it and nothing is written.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::jobs::card::{Readiness, States};
use crate::jobs::{End, Limits, Order, Ticket};
use crate::snapshot::{Note, Purpose, Reading, Snapshot, Wait};

/// The job's name.
pub const NAME: &str = "SD Card Readiness Check";

/// The order for it.
#[must_use]
pub fn order() -> Order {
    let minute = Duration::from_secs(60);
    Order { name: NAME, purpose: Purpose::Check, disk: None, limits: Limits { quiet: minute, total: minute } }
}

/// Waits until a card is ready.
pub async fn check(
    ticket: Ticket,
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
    mut states: watch::Receiver<States>,
) -> End {
    loop {
        let seen = look(&snapshots.borrow_and_update(), &states.borrow_and_update());
        match seen {
            Ok(end) => return end,
            Err(wait) => {
                if ticket.waits_for(wait).is_err() {
                    return End::Cancelled(None);
                }
            }
        }
        let changed = tokio::select! {
            changed = snapshots.changed() => changed,
            changed = states.changed() => changed,
        };
        if changed.is_err() {
            return End::Cancelled(None);
        }
    }
}

/// How it ends, or what it waits for. Where a camera has two slots, one good card is enough.
fn look(snapshot: &Snapshot, states: &States) -> Result<End, Wait> {
    let Some(Reading::Known { value: cards, .. }) = &snapshot.cards else { return Err(Wait::Unknown) };
    let started = matches!(&snapshot.boot, Reading::Known { value, .. } if value.ready);
    let mut first = None;
    for card in cards {
        match states.get(&card.slot) {
            Some(Readiness::Ready(note)) => return Ok(End::Ready(card.slot.clone(), *note)),
            Some(Readiness::Waits(wait)) => _ = first.get_or_insert(*wait),
            None => _ = first.get_or_insert(Wait::Unknown),
        }
    }
    match first {
        Some(wait) => Err(wait),
        None if started => Ok(End::Cancelled(Some(Note::NoSlot))),
        None => Err(Wait::Unknown),
    }
}
