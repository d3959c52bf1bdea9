//! Containers on the page: of a real engine in every state that it can bring them to, of an engine that comes and goes,
//! of an engine whose answers are damaged, and of the engine's application.

mod application;
mod damage;
mod engines_life;

use serde_json::{Value, json};
use virtual_camera::{Account, VirtualCamera};

use crate::engine::{Engine, IMAGE, skipped};
use crate::live::stream;
use crate::world::{PATIENCE, camera_with_app, get, page, snapshot, until};

const NONE: &str = "This camera has no container engine.";
const SLEEP: &[&str] = &["/bin/sleep", "3600"];

/// Where the app looks for the engine.
fn look_at(camera: &VirtualCamera, socket: &std::path::Path) {
    camera.set_param("c2c", "EngineSocket", socket.to_str().unwrap()).unwrap();
}

/// The part of the page that shows one container; empty where it shows none of that name.
async fn shown(camera: &VirtualCamera, name: &str) -> String {
    let page = page(camera).await;
    let part = page.split(&format!("<li data-container=\"{name}\">")).nth(1).unwrap_or_default();
    part.split("</li>").next().unwrap_or_default().to_owned()
}

/// Waits until the page shows a container with this word for its state, this mark beside it, and all these words.
async fn comes_to(camera: &VirtualCamera, name: &str, state: &str, mark: &str, words: &[&str]) {
    let state = format!("data-state=\"{mark}\"><bdi>{state}</bdi>");
    let begun = tokio::time::Instant::now();
    loop {
        let part = shown(camera, name).await;
        if part.contains(&state) && words.iter().all(|word| part.contains(word)) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{name}: not {state} with {words:?} but {part}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn says(camera: &VirtualCamera, words: &str) {
    until(camera, words, || async { page(camera).await.contains(words) }).await;
}

async fn reading(camera: &VirtualCamera) -> Value {
    snapshot(camera).await["containers"].clone()
}

/// Every container that a state can be had with, but those that need more than to be started.
async fn fill(engine: &Engine) {
    engine.create("made", SLEEP, json!({})).await;
    engine.run("runs", SLEEP, json!({"HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}}})).await;
    engine.run("halts", SLEEP, json!({})).await;
    engine.run("ends", &["/bin/sh", "-c", "exit 3"], json!({})).await;
    engine.run("done", &["/bin/true"], json!({})).await;
    engine.run("fails", &["/no/such"], json!({})).await;
    engine
        .run("loops", &["/bin/sh", "-c", "exit 7"], json!({"HostConfig": {"RestartPolicy": {"Name": "always"}}}))
        .await;
    let thrice = json!({"HostConfig": {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}}});
    engine.run("gives-up", &["/bin/sh", "-c", "exit 9"], thrice).await;
    let check = |command: &str, calm: u64| {
        let second = 1_000_000_000_u64;
        json!({"Healthcheck": {
            "Test": ["CMD-SHELL", command], "Interval": second, "Retries": 1, "StartPeriod": calm * second
        }})
    };
    engine.run("well", SLEEP, check("true", 0)).await;
    engine.run("sick", SLEEP, check("exit 1", 0)).await;
    engine.run("wakes", SLEEP, check("exit 1", 600)).await;
    assert_eq!(engine.order("halts", "pause").await, 204);
}

#[tokio::test]
async fn every_state_that_a_real_engine_knows_is_on_the_page_and_follows_it() {
    let Some(engine) = Engine::or_skip().await else { return };
    let camera = camera_with_app().await;
    let pid = camera.app_pid("c2c");
    says(&camera, NONE).await;
    look_at(&camera, &engine.socket());
    says(&camera, "The engine is running and has no containers.").await;
    fill(&engine).await;

    comes_to(&camera, "made", "Created", "stopped", &[IMAGE, "never been started"]).await;
    comes_to(&camera, "runs", "Running", "running", &["<small class=\"since\">for ", "<dt>Started</dt>"]).await;
    comes_to(&camera, "halts", "Paused", "idle", &["frozen", "started "]).await;
    comes_to(&camera, "ends", "Exited", "error", &["<bdi>3</bdi>", "with an error", "<dt>Ended</dt>"]).await;
    comes_to(&camera, "done", "Exited", "stopped", &["0 (ended on its own"]).await;
    let failed = ["could not be started", "127 (its program was not found)", "Start failed", "/no/such"];
    comes_to(&camera, "fails", "Created", "error", &failed).await;
    comes_to(&camera, "loops", "Restarting", "error", &["<bdi>7</bdi>", "<dt>Restarts</dt>", "keeps ending"]).await;
    comes_to(&camera, "gives-up", "Exited", "error", &["<dt>Restarts</dt><dd><bdi>3</bdi>", "<bdi>9</bdi>"]).await;
    comes_to(&camera, "well", "Running", "running", &["Healthy"]).await;
    comes_to(&camera, "sick", "Running", "error", &["Unhealthy", "fails its own health check"]).await;
    comes_to(&camera, "wakes", "Running", "running", &["Starting: no result yet"]).await;
    says(&camera, "Engine version ").await;
    assert!(page(&camera).await.contains("1 paused, "), "{}", page(&camera).await);

    assert_eq!(engine.order("halts", "unpause").await, 204);
    comes_to(&camera, "halts", "Running", "running", &["for "]).await;
    assert_eq!(engine.order("halts", "kill").await, 204);
    comes_to(&camera, "halts", "Exited", "stopped", &["137 (killed"]).await;
    assert_eq!(engine.order("halts", "start").await, 204);
    comes_to(&camera, "halts", "Running", "running", &[]).await;
    assert_eq!(engine.remove("halts").await, 204);
    until(&camera, "it is gone", || async { shown(&camera, "halts").await.is_empty() }).await;
    assert_eq!(camera.app_pid("c2c"), pid);
    camera.stop().await;
}

#[tokio::test]
async fn a_container_that_cannot_be_removed_is_dead_and_gone_once_it_can() {
    let Some(engine) = Engine::or_skip().await else { return };
    let camera = camera_with_app().await;
    look_at(&camera, &engine.socket());
    engine.run("dies", &["/bin/true"], json!({})).await;
    comes_to(&camera, "dies", "Exited", "stopped", &[]).await;
    engine.seal_layers(true);
    assert_eq!(engine.remove("dies").await, 500, "it must not be removable");
    comes_to(&camera, "dies", "Dead", "error", &["could not be removed completely", "Removal failed"]).await;
    engine.seal_layers(false);
    assert_eq!(engine.remove("dies").await, 204);
    says(&camera, "The engine is running and has no containers.").await;
    camera.stop().await;
}

#[tokio::test]
async fn a_container_that_wanted_too_much_memory_is_told_from_one_that_was_killed() {
    let Some(engine) = Engine::or_skip().await else { return };
    if !engine.limits_memory().await {
        return skipped("containers cannot be held to an amount of memory here");
    }
    let camera = camera_with_app().await;
    look_at(&camera, &engine.socket());
    let little = json!({"HostConfig": {"Memory": 8 << 20, "MemorySwap": 8 << 20}});
    // It wants 64 MiB at once, and no more than that even where the limit were not kept.
    engine.run("wants", &["/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1"], little).await;
    comes_to(&camera, "wants", "Exited", "error", &["killed because memory ran out", "137 ("]).await;
    camera.stop().await;
}

#[tokio::test]
async fn a_container_that_starts_and_ends_while_a_page_is_open_comes_by_itself() {
    let Some(engine) = Engine::or_skip().await else { return };
    let camera = camera_with_app().await;
    look_at(&camera, &engine.socket());
    says(&camera, "The engine is running and has no containers.").await;
    let mut line = stream(&camera).await;
    engine.run("comes", SLEEP, json!({})).await;
    let told = crate::live::read_until(&mut line, "data-container=\\\"comes\\\"").await;
    assert!(told.contains("\"id\":\"overview\"") || told.contains("\"id\":\"containers\""), "{told}");
    assert_eq!(engine.order("comes", "kill").await, 204);
    crate::live::read_until(&mut line, "<bdi>Exited</bdi>").await;
    drop(line);
    assert_eq!(get(&camera, Account::Viewer, crate::world::PAGE).await.status, 200);
    camera.stop().await;
}
