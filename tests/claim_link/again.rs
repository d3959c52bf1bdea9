//! A test that runs once more in a process of its own: with another clock, other files, or to be killed.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, Command};

/// Set in the process of its own: the folder of what it is to do.
const INSIDE: &str = "C2C_TEST_INSIDE";

/// The folder that this process was given; `None` in the test itself.
pub(crate) fn inside() -> Option<std::path::PathBuf> {
    std::env::var_os(INSIDE).map(Into::into)
}

/// Starts this test program again, for one test alone, behind the words of another program.
pub(crate) fn start(test: &str, folder: &Path, words: &[&str], set: &[(&str, &OsStr)]) -> Child {
    let me = std::env::current_exe().unwrap();
    let mut all: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
    all.push(me.as_os_str());
    let mut command = Command::new(all[0]);
    command.args(&all[1..]).args(["--exact", test, "--nocapture"]).env(INSIDE, folder);
    command.envs(set.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command.spawn().unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

/// The same, until it ends well.
pub(crate) async fn run(test: &str, folder: &Path, words: &[&str], set: &[(&str, &OsStr)]) {
    let ran = start(test, folder, words, set).wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
}
