//! The card's step while something is wished of it.

use c2c::snapshot::{Card, CardStatus, Health, JobState, Measure, Preparation, Snapshot, Stand, Wait};
use c2c::verdict::{self, CardTrouble, Cause, Mood};

use super::{assert_headlines, card, done, job, known, say, with_card};

fn with_stand(status: CardStatus, stand: Stand) -> Snapshot {
    let preparations = vec![Preparation { slot: "SD_DISK".into(), stand }];
    Snapshot { preparations, ..with_card(status) }
}

#[test]
fn what_a_person_has_to_decide_about_the_card_is_the_headline() {
    let decision = |wait| (Mood::NeedsYou, Cause::Waits(wait));
    assert_headlines([
        (
            with_stand(CardStatus::Ok, Stand::Waits(Wait::ChooseContent)),
            decision(Wait::ChooseContent),
            "Needs you: the SD card has content; say whether it is kept or erased.",
        ),
        (
            with_stand(CardStatus::WrongPassphrase, Stand::Waits(Wait::ChoosePassphrase)),
            decision(Wait::ChoosePassphrase),
            "Needs you: somebody else encrypted the SD card; say whether it is kept or erased.",
        ),
        (
            with_stand(CardStatus::NotEncrypted, Stand::Waits(Wait::Interrupted)),
            decision(Wait::Interrupted),
            "Needs you: preparing the SD card was interrupted; say whether it starts again.",
        ),
        (
            Snapshot {
                jobs: Some(vec![job(JobState::Pending)]),
                ..with_stand(CardStatus::NotEncrypted, Stand::Waits(Wait::Stopped))
            },
            decision(Wait::Stopped),
            "Needs you: preparing the SD card failed; see why, and say whether it starts again.",
        ),
    ]);
    for wait in Wait::ALL.into_iter().filter(|wait| wait.is_for_a_person()) {
        let verdict = verdict::of(&with_stand(CardStatus::NotEncrypted, Stand::Waits(wait)));
        assert_eq!((verdict.mood, &verdict.cause), (Mood::NeedsYou, &Cause::Waits(wait)));
        assert!(say::next_step(&verdict).contains("administrator"), "{wait:?}");
        let pulled = verdict::of(&with_stand(CardStatus::Disconnected, Stand::Waits(wait)));
        assert_eq!(pulled.cause, Cause::Card(CardTrouble::Status(CardStatus::Disconnected)), "{wait:?}");
    }
}

#[test]
fn what_the_app_does_to_the_card_works_by_itself_and_what_was_decided_is_done() {
    let running = JobState::Running { percent: Some(61), waits_for: None, seconds_left: Some(700) };
    let working = with_stand(CardStatus::NotEncrypted, Stand::Working);
    assert_headlines([
        (
            Snapshot { jobs: Some(vec![job(JobState::Pending), job(running)]), ..working.clone() },
            (Mood::Working, Cause::Job(Some(700))),
            "Working, about 12 minutes left: the SD card is being prepared.",
        ),
        (working, (Mood::Working, Cause::Job(None)), "Working: the SD card is being prepared."),
        (
            with_stand(CardStatus::NotEncrypted, Stand::Waits(Wait::CameraBusy)),
            (Mood::Working, Cause::Waits(Wait::CameraBusy)),
            "Working: the camera is still at work on the SD card.",
        ),
        (
            with_stand(CardStatus::Ok, Stand::Waits(Wait::NotWritable)),
            (Mood::NeedsYou, Cause::Waits(Wait::NotWritable)),
            "Needs you: a test file could not be written to the SD card and read back.",
        ),
        (
            with_stand(CardStatus::Ok, Stand::Waits(Wait::Unknown)),
            (Mood::CannotTell, Cause::Waits(Wait::Unknown)),
            "Cannot tell: the camera does not tell the state of its SD card.",
        ),
        (
            with_stand(CardStatus::Ok, Stand::Ready),
            (Mood::Done, Cause::Well),
            "Done: this camera is claimed, and all is well.",
        ),
        (
            with_stand(CardStatus::WrongPassphrase, Stand::Kept),
            (Mood::Done, Cause::Well),
            "Done: this camera is claimed, and all is well.",
        ),
    ]);
    let kept = with_stand(CardStatus::WrongPassphrase, Stand::Kept);
    assert_eq!(say::step(&verdict::of(&kept).steps[2], &kept), "Kept as it is");
    let other =
        Snapshot { cards: Some(known(vec![Card { slot: "SD_DISK2".into(), ..card(CardStatus::Failed) }])), ..kept };
    assert_eq!(verdict::of(&other).mood, Mood::NeedsYou, "another slot's card was not decided on");
}

#[test]
fn a_card_that_is_worn_out_or_failing_is_named_before_it_is_formatted_and_not_while_it_is() {
    let ill = |wear, passed| {
        let (wear_percent, passed) = (Measure::Value(wear), Measure::Value(passed));
        vec![Health { slot: "SD_DISK".into(), wear_percent, temperature_celsius: Measure::Untold, passed }]
    };
    let with = |health, snapshot: Snapshot| Snapshot { card_health: Some(known(health)), ..snapshot };
    let failing = (Mood::NeedsYou, Cause::Card(CardTrouble::Failing));
    assert_headlines([
        (with(ill(3, false), done()), failing.clone(), "Needs you: the SD card says itself that it is failing."),
        (
            with(ill(104, true), with_card(CardStatus::NotEncrypted)),
            (Mood::NeedsYou, Cause::Card(CardTrouble::WornOut)),
            "Needs you: the SD card is worn out.",
        ),
        (
            with(ill(3, false), with_stand(CardStatus::Ok, Stand::Waits(Wait::ChooseContent))),
            failing,
            "Needs you: the SD card says itself that it is failing.",
        ),
        (
            with(ill(104, true), with_stand(CardStatus::NotEncrypted, Stand::Working)),
            (Mood::Working, Cause::Job(None)),
            "Working: the SD card is being prepared.",
        ),
        (with(ill(99, true), done()), (Mood::Done, Cause::Well), "Done: this camera is claimed, and all is well."),
    ]);
}
