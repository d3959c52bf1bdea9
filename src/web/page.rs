//! The status page: a snapshot in, markup out; pure. One file a widget.
//!
//! It works without JavaScript. Links are relative to `/local/c2c/status`, since the camera's web server rewrites none.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;

use crate::clock::Timestamp;
use crate::features::Features;
use crate::package::BASE;
use crate::snapshot::setting::Problem;
use crate::snapshot::{Reading, Seen, Snapshot};
use crate::verdict::{self, Cause, Mood};
use crate::web::assets;
use crate::web::words::{self, faults, labels, live, settings, verdict as say};

mod account;
mod card;
pub mod claim;
mod containers;
pub mod control;
mod jobs;
mod meter;
mod notices;
mod overview;

/// For which screens a page is made.
#[derive(Clone, Copy)]
enum Screen {
    /// For each, by its width.
    Any,
    /// For a desk's: a phone shows the same, smaller, and a narrow window a part of it.
    Desk,
}

/// Three times the longest beat: a value that is older says so.
const OLD_SECONDS: u64 = 360;

/// A part of the page that can be replaced by itself.
#[derive(Debug, Clone, Serialize)]
pub struct Piece {
    /// The id of its element.
    pub id: &'static str,
    /// Its element.
    pub html: String,
}

/// The whole page.
#[must_use]
pub fn render(snapshot: &Snapshot, features: Features, now: Timestamp) -> Markup {
    whole(&title_and_icon(snapshot), "", &pieces(snapshot, features, now), snapshot, features, now)
}

/// The parts of the page, in their order: the bar, the headline, the problems, and the widgets.
#[must_use]
pub fn pieces(snapshot: &Snapshot, features: Features, now: Timestamp) -> Vec<Piece> {
    let mut pieces = vec![
        ("bar", navigation(snapshot)),
        ("verdict", headline(snapshot)),
        ("problems", problems(&snapshot.settings.problems)),
        ("overview", overview::widget(snapshot, features, now)),
    ];
    if let Some(cards) = snapshot.cards.as_ref().filter(|_| features.card_and_jobs) {
        pieces.push(("card", card::widget(snapshot, cards, now)));
    }
    if let Some(jobs) = snapshot.jobs.as_ref().filter(|_| features.card_and_jobs) {
        pieces.push(("jobs", jobs::widget(jobs, &snapshot.earlier_jobs, now)));
    }
    pieces.into_iter().map(|(id, html)| Piece { id, html: html.into_string() }).collect()
}

/// The title of the tab and the address of its icon.
#[must_use]
pub fn title_and_icon(snapshot: &Snapshot) -> (String, String) {
    let verdict = verdict::of(snapshot);
    let title = format!("{} · {}", say::headline(&verdict), overview::device_name(snapshot));
    (title, format!("{BASE}/icon-{}.svg", mood(verdict.mood)))
}

/// The page of these pieces.
#[must_use]
pub fn whole(
    (title, icon): &(String, String),
    revision: &str,
    pieces: &[Piece],
    snapshot: &Snapshot,
    features: Features,
    now: Timestamp,
) -> Markup {
    let (bar, rest) = pieces.split_at(1.min(pieces.len()));
    let (first, widgets) = rest.split_at(2.min(rest.len()));
    let show = |piece: &Piece| PreEscaped(piece.html.clone());
    let content = html! {
        (state_of_page(revision, snapshot, now))
        @for piece in first.iter().take(1) { (show(piece)) }
        p.lost #lost role="alert" hidden {}
        @for piece in first.iter().skip(1) { (show(piece)) }
        div.widgets { @for piece in widgets { (show(piece)) } }
    };
    let head = html! {
        script src=(assets::script()) defer {}
        noscript { meta http-equiv="refresh" content="30"; }
    };
    // Packages below 1.5.1 were made for desks.
    let screen = if features.card_and_jobs { Screen::Any } else { Screen::Desk };
    frame(screen, title, icon, &head, &html! { @for piece in bar { (show(piece)) } }, &content)
}

