//! The figures that README holds: how big the packages are, and what the app costs a camera while nobody looks at it.
//!
//! `make bench` builds the packages, then runs this. The x86_64 package is installed into a virtual camera and the app
//! is started by it, as on a real one: the same binary as for cameras but for the machine's words, with the stand-ins
//! of the camera's two C libraries. Nothing else may look at that app, so every wakeup is its own.
//!
//! - Memory: `VmRSS` and `RssAnon` of the process, [`REST`] after the first page. The rest of the resident memory is
//!   files that the kernel can drop and that other programs on the camera share (GLib, the C library).
//! - First page: from the camera's order to start the process to the last byte of the first page that shows what was
//!   read from the camera, on the app's own port. Median of [`STARTS`] starts.
//! - Wakeups: voluntary and involuntary context switches of all threads within [`WATCH`], a thread that began in
//!   between counting whole. The app looks at the camera by itself every [`ROUND`], which such a minute rarely meets:
//!   what one look costs is measured too, and its share of a minute is added.
//!
//! A figure above its aim is marked; one that is above it by more than the aim's grace ends the program with 1. Memory
//! and times differ a little from machine to machine, the bytes of a package do not: they have no grace.

#![allow(clippy::as_conversions, reason = "figures become f64 to be shown")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use eap::arch::Arch as PackageArch;
use eap::budget::Budget;
use virtual_camera::{Account, Arch, VirtualCamera};

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
const MIB: f64 = 1_048_576.0;

/// What was measured, in the unit of its aim.
struct Figure {
    name: String,
    measured: f64,
    aim: f64,
    /// What may be above the aim without ending in failure, in percent of it.
    grace: f64,
    show: fn(f64) -> String,
}

impl Figure {
    fn missed(&self) -> bool {
        self.measured > self.aim
    }

    fn failed(&self) -> bool {
        self.measured > self.aim * (1.0 + self.grace / 100.0)
    }

    fn row(&self) -> String {
        let mark = if self.missed() { " **(missed)**" } else { "" };
        format!("| {} | {}{mark} | {} |", self.name, (self.show)(self.measured), (self.show)(self.aim))
    }
}

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
    let mut text = String::from("| Figure | Measured | Aim, at most |\n|---|---:|---:|\n");
    for figure in figures {
        text.push_str(&figure.row());
        text.push('\n');
    }
    let mut code = ExitCode::SUCCESS;
    for figure in figures.iter().filter(|figure| figure.failed()) {
        let shown = (figure.show)(figure.measured);
        // Writing into a text does not fail.
        _ = writeln!(text, "bench: {} is too far above its aim: {shown}", figure.name);
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
            measured: read(&package(word))?.len() as f64,
            aim: budget.of_package(arch).with_context(|| format!("acap/budget.toml says nothing of {word}"))? as f64,
            grace: 0.0,
            // The time of the commit is inside and changes the last digits.
            show: |bytes| format!("{:.0} kB", bytes / 1000.0),
        });
    }
    Ok(figures)
}

/// What needs the app to run.
async fn running() -> anyhow::Result<Vec<Figure>> {
    ensure!(Arch::native() == Arch::X86_64, "only on x86_64 can the app be measured without an emulator");
    let camera = VirtualCamera::builder().start().await?;
    let figures = on_camera(&camera).await;
    let log = camera.app_log(APP);
    camera.stop().await;
    figures.with_context(|| format!("the app logged:\n{log}"))
}

async fn on_camera(camera: &VirtualCamera) -> anyhow::Result<Vec<Figure>> {
    let eap = read(&package("x86_64"))?;
    let visitor = camera.visit(Account::Root);
    tokio::task::spawn_blocking(move || visitor.set_allow_unsigned(true)).await??;
    camera.device().install(&eap).await.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        if camera.app_pid(APP).is_some() {
            camera.device().stop_app(APP).await.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        }
        times.push(start(camera).await?.as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let median = times.get(STARTS / 2).copied().context("no start")?;
    tokio::time::sleep(REST).await;
    let pid = camera.app_pid(APP).context("the app does not run any more")?;
    let (resident, anonymous) = (status_mib(pid, "VmRSS")?, status_mib(pid, "RssAnon")?);
    tokio::time::sleep(QUIET.saturating_sub(REST)).await;
    let wakeups = wakeups(camera, pid).await?;
    let mib = |bytes: f64| format!("{bytes:.2} MiB");
    Ok(vec![
        Figure { name: "Resident memory".to_owned(), measured: resident, aim: 8.0, grace: 10.0, show: mib },
        Figure {
            name: "Of it anonymous (its own, not shared with files)".to_owned(),
            measured: anonymous,
            aim: 2.0,
            grace: 10.0,
            show: mib,
        },
        Figure {
            name: format!("From exec to the first page (median of {STARTS})"),
            measured: median,
            aim: 200.0,
            grace: 100.0,
            show: |ms| format!("{ms:.0} ms"),
        },
        Figure {
            name: "Wakeups in a minute with nobody looking".to_owned(),
            measured: wakeups,
            aim: 12.0,
            grace: 50.0,
            show: |count| format!("{count:.1}"),
        },
    ])
}

/// Wakeups in a minute, the share of the app's own looks included.
async fn wakeups(camera: &VirtualCamera, pid: u32) -> anyhow::Result<f64> {
    let before = switches(pid)?;
    tokio::time::sleep(WATCH).await;
    let asleep = since(&before, &switches(pid)?);
    let before = switches(pid)?;
    look(camera, Instant::now()).await?;
    // Connections are closed after the answer.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let look = since(&before, &switches(pid)?);
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

/// A field of `/proc/PID/status`, in MiB.
fn status_mib(pid: u32, field: &str) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib = number(&text, field).with_context(|| format!("{field} is not in /proc/{pid}/status"))?;
    Ok(kib as f64 * 1024.0 / MIB)
}

/// Context switches so far, by thread.
fn switches(pid: u32) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let thread = thread?;
        // A thread may end between the listing and the look.
        let Ok(text) = std::fs::read_to_string(thread.path().join("status")) else { continue };
        let voluntary = number(&text, "voluntary_ctxt_switches").context("no context switches are counted here")?;
        let involuntary = number(&text, "nonvoluntary_ctxt_switches").unwrap_or(0);
        counts.insert(thread.file_name().to_string_lossy().into_owned(), voluntary + involuntary);
    }
    ensure!(!counts.is_empty(), "process {pid} has no threads");
    Ok(counts)
}

/// All switches between two counts.
fn since(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> u64 {
    after.iter().map(|(thread, count)| count.saturating_sub(before.get(thread).copied().unwrap_or(0))).sum()
}

/// The number after `field:`.
fn number(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}
