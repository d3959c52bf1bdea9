//! What all pages have: the frame, the way around, and how moments and states are shown.

use axum::http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use super::session::Viewer;
use crate::clock::{self, Moment};
use crate::reasons::Mood;

/// The style sheet.
pub(crate) const STYLE: &str = include_str!("../../html/style.css");
/// The script that keeps an open page true.
pub(crate) const SCRIPT: &str = include_str!("../../html/live.js");
/// The portal's mark.
pub(crate) const ICON: &str = include_str!("../../html/icon.svg");

/// Where on the portal a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Devices,
    Claim,
    Advance,
    Audit,
}

const PLACES: &[(Place, &str, &str)] = &[
    (Place::Devices, "/devices/video", "Devices"),
    (Place::Claim, "/claim", "Claim"),
    (Place::Advance, "/advance", "In advance"),
    (Place::Audit, "/audit", "Audit"),
];

fn head(title: &str, is_live: bool) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) }
            link rel="icon" href="/icon.svg";
            link rel="stylesheet" href="/style.css";
            @if is_live { script src="/live.js" defer {} }
        }
    }
}

/// A page of somebody who is logged in.
pub(crate) fn whole(viewer: &Viewer, place: Place, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, true))
            body {
                a.skip href="#content" { "To the content" }
                header.bar {
                    a.home href="/devices/video" { img src="/icon.svg" alt="" width="24" height="24"; span { (viewer.operator.organisation) } }
                    nav aria-label="Portal" {
                        @for (its, href, name) in PLACES {
                            a href=(href) aria-current=[(*its == place).then_some("page")] { (name) }
                        }
                    }
                    form.leave method="post" action="/logout" {
                        input type="hidden" name="csrf" value=(viewer.csrf);
                        button { "Log out" span.dim { " " (viewer.operator.name) } }
                    }
                }
                main #content { (content) }
                p.pulse #pulse role="status" hidden { "The portal does not answer; what you see may be old." }
            }
        }
    }
}

/// A page of nobody in particular.
pub(crate) fn bare(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, false))
            body.bare { main #content { (content) } }
        }
    }
}

/// That something cannot be, and why.
pub(crate) fn refusal(status: StatusCode, title: &str, detail: &str) -> (StatusCode, Markup) {
    let content = html! {
        section.sheet {
            h1 { (title) }
            p { (detail) }
            p { a href="/devices/video" { "To the devices" } }
        }
    };
    (status, bare(title, &content))
}

/// That there is no such thing, or none that this organisation may see: nobody is told which.
pub(crate) fn missing() -> (StatusCode, Markup) {
    refusal(
        StatusCode::NOT_FOUND,
        "There is no such thing here",
        "It may have been released, or be another organisation's.",
    )
}

/// How long ago, in the largest unit that is not nought; the exact moment is there too.
pub(crate) fn ago(at: Moment, now: Moment) -> Markup {
    let seconds = now.saturating_sub(at).max(0);
    html! { time datetime=(clock::written(at)) title=(clock::written(at)) { (span(seconds)) " ago" } }
}

/// How long from now.
pub(crate) fn ahead(at: Moment, now: Moment) -> Markup {
    html! { time datetime=(clock::written(at)) title=(clock::written(at)) { "in " (span(at.saturating_sub(now).max(0))) } }
}

fn span(seconds: i64) -> String {
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5999 => format!("{} min", seconds / 60),
        6000..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A key's id as two people compare it: the first half, in fours.
pub(crate) fn fingerprint(key_id: &str) -> Markup {
    let letters: Vec<char> = key_id.chars().take(20).collect();
    let fours: Vec<String> = letters.chunks(4).map(|four| four.iter().collect()).collect();
    html! { code.key title=(key_id) { (fours.join(" ")) } }
}

/// A word with the mark of its mood.
pub(crate) fn state(mood: Mood, word: &str) -> Markup {
    html! { span.state data-mood=(mood.word()) { (word) } }
}
