//! Jobs of the app: what it does to the camera, step by step.
//!
//! They are read back from the journal of an earlier start, so their words must stay what they are.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::snapshot::AccountTrouble;

/// One job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Such as `Format SD Card`.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The disk that it works on, such as `SD_DISK`; of a check, the one that it found ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<String>,
    /// How it stands.
    pub state: JobState,
    /// What is to be said of how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// It looks whether all is well, and waits until it is.
    Check,
    /// It makes the SD card ready.
    Prepare,
    /// It keeps the account that an organisation wishes.
    Account,
}

/// The state of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum JobState {
    /// Made, not begun.
    Pending,
    /// Runs; some jobs tell how far they are.
    Running {
        /// 0 to 100; absent where a percentage would mean nothing.
        percent: Option<u8>,
        /// What it waits for.
        waits_for: Option<Wait>,
        /// An estimate of what is left.
        seconds_left: Option<u64>,
    },
    /// Ended well.
    Complete,
    /// Ended on purpose.
    Cancelled,
    /// Ended with an error.
    Failed {
        /// Why.
        reason: Failure,
    },
}

/// What is waited for before a card is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// No card is in.
    NoCard,
    /// In, and not mounted.
    NotMounted,
    /// The camera says that it failed.
    Failed,
    /// Encrypted, and the camera has no passphrase.
    NoPassphrase,
    /// Encrypted with another passphrase than the camera's.
    WrongPassphrase,
    /// The camera wants an encrypted one.
    NotEncrypted,
    /// Locked on the camera.
    Locked,
    /// Read only.
    ReadOnly,
    /// Full.
    Full,
    /// The camera does not say enough.
    Unknown,
    /// Not as wished, and the wish forbids to prepare it.
    NotToBePrepared,
    /// Somebody has to say whether it is kept or erased: it opens with no passphrase of ours.
    ChoosePassphrase,
    /// The same: it has content.
    ChooseContent,
    /// The same: another claim used it last.
    ChooseClaim,
    /// Kept by a decision, and not in use.
    Kept,
    /// The camera would format it when it mounts it, and nobody allowed that.
    WouldFormat,
    /// A passphrase was being set, or it was being formatted, and how that ended is not known.
    Interrupted,
    /// Prepared, and the camera does not mount it.
    MountFailed,
    /// A step ended badly, and nothing is done before somebody orders it.
    Stopped,
    /// Somebody cancelled what was to follow, and nothing is done before somebody orders it.
    Cancelled,
    /// The camera still works on a job that was given up.
    CameraBusy,
    /// It is being prepared.
    Preparing,
    /// Mounted, and nothing could be written there and read again.
    NotWritable,
    /// The organisation's passphrase for it cannot be opened.
    Sealed,
}

impl Wait {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::NoCard,
        Self::NotMounted,
        Self::Failed,
        Self::NoPassphrase,
        Self::WrongPassphrase,
        Self::NotEncrypted,
        Self::Locked,
        Self::ReadOnly,
        Self::Full,
        Self::Unknown,
        Self::NotToBePrepared,
        Self::ChoosePassphrase,
        Self::ChooseContent,
        Self::ChooseClaim,
        Self::Kept,
        Self::WouldFormat,
        Self::Interrupted,
        Self::MountFailed,
        Self::Stopped,
        Self::Cancelled,
        Self::CameraBusy,
        Self::Preparing,
        Self::NotWritable,
        Self::Sealed,
    ];

    /// Whether it stays so until somebody decides or orders something.
    #[must_use]
    pub fn is_for_a_person(self) -> bool {
        matches!(
            self,
            Self::ChoosePassphrase
                | Self::ChooseContent
                | Self::ChooseClaim
                | Self::WouldFormat
                | Self::Interrupted
                | Self::MountFailed
                | Self::Stopped
                | Self::Cancelled
        )
    }
}

/// What is to be said of a job's end that was no failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The card was looked at only, since nobody wishes anything of it.
    NotProbed,
    /// A file was written to it, read again and deleted.
    Probed,
    /// The camera has no slot for a card.
    NoSlot,
    /// Begun before the app was started again, and followed to its end.
    Followed,
    /// It was not necessary.
    NotNeeded,
    /// An earlier step ended badly.
    StepBefore,
    /// Somebody ended it.
    ByOrder,
    /// The camera has the card's passphrase no more.
    Locked,
}

impl Note {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::NotProbed,
        Self::Probed,
        Self::NoSlot,
        Self::Followed,
        Self::NotNeeded,
        Self::StepBefore,
        Self::ByOrder,
        Self::Locked,
    ];
}

/// Why a job failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Failure {
    /// An error in the app.
    Broken,
    /// It took too long without a sign of life.
    TooLong,
    /// The app was about to end.
    Closing,
    /// The app ended in its midst.
    Interrupted,
    /// The camera did not take the order.
    Refused {
        /// In the camera's words; may be empty.
        words: String,
    },
    /// The camera took the order, and told that it could not be done.
    Declined {
        /// In the camera's words; may be empty.
        words: String,
    },
    /// The order was given, and whether the camera took it is not known.
    Unanswered {
        /// How the answer was lost.
        words: String,
    },
    /// The camera knows nothing of its job any more.
    Vanished,
    /// Given up since nothing changed for too long, while the camera still works on it.
    StillRunning,
    /// The card was taken out.
    Pulled,
    /// Another card is in than the one that the order was for.
    AnotherCard,
    /// The camera says that it is done, and the card is as before.
    NoEffect,
    /// Something still uses the card, so that it cannot be unmounted.
    Held,
    /// The camera refused the passphrase.
    Passphrase {
        /// The camera's number; see the VAPIX disk properties API.
        code: u32,
    },
    /// The camera took away the passphrase that it had, as it must before it gets another one, and did not take that.
    SwitchedOff {
        /// Why not, in the camera's words.
        words: String,
    },
    /// The model cannot encrypt cards.
    NoEncryption,
    /// Something was in the way of the account.
    Account {
        /// What.
        why: AccountTrouble,
        /// In the camera's words; may be empty.
        words: String,
    },
}

impl Failure {
    /// One of each.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let words = String::new();
        let of_account = AccountTrouble::ALL.map(|why| Self::Account { why, words: String::new() });
        let mut all = vec![
            Self::Broken,
            Self::TooLong,
            Self::Closing,
            Self::Interrupted,
            Self::Refused { words: words.clone() },
            Self::Declined { words: words.clone() },
            Self::Unanswered { words: words.clone() },
            Self::SwitchedOff { words },
            Self::Vanished,
            Self::StillRunning,
            Self::Pulled,
            Self::AnotherCard,
            Self::NoEffect,
            Self::Held,
            Self::Passphrase { code: 110 },
            Self::NoEncryption,
        ];
        all.extend(of_account);
        all
    }
}

impl JobState {
    /// It has not ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Pending | Self::Running { .. })
    }
}

impl Job {
    /// It has not ended.
    #[must_use]
    pub fn open(&self) -> bool {
        self.state.is_open()
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
