//! The step of the SD card: what the disk manager says of it, what it says of itself, and what the app is doing to it.

use crate::snapshot::{Card, CardStatus, Condition, Job, JobState, Purpose, Reading, Slot, Snapshot, Stand, Wait};
use crate::verdict::{CardTrouble, Cause, Mood};

/// What no job mends comes first, then what is under way, then a card that is to be replaced before anything else is done
/// with it, and then what only a person can decide.
pub(super) fn step(snapshot: &Snapshot, cards: &Reading<Vec<Card>>) -> (Mood, Cause) {
    let read = match cards {
        Reading::Pending => (Mood::Working, Cause::Reading),
        Reading::Lost { .. } => (Mood::CannotTell, Cause::Lost(1)),
        Reading::Known { value, .. } if value.is_empty() => (Mood::Done, Cause::NoSlot),
        Reading::Known { value, .. } => any_card(snapshot, value),
    };
    if matches!(&read.1, Cause::Card(trouble) if !is_mended_by_jobs(trouble)) {
        return read;
    }
    let waits = || snapshot.preparations.iter().filter_map(|preparation| waits_for(preparation.stand));
    let decision = waits().find(|wait| wait.is_for_a_person());
    let mut open = snapshot.jobs.iter().flatten().filter(|job| job.prepares()).peekable();
    let works = snapshot.preparations.iter().any(|preparation| preparation.stand == Stand::Working);
    if works || (decision.is_none() && open.peek().is_some()) {
        return (Mood::Working, Cause::Job(open.find_map(seconds_left)));
    }
    if matches!(read.1, Cause::Card(CardTrouble::Failing | CardTrouble::WornOut)) {
        return read;
    }
    if let Some(decision) = decision {
        return (Mood::NeedsYou, Cause::Waits(decision));
    }
    match waits().find_map(|wait| waiting(wait, &read)) {
        Some(waiting) => waiting,
        None if read == (Mood::Done, Cause::Well) && last_failed(snapshot) => (Mood::NeedsYou, Cause::JobFailed),
        None => read,
    }
}

/// Whether the newest job on the card failed; one that was cancelled did nothing to it.
fn last_failed(snapshot: &Snapshot) -> bool {
    if snapshot.preparations.iter().any(|preparation| preparation.stand == Stand::Ready) {
        return false;
    }
    let jobs = snapshot.jobs.iter().flatten();
    let mut worked = jobs.filter(|job| job.purpose == Purpose::Prepare && job.state != JobState::Cancelled);
    worked.next().is_some_and(|job| matches!(job.state, JobState::Failed { .. }))
}

fn waits_for(stand: Stand) -> Option<Wait> {
    match stand {
        Stand::Waits(wait) => Some(wait),
        Stand::Ready | Stand::Kept | Stand::Working => None,
    }
}

/// What waiting for this means where nobody is asked to decide; nothing where the card's own trouble says more.
fn waiting(wait: Wait, read: &(Mood, Cause)) -> Option<(Mood, Cause)> {
    let mood = match wait {
        Wait::CameraBusy | Wait::Preparing => Mood::Working,
        Wait::NotWritable | Wait::NotToBePrepared | Wait::Sealed => Mood::NeedsYou,
        Wait::Unknown if read.0 == Mood::Done => Mood::CannotTell,
        _ => return None,
    };
    Some((mood, Cause::Waits(wait)))
}

