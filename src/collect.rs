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
use crate::jobs::Board;
use crate::jobs::orders::Counter;
use crate::notices::{self, Rules};
use crate::portal;
use crate::settings::{self, Texts};
use crate::snapshot::{Job, SettingsSeen, Snapshot};
use crate::sources::containers::{Engine, Host, Places};
use crate::vapix::Reader;

mod source;

use source::{ASK_DEADLINE, Answer, Asked, Source};

/// A lost source is not asked more often than this, however many look.
const LOST_REST: Duration = Duration::from_secs(2);
/// A page does not wait for an ask that is under way for longer.
const PATIENCE: Duration = Duration::from_millis(1500);
/// The round while nobody looks and all is well.
const IDLE_ROUND: Duration = Duration::from_secs(900);
/// How often the collector looks for stale readings by itself while somebody watches.
const WATCHED_ROUND: Duration = Duration::from_secs(2);
/// How often the disk manager is asked while a job waits for the card and nobody looks: axstorage's events do not tell
/// everything that it knows.
const AWAITED_ROUND: Duration = Duration::from_secs(45);
/// The first round after a loss while nobody looks; doubled until [`IDLE_ROUND`].
const LOST_ROUND: Duration = Duration::from_secs(2);

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
    /// The jobs of the app.
    pub jobs: Board,
    /// How the app stands with the cards.
    pub cards: Counter,
    /// How it stands with the portal.
    pub portal: portal::Counter,
    /// The app's own parameters.
    pub texts: watch::Receiver<Arc<Texts>>,
}

/// Looks at snapshots; cheap to clone.
#[derive(Debug, Clone)]
pub struct Looker {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    /// Until when no reading is stale; `None` while one is, or is being read.
    fresh: watch::Receiver<Option<Instant>>,
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

