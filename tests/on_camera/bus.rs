//! The system bus and its service for VAPIX accounts, going away, hanging and coming back: the page stays up, and the
//! readings follow.

use virtual_camera::bus::Mood;
use virtual_camera::{Arch, Fault, Os, VirtualCamera};

use crate::faults::{REPLIES, asked, known_but};
use crate::world::{camera_with_app, control, install, package, page, snapshot, until, wait_for_page};

async fn all_known(camera: &VirtualCamera) {
    until(camera, "all is known", || async { known_but(&snapshot(camera).await, &[]) }).await;
}

/// Every VAPIX reading is lost for want of an account, and says so; the card, which needs none, is known.
async fn all_lost_without_an_account(camera: &VirtualCamera, words: &str) {
    let all = REPLIES.map(|(reading, _)| reading);
    until(camera, "all is lost", || async { known_but(&snapshot(camera).await, &all) }).await;
    let seen = snapshot(camera).await;
    for (reading, path) in REPLIES {
        let text = seen[reading]["fault"]["text"].as_str().unwrap();
        assert_eq!(seen[reading]["fault"]["kind"], "no-account", "{text}");
        assert!(text.starts_with(path) && text.contains("no service account"), "{text}");
        assert!(text.contains(words), "{text}");
    }
    let page = page(camera).await;
    assert!(
        page.contains(&format!("{} readings of this camera failed.", REPLIES.len()))
            && page.contains("gave Camera-to-Cloud no service account"),
        "{page}"
    );
}

#[tokio::test]
async fn a_bus_that_was_restarted_and_forgot_the_accounts_costs_one_new_account() {
    let camera = camera_with_app().await;
    all_known(&camera).await;
    let (pid, calls) = (camera.app_pid("c2c"), camera.device().credential_calls());
    camera.device().forget_service_accounts();
    camera.restart_bus().await.unwrap();
    let network = asked(&camera, REPLIES[1].1);
    until(&camera, "addresses and applications were read anew", || async {
        let seen = snapshot(&camera).await;
        assert!(known_but(&seen, &[]), "nothing may be lost: {seen}");
        asked(&camera, REPLIES[1].1) > network
    })
    .await;
    all_known(&camera).await;
    assert_eq!(camera.device().credential_calls(), calls + 1);
    assert!(camera.app_log("c2c").contains("the service account was refused, fetching it anew"));
    assert_eq!(camera.app_pid("c2c"), pid);
    camera.stop().await;
}

#[tokio::test]
async fn readings_that_are_refused_at_once_share_one_new_account() {
    let camera = camera_with_app().await;
    for (_, path) in REPLIES {
        camera.fault(path, Fault::Status(500));
    }
    control(&camera, "restart").await;
    wait_for_page(&camera).await;
    let all = REPLIES.map(|(reading, _)| reading);
    until(&camera, "all is lost", || async { known_but(&snapshot(&camera).await, &all) }).await;
    let calls = camera.device().credential_calls();
    camera.device().forget_service_accounts();
    camera.clear_faults();
    all_known(&camera).await;
    assert_eq!(camera.device().credential_calls(), calls + 1);
    camera.stop().await;
}

#[tokio::test]
async fn a_bus_that_goes_away_ends_nothing_and_is_not_needed_while_the_account_is_good() {
    let camera = camera_with_app().await;
    all_known(&camera).await;
    let pid = camera.app_pid("c2c");
    camera.stop_bus().await;
    let before = asked(&camera, REPLIES[3].1);
    until(&camera, "it goes on asking", || async {
        assert!(known_but(&snapshot(&camera).await, &[]));
        asked(&camera, REPLIES[3].1) >= before + 2
    })
    .await;
    camera.device().forget_service_accounts();
    until(&camera, "the applications are lost", || async {
        snapshot(&camera).await["applications"]["fault"]["kind"] == "no-account"
    })
    .await;
    assert!(page(&camera).await.contains("as of"), "what was known stays on the page");
    camera.restart_bus().await.unwrap();
    all_known(&camera).await;
    assert_eq!(camera.app_pid("c2c"), pid);
    camera.stop().await;
}

#[tokio::test]
async fn without_a_bus_from_the_start_the_page_says_what_fails_and_all_comes_back_with_it() {
    let camera = VirtualCamera::builder().start().await.unwrap();
    camera.stop_bus().await;
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    let pid = camera.app_pid("c2c");
    all_lost_without_an_account(&camera, "system bus").await;
    camera.restart_bus().await.unwrap();
    all_known(&camera).await;
    assert_eq!(camera.app_pid("c2c"), pid);
    camera.stop().await;
}

#[tokio::test]
async fn a_service_that_never_answers_is_waited_for_once_and_not_by_each_reading_in_turn() {
    let camera = VirtualCamera::builder().start().await.unwrap();
    camera.device().set_bus_mood(Mood::Hangs);
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    assert!(page(&camera).await.contains("Reading…"), "the page does not wait for the bus");
    let pid = camera.app_pid("c2c");
    all_lost_without_an_account(&camera, "no answer within 10s").await;
    assert!(camera.device().credential_calls() <= 2, "{}", camera.device().credential_calls());
    camera.device().set_bus_mood(Mood::Well);
    all_known(&camera).await;
    assert_eq!(camera.app_pid("c2c"), pid);
    camera.stop().await;
}

#[tokio::test]
async fn a_service_that_refuses_or_talks_nonsense_is_named() {
    let camera = camera_with_app().await;
    for (mood, words) in [(Mood::Fails, "no account could be made"), (Mood::Nonsense, "the answer contradicts itself")]
    {
        camera.device().set_bus_mood(mood);
        control(&camera, "restart").await;
        wait_for_page(&camera).await;
        all_lost_without_an_account(&camera, words).await;
        assert!(!camera.app_log("c2c").contains("neither name nor password"), "an answer of the service is a secret");
        camera.device().set_bus_mood(Mood::Well);
        all_known(&camera).await;
    }
    camera.stop().await;
}
