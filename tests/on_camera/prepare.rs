//! A card made ready, from the order to the probe; and cards that nobody may touch.

use std::fs;

use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::{Arch, Os, VirtualCamera};

use crate::orders::{PASSPHRASE, asked, erase, is_ready, jobs, order, prepare, stand, waits_for};
use crate::world::{install, package, snapshot, until};

/// Fast, but so slow that each step is seen.
const SPEED: f64 = 20.0;

async fn camera_with(kind: &str) -> VirtualCamera {
    let camera = VirtualCamera::builder().card_kind(kind).speed(SPEED).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    camera
}

#[tokio::test]
async fn a_new_card_is_unmounted_encrypted_formatted_mounted_and_probed_on_one_order() {
    let camera = camera_with("new").await;
    until(&camera, "the check has ended", || async { jobs(&camera).await.iter().all(|job| job.1 == "complete") }).await;
    assert_eq!(snapshot(&camera).await.get("preparations"), None, "nobody wishes anything of it");
    prepare(&camera).await;
    is_ready(&camera).await;
    until(&camera, "all jobs have ended", || async { jobs(&camera).await.iter().all(|job| job.1 == "complete") }).await;
    let mut names: Vec<_> = jobs(&camera).await.into_iter().map(|job| job.0).collect();
    names.sort();
    assert_eq!(
        names,
        ["Format SD Card", "Mount SD Card", "SD Card Readiness Check", "SD Card Readiness Check", "Unmount SD Card"]
    );
    let seen = snapshot(&camera).await;
    let card = &seen["cards"]["value"][0];
    assert_eq!(
        (&card["status"], &card["encrypted"], &card["filesystem"]),
        (&"ok".into(), &true.into(), &"ext4".into())
    );
    let checks = seen["jobs"].as_array().unwrap().iter().filter(|job| job["purpose"] == "check");
    let notes: Vec<_> = checks.map(|job| job["note"].clone()).collect();
    assert_eq!(notes, ["probed", "not_probed"], "{seen}");
    let slots = seen["storage"]["value"].as_array().unwrap();
    assert!(slots.iter().any(|slot| slot["id"] == SD_DISK && slot["area_held"] == true), "{slots:?}");
    assert_eq!((asked(&camera, "format.cgi"), asked(&camera, "enablediskencryption.cgi")), (1, 1));
    let slot = camera.device().axsim().slot(SD_DISK).unwrap();
    assert!(slot.card.unwrap().passphrase.is_some());
    camera.stop().await;
}

#[tokio::test]
async fn without_an_order_nothing_is_written_to_any_card_and_no_folder_is_made() {
    for kind in ["new", "usual", "foreign"] {
        let camera = camera_with(kind).await;
        until(&camera, "the card was read", || async { snapshot(&camera).await["cards"]["reading"] == "known" }).await;
        let writes = ["format.cgi", "mount.cgi", "enablediskencryption.cgi", "disablediskencryption.cgi"];
        assert!(writes.iter().all(|cgi| asked(&camera, cgi) == 0), "{kind}");
        let areas = camera.device().axsim().root().join("storage/SD_DISK/medium/areas");
        let made = fs::read_dir(&areas).map_or(0, Iterator::count);
        assert_eq!(made, 0, "{kind}: {}", areas.display());
        camera.stop().await;
    }
}

#[tokio::test]
async fn a_card_of_somebody_else_is_tried_with_our_passphrase_and_then_waits_for_a_decision() {
    let camera = camera_with("foreign").await;
    prepare(&camera).await;
    waits_for(&camera, "choose_passphrase").await;
    assert_eq!(asked(&camera, "format.cgi"), 0);
    erase(&camera, None).await;
    is_ready(&camera).await;
    assert_eq!(asked(&camera, "format.cgi"), 1);
    camera.stop().await;
}

#[tokio::test]
async fn a_card_with_content_waits_until_it_is_kept_or_erased() {
    let camera = camera_with("usual").await;
    camera.device().axsim().change_card(SD_DISK, |card| card.used_kib = 1 << 20).unwrap();
    prepare(&camera).await;
    waits_for(&camera, "choose_content").await;
    let answer = order(&camera, "keep", &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    until(&camera, "it is kept", || async { stand(&camera).await["stand"] == "kept" }).await;
    assert_eq!((asked(&camera, "format.cgi"), asked(&camera, "mount.cgi")), (0, 0));
    erase(&camera, Some(PASSPHRASE)).await;
    is_ready(&camera).await;
    assert_eq!(asked(&camera, "format.cgi"), 1);
    camera.stop().await;
}
