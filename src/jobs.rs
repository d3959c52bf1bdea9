//! The desk: what the app does to the camera, job by job, and what became of it.
//!
//! The list begins empty with each start of the app, the newest job first. An order is one job or a chain of them, whose
//! later ones are pending until their turn comes. At most one order works on a disk at a time; a second one for it is
//! refused with the name of what runs. Each job runs in a task of its own with a guard: one that
//! panics ends as failed, and one that neither waits nor shows a sign of life for as long as its [`Limits`] say as well;
//! the desk goes on. (The package is built to abort on a panic, for its size: there the camera starts the app anew, and
//! the [`journal`] says what was interrupted.) A job can be cancelled while it waits, not in the midst of a step: after each wait it asks the
//! desk by [`Ticket::runs`] whether it may go on.
//!
//! The desk decides nothing and knows no camera: what a job does is the order's own.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::clock;
use crate::snapshot::{Failure, Job, JobState, Note, Purpose};

pub mod account;
pub mod card;
pub mod decide;
pub mod journal;
pub mod offers;
pub mod orders;
pub mod readiness;
mod ticket;

pub use ticket::Ticket;

/// So many jobs are remembered; the oldest that have ended go first.
const MOST: usize = 100;

/// What is ordered.
#[derive(Debug, Clone)]
pub struct Order {
    /// Such as `Format SD Card`.
    pub name: &'static str,
    /// What it is for.
    pub purpose: Purpose,
    /// The disk that it works on, such as `SD_DISK`; absent where it only reads.
    pub disk: Option<String>,
    /// How long it may take.
    pub limits: Limits,
}

/// How long a job may take while it does not wait for anything.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Without a change of what it shows.
    pub quiet: Duration,
    /// In all, since it waited last.
    pub total: Duration,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Well; with what is to be said of that.
    Complete(Option<Note>),
    /// Well: this disk was found ready; with what is to be said of that.
    Ready(String, Note),
    /// On purpose; with what is to be said of that.
    Cancelled(Option<Note>),
    /// With an error.
    Failed(Failure),
    /// Not yet: another step follows.
    GoesOn,
}

/// A job's number, from 1 in the order in which they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(u64);

/// Why an order was not taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refused {
    /// One order on a disk at a time.
    #[error("{running} is under way on {disk}")]
    Busy {
        /// The disk.
        disk: String,
        /// The name of the job that works on it.
        running: String,
    },
    /// The app is about to end.
    #[error("Camera-to-Cloud is about to end")]
    Closed,
}

/// Why a job was not cancelled.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
pub enum NotCancelled {
    /// It is in the midst of a step.
    #[error("it is in the midst of a step that must not be broken off")]
    AtWork,
    /// It has ended, or there was none.
    #[error("there is no such job under way")]
    Over,
}

/// The job has been ended by somebody else: nothing more may be done for it.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[error("the job has been ended")]
pub struct Ended;

/// One job on the desk.
#[derive(Debug, Clone)]
struct Entry {
    number: Number,
    on_camera: Option<OnCamera>,
    /// When what it shows changed last.
    changed: Instant,
    /// When it ceased to wait.
    at_work: Instant,
    job: Job,
}

/// A job of the camera's, which outlives the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnCamera {
    /// The camera's number for it.
    pub number: u64,
    /// In which start of the camera (VAPIX `bootid`) it was begun, where that was known; in another one the number means
    /// something else.
    pub boot: Option<String>,
}

type List = Vec<Entry>;
/// What a job does; boxed, since each kind of task of its own would cost some kilobytes of the package.
pub type Work<T> = std::pin::Pin<Box<dyn Future<Output = T> + Send>>;

/// Takes orders; cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk {
    list: Arc<watch::Sender<List>>,
    work: mpsc::UnboundedSender<Work<()>>,
}

/// Sees the jobs of a desk, as they are and as they change.
#[derive(Debug, Clone)]
pub struct Board(watch::Receiver<List>);

impl Board {
    /// Of a desk that there is not.
    #[must_use]
    pub fn closed() -> Self {
        Self(watch::channel(List::new()).1)
    }

    /// The jobs, the newest first.
    #[must_use]
    pub fn jobs(&mut self) -> Vec<Job> {
        self.0.borrow_and_update().iter().rev().map(|entry| entry.job.clone()).collect()
    }

