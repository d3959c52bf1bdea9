//! One step of the keeper's: its job on the desk, its work, and what its end means.

use std::sync::Arc;

use tokio::time::{Instant, sleep};

use super::{BUSY, Keeper, REFUSES, WATCH};
use crate::jobs::card::presence::Stay;
use crate::jobs::card::steps::{self, Place};
use crate::jobs::card::{CHANGE, FORMAT, MOUNT, OPEN, UNMOUNT, Wished};
use crate::jobs::decide::{self, Attempt, Next, Step};
use crate::jobs::{End, Ticket, Work};
use crate::snapshot::{CardStatus, Failure, Note, Reading, Wait};
use crate::vapix::Fault;
use crate::vapix::disks::{JobNumber, Progress};

impl Keeper {
    /// The job of a step: the one that is pending, or a new chain of those that will follow.
    pub(super) fn ticket(&mut self, step: Step) -> Option<Ticket> {
        let wish = self.active().map(|wished| wished.wish);
        let erases = wish.is_some_and(|wish| decide::may_erase(&self.card, &wish, &self.stay.history()));
        let names: &[&'static str] = match step {
            Step::Unmount => &[UNMOUNT, FORMAT, MOUNT],
            Step::SetPassphrase if !erases => &[OPEN, MOUNT],
            Step::SetPassphrase | Step::Format => &[FORMAT, MOUNT],
            Step::Mount => &[MOUNT],
            Step::ChangePassphrase => &[CHANGE],
        };
        let name = names.first()?;
        let at = self.chain.iter().position(|ticket| ticket.name().as_deref() == Some(name));
        match at {
            Some(at) => {
                for ticket in self.chain.drain(..at) {
                    ticket.end(End::Cancelled(Some(Note::NotNeeded)));
                }
            }
            None => {
                self.end_chain(Note::NotNeeded);
                self.chain = match self.tools.desk.plan(&self.card.slot, names) {
                    Ok(tickets) => tickets,
                    Err(refused) => {
                        log::warn!("jobs: {refused}");
                        return None;
                    }
                };
            }
        }
        (!self.chain.is_empty()).then(|| self.chain.remove(0))
    }

    pub(super) async fn perform(&mut self, step: Step) {
        // Once, however that ends; a mount that was just refused is not tried again by itself.
        self.put_back |= step == Step::Mount || self.stopped.is_some();
        let Some(ticket) = self.ticket(step) else {
            self.stopped = Some(Wait::Stopped);
            return;
        };
        let slot = self.slot();
        if self.bar.is_none() && step != Step::ChangePassphrase {
            self.bar = self.tools.storage.as_ref().map(|storage| Arc::new(storage.bar(&slot)));
        }
        let presence = self.stay.presence();
        self.barred = presence;
        let work = self.work(step, ticket.clone());
        let claim = self.active().and_then(|wished| wished.claim.clone());
        if matches!(step, Step::SetPassphrase | Step::ChangePassphrase) && claim.is_some() {
            self.tools.lent.note(&slot, claim.as_deref());
        }
        self.begin(step);
        self.tell(Next::Do(step));
        let outcome = match work {
            Some(work) => self.carry_out(&ticket, work).await,
            None => Err(Some(Failure::Broken)),
        };
        _ = self.look().await;
        self.tools.look.notify_one();
        if outcome == Err(Some(Failure::Pulled)) {
            // It was seen absent, though one may be in again.
            self.leave();
        }
        let another = self.stay.presence() != presence;
        let outcome = match outcome {
            _ if self.card.status == CardStatus::Disconnected => Err(Some(Failure::Pulled)),
            Err(Some(Failure::StillRunning | Failure::TooLong) | None) => outcome,
            _ if another => Err(Some(Failure::AnotherCard)),
            outcome => outcome,
        };
        match outcome {
            Ok(()) => self.go_on(step, &ticket),
            Err(failure) => self.stop(step, &ticket, failure).await,
        }
    }

