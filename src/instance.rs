//! One app at a time: a lock on a file in `localdata`, the folder that the camera keeps for the app.
//!
//! The kernel drops the lock with the process, so nothing is left behind by a crash.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// How the app came to run.
#[derive(Debug)]
pub enum Instance {
    /// The only one; the lock lives as long as this file.
    Only(File),
    /// Another one runs, and somebody at a terminal should be told.
    SecondAtTerminal,
    /// No lock can be had on this file system, in words.
    Unlockable(io::Error),
}

/// Takes the lock in `folder`; without a terminal waits for it, since a camera would start an app that ends again
/// and again.
#[must_use]
pub fn take(folder: &Path) -> Instance {
    match try_take(folder) {
        Ok(Some(file)) => Instance::Only(file),
        Ok(None) if io::stdin().is_terminal() => Instance::SecondAtTerminal,
        Ok(None) => {
            log::warn!("another instance of c2c runs; waiting for it to end");
            wait(folder).map_or_else(Instance::Unlockable, Instance::Only)
        }
        Err(error) => Instance::Unlockable(error),
    }
}

fn open(folder: &Path) -> io::Result<File> {
    std::fs::create_dir_all(folder)?;
    OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("c2c.lock"))
}

fn try_take(folder: &Path) -> io::Result<Option<File>> {
    let file = open(folder)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn wait(folder: &Path) -> io::Result<File> {
    let file = open(folder)?;
    loop {
        match flock(&file, FlockOperation::LockExclusive) {
            Ok(()) => return Ok(file),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_one_gets_no_lock_until_the_first_one_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let first = try_take(folder.path()).unwrap();
        assert!(first.is_some());
        assert!(try_take(folder.path()).unwrap().is_none());
        drop(first);
        assert!(try_take(folder.path()).unwrap().is_some());
    }
}
