//! The real Apache httpd of this machine as the camera's web server.
//!
//! It runs in the foreground as our child, with a generated configuration ([`configuration`]) and a folder of its own.
//! Logins, levels, files and the reverse proxy are Apache's; VAPIX and the camera's pages go to the [`engine`]. When
//! apps change, a new configuration is written and taken over gracefully (SIGUSR1); each carries a number that is
//! asked for until the new one answers, so "settled" means that it serves. As root, Apache's workers run as
//! `www-data`, which therefore must be able to read the files of the apps.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest, Md5};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use sha1::Sha1;
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio::sync::Mutex;

use crate::access::{Account, Level};
use crate::addresses::Addresses;
use crate::front::embedded::Inside;
use crate::front::{Tasks, engine, stock, tls};
use crate::leftovers;
use crate::programs;
use crate::site::AppSite;
use crate::visit::Visitor;

pub mod configuration;

use configuration::Configuration;

/// Debian's program.
const PROGRAM: &str = "apache2";
/// How long starting and reloading may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long Apache may wait for its workers at the end; with an open stream it would wait for 10 s and more.
const END: Duration = Duration::from_secs(1);
/// How often the web server is asked whether it has taken a configuration.
const BEAT: Duration = Duration::from_millis(10);

/// A running Apache; dropping it ends it.
#[derive(Debug)]
pub struct Apache {
    child: Option<Child>,
    reloader: Reloader,
}

/// Keeps Apache's configuration and accounts as the device wants them.
#[derive(Debug, Clone)]
pub(crate) struct Reloader {
    shared: Arc<Shared>,
}

/// The same, without keeping it alive.
#[derive(Debug, Clone)]
pub(crate) struct Follower(Weak<Shared>);

impl Follower {
    /// Returns when Apache serves what the device wants now.
    pub(crate) async fn settled(&self) {
        let Some(shared) = self.0.upgrade() else { return };
        if let Err(fault) = (Reloader { shared }).settled().await {
            log::error!("Apache: {fault:#}");
        }
    }
}

#[derive(Debug)]
struct Shared {
    pid: std::sync::OnceLock<Pid>,
    inside: Arc<Inside>,
    configuration: Configuration,
    folder: PathBuf,
    state: PathBuf,
    served: Mutex<Served>,
}

/// What Apache serves at the moment.
#[derive(Debug, Default)]
struct Served {
    sites: Vec<AppSite>,
    accounts: BTreeMap<String, (String, Level)>,
    number: u64,
}

impl Apache {
    /// Writes the configuration, starts Apache, and returns when it answers.
    pub(crate) async fn start(
        addresses: Addresses,
        certificate: &tls::Certificate,
        inside: Arc<Inside>,
        engine: TcpListener,
        tasks: Tasks,
        state: PathBuf,
    ) -> anyhow::Result<Self> {
        let folder = state.join("apache");
        prepare(&state, &folder, certificate)?;
        let secret = BASE64.encode(rand::random::<[u8; 24]>());
        let configuration = Configuration {
            folder: folder.clone(),
            addresses,
            engine: engine.local_addr()?,
            secret: secret.clone(),
            realm: inside.backend.realm.clone(),
            https_only: inside.backend.https_only,
            is_root: rustix::process::geteuid().is_root(),
            levels: configuration::device_levels(&inside.backend.required_level),
        };
        let shared = Shared {
            pid: std::sync::OnceLock::new(),
            inside: inside.clone(),
            configuration,
            folder,
            state,
            served: Mutex::default(),
        };
        let reloader = Reloader { shared: Arc::new(shared) };
        let _first = inside.apache.set(Follower(Arc::downgrade(&reloader.shared)));
        engine::start(engine, inside, secret, reloader.clone(), tasks);
        let mut apache = Self { child: None, reloader };
        apache.launch().await?;
        Ok(apache)
    }

    async fn launch(&mut self) -> anyhow::Result<()> {
        let shared = &self.reloader.shared;
        let mut served = shared.served.lock().await;
        shared.write(&mut served)?;
        let log = std::fs::File::create(shared.folder.join("start.log"))?;
        let program = programs::find(&[PROGRAM]).context("apache2 is not installed (package apache2-bin)")?;
        let child = programs::command(program)
            .arg("-f")
            .arg(shared.folder.join("httpd.conf"))
            .arg("-DFOREGROUND")
            .current_dir(&shared.folder)
            .process_group(0)
            .kill_on_drop(false)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("apache2 does not start")?;
        leftovers::note(&shared.state, child.id().context("Apache ended at once")?)?;
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let _first = shared.pid.set(id.context("Apache ended at once")?);
        let child = self.child.insert(child);
        tokio::select! {
            ended = child.wait() => bail!("Apache ended at once ({}): {}", ended?, shared.complaints()),
            answers = shared.answers(served.number) => answers,
        }
    }

    /// Returns when Apache serves what the device wants now.
    pub(crate) async fn settled(&self) -> anyhow::Result<()> {
        self.reloader.settled().await
    }

