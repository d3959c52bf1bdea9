//! What the rules ask of a snapshot.
//!
//! AXIS OS 13 installs signed applications only, wants `compatibleOsVersions`, and rolls an upgrade back when an
//! application cannot be installed again (Axis' preview pages). That a camera which tells either of the two for one
//! application would tell it for all is seen on AXIS OS 12.11; when older versions began to tell is not known.

use super::version::Version;
use super::{Condition, Rule, Track};
use crate::snapshot::{Application, Containers, Reading, Snapshot};

/// Names of applications that are written out.
const NAMES: usize = 8;
/// Letters of a name, of a version or of a problem that are shown.
const LETTERS: usize = 60;
/// Letters of one settings problem.
const PROBLEM_LETTERS: usize = 400;
/// The major version that is asked about.
const NEXT: u32 = 13;
const CLOCK: &str = "the camera's clock is wrong, and it depends on the date";

type Words = Vec<(&'static str, String)>;

/// What was found out about one side of a rule.
pub(super) enum Finding<'a> {
    /// It holds; with words for the text.
    Yes(Words),
    /// It holds by what is known of a support track.
    Track(&'a Track, Words),
    /// It does not hold.
    No,
    /// It cannot be told, for this reason.
    Unknown(String),
    /// The fact is on its way.
    NotReadYet,
}

/// The value of a reading, or why there is none.
fn known<'a, 'b, T>(reading: &'a Reading<T>, what: &str) -> Result<&'a T, Finding<'b>> {
    reading.last().ok_or_else(|| match reading.fault() {
        Some(_) => Finding::Unknown(format!("{what} could not be read")),
        None => Finding::NotReadYet,
    })
}

fn os_version<'b>(snapshot: &Snapshot) -> Result<(Version, String), Finding<'b>> {
    let text = &known(&snapshot.identity, "the AXIS OS version")?.os_version;
    let shown = plain(text, LETTERS);
    match Version::read(text) {
        Some(version) => Ok((version, shown)),
        None => Err(Finding::Unknown(format!("“{shown}” is no version of AXIS OS that can be compared"))),
    }
}

/// Whether the camera's AXIS OS is one that the rule is for.
pub(super) fn in_range<'b>(rule: &Rule, snapshot: &Snapshot) -> Finding<'b> {
    if rule.axis_os.is_empty() {
        return Finding::Yes(Vec::new());
    }
    match os_version(snapshot) {
        Ok((version, shown)) if rule.axis_os.iter().any(|range| range.holds(&version)) => {
            Finding::Yes(vec![("version", shown)])
        }
        Ok(_) => Finding::No,
        Err(finding) => finding,
    }
}

/// Whether the rule holds today; its days compare as text.
pub(super) fn in_time<'b>(rule: &Rule, today: Option<&str>) -> Finding<'b> {
    let (Some(from), Some(until)) = (&rule.valid_from, &rule.valid_until) else { return Finding::Yes(Vec::new()) };
    match today {
        None => Finding::Unknown(CLOCK.to_owned()),
        Some(today) if from.as_str() <= today && today <= until.as_str() => Finding::Yes(Vec::new()),
        Some(_) => Finding::No,
    }
}

/// Whether the rule's condition holds.
pub(super) fn holds<'a>(
    condition: Condition,
    tracks: &'a [Track],
    snapshot: &Snapshot,
    today: Option<&str>,
) -> Finding<'a> {
    let found = match condition {
        Condition::Always => Ok(Finding::Yes(Vec::new())),
        Condition::ApplicationsNotReady => known(&snapshot.applications, "the list of applications").map(|l| ready(l)),
        Condition::ClockNotSynchronised => clock(snapshot),
        Condition::NoContainerEngine => known(&snapshot.containers, "the container engine").map(engine),
        Condition::SettingsProblem => Ok(settings(&snapshot.settings.problems)),
        Condition::TrackEnded => os_version(snapshot).map(|(version, shown)| track(tracks, &version, shown, today)),
    };
    found.unwrap_or_else(|finding| finding)
}

