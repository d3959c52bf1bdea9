//! The start and the end of it all.

use std::time::Duration;

use crate::error::{Error, Hung};
use crate::glue::Glue;
use crate::parameter::Parameters;
use crate::service_account::ServiceAccounts;
use crate::storage::Storage;

/// How long things may take. The defaults fit a camera; tests want shorter ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Deadline of a parameter call, waiting included: 30 s.
    pub parameter: Duration,
    /// Deadline of every other call: 10 s.
    pub call: Duration,
    /// How long parameters are left alone after a change: 1 s, at most 60 s.
    pub quiet: Duration,
    /// How long the holders of a revoked lease have: 8 s.
    pub drain: Duration,
    /// After what time a set-up that was never answered is given up: 30 s.
    pub set_up: Duration,
    /// How long a release may take until it counts as done: 5 s.
    pub release: Duration,
    /// Before a second try: 1 s.
    pub retry: Duration,
    /// At the stop, for the holders of leases: 4 s.
    pub stop_leases: Duration,
    /// At the stop, for the releases: 2 s.
    pub stop_releases: Duration,
    /// At the stop, for the thread: 1 s.
    pub stop_join: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Timing {
            parameter: seconds(30),
            call: seconds(10),
            quiet: seconds(1),
            drain: seconds(8),
            set_up: seconds(30),
            release: seconds(5),
            retry: seconds(1),
            stop_leases: seconds(4),
            stop_releases: seconds(2),
            stop_join: seconds(1),
        }
    }
}

/// The one user of the two libraries in this process. Handles for their use are cloned out of it.
#[derive(Debug)]
pub struct Sdk {
    glue: Glue,
    timing: Timing,
    parameters: Parameters,
    storage: Storage,
    service_accounts: ServiceAccounts,
}

impl Sdk {
    /// Starts the thread. `app` is the `appName` of the manifest, to the letter. To be called inside a tokio runtime,
    /// whose tasks go on until [`Sdk::stop`]; nothing that runs GLib's default main context may be in the process.
    ///
    /// # Errors
    /// [`Error::Started`] the second time in a process, also after a stop; [`Error::Start`]; [`Error::BadName`].
    pub fn start(app: &str) -> Result<Sdk, Error> {
        Sdk::start_with(app, Timing::default())
    }

    /// The same with other times.
    ///
    /// # Errors
    /// As [`Sdk::start`].
    pub fn start_with(app: &str, timing: Timing) -> Result<Sdk, Error> {
        let glue = Glue::start(app, timing.quiet)?;
        Ok(Sdk {
            parameters: Parameters::new(glue.clone(), app, timing.parameter),
            storage: Storage::new(glue.clone(), &timing),
            service_accounts: ServiceAccounts::new(glue.clone(), timing.call),
            glue,
            timing,
        })
    }

    /// The camera's parameters.
    #[must_use]
    pub fn parameters(&self) -> Parameters {
        self.parameters.clone()
    }

    /// The camera's storages.
    #[must_use]
    pub fn storage(&self) -> Storage {
        self.storage.clone()
    }

    /// The camera's service accounts.
    #[must_use]
    pub fn service_accounts(&self) -> ServiceAccounts {
        self.service_accounts.clone()
    }

    /// Takes all leases back, releases the storages and ends the thread: within 4 s + 2 s + 1 s, whatever hangs.
    ///
    /// # Errors
    /// [`Hung`] names what did not end. The thread is then left behind; the process may exit.
    pub async fn stop(self) -> Result<(), Hung> {
        let mut what = self.storage.stop(self.timing.stop_leases, self.timing.stop_releases).await;
        what.extend(self.glue.stop(self.timing.stop_join).await.err());
        if what.is_empty() { Ok(()) } else { Err(Hung { what }) }
    }
}
