//! The sentences of Device Jobs.

use std::borrow::Cow;

use crate::snapshot::{Failure, Job, JobState, Note, Wait};
use crate::web::words::{foreign, span};

/// The title of the widget.
pub const TITLE: &str = "Device Jobs";
/// Nothing has been done yet.
pub const NONE_YET: &str = "No jobs yet. What Camera-to-Cloud does to this camera, such as preparing its SD card, will \
                            be listed here. The list begins anew when Camera-to-Cloud or the camera starts again.";
/// Label: when the state changed last.
pub const UPDATED: &str = "Last update";
/// Label: when it began.
pub const STARTED: &str = "Started";
/// Label: when it ended.
pub const FINISHED: &str = "Finished";
/// It has not begun.
pub const NOT_STARTED: &str = "Not yet";
/// It has not ended.
pub const NOT_FINISHED: &str = "Not yet";
/// It ended without having begun.
pub const NEVER_STARTED: &str = "Never";
/// A job without a name.
pub const NAMELESS: &str = "Job without a name";

/// The name of a job.
#[must_use]
pub fn name(name: &str) -> String {
    let name = foreign(name, 120);
    if name.is_empty() { NAMELESS.to_owned() } else { name }
}

/// The status in the product's words; a percentage where there is one.
#[must_use]
pub fn state(state: &JobState) -> Cow<'static, str> {
    match state {
        JobState::Pending => "Pending".into(),
        JobState::Running { percent: Some(percent), .. } => format!("{} %", percent.min(&100)).into(),
        JobState::Running { percent: None, .. } => "Running".into(),
        JobState::Complete => "Complete".into(),
        JobState::Cancelled => "Cancelled".into(),
        JobState::Failed { .. } => "Failed".into(),
    }
}

/// What the status means.
#[must_use]
pub fn meaning(state: &JobState) -> &'static str {
    match state {
        JobState::Pending => "It is to be done and has not begun.",
        JobState::Running { percent: Some(_), .. } => "It is under way; so much of it is done.",
        JobState::Running { percent: None, .. } => "It is under way; how far it is cannot be said.",
        JobState::Complete => "It ended well.",
        JobState::Cancelled => "It was ended on purpose before it was done.",
        JobState::Failed { .. } => "It ended with an error.",
    }
}

/// What is to be known of it at once: what it waits for, what is left, why it failed, what is to be said of its end.
#[must_use]
pub fn at_once(job: &Job) -> Option<String> {
    match &job.state {
        JobState::Running { waits_for, seconds_left, .. } => {
            let waits = waits_for.map(|what| format!("Waits for: {}", wait(what)));
            let left = seconds_left.map(|seconds| format!("About {} left", span(seconds)));
            let parts: Vec<_> = waits.into_iter().chain(left).collect();
            (!parts.is_empty()).then(|| parts.join(" · "))
        }
        JobState::Failed { reason } => Some(failure(reason)),
        JobState::Pending | JobState::Complete | JobState::Cancelled => job.note.map(|what| note(what).to_owned()),
    }
}

