//! What is done to a card, step by step: each gives the camera one order, follows the camera's own job to its end, and
//! looks whether the card is as it should be then. Every wait is bounded, every end has a name.

use std::sync::Arc;
use std::time::Duration;

use axsdk::{Bar, Secret};
use tokio::time::{Instant, sleep};

use crate::jobs::card::Tools;
use crate::jobs::{Limits, OnCamera, Ticket};
use crate::snapshot::{Card, CardStatus, Failure};
use crate::vapix::disks::{Action, JobNumber, Progress, Refusal};

/// One second; in this crate's own tests it is shorter, so that they can wait for what takes a quarter of an hour.
pub(super) const SECOND: Duration = Duration::from_millis(if cfg!(test) { 2 } else { 1_000 });
/// So long our own folder may take to be given back.
const CLEARED: Duration = Duration::from_secs(8);
/// The camera's job is asked for after this time, and then each time after twice as long, up to [`SLOWEST`].
const FASTEST: Duration = Duration::from_millis(if cfg!(test) { 3 } else { 300 });
const SLOWEST: Duration = SECOND.saturating_mul(2);
/// So long the camera may not answer at all in the midst of a job that is short.
const SILENCE: Duration = SECOND.saturating_mul(60);
/// So long the disk manager may need to tell what its job did.
const EFFECT: Duration = Duration::from_secs(30);
/// Simulated and promised figures of others agree on some 20 minutes for 1 TB; a guess until the camera tells how far it is.
const MILLISECONDS_PER_GB: u64 = 1_200;
/// The camera's own progress counts alone from here, in percent.
const TRUSTED: u64 = 20;

/// How long a step may take.
fn limits(action: Action) -> Limits {
    let minutes = |minutes: u32| 60 * minutes * SECOND;
    match action {
        Action::Format => Limits { quiet: minutes(15), total: minutes(120) },
        Action::Unmount | Action::Mount => Limits { quiet: minutes(3), total: minutes(10) },
    }
}

/// The same for the desk, which ends what does not even keep to its own limits.
pub(super) fn outer_limits() -> Limits {
    let Limits { quiet, total } = limits(Action::Format);
    let more = 300 * SECOND;
    Limits { quiet: quiet + more, total: total + more }
}

/// Where a step is done.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) tools: Arc<Tools>,
    pub(super) slot: String,
    pub(super) ticket: Ticket,
    /// The start of the camera in which it is done, where that is known.
    pub(super) boot: Option<String>,
}

impl Place {
    /// Takes the card out of use, after our own folder on it was given back.
    pub(super) async fn unmount(self, bar: Option<Arc<Bar>>) -> Result<(), Failure> {
        if let Some(bar) = bar {
            bar.cleared(CLEARED).await.map_err(|error| {
                log::warn!("jobs: {}: {error}", self.slot);
                Failure::Held
            })?;
        }
        self.act(Action::Unmount, None).await?;
        self.until(|card| card.status != CardStatus::Ok).await
    }

    /// Gives the camera the passphrase.
    pub(super) async fn set_passphrase(self, passphrase: Secret) -> Result<(), Failure> {
        self.written(None).await;
        self.tools.disks.set_passphrase(&self.slot, &passphrase).await.map_err(failure)?;
        self.until(|card| card.encryption_set == Some(true)).await
    }

    /// Deletes everything on the card; of this size, in bytes, as far as it was told.
    pub(super) async fn format(self, size: Option<u64>) -> Result<(), Failure> {
        self.written(None).await;
        self.act(Action::Format, size).await?;
        self.until(|card| card.encrypted == Some(true)).await
    }

    /// Takes the card into use.
    pub(super) async fn mount(self) -> Result<(), Failure> {
        self.act(Action::Mount, None).await?;
        self.until(|card| card.status == CardStatus::Ok).await
    }

    /// Another passphrase for the same content.
    pub(super) async fn change_passphrase(self, previous: Secret, new: Secret) -> Result<(), Failure> {
        self.written(None).await;
        self.tools.disks.change_passphrase(&self.slot, &previous, &new).await.map_err(failure)
    }

    /// Takes the card out of use where it is in use, and its passphrase from the camera. A slot that is empty is as good as
    /// one whose card is closed.
    pub(super) async fn lock(self, mounted: bool, bar: Option<Arc<Bar>>) -> Result<(), Failure> {
        if mounted {
            match self.clone().unmount(bar).await {
                Ok(()) | Err(Failure::Pulled) => {}
                Err(why) => return Err(why),
            }
        }
        self.written(self.ticket.on_camera()).await;
        self.tools.disks.take_passphrase(&self.slot).await.map_err(failure)?;
        match self.until(|card| card.encryption_set != Some(true)).await {
            Err(Failure::Pulled) => Ok(()),
            outcome => outcome,
        }
    }

    /// Follows a job that was begun before this start of the app.
    pub(super) async fn follow_on(self, number: JobNumber) -> Result<(), Failure> {
        self.ticket.is_on_camera(OnCamera { number: number.0, boot: self.boot.clone() });
        self.follow(Action::Format, number, None).await
    }

