//! Doors for `fuzz/`: each parser of what a camera, a card, a person or the kernel tells, by its text alone. Nothing in the
//! app comes in here, so nothing of it is in the package.

use std::net::SocketAddr;

use hyper::HeaderMap;
use hyper::header::{CONTENT_TYPE, DATE, HeaderValue, RETRY_AFTER};

use crate::jobs::account::record;
use crate::jobs::card::probe;
use crate::jobs::decide::Marker;
use crate::jobs::journal;
use crate::peer::{self, Ends, Me};
use crate::portal::address::Address;
use crate::portal::documents::{self, Claims, Desired, Expected};
use crate::portal::key::{self, DeviceKey};
use crate::portal::wishes::Wishes;
use crate::portal::{link, memory, session};
use crate::sources::{card, device};
use crate::vapix::{disks, users};
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

/// The answers of `pwdgrp.cgi`: nobody is found by a name that is not there, and no password is quoted.
pub fn users_answer(text: &str) {
    if users::rights(text, "c2cadmin").is_ok_and(|there| there.is_some()) {
        assert!(text.contains("c2cadmin"));
    }
    match users::done(text, "Created", "c2cadmin", "Secret-3") {
        Ok(()) => assert!(text.contains(" account c2cadmin.")),
        Err(refusal) => assert!(!refusal.to_string().contains("Secret-3")),
    }
}

/// What the app wrote down of the account.
pub fn account_record(text: &[u8]) {
    let record = record::parse(text).unwrap_or_default();
    let again = serde_json::to_vec(&record).unwrap_or_default();
    assert_eq!(record::parse(&again).unwrap_or_default(), record);
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

/// A key of nobody's, so that a run is like the one before.
const KEY: &[u8] = br#"{"version":1,"d":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"}"#;

/// What a portal signs: as it comes, where nobody signed it, and what is in it.
pub fn signed_document(text: &str) {
    let Some(key) = key::parse(KEY) else { return };
    let (keys, key_id) = ([key.public().clone()], key.id());
    let expected = Expected { kind: documents::DESIRED, device_id: "d", key_id: &key_id, answers: "j", generation: 1 };
    assert!(documents::open::<Desired>(text, &keys, expected).is_err(), "nobody signed it");
    drop(serde_json::from_str::<Claims>(text).map(|claims| claims.membership()));
    if let Ok(desired) = serde_json::from_str::<Desired>(text) {
        let wishes = Wishes::open(&desired, "d", &key);
        assert!(wishes.card.is_none_or(|card| card.passphrase.is_none_or(|opened| opened.passphrase.is_err())));
    }
}

/// What is kept of a portal; what is read is written and read again as the same.
pub fn portal_memory(text: &[u8]) {
    if let Ok(read) = memory::parse(text) {
        let again = serde_json::to_vec(&read).unwrap_or_default();
        assert_eq!(memory::parse(&again).as_ref(), Ok(&read));
    }
}

/// The file of the camera's key.
pub fn key_file(text: &[u8]) {
    let id = key::parse(text).as_ref().map(DeviceKey::id);
    assert!(id.is_none_or(|id| id.len() == 43));
}

/// An answer that is none of the good ones: `Retry-After`, `Date` and the body, each in a line.
pub fn refusal(text: &str) {
    let mut lines = text.splitn(3, '\n');
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    for name in [RETRY_AFTER, DATE] {
        if let Ok(value) = HeaderValue::from_str(lines.next().unwrap_or_default()) {
            headers.insert(name, value);
        }
    }
    let failure = link::refusal(503, &headers, lines.next().unwrap_or_default());
    assert!(failure.obstacle.line.chars().count() < text.chars().count() + 60);
}

/// A portal's address as a person types it; what is read is read again as the same.
pub fn portal_address(text: &str) {
    if let Ok(address) = Address::read(text) {
        assert_eq!(Address::read(&address.to_string()).as_ref(), Ok(&address));
    }
}

/// What a portal says of itself.
pub fn discovery(text: &str) {
    drop(session::parse(text));
}

/// The camera's proxy settings: the proxy, and what is reached without, each in a line.
pub fn proxy_settings(text: &str) {
    let (https, except) = text.split_once('\n').unwrap_or((text, ""));
    if let Some(proxy) = device::proxy::read(https, except) {
        assert!(proxy.except.len() <= 64 && proxy.server.is_none_or(|server| !server.host.is_empty()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each seed, each beginning of it, and each with one bit of a byte turned over.
    fn strange(door: &str, take: impl Fn(&[u8])) {
        let mut seeds = 0;
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(door);
        for seed in std::fs::read_dir(folder).unwrap() {
            let seed = std::fs::read(seed.unwrap().path()).unwrap();
            seeds += 1;
            take(&seed);
            for at in 0..seed.len() {
                take(&seed[..at]);
                let mut other = seed.clone();
                other[at] ^= 1 << (at % 8);
                take(&other);
            }
        }
        assert!(seeds > 0, "{door} has no seed");
    }

    fn strange_text(door: &str, take: impl Fn(&str)) {
        strange(door, |bytes| take(&String::from_utf8_lossy(bytes)));
    }

    #[test]
    fn what_is_near_to_a_portal_s_or_a_person_s_words_passes_the_doors() {
        strange_text("signed_document", signed_document);
        strange("portal_memory", portal_memory);
        strange("key_file", key_file);
        strange_text("refusal", refusal);
        strange_text("portal_address", portal_address);
        strange_text("discovery", discovery);
        strange_text("proxy_settings", proxy_settings);
    }
}
