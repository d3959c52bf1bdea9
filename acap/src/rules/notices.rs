//! The rules file of temporary notices, `notices.json`, which is built into the executable: every rule has to be one
//! that can be shown and that ends when it should.
//!
//! All of this is the project's own form and its own rules; the app reads the same file with its own types.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::problem::Problem;
use crate::rules::setup::os_version;

/// Each condition, and the words in braces that its texts may have beside `{version}`.
const CONDITIONS: [(&str, &[&str]); 6] = [
    ("always", &[]),
    ("applications_not_ready_for_axis_os_13", &["applications"]),
    ("clock_not_synchronised", &[]),
    ("no_container_engine", &[]),
    ("settings_problem", &["problems"]),
    ("track_ended", &["track", "ends", "version"]),
];
const AUDIENCES: [&str; 3] = ["everyone", "installer", "administrator"];
const WEIGHTS: [&str; 3] = ["info", "advice", "warning"];
const SURE: [&str; 2] = ["documented", "guessed"];
const RULE_KEYS: [&str; 11] = [
    "id",
    "audience",
    "axis_os",
    "condition",
    "weight",
    "text",
    "if_unknown",
    "source",
    "sure",
    "valid_from",
    "valid_until",
];
const TRACK_KEYS: [&str; 5] = ["name", "axis_os", "ends", "source", "sure"];
/// Longest text, in letters.
const LETTERS: usize = 300;
const FILE: &str = "notices.json";

/// What is wrong with the text of a rules file.
#[must_use]
pub(crate) fn check(text: &[u8]) -> Vec<Problem> {
    let file: Value = match serde_json::from_slice(text) {
        Ok(file) => file,
        Err(error) => return vec![Problem::new(FILE, format!("it is no JSON ({error})"), "write JSON")],
    };
    let mut found = Found(Vec::new());
    if let Some(file) = found.object(&file, FILE, &["tracks", "notices"]) {
        for (at, track) in found.list(file, FILE, "tracks").iter().enumerate() {
            found.track(track, &format!("{FILE}: tracks[{at}]"));
        }
        let mut ids = BTreeSet::new();
        for (at, rule) in found.list(file, FILE, "notices").iter().enumerate() {
            let id = rule.get("id").and_then(Value::as_str).unwrap_or_default();
            let place = if id.is_empty() { format!("{FILE}: notices[{at}]") } else { format!("{FILE}: {id}") };
            if !ids.insert(id) {
                found.add(&place, "id", "another notice has it too", "give each its own");
            }
            found.rule(rule, &place);
        }
    }
    found.0
}

struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, place: &str, key: &str, rule: impl Into<String>, mend: &str) {
        self.0.push(Problem::new(format!("{place}.{key}"), rule, mend));
    }

    /// The object at `place`; all of `keys` and no others are in it.
    fn object<'a>(&mut self, value: &'a Value, place: &str, keys: &[&str]) -> Option<&'a Map<String, Value>> {
        let Some(object) = value.as_object() else {
            self.0.push(Problem::new(place, "it is no object", "write {…} with its keys"));
            return None;
        };
        for key in keys.iter().filter(|key| !object.contains_key(**key)) {
            self.add(place, key, "it is missing", "write it; null where a date does not matter");
        }
        for key in object.keys().filter(|key| !keys.contains(&key.as_str())) {
            self.add(place, key, "unknown key", "take it out");
        }
        Some(object)
    }

    fn list<'a>(&mut self, object: &'a Map<String, Value>, place: &str, key: &str) -> &'a [Value] {
        match object.get(key).map(Value::as_array) {
            Some(Some(list)) => list,
            Some(None) => {
                self.add(place, key, "it is no list", "write [ … ]");
                &[]
            }
            None => &[],
        }
    }

    fn track(&mut self, track: &Value, place: &str) {
        let Some(track) = self.object(track, place, &TRACK_KEYS) else { return };
        self.text(track, place, "name");
        self.ranges(track, place);
        self.date(track, place, "ends");
        self.source(track, place);
        self.word(track, place, "sure", &SURE);
    }

    fn rule(&mut self, rule: &Value, place: &str) {
        let Some(rule) = self.object(rule, place, &RULE_KEYS) else { return };
        self.id(rule, place);
        self.word(rule, place, "audience", &AUDIENCES);
        self.word(rule, place, "condition", &CONDITIONS.map(|(name, _)| name));
        self.word(rule, place, "weight", &WEIGHTS);
        self.word(rule, place, "sure", &SURE);
        self.text(rule, place, "text");
        self.text(rule, place, "if_unknown");
        self.braces(rule, place);
        self.ranges(rule, place);
        self.source(rule, place);
        self.dates(rule, place);
    }

    fn id(&mut self, rule: &Map<String, Value>, place: &str) {
        let id = rule.get("id").and_then(Value::as_str).unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if rule.contains_key("id") && (id.is_empty() || id.len() > 60 || !id.bytes().all(plain)) {
            self.add(place, "id", "it is not 1 to 60 small letters, digits and hyphens", "write such as clock-not-set");
        }
    }

    fn word(&mut self, object: &Map<String, Value>, place: &str, key: &str, known: &[&str]) {
        let Some(value) = object.get(key) else { return };
        if !value.as_str().is_some_and(|word| known.contains(&word)) {
            self.add(place, key, format!("{value} is none of {}", known.join(", ")), "write one of them");
        }
    }

    fn text(&mut self, object: &Map<String, Value>, place: &str, key: &str) {
        let Some(value) = object.get(key) else { return };
        let text = value.as_str().unwrap_or_default();
        let letters = text.chars().count();
        if text.trim().is_empty() {
            self.add(place, key, "it is empty", "write a sentence for people");
        } else if letters > LETTERS {
            self.add(place, key, format!("it has {letters} letters, at most {LETTERS} are read"), "say it shorter");
        } else if text.chars().any(char::is_control) {
            self.add(place, key, "it holds control characters", "write it on one line");
        }
    }

    /// The words in braces are those that the app can fill in.
    fn braces(&mut self, rule: &Map<String, Value>, place: &str) {
        let text = |key: &str| rule.get(key).and_then(Value::as_str).unwrap_or_default();
        let fills = CONDITIONS.iter().find(|(name, _)| *name == text("condition")).map_or(&[][..], |(_, words)| *words);
        let ranged = rule.get("axis_os").and_then(Value::as_array).is_some_and(|ranges| !ranges.is_empty());
        for part in text("text").split('{').skip(1) {
            let word = part.split_once('}').map(|(word, _)| word);
            if !word.is_some_and(|word| fills.contains(&word) || (word == "version" && ranged)) {
                let shown = word.unwrap_or(part);
                self.add(place, "text", format!("nothing fills in {{{shown}}} under this condition"), "take it out");
            }
        }
        if text("if_unknown").contains(['{', '}']) {
            self.add(place, "if_unknown", "nothing is filled in where a fact is unknown", "take the braces out");
        }
    }

    fn ranges(&mut self, object: &Map<String, Value>, place: &str) {
        for (at, range) in self.list(object, place, "axis_os").iter().enumerate() {
            let key = format!("axis_os[{at}]");
            let Some(ends) = range.as_object().filter(|ends| !ends.is_empty()) else {
                self.add(place, &key, "it is no range", "write from, below or both, or leave the list empty");
                continue;
            };
            let mut numbers = |end: &str| {
                let value = ends.get(end)?;
                let version = value.as_str().and_then(os_version);
                if version.is_none() {
                    self.add(place, &key, format!("{end}: {value} is no AXIS OS version"), "write such as \"12.11\"");
                }
                version
            };
            if let (Some(from), Some(below)) = (numbers("from"), numbers("below")) {
                if from >= below {
                    self.add(place, &key, "from is not before below, so no version is in it", "exchange them");
                }
            }
            for end in ends.keys().filter(|end| !["from", "below"].contains(&end.as_str())) {
                self.add(place, &key, format!("unknown key {end:?}"), "write from and below only");
            }
        }
    }

    fn source(&mut self, object: &Map<String, Value>, place: &str) {
        let Some(value) = object.get("source") else { return };
        let host = value.as_str().and_then(|url| url.strip_prefix("https://"));
        if !host.is_some_and(|host| host.contains('.') && host.bytes().all(|byte| byte.is_ascii_graphic())) {
            self.add(place, "source", format!("{value} is no https address"), "name where the statement stands");
        }
    }

    /// The date, if there is a good one; `Some(None)` where it is null.
    fn date<'a>(&mut self, object: &'a Map<String, Value>, place: &str, key: &str) -> Option<Option<&'a str>> {
        let value = object.get(key)?;
        if value.is_null() {
            return Some(None);
        }
        let date = value.as_str().filter(|text| is_date(text));
        if date.is_none() {
            self.add(place, key, format!("{value} is no date"), "write YYYY-MM-DD, or null");
        }
        date.map(Some)
    }

    fn dates(&mut self, rule: &Map<String, Value>, place: &str) {
        match (self.date(rule, place, "valid_from"), self.date(rule, place, "valid_until")) {
            (Some(Some(from)), Some(Some(until))) if from >= until => {
                self.add(place, "valid_until", format!("{until} is not after {from}"), "exchange them");
            }
            (Some(Some(_)), Some(None)) => {
                self.add(place, "valid_until", "a rule that begins must end", "write when it is to be looked at again");
            }
            (Some(None), Some(Some(_))) => {
                self.add(place, "valid_from", "a rule that ends must begin", "write since when the source says so");
            }
            _ => {}
        }
    }
}

/// `YYYY-MM-DD`, a day that exists.
fn is_date(text: &str) -> bool {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let number = |range| text.get(range).and_then(|digits: &str| digits.parse::<u32>().ok()).unwrap_or_default();
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    shape && year >= 2000 && (1..=days).contains(&day)
}
