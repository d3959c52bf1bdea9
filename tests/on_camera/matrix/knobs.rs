//! What is not known of real cameras, both ways: the card becomes ready, or it ends in a named failure.

use virtual_camera::VirtualCamera;
use virtual_camera::axsim::medium::{Card, Passphrase};
use virtual_camera::axsim::storage::SD_DISK;

use super::{camera_with, each, formats, mended, nothing_is_held, preparing, settled, what_is_told_is_true};
use crate::orders::{PASSPHRASE, asked, erase, is_ready, order, prepare, stand};
use crate::world::until;

async fn becomes_ready(knobs: Vec<(&'static str, &'static str)>) {
    let camera = camera_with("new", &knobs).await;
    prepare(&camera).await;
    is_ready(&camera).await;
    assert_eq!(formats(&camera), 1 + refused_once(&knobs), "{knobs:?}\n{}", camera.app_log("c2c"));
    let card = camera.device().axsim().slot(SD_DISK).unwrap().card.unwrap();
    assert_eq!(card.passphrase, Some(Passphrase::of(PASSPHRASE)), "{knobs:?}");
    what_is_told_is_true(&camera).await;
    camera.stop().await;
}

/// A camera that takes no GET is asked a second time.
fn refused_once(knobs: &[(&str, &str)]) -> usize {
    usize::from(knobs.contains(&("methods", "post")))
}

#[tokio::test]
async fn each_way_of_a_camera_of_which_nobody_knows_leads_to_a_card_that_is_ready() {
    let ways = [
        ("methods", "both"),
        ("methods", "get"),
        ("methods", "query"),
        ("methods", "post"),
        ("busy", "queue"),
        ("refusal", "job"),
        ("idle", "ok"),
        ("format_mounted", "unmount"),
        ("mount_after_format", "yes"),
        ("unknown_job", "done"),
        ("unknown_job", "error"),
        ("failed_at", "where"),
        ("kept", "1"),
        ("ids", "go on"),
        ("quotes", "no"),
        ("busy_status", "connected"),
        ("busy_status", "formatting"),
        ("enable_again", "replace"),
        ("held", "wait"),
        ("held", "force"),
        ("autoformat", "insert"),
        ("autoformat_foreign", "yes"),
        ("locked_writable", "yes"),
        ("attribute", "documented"),
        ("mount_ms", "1500"),
        ("mount_on_boot", "no"),
    ];
    each(ways.iter().map(|way| vec![*way]).collect(), becomes_ready).await;
}

#[tokio::test]
async fn a_camera_that_forgets_its_jobs_at_once_leaves_a_format_of_which_nobody_says_that_it_was_done() {
    let camera = camera_with("new", &[("kept", "0")]).await;
    prepare(&camera).await;
    settled(&camera).await;
    let jobs = preparing(&camera).await;
    let format = jobs.iter().find(|job| job["name"] == "Format SD Card").unwrap();
    assert_eq!(format["state"]["reason"]["kind"], "vanished", "{jobs:#?}");
    assert_eq!((formats(&camera), stand(&camera).await["waits_for"].as_str()), (1, Some("stopped")));
    what_is_told_is_true(&camera).await;
    camera.stop().await;
}

#[tokio::test]
async fn a_model_that_cannot_encrypt_is_named_and_its_card_is_put_back() {
    let camera = camera_with("new", &[("encryption", "no")]).await;
    prepare(&camera).await;
    settled(&camera).await;
    let jobs = preparing(&camera).await;
    let format = jobs.iter().find(|job| job["name"] == "Format SD Card").unwrap();
    assert_eq!(format["state"]["reason"]["kind"], "no_encryption", "{jobs:#?}");
    assert_eq!(formats(&camera), 0);
    nothing_is_held(&camera).await;
    what_is_told_is_true(&camera).await;
    camera.stop().await;
}

/// A camera that is set to have ext4 on each card, and formats what has not when it is told to mount it.
async fn with_required(kind: &str, used_kib: u64, knobs: &[(&str, &str)]) -> VirtualCamera {
    let camera = camera_with(kind, knobs).await;
    let sim = camera.device().axsim();
    let set = |settings: &mut virtual_camera::axsim::storage::Settings| {
        settings.required_filesystem = "ext4".to_owned();
    };
    sim.change_settings(SD_DISK, set).unwrap();
    sim.change_card(SD_DISK, |card| card.used_kib = used_kib).unwrap();
    camera
}