/// A piece without the words for how long ago something was: equal as long as nothing else changes.
#[must_use]
pub fn settled(html: &str) -> String {
    // What cameras and people wrote is escaped, so the mark is our own.
    let mut parts = html.split("data-ago>");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.split_once("</time>").map_or(part, |(_, after)| after));
    }
    kept
}

fn headline(snapshot: &Snapshot) -> Markup {
    let verdict = verdict::of(snapshot);
    html! {
        header.verdict #verdict data-mood=(mood(verdict.mood)) {
            h1 { bdi { (overview::device_name(snapshot)) } }
            p.headline { span.lead { (say::lead(&verdict)) ":" } " " (say::sentence(&verdict)) }
            @let step = say::next_step(&verdict);
            p.next {
                @match place(&verdict.cause) {
                    Some(place) => a href=(place) { (step) },
                    None => (step),
                }
            }
            ol.steps aria-label=(say::STEPS) {
                @for step in &verdict.steps {
                    li data-mood=(mood(step.mood)) {
                        strong { (say::stage(step.stage)) } " "
                        span.mood { (say::mood(step.mood)) } " "
                        small { bdi { (say::step(step, snapshot)) } }
                    }
                }
            }
        }
    }
}

/// Where on the page the next step stands, when the headline says that it stands below.
fn place(cause: &Cause) -> Option<&'static str> {
    match cause {
        Cause::Card(_) | Cause::Waits(_) => Some("#card"),
        Cause::Settings(_) => Some("#problems"),
        Cause::Notices(_) | Cause::NoticesUnclear(_) => Some("#notices"),
        Cause::JobFailed => Some("#jobs"),
        _ => None,
    }
}

/// When the page was read; the script makes a sign of life of it, and takes its words from here.
fn state_of_page(revision: &str, snapshot: &Snapshot, now: Timestamp) -> Markup {
    html! {
        p.seen #seen data-revision=(revision) data-build=(assets::build(&snapshot.package.version)) data-now=(now.unix())
            data-live=(live::LIVE) data-lost=(live::LOST) data-login=(live::LOG_IN) data-back=(live::BACK)
            data-lost-verdict=(live::LOST_VERDICT) data-login-verdict=(live::LOG_IN_VERDICT)
            data-copied=(live::COPIED) data-not-copied=(live::NOT_COPIED) data-spans=(live::SPANS) {
            span #pulse {
                @if let Some(at) = snapshot.read_at() {
                    (labels::READ_AT) " " time datetime=(at) { (words::moment(&at.to_string())) } ". "
                } @else {
                    (words::NOTHING_READ) " "
                }
                a href=(format!("{BASE}/status")) { (labels::READ_AGAIN) }
            }
            span.paper #paper {}
            button #copy type="button" hidden { (live::COPY) }
        }
        p.unseen #said role="status" {}
    }
}

/// How long ago something was, and by focus or touch the exact moment; the script counts it on.
fn ago(at: Timestamp, now: Timestamp) -> Markup {
    let exact = words::moment(&at.to_string());
    // `settled` counts on the last attribute.
    html! { time datetime=(at) tabindex="0" data-exact=(exact) data-ago { (words::span(now.seconds_since(at))) } }
}

/// A moment as it is read.
fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(at) { (words::moment(&at.to_string())) } }
}

/// The same within a line that opens at a touch: there the exact moment stands in the details.
fn since(at: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(at) data-ago { (words::span(now.seconds_since(at))) } }
}

/// The page for a path that does not exist here.
#[must_use]
pub fn missing(path: &str) -> Markup {
    let content = html! {
        header.verdict data-mood="cannot-tell" {
            h1 { (labels::NO_SUCH_PAGE) }
            p.headline { (labels::NOTHING_AT) " " code { (words::foreign(path, 100)) } "." }
            p.next { a href=(format!("{BASE}/status")) { (labels::OPEN_STATUS_PAGE) } }
        }
    };
    frame(Screen::Any, labels::NO_SUCH_PAGE, &format!("{BASE}/icon.svg"), &html! {}, &html! {}, &content)
}

