//! What a camera says of the account that was wished. A new password comes before it is set, so that it is never lost.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;

use crate::clock;
use crate::members::{self, Members};
use crate::portal::{BODY_BYTES, Portal};
use crate::problem::{Kind, Problem};
use crate::sealed::{self, Purpose, Sealed};
use crate::store::wishes::{self, Said};

use super::reported::MOST;
use super::shown::{self, Known};

pub(crate) async fn put(
    State(portal): State<Arc<Portal>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let Known { device, shown, state } = shown::know(&portal, &id, request, BODY_BYTES).await?;
    let said = members::read(shown.json()?, read)?;
    let claim = state.claim.as_ref().ok_or_else(|| Problem::new(Kind::NotFound, "there is no claim"))?;
    if let Some(sealed) = &said.sealed {
        let aad = sealed::bound(&device.id, &claim.id, said.generation);
        let opened = portal.keys.opener.open(sealed, Purpose::AccountPassword, &aad);
        opened.map_err(|fault| Problem::member("sealed", fault.to_string()))?;
    }
    let (now, device_id) = (clock::now(), device.id.clone());
    let claim_id = claim.id.clone();
    portal.store.write(move |write| wishes::said(write, &device_id, &claim_id, &said, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read(m: &mut Members<'_>) -> Option<Said> {
    let generation = m.number("generation", 1, MOST);
    let state = m.choice("state", &["changing", "confirmed", "removed", "taken"]);
    let sealed = if state == Some("changing") {
        let sealed = m.object("sealed", |m| {
            let (kid, enc, ciphertext) = (m.word("kid", 64), m.word("enc", 128), m.word("ciphertext", 1024));
            Some(Sealed { kid: kid?, enc: enc?, ciphertext: ciphertext? })
        });
        Some(sealed?)
    } else if m.has("sealed") {
        return m.refuse("sealed", "comes with changing alone");
    } else {
        None
    };
    Some(Said { generation: generation?, state: state?, sealed })
}
