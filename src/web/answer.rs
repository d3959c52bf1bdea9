//! Answers that cost little to ask for again: entity tags, and compression for those who ask for it.
//!
//! It is `deflate` (zlib, RFC 9110), which all browsers take: with the checksum of gzip the package would be 2 % bigger.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::sync::OnceLock;

use axum::body::Body;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Bytes that are made once and given to many.
#[derive(Debug)]
pub struct Content {
    plain: Bytes,
    pressed: OnceLock<Bytes>,
}

impl Content {
    /// Compressed when somebody first asks for it so.
    #[must_use]
    pub fn new(plain: impl Into<Bytes>) -> Self {
        Self { plain: plain.into(), pressed: OnceLock::new() }
    }

    /// Compressed already.
    #[must_use]
    pub fn pressed(plain: Bytes, pressed: Bytes) -> Self {
        Self { plain, pressed: OnceLock::from(pressed) }
    }

    /// As it was made.
    #[must_use]
    pub fn plain(&self) -> &[u8] {
        &self.plain
    }

    fn deflated(&self) -> Bytes {
        let press = || {
            let mut pressed = ZlibEncoder::new(Vec::new(), Compression::new(6));
            // Writing into memory does not fail; if it did, the plain bytes would be told as what they are.
            let written = pressed.write_all(&self.plain).and_then(|()| pressed.finish());
            written.map_or_else(|_| Bytes::new(), Bytes::from)
        };
        self.pressed.get_or_init(press).clone()
    }
}

const BY_ENCODING: HeaderValue = HeaderValue::from_static("accept-encoding");
/// What an answer gets in the end, so that its map of headers never has to grow.
const MOST_HEADERS: usize = 8;
const DEFLATE: HeaderValue = HeaderValue::from_static("deflate");

/// The content, of this kind, compressed where the request allows it.
pub(crate) fn encoded(content: &Content, kind: HeaderValue, asked: &HeaderMap) -> Response {
    let pressed = if takes_deflate(asked) { content.deflated() } else { Bytes::new() };
    let plain = pressed.is_empty();
    let mut response = Response::new(Body::from(if plain { content.plain.clone() } else { pressed }));
    let headers = response.headers_mut();
    headers.reserve(MOST_HEADERS);
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(VARY, BY_ENCODING);
    if !plain {
        headers.insert(CONTENT_ENCODING, DEFLATE);
    }
    response
}

/// Answers with `content`, or with 304 where the request names its tag. The tag is a weak one: the same facts, though
/// the moment at which they were read may be another.
pub(crate) fn tagged(tag: &str, content: impl FnOnce() -> Response, asked: &HeaderMap) -> Response {
    let tag = format!("W/\"{tag}\"");
    let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let opaque = tag.trim_start_matches("W/");
    let same = known.flat_map(|value| value.split(',')).any(|one| one.trim().trim_start_matches("W/") == opaque);
    let mut response = if same { StatusCode::NOT_MODIFIED.into_response() } else { content() };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// A tag for these words: equal where they are equal, within one build of the app.
#[must_use]
pub fn tag<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = DefaultHasher::new();
    for word in words {
        word.hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// Whether `Accept-Encoding` names deflate, and not with the quality 0 that forbids it.
fn takes_deflate(asked: &HeaderMap) -> bool {
    let values = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("deflate"));
        let quality = parts.find_map(|part| part.strip_prefix("q=")).unwrap_or("1");
        let number = quality.chars().all(|c| c.is_ascii_digit() || c == '.');
        named && number && quality.contains(|c: char| ('1'..='9').contains(&c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(name: axum::http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn compression_is_given_to_those_alone_who_ask_for_it() {
        for (value, given) in [
            ("deflate", true),
            ("gzip, deflate, br, zstd", true),
            ("br;q=1.0, DEFLATE;q=0.5", true),
            ("deflate;q=0", false),
            ("deflate; q=0.000", false),
            ("deflate;q=much", false),
            ("identity", false),
            ("gzip, x-deflate-not", false),
            ("", false),
        ] {
            assert_eq!(takes_deflate(&asks(ACCEPT_ENCODING, value)), given, "{value:?}");
        }
        assert!(!takes_deflate(&HeaderMap::new()));
    }

    #[test]
    fn who_names_the_tag_gets_no_body_and_everybody_gets_the_tag() {
        let answer = |value| tagged("abc", || "body".into_response(), &asks(IF_NONE_MATCH, value));
        for (value, status) in
            [("W/\"abc\"", 304), ("\"abc\"", 304), ("\"x\", W/\"abc\"", 304), ("\"abcd\"", 200), ("abc", 200)]
        {
            let answer = answer(value);
            assert_eq!(answer.status(), status, "{value}");
            assert_eq!(answer.headers()[ETAG], "W/\"abc\"");
        }
    }
}
