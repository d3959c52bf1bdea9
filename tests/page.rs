//! The page as a function of a snapshot: what stands on it, what is escaped, and what a lost reading looks like.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use c2c::clock::Timestamp;
use c2c::features;
use c2c::snapshot::claim::{Link, Membership};
use c2c::snapshot::setting::{Problem, Unusable};
use c2c::snapshot::{
    Address, Application, ApplicationState, Boot, CameraTime, Claim, Containers, Fault, Identity, Interface, Network,
    Package, Reading, Setting, Slot, Snapshot,
};
use c2c::vapix;
use c2c::web::page;
use c2c::web::words::faults;

const NOW: i64 = 1_790_000_000;

fn known<T>(value: T) -> Reading<T> {
    Reading::Known { value, at: Timestamp::from_unix(NOW) }
}

fn application(nice_name: &str, state: ApplicationState) -> Application {
    Application {
        name: nice_name.to_lowercase(),
        nice_name: nice_name.into(),
        version: Some("2.1.0".into()),
        vendor: Some("Example Vendor".into()),
        state,
        bundled: None,
        signature: None,
        os_versions: None,
    }
}

fn full() -> Snapshot {
    let package = Package { version: "1.6.0".into(), version_from: "manifest.json" };
    let address = |ip: &str, link_local| Address { ip: ip.parse().unwrap(), link_local };
    let eth0 = Interface {
        name: "eth0".into(),
        mac: Some("AC:CC:8E:00:00:01".into()),
        link: true,
        addresses: vec![address("192.0.2.21", false), address("fe80::aecc:8eff:fe00:1", true)],
        odd: vec!["<1.2.3".into()],
    };
    let card = Slot {
        id: "SD_DISK".into(),
        available: true,
        writable: true,
        full: false,
        exiting: false,
        area_held: true,
        area_fault: None,
    };
    Snapshot {
        identity: known(Identity {
            model: "AXIS P1468-LE Bullet Camera".into(),
            serial: "ACCC8E000001".into(),
            os_version: "12.11.77".into(),
            architecture: Some("aarch64".into()),
        }),
        network: known(Network { hostname: None, proxy: None, interfaces: vec![eth0], web: None }),
        boot: known(Boot { ready: true, uptime_seconds: Some(266_520), boot_id: None }),
        applications: known(vec![
            application("AXIS Object Analytics", ApplicationState::Running),
            application("Camera-to-Cloud", ApplicationState::Running),
            application("Gate opener", ApplicationState::Stopped),
            application("Counter", ApplicationState::Idle),
            application("Odd", ApplicationState::Other("Hibernating".into())),
        ]),
        containers: known(Containers::None),
        time: known(CameraTime { synchronised: Some(true), source: None }),
        cards: Some(known(vec![])),
        storage: Some(known(vec![card])),
        ..Snapshot::unread(package, true, Timestamp::from_unix(NOW))
    }
}

fn render(snapshot: &Snapshot) -> String {
    let features = features::of(&snapshot.package.version);
    page::render(snapshot, features, Timestamp::from_unix(NOW + 60)).into_string()
}

#[test]
fn every_field_of_system_overview_is_on_the_page() {
    let page = render(&full());
    for text in [
        "AXIS P1468-LE Bullet Camera ACCC8E000001",
        "Error",
        "192.0.2.21",
        "&lt;1.2.3",
        "reported by the camera, but not a valid address",
        "same network only",
        "AC:CC:8E:00:00:01",
        "1.6.0",
        "12.11.77",
        "3 days, 2 h",
        "2 running, 1 stopped, 1 idle, 1 other",
        "Hibernating",
        "Device ID",
        "SD Card Information",
        "2026-09-21 14:13:20 UTC",
    ] {
        assert!(page.contains(text), "{text} is missing");
    }
}

#[test]
fn below_1_5_1_only_system_overview_without_the_device_id_is_shown() {
    let mut old = Snapshot { storage: None, ..full() };
    old.package.version = "1.5.0".into();
    let page = render(&old);
    assert!(page.contains("System Overview") && page.contains("1.5.0"));
    assert!(!page.contains("Device ID") && !page.contains("SD Card Information"));
}

