//! Registered, claimed, released: the app's part of it against the reference portal, over real sockets and TLS.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

#[path = "claim/operator.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod operator;
#[path = "claim/stage.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod stage;

use c2c::portal::{NotTaken, Wanted};
use c2c::snapshot::Claim;
use c2c::snapshot::claim::{Kind, Releaser, Unclaimed};

use axsdk::Secret;
use stage::{Camera, Portal, SERIAL, obstacle};

fn is_registered(claim: &Claim) -> bool {
    matches!(claim, Claim::Registered { link, .. } if link.obstacle.is_none())
}

fn is_claimed(claim: &Claim) -> bool {
    matches!(claim, Claim::Claimed { link, .. } if link.obstacle.is_none())
}

fn name(claim: &Claim) -> Option<&str> {
    match claim {
        Claim::Claimed { name, .. } => name.as_deref(),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_is_registered_claimed_by_its_code_named_released_by_the_portal_and_claimed_again() {
    let portal = Portal::start().await;
    let mut camera = Camera::start();
    assert_eq!(camera.claim(), Claim::NoPortal { proposed: None });
    camera.confirm(&portal).await;
    camera.until("it is registered", is_registered).await;
    let code = camera.code().await;
    assert!(code.len() == 9 && code.contains('-'), "{code}");
    assert!(!format!("{:?}", camera.claim()).contains(&code), "the code is in no snapshot");

    let ada = portal.operator("ada").await;
    ada.claim(&code.to_lowercase().replace('-', " ")).await;
    camera.until("it is claimed", is_claimed).await;
    assert!(matches!(camera.claim(), Claim::Claimed { membership, .. } if membership.organisation == "Alpha"));
    assert_eq!(camera.offer(), None, "a claimed camera has no code");
    let device = camera.claim().device_id().unwrap().to_owned();
    ada.wish(&device, "name", &[("name", "Loading dock 3")]).await;
    camera.until("it has its name", |claim| name(claim) == Some("Loading dock 3")).await;

    let Claim::Claimed { membership, .. } = camera.claim() else { panic!("it is claimed") };
    let begun = std::time::Instant::now();
    loop {
        let csv = ada.csv().await;
        let row = csv.lines().find(|row| row.contains(SERIAL)).unwrap().to_owned();
        if row.contains("reading") && row.contains("Loading dock 3") {
            break;
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(30), "no report: {csv}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }

    ada.release(&device, &membership.claim_id).await;
    let released = |claim: &Claim| {
        matches!(claim, Claim::Registered { released: Some(released), .. }
            if released.organisation == "Alpha" && released.by == Releaser::Portal)
    };
    camera.until("it is released", released).await;
    let again = camera.code().await;
    portal.operator("bea").await.claim(&again).await;
    camera.until("another organisation has it", is_claimed).await;
    assert_eq!(name(&camera.claim()), None, "the name was the former owner's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_releases_a_camera_also_while_the_portal_is_down_and_the_portal_is_told_later() {
    let mut portal = Portal::start().await;
    let mut camera = Camera::start();
    camera.confirm(&portal).await;
    let code = camera.code().await;
    let ada = portal.operator("ada").await;
    ada.claim(&code).await;
    camera.until("it is claimed", is_claimed).await;
    let refused = camera.order(Wanted::Confirm { address: portal.address(), ca: None }).await;
    assert_eq!(refused, Err(NotTaken::Claimed), "the portal stays");

    portal.stop().await;
    camera.until("the link is down", |claim| matches!(claim, Claim::Claimed { .. }) && obstacle(claim).is_some()).await;
    camera.order(Wanted::Release).await.unwrap();
    let released = |claim: &Claim| matches!(claim, Claim::Registered { released: Some(released), .. } if released.by == Releaser::Camera);
    camera.until("it is released", released).await;
    assert_eq!(camera.order(Wanted::Release).await, Err(NotTaken::NotClaimed));
    portal.start_again().await;
    camera.order(Wanted::TestAgain).await.unwrap();
    camera.until("it is registered", is_registered).await;
    let code = camera.code().await;
    portal.operator("bea").await.claim(&code).await;
    camera.until("the portal knows of the release", is_claimed).await;
    assert!(matches!(camera.claim(), Claim::Claimed { membership, .. } if membership.organisation == "Beta"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_outlives_the_app_and_a_portal_that_is_silent() {
    let mut portal = Portal::start().await;
    let mut camera = Camera::start();
    camera.confirm(&portal).await;
    let code = camera.code().await;
    portal.operator("ada").await.claim(&code).await;
    camera.until("it is claimed", is_claimed).await;
    portal.stop().await;
    let mut camera = camera.restart().await;
    let silent = |claim: &Claim| matches!(claim, Claim::Claimed { .. }) && obstacle(claim) == Some(Kind::Connect);
    camera.until("it is claimed, and the portal silent", silent).await;
    let Claim::Claimed { link, .. } = camera.claim() else { unreachable!() };
    assert!(link.down_since.is_some() && link.last_contact.is_none());
    portal.start_again().await;
    camera.order(Wanted::TestAgain).await.unwrap();
    camera.until("it goes on", is_claimed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_serial_number_that_was_approved_and_a_one_time_token_claim_a_camera_at_once_and_neither_does_alone() {
    let portal = Portal::start().await;
    let ada = portal.operator("ada").await;
    let token = ada.token().await;
    let mut camera = Camera::start();
    camera.confirm(&portal).await;
    camera.until("it is registered", is_registered).await;
    camera.order(Wanted::Token(Secret::new("no token".to_owned()))).await.unwrap_err();
    camera.order(Wanted::Token(Secret::new(token.clone()))).await.unwrap();
    camera.code().await;
    assert!(is_registered(&camera.claim()), "the serial number is not approved");
    ada.approve(SERIAL).await;
    camera.order(Wanted::Token(Secret::new(token))).await.unwrap();
    camera.until("it is claimed", is_claimed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_new_start_from_nothing_the_organisation_has_to_confirm_the_new_key() {
    let portal = Portal::start().await;
    let ada = portal.operator("ada").await;
    let mut camera = Camera::start();
    camera.confirm(&portal).await;
    let code = camera.code().await;
    ada.claim(&code).await;
    camera.until("it is claimed", is_claimed).await;

    let mut camera = camera.restart_with(|folder| std::fs::write(folder.join("device-key.json"), "{").unwrap()).await;
    camera.until("it cannot read its key", |claim| matches!(claim, Claim::Unreadable { .. })).await;
    camera.order(Wanted::BeginAnew).await.unwrap();
    camera.until("it has begun anew", |claim| matches!(claim, Claim::NoPortal { .. })).await;
    camera.confirm(&portal).await;
    let waits = |claim: &Claim| matches!(claim, Claim::Registered { reason: Unclaimed::Confirmation, .. });
    camera.until("its key is to be confirmed", waits).await;
    let device = camera.claim().device_id().unwrap().to_owned();
    ada.confirm(&device).await;
    camera.until("it is claimed again", is_claimed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_for_which_nobody_vouches_is_asked_nothing() {
    let portal = Portal::start().await;
    let mut camera = Camera::start();
    camera.order(Wanted::Confirm { address: portal.address(), ca: None }).await.unwrap();
    camera.until("it is not trusted", |claim| obstacle(claim) == Some(Kind::Untrusted)).await;
    assert!(matches!(camera.claim(), Claim::Unregistered { .. }));
    camera.confirm(&portal).await;
    camera.until("with its certificate it is", is_registered).await;
}
