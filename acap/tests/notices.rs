//! The rules file of notices: the project's own is good, and each thing that can be wrong with one is told.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests: a panic is the failure")]

#[path = "kit/packages.rs"]
mod packages;

use eap::arch::Arch;
use eap::pack::{Ingredients, PackError, pack};
use eap::problem::Problem;
use packages::{Needs, budget, eap, executable, good, workspace};

const GOOD: &str = r#"{"tracks": [{"name": "LTS", "axis_os": [{"from": "12.11", "below": "13"}], "ends": "2031-12-31",
    "source": "https://example.com/t", "sure": "guessed"}],
    "notices": [{"id": "one", "audience": "everyone", "axis_os": [{"from": "12"}], "condition": "always",
    "weight": "info", "text": "On {version}.", "if_unknown": "Who knows.", "source": "https://example.com/",
    "sure": "documented", "valid_from": "2026-02-28", "valid_until": "2028-02-29"},
    {"id": "two", "audience": "installer", "axis_os": [], "condition": "settings_problem", "weight": "warning",
    "text": "{problems}", "if_unknown": "Who knows.", "source": "https://example.com/", "sure": "documented",
    "valid_from": null, "valid_until": null}]}"#;

fn problems(text: &str) -> Vec<Problem> {
    match pack(Ingredients { notices: Some(text.into()), ..good(Arch::Aarch64) }, &budget()) {
        Ok(_) => Vec::new(),
        Err(PackError::Refused(problems)) => problems,
        Err(other) => panic!("{other}"),
    }
}

/// Replacement, field, a word of the rule.
const CASES: &[(&str, &str, &str, &str)] = &[
    ("\"two\"", "\"one\"", "one.id", "another notice"),
    ("\"two\"", "\"Two words\"", "Two words.id", "small letters"),
    ("\"everyone\"", "\"nobody\"", "one.audience", "none of everyone"),
    ("\"always\"", "\"sometimes\"", "one.condition", "none of always"),
    ("\"info\"", "\"heavy\"", "one.weight", "none of info"),
    ("\"guessed\"", "\"maybe\"", "tracks[0].sure", "none of documented"),
    ("\"On {version}.\"", "\" \"", "one.text", "empty"),
    ("\"On {version}.\"", "7", "one.text", "empty"),
    ("\"On {version}.\"", "\"a\\nb\"", "one.text", "control"),
    ("\"On {version}.\"", "\"On {applications}.\"", "one.text", "{applications}"),
    ("\"On {version}.\"", "\"On {version\"", "one.text", "nothing fills in"),
    ("\"{problems}\"", "\"{version}\"", "two.text", "{version}"),
    (
        "\"if_unknown\": \"Who knows.\", \"source\": \"https://example.com/\",\n",
        "\"if_unknown\": \"{version}\", \"source\": \"https://example.com/\",\n",
        "one.if_unknown",
        "nothing is filled in",
    ),
    ("\"2026-02-28\"", "\"2026-02-29\"", "one.valid_from", "no date"),
    ("\"2026-02-28\"", "\"28.2.2026\"", "one.valid_from", "no date"),
    ("\"2026-02-28\"", "\"2026-13-01\"", "one.valid_from", "no date"),
    ("\"2026-02-28\"", "20260228", "one.valid_from", "no date"),
    ("\"2026-02-28\"", "\"2028-02-29\"", "one.valid_until", "not after"),
    ("\"2026-02-28\"", "null", "one.valid_from", "must begin"),
    ("\"2028-02-29\"", "null", "one.valid_until", "must end"),
    ("\"2031-12-31\"", "\"soon\"", "tracks[0].ends", "no date"),
    ("{\"from\": \"12\"}", "{\"from\": \"12.x\"}", "one.axis_os[0]", "no AXIS OS version"),
    ("{\"from\": \"12\"}", "{\"from\": 12}", "one.axis_os[0]", "no AXIS OS version"),
    ("{\"from\": \"12\"}", "{\"from\": \"13\", \"below\": \"12.11\"}", "one.axis_os[0]", "no version is in it"),
    ("{\"from\": \"12\"}", "{\"from\": \"12\", \"to\": \"13\"}", "one.axis_os[0]", "unknown key"),
    ("{\"from\": \"12\"}", "{}", "one.axis_os[0]", "no range"),
    ("[{\"from\": \"12\"}]", "[\"12\"]", "one.axis_os[0]", "no range"),
    ("\"https://example.com/t\"", "\"http://example.com/t\"", "tracks[0].source", "no https address"),
    ("\"https://example.com/t\"", "\"https://a b.c\"", "tracks[0].source", "no https address"),
    ("\"https://example.com/t\"", "null", "tracks[0].source", "no https address"),
    ("\"weight\": \"info\",", "", "one.weight", "missing"),
    ("\"weight\": \"info\",", "\"weight\": \"info\", \"colour\": \"red\",", "one.colour", "unknown key"),
];

#[test]
fn each_broken_rule_is_told_alone_with_its_place_and_how_to_mend_it() {
    assert_eq!(problems(GOOD), []);
    for (from, to, field, word) in CASES {
        assert!(GOOD.contains(from), "{from}");
        let found = problems(&GOOD.replacen(from, to, 1));
        assert_eq!(found.len(), 1, "{to}: {found:#?}");
        assert!(found[0].field.starts_with("notices.json") && found[0].field.ends_with(field), "{to}: {found:?}");
        assert!(found[0].rule.contains(word) && !found[0].mend.is_empty(), "{to}: {found:?}");
    }
}

#[test]
fn a_text_of_300_letters_is_taken_and_one_of_301_is_not() {
    let text = |letters: usize| GOOD.replacen("On {version}.", &"\u{e5}".repeat(letters), 1);
    assert_eq!(problems(&text(300)), []);
    assert!(problems(&text(301))[0].rule.contains("301 letters"));
}

#[test]
fn all_problems_are_told_at_once_and_with_those_of_the_manifest() {
    let text = GOOD.replace("documented", "sure").replacen("always", "never", 1).replacen("2031-12-31", "x", 1);
    assert_eq!(problems(&text).len(), 4);
    let mut both = Ingredients { notices: Some(text.into()), ..good(Arch::Aarch64) };
    both.manifest.set_setup("version", "1.6");
    assert!(matches!(pack(both, &budget()), Err(PackError::Refused(all)) if all.len() == 5));
    for (text, word) in [("{", "no JSON"), ("[]", "no object"), (r#"{"tracks":{},"notices":[]}"#, "no list")] {
        assert!(problems(text)[0].rule.contains(word), "{text}");
    }
}

#[test]
fn the_program_looks_beside_the_manifest_and_takes_another_file() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("app"), executable(Arch::X8664, &Needs::default())).unwrap();
    std::fs::write(at("bad.json"), GOOD.replacen("always", "never", 1)).unwrap();
    let run = |more: &[&str]| {
        let manifest = workspace().join("acap/manifest.json");
        let mut call = eap();
        call.args(["pack", "--arch", "x86_64", "--binary"]).arg(at("app")).arg("--out").arg(at("out"));
        call.arg("--manifest").arg(manifest).args(more).output().unwrap()
    };
    assert!(run(&[]).status.success());
    let refused = run(&["--notices", at("bad.json").to_str().unwrap()]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(told.contains("notices.json: one.condition"), "{told}");
    assert_eq!(run(&["--notices", at("none.json").to_str().unwrap()]).status.code(), Some(2));
}