#[test]
fn what_cameras_and_people_wrote_cannot_become_markup() {
    let mut snapshot = full();
    let hostile = "\"><script>alert(1)</script>";
    snapshot.applications = known(vec![application(hostile, ApplicationState::Other(hostile.into()))]);
    snapshot.settings.problems = vec![odd(Setting::HelpLink, hostile)];
    snapshot.settings.help_link = Some(hostile.into());
    snapshot.package.version = hostile.into();
    let page = format!("{}{}", render(&snapshot), page::missing(hostile).into_string());
    assert!(!page.contains("<script>"), "{page}");
}

#[test]
fn a_lost_reading_shows_its_reason_and_its_last_value_with_its_age_and_the_others_stay() {
    let mut snapshot = full();
    let fault = Fault::new("late", "/axis-cgi/applications/list.cgi: no answer within 5 s");
    let at = Timestamp::from_unix(NOW + 1);
    snapshot.applications = snapshot.applications.after(Err(fault), at);
    let page = render(&snapshot);
    assert!(page.contains("no answer within 5 s") && page.contains("data-kind=\"late\""));
    assert!(page.contains("1 min</time>") || page.contains("1 min ago"), "{page}");
    assert!(page.contains("AXIS Object Analytics") && page.contains("192.0.2.21"));
    assert!(page.contains("Cannot tell:</span> one reading of this camera failed."));
}

#[test]
fn a_lost_reading_says_what_to_do_in_the_row_where_its_value_would_be() {
    let mut snapshot = full();
    let fault = Fault::new("no-account", "the camera gives no account to ask it with");
    snapshot.network = snapshot.network.after(Err(fault), Timestamp::from_unix(NOW + 1));
    let page = render(&snapshot);
    let row = page.split("IP address").nth(1).unwrap().split("MAC address").next().unwrap();
    assert!(
        row.contains("The camera’s addresses could not be read.") && row.contains("Restart Camera-to-Cloud"),
        "{row}"
    );
    assert!(row.contains("<code>no-account</code>"));
    assert_eq!(page.matches("data-kind=").count(), 1, "told once, though two rows are lost");
}

#[test]
fn the_icon_of_the_tab_repeats_the_mood_and_each_mood_has_one() {
    let mut snapshot = full();
    let icon = |snapshot: &Snapshot| {
        let page = render(snapshot);
        let name = page.split("/local/c2c/icon").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("html/icon{name}")).is_file(), "{name}");
        name
    };
    assert_eq!(icon(&snapshot), "-needs-you.svg");
    snapshot.settings.problems = vec![odd(Setting::LogLevel, "loud")];
    assert_eq!(icon(&snapshot), "-needs-you.svg");
    snapshot.boot = known(Boot { ready: false, uptime_seconds: None, boot_id: None });
    assert_eq!(icon(&snapshot), "-working.svg");
    snapshot.boot = snapshot.boot.after(Err(Fault::new("late", "x")), Timestamp::from_unix(NOW));
    assert_eq!(icon(&snapshot), "-cannot-tell.svg");
    let claim = Claim::Claimed {
        portal: "https://portal.example".into(),
        device_id: "7".into(),
        name: Some("Gate 3".into()),
        membership: Membership { claim_id: "c".into(), organisation: "Acme".into(), since: Timestamp::from_unix(NOW) },
        link: Link::default(),
    };
    let done = Snapshot { claim, ..full() };
    assert_eq!(icon(&done), "-done.svg");
    assert!(render(&done).contains("<title>Done: this camera is claimed, and all is well. · Gate 3</title>"));
}

/// A setting in which this was written.
fn odd(setting: Setting, text: &str) -> Problem {
    Problem { setting, why: Unusable::NoAddress(text.into()) }
}

#[test]
fn settings_that_cannot_be_used_are_told_together_with_where_to_mend_them() {
    let mut snapshot = full();
    assert!(!render(&snapshot).contains("cannot be used"));
    snapshot.settings.problems = vec![odd(Setting::LogLevel, "loud"), odd(Setting::HelpLink, "help")];
    let page = render(&snapshot);
    assert!(page.contains("2 settings cannot be used.") && page.contains("Apps page"));
    assert!(page.contains("Setting LogLevel: “loud” is") && page.contains("Setting HelpLink: “help” is"), "{page}");
}

