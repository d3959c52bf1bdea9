//! The journal: what the desk did, in `jobs.json` of the folder that the camera keeps for the app, for what was interrupted
//! and for the history of later versions.
//!
//! It is written when a job comes, begins or ends, and at most once a minute when only what a job waits for changes; how
//! far one is in percent is not in it. Each write is whole or not at all: a new file, synced, renamed, and its folder
//! synced. The last 50 jobs are kept, over restarts and upgrades. A file that makes no sense costs the history and nothing
//! else; of a newer version's what can be read is kept.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::files;
use crate::jobs::{Board, Number, OnCamera, Ticket, Work};
use crate::snapshot::{Failure, Job, JobState, Note};

const FILE: &str = "jobs.json";
/// Grows when a later version could misread what this one writes.
const VERSION: u64 = 1;
/// So many jobs are kept.
const MOST: usize = 50;
/// What is longer is no journal of ours, in bytes.
const LONGEST: u64 = 256 << 10;
/// So long a step waits for being written down before it is begun; it is not what keeps a card from being erased.
const WRITES: Duration = Duration::from_secs(3);
/// Between two writes that tell of no more than another reason to wait, and after one that failed.
const REST: Duration = Duration::from_secs(60);

/// One job in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Absent in those of earlier starts.
    #[serde(skip)]
    number: Option<Number>,
    /// The job; how far it was is not kept.
    #[serde(flatten)]
    pub job: Job,
    /// The camera's own job that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_camera: Option<OnCamera>,
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
    written: watch::Sender<Vec<Line>>,
}

/// Sees what is in the journal.
#[derive(Debug, Clone)]
pub struct Record(watch::Receiver<Vec<Line>>);

impl Record {
    /// Waits until the journal says of a job that it runs, and which one of the camera's it is; for 3 s at most.
    pub async fn has(&mut self, ticket: &Ticket, on_camera: Option<&OnCamera>) {
        let number = Some(ticket.number());
        let says = |lines: &Vec<Line>| {
            let line = lines.iter().find(|line| line.number == number);
            line.is_some_and(|line| line.job.started.is_some() && line.on_camera.as_ref() == on_camera)
        };
        if tokio::time::timeout(WRITES, self.0.wait_for(says)).await.is_err() {
            log::warn!("jobs: the journal does not have what is begun now; going on without");
        }
    }
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

impl Line {
    /// What the journal keeps of a job.
    pub(super) fn of(number: Number, job: &Job, on_camera: Option<OnCamera>) -> Self {
        let mut job = job.clone();
        if let JobState::Running { percent, seconds_left, .. } = &mut job.state {
            (*percent, *seconds_left) = (None, None);
            job.updated = job.started.unwrap_or(job.created);
        }
        Self { number: Some(number), job, on_camera }
    }
}

impl Journal {
    /// Reads what is there; whatever that is, there is a journal afterwards.
    #[must_use]
    pub fn open(folder: &Path) -> Self {
        let earlier = match read(folder) {
            Ok(lines) => lines,
            Err(error) => {
                log::warn!("jobs: the journal cannot be read, so it begins anew: {error}");
                Vec::new()
            }
        };
        for line in earlier.iter().filter(|line| line.job.open()) {
            log::info!("jobs: {} had not ended when Camera-to-Cloud did", line.job.name);
        }
        Self { folder: folder.to_owned(), earlier, written: watch::channel(Vec::new()).0 }
    }

    /// What is in it, as it is written.
    #[must_use]
    pub fn record(&self) -> Record {
        Record(self.written.subscribe())
    }

    /// The jobs of earlier starts as they were left, the oldest first.
    #[must_use]
    pub fn earlier(&self) -> &[Line] {
        &self.earlier
    }

    /// The same as history: what had not ended was interrupted.
    #[must_use]
    pub fn history(&self) -> Vec<Job> {
        self.earlier.iter().map(|line| interrupted(line.clone()).job).collect()
    }

    /// Writes down what happens on the board, for as long as `tasks` live.
    pub fn keep_in(self, tasks: &mut JoinSet<()>, board: Board) {
        let kept: Work<()> = Box::pin(self.keep(board));
        tasks.spawn(kept);
    }

    async fn keep(mut self, mut board: Board) {
        self.earlier = self.earlier.into_iter().map(interrupted).collect();
        let mut written: Vec<Line> = Vec::new();
        let mut rest = Instant::now();
        let mut well = true;
        loop {
            let lines = board.lines();
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
                Ok(()) => {
                    _ = self.written.send_replace(lines.clone());
                    (written, well) = (lines, true);
                }
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
        tokio::task::spawn_blocking(move || files::replace(&folder, FILE, &text)).await?
    }
}

fn differ_in_more_than_a_reason(now: &[Line], before: &[Line]) -> bool {
    let fates = |lines: &[Line]| -> Vec<_> {
        lines.iter().map(|line| (line.number, word(&line.job.state), line.on_camera.clone())).collect()
    };
    fates(now) != fates(before)
}

fn read(folder: &Path) -> io::Result<Vec<Line>> {
    files::read(folder, FILE, LONGEST)?.map_or(Ok(Vec::new()), |text| parse(&text))
}

/// What can be read of a journal's text.
pub(crate) fn parse(text: &[u8]) -> io::Result<Vec<Line>> {
    let found: Value = serde_json::from_slice(text)?;
    let (Some(version), Some(jobs)) =
        (found.get("version").and_then(Value::as_u64), found.get("jobs").and_then(Value::as_array))
    else {
        return Err(io::Error::other("it is no journal"));
    };
    if version != VERSION {
        log::info!("jobs: the journal is of another version ({version}); what can be read of it is kept");
    }
    let lines: Vec<Line> = jobs.iter().filter_map(|job| Line::deserialize(job).ok()).collect();
    if lines.len() < jobs.len() {
        log::warn!("jobs: {} jobs in the journal cannot be read, and are left out", jobs.len() - lines.len());
    }
    Ok(lines)
}

/// What had not ended did so with the app.
fn interrupted(mut line: Line) -> Line {
    match line.job.state {
        JobState::Pending => (line.job.state, line.job.note) = (JobState::Cancelled, Some(Note::StepBefore)),
        JobState::Running { .. } => line.job.state = JobState::Failed { reason: Failure::Interrupted },
        JobState::Complete | JobState::Cancelled | JobState::Failed { .. } => {}
    }
    line
}
