//! The SD card: what the camera says of it, what becomes of it, and its passphrase for those who may see it.

use maud::{Markup, html};
use serde_json::Value;

use super::{Seen, wish};
use crate::keys::Keys;
use crate::operator::page::ago;
use crate::reasons;
use crate::sealed::Secret;
use crate::store::wishes::{Kept, Wishes};
use crate::store::{Fault, claims};

pub(super) fn cards(seen: &Seen<'_>) -> Markup {
    let cards = seen.report.as_ref().and_then(|report| report.get("cards")?.as_array());
    html! {
        section.sheet #card {
            h2 { "SD card" }
            div data-piece #cards {
                @match cards {
                    None => p.dim { "The camera has not said how it stands." },
                    Some(cards) if cards.is_empty() => p.dim { "The camera has no slot." },
                    Some(cards) => @for card in cards { (one(seen, card)) },
                }
            }
            (prepare(seen))
            (passphrase(seen))
        }
    }
}

fn one(seen: &Seen<'_>, card: &Value) -> Markup {
    let text = |name: &str| card.get(name).and_then(Value::as_str).unwrap_or_default();
    let (presence, wait) = (text("presence"), text("wait"));
    let code = if wait.is_empty() { text("stand") } else { wait };
    let reason = reasons::of(code);
    let decided = seen.wishes.decisions.iter().rev().find(|decision| decision.presence == presence);
    html! {
        dl.facts {
            div { dt { (text("slot")) } dd { (crate::operator::page::state(reason.mood, text("stand")))
                @if !wait.is_empty() { small.dim { "waits: " code { (wait) } " — " (reason.title) } } } }
            @if let Some(decided) = decided {
                div { dt { "Decided" } dd { strong { (decided.choice) } " " (ago(decided.made, seen.now)) span.dim { "; holds for ten minutes" } } }
            }
        }
        @if !presence.is_empty() { details #{ "decide-" (presence) } open[reason.mood == reasons::Mood::NeedsYou && decided.is_none()] {
            summary { "Decide over what is on it" }
            (wish(seen, "decide", &html! {
                input type="hidden" name="presence" value=(presence);
                input type="hidden" name="choice" value="keep";
                button { "Keep it as it is" }
            }))
            (wish(seen, "decide", &html! {
                input type="hidden" name="presence" value=(presence);
                input type="hidden" name="choice" value="erase";
                label { "To erase everything on it, type the camera's serial number"
                    input name="serial" autocomplete="off" spellcheck="false" placeholder=(seen.camera.serial) required; }
                button.bad { "Erase this card" }
            }))
        } }
    }
}

fn prepare(seen: &Seen<'_>) -> Markup {
    let now = seen.wishes.prepare.as_str();
    wish(
        seen,
        "prepare",
        &html! {
            label { "Cards are prepared (encrypted, formatted, mounted)"
                select name="prepare" {
                    option value="never" selected[now == "never"] { "never by the portal's wish" }
                    option value="if_needed" selected[now == "if_needed"] { "where there is nothing to lose" }
                }
            }
            button { "Save" }
        },
    )
}

fn passphrase(seen: &Seen<'_>) -> Markup {
    html! {
        h3 { "Passphrase" }
        @for (generation, secret) in &seen.revealed.passphrases {
            p.secret { "No. " (generation) ": " code { (secret.reveal()) } }
        }
        p.dim { "This claim has one of its own, no. " (seen.wishes.passphrase.generation) ". It is kept sealed, and goes to this camera alone." }
        div.actions {
            @if seen.viewer.operator.sees_secrets {
                form method="post" action={ "/devices/video/" (seen.camera.id) "/reveal#card" } {
                    input type="hidden" name="csrf" value=(seen.viewer.csrf);
                    input type="hidden" name="what" value="passphrase";
                    button { "Show it" }
                }
            }
            (wish(seen, "passphrase", &html! { button { "Make a new one" } }))
        }
        p.dim { "Whoever shows it stands in the audit list." }
    }
}

/// The passphrase, and the one before it.
pub(super) fn passphrases(keys: &Keys, wishes: &Wishes) -> Result<Vec<(u64, Secret)>, Fault> {
    let open = |kept: &Kept| claims::kept(keys, &kept.sealed, &wishes.claim_id, kept.generation);
    let mut all = vec![(wishes.passphrase.generation, open(&wishes.passphrase)?)];
    if let Some(kept) = &wishes.previous {
        all.push((kept.generation, open(kept)?));
    }
    Ok(all)
}
