//! The account `c2cadmin`: the app's part against the reference portal and a virtual camera, over real sockets and TLS.
//!
//! A cut ends the app's tasks where they stand, as kill -9 does, and leaves its files; the packaged app is killed for real
//! in `tests/on_camera/account.rs`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

#[path = "account/cuts.rs"]
mod cuts;
#[path = "claim/operator.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod operator;
#[path = "claim/stage.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod stage;
#[path = "account/world.rs"]
mod world;

use c2c::portal::{NotTaken, Wanted};
use c2c::snapshot::{AccountState, AccountTrouble, Claim, Failure, JobState};
use virtual_camera::access::Level;
use virtual_camera::users::{Action, Trouble};
use virtual_camera::{Fault, Os, VirtualCamera};
use world::{NAME, PWDGRP, World, is_troubled};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wished_account_is_handed_over_lets_in_is_rotated_and_removed_on_a_wish() {
    let mut world = World::new().await;
    assert_eq!(world.asked(), 0, "nothing is wished, nothing is asked");
    world.wish("viewer").await;
    world.ready().await;
    let first = world.agrees().await;
    assert_eq!(world.there().unwrap().level, Level::Viewer);
    assert_eq!(world.status(&first, "/axis-cgi/param.cgi?action=list").await, 401, "a viewer sees no parameters");
    world.until_page("there").await;

    world.ada.wish(&world.id, "password", &[]).await;
    world.until_there("another password", |there| there.unwrap().password != first).await;
    world.ready().await;
    let second = world.agrees().await;
    assert_ne!(first, second);
    assert!(!world.lets_in(&first).await, "the old one is refused");

    world.wish("operator").await;
    world.until_there("an operator", |there| there.unwrap().level == Level::Operator).await;
    world.ready().await;
    let third = world.agrees().await;
    assert_eq!(world.status(&third, "/axis-cgi/param.cgi?action=list").await, 200);

    world.ada.wish(&world.id, "no-account", &[]).await;
    world.until_there("it is removed", |there| there.is_none()).await;
    world.app.until_account("nothing is shown", |account| account.is_none()).await;
    assert_eq!(world.ada.passwords(&world.id).await, [], "the portal has forgotten it");
    let names: Vec<_> = world.jobs().into_iter().map(|(name, state)| (name, state == JobState::Complete)).collect();
    let expected = [
        "Remove Account c2cadmin",
        "Change Password of Account c2cadmin",
        "Change Password of Account c2cadmin",
        "Set Up Account c2cadmin",
    ];
    assert_eq!(names, expected.map(|name| (name.to_owned(), true)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_at_the_portal_or_at_the_camera_removes_the_account() {
    let mut world = World::new().await;
    world.wish("viewer").await;
    world.ready().await;
    let Claim::Claimed { membership, .. } = world.app.claim() else { panic!("it is claimed") };
    world.ada.release(&world.id, &membership.claim_id).await;
    world.until_there("it is removed", |there| there.is_none()).await;
    world.app.until_account("nothing is shown", |account| account.is_none()).await;

    world.claim().await;
    world.wish("viewer").await;
    world.ready().await;
    let password = world.agrees().await;
    world.portal.stop().await;
    world.app.order(Wanted::Release).await.unwrap();
    world.until_there("it is removed while the portal is down", |there| there.is_none()).await;
    assert!(!world.lets_in(&password).await);
    assert_eq!(world.device.device().accounts().len(), 2, "root and viewer are left");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_of_that_name_is_never_touched_until_an_administrator_hands_it_over() {
    let device = VirtualCamera::builder().start().await.unwrap();
    device.device().users().put(NAME, "somebody's own", Level::Admin);
    let mut world = World::on(device).await;
    assert_eq!(world.app.order(Wanted::HandOver).await, Err(NotTaken::NoAccount), "nothing is wished");
    world.wish("viewer").await;
    world.app.until_account("it is taken", |account| is_troubled(account, AccountTrouble::Taken)).await;
    world.until_page("which is not ours").await;
    let mut world = world.cut().await;
    world.app.until_account("it is taken", |account| is_troubled(account, AccountTrouble::Taken)).await;
    assert_eq!(
        (world.there().unwrap().password.as_str(), world.there().unwrap().level),
        ("somebody's own", Level::Admin)
    );
    assert_eq!(world.jobs(), [], "nothing was done");

    world.app.order(Wanted::HandOver).await.unwrap();
    world.ready().await;
    let password = world.agrees().await;
    assert_eq!(world.there().unwrap().level, Level::Viewer, "no more than is wished");
    assert!(!world.lets_in("somebody's own").await && world.lets_in(&password).await);
    world.ada.wish(&world.id, "no-account", &[]).await;
    world.until_there("it is removed", |there| there.is_none()).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_account_outlives_the_wish_and_the_claim_and_the_only_administrator_is_never_taken_over() {
    let device = VirtualCamera::builder().start().await.unwrap();
    device.device().users().put(NAME, "somebody's own", Level::Admin);
    device.device().users().take("root");
    let mut world = World::on(device).await;
    world.wish("viewer").await;
    world.app.until_account("it is taken", |account| is_troubled(account, AccountTrouble::Taken)).await;
    assert_eq!(world.app.order(Wanted::HandOver).await, Err(NotTaken::OnlyAdministrator));
    world.ada.wish(&world.id, "no-account", &[]).await;
    world.app.until_account("nothing is shown", |account| account.is_none()).await;
    world.app.order(Wanted::Release).await.unwrap();
    world.app.until("it is released", |claim| matches!(claim, Claim::Registered { .. })).await;
    assert_eq!(
        (world.there().unwrap().password.as_str(), world.there().unwrap().level),
        ("somebody's own", Level::Admin)
    );
    assert!(!world.ada.page(&world.id).await.contains("which is not ours"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_that_goes_down_before_it_is_confirmed_hears_of_it_later_and_after_a_cut_gets_a_new_password() {
    for is_cut in [false, true] {
        let mut world = World::new().await;
        world.device.device().fault_next(PWDGRP, None, Fault::Slow(1_500), None);
        world.wish("viewer").await;
        world.until_there("it is made", |there| there.is_some()).await;
        world.portal.stop().await;
        let set = world.there().unwrap().password;
        let troubled = |account| is_troubled(account, AccountTrouble::Portal);
        if is_cut {
            world = world.cut().await;
        } else {
            world.app.until_account("the portal is not told", troubled).await;
        }
        world.device.clear_faults();
        assert!(world.lets_in(&set).await);
        world.portal.start_again().await;
        world.ada = world.portal.operator("ada").await;
        world.app.order(Wanted::TestAgain).await.unwrap();
        world.ready().await;
        assert_eq!(world.agrees().await == set, !is_cut, "a new one after a cut alone");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_portal_is_down_no_password_is_changed_and_the_account_stays() {
    let mut world = World::new().await;
    world.wish("viewer").await;
    world.ready().await;
    let password = world.agrees().await;
    world.portal.stop().await;
    let asked = world.asked();
    let mut world = world.cut().await;
    let is_down = |claim: &Claim| stage::obstacle(claim).is_some();
    world.app.until("the portal is down", is_down).await;
    assert!(world.lets_in(&password).await);
    assert_eq!(world.asked(), asked, "what is wished is not known, and nothing is done");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_camera_refuses_is_told_and_nothing_of_it_is_taken_for_ours() {
    for (knob, value, why) in [
        ("camera.users.most", "2", AccountTrouble::Refused),
        ("camera.users.missing", "viewer", AccountTrouble::Refused),
        ("camera.users.service", "no", AccountTrouble::Camera),
    ] {
        let device = VirtualCamera::builder().knob(knob, value).start().await.unwrap();
        let mut world = World::on(device).await;
        world.wish("viewer").await;
        world.app.until_account(knob, |account| is_troubled(account, why)).await;
        assert_eq!(world.app.account().unwrap().state, AccountState::NotMade, "{knob}");
        assert!(world.there().is_none());
        if why == AccountTrouble::Refused {
            let failed = |state: &JobState| matches!(state, JobState::Failed { reason: Failure::Account { words, .. } } if !words.is_empty());
            assert!(failed(&world.jobs()[0].1), "{:?}", world.jobs());
        }
        // Somebody else makes one now, by hand: it is not ours.
        world.device.device().users().put(NAME, "by hand", Level::Viewer);
        let mut world = world.cut().await;
        world.device.device().set_knob(knob, "");
        world.ada.wish(&world.id, "password", &[]).await;
        world.app.until_account("it is taken", |account| is_troubled(account, AccountTrouble::Taken)).await;
        assert_eq!(world.there().unwrap().password, "by hand");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_password_leaves_the_old_one_in_force_and_both_with_the_portal() {
    let mut world = World::new().await;
    world.wish("viewer").await;
    world.ready().await;
    let old = world.agrees().await;
    world.device.device().users().trouble(Action::Update, Trouble::Refuse("invalid password.".to_owned()));
    world.ada.wish(&world.id, "password", &[]).await;
    world.app.until_account("it is refused", |account| is_troubled(account, AccountTrouble::Password)).await;
    let shown = world.ada.passwords(&world.id).await;
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert_eq!(shown[0], ("Password, being changed: old".to_owned(), old.clone()));
    assert!(world.lets_in(&old).await && !world.lets_in(&shown[1].1).await);
    world.ada.wish(&world.id, "password", &[]).await;
    world.ready().await;
    assert_ne!(world.agrees().await, old);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_only_says_that_it_is_done_is_not_believed() {
    let mut world = World::new().await;
    world.device.device().users().trouble(Action::Add, Trouble::Pretend);
    world.wish("viewer").await;
    world.app.until_account("it had no effect", |account| is_troubled(account, AccountTrouble::NoEffect)).await;
    assert!(world.there().is_none());
    let shown = world.ada.passwords(&world.id).await;
    assert!(shown.iter().all(|(word, _)| word.contains("being changed")), "nothing was confirmed: {shown:?}");
    // Somebody makes one by hand now: it is not ours, and stays when the wish goes; the portal forgets what was never set.
    world.device.device().users().put(NAME, "by hand", Level::Viewer);
    world.ada.wish(&world.id, "password", &[]).await;
    world.app.until_account("it is taken", |account| is_troubled(account, AccountTrouble::Taken)).await;
    world.ada.wish(&world.id, "no-account", &[]).await;
    world.app.until_account("nothing is shown", |account| account.is_none()).await;
    assert_eq!(world.ada.passwords(&world.id).await, []);
    assert_eq!(world.there().unwrap().password, "by hand");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_somebody_deleted_is_made_again_and_another_claim_gets_one_of_its_own() {
    let mut world = World::new().await;
    world.wish("viewer").await;
    world.ready().await;
    let first = world.agrees().await;
    world.device.device().users().take(NAME);
    let mut world = world.cut().await;
    world.until_there("it is made again", |there| there.is_some()).await;
    world.ready().await;
    let second = world.agrees().await;
    assert_ne!(first, second);

    world.app.order(Wanted::Release).await.unwrap();
    let code = world.app.code().await;
    world.until_there("it is removed", |there| there.is_none()).await;
    world.ada = world.portal.operator("bea").await;
    world.ada.claim(&code).await;
    world.app.until("another organisation has it", |claim| matches!(claim, Claim::Claimed { .. })).await;
    world.wish("operator").await;
    world.ready().await;
    let third = world.agrees().await;
    assert!(!world.lets_in(&second).await && world.lets_in(&third).await);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rules_for_passwords_of_each_release_take_ours() {
    for os in Os::ALL {
        let device = VirtualCamera::builder().os(os).start().await.unwrap();
        let mut world = World::on(device).await;
        world.wish("viewer").await;
        world.ready().await;
        world.agrees().await;
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_password_is_in_no_file_of_the_app_and_in_no_job() {
    let world = World::new().await;
    world.device.device().users().trouble(Action::Add, Trouble::Silent);
    world.wish("viewer").await;
    world.until_there("it is made", |there| there.is_some()).await;
    let half = world.there().unwrap().password;
    let mut world = world.cut().await;
    world.ready().await;
    let whole = world.agrees().await;
    let mut seen = format!("{:?} {:?} {:?}", world.app.jobs(), world.app.account(), world.app.claim());
    for entry in std::fs::read_dir(world.app.folder()).unwrap() {
        seen += &String::from_utf8_lossy(&std::fs::read(entry.unwrap().path()).unwrap());
    }
    assert!(seen.contains("\"stage\":\"confirmed\""), "{seen}");
    assert!(!seen.contains(&half) && !seen.contains(&whole), "{seen}");
    assert!(world.device.requests().iter().all(|seen| seen.query.as_ref().is_none_or(|query| !query.contains("pwd"))));
    world.end().await;
}
