//! A form that somebody sent: its fields, once it is certain that it was ours.

use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts as _, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use subtle::ConstantTimeEq as _;

use super::page;
use super::session::Viewer;
use crate::portal::Portal;

/// The largest form, with a list of serial numbers in it.
const MOST: usize = 512 * 1024;

/// The fields of a form.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// A field without blanks around it; empty if it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    fn read(body: &Bytes) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }
}

/// A form of somebody who is logged in.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) viewer: Viewer,
    pub(crate) fields: Fields,
}

/// A form of anybody, from our own page.
#[derive(Debug)]
pub(crate) struct Anonymous(pub(crate) Fields);

fn refused(detail: &str) -> Response {
    page::refusal(StatusCode::FORBIDDEN, "This form was not sent", detail).into_response()
}

/// Whether a browser says that the form stands on another site's page.
fn is_foreign(portal: &Portal, headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?").to_owned());
    let origin = said("origin").is_some_and(|origin| origin != portal.url.origin().ascii_serialization());
    let site = said("sec-fetch-site").is_some_and(|site| !matches!(site.as_str(), "same-origin" | "none"));
    origin || site
}

async fn fields(portal: &Arc<Portal>, request: Request) -> Result<Fields, Response> {
    if is_foreign(portal, request.headers()) {
        return Err(refused("It came from a page of another site."));
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("multipart/form-data") {
        let mut parts = Multipart::from_request(request, portal).await.map_err(|fault| fault.into_response())?;
        let mut fields = Fields::default();
        while let Some(part) = parts.next_field().await.map_err(|fault| fault.into_response())? {
            let name = part.name().unwrap_or_default().to_owned();
            let text = part.bytes().await.map_err(|fault| fault.into_response())?;
            fields.0.push((name, String::from_utf8_lossy(&text).into_owned()));
        }
        return Ok(fields);
    }
    let body = to_bytes(request.into_body(), MOST).await;
    Ok(Fields::read(&body.map_err(|_| refused("It is too large."))?))
}

impl FromRequest<Arc<Portal>> for Anonymous {
    type Rejection = Response;

    async fn from_request(request: Request, portal: &Arc<Portal>) -> Result<Self, Response> {
        fields(portal, request).await.map(Self)
    }
}

impl FromRequest<Arc<Portal>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, portal: &Arc<Portal>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let viewer = Viewer::from_request_parts(&mut parts, portal).await.map_err(|login| login.into_response())?;
        let fields = fields(portal, Request::from_parts(parts, body)).await?;
        if bool::from(fields.get("csrf").as_bytes().ct_eq(viewer.csrf.as_bytes())) {
            Ok(Self { viewer, fields })
        } else {
            Err(refused("Its token is not this session's. Go back, load the page again, and repeat."))
        }
    }
}
