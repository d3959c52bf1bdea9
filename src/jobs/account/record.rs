//! What the app remembers of the account over restarts, in `account.json` of its folder: that it made it, and how far it
//! came. No password is in it. It is written before and after what is done to the camera, and at no other time.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::files;
use crate::vapix::users::Group;

const FILE: &str = "account.json";
const LONGEST: u64 = 4 << 10;
const VERSION: u64 = 1;

/// An account that the app made, or is about to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(super) version: u64,
    /// For which claim.
    pub(crate) claim_id: String,
    /// The generation of the wish.
    pub(crate) generation: u64,
    /// The rights are an operator's.
    pub(crate) operator: bool,
    /// How far it is.
    pub(crate) stage: Stage,
    /// When its password was made.
    pub(crate) made: Timestamp,
    /// The password is changed so much earlier than at the end of its time, in thousandths of it.
    pub(crate) early: u16,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// A password is being set: which one holds is not known.
    Changing,
    /// It is set, and the portal has it.
    Confirmed,
    /// There is no account of ours, and the portal may believe that there is.
    Removed,
}

impl Record {
    /// Of a password that is set now.
    pub(crate) fn new(claim_id: &str, generation: u64, group: Group, made: Timestamp, early: u16) -> Self {
        let (claim_id, operator) = (claim_id.to_owned(), group == Group::Operator);
        Self { version: VERSION, claim_id, generation, operator, stage: Stage::Changing, made, early }
    }

    /// What the account may do.
    pub(crate) fn group(&self) -> Group {
        if self.operator { Group::Operator } else { Group::Viewer }
    }
}

/// The file with what is in it.
#[derive(Debug)]
pub(crate) struct Kept {
    folder: PathBuf,
    record: Option<Record>,
}

impl Kept {
    /// Reads what is there. Where that makes no sense, the app has made no account: then none is touched.
    pub(crate) fn open(folder: &Path) -> Self {
        let record = files::read(folder, FILE, LONGEST).and_then(|text| match text {
            Some(text) => parse(&text),
            None => Ok(None),
        });
        let record = record.unwrap_or_else(|error| {
            log::warn!("account: {FILE} cannot be read, so no account is taken for the app's own: {error}");
            None
        });
        Self { folder: folder.to_owned(), record }
    }

    /// The account, where the app made one.
    pub(crate) fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// Writes down another state.
    ///
    /// # Errors
    /// Of the file system; then the state is as before.
    pub(crate) fn write(&mut self, record: Option<Record>) -> io::Result<()> {
        if record != self.record {
            files::replace(&self.folder, FILE, &serde_json::to_vec(&record)?)?;
            self.record = record;
        }
        Ok(())
    }
}

/// What a text keeps.
pub(crate) fn parse(text: &[u8]) -> io::Result<Option<Record>> {
    let record: Option<Record> = serde_json::from_slice(text)?;
    if record.as_ref().is_some_and(|record| record.version != VERSION) {
        return Err(io::Error::other("it is of another version"));
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_outlives_the_app_and_what_makes_no_sense_is_no_account_of_ours() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::open(folder.path());
        assert_eq!(kept.record(), None);
        let record = Record::new("c", 3, Group::Operator, Timestamp::from_unix(1_790_000_000), 50);
        kept.write(Some(record.clone())).unwrap();
        assert_eq!(Kept::open(folder.path()).record(), Some(&record));
        assert_eq!(record.group(), Group::Operator);
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        for bad in ["", "{}", "[]", "{", &text.replace("\"version\":1", "\"version\":2")] {
            std::fs::write(folder.path().join(FILE), bad).unwrap();
            assert_eq!(Kept::open(folder.path()).record(), None, "{bad}");
        }
        kept.write(None).unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).unwrap(), "null");
    }
}
