//! The virtual camera as a program: for people who want to see c2c without a camera, and for browser tests.
//!
//! With `--install` it does what a person does on the Apps page, over HTTP: allow unsigned packages (and say so),
//! upload, start, wait for the page. What it prints last is for people and scripts alike.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::{Account, Arch, Front, Os, VirtualCamera, Visitor};

mod administrator;

/// What `--wish prepare` encrypts the card with; it is said, since whoever looks may want to use it again.
const DEMONSTRATION: &str = "a passphrase for looking on";

/// How long an app may take until its page answers; the slowest is one under QEMU on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often the page is asked for.
const BEAT: Duration = Duration::from_millis(100);
/// How long the end may take.
const END: Duration = Duration::from_secs(40);

/// An Axis device over the wire, without a lens.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// AXIS OS: 11.11, 12.9, 12.11 or 13.0.
    #[arg(long, default_value = "12.11")]
    os: Os,
    /// Architecture: native, aarch64 or armv7hf (and x86_64).
    #[arg(long, default_value = "native")]
    arch: Arch,
    /// Port on 127.0.0.1 for http (13.0: https); 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Folder for the camera's state, kept at the end; a temporary one unless given.
    #[arg(long)]
    state: Option<PathBuf>,
    /// The web server.
    #[arg(long, value_enum, default_value_t = Front::Embedded)]
    front: Front,
    /// The card in the slot of a new camera: usual, new, exfat, foreign, worn, none, or a status such as "failed".
    #[arg(long)]
    card: Option<String>,
    /// Disk jobs go so many times as quick as on a camera: formatting 64 GB takes 71 s at 1.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Set a knob, such as camera.disks.busy=queue (the crate's documentation names them).
    #[arg(long, value_name = "NAME=VALUE")]
    knob: Vec<String>,
    /// Install and start this package, as a person would on the Apps page.
    #[arg(long, value_name = "FILE.eap")]
    install: Option<PathBuf>,
    /// Once the app runs, order something of it as an administrator would: prepare (the card).
    #[arg(long, value_enum)]
    wish: Option<Wish>,
    /// Once the app runs, confirm this portal as an administrator would.
    #[arg(long, value_name = "URL")]
    portal: Option<String>,
    /// Tell the address where the camera's web server really listens as the camera's own, so that links to it lead here.
    #[arg(long)]
    own_address: bool,
    /// Take every package as well signed, which no real camera does.
    #[arg(long)]
    treat_as_signed: bool,
    /// Make the control socket reachable at this path too (it is control.sock in the state folder).
    #[arg(long, value_name = "SOCKET")]
    control: Option<PathBuf>,
    /// The build folder with stage and toolchain in it; the workspace's unless given.
    #[arg(long, value_name = "DIR")]
    target: Option<PathBuf>,
    /// Log what the camera does to stderr.
    #[arg(long)]
    verbose: bool,
}

