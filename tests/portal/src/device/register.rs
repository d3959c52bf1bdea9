//! Registering: a camera says what it is, and hears whether it is claimed, or the code to claim it by.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::clock;
use crate::members::{self, Members};
use crate::portal::{BODY_BYTES, Portal};
use crate::problem::{Kind, Problem};
use crate::store::devices::{self, Description, Registered};
use crate::store::tokens::{self, Shown};

use super::shown;

/// How long a camera waits between two polls that the portal did not hold, in seconds.
const POLL_SECONDS: u64 = 60;
/// The least time between two registrations while it waits to be claimed, in seconds.
const INTERVAL: u64 = 5;

/// A piece of evidence: its type, and a token if it is one.
type Evidence = (String, Option<Shown>);

pub(crate) async fn post(
    State(portal): State<Arc<Portal>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, Problem> {
    let shown = shown::prove(&portal, request, BODY_BYTES).await?;
    let (description, evidence) = members::read(shown.json()?, read)?;
    let now = clock::now();
    let (key, keys, admitting) = (shown.proof.key, portal.keys.clone(), portal.clone());
    let admit = move || {
        let slow = |wait| Problem::later(Kind::SlowDown, wait, "too many new cameras from this address");
        admitting.registrations.take(peer.ip()).map_err(slow)
    };
    let (registered, told) = portal
        .store
        .write(move |write| {
            let mut registered = devices::register(write, &description, &key, now, admit)?;
            let mut told = Vec::new();
            for (kind, token) in evidence {
                let is_good = match &token {
                    Some(token) => tokens::redeem(write, &keys, &registered.device_id, &key.id(), token, now)?,
                    None => false,
                };
                let result = if is_good { "accepted" } else { "refused" };
                told.push(json!({ "type": kind, "id": token.map(|token| token.id), "result": result }));
            }
            registered.code = devices::code(write, &registered.device_id, now)?;
            Ok((registered, told))
        })
        .await?;
    answer(&portal, &registered, told)
}

fn answer(portal: &Portal, registered: &Registered, told: Vec<Value>) -> Result<Response, Problem> {
    let device = portal.live.find(&registered.device_id);
    let device = device.ok_or_else(|| Problem::later(Kind::Unavailable, 5, "not registered yet"))?;
    device.saw(clock::now());
    let reason = device.state().reason;
    let mut body = json!({
        "device_id": device.id,
        "state": reason.state(),
        "reason": reason.word(),
        "poll_seconds": POLL_SECONDS,
        "evidence": told,
    });
    if let (Some((code, expires)), Some(object)) = (&registered.code, body.as_object_mut()) {
        let mut page = portal.url.clone();
        page.set_path("/claim");
        object.insert("user_code".into(), json!(code));
        object.insert("verification_uri".into(), json!(page.as_str()));
        page.query_pairs_mut().append_pair("code", code);
        object.insert("verification_uri_complete".into(), json!(page.as_str()));
        object.insert("expires_in".into(), json!(expires.saturating_sub(clock::now()).max(0)));
        object.insert("interval".into(), json!(INTERVAL));
    }
    let status = if registered.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(body)).into_response())
}

fn read(m: &mut Members<'_>) -> Option<(Description, Vec<Evidence>)> {
    let serial = m.text("serial", 12);
    let serial = serial.and_then(|serial| {
        if is_serial(&serial) { Some(serial) } else { m.refuse("serial", "has to be 12 hexadecimal digits, capitals") }
    });
    let (model, architecture, os) = (m.text("model", 64), m.text("architecture", 32), m.text("os", 32));
    let app = m.object("app", |m| {
        let (name, version) = (m.text("name", 64), m.text("version", 32));
        Some(format!("{} {}", name?, version?))
    });
    let evidence = if m.has("evidence") { m.list("evidence", 8, evidence) } else { Some(Vec::new()) };
    Some((Description { serial: serial?, model: model?, architecture: architecture?, os: os?, app: app? }, evidence?))
}

/// Evidence of a type that this portal does not know is refused like one that is wrong: it is no error.
fn evidence(m: &mut Members<'_>) -> Option<Evidence> {
    let kind = m.word("type", 32)?;
    if kind != "token" {
        return Some((kind, None));
    }
    let (id, mac) = (m.word("id", 64), m.word("mac", 64));
    Some((kind, Some(Shown { id: id?, mac: mac? })))
}

/// A camera's serial number: its MAC address without colons.
pub(crate) fn is_serial(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte))
}
