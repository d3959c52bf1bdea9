//! What is called when, what follows from the answers, and the orders of an administrator.
//!
//! One task: it finds out the portal, registers, and then waits at the claim list, which tells of each change. What fails is
//! tried again after a while (`Backoff`); what was known holds meanwhile. An order interrupts whatever is waited for.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axsdk::Secret;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::clock;
use crate::portal::backoff::Backoff;
use crate::portal::documents::{Claims, Desired};
use crate::portal::key::DeviceKey;
use crate::portal::link::{Failure, Place};
use crate::portal::memory::{Claimed, Kept, Memory, Portal, Registration};
use crate::portal::proxy::{self, Ways};
use crate::portal::report::{self, Target, View};
use crate::portal::session::{Followed, Known, Registered, Session};
use crate::portal::{Clerk, Offer, trust};
use crate::settings::{self, Texts};
use crate::snapshot::claim::{Kind, Link, Obstacle};
use crate::snapshot::{Claim, Identity, Package, Snapshot};

mod answers;
mod keys;
mod orders;

/// Between two claim lists of a portal that does not wait.
const AT_LEAST: Duration = Duration::from_secs(2);

/// So many answers in a row may each lead to another question: discovery, registration, release, list, wishes, key, list and
/// wishes again.
const IN_A_ROW: u32 = 12;

/// What the agent works with.
#[derive(Debug)]
pub struct Tools {
    /// The app's folder.
    pub folder: PathBuf,
    /// What the camera is.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// The app's parameters, one of which proposes a portal.
    pub texts: watch::Receiver<Arc<Texts>>,
    /// The app's own package.
    pub package: Package,
    /// How a snapshot is reported.
    pub view: View,
}

/// Begins to keep in touch with the portal.
pub fn keep(tools: Tools, mut clerk: Clerk, tasks: &mut JoinSet<()>) {
    // Where nobody has taken this side by now, nobody keeps an account.
    drop(clerk.account());
    report::keep(tools.snapshots.clone(), tools.view.clone(), clerk.target.subscribe(), tasks);
    let agent = Agent {
        tools,
        clerk,
        token: None,
        next_key: None,
        key_wished: 0,
        code: None,
        no_code: false,
        in_a_row: 0,
        due: Due::Discovery,
        status: Link::default(),
        backoff: Backoff::default(),
    };
    let work: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(agent.run());
    tasks.spawn(work);
}

/// What is called next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Discovery,
    Registration,
    Release,
    Claims,
    Desired,
    Key,
}

/// What an answer brought.
enum News {
    Discovered,
    Registered(Box<Registered>),
    Released,
    Claims(Option<Claims>),
    Desired(Box<Desired>),
    Followed(Box<Followed>),
}

/// How a question ended.
enum Asked {
    Answered(Result<News, Failure>),
    /// By an order; the work at this portal may be over.
    Interrupted(Option<Turn>),
}

struct Agent {
    tools: Tools,
    clerk: Clerk,
    /// Until the portal has seen it.
    token: Option<Secret>,
    /// The key that is to follow.
    next_key: Option<Arc<DeviceKey>>,
    /// The generation that the organisation wishes the key to have.
    key_wished: u64,
    /// Until when the code holds.
    code: Option<clock::Timestamp>,
    /// The portal was asked for a code, and gave none.
    no_code: bool,
    /// Answers since the last one after which there was nothing more to ask.
    in_a_row: u32,
    due: Due,
    status: Link,
    backoff: Backoff,
}

/// Why the work at a portal ended.
enum Turn {
    /// Another portal, or a new key.
    Anew,
    /// The app ends.
    Over,
}

impl Agent {
    async fn run(mut self) {
        loop {
            let opened = self.open();
            let (key, mut kept) = match opened {
                Ok(opened) => opened,
                Err(error) => {
                    log::error!("portal: what the app keeps of itself cannot be read: {error}");
                    self.clerk.claim.send_replace(Claim::Unreadable { line: error.to_string() });
                    if self.rest_unreadable().await { continue } else { return }
                }
            };
            if matches!(self.live(&Arc::new(key), &mut kept).await, Turn::Over) {
                return;
            }
        }
    }

