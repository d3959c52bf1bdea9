//! Who did what.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use super::page::{self, Place, ago};
use super::session::Viewer;
use crate::clock::{self, Moment};
use crate::portal::Portal;
use crate::problem::Problem;
use crate::store::audit::{self, Entry};

/// So many entries are shown.
const MOST: u32 = 500;

/// What each act is called.
pub(crate) fn said(act: &str) -> &str {
    match act {
        "claimed" => "Claimed, by",
        "released" => "Released, by the",
        "code-entered" => "Code entered of a camera that is another organisation's; it passes",
        "leaves" => "Its code was entered elsewhere; it leaves",
        "stays" => "Refused to let it pass",
        "refused-to-you" => "The organisation that has it refused to let it pass",
        "left" => "Passed to the organisation that entered its code",
        "key-changed" => "The camera changed its key",
        "token-made" => "One-time token made:",
        "approved" => "Serial numbers approved:",
        "approval-withdrawn" => "Approval withdrawn:",
        "named" => "Named",
        "prepare" => "SD card to be prepared:",
        "passphrase-new" => "New passphrase for the SD card",
        "passphrase-shown" => "Passphrase of the SD card shown",
        "password-shown" => "Login of the camera shown",
        "decided" => "Decided over the SD card:",
        "notice" => "Notice",
        "notice-gone" => "Notice taken back",
        "interval" => "Seconds between reports:",
        "account" => "Account wished:",
        "password-new" => "New password ordered",
        "account-gone" => "Account wished away",
        "account-said" => "The camera says of the account:",
        "key-new" => "New key ordered",
        other => other,
    }
}

pub(crate) async fn get(State(portal): State<Arc<Portal>>, viewer: Viewer) -> Result<Response, Problem> {
    let organisation = viewer.operator.organisation_id;
    let entries = portal.store.read(move |connection| audit::list(connection, organisation, None, MOST)).await?;
    let content = html! {
        header.head { h1 { "Audit" } }
        section.sheet data-piece #audit {
            @if entries.is_empty() { p { "Nothing was done yet." } }
            (list(&entries, clock::now(), true))
        }
    };
    Ok(page::whole(&viewer, Place::Audit, "Audit", &content).into_response())
}

/// Entries, newest first.
pub(crate) fn list(entries: &[Entry], now: Moment, with_cameras: bool) -> Markup {
    html! {
        ol.audit {
            @for entry in entries {
                li {
                    span.what { (said(&entry.act)) @if !entry.note.is_empty() { " " (entry.note) } }
                    @if with_cameras {
                        @if let (Some(id), Some(serial)) = (&entry.device_id, &entry.serial) {
                            a href={ "/devices/video/" (id) } { (serial) }
                        }
                    }
                    span.dim { (entry.who) ", " (ago(entry.at, now)) }
                }
            }
        }
    }
}
