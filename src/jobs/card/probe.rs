//! Our folder on a card: whether it can be written, and the marker that says who used the card last.
//!
//! The marker is `c2c.json` in our folder. A card that comes from somebody else may hold anything there, so it is read
//! within bounds, and what is not understood counts as somebody else's.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::jobs::decide;

const MARKER: &str = "c2c.json";
const PROBE: &str = "c2c-probe";
/// What is longer is no marker of ours, in bytes.
const LONGEST: u64 = 4 << 10;
/// A card that takes longer for a small file is not writable.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who used the card last, and with which passphrase.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    owner: String,
    generation: u64,
}

/// What the marker in `folder` says to `owner`.
pub(super) async fn read_marker(folder: PathBuf, owner: String) -> decide::Marker {
    let read = tokio::task::spawn_blocking(move || marker(&folder, &owner));
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(marker)) => marker,
        _ => decide::Marker::Unread,
    }
}

fn marker(folder: &Path, owner: &str) -> decide::Marker {
    match text(&folder.join(MARKER)) {
        Ok(text) => parse(&text, owner),
        Err(error) if error.kind() == io::ErrorKind::NotFound => decide::Marker::None,
        Err(error) => {
            log::warn!("jobs: the marker on the card cannot be read: {error}");
            decide::Marker::Unread
        }
    }
}

/// What the text of a marker says to `owner`.
pub(crate) fn parse(text: &[u8], owner: &str) -> decide::Marker {
    match serde_json::from_slice::<Marker>(text) {
        Ok(marker) if marker.owner == owner => decide::Marker::Ours(marker.generation),
        _ => decide::Marker::Other,
    }
}

fn text(path: &Path) -> io::Result<Vec<u8>> {
    // Neither a link out of the folder nor a pipe that never ends.
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(i32::try_from(flags.bits()).unwrap_or_default()).open(path);
    let file = match file {
        Err(error)
            if error.kind() != io::ErrorKind::NotFound && fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink()) =>
        {
            return Ok(Vec::new());
        }
        file => file?,
    };
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text)?;
    Ok(text)
}

/// Writes the marker where there is one to write, and a small file, reads that again and deletes it.
///
/// # Errors
/// What could not be done.
pub(super) async fn probe(folder: PathBuf, owner: Option<(String, u64)>) -> Result<(), String> {
    let work = tokio::task::spawn_blocking(move || {
        if let Some((owner, generation)) = owner {
            let text = serde_json::to_vec(&Marker { owner, generation })?;
            let new = folder.join("c2c.json.new");
            write(&new, &text)?;
            fs::rename(&new, folder.join(MARKER))?;
        }
        let probe = folder.join(PROBE);
        let words = std::process::id().to_string();
        write(&probe, words.as_bytes())?;
        let same = fs::read(&probe)? == words.as_bytes();
        fs::remove_file(&probe)?;
        if same { Ok(()) } else { Err(io::Error::other("what was read is not what was written")) }
    });
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(outcome)) => outcome.map_err(|error: io::Error| error.to_string()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("nothing happened for {} s", PATIENCE.as_secs())),
    }
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Never through a link that somebody left on the card.
    let mut file: File = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_marker_is_ours_or_somebody_else_s_whatever_lies_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(MARKER);
        let read = || read_marker(folder.path().to_owned(), "us".to_owned());
        assert_eq!(read().await, decide::Marker::None);
        probe(folder.path().to_owned(), Some(("us".to_owned(), 7))).await.unwrap();
        assert_eq!(read().await, decide::Marker::Ours(7));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the marker is left");
        for text in ["", "{}", "null", r#"{"owner":"them","generation":7}"#, &"[".repeat(100_000)] {
            fs::write(&path, text).unwrap();
            assert_eq!(read().await, decide::Marker::Other, "{text:.40}");
        }
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
        assert_eq!(read().await, decide::Marker::Other);
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_is_told_and_a_link_in_the_way_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        assert!(probe(folder.path().join("gone"), None).await.is_err());
        let victim = folder.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        std::os::unix::fs::symlink(&victim, folder.path().join(PROBE)).unwrap();
        probe(folder.path().to_owned(), None).await.unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    }
}
