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
        }
        (problems(&snapshot.settings.problems))
        div.widgets {
            (overview::widget(snapshot, features, now))
            @if let Some(slots) = &snapshot.storage { (storage::widget(slots, now)) }
        }
    };
    frame(&format!("{name} · {headline}"), &navigation(snapshot), &content)
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
    frame("There is no such page", &html! {}, &content)
}

fn frame(title: &str, navigation: &Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="stylesheet" href=(format!("{BASE}/style.css"));
                link rel="icon" href=(format!("{BASE}/icon.svg")) type="image/svg+xml";
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
                @for problem in problems { p { (problem) } }
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

/// One row of a list of facts: the value, or why it is not known (with what was last known, dimmed).
fn fact<T>(label: &str, reading: &Reading<T>, now: Timestamp, show: impl Fn(&T) -> Markup) -> Markup {
    html! {
        div.fact {
            dt { (label) }
            dd { (value(reading, now, show)) }
        }
    }
}

fn value<T>(reading: &Reading<T>, now: Timestamp, show: impl Fn(&T) -> Markup) -> Markup {
    match reading {
        Reading::Pending => html! { span.dim { (words::READING) } },
        Reading::Known { value, .. } => show(value),
        Reading::Lost { last: Some(Seen { value, at }), .. } => html! {
            span.dim { (show(value)) }
            small.age { "as of " time datetime=(at) { (words::span(now.seconds_since(*at))) " ago" } }
        },
        Reading::Lost { last: None, .. } => html! { span.dim { (words::UNKNOWN) } },
    }
}

/// Why a reading was lost, beside the widget that shows it.
fn fault<T>(reading: &Reading<T>, now: Timestamp) -> Markup {
    match reading {
        Reading::Lost { fault, since, .. } => html! {
            p.fault data-kind=(fault.kind) {
                (fault.text) " "
                small { "for " (words::span(now.seconds_since(*since))) " · " code { (fault.kind) } }
            }
        },
        Reading::Pending | Reading::Known { .. } => html! {},
    }
}
