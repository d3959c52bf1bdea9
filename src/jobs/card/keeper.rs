//! Keeps one slot: takes in what is read, decides, does one step, and waits.

use std::sync::Arc;
use std::time::Duration;

use axsdk::Bar;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::jobs::Ticket;
use crate::jobs::card::presence::Stay;
use crate::jobs::card::{Readiness, States, Tools, Wished, steps};
use crate::jobs::decide::{self, Attempt, Next, Presence, Ready, Step};
use crate::jobs::journal::Line;
use crate::jobs::orders::{Given, Seat};
use crate::portal::wishes::Standing;
use crate::snapshot::{Card, CardStatus, Note, Reading, Snapshot, Stand, Wait};

mod claim;
mod folder;
mod orders;
mod resume;
mod work;

/// The card is looked at so often while a decision to erase it is open.
const WATCH: Duration = Duration::from_secs(2);
/// Our folder on a card that is mounted may take so long to be there, in steps of [`WATCH`].
const FOLDER: Duration = Duration::from_secs(30);
/// A card that could not be written is tried again after this time.
const AGAIN: Duration = Duration::from_secs(60);
/// What the camera still does is asked for so often.
const BUSY: Duration = steps::SECOND.saturating_mul(10);
/// A camera that refuses to tell of its job for so long knows nothing of it.
const REFUSES: Duration = steps::SECOND.saturating_mul(600);
/// After a start the camera's own start may take so long to be known.
const BOOTS: Duration = steps::SECOND.saturating_mul(300);

type Seats = Arc<watch::Sender<Vec<Seat>>>;

/// Keeps one slot.
pub(super) struct Keeper {
    tools: Arc<Tools>,
    card: Card,
    given: mpsc::Receiver<Given>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    seats: Seats,
    states: Arc<watch::Sender<States>>,
    stay: Stay,
    wished: Option<Wished>,
    standing: watch::Receiver<Standing>,
    /// What of that was followed; absent before anything was told.
    told: Option<claim::Told>,
    /// Operators' decisions that were followed.
    used: Vec<String>,
    /// What was decided about the card was an operator's decision.
    operator_decided: bool,
    /// When an administrator ordered something of the card that is in.
    ordered: Option<Instant>,
    /// The job that locks the card, while it waits or is under way.
    locking: Option<Ticket>,
    /// Not before this is the card locked.
    lock_again: Option<Instant>,
    /// Pending jobs of the order under way, in their order.
    chain: Vec<Ticket>,
    bar: Option<Arc<Bar>>,
    /// For which card our folder is barred.
    barred: Option<Presence>,
    /// The last look failed.
    blind: bool,
    /// When that was.
    looked: Instant,
    /// A step ended badly: nothing is done until somebody orders it.
    stopped: Option<Wait>,
    /// After that, the card was mounted again, or that was tried.
    put_back: bool,
    probed: Option<Result<(), Instant>>,
    /// Since when our folder is waited for.
    folder_since: Option<Instant>,
}

impl Keeper {
    pub(super) fn new(
        tools: Arc<Tools>,
        card: Card,
        given: mpsc::Receiver<Given>,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        (seats, states): (Seats, Arc<watch::Sender<States>>),
    ) -> Self {
        let mut stay = Stay::default();
        stay.observe(&card);
        let standing = tools.standing.clone();
        Self {
            tools,
            card,
            given,
            snapshots,
            seats,
            states,
            stay,
            wished: None,
            standing,
            told: None,
            used: Vec::new(),
            operator_decided: false,
            ordered: None,
            locking: None,
            lock_again: None,
            chain: Vec::new(),
            bar: None,
            barred: None,
            blind: false,
            looked: Instant::now(),
            stopped: None,
            put_back: false,
            probed: None,
            folder_since: None,
        }
    }

    fn slot(&self) -> String {
        self.card.slot.clone()
    }

    fn has_passphrase(&self) -> bool {
        self.active().is_some_and(|wished| wished.passphrase.is_some())
    }