    /// Restarts Apache, which cuts every open connection; returns when it answers again.
    pub(crate) async fn restart(&self) -> anyhow::Result<()> {
        let shared = &self.reloader.shared;
        let mut served = shared.served.lock().await;
        shared.write(&mut served)?;
        let pid = shared.pid.get().context("Apache is not running")?;
        kill_process(*pid, Signal::HUP).context("Apache is gone")?;
        shared.answers(served.number).await
    }

    /// Ends Apache and its workers, and waits for it.
    pub(crate) async fn stop(mut self) {
        let (Some(mut child), Some(pid)) = (self.child.take(), self.reloader.shared.pid.get()) else { return };
        let _gone = kill_process(*pid, Signal::TERM);
        if tokio::time::timeout(END, child.wait()).await.is_err() {
            let _gone = kill_process_group(*pid, Signal::KILL);
            let _reaped = child.wait().await;
        }
    }
}

impl Drop for Apache {
    fn drop(&mut self) {
        if let (Some(_running), Some(pid)) = (&self.child, self.reloader.shared.pid.get()) {
            let _gone = kill_process(*pid, Signal::TERM);
        }
    }
}

impl Reloader {
    /// Writes what changed, has Apache take it over, and returns when it has.
    pub(crate) async fn settled(&self) -> anyhow::Result<()> {
        let shared = &self.shared;
        let mut served = shared.served.lock().await;
        let sites_changed = *shared.inside.backend.sites.borrow() != served.sites;
        if !sites_changed {
            return shared.write_accounts(&mut served);
        }
        shared.write(&mut served)?;
        let pid = shared.pid.get().context("Apache is not running")?;
        kill_process(*pid, Signal::USR1).context("Apache is gone")?;
        shared.answers(served.number).await
    }
}

impl Shared {
    fn write(&self, served: &mut Served) -> anyhow::Result<()> {
        self.write_accounts(served)?;
        served.number += 1;
        served.sites = self.inside.backend.sites.borrow().clone();
        replace(&self.folder.join("httpd.conf"), &self.configuration.text(&served.sites, served.number))
    }

    /// Apache reads the accounts anew for each request, so nothing else is needed.
    fn write_accounts(&self, served: &mut Served) -> anyhow::Result<()> {
        let accounts = (self.inside.backend.accounts)();
        let by_name = |account: &Account| (account.name.clone(), (account.password.clone(), account.level));
        let known = accounts.iter().map(by_name).collect();
        if served.accounts == known {
            return Ok(());
        }
        served.accounts = known;
        let realm = &self.inside.backend.realm;
        let (mut digest, mut basic) = (String::new(), String::new());
        for Account { name, password, .. } in &accounts {
            let hash = Md5::digest(format!("{name}:{realm}:{password}"));
            writeln!(digest, "{name}:{realm}:{hash:x}")?;
            writeln!(basic, "{name}:{{SHA}}{}", BASE64.encode(Sha1::digest(password)))?;
        }
        replace(&self.folder.join("digest"), &digest)?;
        replace(&self.folder.join("basic"), &basic)?;
        replace(&self.folder.join("groups"), &configuration::groups(&accounts))
    }

    /// Asks until the configuration with this number answers.
    async fn answers(&self, number: u64) -> anyhow::Result<()> {
        let base = self.configuration.base();
        let asked = async {
            loop {
                let base = base.clone();
                let path = configuration::number_path(number);
                // A new client each time: a kept connection would stay with a worker of the old configuration.
                let seen = tokio::task::spawn_blocking(move || Visitor::stranger(&base).get(&path)).await?;
                if seen.is_ok_and(|answer| answer.status == configuration::NUMBER_STATUS) {
                    return Ok::<(), tokio::task::JoinError>(());
                }
                tokio::time::sleep(BEAT).await;
            }
        };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(answered) => Ok(answered?),
            Err(_) => bail!("Apache does not take its configuration: {}", self.complaints()),
        }
    }

    fn complaints(&self) -> String {
        let read = |name: &str| std::fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        format!("{}{}", read("start.log"), read("error.log"))
    }
}

/// Makes the folder, readable for Apache's workers but for the key.
fn prepare(state: &Path, folder: &Path, certificate: &tls::Certificate) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("{}: can't be made", folder.display()))?;
    // Workers pass through, they list nothing.
    std::fs::set_permissions(state, std::fs::Permissions::from_mode(0o711))?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711))?;
    replace(&folder.join("certificate.pem"), &certificate.certificate_pem())?;
    replace(&folder.join("key.pem"), &certificate.key_pem())?;
    std::fs::set_permissions(folder.join("key.pem"), std::fs::Permissions::from_mode(0o600))?;
    replace(&folder.join("empty"), "")?;
    replace(&folder.join("401.html"), &stock::text(axum::http::StatusCode::UNAUTHORIZED))
}

/// Writes beside and renames, so that Apache never reads half a file.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).with_context(|| format!("{}: can't be written", beside.display()))?;
    std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(0o644))?;
    std::fs::rename(&beside, path).with_context(|| format!("{}: can't be written", path.display()))
}