    /// Notes down that a step is begun, before it is.
    pub(super) fn begin(&mut self, step: Step) {
        self.stay.learn(|history| match step {
            Step::SetPassphrase | Step::ChangePassphrase => history.passphrase = Attempt::Begun,
            Step::Format => {
                (history.format, history.decision, history.mount_failed) = (Attempt::Begun, None, None);
            }
            Step::Unmount | Step::Mount => {}
        });
        if step == Step::Format {
            self.stay.changes(true);
        }
    }

    /// Where a step is done.
    pub(super) fn place(&self, ticket: Ticket) -> Place {
        let boot = match &self.snapshots.borrow().boot {
            Reading::Known { value, .. } => value.boot_id.clone(),
            Reading::Pending | Reading::Lost { .. } => None,
        };
        Place { tools: Arc::clone(&self.tools), slot: self.slot(), ticket, boot }
    }

    pub(super) fn work(&self, step: Step, ticket: Ticket) -> Option<Work<Result<(), Failure>>> {
        let place = self.place(ticket);
        let secret = |wished: &Wished| Some((wished.passphrase.clone()?, wished.previous.clone()));
        let secrets = self.active().and_then(secret);
        Some(match (step, secrets) {
            (Step::Unmount, _) => Box::pin(place.unmount(self.bar.clone())),
            (Step::SetPassphrase, Some((passphrase, _))) => Box::pin(place.set_passphrase(passphrase)),
            (Step::Format, _) => Box::pin(place.format(self.stay.size())),
            (Step::Mount, _) => Box::pin(place.mount()),
            (Step::ChangePassphrase, Some((new, Some(previous)))) => Box::pin(place.change_passphrase(previous, new)),
            (Step::SetPassphrase | Step::ChangePassphrase, _) => return None,
        })
    }

    /// Waits for the end of a step; meanwhile orders are answered, and a card that may be erased is looked at.
    pub(super) async fn carry_out(
        &mut self,
        ticket: &Ticket,
        work: Work<Result<(), Failure>>,
    ) -> Result<(), Option<Failure>> {
        let desk = self.tools.desk.clone();
        let step = desk.carry_out(ticket, steps::outer_limits(), work);
        tokio::pin!(step);
        loop {
            tokio::select! {
                outcome = &mut step => return outcome,
                Some(given) = self.given.recv() => self.serve_busy(given),
                Ok(()) = self.standing.changed() => self.announce_lock(),
                () = sleep(WATCH), if self.wished.is_some() => {
                    _ = self.look().await;
                }
            }
        }
    }

    /// What a step that ended well means for the card and for what follows.
    pub(super) fn go_on(&mut self, step: Step, ticket: &Ticket) {
        if step == Step::Format {
            self.stay.is_unsure(false);
        }
        self.stay.changes(false);
        self.stay.learn(|history| match step {
            Step::Unmount => (history.unmounted, history.in_use) = (true, false),
            Step::SetPassphrase => (history.passphrase, history.in_use) = (Attempt::Done, false),
            Step::ChangePassphrase => history.passphrase = Attempt::Done,
            Step::Format => (history.format, history.in_use) = (Attempt::Done, false),
            Step::Mount => history.unmounted = false,
        });
        if step == Step::SetPassphrase {
            if self.active().is_some_and(|wished| wished.claim.is_none()) {
                self.tools.lent.note(&self.card.slot, None);
            }
            let refused = matches!(self.card.status, CardStatus::NoPassphrase | CardStatus::WrongPassphrase);
            self.stay.learn(|history| history.refused = refused);
        }
        // Setting the passphrase is the first part of formatting.
        match step {
            Step::SetPassphrase if self.next() == Next::Do(Step::Format) => self.chain.insert(0, ticket.clone()),
            Step::SetPassphrase if ticket.name().as_deref() == Some(FORMAT) => {
                ticket.end(End::Cancelled(Some(Note::StepBefore)));
            }
            _ => ticket.end(End::Complete(None)),
        }
        if step == Step::Mount {
            self.release();
        }
    }

