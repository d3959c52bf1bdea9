//! Device Jobs on a camera: the readiness check from the start until a card is ready, and the journal over a kill.

use c2c::snapshot::Wait;
use c2c::web::words;
use rustix::process::Signal;
use serde_json::Value;
use virtual_camera::axsim::card::CardState;
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::{Arch, Fault, Os, VirtualCamera};

use crate::live::{read_until, stream};
use crate::world::{camera_with_app, get, install, package, package_as, page, send, snapshot, until, wait_for_page};

const LIST: &str = "/axis-cgi/disks/list.cgi";

async fn camera_with(state: CardState) -> VirtualCamera {
    let camera = VirtualCamera::builder().card(state).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    camera
}

/// The newest job by the data.
async fn job(camera: &VirtualCamera) -> Value {
    snapshot(camera).await["jobs"][0].clone()
}

async fn waits_for(camera: &VirtualCamera, wait: Wait) {
    let code = serde_json::to_value(wait).unwrap();
    until(camera, &code.to_string(), || async { job(camera).await["state"]["waits_for"] == code }).await;
    let page = page(camera).await;
    let widget = page.split("id=\"jobs\"").nth(1).unwrap().split("</section>").next().unwrap();
    for words in ["SD Card Readiness Check", ">Running<", &format!("Waits for: {}", words::jobs::wait(wait))] {
        assert!(widget.contains(words), "{words} is not in {widget}");
    }
}

async fn is_complete(camera: &VirtualCamera) {
    until(camera, "the check has ended", || async { job(camera).await["state"]["state"] == "complete" }).await;
    let page = page(camera).await;
    assert!(page.contains(">Complete<") && page.contains("Not probed: no claim."), "{page}");
}

fn schema(camera: &VirtualCamera, seen: &Value) {
    let text = std::fs::read_to_string(crate::world::root().join("html/snapshot.schema.json")).unwrap();
    let mut compiler = boon::Compiler::new();
    compiler.set_default_draft(boon::Draft::V2020_12);
    compiler.add_resource("snapshot", serde_json::from_str(&text).unwrap()).unwrap();
    let mut schemas = boon::Schemas::new();
    let index = compiler.compile("snapshot", &mut schemas).unwrap();
    schemas.validate(seen, index).unwrap_or_else(|error| panic!("{error:#}\n{}", camera.app_log("c2c")));
}

fn journal(camera: &VirtualCamera) -> Value {
    let pid = camera.app_pid("c2c").unwrap();
    let folder = std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
    serde_json::from_slice(&std::fs::read(folder.join("localdata/jobs.json")).unwrap_or_default()).unwrap_or_default()
}

#[tokio::test]
async fn the_readiness_check_is_there_from_the_start_and_follows_the_card_until_it_is_ready() {
    let camera = camera_with(CardState::Disconnected).await;
    let sim = camera.device().axsim();
    waits_for(&camera, Wait::NoCard).await;
    assert!(page(&camera).await.contains("no SD card is in the camera."), "the headline is the card's");
    schema(&camera, &snapshot(&camera).await);
    for (state, wait) in [
        (CardState::Connected, Wait::NotMounted),
        (CardState::NotEncrypted, Wait::NotEncrypted),
        (CardState::Disconnected, Wait::NoCard),
    ] {
        sim.set_card(SD_DISK, state).unwrap();
        waits_for(&camera, wait).await;
    }
    camera.fault(LIST, Fault::Status(500));
    waits_for(&camera, Wait::Unknown).await;
    camera.clear_faults();
    sim.set_card(SD_DISK, CardState::Ok).unwrap();
    is_complete(&camera).await;
    let seen = snapshot(&camera).await;
    assert_eq!(seen["jobs"].as_array().unwrap().len(), 1);
    assert!(seen["jobs"][0]["finished"].is_string() && seen["jobs"][0]["purpose"] == "check", "{seen}");
    schema(&camera, &seen);
    // What has ended stays so.
    sim.yank(SD_DISK).unwrap();
    until(&camera, "the card is gone", || async { page(&camera).await.contains("no SD card is in the camera.") }).await;
    assert_eq!(job(&camera).await["state"]["state"], "complete");
    let asked: Vec<_> = camera.requests().into_iter().map(|request| request.path).collect();
    let reads = [LIST, "/axis-cgi/disks/gethealth.cgi"];
    let disks = |path: &&String| path.starts_with("/axis-cgi/disks/");
    assert!(asked.iter().filter(disks).all(|path| reads.contains(&path.as_str())), "{asked:?}");
    camera.stop().await;
}

#[tokio::test]
async fn an_open_page_gets_the_job_s_end_without_asking() {
    let camera = camera_with(CardState::Disconnected).await;
    waits_for(&camera, Wait::NoCard).await;
    let mut line = stream(&camera).await;
    camera.device().axsim().insert(SD_DISK, None).unwrap();
    read_until(&mut line, "Not probed: no claim.").await;
    drop(line);
    camera.stop().await;
}

