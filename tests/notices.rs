//! Each ready-made rule where it applies, where it does not, and where its fact is unknown; and how notices look.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use c2c::clock::Timestamp;
use c2c::notices::{self, Rules};
use c2c::snapshot::setting::{Problem, Unusable};
use c2c::snapshot::{
    Application, ApplicationState, CameraTime, Containers, Doubt, Fault, Identity, Notice, Package, Reading, Said,
    Setting, Snapshot, StopCause, Weight,
};
use c2c::web::page;
use c2c::web::words::{notice_text, notice_unknown};

/// 2026-11-23.
const NOW: i64 = 1_795_392_000;
const DAY: i64 = 86_400;

fn known<T>(value: T) -> Reading<T> {
    Reading::Known { value, at: Timestamp::from_unix(NOW) }
}

fn lost<T>() -> Reading<T> {
    let fault = Fault::new("late", "/x: no answer");
    Reading::Lost { fault, since: Timestamp::from_unix(NOW), last: None }
}

fn identity(os_version: &str) -> Reading<Identity> {
    let model = "AXIS P1468-LE Bullet Camera".into();
    known(Identity { model, serial: "ACCC8E000001".into(), os_version: os_version.into(), architecture: None })
}

fn app(nice_name: &str, signature: Option<&str>, os_versions: Option<&[(&str, &str)]>) -> Application {
    Application {
        name: nice_name.to_lowercase(),
        nice_name: nice_name.into(),
        version: None,
        vendor: None,
        state: ApplicationState::Running,
        bundled: Some(false),
        signature: signature.map(str::to_owned),
        os_versions: os_versions.map(|list| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()),
    }
}

/// A camera of which nothing is to be said, on this AXIS OS.
fn camera(os_version: &str) -> Snapshot {
    let package = Package { version: "1.6.0".into(), version_from: "manifest.json" };
    Snapshot {
        identity: identity(os_version),
        applications: known(vec![app("Camera-to-Cloud", Some("Signed"), Some(&[("11.11", "13")]))]),
        containers: known(Containers::Running { version: None, list: Vec::new() }),
        time: known(CameraTime { synchronised: Some(true), source: Some("ntp".into()) }),
        ..Snapshot::unread(package, true, Timestamp::from_unix(NOW))
    }
}

fn at(snapshot: &Snapshot, now: i64) -> Vec<Notice> {
    notices::of(&notices::built_in(), snapshot, &[], Timestamp::from_unix(now))
}

fn find(snapshot: &Snapshot, id: &str) -> Option<Notice> {
    at(snapshot, NOW).into_iter().find(|notice| notice.id == id)
}

fn applies(snapshot: &Snapshot, id: &str) -> Notice {
    let notice = find(snapshot, id).unwrap_or_else(|| panic!("{id} is not there"));
    assert_eq!(notice.unknown, None, "{id}");
    let text = notice_text(&notice);
    assert!(!text.contains('{') && !text.contains('?'), "{text}");
    assert!(notice.source.as_ref().unwrap().starts_with("https://"));
    notice
}

fn unknown(snapshot: &Snapshot, id: &str) -> String {
    let notice = find(snapshot, id).unwrap_or_else(|| panic!("{id} is not there"));
    assert!(notice.text.starts_with("It is not known"), "{}", notice.text);
    notice_unknown(notice.unknown.as_ref().unwrap_or_else(|| panic!("{id} is claimed")))
}

fn loud() -> Problem {
    Problem { setting: Setting::LogLevel, why: Unusable::NoLevel("loud".into()) }
}

fn absent(snapshot: &Snapshot, id: &str) {
    assert_eq!(find(snapshot, id), None, "{id}");
}

#[test]
fn the_built_in_rules_are_read_and_a_camera_of_which_nothing_is_to_be_said_has_no_notice() {
    let one = r#"{"tracks":[],"notices":[{"id":"a","audience":"everyone","axis_os":[],"condition":"sometimes",
        "weight":"info","text":"a","if_unknown":"b","source":"https://a/","sure":"documented","valid_from":null,
        "valid_until":null}]}"#;
    assert!(notices::read(one).is_err() && notices::read(&one.replace("sometimes", "always")).is_ok());
    assert!(notices::read(include_str!("../acap/notices.json")).is_ok());
    assert_eq!(at(&camera("13.0.2"), NOW), []);
}

#[test]
fn before_anything_was_read_nothing_is_said() {
    let unread = camera("12.11.77");
    let unread = Snapshot::unread(unread.package, true, unread.taken);
    assert_eq!(at(&unread, NOW), []);
}

