//! A claimed camera with its portal, and eyes to look at both.

use std::time::{Duration, Instant};

use axsdk::{Credentials, Secret};
use c2c::snapshot::{Account, AccountState, AccountTrouble, Claim, JobState};
use c2c::vapix::Reader;
use virtual_camera::{VirtualCamera, Visitor};

use crate::operator::Operator;
use crate::stage::{Camera, Portal};

pub(crate) const NAME: &str = "c2cadmin";
pub(crate) const PWDGRP: &str = "/axis-cgi/pwdgrp.cgi";
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A claimed camera, and who claimed it.
pub(crate) struct World {
    pub(crate) portal: Portal,
    pub(crate) ada: Operator,
    pub(crate) device: VirtualCamera,
    pub(crate) app: Camera,
    pub(crate) id: String,
}

pub(crate) fn is_ready(account: Option<Account>) -> bool {
    account.is_some_and(|account| account.state == AccountState::Ready && account.reason.is_none())
}

pub(crate) fn is_troubled(account: Option<Account>, why: AccountTrouble) -> bool {
    account.is_some_and(|account| account.reason == Some(why))
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(VirtualCamera::builder().start().await.unwrap()).await
    }

    pub(crate) async fn on(device: VirtualCamera) -> Self {
        let account = device.device().grant_service_account("c2c");
        let account = Credentials { user: account.name, password: Secret::new(account.password) };
        let app = Camera::start_on(Reader::with_account(device.addresses().service, account));
        let portal = Portal::start().await;
        let ada = portal.operator("ada").await;
        let mut world = Self { portal, ada, device, app, id: String::new() };
        world.claim().await;
        world
    }

    pub(crate) async fn claim(&mut self) {
        self.app.confirm(&self.portal).await;
        let code = self.app.code().await;
        self.ada.claim(&code).await;
        self.app.until("it is claimed", |claim| matches!(claim, Claim::Claimed { .. })).await;
        self.app.claim().device_id().unwrap().clone_into(&mut self.id);
    }

    pub(crate) async fn wish(&self, group: &str) {
        self.ada.wish(&self.id, "account", &[("group", group), ("days", "30")]).await;
    }

    pub(crate) async fn ready(&mut self) {
        self.app.until_account("the account is ready", is_ready).await;
    }

    /// The app ends where it stands, and starts again.
    pub(crate) async fn cut(self) -> Self {
        Self { app: self.app.restart().await, ..self }
    }

    /// The status of a question for which a viewer's login is enough; of 401 for a wrong one.
    pub(crate) async fn status(&self, password: &str, path: &'static str) -> u16 {
        let visitor = Visitor::new(&self.device.url(), NAME, password);
        tokio::task::spawn_blocking(move || visitor.get(path).unwrap().status).await.unwrap()
    }

    pub(crate) async fn lets_in(&self, password: &str) -> bool {
        self.status(password, "/axis-cgi/apidiscovery.cgi").await != 401
    }

    /// The password that the portal shows, which is the only one.
    pub(crate) async fn password(&self) -> String {
        let begun = Instant::now();
        loop {
            let shown = self.ada.passwords(&self.id).await;
            if let [(word, password)] = shown.as_slice() {
                if word == "Password" {
                    return password.clone();
                }
            }
            assert!(begun.elapsed() < PATIENCE, "{shown:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What the portal shows is what lets in.
    pub(crate) async fn agrees(&self) -> String {
        let password = self.password().await;
        assert!(self.lets_in(&password).await, "the login that the portal shows");
        password
    }

    pub(crate) async fn until_page(&self, words: &str) {
        let begun = Instant::now();
        while !self.ada.page(&self.id).await.contains(words) {
            assert!(begun.elapsed() < PATIENCE, "{words}: {}", self.ada.page(&self.id).await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) fn there(&self) -> Option<virtual_camera::access::Account> {
        self.device.device().users().find(NAME)
    }

    pub(crate) async fn until_there(&self, what: &str, fits: impl Fn(Option<virtual_camera::access::Account>) -> bool) {
        let begun = Instant::now();
        while !fits(self.there()) {
            assert!(begun.elapsed() < PATIENCE, "{what}: {:?}", self.there());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// So often pwdgrp.cgi was asked.
    pub(crate) fn asked(&self) -> usize {
        self.device.requests().iter().filter(|seen| seen.path == PWDGRP).count()
    }

    pub(crate) async fn until_asked(&self, times: usize) {
        let begun = Instant::now();
        while self.asked() < times {
            assert!(begun.elapsed() < PATIENCE, "{} of {times}", self.asked());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn jobs(&mut self) -> Vec<(String, JobState)> {
        self.app.jobs().into_iter().map(|job| (job.name, job.state)).collect()
    }

    pub(crate) async fn end(self) {
        drop(self.app);
        self.device.stop().await;
    }
}