    /// For ever; `left` is what an earlier start of the app was doing here.
    pub(super) async fn run(mut self, left: Vec<Line>) {
        self.resume(left).await;
        loop {
            // No step is under way here: what was barred for one card is not for the next.
            if self.barred != self.stay.presence() {
                self.release();
            }
            self.take_standing().await;
            if self.locks_now() {
                self.lock().await;
                continue;
            }
            let next = self.next();
            match next {
                Next::Do(step) => {
                    // What was read before may be of another card: the last look decides, and without one nothing is done.
                    if !self.look().await {
                        self.tell(Next::Wait(Wait::Unknown));
                        self.wait(false).await;
                    } else if !self.locks_now() && self.next() == Next::Do(step) {
                        self.perform(step).await;
                    }
                }
                Next::Ready(ready) => {
                    self.end_chain(Note::NotNeeded);
                    self.release();
                    self.check(ready).await;
                    self.tell(next);
                    self.wait(true).await;
                }
                Next::Wait(_) if self.marker_was_read().await => {}
                Next::Wait(_) => {
                    self.end_chain(Note::StepBefore);
                    self.tell(self.next());
                    self.wait(false).await;
                }
            }
        }
    }

    fn next(&self) -> Next {
        if self.card.status == CardStatus::Disconnected {
            return Next::Wait(Wait::NoCard);
        }
        let wish = self.active().map(|wished| wished.wish);
        let next = decide::next(&self.card, wish.as_ref(), &self.stay.history());
        let no_folder = self.folder_since.is_some_and(|since| since.elapsed() > FOLDER);
        match (self.stopped, next) {
            (Some(Wait::Stopped | Wait::Cancelled), _) if self.puts_back() => Next::Do(Step::Mount),
            (Some(wait), Next::Do(_) | Next::Wait(_)) => Next::Wait(wait),
            // In use again, and what became of its content or its passphrase nobody knows.
            (Some(Wait::Interrupted), Next::Ready(Ready::Unclaimed)) => Next::Wait(Wait::Interrupted),
            (None, Next::Wait(Wait::Unknown)) if no_folder => Next::Wait(Wait::NotWritable),
            (None, next) if self.lacks_passphrase(next) => Next::Wait(Wait::Sealed),
            _ => next,
        }
    }

    /// What comes next needs a passphrase of the organisation's that cannot be opened.
    fn lacks_passphrase(&self, next: Next) -> bool {
        let sealed = self.active().is_some_and(|wished| wished.sealed);
        match next {
            Next::Wait(Wait::ChoosePassphrase) => sealed,
            Next::Do(Step::Mount) | Next::Wait(_) | Next::Ready(_) => false,
            Next::Do(_) => sealed && !self.has_passphrase(),
        }
    }

    /// Takes in what was read.
    fn take(&mut self, card: Card) {
        let before = self.stay.presence();
        self.stay.observe(&card);
        self.card = card;
        if self.stay.presence() != before {
            self.part();
        }
    }

    /// The card has gone, and what was wished of it with it.
    fn part(&mut self) {
        (self.probed, self.folder_since, self.wished, self.put_back) = (None, None, None, false);
        (self.operator_decided, self.ordered) = (false, None);
        self.tools.wanted.send_if_modified(|wanted| wanted.remove(&self.card.slot));
        if self.stopped != Some(Wait::CameraBusy) {
            self.stopped = None;
        }
    }

    /// A card that worked is taken into use again when preparing it has stopped before anything was deleted.
    fn puts_back(&self) -> bool {
        let history = self.stay.history();
        let harmless = history.format == Attempt::NotBegun;
        !self.put_back && harmless && decide::next(&self.card, None, &history) == Next::Do(Step::Mount)
    }

    /// Looks at the card now; a look that fails (`false`) teaches nothing.
    async fn look(&mut self) -> bool {
        let seen = self.tools.look(&self.slot()).await;
        (self.blind, self.looked) = (seen.is_none(), Instant::now());
        seen.map(|card| self.take(card)).is_some()
    }

