//! What a test or a person can do to the camera beside VAPIX, and what can be seen of it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Device, Proxies};
use crate::access::Entrance;
use crate::apps::Refused;
use crate::bus::Mood;
use crate::faults::{Fault, Seen, locked};

impl Device {
    /// From now on requests of `path` fail so, at both entrances.
    pub fn fault(&self, path: &str, fault: Fault) {
        self.fault_at(path, None, fault);
    }

    /// From now on requests of `path` at one entrance fail so.
    pub fn fault_at(&self, path: &str, entrance: Option<Entrance>, fault: Fault) {
        self.inner.faults.set(path, entrance, fault);
    }

    /// The next so many requests of `path` fail so, or (`None`) all.
    pub fn fault_next(&self, path: &str, entrance: Option<Entrance>, fault: Fault, times: Option<u32>) {
        self.inner.faults.set_next(path, entrance, fault, times);
    }

    /// All is well again.
    pub fn clear_faults(&self) {
        self.inner.faults.clear();
    }

    /// The VAPIX requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.inner.faults.requests()
    }

    /// Waits for a VAPIX request, also one of the past; false if none fits within `patience`.
    pub async fn wait_for_request(&self, patience: Duration, fits: impl Fn(&Seen) -> bool) -> bool {
        tokio::time::timeout(patience, self.inner.faults.wait(fits)).await.is_ok()
    }

    /// What systemready says.
    pub fn set_ready(&self, ready: bool) {
        self.inner.ready.send_replace(ready);
    }

    /// Whether a time server has set the clock; without one the camera believes that it is 1970.
    pub fn set_clock(&self, set: bool) {
        self.inner.clock_set.send_replace(set);
    }

    /// The proxies of its network settings from now on.
    pub fn set_proxies(&self, proxies: Proxies) {
        *locked(&self.inner.proxies) = proxies;
    }

    pub(crate) fn proxies(&self) -> Proxies {
        locked(&self.inner.proxies).clone()
    }

    /// Sets an application's parameter, unchecked.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn set_param(&self, app: &str, name: &str, value: &str) -> std::io::Result<()> {
        self.inner.axsim.set(app, name, value)
    }

    /// Ends the D-Bus daemon and starts it at the same address.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart_bus(&self) -> anyhow::Result<()> {
        self.inner.bus.restart().await
    }

    /// Ends the D-Bus daemon.
    pub async fn stop_bus(&self) {
        self.inner.bus.stop().await;
    }

    /// How the service for VAPIX accounts behaves from now on.
    pub fn set_bus_mood(&self, mood: Mood) {
        self.inner.bus.set_mood(mood);
    }

    /// How often an application asked for a VAPIX account.
    #[must_use]
    pub fn credential_calls(&self) -> u64 {
        self.inner.bus.calls()
    }

    /// A service account, as an application of that name gets it.
    #[must_use]
    pub fn grant_service_account(&self, app: &str) -> crate::access::Account {
        self.inner.bus.grant(app)
    }

    /// All service passwords become invalid.
    pub fn forget_service_accounts(&self) {
        self.inner.bus.forget();
    }

    /// The flash for packages has no room: uploads give error 3.
    pub fn set_disk_full(&self, on: bool) {
        self.inner.apps.disk_full.store(on, Ordering::SeqCst);
    }

    /// Sets a knob for the next start of an application.
    pub fn set_knob(&self, name: &str, value: &str) {
        let mut knobs = locked(&self.inner.apps.knobs);
        knobs.retain(|(knob, _)| knob != name);
        knobs.push((name.to_owned(), value.to_owned()));
    }

    /// What an application has written, as it wrote it.
    #[must_use]
    pub fn app_log(&self, app: &str) -> String {
        self.inner.apps.journal(app).map(|journal| journal.text()).unwrap_or_default()
    }

    /// Waits until the log of an application fits; false if it does not within `patience`.
    pub async fn wait_for_log(&self, app: &str, patience: Duration, fits: impl Fn(&str) -> bool) -> bool {
        match self.inner.apps.journal(app) {
            Some(journal) => tokio::time::timeout(patience, journal.wait(fits)).await.is_ok(),
            None => false,
        }
    }

    /// The process of an application.
    #[must_use]
    pub fn app_pid(&self, app: &str) -> Option<u32> {
        self.inner.apps.pid(app)
    }

    /// Waits until the process of an application that is switched on fits (`None`: there is none).
    pub async fn wait_for_pid(&self, app: &str, patience: Duration, fits: impl Fn(Option<u32>) -> bool) -> bool {
        let Some(mut pids) = self.inner.apps.pids(app) else { return fits(None) };
        matches!(tokio::time::timeout(patience, pids.wait_for(|pid| fits(*pid))).await, Ok(Ok(_)))
    }

    /// Waits until an application neither runs nor will be restarted; false if that takes longer than `patience`.
    pub async fn wait_until_off(&self, app: &str, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.inner.apps.off(app)).await.is_ok()
    }

    /// How the last process of an application that is still switched on ended.
    #[must_use]
    pub fn app_exit(&self, app: &str) -> Option<std::process::ExitStatus> {
        self.inner.apps.last_exit(app)
    }

    /// Installs a package as upload.cgi does; answers with its name.
    ///
    /// # Errors
    /// With the code that upload.cgi gives.
    pub async fn install(&self, eap: &[u8]) -> Result<String, Refused> {
        self.inner.apps.install(eap).await
    }

    /// Starts an application as control.cgi does.
    ///
    /// # Errors
    /// With the code that control.cgi gives.
    pub async fn start_app(&self, app: &str) -> Result<(), Refused> {
        self.inner.apps.start(app).await
    }

    /// Stops an application and waits for its end.
    ///
    /// # Errors
    /// With the code that control.cgi gives.
    pub async fn stop_app(&self, app: &str) -> Result<(), Refused> {
        self.inner.apps.stop(app).await
    }

    /// Stops and starts an application.
    ///
    /// # Errors
    /// With the code that control.cgi gives.
    pub async fn restart_app(&self, app: &str) -> Result<(), Refused> {
        self.inner.apps.restart(app).await
    }

    /// Removes an application.
    ///
    /// # Errors
    /// With the code that control.cgi gives.
    pub async fn remove_app(&self, app: &str) -> Result<(), Refused> {
        self.inner.apps.remove(app).await
    }
}
