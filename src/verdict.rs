//! The headline from all readings: how it stands, why, and the three steps on the way; pure.
//!
//! What is unknown is never taken for good: a reading that was lost or is still to come keeps the mood from being done.

use serde::Serialize;

use crate::snapshot::claim;
use crate::snapshot::{AccountTrouble, CardStatus, Claim, Notice, Reading, Snapshot, Wait, Weight};

mod card;
mod code;

/// Device Status, in the product's three words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceStatus {
    /// The app could not find out how it stands with the portal.
    Error,
    /// Known to the portal, claimed by nobody.
    Registered,
    /// Claimed by an organisation.
    Claimed,
}

/// How it stands, at one glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// All is well, and known to be.
    Done,
    /// Something goes on by itself.
    Working,
    /// Somebody has to do something.
    NeedsYou,
    /// Something could not be read.
    CannotTell,
}

/// Why it stands so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Nothing is left to do.
    Well,
    /// The camera says that it is still starting.
    Starting,
    /// Not all was read yet.
    Reading,
    /// So many readings were lost at the last attempt.
    Lost(usize),
    /// No interface has an address that reaches beyond its own link.
    NoAddress,
    /// The camera has no slot for a card.
    NoSlot,
    /// What is wrong with the card.
    Card(CardTrouble),
    /// What is wished of the SD card waits for this.
    Waits(Wait),
    /// The SD card stays as it is, by a decision.
    Kept,
    /// The SD card is being prepared; with an estimate of the seconds that are left, where there is one.
    Job(Option<u64>),
    /// The last job that worked on the SD card failed.
    JobFailed,
    /// No portal is known to the app.
    NoPortal,
    /// A portal is proposed, and no administrator has confirmed it.
    PortalUnconfirmed,
    /// What the app keeps of itself cannot be read.
    Unreadable,
    /// This is in the way between camera and portal.
    Obstacle(claim::Kind),
    /// Registered, and for this reason not claimed.
    Unclaimed(claim::Unclaimed),
    /// Claimed, and this is in the way of the account that the organisation wishes.
    Account(AccountTrouble),
    /// So many settings cannot be used.
    Settings(usize),
    /// So many notices ask somebody to act now.
    Notices(usize),
    /// So many notices would ask somebody to act now, and it is not known whether they apply.
    NoticesUnclear(usize),
}

/// What is wrong with a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardTrouble {
    /// The disk manager's word.
    Status(CardStatus),
    /// Locked against writing on the camera.
    Locked,
    /// Nothing more can be written.
    Full,
    /// Write-protect tab, or a damaged file system.
    ReadOnly,
    /// It says itself that its check failed.
    Failing,
    /// It says itself that it has written what it was made for.
    WornOut,
    /// The camera is about to unmount it.
    Leaving,
    /// The disk manager calls it OK, and applications cannot write to it.
    NotForApplications,
    /// Applications can write to it, and the app's own folder could not be set up on it.
    NoFolder,
}

/// One of the three steps of an installer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The camera is in its network.
    Network,
    /// The camera belongs to an organisation.
    Claim,
    /// The SD card can be written.
    Card,
}

/// How one step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which one.
    pub stage: Stage,
    /// How it stands.
    pub mood: Mood,
    /// Why.
    pub cause: Cause,
}

/// The headline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The glance.
    pub mood: Mood,
    /// Why.
    pub cause: Cause,
    /// The product's word for the state toward a portal.
    pub status: DeviceStatus,
    /// Network, claim and card; no card where the package's version shows none.
    pub steps: Vec<Step>,
}

/// The headline of a snapshot.
#[must_use]
pub fn of(snapshot: &Snapshot) -> Verdict {
    let mut steps = vec![step(Stage::Network, network(snapshot)), step(Stage::Claim, claimed(snapshot))];
    if let Some(cards) = &snapshot.cards {
        steps.push(step(Stage::Card, card::step(snapshot, cards)));
    }
    let (mood, cause) = whole(snapshot, &steps);
    Verdict { mood, cause, status: status(&snapshot.claim), steps }
}

fn status(claim: &Claim) -> DeviceStatus {
    match claim {
        Claim::NoPortal { .. } | Claim::Unreadable { .. } | Claim::Unregistered { .. } => DeviceStatus::Error,
        Claim::Registered { .. } => DeviceStatus::Registered,
        Claim::Claimed { .. } => DeviceStatus::Claimed,
    }
}

fn step(stage: Stage, (mood, cause): (Mood, Cause)) -> Step {
    Step { stage, mood, cause }
}

