//! Where a request comes from, as far as browsers say it.
//!
//! Behind the camera's proxy `Host` is always our own port and proves nothing. The name by which the browser reached the
//! camera is what the proxy put last into `X-Forwarded-Host` (recorded of Apache: it appends what it was asked as). The
//! scheme is not told; whoever serves the same host and port over the other one is this camera as well.

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, ORIGIN};

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether nothing says that another site's page sent this: not `Origin`, not `Sec-Fetch-Site`. A browser that says
/// neither passes; the token is what it has to bring.
#[must_use]
pub fn is_own(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(FETCH_SITE).iter();
    let mut origins = headers.get_all(ORIGIN).iter();
    let site = sites.all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"));
    let host = headers.get_all(FORWARDED_HOST).iter().next_back().and_then(|value| value.to_str().ok());
    let host = host.and_then(|hosts| hosts.rsplit(',').next()).map(str::trim).filter(|host| !host.is_empty());
    let origin = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => {
            let named = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
            let named = named.filter(|(scheme, _)| ["http", "https"].contains(scheme));
            named.zip(host).is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
        }
        (Some(_), Some(_)) => false,
    };
    site && origin
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn asked(lines: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        is_own(&headers)
    }

    #[test]
    fn only_the_camera_s_own_page_and_who_says_nothing_pass() {
        let host = ("x-forwarded-host", "192.0.2.21");
        let table: &[(&[(&str, &str)], bool)] = &[
            (&[], true),
            (&[host], true),
            (&[host, ("origin", "http://192.0.2.21")], true),
            (&[host, ("origin", "https://192.0.2.21")], true),
            (&[host, ("origin", "null")], false),
            (&[host, ("origin", "")], false),
            (&[host, ("origin", "192.0.2.21")], false),
            (&[host, ("origin", "file://192.0.2.21")], false),
            (&[host, ("origin", "http://192.0.2.21:8080")], false),
            (&[host, ("origin", "http://192.0.2.21.example.com")], false),
            (&[host, ("origin", "http://192.0.2.2")], false),
            (&[host, ("origin", "http://evil.example"), ("origin", "http://192.0.2.21")], false),
            (&[("origin", "http://192.0.2.21")], false),
            (&[("x-forwarded-host", ""), ("origin", "http://")], false),
            (&[("host", "192.0.2.21"), ("origin", "http://192.0.2.21")], false),
            // What a client wrote itself stands before what the proxy appends.
            (&[("x-forwarded-host", "evil.example, 192.0.2.21"), ("origin", "http://evil.example")], false),
            (&[("x-forwarded-host", "evil.example, 192.0.2.21"), ("origin", "http://192.0.2.21")], true),
            (&[("x-forwarded-host", "evil.example"), host, ("origin", "http://evil.example")], false),
            (&[("x-forwarded-host", "Camera.Example:8443"), ("origin", "https://camera.example:8443")], true),
            (&[("x-forwarded-host", "[2001:db8::7]"), ("origin", "http://[2001:db8::7]")], true),
            (&[host, ("sec-fetch-site", "same-origin"), ("origin", "http://192.0.2.21")], true),
            (&[host, ("sec-fetch-site", "none")], true),
            (&[host, ("sec-fetch-site", "same-site"), ("origin", "http://192.0.2.21")], false),
            (&[host, ("sec-fetch-site", "cross-site")], false),
            (&[host, ("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")], false),
            (&[host, ("sec-fetch-site", "")], false),
        ];
        for (lines, own) in table {
            assert_eq!(asked(lines), *own, "{lines:?}");
        }
    }
}
