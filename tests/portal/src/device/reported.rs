//! What a camera found. The portal keeps the last report whole; how it stands is read from it when somebody looks.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;

use crate::clock;
use crate::members::{self, Members};
use crate::portal::{Portal, REPORTED_BYTES};
use crate::problem::Problem;
use crate::store::reports::{self, Report};

use super::shown::{self, Known};

/// The largest whole number that every JSON library keeps.
pub(crate) const MOST: u64 = 9_007_199_254_740_991;

pub(crate) async fn put(
    State(portal): State<Arc<Portal>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let Known { device, shown, .. } = shown::know(&portal, &id, request, REPORTED_BYTES).await?;
    let mut report = members::read(shown.json()?, read)?;
    report.body = String::from_utf8_lossy(&shown.body).into_owned();
    let (now, device_id) = (clock::now(), device.id.clone());
    portal.store.write(move |write| reports::put(write, &device_id, &report, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read(m: &mut Members<'_>) -> Option<Report> {
    let (boot_id, seq, applied) = (m.word("boot_id", 64), m.number("seq", 1, MOST), m.number("applied", 0, MOST));
    let claim_id = if m.has("claim_id") { m.word("claim_id", 64).map(Some) } else { Some(None) };
    let ignored = m.texts("ignored", 64, 64);
    let status = m.object("status", |m| {
        let (state, reason) = (m.word("state", 64), m.word("reason", 64));
        Some((state?, reason?))
    });
    let snapshot = m.map("snapshot");
    let cards = m.list("cards", 8, |m| {
        let (slot, stand) = (m.text("slot", 64), m.word("stand", 64));
        let presence = if m.has("presence") { m.text("presence", 64).map(|_| ()) } else { Some(()) };
        let wait = if m.has("wait") { m.word("wait", 64).map(|_| ()) } else { Some(()) };
        Some((slot?, presence?, stand?, wait?))
    });
    let transitions = m.list("transitions", 200, |m| {
        let (at, code) = (m.text("at", 64), m.word("code", 64));
        if at.as_deref().is_some_and(|at| clock::read(at).is_none()) {
            return m.refuse("at", "is no moment of RFC 3339");
        }
        Some((at?, code?))
    });
    let page = if m.has("page") { m.object("page", page) } else { Some(()) };
    let (state, reason) = status?;
    let _rest = (ignored?, snapshot?, cards?, transitions?, page?);
    let (boot_id, seq, claim_id, applied) = (boot_id?, seq?, claim_id?, applied?);
    Some(Report { boot_id, seq, claim_id, applied, state, reason, body: String::new() })
}

/// Where the status page is: what a link can be made of, and nothing else.
fn page(m: &mut Members<'_>) -> Option<()> {
    let scheme = m.choice("scheme", &["http", "https"]);
    let (address, port, path) = (m.text("address", 64), m.number("port", 1, 65_535), m.text("path", 256));
    if path.as_deref().is_some_and(|path| !path.starts_with('/')) {
        return m.refuse("path", "has to begin with a slash");
    }
    let fits = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-%".contains(&byte));
    if address.as_deref().is_some_and(|address| !fits(address)) {
        return m.refuse("address", "is neither an IP address nor a name");
    }
    let _read = (scheme?, address?, port?, path?);
    Some(())
}