#[test]
fn every_kind_of_fault_has_a_next_step_of_its_own_and_an_unknown_one_has_one_too() {
    let unknown = faults::remedy("never-heard-of");
    assert!(unknown.contains("again"), "{unknown}");
    // Of the container engine alone.
    let engine = ["missing", "not-allowed"];
    for kind in vapix::Fault::KINDS.iter().chain(axsdk::Error::KINDS).chain(&engine) {
        let remedy = faults::remedy(kind);
        assert!(!faults::meaning(&Fault::new(kind, "x")).is_empty(), "{kind}");
        assert_ne!(remedy, unknown, "{kind}");
        assert!(["again", "Restart", "Apps page"].iter().any(|step| remedy.contains(step)), "{kind}: {remedy}");
    }
}

#[test]
fn the_time_on_the_page_is_that_of_the_newest_reading() {
    let at = |seconds| Timestamp::from_unix(NOW + seconds);
    let mut snapshot = full();
    snapshot.boot = Reading::Known { value: Boot { ready: true, uptime_seconds: None, boot_id: None }, at: at(7) };
    // Neither what failed later nor a change of a setting is a reading.
    snapshot.network = snapshot.network.after(Err(Fault::new("late", "x")), at(20));
    snapshot.taken = at(30);
    assert_eq!(snapshot.read_at(), Some(at(7)));
    let seen = render(&snapshot);
    let seen = seen.split("id=\"pulse\"").nth(1).unwrap();
    assert!(seen.starts_with(&format!(">Read at <time datetime=\"{}\">", at(7))), "{seen}");
}

#[test]
fn a_page_before_the_first_reading_says_so() {
    let package = Package { version: "1.6.0".into(), version_from: "built in" };
    let page = render(&Snapshot::unread(package, true, Timestamp::from_unix(NOW)));
    assert!(page.contains("Nothing has been read yet.") && !page.contains("Read at"));
    assert!(page.contains("Reading…") && page.contains("This camera"));
    assert!(page.contains("manifest.json could not be read"));
}

#[test]
fn the_clock_has_a_row_in_words_and_a_lost_one_its_reason_there() {
    let mut snapshot = full();
    let row = |snapshot: &Snapshot| render(snapshot).split("<dt>Clock</dt>").nth(1).unwrap()[..600].to_owned();
    for (synchronised, source, words) in [
        (Some(true), Some("ntp"), ["Synchronised", "A time server keeps it accurate."]),
        (Some(false), Some("ntp"), ["Not synchronised", "has not received the time from it"]),
        (Some(false), None, ["Not synchronised", "No time server has set it."]),
        (None, None, ["Cannot tell", "does not report whether"]),
    ] {
        snapshot.time = known(CameraTime { synchronised, source: source.map(str::to_owned) });
        let row = row(&snapshot);
        assert!(words.iter().all(|words| row.contains(words)), "{row}");
    }
    let fault = Fault::new("late", "/axis-cgi/time.cgi: no answer within 5 s");
    snapshot.time = Reading::Pending.after(Err(fault), Timestamp::from_unix(NOW));
    let row = row(&snapshot);
    assert!(row.contains("The camera’s clock could not be read.") && row.contains("no answer within 5 s"), "{row}");
}

#[test]
fn the_bar_leads_to_the_camera_to_our_help_and_to_the_operators_where_there_is_one() {
    let mut snapshot = full();
    let bar = |snapshot: &Snapshot| render(snapshot).split("</nav>").next().unwrap().to_owned();
    let plain = bar(&snapshot);
    assert!(plain.contains("href=\"/\"") && plain.contains("href=\"/local/c2c/help.html\""), "{plain}");
    assert!(!plain.contains("More help"), "{plain}");
    snapshot.settings.help_link = Some("https://help.example.com/cams?a=1&b=2".into());
    let both = bar(&snapshot);
    assert!(
        both.contains("href=\"https://help.example.com/cams?a=1&amp;b=2\"") && both.contains("More help"),
        "{both}"
    );
}

#[test]
fn a_value_that_was_not_read_anew_for_long_says_how_old_it_is() {
    let at = |seconds| {
        let page = page::render(&full(), features::of("1.6.0"), Timestamp::from_unix(NOW + seconds)).into_string();
        page.matches("as of <time").count()
    };
    assert_eq!(at(359), 0);
    assert!(at(360) >= 5, "identity, network, boot, applications, containers");
}