#[test]
fn the_advice_on_axis_os_12_is_for_versions_before_its_supported_one_and_ends_with_its_support() {
    let id = "axis-os-12-support";
    let notice = applies(&camera("12.9.57"), id);
    assert!(notice.weight == Weight::Advice && notice_text(&notice).contains("12.9.57, which"), "{notice:?}");
    for version in ["11.11.140", "12.11.0", "12.11.77", "13.0.0"] {
        absent(&camera(version), id);
    }
    assert!(at(&camera("12.9.57"), NOW + 6 * 365 * DAY).iter().all(|notice| notice.id != id));
    assert!(unknown(&Snapshot { identity: lost(), ..camera("12") }, id).contains("AXIS OS version could not be read"));
    assert!(unknown(&camera("twelve"), id).contains("“twelve”"));
}

#[test]
fn firmware_outside_11_11_to_13_is_not_supported() {
    let id = "firmware-not-supported";
    for version in ["10.12.300", "11.10.61", "14.0.0"] {
        assert!(notice_text(&applies(&camera(version), id)).contains(version));
    }
    for version in ["11.11.0", "12.9.57", "13.99"] {
        absent(&camera(version), id);
    }
    assert!(unknown(&Snapshot { identity: lost(), ..camera("12") }, id).contains("could not be read"));
}

#[test]
fn a_track_past_its_end_is_named_with_its_day_and_a_guessed_day_is_called_so() {
    let id = "axis-os-track-ended";
    let later = |version| {
        let notices = at(&camera(version), NOW + 6 * 365 * DAY);
        notices.into_iter().find(|notice| notice.id == id).filter(|notice| notice.unknown.is_none())
    };
    let notice = later("11.11.140").unwrap();
    let text = notice_text(&notice);
    assert!(notice.guessed && text.contains("2029-06-30") && text.contains("11.11.140"), "{notice:?}");
    for version in ["12.9.57", "12.11.77"] {
        assert!(later(version).is_some_and(|notice| !notice.guessed && notice_text(&notice).contains("2031-12-31")));
    }
    assert_eq!(later("13.0.0"), None, "no end is known");
    for version in ["11.11.140", "12.9.57", "12.11.77", "13.0.0"] {
        absent(&camera(version), id);
    }
    assert!(unknown(&Snapshot { identity: lost(), ..camera("12") }, id).contains("could not be read"));
}

#[test]
fn axis_os_13_refuses_what_is_not_shown_to_be_signed_or_does_not_declare_it() {
    let id = "axis-os-13-refuses";
    let with = |apps: Vec<Application>| Snapshot { applications: known(apps), ..camera("12.11.77") };
    let declared: Option<&[(&str, &str)]> = Some(&[("12.10", "99")]);
    absent(&camera("12.11.77"), id);
    absent(&Snapshot { identity: identity("13.0.0"), ..with(vec![app("Gate", Some("Unknown"), None)]) }, id);

    let bundled = Application { bundled: Some(true), ..app("Analytics", Some("Unknown"), Some(&[("12", "12")])) };
    let notice = applies(
        &with(vec![
            bundled,
            app("Camera-to-Cloud", Some("Unknown"), Some(&[("11.11", "13")])),
            app("Twelve", Some("Signed"), Some(&[("12", "12")])),
            app("Silent", Some("Signed"), None),
            app("Good", Some("signed"), declared),
        ]),
        id,
    );
    for words in ["Camera-to-Cloud (not shown to be signed)", "Twelve (does not declare 13)", "Silent (does not"] {
        assert!(notice_text(&notice).contains(words), "{words}: {notice:?}");
    }
    assert!(!notice_text(&notice).contains("Analytics") && !notice_text(&notice).contains("Good"), "{notice:?}");
}

#[test]
fn firmware_that_tells_nothing_of_signatures_leaves_it_unknown_and_names_the_applications() {
    let id = "axis-os-13-refuses";
    let old = Application { bundled: None, ..app("Gate", None, None) };
    let why = unknown(&Snapshot { applications: known(vec![old]), ..camera("11.11.140") }, id);
    assert!(why.starts_with("Gate: this AXIS OS does not report"), "{why}");
    let half = app("Half", Some("Signed"), None);
    assert!(unknown(&Snapshot { applications: known(vec![half]), ..camera("12.9.57") }, id).contains("Half"));
    assert!(unknown(&Snapshot { applications: lost(), ..camera("12.9.57") }, id).contains("list of applications"));
    absent(&Snapshot { applications: Reading::Pending, ..camera("12.9.57") }, id);
}

