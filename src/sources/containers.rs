//! Containers, from their engine's unix socket. GET only: every application in the socket's group has full control of
//! the engine, and this source uses none of it.
//!
//! An engine on a camera is an application of its own (`dockerdwrapperwithcompose`, `dockerdwrapper`) that other
//! applications reach over its socket, if at all. Most cameras have none, which is a calm state and costs four looks
//! into the file system. That the application runs does not mean that the engine answers: only `/_ping` tells. That the
//! socket may not be opened does not mean that the group is wrong: the folder is closed as well while the engine is
//! down; so the application's own `Status` parameter decides (engine applications' published source and replies
//! of Docker 20.10 and 26.1; not tried on a camera).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::Instant;

use crate::snapshot::{self, Application, ApplicationState, Containers, StopCause};
use crate::vapix::Reader;

mod api;
mod client;
mod places;

use api::{Details, Listed};
pub use client::Fault;
use client::Line;
pub use places::Places;

/// The newest version of the engine's interface that is asked for: the one of Docker 26.0, the cameras' engine.
const NEWEST: u32 = 45;
/// Largest answers that are read, in bytes: a list has some 1 kB a container, a container's details some 6 kB.
const PING_BYTES: usize = 4 << 10;
const LIST_BYTES: usize = 1 << 20;
const DETAILS_BYTES: usize = 256 << 10;
/// All containers together may take this long to tell their details; the rest is asked the next time.
const DETAILS_TIME: Duration = Duration::from_secs(5);
/// Details are read anew after this time even if the list shows no change: some engines do not list health.
const DETAILS_AGE: Duration = Duration::from_secs(30);

/// The engine's own application on the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// Where its state stands among the parameters.
    status: &'static str,
    /// The camera says that it runs.
    running: bool,
}

impl Host {
    /// The application among all that are installed: one that runs goes first, then the one with Compose, since only
    /// that one lets others in.
    #[must_use]
    pub fn among(applications: &[Application]) -> Option<Self> {
        let names = [
            (
                "dockerdwrapperwithcompose",
                "/axis-cgi/param.cgi?action=list&group=root.dockerdwrapperwithcompose.Status",
            ),
            ("dockerdwrapper", "/axis-cgi/param.cgi?action=list&group=root.dockerdwrapper.Status"),
        ];
        let hosts = names.iter().filter_map(|(name, status)| {
            let app = applications.iter().find(|app| app.name == *name)?;
            Some(Self { status, running: app.state == ApplicationState::Running })
        });
        hosts.min_by_key(|host| !host.running)
    }
}

/// What of a container's details is kept, and from when.
#[derive(Debug)]
struct Kept {
    key: String,
    read: Instant,
    details: Details,
}

/// Reads the engine; remembers what cannot have changed since.
#[derive(Debug)]
pub struct Engine {
    places: Places,
    kept: Mutex<HashMap<String, Kept>>,
    used: Mutex<Option<PathBuf>>,
}

impl Engine {
    /// An engine that is looked for in `places`.
    #[must_use]
    pub fn new(places: Places) -> Self {
        Self { places, kept: Mutex::default(), used: Mutex::default() }
    }

    /// Reads every container. `configured` is the socket where the engine is looked for first, `host` its application
    /// as far as that is known; `camera` is asked for the application's state only where the engine does not run.
    ///
    /// # Errors
    /// [`Fault`], where there is an engine that cannot be read.
    pub async fn read(
        &self,
        configured: &Path,
        host: Option<Host>,
        camera: &Reader,
    ) -> Result<Containers, snapshot::Fault> {
        let mut worst = None;
        for place in self.places.all(configured) {
            match client::connect(&place).await {
                Ok(stream) => return Ok(self.ask(&place, stream).await?),
                Err(Fault::Missing { .. }) => {}
                Err(fault) => {
                    if worst.as_ref().is_none_or(|worst| rank(&fault) > rank(worst)) {
                        worst = Some(fault);
                    }
                }
            }
        }
        self.forget();
        Ok(explain(worst, host, camera).await?)
    }

    async fn ask(&self, place: &Path, stream: UnixStream) -> Result<Containers, Fault> {
        if let Some(before) = lock(&self.used).replace(place.to_path_buf()).filter(|before| before != place) {
            log::info!("containers: the engine is at {} now, was at {}", place.display(), before.display());
            lock(&self.kept).clear();
        }
        let line = Line::new(place);
        let ping = line.get_over(stream, "/_ping", PING_BYTES).await?;
        let version = ping.api.ok_or_else(|| line.garbled("it does not tell its version"))?.min(NEWEST);
        let list = line.get(&format!("/v1.{version}/containers/json?all=1"), LIST_BYTES).await?;
        let listed = api::list(&list.body).map_err(|why| line.garbled(&why))?;
        let until = Instant::now() + DETAILS_TIME;
        let mut containers = Vec::with_capacity(listed.len());
        for one in &listed {
            match tokio::time::timeout_at(until, self.details(&line, version, one)).await {
                Ok(Err(fault)) if fault.says_gone() => {} // Between list and details.
                Ok(Ok(details)) => containers.push(one.with(Some(&details))),
                Ok(Err(fault)) => {
                    log::debug!("containers: {fault}");
                    containers.push(one.with(None));
                }
                Err(_) => containers.push(one.with(None)),
            }
        }
        lock(&self.kept).retain(|id, _| listed.iter().any(|one| one.id == *id));
        Ok(Containers::Running { version: ping.engine, list: containers })
    }

