//! The applications on the camera: installing, starting, stopping, removing, and what they add to the web server.
//!
//! Folder of an application: `STATE/packages/<appName>/`, with `localdata/`, which outlives an upgrade together with
//! the parameters (documented). Installing starts nothing (documented); upgrading a running application stops it,
//! replaces it and starts it again (**guess**). At the start of the camera those run that ran before, unless their
//! runMode is `never` (documented for `once`; that `respawn` needs a first start by hand is a guess). Removing takes the
//! parameters' values away as well (guess).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

mod folder;
pub mod install;
mod journal;
pub mod manifest;
pub mod package;
mod process;
mod start;

use crate::addresses::Addresses;
use crate::axsim::AxSim;
use crate::faults::locked;
use crate::profile::{Arch, Os};
use crate::site::{AppSite, ProxyRule};
use install::Terms;
use journal::Journal;
use manifest::{Manifest, RunMode};
use package::Package;
use process::Running;

/// Why the camera said no, with the number that goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error {code}: {why}")]
pub struct Refused {
    /// `Error: N` of the application CGIs.
    pub code: u8,
    /// For the log; no camera tells it.
    pub why: String,
}

impl Refused {
    pub(crate) fn new(code: u8, why: impl Into<String>) -> Self {
        Self { code, why: why.into() }
    }

    fn files(error: &io::Error) -> Self {
        let code = if error.kind() == io::ErrorKind::StorageFull { 3 } else { 10 };
        Self::new(code, error.to_string())
    }
}

/// What all applications of a camera share.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) os: Os,
    pub(crate) arch: Arch,
    pub(crate) state: PathBuf,
    pub(crate) stage: PathBuf,
    pub(crate) sysroots: PathBuf,
    pub(crate) treat_as_signed: bool,
    pub(crate) isolate: bool,
    pub(crate) addresses: Addresses,
    pub(crate) bus_address: String,
    pub(crate) axsim: AxSim,
}

impl Ground {
    pub(crate) fn packages(&self) -> PathBuf {
        self.state.join("packages")
    }

    fn enabled(&self, app: &str) -> PathBuf {
        self.state.join("enabled").join(app)
    }
}

/// One application for applications/list.cgi.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) is_running: bool,
    /// Or counts as signed.
    pub(crate) is_signed: bool,
}

struct Installed {
    manifest: Arc<Manifest>,
    journal: Arc<Journal>,
    running: Option<Running>,
}

/// The applications.
pub(crate) struct Apps {
    ground: Ground,
    table: Mutex<BTreeMap<String, Installed>>,
    sites: watch::Sender<Vec<AppSite>>,
    /// One change at a time.
    turn: tokio::sync::Mutex<()>,
    /// Held while an upload comes in.
    pub(crate) uploading: Arc<tokio::sync::Mutex<()>>,
    /// The camera goes down: nothing is started any more.
    closed: AtomicBool,
    pub(crate) knobs: Arc<Mutex<Vec<(String, String)>>>,
    pub(crate) allow_unsigned: AtomicBool,
    pub(crate) allow_root: AtomicBool,
    /// The simulated flash has no room left.
    pub(crate) disk_full: AtomicBool,
}

impl Apps {
    /// Takes up what the state folder holds, starts what ran before.
    pub(crate) async fn open(ground: Ground, knobs: Arc<Mutex<Vec<(String, String)>>>) -> anyhow::Result<Self> {
        for folder in ["packages", "logs", "enabled"] {
            fs::create_dir_all(ground.state.join(folder))?;
        }
        let allow_unsigned = AtomicBool::new(ground.os.allows_unsigned_at_first());
        let apps = Self {
            ground,
            table: Mutex::default(),
            sites: watch::Sender::new(Vec::new()),
            turn: tokio::sync::Mutex::default(),
            uploading: Arc::default(),
            closed: AtomicBool::new(false),
            knobs,
            allow_unsigned,
            allow_root: AtomicBool::new(false),
            disk_full: AtomicBool::new(false),
        };
        folder::mend_all(&apps.ground.packages())?;
        for entry in fs::read_dir(apps.ground.packages())?.flatten() {
            let Ok(bytes) = fs::read(entry.path().join("manifest.json")) else { continue };
            match Manifest::read(&bytes) {
                Ok(manifest) if entry.file_name().to_str() == Some(&manifest.app) => apps.enter(manifest)?,
                _ => log::warn!("{}: no installed package", entry.path().display()),
            }
        }
        for listed in apps.list() {
            let app = &listed.manifest.app;
            if listed.manifest.run_mode != RunMode::Never && apps.ground.enabled(app).exists() {
                if let Err(refused) = apps.start(app).await {
                    log::warn!("{app}: {refused}");
                }
            }
        }
        Ok(apps)
    }