/// One good card is enough where a camera has two slots and the other is empty; one that is kept is nobody's trouble. Good
/// is what both tell: the disk manager, and the Edge Storage API of its slot.
fn any_card(snapshot: &Snapshot, cards: &[Card]) -> (Mood, Cause) {
    let is_kept =
        |card: &&Card| snapshot.preparations.iter().any(|one| one.slot == card.slot && one.stand == Stand::Kept);
    let (kept, others): (Vec<_>, Vec<_>) = cards.iter().partition(is_kept);
    let mut troubles: Vec<_> = others.iter().filter_map(|card| trouble(snapshot, card)).collect();
    if troubles.len() < cards.len() {
        troubles.retain(|trouble| *trouble != CardTrouble::Status(CardStatus::Disconnected));
    }
    match (troubles.into_iter().next(), &snapshot.storage) {
        (Some(first @ CardTrouble::Status(CardStatus::Other(_))), _) => (Mood::CannotTell, Cause::Card(first)),
        (Some(first), _) => (Mood::NeedsYou, Cause::Card(first)),
        (None, _) if !kept.is_empty() => (Mood::Done, Cause::Kept),
        (None, Some(Reading::Pending)) => (Mood::Working, Cause::Reading),
        (None, Some(Reading::Lost { .. })) => (Mood::CannotTell, Cause::Lost(1)),
        (None, Some(Reading::Known { value, .. })) => for_applications(snapshot, cards, value),
        (None, None) => (Mood::Done, Cause::Well),
    }
}

/// What applications see of the cards that the disk manager calls good.
fn for_applications(snapshot: &Snapshot, cards: &[Card], slots: &[Slot]) -> (Mood, Cause) {
    let good = cards.iter().filter(|card| trouble(snapshot, card).is_none());
    let seen = good.filter_map(|card| slots.iter().find(|slot| slot.id == card.slot));
    match seen.filter_map(unfit).next() {
        Some(CardTrouble::Leaving) => (Mood::Working, Cause::Card(CardTrouble::Leaving)),
        Some(first) => (Mood::NeedsYou, Cause::Card(first)),
        None => (Mood::Done, Cause::Well),
    }
}

fn unfit(slot: &Slot) -> Option<CardTrouble> {
    match slot {
        Slot { exiting: true, .. } => Some(CardTrouble::Leaving),
        Slot { full: true, .. } => Some(CardTrouble::Full),
        Slot { available: false, .. } | Slot { writable: false, .. } => Some(CardTrouble::NotForApplications),
        Slot { area_fault: Some(_), .. } => Some(CardTrouble::NoFolder),
        Slot { .. } => None,
    }
}

fn trouble(snapshot: &Snapshot, card: &Card) -> Option<CardTrouble> {
    if card.status == CardStatus::Disconnected {
        return Some(CardTrouble::Status(CardStatus::Disconnected));
    }
    match (card, snapshot.health_of(&card.slot).map(crate::snapshot::Health::condition)) {
        (Card { status: CardStatus::Failed, .. }, _) => Some(CardTrouble::Status(CardStatus::Failed)),
        (_, Some(Condition::Failing)) => Some(CardTrouble::Failing),
        (_, Some(Condition::WornOut)) => Some(CardTrouble::WornOut),
        (Card { locked: true, .. }, _) => Some(CardTrouble::Locked),
        (Card { read_only: true, .. }, _) => Some(CardTrouble::ReadOnly),
        (Card { full: true, .. }, _) => Some(CardTrouble::Full),
        (Card { status: CardStatus::Ok, .. }, _) => None,
        (Card { status, .. }, _) => Some(CardTrouble::Status(status.clone())),
    }
}

/// Or at least not to be disturbed by anybody while a job is at it.
fn is_mended_by_jobs(trouble: &CardTrouble) -> bool {
    match trouble {
        CardTrouble::Locked | CardTrouble::ReadOnly => false,
        CardTrouble::Full
        | CardTrouble::Failing
        | CardTrouble::WornOut
        | CardTrouble::Leaving
        | CardTrouble::NotForApplications
        | CardTrouble::NoFolder => true,
        CardTrouble::Status(status) => !matches!(status, CardStatus::Disconnected | CardStatus::Failed),
    }
}

fn seconds_left(job: &Job) -> Option<u64> {
    match job.state {
        JobState::Running { seconds_left, .. } => seconds_left,
        JobState::Pending | JobState::Complete | JobState::Cancelled | JobState::Failed { .. } => None,
    }
}
