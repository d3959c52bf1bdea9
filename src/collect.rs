//! Asks each source on its beat and publishes snapshots; nobody else does.
//!
//! Every source is asked alone, with its own deadline, so one that hangs loses only its own reading. When somebody
//! looks, what is older than its beat is read anew before they get their page, and while somebody watches, by itself;
//! when nobody looks, the camera is left alone but for a rare round, and sooner while something is lost or the camera is still starting.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axsdk::Storage;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::area::Held;
use crate::clock;
use crate::settings::{self, Texts};
use crate::snapshot::{
    Application, Boot, Card, Containers, Fault, Identity, Network, Reading, SettingsSeen, Slot, Snapshot,
};
use crate::sources::containers::{Engine, Host, Places};
use crate::sources::{applications, card, device, storage};
use crate::vapix::Reader;

/// Longest time that one ask may take; above every source's own deadlines, so that it only fires on a fault of ours.
const ASK_DEADLINE: Duration = Duration::from_secs(40);
/// A lost source is not asked more often than this, however many look.
const LOST_REST: Duration = Duration::from_secs(2);
/// A page does not wait for an ask that is under way for longer.
const PATIENCE: Duration = Duration::from_millis(1500);
/// The round while nobody looks and all is well.
const IDLE_ROUND: Duration = Duration::from_secs(900);
/// How often the collector looks for stale readings by itself while somebody watches.
const WATCHED_ROUND: Duration = Duration::from_secs(2);
/// The first round after a loss while nobody looks; doubled until [`IDLE_ROUND`].
const LOST_ROUND: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Identity,
    Network,
    Boot,
    Applications,
    Cards,
    Containers,
    Storage,
}

impl Source {
    const ALL: [Self; 7] =
        [Self::Identity, Self::Network, Self::Boot, Self::Applications, Self::Containers, Self::Cards, Self::Storage];

    /// How old a reading may be when somebody looks.
    fn beat(self) -> Duration {
        match self {
            Self::Identity => Duration::from_secs(120),
            Self::Network => Duration::from_secs(10),
            Self::Boot => Duration::from_secs(30),
            Self::Applications => Duration::from_secs(2),
            Self::Containers => Duration::from_secs(3),
            Self::Cards | Self::Storage => Duration::from_secs(5),
        }
    }

    /// Only where the package's version shows the card.
    fn is_of_the_card(self) -> bool {
        matches!(self, Self::Cards | Self::Storage)
    }
}

enum Answer {
    Identity(Result<Identity, Fault>),
    Network(Result<Network, Fault>),
    Boot(Result<Boot, Fault>),
    Applications(Result<Vec<Application>, Fault>),
    Cards(Result<Vec<Card>, Fault>),
    Containers(Result<Containers, Fault>),
    Storage(Result<Vec<Slot>, Fault>),
}

/// What the collector reads from.
#[derive(Debug)]
pub struct Sources {
    /// VAPIX.
    pub camera: Reader,
    /// axstorage; `None` where the version of the package shows no card or the library did not start.
    pub storage: Option<Storage>,
    /// Whether the package's version shows the card at all.
    pub shows_card: bool,
    /// The areas that are held on storage slots.
    pub held: watch::Receiver<Held>,
    /// Notified when a storage slot changed.
    pub storage_changed: Arc<Notify>,
    /// The app's own parameters.
    pub texts: watch::Receiver<Arc<Texts>>,
}

/// Looks at snapshots; cheap to clone.
#[derive(Debug, Clone)]
pub struct Looker {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    looks: mpsc::Sender<oneshot::Sender<()>>,
    watchers: Arc<watch::Sender<usize>>,
}

/// Somebody watches: while this lives, what is stale is read anew by itself.
#[derive(Debug)]
pub struct Watching {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    watchers: Arc<watch::Sender<usize>>,
}

