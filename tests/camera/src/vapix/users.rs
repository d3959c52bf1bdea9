//! pwdgrp.cgi: `action=get` only. Shape recorded (text, one group a line); adding and removing comes with the work on
//! accounts and answers 400 until then.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Ask, text};
use crate::access::Level;
use crate::device::Device;

pub(crate) async fn answer(State(device): State<Device>, ask: Ask) -> Response {
    if ask.arg("action") != Some("get") {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let accounts = device.accounts();
    let names = |least: Level| -> String {
        let names: Vec<&str> = accounts.iter().filter(|one| one.level >= least).map(|one| one.name.as_str()).collect();
        names.join(",")
    };
    text(format!(
        "admin=\"{}\"\noperator=\"{}\"\nviewer=\"{}\"\nptz=\"{}\"\ndigusers=\"{}\"\n",
        names(Level::Admin),
        names(Level::Operator),
        names(Level::Viewer),
        names(Level::Admin),
        names(Level::Viewer),
    ))
}
