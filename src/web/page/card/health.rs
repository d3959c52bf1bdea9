//! What a card tells of itself: one row of its slot.

use maud::{Markup, html};

use crate::clock::Timestamp;
use crate::snapshot::{Card, CardStatus, Condition, Health, Reading};
use crate::web::page::{key, value};
use crate::web::words::{self, health as say};

/// The row; none without a card, nor where the reading failed and nothing is known.
pub(super) fn row(card: &Card, health: Option<&Reading<Vec<Health>>>, now: Timestamp) -> Markup {
    let Some(reading) = health.filter(|_| card.status != CardStatus::Disconnected) else { return html! {} };
    let told = reading.last().and_then(|all| all.iter().find(|health| health.slot == card.slot));
    if matches!(reading, Reading::Lost { last: None, .. }) {
        return html! {};
    }
    html! {
        div.fact {
            dt { (say::HEALTH) }
            dd {
                (value(reading, now, |_| match told {
                    Some(health) => self::told(health),
                    None => html! { span.dim { (words::NOT_TOLD) } },
                }))
            }
            @if let Some(hint) = told.and_then(|health| say::health_hint(health.condition())) { dd.step { (hint) } }
        }
    }
}

fn told(health: &Health) -> Markup {
    let (condition, glance) = (health.condition(), say::at_a_glance(health));
    html! {
        details id=(format!("health-{}", key(&health.slot))) {
            summary {
                span.name {
                    @if condition == Condition::Untold {
                        span.dim { (say::health_state(condition)) }
                    } @else {
                        span.state data-state=(mark(condition)) { (say::health_state(condition)) }
                    }
                    @if !glance.is_empty() { small.reason { (glance) } }
                }
            }
            p { (say::in_full(health)) }
        }
    }
}

/// Amber where somebody should act.
fn mark(condition: Condition) -> &'static str {
    match condition {
        Condition::Good | Condition::Passed => "running",
        Condition::Worn | Condition::WornOut | Condition::Failing => "error",
        Condition::Untold => "unknown",
    }
}