    /// What a step that ended badly means; `None` where the job had been ended by somebody.
    pub(super) async fn stop(&mut self, step: Step, ticket: &Ticket, failure: Option<Failure>) {
        if let Some(failure) = failure.clone() {
            ticket.end(End::Failed(failure));
        }
        self.end_chain(Note::StepBefore);
        self.stay.withdraw_erase();
        // Where the camera gave its job a number, it may still be at it.
        let runs_on = match failure {
            Some(Failure::StillRunning | Failure::TooLong) => true,
            Some(Failure::Unanswered { .. }) => ticket.on_camera().is_some(),
            _ => false,
        };
        match failure {
            _ if runs_on => {}
            // Of the card that is in now nothing was begun.
            Some(Failure::Pulled | Failure::AnotherCard) => {
                self.stay.changes(false);
                return self.release();
            }
            // The camera tried, and that is the card's matter; whatever else went wrong says nothing about the card.
            Some(Failure::Declined { .. }) if step == Step::Mount => {
                let card = self.card.clone();
                self.stay.learn(|history| history.mount_failed = Some(card));
            }
            _ => self.stopped = Some(Wait::Stopped),
        }
        if step == Step::Unmount && matches!(failure, Some(Failure::Unanswered { .. })) {
            // The order was given: where the card is not mounted now, that is our doing.
            let unmounted = self.card.status != CardStatus::Ok;
            self.stay.learn(|history| (history.unmounted, history.in_use) = (unmounted, !unmounted));
        }
        match failure {
            _ if runs_on => self.outwait(step, ticket).await,
            // The camera may be formatting: our folder stays barred until the card is in use or out, or is ordered anew.
            Some(Failure::Unanswered { .. } | Failure::Vanished) if step == Step::Format => self.stay.is_unsure(true),
            _ => {
                self.stay.changes(false);
                self.release();
            }
        }
    }

    /// Waits until the camera has ended a job that was given up.
    pub(super) async fn outwait(&mut self, step: Step, ticket: &Ticket) {
        let Some(job) = ticket.on_camera() else {
            self.stopped = Some(Wait::Stopped);
            return;
        };
        let presence = self.stay.presence();
        self.stopped = Some(Wait::CameraBusy);
        let mut told = Instant::now();
        loop {
            self.tell(self.next());
            let since = Instant::now();
            while since.elapsed() < BUSY && self.card.status != CardStatus::Disconnected {
                tokio::select! {
                    Some(given) = self.given.recv() => self.serve(given).await,
                    Ok(()) = self.snapshots.changed() => if self.is_told_otherwise() { _ = self.look().await },
                    Ok(()) = self.standing.changed() => self.announce_lock(),
                    () = sleep(BUSY) => {}
                }
            }
            let progress = self.tools.disks.job(&self.card.slot, JobNumber(job.number)).await;
            match progress {
                _ if self.card.status == CardStatus::Disconnected => break,
                Err(Fault::Refused { status: 400..=499, .. }) if told.elapsed() > REFUSES => break,
                Err(_) => {}
                Ok(Progress::Running(_)) => told = Instant::now(),
                Ok(Progress::Done) if step == Step::Format && self.stay.presence() == presence => {
                    self.stay.learn(|history| history.format = Attempt::Done);
                    break;
                }
                Ok(Progress::Done | Progress::Failed(_) | Progress::Unknown) => break,
            }
        }
        _ = self.look().await;
        self.stay.changes(false);
        self.tools.look.notify_one();
        self.stopped = (self.stay.presence() == presence && presence.is_some()).then_some(Wait::Stopped);
        self.release();
    }

    /// The card that was in has gone; the one that is in now is another.
    fn leave(&mut self) {
        self.stay = Stay::default();
        self.part();
        let card = self.card.clone();
        self.take(card);
    }

    /// The jobs that follow are not begun any more.
    pub(super) fn end_chain(&mut self, why: Note) {
        for ticket in self.chain.drain(..) {
            ticket.end(End::Cancelled(Some(why)));
        }
    }

    /// Our folder may be on the card again.
    pub(super) fn release(&mut self) {
        self.bar = None;
    }
}
