//! The forms of the engine's answers, read leniently: whatever an engine leaves out or calls otherwise, no container
//! hides the others, and no word is longer than it needs to be.
//!
//! Recorded from Docker 20.10 (interface 1.41), Docker 26.1 (1.45, the cameras' one) and Podman 4.3, which differ: Podman
//! has a state `stopped`, always an object `Health`, and no health in its list. The list is not the whole truth: a
//! container that could not be started is listed as `created`, a dead one as `removing`, and an image whose name was
//! given to another one as a mere hash.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::snapshot::{Container, ContainerState, cut};

/// No camera has so many; any application may play the engine, and could fill the app's memory.
const MOST: usize = 200;
/// Longest name or image that is kept, in characters.
const NAME_CHARS: usize = 200;
/// Longest sentence of the engine that is kept, in characters.
const SENTENCE_CHARS: usize = 600;
/// Longest word of a state that is kept, in characters.
const WORD_CHARS: usize = 40;

/// A container as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: String,
    name: String,
    image: String,
    state: String,
    status: String,
}

/// What only a container's own answer tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Details {
    image: Option<String>,
    state: String,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
    exit_code: Option<i64>,
    out_of_memory: bool,
    error: Option<String>,
    restarts: u64,
    health: Option<String>,
}

/// The minor number of a version such as `1.45`.
pub(super) fn minor(version: &str) -> Option<u32> {
    version.trim().strip_prefix("1.")?.parse().ok()
}

/// `26.1.5` of `Docker/26.1.5 (linux)`.
pub(super) fn engine_version(server: &str) -> Option<String> {
    let (_, rest) = server.split_once('/')?;
    let version = rest.split_whitespace().next()?;
    Some(cut(version, WORD_CHARS))
}

/// The engine's words in an answer that is none: `message` of an object, or the text as it is.
pub(super) fn message(body: &[u8]) -> String {
    let told = serde_json::from_slice::<Value>(body).ok().and_then(|value| text(&value, "message").map(str::to_owned));
    cut(told.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned()).trim(), SENTENCE_CHARS)
}

/// The value of a parameter in the answer of `param.cgi`, such as `root.X.Status=3 TLS CERT MISSING`.
pub(super) fn status_parameter(answer: &str) -> Option<String> {
    let line = answer.lines().find(|line| !line.starts_with('#') && line.contains(".Status="))?;
    let (_, value) = line.split_once('=')?;
    Some(cut(value.trim(), WORD_CHARS)).filter(|value| !value.is_empty())
}

/// The list of containers.
pub(super) fn list(body: &[u8]) -> Result<Vec<Listed>, String> {
    let entries: Vec<Value> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if entries.len() > MOST {
        return Err(format!("{} containers, and at most {MOST} are believed", entries.len()));
    }
    Ok(entries.iter().map(listed).collect())
}

fn listed(entry: &Value) -> Listed {
    let of = |key| text(entry, key).unwrap_or_default();
    let names = entry.get("Names").and_then(Value::as_array);
    // A link adds names such as `/other/alias`; the own name is the one without a folder.
    let own = |name: &&str| !name.trim_start_matches('/').contains('/');
    let mut names = names.into_iter().flatten().filter_map(Value::as_str);
    let first = names.clone().next();
    let name = names.find(own).or(first).unwrap_or_default().trim_start_matches('/');
    let id = cut(of("Id"), NAME_CHARS);
    Listed {
        name: if name.is_empty() { id.chars().take(12).collect() } else { cut(name, NAME_CHARS) },
        image: cut(of("Image"), NAME_CHARS),
        state: cut(of("State"), WORD_CHARS).to_ascii_lowercase(),
        status: cut(of("Status"), NAME_CHARS),
        id,
    }
}

impl Listed {
    /// Whether the id can stand in a path: hexadecimal digits, as every engine's ids are.
    pub(super) fn can_be_asked(&self) -> bool {
        !self.id.is_empty() && self.id.chars().all(|c| c.is_ascii_alphanumeric())
    }

    /// What changes in the list when the details do: id, state and the status without its running numbers. None where
    /// details change unseen: in the first minute after a change, and in states that hide the truth.
    pub(super) fn key(&self) -> Option<String> {
        let steady = matches!(self.state.as_str(), "running" | "paused" | "exited");
        if !steady || self.status.contains("second") {
            return None;
        }
        let mut depth = 0_u32;
        let steady = self.status.chars().filter(|c| {
            match c {
                '(' => depth = depth.saturating_add(1),
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth > 0 || !c.is_ascii_digit()
        });
        Some(format!("{} {} {}", self.id, self.state, steady.collect::<String>()))
    }

    /// The container, of the list and its details; without details, what the list alone tells.
    pub(super) fn with(&self, details: Option<&Details>) -> Container {
        let known = details.cloned().unwrap_or_default();
        let word = if self.state == "removing" && known.state == "dead" { "dead" } else { &self.state };
        let state = state(word);
        let runs = matches!(state, ContainerState::Running | ContainerState::Paused);
        let began = known.started.is_some() || known.error.is_some() || known.finished.is_some();
        Container {
            detailed: details.is_some(),
            id: self.id.clone(),
            name: self.name.clone(),
            image: known.image.unwrap_or_else(|| self.image.clone()),
            started: known.started.filter(|_| runs),
            finished: known.finished,
            exit_code: known.exit_code.filter(|_| !runs && began),
            out_of_memory: known.out_of_memory,
            start_error: known.error,
            restarts: known.restarts,
            health: known.health,
            state,
        }
    }
}

/// A container's own answer.
pub(super) fn details(body: &[u8]) -> Result<Details, String> {
    let whole: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let state = whole.get("State").ok_or("a container without State")?;
    let filled = |text: &&str| !text.is_empty();
    let health = state.get("Health").and_then(|health| text(health, "Status"));
    let image = whole.get("Config").and_then(|config| text(config, "Image"));
    Ok(Details {
        image: image.filter(filled).map(|image| cut(image, NAME_CHARS)),
        state: text(state, "Status").unwrap_or_default().to_ascii_lowercase(),
        started: moment(state, "StartedAt"),
        finished: moment(state, "FinishedAt"),
        exit_code: state.get("ExitCode").and_then(Value::as_i64),
        out_of_memory: state.get("OOMKilled").and_then(Value::as_bool).unwrap_or_default(),
        error: text(state, "Error").map(str::trim).filter(filled).map(|error| cut(error, SENTENCE_CHARS)),
        restarts: whole.get("RestartCount").and_then(Value::as_u64).unwrap_or_default(),
        health: health.filter(|word| !["", "none"].contains(word)).map(|word| cut(word, WORD_CHARS)),
    })
}

/// A moment; the engines write the first day of the year 1 for never.
fn moment(of: &Value, key: &str) -> Option<Timestamp> {
    Timestamp::from_rfc3339(text(of, key)?).filter(|moment| *moment > Timestamp::from_unix(0))
}

fn text<'a>(of: &'a Value, key: &str) -> Option<&'a str> {
    of.get(key).and_then(Value::as_str)
}

fn state(word: &str) -> ContainerState {
    match word {
        "created" => ContainerState::Created,
        "running" => ContainerState::Running,
        "paused" => ContainerState::Paused,
        "restarting" => ContainerState::Restarting,
        "exited" => ContainerState::Exited,
        "removing" => ContainerState::Removing,
        "dead" => ContainerState::Dead,
        other => ContainerState::Other(other.to_owned()),
    }
}

#[cfg(test)]
mod tests;
