//! The program: builds the rooms, wires them, and stops them in order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axsdk::Sdk;
use c2c::collect::{Collector, Sources};
use c2c::instance::{self, Instance};
use c2c::jobs::account;
use c2c::jobs::card::{self, Tools};
use c2c::jobs::journal::Journal;
use c2c::jobs::{Board, Desk, orders};
use c2c::options::{self, Options};
use c2c::portal::agent;
use c2c::snapshot::Snapshot;
use c2c::sources::parameters;
use c2c::vapix::Reader;
use c2c::vapix::disks::Disks;
use c2c::vapix::users::Users;
use c2c::web::{self, Site};
use c2c::{area, clock, features, logging, notices, package, portal, server};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// The appName: the package's folder, its parameters' group and its executable are called so.
const APP: &str = "c2c";
/// Open pages get this long to end.
const DRAIN: Duration = Duration::from_secs(2);
/// The camera kills an app some 14 s after it asked it to end; by then everything that hangs has been left behind.
const LAST_MOMENT: Duration = Duration::from_millis(9_400);
/// What is still to be logged gets this long at the end.
const LAST_LINES: Duration = Duration::from_millis(300);
/// Pause between attempts while another program holds our port.
const PORT_RETRY: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    match options::read(std::env::args_os().skip(1)) {
        Ok(Options::Run { listen, camera }) => run(listen, camera),
        Ok(Options::Version) => say(&mut std::io::stdout(), &format!("c2c {}\n", env!("CARGO_PKG_VERSION")), 0),
        Ok(Options::Help) => say(&mut std::io::stdout(), options::HELP, 0),
        Err(error) => say(&mut std::io::stderr(), &format!("c2c: {error}\n"), 2),
    }
}

fn say(to: &mut dyn std::io::Write, text: &str, code: u8) -> ExitCode {
    // Whoever closed the terminal does not want to know.
    drop(to.write_all(text.as_bytes()));
    ExitCode::from(code)
}

/// Whatever ends the app, what it had in memory, such as a passphrase, is written nowhere.
///
/// 1 and not 0: with 0 Linux still gives the memory to a program that collects cores (`core_pattern` with a pipe); 1 byte
/// it takes for “not at all” there, and for too little to begin a file (Linux, `fs/coredump.c`).
fn leave_no_core() {
    let none = rustix::process::Rlimit { current: Some(1), maximum: Some(1) };
    if let Err(error) = rustix::process::setrlimit(rustix::process::Resource::Core, none) {
        log::warn!("a crash of the app may leave its memory in a file: {error}");
    }
}

fn run(listen: SocketAddr, camera: SocketAddr) -> ExitCode {
    logging::start();
    leave_no_core();
    let folder = package_folder();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return say(&mut std::io::stderr(), &format!("c2c: {error}\n"), 1),
    };
    let outcome = runtime.block_on(live(&folder, listen, camera));
    runtime.shutdown_background();
    let code = outcome.unwrap_or_else(|error| {
        log::error!("{error:#}");
        ExitCode::FAILURE
    });
    logging::finish(LAST_LINES);
    code
}

/// The folder of the installed package: where the binary lies.
fn package_folder() -> PathBuf {
    let binary = std::env::current_exe().ok();
    binary.as_deref().and_then(Path::parent).map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

async fn live(folder: &Path, listen: SocketAddr, camera: SocketAddr) -> anyhow::Result<ExitCode> {
    let mut end = Box::pin(asked_to_end()?);
    let localdata = folder.join("localdata");
    let _lock = tokio::select! {
        () = &mut end => return Ok(ExitCode::SUCCESS),
        instance = tokio::task::spawn_blocking(move || instance::take(&localdata)) => match instance? {
            Instance::Only(lock) => Some(lock),
            Instance::SecondAtTerminal => {
                return Ok(say(&mut std::io::stderr(), "c2c: it already runs; this second one ends\n", 3));
            }
            Instance::Unlockable(error) => {
                log::warn!("no lock can be had in localdata ({error}); going on without");
                None
            }
        },
    };
    let listener = tokio::select! {
        () = &mut end => return Ok(ExitCode::SUCCESS),
        listener = bind(listen) => listener,
    };
    // Dropping the sender tells the streams and the server to end.
    let (stop, stopping) = watch::channel(());
    let house = House::build(folder, camera, stopping.clone());
    serve(listener, house, end, (stop, stopping)).await
}

/// Ends when the camera (or a person at a terminal) asks the app to end.
fn asked_to_end() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Waits for the port: ending would only make the camera start the app again and again.
async fn bind(listen: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(listen).await {
            Ok(listener) => return listener,
            Err(error) => log::error!("{listen}: cannot listen there ({error}); trying again in 30 s"),
        }
        tokio::time::sleep(PORT_RETRY).await;
    }
}

