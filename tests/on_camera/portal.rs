//! The packaged app, a portal beside the camera, and an operator there: what an organisation wishes of the SD card is done on
//! the camera, and a released camera keeps nothing of it.

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;
use virtual_camera::axsim::card::CardState;
use virtual_camera::axsim::medium::Passphrase;
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::disks::{Action, Refusal};
use virtual_camera::{Account, Arch, Os, VirtualCamera};

use crate::operator::Operator;
use crate::orders::{asked, form_on, is_ready, jobs, send_form_to, stand, waits_for};
use crate::secrets::{is_nowhere, shapes};
use crate::stage::Portal;
use crate::world::{PATIENCE, get, install, package, page, send, snapshot, until, wait_for_page};

/// The page of the portal and the claim.
const CLAIM: &str = "/local/c2c/control/claim";
/// Fast, but so slow that each step is seen.
const SPEED: f64 = 20.0;
const LOCK: &str = "Lock SD Card";

/// Gives an order on the page of the portal and the claim.
async fn order(camera: &VirtualCamera, order: &str, fields: &[(&str, &str)]) {
    until(camera, &format!("{order} is offered"), || async { form_on(camera, CLAIM, order).await.is_some() }).await;
    let mut all = form_on(camera, CLAIM, order).await.unwrap();
    all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let answer = send_form_to(camera, CLAIM, order, &all).await;
    assert_eq!(answer.status, 303, "{}\n{}", answer.text(), camera.app_log("c2c"));
}

/// The code by which the camera can be claimed now.
async fn code(camera: &VirtualCamera) -> String {
    let read = || async {
        let page = get(camera, Account::Root, CLAIM).await.text();
        Some(page.split("<p class=\"user-code\">").nth(1)?.split('<').next()?.to_owned())
    };
    until(camera, "there is a code", || async { read().await.is_some() }).await;
    read().await.unwrap()
}

async fn claim_state(camera: &VirtualCamera) -> Value {
    snapshot(camera).await["claim"]["state"].clone()
}

/// A camera that an organisation has claimed.
struct Claimed {
    camera: VirtualCamera,
    ada: Operator,
    device: String,
    portal: Portal,
    /// Everything that the camera keeps.
    state: TempDir,
}

impl Claimed {
    async fn with(kind: &str) -> Self {
        let state = tempfile::tempdir().unwrap();
        let builder = VirtualCamera::builder().card_kind(kind).speed(SPEED).state(state.path());
        let camera = builder.start().await.unwrap();
        install(&camera, package(Arch::native(), Os::V12_11)).await;
        let portal = Portal::start().await;
        order(&camera, "confirm", &[("address", &portal.address().to_string()), ("ca", &portal.ca())]).await;
        let ada = portal.operator("ada").await;
        ada.claim(&code(&camera).await).await;
        until(&camera, "it is claimed", || async { claim_state(&camera).await == "claimed" }).await;
        let device = snapshot(&camera).await["claim"]["device_id"].as_str().unwrap().to_owned();
        Self { camera, ada, device, portal, state }
    }

    async fn wish_prepared(&self) {
        self.ada.wish(&self.device, "prepare", &[("prepare", "if_needed")]).await;
    }

    /// What the portal's panel says of the card, once it does.
    async fn portal_says(&self, words: &str) {
        until(&self.camera, &format!("the portal says {words}"), || async {
            let panel = self.ada.panel(&self.device).await;
            panel
                .split("id=\"cards\"")
                .nth(1)
                .is_some_and(|card| card.split("</section>").next().unwrap().contains(words))
        })
        .await;
    }