/// What may be wished of the installed app.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Wish {
    /// Its SD card made ready.
    Prepare,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log(arguments.verbose);
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime does not start")
        .and_then(|runtime| runtime.block_on(run(arguments)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let _nobody_reads = writeln!(std::io::stderr().lock(), "virtual-camera: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut builder = VirtualCamera::builder()
        .os(arguments.os)
        .arch(arguments.arch)
        .front(arguments.front)
        .public()
        .port(arguments.port)
        .treat_as_signed(arguments.treat_as_signed)
        .own_address(arguments.own_address)
        .speed(arguments.speed);
    match arguments.card.as_deref() {
        Some("none") => builder = builder.card_kind("disconnected"),
        Some(kind) => builder = builder.card_kind(kind),
        None => {}
    }
    for knob in &arguments.knob {
        let (name, value) = knob.split_once('=').with_context(|| format!("--knob {knob}: NAME=VALUE"))?;
        builder = builder.knob(name, value);
    }
    if let Some(state) = &arguments.state {
        builder = builder.state(state);
    }
    if let Some(target) = &arguments.target {
        builder = builder.target(target);
    }
    let camera = builder.start().await?;
    let link = arguments.control.as_deref().map(|path| Link::make(path, camera.device().control_socket()));
    let outcome = tokio::select! {
        outcome = serve(&camera, &arguments) => outcome,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    drop(link);
    if tokio::time::timeout(END, camera.stop()).await.is_err() {
        bail!("not everything that was started has ended");
    }
    outcome
}

/// Installs what shall be installed, says how to get in, and stays until it is cancelled.
async fn serve(camera: &VirtualCamera, arguments: &Arguments) -> anyhow::Result<()> {
    let root = camera.visit(Account::Root);
    say(&format!("Virtual camera with AXIS OS {}, {}", arguments.os, arguments.arch))?;
    say(&format!("Apps page: {}/camera/apps.html", camera.url()))?;
    if !arguments.os.https_only() {
        say(&format!("Over https: {}", camera.https_url()))?;
    }
    say(&format!("Control socket: {}", camera.device().control_socket().display()))?;
    if let Some(slot) = camera.device().axsim().slot(SD_DISK) {
        say(&format!("Card: {}", slot.state()))?;
    }
    if let Some(file) = arguments.install.clone() {
        let (os, signed) = (arguments.os, arguments.treat_as_signed);
        let (wish, portal) = (arguments.wish, arguments.portal.clone());
        let page = tokio::task::spawn_blocking(move || {
            let (app, page) = install(&root, &file, os, signed)?;
            order(&root, &app, wish, portal.as_deref()).map(|()| page)
        });
        let page = page.await?;
        let page = match page {
            Ok(page) => page,
            Err(fault) => {
                let log = camera.app_log("c2c");
                return Err(if log.is_empty() { fault } else { fault.context(format!("the app's log:\n{log}")) });
            }
        };
        say(&format!("Status page: {}/{page}", camera.url()))?;
    }
    for account in [Account::Root, Account::Viewer] {
        let (user, password) = camera.login(account);
        say(&format!("Login: {user} {password}"))?;
    }
    say("Ready")?;
    std::future::pending().await
}

/// Does what a person does on the Apps page; gives the app's name and the page that `Open` opens.
fn install(root: &Visitor, file: &Path, os: Os, treat_as_signed: bool) -> anyhow::Result<(String, String)> {
    let bytes = std::fs::read(file).with_context(|| format!("{}: can't be read", file.display()))?;
    let app = app_name(&bytes).with_context(|| format!("{}: this is no package", file.display()))?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if treat_as_signed {
        say("Every package counts as signed here (--treat-as-signed); a real camera checks signatures")?;
    } else if os.has_allow_unsigned() {
        root.set_allow_unsigned(true)?;
        say("Unsigned packages are allowed now, as a user would do on the Apps page (config.cgi, AllowUnsigned)")?;
    }
    say(&format!("Installing {name} …"))?;
    let hint = "AXIS OS 13 takes signed packages alone; --treat-as-signed makes this camera take any";
    match root.install(&name, &bytes, &app) {
        Err(fault) if !os.has_allow_unsigned() && !treat_as_signed => {
            return Err(anyhow::Error::new(fault).context(hint));
        }
        outcome => outcome?,
    }
    let page = configuration_page(&root.list_apps()?.text(), &app)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let own = root.get(&format!("/local/{app}/status"))?.status;
        // An app without a page of its own behind the proxy has nothing at that path.
        if (own == 200 || own == 404) && root.get(&format!("/{page}"))?.status == 200 {
            break;
        }
        if Instant::now() > deadline {
            bail!("{app}: its page does not answer (status {own})");
        }
        std::thread::sleep(BEAT);
    }
    Ok((app, page))
}

/// Does what an administrator does on the app's pages.
fn order(root: &Visitor, app: &str, wish: Option<Wish>, portal: Option<&str>) -> anyhow::Result<()> {
    if let Some(portal) = portal {
        administrator::confirm(root, app, portal)?;
        say(&format!("Confirmed as an administrator would: the portal {portal}"))?;
    }
    if let Some(Wish::Prepare) = wish {
        administrator::prepare(root, app, DEMONSTRATION)?;
        say(&format!("Ordered as an administrator would: prepare this card, with the passphrase “{DEMONSTRATION}”"))?;
    }
    Ok(())
}

/// The name of the app in a package, from its manifest.
fn app_name(package: &[u8]) -> anyhow::Result<String> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(package));
    for entry in archive.entries()? {
        let entry = entry?;
        if entry.path()?.as_ref() != Path::new("manifest.json") {
            continue;
        }
        let mut text = String::new();
        entry.take(1 << 20).read_to_string(&mut text)?;
        let manifest: serde_json::Value = serde_json::from_str(&text).context("manifest.json")?;
        let name = manifest.pointer("/acapPackageConf/setup/appName").and_then(|name| name.as_str());
        return name.map(str::to_owned).context("manifest.json has no appName");
    }
    bail!("it has no manifest.json")
}

/// What the list of apps names as the app's page, without a leading slash.
fn configuration_page(list: &str, app: &str) -> anyhow::Result<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(list);
    loop {
        let element = match reader.read_event().context("the list of apps makes no sense")? {
            Event::Start(element) | Event::Empty(element) if element.name().as_ref() == b"application" => element,
            Event::Eof => bail!("{app} is not in the list of apps"),
            _ => continue,
        };
        let value = |name: &str| -> anyhow::Result<Option<String>> {
            Ok(element.try_get_attribute(name)?.map(|value| value.unescape_value()).transpose()?.map(Into::into))
        };
        if value("Name")?.as_deref() == Some(app) {
            let page = value("ConfigurationPage")?.unwrap_or_else(|| format!("local/{app}/index.html"));
            return Ok(page.trim_start_matches('/').to_owned());
        }
    }
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// A link to the control socket, removed at the end.
struct Link(PathBuf);

impl Link {
    fn make(path: &Path, socket: &Path) -> Self {
        let _old = std::fs::read_link(path).and_then(|_| std::fs::remove_file(path));
        if let Err(fault) = std::os::unix::fs::symlink(socket, path) {
            log::error!("{}: can't link the control socket there ({fault})", path.display());
        }
        Self(path.to_path_buf())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _gone = std::fs::read_link(&self.0).and_then(|_| std::fs::remove_file(&self.0));
    }
}

/// Lines to stderr.
struct Log;

impl log::Log for Log {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("virtual_camera")
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let _nobody_reads = writeln!(std::io::stderr().lock(), "{}: {}", record.level(), record.args());
        }
    }

    fn flush(&self) {}
}

fn start_log(verbose: bool) {
    log::set_max_level(if verbose { log::LevelFilter::Debug } else { log::LevelFilter::Warn });
    let _already_set = log::set_logger(&Log);
}
