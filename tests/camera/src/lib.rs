//! An Axis device over the wire: what a camera shows to programs and people on its network, and to the applications
//! that are installed on it. Nothing in here is shared with the application under test.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use virtual_camera::{Account, Front, Os, VirtualCamera};
//! let camera = VirtualCamera::builder().os(Os::V12_11).front(Front::Embedded).start().await?;
//! let visitor = camera.visit(Account::Root);
//! let apps = tokio::task::spawn_blocking(move || visitor.list_apps()).await??;
//! assert!(apps.text().contains("<reply result=\"ok\">"));
//! camera.stop().await;
//! # Ok(())
//! # }
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

pub mod access;
pub mod addresses;
pub mod apps;
pub mod axsim;
pub mod bus;
pub mod clock;
pub mod control;
pub mod device;
pub mod disks;
pub mod faults;
pub mod front;
pub mod identity;
mod leftovers;
pub mod pages;
pub mod profile;
pub mod site;
pub mod users;
pub mod visit;

pub(crate) mod programs;
mod vapix;

pub use device::Device;
pub use faults::Fault;
pub use front::Front;
pub use identity::Identity;
pub use profile::{Arch, Os};
pub use visit::Visitor;

use addresses::{Addresses, Lease, Wish};
use front::{Backend, Running};

/// The accounts that every virtual camera has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// The administrator `root`.
    Root,
    /// The viewer `viewer`.
    Viewer,
}

impl Account {
    /// The login name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Viewer => "viewer",
        }
    }
}

/// How a camera shall be; [`Builder::start`] starts it.
#[derive(Debug)]
pub struct Builder {
    os: Os,
    arch: Arch,
    front: Front,
    public: bool,
    port: u16,
    state: Option<PathBuf>,
    knobs: Vec<(String, String)>,
    treat_as_signed: bool,
    isolate: bool,
    identity: Option<Identity>,
    own_address: bool,
    target: PathBuf,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            os: Os::V12_11,
            arch: Arch::native(),
            front: Front::default(),
            public: false,
            port: 0,
            state: None,
            knobs: Vec::new(),
            treat_as_signed: false,
            isolate: true,
            identity: None,
            own_address: false,
            target: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"),
        }
    }
}

impl Builder {
    /// The release of AXIS OS; 12.11 unless said.
    #[must_use]
    pub fn os(self, os: Os) -> Self {
        Self { os, ..self }
    }

    /// The architecture; this machine's unless said.
    #[must_use]
    pub fn arch(self, arch: Arch) -> Self {
        Self { arch, ..self }
    }

    /// The web server; our own unless said.
    #[must_use]
    pub fn front(self, front: Front) -> Self {
        Self { front, ..self }
    }

    /// The port of the web server that people use: http, or https where the camera has no http. 0 takes a free one.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// The web server listens on 127.0.0.1, for people, and not on the camera's own address.
    #[must_use]
    pub fn public(self) -> Self {
        Self { public: true, ..self }
    }

    /// Where the camera keeps its state; a temporary folder, removed at the end, unless said. Two cameras one after
    /// the other with the same folder are one camera that was restarted.
    #[must_use]
    pub fn state(self, state: impl Into<PathBuf>) -> Self {
        Self { state: Some(state.into()), ..self }
    }

    /// Sets a knob, see [`device`].
    #[must_use]
    pub fn knob(mut self, name: &str, value: &str) -> Self {
        self.knobs.push((name.to_owned(), value.to_owned()));
        self
    }

    /// How the card is at the start.
    #[must_use]
    pub fn card(self, state: axsim::card::CardState) -> Self {
        self.knob("camera.card", &state.to_string())
    }

    /// It has no slot for a card.
    #[must_use]
    pub fn no_card_slot(self) -> Self {
        self.knob("camera.card", "no slot")
    }

    /// The kind of card that is in when the camera is new, see [`axsim::medium::Card::of_kind`].
    #[must_use]
    pub fn card_kind(self, kind: &str) -> Self {
        self.knob("camera.card", kind)
    }

    /// The disk manager's jobs go so many times as quick: a format of 64 GB takes 71 s at 1.
    #[must_use]
    pub fn speed(self, factor: f64) -> Self {
        self.knob("camera.speed", &factor.to_string())
    }

    /// Every package counts as well signed.
    #[must_use]
    pub fn treat_as_signed(self, treat_as_signed: bool) -> Self {
        Self { treat_as_signed, ..self }
    }

    /// Applications get their untouched defaults: port and service address as on a real camera. Only one such camera
    /// can be in a network namespace.
    #[must_use]
    pub fn untouched_defaults(self) -> Self {
        Self { isolate: false, ..self }
    }

    /// Who the camera is; invented unless said.
    #[must_use]
    pub fn identity(self, identity: Identity) -> Self {
        Self { identity: Some(identity), ..self }
    }

    /// The camera tells the address where its web server really listens as its own; else one that is reserved for
    /// examples.
    #[must_use]
    pub fn own_address(self, own_address: bool) -> Self {
        Self { own_address, ..self }
    }

    /// The build folder with `stage` and `toolchain/sysroot` in it; the workspace's `target` unless said.
    #[must_use]
    pub fn target(self, target: impl Into<PathBuf>) -> Self {
        Self { target: target.into(), ..self }
    }

