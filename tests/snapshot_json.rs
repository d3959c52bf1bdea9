//! `snapshot.json`: it is what the published schema says, in each state that its types can have.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use boon::{Compiler, Draft, Schemas};
use c2c::clock::Timestamp;
use c2c::features;
use c2c::snapshot::claim::{Kind, Link, Membership, Obstacle};
use c2c::snapshot::setting::{Problem, Unusable};
use c2c::snapshot::{
    Account, AccountState, AccountTrouble, Application, ApplicationState, Audience, Boot, CameraTime, Card, CardStatus,
    Claim, Container, ContainerState, Containers, Doubt, Fact, Failure, Fault, Health, Interface, Job, JobState,
    Measure, Network, Note, Notice, Package, Preparation, Purpose, Reading, Setting, SettingsSeen, Snapshot, Stand,
    StopCause, Wait, Weight,
};
use c2c::web::snapshot_json;
use serde_json::{Value, json};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

fn known<T>(value: T) -> Reading<T> {
    Reading::Known { value, at: at(100) }
}

fn unread() -> Snapshot {
    let package = Package { version: "1.6.0".into(), version_from: "manifest.json" };
    Snapshot::unread(package, true, at(100))
}

/// Why the published schema refuses this; empty when it takes it.
fn refused(value: &Value) -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/html/snapshot.schema.json")).unwrap();
    let mut compiler = Compiler::new();
    compiler.set_default_draft(Draft::V2020_12);
    compiler.enable_format_assertions();
    compiler.add_resource("snapshot", serde_json::from_str(&text).unwrap()).unwrap();
    let mut schemas = Schemas::new();
    let index = compiler.compile("snapshot", &mut schemas).unwrap();
    schemas.validate(value, index).map_or_else(|error| format!("{error:#}"), |()| String::new())
}

fn data(snapshot: &Snapshot) -> Value {
    let data = snapshot_json::of(snapshot, features::of(&snapshot.package.version));
    serde_json::from_slice(data.json.plain()).unwrap()
}

fn container(state: ContainerState) -> Container {
    Container {
        id: "a".repeat(64),
        name: "recorder".into(),
        image: "recorder:1".into(),
        state,
        detailed: true,
        started: Some(at(1)),
        finished: None,
        exit_code: Some(-1),
        out_of_memory: false,
        start_error: None,
        restarts: 3,
        health: None,
    }
}

fn eth0() -> Interface {
    Interface { name: "eth0".into(), mac: None, link: true, addresses: Vec::new(), odd: vec!["1.2.3".into()] }
}

fn job(state: JobState) -> Job {
    Job {
        name: "Format".into(),
        purpose: Purpose::Prepare,
        disk: Some("SD_DISK".into()),
        state,
        note: None,
        created: at(1),
        started: None,
        updated: at(2),
        finished: None,
    }
}

fn health() -> Health {
    Health {
        slot: "SD_DISK".into(),
        wear_percent: Measure::Value(104),
        temperature_celsius: Measure::Unreadable,
        passed: Measure::Value(false),
    }
}

fn app(state: ApplicationState) -> Application {
    Application {
        name: "a".into(),
        nice_name: "A".into(),
        version: None,
        vendor: None,
        state,
        bundled: None,
        signature: None,
        os_versions: Some(vec![("11".into(), "13".into())]),
    }
}

