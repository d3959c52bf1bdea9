//! The sentences of Device Jobs.

use std::borrow::Cow;

use crate::snapshot::{Failure, Job, JobState, Note, Wait};
use crate::web::words::preparation::capitalised;
use crate::web::words::{account, foreign, span};

/// The title of the widget.
pub const TITLE: &str = "Device Jobs";
/// Nothing has been done yet.
pub const NONE_YET: &str = "No jobs yet. What Camera-to-Cloud does to this camera, such as preparing its SD card, will \
                            be listed here.";
/// The fold of the jobs of earlier starts.
pub const BEFORE: &str = "Before the last restart";
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
        JobState::Failed { reason: Failure::Interrupted } => "Interrupted".into(),
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
        JobState::Failed { reason: Failure::Interrupted } => {
            "It was under way when Camera-to-Cloud or the camera restarted."
        }
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
        JobState::Failed { reason } => Some(failure(reason).into_owned()),
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
        Wait::NotToBePrepared => "another SD card: this one is not as it should be, and is not to be prepared",
        Wait::ChoosePassphrase => "a decision whether to keep or erase the SD card: somebody else encrypted it",
        Wait::ChooseContent => "a decision whether to keep or erase the SD card: it has content",
        Wait::ChooseClaim => "a decision whether to keep or erase the SD card: somebody else used it last",
        Wait::Kept => "another SD card: this one is kept as it is",
        Wait::WouldFormat => "a decision whether to keep or erase the SD card: the camera would format it to mount it",
        Wait::Interrupted => "an order to start again: preparing the SD card was interrupted",
        Wait::MountFailed => "an order to start again: the camera did not mount the SD card",
        Wait::Stopped => "an order to start again: a step of preparing the SD card failed",
        Wait::Cancelled => "an order to start again: preparing the SD card was cancelled",
        Wait::CameraBusy => "the camera to finish what it is doing to the SD card",
        Wait::Preparing => "the SD card, which is being prepared",
        Wait::Sealed => "a passphrase from the portal that is for this camera’s key",
        Wait::NotWritable => "an SD card that keeps what is written: a test file could not be written and read back",
    }
}

/// What is to be said of an end that was no failure.
#[must_use]
pub fn note(note: Note) -> &'static str {
    match note {
        Note::NotProbed => "Not probed: no claim. The card was only looked at; nothing was written to it.",
        Note::Probed => "Probed: a test file was written to the card, read back and deleted.",
        Note::NoSlot => "This camera has no slot for an SD card.",
        Note::Followed => "It went on while Camera-to-Cloud was restarting, and was followed to its end.",
        Note::NotNeeded => "It was not needed.",
        Note::StepBefore => "Not begun, since an earlier step did not end well.",
        Note::ByOrder => "An administrator cancelled it.",
        Note::Locked => "The camera has the card’s passphrase no more. Nothing on the card was changed.",
    }
}

/// Why a job failed, and what to do.
#[must_use]
pub fn failure(why: &Failure) -> Cow<'static, str> {
    match why {
        Failure::Broken => "It broke off because of an error in Camera-to-Cloud. Start again.".into(),
        Failure::TooLong => "It took too long without a sign of life. Start again.".into(),
        Failure::Closing => "Camera-to-Cloud was about to end. Start again.".into(),
        Failure::Interrupted => "Interrupted: Camera-to-Cloud or the camera restarted.".into(),
        Failure::Refused { words } => {
            let what_to_do = "Look whether something else is working on the card, then start again.";
            told("The camera refused it", words, what_to_do).into()
        }
        Failure::Declined { words } => {
            let what_to_do = "Start again; if it fails once more, use another card.";
            told("The camera could not do it", words, what_to_do).into()
        }
        Failure::Unanswered { words } => {
            let start = "The camera gave no clear answer, so nobody knows whether it was done";
            told(start, words, "Look at the card’s status, then start again.").into()
        }
        Failure::Vanished => {
            "The camera has forgotten it, so nobody knows how it ended. Look at the card’s status, then start again."
                .into()
        }
        Failure::StillRunning => {
            "Given up since nothing changed for too long, but the camera is still at it. The card is left alone until \
             that ends."
                .into()
        }
        Failure::Pulled => "The card was taken out. Put it back, then order it again.".into(),
        Failure::AnotherCard => "Another card is in the slot now. Nothing was done to that one.".into(),
        Failure::NoEffect => {
            "The camera says that it is done, but the card is as it was. Start again; if that does not help, restart \
             the camera."
                .into()
        }
        Failure::Held => {
            "Something on the camera still uses the card. Stop the applications that use it, then start again.".into()
        }
        Failure::Passphrase { code } => {
            format!("The camera refused the passphrase (error {code}). Prepare the card with another one.").into()
        }
        Failure::SwitchedOff { words } => {
            let start = "The camera gave up the passphrase that it had, and refused the new one";
            told(start, words, "Until it gets one, it opens no encrypted card: prepare the card once more.").into()
        }
        Failure::NoEncryption => "This camera cannot encrypt SD cards, so the card is left as it is.".into(),
        Failure::Account { why, words } => {
            told(&capitalised(account::trouble(*why)), words, account::remedy(*why)).into()
        }
    }
}

/// A sentence with the camera's own words in it, and what to do.
fn told(start: &str, words: &str, what_to_do: &str) -> String {
    let words = foreign(words, 200);
    match words.trim_end_matches('.') {
        "" => format!("{start}. {what_to_do}"),
        words => format!("{start}: {words}. {what_to_do}"),
    }
}

/// How many were interrupted.
#[must_use]
pub fn interrupted(count: usize) -> String {
    format!("{count} interrupted")
}

/// That there are more jobs than are listed.
#[must_use]
pub fn older(count: usize) -> String {
    if count == 1 { "One older job is not listed.".to_owned() } else { format!("{count} older jobs are not listed.") }
}
