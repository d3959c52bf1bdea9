//! SD cards made ready: who keeps each slot, and the jobs Unmount, Format and Mount SD Card.
//!
//! One task keeps one slot. It takes in what the disk manager tells, asks [`decide`](crate::jobs::decide) what comes next, and does that one
//! step, after it has looked at the card once more; then it asks again. What ends badly is not repeated: the keeper waits
//! for an order, or for another card. Our folder on the card is given back before it is unmounted, and barred until it is
//! mounted again or the camera has ended what it does.
//!
//! An administrator's wish is of the card that was looked at, and goes with it; while the camera is claimed, the
//! organisation's is of each card that comes (see `keeper::claim`). A passphrase is in memory only: an administrator's from
//! the order until the card is ready or gone, the organisation's as long as it wishes it. Its generation alone is written
//! down, with whose it is, in a marker file in our folder on the card: generations of one claim say nothing to another.

use std::collections::BTreeMap;
use std::sync::Arc;

use axsdk::{Secret, Storage};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use crate::area::{self, Held};
use crate::jobs::decide::{Prepare, Wish};
use crate::jobs::journal::{Line, Record};
use crate::jobs::orders::{Clerk, Given, NotTaken, Wanted};
use crate::jobs::{Desk, Work, readiness};
use crate::portal::wishes::Standing;
use crate::snapshot::{Card, JobState, Note, Purpose, Reading, Snapshot, Wait};
use crate::sources;
use crate::vapix::Reader;
use crate::vapix::disks::Disks;

mod keeper;
mod lent;
mod presence;
pub(crate) mod probe;
mod steps;
#[cfg(test)]
mod tests;

use keeper::Keeper;
pub use lent::Lent;

/// What the app takes a card out of use with.
pub const UNMOUNT: &str = "Unmount SD Card";
/// Sets the passphrase and deletes everything.
pub const FORMAT: &str = "Format SD Card";
/// Takes it into use.
pub const MOUNT: &str = "Mount SD Card";
/// Tries our passphrase on an encrypted card; deletes nothing.
pub const OPEN: &str = "Open SD Card";
/// Another passphrase for the same content.
pub const CHANGE: &str = "Change SD Card Passphrase";
/// Takes it out of use and its passphrase from the camera, when the claim ends that it was prepared for.
pub const LOCK: &str = "Lock SD Card";

/// What a keeper works with.
#[derive(Debug)]
pub struct Tools {
    /// Where its jobs are.
    pub desk: Desk,
    /// Writes to the disks.
    pub disks: Disks,
    /// Reads the disks.
    pub reader: Reader,
    /// The storage slots; absent where the C library did not start.
    pub storage: Option<Storage>,
    /// The folders on the cards, and which of them are wanted.
    pub held: watch::Receiver<Held>,
    /// The slots of which a folder is wanted.
    pub wanted: watch::Sender<area::Wanted>,
    /// What the journal has.
    pub record: Record,
    /// Which slots have a passphrase of a claim.
    pub lent: Lent,
    /// What the organisation wishes.
    pub standing: watch::Receiver<Standing>,
    /// Has the card looked at for the page.
    pub look: Arc<Notify>,
}

impl Tools {
    /// Reads the card in a slot now; `None` where that cannot be told.
    async fn look(&self, slot: &str) -> Option<Card> {
        match sources::card::read(&self.reader).await {
            Ok(cards) => cards.into_iter().find(|card| card.slot == slot),
            Err(fault) => {
                log::info!("jobs: {slot}: {fault}");
                None
            }
        }
    }
}

/// A wish with its secrets.
#[derive(Debug, Clone)]
struct Wished {
    wish: Wish,
    /// Until the card is ready.
    passphrase: Option<Secret>,
    previous: Option<Secret>,
    /// The claim; absent where it is an administrator's.
    claim: Option<String>,
    /// A passphrase of it cannot be opened.
    sealed: bool,
    /// Nothing is done before an operator decides about the card.
    quiet: bool,
}

impl Wished {
    /// An administrator's, which is newer than every one before it.
    fn ordered(passphrase: Secret, previous: Option<Secret>, generation: u64, marked: Option<u64>) -> Self {
        let previous_generation = previous.as_ref().and(marked);
        let wish = Wish { prepare: Prepare::IfNeeded, generation, previous: previous_generation };
        let (passphrase, claim) = (Some(passphrase), None);
        Self { wish, passphrase, previous, claim, sealed: false, quiet: false }
    }

