//! Nothing that a camera started outlives it, even if it is killed and can end nothing any more.
//!
//! Every process that leads a group is noted in `STATE/pids`. A [`Guard`] holds the end of a pipe whose other end is in
//! this process alone: when that closes, whatever the reason, it kills what is still noted. What even the guard missed
//! (the machine's end, say) is cleared at the next start on the same state. A number may long be another process's, so
//! only those are killed that work in the state folder.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

use crate::programs;

/// Waits for the end of its input, then does what [`clear`] does. A program of its own, as it must outlive this one; in
/// the shell, as the tests that hold a camera are no program that could be called again.
const GUARD: &str = r#"
cat >/dev/null
[ -e "$1/pids" ] || exit 0
while read -r pid; do
  case $(readlink "/proc/$pid/cwd") in
    "$1" | "$1"/*) kill -s KILL -- "-$pid" ;;
  esac
done <"$1/pids"
"#;

/// Kills what was started when this process is no more.
#[derive(Debug)]
pub(crate) struct Guard(Child);

impl Guard {
    /// Watches over a state folder, given without links.
    pub(crate) fn over(state: &Path) -> io::Result<Self> {
        let mut command = programs::command("/bin/sh");
        command.args(["-c", GUARD, "guard"]).arg(state).stdin(Stdio::piped());
        // In a group of its own, so that Ctrl-C reaches us alone.
        command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map(Self)
    }

    /// Ends it; called when all has ended and is forgotten.
    pub(crate) async fn end(mut self) {
        drop(self.0.stdin.take());
        // Nothing can be done about a shell that cannot be waited for.
        let _ = self.0.wait().await;
    }
}

/// Notes the leader of a process group.
pub(crate) fn note(state: &Path, pid: u32) -> io::Result<()> {
    let mut noted = OpenOptions::new().create(true).append(true).open(pids(state))?;
    writeln!(noted, "{pid}")
}

/// Nothing noted is running any more.
pub(crate) fn forget(state: &Path) {
    // Not there: nothing was ever started.
    let _ = std::fs::remove_file(pids(state));
}

fn pids(state: &Path) -> PathBuf {
    state.join("pids")
}

/// Kills what an earlier simulator on the same state folder left running: noted processes that still live in it.
pub(crate) fn clear(state: &Path) {
    for pid in std::fs::read_to_string(pids(state)).unwrap_or_default().lines() {
        let lives_here = std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(state));
        if let (true, Some(pid)) = (lives_here, pid.parse().ok().and_then(Pid::from_raw)) {
            log::warn!("process {pid:?} was left by an earlier simulator, killed");
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
    forget(state);
}
