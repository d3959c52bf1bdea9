//! What is said of containers and their engine.

use std::borrow::Cow;

use super::{NOT_TOLD, foreign};
use crate::snapshot::{Container, ContainerState, StopCause};

/// Before how long a container has run.
pub const RUNS_FOR: &str = "for";
/// Where there is no engine: a calm state, most cameras have none.
pub const NO_ENGINE: &str = "This camera has no container engine.";
/// Where the engine listed a container and told no more of it.
pub const NO_DETAILS: &str =
    "The engine lists it, but its details could not be read: they are asked for again while somebody looks.";

/// An engine that does not run.
#[must_use]
pub fn engine_stopped(cause: StopCause) -> &'static str {
    match cause {
        StopCause::ApplicationStopped => {
            "The container engine's application is stopped. It can be started on the camera's Apps page."
        }
        StopCause::NoSocket => "The container engine's application runs, but there is no engine to talk to.",
        StopCause::NobodyListens => "The container engine has ended and left its socket behind.",
    }
}

/// What the engine's application says of itself, such as `3 TLS CERT MISSING`, and what to do about it.
#[must_use]
pub fn engine_hint(hint: &str) -> &'static str {
    match hint.split_whitespace().next() {
        Some("-1") => "It has not started an engine yet.",
        Some("0") => "It has just started its engine.",
        Some("1") => "It has stopped its engine.",
        Some("2") => "Its engine failed; the camera's log says why.",
        Some("3") => {
            "It waits for TLS certificates and starts no engine without. Set its parameter TCPSocket to no (and IPCSocket \
             to yes) where no other computer has to reach it."
        }
        Some("4") => "Neither of its sockets is wanted: set its parameter IPCSocket to yes.",
        Some("5") => "It keeps its data on the SD card, and there is none.",
        Some("6") => "It keeps its data on the SD card, and cannot use that file system: format the card as ext4.",
        Some("7") => "It keeps its data on the SD card, and may not write there.",
        _ => "It says:",
    }
}

/// Which engine it is.
#[must_use]
pub fn engine_version(version: &str) -> String {
    format!("Engine version {version}")
}

/// The counts of containers, such as “3 running, 1 paused”.
#[must_use]
pub fn container_counts(list: &[Container]) -> String {
    let count = |wanted: fn(&ContainerState) -> bool| list.iter().filter(|one| wanted(&one.state)).count();
    let parts = [
        (count(|state| *state == ContainerState::Running), "running"),
        (count(|state| *state == ContainerState::Paused), "paused"),
        (count(|state| *state == ContainerState::Restarting), "restarting"),
        (count(|state| *state == ContainerState::Created), "created"),
        (count(|state| *state == ContainerState::Exited), "exited"),
        (count(|state| *state == ContainerState::Removing), "being removed"),
        (count(|state| *state == ContainerState::Dead), "dead"),
        (count(|state| matches!(state, ContainerState::Other(_))), "other"),
    ];
    let told: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if told.is_empty() { "The engine runs and has no containers.".to_owned() } else { told.join(", ") }
}

/// The state of a container in a word, in the product's seven or as it came.
#[must_use]
pub fn container_state(state: &ContainerState) -> Cow<'static, str> {
    match state {
        ContainerState::Created => "Created".into(),
        ContainerState::Running => "Running".into(),
        ContainerState::Paused => "Paused".into(),
        ContainerState::Restarting => "Restarting".into(),
        ContainerState::Exited => "Exited".into(),
        ContainerState::Removing => "Removing".into(),
        ContainerState::Dead => "Dead".into(),
        ContainerState::Other(word) if word.trim().is_empty() => NOT_TOLD.into(),
        ContainerState::Other(word) => foreign(word, 60).into(),
    }
}

/// What the state of a container means.
#[must_use]
pub fn container_meaning(one: &Container) -> &'static str {
    match &one.state {
        ContainerState::Created if one.start_error.is_some() => "The container could not be started.",
        ContainerState::Created => "The container was made and has never been started.",
        ContainerState::Running if one.health.as_deref() == Some("unhealthy") => {
            "The container runs, but fails its own health check."
        }
        ContainerState::Running => "The container runs.",
        ContainerState::Paused => "The container is halted and keeps its memory until somebody lets it go on.",
        ContainerState::Restarting => "The container ends again and again, and its restart policy starts it anew.",
        ContainerState::Exited if one.out_of_memory => "The container was ended since memory ran out.",
        ContainerState::Exited if one.start_error.is_some() => "The container could not be started again.",
        ContainerState::Exited if !one.detailed => "The container has ended.",
        ContainerState::Exited if ended_well(one.exit_code) => "The container has ended and is not started again.",
        ContainerState::Exited => "The container has ended with an error and is not started again.",
        ContainerState::Removing => "The container is being removed. If it stays so, restart the engine.",
        ContainerState::Dead => "The container could not be removed wholly. Restart the engine, then remove it again.",
        ContainerState::Other(_) => "The engine uses a word for this state that Camera-to-Cloud does not know.",
    }
}

/// An exit code that is no error: the end of its work, or the answer to somebody who ended it.
#[must_use]
pub fn ended_well(code: Option<i64>) -> bool {
    matches!(code, None | Some(0 | 130 | 137 | 143))
}

/// An exit code, and what it usually means.
#[must_use]
pub fn exit_code(code: i64) -> String {
    let meaning = match code {
        0 => "ended by itself, without an error",
        125 => "the engine itself failed",
        126 => "its program cannot be executed",
        127 => "its program was not found",
        130 => "interrupted",
        134 => "it aborted itself",
        137 => "ended at once, by somebody or for want of memory",
        139 => "it accessed memory that it does not have",
        143 => "ended when asked to",
        _ => return code.to_string(),
    };
    format!("{code} ({meaning})")
}

/// The outcome of a container's own health check.
#[must_use]
pub fn health(word: &str) -> Cow<'_, str> {
    match word {
        "healthy" => "Healthy".into(),
        "unhealthy" => "Unhealthy: its last checks failed".into(),
        "starting" => "Starting: not decided yet".into(),
        other => foreign(other, 60).into(),
    }
}

/// What the engine's words of an error are about.
#[must_use]
pub fn error_label(state: &ContainerState) -> &'static str {
    match state {
        ContainerState::Dead | ContainerState::Removing => "Removal failed",
        _ => "Start failed",
    }
}
