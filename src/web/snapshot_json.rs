//! `snapshot.json`: what the page shows, for programs, and what it says, in the same words. `html/snapshot.schema.json`
//! describes it.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::features::Features;
use crate::portal::report::{Seen, View};
use crate::snapshot::{Audience, Job, Notice, SettingsSeen, Snapshot, Weight};
use crate::verdict::{self, Mood, Stage, Verdict};
use crate::web::answer::{self, Content};
use crate::web::words;

/// Grows when a member goes or changes its meaning.
const SCHEMA: u32 = 1;

/// A snapshot as JSON.
#[derive(Debug)]
pub struct SnapshotJson {
    /// Equal where nothing changed but when it was read.
    pub tag: String,
    /// The JSON.
    pub json: Content,
    /// The same as a value.
    value: Value,
}

/// How a snapshot is reported to the portal: as here.
#[must_use]
pub fn reported(features: Features) -> View {
    View(Arc::new(move |snapshot| {
        let SnapshotJson { tag, value, .. } = of(snapshot, features);
        Seen { json: value, tag, code: verdict::of(snapshot).cause.code() }
    }))
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: u32,
    status: &'static str,
    reason: String,
    headline: Headline,
    notices: Vec<NoticeSeen<'a>>,
    settings: Settings<'a>,
    #[serde(flatten)]
    snapshot: &'a Snapshot,
}

/// A notice, in words.
#[derive(Serialize)]
struct NoticeSeen<'a> {
    id: &'a str,
    weight: Weight,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<&'a str>,
    source: Option<&'a str>,
    unknown: Option<String>,
    audience: Audience,
    guessed: bool,
}

/// The settings; their problems in words.
#[derive(Serialize)]
struct Settings<'a> {
    problems: Vec<String>,
    help_link: Option<&'a str>,
}

/// The headline, for machines and for people.
#[derive(Serialize)]
struct Headline {
    mood: Mood,
    code: &'static str,
    sentence: String,
    steps: Vec<StepSeen>,
}

#[derive(Serialize)]
struct StepSeen {
    step: Stage,
    mood: Mood,
    sentence: String,
}

fn headline(verdict: &Verdict, snapshot: &Snapshot) -> Headline {
    let steps = verdict.steps.iter().map(|step| StepSeen {
        step: step.stage,
        mood: step.mood,
        sentence: words::verdict::step(step, snapshot),
    });
    Headline {
        mood: verdict.mood,
        code: verdict.cause.code(),
        sentence: words::verdict::headline(verdict),
        steps: steps.collect(),
    }
}

fn notice(notice: &Notice) -> NoticeSeen<'_> {
    NoticeSeen {
        id: &notice.id,
        weight: notice.weight,
        text: words::notice_text(notice),
        organisation: notice.organisation(),
        source: notice.source.as_deref(),
        unknown: notice.unknown.as_ref().map(words::notice_unknown),
        audience: notice.audience,
        guessed: notice.guessed,
    }
}

fn settings(seen: &SettingsSeen) -> Settings<'_> {
    let problems = seen.problems.iter().map(words::settings::problem).collect();
    Settings { problems, help_link: seen.help_link.as_deref() }
}

/// The JSON of a snapshot, as far as the package's version goes.
#[must_use]
pub fn of(snapshot: &Snapshot, features: Features) -> SnapshotJson {
    let verdict = verdict::of(snapshot);
    let status = words::verdict::device_status(verdict.status);
    let answer = Answer {
        schema: SCHEMA,
        status,
        reason: words::claim::reason(&snapshot.claim),
        headline: headline(&verdict, snapshot),
        notices: snapshot.notices.iter().map(notice).collect(),
        settings: settings(&snapshot.settings),
        snapshot,
    };
    // Plain values with text for keys: this cannot fail.
    let mut value = serde_json::to_value(&answer).unwrap_or_default();
    if let Some(claim) = value.get_mut("claim").and_then(Value::as_object_mut).filter(|_| !features.device_id) {
        claim.remove("device_id");
    }
    said_of_jobs(&mut value, "jobs", snapshot.jobs.as_deref().unwrap_or_default());
    said_of_jobs(&mut value, "earlier_jobs", &snapshot.earlier_jobs);
    said_of_cards(&mut value, snapshot);
    if let (Some(told), Some(account)) = (value.get_mut("account").and_then(Value::as_object_mut), snapshot.account) {
        told.insert("words".to_owned(), words::account::at_once(account).into());
    }
    let json = value.to_string();
    let mut settled = value.clone();
    settle(&mut settled);
    SnapshotJson { tag: answer::tag([&*settled.to_string()]), json: Content::new(json), value }
}

/// Puts beside the codes of each job what the page says of it at once.
fn said_of_jobs(value: &mut Value, list: &str, jobs: &[Job]) {
    let Some(told) = value.get_mut(list).and_then(Value::as_array_mut) else { return };
    for (told, job) in told.iter_mut().filter_map(Value::as_object_mut).zip(jobs) {
        told.extend(words::jobs::at_once(job).map(|said| ("words".to_owned(), said.into())));
    }
}

/// The same of how the app stands with each card.
fn said_of_cards(value: &mut Value, snapshot: &Snapshot) {
    let Some(told) = value.get_mut("preparations").and_then(Value::as_array_mut) else { return };
    for (told, preparation) in told.iter_mut().filter_map(Value::as_object_mut).zip(&snapshot.preparations) {
        told.insert("words".to_owned(), words::preparation::stand_meaning(preparation.stand).into());
    }
}

/// Takes out the moments that are new with each reading.
fn settle(value: &mut Value) {
    let Value::Object(members) = value else { return };
    members.remove("taken");
    for reading in members.values_mut().filter_map(Value::as_object_mut) {
        if reading.get("reading").is_some_and(|reading| reading == "known") {
            reading.remove("at");
        }
    }
    if let Some(link) = value.pointer_mut("/claim/link").and_then(Value::as_object_mut) {
        link.remove("last_contact");
        link.remove("next_try");
    }
    if let Some(boot) = value.pointer_mut("/boot/value").and_then(Value::as_object_mut) {
        boot.remove("uptime_seconds");
    }
}
