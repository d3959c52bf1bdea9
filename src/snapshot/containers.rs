//! Containers, as their engine tells of them.

use serde::Serialize;

use crate::clock::Timestamp;

/// What is known of the container engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "engine", rename_all = "snake_case")]
pub enum Containers {
    /// This camera has no engine for containers; a calm state.
    None,
    /// An engine is installed, but not running; with its own words where it has some.
    Stopped {
        /// How that shows.
        cause: StopCause,
        /// What the engine's application says of itself.
        hint: Option<String>,
    },
    /// It answers.
    Running {
        /// Such as `26.0.0`; absent where it does not tell.
        version: Option<String>,
        /// Every container, in the engine's order.
        list: Vec<Container>,
    },
}

/// How it shows that an engine does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// The engine's application is installed and stopped.
    ApplicationStopped,
    /// The engine's application runs, but its engine does not, or opens no socket.
    NoSocket,
    /// A socket is left behind, and nobody listens on it.
    NobodyListens,
}

/// One container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Container {
    /// The engine's id, 64 hexadecimal digits.
    pub id: String,
    /// Without the leading slash.
    pub name: String,
    /// The image as the container was made from it.
    pub image: String,
    /// What the engine says.
    pub state: ContainerState,
    /// Whether the engine told more than its list; if not, what follows is unknown.
    pub detailed: bool,
    /// Since when it runs; absent while it does not.
    pub started: Option<Timestamp>,
    /// When it ended last.
    pub finished: Option<Timestamp>,
    /// How it ended last; absent while it runs.
    pub exit_code: Option<i64>,
    /// It was ended for want of memory.
    pub out_of_memory: bool,
    /// Why it could not be started, in the engine's words.
    pub start_error: Option<String>,
    /// How often its restart policy started it again.
    pub restarts: u64,
    /// `healthy`, `unhealthy` or `starting`; absent without a health check.
    pub health: Option<String>,
}

/// The state of a container: an open set, since engines differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerState {
    /// Made, never started.
    Created,
    /// Runs.
    Running,
    /// Halted, its processes kept.
    Paused,
    /// Is being started again by its policy.
    Restarting,
    /// Ended.
    Exited,
    /// Is being removed.
    Removing,
    /// Defunct: could not be removed whole.
    Dead,
    /// A word that this version does not know, as it came.
    Other(String),
}
