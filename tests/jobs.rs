//! The desk and its journal: orders, limits, cancelling, errors; what is written down and what is read back, whatever
//! lies there. Time is tokio's and is wound on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use c2c::clock::Timestamp;
use c2c::jobs::card::{Readiness, States};
use c2c::jobs::journal::Journal;
use c2c::jobs::{Board, Desk, End, Ended, Limits, NotCancelled, Number, Order, Refused, Ticket, readiness};
use c2c::snapshot::{
    Boot, Card, CardStatus, Failure, Fault, Job, JobState, Note, Package, Purpose, Reading, Snapshot, Wait,
};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep, timeout};

const MINUTE: Duration = Duration::from_secs(60);

fn order(name: &'static str, disk: Option<&str>) -> Order {
    let limits = Limits { quiet: MINUTE, total: 10 * MINUTE };
    Order { name, purpose: Purpose::Prepare, disk: disk.map(str::to_owned), limits }
}

/// Waits until the newest job fits.
async fn newest(board: &mut Board, fits: impl Fn(&Job) -> bool) -> Job {
    let until = async {
        loop {
            if let Some(job) = board.jobs().first().filter(|job| fits(job)) {
                return job.clone();
            }
            assert!(board.changed().await, "the desk is gone");
        }
    };
    timeout(60 * MINUTE, until).await.unwrap()
}

async fn ended(board: &mut Board) -> JobState {
    newest(board, |job| !job.open()).await.state
}

fn failed(reason: Failure) -> JobState {
    JobState::Failed { reason }
}

