//! Keeps one slot: takes in what is read, decides, does one step, and waits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axsdk::{Bar, Secret};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use crate::clock;
use crate::jobs::card::presence::Stay;
use crate::jobs::card::steps::{self, Place};
use crate::jobs::card::{CHANGE, FORMAT, MOUNT, OPEN, Readiness, States, Tools, UNMOUNT, Wished, probe};
use crate::jobs::decide::{self, Attempt, Choice, Marker, Next, Ready, Step};
use crate::jobs::journal::Line;
use crate::jobs::orders::{Given, NotTaken, Seat, Wanted};
use crate::jobs::{End, Ticket, Work};
use crate::snapshot::{Card, CardStatus, Failure, Note, Reading, Snapshot, Stand, Wait};
use crate::vapix::disks::{JobNumber, Progress};

/// The card is looked at so often while a decision to erase it is open.
const WATCH: Duration = Duration::from_secs(2);
/// Our folder on a card that is mounted may take so long to be there, in steps of [`WATCH`].
const FOLDER: Duration = Duration::from_secs(30);
/// A card that could not be written is tried again after this time.
const AGAIN: Duration = Duration::from_secs(60);
/// What the camera still does is asked for so often.
const BUSY: Duration = Duration::from_secs(10);

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
    /// Pending jobs of the order under way, in their order.
    chain: Vec<Ticket>,
    bar: Option<Arc<Bar>>,
    /// A step ended badly: nothing is done until somebody orders it.
    stopped: Option<Wait>,
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
        Self {
            tools,
            card,
            given,
            snapshots,
            seats,
            states,
            stay,
            wished: None,
            chain: Vec::new(),
            bar: None,
            stopped: None,
            probed: None,
            folder_since: None,
        }
    }

    fn slot(&self) -> String {
        self.card.slot.clone()
    }

    /// For ever; `left` is what an earlier start of the app was doing here.
    pub(super) async fn run(mut self, left: Vec<Line>) {
        self.resume(left).await;
        loop {
            let next = self.next();
            match next {
                Next::Do(step) => {
                    // What was read before may be of another card: the last look decides.
                    self.look().await;
                    if self.next() == Next::Do(step) {
                        self.perform(step).await;
                    }
                }
                Next::Ready(ready) => {
                    self.end_chain(Note::NotNeeded);
                    self.release();
                    self.check(ready).await;
                    self.tell(next);
                    self.wait().await;
                }
                Next::Wait(_) if self.marker_was_read().await => {}
                Next::Wait(_) => {
                    self.end_chain(Note::StepBefore);
                    self.tell(self.next());
                    self.wait().await;
                }
            }
        }
    }

    fn next(&self) -> Next {
        if self.card.status == CardStatus::Disconnected {
            return Next::Wait(Wait::NoCard);
        }
        let wish = self.wished.as_ref().map(|wished| wished.wish);
        let next = decide::next(&self.card, wish.as_ref(), &self.stay.history());
        let no_folder = self.folder_since.is_some_and(|since| since.elapsed() > FOLDER);
        match (self.stopped, next) {
            (Some(wait), Next::Do(_) | Next::Wait(_)) => Next::Wait(wait),
            (None, Next::Wait(Wait::Unknown)) if no_folder => Next::Wait(Wait::NotWritable),
            _ => next,
        }
    }

    /// Takes in what was read.
    fn take(&mut self, card: Card) {
        let before = self.stay.presence();
        self.stay.observe(&card);
        self.card = card;
        if self.stay.presence() != before {
            (self.probed, self.folder_since) = (None, None);
            if self.stopped != Some(Wait::CameraBusy) {
                self.stopped = None;
            }
        }
        if self.card.status == CardStatus::Ok && self.stopped == Some(Wait::Interrupted) {
            self.stopped = None;
        }
    }

    /// Looks at the card now; a look that fails teaches nothing.
    async fn look(&mut self) {
        if let Some(card) = self.tools.look(&self.slot()).await {
            self.take(card);
        }
    }

    /// Until something may have changed.
    async fn wait(&mut self) {
        let watched = self.stay.may_be_erased();
        let again = match self.probed {
            Some(Err(at)) => Some((at + AGAIN).saturating_duration_since(Instant::now())),
            _ if watched || self.folder_since.is_some() => Some(WATCH),
            _ => None,
        };
        let pause = async {
            match again {
                Some(pause) => sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        let mut held = self.tools.held.clone();
        held.mark_unchanged();
        tokio::select! {
            Some(given) = self.given.recv() => self.serve(given),
            Ok(()) = self.snapshots.changed() => self.take_snapshot(),
            Ok(()) = held.changed() => {}
            () = pause => if watched { self.look().await },
        }
    }

    fn take_snapshot(&mut self) {
        let snapshot = Arc::clone(&self.snapshots.borrow_and_update());
        let Some(Reading::Known { value, .. }) = &snapshot.cards else { return };
        if let Some(card) = value.iter().find(|card| card.slot == self.card.slot).filter(|card| **card != self.card) {
            self.take(card.clone());
        }
    }

    /// Takes an order while no step is under way.
    fn serve(&mut self, given: Given) {
        let Given { order, answer } = given;
        let named = order.presence.is_some() && order.presence == self.stay.presence();
        let outcome = match order.wanted {
            Wanted::Cancel => self.cancel(),
            Wanted::TestAgain => {
                self.probed = None;
                Ok(())
            }
            _ if !named => Err(NotTaken::AnotherCard),
            _ if self.stopped == Some(Wait::CameraBusy) => Err(NotTaken::Busy),
            Wanted::Prepare { passphrase, previous } => {
                self.wish(passphrase, previous);
                Ok(())
            }
            Wanted::Keep => {
                self.stay.decide(Choice::Keep);
                Ok(())
            }
            Wanted::Erase { passphrase: None } if self.wished.is_none() => Err(NotTaken::NoPassphrase),
            Wanted::Erase { passphrase } => {
                if let Some(passphrase) = passphrase {
                    self.wish(passphrase, None);
                }
                self.start_again();
                self.stay.decide(Choice::Erase);
                Ok(())
            }
            Wanted::StartAgain => {
                self.start_again();
                Ok(())
            }
        };
        // An error means that who ordered has gone.
        _ = answer.send(outcome);
    }

    /// An order while a step is under way: nothing but ending what waits.
    fn serve_busy(&mut self, given: Given) {
        let outcome = if matches!(given.order.wanted, Wanted::Cancel) { self.cancel() } else { Err(NotTaken::Busy) };
        _ = given.answer.send(outcome);
    }

    fn wish(&mut self, passphrase: Secret, previous: Option<Secret>) {
        let marked = match self.stay.history().marker {
            Marker::Ours(generation) => Some(generation),
            _ => None,
        };
        let now = u64::try_from(clock::now().unix()).unwrap_or(0);
        let last = self.wished.as_ref().map_or(0, |wished| wished.wish.generation);
        let generation = now.max(last + 1).max(marked.map_or(0, |marked| marked + 1));
        self.wished = Some(Wished::ordered(passphrase, previous, generation, marked));
        self.stay.learn(|history| history.passphrase = Attempt::NotBegun);
        self.probed = None;
        self.start_again();
        let slot = self.slot();
        self.tools.wanted.send_if_modified(|wanted| wanted.insert(slot));
    }

    /// What ended badly may be tried once more; what a format began stays known.
    fn start_again(&mut self) {
        (self.stopped, self.probed) = (None, None);
        self.stay.learn(|history| {
            history.mount_failed = None;
            if history.passphrase == Attempt::Begun {
                history.passphrase = Attempt::NotBegun;
            }
        });
    }

    fn cancel(&mut self) -> Result<(), NotTaken> {
        let mut cancelled = Err(NotTaken::NothingToCancel);
        for ticket in self.chain.drain(..) {
            if self.tools.desk.cancel(ticket.number()).is_ok() {
                cancelled = Ok(());
            }
        }
        if cancelled.is_ok() {
            self.stopped = Some(Wait::Stopped);
        }
        cancelled
    }

    /// The jobs that follow are not begun any more.
    fn end_chain(&mut self, why: Note) {
        for ticket in self.chain.drain(..) {
            ticket.end(End::Cancelled(Some(why)));
        }
    }

    /// Our folder may be on the card again.
    fn release(&mut self) {
        self.bar = None;
    }

    /// The job of a step: the one that is pending, or a new chain of those that will follow.
    fn ticket(&mut self, step: Step) -> Option<Ticket> {
        let wish = self.wished.as_ref().map(|wished| wished.wish);
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

    async fn perform(&mut self, step: Step) {
        let Some(ticket) = self.ticket(step) else {
            self.stopped = Some(Wait::Stopped);
            return;
        };
        let slot = self.slot();
        if self.bar.is_none() && step != Step::ChangePassphrase {
            self.bar = self.tools.storage.as_ref().map(|storage| Arc::new(storage.bar(&slot)));
        }
        let presence = self.stay.presence();
        self.begin(step);
        self.tell(Next::Do(step));
        let work = self.work(step, ticket.clone());
        let outcome = match work {
            Some(work) => self.carry_out(&ticket, work).await,
            None => Err(Some(Failure::Broken)),
        };
        self.look().await;
        self.tools.look.notify_one();
        let outcome = match outcome {
            _ if self.card.status == CardStatus::Disconnected => Err(Some(Failure::Pulled)),
            Ok(()) if self.stay.presence() != presence => Err(Some(Failure::AnotherCard)),
            outcome => outcome,
        };
        match outcome {
            Ok(()) => self.go_on(step, &ticket),
            Err(failure) => self.stop(step, &ticket, failure).await,
        }
    }

    /// Notes down that a step is begun, before it is.
    fn begin(&mut self, step: Step) {
        self.stay.learn(|history| match step {
            Step::SetPassphrase | Step::ChangePassphrase => history.passphrase = Attempt::Begun,
            Step::Format => {
                (history.format, history.decision, history.mount_failed) = (Attempt::Begun, None, None);
            }
            Step::Unmount | Step::Mount => {}
        });
    }

    fn work(&self, step: Step, ticket: Ticket) -> Option<Work<Result<(), Failure>>> {
        let boot = match &self.snapshots.borrow().boot {
            Reading::Known { value, .. } => value.boot_id.clone(),
            Reading::Pending | Reading::Lost { .. } => None,
        };
        let place = Place { tools: Arc::clone(&self.tools), slot: self.slot(), ticket, boot };
        let secrets = self.wished.as_ref().map(|wished| (wished.passphrase.clone(), wished.previous.clone()));
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
    async fn carry_out(&mut self, ticket: &Ticket, work: Work<Result<(), Failure>>) -> Result<(), Option<Failure>> {
        let desk = self.tools.desk.clone();
        let step = desk.carry_out(ticket, steps::outer_limits(), work);
        tokio::pin!(step);
        loop {
            tokio::select! {
                outcome = &mut step => return outcome,
                Some(given) = self.given.recv() => self.serve_busy(given),
                () = sleep(WATCH), if self.stay.may_be_erased() => self.look().await,
            }
        }
    }

    /// What a step that ended well means for the card and for what follows.
    fn go_on(&mut self, step: Step, ticket: &Ticket) {
        self.stay.learn(|history| match step {
            Step::Unmount => history.unmounted = true,
            Step::SetPassphrase | Step::ChangePassphrase => history.passphrase = Attempt::Done,
            Step::Format => history.format = Attempt::Done,
            Step::Mount => history.unmounted = false,
        });
        // Setting the passphrase is the first part of formatting.
        if step == Step::SetPassphrase && self.next() == Next::Do(Step::Format) {
            self.chain.insert(0, ticket.clone());
        } else {
            ticket.end(End::Complete(None));
        }
        if step == Step::Mount {
            self.release();
        }
    }

    /// What a step that ended badly means; `None` where the job had been ended by somebody.
    async fn stop(&mut self, step: Step, ticket: &Ticket, failure: Option<Failure>) {
        if let Some(failure) = failure.clone() {
            ticket.end(End::Failed(failure));
        }
        self.end_chain(Note::StepBefore);
        if self.card.status == CardStatus::Disconnected {
            return self.release();
        }
        let card = self.card.clone();
        match step {
            Step::Mount => self.stay.learn(|history| history.mount_failed = Some(card)),
            _ => self.stopped = Some(Wait::Stopped),
        }
        match failure {
            Some(Failure::StillRunning | Failure::TooLong) => self.outwait(step, ticket).await,
            // The camera may be formatting: our folder stays barred until the card is in use or out, or is ordered anew.
            Some(Failure::Unanswered { .. } | Failure::Vanished) if step == Step::Format => {}
            _ => self.release(),
        }
    }

    /// Waits until the camera has ended a job that was given up.
    async fn outwait(&mut self, step: Step, ticket: &Ticket) {
        let Some(job) = ticket.on_camera() else { return };
        self.stopped = Some(Wait::CameraBusy);
        loop {
            self.tell(self.next());
            let since = Instant::now();
            while since.elapsed() < BUSY && self.card.status != CardStatus::Disconnected {
                tokio::select! {
                    Some(given) = self.given.recv() => self.serve(given),
                    Ok(()) = self.snapshots.changed() => self.take_snapshot(),
                    () = sleep(BUSY) => {}
                }
            }
            let progress = self.tools.disks.job(&self.card.slot, JobNumber(job.number)).await;
            match progress {
                _ if self.card.status == CardStatus::Disconnected => break,
                Ok(Progress::Running(_)) | Err(_) => {}
                Ok(Progress::Done) if step == Step::Format => {
                    self.stay.learn(|history| history.format = Attempt::Done);
                    break;
                }
                Ok(Progress::Done | Progress::Failed(_) | Progress::Unknown) => break,
            }
        }
        self.look().await;
        self.tools.look.notify_one();
        self.stopped = (self.card.status != CardStatus::Disconnected).then_some(Wait::Stopped);
        self.release();
    }

    /// Goes on after a start of the app: what the camera still does is followed; what deletes is never begun again by
    /// itself, and what the app took out of use is taken into use again.
    async fn resume(&mut self, left: Vec<Line>) {
        let open: Vec<_> = left.into_iter().filter(|line| line.job.open()).collect();
        let Some(running) = open.iter().find(|line| line.job.started.is_some()).or(open.first()) else { return };
        let slot = self.slot();
        self.bar = self.tools.storage.as_ref().map(|storage| Arc::new(storage.bar(&slot)));
        let name = [UNMOUNT, FORMAT, MOUNT, OPEN, CHANGE].into_iter().find(|name| *name == running.job.name);
        let boot = self.boot().await;
        let followed = match (name, &running.on_camera) {
            (Some(name), Some(job)) if job.boot.is_some() && job.boot == boot => Some((name, JobNumber(job.number))),
            _ => None,
        };
        let mut well = false;
        if let Some((name, number)) = followed {
            well = self.follow_on(name, number).await;
        }
        self.look().await;
        let deletes = [FORMAT, OPEN, CHANGE].contains(&&*running.job.name) && running.job.started.is_some();
        self.stay.learn(|history| {
            history.unmounted = true;
            if well && name == Some(FORMAT) {
                history.format = Attempt::Done;
            }
        });
        if deletes && !well && self.card.status != CardStatus::Ok {
            self.stopped.get_or_insert(Wait::Interrupted);
        }
        if self.card.status == CardStatus::Ok || self.stopped != Some(Wait::CameraBusy) {
            self.release();
        }
    }

    /// Follows a job of the camera's to its end; whether that was a good one.
    async fn follow_on(&mut self, name: &'static str, number: JobNumber) -> bool {
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

    /// The start of the camera that this is; waits for it for a while.
    async fn boot(&mut self) -> Option<String> {
        let known = |snapshot: &Arc<Snapshot>| matches!(&snapshot.boot, Reading::Known { .. });
        let snapshot = tokio::time::timeout(FOLDER, self.snapshots.wait_for(known)).await.ok()?.ok()?;
        match &snapshot.boot {
            Reading::Known { value, .. } => value.boot_id.clone(),
            Reading::Pending | Reading::Lost { .. } => None,
        }
    }

    /// Who uses the card, for its marker: this camera, while nobody has claimed it.
    fn owner(&self) -> Option<String> {
        self.snapshots.borrow().identity.last().map(|identity| format!("camera {}", identity.serial))
    }

    /// Our folder on the card, while it is there.
    fn folder(&mut self) -> Option<PathBuf> {
        let folder = self.tools.held.borrow().get(&self.card.slot).cloned().and_then(Result::ok);
        self.folder_since = if folder.is_some() { None } else { self.folder_since.or(Some(Instant::now())) };
        folder
    }

    /// Reads the marker of a mounted card once something is wished of it; whether something was learnt by that.
    async fn marker_was_read(&mut self) -> bool {
        let unread = self.stay.history().marker == Marker::Unread;
        if !unread || self.wished.is_none() || self.card.status != CardStatus::Ok {
            self.folder_since = None;
            return false;
        }
        let (Some(folder), Some(owner)) = (self.folder(), self.owner()) else { return false };
        let marker = probe::read_marker(folder, owner).await;
        self.stay.learn(|history| history.marker = marker);
        marker != Marker::Unread
    }

    /// Writes to a card that is ready, unless nobody wishes anything of it.
    async fn check(&mut self, ready: Ready) {
        let due = match self.probed {
            Some(Ok(())) => false,
            Some(Err(at)) => at.elapsed() >= AGAIN,
            None => true,
        };
        let Some(generation) = self.wished.as_ref().map(|wished| wished.wish.generation) else { return };
        if ready == Ready::Unclaimed || !due {
            return;
        }
        let Some(folder) = self.folder() else {
            if self.folder_since.is_some_and(|since| since.elapsed() > FOLDER) {
                self.probed = Some(Err(Instant::now()));
            }
            return;
        };
        let owner = self.owner().filter(|_| ready == Ready::AsWished).map(|owner| (owner, generation));
        self.probed = Some(probe::probe(folder, owner).await.map_err(|why| {
            log::warn!("jobs: {}: it cannot be written: {why}", self.card.slot);
            Instant::now()
        }));
        if ready == Ready::AsWished && self.probed == Some(Ok(())) {
            self.stay.learn(|history| history.marker = Marker::Ours(generation));
        }
    }

    /// Tells how the slot stands.
    fn tell(&self, next: Next) {
        let concerned = self.wished.is_some() || self.stopped.is_some();
        let (stand, state) = match (next, self.probed) {
            (Next::Do(_), _) => (Some(Stand::Working), Readiness::Waits(Wait::Preparing)),
            (Next::Wait(wait), _) => (concerned.then_some(Stand::Waits(wait)), Readiness::Waits(wait)),
            (Next::Ready(Ready::Unclaimed), _) => (None, Readiness::Ready(Note::NotProbed)),
            (Next::Ready(ready), Some(Ok(()))) => {
                let stand = if ready == Ready::Kept { Stand::Kept } else { Stand::Ready };
                (Some(stand), Readiness::Ready(Note::Probed))
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
            stand,
            has_passphrase: self.wished.is_some(),
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
