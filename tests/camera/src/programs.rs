//! The one place of this crate that starts programs.

use std::ffi::OsStr;

use tokio::process::Command;

/// A program to start, with an empty environment and no input; it dies with its handle.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the one home of starting programs")]
    let mut command = Command::new(program);
    command.env_clear().stdin(std::process::Stdio::null()).kill_on_drop(true);
    command
}