    /// Starts the camera; it is up and listens when this returns.
    ///
    /// # Errors
    /// When an address can't be had, the state folder can't be written, or a program that it needs (dbus-daemon,
    /// apache2) does not start; the message names which.
    pub async fn start(self) -> anyhow::Result<VirtualCamera> {
        let lease = Lease::take()?;
        let https_only = self.os.https_only();
        let addresses =
            lease.addresses(Wish { public: self.public, port: self.port, https_only, untouched: !self.isolate })?;
        let (state, temporary) = match self.state {
            Some(state) => (state, None),
            None => {
                let folder = tempfile::Builder::new().prefix("virtual-camera-").tempdir()?;
                (folder.path().to_path_buf(), Some(folder))
            }
        };
        let device = Device::start(device::Setup {
            os: self.os,
            state: state.clone(),
            addresses,
            arch: self.arch,
            knobs: self.knobs,
            stage: self.target.join("stage"),
            sysroots: self.target.join("toolchain/sysroot"),
            treat_as_signed: self.treat_as_signed,
            isolate: self.isolate,
            identity: self.identity,
            own_address: self.own_address,
        })
        .await
        .context("the device does not start")?;
        let (level, people, services) = (device.clone(), device.clone(), device.clone());
        let backend = Backend {
            router: device.router(),
            required_level: Arc::new(move |method, path| level.required_level(method, path)),
            accounts: Arc::new(move || people.accounts()),
            service_accounts: Arc::new(move || services.service_accounts()),
            realm: device.realm(),
            server: self.os.server().to_owned(),
            https_only,
            sites: device.sites(),
        };
        match front::start(self.front, addresses, backend, state).await {
            Ok(running) => Ok(VirtualCamera { device, running, addresses, https_only, lease, temporary }),
            Err(fault) => {
                device.stop().await;
                Err(fault)
            }
        }
    }
}

/// A running camera. Stop it with [`VirtualCamera::stop`]; dropping it ends what it started without waiting.
#[derive(Debug)]
pub struct VirtualCamera {
    device: Device,
    running: Running,
    addresses: Addresses,
    https_only: bool,
    lease: Lease,
    temporary: Option<tempfile::TempDir>,
}

impl VirtualCamera {
    /// A camera to be.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The address for people, without a slash at the end: http, or https where there is no http.
    #[must_use]
    pub fn url(&self) -> String {
        if self.https_only { self.https_url() } else { format!("http://{}", self.addresses.front) }
    }

    /// The address over https, with a self-signed certificate.
    #[must_use]
    pub fn https_url(&self) -> String {
        format!("https://{}", self.addresses.https)
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// User and password.
    #[must_use]
    pub fn login(&self, account: Account) -> (String, String) {
        let known = self.device.accounts().into_iter().find(|known| known.name == account.name());
        (account.name().to_owned(), known.map(|known| known.password).unwrap_or_default())
    }

    /// A client that is logged in at [`VirtualCamera::url`].
    #[must_use]
    pub fn visit(&self, account: Account) -> Visitor {
        let (user, password) = self.login(account);
        Visitor::new(&self.url(), &user, &password)
    }

    /// Who the camera says it is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        self.device.identity()
    }

    /// The device behind the web server: everything that can be done to it.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// From now on VAPIX requests of `path` fail so, at both entrances.
    pub fn fault(&self, path: &str, fault: Fault) {
        self.device.fault(path, fault);
    }

    /// All is well again.
    pub fn clear_faults(&self) {
        self.device.clear_faults();
    }

    /// The VAPIX requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<faults::Seen> {
        self.device.requests()
    }

    /// What systemready says.
    pub fn ready(&self, ready: bool) {
        self.device.set_ready(ready);
    }

    /// Whether a time server has set the clock; without one the camera believes that it is 1970.
    pub fn clock(&self, set: bool) {
        self.device.set_clock(set);
    }

    /// Sets an application's parameter, unchecked.
    ///
    /// # Errors
    /// When the state can't be written.
    pub fn set_param(&self, app: &str, name: &str, value: &str) -> std::io::Result<()> {
        self.device.set_param(app, name, value)
    }

    /// Ends the D-Bus daemon and starts it at the same address.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart_bus(&self) -> anyhow::Result<()> {
        self.device.restart_bus().await
    }

    /// Ends the D-Bus daemon.
    pub async fn stop_bus(&self) {
        self.device.stop_bus().await;
    }

    /// What an application has written to stdout and stderr.
    #[must_use]
    pub fn app_log(&self, app: &str) -> String {
        self.device.app_log(app)
    }

    /// The process of an application, if it runs.
    #[must_use]
    pub fn app_pid(&self, app: &str) -> Option<u32> {
        self.device.app_pid(app)
    }

    /// Returns when the web server serves what was changed through [`VirtualCamera::device`]; what is changed over
    /// HTTP is served before the answer.
    ///
    /// # Errors
    /// When Apache does not take its new configuration.
    pub async fn settled(&self) -> anyhow::Result<()> {
        self.running.settled().await
    }

    /// Restarts the web server, which has to be [`Front::Apache`]: every open connection is cut.
    ///
    /// # Errors
    /// When it does not answer again.
    pub async fn restart_web_server(&self) -> anyhow::Result<()> {
        self.running.restart().await
    }

    /// Ends the applications, the bus and the web server, removes a temporary state folder, and gives the addresses
    /// back.
    pub async fn stop(self) {
        self.device.stop().await;
        self.running.stop().await;
        drop(self.temporary);
        drop(self.lease);
    }
}
