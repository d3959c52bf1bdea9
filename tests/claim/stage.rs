//! A portal, and the app's part that talks to it, of a test's own.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use c2c::clock;
use c2c::portal::address::Address;
use c2c::portal::agent::{self, Tools};
use c2c::portal::{self, Counter, NotTaken, Offer, Wanted};
use c2c::settings::Texts;
use c2c::snapshot::claim::Kind;
use c2c::snapshot::{Claim, Identity, Package, Reading, Snapshot};
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
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::new("127.0.0.1:0".parse().unwrap(), &folder.path().join("data"));
        options.tls = Tls::SelfSigned;
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

    fn ca(&self) -> String {
        std::fs::read_to_string(self.running().certificate().unwrap()).unwrap()
    }

    pub(crate) async fn operator(&self, name: &str) -> Operator {
        Operator::login(self.running().url().as_str().trim_end_matches('/'), name).await
    }
}

/// The app's part.
pub(crate) struct Camera {
    counter: Counter,
    folder: TempDir,
    _snapshots: watch::Sender<Arc<Snapshot>>,
    _texts: watch::Sender<Arc<Texts>>,
    tasks: JoinSet<()>,
}

impl Camera {
    pub(crate) fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap())
    }

    fn start_in(folder: TempDir) -> Self {
        let package = Package { version: "1.6.0".to_owned(), version_from: "a test" };
        let identity = Identity {
            model: "AXIS Played".to_owned(),
            serial: SERIAL.to_owned(),
            os_version: "12.11.77".to_owned(),
            architecture: Some("aarch64".to_owned()),
        };
        let mut snapshot = Snapshot::unread(package.clone(), true, clock::now());
        snapshot.identity = Reading::Known { value: identity, at: clock::now() };
        let (seen_by, snapshots) = watch::channel(Arc::new(snapshot));
        let (told_by, texts) = watch::channel(Arc::new(Texts::PENDING));
        let (counter, clerk) = portal::counter();
        let mut tasks = JoinSet::new();
        let view = c2c::web::snapshot_json::reported(c2c::features::of(&package.version));
        let tools = Tools { folder: folder.path().to_owned(), snapshots, texts, package, view };
        agent::keep(tools, clerk, &mut tasks);
        Self { counter, folder, _snapshots: seen_by, _texts: told_by, tasks }
    }

    pub(crate) async fn restart(self) -> Self {
        self.restart_with(|_| ()).await
    }

    /// Ends, as by a power cut, and starts again after somebody did something to its folder.
    pub(crate) async fn restart_with(mut self, meddle: impl FnOnce(&Path)) -> Self {
        self.tasks.shutdown().await;
        meddle(self.folder.path());
        Self::start_in(self.folder)
    }

    pub(crate) fn claim(&mut self) -> Claim {
        self.counter.claim()
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
        let mut counter = self.counter.clone();
        let found = tokio::time::timeout(PATIENCE, async {
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

/// What is in the way.
pub(crate) fn obstacle(claim: &Claim) -> Option<Kind> {
    claim.link()?.obstacle.as_ref().map(|obstacle| obstacle.kind)
}
