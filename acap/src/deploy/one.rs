//! The steps for one camera. Each begins with a look at how it stands, and does what is missing.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Plan;
use super::journal::{Event, Journal};
use super::outcome::{Outcome, Step};
use super::packages::Package;
use super::portal::{self, Portal};
use super::unsigned;
use crate::camera::Secret;
use crate::camera::client::Camera;
use crate::camera::fault::{Fault, Told};
use crate::camera::standing::{self, Standing};
use crate::camera::vapix::{self, App, Identity};
use crate::fleet::crowd::{Bar, Stop};

/// How often is looked whether the app is there yet.
const BEAT: Duration = Duration::from_millis(500);

/// One camera and all that its deployment takes.
#[derive(Debug)]
pub struct One {
    /// As it was named.
    pub host: String,
    /// The camera.
    pub camera: Camera,
    /// Its one-time token.
    pub token: Option<Secret>,
    /// What it is to become.
    pub plan: Arc<Plan>,
    /// What is remembered.
    pub journal: Arc<Journal>,
    /// Whether it shall end.
    pub stop: Stop,
    /// Where it shows how far it is.
    pub bar: Bar,
}

impl One {
    /// Does it all.
    pub async fn deploy(self) -> Outcome {
        let mut outcome = Outcome::of(self.host.clone());
        match self.steps(&mut outcome).await {
            Ok(()) => outcome,
            Err(fault) => outcome.failed(fault),
        }
    }

    async fn steps(&self, outcome: &mut Outcome) -> Result<(), Fault> {
        self.bar.says("asking who it is");
        let identity = self.stop.or(vapix::identity(&self.camera)).await?;
        outcome.identify(&identity);
        if let Some(before) = self.journal.left_open(&identity.serial) {
            unsigned::put_back(&self.camera, &self.journal, &identity.serial, before).await?;
            outcome.steps.push(Step::PutBack);
        }
        let package = self.plan.packages.choose(&identity).map_err(Fault::NoPackage)?;
        outcome.package = Some(package.name.clone());
        let before = self.stop.or(vapix::app(&self.camera, self.app())).await?;
        if !self.is_in_place(&identity, package, before.as_ref()) {
            self.install(&identity, package, outcome).await?;
        }
        self.set_parameters(package, outcome).await?;
        if self.plan.start || before.is_some_and(|app| app.runs) {
            self.start(package, outcome).await?;
        }
        if self.plan.portal.is_some() {
            self.connect(outcome).await?;
        }
        Ok(())
    }

    fn app(&self) -> &str {
        self.plan.packages.app()
    }

    /// Whether this very file is installed, as far as journal and camera tell.
    fn is_in_place(&self, identity: &Identity, package: &Package, installed: Option<&App>) -> bool {
        let version = format!("{}.{}.{}", package.version.major, package.version.minor, package.version.patch);
        installed.is_some_and(|app| app.version == version)
            && self.journal.installed(&identity.serial, self.app()).as_ref() == Some(&package.sha256)
    }

    async fn install(&self, identity: &Identity, package: &Package, outcome: &mut Outcome) -> Result<(), Fault> {
        let opens = self.must_open(identity, package, outcome).await?;
        let done = if opens {
            self.upload_with_switch(identity, package, outcome).await
        } else {
            self.upload(identity, package).await
        };
        done?;
        outcome.steps.push(Step::Installed);
        self.note(Event::Installed {
            serial: identity.serial.clone(),
            app: self.app().to_owned(),
            sha256: package.sha256.clone(),
        })
    }

    /// Whether the switch has to be moved for this package.
    async fn must_open(&self, identity: &Identity, package: &Package, outcome: &mut Outcome) -> Result<bool, Fault> {
        if !self.plan.allow_unsigned || package.is_signed() {
            return Ok(false);
        }
        let now = self.stop.or(vapix::allows_unsigned(&self.camera)).await?;
        outcome.notes.push(if now.is_none() && identity.os.major >= 13 { unsigned::GONE } else { unsigned::NEXT });
        Ok(now == Some(false))
    }

    async fn upload_with_switch(
        &self,
        identity: &Identity,
        package: &Package,
        outcome: &mut Outcome,
    ) -> Result<(), Fault> {
        self.note(Event::Allowing { serial: identity.serial.clone(), before: false })?;
        // Not to be broken off: an order on its way could overtake the one that takes it back.
        let opened = vapix::allow_unsigned(&self.camera, true).await;
        let done = match opened {
            Ok(()) => self.upload(identity, package).await,
            Err(fault) => Err(fault),
        };
        self.bar.says("putting the switch back");
        // Also after a failure or Ctrl-C: nothing that ends the program ends this.
        let back = unsigned::put_back(&self.camera, &self.journal, &identity.serial, false).await;
        match (done, back) {
            (Ok(()), back) => back,
            (Err(fault), Ok(())) => Err(fault),
            (Err(fault), Err(left)) => {
                outcome.besides = Some(Told::from(&left));
                Err(fault)
            }
        }
    }