/// What is waited for, after “Waits for:”.
#[must_use]
pub fn wait(what: Wait) -> &'static str {
    match what {
        Wait::NoCard => "an SD card in the slot",
        Wait::NotMounted => "the SD card to be mounted",
        Wait::Failed => "an SD card without a problem",
        Wait::NoPassphrase => "the passphrase of the SD card, or a card that is not encrypted",
        Wait::WrongPassphrase => "the right passphrase of the SD card",
        Wait::NotEncrypted => "the SD card to be formatted, since the camera is set to encrypt cards",
        Wait::Locked => "the SD card to be unlocked on the camera",
        Wait::ReadOnly => "an SD card that can be written",
        Wait::Full => "room on the SD card",
        Wait::Unknown => "the camera to tell the state of its SD card",
        Wait::NotToBePrepared => "an SD card as it is wished; this one is not to be prepared",
        Wait::ChoosePassphrase => "a decision to keep or erase the SD card, which is encrypted by somebody else",
        Wait::ChooseContent => "a decision to keep or erase the SD card, which has content",
        Wait::ChooseClaim => "a decision to keep or erase the SD card, which somebody else used last",
        Wait::Kept => "another SD card; this one is kept as it is",
        Wait::WouldFormat => "a decision on the SD card, which the camera would format when it mounts it",
        Wait::Interrupted => "an order to start again; preparing the SD card was interrupted",
        Wait::MountFailed => "the camera to mount the SD card, which it did not when asked",
        Wait::Stopped => "an order to start again; a step of preparing the SD card failed",
        Wait::CameraBusy => "the camera to end what it does to the SD card",
        Wait::Preparing => "the SD card to be prepared, which is under way",
        Wait::NotWritable => "the SD card to be writable; a test file could not be written and read again",
    }
}

/// What is to be said of an end that was no failure.
#[must_use]
pub fn note(note: Note) -> &'static str {
    match note {
        Note::NotProbed => "Not probed: no claim. The card was only looked at; nothing was written to it.",
        Note::Probed => "Probed: a test file was written to the card, read again and deleted.",
        Note::NoSlot => "This camera has no slot for an SD card.",
        Note::Followed => "Begun before Camera-to-Cloud started again, and followed to its end.",
        Note::NotNeeded => "It was not needed.",
        Note::StepBefore => "The step before it did not end well.",
        Note::ByOrder => "An administrator cancelled it.",
        Note::Replaced => "A new order took its place.",
    }
}

/// Why a job failed, and what to do.
#[must_use]
pub fn failure(why: &Failure) -> String {
    let camera = |start: &str, words: &str, then: &str| {
        let words = foreign(words, 200);
        if words.is_empty() { format!("{start}. {then}") } else { format!("{start}: {words}. {then}") }
    };
    match why {
        Failure::Broken => "It broke off: an error in Camera-to-Cloud. Order it again.".to_owned(),
        Failure::TooLong => "It took too long without a sign of life. Order it again.".to_owned(),
        Failure::Closing => "Camera-to-Cloud was about to end.".to_owned(),
        Failure::Interrupted => "Interrupted: Camera-to-Cloud or the camera restarted.".to_owned(),
        Failure::Refused { words } => {
            camera("The camera refused it", words, "See whether something else works on the card, and start again.")
        }
        Failure::Declined { words } => {
            camera("The camera could not do it", words, "Start again; if this comes back, use another card.")
        }
        Failure::Unanswered { words } => {
            camera("The camera did not answer, so whether it did it is not known", words, "Look at the card’s state, and start again.")
        }
        Failure::Vanished => {
            "The camera knows nothing of it any more, so how it ended is not known. Look at the card’s state, and start again.".to_owned()
        }
        Failure::StillRunning => {
            "Nothing changed for too long. It still runs on the camera, and the card is left alone until that ends.".to_owned()
        }
        Failure::Pulled => "The card was taken out. Put it in again, and start again.".to_owned(),
        Failure::AnotherCard => "Another card is in the slot than the one it was ordered for. Nothing was done to it.".to_owned(),
        Failure::NoEffect => {
            "The camera says that it is done, but the card is as it was before. Start again; if this comes back, restart the camera.".to_owned()
        }
        Failure::Held => {
            "The card is in use and was not given back in time. Stop the applications that use it, and start again.".to_owned()
        }
        Failure::Passphrase { code } => format!("The camera refused the passphrase (error {code}). Order it with another one."),
        Failure::NoEncryption => "This camera cannot encrypt SD cards.".to_owned(),
    }
}

/// Jobs that are not listed any more.
#[must_use]
pub fn older(count: usize) -> String {
    if count == 1 { "One older job is not listed.".to_owned() } else { format!("{count} older jobs are not listed.") }
}
