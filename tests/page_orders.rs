//! The SD card's health, what is being made of the card, and the jobs of earlier starts, as functions of a snapshot.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use c2c::clock::Timestamp;
use c2c::features;
use c2c::snapshot::{
    Card, CardStatus, Failure, Fault, Health, Job, JobState, Measure, Package, Preparation, Purpose, Reading, Snapshot,
    Stand, Wait,
};
use c2c::web::page;

const NOW: i64 = 1_790_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(NOW + seconds)
}

fn known<T>(value: T) -> Reading<T> {
    Reading::Known { value, at: at(0) }
}

fn card(status: CardStatus) -> Card {
    Card {
        slot: "SD_DISK".into(),
        status,
        total_bytes: Some(118_895_947_776),
        free_bytes: Some(61_900_000_000),
        filesystem: Some("ext4".into()),
        encryption_set: Some(true),
        encrypted: Some(true),
        locked: false,
        full: false,
        read_only: false,
        required_filesystem: None,
    }
}

fn with(card: Card) -> Snapshot {
    let package = Package { version: "1.6.0".into(), version_from: "manifest.json" };
    Snapshot { cards: Some(known(vec![card])), ..Snapshot::unread(package, true, at(0)) }
}

fn health(wear: Measure<u32>, celsius: Measure<i32>, passed: Measure<bool>) -> Health {
    Health { slot: "SD_DISK".into(), wear_percent: wear, temperature_celsius: celsius, passed }
}

fn with_health(health: Health) -> Snapshot {
    Snapshot { card_health: Some(known(vec![health])), ..with(card(CardStatus::Ok)) }
}

fn with_stand(status: CardStatus, stand: Stand) -> Snapshot {
    let preparations = vec![Preparation { slot: "SD_DISK".into(), stand }];
    Snapshot { preparations, ..with(card(status)) }
}

/// The widget with this id.
fn widget(snapshot: &Snapshot, id: &str) -> String {
    let page = page::render(snapshot, features::of("1.6.0"), at(0)).into_string();
    let start = page.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id} in {page}"));
    page[start..].split("</section>").next().unwrap().to_owned()
}

#[test]
fn each_condition_of_a_card_has_its_word_its_mark_and_what_to_do() {
    use Measure::{Unsupported, Value};
    let table = [
        (health(Value(3), Value(42), Value(true)), "running", "Good", "3 % worn · 42 °C", None),
        (health(Value(81), Value(42), Value(true)), "error", "Worn", "81 % worn", Some("Replace the card soon")),
        (health(Value(104), Value(66), Value(true)), "error", "Worn out", "104 % worn", Some("before it is formatted")),
        (health(Value(3), Value(42), Value(false)), "error", "Failing", "3 % worn", Some("Save what you need")),
        (health(Unsupported, Value(42), Value(true)), "running", "Passed", "Not a card made for surveillance", None),
    ];
    for (health, mark, word, glance, step) in table {
        let shown = widget(&with_health(health), "card");
        assert!(shown.contains(&format!("data-state=\"{mark}\">{word}</span>")), "{word}: {shown}");
        assert!(shown.contains(glance), "{glance} is not in {shown}");
        assert_eq!(shown.contains("<dd class=\"step\">"), step.is_some(), "{word}: {shown}");
        assert!(shown.contains(step.unwrap_or_default()), "{word}: {shown}");
    }
}

#[test]
fn fahrenheit_stands_in_the_detail_and_what_is_missing_is_said_there() {
    use Measure::{NoCard, Unreadable, Unsupported, Untold, Value};
    let said = |wear, celsius| widget(&with_health(health(wear, celsius, Untold)), "card");
    assert!(
        said(Value(3), Value(42))
            .contains("<p>Enough of the card’s life is left. 3 % of its life is used. 42 °C is 108 °F.</p>")
    );
    assert!(
        said(Unreadable, Unreadable)
            .contains("Its wear could not be read from the card. Its temperature could not be read")
    );
    assert!(said(Unsupported, Unsupported).contains("Not a card made for surveillance, or it doesn’t say"));
    let nothing = said(NoCard, NoCard);
    assert!(nothing.contains("Not reported by the camera") && nothing.contains("does not tell its wear."), "{nothing}");
    assert!(!nothing.contains("°"), "{nothing}");
}

