//! The page's style sheet and script, out of the binary: compressed, and cacheable for ever, since their names change
//! with what is in them. (Whether the camera's web server compresses its own files is not known.)

use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use bytes::Bytes;

use crate::package::BASE;
use crate::web::answer::{self, Content};

mod names {
    include!(concat!(env!("OUT_DIR"), "/names.rs"));
}

const STYLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/style.css"));
const STYLE_PRESSED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/style.css.z"));
const SCRIPT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/live.js"));
const SCRIPT_PRESSED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/live.js.z"));
const FOR_EVER: HeaderValue = HeaderValue::from_static("max-age=31536000, immutable");

/// Where the style sheet is served.
#[must_use]
pub fn style() -> String {
    format!("{BASE}/status/{}", names::STYLE)
}

/// Where the script is served.
#[must_use]
pub fn script() -> String {
    format!("{BASE}/status/{}", names::SCRIPT)
}

/// A word that changes whenever the script, the style sheet or the package's version does: a page of another build must
/// be loaded anew.
#[must_use]
pub fn build(version: &str) -> String {
    let files: String = [names::STYLE, names::SCRIPT].concat().chars().filter(char::is_ascii_hexdigit).collect();
    format!("{files}-{version}")
}

/// The file of this name; `None` where there is none, or no longer.
pub(crate) fn serve(name: &str, asked: &HeaderMap) -> Option<Response> {
    let (kind, plain, pressed) = match name {
        names::STYLE => ("text/css; charset=utf-8", STYLE, STYLE_PRESSED),
        names::SCRIPT => ("text/javascript; charset=utf-8", SCRIPT, SCRIPT_PRESSED),
        _ => return None,
    };
    let content = Content::pressed(Bytes::from_static(plain), Bytes::from_static(pressed));
    let mut file = answer::encoded(&content, HeaderValue::from_static(kind), asked);
    file.headers_mut().insert(CACHE_CONTROL, FOR_EVER);
    Some(file)
}
