//! The panel of one camera.

mod card;
mod connection;
mod login;
mod manage;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::audit;
use super::form::Posted;
use super::page::{self, Place, ago, ahead};
use super::session::Viewer;
use super::standing::{self, Standing};
use crate::clock::{self, Moment};
use crate::portal::Portal;
use crate::problem::Problem;
use crate::reasons::Visit;
use crate::sealed::Secret;
use crate::store::audit::{self as list, Entry};
use crate::store::listing::{self, Camera};
use crate::store::reports;
use crate::store::wishes::{self, Wishes};

/// Everything that the panel is made of.
struct Seen<'a> {
    viewer: &'a Viewer,
    camera: Camera,
    standing: Standing,
    wishes: Wishes,
    /// The last report of this claim, whole.
    report: Option<Value>,
    entries: Vec<Entry>,
    now: Moment,
    revealed: Revealed,
}

/// What somebody asked to see.
#[derive(Debug, Default)]
struct Revealed {
    passphrases: Vec<(u64, Secret)>,
    passwords: Vec<(&'static str, Secret)>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    #[serde(default)]
    done: String,
}

/// What was just done, for whoever did it.
fn done(word: &str) -> Option<&'static str> {
    Some(match word {
        "claimed" => "Claimed. The camera hears of it at once, and says within a minute how it stands.",
        "confirmed" => "Confirmed. The camera hears of it at once.",
        "stays" => "It stays. The other organisation hears that it was refused, and not by whom.",
        "wished" => "The camera hears of it at once, if it is there.",
        _ => return None,
    })
}

pub(crate) async fn get(
    State(portal): State<Arc<Portal>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Query(query): Query<Done>,
) -> Result<Response, Problem> {
    let said = done(&query.done).map(|said| html! { p.fault.calm role="status" { (said) } });
    shown(&portal, &viewer, &id, Revealed::default(), said.unwrap_or_default()).await
}

async fn shown(
    portal: &Portal,
    viewer: &Viewer,
    id: &str,
    revealed: Revealed,
    said: Markup,
) -> Result<Response, Problem> {
    let (organisation, now, id) = (viewer.operator.organisation_id, clock::now(), id.to_owned());
    let found = portal
        .store
        .read(move |connection| {
            let Some(camera) = listing::camera(connection, organisation, &id)? else { return Ok(None) };
            let Some(wishes) = wishes::of(connection, &id, now)? else { return Ok(None) };
            let report = reports::last(connection, &id)?.and_then(|(_, body)| serde_json::from_str(&body).ok());
            Ok(Some((camera, wishes, report, list::list(connection, organisation, Some(&id), 50)?)))
        })
        .await?;
    let Some((camera, wishes, report, entries)) = found else { return Ok(page::missing().into_response()) };
    let standing = standing::of(&camera, &portal.live, now);
    let report = report.filter(|_| camera.report.as_ref().is_some_and(|report| report.of_claim));
    let seen = Seen { viewer, camera, standing, wishes, report, entries, now, revealed };
    let content = panel(&seen, &said);
    Ok(page::whole(viewer, Place::Devices, &seen.camera.name, &content).into_response())
}

fn panel(seen: &Seen<'_>, said: &Markup) -> Markup {
    let (camera, standing, now) = (&seen.camera, &seen.standing, seen.now);
    html! {
        header.head {
            div {
                p.crumbs { "Devices / " a href="/devices/video" { "Video" } }
                h1 data-piece #name { (camera.name) }
            }
        }
        (said)
        section.verdict data-piece #verdict data-mood=(standing.reason.mood.word()) {
            p.headline { (standing.reason.title) }
            p { (standing.reason.remedy) }
            p.dim {
                "Needs a visit: " strong { (standing.reason.visit.word()) }
                @if standing.reason.visit == Visit::Unknown && standing.code != "stale" { " from here" }
                " · " code { (standing.code) } " · asked " (ago(standing.seen, now))
                @if standing.is_behind { " · wishes on their way" }
            }
            @if let Some(leaves) = camera.leaves { (leaving(seen, leaves)) }
        }
        div.columns {
            div.column { (connection::overview(seen)) (login::login(seen)) (history(seen)) }
            div.column { (card::cards(seen)) (manage::notices(seen)) (manage::settings(seen)) }
        }
    }
}

