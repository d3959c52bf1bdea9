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
            (value(slots, now, |slots| list(slots)))
            (fault(slots, now))
        }
    }
}

fn list(slots: &[Slot]) -> Markup {
    html! {
        @if slots.is_empty() { p.dim { "This camera has no storage for applications." } }
        dl {
            @for slot in slots {
                @let (state, meaning) = words::slot_state(slot);
                div.fact data-slot=(slot.id) {
                    dt { (words::slot_name(&slot.id)) }
                    dd { (state) small.reason { (meaning) } }
                }
            }
        }
    }
}
