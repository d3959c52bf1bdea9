//! Where an engine's socket may be: the configured place, the usual one, and the runtime folder of the engine's own
//! user (its name is `acap-` and the application's: ACAP documentation). Guess: that the camera's user list in
//! `/etc/passwd` names that user; where it does not, the two places before remain.

use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Where Docker listens unless it is told otherwise.
const USUAL: &str = "/var/run/docker.sock";
/// The users of the two engine applications; the first one lets others in.
const USERS: [&str; 2] = ["acap-dockerdwrapperwithcompose", "acap-dockerdwrapper"];
/// More of the list of users is not read, in bytes.
const USERS_BYTES: u64 = 256 << 10;

/// What is searched for sockets.
#[derive(Debug, Clone)]
pub struct Places {
    /// The usual socket.
    pub usual: PathBuf,
    /// The list of users.
    pub users: PathBuf,
    /// The folder that holds a runtime folder for each user, by number.
    pub runtime: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Self { usual: USUAL.into(), users: "/etc/passwd".into(), runtime: "/var/run/user".into() }
    }
}

impl Places {
    /// Every place, the likeliest first, none twice.
    pub(super) fn all(&self, configured: &Path) -> Vec<PathBuf> {
        let mut all = vec![configured.to_path_buf(), self.usual.clone()];
        let mut users = Vec::new();
        if let Ok(file) = std::fs::File::open(&self.users) {
            if let Err(error) = file.take(USERS_BYTES).read_to_end(&mut users) {
                log::debug!("containers: {}: {error}", self.users.display());
            }
        }
        let users = String::from_utf8_lossy(&users);
        let socket = |user: &&str| Some(self.runtime.join(uid_of(&users, user)?.to_string()).join("docker.sock"));
        all.extend(USERS.iter().filter_map(socket));
        let mut seen = Vec::with_capacity(all.len());
        all.retain(|place| {
            let new = !seen.contains(place);
            seen.push(place.clone());
            new
        });
        all
    }
}

/// The number of a user in a list of lines `name:x:uid:…`.
fn uid_of(users: &str, name: &str) -> Option<u32> {
    let mut lines = users.lines().map(|line| line.split(':'));
    lines.find_map(|mut parts| if parts.next() == Some(name) { parts.nth(1)?.parse().ok() } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configured_place_leads_and_the_runtime_folders_of_the_engines_users_follow() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places { users: folder.path().join("passwd"), ..Places::default() };
        let all = |configured: &str| -> Vec<String> {
            places.all(Path::new(configured)).iter().map(|place| place.display().to_string()).collect()
        };
        assert_eq!(all("/run/mine.sock"), ["/run/mine.sock", USUAL]);
        let lines = "root:x:0:0::/:/bin/sh\nacap-dockerdwrapper:x:31004:118::/:\nacap-dockerdwrapperwithcompose:x:31007:118::/:\n";
        std::fs::write(&places.users, lines).unwrap();
        assert_eq!(all(USUAL), [USUAL, "/var/run/user/31007/docker.sock", "/var/run/user/31004/docker.sock"]);
        std::fs::write(&places.users, b"acap-dockerdwrapper\n\xff:::\nacap-dockerdwrapper:x:-3:\n::\n").unwrap();
        assert_eq!(all(USUAL), [USUAL]);
    }
}
