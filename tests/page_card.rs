//! SD Card Information and Device Jobs as functions of a snapshot: each status of the disk manager, each state of a
//! job, and what neither of them may show.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use c2c::clock::Timestamp;
use c2c::features;
use c2c::snapshot::{
    Card, CardStatus, Failure, Fault, Job, JobState, Note, Package, Purpose, Reading, Slot, Snapshot, Wait,
};
use c2c::web::page;

const NOW: i64 = 1_790_000_000;
const HOSTILE: &str = "\"><script>alert(1)</script>\u{202e}gnp.\u{7}<b onload=x>";

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

fn slot() -> Slot {
    Slot {
        id: "SD_DISK".into(),
        available: true,
        writable: true,
        full: false,
        exiting: false,
        area_held: true,
        area_fault: None,
    }
}

fn package(version: &str) -> Package {
    Package { version: version.into(), version_from: "manifest.json" }
}

fn with_cards(cards: Reading<Vec<Card>>) -> Snapshot {
    Snapshot { cards: Some(cards), storage: Some(known(vec![slot()])), ..unread("1.6.0") }
}

fn unread(version: &str) -> Snapshot {
    Snapshot::unread(package(version), true, at(0))
}

fn with_jobs(jobs: Vec<Job>) -> Snapshot {
    Snapshot { jobs: Some(jobs), ..with_cards(known(vec![card(CardStatus::Ok)])) }
}

fn job(name: &str, state: JobState) -> Job {
    let purpose = Purpose::Prepare;
    Job {
        name: name.into(),
        purpose,
        disk: Some("SD_DISK".into()),
        note: None,
        state,
        created: at(-900),
        started: Some(at(-720)),
        updated: at(-60),
        finished: None,
    }
}

fn running(percent: Option<u8>) -> JobState {
    JobState::Running { percent, waits_for: None, seconds_left: None }
}

fn render(snapshot: &Snapshot) -> String {
    page::render(snapshot, features::of(&snapshot.package.version), at(0)).into_string()
}

/// The widget with this id.
fn widget(snapshot: &Snapshot, id: &str) -> String {
    let page = render(snapshot);
    let start = page.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id} in {page}"));
    page[start..].split("</section>").next().unwrap().to_owned()
}

fn of_card(card: Card) -> String {
    widget(&with_cards(known(vec![card])), "card")
}

#[test]
fn each_status_of_the_disk_manager_has_the_product_s_word_a_meaning_a_mark_and_a_next_step() {
    let table = [
        (CardStatus::Ok, "OK", "running", "mounted and works", None),
        (CardStatus::Disconnected, "Disconnected", "stopped", "sees no card", Some("until it clicks")),
        (CardStatus::Connected, "Connected", "error", "not mounted", Some("Mount it")),
        (CardStatus::Failed, "Failed", "error", "found a problem", Some("replace the card")),
        (CardStatus::NoPassphrase, "No passphrase", "error", "encryption is not enabled", Some("format the card")),
        (CardStatus::WrongPassphrase, "Wrong passphrase", "error", "another passphrase", Some("Enter the passphrase")),
        (CardStatus::NotEncrypted, "Not encrypted", "error", "card is not encrypted", Some("then mount it")),
        (CardStatus::Other("Dozing".into()), "Dozing", "unknown", "does not know", Some("Look at the card")),
        (CardStatus::Other(" ".into()), "Not reported by the camera", "unknown", "does not know", Some("Look at")),
    ];
    for (status, word, mark, meaning, step) in table {
        let widget = of_card(card(status.clone()));
        let state = format!("data-state=\"{mark}\"><bdi>{word}</bdi>");
        assert!(widget.contains(&state), "{status:?}: {state} is not in {widget}");
        assert!(widget.contains(meaning), "{status:?}: {meaning} is not in {widget}");
        assert_eq!(widget.contains("class=\"step\""), step.is_some(), "{status:?}: {widget}");
        assert!(widget.contains(step.unwrap_or_default()), "{status:?}: {widget}");
    }
}

