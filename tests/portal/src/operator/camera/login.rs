//! The login that the camera made for the organisation, if it was wished.

use maud::{Markup, html};

use super::{Seen, wish};
use crate::keys::Keys;
use crate::operator::page::{ago, state};
use crate::reasons::Mood;
use crate::sealed::{self, Purpose, Sealed, Secret};
use crate::store::Fault;
use crate::store::wishes::{Kept, Wishes};

/// The account's name, on every camera.
const NAME: &str = "c2cadmin";

pub(super) fn login(seen: &Seen<'_>) -> Markup {
    let (account, told) = (seen.wishes.account.as_ref(), &seen.wishes.account_seen);
    let (mood, word) = match (account, told.state.as_deref()) {
        (Some(_), Some("taken")) => (Mood::NeedsYou, "the camera has an account of that name which is not ours"),
        (Some(_), Some("changing")) => (Mood::Working, "password being changed"),
        (Some(_), Some("confirmed")) => (Mood::Done, "there"),
        (Some(_), _) => (Mood::Working, "on its way"),
        (None, Some("confirmed" | "changing")) => (Mood::Working, "to be removed"),
        (None, _) => (Mood::Done, "none"),
    };
    html! {
        section.sheet #login {
            h2 { "Login of the camera" }
            dl.facts data-piece #account {
                div { dt { "User" } dd { code { (NAME) } @if let Some(account) = account { span.dim { " " (account.group) } } } }
                div { dt { "State" } dd { (state(mood, word)) @if let Some(at) = told.at { span.dim { " " (ago(at, seen.now)) } } } }
                @if let Some(account) = account { div { dt { "New password" } dd { "every " (account.days) " days" } } }
                @for (word, password) in &seen.revealed.passwords {
                    div.secret { dt { (word) } dd { code { (password.reveal()) } } }
                }
            }
            div.actions {
                @if told.password.is_some() || told.changing.is_some() {
                    form method="post" action={ "/devices/video/" (seen.camera.id) "/reveal#login" } {
                        input type="hidden" name="csrf" value=(seen.viewer.csrf);
                        input type="hidden" name="what" value="password";
                        button { "Show the password" }
                    }
                }
                @if account.is_some() {
                    (wish(seen, "password", &html! { button { "Order a new password" } }))
                    (wish(seen, "no-account", &html! { button.bad { "Remove the account" } }))
                }
            }
            details #account-wish {
                summary { @if account.is_some() { "Change" } @else { "Let the camera make one" } }
                (wish(seen, "account", &html! {
                    label { "Rights" select name="group" {
                        @for (group, about) in [("viewer", "viewer: may look"), ("operator", "operator: may set cameras too")] {
                            option value=(group) selected[account.is_some_and(|it| it.group == group)] { (about) }
                        }
                    } }
                    label { "A new password every so many days"
                        input type="number" name="days" min="1" max="365" value=(account.map_or(30, |it| it.days)) required; }
                    button.main { "Save" }
                }))
            }
        }
    }
}

/// The passwords that may hold: the confirmed one, and the one that is being set.
pub(super) fn passwords(keys: &Keys, device: &str, wishes: &Wishes) -> Result<Vec<(&'static str, Secret)>, Fault> {
    let open = |kept: &Kept| -> Result<Secret, Fault> {
        let sealed: Sealed = serde_json::from_str(&kept.sealed).map_err(|_| sealed::Fault::Form)?;
        let aad = sealed::bound(device, &wishes.claim_id, kept.generation);
        Ok(keys.opener.open(&sealed, Purpose::AccountPassword, &aad)?)
    };
    let told = &wishes.account_seen;
    let is_changing = told.changing.is_some();
    let mut all = Vec::new();
    if let Some(kept) = &told.password {
        all.push((if is_changing { "Password, being changed: old" } else { "Password" }, open(kept)?));
    }
    if let Some(kept) = &told.changing {
        all.push(("Password, being changed: new", open(kept)?));
    }
    Ok(all)
}