#[tokio::test]
async fn a_required_file_system_formats_nothing_without_permission() {
    let ways = [vec![], vec![("autoformat_foreign", "yes")]];
    each(ways.to_vec(), |knobs| async move {
        // Mounted, with content: it waits for a decision and is not taken out of use.
        let camera = with_required("new", 1 << 20, &knobs).await;
        prepare(&camera).await;
        settled(&camera).await;
        assert_eq!(stand(&camera).await["waits_for"], "choose_content");
        assert_eq!((formats(&camera), asked(&camera, "mount.cgi")), (0, 0));
        erase(&camera, None).await;
        is_ready(&camera).await;
        assert_eq!(formats(&camera), 1);
        camera.stop().await;
        // Locked with another passphrase: what is in it nobody knows, so it is not mounted to find out.
        let camera = with_required("foreign", 1 << 20, &knobs).await;
        prepare(&camera).await;
        settled(&camera).await;
        let mounts = camera.requests().into_iter().filter(|seen| {
            seen.path.ends_with("mount.cgi") && seen.query.as_deref().unwrap_or_default().contains("action=mount")
        });
        assert_eq!((formats(&camera), mounts.count()), (0, 0), "{}", camera.app_log("c2c"));
        let card = camera.device().axsim().slot(SD_DISK).unwrap().card.unwrap();
        assert_eq!(card.passphrase, Card::of_kind("foreign").unwrap().passphrase);
        camera.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_second_card_from_the_shop_is_made_ready_on_an_order() {
    each(vec!["new", "exfat"], |kind| async move {
        let camera = camera_with("new", &[]).await;
        prepare(&camera).await;
        is_ready(&camera).await;
        camera.device().disks().insert(SD_DISK, &Card::of_kind(kind).unwrap()).unwrap();
        settled(&camera).await;
        assert_eq!(formats(&camera), 1, "the camera does not mount it, so what is on it is not known");
        mended(&camera).await;
        assert_eq!(formats(&camera), 2);
        camera.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_new_card_that_no_camera_mounts_is_made_ready_on_an_order() {
    let camera = camera_with("exfat", &[]).await;
    prepare(&camera).await;
    settled(&camera).await;
    assert_eq!(formats(&camera), 0);
    mended(&camera).await;
    assert_eq!(formats(&camera), 1);
    camera.stop().await;
}

#[tokio::test]
async fn the_camera_s_own_unmount_gets_a_prepared_card_at_once_and_it_comes_back() {
    let camera = camera_with("new", &[]).await;
    prepare(&camera).await;
    is_ready(&camera).await;
    let sim = camera.device().axsim();
    let pid = camera.app_pid("c2c").unwrap();
    until(&camera, "the app holds its folder", || async { sim.holders(SD_DISK) == [pid] }).await;
    let begun = tokio::time::Instant::now();
    sim.unmount(SD_DISK, Some(std::time::Duration::from_secs(8))).await.unwrap();
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(sim.holders(SD_DISK).is_empty() && sim.open_files(SD_DISK).is_empty());
    settled(&camera).await;
    assert_eq!(asked(&camera, "format.cgi"), 1);
    sim.mount(SD_DISK).unwrap();
    is_ready(&camera).await;
    until(&camera, "it holds it again", || async { sim.holders(SD_DISK) == [pid] }).await;
    assert_eq!(asked(&camera, "format.cgi"), 1);
    camera.stop().await;
}

#[tokio::test]
async fn a_passphrase_is_changed_without_a_format_and_a_wrong_one_is_named() {
    let camera = camera_with("new", &[]).await;
    prepare(&camera).await;
    is_ready(&camera).await;
    let change = |new: &'static str, previous: &'static str| {
        let camera = &camera;
        async move {
            let answer = order(camera, "prepare", &[("passphrase", new), ("again", new), ("previous", previous)]).await;
            assert_eq!(answer.status, 303, "{}", answer.text());
            settled(camera).await;
        }
    };
    change("another one/2", "not that one").await;
    let jobs = preparing(&camera).await;
    let reason = &jobs.last().unwrap()["state"]["reason"];
    assert_eq!((&reason["kind"], &reason["code"]), (&"passphrase".into(), &130.into()), "{jobs:#?}");
    change("another one/2", PASSPHRASE).await;
    assert_eq!(stand(&camera).await["stand"], "ready", "{}", camera.app_log("c2c"));
    let card = camera.device().axsim().slot(SD_DISK).unwrap().card.unwrap();
    assert_eq!(card.passphrase, Some(Passphrase::of("another one/2")));
    assert_eq!((formats(&camera), asked(&camera, "mount.cgi")), (1, 2));
    camera.stop().await;
}
