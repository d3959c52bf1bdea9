//! The card through all it can be: the page follows, and the camera gets it back when it asks for it.

use std::time::Duration;

use virtual_camera::VirtualCamera;
use virtual_camera::axsim::storage::SD_DISK;

use crate::world::{camera_with_app, page, until};

/// What the page says of the card's slot.
async fn said(camera: &VirtualCamera) -> String {
    let page = page(camera).await;
    let row = page.split(&format!("data-slot=\"{SD_DISK}\"")).nth(1).unwrap_or_default();
    row.split("<dd>").nth(1).unwrap_or_default().split('<').next().unwrap_or_default().to_owned()
}

async fn comes_to(camera: &VirtualCamera, state: &str) {
    until(camera, state, || async { said(camera).await == state }).await;
}

#[tokio::test]
async fn the_page_follows_the_card_and_the_camera_gets_it_back_when_it_asks() {
    let camera = camera_with_app().await;
    let pid = camera.app_pid("c2c");
    let axsim = camera.device().axsim();
    comes_to(&camera, "Ready").await;
    assert_eq!(axsim.holders(SD_DISK), [pid.unwrap()]);

    axsim.set_full(SD_DISK, true).unwrap();
    comes_to(&camera, "Full").await;
    axsim.set_full(SD_DISK, false).unwrap();
    comes_to(&camera, "Ready").await;

    axsim.set_readonly(SD_DISK, true).unwrap();
    comes_to(&camera, "Read only").await;
    axsim.set_readonly(SD_DISK, false).unwrap();
    comes_to(&camera, "Ready").await;

    axsim.unmount(SD_DISK, Some(Duration::from_secs(8))).await.unwrap();
    comes_to(&camera, "Not available").await;
    assert!(camera.app_log("c2c").contains("SD_DISK: given back"));
    axsim.insert(SD_DISK, None).unwrap();
    comes_to(&camera, "Ready").await;

    axsim.yank(SD_DISK).unwrap();
    comes_to(&camera, "Not available").await;
    axsim.insert(SD_DISK, None).unwrap();
    comes_to(&camera, "Ready").await;
    assert_eq!(camera.app_pid("c2c"), pid);
    camera.stop().await;
}
