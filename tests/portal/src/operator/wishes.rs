//! What an operator wishes of a camera, from the forms of its panel.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::form::{Fields, Posted};
use super::page;
use crate::clock;
use crate::portal::Portal;
use crate::problem::Problem;
use crate::store::wishes::{self, Wish};

pub(crate) async fn post(
    State(portal): State<Arc<Portal>>,
    Path((device, word)): Path<(String, String)>,
    form: Posted,
) -> Result<Response, Problem> {
    let Posted { viewer, fields } = form;
    let serial = portal.live.find(&device).map(|device| device.state().serial.clone()).unwrap_or_default();
    let wish = match read(&word, &fields, &serial) {
        Ok(wish) => wish,
        Err(said) => {
            let answer = page::refusal(StatusCode::UNPROCESSABLE_ENTITY, "This cannot be wished", said);
            return Ok(answer.into_response());
        }
    };
    let (actor, keys, id) = (Portal::actor(&viewer.operator), portal.keys.clone(), device.clone());
    let is_done = portal.store.write(move |write| wishes::wish(write, &keys, &id, &wish, &actor)).await?;
    Ok(if is_done {
        Redirect::to(&format!("/devices/video/{device}?done=wished")).into_response()
    } else {
        page::missing().into_response()
    })
}

fn text(fields: &Fields, name: &str, most: usize) -> Option<String> {
    let text = fields.get(name);
    let fits = !text.is_empty() && text.chars().count() <= most && !text.chars().any(|c| c.is_control() && c != '\n');
    fits.then(|| text.replace(['\r', '\n'], " "))
}

fn number(fields: &Fields, name: &str, least: u64, most: u64) -> Option<u64> {
    fields.get(name).parse().ok().filter(|number| (least..=most).contains(number))
}

fn choice(fields: &Fields, name: &str, choices: &[&'static str]) -> Option<&'static str> {
    choices.iter().find(|choice| **choice == fields.get(name)).copied()
}

fn read(word: &str, fields: &Fields, serial: &str) -> Result<Wish, &'static str> {
    let odd = "A field of the form cannot be used.";
    Ok(match word {
        "name" => Wish::Name(text(fields, "name", 64).ok_or("A name has 1 to 64 characters.")?),
        "prepare" => Wish::Prepare(choice(fields, "prepare", &["never", "if_needed"]).ok_or(odd)?),
        "passphrase" => Wish::NewPassphrase,
        "decide" => {
            let choice = choice(fields, "choice", &["keep", "erase"]).ok_or(odd)?;
            if choice == "erase" && !fields.get("serial").eq_ignore_ascii_case(serial) {
                return Err("The serial number that was typed is not this camera's. Nothing is erased.");
            }
            Wish::Decide { presence: text(fields, "presence", 64).ok_or(odd)?, choice }
        }
        "notify" => {
            let severity = choice(fields, "severity", &["info", "warning", "error"]).ok_or(odd)?;
            let days = match fields.get("days") {
                "" => None,
                _ => Some(number(fields, "days", 1, 365).ok_or("A notice stays for 1 to 365 days.")?),
            };
            let until = days.and_then(|days| i64::try_from(days).ok()).map(|days| clock::now() + days * 86_400);
            Wish::Notify {
                severity,
                text: text(fields, "text", 300).ok_or("A notice has 1 to 300 characters.")?,
                until,
            }
        }
        "unnotify" => Wish::Unnotify { id: text(fields, "id", 64).ok_or(odd)? },
        "interval" => Wish::Interval(number(fields, "seconds", 60, 86_400).ok_or("60 to 86400 seconds.")?),
        "account" => Wish::Account {
            group: choice(fields, "group", &["viewer", "operator"]).ok_or(odd)?,
            days: number(fields, "days", 1, 365).ok_or("1 to 365 days.")?,
        },
        "password" => Wish::NewPassword,
        "no-account" => Wish::NoAccount,
        "key" => Wish::NewKey,
        _ => return Err("There is no such wish."),
    })
}
