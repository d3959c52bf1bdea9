//! What is done to the account: each step is written down before, done as a job, and told to the portal.

use std::time::Duration;

use rustix::rand::{GetRandomFlags, getrandom};
use tokio::sync::oneshot;

use super::record::{Record, Stage};
use super::steps::Wish;
use super::{CHANGE, Keeper, NAME, REMOVE, SET_UP, Situation, password, trouble};
use crate::clock;
use crate::jobs::{End, Limits, Order, Work};
use crate::portal::account::{Told, Why};
use crate::snapshot::{AccountState, AccountTrouble, Failure, Purpose};
use crate::vapix::users::{Refusal, Rights, Users};

/// Three questions of half a minute at most.
const LIMITS: Limits = Limits { quiet: Duration::from_secs(120), total: Duration::from_secs(120) };

/// Why a job did not do it.
struct NotDone {
    why: AccountTrouble,
    words: String,
    /// Nothing was changed on the camera, for sure.
    untouched: bool,
}

impl From<Refusal> for NotDone {
    fn from(refusal: Refusal) -> Self {
        let line = refusal.to_string();
        let (why, words, untouched) = match refusal {
            Refusal::Taken => (AccountTrouble::Taken, String::new(), true),
            Refusal::Password => (AccountTrouble::Password, String::new(), true),
            Refusal::Words(words) => (AccountTrouble::Refused, words, true),
            Refusal::NotSent(_) => (AccountTrouble::Camera, line, true),
            Refusal::Unanswered(_) => (AccountTrouble::Camera, line, false),
        };
        Self { why, words, untouched }
    }
}

impl Keeper {
    /// Makes a password, and the account where it is not there.
    pub(super) async fn set(&mut self, wish: &Wish, exists: bool) -> Option<Duration> {
        self.show_changing();
        let Some(password) = password::make() else {
            log::error!("account: no random bytes");
            return self.stumbled(true, AccountTrouble::Unwritable);
        };
        let record = Record::new(&wish.claim_id, wish.generation, wish.group, clock::now(), chance());
        // From now on the portal believes that there is one: should none come of it, it has to be told.
        let none = Record { stage: Stage::Removed, ..record.clone() };
        if !exists && !self.write(Some(none.clone())) {
            return self.stumbled(true, AccountTrouble::Unwritable);
        }
        if let Err(not) = self.clerk.tell(&wish.claim_id, wish.generation, Told::Changing(&password)).await {
            self.show(Some((AccountState::Changing, Some(trouble(not.why)))));
            return Some(not.again);
        }
        // While the portal was told, something else may have been wished.
        if Situation::of(&self.standing.borrow()).and_then(|now| now.wish).as_ref() != Some(wish) {
            return Some(Duration::ZERO);
        }
        if !self.write(Some(record.clone())) {
            return self.stumbled(true, AccountTrouble::Unwritable);
        }
        let (users, group) = (self.users.clone(), wish.group);
        let name = if exists { CHANGE } else { SET_UP };
        let done = self.job(
            name,
            Box::pin(async move {
                if exists {
                    users.update(NAME, &password, group).await?;
                } else {
                    users.add(NAME, &password, group).await?;
                }
                drop(password);
                is_so(&users, Some(Rights::Of(group))).await
            }),
        );
        match done.await {
            Ok(()) => {
                self.set = Some(tokio::time::Instant::now());
                self.confirm(record).await
            }
            Err(not) => {
                // What was not made is not ours should somebody else make it now.
                if !exists
                    && (not.untouched || matches!(self.users.look(NAME).await, Ok(None)))
                    && !self.write(Some(none))
                {
                    return self.stumbled(true, AccountTrouble::Unwritable);
                }
                self.stumbled(true, not.why)
            }
        }
    }

