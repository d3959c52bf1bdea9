//! Jobs of the app: what it does to the camera, step by step.

use serde::Serialize;

use crate::clock::Timestamp;

/// One job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Job {
    /// Such as `Format SD Card`.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// How it stands.
    pub state: JobState,
    /// What is to be said of how it ended, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When its first step began.
    pub started: Option<Timestamp>,
    /// When its state changed last.
    pub updated: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
}

/// What a job is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// It looks whether all is well, and waits until it is.
    Check,
    /// It makes the SD card ready.
    Prepare,
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

    /// It has not ended, and works on the SD card.
    #[must_use]
    pub fn prepares(&self) -> bool {
        self.open() && self.purpose == Purpose::Prepare
    }

    /// It waits for something.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(self.state, JobState::Running { waits_for: Some(_), .. })
    }
}
