//! What is said of containers and their engine.

use std::borrow::Cow;

use super::labels::AGO;
use super::{NOT_TOLD, counts, foreign};
use crate::snapshot::{Container, ContainerState, StopCause};

/// Where there is no engine: a calm state, most cameras have none.
pub const NO_ENGINE: &str = "This camera has no container engine.";
/// Where the engine listed a container and told no more of it.
pub const NO_DETAILS: &str =
    "The engine lists it, but its details could not be read. They are requested again while this page is open.";

/// An engine that does not run.
#[must_use]
pub fn engine_stopped(cause: StopCause) -> &'static str {
    match cause {
        StopCause::ApplicationStopped => {
            "The container engine's application is stopped. It can be started on the camera's Apps page."
        }
        StopCause::NoSocket => "The container engine's application is running, but no engine answers.",
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
            "It is waiting for TLS certificates and starts no engine without them. Set its parameter TCPSocket to no (and \
             IPCSocket to yes) if no other computer needs to reach it."
        }
        Some("4") => "Both of its sockets are switched off: set its parameter IPCSocket to yes.",
        Some("5") => "It keeps its data on the SD card, but there is no card.",
        Some("6") => "It keeps its data on the SD card, but cannot use its file system: format the card as ext4.",
        Some("7") => "It keeps its data on the SD card, but is not allowed to write to it.",
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
    let states = [
        (ContainerState::Running, "running"),
        (ContainerState::Paused, "paused"),
        (ContainerState::Restarting, "restarting"),
        (ContainerState::Created, "created"),
        (ContainerState::Exited, "exited"),
        (ContainerState::Removing, "being removed"),
        (ContainerState::Dead, "dead"),
    ];
    let told = counts(list.iter().map(|one| &one.state), &states);
    told.unwrap_or_else(|| "The engine is running and has no containers.".to_owned())
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

/// What stands before and after the time since a container was started: a paused one has not run all that time, and no
/// engine tells since when it is paused.
#[must_use]
pub fn since_start(state: &ContainerState) -> (&'static str, &'static str) {
    match state {
        ContainerState::Paused => ("started", AGO),
        _ => ("for", ""),
    }
}

/// What the state of a container means.
#[must_use]
pub fn container_meaning(one: &Container) -> &'static str {
    match &one.state {
        ContainerState::Created if one.start_error.is_some() => "The container could not be started.",
        ContainerState::Created => "The container was made and has never been started.",
        ContainerState::Running if one.health.as_deref() == Some("unhealthy") => {
            "The container is running, but fails its own health check."
        }
        ContainerState::Running => "The container is running.",
        ContainerState::Paused => "The container is paused: its processes are frozen until somebody resumes it.",
        ContainerState::Restarting => "The container keeps ending, and its restart policy keeps starting it again.",
        ContainerState::Exited if one.out_of_memory => "The container was killed because memory ran out.",
        ContainerState::Exited if one.start_error.is_some() => "The container could not be started again.",
        ContainerState::Exited if !one.detailed => "The container has ended.",
        ContainerState::Exited if ended_well(one.exit_code) => "The container has ended and will not be started again.",
        ContainerState::Exited => "The container has ended with an error and will not be started again.",
        ContainerState::Removing => "The container is being removed. If this lasts, restart the engine.",
        ContainerState::Dead => {
            "The container could not be removed completely. Restart the engine, then remove it again."
        }
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
        0 => "ended on its own, without an error",
        125 => "the engine itself failed",
        126 => "its program cannot be executed",
        127 => "its program was not found",
        130 => "interrupted",
        134 => "it aborted itself",
        137 => "killed, by somebody or because memory ran out",
        139 => "it accessed memory that is not its own",
        143 => "ended on request",
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
        "starting" => "Starting: no result yet".into(),
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
