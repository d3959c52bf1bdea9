//! The figures that README holds: how big the packages are, what the app costs a camera, and how quick its page is.
//!
//! `make bench` builds the packages, then runs this. The x86_64 package is installed into a virtual camera and the app
//! is started by it, as on a real one: the same binary as for cameras but for the machine's words, with the stand-ins
//! of the camera's two C libraries. Nothing else may look at that app, so every wakeup is its own.
//!
//! - Memory: `VmRSS` and `RssAnon` of the process, [`REST`] after the first page. The rest of the resident memory is
//!   files that the kernel can drop and that other programs on the camera share (GLib, the C library). What viewers add
//!   to it: [`viewers`].
//! - First page: from the camera's order to start the process to the last byte of the first page that shows what was
//!   read from the camera, on the app's own port. Median of [`STARTS`] starts.
//! - Wakeups: voluntary and involuntary context switches of all threads within [`WATCH`], a thread that began in
//!   between counting whole. The app looks at the camera by itself every [`ROUND`], which such a minute rarely meets:
//!   what one look costs is measured too, and its share of a minute is added.
//! - The page: beside nginx in [`race`], the bytes of it in [`first_view`], what a person sees of it in [`screen`].
//!
//! A figure that misses its aim is marked; one that misses it by more than the aim's grace ends the program with 1.
//! Memory and times differ a little from machine to machine, bytes do not: they have no grace.

#![allow(clippy::as_conversions, reason = "figures become f64 to be shown")]
#![allow(clippy::disallowed_methods, reason = "it starts the programs that it compares with, and looks at the clock")]
#![allow(clippy::indexing_slicing, reason = "of reports in JSON, where what is missing is null")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use eap::arch::Arch as PackageArch;
use eap::budget::Budget;
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::{Account, Arch, Front, VirtualCamera};

use figure::{Aim, Figure, median};

mod figure;
mod first_view;
mod process;
mod race;
mod screen;
mod viewers;
// What the tests look at a camera with.
#[path = "../../tests/on_camera/browser/driver.rs"]
#[allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "made for tests, which use more of it")]
mod driver;
#[path = "../../tests/on_camera/wire.rs"]
#[allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::indexing_slicing, reason = "made for tests")]
mod wire;
#[path = "../../tests/on_camera/world.rs"]
#[allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::indexing_slicing, reason = "made for tests")]
mod world;

/// Between the first page and the look at memory; threads that were only needed for the start have ended by then.
const REST: Duration = Duration::from_secs(10);
/// Before wakeups are counted.
const QUIET: Duration = Duration::from_secs(20);
/// How long wakeups are counted.
const WATCH: Duration = Duration::from_secs(60);
/// The pause between two looks of the app while nobody looks (`IDLE_ROUND` in src/collect.rs).
const ROUND: Duration = Duration::from_secs(900);
/// Odd, so that there is a middle one.
const STARTS: usize = 11;
/// Longest wait for a first page.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two attempts to reach an app that does not listen yet: short beside what is measured.
const PAUSE: Duration = Duration::from_millis(1);
const APP: &str = "c2c";
/// The manifest's port.
const PORT: u16 = 18461;
const PAGE: &str = "/local/c2c/status";

