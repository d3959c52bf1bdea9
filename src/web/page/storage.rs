//! The storage slots as applications see them.

use maud::{Markup, html};

use crate::clock::Timestamp;
use crate::snapshot::{Reading, Slot};
use crate::web::page::{fault, value};
use crate::web::words;

pub(super) fn widget(slots: &Reading<Vec<Slot>>, now: Timestamp) -> Markup {
    html! {
        section.widget #storage aria-labelledby="storage-title" {
            h2 #storage-title { "SD Card Information" }
            (fault("The state of the storage", slots, now))
            (value(slots, now, |slots| list(slots)))
        }
    }
}

fn list(slots: &[Slot]) -> Markup {
    // The card leads, whatever else the camera can store on.
    let mut ordered: Vec<_> = slots.iter().collect();
    ordered.sort_by_key(|slot| !slot.id.starts_with("SD_DISK"));
    html! {
        @if slots.is_empty() { p.dim { "This camera has no storage for applications." } }
        dl {
            @for slot in ordered {
                @let (state, meaning) = words::slot_state(slot);
                div.fact data-slot=(slot.id) {
                    dt { (words::slot_name(&slot.id)) }
                    dd {
                        span.state data-state=(mark(slot)) { (state) }
                        small.reason { (meaning) }
                        @if let Some(why) = &slot.area_fault { small.reason data-kind="area" { (why) } }
                    }
                }
            }
        }
    }
}

/// The shape beside the word: amber only where somebody should act.
fn mark(slot: &Slot) -> &'static str {
    match slot {
        Slot { exiting: true, .. } => "unknown",
        Slot { available: false, .. } => "stopped",
        Slot { full: true, .. } | Slot { writable: false, .. } => "error",
        Slot { area_held: true, .. } => "running",
        Slot { area_fault: Some(_), .. } => "error",
        Slot { .. } => "idle",
    }
}
