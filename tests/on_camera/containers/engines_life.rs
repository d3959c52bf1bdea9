//! An engine that freezes, ends, dies, is closed to others, and comes back: each is told apart, nothing else of the page
//! is lost, and all is well again without anybody's help.

use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set};
use serde_json::json;
use virtual_camera::VirtualCamera;

use super::{NONE, SLEEP, comes_to, look_at, reading, says, shown};
use crate::engine::Engine;
use crate::world::{camera_with_app, page, snapshot, until};

/// Waits until the engine is lost so, while everything else of the page is known.
async fn is_lost(camera: &VirtualCamera, kind: &str, words: &str) {
    until(camera, kind, || async { reading(camera).await["fault"]["kind"] == kind }).await;
    let page = page(camera).await;
    assert!(page.contains(words) && page.contains("one reading of this camera failed."), "{page}");
    let seen = snapshot(camera).await;
    for other in ["identity", "network", "applications", "cards", "storage"] {
        assert_eq!(seen[other]["reading"], "known", "{other}");
    }
}

async fn is_back(camera: &VirtualCamera) {
    until(camera, "it is back", || async { reading(camera).await["value"]["engine"] == "running" }).await;
    assert!(!page(camera).await.contains("one reading of this camera failed."));
}

#[tokio::test]
async fn an_engine_that_freezes_ends_dies_and_comes_back_is_told_apart_each_time() {
    let Some(engine) = Engine::or_skip().await else { return };
    let camera = camera_with_app().await;
    let pid = camera.app_pid("c2c");
    let kept = json!({"HostConfig": {"RestartPolicy": {"Name": "always"}}});
    engine.run("runs", SLEEP, kept).await;
    look_at(&camera, &engine.socket());
    comes_to(&camera, "runs", "Running", "running", &[]).await;

    engine.signal("STOP");
    is_lost(&camera, "late", "no answer within 5 s").await;
    assert!(!shown(&camera, "runs").await.is_empty() && page(&camera).await.contains("as of "), "its last list stays");
    engine.signal("CONT");
    is_back(&camera).await;

    engine.end("TERM").await;
    says(&camera, NONE).await;
    assert!(!page(&camera).await.contains("failed"), "no engine is calm");
    engine.begin().await.unwrap();
    comes_to(&camera, "runs", "Running", "running", &["for "]).await;

    engine.end("KILL").await;
    says(&camera, "The container engine has ended and left its socket behind.").await;
    assert!(shown(&camera, "runs").await.is_empty(), "nobody knows whether it runs");
    engine.begin().await.unwrap();
    comes_to(&camera, "runs", "Running", "running", &["for "]).await;

    look_at(&camera, &engine.socket().with_extension("other"));
    says(&camera, NONE).await;
    look_at(&camera, &engine.socket());
    comes_to(&camera, "runs", "Running", "running", &[]).await;
    assert_eq!(camera.app_pid("c2c"), pid);
    camera.stop().await;
}

/// Whatever this thread starts from now on cannot pass by the modes of files, even where it is root: on a camera no
/// application can.
fn give_up_the_rights_of_root() {
    if rustix::process::geteuid().is_root() {
        for right in [CapabilitySet::DAC_OVERRIDE, CapabilitySet::DAC_READ_SEARCH] {
            remove_capability_from_bounding_set(right).unwrap();
        }
    }
}

#[tokio::test]
async fn an_engine_that_is_closed_to_the_app_says_so_and_is_read_once_it_opens() {
    let Some(engine) = Engine::or_skip().await else { return };
    // On a thread of its own: this one has the engine to clean up after.
    let seen = std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            give_up_the_rights_of_root();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(is_closed_and_opens(&engine));
        });
        looking.join()
    });
    seen.unwrap();
}

async fn is_closed_and_opens(engine: &Engine) {
    let camera = camera_with_app().await;
    engine.run("runs", SLEEP, json!({})).await;
    engine.close_folder(true);
    look_at(&camera, &engine.socket());
    is_lost(&camera, "not-allowed", "Camera-to-Cloud may not open the socket").await;
    engine.close_folder(false);
    is_back(&camera).await;
    comes_to(&camera, "runs", "Running", "running", &[]).await;
    engine.close_folder(true);
    is_lost(&camera, "not-allowed", "IPCSocket is set to yes").await;
    assert!(!shown(&camera, "runs").await.is_empty(), "its last list stays");
    engine.close_folder(false);
    is_back(&camera).await;
    camera.stop().await;
}
