//! Temporary notices: dated rules and a snapshot in, notices out; pure.
//!
//! The rules stand in `acap/notices.json`, so that dates and texts change without a change of code; each names its
//! source and how sure it is. The packer checks them, and a test reads them. A rule has a range of AXIS OS, dates and a
//! condition: one that surely does not hold takes the notice away; else one that cannot be told makes it unknown, with
//! the reason. What has not been read yet gives no notice; of what was lost, the last known value counts.

use serde::Deserialize;

use crate::clock::Timestamp;
use crate::snapshot::{Audience, Fact, Notice, Said, Snapshot, Weight};

mod conditions;
mod version;

use conditions::Finding;
use version::Range;

/// The rules and the support tracks that they speak of.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    tracks: Vec<Track>,
    notices: Vec<Rule>,
}

/// A line of AXIS OS versions that gets fixes until a day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Track {
    name: String,
    axis_os: Vec<Range>,
    /// The last day, `YYYY-MM-DD`; absent where no end is known.
    ends: Option<String>,
    source: String,
    sure: Sure,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: String,
    audience: Audience,
    /// One of them has to hold; none stands for every version.
    axis_os: Vec<Range>,
    condition: Condition,
    weight: Weight,
    text: String,
    /// Said in place of the text where it is not known whether the notice applies.
    if_unknown: String,
    source: String,
    sure: Sure,
    /// First and last day, `YYYY-MM-DD`; both absent where the notice depends on no date.
    valid_from: Option<String>,
    valid_until: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sure {
    Documented,
    Guessed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Condition {
    Always,
    #[serde(rename = "applications_not_ready_for_axis_os_13")]
    ApplicationsNotReady,
    ClockNotSynchronised,
    NoContainerEngine,
    SettingsProblem,
    TrackEnded,
}

/// The rules that this program was built with.
#[must_use]
pub fn built_in() -> Rules {
    read(include_str!("../acap/notices.json")).unwrap_or_else(|error| {
        // A test reads the same text, so nobody will ever see this.
        log::error!("notices: the built-in rules cannot be read: {error}");
        Rules::default()
    })
}

/// Rules from their text.
///
/// # Errors
/// When the text is not of their form.
pub fn read(text: &str) -> Result<Rules, serde_json::Error> {
    serde_json::from_str(text)
}

/// The notices for `snapshot` at `now`, with what the organisation said: those that apply first, the weightiest first.
#[must_use]
pub fn of(rules: &Rules, snapshot: &Snapshot, said: &[Said], now: Timestamp) -> Vec<Notice> {
    let today = today(snapshot, now);
    let mut notices: Vec<_> =
        rules.notices.iter().filter_map(|rule| notice(rule, &rules.tracks, snapshot, today.as_deref())).collect();
    notices.extend(said.iter().filter(|said| said.until.is_none_or(|until| until > now)).map(own));
    notices.sort_by_key(|notice| (notice.unknown.is_some(), std::cmp::Reverse(notice.weight)));
    notices
}

/// The organisation's words as a notice.
fn own(said: &Said) -> Notice {
    Notice {
        id: ["organisation-", &said.id].concat(),
        weight: said.weight,
        text: said.text.clone(),
        facts: vec![Fact::Organisation(said.organisation.clone())],
        source: None,
        unknown: None,
        audience: Audience::Everyone,
        guessed: false,
    }
}

/// The day as `YYYY-MM-DD`, which compares as text; `None` while the clock is known to be wrong.
fn today(snapshot: &Snapshot, now: Timestamp) -> Option<String> {
    let set = snapshot.time.last().is_none_or(|time| time.synchronised != Some(false));
    let day = now.to_string().chars().take(10).collect::<String>();
    (set && day.as_str() >= "2020").then_some(day)
}

fn notice(rule: &Rule, tracks: &[Track], snapshot: &Snapshot, today: Option<&str>) -> Option<Notice> {
    let found = [
        conditions::in_range(rule, snapshot),
        conditions::in_time(rule, today),
        conditions::holds(rule.condition, tracks, snapshot, today),
    ];
    let (mut unknown, mut facts, mut guessed, mut source) =
        (None, Vec::new(), rule.sure == Sure::Guessed, &rule.source);
    for finding in found {
        match finding {
            Finding::No | Finding::NotReadYet => return None,
            Finding::Unknown(doubt) => unknown = unknown.or(Some(doubt)),
            Finding::Yes(found) => facts.extend(found),
            Finding::Track(track, found) => {
                facts.extend(found);
                guessed |= track.sure == Sure::Guessed;
                source = &track.source;
            }
        }
    }
    Some(Notice {
        id: rule.id.clone(),
        weight: rule.weight,
        text: if unknown.is_some() { rule.if_unknown.clone() } else { rule.text.clone() },
        facts,
        source: Some(source.clone()),
        unknown,
        audience: rule.audience,
        guessed,
    })
}