#[tokio::test]
async fn with_nobody_looking_a_card_that_is_put_in_ends_the_check() {
    let camera = camera_with(CardState::Disconnected).await;
    waits_for(&camera, Wait::NoCard).await;
    camera.device().axsim().insert(SD_DISK, None).unwrap();
    let ended = |log: &str| log.contains("jobs: SD Card Readiness Check: complete");
    assert!(camera.device().wait_for_log("c2c", crate::world::PATIENCE, ended).await, "{}", camera.app_log("c2c"));
    camera.stop().await;
}

#[tokio::test]
async fn the_disk_manager_is_asked_again_while_the_check_waits_and_nobody_looks() {
    let camera = camera_with(CardState::Disconnected).await;
    waits_for(&camera, Wait::NoCard).await;
    let asked = |camera: &VirtualCamera| camera.requests().iter().filter(|request| request.path == LIST).count();
    let before = asked(&camera);
    until(&camera, "it is asked by itself", || async { asked(&camera) > before }).await;
    camera.stop().await;
}

#[tokio::test]
async fn the_journal_outlives_a_kill_and_says_what_was_interrupted() {
    let camera = camera_with(CardState::Disconnected).await;
    waits_for(&camera, Wait::NoCard).await;
    until(&camera, "the journal is written", || async { journal(&camera)["jobs"][0]["state"]["state"] == "running" })
        .await;
    let first = camera.app_pid("c2c").unwrap();
    send(first, Signal::KILL);
    until(&camera, "it is there again", || async { camera.app_pid("c2c").is_some_and(|pid| pid != first) }).await;
    wait_for_page(&camera).await;
    assert!(camera.app_log("c2c").contains("SD Card Readiness Check had not ended when Camera-to-Cloud did"));
    assert_eq!(snapshot(&camera).await["jobs"].as_array().unwrap().len(), 1, "the list begins anew");
    until(&camera, "both are in the journal", || async { journal(&camera)["jobs"][1]["state"]["state"] == "running" })
        .await;
    assert_eq!(journal(&camera)["jobs"][0]["state"]["reason"]["kind"], "interrupted");
    camera.device().axsim().insert(SD_DISK, None).unwrap();
    is_complete(&camera).await;
    until(&camera, "its end is in the journal", || async {
        journal(&camera)["jobs"][1]["state"]["state"] == "complete"
    })
    .await;
    camera.stop().await;
}

#[tokio::test]
async fn a_journal_that_makes_no_sense_is_named_in_the_log_and_costs_nothing_else() {
    let camera = camera_with_app().await;
    is_complete(&camera).await;
    let pid = camera.app_pid("c2c").unwrap();
    let file = std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap().join("localdata/jobs.json");
    std::fs::write(&file, "{\"version\": 1, \"jo").unwrap();
    send(pid, Signal::KILL);
    until(&camera, "it is there again", || async { camera.app_pid("c2c").is_some_and(|again| again != pid) }).await;
    wait_for_page(&camera).await;
    is_complete(&camera).await;
    assert!(camera.app_log("c2c").contains("jobs: the journal cannot be read, so it begins anew: "));
    until(&camera, "a new one is written", || async { journal(&camera)["jobs"][0]["state"]["state"] == "complete" })
        .await;
    camera.stop().await;
}

#[tokio::test]
async fn a_camera_without_a_slot_has_its_check_cancelled_with_the_reason() {
    let camera = VirtualCamera::builder().no_card_slot().start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    until(&camera, "it is cancelled", || async { job(&camera).await["state"]["state"] == "cancelled" }).await;
    let job = job(&camera).await;
    assert_eq!((&job["note"], &job["words"]), (&"no_slot".into(), &"This camera has no slot for an SD card.".into()));
    camera.stop().await;
}

#[tokio::test]
async fn below_1_5_1_there_is_no_job_and_no_journal() {
    let camera = VirtualCamera::builder().card(CardState::Disconnected).start().await.unwrap();
    install(&camera, package_as("1.5.0")).await;
    until(&camera, "the camera was read", || async { snapshot(&camera).await["applications"]["reading"] == "known" })
        .await;
    let metrics = get(&camera, virtual_camera::Account::Viewer, "/local/c2c/status/metrics").await.text();
    for text in [page(&camera).await, snapshot(&camera).await.to_string(), metrics, camera.app_log("c2c")] {
        assert!(!text.contains("Readiness") && !text.contains("Device Jobs"), "{text}");
    }
    assert_eq!(journal(&camera), Value::Null);
    assert!(camera.requests().iter().all(|request| request.path != LIST));
    camera.stop().await;
}