#[test]
fn capacity_is_in_gb_with_gib_in_the_detail_and_a_bar_without_inline_style() {
    let widget = of_card(card(CardStatus::Ok));
    assert!(widget.contains("61.9 GB available of 119 GB"), "{widget}");
    assert!(widget.contains("57.6 GiB available of 110.7 GiB") && widget.contains("ext4"), "{widget}");
    assert!(widget.contains("aria-label=\"47 % used\"") && widget.contains("width=\"47\""), "{widget}");
    assert!(!widget.contains("style="), "{widget}");
}

#[test]
fn sizes_that_are_missing_or_odd_are_said_and_draw_no_bar_that_is_wrong() {
    let of = |status, total_bytes, free_bytes| of_card(Card { total_bytes, free_bytes, ..card(status) });
    let without = of(CardStatus::Disconnected, None, None);
    assert!(without.contains("No card") && !without.contains("<svg"), "{without}");
    let untold = of(CardStatus::Ok, None, None);
    assert!(untold.contains("Not reported by the camera") && !untold.contains("<svg"), "{untold}");
    let half = of(CardStatus::Ok, Some(64_000_000_000), None);
    assert!(half.contains("64.0 GB in all") && !half.contains("<svg"), "{half}");
    let full = of(CardStatus::Ok, Some(64_000_000_000), Some(0));
    assert!(full.contains("0 GB available of 64.0 GB") && full.contains("100 % used"), "{full}");
    let more_free_than_there_is = of(CardStatus::Ok, Some(1), Some(u64::MAX));
    assert!(more_free_than_there_is.contains("aria-label=\"0 % used\""), "{more_free_than_there_is}");
}

#[test]
fn encryption_is_one_sentence_of_the_setting_and_of_the_card() {
    let table = [
        (Some(true), Some(true), "Enabled on the camera; this card is encrypted."),
        (Some(true), Some(false), "Enabled on the camera, but this card is not encrypted."),
        (Some(false), Some(true), "Not enabled on the camera, but this card is encrypted."),
        (Some(false), Some(false), "Not enabled on the camera; this card is not encrypted."),
        (Some(true), None, "Enabled on the camera; it does not tell whether this card is encrypted."),
        (None, Some(true), "The camera does not tell its setting; this card is encrypted."),
        (None, None, "The camera does not tell its setting, nor whether this card is encrypted."),
    ];
    for (encryption_set, encrypted, sentence) in table {
        let widget = of_card(Card { encryption_set, encrypted, ..card(CardStatus::Ok) });
        assert!(widget.contains(sentence), "{sentence} is not in {widget}");
    }
    let no_card = of_card(Card { encrypted: Some(false), ..card(CardStatus::Disconnected) });
    assert!(no_card.contains("Enabled on the camera; no card is in."), "{no_card}");
    assert!(!no_card.contains("this card is"), "{no_card}");
}

#[test]
fn what_is_wrong_beside_the_status_is_said_too() {
    let required_filesystem = Some("ext4".into());
    let all = Card { locked: true, full: true, read_only: true, required_filesystem, ..card(CardStatus::Ok) };
    let widget = of_card(all);
    for words in [
        "Locked on the camera",
        "Full: nothing more",
        "Read only: nothing can be written to it.",
        "Formatted by itself",
    ] {
        assert!(widget.contains(words), "{words} is not in {widget}");
    }
    let well = of_card(card(CardStatus::Ok));
    for words in ["Locked", "Full", "Read only", "Formatted by"] {
        assert!(!well.contains(words), "{words}: {well}");
    }
}

