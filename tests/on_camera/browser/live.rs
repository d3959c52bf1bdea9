//! The live page in a real Chromium: changes come without a reload, a lost connection is told and comes back.

use serde_json::json;
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::{Account, Arch, Front, Os, VirtualCamera};

use super::driver::Browser;
use super::{is_comfortable, settled};
use crate::engine::Engine;
use crate::live::take_all_streams;
use crate::world::{PAGE, camera_with_app, control, install, package, until_true};

pub const CARD: &str = "[data-area=SD_DISK] .state";

/// A page that is open, with a mark that a reload would wipe out.
async fn open(camera: &VirtualCamera) -> Browser {
    settled(camera).await;
    let browser = Browser::start().await;
    browser.open(camera, Account::Viewer, PAGE).await;
    browser.wait_for("#pulse", "Live").await;
    browser.wait_for(CARD, "Writable").await;
    let script = "window.mark = 'here'; window.said = []; const said = document.getElementById('said');
        new MutationObserver(() => window.said.push(said.textContent)).observe(said, { childList: true })";
    browser.run(script, vec![]).await;
    browser
}

async fn was_not_reloaded(browser: &Browser) {
    assert_eq!(browser.run("return window.mark", vec![]).await, "here", "the page was reloaded");
}

#[tokio::test]
async fn a_card_that_is_pulled_becomes_words_while_what_is_open_stays_open_and_the_focus_stays() {
    let camera = camera_with_app().await;
    let browser = open(&camera).await;
    browser.click("li[data-app=c2c] summary").await;
    let state = "return [document.activeElement.closest('li')?.dataset.app,
        document.querySelector('li[data-app=c2c] details').open]";
    assert_eq!(browser.run(state, vec![]).await, json!(["c2c", true]));
    camera.device().axsim().yank(SD_DISK).unwrap();
    browser.wait_for(CARD, "Not available").await;
    let told = "return window.said.some((words) => words.includes('SD Card Information, Status: Disconnected'))";
    until_true("it is said", || async { browser.run(told, vec![]).await == true }).await;
    camera.set_param("c2c", "LogLevel", "loud").unwrap();
    browser.wait_for("#problems", "LogLevel").await;
    let stop = camera.visit(Account::Root);
    crate::world::aside(move || stop.control("stop", "scenewatch").unwrap()).await;
    assert_eq!(browser.run(state, vec![]).await, json!(["c2c", true]), "after the updates");
    camera.set_param("c2c", "LogLevel", "info").unwrap();
    browser.wait_until_gone("#problems:not([hidden])").await;
    was_not_reloaded(&browser).await;
    is_comfortable(&browser, 1280).await;
    assert_eq!(browser.complaints().await, []);
    browser.end().await;
    camera.stop().await;
}

#[tokio::test]
async fn a_container_that_starts_and_ends_comes_by_itself_and_stays_open_while_it_changes() {
    let Some(engine) = Engine::or_skip().await else { return };
    let camera = camera_with_app().await;
    camera.set_param("c2c", "EngineSocket", engine.socket().to_str().unwrap()).unwrap();
    let browser = open(&camera).await;
    engine.run("gate", &["/bin/sleep", "3600"], json!({})).await;
    browser.wait_for("li[data-container=gate] .state", "Running").await;
    browser.wait_for("li[data-container=gate] .how small", "for").await;
    browser.click("li[data-container=gate] summary").await;
    assert_eq!(engine.order("gate", "pause").await, 204);
    browser.wait_for("li[data-container=gate] .state", "Paused").await;
    browser.wait_for("li[data-container=gate] details[open]", "frozen").await;
    is_comfortable(&browser, 1280).await;
    assert_eq!(engine.order("gate", "unpause").await, 204);
    assert_eq!(engine.order("gate", "kill").await, 204);
    browser.wait_for("li[data-container=gate] details[open]", "137 (killed").await;
    assert_eq!(engine.remove("gate").await, 204);
    browser.wait_until_gone("li[data-container=gate]").await;
    was_not_reloaded(&browser).await;
    assert_eq!(browser.complaints().await, []);
    browser.end().await;
    camera.stop().await;
}

#[tokio::test]
async fn an_app_that_is_stopped_is_told_as_lost_and_the_page_recovers_after_the_start() {
    let camera = VirtualCamera::builder().front(Front::Apache).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    let browser = open(&camera).await;
    control(&camera, "stop").await;
    browser.wait_for("#lost", "Connection to the camera lost since").await;
    is_comfortable(&browser, 1280).await;
    control(&camera, "start").await;
    browser.wait_for("#pulse", "Live").await;
    browser.wait_until_gone("#lost:not([hidden])").await;
    camera.device().axsim().yank(SD_DISK).unwrap();
    browser.wait_for(CARD, "Not available").await;
    was_not_reloaded(&browser).await;
    browser.end().await;
    camera.stop().await;
}