#[test]
fn a_camera_that_tells_no_health_is_calm_and_an_empty_slot_has_none() {
    let untold = Snapshot { card_health: Some(known(vec![])), ..with(card(CardStatus::Ok)) };
    let shown = widget(&untold, "card");
    assert!(
        shown.contains("<dt>Health</dt><dd><div class=\"value\"><span class=\"dim\">Not reported by the camera</span>"),
        "{shown}"
    );
    let pulled = Snapshot {
        cards: Some(known(vec![card(CardStatus::Disconnected)])),
        ..with_health(health(Measure::Value(104), Measure::Value(42), Measure::Value(false)))
    };
    assert!(!widget(&pulled, "card").contains("Health"), "what a card said that is gone");
    let asked = widget(&with(card(CardStatus::Ok)), "card");
    assert!(asked.contains("<dt>Health</dt><dd><div class=\"value dim\">Reading…"), "{asked}");
}

#[test]
fn a_health_that_is_lost_says_why_and_loses_nothing_else() {
    let fault = Fault::new("late", "/axis-cgi/disks/gethealth.cgi: no answer within 5 s");
    let base = with_health(health(Measure::Value(3), Measure::Value(42), Measure::Value(true)));
    let lost = base.card_health.clone().map(|health| health.after(Err(fault.clone()), at(0)));
    let shown = widget(&Snapshot { card_health: lost, ..base.clone() }, "card");
    for words in
        ["The wear and the temperature of the card could not be read.", "gethealth.cgi", "3 % worn", "as of", "OK"]
    {
        assert!(shown.contains(words), "{words} is not in {shown}");
    }
    let never = Some(Reading::Pending.after(Err(fault), at(0)));
    let shown = widget(&Snapshot { card_health: never.clone(), ..base.clone() }, "card");
    assert!(
        shown.contains("gethealth.cgi") && !shown.contains("<dt>Health</dt>") && shown.contains("61.9 GB"),
        "{shown}"
    );
    let no_slot = widget(&Snapshot { card_health: never, cards: Some(known(vec![])), ..base }, "card");
    assert!(!no_slot.contains("gethealth.cgi"), "{no_slot}");
}

#[test]
fn a_card_of_which_nothing_is_wished_can_be_prepared_by_an_administrator() {
    let link = "<a class=\"order\" href=\"/local/c2c/control/card\">Prepare this card</a>";
    for status in [CardStatus::Ok, CardStatus::NotEncrypted, CardStatus::WrongPassphrase, CardStatus::Connected] {
        assert!(widget(&with(card(status.clone())), "card").contains(link), "{status:?}");
    }
    let none = [
        card(CardStatus::Disconnected),
        Card { locked: true, ..card(CardStatus::Ok) },
        Card { read_only: true, ..card(CardStatus::Ok) },
    ];
    for card in none {
        assert!(!widget(&with(card.clone()), "card").contains("control/card"), "{card:?}");
    }
    assert!(!widget(&with_stand(CardStatus::Ok, Stand::Ready), "card").contains("control/card"));
}

