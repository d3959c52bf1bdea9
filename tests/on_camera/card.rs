//! The card through all it can be: the page follows, and the camera gets it back when it asks for it.

use std::time::Duration;

use virtual_camera::axsim::storage::{NETWORK_SHARE, SD_DISK};
use virtual_camera::{Arch, Os, VirtualCamera};

use crate::orders::{have_prepared, prepare};
use crate::world::{install, package, page, snapshot, until};

/// Jobs on cards take no time.
const SPEED: f64 = 1000.0;

/// What the page says of the card's slot.
async fn said(camera: &VirtualCamera) -> String {
    let page = page(camera).await;
    let row = page.split(&format!("data-area=\"{SD_DISK}\"")).nth(1).unwrap_or_default();
    let state = row.split("<dd>").nth(1).and_then(|shown| shown.split('>').nth(1)).unwrap_or_default();
    state.split('<').next().unwrap_or_default().to_owned()
}

/// Pulls the card out, and waits until both have seen that: the disk manager and the Edge Storage API.
async fn pull(camera: &VirtualCamera) {
    camera.device().axsim().yank(SD_DISK).unwrap();
    comes_to(camera, "Not available").await;
    until(camera, "the slot is empty", || async {
        snapshot(camera).await["cards"]["value"][0]["status"] == "disconnected"
    })
    .await;
}

async fn comes_to(camera: &VirtualCamera, state: &str) {
    until(camera, state, || async { said(camera).await == state }).await;
}

/// Everything that can happen to a card, one after the other, with one process of the app.
async fn the_page_follows(camera: &VirtualCamera) {
    let pid = camera.app_pid("c2c");
    let axsim = camera.device().axsim();
    have_prepared(camera).await;
    comes_to(camera, "Ready").await;
    assert_eq!(axsim.holders(SD_DISK), [pid.unwrap()]);

    axsim.set_full(SD_DISK, true).unwrap();
    comes_to(camera, "Full").await;
    axsim.set_full(SD_DISK, false).unwrap();
    comes_to(camera, "Ready").await;

    axsim.set_readonly(SD_DISK, true).unwrap();
    comes_to(camera, "Read only").await;
    axsim.set_readonly(SD_DISK, false).unwrap();
    comes_to(camera, "Ready").await;

    axsim.unmount(SD_DISK, Some(Duration::from_secs(8))).await.unwrap();
    comes_to(camera, "Not available").await;
    axsim.insert(SD_DISK, None).unwrap();
    comes_to(camera, "Ready").await;

    pull(camera).await;
    axsim.insert(SD_DISK, None).unwrap();
    // It was wished of the card that went, so nothing is set up on the one that came.
    comes_to(camera, "Writable").await;
    assert_eq!(axsim.holders(SD_DISK), Vec::<u32>::new());
    assert_eq!(camera.app_pid("c2c"), pid);
}

#[tokio::test]
async fn the_page_follows_the_card_and_the_camera_gets_it_back_when_it_asks() {
    let camera = VirtualCamera::builder().speed(SPEED).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    the_page_follows(&camera).await;
    assert!(camera.app_log("c2c").contains("SD_DISK: given back"));
    camera.stop().await;
}

