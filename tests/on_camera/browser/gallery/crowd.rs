//! Each state that a card, what applications see of it, a job, a container, an application and a notice can have, on one
//! page; but jobs under way, which have their own.

use c2c::snapshot::setting::{Problem, Unusable};
use c2c::snapshot::{
    Application, ApplicationState, Card, CardStatus, Container, ContainerState, Containers, Doubt, Failure, Health,
    Job, JobState, Measure, Note, Notice, Preparation, Setting, Slot, Snapshot, Stand, Wait, Weight,
};

use super::states::{application, at, card, container, fine, gone, health as health_of, job, known, notice, slot};

pub fn everything() -> Snapshot {
    let (cards, slots): (Vec<_>, Vec<_>) = cards().into_iter().zip(slots()).enumerate().map(one_slot).unzip();
    let mut snapshot = Snapshot {
        applications: known(applications()),
        containers: known(Containers::Running { version: Some("26.0.0".into()), list: containers() }),
        card_health: Some(known(health(&cards))),
        preparations: preparations(&cards),
        cards: Some(known(cards)),
        storage: Some(known(slots)),
        jobs: Some(jobs()),
        notices: notices(),
        ..fine()
    };
    snapshot.settings.problems = vec![
        Problem { setting: Setting::LogLevel, why: Unusable::NoLevel("loud".into()) },
        Problem { setting: Setting::HelpLink, why: Unusable::NoAddress("help".into()) },
    ];
    snapshot
}

fn one_slot((index, (card, slot)): (usize, (Card, Slot))) -> (Card, Slot) {
    let id = if index == 0 { "SD_DISK".to_owned() } else { format!("SD_DISK{}", index + 1) };
    (Card { slot: id.clone(), ..card }, Slot { id, ..slot })
}

/// Each condition that a card can tell of itself.
fn health(cards: &[Card]) -> Vec<Health> {
    let bad = Measure::Value(false);
    let (wear_percent, temperature_celsius, passed) = (Measure::Untold, Measure::Unreadable, Measure::Untold);
    let all = [
        health_of(3, 41),
        health_of(0, 20),
        health_of(85, 44),
        Health { passed: bad, ..health_of(12, 39) },
        health_of(104, 66),
        Health { wear_percent: Measure::Unsupported, ..health_of(0, 38) },
        Health { wear_percent: Measure::Unreadable, temperature_celsius, passed, ..health_of(0, 0) },
        Health { wear_percent, temperature_celsius: Measure::Untold, passed, ..health_of(0, 0) },
    ];
    cards.iter().zip(all).map(|(card, health)| Health { slot: card.slot.clone(), ..health }).collect()
}

/// Each way in which the app can stand with a card.
fn preparations(cards: &[Card]) -> Vec<Preparation> {
    let all = [
        Stand::Ready,
        Stand::Waits(Wait::NoCard),
        Stand::Waits(Wait::CameraBusy),
        Stand::Waits(Wait::Stopped),
        Stand::Waits(Wait::ChoosePassphrase),
        Stand::Kept,
        Stand::Working,
    ];
    cards.iter().zip(all).map(|(card, stand)| Preparation { slot: card.slot.clone(), stand }).collect()
}

fn cards() -> Vec<Card> {
    let mut cards: Vec<_> = [
        CardStatus::Ok,
        CardStatus::Disconnected,
        CardStatus::Connected,
        CardStatus::Failed,
        CardStatus::NoPassphrase,
        CardStatus::WrongPassphrase,
        CardStatus::NotEncrypted,
        CardStatus::Other("sleeping".into()),
    ]
    .map(card)
    .into();
    cards[1] = Card { total_bytes: None, free_bytes: None, encrypted: None, ..cards[1].clone() };
    cards[3] = Card { filesystem: None, encryption_set: None, ..cards[3].clone() };
    for troubled in [Card { locked: true, ..card(CardStatus::Ok) }, Card { full: true, ..card(CardStatus::Ok) }] {
        cards.push(troubled);
    }
    cards.push(Card { read_only: true, encryption_set: Some(false), encrypted: Some(false), ..card(CardStatus::Ok) });
    cards
}

fn slots() -> Vec<Slot> {
    let refused = Some("The camera gives no folder: the storage is about to go.".to_owned());
    vec![
        slot(),
        gone(),
        Slot { exiting: true, ..slot() },
        Slot { area_held: false, area_fault: refused, ..slot() },
        gone(),
        gone(),
        gone(),
        Slot { area_held: false, ..slot() },
        slot(),
        Slot { full: true, ..slot() },
        Slot { writable: false, ..slot() },
    ]
}

fn applications() -> Vec<Application> {
    let states = [
        ("Object Analytics", ApplicationState::Running),
        ("Motion Detection", ApplicationState::Stopped),
        ("Idle Hands", ApplicationState::Idle),
        ("Odd One", ApplicationState::Other("hibernating".into())),
    ];
    states.map(|(name, state)| application(name, state, "1.0.0")).into()
}

fn containers() -> Vec<Container> {
    let image = "registry.example.com/something-with-a-rather-long-name/recorder:4.2";
    let make = |name: &str, state| container(name, state, image);
    let exited = |name: &str, code| Container {
        exit_code: Some(code),
        finished: Some(at(-400)),
        ..make(name, ContainerState::Exited)
    };
    vec![
        Container { health: Some("healthy".into()), ..make("runs-and-is-healthy", ContainerState::Running) },
        Container { health: Some("unhealthy".into()), ..make("unhealthy", ContainerState::Running) },
        Container { health: Some("starting".into()), ..make("wakes", ContainerState::Running) },
        make("made", ContainerState::Created),
        Container {
            start_error: Some("exec: \"/no/such\": stat /no/such: no such file or directory".into()),
            exit_code: Some(127),
            ..make("could-not-start", ContainerState::Created)
        },
        make("halted", ContainerState::Paused),
        Container { exit_code: Some(7), restarts: 12, ..make("again-and-again", ContainerState::Restarting) },
        exited("ended-well", 0),
        Container { restarts: 3, ..exited("ended-badly", 139) },
        Container { out_of_memory: true, ..exited("out-of-memory", 137) },
        Container { detailed: false, ..make("only-listed", ContainerState::Exited) },
        make("going", ContainerState::Removing),
        make("dead", ContainerState::Dead),
        make("odd", ContainerState::Other("levitating".into())),
    ]
}

/// Each way to end.
fn jobs() -> Vec<Job> {
    let ended = |name, state, ago: i64| job(name, state, Some(-ago - 60), -ago, Some(-ago));
    let noted = Note::ALL.into_iter().map(|note| {
        let state = if note == Note::Probed { JobState::Complete } else { JobState::Cancelled };
        Job { note: Some(note), ..ended("Mount SD Card", state, 700) }
    });
    let failed = Failure::samples().into_iter();
    let failed = failed.map(|reason| ended("Format SD Card", JobState::Failed { reason }, 7_300));
    let silent = job("Unmount SD Card", JobState::Complete, Some(-712), -705, Some(-705));
    std::iter::once(silent).chain(noted).chain(failed).collect()
}

fn notices() -> Vec<Notice> {
    let of = |id: &str, weight| Notice { id: id.into(), weight, ..notice() };
    vec![
        of("act-now", Weight::Warning),
        Notice { source: Some("https://help.example.com/os-13".into()), ..of("plan-ahead", Weight::Advice) },
        Notice { guessed: true, ..of("plan-ahead-perhaps", Weight::Advice) },
        Notice { unknown: Some(Doubt::NotTold), ..of("not-known", Weight::Advice) },
        of("good-to-know", Weight::Info),
    ]
}
