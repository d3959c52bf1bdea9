//! Carries out the steps of the lease machine, one slot for each storage.
//!
//! The lock is held only while a slot changes, never across a call or a wait.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use super::Status;
use super::call::{self, RELEASE};
use super::lease::{Area, Event, Machine, Phase, Step, Why};
use crate::error::Error;
use crate::glue::{Answer, Command, Glue, Hook, Listener};
use crate::sdk::Timing;
use crate::sys::bindings as c;
use crate::sys::text;

/// What all leases of one generation share.
#[derive(Debug)]
pub(crate) struct Hold {
    pub(crate) area: Area,
    pub(crate) revoked: watch::Sender<bool>,
    generation: u64,
    /// What came of the release, once it did.
    released: watch::Sender<Option<Result<(), Error>>>,
}

/// One holder; dropping it is what gives a lease back.
pub(crate) struct Ticket {
    pub(crate) board: Arc<Board>,
    pub(crate) id: String,
    pub(crate) hold: Arc<Hold>,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("id", &self.id).field("area", &self.hold.area).finish_non_exhaustive()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.board.happen(&self.id, Event::Dropped { generation: self.hold.generation });
    }
}

/// How far a slot is from being idle, for those who wait for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Idle,
    Held,
    Releasing,
}

struct Slot {
    machine: Machine,
    waiters: Vec<oneshot::Sender<Result<Ticket, Error>>>,
    hold: Option<Arc<Hold>>,
    status: watch::Sender<Option<Status>>,
    stage: watch::Sender<Stage>,
    subscribed: bool,
}

impl Slot {
    fn new() -> Self {
        Slot {
            machine: Machine::new(),
            waiters: Vec::new(),
            hold: None,
            status: watch::Sender::new(None),
            stage: watch::Sender::new(Stage::Idle),
            subscribed: false,
        }
    }
}

#[derive(Default)]
struct Slots {
    by_id: HashMap<String, Slot>,
    stopped: bool,
}

pub(crate) struct Board {
    glue: Glue,
    timing: Timing,
    /// Leases may be dropped outside the runtime; what follows needs it.
    runtime: Option<Handle>,
    slots: Mutex<Slots>,
    /// One subscription at a time, so that an id is subscribed once.
    subscribing: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").field("glue", &self.glue).finish_non_exhaustive()
    }
}

