//! The headline and its steps, of snapshots made here: each cause where it holds, and unknown never taken for good.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

#[path = "verdict/card.rs"]
mod card_step;
#[path = "verdict/preparing.rs"]
mod preparing;

use c2c::clock::Timestamp;
use c2c::snapshot::claim::{Kind, Link, Membership, Obstacle, Unclaimed};
use c2c::snapshot::setting::{Problem, Unusable};
use c2c::snapshot::{
    Address, Audience, Boot, CameraTime, Card, CardStatus, Claim, Containers, Doubt, Fault, Identity, Interface, Job,
    JobState, Network, Notice, Package, Purpose, Reading, Setting, SettingsSeen, Snapshot, Wait, Weight,
};
use c2c::verdict::{self, CardTrouble, Cause, DeviceStatus, Mood, Stage};
use c2c::web::words::verdict as say;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_790_000_000 + seconds)
}

fn known<T>(value: T) -> Reading<T> {
    Reading::Known { value, at: at(0) }
}

fn lost<T>(last: T) -> Reading<T> {
    known(last).after(Err(Fault::new("late", "x")), at(1))
}

fn card(status: CardStatus) -> Card {
    Card {
        slot: "SD_DISK".into(),
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

fn job(state: JobState) -> Job {
    let purpose = Purpose::Prepare;
    Job {
        name: "Format SD Card".into(),
        purpose,
        disk: Some("SD_DISK".into()),
        state,
        note: None,
        created: at(0),
        started: None,
        updated: at(0),
        finished: None,
    }
}

fn network(ip: &str, link_local: bool) -> Network {
    let addresses = vec![Address { ip: ip.parse().unwrap(), link_local }];
    Network {
        web: None,
        hostname: None,
        proxy: None,
        interfaces: vec![Interface { name: "eth0".into(), mac: None, link: true, addresses, odd: vec![] }],
    }
}

fn claimed() -> Claim {
    claimed_with(None)
}

fn link(obstacle: Option<Kind>) -> Link {
    Link { obstacle: obstacle.map(|kind| Obstacle { kind, line: "x".into() }), ..Link::default() }
}

fn claimed_with(obstacle: Option<Kind>) -> Claim {
    Claim::Claimed {
        portal: "https://portal.example".into(),
        device_id: "7".into(),
        name: Some("Gate".into()),
        membership: Membership { claim_id: "c".into(), organisation: "Acme".into(), since: at(0) },
        link: link(obstacle),
    }
}

fn registered_with(reason: Unclaimed, obstacle: Option<Kind>) -> Claim {
    let (portal, device_id) = ("https://portal.example".into(), "7".into());
    Claim::Registered { portal, device_id, reason, released: None, link: link(obstacle) }
}

fn registered() -> Claim {
    registered_with(Unclaimed::Nobody, None)
}

fn unregistered(obstacle: Option<Kind>) -> Claim {
    Claim::Unregistered { portal: "https://portal.example".into(), link: link(obstacle) }
}

const NO_PORTAL: Claim = Claim::NoPortal { proposed: None };

fn done() -> Snapshot {
    let package = Package { version: "1.6.0".into(), version_from: "manifest.json" };
    let identity =
        Identity { model: "M".into(), serial: "S".into(), os_version: "12.11.77".into(), architecture: None };
    Snapshot {
        identity: known(identity),
        network: known(network("192.0.2.21", false)),
        boot: known(Boot { ready: true, uptime_seconds: None, boot_id: None }),
        applications: known(vec![]),
        containers: known(Containers::None),
        time: known(CameraTime { synchronised: None, source: None }),
        cards: Some(known(vec![card(CardStatus::Ok)])),
        card_health: Some(known(vec![])),
        storage: Some(known(vec![])),
        claim: claimed(),
        ..Snapshot::unread(package, true, at(0))
    }
}

/// Each snapshot has this mood and cause, and this headline.
fn assert_headlines<const N: usize>(table: [(Snapshot, (Mood, Cause), &str); N]) {
    for (snapshot, (mood, cause), sentence) in table {
        let verdict = verdict::of(&snapshot);
        assert_eq!((verdict.mood, &verdict.cause), (mood, &cause));
        assert_eq!(say::headline(&verdict), sentence);
        assert!(!say::next_step(&verdict).is_empty(), "{sentence}");
    }
}

fn notice(weight: Weight, unknown: Option<Doubt>) -> Notice {
    Notice {
        id: "clock".into(),
        weight,
        text: "t".into(),
        facts: vec![],
        source: None,
        unknown,
        audience: Audience::Everyone,
        guessed: false,
    }
}

fn with_card(status: CardStatus) -> Snapshot {
    Snapshot { cards: Some(known(vec![card(status)])), ..done() }
}

#[test]
fn what_is_well_unread_lost_or_wrong_at_the_camera_has_its_mood_and_its_sentence() {
    let readings = |lost: usize| (Mood::CannotTell, Cause::Lost(lost));
    let trouble = |trouble| (Mood::NeedsYou, Cause::Card(trouble));
    assert_headlines([
        (done(), (Mood::Done, Cause::Well), "Done: this camera is claimed, and all is well."),
        (
            Snapshot { boot: known(Boot { ready: false, uptime_seconds: None, boot_id: None }), ..done() },
            (Mood::Working, Cause::Starting),
            "Working: the camera is still starting.",
        ),
        (
            Snapshot { time: Reading::Pending, ..done() },
            (Mood::Working, Cause::Reading),
            "Working: the camera is being read.",
        ),
        (
            Snapshot { applications: lost(vec![]), ..done() },
            readings(1),
            "Cannot tell: one reading of this camera failed.",
        ),
        (
            Snapshot { containers: lost(Containers::None), storage: Some(lost(vec![])), ..done() },
            readings(2),
            "Cannot tell: 2 readings of this camera failed.",
        ),
        (
            Snapshot { network: known(network("169.254.1.2", true)), ..done() },
            (Mood::NeedsYou, Cause::NoAddress),
            "Needs you: this camera has no address in a network.",
        ),
        (
            with_card(CardStatus::WrongPassphrase),
            trouble(CardTrouble::Status(CardStatus::WrongPassphrase)),
            "Needs you: the SD card is encrypted with a different passphrase than the camera’s.",
        ),
        (
            Snapshot { cards: Some(known(vec![Card { full: true, ..card(CardStatus::Ok) }])), ..done() },
            trouble(CardTrouble::Full),
            "Needs you: the SD card is full.",
        ),
    ]);
}

#[test]
fn each_standing_of_the_claim_has_its_mood_and_its_sentence() {
    assert_headlines([
        (
            Snapshot { claim: registered(), ..done() },
            (Mood::NeedsYou, Cause::Unclaimed(Unclaimed::Nobody)),
            "Needs you: this camera is registered, and waits to be claimed.",
        ),
        (
            Snapshot { claim: Claim::Unreadable { line: "x".into() }, ..done() },
            (Mood::NeedsYou, Cause::Unreadable),
            "Needs you: what Camera-to-Cloud keeps of this camera cannot be read.",
        ),
        (
            Snapshot { claim: NO_PORTAL, ..done() },
            (Mood::NeedsYou, Cause::NoPortal),
            "Needs you: no portal is set up for this camera.",
        ),
        (
            Snapshot { claim: Claim::NoPortal { proposed: Some("https://portal.example".into()) }, ..done() },
            (Mood::NeedsYou, Cause::PortalUnconfirmed),
            "Needs you: a portal is proposed, and has to be confirmed.",
        ),
        (
            Snapshot { claim: unregistered(None), ..done() },
            (Mood::Working, Cause::Reading),
            "Working: the camera is being read.",
        ),
        (
            Snapshot { claim: unregistered(Some(Kind::Dns)), ..done() },
            (Mood::NeedsYou, Cause::Obstacle(Kind::Dns)),
            "Needs you: the portal’s name is not known in this network.",
        ),
        (
            Snapshot { claim: registered_with(Unclaimed::Pending, Some(Kind::Untrusted)), ..done() },
            (Mood::NeedsYou, Cause::Obstacle(Kind::Untrusted)),
            "Needs you: nobody whom the camera trusts vouches for the portal’s certificate.",
        ),
        (
            Snapshot { claim: claimed_with(Some(Kind::Connect)), ..done() },
            (Mood::Working, Cause::Obstacle(Kind::Connect)),
            "Working: nobody answers at the portal’s address.",
        ),
        (
            Snapshot { claim: claimed_with(Some(Kind::Refused)), ..done() },
            (Mood::NeedsYou, Cause::Obstacle(Kind::Refused)),
            "Needs you: the portal refuses this camera.",
        ),
    ]);
}

#[test]
fn jobs_settings_and_notices_have_their_mood_and_their_sentence() {
    let running = JobState::Running { percent: Some(61), waits_for: None, seconds_left: Some(700) };
    let problem = Problem { setting: Setting::LogLevel, why: Unusable::Missing };
    let problems = SettingsSeen { problems: vec![problem], ..SettingsSeen::default() };
    assert_headlines([
        (
            Snapshot { jobs: Some(vec![job(running)]), ..with_card(CardStatus::NotEncrypted) },
            (Mood::Working, Cause::Job(Some(700))),
            "Working, about 12 minutes left: the SD card is being prepared.",
        ),
        (
            Snapshot { settings: problems, claim: NO_PORTAL, ..done() },
            (Mood::NeedsYou, Cause::Settings(1)),
            "Needs you: one setting cannot be used.",
        ),
        (
            Snapshot {
                notices: vec![notice(Weight::Warning, None), notice(Weight::Advice, None)],
                claim: NO_PORTAL,
                ..done()
            },
            (Mood::NeedsYou, Cause::Notices(1)),
            "Needs you: a notice asks you to act now.",
        ),
    ]);
}

#[test]
fn a_warning_of_which_it_is_not_known_whether_it_applies_is_never_taken_for_good() {
    let unclear =
        |count: usize| Snapshot { notices: vec![notice(Weight::Warning, Some(Doubt::NotTold)); count], ..done() };
    let light = vec![notice(Weight::Advice, Some(Doubt::NotTold)), notice(Weight::Info, Some(Doubt::NotTold))];
    let both = vec![notice(Weight::Warning, Some(Doubt::NotTold)), notice(Weight::Warning, None)];
    assert_headlines([
        (
            unclear(1),
            (Mood::CannotTell, Cause::NoticesUnclear(1)),
            "Cannot tell: it is not known whether a notice applies to this camera.",
        ),
        (
            unclear(2),
            (Mood::CannotTell, Cause::NoticesUnclear(2)),
            "Cannot tell: it is not known whether 2 notices apply to this camera.",
        ),
        (
            Snapshot { claim: registered(), ..unclear(1) },
            (Mood::CannotTell, Cause::NoticesUnclear(1)),
            "Cannot tell: it is not known whether a notice applies to this camera.",
        ),
        (
            Snapshot { notices: both, ..done() },
            (Mood::NeedsYou, Cause::Notices(1)),
            "Needs you: a notice asks you to act now.",
        ),
        (
            Snapshot { notices: light, ..done() },
            (Mood::Done, Cause::Well),
            "Done: this camera is claimed, and all is well.",
        ),
    ]);
}

#[test]
fn a_check_that_waits_is_no_preparing_and_leaves_the_headline_to_the_card() {
    let waiting = JobState::Running { percent: None, waits_for: Some(Wait::NoCard), seconds_left: None };
    let check = |state| Job { purpose: Purpose::Check, ..job(state) };
    let trouble = |status| (Mood::NeedsYou, Cause::Card(CardTrouble::Status(status)));
    let with = |jobs, status| Snapshot { jobs: Some(jobs), ..with_card(status) };
    assert_headlines([
        (
            with(vec![check(waiting.clone())], CardStatus::Disconnected),
            trouble(CardStatus::Disconnected),
            "Needs you: no SD card is in the camera.",
        ),
        (
            with(vec![check(JobState::Pending)], CardStatus::Connected),
            trouble(CardStatus::Connected),
            "Needs you: the SD card is not mounted.",
        ),
        (
            with(vec![check(waiting.clone())], CardStatus::Ok),
            (Mood::Done, Cause::Well),
            "Done: this camera is claimed, and all is well.",
        ),
        (
            with(vec![job(JobState::Pending), check(waiting)], CardStatus::NotEncrypted),
            (Mood::Working, Cause::Job(None)),
            "Working: the SD card is being prepared.",
        ),
    ]);
}

#[test]
fn whatever_is_lost_or_unread_keeps_the_camera_from_being_done() {
    let unread = Snapshot::unread(done().package, true, at(0));
    let pending: [Snapshot; 9] = [
        Snapshot { identity: Reading::Pending, ..done() },
        Snapshot { network: Reading::Pending, ..done() },
        Snapshot { boot: Reading::Pending, ..done() },
        Snapshot { applications: Reading::Pending, ..done() },
        Snapshot { containers: Reading::Pending, ..done() },
        Snapshot { cards: Some(Reading::Pending), ..done() },
        Snapshot { card_health: Some(Reading::Pending), ..done() },
        Snapshot { storage: Some(Reading::Pending), ..done() },
        unread,
    ];
    assert!(pending.iter().all(|snapshot| verdict::of(snapshot).mood == Mood::Working));
    let lost: [Snapshot; 9] = [
        Snapshot { identity: lost(done().identity.last().unwrap().clone()), ..done() },
        Snapshot { network: lost(network("192.0.2.21", false)), ..done() },
        Snapshot { boot: lost(Boot { ready: true, uptime_seconds: None, boot_id: None }), ..done() },
        Snapshot { applications: lost(vec![]), ..done() },
        Snapshot { containers: lost(Containers::None), ..done() },
        Snapshot { cards: Some(lost(vec![card(CardStatus::Ok)])), ..done() },
        Snapshot { card_health: Some(lost(vec![])), ..done() },
        Snapshot { storage: Some(lost(vec![])), ..done() },
        Snapshot { time: lost(CameraTime { synchronised: None, source: None }), ..done() },
    ];
    assert!(lost.iter().all(|snapshot| verdict::of(snapshot).mood == Mood::CannotTell));
}

#[test]
fn what_can_be_mended_at_the_camera_comes_before_what_is_unknown() {
    let both = Snapshot {
        cards: Some(known(vec![card(CardStatus::Failed)])),
        applications: lost(vec![]),
        claim: NO_PORTAL,
        ..done()
    };
    assert_eq!(verdict::of(&both).cause, Cause::Card(CardTrouble::Status(CardStatus::Failed)));
    let unknown = Snapshot { cards: Some(known(vec![card(CardStatus::Ok)])), ..both };
    assert_eq!(verdict::of(&unknown).cause, Cause::Lost(1));
}

#[test]
fn the_steps_are_network_claim_and_card_and_below_1_5_1_there_is_no_card() {
    let stages =
        |snapshot: &Snapshot| -> Vec<Stage> { verdict::of(snapshot).steps.iter().map(|step| step.stage).collect() };
    assert_eq!(stages(&done()), [Stage::Network, Stage::Claim, Stage::Card]);
    let old = Snapshot { cards: None, card_health: None, storage: None, jobs: None, ..done() };
    assert_eq!(stages(&old), [Stage::Network, Stage::Claim]);
    assert_eq!(verdict::of(&old).mood, Mood::Done);
    let said = |snapshot: &Snapshot| -> Vec<String> {
        verdict::of(snapshot).steps.iter().map(|step| say::step(step, snapshot)).collect()
    };
    assert_eq!(said(&done()), ["192.0.2.21", "By Acme", "Mounted and working"]);
}

#[test]
fn one_good_card_is_enough_where_there_are_two_slots_and_no_slot_is_nothing_to_mend() {
    let card_step = |cards| {
        let snapshot = Snapshot { cards: Some(known(cards)), ..done() };
        verdict::of(&snapshot).steps.remove(2).mood
    };
    assert_eq!(card_step(vec![card(CardStatus::Disconnected), card(CardStatus::Ok)]), Mood::Done);
    assert_eq!(card_step(vec![card(CardStatus::Disconnected), card(CardStatus::Failed)]), Mood::NeedsYou);
    assert_eq!(card_step(vec![card(CardStatus::Ok), card(CardStatus::Failed)]), Mood::NeedsYou);
    assert_eq!(card_step(vec![card(CardStatus::Disconnected), card(CardStatus::Disconnected)]), Mood::NeedsYou);
    assert_eq!(card_step(vec![card(CardStatus::Other("mending".into()))]), Mood::CannotTell);
    assert_eq!(card_step(vec![]), Mood::Done);
    let without_a_slot = Snapshot { cards: Some(known(vec![])), card_health: Some(lost(vec![])), ..done() };
    assert_eq!(verdict::of(&without_a_slot).mood, Mood::Done, "no card could be ill");
}

#[test]
fn the_device_status_is_one_of_the_product_s_three_words() {
    let word = |claim| say::device_status(verdict::of(&Snapshot { claim, ..done() }).status);
    assert_eq!(word(NO_PORTAL), "Error");
    assert_eq!(word(Claim::Unreadable { line: "x".into() }), "Error");
    assert_eq!(word(unregistered(None)), "Error");
    for kind in Kind::ALL {
        assert_eq!(word(registered_with(Unclaimed::Nobody, Some(kind))), "Registered");
        assert_eq!(word(claimed_with(Some(kind))), "Claimed", "a portal that is silent or refuses ends no claim");
    }
    assert_eq!(word(registered()), "Registered");
    assert_eq!(word(claimed()), "Claimed");
    assert_eq!(verdict::of(&done()).status, DeviceStatus::Claimed);
}

#[test]
fn an_open_job_does_not_hide_a_card_that_no_job_mends() {
    let waiting = JobState::Running { percent: None, waits_for: Some(Wait::NoCard), seconds_left: None };
    let cause = |one: Card| {
        let snapshot = Snapshot { cards: Some(known(vec![one])), jobs: Some(vec![job(waiting.clone())]), ..done() };
        verdict::of(&snapshot).cause
    };
    assert_eq!(cause(card(CardStatus::Disconnected)), Cause::Card(CardTrouble::Status(CardStatus::Disconnected)));
    assert_eq!(cause(card(CardStatus::Failed)), Cause::Card(CardTrouble::Status(CardStatus::Failed)));
    assert_eq!(cause(Card { locked: true, ..card(CardStatus::Ok) }), Cause::Card(CardTrouble::Locked));
    assert_eq!(cause(card(CardStatus::NotEncrypted)), Cause::Job(None));
}
