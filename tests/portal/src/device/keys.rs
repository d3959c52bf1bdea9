//! A new key follows the old one: proven by both.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;

use crate::jwk::Jwk;
use crate::members;
use crate::portal::{BODY_BYTES, Portal};
use crate::problem::{Kind, Problem};
use crate::proof;
use crate::store::devices;

use super::shown::{self, Known};

pub(crate) async fn post(
    State(portal): State<Arc<Portal>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let Known { device, shown, state } = shown::know(&portal, &id, request, BODY_BYTES).await?;
    let (key, proof) = members::read(shown.json()?, |m| {
        let key = m.any("jwk").map(Jwk::read);
        let key = key.and_then(|key| key.or_else(|| m.refuse("jwk", "is no public key of P-256")));
        let proof = m.text("proof", 4096);
        Some((key?, proof?))
    })?;
    let said = proof::succession(&proof, &key)?;
    if said.device_id != device.id {
        return Err(Problem::member("proof", "is for another camera"));
    }
    if said.key_id != shown.proof.key_id {
        return Err(Problem::member("proof", "follows another key"));
    }
    if state.key == key {
        return Err(Problem::new(Kind::Conflict, "this is the key already"));
    }
    let device_id = device.id.clone();
    portal.store.write(move |write| devices::follow(write, &device_id, &key)).await?;
    Ok(StatusCode::NO_CONTENT)
}