#[test]
fn what_applications_see_of_the_card_stands_beside_it() {
    let table = [
        (slot(), "Ready"),
        (Slot { area_held: false, ..slot() }, "Writable"),
        (Slot { full: true, ..slot() }, "Full"),
        (Slot { writable: false, ..slot() }, "Read only"),
        (Slot { exiting: true, ..slot() }, "Going away"),
        (Slot { available: false, ..slot() }, "Not available"),
    ];
    for (slot, word) in table {
        let snapshot = Snapshot { storage: Some(known(vec![slot])), ..with_cards(known(vec![card(CardStatus::Ok)])) };
        let widget = widget(&snapshot, "card");
        assert!(widget.contains(&format!("\">{word}</span><small")), "{word}: {widget}");
    }
}

#[test]
fn no_slot_no_reading_and_two_slots_have_their_words() {
    let no_slot = Snapshot { storage: Some(known(vec![])), ..with_cards(known(vec![])) };
    assert!(widget(&no_slot, "card").contains("no slot for an SD card"));
    assert!(widget(&with_cards(Reading::Pending), "card").contains("Reading…"));
    let second = Card { slot: "SD_DISK2".into(), ..card(CardStatus::Disconnected) };
    let two = widget(&with_cards(known(vec![card(CardStatus::Ok), second])), "card");
    assert!(two.contains("<h3>SD card</h3>") && two.contains("<h3>Second SD card</h3>"), "{two}");
    assert!(two.contains("id=\"capacity-SD_DISK\"") && two.contains("data-slot=\"SD_DISK2\""), "{two}");
}

#[test]
fn a_disk_manager_that_does_not_answer_leaves_what_was_known_and_what_applications_see() {
    let fault = Fault::new("late", "/axis-cgi/disks/list.cgi?diskid=all: no answer within 5 s");
    let lost = with_cards(known(vec![card(CardStatus::Ok)]).after(Err(fault.clone()), at(0)));
    let known_before = widget(&lost, "card");
    for words in ["no answer within 5 s", "data-kind=\"late\"", "61.9 GB", "as of", "Ready"] {
        assert!(known_before.contains(words), "{words} is not in {known_before}");
    }
    let never = widget(&with_cards(Reading::Pending.after(Err(fault), at(0))), "card");
    assert!(never.contains("Unknown") && never.contains("For applications") && !never.contains("no slot"), "{never}");
    let gone = Fault::new("gone", "axstorage: not started");
    let storage = Some(Reading::Pending.after(Err(gone), at(0)));
    let snapshot = Snapshot { storage, ..with_cards(known(vec![card(CardStatus::Ok)])) };
    let widget = widget(&snapshot, "card");
    assert!(widget.contains("axstorage: not started") && widget.contains("<bdi>OK</bdi>"), "{widget}");
}

#[test]
fn while_a_job_is_under_way_the_next_step_is_to_wait_for_it() {
    let cards = known(vec![card(CardStatus::NotEncrypted)]);
    let idle = with_cards(cards.clone());
    assert!(!widget(&idle, "card").contains("Camera-to-Cloud is at work on it"));
    let done = Snapshot { jobs: Some(vec![job("Format SD Card", JobState::Complete)]), ..idle.clone() };
    assert!(!widget(&done, "card").contains("Camera-to-Cloud is at work on it"));
    let check = Job { purpose: Purpose::Check, ..job("SD Card Readiness Check", running(None)) };
    let checked = Snapshot { jobs: Some(vec![check]), ..idle.clone() };
    assert!(!widget(&checked, "card").contains("Camera-to-Cloud is at work on it"), "a check is no work on the card");
    let busy = Snapshot { jobs: Some(vec![job("Format SD Card", running(Some(6)))]), ..idle };
    assert!(widget(&busy, "card").contains("Camera-to-Cloud is at work on it"));
}

