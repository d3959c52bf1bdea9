//! The one place of this crate that starts programs.

use std::ffi::OsStr;
use std::path::PathBuf;

use tokio::process::Command;

/// Where services are, which an ordinary user's `PATH` may leave out.
const FURTHER: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// The first program of these names in `PATH` or among the services.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the one look at the environment: where programs are")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).chain(FURTHER.map(PathBuf::from)).collect();
    let all = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    // A relative folder in PATH would mean another place once the program is started elsewhere.
    all.into_iter().find(|place| place.is_absolute() && place.is_file())
}

/// A program to start, with an empty environment and no input; it dies with its handle.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the one home of starting programs")]
    let mut command = Command::new(program);
    command.env_clear().stdin(std::process::Stdio::null()).kill_on_drop(true);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_by_any_of_its_names() {
        let found = find(&["no-such-program-as-this", "sh"]).unwrap();
        assert!(found.ends_with("sh") && found.is_absolute(), "{found:?}");
        assert_eq!(find(&["no-such-program-as-this"]), None);
    }
}