    /// Tells the portal that the password is set.
    pub(super) async fn confirm(&mut self, set: Record) -> Option<Duration> {
        match self.clerk.tell(&set.claim_id, set.generation, Told::Confirmed).await {
            Ok(()) => {
                let set = Record { stage: Stage::Confirmed, ..set };
                if self.write(Some(set)) {
                    Some(Duration::ZERO)
                } else {
                    self.stumbled(true, AccountTrouble::Unwritable)
                }
            }
            Err(not) => {
                self.show(Some((AccountState::Changing, Some(trouble(not.why)))));
                // The portal has lost the password: another one is made.
                self.to_confirm = Some(set).filter(|_| not.why != Why::Conflict);
                Some(not.again)
            }
        }
    }

    /// Removes the account; `wished` where another claim wishes one of its own.
    pub(super) async fn remove(&mut self, claim_id: Option<String>, wished: bool) -> Option<Duration> {
        self.show(Some((AccountState::Removing, None)));
        let users = self.users.clone();
        let done = self.job(
            REMOVE,
            Box::pin(async move {
                users.remove(NAME).await?;
                is_so(&users, None).await
            }),
        );
        match done.await {
            Ok(()) => self.forget(claim_id.filter(|_| !wished)),
            Err(not) => self.stumbled(false, not.why),
        }
    }

    /// It is gone: that is remembered until the portal, whose claim still holds, knows.
    pub(super) fn forget(&mut self, claim_id: Option<String>) -> Option<Duration> {
        self.to_confirm = None;
        let told = self.kept.record().filter(|record| Some(&record.claim_id) == claim_id.as_ref()).cloned();
        if self.write(told.map(|record| Record { stage: Stage::Removed, ..record })) {
            Some(Duration::ZERO)
        } else {
            self.stumbled(false, AccountTrouble::Unwritable)
        }
    }

    /// Tells the portal that the account is gone, where its claim holds and wishes none.
    pub(super) async fn tell_removed(&mut self, removed: &Record, claim_id: Option<String>) -> Option<Duration> {
        if claim_id.as_ref() == Some(&removed.claim_id) {
            let told = self.clerk.tell(&removed.claim_id, removed.generation.max(1), Told::Removed).await;
            if let Err(not) = told.map_err(|not| not.again) {
                self.show(Some((AccountState::Removing, Some(AccountTrouble::Portal))));
                return Some(not);
            }
        }
        if self.write(None) { Some(Duration::ZERO) } else { self.stumbled(false, AccountTrouble::Unwritable) }
    }

    fn show_changing(&self) {
        let shown = self.clerk.shown();
        // What was in the way is in the way until it is not.
        if shown
            .is_none_or(|account| account.state == AccountState::Ready || account.reason == Some(AccountTrouble::Taken))
        {
            self.show(Some((AccountState::Changing, None)));
        }
    }

    /// Does something to the camera, as a job.
    async fn job(&self, name: &'static str, work: Work<Result<(), NotDone>>) -> Result<(), NotDone> {
        let (tell, told) = oneshot::channel();
        let order = Order { name, purpose: Purpose::Account, disk: None, limits: LIMITS };
        let ordered = self.desk.order(order, |_| async move {
            let outcome = work.await;
            let end = match &outcome {
                Ok(()) => End::Complete(None),
                Err(NotDone { why, words, .. }) => End::Failed(Failure::Account { why: *why, words: words.clone() }),
            };
            // An error means that the app ends.
            _ = tell.send(outcome);
            end
        });
        let lost = |untouched| NotDone { why: AccountTrouble::Camera, words: String::new(), untouched };
        if ordered.is_err() {
            return Err(lost(true));
        }
        told.await.unwrap_or_else(|_| Err(lost(false)))
    }
}

/// The camera says that the account is as it should be.
async fn is_so(users: &Users, expected: Option<Rights>) -> Result<(), NotDone> {
    let there = users.look(NAME).await.map_err(|fault| NotDone::from(Refusal::Unanswered(fault)))?;
    if there == expected {
        return Ok(());
    }
    Err(NotDone { why: AccountTrouble::NoEffect, words: String::new(), untouched: false })
}

/// From 0 to 100.
fn chance() -> u16 {
    let mut byte = [0];
    _ = getrandom(&mut byte, GetRandomFlags::empty());
    let [byte] = byte;
    u16::from(byte) * 100 / 255
}
