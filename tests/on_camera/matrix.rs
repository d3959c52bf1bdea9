//! A fault at every step of making a card ready, and what must hold afterwards: no format that nobody ordered, the job
//! ended in its named failure and those after it cancelled, page, snapshot and journal true, our folder given back. And
//! after an order of the administrator the card becomes ready all the same.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::{Account, Arch, Os, VirtualCamera};

use crate::orders::{asked, erase, form, order, stand};
use crate::world::{get, install, package, snapshot, until};

mod damage;
mod foreign;
mod knobs;
mod restart;
mod table;

/// So many cameras at once.
const AT_ONCE: usize = 4;
/// What does not change for so long stands still.
const STILL: Duration = Duration::from_millis(700);
/// A format takes one to two seconds, and each step is seen.
pub const SPEED: f64 = 40.0;

/// A camera with a kind of card and the app on it, with these knobs `camera.disks.…`.
pub async fn camera_with(kind: &str, knobs: &[(&str, &str)]) -> VirtualCamera {
    let mut builder = VirtualCamera::builder().card_kind(kind).speed(SPEED);
    for (knob, value) in knobs {
        builder = builder.knob(&format!("camera.disks.{knob}"), value);
    }
    let camera = builder.start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    camera
}

/// Runs a case each, some at once; all are run, and every one that fails is named.
pub async fn each<C, F>(cases: Vec<C>, run: impl Fn(C) -> F)
where
    C: std::fmt::Debug,
    F: Future<Output = ()> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    let mut names = std::collections::HashMap::new();
    for case in cases {
        let (name, room) = (format!("{case:?}"), Arc::clone(&room));
        let work = run(case);
        let begun = running.spawn(async move {
            let _place = room.acquire().await.unwrap();
            work.await;
        });
        names.insert(begun.id(), name);
    }
    let mut failed = Vec::new();
    while let Some(ended) = running.join_next_with_id().await {
        if let Err(error) = ended {
            failed.push(names[&error.id()].clone());
        }
    }
    assert!(failed.is_empty(), "{} failed: {failed:#?}", failed.len());
}

/// The jobs that prepare, the oldest first.
pub async fn preparing(camera: &VirtualCamera) -> Vec<Value> {
    let seen = snapshot(camera).await;
    let jobs = seen["jobs"].as_array().cloned().unwrap_or_default();
    jobs.into_iter().rev().filter(|job| job["purpose"] == "prepare").collect()
}

/// Waits until no step is under way and none is to come by itself.
pub async fn at_rest(camera: &VirtualCamera) {
    until(camera, "no step is under way", || async {
        let open = |job: &Value| ["pending", "running"].contains(&job["state"]["state"].as_str().unwrap());
        !preparing(camera).await.iter().any(open) && stand(camera).await["stand"] != "working"
    })
    .await;
}

/// What the app wrote down, in the folder that it has for that.
pub fn journal(camera: &VirtualCamera) -> Value {
    let pid = camera.app_pid("c2c").unwrap();
    let folder = std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
    serde_json::from_slice(&std::fs::read(folder.join("localdata/jobs.json")).unwrap()).unwrap()
}

/// The word of `list.cgi` as the snapshot has it.
fn told(camera: &VirtualCamera) -> String {
    camera.device().axsim().slot(SD_DISK).unwrap().state().to_string().to_lowercase().replace(' ', "_")
}

/// Page, data and journal say what is.
pub async fn what_is_told_is_true(camera: &VirtualCamera) {
    until(camera, "the card is told as it is", || async {
        let seen = snapshot(camera).await;
        seen["cards"]["value"][0]["status"] == told(camera)
    })
    .await;
    let jobs = preparing(camera).await;
    until(camera, "the journal has the same ends", || async {
        let kept = journal(camera);
        let kept: Vec<_> = kept["jobs"].as_array().unwrap().iter().filter(|job| job["purpose"] == "prepare").collect();
        let tail = &kept[kept.len().saturating_sub(jobs.len())..];
        let same = |(job, kept): (&Value, &&Value)| {
            job["name"] == kept["name"]
                && job["state"]["state"] == kept["state"]["state"]
                && job["state"]["reason"] == kept["state"]["reason"]
        };
        tail.len() == jobs.len() && jobs.iter().zip(tail).all(same)
    })
    .await;
    let page = get(camera, Account::Viewer, crate::world::PAGE).await.text();
    for job in &jobs {
        assert!(page.contains(job["name"].as_str().unwrap()), "{job} is not on the page");
    }
}

/// Our folder is not held on a card that is not in use, and nothing of ours is open on it.
pub async fn nothing_is_held(camera: &VirtualCamera) {
    let sim = camera.device().axsim();
    until(camera, "nothing is held that is not in use", || async {
        let slot = sim.slot(SD_DISK).unwrap();
        slot.available || (sim.holders(SD_DISK).is_empty() && sim.open_files(SD_DISK).is_empty())
    })
    .await;
}

/// Orders what is offered until the card is ready; gives how many erases that took.
pub async fn mended(camera: &VirtualCamera) -> usize {
    let mut erases = 0;
    for _ in 0..4 {
        at_rest(camera).await;
        if stand(camera).await["stand"] == "ready" {
            return erases;
        }
        if form(camera, "start-again").await.is_some() {
            order(camera, "start-again", &[]).await;
        } else if form(camera, "erase").await.is_some() {
            erases += 1;
            erase(camera, Some(crate::orders::PASSPHRASE)).await;
        } else {
            crate::orders::prepare(camera).await;
        }
        settled(camera).await;
    }
    at_rest(camera).await;
    let (stand, log) = (stand(camera).await, camera.app_log("c2c"));
    assert_eq!(stand["stand"], "ready", "{stand}\n{:?}\n{log}", preparing(camera).await);
    erases
}

/// After an order: the app stands still again, ready or waiting for something.
pub async fn settled(camera: &VirtualCamera) {
    let mut before = Value::Null;
    let begun = tokio::time::Instant::now();
    loop {
        at_rest(camera).await;
        let now = stand(camera).await;
        if now == before {
            return;
        }
        assert!(begun.elapsed() < crate::world::PATIENCE, "{now}\n{}", camera.app_log("c2c"));
        before = now;
        // Between an order and its first step the app looks at the card.
        tokio::time::sleep(STILL).await;
    }
}

/// How often a card was formatted.
pub fn formats(camera: &VirtualCamera) -> usize {
    asked(camera, "format.cgi")
}
