//! Jobs of the app: what it does to the camera, step by step. Nothing makes jobs in this version.

use serde::Serialize;

use crate::clock::Timestamp;

/// One job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Job {
    /// Such as `Format SD Card`.
    pub name: String,
    /// How it stands.
    pub state: JobState,
    /// When it was made.
    pub created: Timestamp,
    /// When its first step began.
    pub started: Option<Timestamp>,
    /// When its state changed last.
    pub updated: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
}

/// The state of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum JobState {
    /// Made, not begun.
    Pending,
    /// Runs; some jobs tell how far they are.
    Running {
        /// 0 to 100; absent where a percentage would mean nothing.
        percent: Option<u8>,
        /// What it waits for, in a sentence.
        waits_for: Option<String>,
        /// An estimate of what is left.
        seconds_left: Option<u64>,
    },
    /// Ended well.
    Complete,
    /// Ended on purpose.
    Cancelled,
    /// Ended with an error.
    Failed {
        /// Why, in a sentence.
        reason: String,
    },
}

impl Job {
    /// It has not ended.
    #[must_use]
    pub fn open(&self) -> bool {
        matches!(self.state, JobState::Pending | JobState::Running { .. })
    }
}