#[test]
fn each_state_of_a_job_has_the_product_s_word_and_a_mark() {
    let failed = JobState::Failed { reason: Failure::Pulled };
    let interrupted = JobState::Failed { reason: Failure::Interrupted };
    let table = [
        (JobState::Pending, "idle", "Pending"),
        (running(Some(0)), "running", "0 %"),
        (running(Some(61)), "running", "61 %"),
        (running(Some(100)), "running", "100 %"),
        (running(Some(255)), "running", "100 %"),
        (running(None), "running", "Running"),
        (JobState::Complete, "complete", "Complete"),
        (JobState::Cancelled, "stopped", "Cancelled"),
        (failed, "error", "Failed"),
        (interrupted, "error", "Interrupted"),
    ];
    for (state, mark, word) in table {
        let widget = widget(&with_jobs(vec![job("Format SD Card", state.clone())]), "jobs");
        let told = format!("<bdi>Format SD Card</bdi></span><span class=\"state\" data-state=\"{mark}\">{word}</span>");
        assert!(widget.contains(&told), "{state:?}: {told} is not in {widget}");
        assert_eq!(widget.contains("<svg"), matches!(state, JobState::Running { percent: Some(_), .. }), "{widget}");
        assert_eq!(widget.contains("The card was taken out."), word == "Failed", "{widget}");
    }
}

#[test]
fn a_job_says_what_it_waits_for_and_what_is_left() {
    let state = JobState::Running { percent: None, waits_for: Some(Wait::NoCard), seconds_left: Some(720) };
    let shown = widget(&with_jobs(vec![job("SD Card Readiness Check", state)]), "jobs");
    assert!(shown.contains("Waits for: an SD card in the slot · About 12 min left"), "{shown}");
    let note = Some(Note::NotProbed);
    let ended = Job { note, ..job("SD Card Readiness Check", JobState::Complete) };
    let ended = widget(&with_jobs(vec![ended]), "jobs");
    assert!(ended.contains("<p class=\"at-once\"><bdi>Not probed: no claim. The card was"), "{ended}");
    let pending = job(" \u{200b}", JobState::Pending);
    assert!(render(&with_jobs(vec![pending])).contains("<bdi>Job without a name</bdi>"));
}

#[test]
fn each_reason_to_wait_to_fail_and_to_end_has_a_sentence_of_its_own() {
    let waiting = |wait| JobState::Running { percent: None, waits_for: Some(wait), seconds_left: None };
    let mut jobs: Vec<_> = Wait::ALL.into_iter().map(|wait| job("x", waiting(wait))).collect();
    jobs.extend(Note::ALL.map(|note| Job { note: Some(note), ..job("x", JobState::Cancelled) }));
    jobs.extend(Failure::samples().into_iter().map(|reason| job("x", JobState::Failed { reason })));
    let wanted = jobs.len();
    let said = |job: &Job| {
        let shown = widget(&with_jobs(vec![job.clone()]), "jobs");
        shown.split("<p class=\"at-once\"><bdi>").nth(1).unwrap().split("</bdi>").next().unwrap().to_owned()
    };
    let all: std::collections::BTreeSet<_> = jobs.iter().map(said).collect();
    assert_eq!(all.len(), wanted, "two say the same: {all:#?}");
    assert!(all.iter().all(|said| said.len() > 15 && !said.contains("..") && !said.contains(" .")), "{all:#?}");
}

#[test]
fn the_camera_s_own_words_stand_in_the_reason_and_an_end_of_their_own_does_not_double_it() {
    let said = |reason| widget(&with_jobs(vec![job("x", JobState::Failed { reason })]), "jobs");
    let busy = said(Failure::Refused { words: "Device is busy. ".into() });
    assert!(busy.contains("The camera refused it: Device is busy. Look whether"), "{busy}");
    let silent = said(Failure::Declined { words: " \u{200b}".into() });
    assert!(silent.contains("The camera could not do it. Start again;"), "{silent}");
    assert!(said(Failure::Interrupted).contains("Interrupted: "));
    assert!(said(Failure::Passphrase { code: 110 }).contains("(error 110)"));
}

