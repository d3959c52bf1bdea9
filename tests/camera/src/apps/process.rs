//! The process of one application: started in its folder with the reduced environment, natively or under QEMU by the
//! ELF header, restarted by its runMode, ended by SIGTERM and then SIGKILL.
//!
//! The process gets a group of its own, and the whole group ends with it (as with a systemd unit). The 14 s until
//! SIGKILL are from a comment in a public application of the vendor; the pause before a restart (0.2 s, doubling to
//! 5 s) is a **guess**.

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::journal::Journal;
use super::manifest::RunMode;
use crate::leftovers::note;
use crate::programs;

/// First and longest pause before a restart.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// How long the rest of a dead process's output is waited for.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What a file is to the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// With `e_machine` of its header.
    Elf(u16),
    /// Begins with `#!`.
    Script,
    /// Exec format error.
    Other,
}

/// Reads the first bytes of a program.
pub(crate) fn format_of(program: &Path) -> io::Result<Format> {
    let mut head = [0_u8; 20];
    let mut file = std::fs::File::open(program)?;
    let mut filled = 0;
    while let Some(rest) = head.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(match head {
        [0x7f, b'E', b'L', b'F', .., low, high] => Format::Elf(u16::from_le_bytes([low, high])),
        [b'#', b'!', ..] => Format::Script,
        _ => Format::Other,
    })
}

/// All that a start needs.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) folder: PathBuf,
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) run_mode: RunMode,
    /// Between SIGTERM and SIGKILL.
    pub(crate) patience: Duration,
    /// The state folder, where process ids are noted.
    pub(crate) state: PathBuf,
}

/// An application that was started and not stopped; between two runs there is no process.
#[derive(Debug)]
pub(crate) struct Running {
    stop: CancellationToken,
    ended: CancellationToken,
    pid: watch::Receiver<Option<u32>>,
    exit: watch::Receiver<Option<ExitStatus>>,
    task: JoinHandle<()>,
}

/// Kills a whole process group when it goes.
struct Group(Pid);

impl Drop for Group {
    fn drop(&mut self) {
        // No such group: all of it has ended already.
        let _ = kill_process_group(self.0, Signal::KILL);
    }
}

struct Process {
    child: Child,
    group: Group,
    pid: u32,
    readers: [JoinHandle<()>; 2],
}

impl Launch {
    fn spawn(&self, journal: &Arc<Journal>) -> io::Result<Process> {
        let mut command = programs::command(&self.program);
        command.args(&self.arguments).current_dir(&self.folder).envs(self.environment.iter().cloned());
        command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let gone = || io::Error::other("ended at once");
        let pid = child.id().ok_or_else(gone)?;
        let group = Group(i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or_else(gone)?);
        note(&self.state, pid)?;
        let (out, err) = (child.stdout.take().ok_or_else(gone)?, child.stderr.take().ok_or_else(gone)?);
        let (for_out, for_err) = (Arc::clone(journal), Arc::clone(journal));
        let readers = [
            tokio::spawn(async move { for_out.follow(pid, out).await }),
            tokio::spawn(async move { for_err.follow(pid, err).await }),
        ];
        Ok(Process { child, group, pid, readers })
    }

    /// Starts the first process and what looks after it.
    pub(crate) fn start(self, journal: Arc<Journal>) -> io::Result<Running> {
        let first = self.spawn(&journal)?;
        let stop = CancellationToken::new();
        let (pid_sender, pid) = watch::channel(Some(first.pid));
        let (exit_sender, exit) = watch::channel(None);
        let ended = CancellationToken::new();
        let (told, at_end) = (stop.clone(), ended.clone().drop_guard());
        let task = tokio::spawn(async move {
            supervise(self, first, journal, told, &pid_sender, &exit_sender).await;
            pid_sender.send_replace(None);
            drop(at_end);
        });
        Ok(Running { stop, ended, pid, exit, task })
    }
}

async fn supervise(
    launch: Launch,
    first: Process,
    journal: Arc<Journal>,
    stop: CancellationToken,
    pid: &watch::Sender<Option<u32>>,
    exit: &watch::Sender<Option<ExitStatus>>,
) {
    let mut process = first;
    let mut pause = PAUSES.0;
    loop {
        let begun = Instant::now();
        pid.send_replace(Some(process.pid));
        let status = run(process, &launch, &stop).await;
        pid.send_replace(None);
        exit.send_replace(status);
        let again = match launch.run_mode {
            RunMode::Respawn => true,
            RunMode::RespawnOnFailure => !status.is_some_and(|status| status.success()),
            RunMode::Once | RunMode::Never => false,
        };
        if !again || stop.is_cancelled() {
            return;
        }
        if begun.elapsed() > Duration::from_secs(10) {
            pause = PAUSES.0;
        }
        process = loop {
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
            pause = (pause * 2).min(PAUSES.1);
            match launch.spawn(&journal) {
                Ok(process) => break process,
                Err(error) => log::warn!("{}: cannot be started again: {error}", launch.program.display()),
            }
        };
    }
}

/// One process until it has ended by itself or by order.
async fn run(process: Process, launch: &Launch, stop: &CancellationToken) -> Option<ExitStatus> {
    let Process { mut child, group, readers, .. } = process;
    let status = tokio::select! {
        status = child.wait() => status.ok(),
        () = stop.cancelled() => {
            let _ = kill_process_group(group.0, Signal::TERM);
            match tokio::time::timeout(launch.patience, child.wait()).await {
                Ok(status) => status.ok(),
                Err(_) => {
                    log::warn!("{}: still there {:?} after SIGTERM, killed", launch.program.display(), launch.patience);
                    let _ = kill_process_group(group.0, Signal::KILL);
                    child.wait().await.ok()
                }
            }
        }
    };
    drop(group);
    for mut reader in readers {
        if tokio::time::timeout(LAST_WORDS, &mut reader).await.is_err() {
            reader.abort();
        }
    }
    status
}

impl Running {
    /// The process, if there is one now.
    pub(crate) fn pid(&self) -> Option<u32> {
        *self.pid.borrow()
    }

    /// Follows the process.
    pub(crate) fn pids(&self) -> watch::Receiver<Option<u32>> {
        self.pid.clone()
    }

    /// How the last process ended.
    pub(crate) fn last_exit(&self) -> Option<ExitStatus> {
        *self.exit.borrow()
    }

    /// Whether it runs or will be restarted.
    pub(crate) fn is_on(&self) -> bool {
        !self.ended.is_cancelled()
    }

    /// Is cancelled when nothing will run any more.
    pub(crate) fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }

    /// Ends it and waits for that.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        // A panic of the supervisor dropped its group, which is then dead as well.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
        if self.task.is_finished() {
            return;
        }
        // Nobody waits for a soft end any more: dropping the supervisor kills the group.
        self.task.abort();
        if let Some(pid) = self.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}
