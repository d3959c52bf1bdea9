//! What an administrator orders.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

use super::{Agent, Due};
use crate::clock;
use crate::portal::memory::{self, Kept, Memory, Portal};
use crate::portal::{Given, NotTaken, Wanted, session};
use crate::snapshot::claim::{Released, Releaser};

/// Between two attempts to read what the app keeps of itself.
const UNREADABLE: Duration = Duration::from_secs(60);

impl Agent {
    /// Nothing can be done but to begin anew; `false` when the app ends.
    pub(super) async fn rest_unreadable(&mut self) -> bool {
        let until = Instant::now() + UNREADABLE;
        loop {
            tokio::select! {
                given = self.clerk.given.recv() => {
                    let Some(Given { wanted, answer }) = given else { return false };
                    let begun = matches!(wanted, Wanted::BeginAnew);
                    let outcome = if begun {
                        memory::put_aside(&self.tools.folder).map_err(|error| {
                            log::error!("portal: {error}");
                            NotTaken::NotWritten
                        })
                    } else {
                        Err(NotTaken::NotNow)
                    };
                    _ = answer.send(outcome);
                    if begun && outcome.is_ok() {
                        return true;
                    }
                }
                () = tokio::time::sleep_until(until) => return true,
            }
        }
    }

    /// Takes an order; `true` where all begins anew.
    pub(super) fn serve(&mut self, given: Given, kept: &mut Kept) -> bool {
        let Given { wanted, answer } = given;
        let written = |outcome: io::Result<()>| {
            outcome.map_err(|error| {
                log::error!("portal: {error}");
                NotTaken::NotWritten
            })
        };
        let memory = kept.memory();
        let (outcome, anew) = match wanted {
            Wanted::Confirm { .. } if memory.claim().is_some() => (Err(NotTaken::Claimed), false),
            Wanted::Confirm { address, ca } => {
                let portal = Portal { address, ca };
                // At another portal it is another device.
                let same = memory.portal.as_ref().is_some_and(|known| known.address == portal.address);
                let changed = kept.order(|memory| {
                    memory.portal = Some(portal);
                    memory.registration = memory.registration.take().filter(|_| same);
                });
                (written(changed), true)
            }
            Wanted::Token(token) if !session::is_token(&token) => (Err(NotTaken::NoToken), false),
            Wanted::Token(_) | Wanted::TestAgain if memory.portal.is_none() => (Err(NotTaken::NoPortal), false),
            Wanted::Token(token) => {
                self.token = Some(token);
                (Ok(()), false)
            }
            Wanted::TestAgain => (Ok(()), false),
            Wanted::Release => match memory.claim() {
                None => (Err(NotTaken::NotClaimed), false),
                Some(claim) => {
                    let organisation = claim.membership.organisation.clone();
                    let released = Released { organisation, at: clock::now(), by: Releaser::Camera };
                    (written(kept.change(|memory| memory.release(released))), false)
                }
            },
            Wanted::BeginAnew => (Err(NotTaken::Readable), false),
            // It is given to who keeps the account.
            Wanted::HandOver => (Err(NotTaken::NotNow), false),
        };
        _ = answer.send(outcome);
        self.backoff.reset();
        anew && outcome.is_ok()
    }

    pub(super) fn after_order(&self, memory: &Memory, discovered: bool) -> Due {
        match &memory.registration {
            _ if !discovered => Due::Discovery,
            Some(registration) if registration.to_release.is_some() => Due::Release,
            Some(registration) if registration.claim.is_some() || self.next_key.is_some() => Due::Claims,
            _ => Due::Registration,
        }
    }
}
