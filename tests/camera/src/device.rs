//! The device itself, behind whatever web server stands in front of it: state, applications, bus, and the router of
//! its VAPIX.
//!
//! Knobs are pairs of name and value. Names that begin with `camera.` are the camera's own: `camera.bundled=no` (no
//! application came with it), `camera.service_accounts=latest` (a new password ends the older ones),
//! `camera.stop_ms` (between SIGTERM and SIGKILL; 14000), `camera.script_ms` (for scripts of a package; 60000),
//! `camera.most_running` (so many applications; error 9 on 11.11), `camera.card=wrong passphrase` (or another state of
//! the disk manager, `no slot`, or a kind of card: `new`, `exfat`, `foreign`, `worn`; for a camera whose state folder is
//! new), `camera.speed=10` (the disk manager's jobs take a tenth of their time), `camera.disks.…` (see
//! [`crate::disks`]), `camera.users.…` (see [`crate::users`]). All others go into the environment of applications that are started afterwards.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::access::{Account, Level};
use crate::addresses::Addresses;
use crate::apps::{Apps, Ground};
use crate::axsim::AxSim;
use crate::axsim::exchange::Coming;
use crate::axsim::medium::{self, Card};
use crate::axsim::storage::SD_DISK;
use crate::bus::{Bus, socket_in};
use crate::control;
use crate::disks::Disks;
use crate::faults::{Faults, locked};
use crate::identity::Identity;
use crate::leftovers::{self, Guard};
use crate::profile::{Arch, Os};
use crate::site::AppSite;
use crate::users::Users;
use crate::vapix;

mod levers;
mod parameters;

/// What the camera says it had been up when it was started, so that uptime is never 0.
const UP_BEFORE: Duration = Duration::from_secs(90);

/// How a camera shall be.
#[derive(Debug)]
pub struct Setup {
    /// Release of AXIS OS.
    pub os: Os,
    /// Folder for everything that it keeps.
    pub state: PathBuf,
    /// Its loopback addresses.
    pub addresses: Addresses,
    /// Its architecture.
    pub arch: Arch,
    /// See the module's text.
    pub knobs: Vec<(String, String)>,
    /// `target/stage`: stand-in libraries in `ARCH/standin`.
    pub stage: PathBuf,
    /// `target/toolchain/sysroot`: for QEMU, by architecture.
    pub sysroots: PathBuf,
    /// Every package counts as well signed.
    pub treat_as_signed: bool,
    /// Tell applications by arguments where to listen and where VAPIX is, and send the proxy there.
    pub isolate: bool,
    /// Who it is; `None` invents somebody.
    pub identity: Option<Identity>,
    /// Its address is the one where its web server really listens.
    pub own_address: bool,
}

/// The proxies of the network settings, as a person types them; empty: none.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// For HTTP.
    pub http: String,
    /// For HTTPS.
    pub https: String,
    /// What is reached without.
    pub except: String,
}

/// A running camera; clones are the same one.
#[derive(Clone)]
pub struct Device {
    inner: Arc<Parts>,
}

/// Does not keep the camera alive.
#[derive(Clone)]
pub(crate) struct Weak(std::sync::Weak<Parts>);

impl Weak {
    pub(crate) fn upgrade(&self) -> Option<Device> {
        self.0.upgrade().map(|inner| Device { inner })
    }
}

/// What the rooms of the camera share.
pub(crate) struct Parts {
    state: PathBuf,
    os: Os,
    arch: Arch,
    identity: Identity,
    users: Users,
    pub(crate) apps: Apps,
    pub(crate) axsim: AxSim,
    disks: Disks,
    pub(crate) faults: Faults,
    pub(crate) ready: watch::Sender<bool>,
    pub(crate) clock_set: watch::Sender<bool>,
    pub(crate) boot_id: String,
    proxies: Mutex<Proxies>,
    bus: Bus,
    begun: Instant,
    control: Mutex<Option<JoinHandle<()>>>,
    guard: Mutex<Option<Guard>>,
    control_socket: PathBuf,
    _short: Option<tempfile::TempDir>,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("os", &self.inner.os).field("identity", &self.inner.identity).finish()
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        if let Some(control) = locked(&self.control).take() {
            control.abort();
        }
    }
}

/// The card as the knob wants it when the camera is new; afterwards it is as it was left. True: it is new.
fn lay_in_card(axsim: &AxSim, knobs: &[(String, String)]) -> anyhow::Result<bool> {
    if !axsim.lay_out_slots(medium::USUAL_KIB)? {
        return Ok(false);
    }
    match knobs.iter().rev().find(|(knob, _)| knob == "camera.card").map(|(_, word)| word.as_str()) {
        None => {}
        Some("no slot") => axsim.remove_card_slot()?,
        Some(word) => match Card::of_kind(word) {
            Some(card) => axsim.insert_card(SD_DISK, &Coming::New(&card))?,
            None => {
                let state = word.parse().with_context(|| format!("{word:?} is no kind of card ({:?})", Card::KINDS))?;
                axsim.set_card(SD_DISK, state)?;
            }
        },
    }
    Ok(true)
}