    /// A container's details: the kept ones where nothing can have changed since, else read anew.
    async fn details(&self, line: &Line<'_>, version: u32, one: &Listed) -> Result<Details, Fault> {
        let key = one.key();
        if let Some(key) = &key {
            let kept = lock(&self.kept);
            if let Some(kept) = kept.get(&one.id).filter(|kept| kept.key == *key && kept.read.elapsed() < DETAILS_AGE) {
                return Ok(kept.details.clone());
            }
        }
        if !one.can_be_asked() {
            return Err(line.garbled("a container's id is none"));
        }
        let answer = line.get(&format!("/v1.{version}/containers/{}/json", one.id), DETAILS_BYTES).await?;
        let details = api::details(&answer.body).map_err(|why| line.garbled(&why))?;
        if let Some(key) = key {
            lock(&self.kept).insert(one.id.clone(), Kept { key, read: Instant::now(), details: details.clone() });
        }
        Ok(details)
    }

    fn forget(&self) {
        lock(&self.kept).clear();
        lock(&self.used).take();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What tells most, of several sockets that cannot be used.
fn rank(fault: &Fault) -> u8 {
    match fault {
        Fault::Missing { .. } => 0,
        Fault::NobodyListens { .. } => 1,
        Fault::NotAllowed { .. } => 2,
        _ => 3,
    }
}

/// What it means that no socket could be used: none on this camera, stopped, or a fault.
async fn explain(worst: Option<Fault>, host: Option<Host>, camera: &Reader) -> Result<Containers, Fault> {
    let stopped = |cause, hint| Ok(Containers::Stopped { cause, hint });
    match (worst, host) {
        (None, None) => Ok(Containers::None),
        (None | Some(Fault::NotAllowed { .. } | Fault::NobodyListens { .. }), Some(Host { running: false, .. })) => {
            stopped(StopCause::ApplicationStopped, None)
        }
        (None, Some(host)) => stopped(StopCause::NoSocket, said(host, camera).await),
        (Some(Fault::NobodyListens { .. }), host) => {
            let hint = match host {
                Some(host) => said(host, camera).await,
                None => None,
            };
            stopped(StopCause::NobodyListens, hint)
        }
        (Some(fault @ Fault::NotAllowed { .. }), Some(host)) => match said(host, camera).await {
            // `0 RUNNING`: the engine is up, so it is us who are shut out.
            Some(said) if !said.starts_with("0 ") => stopped(StopCause::NoSocket, Some(said)),
            _ => Err(fault),
        },
        (Some(fault), _) => Err(fault),
    }
}

/// What the engine's application says of itself, such as `3 TLS CERT MISSING`; absent where the camera does not tell.
async fn said(host: Host, camera: &Reader) -> Option<String> {
    match camera.get(host.status).await {
        Ok(text) => api::status_parameter(&text),
        Err(fault) => {
            log::debug!("containers: {fault}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(name: &str, state: ApplicationState) -> Application {
        Application {
            name: name.into(),
            nice_name: name.into(),
            version: None,
            vendor: None,
            state,
            bundled: None,
            signature: None,
            os_versions: None,
        }
    }

    #[test]
    fn the_engines_application_is_the_one_that_runs_else_the_one_with_compose() {
        let (plain, compose) = ("dockerdwrapper", "dockerdwrapperwithcompose");
        let running = |name| app(name, ApplicationState::Running);
        let stopped = |name| app(name, ApplicationState::Stopped);
        assert_eq!(Host::among(&[running("c2c")]), None);
        let both = [stopped(compose), running(plain)];
        assert!(Host::among(&both).is_some_and(|host| host.running && host.status.ends_with("dockerdwrapper.Status")));
        let none = [stopped(plain), stopped(compose)];
        assert!(Host::among(&none).is_some_and(|host| !host.running && host.status.contains(compose)));
    }

    #[tokio::test]
    async fn a_socket_that_cannot_be_used_means_what_its_application_says() {
        let camera = Reader::new("127.0.0.1:9".parse().unwrap(), None);
        let place = || PathBuf::from("/run/x.sock");
        let host = |state| Host::among(&[app("dockerdwrapper", state)]);
        let (running, idle) = (host(ApplicationState::Running), host(ApplicationState::Idle));
        let not_allowed = || Some(Fault::NotAllowed { place: place() });
        let nobody = || Some(Fault::NobodyListens { place: place() });
        let stopped = |cause| Ok(Containers::Stopped { cause, hint: None });
        for (worst, host, expected) in [
            (None, None, Ok(Containers::None)),
            (None, idle, stopped(StopCause::ApplicationStopped)),
            (None, running, stopped(StopCause::NoSocket)),
            (not_allowed(), idle, stopped(StopCause::ApplicationStopped)),
            (not_allowed(), running, Err("not-allowed")),
            (not_allowed(), None, Err("not-allowed")),
            (nobody(), None, stopped(StopCause::NobodyListens)),
            (nobody(), running, stopped(StopCause::NobodyListens)),
            (Some(Fault::Late { place: place() }), None, Err("late")),
        ] {
            let what = format!("{worst:?} {host:?}");
            assert_eq!(explain(worst, host, &camera).await.map_err(|fault| fault.kind()), expected, "{what}");
        }
    }
}
