//! The card's step where the disk manager calls the card OK, and somebody else knows better.

use c2c::snapshot::{CardStatus, Failure, Job, JobState, Purpose, Reading, Slot, Snapshot};
use c2c::verdict::{self, CardTrouble, Cause, Mood};

use super::{assert_headlines, done, job, known, lost, with_card};

#[test]
fn a_card_that_applications_cannot_use_is_not_well_though_the_disk_manager_says_so() {
    let good = Slot {
        id: "SD_DISK".into(),
        available: true,
        writable: true,
        full: false,
        exiting: false,
        area_held: true,
        area_fault: None,
    };
    let with = |slot: Slot| Snapshot { storage: Some(known(vec![slot])), ..done() };
    let needs = |trouble| (Mood::NeedsYou, Cause::Card(trouble));
    assert_headlines([
        (with(good.clone()), (Mood::Done, Cause::Well), "Done: this camera is claimed, and all is well."),
        (
            with(Slot { writable: false, area_held: false, ..good.clone() }),
            needs(CardTrouble::NotForApplications),
            "Needs you: the SD card is mounted, but applications cannot write to it.",
        ),
        (
            with(Slot { available: false, area_held: false, ..good.clone() }),
            needs(CardTrouble::NotForApplications),
            "Needs you: the SD card is mounted, but applications cannot write to it.",
        ),
        (
            with(Slot { area_held: false, area_fault: Some("setup".into()), ..good.clone() }),
            needs(CardTrouble::NoFolder),
            "Needs you: Camera-to-Cloud could not set up its folder on the SD card.",
        ),
        (with(Slot { full: true, ..good.clone() }), needs(CardTrouble::Full), "Needs you: the SD card is full."),
        (
            with(Slot { exiting: true, ..good.clone() }),
            (Mood::Working, Cause::Card(CardTrouble::Leaving)),
            "Working: the camera is about to unmount the SD card.",
        ),
        // Another slot's trouble is not the card's.
        (
            with(Slot { id: "NetworkShare".into(), writable: false, ..good.clone() }),
            (Mood::Done, Cause::Well),
            "Done: this camera is claimed, and all is well.",
        ),
    ]);
    let step = |storage| verdict::of(&Snapshot { storage: Some(storage), ..done() }).steps.remove(2);
    assert_eq!(step(lost(vec![good])).cause, Cause::Lost(1), "what applications see of it is not known");
    assert_eq!(step(Reading::Pending).mood, Mood::Working);
}

#[test]
fn a_job_on_the_card_that_failed_is_told_until_a_later_one_ends_well() {
    let failed = || job(JobState::Failed { reason: Failure::Refused { words: "busy".into() } });
    let with = |jobs, status| Snapshot { jobs: Some(jobs), ..with_card(status) };
    let told = (Mood::NeedsYou, Cause::JobFailed);
    let sentence = "Needs you: a job on the SD card failed.";
    assert_headlines([
        (with(vec![failed()], CardStatus::Ok), told.clone(), sentence),
        (with(vec![job(JobState::Cancelled), failed()], CardStatus::Ok), told, sentence),
        (
            with(vec![job(JobState::Complete), failed()], CardStatus::Ok),
            (Mood::Done, Cause::Well),
            "Done: this camera is claimed, and all is well.",
        ),
        (
            with(vec![job(JobState::Pending), failed()], CardStatus::Ok),
            (Mood::Working, Cause::Job(None)),
            "Working: the SD card is being prepared.",
        ),
        (
            with(vec![Job { purpose: Purpose::Check, ..failed() }], CardStatus::Ok),
            (Mood::Done, Cause::Well),
            "Done: this camera is claimed, and all is well.",
        ),
        // What to do about the card itself says more.
        (
            with(vec![failed()], CardStatus::Failed),
            (Mood::NeedsYou, Cause::Card(CardTrouble::Status(CardStatus::Failed))),
            "Needs you: the SD card has a problem.",
        ),
    ]);
}