/// What lives while the app runs.
struct House {
    sdk: Option<Sdk>,
    site: Site,
    tasks: JoinSet<()>,
}

impl House {
    fn build(folder: &Path, camera: SocketAddr, stopping: watch::Receiver<()>) -> Self {
        let package = package::find(folder);
        let features = features::of(&package.version);
        log::info!("c2c {} (version from {}, libraries: {})", package.version, package.version_from, axsdk::LIBRARIES);
        let sdk = start_sdk();
        let mut tasks = JoinSet::new();
        let storage_changed = Arc::new(Notify::new());
        let storage = sdk.as_ref().filter(|_| features.card_and_jobs).map(Sdk::storage);
        let wanted = watch::channel(area::Wanted::new()).0;
        let held = storage.clone().map_or_else(
            || watch::channel(area::Held::new()).1,
            |storage| area::hold(storage, Arc::clone(&storage_changed), wanted.subscribe(), &mut tasks),
        );
        let desk = features.card_and_jobs.then(|| Desk::open(&mut tasks));
        let (counter, clerk) = orders::counter();
        let reader = Reader::new(camera, sdk.as_ref().map(Sdk::service_accounts));
        let (portal, mut portal_clerk) = portal::counter();
        let texts = parameters::follow(sdk.as_ref().map(Sdk::parameters), &mut tasks);
        let sources = Sources {
            camera: reader.clone(),
            storage: storage.clone(),
            shows_card: features.card_and_jobs,
            held: held.clone(),
            storage_changed: Arc::clone(&storage_changed),
            jobs: desk.as_ref().map_or_else(Board::closed, Desk::board),
            cards: counter.clone(),
            portal: portal.clone(),
            texts: texts.clone(),
        };
        let localdata = folder.join("localdata");
        let mut unread = Snapshot::unread(package.clone(), features.card_and_jobs, clock::now());
        let journal = desk.as_ref().map(|_| Journal::open(&localdata));
        unread.earlier_jobs = journal.as_ref().map_or_else(Vec::new, Journal::history);
        let (collector, looker) = Collector::new(sources, notices::built_in(), unread);
        if let (Some(desk), Some(journal)) = (desk, journal) {
            let (record, left) = (journal.record(), journal.earlier().to_vec());
            journal.keep_in(&mut tasks, desk.board());
            if let Some(clerk) = portal_clerk.account() {
                let (folder, users) = (localdata.clone(), Users::new(reader.clone()));
                account::keep(account::Tools { folder, desk: desk.clone(), users }, clerk, &mut tasks);
            }
            let disks = Disks::new(reader.clone());
            let (lent, standing, look) = (card::Lent::open(&localdata), portal.standing(), storage_changed);
            let tools = Tools { desk, disks, reader, storage, held, wanted, record, lent, standing, look };
            card::keep(tools, clerk, left, looker.follow(), &mut tasks);
        }
        let tools = agent::Tools {
            folder: localdata,
            snapshots: looker.follow(),
            texts,
            package,
            view: web::snapshot_json::reported(features),
        };
        agent::keep(tools, portal_clerk, &mut tasks);
        tasks.spawn(collector.run());
        Self { sdk, site: Site::new(looker, features, stopping).with_orders(counter).with_portal(portal), tasks }
    }
}

fn start_sdk() -> Option<Sdk> {
    Sdk::start(APP).inspect_err(|error| log::error!("the camera's C libraries did not start: {error}")).ok()
}

/// Serves until asked to end, then stops in order: streams, server, sources, storage and the C libraries' thread.
async fn serve(
    listener: TcpListener,
    house: House,
    end: impl Future<Output = ()>,
    (stop, stopping): (watch::Sender<()>, watch::Receiver<()>),
) -> anyhow::Result<ExitCode> {
    let House { sdk, site, mut tasks } = house;
    let mut server = tokio::spawn(server::serve(listener, web::routes(site), stopping));
    tokio::select! {
        () = end => {}
        ended = &mut server => anyhow::bail!("the server ended by itself: {ended:?}"),
    }
    end_at_the_last_moment();
    log::info!("stopping");
    drop(stop);
    if tokio::time::timeout(DRAIN, &mut server).await.is_err() {
        log::warn!("open pages did not end within {} s; leaving them", DRAIN.as_secs());
        server.abort();
    }
    tasks.shutdown().await;
    if let Some(sdk) = sdk {
        if let Err(hung) = sdk.stop().await {
            log::error!("{hung}; leaving it behind");
        }
    }
    log::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// The process ends then, whatever hangs: the first thing of stopping, so that nothing can come in between.
fn end_at_the_last_moment() {
    std::thread::spawn(|| {
        std::thread::sleep(LAST_MOMENT);
        log::error!("stopping took too long; ending now");
        logging::finish(LAST_LINES);
        std::process::exit(1);
    });
}
