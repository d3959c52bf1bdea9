//! The camera's own disk jobs under a running app: it gives the card back when an unmount asks for it, follows what
//! happens to the card, and has it again afterwards.

use std::time::Duration;

use virtual_camera::axsim::medium::Card;
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::{Arch, Os, VirtualCamera, Visitor};

use crate::orders;
use crate::world::{aside, install, package, page, until};

/// Asks a disk CGI on the address for applications, with an application's account.
async fn order(camera: &VirtualCamera, path: &str) -> String {
    let account = camera.device().service_accounts().pop().unwrap();
    let visitor = Visitor::new(&format!("http://{}", camera.addresses().service), &account.name, &account.password);
    let path = format!("/axis-cgi/disks/{path}");
    aside(move || visitor.get(&path).unwrap().text()).await
}

/// Starts a job and waits for its good end.
async fn job(camera: &VirtualCamera, cgi: &str) {
    let answer = order(camera, &format!("{cgi}&diskid=SD_DISK")).await;
    assert!(answer.contains("result=\"OK\""), "{answer}");
    let id = camera.device().disks().jobs().last().unwrap().id;
    let ended =
        camera.device().disks().wait_for_job(Duration::from_secs(30), |job| job.id == id && job.outcome.is_some());
    let ended = ended.await.unwrap();
    assert!(ended.is_done(), "{ended:?}\n{}", camera.app_log("c2c"));
}

async fn comes_to(camera: &VirtualCamera, words: &str) {
    until(camera, words, || async { page(camera).await.contains(words) }).await;
}

#[tokio::test]
async fn the_app_gives_the_card_back_to_an_unmount_and_leaves_alone_what_somebody_else_formatted() {
    let camera = VirtualCamera::builder().card_kind("new").speed(1000.0).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    let axsim = camera.device().axsim();
    let pid = camera.app_pid("c2c").unwrap();
    axsim.change_card(SD_DISK, |card| card.used_kib = 1 << 20).unwrap();
    orders::prepare(&camera).await;
    orders::waits_for(&camera, "choose_content").await;
    until(&camera, "the app holds the card", || async { axsim.holders(SD_DISK) == [pid] }).await;
    job(&camera, "mount.cgi?action=unmount").await;
    until(&camera, "the app says so", || async { camera.app_log("c2c").contains("SD_DISK: given back") }).await;
    let set = order(&camera, "properties/enablediskencryption.cgi?schemaversion=1&diskid=SD_DISK&passphrase=a").await;
    assert!(set.contains("GeneralSuccess"), "{set}");
    comes_to(&camera, "Enabled on the camera, but this card is not encrypted.").await;
    job(&camera, "format.cgi?filesystem=ext4").await;
    assert_eq!(axsim.holders(SD_DISK), Vec::<u32>::new());
    job(&camera, "mount.cgi?action=mount").await;
    comes_to(&camera, "Enabled on the camera; this card is encrypted.").await;
    // What was wished of the card before is not wished of this one.
    until(&camera, "nothing is wished", || async { orders::stand(&camera).await.is_null() }).await;
    assert_eq!(axsim.holders(SD_DISK), Vec::<u32>::new());
    camera.stop().await;
}

#[tokio::test]
async fn what_a_card_tells_of_itself_is_read_rarely_and_anew_when_the_card_is_changed() {
    let camera = VirtualCamera::builder().card_kind("worn").start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    comes_to(&camera, "104 % worn · 66 °C").await;
    comes_to(&camera, "Needs you: the SD card is worn out.").await;
    let health = "/axis-cgi/disks/gethealth.cgi";
    let asked = || camera.requests().iter().filter(|request| request.path == health).count();
    let before = asked();
    for _ in 0..30 {
        page(&camera).await;
    }
    assert!(asked() <= before + 1, "{} times, then {}", before, asked());
    camera.device().axsim().swap(SD_DISK, &Card::of_kind("usual").unwrap(), false).unwrap();
    comes_to(&camera, "2 % worn").await;
    assert!(!page(&camera).await.contains("Worn out"));
    camera.stop().await;
}

#[tokio::test]
async fn a_card_that_is_changed_for_another_is_seen_by_its_size() {
    let camera = VirtualCamera::builder().start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    comes_to(&camera, "available of 59.4 GB").await;
    camera.device().axsim().swap(SD_DISK, &Card::new(121_000_000), false).unwrap();
    comes_to(&camera, "available of 124 GB").await;
    let foreign = Card::of_kind("foreign").unwrap();
    camera.device().axsim().swap(SD_DISK, &foreign, false).unwrap();
    comes_to(&camera, "No passphrase").await;
    camera.stop().await;
}
