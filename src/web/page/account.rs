//! The account that an organisation wishes on the camera: a line where there is one, or should be.

use maud::{Markup, html};

use crate::snapshot::{Account, AccountState};
use crate::web::words::account as say;

pub(super) fn line(account: Option<Account>) -> Markup {
    let Some(account) = account else { return html! {} };
    let mark = match (account.state, account.reason) {
        (_, Some(why)) if !why.is_passing() => "error",
        (AccountState::Ready, _) => "running",
        _ => "idle",
    };
    html! {
        div.fact {
            dt { (say::LABEL) }
            dd {
                span.state data-state=(mark) { (say::state(account.state)) }
                small.reason { (say::at_once(account)) }
            }
        }
    }
}
