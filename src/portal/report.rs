//! What the camera tells its portal: the same as its page says, whole, when something changed and once in a while.
//!
//! One report waits at most: what changed while the portal was silent is in the next one, beside the moments at which the
//! camera's state changed, the last 200 of them, which are kept in memory alone.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use p256::elliptic_curve::rand_core::{OsRng, RngCore as _};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::clock::{self, Timestamp};
use crate::portal::backoff::{self, Backoff};
use crate::portal::key::Jwk;
use crate::portal::link::{Call, Failure, Link, Place};
use crate::portal::memory::Memory;
use crate::portal::session::Session;
use crate::snapshot::{CardStay, Claim, Snapshot, Stand, WebServer};

/// Between two reports, however much changes.
const LEAST: Duration = Duration::from_secs(5);
/// Between two reports without a change, where the portal wishes nothing else.
const USUAL: Duration = Duration::from_secs(900);
/// So many changes of state are kept.
const TRANSITIONS: usize = 200;

/// A snapshot as it is reported.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What `snapshot.json` says.
    pub json: Value,
    /// Equal where nothing changed but when it was read.
    pub tag: String,
    /// Why the camera stands as it does.
    pub code: &'static str,
}

/// Makes of a snapshot what is reported.
#[derive(Clone)]
pub struct View(pub Arc<dyn Fn(&Snapshot) -> Seen + Send + Sync>);

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("View")
    }
}

/// Where to, and in which capacity.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    pub(super) place: Place,
    /// The id that the portal gave.
    pub(super) device_id: String,
    /// The path of what belongs to the camera, with a slash at the end.
    pub(super) path: String,
    pub(super) claim_id: Option<String>,
    /// Of the claim: to which secrets for the portal are sealed.
    pub(super) sealing_key: Option<Jwk>,
    /// The generation of the wishes that hold.
    pub(super) applied: u64,
    /// What the organisation wishes.
    pub(super) interval: Option<Duration>,
    /// Wishes that this app does not know, by name.
    pub(super) ignored: Vec<String>,
}

impl Target {
    /// As the camera is known at its portal; `None` while it is not.
    pub(super) fn of(session: &Session, memory: &Memory, ignored: Vec<String>) -> Option<Self> {
        let registration = memory.registration.as_ref()?;
        let claim = registration.claim.as_ref();
        Some(Self {
            place: session.place().clone(),
            device_id: registration.device_id.clone(),
            path: session.device(&registration.device_id, ""),
            claim_id: claim.map(|claim| claim.membership.claim_id.clone()),
            sealing_key: claim.and_then(|claim| claim.sealing_key.clone()),
            applied: claim.map_or(0, |claim| claim.wishes),
            interval: claim.and_then(|claim| claim.report_seconds).map(Duration::from_secs),
            ignored,
        })
    }
}

/// Begins to report what `snapshots` show, wherever `target` says.
pub(super) fn keep(
    snapshots: watch::Receiver<Arc<Snapshot>>,
    view: View,
    target: watch::Receiver<Option<Target>>,
    tasks: &mut JoinSet<()>,
) {
    let mut boot = [0; 16];
    OsRng.fill_bytes(&mut boot);
    let boot_id = boot.iter().map(|byte| format!("{byte:02x}")).collect();
    let reporter = Reporter {
        snapshots,
        view,
        target,
        boot_id,
        seq: 0,
        transitions: VecDeque::new(),
        told: None,
        backoff: Backoff::default(),
    };
    let work: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(reporter.run());
    tasks.spawn(work);
}

