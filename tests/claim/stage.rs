//! A portal, and the app's part that talks to it, of a test's own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use c2c::clock;
use c2c::jobs::{Board, Desk, account};
use c2c::portal::address::Address;
use c2c::portal::agent::{self, Tools};
use c2c::portal::wishes::Standing;
use c2c::portal::{self, Counter, NotTaken, Offer, Wanted};
use c2c::settings::Texts;
use c2c::snapshot::claim::Kind;
use c2c::snapshot::{self, Account, Claim, Identity, Interface, Job, Network, Package, Proxy, Reading, Snapshot};
use c2c::vapix::Reader;
use c2c::vapix::users::Users;
use reference_portal::{NewOperator, Options, Running, Tls};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::operator::{Operator, PASSWORD};

pub(crate) const SERIAL: &str = "B8A44F0A0B0C";
/// What is waited for comes within this time.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Portal {
    running: Option<Running>,
    options: Options,
    _folder: TempDir,
}

impl Portal {
    pub(crate) async fn start() -> Self {
        Self::start_with(|options| options.tls = Tls::SelfSigned).await
    }

    pub(crate) async fn start_with(set: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::new("127.0.0.1:0".parse().unwrap(), &folder.path().join("data"));
        set(&mut options);
        let running = reference_portal::start(options.clone()).await.unwrap();
        // The same one when it is started again.
        options.listen = running.address();
        for (name, organisation) in [("ada", "Alpha"), ("bea", "Beta")] {
            let operator = NewOperator {
                name: name.to_owned(),
                organisation: organisation.to_owned(),
                password: PASSWORD.to_owned(),
                sees_secrets: true,
            };
            running.add_operator(operator).await.unwrap();
        }
        Self { running: Some(running), options, _folder: folder }
    }