impl Device {
    /// Starts bus, applications and control socket.
    ///
    /// # Errors
    /// When the state folder cannot be written or the D-Bus daemon does not start.
    pub async fn start(setup: Setup) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&setup.state).with_context(|| setup.state.display().to_string())?;
        let state = setup.state.canonicalize()?;
        let identity = setup.identity.clone().unwrap_or_else(|| Identity::invented(setup.os, &setup.addresses));
        let identity = if setup.own_address { identity.at(setup.addresses.front.ip()) } else { identity };
        leftovers::clear(&state);
        let guard = Guard::over(&state).context("what ends everything after us")?;
        if setup.treat_as_signed {
            log::warn!("every package counts as well signed: no camera does that");
        }
        let axsim = AxSim::open(&state.join("axsim"))?;
        let is_new = lay_in_card(&axsim, &setup.knobs)?;
        axsim.set_system(&parameters::system(setup.os, setup.arch, &identity, &setup.addresses))?;
        let is_set = |name: &str, value: &str| setup.knobs.iter().any(|(knob, set)| knob == name && set == value);
        let bus = Bus::start(&state, is_set("camera.service_accounts", "latest")).await?;
        let knobs = Arc::new(Mutex::new(setup.knobs));
        let disks = Disks::new(axsim.clone(), knobs.clone());
        if !is_new {
            disks.boot()?;
        }
        let ground = Ground {
            os: setup.os,
            arch: setup.arch,
            stage: setup.stage,
            sysroots: setup.sysroots,
            treat_as_signed: setup.treat_as_signed,
            isolate: setup.isolate,
            addresses: setup.addresses,
            bus_address: bus.address(),
            axsim: axsim.clone(),
            state: state.clone(),
        };
        let (control_socket, short) = socket_in(&state, control::SOCKET)?;
        let parts = Parts {
            state,
            os: setup.os,
            arch: setup.arch,
            identity,
            users: Users::new(knobs.clone(), setup.os.asks_for_strong_passwords()),
            apps: Apps::open(ground, knobs).await?,
            axsim,
            disks,
            faults: Faults::default(),
            ready: watch::Sender::new(true),
            clock_set: watch::Sender::new(true),
            proxies: Mutex::default(),
            boot_id: boot_id(),
            bus,
            begun: Instant::now(),
            control: Mutex::default(),
            guard: Mutex::new(Some(guard)),
            control_socket,
            _short: short,
        };
        let device = Self { inner: Arc::new(parts) };
        let listening = control::listen(&device.inner.control_socket, Weak(Arc::downgrade(&device.inner)))?;
        *locked(&device.inner.control) = Some(listening);
        Ok(device)
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.inner
    }

    /// Every path below `/axis-cgi/` and `/config/`; the front has put a [`crate::access::Caller`] into the request.
    pub fn router(&self) -> axum::Router {
        vapix::router(self)
    }

    /// The least level that the web server asks for before a request reaches the router.
    #[must_use]
    pub fn required_level(&self, method: &str, path: &str) -> Level {
        vapix::required_level(method, path)
    }

    /// The accounts of people: `root`, `viewer`, and whom somebody added.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        self.inner.users.all()
    }

    /// The same, and what can be done to them.
    #[must_use]
    pub fn users(&self) -> &Users {
        &self.inner.users
    }

    /// The accounts of applications, valid on the service address only; one entry a password.
    #[must_use]
    pub fn service_accounts(&self) -> Vec<Account> {
        self.inner.bus.accounts()
    }

    /// The realm of the logins.
    #[must_use]
    pub fn realm(&self) -> String {
        self.inner.identity.realm()
    }

    /// What the installed applications add to the web server.
    #[must_use]
    pub fn sites(&self) -> watch::Receiver<Vec<AppSite>> {
        self.inner.apps.sites()
    }

    /// The release.
    #[must_use]
    pub fn os(&self) -> Os {
        self.inner.os
    }

    /// The architecture.
    #[must_use]
    pub fn arch(&self) -> Arch {
        self.inner.arch
    }

    /// Who it is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// How long it is up.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        UP_BEFORE + self.inner.begun.elapsed()
    }

    /// The address of its system bus.
    #[must_use]
    pub fn bus_address(&self) -> String {
        self.inner.bus.address()
    }

    /// Where the control socket is.
    #[must_use]
    pub fn control_socket(&self) -> &std::path::Path {
        &self.inner.control_socket
    }

    /// The state that it shares with the stand-ins.
    #[must_use]
    pub fn axsim(&self) -> &AxSim {
        &self.inner.axsim
    }

    /// The disk manager: jobs, and what can be done to the cards.
    #[must_use]
    pub fn disks(&self) -> &Disks {
        &self.inner.disks
    }

    pub(crate) fn has_bundled_app(&self) -> bool {
        self.inner.apps.knob("camera.bundled").is_none_or(|value| value != "no")
    }

    /// Ends applications, bus and control socket; nothing that it started is left.
    pub async fn stop(&self) {
        if let Some(control) = locked(&self.inner.control).take() {
            control.abort();
        }
        let _ = std::fs::remove_file(&self.inner.control_socket);
        self.inner.apps.stop_all().await;
        self.inner.disks.stop().await;
        self.inner.bus.stop().await;
        leftovers::forget(&self.inner.state);
        let guard = locked(&self.inner.guard).take();
        if let Some(guard) = guard {
            guard.end().await;
        }
    }
}

/// In the form of a UUID.
fn boot_id() -> String {
    let bits: u128 = rand::random();
    let text = format!("{bits:032x}");
    let mut id = String::new();
    for (at, digit) in text.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            id.push('-');
        }
        id.push(digit);
    }
    id
}