#[test]
fn a_camera_without_a_container_engine_is_told_calmly() {
    let none = |version| Snapshot { containers: known(Containers::None), ..camera(version) };
    let notice = applies(&none("12.11.77"), "no-containers-on-this-model");
    assert_eq!((notice.weight, notice.guessed), (Weight::Info, false));
    assert!(applies(&none("13.0.0"), "no-containers-on-axis-os-13").guessed);
    absent(&none("13.0.0"), "no-containers-on-this-model");
    let stopped = Snapshot {
        containers: known(Containers::Stopped { cause: StopCause::NoSocket, hint: None }),
        ..camera("12.11.77")
    };
    absent(&stopped, "no-containers-on-this-model");
    let lost = |version| Snapshot { containers: lost(), ..camera(version) };
    assert!(unknown(&lost("12.11.77"), "no-containers-on-this-model").contains("could not be read"));
    assert!(unknown(&lost("13.0.0"), "no-containers-on-axis-os-13").contains("could not be read"));
}

#[test]
fn a_clock_that_is_not_set_is_a_warning_and_makes_dated_notices_unknown() {
    let id = "clock-not-synchronised";
    let time = |synchronised| known(CameraTime { synchronised, source: None });
    let wrong = Snapshot { time: time(Some(false)), ..camera("12.11.77") };
    assert_eq!(applies(&wrong, id).weight, Weight::Warning);
    let old = Snapshot { time: time(Some(false)), ..camera("12.9.57") };
    assert!(unknown(&old, "axis-os-12-support").contains("clock is wrong"));
    assert!(unknown(&wrong, "axis-os-track-ended").contains("clock is wrong"));
    absent(&camera("12.11.77"), id);
    assert_eq!(unknown(&Snapshot { time: time(None), ..camera("12.11.77") }, id), "The camera does not report it.");
    assert!(unknown(&Snapshot { time: lost(), ..camera("12.11.77") }, id).contains("could not be read"));
    let before = at(&camera("12.9.57"), 0);
    assert!(before.iter().any(|notice| notice.id == "axis-os-12-support" && notice.unknown.is_some()));
}

#[test]
fn every_settings_problem_is_told_and_an_unreadable_setting_is_one() {
    let id = "settings-problems";
    let mut snapshot = camera("13.0.0");
    absent(&snapshot, id);
    snapshot.settings.problems = vec![loud(), Problem { setting: Setting::HelpLink, why: Unusable::Missing }];
    let text = notice_text(&applies(&snapshot, id));
    assert!(text.contains("info is used. Setting HelpLink: the camera does not know"), "{text}");
}

#[test]
fn what_applies_comes_before_what_is_unknown_and_the_weightiest_first() {
    let time = known(CameraTime { synchronised: None, source: None });
    let containers = known(Containers::None);
    let mut snapshot = Snapshot { time, containers, ..camera("11.10.61") };
    snapshot.settings.problems = vec![loud()];
    let ids: Vec<_> = at(&snapshot, NOW).into_iter().map(|notice| notice.id).collect();
    let expected =
        ["firmware-not-supported", "settings-problems", "no-containers-on-this-model", "clock-not-synchronised"];
    assert_eq!(ids, expected);
}

#[test]
fn hostile_names_stay_short_and_are_never_taken_for_placeholders_or_markup() {
    let hostile = format!("{{problems}}\u{202e}\n<script>alert(1)</script>{}", "x".repeat(10_000));
    let apps = (0..40).map(|_| app(&hostile, Some("Unknown"), None)).collect();
    let mut snapshot = Snapshot { applications: known(apps), ..camera("12.11.77") };
    let why = Unusable::NoAddress(hostile.clone());
    snapshot.settings.problems = vec![Problem { setting: Setting::HelpLink, why }; 3];
    snapshot.notices = at(&snapshot, NOW);
    let refused = notice_text(&find(&snapshot, "axis-os-13-refuses").unwrap());
    assert!(refused.contains("{problems}") && refused.contains("and 32 more") && refused.len() < 2_000, "{refused}");
    assert!(snapshot.notices.iter().all(|notice| !notice_text(notice).contains(['\u{202e}', '\n'])));
    let page = render(&snapshot);
    assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"));
}

fn render(snapshot: &Snapshot) -> String {
    page::render(snapshot, c2c::features::of("1.6.0"), Timestamp::from_unix(NOW)).into_string()
}

/// The element of one notice on the page.
fn item(page: &str, id: &str) -> String {
    let after = page.split(&format!("data-notice=\"{id}\"")).nth(1).unwrap_or_else(|| panic!("no {id}: {page}"));
    after.split("</li>").next().unwrap().to_owned()
}

