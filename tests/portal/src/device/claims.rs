//! Where a camera waits: its claims, signed.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::clock;
use crate::live;
use crate::portal::{BODY_BYTES, Portal};
use crate::problem::{Kind, Problem};
use crate::proof::Proof;
use crate::text;

use super::shown::{self, Known};

pub(crate) async fn get(
    State(portal): State<Arc<Portal>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let Known { device, shown, .. } = shown::know(&portal, &id, request, BODY_BYTES).await?;
    let mut following = device.follow();
    let mut state = following.borrow_and_update().clone();
    if knows(&shown.headers, &etag(&portal, &state)) {
        let wait = wait(&shown.headers).min(portal.wait_seconds);
        let changed = async {
            following.wait_for(|state| !knows(&shown.headers, &etag(&portal, state))).await.map(|s| s.clone())
        };
        match tokio::time::timeout(Duration::from_secs(wait), changed).await {
            Ok(Ok(changed)) => state = changed,
            Ok(Err(_)) | Err(_) => {
                device.saw(clock::now());
                return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag(&portal, &state))]).into_response());
            }
        }
    }
    device.saw(clock::now());
    let document = document(&portal, &device.id, &shown.proof, &state);
    let signed = sign(&portal, "c2c-claims+jwt", &document)?;
    Ok(([(header::CONTENT_TYPE, "application/jose".to_owned()), (header::ETAG, etag(&portal, &state))], signed)
        .into_response())
}

fn document(portal: &Portal, device_id: &str, proof: &Proof, state: &live::State) -> Value {
    let claims = state.claim.iter().map(|claim| {
        json!({
            "claim_id": claim.id,
            "organisation": { "name": claim.organisation },
            "since": clock::written(claim.since),
            "desired": claim.desired,
        })
    });
    let mut document = json!({
        "device_id": device_id,
        "key_id": proof.key_id,
        "answers": proof.jti,
        "generation": state.generation,
        "claims": claims.collect::<Vec<_>>(),
        "reason": state.reason.word(),
        "signing_keys": portal.keys.counted().iter().map(|key| key.named()).collect::<Vec<_>>(),
    });
    if let (Some(released), Some(object)) = (&state.released, document.as_object_mut()) {
        let (organisation, at) = (json!({ "name": released.organisation }), clock::written(released.at));
        object.insert("released".into(), json!({ "organisation": organisation, "at": at, "by": released.by }));
    }
    document
}

/// Signs a document.
///
/// # Errors
/// `unavailable` when the library fails.
pub(crate) fn sign(portal: &Portal, kind: &str, document: &Value) -> Result<String, Problem> {
    portal.keys.sign(kind, document).map_err(|fault| {
        log::error!("signing: {fault}");
        Problem::later(Kind::Unavailable, 30, "the answer could not be signed")
    })
}

/// Generation and keys say everything that the list says, but for what names the request.
fn etag(portal: &Portal, state: &live::State) -> String {
    let keys: Vec<String> = portal.keys.counted().iter().map(|key| key.id()).collect();
    let digest = text::encode(&text::sha256(keys.concat().as_bytes()));
    format!("\"{}-{}\"", state.generation, digest.chars().take(8).collect::<String>())
}

/// Whether the camera says that it knows this state.
fn knows(headers: &HeaderMap, known: &str) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    tags.flat_map(|tags| tags.split(',')).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == known
    })
}

/// The seconds of `Prefer: wait=…` (RFC 7240); 0 without.
fn wait(headers: &HeaderMap) -> u64 {
    let texts = headers.get_all("prefer").iter().filter_map(|value: &HeaderValue| value.to_str().ok());
    let mut preferences = texts.flat_map(|text| text.split([',', ';']));
    let found = preferences.find_map(|one| {
        let (name, value) = one.split_once('=')?;
        name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"').parse().ok())?
    });
    found.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_among_other_preferences() {
        let waits = |text: &'static str| {
            wait(&HeaderMap::from_iter([("prefer".parse().unwrap(), HeaderValue::from_static(text))]))
        };
        assert_eq!([waits("wait=60"), waits("respond-async, Wait = \"9\""), waits("wait=x"), waits("")], [60, 9, 0, 0]);
    }
}
