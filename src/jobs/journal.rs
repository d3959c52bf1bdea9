//! The journal: what the desk did, in `jobs.json` of the folder that the camera keeps for the app, for what was interrupted
//! and for the history of later versions.
//!
//! It is written when a job comes, begins or ends, and at most once a minute when only what a job waits for changes; how
//! far one is in percent is not in it. Each write is whole or not at all: a new file, synced, renamed, and its folder
//! synced. The last 50 jobs are kept, over restarts and upgrades. A file that makes no sense costs the history and nothing
//! else; of a newer version's what can be read is kept.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::jobs::{Board, Work};
use crate::snapshot::{Job, JobState};

const FILE: &str = "jobs.json";
/// Grows when a later version could misread what this one writes.
const VERSION: u64 = 1;
/// So many jobs are kept.
const MOST: usize = 50;
/// What is longer is no journal of ours, in bytes.
const LONGEST: u64 = 256 << 10;
/// Between two writes that tell of no more than another reason to wait, and after one that failed.
const REST: Duration = Duration::from_secs(60);

/// One job in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// A word of [`word`], or `interrupted`: it had not ended when the app did.
    pub state: String,
    /// What it waits for, why it failed, or what is to be said of its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// RFC 3339, as the next two.
    pub created: String,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
}

#[derive(Serialize)]
struct Written<'a> {
    version: u64,
    jobs: &'a [Line],
}

/// The journal of one start of the app.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    earlier: Vec<Line>,
}

/// The state of a job in a word that stays the same in every version.
#[must_use]
pub fn word(state: &JobState) -> &'static str {
    match state {
        JobState::Pending => "pending",
        JobState::Running { .. } => "running",
        JobState::Complete => "complete",
        JobState::Cancelled => "cancelled",
        JobState::Failed { .. } => "failed",
    }
}

fn line(job: &Job) -> Line {
    let text = match &job.state {
        JobState::Running { waits_for, .. } => waits_for.clone(),
        JobState::Failed { reason } => Some(reason.clone()),
        JobState::Pending | JobState::Complete | JobState::Cancelled => job.note.clone(),
    };
    Line {
        name: job.name.clone(),
        state: word(&job.state).to_owned(),
        text: text.map(|text| text.chars().take(300).collect()),
        created: job.created.to_string(),
        started: job.started.map(|at| at.to_string()),
        finished: job.finished.map(|at| at.to_string()),
    }
}

impl Journal {
    /// Reads what is there; whatever that is, there is a journal afterwards.
    #[must_use]
    pub fn open(folder: &Path) -> Self {
        let earlier = match read(&folder.join(FILE)) {
            Ok(lines) => lines,
            Err(error) => {
                log::warn!("jobs: the journal cannot be read, so it begins anew: {error}");
                Vec::new()
            }
        };
        for line in earlier.iter().filter(|line| line.state == "running" || line.state == "pending") {
            log::info!("jobs: {} had not ended when Camera-to-Cloud did", line.name);
        }
        let interrupted = |mut line: Line| {
            if line.finished.is_none() {
                line.state = "interrupted".to_owned();
            }
            line
        };
        Self { folder: folder.to_owned(), earlier: earlier.into_iter().map(interrupted).collect() }
    }

    /// The jobs of earlier starts, the oldest first.
    #[must_use]
    pub fn earlier(&self) -> &[Line] {
        &self.earlier
    }

    /// Writes down what happens on the board, for as long as `tasks` live.
    pub fn keep_in(self, tasks: &mut JoinSet<()>, board: Board) {
        let kept: Work<()> = Box::pin(self.keep(board));
        tasks.spawn(kept);
    }

    async fn keep(self, mut board: Board) {
        let mut written: Vec<Line> = Vec::new();
        let mut rest = Instant::now();
        let mut well = true;
        loop {
            let jobs = board.jobs();
            let lines: Vec<_> = jobs.iter().rev().map(line).collect();
            // After a failure nothing is urgent.
            let due = if well && differ_in_more_than_a_reason(&lines, &written) { Instant::now() } else { rest };
            if lines == written || due > Instant::now() {
                let again = async {
                    if lines == written { std::future::pending().await } else { tokio::time::sleep_until(due).await }
                };
                tokio::select! {
                    open = board.changed() => if !open { return },
                    () = again => {}
                }
                continue;
            }
            let outcome = self.write(&lines).await;
            rest = Instant::now() + REST;
            match outcome {
                Ok(()) => (written, well) = (lines, true),
                Err(error) => {
                    if well {
                        log::warn!("jobs: the journal cannot be written, and is tried again each minute: {error}");
                    }
                    well = false;
                }
            }
        }
    }

    async fn write(&self, lines: &[Line]) -> io::Result<()> {
        let all: Vec<_> = self.earlier.iter().chain(lines).cloned().collect();
        let kept = all.get(all.len().saturating_sub(MOST)..).unwrap_or_default();
        let text = serde_json::to_vec(&Written { version: VERSION, jobs: kept })?;
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || replace(&folder, &text)).await?
    }
}

fn differ_in_more_than_a_reason(now: &[Line], before: &[Line]) -> bool {
    let fates =
        |lines: &[Line]| -> Vec<_> { lines.iter().map(|line| (line.created.clone(), line.state.clone())).collect() };
    fates(now) != fates(before)
}

/// Whole or not at all, also when the power goes.
fn replace(folder: &Path, text: &[u8]) -> io::Result<()> {
    let (file, new) = (folder.join(FILE), folder.join("jobs.json.new"));
    let mut written = File::create(&new)?;
    written.write_all(text)?;
    written.sync_all()?;
    fs::rename(&new, &file)?;
    File::open(folder)?.sync_all()
}

fn read(path: &Path) -> io::Result<Vec<Line>> {
    let mut text = Vec::new();
    match File::open(path) {
        Ok(file) => _ = file.take(LONGEST + 1).read_to_end(&mut text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    }
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > LONGEST {
        return Err(io::Error::other("it is too long"));
    }
    let found: Value = serde_json::from_slice(&text)?;
    let (Some(version), Some(jobs)) =
        (found.get("version").and_then(Value::as_u64), found.get("jobs").and_then(Value::as_array))
    else {
        return Err(io::Error::other("it is no journal"));
    };
    if version != VERSION {
        log::info!("jobs: the journal is of another version ({version}); what can be read of it is kept");
    }
    let lines: Vec<Line> = jobs.iter().filter_map(known).collect();
    if lines.len() < jobs.len() {
        log::warn!("jobs: {} jobs in the journal cannot be read, and are left out", jobs.len() - lines.len());
    }
    Ok(lines)
}

/// One job as it was written; members of later versions are left out.
fn known(job: &Value) -> Option<Line> {
    let text = |name| job.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Line {
        name: text("name")?,
        state: text("state")?,
        text: text("text"),
        created: text("created")?,
        started: text("started"),
        finished: text("finished"),
    })
}
