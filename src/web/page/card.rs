//! SD Card Information: the slots as the disk manager tells of them, and beside each what applications see of it.

use maud::{Markup, html};

use crate::clock::Timestamp;
use crate::snapshot::{Card, CardStatus, Job, Reading, Slot, Snapshot, Stand, is_for_cards};
use crate::web::page::meter::meter;
use crate::web::page::{fault, key, value};
use crate::web::words::{self, card as say, labels};

mod health;
mod preparing;

pub(super) fn widget(snapshot: &Snapshot, cards: &Reading<Vec<Card>>, now: Timestamp) -> Markup {
    let storage = snapshot.storage.as_ref();
    let slots = storage.and_then(Reading::last).map_or(&[][..], Vec::as_slice);
    let health = snapshot.card_health.as_ref().filter(|_| !snapshot.has_no_slot());
    html! {
        section.widget #card aria-labelledby="card-title" {
            h2 #card-title { (say::TITLE) }
            (fault(labels::CARD, cards, now))
            (value(cards, now, |cards| list(snapshot, cards, now)))
            @if cards.last().is_none_or(Vec::is_empty) { (alone(slots)) }
            @if let Some(health) = health { (fault(labels::CARD_HEALTH, health, now)) }
            @if let Some(storage) = storage { (fault(labels::CARD_FOR_APPLICATIONS, storage, now)) }
        }
    }
}

fn list(snapshot: &Snapshot, cards: &[Card], now: Timestamp) -> Markup {
    let slots = snapshot.storage.as_ref().and_then(Reading::last).map_or(&[][..], Vec::as_slice);
    html! {
        @if cards.is_empty() && !slots.iter().any(|slot| is_for_cards(&slot.id)) { p.dim { (say::NO_SLOT) } }
        @for card in cards {
            div.card data-slot=(key(&card.slot)) {
                @if cards.len() > 1 { h3 { (say::slot_name(&card.slot)) } }
                (self::card(snapshot, card, slots.iter().find(|slot| slot.id == card.slot), now))
            }
        }
    }
}

/// What applications see, where the disk manager tells nothing.
fn alone(slots: &[Slot]) -> Markup {
    html! {
        @for slot in slots.iter().filter(|slot| is_for_cards(&slot.id)) {
            dl.card data-slot=(key(&slot.id)) { (for_applications(slot)) }
        }
    }
}

fn card(snapshot: &Snapshot, card: &Card, slot: Option<&Slot>, now: Timestamp) -> Markup {
    let stand = snapshot.preparations.iter().find(|one| one.slot == card.slot).map(|one| one.stand);
    let busy = stand == Some(Stand::Working) || snapshot.jobs.iter().flatten().any(Job::prepares);
    html! {
        @if let (Some(total), Some(free)) = (card.total_bytes, card.free_bytes) {
            @let percent = used_percent(total, free);
            (meter(percent, &say::used(percent)))
        }
        dl {
            div.fact { dt { (say::CAPACITY) } dd { (capacity(card)) } }
            div.fact {
                dt { (say::STATUS) }
                dd { (status(card, stand)) }
                @match say::next_step(card) {
                    // What is to be decided stands below, with where.
                    Some(_) if stand.is_some_and(preparing::is_settled) => {},
                    Some(_) if busy => dd.step data-mood="working" { (say::JOBS_FIRST) },
                    Some(step) => dd.step { (step) },
                    None => {},
                }
            }
            (health::row(card, snapshot.card_health.as_ref(), now))
            (preparing::row(card, stand, snapshot.jobs.as_deref().unwrap_or_default()))
            div.fact { dt { (say::ENCRYPTION) } dd { (say::encryption(card)) } }
            @if let Some(slot) = slot { (for_applications(slot)) }
        }
    }
}

fn capacity(card: &Card) -> Markup {
    let Some(total) = card.total_bytes else {
        let words = if card.status == CardStatus::Disconnected { say::NO_CARD } else { words::NOT_TOLD };
        return html! { span.dim { (words) } };
    };
    html! {
        details id=(format!("capacity-{}", key(&card.slot))) {
            summary { span.name { (say::capacity(Some(total), card.free_bytes)) } }
            p {
                (say::capacity_exactly(total, card.free_bytes))
                @if let Some(filesystem) = &card.filesystem { " " (say::filesystem(filesystem)) }
            }
        }
    }
}

fn status(card: &Card, stand: Option<Stand>) -> Markup {
    let is_at_rest = matches!(stand, Some(Stand::Kept | Stand::Working));
    let mark = if is_at_rest && mark(card) == "error" { "idle" } else { mark(card) };
    html! {
        span.state data-state=(mark) { bdi { (say::status(&card.status)) } }
        small.reason { (say::meaning(&card.status)) }
        @for words in say::flags(card) { small.reason { (words) } }
    }
}

fn for_applications(slot: &Slot) -> Markup {
    let (state, meaning) = say::slot_state(slot);
    html! {
        div.fact data-area=(key(&slot.id)) {
            dt { (say::FOR_APPLICATIONS) }
            dd {
                span.state data-state=(slot_mark(slot)) { (state) }
                small.reason { (meaning) }
                @if let Some(why) = &slot.area_fault { small.reason data-kind="area" { bdi { (why) } } }
            }
        }
    }
}

/// The share that is used, in whole percent; nothing is used where more is free than there is.
fn used_percent(total: u64, free: u64) -> u64 {
    let used = u128::from(total.saturating_sub(free)) * 100;
    used.checked_div(u128::from(total)).and_then(|percent| percent.try_into().ok()).unwrap_or(0)
}

/// The shape beside the status: amber wherever there is something to do.
fn mark(card: &Card) -> &'static str {
    match card.status {
        CardStatus::Ok if say::next_step(card).is_none() => "running",
        CardStatus::Disconnected => "stopped",
        CardStatus::Other(_) => "unknown",
        _ => "error",
    }
}

/// The shape beside what applications see: amber only where somebody should act.
fn slot_mark(slot: &Slot) -> &'static str {
    match slot {
        Slot { exiting: true, .. } => "unknown",
        Slot { available: false, .. } => "stopped",
        Slot { full: true, .. } | Slot { writable: false, .. } => "error",
        Slot { area_held: true, .. } => "running",
        Slot { area_fault: Some(_), .. } => "error",
        Slot { .. } => "idle",
    }
}
