//! A card in each state of the disk manager: VAPIX and the state files of the Edge Storage API tell the same.

use std::fs;

use serde_json::json;
use virtual_camera::axsim::card::CardState;
use virtual_camera::profile::Os;

use crate::control::order;
use crate::support::Camera;

/// `available` and `writable` as the stand-in reads them.
fn flags(camera: &Camera) -> (bool, bool) {
    let state = fs::read_to_string(camera.state.path().join("axsim/storage/SD_DISK/state")).unwrap();
    (state.contains("\navailable=1\n"), state.contains("\nwritable=1\n"))
}

/// Status, `encryptionenabled` and `diskencrypted` as VAPIX tells them.
async fn told(camera: &Camera) -> (String, String, String) {
    let list = camera.get("/axis-cgi/disks/list.cgi?diskid=SD_DISK").await.body;
    let value = |name: &str| list.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned();
    (value("status"), value("encryptionenabled"), value("diskencrypted"))
}

#[tokio::test]
async fn each_state_is_told_alike_by_vapix_and_by_the_storage_and_leads_to_each_other() {
    let camera = Camera::new(Os::V12_11).await;
    for before in CardState::ALL {
        for state in CardState::ALL {
            for wanted in [before, state] {
                let answer = order(&camera, json!({"do": "card", "state": wanted.to_string()})).await;
                assert_eq!(answer, json!({"ok": true}), "{wanted}");
            }
            let what = format!("{before} to {state}");
            assert_eq!(told(&camera).await.0, state.to_string(), "{what}");
            let usable = state == CardState::Ok;
            assert_eq!(flags(&camera), (usable, usable), "{what}");
        }
    }
    let refused = order(&camera, json!({"do": "card", "state": "dozing"})).await;
    assert!(refused["error"].as_str().unwrap().contains("dozing"), "{refused}");
    camera.device.stop().await;
}

#[tokio::test]
async fn the_setting_and_the_card_decide_together_and_a_card_keeps_its_own_through_a_pull() {
    let camera = Camera::new(Os::V12_11).await;
    let table = [
        (true, "ours", false, "OK"),
        (true, "other", false, "wrong passphrase"),
        (true, "no", false, "not encrypted"),
        (false, "other", false, "no passphrase"),
        (false, "no", true, "failed"),
        (false, "ours", false, "no passphrase"),
    ];
    for (encryption, encrypted, failed, status) in table {
        let answer = order(
            &camera,
            json!({"do": "trouble", "encryption": encryption, "encrypted": encrypted, "failed": failed}),
        );
        assert_eq!(answer.await["ok"], true);
        let expected = (status.to_owned(), encryption.to_string(), (encrypted != "no").to_string());
        assert_eq!(told(&camera).await, expected);
        assert_eq!(flags(&camera).0, status == "OK");
    }
    order(&camera, json!({"do": "yank"})).await;
    assert_eq!(told(&camera).await, ("disconnected".into(), "false".into(), "false".into()));
    order(&camera, json!({"do": "insert"})).await;
    assert_eq!(told(&camera).await, ("no passphrase".into(), "false".into(), "true".into()));
    camera.device.stop().await;
}

#[tokio::test]
async fn only_a_card_that_the_camera_can_read_is_mounted() {
    let camera = Camera::new(Os::V12_11).await;
    order(&camera, json!({"do": "unmount"})).await;
    assert_eq!((told(&camera).await.0.as_str(), flags(&camera).0), ("connected", false));
    assert_eq!(order(&camera, json!({"do": "mount"})).await["ok"], true);
    assert_eq!((told(&camera).await.0.as_str(), flags(&camera).0), ("OK", true));
    for state in ["disconnected", "failed", "no passphrase", "wrong passphrase", "not encrypted"] {
        order(&camera, json!({"do": "card", "state": state})).await;
        let refused = order(&camera, json!({"do": "mount"})).await;
        assert!(refused["error"].as_str().unwrap().contains(state), "{refused}");
        assert!(!flags(&camera).0, "{state}");
    }
    camera.device.stop().await;
}

#[tokio::test]
async fn a_camera_can_start_with_any_card_or_without_a_slot() {
    let with = |word: &str| {
        let knob = ("camera.card".to_owned(), word.to_owned());
        Camera::with(Os::V12_11, |setup| setup.knobs.push(knob))
    };
    let camera = with("wrong passphrase").await;
    assert_eq!(told(&camera).await.0, "wrong passphrase");
    camera.device.stop().await;
    let camera = with("no slot").await;
    let list = camera.get("/axis-cgi/disks/list.cgi?diskid=all").await.body;
    assert!(list.contains("numberofdisks=\"1\" >") && list.contains("NetworkShare") && !list.contains("SD_DISK"));
    assert!(!camera.state.path().join("axsim/storage/SD_DISK").exists());
    camera.device.stop().await;
}