    /// Puts an unpacked package into the table; its journal goes on if there is one.
    fn enter(&self, manifest: Manifest) -> io::Result<()> {
        let app = manifest.app.clone();
        let mut table = locked(&self.table);
        let manifest = Arc::new(manifest);
        match table.get_mut(&app) {
            Some(installed) => installed.manifest = manifest,
            None => {
                let journal = Journal::open(&self.ground.state.join("logs").join(format!("{app}.log")))?;
                table.insert(app, Installed { manifest, journal: Arc::new(journal), running: None });
            }
        }
        let sites = table.values().map(|one| self.site(&one.manifest)).collect();
        drop(table);
        self.sites.send_replace(sites);
        Ok(())
    }

    fn site(&self, manifest: &Manifest) -> AppSite {
        let html = self.ground.packages().join(&manifest.app).join("html");
        let rule = |proxy: &manifest::Proxy| {
            Some(ProxyRule {
                api_path: proxy.api_path.clone(),
                target: self.rewritten(&proxy.target)?,
                access: proxy.access,
            })
        };
        AppSite {
            app: manifest.app.clone(),
            html: html.is_dir().then_some(html),
            directory_access: manifest.directory_access,
            proxies: manifest.proxies.iter().filter_map(rule).collect(),
        }
    }

    /// A target without its path, on the app's own address. Only http targets; unix sockets are not known well enough.
    fn rewritten(&self, target: &str) -> Option<String> {
        let uri: hyper::Uri = target.parse().ok()?;
        let (scheme, host) = (uri.scheme_str()?, uri.host()?);
        let port = uri.port_u16().unwrap_or(80);
        let is_own = self.ground.isolate && matches!(host, "127.0.0.1" | "localhost");
        let host = if is_own { self.ground.addresses.app_host.to_string() } else { host.to_owned() };
        matches!(scheme, "http" | "ws").then(|| format!("http://{host}:{port}"))
    }

    pub(crate) fn sites(&self) -> watch::Receiver<Vec<AppSite>> {
        self.sites.subscribe()
    }

    /// Sorted names.
    pub(crate) fn names(&self) -> Vec<String> {
        locked(&self.table).keys().cloned().collect()
    }

    pub(crate) fn list(&self) -> Vec<Listed> {
        let is_running = |one: &Installed| one.running.as_ref().is_some_and(|running| running.pid().is_some());
        let table = locked(&self.table);
        let listed = |one: &Installed| Listed {
            manifest: Arc::clone(&one.manifest),
            is_running: is_running(one),
            is_signed: self.ground.treat_as_signed,
        };
        table.values().map(listed).collect()
    }

    pub(crate) fn journal(&self, app: &str) -> Option<Arc<Journal>> {
        locked(&self.table).get(app).map(|one| Arc::clone(&one.journal))
    }

    pub(crate) fn pid(&self, app: &str) -> Option<u32> {
        locked(&self.table).get(app).and_then(|one| one.running.as_ref()?.pid())
    }

    /// How the last process of an app that is still on ended.
    pub(crate) fn last_exit(&self, app: &str) -> Option<ExitStatus> {
        locked(&self.table).get(app).and_then(|one| one.running.as_ref()?.last_exit())
    }

    pub(crate) fn pids(&self, app: &str) -> Option<watch::Receiver<Option<u32>>> {
        locked(&self.table).get(app).and_then(|one| Some(one.running.as_ref()?.pids()))
    }

    /// Waits until an app is not on.
    pub(crate) async fn off(&self, app: &str) {
        let ended = locked(&self.table).get(app).and_then(|one| Some(one.running.as_ref()?.ended()));
        if let Some(ended) = ended {
            ended.cancelled().await;
        }
    }

    /// The log lines of one app, or of all, sorted by time.
    pub(crate) fn system_log(&self, host: &str, app: Option<&str>) -> String {
        let mut lines = Vec::new();
        for name in self.names().into_iter().filter(|name| app.is_none_or(|app| app == name)) {
            let journal = self.journal(&name).map(|journal| journal.lines()).unwrap_or_default();
            lines.extend(journal.into_iter().map(|line| (line.at, line.for_system_log(host, &name))));
        }
        lines.sort_by_key(|(at, _)| *at);
        lines.into_iter().map(|(_, line)| line).collect()
    }

    fn terms(&self) -> Terms {
        Terms {
            os: self.ground.os,
            arch: self.ground.arch,
            allow_unsigned: self.allow_unsigned.load(Ordering::SeqCst),
            allow_root: self.allow_root.load(Ordering::SeqCst),
            treat_as_signed: self.ground.treat_as_signed,
        }
    }

