//! The disk manager over HTTP: jobs, encryption, cards that come and go; and the state files that the stand-in of the
//! Edge Storage API reads, which tell the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use quick_xml::events::Event;
use serde_json::{Value, json};
use virtual_camera::profile::Os;

use crate::control::order;
use crate::support::{Camera, SOON};

#[path = "disks/encryption.rs"]
mod encryption;
#[path = "disks/exchange.rs"]
mod exchange;
#[path = "disks/faults.rs"]
mod faults;
#[path = "disks/jobs.rs"]
mod jobs;
#[path = "disks/knobs.rs"]
mod knobs;

pub const DISKS: &str = "/axis-cgi/disks";

pub type Attributes = BTreeMap<String, String>;

/// A camera whose jobs take next to no time, with knobs.
pub async fn camera(knobs: &[(&str, &str)]) -> Camera {
    Camera::with(Os::V12_11, |setup| {
        setup.knobs.push(("camera.speed".into(), "100000".into()));
        setup.knobs.extend(knobs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    })
    .await
}

/// The attributes of the first element of a name; the whole must be XML.
pub fn element(xml: &str, name: &str) -> Option<Attributes> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found = None;
    loop {
        match reader.read_event().unwrap_or_else(|fault| panic!("{fault}: {xml}")) {
            Event::Eof => return found,
            Event::Start(element) | Event::Empty(element)
                if found.is_none() && element.name().as_ref() == name.as_bytes() =>
            {
                let pair = |attribute: quick_xml::events::attributes::Attribute<'_>| {
                    let key = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
                    (key, attribute.unescape_value().unwrap().into_owned())
                };
                found = Some(element.attributes().map(|attribute| pair(attribute.unwrap())).collect());
            }
            _ => {}
        }
    }
}

/// What list.cgi says of the card's slot.
pub async fn listed(camera: &Camera) -> Attributes {
    element(&camera.get(&format!("{DISKS}/list.cgi?diskid=SD_DISK")).await.body, "disk").unwrap()
}

pub async fn status(camera: &Camera) -> String {
    listed(camera).await["status"].clone()
}

/// `available` and `writable` as the stand-in reads them.
pub fn flags(camera: &Camera) -> (bool, bool) {
    let state = fs::read_to_string(camera.state.path().join("axsim/storage/SD_DISK/state")).unwrap();
    (state.contains("\navailable=1\n"), state.contains("\nwritable=1\n"))
}

pub fn medium(camera: &Camera) -> PathBuf {
    camera.state.path().join("axsim/storage/SD_DISK/medium")
}

/// Starts a job: `format.cgi`, `mount.cgi?action=mount` …; its number, or the words of the refusal.
pub async fn start(camera: &Camera, cgi: &str) -> Result<u64, String> {
    let glue = if cgi.contains('?') { '&' } else { '?' };
    let answer = camera.get(&format!("{DISKS}/{cgi}{glue}diskid=SD_DISK")).await;
    assert_eq!((answer.status.as_u16(), answer.headers["content-type"].to_str().unwrap()), (200, "text/xml"));
    let job = element(&answer.body, "job").unwrap();
    assert_eq!(job["diskid"], "SD_DISK");
    match job["result"].as_str() {
        "OK" => Ok(job["jobid"].parse().unwrap()),
        "ERROR" => Err(job["description"].clone()),
        other => panic!("{other}"),
    }
}

/// What job.cgi says.
pub async fn job(camera: &Camera, id: u64) -> Attributes {
    let answer = camera.get(&format!("{DISKS}/job.cgi?jobid={id}&diskid=SD_DISK")).await;
    element(&answer.body, "job").unwrap_or_else(|| panic!("{}", answer.body))
}

/// Waits for the end of a job and asks job.cgi for its words.
pub async fn end(camera: &Camera, id: u64) -> Result<(), String> {
    let ended = camera.device.disks().wait_for_job(SOON, |job| job.id == id && job.outcome.is_some()).await;
    assert!(ended.is_some(), "job {id} does not end: {:?}", camera.device.disks());
    let told = job(camera, id).await;
    assert_eq!(told["progress"], "100");
    if told["result"] == "OK" { Ok(()) } else { Err(told["description"].clone()) }
}

/// Starts a job and waits for its end.
pub async fn run(camera: &Camera, cgi: &str) -> Result<(), String> {
    let id = start(camera, cgi).await?;
    end(camera, id).await
}

pub const MOUNT: &str = "mount.cgi?action=mount";
pub const UNMOUNT: &str = "mount.cgi?action=unmount";
pub const FORMAT: &str = "format.cgi?filesystem=ext4";

/// Asks a CGI of the properties family with GET: 0, or the code.
pub async fn property(camera: &Camera, cgi: &str, arguments: &str) -> u32 {
    let target = format!("{DISKS}/properties/{cgi}.cgi?schemaversion=1&diskid=SD_DISK&{arguments}");
    code(&camera.get(&target).await.body)
}

pub fn code(body: &str) -> u32 {
    assert!(element(body, "DiskPropertiesResponse").is_some());
    if element(body, "GeneralSuccess").is_some() {
        return 0;
    }
    body.split("<ErrorCode>").nth(1).unwrap().split('<').next().unwrap().parse().unwrap()
}

pub async fn lever(camera: &Camera, words: Value) {
    assert_eq!(order(camera, words.clone()).await, json!({"ok": true}), "{words}");
}

/// A new card goes in.
pub async fn insert(camera: &Camera, card: Value) {
    lever(camera, json!({"do": "insert", "card": card})).await;
}