    /// The stay of the card, as the portal knows it.
    async fn presence(&self) -> String {
        self.portal_says("name=\"presence\"").await;
        let panel = self.ada.panel(&self.device).await;
        panel.split("name=\"presence\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    async fn decide(&self, presence: &str, choice: &str) {
        let serial = self.camera.identity().serial.clone();
        let fields = [("presence", presence), ("choice", choice), ("serial", &serial)];
        self.ada.wish(&self.device, "decide", &fields).await;
    }

    async fn release_at_the_portal(&self) {
        let claim = snapshot(&self.camera).await["claim"]["claim_id"].as_str().unwrap().to_owned();
        self.ada.release(&self.device, &claim).await;
    }

    async fn release_at_the_camera(&self) {
        let serial = self.camera.identity().serial.clone();
        order(&self.camera, "release", &[("serial", &serial[serial.len() - 4..])]).await;
    }

    /// The passphrase of the slot, and that of the card.
    fn passphrases(&self) -> (Option<Passphrase>, Option<Passphrase>) {
        let slot = self.camera.device().axsim().slot(SD_DISK).unwrap();
        (slot.settings.passphrase.clone(), slot.card.and_then(|card| card.passphrase))
    }

    async fn is_locked(&self) {
        let ended = || async { jobs(&self.camera).await.iter().any(|job| job.0 == LOCK && job.1 == "complete") };
        until(&self.camera, "the card is locked", ended).await;
        let (slot, card) = self.passphrases();
        assert!(slot.is_none() && card.is_some(), "{}", self.camera.app_log("c2c"));
        assert_eq!(self.camera.device().axsim().slot(SD_DISK).unwrap().state(), CardState::NoPassphrase);
    }

    async fn is_killed(&self) {
        let pid = self.camera.app_pid("c2c").unwrap();
        send(pid, Signal::KILL);
        let another = |now: Option<u32>| now.is_some_and(|now| now != pid);
        assert!(self.camera.device().wait_for_pid("c2c", PATIENCE, another).await);
        wait_for_page(&self.camera).await;
    }

    async fn end(mut self) {
        self.portal.stop().await;
        self.camera.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_has_a_card_prepared_with_the_organisation_s_passphrase_and_a_release_locks_it() {
    let claimed = Claimed::with("new").await;
    let camera = &claimed.camera;
    claimed.portal_says("nothing_wished").await;
    assert_eq!(asked(camera, "mount.cgi"), 0, "a claim alone wishes nothing of the card");
    claimed.wish_prepared().await;
    is_ready(camera).await;
    claimed.portal_says("ready").await;
    let first = claimed.ada.passphrase(&claimed.device).await;
    assert_eq!(claimed.passphrases().1, Some(Passphrase::of(&first)));
    is_nowhere(camera, claimed.state.path(), &shapes(&first)).await;

    claimed.is_killed().await;
    is_ready(camera).await;
    assert_eq!((asked(camera, "format.cgi"), asked(camera, "enablediskencryption.cgi")), (1, 1));
    claimed.ada.wish(&claimed.device, "passphrase", &[]).await;
    let changed = || async { claimed.passphrases().1 != Some(Passphrase::of(&first)) };
    until(camera, "it has the new passphrase", changed).await;
    is_ready(camera).await;
    let second = claimed.ada.passphrase(&claimed.device).await;
    assert_eq!(claimed.passphrases().1, Some(Passphrase::of(&second)));
    assert_eq!(asked(camera, "format.cgi"), 1, "nothing on it was deleted");

    claimed.release_at_the_portal().await;
    claimed.is_locked().await;
    assert_eq!(claim_state(camera).await, "registered");
    assert_eq!(asked(camera, "format.cgi"), 1);
    is_nowhere(camera, claimed.state.path(), &shapes(&second)).await;
    claimed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_s_decision_erases_the_card_that_it_names_and_no_other() {
    let claimed = Claimed::with("usual").await;
    let camera = &claimed.camera;
    camera.device().axsim().change_card(SD_DISK, |card| card.used_kib = 1 << 20).unwrap();
    claimed.wish_prepared().await;
    waits_for(camera, "choose_content").await;
    claimed.portal_says("choose_content").await;
    let presence = claimed.presence().await;
    claimed.decide("0123456789abcdef", "erase").await;
    claimed.decide(&presence, "keep").await;
    until(camera, "it is kept", || async { stand(camera).await["stand"] == "kept" }).await;
    assert_eq!((asked(camera, "format.cgi"), asked(camera, "mount.cgi")), (0, 0));
    claimed.decide(&presence, "erase").await;
    is_ready(camera).await;
    assert_eq!(asked(camera, "format.cgi"), 1);
    claimed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_in_the_midst_of_a_format_waits_for_its_end_and_a_kill_in_between_loses_nothing() {
    for killed in [false, true] {
        let claimed = Claimed::with("new").await;
        let camera = &claimed.camera;
        let disks = camera.device().disks();
        claimed.wish_prepared().await;
        let begun = disks.wait_for_job(PATIENCE, |job| job.action == Action::Format).await;
        assert!(begun.is_some(), "{}", camera.app_log("c2c"));
        disks.stall(true);
        claimed.release_at_the_camera().await;
        let waits = || async {
            let seen = snapshot(camera).await;
            let lock = seen["jobs"].as_array().unwrap().iter().find(|job| job["name"] == LOCK).cloned();
            lock.is_some_and(|job| job["state"]["waits_for"] == "camera_busy")
        };
        until(camera, "the lock waits", waits).await;
        assert_eq!(asked(camera, "disablediskencryption.cgi"), 0);
        let mounts = asked(camera, "mount.cgi");
        if killed {
            claimed.is_killed().await;
        }
        disks.stall(false);
        claimed.is_locked().await;
        assert_eq!((asked(camera, "mount.cgi"), asked(camera, "format.cgi")), (mounts, 1), "nothing is mounted");
        claimed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_the_camera_refuses_says_why_and_is_done_after_the_next_start() {
    let claimed = Claimed::with("new").await;
    let camera = &claimed.camera;
    claimed.wish_prepared().await;
    is_ready(camera).await;
    let refusal =
        |times| Refusal { cgi: "disablediskencryption".to_owned(), times, code: 10, words: "Not today".into() };
    camera.device().disks().refuse(refusal(1));
    claimed.release_at_the_portal().await;
    let failed = || async { jobs(camera).await.iter().any(|job| job.0 == LOCK && job.1 == "failed") };
    until(camera, "the lock failed", failed).await;
    assert!(page(camera).await.contains("error 10"), "the reason stands on the page");
    let (slot, _) = claimed.passphrases();
    assert!(slot.is_some(), "the camera has it still");
    let mounts = asked(camera, "mount.cgi");
    claimed.is_killed().await;
    claimed.is_locked().await;
    assert_eq!(asked(camera, "mount.cgi"), mounts, "it was out of use already");
    claimed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_organisation_says_is_on_the_page_as_its_own_words_until_it_takes_that_back() {
    let claimed = Claimed::with("usual").await;
    let camera = &claimed.camera;
    let words = "Do <b>not</b> unplug before {version}";
    claimed.ada.wish(&claimed.device, "notify", &[("severity", "warning"), ("text", words), ("days", "2")]).await;
    let told = || async {
        snapshot(camera).await["notices"].as_array().unwrap().iter().find(|one| one["organisation"] == "Alpha").cloned()
    };
    until(camera, "it is told", || async { told().await.is_some() }).await;
    let notice = told().await.unwrap();
    assert_eq!((notice["text"].as_str(), notice["weight"].as_str()), (Some(words), Some("advice")));
    let page = page(camera).await;
    assert!(
        page.contains("Alpha says:") && page.contains("Do &lt;b&gt;not&lt;/b&gt; unplug before {version}"),
        "{page}"
    );
    claimed.is_killed().await;
    assert!(told().await.is_some(), "it holds before the portal has answered once more");
    claimed.release_at_the_camera().await;
    until(camera, "it is gone", || async { told().await.is_none() }).await;
    claimed.end().await;
}