impl Board {
    pub(super) fn new(glue: Glue, timing: &Timing) -> Arc<Self> {
        Arc::new(Board {
            glue,
            timing: *timing,
            runtime: Handle::try_current().ok(),
            slots: Mutex::default(),
            subscribing: tokio::sync::Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            drop(runtime.spawn(task));
        }
    }

    pub(super) async fn list(&self, deadline: Duration) -> Result<Vec<String>, Error> {
        call::list(&self.glue, deadline).await
    }

    pub(super) async fn status(self: &Arc<Self>, id: &str, deadline: Duration) -> Result<Status, Error> {
        let name = text(id)?;
        let (board, seen_id) = (Arc::clone(self), id.to_owned());
        let hook: Hook = Box::new(move |answer| {
            if let Ok(answer) = answer {
                board.seen(&seen_id, Status::of(answer));
            }
        });
        let call = "ax_storage_get_status";
        let command = Command { kind: c::AXG_STORAGE_STATUS, call, name: Some(&name), ..Command::default() };
        self.glue.ask_within(deadline, command, Some(hook)).await.map(|answer| Status::of(&answer))
    }

    fn seen(self: &Arc<Self>, id: &str, status: Status) {
        {
            let mut slots = self.lock();
            if slots.stopped {
                return;
            }
            let slot = slots.by_id.entry(id.to_owned()).or_insert_with(Slot::new);
            slot.status.send_if_modified(|held| held.replace(status) != Some(status));
        }
        self.happen(id, Event::Seen(status));
    }

    pub(super) async fn subscribe(
        self: &Arc<Self>,
        id: &str,
        deadline: Duration,
    ) -> Result<watch::Receiver<Option<Status>>, Error> {
        let one = self.subscribing.lock().await;
        let subscribed = self.lock().by_id.get(id).is_some_and(|slot| slot.subscribed);
        if !subscribed {
            let name = text(id)?;
            let (board, listen_id) = (Arc::clone(self), id.to_owned());
            let listener: Listener = Arc::new(move |event: Result<Answer, Error>| match event {
                Ok(answer) => board.seen(&listen_id, Status::of(&answer)),
                Err(fault) => board.look_again(&listen_id, &fault),
            });
            let call = "ax_storage_subscribe";
            let command = Command { kind: c::AXG_STORAGE_SUBSCRIBE, call, name: Some(&name), ..Command::default() };
            self.glue.listen_within(deadline, command, listener).await?;
        }
        drop(one);
        let mut slots = self.lock();
        if slots.stopped {
            return Err(Error::Gone);
        }
        let slot = slots.by_id.entry(id.to_owned()).or_insert_with(Slot::new);
        slot.subscribed = true;
        Ok(slot.status.subscribe())
    }

    /// A change was told but could not be read: one more look, a moment later.
    fn look_again(self: &Arc<Self>, id: &str, fault: &Error) {
        log::warn!("{id}: its status could not be read: {fault}");
        let (board, id) = (Arc::clone(self), id.to_owned());
        self.spawn(async move {
            tokio::time::sleep(board.timing.retry).await;
            if let Err(fault) = board.status(&id, board.timing.call).await {
                log::warn!("{id}: its status could not be read again: {fault}");
            }
        });
    }

    pub(super) fn can_write(&self, id: &str) -> bool {
        let status = self.lock().by_id.get(id).and_then(|slot| *slot.status.borrow());
        status.is_some_and(Status::ready)
    }

    pub(super) async fn lease(self: &Arc<Self>, id: &str, deadline: Duration) -> Result<Ticket, Error> {
        // Without a subscription nobody would tell us when to leave.
        drop(self.subscribe(id, deadline).await?);
        self.status(id, deadline).await?;
        let (waiter, answer) = oneshot::channel();
        {
            let mut slots = self.lock();
            if slots.stopped {
                return Err(Error::Gone);
            }
            slots.by_id.entry(id.to_owned()).or_insert_with(Slot::new).waiters.push(waiter);
        }
        // Made before the first wait, so that whoever gives up is noticed.
        let left = Left { board: self, id };
        self.happen(id, Event::Wanted);
        let ticket = answer.await.unwrap_or(Err(Error::Gone));
        drop(left);
        ticket
    }

    /// Tells the machine of a slot, and carries out what it answers.
    pub(super) fn happen(self: &Arc<Self>, id: &str, event: Event) {
        let mut unclaimed = Vec::new();
        {
            let mut slots = self.lock();
            let slot = slots.by_id.entry(id.to_owned()).or_insert_with(Slot::new);
            for step in slot.machine.after(event) {
                self.carry_out(id, slot, step, &mut unclaimed);
            }
            let stage = match slot.machine.phase {
                Phase::Idle => Stage::Idle,
                Phase::Releasing => Stage::Releasing,
                _ => Stage::Held,
            };
            slot.stage.send_if_modified(|held| std::mem::replace(held, stage) != stage);
        }
        // Tickets whose waiter has left come back here when they drop: the lock must be free.
        drop(unclaimed);
    }

    fn carry_out(self: &Arc<Self>, id: &str, slot: &mut Slot, step: Step, unclaimed: &mut Vec<Result<Ticket, Error>>) {
        match step {
            Step::SetUp { generation } => self.spawn(Arc::clone(self).set_up(id.to_owned(), generation)),
            Step::Serve { generation, area } => {
                let shared = slot.hold.take().filter(|hold| hold.generation == generation);
                let hold = shared.unwrap_or_else(|| {
                    let (revoked, released) = (watch::Sender::new(false), watch::Sender::new(None));
                    Arc::new(Hold { area, revoked, generation, released })
                });
                for waiter in slot.waiters.drain(..) {
                    let (board, hold) = (Arc::clone(self), Arc::clone(&hold));
                    let ticket = Ticket { board, id: id.to_owned(), hold };
                    unclaimed.extend(waiter.send(Ok(ticket)).err());
                }
                slot.hold = Some(hold);
            }
            Step::Refuse(why) => {
                for waiter in slot.waiters.drain(..) {
                    drop(waiter.send(Err(refusal(id, why.clone()))));
                }
            }
            Step::Revoke { generation } => {
                if let Some(hold) = &slot.hold {
                    hold.revoked.send_replace(true);
                }
                let (board, id) = (Arc::clone(self), id.to_owned());
                self.spawn(async move {
                    tokio::time::sleep(board.timing.drain).await;
                    board.happen(&id, Event::DrainLate { generation });
                });
            }
            Step::Release { generation, handle } => {
                let hold = slot.hold.take();
                if let Some(hold) = &hold {
                    hold.revoked.send_replace(true);
                }
                self.spawn(Arc::clone(self).release(id.to_owned(), generation, handle, hold));
            }
            Step::Discard { handle } => {
                let board = Arc::clone(self);
                self.spawn(async move { drop(call::release(&board.glue, handle).await) });
            }
        }
    }

    async fn set_up(self: Arc<Self>, id: String, generation: u64) {
        let after = self.timing.set_up;
        let mut ask = Box::pin(call::set_up(&self.glue, &id));
        let area = match tokio::time::timeout(after, &mut ask).await {
            Ok(area) => area,
            Err(_) => {
                let late = Err(Error::Late { call: "ax_storage_setup_async", after });
                self.happen(&id, Event::SetUp { generation, area: late });
                ask.await
            }
        };
        self.happen(&id, Event::SetUp { generation, area });
    }

    async fn release(self: Arc<Self>, id: String, generation: u64, handle: u32, hold: Option<Arc<Hold>>) {
        let after = self.timing.release;
        // Boxed and not dropped at the deadline: a release that has not begun is still to be made.
        let mut ask = Box::pin(call::release_twice(&self.glue, handle, self.timing.retry));
        let result = tokio::time::timeout(after, &mut ask).await;
        let late = result.is_err();
        let result = result.unwrap_or(Err(Error::Late { call: RELEASE, after }));
        if let Err(fault) = &result {
            log::warn!("{id}: the storage was not given back: {fault}");
        }
        if let Some(hold) = hold {
            hold.released.send_replace(Some(result));
        }
        self.happen(&id, Event::Released { generation });
        if late {
            drop(ask.await);
        }
    }

    pub(super) async fn given_back(&self, id: &str, hold: &Hold) -> Result<(), Error> {
        let others = self.lock().by_id.get(id).and_then(|slot| slot.hold.as_ref().map(|held| held.generation));
        if others == Some(hold.generation) {
            return Ok(());
        }
        let after = self.timing.release + self.timing.retry;
        let mut released = hold.released.subscribe();
        let result = tokio::time::timeout(after, released.wait_for(Option::is_some)).await;
        let late = Err(Error::Late { call: RELEASE, after });
        match result {
            Ok(Ok(result)) => result.clone().unwrap_or(late),
            Ok(Err(_)) | Err(_) => late,
        }
    }

    async fn reaches(&self, id: &str, deadline: Duration, wanted: fn(Stage) -> bool) -> bool {
        let stage = self.lock().by_id.get(id).map(|slot| slot.stage.subscribe());
        let Some(mut stage) = stage else { return true };
        tokio::time::timeout(deadline, stage.wait_for(|stage| wanted(*stage))).await.is_ok()
    }

    pub(super) async fn idle(&self, id: &str, deadline: Duration) -> Result<(), Error> {
        let idle = self.reaches(id, deadline, |stage| stage == Stage::Idle).await;
        if idle { Ok(()) } else { Err(Error::Late { call: RELEASE, after: deadline }) }
    }

    /// Takes every lease back and refuses new ones; names what did not end in time.
    pub(super) async fn stop(self: &Arc<Self>, leases: Duration, releases: Duration) -> Vec<String> {
        let ids: Vec<String> = {
            let mut slots = self.lock();
            slots.stopped = true;
            slots.by_id.keys().cloned().collect()
        };
        let mut hung = Vec::new();
        ids.iter().for_each(|id| self.happen(id, Event::Barred));
        let end = tokio::time::Instant::now() + leases;
        for id in &ids {
            let left = end.saturating_duration_since(tokio::time::Instant::now());
            if !self.reaches(id, left, |stage| stage != Stage::Held).await {
                hung.push(format!("the lease of {id}"));
                let generation = self.lock().by_id.get(id).and_then(|slot| slot.hold.as_ref().map(|h| h.generation));
                if let Some(generation) = generation {
                    self.happen(id, Event::DrainLate { generation });
                }
            }
        }
        let end = tokio::time::Instant::now() + releases;
        for id in &ids {
            let left = end.saturating_duration_since(tokio::time::Instant::now());
            if !self.reaches(id, left, |stage| stage == Stage::Idle).await {
                hung.push(format!("the release of {id}"));
            }
        }
        // Dropping the slots ends the receivers of `subscribe`.
        self.lock().by_id.clear();
        hung
    }
}

/// Counts the waiters anew when one has left, whether served or not.
struct Left<'a> {
    board: &'a Arc<Board>,
    id: &'a str,
}

impl Drop for Left<'_> {
    fn drop(&mut self) {
        let waiting = {
            let mut slots = self.board.lock();
            let Some(slot) = slots.by_id.get_mut(self.id) else { return };
            slot.waiters.retain(|waiter| !waiter.is_closed());
            slot.waiters.len()
        };
        self.board.happen(self.id, Event::Left { waiting });
    }
}

fn refusal(id: &str, why: Why) -> Error {
    let id = id.to_owned();
    match why {
        Why::Barred => Error::Barred { id },
        Why::NotReady(status) => Error::NotReady { id, status },
        Why::Failed(fault) => fault,
    }
}