#[test]
fn update_start_and_finish_are_told_relative_and_exactly() {
    let mut done = job("Mount SD Card", JobState::Complete);
    done.finished = Some(at(-60));
    let shown = widget(&with_jobs(vec![done]), "jobs");
    for words in [
        "<dt>Last update</dt><dd><time datetime=\"2026-09-21T14:12:20Z\" tabindex=\"0\" data-exact=\"2026-09-21 14:12:20 UTC\" data-ago>1 min</time> ago",
        "<dt>Started</dt><dd><time datetime=\"2026-09-21T14:01:20Z\" tabindex=\"0\" data-exact=\"2026-09-21 14:01:20 UTC\" data-ago>12 min</time> ago",
        "<dt>Finished</dt><dd><time datetime=\"2026-09-21T14:12:20Z\" tabindex=\"0\" data-exact=\"2026-09-21 14:12:20 UTC\" data-ago>1 min</time> ago",
        "2026-09-21 14:12:20 UTC",
    ] {
        assert!(shown.contains(words), "{words} is not in {shown}");
    }
    let mut pending = job("Mount SD Card", JobState::Pending);
    (pending.started, pending.updated) = (None, at(30));
    let shown = widget(&with_jobs(vec![pending]), "jobs");
    assert!(shown.contains(">0 s</time> ago"), "a clock that was set back: {shown}");
    assert_eq!(shown.matches("<dd>Not yet</dd>").count(), 2, "{shown}");
    let mut cancelled = job("Mount SD Card", JobState::Cancelled);
    cancelled.started = None;
    assert!(widget(&with_jobs(vec![cancelled]), "jobs").contains("<dt>Started</dt><dd>Never</dd>"));
}

#[test]
fn no_jobs_have_words_and_very_many_are_cut_with_stable_names() {
    assert!(widget(&with_jobs(vec![]), "jobs").contains("No jobs yet."));
    let many = widget(&with_jobs(vec![job("x", JobState::Complete); 60]), "jobs");
    assert_eq!(many.matches("<li data-job").count(), 50);
    assert!(many.contains("10 older jobs are not listed.") && many.contains("id=\"job-60\""), "{many}");
    let one_more = widget(&with_jobs(vec![job("x", JobState::Complete); 61]), "jobs");
    assert!(one_more.contains("id=\"job-60\"") && one_more.contains("id=\"job-61\""));
}

#[test]
fn below_1_5_1_there_is_neither_widget() {
    let mut old = with_jobs(vec![job("Format SD Card", JobState::Pending)]);
    old.package = package("1.5.0");
    let page = render(&old);
    assert!(!page.contains("SD Card") && !page.contains("Device Jobs"), "{page}");
    let json = serde_json::to_value(Snapshot::unread(package("1.5.0"), false, at(0))).unwrap();
    for member in ["cards", "storage", "jobs"] {
        assert!(json.get(member).is_none(), "{member}: {json}");
    }
}

#[test]
fn hostile_words_of_cards_and_jobs_are_harmless_and_short() {
    let long = format!("{HOSTILE}{}", "x".repeat(10_000));
    let mut odd = card(CardStatus::Other(long.clone()));
    (odd.slot, odd.filesystem) = (HOSTILE.into(), Some(long.clone()));
    let words = || long.clone();
    let failed = [
        Failure::Refused { words: words() },
        Failure::Declined { words: words() },
        Failure::Unanswered { words: words() },
    ];
    let jobs = failed.into_iter().map(|reason| job(&long, JobState::Failed { reason })).collect();
    let snapshot = Snapshot { jobs: Some(jobs), ..with_cards(known(vec![odd, card(CardStatus::Ok)])) };
    let page = render(&snapshot);
    assert_eq!(page.matches("<script").count(), 1, "the page's own: {page}");
    assert!(!page.contains("<b ") && !page.contains('\u{7}'), "{page}");
    assert!(page.len() < 20_000, "{} bytes", page.len());
    for widget in [widget(&snapshot, "card"), widget(&snapshot, "jobs")] {
        assert!(!widget.contains('\u{202e}') && widget.contains("alert(1)"), "{widget}");
    }
}