    /// Installs or upgrades; answers with the app's name. What ran before runs afterwards, as it was if the package could
    /// not be put in its place.
    pub(crate) async fn install(&self, bytes: &[u8]) -> Result<String, Refused> {
        let _turn = self.turn.lock().await;
        let package = Package::open(bytes)?;
        let manifest = install::check(&package, &self.terms())?;
        let app = manifest.app.clone();
        if let Some(other) = self.names().iter().find(|name| **name != app && name.eq_ignore_ascii_case(&app)) {
            return Err(Refused::new(14, format!("{other} is installed")));
        }
        let old = locked(&self.table).get(&app).map(|one| Arc::clone(&one.manifest));
        let old_vendor = old.as_ref().and_then(|old| old.vendor_id.as_ref());
        if old_vendor.is_some() && old_vendor != manifest.vendor_id.as_ref() {
            return Err(Refused::new(27, "another vendorId"));
        }
        if self.disk_full.load(Ordering::SeqCst) {
            return Err(Refused::new(3, "no room"));
        }
        let files = |error: io::Error| Refused::files(&error);
        let fresh = folder::write(&package, &self.ground.packages(), &app).map_err(files)?;
        let was_running = self.stop_now(&app).await.is_ok();
        let outcome = self.replace(&package, &fresh, manifest).await;
        if was_running {
            let started = self.start_now(&app);
            if outcome.is_ok() {
                started?;
            }
        }
        outcome.map(|()| app)
    }

    /// Puts the written package in its place, with its parameters, and runs its script.
    async fn replace(&self, package: &Package, fresh: &Path, manifest: Manifest) -> Result<(), Refused> {
        let app = manifest.app.clone();
        folder::put_in_place(fresh, &self.ground.packages(), &app).map_err(|error| Refused::files(&error))?;
        let definitions = package.file("param.conf").unwrap_or_default();
        self.ground.axsim.define(&app, definitions).map_err(|error| Refused::files(&error))?;
        let script = manifest.post_install.clone();
        self.enter(manifest).map_err(|error| Refused::files(&error))?;
        if let Some(script) = script {
            if let Err(refused) = self.run_script(&app, &script).await {
                self.delete(&app)?;
                return Err(refused);
            }
        }
        Ok(())
    }

    /// Starts an app. 4 unknown, 6 already on, 8 cannot be executed.
    pub(crate) async fn start(&self, app: &str) -> Result<(), Refused> {
        let _turn = self.turn.lock().await;
        self.start_now(app)
    }

    /// Stops an app and waits for its end. 4 unknown, 7 not on.
    pub(crate) async fn stop(&self, app: &str) -> Result<(), Refused> {
        let _turn = self.turn.lock().await;
        self.stop_now(app).await?;
        self.note(app, false)
    }

    /// Stops an app if it is on, and starts it (that restart works on a stopped one is a guess).
    pub(crate) async fn restart(&self, app: &str) -> Result<(), Refused> {
        let _turn = self.turn.lock().await;
        match self.stop_now(app).await {
            Err(refused) if refused.code != 7 => Err(refused),
            _ => self.start_now(app),
        }
    }

    /// Stops and removes an app with its parameters. 4 unknown.
    pub(crate) async fn remove(&self, app: &str) -> Result<(), Refused> {
        let _turn = self.turn.lock().await;
        match self.stop_now(app).await {
            Err(refused) if refused.code != 7 => return Err(refused),
            _ => {}
        }
        let script = locked(&self.table).get(app).and_then(|one| one.manifest.pre_uninstall.clone());
        if let Some(script) = script {
            if let Err(refused) = self.run_script(app, &script).await {
                log::warn!("{app}: {refused}");
            }
        }
        self.delete(app)
    }

    fn delete(&self, app: &str) -> Result<(), Refused> {
        fs::remove_dir_all(self.ground.packages().join(app)).map_err(|error| Refused::files(&error))?;
        self.ground.axsim.undefine(app).map_err(|error| Refused::files(&error))?;
        let mut table = locked(&self.table);
        table.remove(app);
        let sites = table.values().map(|one| self.site(&one.manifest)).collect();
        drop(table);
        self.sites.send_replace(sites);
        self.note(app, false)
    }

    /// Writes down whether an app shall run at the next start of the camera.
    fn note(&self, app: &str, enabled: bool) -> Result<(), Refused> {
        let path = self.ground.enabled(app);
        let result = if enabled { fs::write(path, "") } else { fs::remove_file(path) };
        match result {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Refused::files(&error)),
            _ => Ok(()),
        }
    }

    async fn stop_now(&self, app: &str) -> Result<(), Refused> {
        let running = match locked(&self.table).get_mut(app) {
            None => return Err(Refused::new(4, "not installed")),
            Some(installed) => installed.running.take(),
        };
        match running {
            Some(running) if running.is_on() => {
                running.stop().await;
                Ok(())
            }
            _ => Err(Refused::new(7, "not running")),
        }
    }

    /// Ends all processes; at the next start of the camera they run again.
    pub(crate) async fn stop_all(&self) {
        self.closed.store(true, Ordering::SeqCst);
        let _turn = self.turn.lock().await;
        let all: Vec<Running> = locked(&self.table).values_mut().filter_map(|one| one.running.take()).collect();
        let ends: Vec<_> = all.into_iter().map(|running| tokio::spawn(running.stop())).collect();
        for end in ends {
            let _ = end.await;
        }
    }
}