    /// Gives the order, and follows the camera's job.
    async fn act(&self, action: Action, size: Option<u64>) -> Result<(), Failure> {
        let number = self.tools.disks.start(action, &self.slot).await.map_err(failure)?;
        let job = OnCamera { number: number.0, boot: self.boot.clone() };
        self.ticket.is_on_camera(job.clone());
        self.written(Some(job)).await;
        match self.follow(action, number, size).await {
            // The card tells: see the caller.
            Err(Failure::Vanished) if action != Action::Format => Ok(()),
            outcome => outcome,
        }
    }

    /// Waits until the journal has it.
    async fn written(&self, on_camera: Option<OnCamera>) {
        self.tools.record.clone().has(&self.ticket, on_camera.as_ref()).await;
    }

    async fn follow(&self, action: Action, number: JobNumber, size: Option<u64>) -> Result<(), Failure> {
        self.follow_within(limits(action), action, number, size).await
    }

    async fn follow_within(
        &self,
        limits: Limits,
        action: Action,
        number: JobNumber,
        size: Option<u64>,
    ) -> Result<(), Failure> {
        let silence = if action == Action::Format { limits.quiet } else { SILENCE };
        let begun = Instant::now();
        let (mut changed, mut heard, mut percent, mut unknown, mut pause) = (begun, begun, None, 0_u8, FASTEST);
        loop {
            match self.tools.disks.job(&self.slot, number).await {
                Ok(Progress::Done) => return Ok(()),
                Ok(Progress::Failed(words)) => return Err(Failure::Declined { words }),
                // Once may be a slip: a number that was given is known for a while.
                Ok(Progress::Unknown) if unknown > 0 => return Err(Failure::Vanished),
                Ok(Progress::Unknown) => unknown += 1,
                Ok(Progress::Running(now)) => {
                    (heard, unknown) = (Instant::now(), 0);
                    if percent != Some(now) {
                        (percent, changed) = (Some(now), heard);
                    }
                    let left = size.and_then(|size| seconds_left(size, begun.elapsed(), now));
                    // An error means that the job was ended by somebody else: what the camera does goes on.
                    _ = self.ticket.runs(percent, left);
                }
                Err(fault) => {
                    log::info!("jobs: {}: {fault}", self.slot);
                    if heard.elapsed() > silence {
                        return Err(Failure::Unanswered { words: fault.to_string() });
                    }
                }
            }
            if changed.elapsed() > limits.quiet || begun.elapsed() > limits.total {
                return Err(Failure::StillRunning);
            }
            sleep(pause).await;
            pause = (pause * 2).min(SLOWEST);
        }
    }

    /// Looks until the card is as it should be.
    async fn until(&self, fits: impl Fn(&Card) -> bool + Send) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut pause = FASTEST;
        loop {
            match self.tools.look(&self.slot).await {
                Some(card) if card.status == CardStatus::Disconnected => return Err(Failure::Pulled),
                Some(card) if fits(&card) => return Ok(()),
                _ if begun.elapsed() > EFFECT => return Err(Failure::NoEffect),
                _ => sleep(pause).await,
            }
            pause = (pause * 2).min(SLOWEST);
        }
    }
}

/// Why an order was not taken, as the reason of a job's failure.
fn failure(refusal: Refusal) -> Failure {
    const NO_ENCRYPTION: u32 = 100;
    const OF_PASSPHRASES: [u32; 3] = [110, 120, 130];
    match refusal {
        Refusal::Words(words) => Failure::Refused { words },
        Refusal::Code(NO_ENCRYPTION) => Failure::NoEncryption,
        Refusal::Code(code) if OF_PASSPHRASES.contains(&code) => Failure::Passphrase { code },
        Refusal::Code(code) => Failure::Refused { words: format!("error {code}") },
        Refusal::NotSent(fault) => Failure::Refused { words: fault.to_string() },
        Refusal::Unanswered(fault) => Failure::Unanswered { words: fault.to_string() },
        Refusal::SwitchedOff(why) => Failure::SwitchedOff { words: why.to_string() },
    }
}

/// What is left of a format, in seconds: by the card's size at first, by the progress so far later. Absent while nothing
/// can be said.
fn seconds_left(size: u64, elapsed: Duration, percent: u8) -> Option<u64> {
    let done = u64::from(percent.min(100));
    let left = 100 - done;
    let by_size = size / 1_000_000_000 * MILLISECONDS_PER_GB * left / 100;
    let by_progress = (elapsed.as_secs() * 1_000 * left).checked_div(done).unwrap_or(by_size);
    let trust = done.min(TRUSTED);
    let seconds = (by_progress * trust + by_size * (TRUSTED - trust)) / TRUSTED / 1_000;
    (seconds > 0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_follows_the_size_first_and_the_progress_then() {
        let terabyte = 1_000_000_000_000;
        let left = |minutes: u64, percent| seconds_left(terabyte, Duration::from_secs(60 * minutes), percent);
        assert_eq!(left(0, 0), Some(1_200));
        assert_eq!(left(10, 50), Some(600));
        // Twice as slow as was guessed: between both at first.
        assert!((1_080..2_160).contains(&left(4, 10).unwrap()));
        assert_eq!(left(30, 75), Some(600));
        assert_eq!(left(30, 100), None);
    }
}