fn main() -> ExitCode {
    match measure() {
        Ok(figures) => report(&figures),
        Err(error) => {
            drop(writeln!(std::io::stderr(), "bench: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn report(figures: &[Figure]) -> ExitCode {
    let mut text = String::from("| Figure | Measured | Aim |\n|---|---:|---:|\n");
    for figure in figures {
        text.push_str(&figure.row());
        text.push('\n');
    }
    let mut code = ExitCode::SUCCESS;
    for figure in figures.iter().filter(|figure| figure.failed()) {
        // Writing into a text does not fail.
        _ = writeln!(text, "bench: {} is too far from its aim: {}", figure.name, figure.measured());
        code = ExitCode::from(1);
    }
    // Whoever closed the terminal does not want to know.
    drop(std::io::stdout().write_all(text.as_bytes()));
    code
}

fn measure() -> anyhow::Result<Vec<Figure>> {
    let mut figures = packages()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    figures.extend(runtime.block_on(running())?);
    Ok(figures)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn package(arch: &str) -> PathBuf {
    let version = env!("CARGO_PKG_VERSION").replace('.', "_");
    root().join("target/eap").join(format!("Camera-to-Cloud_{version}_{arch}.eap"))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{}: `make bench` makes it", path.display()))
}

/// The packages for cameras.
fn packages() -> anyhow::Result<Vec<Figure>> {
    let budget = Budget::read(&String::from_utf8(read(&root().join("acap/budget.toml"))?)?)?;
    let mut figures = Vec::new();
    for word in ["aarch64", "armv7hf"] {
        let arch: PackageArch = word.parse().map_err(anyhow::Error::msg)?;
        figures.push(Figure {
            name: format!("Package for {word}"),
            measured: Ok(read(&package(word))?.len() as f64),
            aim: Aim::AtMost(
                budget.of_package(arch).with_context(|| format!("acap/budget.toml says nothing of {word}"))? as f64,
            ),
            grace: 0.0,
            // The time of the commit is inside and changes the last digits.
            show: |bytes| format!("{:.0} kB", bytes / 1000.0),
        });
    }
    Ok(figures)
}

/// What needs the app to run: first a camera whose app nobody looks at but the figures, then one behind the real Apache.
async fn running() -> anyhow::Result<Vec<Figure>> {
    ensure!(Arch::native() == Arch::X86_64, "only on x86_64 can the app be measured without an emulator");
    let camera = VirtualCamera::builder().start().await?;
    let figures = on_camera(&camera).await;
    let log = camera.app_log(APP);
    camera.stop().await;
    let mut figures = figures.with_context(|| format!("the app logged:\n{log}"))?;
    let camera = VirtualCamera::builder().front(Front::Apache).start().await?;
    world::install(&camera, read(&package("x86_64"))?).await;
    let page = || async { world::page(&camera).await.contains("has no folder on it at present") };
    world::until(&camera, "the card was read", page).await;
    figures.extend(first_view::figures(&camera).await);
    figures.push(screen::card_pulled(&camera).await?);
    figures.extend(screen::lighthouse(&camera).await?);
    camera.stop().await;
    Ok(figures)
}

async fn on_camera(camera: &VirtualCamera) -> anyhow::Result<Vec<Figure>> {
    let eap = read(&package("x86_64"))?;
    let visitor = camera.visit(Account::Root);
    tokio::task::spawn_blocking(move || visitor.set_allow_unsigned(true)).await??;
    camera.device().install(&eap).await.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
    let mut figures = alone(camera).await?;
    let pid = camera.app_pid(APP).context("the app does not run any more")?;
    let host = camera.addresses().app_host.to_string();
    let page = format!("http://{host}:{PORT}{PAGE}");
    figures.extend(tokio::task::spawn_blocking(move || viewers::figures(&page, pid)).await??);
    figures.extend(tokio::task::spawn_blocking(move || race::figures(&host, PORT)).await??);
    ensure!(camera.app_pid(APP) == Some(pid), "the app was restarted while it was measured");
    Ok(figures)
}

/// What the app costs while nobody looks.
async fn alone(camera: &VirtualCamera) -> anyhow::Result<Vec<Figure>> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        if camera.app_pid(APP).is_some() {
            camera.device().stop_app(APP).await.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        }
        times.push(start(camera).await?.as_secs_f64() * 1e3);
    }
    let first_page = median(times).context("no start")?;
    tokio::time::sleep(REST).await;
    let pid = camera.app_pid(APP).context("the app does not run any more")?;
    let (resident, anonymous) = process::memory(pid)?;
    tokio::time::sleep(QUIET.saturating_sub(REST)).await;
    let wakeups = wakeups(camera, pid).await?;
    let waiting = without_a_card(camera).await?;
    let figure = |name: &str, measured, most, grace, show| Figure {
        name: name.to_owned(),
        measured: Ok(measured),
        aim: Aim::AtMost(most),
        grace,
        show,
    };
    let first = format!("From exec to the first page (median of {STARTS})");
    Ok(vec![
        figure("Resident memory", resident, 8.0, 10.0, mib),
        figure("Of it anonymous (its own, not shared with files)", anonymous, 2.0, 10.0, mib),
        figure(&first, first_page, 200.0, 100.0, |ms| format!("{ms:.0} ms")),
        figure("Wakeups in a minute with nobody looking", wakeups, 12.0, 50.0, |count| format!("{count:.1}")),
        figure("The same while a job waits for an SD card", waiting, 12.0, 50.0, |count| format!("{count:.1}")),
    ])
}

/// Wakeups in a minute of an app that was started without a card in the camera.
async fn without_a_card(camera: &VirtualCamera) -> anyhow::Result<f64> {
    camera.device().axsim().yank(SD_DISK)?;
    camera.device().stop_app(APP).await.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
    start(camera).await?;
    tokio::time::sleep(QUIET).await;
    self::wakeups(camera, camera.app_pid(APP).context("the app does not run any more")?).await
}

fn mib(size: f64) -> String {
    format!("{size:.2} MiB")
}

/// Wakeups in a minute, the share of the app's own looks included.
async fn wakeups(camera: &VirtualCamera, pid: u32) -> anyhow::Result<f64> {
    let before = process::switches(pid)?;
    tokio::time::sleep(WATCH).await;
    let asleep = process::since(&before, &process::switches(pid)?);
    let before = process::switches(pid)?;
    look(camera, Instant::now()).await?;
    // Connections are closed after the answer.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let look = process::since(&before, &process::switches(pid)?);
    ensure!(camera.app_pid(APP) == Some(pid), "the app was restarted while it was measured");
    let in_a_minute = |count: u64, within: Duration| count as f64 * 60.0 / within.as_secs_f64();
    Ok(in_a_minute(asleep, WATCH) + in_a_minute(look, ROUND))
}

/// Starts the app and looks at its page until it shows the camera; says how long that took.
async fn start(camera: &VirtualCamera) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    camera.device().start_app(APP).await.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
    look(camera, begun).await
}

/// Looks at the app's page until it shows the camera; says how long after `begun` that was.
async fn look(camera: &VirtualCamera, begun: Instant) -> anyhow::Result<Duration> {
    let page = format!("http://{}:{PORT}{PAGE}", camera.addresses().app_host);
    let serial = camera.identity().serial.clone();
    tokio::task::spawn_blocking(move || first_page(&page, &serial, begun)).await?
}

fn first_page(page: &str, serial: &str, begun: Instant) -> anyhow::Result<Duration> {
    let config = ureq::Agent::config_builder().proxy(None).http_status_as_error(false).max_idle_connections(0);
    let agent = config.timeout_global(Some(PATIENCE)).build().new_agent();
    let mut last = String::from("nobody listens");
    while begun.elapsed() < PATIENCE {
        if let Ok(mut answer) = agent.get(page).call() {
            let text = answer.body_mut().read_to_string()?;
            if answer.status() == 200 && text.contains(serial) {
                return Ok(begun.elapsed());
            }
            last = format!("{}: {text}", answer.status());
        }
        std::thread::sleep(PAUSE);
    }
    bail!("{page}: no page with the camera's serial number within {PATIENCE:?}; the last answer: {last}")
}
