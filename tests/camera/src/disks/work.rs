//! What a job does, how long it takes, and why it is refused or fails. The words of descriptions are our own.

use std::time::Duration;

use super::{Action, Disks};
use crate::axsim::card::CardState;
use crate::axsim::storage::{NETWORK_SHARE, Slot};
use crate::axsim::unmount::Held;
use crate::faults::locked;

/// Simulated seconds for a format of 1 GB.
const FORMAT_SECONDS_PER_GB: f64 = 1.2;
/// Simulated seconds of the shortest format.
const SHORTEST_FORMAT: f64 = 4.0;
/// Simulated seconds that mounting and unmounting take.
const MOUNT_SECONDS: f64 = 2.0;
/// Checking takes this part of a format.
const CHECK_PART: f64 = 0.25;
/// How many ended jobs are remembered unless the knob says otherwise.
const KEPT: usize = 16;
/// Where a format of a card that is beyond repair ends.
const WORN_OUT_AT: u8 = 40;

const GONE: &str = "The disk was removed";

/// A job under way.
#[derive(Debug, Clone)]
struct Work {
    id: u64,
    disk: String,
    action: Action,
    /// Of the disk when the job began.
    presence: u64,
}

impl Disks {
    /// Starts a job as the CGIs do; `filesystem` is for a format.
    ///
    /// # Errors
    /// With the words of the refusal.
    pub fn start(&self, action: Action, disk: &str, filesystem: Option<&str>) -> Result<u64, String> {
        let slot = self.inner.axsim.slot(disk).ok_or_else(|| format!("No such disk: {disk}"))?;
        let is_queued = self.knob("busy") == "queue";
        let filesystem = filesystem.map(str::to_owned);
        let why_not = self.why_not(&action, &slot, filesystem.as_deref());
        // The look at the book and the entry are one step: two starts at once can't both find the disk free.
        let opened = self.alter(|book| {
            if book.is_busy(disk) && !is_queued {
                return Err("Another job is running on this disk".to_owned());
            }
            if let (Some(words), false) = (&why_not, book.is_busy(disk) || self.knob("refusal") == "job") {
                return Err(words.clone());
            }
            Ok((book.open(disk, action.clone()), book.last))
        });
        let (id, last) = opened?;
        self.inner.axsim.keep_last_job(last);
        let work = Work { id, disk: disk.to_owned(), action, presence: slot.presence };
        let (disks, stop) = (self.clone(), self.inner.stop.clone());
        self.inner.tasks.spawn(async move {
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = disks.run(work, filesystem) => outcome,
            };
            let kept = disks.knob("kept").parse().unwrap_or(KEPT);
            let stays = outcome.is_err() && disks.knob("failed_at") == "where";
            disks.alter(|book| book.close(id, (!stays).then_some(100), outcome, kept));
        });
        Ok(id)
    }

    async fn run(&self, work: Work, filesystem: Option<String>) -> Result<(), String> {
        self.wait_for_turn(&work).await;
        let slot = self.slot(&work)?;
        if let Some(words) = self.why_not(&work.action, &slot, filesystem.as_deref()) {
            return Err(words);
        }
        match work.action {
            Action::Mount if slot.available => Ok(()),
            Action::Mount => self.mount(&work, &slot).await,
            Action::Unmount if !slot.available => Ok(()),
            Action::Unmount => self.unmount(&work).await,
            Action::Format => {
                let present = slot.card.map(|card| card.filesystem).unwrap_or_default();
                let wished = filesystem.unwrap_or(if present.is_empty() { "ext4".to_owned() } else { present });
                if slot.available {
                    self.unmount(&work).await?;
                }
                self.format(&work, &wished).await?;
                if self.knob("mount_after_format") == "yes" { self.make_mounted(&work) } else { Ok(()) }
            }
            Action::Checkdisk | Action::Repair => self.check(&work, &slot).await,
        }
    }

    /// Until every earlier job of the disk has ended.
    async fn wait_for_turn(&self, work: &Work) {
        let mut changed = self.inner.changed.subscribe();
        let is_first = || {
            let book = locked(&self.inner.book);
            !book.jobs.iter().any(|job| job.id < work.id && job.disk == work.disk && job.outcome.is_none())
        };
        while !is_first() && changed.changed().await.is_ok() {}
    }

    /// Why it can't be done now, as far as can be seen without trying.
    fn why_not(&self, action: &Action, slot: &Slot, filesystem: Option<&str>) -> Option<String> {
        let Some(card) = &slot.card else { return Some("No disk is connected".to_owned()) };
        let is_idle_refused = self.knob("idle") != "ok";
        let words = match action {
            Action::Mount if slot.available && is_idle_refused => "The disk is mounted already",
            Action::Unmount if !slot.available && is_idle_refused => "The disk is not mounted",
            Action::Format if slot.settings.locked => "The disk is locked",
            Action::Format if card.readonly => "The disk is write protected",
            Action::Format if slot.id == NETWORK_SHARE && filesystem.is_some_and(|wished| wished != "cifs") => {
                "The file system is not supported"
            }
            Action::Format
                if slot.id != NETWORK_SHARE && filesystem.is_some_and(|wished| !matches!(wished, "ext4" | "vfat")) =>
            {
                "The file system is not supported"
            }
            Action::Format if slot.available && self.knob("format_mounted") != "unmount" => "The disk is mounted",
            Action::Checkdisk | Action::Repair if slot.available => "The disk is mounted",
            Action::Checkdisk | Action::Repair if card.filesystem != "ext4" => "Only ext4 can be checked",
            Action::Checkdisk | Action::Repair => match slot.state() {
                CardState::NoPassphrase | CardState::WrongPassphrase => "The disk can't be opened: passphrase",
                _ => return None,
            },
            _ => return None,
        };
        Some(words.to_owned())
    }

    /// The slot, as long as the card is in that was in when the job began.
    fn slot(&self, work: &Work) -> Result<Slot, String> {
        let slot = self.inner.axsim.slot(&work.disk).filter(|slot| slot.presence == work.presence);
        slot.ok_or_else(|| GONE.to_owned())
    }

    async fn mount(&self, work: &Work, slot: &Slot) -> Result<(), String> {
        if slot.wants_format(self.knob("autoformat_foreign") == "yes") {
            let wished = slot.settings.required_filesystem.clone();
            self.format(work, &wished).await?;
        } else {
            self.take_time(work, MOUNT_SECONDS, 100).await?;
        }
        self.make_mounted(work)
    }

    fn make_mounted(&self, work: &Work) -> Result<(), String> {
        self.inner.axsim.mount(&work.disk).map_err(|fault| fault.to_string())
    }

    async fn unmount(&self, work: &Work) -> Result<(), String> {
        let held = match self.knob("held").as_str() {
            "wait" => Held::Wait,
            "force" => Held::Force,
            _ => Held::Refuse,
        };
        if work.action == Action::Unmount {
            self.take_time(work, MOUNT_SECONDS, 50).await?;
        }
        self.inner.axsim.unmount_as(&work.disk, None, held).await.map_err(|fault| fault.to_string())
    }

    async fn format(&self, work: &Work, filesystem: &str) -> Result<(), String> {
        let slot = self.slot(work)?;
        let card = slot.card.ok_or_else(|| GONE.to_owned())?;
        let fault = |fault: std::io::Error| match self.slot(work) {
            Ok(_) => fault.to_string(),
            Err(gone) => gone,
        };
        self.inner.axsim.wipe(&work.disk, work.presence).map_err(fault)?;
        let seconds = format_seconds(card.total_kib);
        if card.health == 0 {
            self.take_time(work, seconds, WORN_OUT_AT).await?;
            return Err("The disk can't be written".to_owned());
        }
        self.take_time(work, seconds, 100).await?;
        self.inner.axsim.make_filesystem(&work.disk, work.presence, filesystem).map_err(fault)
    }

    async fn check(&self, work: &Work, slot: &Slot) -> Result<(), String> {
        let card = slot.card.clone().ok_or_else(|| GONE.to_owned())?;
        self.take_time(work, CHECK_PART * format_seconds(card.total_kib), 100).await?;
        match work.action {
            Action::Repair if card.failed && card.health == 0 => Err("The disk is beyond repair".to_owned()),
            Action::Repair => {
                self.inner.axsim.change_card(&work.disk, |card| card.failed = false).map_err(|fault| fault.to_string())
            }
            _ if card.failed => Err("The file system has errors".to_owned()),
            _ => Ok(()),
        }
    }

    /// Lets simulated time pass until `percent`, with progress; ends early when the card goes or a lever says so.
    async fn take_time(&self, work: &Work, seconds: f64, percent: u8) -> Result<(), String> {
        let failure = self.planned_failure(work);
        let step = Duration::from_secs_f64((seconds / self.speed() / 100.0).clamp(0.000_2, 60.0));
        let mut stalled = self.inner.stalled.subscribe();
        for progress in 0..=percent {
            if let Some((at, words)) = &failure {
                if progress >= *at {
                    return Err(words.clone());
                }
            }
            self.alter(|book| book.progress(work.id, progress));
            if stalled.wait_for(|at| at.is_none_or(|at| progress < at)).await.is_err() {
                return Err(GONE.to_owned());
            }
            self.slot(work)?;
            tokio::time::sleep(step).await;
        }
        self.slot(work).map(drop)
    }

    fn planned_failure(&self, work: &Work) -> Option<(u8, String)> {
        let mut failures = locked(&self.inner.failures);
        let at = failures.iter().position(|(action, _, _)| *action == work.action)?;
        let (_, percent, words) = failures.remove(at);
        Some((percent, words))
    }
}

fn format_seconds(total_kib: u64) -> f64 {
    let mib = u32::try_from(total_kib / 1024).unwrap_or(u32::MAX);
    (f64::from(mib) * 1.048_576 / 1000.0 * FORMAT_SECONDS_PER_GB).max(SHORTEST_FORMAT)
}
