//! The jobs of the disk manager, as job.cgi tells them.

use std::fmt;
use std::str::FromStr;

/// What a job does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Makes a file system.
    Format,
    /// Mounts.
    Mount,
    /// Unmounts.
    Unmount,
    /// Looks for damage.
    Checkdisk,
    /// Mends it.
    Repair,
}

impl fmt::Display for Action {
    /// The word of `disks/job.cgi` (documented).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => "format",
            Self::Mount => "mount",
            Self::Unmount => "unmount",
            Self::Checkdisk => "checkdisk",
            Self::Repair => "repair",
        })
    }
}

impl FromStr for Action {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let all = [Self::Format, Self::Mount, Self::Unmount, Self::Checkdisk, Self::Repair];
        all.into_iter().find(|action| action.to_string() == word).ok_or_else(|| format!("no job {word:?}"))
    }
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Counts from 1.
    pub id: u64,
    /// Such as `SD_DISK`.
    pub disk: String,
    /// What it does.
    pub action: Action,
    /// Percent; 100 at the end, and (knob `failed_at`) not always then.
    pub progress: u8,
    /// How it ended: `Err` with the camera's words.
    pub outcome: Option<Result<(), String>>,
}

impl Job {
    /// It has ended well.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.outcome == Some(Ok(()))
    }
}

/// All that are remembered.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) last: u64,
    /// Jobs up to this number are no longer told.
    pub(super) forgotten: u64,
    pub(super) jobs: Vec<Job>,
}

impl Book {
    pub(super) fn open(&mut self, disk: &str, action: Action) -> u64 {
        self.last += 1;
        self.jobs.push(Job { id: self.last, disk: disk.to_owned(), action, progress: 0, outcome: None });
        self.last
    }

    pub(super) fn progress(&mut self, id: u64, progress: u8) {
        if let Some(job) = self.jobs.iter_mut().find(|job| job.id == id) {
            job.progress = progress.min(99);
        }
    }

    /// Ends a job at a percentage; the oldest ended ones beyond `kept` are forgotten.
    pub(super) fn close(&mut self, id: u64, percent: Option<u8>, outcome: Result<(), String>, kept: usize) {
        if let Some(job) = self.jobs.iter_mut().find(|job| job.id == id) {
            job.progress = percent.unwrap_or(job.progress);
            job.outcome = Some(outcome);
        }
        let ended = self.jobs.iter().filter(|job| job.outcome.is_some()).count();
        let mut surplus = ended.saturating_sub(kept);
        self.jobs.retain(|job| {
            let goes = job.outcome.is_some() && surplus > 0;
            surplus -= usize::from(goes);
            !goes
        });
    }

    pub(super) fn is_busy(&self, disk: &str) -> bool {
        self.jobs.iter().any(|job| job.disk == disk && job.outcome.is_none())
    }
}
