//! What every room shares: the portal's address, keys, cameras, store, and how often something may be tried.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use url::Url;

use crate::clock;
use crate::keys::Keys;
use crate::limits::Tries;
use crate::live::Live;
use crate::nonces::Nonces;
use crate::problem::Problem;
use crate::sessions::Sessions;
use crate::store::{Fault, Store, audit::Actor, claims, devices, people::Operator};

/// The largest report, in bytes.
pub(crate) const REPORTED_BYTES: usize = 256 * 1024;
/// The largest of all other bodies.
pub(crate) const BODY_BYTES: usize = 16 * 1024;
/// A camera that nobody ever claimed is forgotten when it has not asked for so long, in seconds.
const FORGOTTEN: i64 = 30 * 24 * 3600;

/// The portal, as every request sees it.
#[derive(Debug)]
pub(crate) struct Portal {
    /// Its address, as cameras and browsers know it; an origin.
    pub(crate) url: Url,
    /// What it calls itself.
    pub(crate) name: String,
    pub(crate) keys: Arc<Keys>,
    pub(crate) live: Arc<Live>,
    pub(crate) store: Store,
    pub(crate) nonces: Nonces,
    /// The longest wait of a poll, in seconds.
    pub(crate) wait_seconds: u64,
    /// How long a camera of another organisation takes to pass, in seconds.
    pub(crate) waiting: i64,
    /// New cameras, by the address that they come from.
    pub(crate) registrations: Tries<IpAddr>,
    /// Codes that an organisation's operators enter.
    pub(crate) codes: Tries<i64>,
    /// Logins, by address and by name.
    pub(crate) logins: Tries<String>,
    /// So many passwords are checked at a time.
    pub(crate) hashing: Semaphore,
    /// Who is logged in.
    pub(crate) sessions: Sessions,
}

impl Portal {
    /// The usual limits: 2000 new cameras at once and one a second, ten codes and one each half minute, ten logins and
    /// one each half minute.
    pub(crate) fn limits() -> (Tries<IpAddr>, Tries<i64>, Tries<String>) {
        let half = Duration::from_secs(30);
        (Tries::new(2000, Duration::from_secs(1)), Tries::new(10, half), Tries::new(10, half))
    }

    /// An operator who does something now.
    pub(crate) fn actor(operator: &Operator) -> Actor {
        Actor { organisation: operator.organisation_id, who: operator.name.clone(), at: clock::now() }
    }

    /// What is due without anybody asking: cameras pass on, sightings are kept, strangers are forgotten.
    pub(crate) async fn keep_house(&self) {
        let now = clock::now();
        let keys = self.keys.clone();
        let seen: Vec<_> = self.live.all().iter().map(|device| (device.id.clone(), device.seen())).collect();
        let done: Result<(), Fault> = self
            .store
            .write(move |write| {
                let recent: Vec<_> = seen.into_iter().filter(|(_, at)| *at >= now - 120).collect();
                devices::saw(write, &recent)?;
                devices::forget(write, now - FORGOTTEN)?;
                claims::pass_due(write, &keys, now)
            })
            .await;
        if let Err(fault) = done {
            log::error!("keeping house: {fault}");
        }
    }

    /// Passes on the cameras whose waiting time is over.
    pub(crate) async fn pass_due(&self) -> Result<(), Problem> {
        let (keys, now) = (self.keys.clone(), clock::now());
        Ok(self.store.write(move |write| claims::pass_due(write, &keys, now)).await?)
    }
}
