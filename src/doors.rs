//! Doors for `fuzz/`: each parser of what a camera, a card, a person or the kernel tells, by its text alone. Nothing in the
//! app comes in here, so nothing of it is in the package.

use std::net::SocketAddr;

use crate::jobs::card::probe;
use crate::jobs::decide::Marker;
use crate::jobs::journal;
use crate::peer::{self, Ends, Me};
use crate::sources::card;
use crate::vapix::disks;
use crate::web::control::form;

/// `disks/list.cgi`.
pub fn disks_list(text: &str) {
    let cards = card::parse(text).unwrap_or_default();
    assert!(cards.iter().all(|card| card.slot.starts_with("SD_DISK")));
}

/// `disks/gethealth.cgi`.
pub fn disks_health(text: &str) {
    let told = card::health::parse(text).unwrap_or_default();
    assert!(told.iter().all(|health| health.slot.starts_with("SD_DISK")));
}

/// The answer to the start of a job.
pub fn start_answer(text: &str) {
    drop(disks::started("fuzz", text));
}

/// The answer to a question for job 11.
pub fn job_answer(text: &str) {
    if let Ok(disks::Progress::Running(percent)) = disks::progress(text, "11") {
        assert!(percent < 100);
    }
}

/// The answer of the disk properties API.
pub fn properties_answer(text: &str) {
    if disks::was_set("fuzz", text).is_ok() {
        assert!(text.contains("GeneralSuccess"));
    }
}

/// The journal; what is read is written and read again as the same.
pub fn journal(text: &[u8]) {
    let lines = journal::parse(text).unwrap_or_default();
    let again = serde_json::json!({ "version": 1, "jobs": lines });
    let again = journal::parse(again.to_string().as_bytes()).unwrap_or_default();
    assert_eq!(again, lines);
}

/// The marker on a card: whoever does not name us is somebody else.
pub fn marker(text: &[u8]) {
    if probe::parse(text, "camera B8A44F000001") != Marker::Other {
        assert!(String::from_utf8_lossy(text).contains("owner"));
    }
}

/// The body of a form.
pub fn form_body(text: &str) {
    if let Some(filled) = form::read(text) {
        assert!(filled.slot.len() <= text.len());
    }
}

/// The kernel's table of connections, and its list of users.
pub fn connections(text: &str) {
    let (table, users) = text.split_once("\n\n").unwrap_or((text, ""));
    let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let ends = Ends { ours: address(18_461), theirs: address(50_000) };
    let _ = peer::of(ends, &[table.to_owned()], users, Me { user: 21_001, group: 205 });
}