impl Watching {
    /// Waits for the next snapshot, the first of which is there at once; `false` when there will be none.
    pub async fn changed(&mut self) -> bool {
        self.snapshots.changed().await.is_ok()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.watchers.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl Looker {
    /// Begins to watch, unless `most` do so already.
    #[must_use]
    pub fn watch(&self, most: usize) -> Option<Watching> {
        let admitted = self.watchers.send_if_modified(|count| {
            let room = *count < most;
            *count += usize::from(room);
            room
        });
        let mut snapshots = self.snapshots.clone();
        snapshots.mark_changed();
        admitted.then(|| Watching { snapshots, watchers: Arc::clone(&self.watchers) })
    }

    /// The snapshot as last published.
    #[must_use]
    pub fn latest(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshots.borrow())
    }

    /// The snapshot after what was stale was read anew, or as it is when that takes too long.
    pub async fn look(&self) -> Arc<Snapshot> {
        let (done, settled) = oneshot::channel();
        let refreshed = async {
            if self.looks.send(done).await.is_ok() {
                // An error means that the collector has stopped: the latest snapshot is all there is.
                drop(settled.await);
            }
        };
        drop(tokio::time::timeout(PATIENCE, refreshed).await);
        self.latest()
    }

    /// Whether the collector still runs.
    #[must_use]
    pub fn alive(&self) -> bool {
        !self.looks.is_closed()
    }
}

/// Asks the sources and publishes what they say, until it is dropped.
#[derive(Debug)]
pub struct Collector {
    sources: Sources,
    snapshot: Snapshot,
    publish: watch::Sender<Arc<Snapshot>>,
    looks: mpsc::Receiver<oneshot::Sender<()>>,
    watchers: watch::Receiver<usize>,
    next_watched: Instant,
    waiting: Vec<oneshot::Sender<()>>,
    asking: BTreeMap<Source, Instant>,
    answered: BTreeMap<Source, Instant>,
    /// Changed while they were being asked: what they answer may be of before.
    again: BTreeSet<Source>,
    round: Duration,
    next_round: Instant,
    engine: Arc<Engine>,
    engine_socket: PathBuf,
}

impl Collector {
    /// A collector that begins with `snapshot`, and the looker for its views.
    #[must_use]
    pub fn new(sources: Sources, snapshot: Snapshot) -> (Self, Looker) {
        let (publish, snapshots) = watch::channel(Arc::new(snapshot.clone()));
        let (look, looks) = mpsc::channel(16);
        let (watched, watchers) = watch::channel(0);
        let collector = Self {
            sources,
            snapshot,
            publish,
            looks,
            watchers,
            next_watched: Instant::now(),
            waiting: Vec::new(),
            asking: BTreeMap::new(),
            answered: BTreeMap::new(),
            again: BTreeSet::new(),
            round: LOST_ROUND,
            next_round: Instant::now() + LOST_ROUND,
            engine: Arc::new(Engine::new(Places::default())),
            engine_socket: PathBuf::new(),
        };
        (collector, Looker { snapshots, looks: look, watchers: Arc::new(watched) })
    }

    /// Runs for ever.
    pub async fn run(mut self) {
        let mut asks = JoinSet::new();
        let storage_changed = Arc::clone(&self.sources.storage_changed);
        self.take_settings();
        self.ask_stale(&mut asks, false);
        loop {
            self.ask_again(&mut asks);
            tokio::select! {
                Some(look) = self.looks.recv() => {
                    self.ask_stale(&mut asks, true);
                    self.waiting.push(look);
                    self.release_waiting();
                }
                Some(ended) = asks.join_next(), if !asks.is_empty() => {
                    self.take(ended);
                    self.ask_again(&mut asks);
                    self.release_waiting();
                }
                () = storage_changed.notified() => self.again.extend([Source::Storage, Source::Cards]),
                Ok(()) = self.sources.texts.changed() => self.take_settings(),
                Ok(()) = self.watchers.changed() => {}
                () = tokio::time::sleep_until(self.next_watched), if *self.watchers.borrow() > 0 => {
                    self.next_watched = Instant::now() + WATCHED_ROUND;
                    self.ask_stale(&mut asks, true);
                }
                () = tokio::time::sleep_until(self.next_round) => {
                    self.round = if self.settled() { IDLE_ROUND } else { (self.round * 2).min(IDLE_ROUND) };
                    self.next_round = Instant::now() + self.round;
                    self.ask_stale(&mut asks, false);
                }
            }
        }
    }