struct Reporter {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    view: View,
    target: watch::Receiver<Option<Target>>,
    boot_id: String,
    seq: u64,
    transitions: VecDeque<(Timestamp, &'static str)>,
    /// What the portal knows, and until when that is enough.
    told: Option<(String, Vec<CardStay>, Target, Instant)>,
    backoff: Backoff,
}

impl Reporter {
    async fn run(mut self) {
        let mut not_before = Instant::now();
        loop {
            let seen = (self.view.0)(&self.snapshots.borrow_and_update().clone());
            let stays = self.snapshots.borrow().stays.clone();
            self.note(seen.code);
            let target = self.target.borrow_and_update().clone();
            let due = self.due(&seen, &stays, target.as_ref()).map(|at| at.max(not_before));
            let wait = async {
                match due {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                changed = self.target.changed() => {
                    if changed.is_err() { return }
                    // The portal is there again: what it missed comes at once, and whole.
                    if target.is_none() {
                        (not_before, self.told) = (Instant::now(), None);
                        self.backoff.reset();
                    }
                }
                changed = self.snapshots.changed() => if changed.is_err() { return },
                () = wait => {
                    let Some(target) = target else { continue };
                    let pause = match self.report(&seen, &target).await {
                        Ok(()) => {
                            self.backoff.reset();
                            let until = Instant::now() + backoff::about(target.interval.unwrap_or(USUAL));
                            self.told = Some((seen.tag, stays, target, until));
                            LEAST
                        }
                        Err(failure) => {
                            log::info!("portal: the report: {}", failure.obstacle.line);
                            self.backoff.next(failure.retry_after).max(LEAST)
                        }
                    };
                    not_before = Instant::now() + pause;
                }
            }
        }
    }

    /// When to report; `None` while there is no portal.
    fn due(&self, seen: &Seen, stays: &[CardStay], target: Option<&Target>) -> Option<Instant> {
        let target = target?;
        Some(match &self.told {
            Some((tag, then, to, until)) if *tag == seen.tag && then == stays && to == target => *until,
            _ => Instant::now(),
        })
    }

    fn note(&mut self, code: &'static str) {
        if self.transitions.back().is_none_or(|(_, last)| *last != code) {
            self.transitions.push_back((clock::now(), code));
            if self.transitions.len() > TRANSITIONS {
                self.transitions.pop_front();
            }
        }
    }

    async fn report(&mut self, seen: &Seen, target: &Target) -> Result<(), Failure> {
        self.seq += 1;
        let snapshot = Arc::clone(&self.snapshots.borrow());
        let body = body(self, seen, target, &snapshot);
        let path = [&target.path, "reported"].concat();
        Link::new(target.place.clone()).call(&Call::tell(Method::PUT, &path, &body)).await.map(|_| ())
    }
}

fn body(reporter: &Reporter, seen: &Seen, target: &Target, snapshot: &Snapshot) -> Value {
    let transitions: Vec<_> =
        reporter.transitions.iter().map(|(at, code)| json!({ "at": at.to_string(), "code": code })).collect();
    let mut body = json!({
        "boot_id": reporter.boot_id,
        "seq": reporter.seq,
        "applied": target.applied,
        "ignored": target.ignored,
        "status": { "state": state(&snapshot.claim), "reason": seen.code },
        "snapshot": seen.json,
        "cards": cards(snapshot),
        "transitions": transitions,
    });
    let page = page(snapshot);
    let optional = [("claim_id", target.claim_id.clone().map(Value::from)), ("page", page)];
    if let Some(members) = body.as_object_mut() {
        members.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    body
}

/// The slots, in words that stay the same in every version.
fn cards(snapshot: &Snapshot) -> Value {
    let told = |stay: &CardStay| {
        let (stand, wait) = match stay.stand {
            None => ("nothing_wished", None),
            Some(Stand::Ready) => ("ready", None),
            Some(Stand::Kept) => ("kept", None),
            Some(Stand::Working) => ("working", None),
            Some(Stand::Waits(wait)) => ("waits", Some(wait)),
        };
        let told = [("slot", Some(json!(stay.slot))), ("stand", Some(json!(stand)))];
        let perhaps = [("presence", stay.presence.clone().map(Value::from)), ("wait", wait.map(|wait| json!(wait)))];
        let members = told.into_iter().chain(perhaps);
        members.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Value>()
    };
    snapshot.stays.iter().take(8).map(told).collect()
}

/// The product's word.
fn state(claim: &Claim) -> &'static str {
    match claim {
        Claim::NoPortal { .. } | Claim::Unreadable { .. } | Claim::Unregistered { .. } => "error",
        Claim::Registered { .. } => "registered",
        Claim::Claimed { .. } => "claimed",
    }
}

/// Where the page is in the camera's own network; by https at its usual port where the camera does not tell (guess).
fn page(snapshot: &Snapshot) -> Option<Value> {
    let network = snapshot.network.last()?;
    let own = network.addresses().into_iter().find(|(_, address)| !address.link_local)?.1.ip;
    let WebServer { https, port } = network.web.unwrap_or(WebServer { https: true, port: 443 });
    let scheme = if https { "https" } else { "http" };
    Some(json!({ "scheme": scheme, "address": own.to_string(), "port": port, "path": "/local/c2c/status" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Package, Wait};

    #[test]
    fn each_slot_is_told_with_the_stay_of_its_card_and_what_it_waits_for() {
        let package = Package { version: "1.6.0".to_owned(), version_from: "a test" };
        let mut snapshot = Snapshot::unread(package, true, clock::now());
        let stay = |slot: &str, presence: Option<&str>, stand| CardStay {
            slot: slot.to_owned(),
            presence: presence.map(str::to_owned),
            stand,
        };
        snapshot.stays =
            vec![stay("SD_DISK", Some("00ff"), Some(Stand::Waits(Wait::ChooseContent))), stay("SD_DISK2", None, None)];
        let told = json!([
            { "slot": "SD_DISK", "presence": "00ff", "stand": "waits", "wait": "choose_content" },
            { "slot": "SD_DISK2", "stand": "nothing_wished" },
        ]);
        assert_eq!(cards(&snapshot), told);
    }
}
