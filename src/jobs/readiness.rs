//! SD Card Readiness Check: at every start of the app, until a card is ready.
//!
//! It follows what is read anyway: axstorage's events, and the disk manager, which is asked again while this waits. It
//! does not give up: a card that is put in tomorrow ends it. Nobody wishes anything of the card yet, so it looks only:
//! it takes no folder of its own and writes nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::jobs::decide::{self, History, Next, Presence, Wait};
use crate::jobs::{End, Limits, Order, Ticket};
use crate::snapshot::{Purpose, Reading, Snapshot};

/// The job's name.
pub const NAME: &str = "SD Card Readiness Check";
/// How it ends without a claim.
pub const NOT_PROBED: &str = "Not probed: no claim. The card was only looked at; nothing was written to it.";
/// How it ends where there can be no card.
pub const NO_SLOT: &str = "This camera has no slot for an SD card.";

/// The order for it.
#[must_use]
pub fn order() -> Order {
    let minute = Duration::from_secs(60);
    Order { name: NAME, purpose: Purpose::Check, disk: None, limits: Limits { quiet: minute, total: minute } }
}

/// Waits until a card is ready.
pub async fn check(ticket: Ticket, mut snapshots: watch::Receiver<Arc<Snapshot>>) -> End {
    loop {
        let seen = look(&snapshots.borrow_and_update());
        match seen {
            Ok(end) => return end,
            Err(wait) => {
                if ticket.waits_for(&wait.to_string()).is_err() {
                    return End::Cancelled(None);
                }
            }
        }
        if snapshots.changed().await.is_err() {
            return End::Cancelled(None);
        }
    }
}

/// How it ends, or what it waits for. Where a camera has two slots, one good card is enough.
fn look(snapshot: &Snapshot) -> Result<End, Wait> {
    let Some(Reading::Known { value: cards, .. }) = &snapshot.cards else { return Err(Wait::Unknown) };
    let started = matches!(&snapshot.boot, Reading::Known { value, .. } if value.ready);
    let mut waits = Vec::new();
    for card in cards {
        match decide::next(card, None, &History::begun(Presence(0))) {
            Next::Ready(_) => return Ok(End::Complete(Some(NOT_PROBED.to_owned()))),
            Next::Wait(wait) => waits.push(wait),
            // Without a wish there is never a step.
            Next::Do(_) => waits.push(Wait::Unknown),
        }
    }
    match waits.first() {
        Some(first) => Err(*first),
        None if started => Ok(End::Cancelled(Some(NO_SLOT.to_owned()))),
        None => Err(Wait::Unknown),
    }
}