    fn open(&mut self) -> io::Result<(DeviceKey, Kept)> {
        let key = self.open_key()?;
        let kept = Kept::open(&self.tools.folder, &key.id())?;
        Ok((key, kept))
    }

    /// At one portal, or while there is none.
    async fn live(&mut self, key: &Arc<DeviceKey>, kept: &mut Kept) -> Turn {
        (self.status, self.due) = (Link::default(), Due::Discovery);
        self.offer(None);
        self.clerk.target.send_replace(None);
        let Some(portal) = kept.memory().portal.clone() else { return self.without(kept).await };
        let trust = match trust::trust(portal.ca.as_deref()) {
            Ok(trust) => trust,
            Err(why) => {
                // It was read when it was confirmed.
                self.failed(&Failure::new(Kind::Untrusted, why));
                self.publish(kept.memory());
                return self.without(kept).await;
            }
        };
        let mut session = Session::new(Place {
            address: portal.address,
            trust,
            key: Arc::clone(key),
            ways: Ways::of(self.tools.snapshots.clone()),
        });
        self.publish(kept.memory());
        loop {
            let identity = match self.identity(kept).await {
                Ok(identity) => identity,
                Err(turn) => return turn,
            };
            if let Err(error) = kept.belongs_to(&identity.serial) {
                self.failed(&Failure::new(Kind::Unwritable, error));
            }
            // What was kept of another camera is gone, and its portal with it.
            if kept.memory().portal.as_ref().map(|portal| &portal.address) != Some(&session.place().address) {
                return Turn::Anew;
            }
            let begun = Instant::now();
            let outcome = match self.ask(&mut session, kept, &identity).await {
                Asked::Answered(outcome) => outcome,
                Asked::Interrupted(Some(turn)) => return turn,
                Asked::Interrupted(None) => {
                    self.publish(kept.memory());
                    session.forget_claims();
                    self.due = self.after_order(kept.memory(), session.discovery.is_some());
                    continue;
                }
            };
            let pause = match outcome {
                Ok(news) => self.follow(news, &mut session, kept, begun),
                Err(failure) => {
                    // The next answer comes at once, and shows that the portal is there again.
                    session.forget_claims();
                    Some(self.stumbled(&failure, kept.memory()))
                }
            };
            self.publish(kept.memory());
            let found = session.discovery.as_ref().filter(|_| self.is_there());
            let target = found.and_then(|_| Target::of(&session, kept.memory(), self.ignored()));
            self.clerk.target.send_if_modified(|aimed| std::mem::replace(aimed, target.clone()) != target);
            let Some(pause) = pause else { continue };
            match self.pause(pause, kept).await {
                Some(turn) => return turn,
                None => self.publish(kept.memory()),
            }
        }
    }

    /// Asks what is due, unless an order comes.
    async fn ask(&mut self, session: &mut Session, kept: &mut Kept, identity: &Identity) -> Asked {
        let next_key = self.next_key.clone();
        let next =
            Self::next(session, (self.due, next_key), kept.memory(), (identity, &self.tools.package), &self.token);
        let next: Pin<Box<dyn Future<Output = Result<News, Failure>> + Send>> = Box::pin(next);
        tokio::select! {
            outcome = next => Asked::Answered(outcome),
            given = self.clerk.given.recv() => Asked::Interrupted(match given {
                None => Some(Turn::Over),
                Some(given) => self.serve(given, kept).then_some(Turn::Anew),
            }),
        }
    }

    /// Takes in an answer; gives how long to wait, if at all.
    ///
    /// Only when nothing more is to be asked the link counts as good: a portal that answers one question well and the next one
    /// never, or always wants another one, is not asked in haste for ever.
    fn follow(&mut self, news: News, session: &mut Session, kept: &mut Kept, begun: Instant) -> Option<Duration> {
        if let News::Registered(answer) = &news {
            if let Err(failure) = is_same(answer, kept.memory()) {
                return Some(self.stumbled(&failure, kept.memory()));
            }
        }
        self.status.last_contact = Some(clock::now());
        self.in_a_row += 1;
        match self.learn(news, session, kept) {
            Ok(()) if self.due == Due::Claims => {
                self.answered();
                Some(AT_LEAST).filter(|_| begun.elapsed() < AT_LEAST)
            }
            Ok(()) if self.in_a_row > IN_A_ROW => {
                self.in_a_row = 0;
                Some(self.backoff.next(None))
            }
            Ok(()) => None,
            Err(error) => {
                self.failed(&Failure::new(Kind::Unwritable, error));
                Some(self.backoff.next(None))
            }
        }
    }