    async fn upload(&self, identity: &Identity, package: &Package) -> Result<(), Fault> {
        self.bar.says("uploading");
        let (bytes, sent) = (package.bytes.clone(), self.bar.of_bytes(package.bytes.len()));
        self.stop.or(vapix::upload(&self.camera, &package.name, bytes, sent, identity.os)).await
    }

    async fn set_parameters(&self, package: &Package, outcome: &mut Outcome) -> Result<(), Fault> {
        if self.plan.parameters.is_empty() {
            return Ok(());
        }
        self.bar.says("setting parameters");
        let now = self.stop.or(vapix::parameters(&self.camera, self.app())).await?;
        let mut any = false;
        for (name, value) in &self.plan.parameters {
            let is_set = now.iter().any(|(known, is)| known == name && is == value);
            if !is_set {
                self.stop.or(vapix::set_parameter(&self.camera, &package.report.app_name, name, value)).await?;
                any = true;
            }
        }
        if any {
            outcome.steps.push(Step::Parameters);
        }
        Ok(())
    }

    /// Starts the app unless it runs, and waits until it says so itself, in the version that was installed.
    async fn start(&self, package: &Package, outcome: &mut Outcome) -> Result<(), Fault> {
        self.bar.says("starting");
        let now = self.stop.or(vapix::app(&self.camera, self.app())).await?;
        if !now.is_some_and(|app| app.runs) {
            self.stop.or(vapix::start(&self.camera, self.app())).await?;
            outcome.steps.push(Step::Started);
        }
        self.bar.says("waiting for the app");
        let version = package.version.to_string();
        let mut last = String::new();
        let deadline = Instant::now() + self.plan.wait;
        loop {
            if !package.serves("status") {
                if self.stop.or(vapix::app(&self.camera, self.app())).await?.is_some_and(|app| app.runs) {
                    return Ok(());
                }
            } else if let Some(standing) = self.look(&mut last).await? {
                if standing.version == version {
                    outcome.headline = Some(standing.sentence);
                    return Ok(());
                }
                last = format!("version {} answers", standing.version);
            }
            if Instant::now() > deadline {
                return Err(Fault::NotUp { seconds: self.plan.wait.as_secs(), last });
            }
            self.stop.pause(BEAT).await?;
        }
    }

    /// What the app says. A connection that fails once is not the end: the camera may be busy with the start.
    async fn look(&self, last: &mut String) -> Result<Option<Standing>, Fault> {
        match self.stop.or(standing::read(&self.camera, self.app())).await {
            Ok(seen) => Ok(seen),
            Err(fault @ (Fault::Cut { .. } | Fault::Late(_) | Fault::NoConnection(_) | Fault::Garbled { .. })) => {
                *last = fault.to_string();
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    /// Confirms the portal and hands in the token, then waits until the portal has taken the camera.
    async fn connect(&self, outcome: &mut Outcome) -> Result<(), Fault> {
        let Some(portal) = &self.plan.portal else { return Ok(()) };
        self.bar.says("confirming the portal");
        let now = self.stop.or(standing::read(&self.camera, self.app())).await?;
        let claim = now.as_ref().map(|now| now.claim.as_str()).unwrap_or_default();
        let is_this = now.as_ref().and_then(|now| now.portal.as_deref()).is_some_and(|address| portal.is(address));
        match (claim, is_this) {
            ("claimed", true) => {
                outcome.headline = now.map(|now| now.sentence);
                return Ok(());
            }
            ("claimed", false) => {
                return Err(Fault::OtherPortal(now.and_then(|now| now.portal).unwrap_or_default()));
            }
            ("registered", true) => {}
            _ => {
                self.stop.or(portal::confirm(&self.camera, self.app(), portal)).await?;
                outcome.steps.push(Step::Portal);
            }
        }
        if let Some(token) = &self.token {
            self.bar.says("handing in the token");
            self.stop.or(portal::hand_in(&self.camera, self.app(), token)).await?;
            outcome.steps.push(Step::Token);
        }
        self.until_taken(portal, outcome).await
    }

    /// With a token the camera has to be claimed, without one the portal has to know it.
    async fn until_taken(&self, portal: &Portal, outcome: &mut Outcome) -> Result<(), Fault> {
        self.bar.says("waiting for the portal");
        let deadline = Instant::now() + self.plan.wait;
        let mut last = String::new();
        loop {
            if let Some(standing) = self.look(&mut last).await? {
                let is_taken = match standing.claim.as_str() {
                    "claimed" => true,
                    "registered" => self.token.is_none(),
                    _ => false,
                };
                let is_there = standing.portal.as_deref().is_some_and(|address| portal.is(address));
                if is_taken && is_there {
                    outcome.headline = Some(standing.sentence);
                    return Ok(());
                }
                last = standing.obstacle.unwrap_or(standing.sentence);
            }
            if Instant::now() > deadline {
                return Err(Fault::PortalAway { seconds: self.plan.wait.as_secs(), line: last });
            }
            self.stop.pause(BEAT).await?;
        }
    }

    fn note(&self, event: Event) -> Result<(), Fault> {
        self.journal.note(event).map_err(|error| Fault::Journal(error.to_string()))
    }
}