    /// The jobs with what the journal keeps of each, the oldest first.
    fn lines(&mut self) -> Vec<journal::Line> {
        let line = |entry: &Entry| journal::Line::of(entry.number, &entry.job, entry.on_camera.clone());
        self.0.borrow_and_update().iter().map(line).collect()
    }

    /// Waits for a change; `false` when there will be none.
    pub async fn changed(&mut self) -> bool {
        self.0.changed().await.is_ok()
    }
}

impl Desk {
    /// An empty desk; its jobs live in `tasks`.
    #[must_use]
    pub fn open(tasks: &mut JoinSet<()>) -> Self {
        let (work, mut orders) = mpsc::unbounded_channel::<Work<()>>();
        let seat: Work<()> = Box::pin(async move {
            let mut running = JoinSet::new();
            loop {
                tokio::select! {
                    order = orders.recv() => match order {
                        Some(work) => _ = running.spawn(work),
                        None => break,
                    },
                    Some(_) = running.join_next(), if !running.is_empty() => {}
                }
            }
            while running.join_next().await.is_some() {}
        });
        tasks.spawn(seat);
        Self { list: Arc::new(watch::channel(List::new()).0), work }
    }

    /// The view of this desk.
    #[must_use]
    pub fn board(&self) -> Board {
        Board(self.list.subscribe())
    }

    /// Makes a job and begins it; `work` gets the ticket and does everything.
    ///
    /// # Errors
    /// [`Refused::Busy`] while another job works on the same disk.
    pub fn order<W, F>(&self, order: Order, work: W) -> Result<Number, Refused>
    where
        W: FnOnce(Ticket) -> F,
        F: Future<Output = End> + Send + 'static,
    {
        let ticket = self.enter(&order)?;
        let work = Box::pin(work(ticket.clone()));
        self.begin(ticket, order.limits, work)
    }