    /// The snapshots, without any look at the camera for it.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// The snapshot after what was stale was read anew, or as it is when that takes too long.
    pub async fn look(&self) -> Arc<Snapshot> {
        // Thousands a second may look: only those who find something stale need the collector.
        if self.fresh.borrow().is_some_and(|until| Instant::now() < until) {
            return self.latest();
        }
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

    /// A looker that sees what is put into the sender, without any source; made for tests of the views.
    #[must_use]
    pub fn of(snapshot: Snapshot) -> (watch::Sender<Arc<Snapshot>>, Self) {
        let (publish, snapshots) = watch::channel(Arc::new(snapshot));
        let (_, fresh) = watch::channel(None);
        let (looks, _) = mpsc::channel(1);
        (publish, Self { snapshots, fresh, looks, watchers: Arc::new(watch::channel(0).0) })
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
    rules: Rules,
    snapshot: Snapshot,
    publish: watch::Sender<Arc<Snapshot>>,
    fresh: watch::Sender<Option<Instant>>,
    looks: mpsc::Receiver<oneshot::Sender<()>>,
    watchers: watch::Receiver<usize>,
    next_watched: Instant,
    next_awaited: Instant,
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
    /// A collector that begins with `snapshot` and makes notices by `rules`, and the looker for its views.
    #[must_use]
    pub fn new(sources: Sources, rules: Rules, snapshot: Snapshot) -> (Self, Looker) {
        let (publish, snapshots) = watch::channel(Arc::new(snapshot.clone()));
        let (freshened, fresh) = watch::channel(None);
        let (look, looks) = mpsc::channel(16);
        let (watched, watchers) = watch::channel(0);
        let collector = Self {
            sources,
            rules,
            snapshot,
            publish,
            fresh: freshened,
            looks,
            watchers,
            next_watched: Instant::now(),
            next_awaited: Instant::now() + AWAITED_ROUND,
            waiting: Vec::new(),
            asking: BTreeMap::new(),
            answered: BTreeMap::new(),
            again: BTreeSet::new(),
            round: LOST_ROUND,
            next_round: Instant::now() + LOST_ROUND,
            engine: Arc::new(Engine::new(Places::default())),
            engine_socket: PathBuf::new(),
        };
        (collector, Looker { snapshots, fresh, looks: look, watchers: Arc::new(watched) })
    }

    /// Runs for ever.
    pub async fn run(mut self) {
        let mut asks = JoinSet::new();
        let storage_changed = Arc::clone(&self.sources.storage_changed);
        self.take_settings();
        self.ask_stale(&mut asks, false);
        loop {
            self.ask_again(&mut asks);
            self.fresh.send_replace(self.fresh_until());
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
                () = storage_changed.notified() => self.storage_changed(),
                Ok(()) = self.sources.texts.changed() => self.take_settings(),
                Ok(()) = self.watchers.changed() => {}
                true = self.sources.jobs.changed() => self.take_jobs(),
                true = self.sources.cards.changed() => {
                    self.snapshot.preparations = self.sources.cards.preparations();
                    self.snapshot.stays = self.sources.cards.stays();
                    self.publish();
                }
                true = self.sources.portal.changed() => {
                    self.snapshot.claim = self.sources.portal.claim();
                    let is_down = self.snapshot.claim.link().is_some_and(|link| link.obstacle.is_some());
                    // What is in the way may be a proxy, and be mended already.
                    if is_down && self.stale_at(Source::Network).is_some_and(|at| at <= Instant::now()) {
                        self.again.insert(Source::Network);
                    }
                    self.snapshot.account = self.sources.portal.account();
                    self.publish();
                }
                () = tokio::time::sleep_until(self.next_awaited), if self.card_is_awaited() => {
                    self.again.insert(Source::Cards);
                }
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
        Source::ALL.iter().all(|source| source.is_for_lookers() || source.is_at_rest(&self.snapshot))
    }

    /// A job waits for the card.
    fn card_is_awaited(&self) -> bool {
        !self.asking.contains_key(&Source::Cards) && self.snapshot.jobs.iter().flatten().any(Job::waits)
    }

    fn ask_stale(&mut self, asks: &mut JoinSet<(Source, Answer)>, looked: bool) {
        for source in Source::ALL.into_iter().filter(|source| looked || !source.is_for_lookers()) {
            if self.stale_at(source).is_none_or(|at| at <= Instant::now()) {
                self.ask(source, asks);
            }
        }
    }

    /// When what the source said last is too old for who looks; `None` before it said anything.
    fn stale_at(&self, source: Source) -> Option<Instant> {
        let rest = if source.is_at_rest(&self.snapshot) { source.beat() } else { LOST_REST };
        self.answered.get(&source).map(|at| *at + rest)
    }

    /// Until when nobody who looks needs to wait for anything.
    fn fresh_until(&self) -> Option<Instant> {
        let quiet = self.asking.is_empty() && self.again.is_empty();
        let shown = Source::ALL.into_iter().filter(|source| self.shows(*source));
        // `None` is the least.
        shown.map(|source| self.stale_at(source)).min().flatten().filter(|_| quiet)
    }

    /// Whether this version of the package shows what the source says.
    fn shows(&self, source: Source) -> bool {
        self.sources.shows_card || !source.is_of_the_card()
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
        if self.asking.contains_key(&source) || !self.shows(source) {
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
        asks.spawn(async move { (source, source.ask(&asked).await) });
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

    /// Has the slots asked anew; the card's own health if anybody ever looked at it.
    fn storage_changed(&mut self) {
        let health = Some(Source::CardHealth).filter(|health| self.answered.contains_key(health));
        self.again.extend([Source::Storage, Source::Cards].into_iter().chain(health));
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
        if source == Source::Cards {
            self.next_awaited = Instant::now() + AWAITED_ROUND;
        }
        answer.put(&mut self.snapshot, &self.sources.held.borrow());
        if self.host() != host {
            self.engine_changed();
        }
        if was_settled && !self.settled() {
            self.round = LOST_ROUND;
            self.next_round = Instant::now() + LOST_ROUND;
        }
        self.publish();
    }

    fn take_jobs(&mut self) {
        let jobs = self.sources.jobs.jobs();
        self.snapshot.jobs = self.sources.shows_card.then_some(jobs);
        self.publish();
    }

    fn take_settings(&mut self) {
        let (settings, problems) = settings::check(&self.sources.texts.borrow_and_update());
        for problem in problems.iter().filter(|problem| !self.snapshot.settings.problems.contains(problem)) {
            log::warn!("settings: {}: {:?}", problem.setting.name(), problem.why);
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
        let notices = notices::of(&self.rules, &self.snapshot, &self.sources.portal.said(), self.snapshot.taken);
        for notice in notices.iter().filter(|notice| !self.snapshot.notices.contains(notice)) {
            log::info!("notices: {}: {}", notice.id, if notice.unknown.is_some() { "unknown" } else { "applies" });
        }
        self.snapshot.notices = notices;
        self.publish.send_replace(Arc::new(self.snapshot.clone()));
    }
}
