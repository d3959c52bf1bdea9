//! The sentences of how the app stands with a card of which something is wished.

use std::borrow::Cow;

use crate::snapshot::{Job, JobState, Stand, Wait};
use crate::web::words::jobs;

/// Label: what is made of the card.
pub const PREPARING: &str = "Preparing";
/// Link to the administrator's page, where somebody has to decide or order something.
pub const DECIDE: &str = "Decide on the camera (administrators)";
/// Link to the administrator's page, where it was decided already.
pub const DECIDE_ANEW: &str = "Decide anew (administrators)";
/// Link to the administrator's page, where nothing is wished yet.
pub const PREPARE: &str = "Prepare this card";

/// Beside the link.
pub const ADMINISTRATORS: &str = "For administrators. Nothing is erased unless they say so.";

/// How it stands, in a word or two.
#[must_use]
pub fn stand_state(stand: Stand) -> &'static str {
    match stand {
        Stand::Ready => "Ready",
        Stand::Kept => "Kept",
        Stand::Working => "Under way",
        Stand::Waits(wait) if wait.is_for_a_person() => "Needs a decision",
        Stand::Waits(_) => "Waiting",
    }
}

/// What that means.
#[must_use]
pub fn stand_meaning(stand: Stand) -> Cow<'static, str> {
    match stand {
        Stand::Ready => "The card is as it was ordered or wished.".into(),
        Stand::Kept => "The card stays as it is, as somebody decided.".into(),
        Stand::Working => "The steps stand under Device Jobs.".into(),
        Stand::Waits(wait) if wait.is_for_a_person() => format!("{}.", capitalised(wait_sentence(wait))).into(),
        Stand::Waits(wait) => format!("Waits for: {}.", jobs::wait(wait)).into(),
    }
}

/// The step under way, such as “Format SD Card, 61 %. About 12 min left.”
#[must_use]
pub fn step(job: &Job) -> String {
    let percent = match &job.state {
        state @ JobState::Running { percent: Some(_), .. } => format!(", {}", jobs::state(state)),
        _ => String::new(),
    };
    let more = jobs::at_once(job).map_or_else(String::new, |more| format!(" {more}."));
    format!("{}{percent}.{more}", jobs::name(&job.name))
}

/// What is waited for, as a sentence without a full stop, such as in the headline.
#[must_use]
pub fn wait_sentence(wait: Wait) -> &'static str {
    match wait {
        Wait::ChoosePassphrase => "somebody else encrypted the SD card; say whether it is kept or erased",
        Wait::ChooseContent => "the SD card has content; say whether it is kept or erased",
        Wait::ChooseClaim => "somebody else used the SD card last; say whether it is kept or erased",
        Wait::WouldFormat => "the camera would format the SD card to mount it; say whether it is kept or erased",
        Wait::Interrupted => "preparing the SD card was interrupted; say whether it starts again",
        Wait::Stopped => "preparing the SD card failed; see why, and say whether it starts again",
        Wait::Cancelled => "preparing the SD card was cancelled; say whether it starts again",
        Wait::MountFailed => "the SD card was prepared, but the camera did not mount it; say whether it tries again",
        Wait::NotToBePrepared => "the SD card is not as it should be, and is not to be prepared",
        Wait::NotWritable => "a test file could not be written to the SD card and read back",
        Wait::Sealed => "the portal’s passphrase for the SD card is not for this camera’s key",
        Wait::CameraBusy => "the camera is still at work on the SD card",
        Wait::Unknown => "the camera does not tell the state of its SD card",
        // The card's own trouble says more.
        Wait::NoCard
        | Wait::NotMounted
        | Wait::Failed
        | Wait::NoPassphrase
        | Wait::WrongPassphrase
        | Wait::NotEncrypted
        | Wait::Locked
        | Wait::ReadOnly
        | Wait::Full
        | Wait::Kept
        | Wait::Preparing => "the SD card is not ready yet",
    }
}

/// With a capital letter at its beginning.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
