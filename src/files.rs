//! Files of the app's own folder, replaced whole or not at all: a new file, synced, renamed, and its folder synced, so that
//! neither a crash nor a power cut leaves half of one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Writes the file `name` in `folder`, readable for the app alone.
///
/// # Errors
/// Of the file system; the file is as it was before.
pub fn replace(folder: &Path, name: &str, text: &[u8]) -> io::Result<()> {
    let (file, new) = (folder.join(name), folder.join(format!("{name}.new")));
    // One of a write that was cut may have other rights.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    written.write_all(text)?;
    written.sync_all()?;
    fs::rename(&new, &file)?;
    File::open(folder)?.sync_all()
}

/// The file `name` takes the place of the file `of`.
///
/// # Errors
/// Of the file system; both are as they were before.
pub fn take_over(folder: &Path, name: &str, of: &str) -> io::Result<()> {
    fs::rename(folder.join(name), folder.join(of))?;
    File::open(folder)?.sync_all()
}

/// The file `name` in `folder`; `None` where there is none.
///
/// # Errors
/// Of the file system, and of kind `FileTooLarge` beyond `longest` bytes.
pub fn read(folder: &Path, name: &str, longest: u64) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    match File::open(folder.join(name)) {
        Ok(file) => _ = file.take(longest + 1).read_to_end(&mut text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > longest {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("{name} is too long")));
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json");
        fs::write(folder.path().join("a.json.new"), "left of a write that was cut").unwrap();
        assert_eq!(read(folder.path(), "a.json", 10).unwrap(), None);
        for text in ["one", "two"] {
            replace(folder.path(), "a.json", text.as_bytes()).unwrap();
            assert_eq!(read(folder.path(), "a.json", 10).unwrap().as_deref(), Some(text.as_bytes()));
        }
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(read(folder.path(), "a.json", 2).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert!(replace(&folder.path().join("none"), "a.json", b"").is_err());
    }
}
