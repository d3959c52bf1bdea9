//! Cards of somebody else, and decisions that were made for another card.

use virtual_camera::axsim::medium::Card;
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::disks::Plan;
use virtual_camera::{Fault, VirtualCamera};

use super::damage::{Other, PRECIOUS, is_untouched, was_asked};
use super::{camera_with, each, formats, mended, settled};
use crate::orders::{PASSPHRASE, erase, form, order, prepare, send_form, stand, waits_for};
use crate::world::{PATIENCE, send, snapshot, until, wait_for_page};

/// The card that is in when these tests begin, with other people's recordings on it.
async fn camera_with_used() -> VirtualCamera {
    let camera = camera_with("usual", &[]).await;
    camera.device().axsim().swap(SD_DISK, &Other::Used.card(), false).unwrap();
    until(&camera, "it is seen", || async {
        snapshot(&camera).await["cards"]["value"][0]["total_bytes"].as_u64().unwrap_or(0) > 100_000_000_000
    })
    .await;
    camera
}

#[tokio::test]
async fn a_card_with_content_outlives_whatever_is_no_erase() {
    let camera = camera_with_used().await;
    prepare(&camera).await;
    waits_for(&camera, "choose_content").await;
    for _ in 0..3 {
        // Again and again, with and without the app in between.
        order(&camera, "test-again", &[]).await;
        settled(&camera).await;
        camera.set_param("c2c", "LogLevel", "debug").unwrap();
        let pid = camera.app_pid("c2c").unwrap();
        send(pid, rustix::process::Signal::KILL);
        assert!(camera.device().wait_for_pid("c2c", PATIENCE, |now| now.is_some_and(|now| now != pid)).await);
        wait_for_page(&camera).await;
        prepare(&camera).await;
        settled(&camera).await;
        assert_eq!(stand(&camera).await["waits_for"], "choose_content", "{}", camera.app_log("c2c"));
        assert!(form(&camera, "start-again").await.is_none(), "there is nothing to start again");
    }
    order(&camera, "keep", &[]).await;
    settled(&camera).await;
    assert_eq!(stand(&camera).await["stand"], "kept");
    camera.device().axsim().yank(SD_DISK).unwrap();
    until(&camera, "it is gone", || async {
        snapshot(&camera).await["cards"]["value"][0]["status"] == "disconnected" && stand(&camera).await.is_null()
    })
    .await;
    camera.device().disks().insert_again(SD_DISK, None).unwrap();
    settled(&camera).await;
    assert!(stand(&camera).await.is_null(), "what was wished and decided ends with the card's stay");
    assert!(is_untouched(&camera, Other::Used));
    assert_eq!((formats(&camera), crate::orders::asked(&camera, "enablediskencryption.cgi")), (0, 0));
    let unmounted = camera.requests().iter().any(|seen| seen.path.ends_with("mount.cgi"));
    assert!(!unmounted, "it was not even taken out of use");
    camera.stop().await;
}

#[tokio::test]
async fn a_locked_card_of_somebody_else_is_tried_and_left_alone_over_restarts() {
    let camera = camera_with("foreign", &[]).await;
    for _ in 0..2 {
        prepare(&camera).await;
        waits_for(&camera, "choose_passphrase").await;
        let pid = camera.app_pid("c2c").unwrap();
        send(pid, rustix::process::Signal::KILL);
        assert!(camera.device().wait_for_pid("c2c", PATIENCE, |now| now.is_some_and(|now| now != pid)).await);
        wait_for_page(&camera).await;
    }
    let card = camera.device().axsim().slot(SD_DISK).unwrap().card.unwrap();
    assert_eq!(card.passphrase, Card::of_kind("foreign").unwrap().passphrase);
    assert_eq!(formats(&camera), 0);
    camera.stop().await;
}

