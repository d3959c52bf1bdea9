//! The disk manager's word on the card, and the Edge Storage API's beside it: each state of the camera is on the page.

use serde_json::Value;
use virtual_camera::VirtualCamera;
use virtual_camera::axsim::card::{CardState, Encrypted, Trouble};
use virtual_camera::axsim::storage::SD_DISK;

use crate::world::{camera_with_app, install, package, package_as, page, snapshot, until};

/// Every state with the word of the page, and the word of `snapshot.json`.
const STATES: [(CardState, &str, &str); 7] = [
    (CardState::NotEncrypted, "Not encrypted", "not_encrypted"),
    (CardState::Ok, "OK", "ok"),
    (CardState::WrongPassphrase, "Wrong passphrase", "wrong_passphrase"),
    (CardState::Connected, "Connected", "connected"),
    (CardState::Failed, "Failed", "failed"),
    (CardState::Disconnected, "Disconnected", "disconnected"),
    (CardState::NoPassphrase, "No passphrase", "no_passphrase"),
];

/// What the page says of the card: the disk manager's word, and what applications see.
async fn said(camera: &VirtualCamera) -> (String, String) {
    let page = page(camera).await;
    let widget = page.split("id=\"card\"").nth(1).unwrap_or_default().split("</section>").next().unwrap();
    let text = |markup: &str| markup.split('<').next().unwrap_or_default().to_owned();
    let area = widget.split("data-area=").nth(1).and_then(|row| row.split("<span").nth(1)).unwrap_or_default();
    (text(widget.split("<bdi>").nth(1).unwrap_or_default()), text(area.split('>').nth(1).unwrap_or_default()))
}

async fn comes_to(camera: &VirtualCamera, status: &str, for_applications: &str) {
    let wanted = (status.to_owned(), for_applications.to_owned());
    until(camera, &format!("{wanted:?}"), || async { said(camera).await == wanted }).await;
}

async fn card(camera: &VirtualCamera) -> Value {
    snapshot(camera).await["cards"]["value"][0].clone()
}

#[tokio::test]
async fn each_of_the_seven_states_is_on_the_page_as_the_disk_manager_and_as_applications_see_it() {
    let camera = camera_with_app().await;
    let pid = camera.app_pid("c2c");
    comes_to(&camera, "OK", "Writable").await;
    for (state, word, name) in STATES {
        camera.device().axsim().set_card(SD_DISK, state).unwrap();
        comes_to(&camera, word, if state == CardState::Ok { "Writable" } else { "Not available" }).await;
        assert_eq!(card(&camera).await["status"], name);
    }
    assert_eq!(camera.app_pid("c2c"), pid);
    camera.stop().await;
}

#[tokio::test]
async fn a_card_that_is_pulled_and_one_that_is_put_in_change_sizes_and_words() {
    let camera = camera_with_app().await;
    let sim = camera.device().axsim();
    comes_to(&camera, "OK", "Writable").await;
    assert_eq!(card(&camera).await["total_bytes"], 58_054_660_u64 * 1024);
    assert!(page(&camera).await.contains("available of 59.4 GB"));
    sim.yank(SD_DISK).unwrap();
    comes_to(&camera, "Disconnected", "Not available").await;
    assert_eq!(card(&camera).await["total_bytes"], Value::Null);
    let gone = page(&camera).await;
    assert!(gone.contains("No card") && gone.contains("no card is in") && !gone.contains("59.4 GB"), "{gone}");
    sim.insert(SD_DISK, Some(121_000_000)).unwrap();
    comes_to(&camera, "OK", "Writable").await;
    assert!(page(&camera).await.contains("available of 124 GB"));
    camera.stop().await;
}

#[tokio::test]
async fn the_encryption_setting_is_told_apart_from_the_card() {
    let camera = camera_with_app().await;
    let table = [
        (false, Encrypted::No, "Not enabled on the camera; this card is not encrypted."),
        (true, Encrypted::Ours, "Enabled on the camera; this card is encrypted."),
        (true, Encrypted::No, "Enabled on the camera, but this card is not encrypted."),
        (false, Encrypted::Ours, "Not enabled on the camera, but this card is encrypted."),
    ];
    let sim = camera.device().axsim();
    let by_itself = "the camera is set to format a card with another file system when it mounts it";
    sim.change_settings(SD_DISK, |settings| settings.required_filesystem = "ext4".into()).unwrap();
    until(&camera, by_itself, || async { page(&camera).await.contains(by_itself) }).await;
    assert_eq!(card(&camera).await["required_filesystem"], "ext4");
    sim.change_settings(SD_DISK, |settings| settings.required_filesystem = "none".into()).unwrap();
    until(&camera, "it is not any more", || async { !page(&camera).await.contains(by_itself) }).await;
    for (encryption_set, encrypted, sentence) in table {
        let trouble = Trouble { encryption_set, encrypted, failed: false };
        camera.device().axsim().set_trouble(SD_DISK, trouble).unwrap();
        until(&camera, sentence, || async { page(&camera).await.contains(sentence) }).await;
    }
    camera.stop().await;
}

#[tokio::test]
async fn a_camera_that_starts_without_a_card_or_without_a_slot_says_which() {
    let eap = || package(virtual_camera::Arch::native(), virtual_camera::Os::V12_11);
    let camera = VirtualCamera::builder().card(CardState::Disconnected).start().await.unwrap();
    install(&camera, eap()).await;
    comes_to(&camera, "Disconnected", "Not available").await;
    camera.stop().await;
    let camera = VirtualCamera::builder().no_card_slot().start().await.unwrap();
    install(&camera, eap()).await;
    let no_slot = "This camera has no slot for an SD card.";
    until(&camera, no_slot, || async { page(&camera).await.contains(no_slot) }).await;
    assert_eq!(snapshot(&camera).await["cards"]["value"].as_array().unwrap().len(), 0);
    camera.stop().await;
}

#[tokio::test]
async fn below_1_5_1_the_card_is_neither_shown_nor_asked_for() {
    let camera = VirtualCamera::builder().start().await.unwrap();
    install(&camera, package_as("1.5.0")).await;
    until(&camera, "the camera was read", || async { snapshot(&camera).await["applications"]["reading"] == "known" })
        .await;
    let (page, seen) = (page(&camera).await, snapshot(&camera).await);
    assert!(!page.contains("SD Card") && !page.contains("Device Jobs"), "{page}");
    for member in ["cards", "storage", "jobs"] {
        assert!(seen.get(member).is_none(), "{member}: {seen}");
    }
    assert!(camera.requests().iter().all(|request| request.path != "/axis-cgi/disks/list.cgi"));
    camera.stop().await;
}
