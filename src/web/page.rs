//! The status page: a snapshot in, markup out; pure. One file a widget.
//!
//! It works without JavaScript. Links are relative to `/local/c2c/status`, since the camera's web server rewrites none.

use maud::{DOCTYPE, Markup, html};

use crate::clock::Timestamp;
use crate::features::Features;
use crate::package::BASE;
use crate::snapshot::{Reading, Seen, Snapshot};
use crate::verdict::{self, Mood};
use crate::web::words;

mod overview;
mod storage;

/// The whole page.
#[must_use]
pub fn render(snapshot: &Snapshot, features: Features, now: Timestamp) -> Markup {
    let verdict = verdict::of(snapshot);
    let name = overview::device_name(snapshot);
    let headline = words::headline(&verdict);
    let content = html! {
        header.verdict data-mood=(mood(verdict.mood)) {
            h1 { (name) }
            p.headline { (headline) }
            p.next { (words::next_step(&verdict)) }
            p.seen {
                "Read at " time datetime=(snapshot.taken) { (words::moment(&snapshot.taken.to_string())) } ". "
                a href=(format!("{BASE}/status")) { "Read again" }
            }
        }
        (problems(&snapshot.settings.problems))
        div.widgets {
            (overview::widget(snapshot, features, now))
            @if let Some(slots) = &snapshot.storage { (storage::widget(slots, now)) }
        }
    };
    let icon = format!("icon-{}.svg", mood(verdict.mood));
    frame(&format!("{name} · {headline}"), &icon, &navigation(snapshot), &content)
}

/// The page for a path that does not exist here.
#[must_use]
pub fn missing(path: &str) -> Markup {
    let shown: String = path.chars().take(100).collect();
    let content = html! {
        header.verdict data-mood="cannot-tell" {
            h1 { "There is no such page" }
            p.headline { "Camera-to-Cloud has nothing at " code { (shown) } "." }
            p.next { a href=(format!("{BASE}/status")) { "Open the status page" } }
        }
    };
    frame("There is no such page", "icon.svg", &html! {}, &content)
}

fn frame(title: &str, icon: &str, navigation: &Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="stylesheet" href=(format!("{BASE}/style.css"));
                link rel="icon" href=(format!("{BASE}/{icon}")) type="image/svg+xml";
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
        nav.bar aria-label="Camera" {
            a href="/" { span.house aria-hidden="true" {} "AXIS OS" }
            @if let Some(link) = &snapshot.settings.help_link {
                a href=(link) rel="noreferrer" { span.info aria-hidden="true" {} "Help" }
            }
        }
    }
}

fn problems(problems: &[String]) -> Markup {
    html! {
        @if !problems.is_empty() {
            section.problems aria-label="Settings problems" {
                div.fault {
                    p { strong { (words::unusable_settings(problems.len())) } " " (words::MEND_SETTINGS) }
                    ul { @for problem in problems { li { (problem) } } }
                }
            }
        }
    }
}

fn mood(mood: Mood) -> &'static str {
    match mood {
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

fn value<T>(reading: &Reading<T>, now: Timestamp, show: impl Fn(&T) -> Markup) -> Markup {
    match reading {
        Reading::Pending => html! { span.dim { (words::READING) } },
        Reading::Known { value, .. } => show(value),
        Reading::Lost { last: Some(Seen { value, at }), .. } => html! {
            div.dim { (show(value)) }
            small.age { "as of " time datetime=(at) { (words::span(now.seconds_since(*at))) " ago" } }
        },
        Reading::Lost { last: None, .. } => html! { span.dim { (words::UNKNOWN) } },
    }
}

/// Why a reading was lost and what to do, in the place of what it would have told. `thing` begins a sentence.
fn fault<T>(thing: &str, reading: &Reading<T>, now: Timestamp) -> Markup {
    match reading {
        Reading::Lost { fault, since, .. } => html! {
            div.fault data-kind=(fault.kind) {
                p { strong { (thing) " could not be read." } " " (words::remedy(fault.kind)) }
                small {
                    (fault.text) " · for " (words::span(now.seconds_since(*since))) " · " code { (fault.kind) }
                }
            }
        },
        Reading::Pending | Reading::Known { .. } => html! {},
    }
}
