//! Who asks for a page: whoever does not say is sent to the login, and from there back.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Redirect;
use form_urlencoded::byte_serialize;

use crate::portal::Portal;
pub(crate) use crate::sessions::Viewer;

impl FromRequestParts<Arc<Portal>> for Viewer {
    type Rejection = Redirect;

    async fn from_request_parts(parts: &mut Parts, portal: &Arc<Portal>) -> Result<Self, Redirect> {
        portal.sessions.find(&parts.headers).ok_or_else(|| {
            // A code that was scanned is not to be scanned again after the login.
            let wanted = parts.uri.path_and_query().filter(|_| parts.method == "GET").map_or("/", |path| path.as_str());
            Redirect::to(&format!("/login?next={}", byte_serialize(wanted.as_bytes()).collect::<String>()))
        })
    }
}
