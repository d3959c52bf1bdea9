//! A camera with the app on it, and eyes to look at it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use eap::budget::Budget;
use eap::manifest::Manifest;
use eap::pack::Ingredients;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use virtual_camera::visit::{Answer, Visitor};
use virtual_camera::{Account, Arch, Os, VirtualCamera};

pub const PAGE: &str = "/local/c2c/status";
pub const SNAPSHOT: &str = "/local/c2c/status/snapshot.json";

/// Longest wait for anything in these tests; QEMU on a busy machine is slow.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn word(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "x86_64",
        Arch::Aarch64 => "aarch64",
        Arch::Armv7hf => "armv7hf",
    }
}

/// The package that `make` built.
pub fn package(arch: Arch, os: Os) -> Vec<u8> {
    let folder = if matches!(os, Os::V11_11 | Os::V12_9) { "target/eap/schema1" } else { "target/eap" };
    read(&root().join(folder).join(format!("Camera-to-Cloud_1_6_0_{}.eap", word(arch))))
}

/// The same binary packed as another version.
pub fn package_as(version: &str) -> Vec<u8> {
    let mut manifest = Manifest::read(&read(&root().join("acap/manifest.json"))).unwrap();
    manifest.set_setup("version", version);
    let arch = Arch::native();
    let ingredients = Ingredients {
        arch: word(arch).parse().unwrap(),
        manifest,
        binary: read(&root().join("target/stage").join(word(arch)).join("c2c")),
        license: read(&root().join("acap/LICENSE")),
        additional: Vec::new(),
        html: eap::folder::read(&root().join("html"), "html").unwrap(),
        lib: Vec::new(),
        notices: None,
        time: 0,
    };
    let budget = Budget::read(&String::from_utf8(read(&root().join("acap/budget.toml"))).unwrap()).unwrap();
    eap::pack::pack(ingredients, &budget).unwrap().bytes
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}; `make test` makes it", path.display()))
}

/// Runs what blocks beside the runtime.
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// Installs `eap` as an administrator would, starts it unless an older version ran before, and waits until its page
/// answers.
pub async fn install(camera: &VirtualCamera, eap: Vec<u8>) {
    let visitor = camera.visit(Account::Root);
    aside(move || {
        visitor.set_allow_unsigned(true).unwrap();
        let uploaded = visitor.upload("c2c.eap", &eap).unwrap();
        assert_eq!(uploaded.text().trim(), "OK");
        let started = visitor.control("start", "c2c").unwrap();
        assert!(["OK", "Error: 6"].contains(&started.text().trim()), "{}", started.text());
    })
    .await;
    wait_for_page(camera).await;
}

pub async fn wait_for_page(camera: &VirtualCamera) {
    until(camera, "the page answers", || async { get(camera, Account::Viewer, PAGE).await.status == 200 }).await;
}

/// A native camera with the app on it.
pub async fn camera_with_app() -> VirtualCamera {
    let camera = VirtualCamera::builder().start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    camera
}

/// What `account` gets for `path`.
pub async fn get(camera: &VirtualCamera, account: Account, path: &str) -> Answer {
    fetch(camera.visit(account), path).await
}

pub async fn fetch(visitor: Visitor, path: &str) -> Answer {
    let path = path.to_owned();
    aside(move || visitor.get(&path).unwrap()).await
}

pub async fn page(camera: &VirtualCamera) -> String {
    let answer = get(camera, Account::Viewer, PAGE).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text()
}

pub async fn snapshot(camera: &VirtualCamera) -> Value {
    let answer = get(camera, Account::Viewer, SNAPSHOT).await;
    serde_json::from_str(&answer.text()).unwrap_or_else(|error| panic!("{error}: {}", answer.text()))
}

/// An order of the administrator; panics unless the camera says OK.
pub async fn control(camera: &VirtualCamera, action: &'static str) {
    let visitor = camera.visit(Account::Root);
    let answer = aside(move || visitor.control(action, "c2c").unwrap()).await;
    assert_eq!(answer.text().trim(), "OK", "{action}");
}

/// Sends a signal to the app, which must be there.
pub fn send(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

/// Waits for a state; says which one, and what the app logged, when it does not come.
pub async fn until<F: Future<Output = bool>>(camera: &VirtualCamera, what: &str, mut state: impl FnMut() -> F) {
    let begun = tokio::time::Instant::now();
    while !state().await {
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}\n{}", camera.app_log("c2c"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The same where there is no camera.
pub async fn until_true<F: Future<Output = bool>>(what: &str, mut state: impl FnMut() -> F) {
    let begun = tokio::time::Instant::now();
    while !state().await {
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
