//! How the app stands with a card, and the way to the administrator's page.

use maud::{Markup, html};

use crate::package::BASE;
use crate::snapshot::{Card, CardStatus, Job, JobState, Stand, Wait};
use crate::web::words::preparation as say;

/// The row; where nothing is wished yet, a card that is in can be prepared.
pub(super) fn row(card: &Card, stand: Option<Stand>, jobs: &[Job]) -> Markup {
    let Some(stand) = stand else {
        let can_be = card.status != CardStatus::Disconnected && !card.locked && !card.read_only;
        return html! { @if can_be { div.fact { dt { (say::PREPARING) } dd { (order(say::PREPARE)) small.reason { (say::ADMINISTRATORS) } } } } };
    };
    html! {
        div.fact {
            dt { (say::PREPARING) }
            dd {
                span.state data-state=(mark(stand)) { (say::stand_state(stand)) }
                @match at_work(stand, jobs) {
                    Some(job) => small.reason { bdi { (say::step(job)) } },
                    None if needs_a_person(stand) => {},
                    None => small.reason { (say::stand_meaning(stand)) },
                }
                @if stand == Stand::Kept { (order(say::DECIDE_ANEW)) }
                @if has_ways_on(stand) { (order(say::DECIDE)) }
            }
            @if needs_a_person(stand) { dd.step { (say::stand_meaning(stand)) " " (order(say::DECIDE)) } }
        }
    }
}

/// The step under way.
fn at_work(stand: Stand, jobs: &[Job]) -> Option<&Job> {
    let runs = |job: &&Job| job.prepares() && matches!(job.state, JobState::Running { .. });
    jobs.iter().find(runs).filter(|_| stand == Stand::Working)
}

/// What is to be done about the card has been decided, is under way, or is to be decided where this row says.
pub(super) fn is_settled(stand: Stand) -> bool {
    matches!(stand, Stand::Kept | Stand::Working) || needs_a_person(stand)
}

fn needs_a_person(stand: Stand) -> bool {
    matches!(stand, Stand::Waits(wait) if wait.is_for_a_person())
}

/// Nobody is asked to decide, and yet only an order gets further.
fn has_ways_on(stand: Stand) -> bool {
    use Wait::{NotEncrypted, NotMounted, NotToBePrepared, NotWritable, Sealed};
    matches!(stand, Stand::Waits(NotEncrypted | NotMounted | NotToBePrepared | NotWritable | Sealed))
}

fn order(words: &str) -> Markup {
    html! { a.order href=(format!("{BASE}/control/card")) { (words) } }
}

/// Amber where somebody should act.
fn mark(stand: Stand) -> &'static str {
    match stand {
        Stand::Ready => "complete",
        Stand::Kept => "stopped",
        Stand::Working => "running",
        Stand::Waits(Wait::NotWritable | Wait::NotToBePrepared | Wait::Sealed) => "error",
        Stand::Waits(wait) if wait.is_for_a_person() => "error",
        Stand::Waits(_) => "idle",
    }
}
