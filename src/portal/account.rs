//! The password of the camera's account on its way to the portal: sealed to the key that was pinned at the claim, so that
//! nobody in between reads it, and on a connection of its own.

use std::time::Duration;

use axsdk::Secret;
use hyper::Method;
use serde_json::json;
use tokio::sync::{mpsc, oneshot, watch};

use crate::portal::NotTaken;
use crate::portal::backoff::Backoff;
use crate::portal::link::{Call, Link};
use crate::portal::report::Target;
use crate::portal::seal::{self, Belongs, Purpose};
use crate::portal::wishes::Standing;
use crate::snapshot::Account;

/// The place of a new claim is known within this time after its wishes.
const PLACED: Duration = Duration::from_secs(10);

/// Told to who ordered something.
pub type Answer = oneshot::Sender<Result<(), NotTaken>>;

/// The side of who keeps the account.
#[derive(Debug)]
pub struct Clerk {
    /// An administrator hands over an account of our name.
    pub orders: mpsc::Receiver<Answer>,
    /// What is wished.
    pub standing: watch::Receiver<Standing>,
    stand: watch::Sender<Option<Account>>,
    target: watch::Receiver<Option<Target>>,
    backoff: Backoff,
}

/// What the portal is told of the account.
#[derive(Debug, Clone, Copy)]
pub enum Told<'a> {
    /// This password is about to be set.
    Changing(&'a Secret),
    /// It was set.
    Confirmed,
    /// There is no account of ours any more.
    Removed,
    /// There is one of that name which is not ours.
    Taken,
}

/// Why the portal was not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The claim has no key to which a password could be sealed.
    NoKey,
    /// The portal knows no password that could be confirmed.
    Conflict,
    /// It did not take it.
    Refused,
    /// It did not answer, or the claim is over.
    Silent,
}

/// The portal was not told.
#[derive(Debug, Clone, Copy)]
pub struct NotTold {
    /// Why.
    pub why: Why,
    /// It is tried again after so long.
    pub again: Duration,
}

impl Clerk {
    pub(super) fn new(
        orders: mpsc::Receiver<Answer>,
        stand: watch::Sender<Option<Account>>,
        standing: watch::Receiver<Standing>,
        target: watch::Receiver<Option<Target>>,
    ) -> Self {
        Self { orders, standing, stand, target, backoff: Backoff::default() }
    }

    /// Shows how it stands with the account.
    pub fn show(&self, account: Option<Account>) {
        self.stand.send_if_modified(|shown| std::mem::replace(shown, account) != account);
    }

    /// How it was shown last.
    #[must_use]
    pub fn shown(&self) -> Option<Account> {
        *self.stand.borrow()
    }

    /// Tells the portal, under a claim.
    ///
    /// # Errors
    /// Why it was not told.
    pub async fn tell(&mut self, claim_id: &str, generation: u64, told: Told<'_>) -> Result<(), NotTold> {
        match self.try_to_tell(claim_id, generation, told).await {
            Ok(()) => {
                self.backoff.reset();
                Ok(())
            }
            Err((why, retry_after)) => Err(NotTold { why, again: self.backoff.next(retry_after) }),
        }
    }

    async fn try_to_tell(&mut self, claim_id: &str, generation: u64, told: Told<'_>) -> Result<(), (Why, Option<u64>)> {
        let is_placed = |target: &Option<Target>| {
            target.as_ref().is_some_and(|target| target.claim_id.as_deref() == Some(claim_id))
        };
        let placed = tokio::time::timeout(PLACED, self.target.wait_for(is_placed)).await;
        let target = placed.ok().and_then(Result::ok).and_then(|target| target.clone());
        let target = target.ok_or((Why::Silent, None))?;
        let (state, sealed) = match told {
            Told::Changing(password) => {
                let key = target.sealing_key.as_ref().ok_or((Why::NoKey, None))?;
                let belongs = Belongs { device_id: &target.device_id, claim_id, generation };
                let sealed = seal::seal(password, key, Purpose::AccountPassword, belongs).ok_or((Why::NoKey, None))?;
                ("changing", Some(sealed))
            }
            Told::Confirmed => ("confirmed", None),
            Told::Removed => ("removed", None),
            Told::Taken => ("taken", None),
        };
        let mut body = json!({ "generation": generation, "state": state });
        if let (Some(members), Some(sealed)) = (body.as_object_mut(), sealed) {
            members.insert("sealed".to_owned(), serde_json::to_value(sealed).unwrap_or_default());
        }
        let path = [&target.path, "account"].concat();
        let called = Link::new(target.place).call(&Call::tell(Method::PUT, &path, &body)).await;
        called.map(|_| ()).map_err(|failure| {
            log::warn!("portal: the account: {}", failure.obstacle.line);
            let why = match failure.status {
                Some(409) => Why::Conflict,
                Some(400 | 413 | 422) => Why::Refused,
                _ => Why::Silent,
            };
            (why, failure.retry_after)
        })
    }
}
