//! The control socket, and the state files that it changes.

use std::fs;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use virtual_camera::profile::Os;

use crate::support::{Camera, Eap};

pub async fn order(camera: &Camera, order: Value) -> Value {
    let mut stream = UnixStream::connect(camera.device.control_socket()).await.unwrap();
    stream.write_all(format!("{order}\n").as_bytes()).await.unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.unwrap();
    serde_json::from_str(&line).unwrap()
}

fn state(camera: &Camera) -> String {
    fs::read_to_string(camera.state.path().join("axsim/storage/SD_DISK/state")).unwrap()
}

#[tokio::test]
async fn orders_are_answered_when_they_have_taken_effect() {
    let camera = Camera::new(Os::V11_11).await;
    let eap = camera.state.path().join("demo.eap");
    fs::write(&eap, Eap::new("echo up; sleep 1000").bytes()).unwrap();
    let done = json!({"ok": true});
    assert_eq!(order(&camera, json!({"do": "install", "file": eap})).await, json!({"app": "demo", "ok": true}));
    assert_eq!(order(&camera, json!({"do": "start", "app": "demo"})).await, done);
    assert!(order(&camera, json!({"do": "app_pid", "app": "demo"})).await["pid"].is_u64());
    assert_eq!(order(&camera, json!({"do": "stop", "app": "demo"})).await, done);
    let again = order(&camera, json!({"do": "stop", "app": "demo"})).await;
    assert_eq!(again, json!({"ok": false, "error": "error 7: not running"}));
    assert_eq!(order(&camera, json!({"do": "set_param", "app": "demo", "name": "Level", "value": " x"})).await, done);
    let values = fs::read_to_string(camera.state.path().join("axsim/param/demo.val")).unwrap();
    assert_eq!(values, "[values]\nLevel=\\sx\n");
    assert_eq!(
        order(&camera, json!({"do": "fault", "path": "/axis-cgi/time.cgi", "fault": "status", "code": 502})).await,
        done
    );
    assert_eq!(camera.get("/axis-cgi/time.cgi").await.status, 502);
    assert_eq!(order(&camera, json!({"do": "clear_faults"})).await, done);
    assert_eq!(order(&camera, json!({"do": "requests"})).await["requests"].as_array().unwrap().len(), 1);
    assert_eq!(order(&camera, json!({"do": "dance"})).await["ok"], false);
    camera.device.stop().await;
}

#[tokio::test]
async fn an_unmount_waits_for_who_holds_the_storage_and_gives_up_in_time() {
    let camera = Camera::new(Os::V12_11).await;
    let handles = camera.state.path().join(format!("axsim/clients/{}/handles", std::process::id()));
    fs::create_dir_all(&handles).unwrap();
    fs::write(handles.join("SD_DISK"), "").unwrap();
    // A process that is gone holds nothing.
    let dead = camera.state.path().join("axsim/clients/4194999/handles");
    fs::create_dir_all(&dead).unwrap();
    fs::write(dead.join("SD_DISK"), "").unwrap();
    let refused = order(&camera, json!({"do": "unmount", "ms": 100})).await;
    assert!(refused["error"].as_str().unwrap().contains(&std::process::id().to_string()), "{refused}");
    assert!(state(&camera).contains("available=1") && state(&camera).contains("exiting=0"));
    let (done, ()) = tokio::join!(order(&camera, json!({"do": "unmount", "ms": 9000})), async {
        while !state(&camera).contains("exiting=1") {
            tokio::task::yield_now().await;
        }
        fs::remove_file(handles.join("SD_DISK")).unwrap();
    });
    assert_eq!(done, json!({"ok": true}));
    assert!(state(&camera).starts_with("[state]\navailable=0\nwritable=0\nfull=0\nexiting=0\ngeneration="));
    assert_eq!(order(&camera, json!({"do": "insert"})).await["ok"], true);
    assert!(state(&camera).contains("writable=1"));
    assert_eq!(order(&camera, json!({"do": "yank"})).await["ok"], true);
    assert!(!camera.state.path().join("axsim/storage/SD_DISK/medium").exists());
    camera.device.stop().await;
}

#[tokio::test]
async fn a_state_folder_with_a_long_path_still_has_its_sockets() {
    let camera = Camera::with(Os::V12_11, |setup| setup.state = setup.state.join("a-long-name".repeat(12))).await;
    assert!(camera.device.control_socket().as_os_str().len() < 108);
    assert_eq!(order(&camera, json!({"do": "bus", "mood": "fails"})).await, json!({"ok": true}));
    camera.device.restart_bus().await.unwrap();
    camera.device.stop().await;
    assert!(!camera.device.control_socket().exists());
}
