//! What is said of a reading that was lost: what happened, and what to do, by the stable word of the fault. The line
//! with what was asked and what came instead is the source's own: evidence, and no sentence.

use crate::snapshot::Fault;

/// What happened.
#[must_use]
pub fn meaning(fault: &Fault) -> &'static str {
    match (fault.kind, fault.status) {
        ("unreachable", _) => "Nothing accepts the connection.",
        ("late", _) => "There was no answer in time.",
        ("cut", _) => "The answer broke off.",
        ("no-account", _) => "The camera gave Camera-to-Cloud no service account to ask with.",
        ("unauthorized", _) => "The camera refuses the service account that it gave.",
        ("refused", Some(403)) => "The camera does not let the service account read it.",
        ("refused", Some(404)) => "The camera does not have it.",
        ("refused", Some(500..)) => "The camera failed to answer.",
        ("refused", _) => "The question was refused.",
        ("declined", _) => "The camera answered with an error of its own.",
        ("huge", _) => "The answer is larger than any that makes sense.",
        ("garbled", _) => "The answer makes no sense to Camera-to-Cloud.",
        ("missing", _) => "The socket of the container engine is not there.",
        ("not-allowed", _) => "Camera-to-Cloud may not open the socket of the container engine.",
        ("barred" | "not-ready", _) => "The storage is in use or about to go.",
        ("bus", _) => "The camera’s system bus failed.",
        ("gone" | "library" | "start" | "started" | "bad-name" | "inconsistent", _) => {
            "A library of the camera that Camera-to-Cloud needs failed."
        }
        _ => "",
    }
}

/// What to do about a fault of this kind.
#[must_use]
pub fn remedy(kind: &str) -> &'static str {
    match kind {
        "unreachable" | "late" | "cut" => {
            "The camera may be busy or restarting. It is asked again automatically; if this lasts for ten minutes, restart the camera."
        }
        "no-account" | "unauthorized" | "bus" => {
            "Restart Camera-to-Cloud on the camera’s Apps page; if that does not help, restart the camera."
        }
        "refused" | "declined" => {
            "It is asked again automatically; if this still happens after the camera was restarted, give the line below to support."
        }
        "huge" | "garbled" => {
            "It is asked again automatically; if this lasts, update Camera-to-Cloud, and give the line below to support."
        }
        "missing" => "Check on the camera’s Apps page that the application to which the engine belongs is running.",
        "not-allowed" => {
            "Docker Daemon with Compose opens it to other applications when its parameter IPCSocket is set to yes on the camera’s Apps page; Docker Daemon alone never does."
        }
        "barred" | "not-ready" => "It is looked at again automatically.",
        "gone" | "library" | "start" | "started" | "bad-name" | "inconsistent" => {
            "Restart Camera-to-Cloud on the camera’s Apps page."
        }
        _ => {
            "It is asked again automatically. If this lasts, restart the camera; if it comes back, give the line below to support."
        }
    }
}