fn frame(screen: Screen, title: &str, icon: &str, head: &Markup, navigation: &Markup, content: &Markup) -> Markup {
    let (viewport, class) = match screen {
        Screen::Any => ("width=device-width, initial-scale=1", None),
        Screen::Desk => ("width=1024", Some("desk")),
    };
    html! {
        (DOCTYPE)
        html lang="en" class=[class] {
            head {
                meta charset="utf-8";
                meta name="viewport" content=(viewport);
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="stylesheet" href=(assets::style());
                link rel="icon" href=(icon) type="image/svg+xml";
                (head)
            }
            body {
                (navigation)
                main { (content) }
            }
        }
    }
}

fn navigation(snapshot: &Snapshot) -> Markup {
    html! {
        nav.bar #bar aria-label=(labels::CAMERA) {
            a href="/" { span.house aria-hidden="true" {} (words::HOME) }
            a href=(format!("{BASE}/help.html")) { span.info aria-hidden="true" {} (words::HELP) }
            @if let Some(link) = &snapshot.settings.help_link {
                a href=(link) title=(link) rel="noreferrer" { span.info.own aria-hidden="true" {} (words::MORE_HELP) }
            }
        }
    }
}

fn problems(problems: &[Problem]) -> Markup {
    html! {
        section.problems #problems aria-label=(labels::SETTINGS_PROBLEMS) hidden[problems.is_empty()] {
            @if !problems.is_empty() {
                div.fault {
                    p { strong { (settings::unusable(problems.len())) } " " (settings::CORRECT_THEM) }
                    ul { @for problem in problems { li { bdi { (settings::problem(problem)) } } } }
                }
            }
        }
    }
}

fn mood(mood: Mood) -> &'static str {
    match mood {
        Mood::Done => "done",
        Mood::Working => "working",
        Mood::NeedsYou => "needs-you",
        Mood::CannotTell => "cannot-tell",
    }
}

/// One row of a list of facts: the value; while it is lost what was last known, dimmed, and `more`.
fn fact<T>(label: &str, reading: &Reading<T>, now: Timestamp, show: impl Fn(&T) -> Markup, more: &Markup) -> Markup {
    html! {
        div.fact {
            dt { (label) }
            dd { (value(reading, now, show)) (more) }
        }
    }
}

/// A foreign name as one within the page: a key that stays.
fn key(name: &str) -> String {
    name.chars().filter(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(*letter)).take(80).collect()
}

/// The value of a reading. Its element stays whatever becomes of the reading: what is open in it stays open.
fn value<T>(reading: &Reading<T>, now: Timestamp, show: impl Fn(&T) -> Markup) -> Markup {
    html! {
        div.value.dim[!matches!(reading, Reading::Known { .. })] {
            @match reading {
                Reading::Pending => (words::READING),
                Reading::Known { value, .. } | Reading::Lost { last: Some(Seen { value, .. }), .. } => (show(value)),
                Reading::Lost { last: None, .. } => (words::UNKNOWN),
            }
        }
        @if let Some(at) = old(reading, now) {
            small.age { (labels::AS_OF) " " (ago(at, now)) " " (labels::AGO) }
        }
    }
}

/// When a value was read that is not of now: it was lost since, or the camera has not answered for long.
fn old<T>(reading: &Reading<T>, now: Timestamp) -> Option<Timestamp> {
    match reading {
        Reading::Known { at, .. } if now.seconds_since(*at) >= OLD_SECONDS => Some(*at),
        Reading::Lost { last: Some(Seen { at, .. }), .. } => Some(*at),
        Reading::Pending | Reading::Known { .. } | Reading::Lost { last: None, .. } => None,
    }
}

/// Why a reading was lost and what to do, in the place of what it would have told. `thing` begins a sentence.
fn fault<T>(thing: &str, reading: &Reading<T>, now: Timestamp) -> Markup {
    match reading {
        Reading::Lost { fault, since, .. } => html! {
            div.fault data-kind=(fault.kind) {
                p {
                    strong { (thing) " " (labels::COULD_NOT_BE_READ) }
                    " " (faults::meaning(fault)) " " (faults::remedy(fault.kind))
                }
                small {
                    bdi { (words::foreign(&fault.text, 300)) } " · " (labels::FOR) " " (ago(*since, now)) " · " code { (fault.kind) }
                }
            }
        },
        Reading::Pending | Reading::Known { .. } => html! {},
    }
}
