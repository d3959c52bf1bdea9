//! The app is killed, or the whole camera restarted, in the midst of each step.

use std::path::Path;

use rustix::process::Signal;
use virtual_camera::disks::Action;
use virtual_camera::{Arch, Os, VirtualCamera};

use super::damage::{Damage, Step, does, stalled};
use super::{
    SPEED, at_rest, camera_with, each, formats, journal, mended, nothing_is_held, preparing, settled,
    what_is_told_is_true,
};
use crate::orders::{form, prepare, stand};
use crate::world::{PATIENCE, install, package, send, snapshot, until, wait_for_page};

/// What the journal says of the newest job of this name of an earlier start.
async fn earlier(camera: &VirtualCamera, name: &str) -> String {
    let seen = snapshot(camera).await;
    let jobs = seen["earlier_jobs"].as_array().cloned().unwrap_or_default();
    let job = jobs.iter().rev().find(|job| job["name"] == name);
    job.map(|job| format!("{} {}", job["state"]["state"], job["state"]["reason"]["kind"]).replace('"', ""))
        .unwrap_or_default()
}

/// Killed in the midst of a step; gives the formats before.
async fn killed(camera: &VirtualCamera, step: Step) -> usize {
    let ((), ()) = tokio::join!(does(camera, step, Damage::Killed), prepare(camera));
    settled(camera).await;
    nothing_is_held(camera).await;
    assert_eq!(earlier(camera, step.job()).await, "failed interrupted", "{}", camera.app_log("c2c"));
    assert!(journal(camera)["jobs"].is_array());
    formats(camera)
}

async fn kill_case(step: Step) {
    let camera = camera_with("new", &[]).await;
    let before = killed(&camera, step).await;
    assert!(before <= step.formats(), "{before} formats");
    let log = camera.app_log("c2c");
    match step {
        // What the camera did on its own is followed to its end, and the card is taken into use again.
        Step::Unmount | Step::Format | Step::Mount => {
            until(&camera, "the card is in use", || async {
                snapshot(&camera).await["cards"]["value"][0]["status"] == "ok"
            })
            .await;
            assert!(preparing(&camera).await.iter().any(|job| job["note"] == "followed"), "{log}");
        }
        Step::SetPassphrase => {
            assert_eq!(stand(&camera).await["waits_for"], "interrupted", "{log}");
            assert!(form(&camera, "erase").await.is_some(), "{log}");
        }
    }
    what_is_told_is_true(&camera).await;
    let erases = mended(&camera).await;
    let needed = usize::from(step.formats() == 0);
    assert!(formats(&camera) <= before + erases.max(needed), "{}", camera.app_log("c2c"));
    camera.stop().await;
}

#[tokio::test]
async fn an_app_that_is_killed_in_the_midst_of_a_step_follows_it_or_says_that_it_was_interrupted() {
    each(Step::ALL.to_vec(), kill_case).await;
}

#[tokio::test]
async fn what_was_interrupted_is_still_so_after_one_more_start_of_the_app() {
    let camera = camera_with("new", &[]).await;
    killed(&camera, Step::SetPassphrase).await;
    for _ in 0..2 {
        let pid = camera.app_pid("c2c").unwrap();
        send(pid, Signal::KILL);
        assert!(camera.device().wait_for_pid("c2c", PATIENCE, |now| now.is_some_and(|now| now != pid)).await);
        wait_for_page(&camera).await;
        settled(&camera).await;
        assert_eq!(stand(&camera).await["waits_for"], "interrupted", "{}", camera.app_log("c2c"));
    }
    assert_eq!(formats(&camera), 0);
    mended(&camera).await;
    assert_eq!(formats(&camera), 1);
    camera.stop().await;
}

async fn camera_in(state: &Path) -> VirtualCamera {
    VirtualCamera::builder().card_kind("new").speed(SPEED).state(state).start().await.unwrap()
}

/// The power is cut in the midst of a step: the camera's own job is gone with it.
async fn power_case(step: Step) {
    let state = tempfile::tempdir().unwrap();
    let camera = camera_in(state.path()).await;
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    let reached = async {
        if step == Step::SetPassphrase {
            super::damage::was_asked(&camera, "enablediskencryption.cgi", "").await;
        } else {
            stalled(&camera, step).await;
        }
        let pid = camera.app_pid("c2c").unwrap();
        send(pid, Signal::KILL);
    };
    let ((), ()) = tokio::join!(reached, prepare(&camera));
    camera.stop().await;

    let camera = camera_in(state.path()).await;
    wait_for_page(&camera).await;
    until(&camera, "the camera is up", || async { snapshot(&camera).await["boot"]["value"]["ready"] == true }).await;
    settled(&camera).await;
    let log = camera.app_log("c2c");
    assert_eq!(formats(&camera), 0, "nothing is formatted by itself after a restart\n{log}");
    assert_eq!(crate::orders::asked(&camera, "enablediskencryption.cgi"), 0, "{log}");
    assert_eq!(earlier(&camera, step.job()).await, "failed interrupted", "{log}");
    if matches!(step, Step::SetPassphrase | Step::Format) {
        assert_eq!(stand(&camera).await["waits_for"], "interrupted", "{log}");
    }
    what_is_told_is_true(&camera).await;
    nothing_is_held(&camera).await;
    let erases = mended(&camera).await;
    assert!(formats(&camera) <= erases.max(1), "{}", camera.app_log("c2c"));
    at_rest(&camera).await;
    camera.stop().await;
}

#[tokio::test]
async fn after_a_restart_of_the_camera_nothing_that_erases_goes_on_by_itself() {
    each(Step::ALL.to_vec(), power_case).await;
}

#[tokio::test]
async fn a_number_of_an_earlier_start_of_the_camera_is_not_followed() {
    let state = tempfile::tempdir().unwrap();
    let camera = camera_in(state.path()).await;
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    let ((), ()) = tokio::join!(stalled(&camera, Step::Format), prepare(&camera));
    send(camera.app_pid("c2c").unwrap(), Signal::KILL);
    camera.stop().await;
    let camera = camera_in(state.path()).await;
    // Numbers begin anew: the second one is of somebody else's job by now.
    camera.device().disks().stall(true);
    wait_for_page(&camera).await;
    settled(&camera).await;
    let asked = camera.requests().into_iter().filter(|request| request.path.ends_with("job.cgi")).count();
    assert_eq!(asked, 0, "{}", camera.app_log("c2c"));
    assert!(!camera.device().disks().jobs().iter().any(|job| job.action == Action::Format));
    camera.stop().await;
}
