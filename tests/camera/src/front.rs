//! The camera's web server: logins, levels, static files of apps, and the reverse proxy to them.
//!
//! Two of them, with one face: [`embedded`] is our own, quick and the same everywhere; [`apache`] starts the real
//! Apache httpd of the machine, which is what a camera has. What a camera does is the device's business and comes in
//! as a [`Backend`]. The service accounts' address is always served by us.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::{Account, Level};
use crate::addresses::Addresses;
use crate::site::AppSite;

pub mod apache;
pub mod digest;
pub mod embedded;
pub mod engine;
pub mod files;
pub mod proxy;
pub mod stock;
pub mod target;
pub mod tls;

/// Which web server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Front {
    /// Our own.
    #[default]
    Embedded,
    /// The real Apache httpd of this machine.
    Apache,
}

/// Accounts as they are at this moment.
pub type Accounts = Arc<dyn Fn() -> Vec<Account> + Send + Sync>;

/// The level that a method and a path below `/axis-cgi/` or `/config/` ask for.
pub type Levels = Arc<dyn Fn(&str, &str) -> Level + Send + Sync>;

/// What the front needs of the device.
#[derive(Clone)]
pub struct Backend {
    /// Answers every path below `/axis-cgi/` and `/config/`; finds an [`access::Caller`](crate::access::Caller) in
    /// the request's extensions. An answer 401 without a challenge gets one from the front.
    pub router: Router,
    /// Who may ask what.
    pub required_level: Levels,
    /// The accounts of the device.
    pub accounts: Accounts,
    /// The accounts of apps: valid on the service address only.
    pub service_accounts: Accounts,
    /// `AXIS_<serial>`.
    pub realm: String,
    /// The header `Server` of the embedded front.
    pub server: String,
    /// No http at all, as on AXIS OS 13 from the factory.
    pub https_only: bool,
    /// What apps add.
    pub sites: watch::Receiver<Vec<AppSite>>,
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").field("realm", &self.realm).field("https_only", &self.https_only).finish()
    }
}

/// The tasks of the listeners of one front.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tasks {
    pub(crate) stop: CancellationToken,
    pub(crate) running: TaskTracker,
}

/// A running front.
#[derive(Debug)]
pub struct Running {
    tasks: Tasks,
    apache: Option<apache::Apache>,
}

impl Running {
    /// Returns when the web server serves what the device's `sites` say now.
    ///
    /// # Errors
    /// When Apache does not take its new configuration within 10 s.
    pub async fn settled(&self) -> anyhow::Result<()> {
        match &self.apache {
            Some(apache) => apache.settled().await,
            None => Ok(()),
        }
    }

    /// Restarts the real web server, as a camera does when its certificate is changed: every open connection is cut.
    ///
    /// # Errors
    /// When Apache does not answer again, or is not the web server.
    pub async fn restart(&self) -> anyhow::Result<()> {
        self.apache.as_ref().context("only Apache can be restarted")?.restart().await
    }

    /// Ends the listeners, all open connections, and Apache if there is one. Dropping does the same without waiting.
    pub async fn stop(mut self) {
        if let Some(apache) = self.apache.take() {
            apache.stop().await;
        }
        self.tasks.stop.cancel();
        self.tasks.running.close();
        self.tasks.running.wait().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.stop.cancel();
    }
}

/// Starts the web server and the service accounts' address. `state` is a folder for Apache's files.
///
/// # Errors
/// When an address can't be had, or Apache is not installed or does not start; the message names which.
pub async fn start(front: Front, addresses: Addresses, backend: Backend, state: PathBuf) -> anyhow::Result<Running> {
    let certificate = tls::Certificate::make(&backend.realm, addresses.https.ip())?;
    let inside = Arc::new(embedded::Inside::new(backend));
    let tasks = Tasks::default();
    let mut running = Running { tasks: tasks.clone(), apache: None };
    embedded::serve_plain(listen(addresses.service).await?, inside.clone(), embedded::Door::Service, tasks.clone());
    match front {
        Front::Embedded => {
            if !inside.backend.https_only {
                let listener = listen(addresses.front).await?;
                embedded::serve_plain(listener, inside.clone(), embedded::Door::Http, tasks.clone());
            }
            embedded::serve_tls(listen(addresses.https).await?, certificate.acceptor()?, inside, tasks);
        }
        Front::Apache => {
            let engine = listen(SocketAddr::from((addresses.app_host, 0))).await?;
            running.apache = Some(apache::Apache::start(addresses, &certificate, inside, engine, tasks, state).await?);
        }
    }
    Ok(running)
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{address}: can't listen there"))
}