fn full() -> Snapshot {
    let ended = Job { purpose: Purpose::Check, note: Some(Note::Probed), ..job(JobState::Complete) };
    let running = JobState::Running { percent: Some(61), waits_for: None, seconds_left: Some(5) };
    let card = |status| Card {
        slot: "SD_DISK".into(),
        status,
        total_bytes: Some(64_000_000_000),
        free_bytes: None,
        filesystem: None,
        encryption_set: Some(true),
        encrypted: None,
        locked: false,
        full: false,
        read_only: false,
        required_filesystem: None,
    };
    Snapshot {
        boot: known(Boot { ready: true, uptime_seconds: Some(7), boot_id: None }),
        network: known(Network { hostname: None, proxy: None, interfaces: vec![eth0()], web: None }),
        time: known(CameraTime { synchronised: None, source: Some("ntp".into()) }),
        applications: known(vec![app(ApplicationState::Idle), app(ApplicationState::Other("odd".into()))]),
        containers: known(Containers::Running {
            version: None,
            list: vec![container(ContainerState::Dead), container(ContainerState::Other("odd".into()))],
        }),
        cards: Some(known(vec![card(CardStatus::WrongPassphrase), card(CardStatus::Other("odd".into()))])),
        card_health: Some(known(vec![health()])),
        jobs: Some(vec![
            job(running),
            job(JobState::Pending),
            job(JobState::Failed { reason: Failure::Pulled }),
            ended,
        ]),
        claim: Claim::Claimed {
            portal: "https://portal.example".into(),
            device_id: "7".into(),
            name: Some("Loading dock".into()),
            membership: Membership { claim_id: "c".into(), organisation: "Acme".into(), since: at(3) },
            link: Link {
                last_contact: Some(at(9)),
                down_since: Some(at(10)),
                obstacle: Some(Obstacle { kind: Kind::Dns, line: "portal.example: unknown".into() }),
                next_try: Some(at(40)),
            },
        },
        settings: SettingsSeen {
            problems: vec![Problem { setting: Setting::LogLevel, why: Unusable::Missing }],
            help_link: Some("https://help.example.com/".into()),
        },
        notices: vec![Notice {
            id: "n".into(),
            weight: Weight::Advice,
            text: "{version}".into(),
            facts: vec![Fact::Version("12.11.77".into())],
            source: None,
            unknown: Some(Doubt::NotTold),
            audience: Audience::Installer,
            guessed: true,
        }],
        ..unread()
    }
}

#[test]
fn the_schema_takes_what_the_app_says_of_each_state() {
    let fault = || Fault::new("no-account", "x");
    let mut lost = full();
    lost.boot = lost.boot.after(Err(fault()), at(101));
    lost.identity = lost.identity.after(Err(fault()), at(101));
    let old = Snapshot { cards: None, card_health: None, storage: None, jobs: None, ..full() };
    let engine = Containers::Stopped { cause: StopCause::NoSocket, hint: Some("3 TLS CERT MISSING".into()) };
    let stopped = Snapshot { containers: known(engine), ..full() };
    let none = Snapshot { containers: known(Containers::None), ..full() };
    let all =
        [("unread", unread()), ("full", full()), ("lost", lost), ("old", old), ("stopped", stopped), ("none", none)];
    for (what, snapshot) in all {
        assert_eq!(refused(&data(&snapshot)), "", "{what}");
    }
}

#[test]
fn each_reason_has_its_code_and_the_sentence_of_the_page_beside_it() {
    let waiting = |wait| JobState::Running { percent: None, waits_for: Some(wait), seconds_left: None };
    let mut jobs: Vec<_> = Wait::ALL.into_iter().map(|wait| job(waiting(wait))).collect();
    jobs.extend(Note::ALL.map(|note| Job { note: Some(note), ..job(JobState::Complete) }));
    jobs.extend(Failure::samples().into_iter().map(|reason| job(JobState::Failed { reason })));
    let told = data(&Snapshot { jobs: Some(jobs.clone()), earlier_jobs: jobs.clone(), ..full() });
    assert_eq!(refused(&told), "");
    for list in ["jobs", "earlier_jobs"] {
        assert_eq!(told[list].as_array().unwrap().len(), jobs.len());
        assert!(told[list].as_array().unwrap().iter().all(|job| job["words"].is_string()), "{told:#}");
    }
    assert_eq!(told["jobs"][0]["state"]["waits_for"], "no_card");
    assert_eq!(told["jobs"][0]["words"], "Waits for: an SD card in the slot");
    let nothing_to_say = data(&Snapshot { jobs: Some(vec![job(JobState::Pending)]), ..full() });
    assert!(nothing_to_say["jobs"][0].get("words").is_none() && nothing_to_say.get("earlier_jobs").is_none());
    let mut odd = told;
    odd["jobs"][0]["state"]["waits_for"] = json!("better weather");
    assert_ne!(refused(&odd), "");
}