    /// Until somebody confirms a portal.
    async fn without(&mut self, kept: &mut Kept) -> Turn {
        loop {
            if kept.memory().portal.is_none() {
                let (settings, _) = settings::check(&self.tools.texts.borrow_and_update());
                let claim = Claim::NoPortal { proposed: settings.portal_address.map(String::from) };
                self.clerk.claim.send_if_modified(|told| std::mem::replace(told, claim.clone()) != claim);
                self.wish_nothing();
            }
            tokio::select! {
                given = self.clerk.given.recv() => match given {
                    None => return Turn::Over,
                    Some(given) => if self.serve(given, kept) { return Turn::Anew },
                },
                changed = self.tools.texts.changed() => if changed.is_err() { return Turn::Over },
            }
        }
    }

    /// Who the camera is, once it has said so; meanwhile orders are taken.
    async fn identity(&mut self, kept: &mut Kept) -> Result<Identity, Turn> {
        loop {
            {
                let snapshot = self.tools.snapshots.borrow_and_update();
                // Without its proxy the first attempt would go astray.
                if let Some(identity) = snapshot.identity.last().filter(|_| proxy::is_known(&snapshot)) {
                    return Ok(identity.clone());
                }
            }
            tokio::select! {
                changed = self.tools.snapshots.changed() => if changed.is_err() { return Err(Turn::Over) },
                given = self.clerk.given.recv() => match given {
                    None => return Err(Turn::Over),
                    Some(given) => if self.serve(given, kept) { return Err(Turn::Anew) },
                },
            }
        }
    }

    async fn next(
        session: &mut Session,
        (due, next_key): (Due, Option<Arc<DeviceKey>>),
        memory: &Memory,
        (identity, package): (&Identity, &Package),
        token: &Option<Secret>,
    ) -> Result<News, Failure> {
        let Some(registration) = &memory.registration else {
            return match due {
                Due::Discovery => session.discover().await.map(|()| News::Discovered),
                _ => session.register(identity, package, token.as_ref()).await.map(|it| News::Registered(Box::new(it))),
            };
        };
        let device_id = registration.device_id.as_str();
        let fresh = session.discovery.as_ref().map(|found| found.signing_keys.clone()).unwrap_or_default();
        let keys = registration.claim.as_ref().map_or(fresh.as_slice(), |claim| claim.signing_keys.as_slice());
        match (due, &registration.claim) {
            (Due::Discovery, _) => session.discover().await.map(|()| News::Discovered),
            (Due::Registration, _) => {
                session.register(identity, package, token.as_ref()).await.map(|it| News::Registered(Box::new(it)))
            }
            (Due::Release, _) if registration.to_release.is_some() => {
                let claim_id = registration.to_release.clone().unwrap_or_default();
                session.release(device_id, &claim_id).await.map(|()| News::Released)
            }
            (Due::Desired, Some(claim)) => {
                let known = Known { device_id, keys, generation: claim.wishes };
                session.desired(known).await.map(|it| News::Desired(Box::new(it)))
            }
            (Due::Claims | Due::Release | Due::Desired | Due::Key, _) => {
                let known = Known { device_id, keys, generation: registration.generation };
                match next_key.filter(|_| due == Due::Key) {
                    Some(next) => session.follow(next, known).await.map(|it| News::Followed(Box::new(it))),
                    None => session.claims(known).await.map(News::Claims),
                }
            }
        }
    }

    /// The portal was heard last time it was asked, whatever it said. While it is not, reports wait.
    fn is_there(&self) -> bool {
        self.status.obstacle.as_ref().is_none_or(|obstacle| {
            matches!(obstacle.kind, Kind::Refused | Kind::UnknownKey | Kind::Unsigned | Kind::Unwritable)
        })
    }