#[tokio::test(start_paused = true)]
async fn a_job_shows_how_far_it_is_and_how_it_ended_the_newest_first() {
    let mut tasks = JoinSet::new();
    let desk = Desk::open(&mut tasks);
    let mut board = desk.board();
    assert_eq!(board.jobs(), []);
    let go = Arc::new(Notify::new());
    let going = Arc::clone(&go);
    let work = async move |ticket: Ticket| {
        ticket.waits_for(Wait::NoCard).unwrap();
        going.notified().await;
        ticket.runs(Some(40), Some(90)).unwrap();
        going.notified().await;
        End::Complete(Some(Note::Probed))
    };
    desk.order(order("Format SD Card", None), work).unwrap();
    let waiting = newest(&mut board, Job::waits).await;
    assert!(waiting.open() && waiting.started.is_some() && waiting.finished.is_none() && waiting.prepares());
    go.notify_one();
    let running = JobState::Running { percent: Some(40), waits_for: None, seconds_left: Some(90) };
    newest(&mut board, |job| job.state == running).await;
    go.notify_one();
    let job = newest(&mut board, |job| !job.open()).await;
    assert_eq!((job.state, job.note), (JobState::Complete, Some(Note::Probed)));
    assert!(job.finished.is_some());
    desk.order(order("Mount SD Card", None), async |_| End::Failed(Failure::Held)).unwrap();
    assert_eq!(ended(&mut board).await, failed(Failure::Held));
    let names: Vec<_> = board.jobs().into_iter().map(|job| job.name).collect();
    assert_eq!(names, ["Mount SD Card", "Format SD Card"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_order_for_a_disk_is_refused_with_what_is_running_and_has_done_nothing() {
    let mut tasks = JoinSet::new();
    let desk = Desk::open(&mut tasks);
    let mut board = desk.board();
    let go = Arc::new(Notify::new());
    let going = Arc::clone(&go);
    let wait = async move |_| {
        going.notified().await;
        End::Complete(None)
    };
    desk.order(order("Unmount SD Card", Some("SD_DISK")), wait).unwrap();
    let second = desk.order(order("Format SD Card", Some("SD_DISK")), async |_| panic!("it was begun"));
    let busy = Refused::Busy { disk: "SD_DISK".into(), running: "Unmount SD Card".into() };
    assert_eq!(second, Err(busy));
    assert_eq!(board.jobs().len(), 1);
    for other in [Some("SD_DISK2"), None] {
        desk.order(order("Look", other), async |_| End::Complete(None)).unwrap();
    }
    go.notify_one();
    while board.jobs().iter().any(Job::open) {
        board.changed().await;
    }
    desk.order(order("Format SD Card", Some("SD_DISK")), async |_| End::Complete(None)).unwrap();
    assert_eq!(ended(&mut board).await, JobState::Complete);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_panics_or_hangs_has_failed_and_the_desk_goes_on() {
    let mut tasks = JoinSet::new();
    let desk = Desk::open(&mut tasks);
    let mut board = desk.board();
    desk.order(order("Odd", Some("SD_DISK")), async |_| panic!("on purpose")).unwrap();
    assert_eq!(ended(&mut board).await, failed(Failure::Broken));

    let begun = Instant::now();
    desk.order(order("Hung", Some("SD_DISK")), async |_| std::future::pending().await).unwrap();
    assert_eq!(ended(&mut board).await, failed(Failure::TooLong));
    assert_eq!(begun.elapsed().as_secs(), 60);

    // Its signs of life keep it, up to the time that it has in all.
    let begun = Instant::now();
    let slow = async |ticket: Ticket| {
        for percent in 0_u8.. {
            ticket.runs(Some(percent % 100), None).unwrap();
            sleep(Duration::from_secs(50)).await;
        }
        End::Complete(None)
    };
    desk.order(order("Slow", Some("SD_DISK")), slow).unwrap();
    assert_eq!(ended(&mut board).await, failed(Failure::TooLong));
    assert_eq!(begun.elapsed().as_secs(), 600);

    // What it waits for may take for ever, and then all its time is before it.
    let begun = Instant::now();
    let patient = async |ticket: Ticket| {
        ticket.waits_for(Wait::NoCard).unwrap();
        sleep(48 * 60 * MINUTE).await;
        ticket.runs(None, None).unwrap();
        sleep(Duration::from_secs(59)).await;
        End::Complete(None)
    };
    desk.order(order("Patient", Some("SD_DISK")), patient).unwrap();
    while begun.elapsed() < 48 * 60 * MINUTE {
        assert!(board.jobs()[0].open());
        advance(30 * MINUTE).await;
    }
    assert_eq!(ended(&mut board).await, JobState::Complete);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_job_can_be_cancelled_and_one_at_work_cannot() {
    let mut tasks = JoinSet::new();
    let desk = Desk::open(&mut tasks);
    let mut board = desk.board();
    let (tell, mut told) = watch::channel(None);
    let work = async move |ticket: Ticket| {
        ticket.waits_for(Wait::NoCard).unwrap();
        tell.send_replace(Some(ticket.clone()));
        std::future::pending().await
    };
    let number = desk.order(order("Format SD Card", Some("SD_DISK")), work).unwrap();
    let ticket = told.wait_for(Option::is_some).await.unwrap().clone().unwrap();
    desk.cancel(number).unwrap();
    // Whatever the work is about to do, it learns that it must not.
    assert_eq!((ticket.runs(Some(0), None), ticket.waits_for(Wait::Full)), (Err(Ended), Err(Ended)));
    assert_eq!(ended(&mut board).await, JobState::Cancelled);
    assert_eq!(desk.cancel(number), Err(NotCancelled::Over));
    let dropped = async { while told.changed().await.is_ok() {} };
    timeout(MINUTE, dropped).await.expect("the work goes on though it was cancelled");

    let number: Number =
        desk.order(order("Format SD Card", Some("SD_DISK")), async |_| std::future::pending().await).unwrap();
    assert_eq!(desk.cancel(number), Err(NotCancelled::AtWork));
    assert!(board.jobs()[0].open());
}

fn written(folder: &Path) -> Value {
    let text = std::fs::read(folder.join("jobs.json")).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Waits until the journal fits; blocking work is not part of tokio's time.
async fn journal_says(folder: &Path, fits: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..5_000 {
        let now = written(folder);
        if fits(&now) {
            return now;
        }
        sleep(Duration::from_millis(1)).await;
    }
    panic!("{}", written(folder));
}

#[tokio::test]
async fn the_journal_has_each_job_with_its_end_and_what_was_interrupted_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let mut tasks = JoinSet::new();
    let desk = Desk::open(&mut tasks);
    Journal::open(folder.path()).keep_in(&mut tasks, desk.board());
    desk.order(order("Mount SD Card", None), async |_| End::Failed(Failure::Pulled)).unwrap();
    let wait = async |ticket: Ticket| {
        ticket.waits_for(Wait::NoCard).unwrap();
        std::future::pending().await
    };
    desk.order(order("SD Card Readiness Check", None), wait).unwrap();
    let now = journal_says(folder.path(), |now| now["jobs"][0]["state"]["state"] == "failed").await;
    assert_eq!(now["version"], 1);
    assert!(now["jobs"][0].to_string().to_lowercase().contains("pulled"), "{now}");
    assert_eq!(now["jobs"][1]["state"]["state"], "running");
    drop((desk, tasks));

    let again = Journal::open(folder.path());
    let left: Vec<_> = again.earlier().iter().map(|line| line.job.open()).collect();
    assert_eq!(left, [false, true]);
    let interrupted = JobState::Failed { reason: Failure::Interrupted };
    assert_eq!(again.history()[1].state, interrupted);
    // Sixty more jobs: the last fifty are kept.
    let mut tasks = JoinSet::new();
    let desk = Desk::open(&mut tasks);
    for _ in 0..48 {
        desk.order(order("Look", None), async |_| End::Complete(None)).unwrap();
    }
    again.keep_in(&mut tasks, desk.board());
    journal_says(folder.path(), |now| now["jobs"].as_array().is_some_and(|jobs| jobs.len() == 50)).await;
    desk.order(order("Last", None), async |_| End::Complete(None)).unwrap();
    let last = |now: &Value| now["jobs"][49]["name"] == "Last" && now["jobs"][49]["state"]["state"] == "complete";
    let now = journal_says(folder.path(), last).await;
    assert_eq!(now["jobs"][0]["state"]["state"], "failed");
    assert_eq!(now["jobs"][0]["state"]["reason"]["kind"], "interrupted");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");
}

#[tokio::test(start_paused = true)]
async fn a_card_that_flaps_costs_one_write_a_minute_and_progress_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut tasks = JoinSet::new();
    let desk = Desk::open(&mut tasks);
    let flap = async |ticket: Ticket| {
        for round in 0..600 {
            ticket.waits_for(Wait::ALL[round % Wait::ALL.len()]).unwrap();
            sleep(Duration::from_secs(1)).await;
        }
        for percent in 0..100 {
            ticket.runs(Some(percent), None).unwrap();
            sleep(Duration::from_secs(1)).await;
        }
        std::future::pending().await
    };
    desk.order(order("Check", None), flap).unwrap();
    Journal::open(folder.path()).keep_in(&mut tasks, desk.board());
    let (mut seen, mut writes) = (Value::Null, Vec::new());
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(700) {
        sleep(Duration::from_millis(250)).await;
        let now = written(folder.path());
        if now != seen {
            writes.push(begun.elapsed().as_secs());
            seen = now;
        }
    }
    assert!((10..=12).contains(&writes.len()), "{writes:?}");
    assert!(writes.windows(2).all(|pair| pair[1] - pair[0] >= 59), "{writes:?}");
}

#[tokio::test]
async fn whatever_lies_there_the_journal_begins_and_keeps_what_can_be_read() {
    let moment = "2026-01-01T00:00:00Z";
    let line = |name: &str| {
        json!({ "name": name, "purpose": "check", "state": { "state": "complete" }, "created": moment,
                "started": null, "updated": moment, "finished": moment, "moons": 2 })
    };
    let asleep = json!({ "name": "a", "purpose": "check", "state": { "state": "asleep" }, "created": moment,
                         "started": null, "updated": moment, "finished": null });
    let newer = json!({ "version": 9, "jobs": [line("a"), asleep], "x": 1 });
    let partly = json!({ "version": 1, "jobs": [line("a"), 7, { "name": 1 }, line("b"), null] });
    let table = [
        (String::new(), 0),
        ("\u{0}\u{1}garbage".into(), 0),
        ("[]".into(), 0),
        ("{\"version\":1}".into(), 0),
        ("{\"version\":1,\"jobs\":[".into(), 0),
        ("[".repeat(200_000), 0),
        (format!("{}{}", json!({ "version": 1, "jobs": [line("a")] }), " ".repeat(300_000)), 0),
        (newer.to_string(), 1),
        (json!({ "version": 0, "jobs": [line("a")] }).to_string(), 1),
        (partly.to_string(), 2),
    ];
    for (text, kept) in table {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("jobs.json"), &text).unwrap();
        std::fs::write(folder.path().join("jobs.json.new"), "half").unwrap();
        let journal = Journal::open(folder.path());
        let head: String = text.chars().take(60).collect();
        assert_eq!(journal.earlier().len(), kept, "{head}");
        let mut tasks = JoinSet::new();
        let desk = Desk::open(&mut tasks);
        journal.keep_in(&mut tasks, desk.board());
        desk.order(order("New", None), async |_| End::Complete(None)).unwrap();
        let now = journal_says(folder.path(), |now| now["jobs"][kept]["state"]["state"] == "complete").await;
        assert_eq!(now["version"], 1, "{head}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_written_holds_nobody_and_is_written_once_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.json");
    std::fs::create_dir(&file).unwrap();
    let mut tasks = JoinSet::new();
    let desk = Desk::open(&mut tasks);
    Journal::open(folder.path()).keep_in(&mut tasks, desk.board());
    let mut board = desk.board();
    desk.order(order("Look", None), async |_| End::Complete(None)).unwrap();
    assert_eq!(ended(&mut board).await, JobState::Complete);
    sleep(3 * MINUTE).await;
    assert!(file.is_dir());
    std::fs::remove_dir(&file).unwrap();
    sleep(2 * MINUTE).await;
    assert_eq!(written(folder.path())["jobs"][0]["state"]["state"], "complete");
}

fn card(slot: &str, status: CardStatus) -> Card {
    Card {
        slot: slot.into(),
        status,
        total_bytes: None,
        free_bytes: None,
        filesystem: None,
        encryption_set: None,
        encrypted: None,
        locked: false,
        full: false,
        read_only: false,
        required_filesystem: None,
    }
}

fn known<T>(value: T) -> Reading<T> {
    Reading::Known { value, at: Timestamp::from_unix(1) }
}

#[tokio::test(start_paused = true)]
async fn the_readiness_check_says_what_it_waits_for_and_ends_when_a_card_is_ready() {
    let package = Package { version: "1.6.0".into(), version_from: "built in" };
    let unread = Snapshot::unread(package, true, Timestamp::from_unix(0));
    let with = |cards| Arc::new(Snapshot { cards: Some(cards), ..unread.clone() });
    let of = |status| with(known(vec![card("SD_DISK", status)]));
    let (tell, snapshots) = watch::channel(Arc::new(unread.clone()));
    let (stand, states) = watch::channel(States::new());
    let mut tasks = JoinSet::new();
    let desk = Desk::open(&mut tasks);
    let mut board = desk.board();
    desk.order(readiness::order(), |ticket| readiness::check(ticket, snapshots, states)).unwrap();
    let fault = Fault::new("late", "x");
    let lost = known(vec![card("SD_DISK", CardStatus::Ok)]).after(Err(fault), Timestamp::from_unix(2));
    let both = vec![card("SD_DISK", CardStatus::Disconnected), card("SD_DISK2", CardStatus::Failed)];
    let waits = |slot: &str, wait| (slot.to_owned(), Readiness::Waits(wait));
    let table = [
        (Arc::new(unread.clone()), vec![], Wait::Unknown),
        (of(CardStatus::Disconnected), vec![waits("SD_DISK", Wait::NoCard)], Wait::NoCard),
        (of(CardStatus::Connected), vec![waits("SD_DISK", Wait::Preparing)], Wait::Preparing),
        (with(lost), vec![waits("SD_DISK", Wait::NoCard)], Wait::Unknown),
        (of(CardStatus::WrongPassphrase), vec![], Wait::Unknown),
        (with(known(vec![])), vec![], Wait::Unknown),
        (with(known(both)), vec![waits("SD_DISK2", Wait::Failed), waits("SD_DISK", Wait::NoCard)], Wait::NoCard),
    ];
    for (snapshot, states, waits) in table {
        stand.send_replace(states.into_iter().collect());
        tell.send_replace(snapshot);
        let wanted = JobState::Running { percent: None, waits_for: Some(waits), seconds_left: None };
        let job = newest(&mut board, |job| job.state == wanted).await;
        assert!(job.name == "SD Card Readiness Check" && !job.prepares(), "{job:?}");
        sleep(24 * 60 * MINUTE).await;
    }
    stand.send_replace(States::from([
        waits("SD_DISK", Wait::NoCard),
        ("SD_DISK2".to_owned(), Readiness::Ready(Note::NotProbed)),
    ]));
    let second = vec![card("SD_DISK", CardStatus::Disconnected), card("SD_DISK2", CardStatus::Ok)];
    tell.send_replace(with(known(second)));
    let job = newest(&mut board, |job| !job.open()).await;
    assert_eq!((job.state, job.note), (JobState::Complete, Some(Note::NotProbed)));

    let boot = known(Boot { ready: true, uptime_seconds: None, boot_id: None });
    let no_slot = Arc::new(Snapshot { cards: Some(known(vec![])), boot, ..unread });
    let (_tell, snapshots) = watch::channel(no_slot);
    let states = watch::channel(States::new()).1;
    desk.order(readiness::order(), |ticket| readiness::check(ticket, snapshots, states)).unwrap();
    let job = newest(&mut board, |job| !job.open()).await;
    assert_eq!((job.state, job.note), (JobState::Cancelled, Some(Note::NoSlot)));
}