/// Another organisation wants the camera.
fn leaving(seen: &Seen<'_>, leaves: Moment) -> Markup {
    html! {
        div.fault {
            p { "Another organisation entered the code of a device with this serial number: the camera leaves " (ahead(leaves, seen.now))
                ". Release it if you gave it away. If you did not, refuse; and go and see who has it." }
            form method="post" action={ "/devices/video/" (seen.camera.id) "/stay" } {
                input type="hidden" name="csrf" value=(seen.viewer.csrf);
                button { "Refuse: it stays ours" }
            }
        }
    }
}

fn history(seen: &Seen<'_>) -> Markup {
    let changes = seen.report.as_ref().and_then(|report| report.get("transitions")?.as_array());
    let changes: Vec<(&str, &str)> = changes.map_or(Vec::new(), |all| {
        let read = all.iter().filter_map(|change| Some((change.get("at")?.as_str()?, change.get("code")?.as_str()?)));
        read.rev().take(20).collect()
    });
    html! {
        section.sheet {
            details #history {
                summary { h2 { "What happened" } }
                @if !changes.is_empty() {
                    h3 { "On the camera" }
                    ol.audit data-piece #changes {
                        @for (at, code) in &changes {
                            li { span.what { code { (code) } } span.dim { @match clock::read(at) { Some(at) => (ago(at, seen.now)), None => (at) } } }
                        }
                    }
                }
                h3 { "Here" }
                div data-piece #entries { (audit::list(&seen.entries, seen.now, false)) }
            }
        }
    }
}

/// Whoever loads the answer to a form anew sees the panel, without what was shown once.
pub(crate) async fn back(Path(id): Path<String>) -> Redirect {
    Redirect::to(&format!("/devices/video/{id}"))
}

/// A secret is shown in the answer to a form, once, and that is written down before.
pub(crate) async fn reveal(
    State(portal): State<Arc<Portal>>,
    Path(id): Path<String>,
    form: Posted,
) -> Result<Response, Problem> {
    let Posted { viewer, fields } = form;
    let what = fields.get("what");
    let act = match what {
        "passphrase" if viewer.operator.sees_secrets => "passphrase-shown",
        "password" => "password-shown",
        _ => return Ok(page::missing().into_response()),
    };
    let (actor, keys, device) = (Portal::actor(&viewer.operator), portal.keys.clone(), id.clone());
    let revealed = portal
        .store
        .write(move |write| {
            let wishes = wishes::of(&write.tx, &device, actor.at)?;
            let Some(wishes) = wishes.filter(|wishes| wishes.organisation_id == actor.organisation) else {
                return Ok(None);
            };
            list::note(write, &actor, Some(&device), act, "")?;
            let revealed = match act {
                "passphrase-shown" => {
                    Revealed { passphrases: card::passphrases(&keys, &wishes)?, ..Revealed::default() }
                }
                _ => Revealed { passwords: login::passwords(&keys, &device, &wishes)?, ..Revealed::default() },
            };
            Ok(Some(revealed))
        })
        .await?;
    match revealed {
        Some(revealed) => shown(&portal, &viewer, &id, revealed, html! {}).await,
        None => Ok(page::missing().into_response()),
    }
}

/// A form with one wish: its token, its fields, and a button.
fn wish(seen: &Seen<'_>, wish: &str, fields: &Markup) -> Markup {
    html! {
        form.wish method="post" action={ "/devices/video/" (seen.camera.id) "/wish/" (wish) } {
            input type="hidden" name="csrf" value=(seen.viewer.csrf);
            (fields)
        }
    }
}