    /// Makes the jobs of a chain on a disk, all pending, the first one the oldest; each is begun by [`Desk::carry_out`].
    ///
    /// # Errors
    /// [`Refused::Busy`] while another job works on the same disk.
    pub fn plan(&self, disk: &str, names: &[&'static str]) -> Result<Vec<Ticket>, Refused> {
        let mut taken = Ok(Vec::new());
        self.list.send_if_modified(|list| {
            taken = busy(list, Some(disk)).map_or(Ok(()), Err).map(|()| {
                let enter =
                    |name: &&'static str| push(list, name, Purpose::Prepare, Some(disk.to_owned()), JobState::Pending);
                names.iter().map(enter).collect()
            });
            taken.is_ok()
        });
        Ok(taken?.into_iter().map(|number| self.ticket(number)).collect())
    }

    /// Does one step of a job that is pending or goes on, and waits for its end. How the job ends is the caller's to say,
    /// who may know more of why the step failed; where it took too long or broke, the job has ended.
    ///
    /// # Errors
    /// Why the step failed; `None` where the job had been ended before.
    pub async fn carry_out(
        &self,
        ticket: &Ticket,
        limits: Limits,
        step: Work<Result<(), Failure>>,
    ) -> Result<(), Option<Failure>> {
        ticket.runs(None, None).map_err(|Ended| None)?;
        let (tell, told) = oneshot::channel();
        let work = Box::pin(async move {
            // An error means that nobody waits for it any more.
            _ = tell.send(step.await);
            End::GoesOn
        });
        self.begin(ticket.clone(), limits, work).map_err(|_| Some(Failure::Closing))?;
        match told.await {
            Ok(outcome) => outcome.map_err(Some),
            Err(_) => match ticket.state() {
                Some(JobState::Failed { reason }) => Err(Some(reason)),
                Some(_) => Err(Some(Failure::Broken)),
                None => Err(None),
            },
        }
    }

    /// Makes a job that follows whatever works on the disk now; it is begun by [`Desk::carry_out`].
    #[must_use]
    pub fn follow_up(&self, disk: &str, name: &'static str) -> Ticket {
        let mut number = Number(0);
        self.list.send_modify(|list| {
            number = push(list, name, Purpose::Prepare, Some(disk.to_owned()), JobState::Pending);
        });
        self.ticket(number)
    }

    fn enter(&self, order: &Order) -> Result<Ticket, Refused> {
        let mut taken = Err(Refused::Closed);
        let running = JobState::Running { percent: None, waits_for: None, seconds_left: None };
        self.list.send_if_modified(|list| {
            let free = busy(list, order.disk.as_deref()).map_or(Ok(()), Err);
            taken = free.map(|()| push(list, order.name, order.purpose, order.disk.clone(), running));
            taken.is_ok()
        });
        taken.map(|number| self.ticket(number))
    }

    fn ticket(&self, number: Number) -> Ticket {
        Ticket { number, list: Arc::clone(&self.list) }
    }

    fn begin(&self, ticket: Ticket, limits: Limits, work: Work<End>) -> Result<Number, Refused> {
        let number = ticket.number;
        if self.work.send(Box::pin(guard(ticket.clone(), limits, work))).is_err() {
            ticket.end(End::Failed(Failure::Closing));
            return Err(Refused::Closed);
        }
        Ok(number)
    }

    /// Ends a job that waits.
    ///
    /// # Errors
    /// [`NotCancelled::AtWork`] in the midst of a step, [`NotCancelled::Over`] when there is nothing to end.
    pub fn cancel(&self, number: Number) -> Result<(), NotCancelled> {
        let state = self.list.borrow().iter().find(|entry| entry.number == number).map(|entry| entry.job.state.clone());
        match state {
            Some(JobState::Pending | JobState::Running { waits_for: Some(_), .. }) => {
                self.ticket(number).end(End::Cancelled(Some(Note::ByOrder)));
                Ok(())
            }
            Some(JobState::Running { .. }) => Err(NotCancelled::AtWork),
            Some(JobState::Complete | JobState::Cancelled | JobState::Failed { .. }) | None => Err(NotCancelled::Over),
        }
    }
}

/// What works on the disk.
fn busy(list: &List, disk: Option<&str>) -> Option<Refused> {
    let disk = disk?;
    let open = |entry: &&Entry| entry.job.open() && entry.job.disk.as_deref() == Some(disk);
    let busy = list.iter().find(open)?;
    Some(Refused::Busy { disk: disk.to_owned(), running: busy.job.name.clone() })
}

/// Puts a job on the list.
fn push(list: &mut List, name: &str, purpose: Purpose, disk: Option<String>, state: JobState) -> Number {
    let number = Number(list.last().map_or(1, |entry| entry.number.0 + 1));
    let (now, at) = (clock::now(), Instant::now());
    let started = (state != JobState::Pending).then_some(now);
    let name = name.to_owned();
    let job = Job { name, purpose, disk, state, note: None, created: now, started, updated: now, finished: None };
    log::info!("jobs: {}: {}", job.name, journal::word(&job.state));
    list.push(Entry { number, on_camera: None, changed: at, at_work: at, job });
    if list.len() > MOST {
        let oldest = list.iter().position(|entry| !entry.job.open());
        oldest.map(|oldest| list.remove(oldest));
    }
    number
}

/// Ends a job that panics.
struct Broken(Ticket);

impl Drop for Broken {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end(End::Failed(Failure::Broken));
        }
    }
}

/// Lives as long as the job is open, and sees to it that it ends.
async fn guard(ticket: Ticket, limits: Limits, mut work: Work<End>) {
    let _broken = Broken(ticket.clone());
    let mut news = ticket.list.subscribe();
    loop {
        let Some(overdue) = overdue(&news.borrow_and_update(), ticket.number, limits) else { return };
        let late = async {
            match overdue {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // A job that was cancelled is not touched again.
            biased;
            changed = news.changed() => if changed.is_err() { return },
            end = &mut work => return ticket.end(end),
            () = late => return ticket.end(End::Failed(Failure::TooLong)),
        }
    }
}

/// When the job has taken too long; `Some(None)` while it waits, `None` when it has ended.
fn overdue(list: &List, number: Number, limits: Limits) -> Option<Option<Instant>> {
    let entry = list.iter().find(|entry| entry.number == number && entry.job.open())?;
    let overdue = (entry.changed + limits.quiet).min(entry.at_work + limits.total);
    Some((!entry.job.waits()).then_some(overdue))
}
