//! Temporary notices, at the top of System Overview. Their texts are in the rules; only the frames are ours.

use maud::{Markup, html};

use crate::snapshot::{Notice, Reading, Snapshot, Weight};
use crate::web::words;

pub(super) fn widget(snapshot: &Snapshot) -> Markup {
    let unread = matches!(snapshot.identity, Reading::Pending) || matches!(snapshot.applications, Reading::Pending);
    html! {
        section.notices #notices aria-labelledby="notices-title" {
            h3 #notices-title { "Notices" }
            @if !snapshot.notices.is_empty() {
                ul { @for notice in &snapshot.notices { (item(notice)) } }
            } @else if unread {
                p.dim { (words::READING) }
            } @else {
                p.dim { (words::NO_NOTICES) }
            }
        }
    }
}

fn item(notice: &Notice) -> Markup {
    let Notice { id, weight, text, source, unknown, audience, guessed } = notice;
    html! {
        li.dim[unknown.is_some()] data-notice=(id) data-weight=(mark(*weight, unknown.is_some())) {
            strong { (words::notice_weight(*weight, unknown.is_some())) }
            p {
                (text)
                @if let Some(why) = unknown { " " (words::notice_unknown(why)) }
                @if *guessed { " " (words::NOTICE_GUESSED) }
            }
            small {
                (words::notice_audience(*audience))
                @if let Some(source) = source {
                    " · " a href=(source) rel="noreferrer" { (words::NOTICE_SOURCE) }
                }
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