    /// Everything is known and the camera has finished starting.
    fn settled(&self) -> bool {
        Source::ALL.iter().all(|source| self.at_rest(*source))
    }

    /// Its reading is known, and not about to change by itself.
    fn at_rest(&self, source: Source) -> bool {
        let s = &self.snapshot;
        match source {
            Source::Identity => matches!(s.identity, Reading::Known { .. }),
            Source::Network => matches!(s.network, Reading::Known { .. }),
            Source::Boot => matches!(&s.boot, Reading::Known { value, .. } if value.ready),
            Source::Applications => matches!(s.applications, Reading::Known { .. }),
            Source::Cards => s.cards.as_ref().is_none_or(|cards| matches!(cards, Reading::Known { .. })),
            // Nobody needs the engine but those who look: no round is made for it.
            Source::Containers => true,
            Source::Storage => s.storage.as_ref().is_none_or(|slots| matches!(slots, Reading::Known { .. })),
        }
    }

    fn ask_stale(&mut self, asks: &mut JoinSet<(Source, Answer)>, looked: bool) {
        for source in Source::ALL.into_iter().filter(|source| looked || *source != Source::Containers) {
            let rest = if self.at_rest(source) { source.beat() } else { LOST_REST };
            let stale = self.answered.get(&source).is_none_or(|at| at.elapsed() >= rest);
            if stale {
                self.ask(source, asks);
            }
        }
    }

    /// Asks what is known to have changed, each once it is not being asked already.
    fn ask_again(&mut self, asks: &mut JoinSet<(Source, Answer)>) {
        let free: Vec<_> = self.again.iter().copied().filter(|source| !self.asking.contains_key(source)).collect();
        for source in free {
            self.again.remove(&source);
            self.ask(source, asks);
        }
    }

    fn ask(&mut self, source: Source, asks: &mut JoinSet<(Source, Answer)>) {
        if self.asking.contains_key(&source) || (source.is_of_the_card() && !self.sources.shows_card) {
            return;
        }
        self.asking.insert(source, Instant::now());
        let asked = Asked {
            camera: self.sources.camera.clone(),
            slots: self.sources.storage.clone(),
            engine: Arc::clone(&self.engine),
            socket: self.engine_socket.clone(),
            host: self.host(),
        };
        asks.spawn(async move {
            let answer = tokio::time::timeout(ASK_DEADLINE, answer(source, &asked)).await;
            (source, answer.unwrap_or_else(|_| lost(source)))
        });
    }

    /// The container engine's application, as far as it is known.
    fn host(&self) -> Option<Host> {
        self.snapshot.applications.last().and_then(|list| Host::among(list))
    }

    /// Has the engine asked anew, if anybody ever looked at it.
    fn engine_changed(&mut self) {
        if self.answered.contains_key(&Source::Containers) {
            self.again.insert(Source::Containers);
        }
    }

    fn take(&mut self, ended: Result<(Source, Answer), tokio::task::JoinError>) {
        let (source, answer) = match ended {
            Ok(pair) => pair,
            Err(error) => {
                // Which one it was is not told; those under way for longer than their deadline are given up.
                log::error!("collect: a source ended unexpectedly: {error}");
                self.asking.retain(|_, since| since.elapsed() < ASK_DEADLINE);
                return;
            }
        };
        let (was_settled, host) = (self.settled(), self.host());
        self.asking.remove(&source);
        self.answered.insert(source, Instant::now());
        let s = &mut self.snapshot;
        match answer {
            Answer::Identity(outcome) => update("identity", &mut s.identity, outcome),
            Answer::Network(outcome) => update("network", &mut s.network, outcome),
            Answer::Boot(outcome) => update("boot", &mut s.boot, outcome),
            Answer::Applications(outcome) => update("applications", &mut s.applications, outcome),
            Answer::Cards(outcome) => {
                if let Some(cards) = s.cards.as_mut() {
                    update("cards", cards, outcome);
                }
            }
            Answer::Containers(outcome) => update("containers", &mut s.containers, outcome),
            Answer::Storage(outcome) => {
                let held = self.sources.held.borrow().clone();
                let outcome = outcome.map(|mut slots| {
                    for slot in &mut slots {
                        let fit = slot.writable && !slot.full && !slot.exiting;
                        slot.area_held = held.get(&slot.id).is_some_and(Result::is_ok);
                        slot.area_fault = held.get(&slot.id).filter(|_| fit).and_then(|area| area.clone().err());
                    }
                    slots
                });
                if let Some(storage) = s.storage.as_mut() {
                    update("storage", storage, outcome);
                }
            }
        }
        if self.host() != host {
            self.engine_changed();
        }
        if was_settled && !self.settled() {
            self.round = LOST_ROUND;
            self.next_round = Instant::now() + LOST_ROUND;
        }
        self.publish();
    }