fn clock<'b>(snapshot: &Snapshot) -> Result<Finding<'b>, Finding<'b>> {
    Ok(match known(&snapshot.time, "the camera's clock")?.synchronised {
        Some(true) => Finding::No,
        Some(false) => Finding::Yes(Vec::new()),
        None => Finding::Unknown("the camera does not tell".to_owned()),
    })
}

fn engine<'b>(containers: &Containers) -> Finding<'b> {
    match containers {
        Containers::None => Finding::Yes(Vec::new()),
        Containers::Stopped { .. } | Containers::Running { .. } => Finding::No,
    }
}

fn settings<'b>(problems: &[String]) -> Finding<'b> {
    if problems.is_empty() {
        return Finding::No;
    }
    let told: Vec<_> = problems.iter().map(|problem| plain(problem, PROBLEM_LETTERS)).collect();
    Finding::Yes(vec![("problems", told.join(" "))])
}

fn track<'a>(tracks: &'a [Track], version: &Version, shown: String, today: Option<&str>) -> Finding<'a> {
    let track = tracks.iter().find(|track| track.axis_os.iter().any(|range| range.holds(version)));
    // A version outside all tracks is told by the rule on supported firmware.
    let Some((track, ends)) = track.and_then(|track| Some((track, track.ends.as_deref()?))) else { return Finding::No };
    match today {
        None => Finding::Unknown(CLOCK.to_owned()),
        Some(today) if today > ends => {
            let words = vec![("track", track.name.clone()), ("ends", ends.to_owned()), ("version", shown)];
            Finding::Track(track, words)
        }
        Some(_) => Finding::No,
    }
}

/// Whether every application that did not come with the camera would be installed again by AXIS OS 13.
fn ready<'b>(list: &[Application]) -> Finding<'b> {
    let versions_told = list.iter().any(|app| app.os_versions.is_some());
    let (mut refused, mut unclear) = (Vec::new(), Vec::new());
    for app in list.iter().filter(|app| app.bundled != Some(true)) {
        let name = plain(&app.nice_name, LETTERS);
        let signed = app.signature.as_ref().map(|word| word.eq_ignore_ascii_case("signed"));
        match (signed, declares(app, versions_told)) {
            (Some(false), Some(false)) => refused.push(format!("{name} (not shown to be signed, does not declare 13)")),
            (Some(false), _) => refused.push(format!("{name} (not shown to be signed)")),
            (_, Some(false)) => refused.push(format!("{name} (does not declare 13)")),
            (None, _) | (_, None) => unclear.push(name),
            (Some(true), Some(true)) => {}
        }
    }
    if !refused.is_empty() {
        Finding::Yes(vec![("applications", listed(&refused))])
    } else if !unclear.is_empty() {
        let why = "this AXIS OS does not tell whether they are signed and declare 13";
        Finding::Unknown(format!("{}: {why}", listed(&unclear)))
    } else {
        Finding::No
    }
}

/// Whether it declares AXIS OS 13; unknown where the camera tells that of no application.
fn declares(app: &Application, versions_told: bool) -> Option<bool> {
    let Some(ranges) = &app.os_versions else { return versions_told.then_some(false) };
    let mut declared = Some(false);
    for (lowest, highest) in ranges {
        match (Version::read(lowest), Version::read(highest)) {
            (Some(lowest), Some(highest)) if lowest.major() <= NEXT && highest.major() >= NEXT => return Some(true),
            (Some(_), Some(_)) => {}
            _ => declared = None,
        }
    }
    declared
}

fn listed(names: &[String]) -> String {
    let mut text = names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    if let Some(more) = names.len().checked_sub(NAMES).filter(|more| *more > 0) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// What somebody else wrote, fit for a sentence: bounded, and nothing in it that turns the text around or breaks it.
fn plain(text: &str, letters: usize) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
    };
    let mut shown: String = text.chars().take(letters).map(|c| if odd(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(letters).is_some() {
        shown.push('…');
    }
    shown
}
