//! Pages that Apache writes by itself, and the headers that the camera puts on everything.
//!
//! The page for 401 is 381 bytes, as recorded from AXIS OS 12.11; Debian's Apache begins its pages with another
//! DOCTYPE, which is why the Apache front is given this one. The other texts are httpd's own.

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};

const UNAUTHORIZED: &str = "This server could not verify that you\nare authorized to access the document\nrequested.  \
     Either you supplied the wrong\ncredentials (e.g., bad password), or your\nbrowser doesn't understand how to \
     supply\nthe credentials required.";
const UNAVAILABLE: &str = "The server is temporarily unable to service your\nrequest due to maintenance downtime or \
     capacity\nproblems. Please try again later.";

/// Security headers of every answer. All but the policy as recorded on AXIS OS 12.11; of the policy only its
/// beginning `default-src 'self'` is known, the rest is a guess. An answer that has one of them keeps its own.
pub const SECURITY: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "SAMEORIGIN"),
    ("x-xss-protection", "1; mode=block"),
    ("content-security-policy", "default-src 'self'; object-src 'none'; frame-ancestors 'self'"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
];

/// The HTML text of a stock page.
#[must_use]
pub fn text(status: StatusCode) -> String {
    let title = match status {
        StatusCode::BAD_GATEWAY => "Proxy Error",
        status => status.canonical_reason().unwrap_or("Error"),
    };
    let body = match status {
        StatusCode::BAD_REQUEST => "Your browser sent a request that this server could not understand.<br />\n",
        StatusCode::UNAUTHORIZED => UNAUTHORIZED,
        StatusCode::FORBIDDEN => "You don't have permission to access this resource.",
        StatusCode::NOT_FOUND => "The requested URL was not found on this server.",
        StatusCode::SERVICE_UNAVAILABLE => UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT => "The gateway did not receive a timely response\nfrom the upstream server.",
        StatusCode::BAD_GATEWAY => "The proxy server received an invalid\nresponse from an upstream server.<br />\n",
        _ => "The server could not do what was asked.",
    };
    let number = status.as_u16();
    format!(
        "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>{number} {title}</title>\n</head><body>\n\
         <h1>{title}</h1>\n<p>{body}</p>\n</body></html>\n"
    )
}

/// A whole stock answer.
#[must_use]
pub fn answer(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::from(text(status)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=iso-8859-1"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Puts the security headers on, where the answer has none of that name.
pub fn secure(headers: &mut HeaderMap) {
    for (name, value) in SECURITY {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_wrong_credentials_has_exactly_the_recorded_381_bytes() {
        assert_eq!(text(StatusCode::UNAUTHORIZED).len(), 381);
    }
}
