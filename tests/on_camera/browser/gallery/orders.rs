//! A card on its way: each step of preparing it, what a person has to decide, and how it can end.

use c2c::snapshot::{Card, CardStatus, Failure, Job, JobState, Note, Snapshot, Stand, Wait};

use super::states::{card, fine, gone, health, job, known, running, stand};

/// An unformatted or a foreign card tells no sizes.
fn shut(status: CardStatus) -> Card {
    let encrypted = Some(status != CardStatus::NotEncrypted);
    Card { encrypted, total_bytes: None, free_bytes: None, filesystem: None, ..card(status) }
}

fn with(card: Card, how: Stand, jobs: Vec<Job>) -> Snapshot {
    let is_mounted = card.status == CardStatus::Ok;
    let storage = if is_mounted { fine().storage } else { Some(known(vec![gone()])) };
    Snapshot { cards: Some(known(vec![card])), storage, preparations: stand(how), jobs: Some(jobs), ..fine() }
}

fn check(waits_for: Wait) -> Job {
    job("SD Card Readiness Check", running(None, Some(waits_for), None), Some(-720), -700, None)
}

fn pending(name: &str) -> Job {
    job(name, JobState::Pending, None, -700, None)
}

fn complete(name: &str, started: i64, ended: i64) -> Job {
    job(name, JobState::Complete, Some(started), ended, Some(ended))
}

fn unmounting() -> Snapshot {
    let unmount = job("Unmount SD Card", running(None, None, None), Some(-4), -1, None);
    let jobs = vec![pending("Mount SD Card"), pending("Format SD Card"), unmount, check(Wait::Preparing)];
    with(Card { encryption_set: Some(false), encrypted: Some(false), ..card(CardStatus::Ok) }, Stand::Working, jobs)
}

fn mounting() -> Snapshot {
    let mount = job("Mount SD Card", running(Some(40), None, None), Some(-3), -1, None);
    let done = [complete("Format SD Card", -1_650, -3), complete("Unmount SD Card", -1_660, -1_651)];
    let jobs = [mount].into_iter().chain(done).chain([check(Wait::Preparing)]).collect();
    with(Card { filesystem: Some("ext4".into()), ..shut(CardStatus::Connected) }, Stand::Working, jobs)
}

fn decision(card: Card, wait: Wait) -> Snapshot {
    with(card, Stand::Waits(wait), vec![check(wait)])
}

fn interrupted() -> Snapshot {
    let reason = Failure::Interrupted;
    let earlier_jobs = vec![
        complete("SD Card Readiness Check", -91_000, -90_950),
        complete("Unmount SD Card", -4_000, -3_990),
        job("Format SD Card", JobState::Failed { reason: reason.clone() }, Some(-3_990), -2_800, Some(-2_800)),
        job("Mount SD Card", JobState::Failed { reason: reason.clone() }, None, -2_800, Some(-2_800)),
        job("SD Card Readiness Check", JobState::Failed { reason }, Some(-4_010), -2_800, Some(-2_800)),
    ];
    Snapshot { earlier_jobs, ..decision(shut(CardStatus::NotEncrypted), Wait::Interrupted) }
}

fn failed() -> Snapshot {
    let reason = Failure::Declined { words: "Could not create file system on device".into() };
    let cancelled =
        Job { note: Some(Note::StepBefore), ..job("Mount SD Card", JobState::Cancelled, None, -60, Some(-60)) };
    let jobs = vec![
        cancelled,
        job("Format SD Card", JobState::Failed { reason }, Some(-400), -60, Some(-60)),
        complete("Unmount SD Card", -410, -400),
        check(Wait::Stopped),
    ];
    with(shut(CardStatus::NotEncrypted), Stand::Waits(Wait::Stopped), jobs)
}

fn ready() -> Snapshot {
    let probed = Job { note: Some(Note::Probed), ..complete("SD Card Readiness Check", -1_700, -90) };
    let jobs = [
        probed,
        complete("Mount SD Card", -100, -95),
        complete("Format SD Card", -1_650, -100),
        complete("Unmount SD Card", -1_660, -1_651),
    ];
    with(Card { free_bytes: Some(118_800_000_000), ..card(CardStatus::Ok) }, Stand::Ready, jobs.into())
}

fn worn() -> Snapshot {
    Snapshot { card_health: Some(known(vec![health(104, 66)])), preparations: vec![], ..fine() }
}

pub fn all() -> [(&'static str, Snapshot); 9] {
    [
        ("order-unmounting", unmounting()),
        ("order-mounting", mounting()),
        ("order-decide-content", decision(card(CardStatus::Ok), Wait::ChooseContent)),
        ("order-decide-foreign", decision(shut(CardStatus::WrongPassphrase), Wait::ChoosePassphrase)),
        ("order-interrupted", interrupted()),
        ("order-failed", failed()),
        ("order-kept", with(shut(CardStatus::WrongPassphrase), Stand::Kept, vec![check(Wait::Kept)])),
        ("order-ready", ready()),
        ("card-worn", worn()),
    ]
}
