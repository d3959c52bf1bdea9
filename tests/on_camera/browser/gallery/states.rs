//! Snapshots of the main states.

use c2c::clock::{self, Timestamp};
use c2c::snapshot::claim::{Kind, Link, Membership, Obstacle, Unclaimed};
use c2c::snapshot::{
    Address, Application, ApplicationState, Boot, CameraTime, Card, CardStatus, Claim, Container, ContainerState,
    Containers, Fact, Failure, Fault, Health, Identity, Interface, Job, JobState, Measure, Network, Notice, Package,
    Preparation, Purpose, Reading, Refused, Slot, Snapshot, Stand, Wait,
};

const PORTAL: &str = "https://portal.example";
pub const DEVICE_ID: &str = "7f3c9a52-1d04-4b7e-9d5e-0c8e27db1f60";

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(clock::now().unix() + seconds)
}

pub fn known<T>(value: T) -> Reading<T> {
    Reading::Known { value, at: at(-1) }
}

pub fn application(name: &str, state: ApplicationState, version: &str) -> Application {
    Application {
        name: name.to_lowercase().replace(' ', ""),
        nice_name: name.into(),
        version: Some(version.into()),
        vendor: Some("Axis Communications".into()),
        state,
        bundled: Some(true),
        signature: None,
        os_versions: None,
    }
}

pub fn container(name: &str, state: ContainerState, image: &str) -> Container {
    let started = (state == ContainerState::Running).then(|| at(-273_000));
    Container {
        id: "ab".repeat(32),
        name: name.into(),
        image: image.into(),
        state,
        detailed: true,
        started,
        finished: None,
        exit_code: None,
        out_of_memory: false,
        start_error: None,
        restarts: 0,
        health: None,
    }
}

