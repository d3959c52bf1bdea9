//! Claiming by a code, in the words of RFC 8628; confirming a new key; releasing.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::form::Posted;
use super::page::{self, Place};
use super::session::Viewer;
use crate::clock;
use crate::codes;
use crate::portal::Portal;
use crate::problem::Problem;
use crate::store::claims::{self, Entered};

#[derive(Debug, Deserialize)]
pub(crate) struct Scanned {
    #[serde(default)]
    code: String,
}

/// What came of the last attempt.
enum Said {
    Nothing,
    Trouble(String),
    Pending(String),
}

pub(crate) async fn get(State(portal): State<Arc<Portal>>, viewer: Viewer, Query(scanned): Query<Scanned>) -> Markup {
    shown(&portal, &viewer, &scanned.code, &Said::Nothing)
}

fn shown(portal: &Portal, viewer: &Viewer, code: &str, said: &Said) -> Markup {
    let content = html! {
        header.head { h1 { "Claim a camera" } }
        section.sheet {
            @match said {
                Said::Nothing => {}
                Said::Trouble(trouble) => p.fault role="alert" { (trouble) },
                Said::Pending(until) => p.fault role="status" {
                    "This camera is another organisation's. It was told, and the camera comes to " (viewer.operator.organisation)
                    " on " time { (until) } ", or as soon as it is released there."
                },
            }
            form.code method="post" action="/claim" {
                input type="hidden" name="csrf" value=(viewer.csrf);
                label { "The code on the camera's status page"
                    input name="code" value=(code) placeholder="XXXX-XXXX" autocomplete="off" autocapitalize="characters"
                        spellcheck="false" maxlength="32" required autofocus; }
                button.main { "Claim for " (viewer.operator.organisation) }
            }
            p.dim { "Enter a code only if you see it on the camera's own page yourself, or know who reads it to you: whoever sends you a code "
                "may want you to take a camera that is not yours." }
        }
        section.sheet {
            h2 { "Is it this portal that the camera talks to?" }
            p { "The camera's page shows the portal's key beside the code. It has to be the same as here:" }
            p { (page::fingerprint(&portal.keys.signing_public.id())) }
        }
    };
    page::whole(viewer, Place::Claim, "Claim a camera", &content)
}

pub(crate) async fn post(State(portal): State<Arc<Portal>>, form: Posted) -> Result<Response, Problem> {
    let Posted { viewer, fields } = form;
    let typed = fields.get("code").to_owned();
    let answer = |status: StatusCode, said: Said| Ok((status, shown(&portal, &viewer, &typed, &said)).into_response());
    if let Err(wait) = portal.codes.take(viewer.operator.organisation_id) {
        let said = Said::Trouble(format!("Too many codes. Try again in {wait} s."));
        return answer(StatusCode::TOO_MANY_REQUESTS, said);
    }
    let Some(code) = codes::read(&typed) else {
        let said = "A code has eight of the letters C D F H J K M N P Q R T V W X Y and the digits 3 4 7 9.";
        return answer(StatusCode::UNPROCESSABLE_ENTITY, Said::Trouble(said.into()));
    };
    let (actor, keys, waiting) = (Portal::actor(&viewer.operator), portal.keys.clone(), portal.waiting);
    let entered = portal.store.write(move |write| claims::enter(write, &keys, &code, &actor, waiting)).await?;
    match entered {
        Entered::Claimed(device) => {
            portal.codes.forgive(&viewer.operator.organisation_id);
            Ok(Redirect::to(&format!("/devices/video/{device}?done=claimed")).into_response())
        }
        Entered::Pending(until) => answer(StatusCode::ACCEPTED, Said::Pending(clock::written(until))),
        Entered::Unknown => {
            let said =
                "No camera shows this code now. A code holds for a day; the camera's page shows the one that counts.";
            answer(StatusCode::NOT_FOUND, Said::Trouble(said.into()))
        }
    }
}

pub(crate) async fn confirm(
    State(portal): State<Arc<Portal>>,
    Path(device): Path<String>,
    Posted { viewer, .. }: Posted,
) -> Result<Response, Problem> {
    let (actor, keys, id) = (Portal::actor(&viewer.operator), portal.keys.clone(), device.clone());
    let is_done = portal.store.write(move |write| claims::confirm(write, &keys, &id, &actor)).await?;
    Ok(if is_done {
        Redirect::to(&format!("/devices/video/{device}?done=confirmed")).into_response()
    } else {
        page::missing().into_response()
    })
}

/// The organisation that has the camera refuses to let it pass by waiting.
pub(crate) async fn stay(
    State(portal): State<Arc<Portal>>,
    Path(device): Path<String>,
    Posted { viewer, .. }: Posted,
) -> Result<Response, Problem> {
    let (actor, id) = (Portal::actor(&viewer.operator), device.clone());
    let is_done = portal.store.write(move |write| claims::stay(write, &id, &actor)).await?;
    Ok(if is_done {
        Redirect::to(&format!("/devices/video/{device}?done=stays")).into_response()
    } else {
        page::missing().into_response()
    })
}

pub(crate) async fn release(
    State(portal): State<Arc<Portal>>,
    Path(device): Path<String>,
    Posted { viewer, fields }: Posted,
) -> Result<Response, Problem> {
    let (actor, keys, claim) = (Portal::actor(&viewer.operator), portal.keys.clone(), fields.get("claim").to_owned());
    let write = portal.store.write(move |write| claims::release(write, &keys, &device, &claim, "portal", &actor));
    Ok(if write.await? { Redirect::to("/devices/video").into_response() } else { page::missing().into_response() })
}
