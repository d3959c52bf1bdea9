//! Orders for one slot, as its keeper takes them.

use axsdk::Secret;
use tokio::time::Instant;

use super::Keeper;
use crate::clock;
use crate::jobs::card::Wished;
use crate::jobs::decide::{Attempt, Choice, Marker};
use crate::jobs::orders::{Given, NotTaken, Wanted};
use crate::snapshot::Wait;

impl Keeper {
    /// Takes an order while no step is under way.
    pub(super) async fn serve(&mut self, given: Given) {
        let Given { order, answer } = given;
        let changes = !matches!(order.wanted, Wanted::Cancel | Wanted::TestAgain);
        // The last look may be long ago.
        let seen = !changes || self.look().await;
        let named = order.presence.is_some() && order.presence == self.stay.presence();
        let outcome = match order.wanted {
            Wanted::Cancel => self.cancel(),
            Wanted::TestAgain => {
                self.probed = None;
                Ok(())
            }
            _ if !seen => Err(NotTaken::NotNow),
            _ if !named => Err(NotTaken::AnotherCard),
            _ if self.stopped == Some(Wait::CameraBusy) => Err(NotTaken::Busy),
            Wanted::Prepare { passphrase, previous } => {
                self.stay.withdraw_erase();
                self.wish(passphrase, previous);
                Ok(())
            }
            Wanted::Keep => {
                (self.stopped, self.operator_decided) = (None, false);
                self.stay.decide(Choice::Keep);
                Ok(())
            }
            Wanted::Erase { passphrase: None } if !self.has_passphrase() => Err(NotTaken::NoPassphrase),
            Wanted::Erase { passphrase } => {
                if let Some(passphrase) = passphrase {
                    self.wish(passphrase, None);
                }
                self.start_again();
                self.operator_decided = false;
                self.stay.decide(Choice::Erase);
                Ok(())
            }
            Wanted::StartAgain => {
                self.stay.withdraw_erase();
                self.start_again();
                Ok(())
            }
        };
        if outcome.is_ok() && changes {
            self.ordered = Some(Instant::now());
        }
        // An error means that who ordered has gone.
        _ = answer.send(outcome);
    }

    /// An order while a step is under way: nothing but ending what waits.
    pub(super) fn serve_busy(&mut self, given: Given) {
        let outcome = if matches!(given.order.wanted, Wanted::Cancel) { self.cancel() } else { Err(NotTaken::Busy) };
        _ = given.answer.send(outcome);
    }

    pub(super) fn wish(&mut self, passphrase: Secret, previous: Option<Secret>) {
        let marked = match self.stay.history().marker {
            Marker::Ours(generation) => Some(generation),
            _ => None,
        };
        let now = u64::try_from(clock::now().unix()).unwrap_or(0);
        let by_order = self.wished.as_ref().filter(|wished| wished.claim.is_none());
        let (last, was_claim) = (by_order.map_or(0, |wished| wished.wish.generation), by_order.is_none());
        let marked = marked.filter(|_| !was_claim);
        let generation = now.max(last + 1).max(marked.map_or(0, |marked| marked + 1));
        self.wished = Some(Wished::ordered(passphrase, previous, generation, marked));
        self.stay.learn(|history| {
            history.passphrase = Attempt::NotBegun;
            // What it says, it says to the claim.
            if was_claim {
                history.marker = Marker::Unread;
            }
        });
        self.probed = None;
        self.start_again();
        let slot = self.slot();
        self.tools.wanted.send_if_modified(|wanted| wanted.insert(slot));
    }

    /// What ended badly may be tried once more; what a format began stays known.
    pub(super) fn start_again(&mut self) {
        (self.stopped, self.probed, self.put_back) = (None, None, false);
        self.stay.learn(|history| {
            (history.mount_failed, history.refused) = (None, false);
            if history.passphrase == Attempt::Begun {
                history.passphrase = Attempt::NotBegun;
            }
        });
    }

    pub(super) fn cancel(&mut self) -> Result<(), NotTaken> {
        let mut cancelled = Err(NotTaken::NothingToCancel);
        for ticket in self.chain.drain(..) {
            if self.tools.desk.cancel(ticket.number()).is_ok() {
                cancelled = Ok(());
            }
        }
        if cancelled.is_ok() {
            self.stay.withdraw_erase();
            self.stopped = Some(Wait::Cancelled);
        }
        cancelled
    }
}
