//! What the rules ask of a snapshot.
//!
//! AXIS OS 13 installs signed applications only, wants `compatibleOsVersions`, and rolls an upgrade back when an
//! application cannot be installed again (Axis' preview pages). That a camera which tells either of the two for one
//! application would tell it for all is seen on AXIS OS 12.11; when older versions began to tell is not known.

use super::version::Version;
use super::{Condition, Rule, Track};
use crate::snapshot::setting::Problem;
use crate::snapshot::{Application, Containers, Doubt, Fact, Reading, Refused, Snapshot, Subject};

/// The major version that is asked about.
const NEXT: u32 = 13;

/// What was found out about one side of a rule.
pub(super) enum Finding<'a> {
    /// It holds; with the facts that the text may name.
    Yes(Vec<Fact>),
    /// It holds by what is known of a support track.
    Track(&'a Track, Vec<Fact>),
    /// It does not hold.
    No,
    /// It cannot be told, for this reason.
    Unknown(Doubt),
    /// The fact is on its way.
    NotReadYet,
}

/// The value of a reading, or why there is none.
fn known<'b, T>(reading: &Reading<T>, what: Subject) -> Result<&T, Finding<'b>> {
    reading.last().ok_or_else(|| match reading.fault() {
        Some(_) => Finding::Unknown(Doubt::Lost(what)),
        None => Finding::NotReadYet,
    })
}

fn os_version<'b>(snapshot: &Snapshot) -> Result<(Version, Fact), Finding<'b>> {
    let text = &known(&snapshot.identity, Subject::Version)?.os_version;
    match Version::read(text) {
        Some(version) => Ok((version, Fact::Version(text.clone()))),
        None => Err(Finding::Unknown(Doubt::Version(text.clone()))),
    }
}

/// Whether the camera's AXIS OS is one that the rule is for.
pub(super) fn in_range<'b>(rule: &Rule, snapshot: &Snapshot) -> Finding<'b> {
    if rule.axis_os.is_empty() {
        return Finding::Yes(Vec::new());
    }
    match os_version(snapshot) {
        Ok((version, told)) if rule.axis_os.iter().any(|range| range.holds(&version)) => Finding::Yes(vec![told]),
        Ok(_) => Finding::No,
        Err(finding) => finding,
    }
}

/// Whether the rule holds today; its days compare as text.
pub(super) fn in_time<'b>(rule: &Rule, today: Option<&str>) -> Finding<'b> {
    let (Some(from), Some(until)) = (&rule.valid_from, &rule.valid_until) else { return Finding::Yes(Vec::new()) };
    match today {
        None => Finding::Unknown(Doubt::Date),
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
        Condition::ApplicationsNotReady => known(&snapshot.applications, Subject::Applications).map(|l| ready(l)),
        Condition::ClockNotSynchronised => clock(snapshot),
        Condition::NoContainerEngine => known(&snapshot.containers, Subject::Containers).map(engine),
        Condition::SettingsProblem => Ok(settings(&snapshot.settings.problems)),
        Condition::TrackEnded => os_version(snapshot).map(|(version, told)| track(tracks, &version, told, today)),
    };
    found.unwrap_or_else(|finding| finding)
}

fn clock<'b>(snapshot: &Snapshot) -> Result<Finding<'b>, Finding<'b>> {
    Ok(match known(&snapshot.time, Subject::Clock)?.synchronised {
        Some(true) => Finding::No,
        Some(false) => Finding::Yes(Vec::new()),
        None => Finding::Unknown(Doubt::NotTold),
    })
}

fn engine<'b>(containers: &Containers) -> Finding<'b> {
    match containers {
        Containers::None => Finding::Yes(Vec::new()),
        Containers::Stopped { .. } | Containers::Running { .. } => Finding::No,
    }
}

fn settings<'b>(problems: &[Problem]) -> Finding<'b> {
    if problems.is_empty() { Finding::No } else { Finding::Yes(vec![Fact::Problems(problems.to_vec())]) }
}

fn track<'a>(tracks: &'a [Track], version: &Version, told: Fact, today: Option<&str>) -> Finding<'a> {
    let track = tracks.iter().find(|track| track.axis_os.iter().any(|range| range.holds(version)));
    // A version outside all tracks is told by the rule on supported firmware.
    let Some((track, ends)) = track.and_then(|track| Some((track, track.ends.as_deref()?))) else { return Finding::No };
    match today {
        None => Finding::Unknown(Doubt::Date),
        Some(today) if today > ends => {
            let facts = vec![Fact::Track(track.name.clone()), Fact::Ends(ends.to_owned()), told];
            Finding::Track(track, facts)
        }
        Some(_) => Finding::No,
    }
}

/// Whether every application that did not come with the camera would be installed again by AXIS OS 13.
fn ready<'b>(list: &[Application]) -> Finding<'b> {
    let versions_told = list.iter().any(|app| app.os_versions.is_some());
    let (mut refused, mut unclear) = (Vec::new(), Vec::new());
    for app in list.iter().filter(|app| app.bundled != Some(true)) {
        let name = app.nice_name.clone();
        let signed = app.signature.as_ref().map(|word| word.eq_ignore_ascii_case("signed"));
        match (signed, declares(app, versions_told)) {
            (Some(true), Some(true)) => {}
            (Some(false), declared) => {
                refused.push(Refused { name, unsigned: true, undeclared: declared == Some(false) });
            }
            (_, Some(false)) => refused.push(Refused { name, unsigned: false, undeclared: true }),
            (None, _) | (_, None) => unclear.push(name),
        }
    }
    if !refused.is_empty() {
        Finding::Yes(vec![Fact::Applications(refused)])
    } else if !unclear.is_empty() {
        Finding::Unknown(Doubt::Applications(unclear))
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