    pub(crate) async fn stop(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    pub(crate) async fn start_again(&mut self) {
        self.running = Some(reference_portal::start(self.options.clone()).await.unwrap());
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub(crate) fn address(&self) -> Address {
        Address::read(self.running().url().as_str()).unwrap()
    }

    /// Where it listens itself.
    #[allow(dead_code, reason = "not in each of the tests that share this")]
    pub(crate) fn listens(&self) -> SocketAddr {
        self.options.listen
    }

    pub(crate) fn ca(&self) -> String {
        std::fs::read_to_string(self.running().certificate().unwrap()).unwrap()
    }

    pub(crate) async fn operator(&self, name: &str) -> Operator {
        Operator::login(self.running().url().as_str().trim_end_matches('/'), name).await
    }
}

/// The app's part.
pub(crate) struct Camera {
    counter: Counter,
    board: Board,
    /// The camera's own interface, where the account is kept.
    vapix: Option<Reader>,
    folder: PathBuf,
    kept: Option<TempDir>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    _texts: watch::Sender<Arc<Texts>>,
    tasks: JoinSet<()>,
}

impl Camera {
    pub(crate) fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), None)
    }

    /// The same, which keeps the account on a camera.
    pub(crate) fn start_on(vapix: Reader) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), Some(vapix))
    }

    /// Over what another one left in its folder.
    pub(crate) fn start_at(folder: PathBuf) -> Self {
        Self::start_over(folder, None)
    }

    fn start_in(kept: TempDir, vapix: Option<Reader>) -> Self {
        let folder = kept.path().to_owned();
        Self { kept: Some(kept), ..Self::start_over(folder, vapix) }
    }

    fn start_over(folder: PathBuf, vapix: Option<Reader>) -> Self {
        let package = Package { version: "1.6.0".to_owned(), version_from: "a test" };
        let identity = Identity {
            model: "AXIS Played".to_owned(),
            serial: SERIAL.to_owned(),
            os_version: "12.11.77".to_owned(),
            architecture: Some("aarch64".to_owned()),
        };
        let mut snapshot = Snapshot::unread(package.clone(), true, clock::now());
        snapshot.identity = Reading::Known { value: identity, at: clock::now() };
        snapshot.network = Reading::Known { value: without_proxy(), at: clock::now() };
        let (seen_by, snapshots) = watch::channel(Arc::new(snapshot));
        let (told_by, texts) = watch::channel(Arc::new(Texts::PENDING));
        let (counter, mut clerk) = portal::counter();
        let mut tasks = JoinSet::new();
        let desk = Desk::open(&mut tasks);
        let board = desk.board();
        if let Some(reader) = vapix.clone() {
            let tools = account::Tools { folder: folder.clone(), desk, users: Users::new(reader) };
            account::keep(tools, clerk.account().unwrap(), &mut tasks);
        }
        let view = c2c::web::snapshot_json::reported(c2c::features::of(&package.version));
        let tools = Tools { folder: folder.clone(), snapshots, texts, package, view };
        agent::keep(tools, clerk, &mut tasks);
        Self { counter, board, vapix, folder, kept: None, snapshots: seen_by, _texts: told_by, tasks }
    }

    pub(crate) async fn restart(self) -> Self {
        self.restart_with(|_| ()).await
    }

    /// Ends, as by a power cut, and starts again after somebody did something to its folder.
    pub(crate) async fn restart_with(mut self, meddle: impl FnOnce(&Path)) -> Self {
        self.tasks.shutdown().await;
        meddle(&self.folder);
        Self::start_in(self.kept.unwrap(), self.vapix)
    }

    /// The camera's settings name this proxy from now on.
    #[allow(dead_code, reason = "not in each of the tests that share this")]
    pub(crate) fn set_proxy(&self, proxy: Option<Proxy>) {
        self.snapshots.send_modify(|snapshot| {
            let network = Network { proxy, ..without_proxy() };
            Arc::make_mut(snapshot).network = Reading::Known { value: network, at: clock::now() };
        });
    }

    /// What is wished, as those who do it see it.
    #[allow(dead_code, reason = "not in each of the tests that share this")]
    pub(crate) fn standing(&self) -> Standing {
        self.counter.standing().borrow().clone()
    }

    pub(crate) fn claim(&mut self) -> Claim {
        self.counter.claim()
    }

    pub(crate) fn account(&mut self) -> Option<Account> {
        self.counter.account()
    }

    pub(crate) fn jobs(&mut self) -> Vec<Job> {
        self.board.jobs()
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Waits until something fits that changes with the account or the claim.
    pub(crate) async fn until_account(&mut self, what: &str, fits: impl Fn(Option<Account>) -> bool) {
        let mut counter = self.counter.clone();
        let found = tokio::time::timeout(PATIENCE, async {
            while !fits(counter.account()) {
                assert!(counter.changed().await, "{what}");
            }
        });
        assert!(found.await.is_ok(), "{what}: {:?} {:#?}", self.account(), self.jobs());
    }

    pub(crate) fn offer(&self) -> Option<Offer> {
        self.counter.offer()
    }

    pub(crate) async fn order(&self, wanted: Wanted) -> Result<(), NotTaken> {
        self.counter.give(wanted).await
    }

    pub(crate) async fn confirm(&self, portal: &Portal) {
        self.order(Wanted::Confirm { address: portal.address(), ca: Some(portal.ca()) }).await.unwrap();
    }

    pub(crate) async fn until(&mut self, what: &str, fits: impl Fn(&Claim) -> bool) {
        self.until_within(PATIENCE, what, fits).await;
    }

    pub(crate) async fn until_within(&mut self, patience: Duration, what: &str, fits: impl Fn(&Claim) -> bool) {
        let mut counter = self.counter.clone();
        let found = tokio::time::timeout(patience, async {
            while !fits(&counter.claim()) {
                assert!(counter.changed().await, "{what}");
            }
        });
        assert!(found.await.is_ok(), "{what}: {:?}", self.claim());
    }

    /// The code, once there is one.
    pub(crate) async fn code(&mut self) -> String {
        let begun = std::time::Instant::now();
        loop {
            if let Some(offer) = self.offer() {
                return offer.user_code;
            }
            assert!(begun.elapsed() < PATIENCE, "no code: {:?}", self.claim());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn without_proxy() -> Network {
    let address = snapshot::Address { ip: "192.0.2.7".parse().unwrap(), link_local: false };
    let eth0 = Interface { name: "eth0".to_owned(), mac: None, link: true, addresses: vec![address], odd: Vec::new() };
    Network { hostname: None, proxy: None, interfaces: vec![eth0], web: None }
}

/// What is in the way.
pub(crate) fn obstacle(claim: &Claim) -> Option<Kind> {
    claim.link()?.obstacle.as_ref().map(|obstacle| obstacle.kind)
}
