//! The causes as codes for programs, which stay the same in every version.

use super::{CardTrouble, Cause};
use crate::snapshot::{CardStatus, Wait};

impl Cause {
    /// Why it stands so, in a word or two.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Starting => "starting",
            Self::Reading => "reading",
            Self::Lost(_) => "lost",
            Self::NoAddress => "no_address",
            Self::Card(trouble) => trouble.code(),
            Self::Waits(wait) => waits(*wait),
            Self::NoSlot => "no_slot",
            Self::Kept => "kept",
            Self::Job(_) => "job",
            Self::JobFailed => "job_failed",
            Self::NoPortal => "portal.unset",
            Self::PortalUnconfirmed => "portal.unconfirmed",
            Self::Unreadable => "state.unreadable",
            Self::Obstacle(kind) => kind.code(),
            Self::Unclaimed(reason) => reason.code(),
            Self::Account(why) => why.code(),
            Self::Settings(_) => "settings",
            Self::Notices(_) => "notices",
            Self::NoticesUnclear(_) => "notices_unclear",
        }
    }
}

impl CardTrouble {
    fn code(&self) -> &'static str {
        match self {
            Self::Status(CardStatus::Disconnected) => "no_card",
            Self::Status(CardStatus::Connected) => "not_mounted",
            Self::Status(CardStatus::Failed) => "failed",
            Self::Status(CardStatus::NoPassphrase) => "no_passphrase",
            Self::Status(CardStatus::WrongPassphrase) => "wrong_passphrase",
            Self::Status(CardStatus::NotEncrypted) => "not_encrypted",
            Self::Status(CardStatus::Ok) => "well",
            Self::Status(CardStatus::Other(_)) => "unclear",
            Self::Locked => "locked",
            Self::ReadOnly => "read_only",
            Self::Full => "full",
            Self::Failing => "failing",
            Self::WornOut => "worn_out",
            Self::Leaving => "not_mounted",
            Self::NotForApplications => "not_for_applications",
            Self::NoFolder => "no_folder",
        }
    }
}

fn waits(wait: Wait) -> &'static str {
    match wait {
        Wait::NoCard => "no_card",
        Wait::NotMounted => "not_mounted",
        Wait::Failed => "failed",
        Wait::NoPassphrase => "no_passphrase",
        Wait::WrongPassphrase => "wrong_passphrase",
        Wait::NotEncrypted => "not_encrypted",
        Wait::Locked => "locked",
        Wait::ReadOnly => "read_only",
        Wait::Full => "full",
        Wait::Unknown => "unclear",
        Wait::NotToBePrepared => "not_to_be_prepared",
        Wait::ChoosePassphrase => "choose_passphrase",
        Wait::ChooseContent => "choose_content",
        Wait::ChooseClaim => "choose_claim",
        Wait::Kept => "kept",
        Wait::WouldFormat => "would_format",
        Wait::Interrupted => "interrupted",
        Wait::MountFailed => "mount_failed",
        Wait::Stopped => "stopped",
        Wait::Cancelled => "cancelled",
        Wait::CameraBusy => "camera_busy",
        Wait::Preparing => "preparing",
        Wait::NotWritable => "not_writable",
        Wait::Sealed => "sealed",
    }
}