#[tokio::test]
async fn a_network_share_is_followed_and_nothing_is_made_on_it() {
    let camera = VirtualCamera::builder().speed(SPEED).start().await.unwrap();
    let axsim = camera.device().axsim();
    axsim.insert(NETWORK_SHARE, Some(1 << 20)).unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    have_prepared(&camera).await;
    comes_to(&camera, "Ready").await;
    let share_is = async |full: bool| {
        until(&camera, "the share is seen", || async {
            let seen = snapshot(&camera).await;
            let slots = seen["storage"]["value"].as_array().cloned().unwrap_or_default();
            slots.iter().any(|slot| slot["id"] == NETWORK_SHARE && slot["available"] == true && slot["full"] == full)
        })
        .await;
    };
    // Its events come, one after the other, with the card's in between: whoever would set it up has had the time.
    for full in [false, true, false] {
        axsim.set_full(NETWORK_SHARE, full).unwrap();
        share_is(full).await;
        pull(&camera).await;
        axsim.insert(SD_DISK, None).unwrap();
        comes_to(&camera, "Writable").await;
    }
    assert_eq!(axsim.holders(NETWORK_SHARE), Vec::<u32>::new());
    let made = std::fs::read_dir(axsim.root().join("storage/NetworkShare/medium/areas")).unwrap();
    assert_eq!(made.count(), 0);
    assert!(!camera.app_log("c2c").contains(&format!("{NETWORK_SHARE}: set up")));
    camera.stop().await;
}

/// A camera whose libraries behave so, and whose stand-ins end the app at the first broken rule.
async fn odd_camera((knob, value): (&str, &str)) {
    let builder = VirtualCamera::builder().speed(SPEED).knob("AXSIM_STRICT", "abort").knob(knob, value);
    let camera = builder.start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    the_page_follows(&camera).await;
    camera.set_param("c2c", "HelpLink", "https://help.example.com/odd").unwrap();
    until(&camera, &format!("the link, {knob}={value}"), || async { page(&camera).await.contains("example.com/odd") })
        .await;
    let log = camera.app_log("c2c");
    assert!(!log.contains("misuse") && !log.contains("panicked"), "{knob}={value}: {log}");
    camera.stop().await;
}

#[tokio::test]
async fn libraries_that_call_back_at_once_or_in_another_order_change_nothing() {
    for knob in [("SETUP_CB", "sync"), ("RELEASE_CB", "sync"), ("EXIT_WRITABLE", "0"), ("EXIT_WRITABLE", "1")] {
        odd_camera((&format!("AXSIM_{}", knob.0), knob.1)).await;
    }
    for seed in ["1", "2", "3"] {
        odd_camera(("AXSIM_EVENT_ORDER", seed)).await;
    }
}

#[tokio::test]
async fn libraries_that_tell_too_much_or_too_slowly_change_nothing() {
    for knob in [("SPURIOUS", "600"), ("ID_LIFETIME", "call"), ("CONTEXT", "thread-default"), ("PARAM_DUP", "5")] {
        odd_camera((&format!("AXSIM_{}", knob.0), knob.1)).await;
    }
    for knob in [("PARAM_NULLVALUE", "on"), ("PARAM_ECHO", "off"), ("PARAM_STALL", "700"), ("PARAM_STALL_ALL", "200")] {
        odd_camera((&format!("AXSIM_{}", knob.0), knob.1)).await;
    }
}

#[tokio::test]
async fn a_release_that_never_answers_does_not_keep_the_camera_from_its_card() {
    odd_camera(("AXSIM_RELEASE_CB", "never")).await;
}

#[tokio::test]
async fn a_card_that_cannot_be_set_up_is_shown_so_and_is_tried_again() {
    let camera = VirtualCamera::builder().start().await.unwrap();
    let axsim = camera.device().axsim();
    axsim.set_conf(SD_DISK, &[("fail_setup", "5"), ("fail_setup_text", "the medium is locked")]).unwrap();
    // Its content keeps the card from being made ready.
    axsim.change_card(SD_DISK, |card| card.used_kib = 1 << 20).unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    prepare(&camera).await;
    comes_to(&camera, "Writable").await;
    until(&camera, "the page says why", || async { page(&camera).await.contains("the medium is locked") }).await;
    assert!(page(&camera).await.contains("could not set up its own folder"));
    assert_eq!(
        camera.app_log("c2c").matches("the medium is locked").count(),
        1,
        "told once, however often it is tried"
    );
    axsim.set_conf(SD_DISK, &[("fail_setup", "-1")]).unwrap();
    comes_to(&camera, "Ready").await;
    camera.stop().await;
}
