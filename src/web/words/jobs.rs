//! The sentences of Device Jobs.

use std::borrow::Cow;

use crate::snapshot::{Job, JobState};
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
            let waits = waits_for.as_deref().map(|what| format!("Waits for: {}", foreign(what, 300)));
            let left = seconds_left.map(|seconds| format!("About {} left", span(seconds)));
            let parts: Vec<_> = waits.into_iter().chain(left).collect();
            (!parts.is_empty()).then(|| parts.join(" · "))
        }
        JobState::Failed { reason } if reason.trim().is_empty() => Some("It did not say why.".to_owned()),
        JobState::Failed { reason } => Some(foreign(reason, 300)),
        JobState::Pending | JobState::Complete | JobState::Cancelled => {
            job.note.as_deref().map(|note| foreign(note, 300)).filter(|note| !note.is_empty())
        }
    }
}

/// Jobs that are not listed any more.
#[must_use]
pub fn older(count: usize) -> String {
    if count == 1 { "One older job is not listed.".to_owned() } else { format!("{count} older jobs are not listed.") }
}