pub fn card(status: CardStatus) -> Card {
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

pub fn health(wear: u32, celsius: i32) -> Health {
    Health {
        slot: "SD_DISK".into(),
        wear_percent: Measure::Value(wear),
        temperature_celsius: Measure::Value(celsius),
        passed: Measure::Value(true),
    }
}

pub fn stand(stand: Stand) -> Vec<Preparation> {
    vec![Preparation { slot: "SD_DISK".into(), stand }]
}

/// What applications see of a card that is not mounted.
pub fn gone() -> Slot {
    Slot { available: false, writable: false, area_held: false, ..slot() }
}

pub fn running(percent: Option<u8>, waits_for: Option<Wait>, seconds_left: Option<u64>) -> JobState {
    JobState::Running { percent, waits_for, seconds_left }
}

pub fn slot() -> Slot {
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

pub fn job(name: &str, state: JobState, started: Option<i64>, updated: i64, finished: Option<i64>) -> Job {
    Job {
        name: name.into(),
        purpose: if name.ends_with("Check") { Purpose::Check } else { Purpose::Prepare },
        disk: Some("SD_DISK".into()),
        state,
        note: None,
        created: at(started.unwrap_or(updated) - 1),
        started: started.map(at),
        updated: at(updated),
        finished: finished.map(at),
    }
}

fn claimed() -> Claim {
    Claim::Claimed {
        portal: PORTAL.into(),
        device_id: DEVICE_ID.into(),
        name: Some("Loading dock 3".into()),
        membership: Membership { claim_id: "1c2d".into(), organisation: "Acme".into(), since: at(-86_400) },
        link: reached(),
    }
}

fn reached() -> Link {
    Link { last_contact: Some(at(-20)), ..Link::default() }
}

fn network(ip: &str) -> Network {
    let address = |ip: &str, link_local| Address { ip: ip.parse().unwrap(), link_local };
    let addresses = vec![address(ip, ip.starts_with("169.254")), address("fe80::aece:8eff:fe27:db1f", true)];
    let mac = Some("AC:CC:8E:27:DB:1F".into());
    Network {
        web: None,
        hostname: Some("axis-accc8e27db1f".into()),
        proxy: None,
        interfaces: vec![Interface { name: "eth0".into(), link: true, mac, addresses, odd: vec![] }],
    }
}

/// Claimed, the card mounted, nothing left to do.
pub fn fine() -> Snapshot {
    let package = Package { version: "1.6.0".into(), version_from: "manifest.json" };
    Snapshot {
        identity: known(Identity {
            model: "AXIS P3265-LVE Dome Camera".into(),
            serial: "ACCC8E27DB1F".into(),
            os_version: "12.11.77".into(),
            architecture: Some("aarch64".into()),
        }),
        network: known(network("192.168.1.21")),
        boot: known(Boot { ready: true, uptime_seconds: Some(273_060), boot_id: None }),
        time: known(CameraTime { synchronised: Some(true), source: Some("pool.ntp.org".into()) }),
        applications: known(vec![
            application("AXIS Object Analytics", ApplicationState::Running, "1.40.3"),
            application("AXIS Video Motion Detection", ApplicationState::Stopped, "4.5.9"),
            application("Camera-to-Cloud", ApplicationState::Running, "1.6.0"),
        ]),
        containers: known(Containers::Running {
            version: Some("26.0.0".into()),
            list: vec![
                container("recorder", ContainerState::Running, "registry.example.com/recorder:4.2"),
                container("gate", ContainerState::Running, "registry.example.com/gate:2.0"),
            ],
        }),
        cards: Some(known(vec![card(CardStatus::Ok)])),
        card_health: Some(known(vec![health(3, 41)])),
        storage: Some(known(vec![slot()])),
        preparations: stand(Stand::Ready),
        jobs: Some(vec![
            job("SD Card Readiness Check", JobState::Complete, Some(-1_700), -90, Some(-90)),
            job("Mount SD Card", JobState::Complete, Some(-100), -95, Some(-95)),
            job("Format SD Card", JobState::Complete, Some(-1_650), -100, Some(-100)),
        ]),
        claim: claimed(),
        ..Snapshot::unread(package, true, at(0))
    }
}

/// The card is being formatted.
pub fn working() -> Snapshot {
    Snapshot {
        cards: Some(known(vec![Card {
            encrypted: Some(false),
            total_bytes: None,
            free_bytes: None,
            ..card(CardStatus::NotEncrypted)
        }])),
        storage: Some(known(vec![gone()])),
        preparations: stand(Stand::Working),
        jobs: Some(vec![
            job("Mount SD Card", JobState::Pending, None, -700, None),
            job("Format SD Card", running(Some(61), None, Some(720)), Some(-700), -2, None),
            job("Unmount SD Card", JobState::Complete, Some(-712), -705, Some(-705)),
            job("SD Card Readiness Check", running(None, Some(Wait::Preparing), None), Some(-720), -2, None),
        ]),
        ..fine()
    }
}

/// Just installed, without a card and without a portal: the readiness check waits.
pub fn waiting() -> Snapshot {
    let state = running(None, Some(Wait::NoCard), None);
    let (total_bytes, free_bytes, filesystem, encrypted) = (None, None, None, Some(false));
    let none = Card { total_bytes, free_bytes, filesystem, encrypted, ..card(CardStatus::Disconnected) };
    Snapshot {
        cards: Some(known(vec![Card { encryption_set: Some(false), ..none }])),
        storage: Some(known(vec![gone()])),
        preparations: vec![],
        jobs: Some(vec![job("SD Card Readiness Check", state, Some(-95), -94, None)]),
        claim: Claim::NoPortal { proposed: None },
        ..fine()
    }
}

/// The card cannot be read, a container keeps ending, and nobody has claimed the camera.
pub fn needs_you() -> Snapshot {
    let failed = Container {
        exit_code: Some(139),
        finished: Some(at(-340)),
        restarts: 3,
        ..container("recorder", ContainerState::Exited, "registry.example.com/recorder:4.2")
    };
    Snapshot {
        containers: known(Containers::Running {
            version: Some("26.0.0".into()),
            list: vec![failed, container("gate", ContainerState::Running, "registry.example.com/gate:2.0")],
        }),
        cards: Some(known(vec![Card { encrypted: Some(true), ..card(CardStatus::WrongPassphrase) }])),
        storage: Some(known(vec![gone()])),
        preparations: vec![],
        jobs: Some(vec![job(
            "Mount SD Card",
            JobState::Failed { reason: Failure::Declined { words: "Wrong passphrase".into() } },
            Some(-64),
            -60,
            Some(-60),
        )]),
        claim: Claim::Registered {
            portal: PORTAL.into(),
            device_id: DEVICE_ID.into(),
            reason: Unclaimed::Nobody,
            released: None,
            link: reached(),
        },
        notices: vec![notice()],
        ..fine()
    }
}

pub fn notice() -> Notice {
    use c2c::snapshot::{Audience, Weight};
    Notice {
        id: "axis-os-13-refuses".into(),
        weight: Weight::Advice,
        text: "AXIS OS 13 runs signed applications only. Recorder is not shown to be signed: ask its maker before you \
               upgrade this camera."
            .into(),
        facts: Vec::new(),
        source: None,
        unknown: None,
        audience: Audience::Administrator,
        guessed: false,
    }
}

/// The camera answers only half of what it is asked.
pub fn cannot_tell() -> Snapshot {
    let late = |what: &str| Fault::new("late", &format!("/axis-cgi/{what}: no answer within 5 s"));
    let base = fine();
    let stopped = Fault::new("late", "/var/run/docker.sock: no answer within 5 s");
    Snapshot {
        applications: base.applications.after(Err(late("applications/list.cgi")), at(-130)),
        cards: base.cards.map(|cards| cards.after(Err(late("disks/list.cgi")), at(-125))),
        containers: Reading::Pending.after(Err(stopped), at(-40)),
        claim: Claim::Unregistered {
            portal: PORTAL.into(),
            link: Link {
                last_contact: None,
                down_since: Some(at(-3_600)),
                obstacle: Some(Obstacle { kind: Kind::Connect, line: "192.0.2.80:443: connection refused".into() }),
                next_try: Some(at(40)),
            },
        },
        ..fine()
    }
}

/// A package below 1.5.1.
pub fn gated() -> Snapshot {
    let package = Package { version: "1.5.0".into(), version_from: "manifest.json" };
    let preparations = vec![];
    Snapshot { package, preparations, cards: None, card_health: None, storage: None, jobs: None, ..fine() }
}

/// Just started, with no portal.
pub fn new() -> Snapshot {
    let package = Package { version: "1.6.0".into(), version_from: "manifest.json" };
    Snapshot::unread(package, true, at(0))
}

/// What an ill-meaning neighbour may name things.
pub fn hostile() -> Snapshot {
    let text = format!("\"><img src=x onerror=alert(1)>\u{202e}gnp.exe\u{7}{}", "W".repeat(10_000));
    Snapshot {
        applications: known(vec![application(&text, ApplicationState::Other(text.clone()), &text)]),
        containers: known(Containers::Running {
            version: Some(text.clone()),
            list: vec![container(&text, ContainerState::Other(text.clone()), &text)],
        }),
        cards: Some(known(vec![Card { filesystem: Some(text.clone()), ..card(CardStatus::Other(text.clone())) }])),
        jobs: Some(vec![job(
            &text,
            JobState::Failed { reason: Failure::Declined { words: text.clone() } },
            Some(-9),
            -5,
            Some(-5),
        )]),
        claim: Claim::Claimed {
            portal: text.clone(),
            device_id: text.clone(),
            name: Some(text.clone()),
            membership: Membership { claim_id: text.clone(), organisation: text.clone(), since: at(0) },
            link: Link::default(),
        },
        notices: vec![Notice {
            text: "An upgrade would be refused because of {applications}.".into(),
            facts: vec![Fact::Applications(vec![Refused { name: text.clone(), unsigned: true, undeclared: true }])],
            ..notice()
        }],
        ..fine()
    }
}

pub fn all() -> [(&'static str, Snapshot); 9] {
    [
        ("fine", fine()),
        ("working", working()),
        ("waiting", waiting()),
        ("needs-you", needs_you()),
        ("cannot-tell", cannot_tell()),
        ("gated", gated()),
        ("new", new()),
        ("hostile", hostile()),
        ("crowd", super::crowd::everything()),
    ]
}