/// What somebody can mend at the camera comes first, then what is not known, then what goes on by itself, and what is done
/// elsewhere last. While the card is worked on, what asks to be mended waits no longer than that.
fn whole(snapshot: &Snapshot, steps: &[Step]) -> (Mood, Cause) {
    let starting = matches!(&snapshot.boot, Reading::Known { value, .. } if !value.ready);
    if starting {
        return (Mood::Working, Cause::Starting);
    }
    let of = |step: &Step| (step.mood, step.cause.clone());
    if let Some(here) = steps.iter().find(|step| step.mood == Mood::NeedsYou && step.stage != Stage::Claim) {
        return of(here);
    }
    let (lost, pending) = readings(snapshot);
    if lost > 0 {
        return (Mood::CannotTell, Cause::Lost(lost));
    }
    if pending {
        return (Mood::Working, Cause::Reading);
    }
    let warning = |notice: &&Notice| notice.weight == Weight::Warning;
    let (unclear, urgent): (Vec<_>, Vec<_>) =
        snapshot.notices.iter().filter(warning).partition(|notice| notice.unknown.is_some());
    match (snapshot.settings.problems.len(), urgent.len()) {
        (0, 0) => {}
        (0, notices) => return (Mood::NeedsYou, Cause::Notices(notices)),
        (problems, _) => return (Mood::NeedsYou, Cause::Settings(problems)),
    }
    // While the card is worked on nobody has to do anything yet, not even to find out what is unknown of the claim.
    if let Some(step) = steps.iter().find(|step| matches!(step.cause, Cause::Job(_))) {
        return of(step);
    }
    let first = |mood| steps.iter().find(|step| step.mood == mood).map(of);
    let notices = (!unclear.is_empty()).then_some((Mood::CannotTell, Cause::NoticesUnclear(unclear.len())));
    let open = first(Mood::CannotTell).or(notices).or_else(|| first(Mood::Working)).or_else(|| first(Mood::NeedsYou));
    open.unwrap_or((Mood::Done, Cause::Well))
}

/// How many readings were lost at the last attempt, and whether one is still to come.
fn readings(snapshot: &Snapshot) -> (usize, bool) {
    fn state<T>(reading: &Reading<T>) -> (bool, bool) {
        (reading.fault().is_some(), matches!(reading, Reading::Pending))
    }
    let Snapshot { identity, network, boot, applications, containers, cards, card_health, storage, time, .. } =
        snapshot;
    let none = (false, false);
    let all = [
        state(identity),
        state(network),
        state(boot),
        state(applications),
        state(containers),
        cards.as_ref().map_or(none, state),
        // Without a slot there is nothing that could be ill.
        card_health.as_ref().filter(|_| !snapshot.has_no_slot()).map_or(none, state),
        storage.as_ref().map_or(none, state),
        state(time),
    ];
    (all.iter().filter(|(lost, _)| *lost).count(), all.iter().any(|(_, pending)| *pending))
}

fn network(snapshot: &Snapshot) -> (Mood, Cause) {
    match &snapshot.network {
        Reading::Pending => (Mood::Working, Cause::Reading),
        Reading::Lost { .. } => (Mood::CannotTell, Cause::Lost(1)),
        Reading::Known { value, .. } if value.addresses().iter().any(|(_, address)| !address.link_local) => {
            (Mood::Done, Cause::Well)
        }
        Reading::Known { .. } => (Mood::NeedsYou, Cause::NoAddress),
    }
}

fn claimed(snapshot: &Snapshot) -> (Mood, Cause) {
    match &snapshot.claim {
        Claim::NoPortal { proposed: None } => (Mood::NeedsYou, Cause::NoPortal),
        Claim::NoPortal { proposed: Some(_) } => (Mood::NeedsYou, Cause::PortalUnconfirmed),
        Claim::Unreadable { .. } => (Mood::NeedsYou, Cause::Unreadable),
        Claim::Unregistered { link, .. } => match &link.obstacle {
            None => (Mood::Working, Cause::Reading),
            Some(obstacle) => (Mood::NeedsYou, Cause::Obstacle(obstacle.kind)),
        },
        Claim::Registered { link: claim::Link { obstacle: Some(obstacle), .. }, .. } => {
            (Mood::NeedsYou, Cause::Obstacle(obstacle.kind))
        }
        Claim::Registered { reason, .. } => (Mood::NeedsYou, Cause::Unclaimed(*reason)),
        Claim::Claimed { link: claim::Link { obstacle: Some(obstacle), .. }, .. } => {
            let mood = if obstacle.kind.is_passing() { Mood::Working } else { Mood::NeedsYou };
            (mood, Cause::Obstacle(obstacle.kind))
        }
        Claim::Claimed { .. } => match snapshot.account.and_then(|account| account.reason) {
            Some(why) if !why.is_passing() => (Mood::NeedsYou, Cause::Account(why)),
            _ => (Mood::Done, Cause::Well),
        },
    }
}
