//! A request with its proof: who asks, and with which body.

use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};

use crate::clock;
use crate::live::{Device, State};
use crate::portal::Portal;
use crate::problem::{Kind, Problem};
use crate::proof::{self, Asked, Proof};
use crate::store::devices;

/// A request of whoever holds a key.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) proof: Proof,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Reads a request and judges its proof.
///
/// # Errors
/// What is wrong with the proof, and `too-large`.
pub(crate) async fn prove(portal: &Portal, request: Request, most: usize) -> Result<Shown, Problem> {
    let (parts, body) = request.into_parts();
    let large = || Problem::new(Kind::TooLarge, format!("more than {most} bytes"));
    let body = to_bytes(body, most).await.map_err(|_| large())?;
    let address = portal.url.join(parts.uri.path()).map_err(|_| Problem::new(Kind::NotFound, "no address"))?;
    let mut tokens = parts.headers.get_all("dpop").iter();
    let token = tokens.next().map(|token| token.to_str().map_err(|_| Problem::proof("no JWT"))).transpose()?;
    if tokens.next().is_some() {
        return Err(Problem::proof("more than one header DPoP"));
    }
    let asked = Asked { method: parts.method.as_str(), address: &address, body: &body };
    let proof = proof::judge(token, asked, &portal.nonces)?;
    Ok(Shown { proof, headers: parts.headers, body })
}

impl Shown {
    /// The body, if it says that it is JSON.
    ///
    /// # Errors
    /// `invalid` for another content type.
    pub(crate) fn json(&self) -> Result<&[u8], Problem> {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("application/json") {
            Ok(&self.body)
        } else {
            Err(Problem::member("", "the content type has to be application/json"))
        }
    }
}

/// A request of a camera that is known, with its own key.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) device: Arc<Device>,
    pub(crate) state: Arc<State>,
    pub(crate) shown: Shown,
}

/// Reads a request of the camera that the address names.
///
/// # Errors
/// What is wrong with the proof, `too-large`, `not-found` for a camera that is not known, `unknown-key` for the key of
/// another one.
pub(crate) async fn know(portal: &Portal, id: &str, request: Request, most: usize) -> Result<Known, Problem> {
    let shown = prove(portal, request, most).await?;
    let unknown = || Problem::new(Kind::NotFound, "this camera is not registered");
    let device = portal.live.find(id).ok_or_else(unknown)?;
    let mut state = device.state();
    let is_next = state.next.as_ref().is_some_and(|(_, id)| *id == shown.proof.key_id);
    if is_next {
        let (device_id, key_id) = (device.id.clone(), shown.proof.key_id.clone());
        portal.store.write(move |write| devices::promote(write, &device_id, &key_id)).await?;
        state = device.state();
    }
    if state.key_id != shown.proof.key_id {
        return Err(Problem::new(Kind::UnknownKey, "another key than the one that registered"));
    }
    device.saw(clock::now());
    Ok(Known { device, state, shown })
}