    /// Nobody needs an administrator's any more.
    fn forget_secrets(&mut self) {
        if self.claim.is_none() {
            (self.passphrase, self.previous) = (None, None);
        }
    }
}

/// How a slot stands for the readiness check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Not yet.
    Waits(Wait),
    /// It is.
    Ready(Note),
}

/// By slot.
pub type States = BTreeMap<String, Readiness>;

/// Begins to keep the slots, with the orders that come to `clerk`; `interrupted` is what an earlier start left behind.
pub fn keep(
    tools: Tools,
    clerk: Clerk,
    interrupted: Vec<Line>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    tasks: &mut JoinSet<()>,
) {
    let office = Office {
        tools: Arc::new(tools),
        clerk,
        snapshots,
        interrupted,
        keepers: BTreeMap::new(),
        states: Arc::new(watch::channel(States::new()).0),
        running: JoinSet::new(),
    };
    let work: Work<()> = Box::pin(office.run());
    tasks.spawn(work);
}

/// Has a keeper for each slot that was ever seen, and brings them their orders.
struct Office {
    tools: Arc<Tools>,
    clerk: Clerk,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    interrupted: Vec<Line>,
    keepers: BTreeMap<String, mpsc::Sender<Given>>,
    states: Arc<watch::Sender<States>>,
    running: JoinSet<()>,
}

impl Office {
    async fn run(mut self) {
        let mut check = self.check();
        self.meet();
        loop {
            tokio::select! {
                given = self.clerk.given.recv() => match given {
                    Some(given) => {
                        let looks_again = !matches!(given.order.wanted, Wanted::Keep | Wanted::Cancel);
                        let over = check.as_ref().is_none_or(|ticket| ticket.state().is_none_or(|state| !state.is_open()));
                        if looks_again {
                            // What stood before the order is no end of the check that begins with it.
                            let slot = given.order.slot.clone();
                            let known = self.keepers.contains_key(&slot);
                            let waits = Readiness::Waits(Wait::Preparing);
                            self.states.send_if_modified(|states| known && states.insert(slot, waits) != Some(waits));
                        }
                        self.pass_on(given);
                        if looks_again && over {
                            check = self.check();
                        }
                    }
                    None => break,
                },
                changed = self.snapshots.changed() => if changed.is_ok() { self.meet() } else { break },
                Some(_) = self.running.join_next(), if !self.running.is_empty() => {}
            }
        }
    }

    /// Begins a readiness check.
    fn check(&self) -> Option<crate::jobs::Ticket> {
        let (snapshots, states) = (self.snapshots.clone(), self.states.subscribe());
        let mut made = None;
        let begun = self.tools.desk.order(readiness::order(), |ticket| {
            made = Some(ticket.clone());
            readiness::check(ticket, snapshots, states)
        });
        if let Err(refused) = begun {
            log::error!("jobs: {}: {refused}", readiness::NAME);
        }
        made
    }

    /// A keeper for each slot that is new.
    fn meet(&mut self) {
        let snapshot = Arc::clone(&self.snapshots.borrow_and_update());
        let Some(Reading::Known { value: cards, .. }) = &snapshot.cards else { return };
        for card in cards.iter().filter(|card| !self.keepers.contains_key(&card.slot)).cloned().collect::<Vec<_>>() {
            let (give, given) = mpsc::channel(1);
            self.keepers.insert(card.slot.clone(), give);
            // A check that found the card ready ends what was interrupted before it.
            let here = |line: &Line| line.job.disk.as_deref() == Some(&*card.slot);
            let ready =
                |line: &Line| here(line) && line.job.purpose == Purpose::Check && line.job.state == JobState::Complete;
            let since = self.interrupted.iter().rposition(ready).map_or(0, |at| at + 1);
            let left: Vec<_> = self.interrupted.iter().skip(since).filter(|line| here(line)).cloned().collect();
            let tells = (Arc::clone(&self.clerk.seats), Arc::clone(&self.states));
            let keeper = Keeper::new(Arc::clone(&self.tools), card, given, self.snapshots.clone(), tells);
            let work: Work<()> = Box::pin(keeper.run(left));
            self.running.spawn(work);
        }
    }

    fn pass_on(&self, given: Given) {
        let answer = match self.keepers.get(&given.order.slot) {
            None => Some((given, NotTaken::NoSlot)),
            Some(keeper) => keeper.try_send(given).err().map(|error| (error.into_inner(), NotTaken::NotNow)),
        };
        if let Some((given, why)) = answer {
            // An error means that who ordered has gone.
            _ = given.answer.send(Err(why));
        }
    }
}