    /// Until something may have changed; a card that is ready is written to again where that failed.
    async fn wait(&mut self, ready: bool) {
        let unmounted = !matches!(self.card.status, CardStatus::Ok | CardStatus::Disconnected);
        let watched = self.stay.may_be_erased() || (self.active().is_some() && unmounted);
        let again = match self.probed {
            Some(Err(at)) if ready => Some((at + AGAIN).max(Instant::now() + WATCH)),
            // Whatever else comes in between, the card is looked at in time.
            _ if watched || self.blind => Some(self.looked + WATCH),
            _ if self.folder_since.is_some() => Some(Instant::now() + WATCH),
            _ => None,
        };
        let locks = self.lock_again.filter(|_| self.is_to_be_locked());
        let again = [again, locks].into_iter().flatten().min();
        let pause = async {
            match again {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let mut held = self.tools.held.clone();
        held.mark_unchanged();
        tokio::select! {
            Some(given) = self.given.recv() => self.serve(given).await,
            Ok(()) = self.snapshots.changed() => if self.is_told_otherwise() { _ = self.look().await },
            Ok(()) = held.changed() => {}
            Ok(()) = self.standing.changed() => {}
            () = pause => if watched || self.blind { _ = self.look().await },
        }
    }

    /// Whether somebody else has read the card otherwise; that may have been before our own last look.
    fn is_told_otherwise(&mut self) -> bool {
        let snapshot = Arc::clone(&self.snapshots.borrow_and_update());
        let Some(Reading::Known { value, .. }) = &snapshot.cards else { return false };
        // How much is free changes all the time.
        let alike = |card: &Card| Card { free_bytes: self.card.free_bytes, ..card.clone() } == self.card;
        value.iter().any(|card| card.slot == self.card.slot && !alike(card))
    }

    /// The start of the camera that this is; waits for it for a while.
    async fn boot(&mut self) -> Option<String> {
        let known = |snapshot: &Arc<Snapshot>| matches!(&snapshot.boot, Reading::Known { .. });
        let snapshot = tokio::time::timeout(BOOTS, self.snapshots.wait_for(known)).await.ok()?.ok()?;
        match &snapshot.boot {
            Reading::Known { value, .. } => value.boot_id.clone(),
            Reading::Pending | Reading::Lost { .. } => None,
        }
    }

    /// Tells how the slot stands.
    fn tell(&self, next: Next) {
        let concerned = self.active().is_some() || self.stopped.is_some();
        let (stand, state) = match (next, self.probed) {
            (Next::Do(_), _) => (Some(Stand::Working), Readiness::Waits(Wait::Preparing)),
            (Next::Wait(wait), _) => (concerned.then_some(Stand::Waits(wait)), Readiness::Waits(wait)),
            (Next::Ready(Ready::Unclaimed), _) => (None, Readiness::Ready(Note::NotProbed)),
            (Next::Ready(ready), Some(Ok(()))) => {
                let kept = ready == Ready::Kept;
                let note = if kept { Note::NotProbed } else { Note::Probed };
                (Some(if kept { Stand::Kept } else { Stand::Ready }), Readiness::Ready(note))
            }
            (Next::Ready(_), Some(Err(_))) => {
                (Some(Stand::Waits(Wait::NotWritable)), Readiness::Waits(Wait::NotWritable))
            }
            (Next::Ready(_), None) => (Some(Stand::Working), Readiness::Waits(Wait::Preparing)),
        };
        let seat = Seat {
            slot: self.card.slot.clone(),
            presence: self.stay.presence(),
            card: self.card.clone(),
            size: self.card.total_bytes.or(self.stay.size()),
            stand,
            has_passphrase: self.has_passphrase(),
            can_cancel: !self.chain.is_empty(),
        };
        self.seats.send_if_modified(|seats| match seats.iter_mut().find(|other| other.slot == seat.slot) {
            Some(known) if *known == seat => false,
            Some(known) => {
                *known = seat;
                true
            }
            None => {
                seats.push(seat);
                true
            }
        });
        let slot = self.card.slot.clone();
        self.states.send_if_modified(|states| states.insert(slot, state) != Some(state));
    }
}
