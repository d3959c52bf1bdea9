//! An administrator at the camera ended the claim.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;

use crate::clock;
use crate::members;
use crate::portal::{BODY_BYTES, Portal};
use crate::problem::Problem;
use crate::store::audit::Actor;
use crate::store::claims;

use super::shown::{self, Known};

/// `204` whether the claim was there or not: the camera wants to be rid of it, and it is.
pub(crate) async fn post(
    State(portal): State<Arc<Portal>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let Known { device, shown, state } = shown::know(&portal, &id, request, BODY_BYTES).await?;
    let named = members::read(shown.json()?, |m| m.word("claim_id", 64))?;
    if let Some(claim) = state.claim.as_ref().filter(|claim| claim.id == named) {
        let actor = Actor::camera(claim.organisation_id, clock::now());
        let (device_id, keys) = (device.id.clone(), portal.keys.clone());
        portal.store.write(move |write| claims::release(write, &keys, &device_id, &named, "camera", &actor)).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