#[test]
fn how_the_app_stands_with_a_card_is_a_code_and_a_sentence() {
    let mut stands = vec![Stand::Ready, Stand::Kept, Stand::Working];
    stands.extend(Wait::ALL.map(Stand::Waits));
    for stand in stands {
        let preparations = vec![Preparation { slot: "SD_DISK".into(), stand }];
        let told = data(&Snapshot { preparations, ..full() });
        assert_eq!(refused(&told), "", "{stand:?}");
        assert!(told["preparations"][0]["words"].as_str().unwrap().len() > 15, "{told:#}");
    }
    assert!(data(&full()).get("preparations").is_none());
}

#[test]
fn notices_and_problems_of_settings_are_told_in_the_words_of_the_page() {
    let told = data(&full());
    assert_eq!((&told["notices"][0]["text"], &told["notices"][0]["id"]), (&json!("12.11.77"), &json!("n")));
    assert_eq!(told["notices"][0]["unknown"], "The camera does not report it.");
    let problem = told["settings"]["problems"][0].as_str().unwrap();
    assert!(problem.starts_with("Setting LogLevel: the camera does not know this parameter"), "{problem}");
    assert_eq!(told["settings"]["help_link"], "https://help.example.com/");
}

#[test]
fn the_schema_refuses_what_the_app_never_says() {
    for (member, wrong) in [
        ("schema", json!(2)),
        ("status", json!("Fine")),
        ("taken", json!("yesterday")),
        ("boot", json!({ "reading": "known", "value": { "ready": 1 }, "at": "2026-01-01T00:00:00Z" })),
        ("unheard", json!(1)),
    ] {
        let mut value = data(&full());
        value[member] = wrong;
        assert_ne!(refused(&value), "", "{member}");
    }
}

#[test]
fn the_tag_changes_with_the_facts_and_not_with_the_moment_at_which_they_were_read() {
    let tag = |snapshot: &Snapshot| snapshot_json::of(snapshot, features::of(&snapshot.package.version)).tag;
    let mut later = full();
    later.taken = at(200);
    later.time = Reading::Known { value: later.time.last().unwrap().clone(), at: at(200) };
    later.boot = known(Boot { ready: true, uptime_seconds: Some(37), boot_id: None });
    assert_eq!(tag(&full()), tag(&later));
    later.boot = known(Boot { ready: false, uptime_seconds: Some(7), boot_id: None });
    assert_ne!(tag(&full()), tag(&later));
}

#[test]
fn below_1_5_1_the_device_id_is_not_told() {
    let package = Package { version: "1.5.0".into(), version_from: "manifest.json" };
    let old = data(&Snapshot { package, cards: None, card_health: None, storage: None, jobs: None, ..full() });
    assert_eq!(old["claim"]["organisation"], "Acme");
    assert!(!old.to_string().contains("device_id"), "{old}");
    assert_eq!(data(&full())["claim"]["device_id"], "7");
    assert_eq!(refused(&old), "");
}

#[test]
fn what_is_in_the_way_of_the_account_is_a_code_with_the_sentence_of_the_page_beside_it() {
    for why in AccountTrouble::ALL {
        let account = Account { state: AccountState::NotMade, reason: Some(why), since: at(4) };
        let jobs = Some(vec![Job { purpose: Purpose::Account, ..job(JobState::Complete) }]);
        let seen = data(&Snapshot { account: Some(account), jobs, ..full() });
        assert_eq!(refused(&seen), "", "{why:?}");
        assert_eq!(seen["account"]["reason"], why.code());
        assert!(seen["account"]["words"].as_str().unwrap().ends_with('.'), "{}", seen["account"]);
    }
    assert_eq!(data(&unread()).get("account"), None);
}