    fn take_settings(&mut self) {
        let (settings, problems) = settings::check(&self.sources.texts.borrow_and_update());
        for problem in problems.iter().filter(|problem| !self.snapshot.settings.problems.contains(problem)) {
            log::warn!("settings: {problem}");
        }
        log::set_max_level(settings.log_level);
        if self.engine_socket != settings.engine_socket {
            self.engine_socket = settings.engine_socket;
            self.engine_changed();
        }
        self.snapshot.settings = SettingsSeen { problems, help_link: settings.help_link };
        self.publish();
    }

    /// Whoever waits gets the page once everything that began lately has ended.
    fn release_waiting(&mut self) {
        if self.asking.values().all(|since| since.elapsed() >= PATIENCE) {
            for look in self.waiting.drain(..) {
                // An error means that the one who looked has gone.
                _ = look.send(());
            }
        }
    }

    fn publish(&mut self) {
        self.snapshot.taken = clock::now();
        self.publish.send_replace(Arc::new(self.snapshot.clone()));
    }
}

fn update<T>(name: &str, reading: &mut Reading<T>, outcome: Result<T, Fault>) {
    match (&outcome, reading.fault()) {
        (Err(fault), None) => log::warn!("collect: {name} lost: {}", fault.text),
        (Ok(_), Some(_)) => log::info!("collect: {name} is back"),
        (Ok(_), None) | (Err(_), Some(_)) => {}
    }
    *reading = std::mem::replace(reading, Reading::Pending).after(outcome, clock::now());
}

/// What one ask needs.
struct Asked {
    camera: Reader,
    slots: Option<Storage>,
    engine: Arc<Engine>,
    socket: PathBuf,
    host: Option<Host>,
}

async fn answer(source: Source, asked: &Asked) -> Answer {
    let camera = &asked.camera;
    match source {
        Source::Identity => Answer::Identity(device::read_identity(camera).await.map_err(Fault::from)),
        Source::Network => Answer::Network(device::read_network(camera).await.map_err(Fault::from)),
        Source::Boot => Answer::Boot(device::read_boot(camera).await.map_err(Fault::from)),
        Source::Applications => Answer::Applications(applications::read(camera).await.map_err(Fault::from)),
        Source::Containers => Answer::Containers(asked.engine.read(&asked.socket, asked.host, camera).await),
        Source::Cards => Answer::Cards(card::read(camera).await.map_err(Fault::from)),
        Source::Storage => Answer::Storage(match &asked.slots {
            Some(slots) => storage::read(slots).await,
            None => Err(Fault { kind: "gone", text: "the storage library did not start".to_owned() }),
        }),
    }
}

fn lost(source: Source) -> Answer {
    let text = format!("{}: no answer within {} s", format!("{source:?}").to_lowercase(), ASK_DEADLINE.as_secs());
    let fault = Fault { kind: "late", text };
    match source {
        Source::Identity => Answer::Identity(Err(fault)),
        Source::Network => Answer::Network(Err(fault)),
        Source::Boot => Answer::Boot(Err(fault)),
        Source::Applications => Answer::Applications(Err(fault)),
        Source::Cards => Answer::Cards(Err(fault)),
        Source::Containers => Answer::Containers(Err(fault)),
        Source::Storage => Answer::Storage(Err(fault)),
    }
}