#[tokio::test]
async fn a_stream_that_the_real_web_server_cuts_is_followed_by_a_new_one_without_a_reload() {
    let camera = VirtualCamera::builder().front(Front::Apache).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    let browser = open(&camera).await;
    let is_open = "return stream !== null && stream !== window.before && stream.readyState === EventSource.OPEN";
    until_true("a stream is open", || async { browser.run(is_open, vec![]).await == true }).await;
    let spy = "window.cuts = 0; window.before = stream; stream.addEventListener('error', () => { window.cuts += 1; })";
    browser.run(spy, vec![]).await;
    camera.restart_web_server().await.unwrap();
    until_true("the stream is cut", || async { browser.run("return window.cuts", vec![]).await == 1 }).await;
    until_true("a new one is open", || async { browser.run(is_open, vec![]).await == true }).await;
    browser.wait_for("#pulse", "Live").await;
    browser.wait_until_gone("#lost:not([hidden])").await;
    camera.device().axsim().yank(SD_DISK).unwrap();
    browser.wait_for(CARD, "Not available").await;
    was_not_reloaded(&browser).await;
    browser.end().await;
    camera.stop().await;
}

#[tokio::test]
async fn over_https_the_page_is_live_too() {
    let camera = VirtualCamera::builder().front(Front::Apache).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    settled(&camera).await;
    let browser = Browser::start().await;
    browser.open_over_https(&camera, Account::Viewer, PAGE).await;
    browser.wait_for("#pulse", "Live").await;
    browser.wait_for(CARD, "Writable").await;
    camera.device().axsim().yank(SD_DISK).unwrap();
    browser.wait_for(CARD, "Not available").await;
    assert_eq!(browser.complaints().await, []);
    browser.end().await;
    camera.stop().await;
}

#[tokio::test]
async fn a_viewer_for_whom_there_is_no_stream_sees_the_same() {
    let camera = camera_with_app().await;
    let streams = take_all_streams(&camera).await;
    let browser = open(&camera).await;
    camera.device().axsim().yank(SD_DISK).unwrap();
    browser.wait_for(CARD, "Not available").await;
    assert_eq!(browser.text("#lost").await, "");
    was_not_reloaded(&browser).await;
    assert_eq!(browser.complaints().await, []);
    drop(streams);
    browser.end().await;
    camera.stop().await;
}

#[tokio::test]
async fn a_login_that_ran_out_is_told_and_never_tried_again() {
    let camera = camera_with_app().await;
    let browser = open(&camera).await;
    // As the camera would answer; the page asks when it is looked at again.
    let script = "window.asked = 0;
        window.fetch = async () => { window.asked += 1; return new Response('', { status: 401 }); };
        document.dispatchEvent(new Event('visibilitychange'));";
    browser.run(script, vec![]).await;
    browser.wait_for("#lost", "Log in again: reload this page.").await;
    let script = "window.planned = 0;
        window.setTimeout = () => { window.planned += 1; };
        document.dispatchEvent(new Event('visibilitychange'));
        return [window.asked, window.planned]";
    assert_eq!(browser.run(script, vec![]).await, json!([1, 0]));
    assert_eq!(browser.run("return document.getElementById('pulse').hidden", vec![]).await, true);
    browser.end().await;
    camera.stop().await;
}

#[tokio::test]
async fn the_page_is_copied_as_text_over_plain_http() {
    let camera = camera_with_app().await;
    let browser = open(&camera).await;
    // Chromium trusts the loopback addresses of this test; those of a camera it does not.
    let spy = "Object.defineProperty(window, 'isSecureContext', { value: false });
        document.addEventListener('copy', () => { window.copied = document.activeElement.value; }, true)";
    browser.run(spy, vec![]).await;
    browser.click("#copy").await;
    browser.wait_for("#copy", "Copied").await;
    let text = browser.run("return window.copied", vec![]).await.as_str().unwrap().to_owned();
    for fact in [&*camera.identity().serial, &*camera.identity().firmware, "System Overview:", "ACAP version 1.6.0"] {
        assert!(text.contains(fact), "{fact}: {text}");
    }
    browser.end().await;
    camera.stop().await;
}
