//! Temporary notices, at the top of System Overview. Their texts are in the rules; only the frames are ours.
//!
//! What somebody should act on stands open; what is merely good to know waits behind one line. A rule can name what
//! somebody else has written, so its text is shown as a foreign one.

use maud::{Markup, html};

use crate::snapshot::{Audience, Notice, Reading, Snapshot, Weight};
use crate::web::page::key;
use crate::web::words::{self, foreign};

/// The page tells this one by itself, above everything else.
const TOLD_ABOVE: &str = "settings-problems";
/// Letters of a notice that are shown: eight applications with long names fit in.
const LETTERS: usize = 1_500;

/// Nothing where there are none: the best place of the widget is not for empty words.
pub(super) fn widget(snapshot: &Snapshot) -> Markup {
    let (calm, open): (Vec<_>, Vec<_>) = told(snapshot).partition(|notice| notice.weight == Weight::Info);
    html! {
        @if !(calm.is_empty() && open.is_empty()) {
            section.notices #notices aria-labelledby="notices-title" {
                h3 #notices-title { (words::NOTICES) }
                @if !open.is_empty() { (list(&open)) }
                @if !calm.is_empty() {
                    details #notices-calm {
                        summary { span.name { (words::good_to_know(calm.len())) } }
                        (list(&calm))
                    }
                }
            }
        }
    }
}

/// That there are none, at the end of the widget.
pub(super) fn none(snapshot: &Snapshot) -> Markup {
    let unread = matches!(snapshot.identity, Reading::Pending) || matches!(snapshot.applications, Reading::Pending);
    html! {
        @if told(snapshot).next().is_none() {
            p.lesser #no-notices { (words::NOTICES) ": " (if unread { words::READING } else { words::NO_NOTICES }) }
        }
    }
}

fn told(snapshot: &Snapshot) -> impl Iterator<Item = &Notice> {
    snapshot.notices.iter().filter(|notice| notice.id != TOLD_ABOVE)
}

fn list(notices: &[&Notice]) -> Markup {
    html! { ul { @for notice in notices { (item(notice)) } } }
}

fn item(notice: &Notice) -> Markup {
    let Notice { id, weight, source, unknown, audience, guessed, .. } = notice;
    html! {
        li.dim[unknown.is_some()] data-notice=(key(id)) data-weight=(mark(*weight, unknown.is_some())) {
            p {
                strong { (words::notice_weight(*weight, unknown.is_some())) } " "
                @if let Some(name) = notice.organisation() { bdi { (words::notice_from(name)) } " " }
                bdi { (foreign(&words::notice_text(notice), LETTERS)) }
                @if let Some(doubt) = unknown { " " bdi { (words::notice_unknown(doubt)) } }
                @if *guessed { " " (words::NOTICE_GUESSED) }
            }
            small {
                @if *audience != Audience::Everyone { span { (words::notice_audience(*audience)) } }
                @if let Some(source) = source.as_deref().filter(|source| source.starts_with("https://")) {
                    a href=(source) rel="noreferrer" { (words::NOTICE_SOURCE) }
                }
                code { (foreign(id, 60)) }
            }
        }
    }
}

fn mark(weight: Weight, unknown: bool) -> &'static str {
    match weight {
        _ if unknown => "unknown",
        Weight::Info => "info",
        Weight::Advice => "advice",
        Weight::Warning => "warning",
    }
}
