//! What an earlier start of the app left behind.

use std::sync::Arc;

use super::Keeper;
use crate::jobs::End;
use crate::jobs::card::steps::Place;
use crate::jobs::card::{CHANGE, FORMAT, MOUNT, OPEN, UNMOUNT};
use crate::jobs::decide::{Attempt, Next, Step};
use crate::jobs::journal::Line;
use crate::snapshot::{CardStatus, Failure, JobState, Note, Wait};
use crate::vapix::disks::JobNumber;

impl Keeper {
    /// Goes on after a start of the app: what the camera still does is followed; what deletes is never begun again by
    /// itself, and what the app took out of use is taken into use again.
    pub(super) async fn resume(&mut self, left: Vec<Line>) {
        let open = || left.iter().filter(|line| line.job.open());
        let running = open().find(|line| line.job.started.is_some()).or(open().next());
        let Some(running) = running.or_else(|| interrupted(&left)) else { return };
        let slot = self.slot();
        self.bar = self.tools.storage.as_ref().map(|storage| Arc::new(storage.bar(&slot)));
        let name = [UNMOUNT, FORMAT, MOUNT, OPEN, CHANGE].into_iter().find(|name| *name == running.job.name);
        self.tell(Next::Wait(Wait::Unknown));
        let boot = self.boot().await;
        let followed = match (name, &running.on_camera) {
            (Some(name), Some(job)) if job.boot.is_some() && job.boot == boot => Some((name, JobNumber(job.number))),
            _ => None,
        };
        let mut well = false;
        if let Some((name, number)) = followed {
            well = self.follow_on(name, number).await;
        }
        _ = self.look().await;
        let deletes = deletes(running);
        let ours = matches!(name, Some(UNMOUNT | FORMAT | MOUNT)) && self.card.status != CardStatus::Ok;
        self.stay.learn(|history| {
            history.unmounted = ours;
            if well && name == Some(FORMAT) {
                history.format = Attempt::Done;
            }
        });
        // A card that was only to be opened and is in use has been opened.
        let opened = name == Some(OPEN) && self.card.status == CardStatus::Ok;
        if deletes && !well && !opened {
            self.stopped.get_or_insert(Wait::Interrupted);
        }
        if self.card.status == CardStatus::Ok || self.stopped != Some(Wait::CameraBusy) {
            self.release();
        }
    }

    /// Follows a job of the camera's to its end; whether that was a good one.
    pub(super) async fn follow_on(&mut self, name: &'static str, number: JobNumber) -> bool {
        let Ok(mut tickets) = self.tools.desk.plan(&self.card.slot, &[name]) else { return false };
        let Some(ticket) = tickets.pop() else { return false };
        let boot = self.boot().await;
        let place = Place { tools: Arc::clone(&self.tools), slot: self.slot(), ticket: ticket.clone(), boot };
        self.tell(Next::Do(Step::Mount));
        match self.carry_out(&ticket, Box::pin(place.follow_on(number))).await {
            Ok(()) => {
                ticket.end(End::Complete(Some(Note::Followed)));
                true
            }
            Err(failure) => {
                let step = if name == FORMAT { Step::Format } else { Step::Unmount };
                self.stop(step, &ticket, failure).await;
                false
            }
        }
    }
}

/// The job can't be begun again without being asked for.
fn deletes(line: &Line) -> bool {
    [FORMAT, OPEN, CHANGE].contains(&&*line.job.name) && line.job.started.is_some()
}

/// What was interrupted at an earlier start of the app still is, until another job has come to its end.
fn interrupted(left: &[Line]) -> Option<&Line> {
    let line = left.iter().rev().find(|line| line.job.state != JobState::Cancelled)?;
    let is_interrupted = matches!(line.job.state, JobState::Failed { reason: Failure::Interrupted });
    (is_interrupted && deletes(line)).then_some(line)
}
