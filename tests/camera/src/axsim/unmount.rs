//! How a storage is given up: softly, after those who hold it have let go.
//!
//! That open handles and open files make an unmount fail is from public notes of an Axis application; the order of the
//! flags, and what a camera does when somebody never lets go, are **guesses**, hence [`Held`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::AxSim;
use super::keyfile::KeyFile;

/// How often files that are open are looked for before the unmount is refused: a file may be on its way to be closed.
const LOOKS: u32 = 10;
/// How often is looked.
const BEAT: Duration = Duration::from_millis(10);

/// What the camera does when the storage is held for longer than it is patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The unmount fails, the storage stays as it was.
    Refuse,
    /// It waits on, for ever.
    Wait,
    /// It unmounts all the same.
    Force,
}

/// Why an unmount did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Unmount {
    /// Somebody holds the storage still.
    #[error("{id}: still held by processes {pids:?} after {waited:?}")]
    Busy {
        /// The slot.
        id: String,
        /// Who holds it.
        pids: Vec<u32>,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Nobody holds it, but files on it are open.
    #[error("{id}: processes {pids:?} have files open")]
    Open {
        /// The slot.
        id: String,
        /// Who has them.
        pids: Vec<u32>,
    },
    /// The card was pulled out meanwhile.
    #[error("{0}: the card is gone")]
    Gone(String),
    /// The state files failed.
    #[error("state of the slot")]
    Files(#[from] io::Error),
}

impl AxSim {
    /// Unmounts softly: `exiting`, then waits until no living process holds the storage, then it is gone; the card
    /// stays in. When `patience` (or `exit_timeout_ms` of the conf) passes the storage stays as it was.
    ///
    /// # Errors
    /// [`Unmount::Busy`] when it is held still, [`Unmount::Open`] when files on it are open.
    pub async fn unmount(&self, id: &str, patience: Option<Duration>) -> Result<(), Unmount> {
        self.unmount_as(id, patience, Held::Refuse).await
    }

    /// As [`AxSim::unmount`], of a camera that treats those who hold on so.
    ///
    /// # Errors
    /// As [`AxSim::unmount`].
    pub async fn unmount_as(&self, id: &str, patience: Option<Duration>, held: Held) -> Result<(), Unmount> {
        let patience = patience.unwrap_or_else(|| self.exit_timeout(id));
        let presence = self.slot(id).map(|slot| slot.presence);
        self.flag(id, &[("exiting", true)])?;
        let outcome = self.let_go(id, patience, held, presence).await;
        match outcome {
            Ok(()) => {
                self.flag(id, &[("writable", false), ("available", false)])?;
                self.flag(id, &[("full", false), ("exiting", false)])?;
            }
            Err(Unmount::Gone(_)) => {}
            Err(_) => self.flag(id, &[("exiting", false)])?,
        }
        outcome
    }

    fn flag(&self, id: &str, flags: &[(&str, bool)]) -> io::Result<()> {
        let _turn = self.turn();
        self.set_flags(id, flags)
    }

    async fn let_go(&self, id: &str, patience: Duration, held: Held, presence: Option<u64>) -> Result<(), Unmount> {
        let begun = tokio::time::Instant::now();
        let mut looks = 0;
        loop {
            if self.slot(id).map(|slot| slot.presence) != presence {
                return Err(Unmount::Gone(id.to_owned()));
            }
            let holders = self.holders(id);
            let open = if holders.is_empty() { self.open_files(id) } else { Vec::new() };
            if holders.is_empty() && open.is_empty() {
                return Ok(());
            }
            let late = begun.elapsed() >= patience;
            match held {
                Held::Force if late => return Ok(()),
                Held::Refuse if !holders.is_empty() && late => {
                    return Err(Unmount::Busy { id: id.to_owned(), pids: holders, waited: patience });
                }
                Held::Refuse if holders.is_empty() => {
                    looks += 1;
                    if looks >= LOOKS {
                        return Err(Unmount::Open { id: id.to_owned(), pids: open });
                    }
                }
                _ => {}
            }
            tokio::time::sleep(BEAT).await;
        }
    }

    fn exit_timeout(&self, id: &str) -> Duration {
        let conf = KeyFile::parse(&fs::read_to_string(self.slot_folder(id).join("conf")).unwrap_or_default());
        let set = conf.get("disk", "exit_timeout_ms").and_then(|text| text.parse().ok());
        Duration::from_millis(set.unwrap_or(15_000))
    }

    /// The living processes that hold a storage.
    #[must_use]
    pub fn holders(&self, id: &str) -> Vec<u32> {
        let Ok(clients) = fs::read_dir(self.root.join("clients")) else { return Vec::new() };
        clients
            .flatten()
            .filter(|client| client.path().join("handles").join(id).exists())
            .filter_map(|client| client.file_name().to_str()?.parse::<u32>().ok())
            .filter(|pid| PathBuf::from(format!("/proc/{pid}")).exists())
            .collect()
    }

    /// The processes that have files open on the card, or stand in one of its folders; as far as can be seen.
    #[must_use]
    pub fn open_files(&self, id: &str) -> Vec<u32> {
        let medium = self.slot_folder(id).join("medium");
        let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
        let pids = processes.flatten().filter_map(|process| process.file_name().to_str()?.parse::<u32>().ok());
        pids.filter(|pid| has_open(*pid, &medium)).collect()
    }
}

fn has_open(pid: u32, medium: &Path) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let is_in = |link: PathBuf| fs::read_link(link).is_ok_and(|target| target.starts_with(medium));
    let files = fs::read_dir(process.join("fd")).ok();
    is_in(process.join("cwd")) || files.is_some_and(|files| files.flatten().any(|file| is_in(file.path())))
}