#[test]
fn the_page_shows_each_notice_with_a_mark_a_word_its_id_and_its_source_and_dims_the_unknown_with_the_reason() {
    let time = known(CameraTime { synchronised: None, source: None });
    let mut snapshot = Snapshot { time, ..camera("12.9.57") };
    assert!(render(&snapshot).contains("None at present"));
    snapshot.notices = notices::of(&notices::built_in(), &snapshot, &[], Timestamp::from_unix(NOW));
    let page = render(&snapshot);
    let support = item(&page, "axis-os-12-support");
    for words in ["data-weight=\"advice\"", "Plan ahead", "<code>axis-os-12-support</code>", "rel=\"noreferrer\""] {
        assert!(support.contains(words), "{words}: {support}");
    }
    assert!(support.contains("href=\"https://") && !support.contains("estimate"), "{support}");
    snapshot.notices[0].guessed = true;
    assert!(item(&render(&snapshot), &snapshot.notices[0].id).contains("estimate"));
    let clock = item(&page, "clock-not-synchronised");
    assert!(clock.contains("data-weight=\"unknown\"") && clock.contains("Cannot tell"), "{clock}");
    assert!(clock.contains("The camera does not report it.") && page.contains("<li class=\"dim\" data-notice=\"clock"));
    let overview = page.split("id=\"overview\"").nth(1).unwrap();
    assert!(overview.find("id=\"notices\"").unwrap() < overview.find("Device name").unwrap());
}

#[test]
fn what_is_merely_good_to_know_waits_behind_one_line_and_settings_problems_are_told_once() {
    let mut snapshot = Snapshot { containers: known(Containers::None), ..camera("12.9.57") };
    snapshot.settings.problems = vec![loud()];
    snapshot.notices = at(&snapshot, NOW);
    assert!(snapshot.notices.iter().any(|notice| notice.id == "settings-problems"));
    let page = render(&snapshot);
    let (open, calm) = page.split_once("id=\"notices-calm\"").unwrap();
    assert!(open.contains("axis-os-12-support") && !open.contains("no-containers-on-this-model"));
    assert!(calm.contains("Good to know (1)") && calm.contains("no-containers-on-this-model"));
    assert_eq!(page.matches("Setting LogLevel: ").count(), 1, "{page}");
    assert!(!page.contains("None at present"));
}

#[test]
fn what_others_wrote_into_a_notice_is_harmless_and_only_https_sources_are_links() {
    let mut snapshot = camera("13.0.0");
    snapshot.notices = vec![Notice {
        id: "\"><b>id\u{202e}".into(),
        weight: Weight::Warning,
        text: format!("<script>a</script>\u{202e}\u{0}{}", "x".repeat(10_000)),
        facts: Vec::new(),
        source: Some("javascript:alert(1)".into()),
        unknown: Some(Doubt::Version("<i>\u{2066}".into())),
        audience: c2c::snapshot::Audience::Everyone,
        guessed: false,
    }];
    let page = render(&snapshot);
    for words in ["<script>a", "<b>", "<i>", "javascript:", "\u{202e}", "\u{2066}", "\u{0}"] {
        assert!(!page.contains(words), "{words:?}");
    }
    assert!(page.contains("data-notice=\"bid\"") && !page.contains(&"x".repeat(1_500)));
}

#[test]
fn rules_of_nobody_give_no_notices() {
    assert_eq!(notices::of(&Rules::default(), &camera("12.9.57"), &[], Timestamp::from_unix(NOW)), []);
}

#[test]
fn what_an_organisation_says_stands_among_the_notices_as_its_own_words_until_its_end() {
    let said = |id: &str, weight, text: &str, until| Said {
        organisation: "<i>Acme".into(),
        id: id.into(),
        weight,
        text: text.into(),
        until,
    };
    let all = [
        said("a", Weight::Info, "Calm", None),
        said("b", Weight::Warning, "<b>{version}</b>\u{202e}", Some(Timestamp::from_unix(NOW + 1))),
        said("c", Weight::Warning, "Over", Some(Timestamp::from_unix(NOW))),
    ];
    let mut snapshot = camera("12.11.77");
    snapshot.notices = notices::of(&Rules::default(), &snapshot, &all, Timestamp::from_unix(NOW));
    let ids: Vec<_> = snapshot.notices.iter().map(|notice| notice.id.as_str()).collect();
    assert_eq!(ids, ["organisation-b", "organisation-a"], "the weightiest first, and none that is over");
    let page = render(&snapshot);
    assert!(page.contains("&lt;i&gt;Acme says:") && page.contains("&lt;b&gt;{version}&lt;/b&gt;"), "{page}");
    assert!(!page.contains("<b>{") && !page.contains('\u{202e}'));
}