/// When the other card comes.
#[derive(Debug, Clone, Copy)]
enum When {
    /// Between the page of forms and the order.
    BeforeTheOrder,
    /// Right after the order was taken: with the next look at the card.
    AfterTheOrder,
    /// The same, and applications see no change of the card.
    QuietlyAfterTheOrder,
    /// With the camera's answer to the unmount, and so on.
    With(&'static str),
}

async fn decided_for_another((when, other): (When, Other)) {
    let camera = camera_with("usual", &[]).await;
    let own = Card::new(58_054_660).with_used(1 << 20).with_filesystem("vfat");
    camera.device().axsim().swap(SD_DISK, &own, false).unwrap();
    prepare(&camera).await;
    waits_for(&camera, "choose_content").await;
    let disks = camera.device().disks();
    let swap = |cgi: &str| {
        let plan = Plan::Swap { card: other.card(), quiet: false };
        disks.after_answer(cgi, 0, SD_DISK, plan);
    };
    match when {
        When::BeforeTheOrder => {
            let mut fields = form(&camera, "erase").await.unwrap();
            let serial = camera.identity().serial.clone();
            fields.push(("serial".to_owned(), serial[serial.len() - 4..].to_owned()));
            fields.push(("size".to_owned(), "59.4 GB".to_owned()));
            camera.device().axsim().swap(SD_DISK, &other.card(), false).unwrap();
            let answer = send_form(&camera, "erase", &fields).await;
            assert!([303, 403, 409, 422].contains(&answer.status), "{}", answer.text());
        }
        When::AfterTheOrder => {
            erase(&camera, None).await;
            camera.device().axsim().swap(SD_DISK, &other.card(), false).unwrap();
        }
        When::QuietlyAfterTheOrder => {
            erase(&camera, None).await;
            camera.device().axsim().swap(SD_DISK, &other.card(), true).unwrap();
        }
        When::With(cgi) => {
            swap(cgi);
            erase(&camera, None).await;
            was_asked(&camera, &format!("{cgi}.cgi"), "").await;
        }
    }
    settled(&camera).await;
    let log = camera.app_log("c2c");
    assert!(is_untouched(&camera, other), "{when:?} {other:?}: {PRECIOUS}\n{log}");
    let began = matches!(when, When::With("format"));
    assert_eq!(formats(&camera), usize::from(began), "{when:?} {other:?}\n{log}");
    camera.stop().await;
}

#[tokio::test]
async fn a_decision_for_one_card_never_meets_another() {
    let whens = [
        When::BeforeTheOrder,
        When::AfterTheOrder,
        When::With("mount"),
        When::With("properties/enablediskencryption"),
        When::With("format"),
    ];
    let others = [Other::Used, Other::Foreign];
    let all = whens.into_iter().flat_map(|when| others.map(|other| (when, other)));
    // Only one that is mounted as well can come without a change that applications see.
    let quietly = [(When::QuietlyAfterTheOrder, Other::Used)];
    each(all.chain(quietly).collect(), decided_for_another).await;
}

#[tokio::test]
async fn a_card_that_cannot_be_looked_at_is_not_touched_until_it_can() {
    const LIST: &str = "/axis-cgi/disks/list.cgi";
    for fault in [Fault::Status(500), Fault::Nonsense, Fault::Cut] {
        let camera = camera_with("new", &[]).await;
        prepare_blind(&camera, LIST, fault.clone()).await;
        let writes = || {
            let asked = camera.requests();
            asked.iter().filter(|seen| seen.path.contains("mount.cgi") || seen.path.contains("format.cgi")).count()
        };
        // An order needs a look at the card.
        assert_eq!(writes(), 0, "{fault:?}\n{}", camera.app_log("c2c"));
        camera.clear_faults();
        mended(&camera).await;
        assert_eq!(formats(&camera), 1);
        camera.stop().await;
    }
}

/// Orders with the form that was made before the camera fell silent.
async fn prepare_blind(camera: &VirtualCamera, path: &str, fault: Fault) {
    let mut fields = form(camera, "prepare").await.unwrap();
    let words = PASSPHRASE.to_owned();
    fields.extend([("passphrase".to_owned(), words.clone()), ("again".to_owned(), words)]);
    camera.fault(path, fault);
    let answer = send_form(camera, "prepare", &fields).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
}
