//! What the work of a job holds: by it the job tells how far it is, and how it ended.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::clock;
use crate::jobs::{End, Ended, Entry, List, Number, OnCamera, journal};
use crate::snapshot::{JobState, Wait};

/// Held by the work of a job: by it the job tells how far it is.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub(super) number: Number,
    pub(super) list: Arc<watch::Sender<List>>,
}

impl Ticket {
    /// The job waits, for this; as long as it has to.
    ///
    /// # Errors
    /// [`Ended`], and the work should return.
    pub fn waits_for(&self, what: Wait) -> Result<(), Ended> {
        self.show(JobState::Running { percent: None, waits_for: Some(what), seconds_left: None })
    }

    /// The job is at work, so far (0 to 100) and with so many seconds left, where that is known. To be called before each
    /// step.
    ///
    /// # Errors
    /// [`Ended`]: the step must not be begun.
    pub fn runs(&self, percent: Option<u8>, seconds_left: Option<u64>) -> Result<(), Ended> {
        self.show(JobState::Running { percent, waits_for: None, seconds_left })
    }

    fn show(&self, state: JobState) -> Result<(), Ended> {
        let mut open = false;
        self.change(|entry| {
            open = true;
            if entry.job.state == state {
                return false;
            }
            entry.changed = Instant::now();
            if entry.job.waits() || entry.job.state == JobState::Pending {
                entry.at_work = entry.changed;
            }
            entry.job.state = state;
            entry.job.updated = clock::now();
            entry.job.started.get_or_insert(entry.job.updated);
            true
        });
        if open { Ok(()) } else { Err(Ended) }
    }

    /// Nothing changes a job that has ended.
    fn change(&self, change: impl FnOnce(&mut Entry) -> bool) -> bool {
        self.list.send_if_modified(|list| {
            let entry = list.iter_mut().find(|entry| entry.number == self.number && entry.job.open());
            entry.is_some_and(change)
        })
    }

    /// The camera has begun a job of its own for this one.
    pub fn is_on_camera(&self, job: OnCamera) {
        self.change(|entry| {
            entry.on_camera = Some(job);
            true
        });
    }

    /// The camera's own job for this one.
    #[must_use]
    pub fn on_camera(&self) -> Option<OnCamera> {
        self.list.borrow().iter().find(|entry| entry.number == self.number)?.on_camera.clone()
    }

    /// What the job is called.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.list.borrow().iter().find(|entry| entry.number == self.number).map(|entry| entry.job.name.clone())
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> Number {
        self.number
    }

    /// How the job stands; `None` when the desk has forgotten it.
    #[must_use]
    pub fn state(&self) -> Option<JobState> {
        self.list.borrow().iter().find(|entry| entry.number == self.number).map(|entry| entry.job.state.clone())
    }

    /// Ends the job, unless it has ended.
    pub fn end(&self, end: End) {
        let mut found = None;
        let (state, note) = match end {
            End::Complete(note) => (JobState::Complete, note),
            End::Ready(disk, note) => {
                found = Some(disk);
                (JobState::Complete, Some(note))
            }
            End::Cancelled(note) => (JobState::Cancelled, note),
            End::Failed(reason) => (JobState::Failed { reason }, None),
            End::GoesOn => return,
        };
        self.change(|entry| {
            let now = clock::now();
            (entry.job.updated, entry.job.finished) = (now, Some(now));
            (entry.job.state, entry.job.note) = (state, note);
            entry.job.disk = found.or(entry.job.disk.take());
            match &entry.job.state {
                JobState::Failed { reason } => log::warn!("jobs: {}: failed: {reason:?}", entry.job.name),
                state => log::info!("jobs: {}: {}", entry.job.name, journal::word(state)),
            }
            true
        });
    }
}