    fn answered(&mut self) {
        self.backoff.reset();
        self.in_a_row = 0;
        self.status = Link { last_contact: Some(clock::now()), ..Link::default() };
    }

    fn failed(&mut self, failure: &Failure) {
        let now = clock::now();
        if self.status.obstacle.as_ref() != Some(&failure.obstacle) {
            log::warn!("portal: {}: {}", failure.obstacle.kind.code(), failure.obstacle.line);
        }
        let Link { last_contact, down_since, .. } = self.status.clone();
        let obstacle: Option<Obstacle> = Some(failure.obstacle.clone());
        self.status = Link { last_contact, down_since: down_since.or(Some(now)), obstacle, next_try: None };
    }

    /// What follows from a failure; gives how long to wait.
    fn stumbled(&mut self, failure: &Failure, memory: &Memory) -> Duration {
        self.failed(failure);
        self.due = match (failure.obstacle.kind, self.due) {
            // It may know the next key alone already.
            (Kind::UnknownKey, due) if due != Due::Key && self.next_key.is_some() => Due::Key,
            // It knows us no more, or by another key: it may take us in again.
            (Kind::UnknownKey, _) => Due::Registration,
            (Kind::Unsigned, _) => Due::Discovery,
            // What is wished is asked for after the list.
            (_, Due::Desired | Due::Key) => Due::Claims,
            (_, Due::Release) if memory.registration.is_none() => Due::Registration,
            (_, due) => due,
        };
        self.backoff.next(failure.retry_after)
    }

    /// Waits, unless an order comes.
    async fn pause(&mut self, pause: Duration, kept: &mut Kept) -> Option<Turn> {
        let seconds = i64::try_from(pause.as_secs()).unwrap_or(0);
        if self.status.obstacle.is_some() {
            self.status.next_try = Some(clock::Timestamp::from_unix(clock::now().unix() + seconds));
            self.publish(kept.memory());
        }
        tokio::select! {
            given = self.clerk.given.recv() => {
                let Some(given) = given else { return Some(Turn::Over) };
                if self.serve(given, kept) {
                    return Some(Turn::Anew);
                }
                self.due = Due::Discovery;
            }
            () = tokio::time::sleep(pause) => {}
        }
        self.status.next_try = None;
        None
    }

    fn offer(&mut self, offer: Option<Offer>) {
        self.code = offer.as_ref().map(|offer| offer.until);
        self.clerk.offer.send_if_modified(|told| std::mem::replace(told, offer.clone()) != offer);
    }

    /// Tells how it stands.
    fn publish(&self, memory: &Memory) {
        if memory.claim().is_none() {
            self.wish_nothing();
        }
        let said = memory.claim().map(Claimed::said).unwrap_or_default();
        self.clerk.said.send_if_modified(|told| std::mem::replace(told, said.clone()) != said);
        let Some(Portal { address, .. }) = &memory.portal else { return };
        let (portal, link) = (address.to_string(), self.status.clone());
        let claim = match memory.registration.clone() {
            None => Claim::Unregistered { portal, link },
            Some(Registration { device_id, claim: Some(claim), .. }) => {
                Claim::Claimed { portal, device_id, name: claim.name, membership: claim.membership, link }
            }
            Some(Registration { device_id, reason, released, .. }) => {
                Claim::Registered { portal, device_id, reason, released, link }
            }
        };
        self.clerk.claim.send_if_modified(|told| std::mem::replace(told, claim.clone()) != claim);
    }
}

/// A claimed camera has one id: an answer that nobody signed gives it no other, since the claim would go with the old one.
fn is_same(answer: &Registered, memory: &Memory) -> Result<(), Failure> {
    let registration = memory.registration.as_ref().filter(|known| known.claim.is_some());
    match registration {
        Some(known) if known.device_id != answer.device_id => {
            Err(Failure::new(Kind::Unsigned, "it takes this camera for another one than it has a claim for"))
        }
        _ => Ok(()),
    }
}