#[test]
fn how_it_stands_with_a_card_has_a_word_and_only_what_a_person_decides_asks_for_one() {
    let table = [
        (Stand::Ready, CardStatus::Ok, "complete", "Ready", "as it was ordered or wished"),
        (Stand::Kept, CardStatus::WrongPassphrase, "stopped", "Kept", "as somebody decided"),
        (Stand::Working, CardStatus::NotEncrypted, "running", "Under way", "The steps stand under Device Jobs."),
        (Stand::Waits(Wait::NoCard), CardStatus::Disconnected, "idle", "Waiting", "Waits for: an SD card in the slot."),
        (Stand::Waits(Wait::CameraBusy), CardStatus::NotEncrypted, "idle", "Waiting", "the camera to finish"),
        (Stand::Waits(Wait::NotWritable), CardStatus::Ok, "error", "Waiting", "a test file could not be written"),
    ];
    for (stand, status, mark, word, meaning) in table {
        let shown = widget(&with_stand(status, stand), "card");
        assert!(shown.contains(&format!("data-state=\"{mark}\">{word}</span>")), "{stand:?}: {shown}");
        assert!(shown.contains(meaning), "{stand:?}: {shown}");
        let has_ways_on = stand == Stand::Waits(Wait::NotWritable);
        assert_eq!(shown.contains("Decide on the camera"), has_ways_on, "{stand:?}: {shown}");
    }
    let state = JobState::Running { percent: Some(61), waits_for: None, seconds_left: Some(720) };
    let format = Job { finished: None, ..earlier("Format SD Card", Purpose::Prepare, state) };
    let mount = earlier("Mount SD Card", Purpose::Prepare, JobState::Pending);
    let busy = Snapshot { jobs: Some(vec![mount, format]), ..with_stand(CardStatus::NotEncrypted, Stand::Working) };
    let busy = widget(&busy, "card");
    assert!(busy.contains("Format SD Card, 61 %. About 12 min left."), "{busy}");
    assert!(!busy.contains("class=\"step\"") && !busy.contains("data-state=\"error\""), "nobody has to act: {busy}");
    let kept = widget(&with_stand(CardStatus::WrongPassphrase, Stand::Kept), "card");
    assert!(!kept.contains("class=\"step\""), "what was decided is not to be done: {kept}");
    assert!(kept.contains("href=\"/local/c2c/control/card\">Decide anew (administrators)</a>"), "{kept}");
    for wait in Wait::ALL.into_iter().filter(|wait| wait.is_for_a_person()) {
        let shown = widget(&with_stand(CardStatus::WrongPassphrase, Stand::Waits(wait)), "card");
        let link = "<a class=\"order\" href=\"/local/c2c/control/card\">Decide on the camera (administrators)</a>";
        assert!(shown.contains(link) && shown.contains(">Needs a decision</span>"), "{wait:?}: {shown}");
        assert_eq!(shown.matches("class=\"step\"").count(), 1, "one thing to do: {shown}");
        assert!(!shown.contains("Enter the passphrase"), "{wait:?}: {shown}");
    }
}

fn earlier(name: &str, purpose: Purpose, state: JobState) -> Job {
    Job {
        name: name.into(),
        purpose,
        disk: Some("SD_DISK".into()),
        state,
        note: None,
        created: at(-90_100),
        started: Some(at(-90_000)),
        updated: at(-87_000),
        finished: Some(at(-87_000)),
    }
}

fn interrupted(name: &str, purpose: Purpose) -> Job {
    let state = JobState::Failed { reason: Failure::Interrupted };
    Job { finished: None, ..earlier(name, purpose, state) }
}

#[test]
fn what_was_done_before_the_last_restart_is_folded_and_an_interrupted_step_is_seen_from_outside() {
    let jobs = vec![
        earlier("Unmount SD Card", Purpose::Prepare, JobState::Complete),
        interrupted("Format SD Card", Purpose::Prepare),
        Job { started: None, ..interrupted("Mount SD Card", Purpose::Prepare) },
        interrupted("SD Card Readiness Check", Purpose::Check),
    ];
    let snapshot = Snapshot { earlier_jobs: jobs, ..with(card(CardStatus::Ok)) };
    let shown = widget(&snapshot, "jobs");
    let fold = shown.split("id=\"earlier-jobs\">").nth(1).unwrap_or_else(|| panic!("{shown}"));
    let (summary, list) = fold.split_once("</summary>").unwrap();
    assert!(summary.contains("Before the last restart"), "{summary}");
    assert!(
        summary.contains("data-state=\"error\">1 interrupted</span>"),
        "neither the check, which begins anew, nor what had not begun: {summary}"
    );
    let order: Vec<_> = ["Readiness Check", "Format", "Unmount"].iter().map(|name| list.find(name).unwrap()).collect();
    assert!(order.is_sorted(), "the newest first: {list}");
    assert!(list.contains("Interrupted: ") && list.contains(">1 day, 0 h</time> ago"), "{list}");
    let calm =
        Snapshot { earlier_jobs: vec![earlier("x", Purpose::Check, JobState::Complete)], ..with(card(CardStatus::Ok)) };
    let calm = widget(&calm, "jobs");
    assert!(calm.contains("Before the last restart") && !calm.contains("interrupted"), "{calm}");
    assert!(!widget(&with(card(CardStatus::Ok)), "jobs").contains("Before the last restart"));
}

#[test]
fn a_long_history_is_cut_and_stays_small() {
    let job = || earlier("x", Purpose::Prepare, JobState::Complete);
    let many = Snapshot { earlier_jobs: vec![job(); 50], ..with(card(CardStatus::Ok)) };
    let shown = widget(&many, "jobs");
    assert_eq!(shown.matches("<li data-job=\"earlier-").count(), 20, "{shown}");
    assert!(shown.contains("30 older jobs are not listed."), "{shown}");
    assert!(shown.len() < 20_000, "{} bytes", shown.len());
}
