//! Which part of the camera a path belongs to, and who may go there.
//!
//! As in Apache the path is first made plain: percent signs decoded, `.` and `..` resolved, doubled slashes merged; an
//! encoded slash is not found. A proxied app gets the plain path (seen in Apache 2.4), with the query as it was sent.

use std::path::PathBuf;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use regex::Regex;

use crate::access::Level;
use crate::site::{AppSite, ProxyRule};

/// What Apache leaves as it is when it writes a path anew.
const WRITTEN: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Where a request goes.
#[derive(Debug, PartialEq, Eq)]
pub enum Target {
    /// VAPIX: the device answers.
    Device,
    /// The camera's own pages.
    Page {
        /// Who may see it.
        access: Level,
    },
    /// A file of an app.
    File {
        /// The app's folder `html`.
        html: PathBuf,
        /// Path within it, plain, without a leading slash.
        rest: String,
        /// Who may read it.
        access: Level,
    },
    /// An app's own server.
    App(ProxyRule),
    /// Nothing is there; who may learn that.
    Nothing {
        /// Who may learn that.
        access: Level,
    },
}

/// The plain form of a path, or `None` when Apache would not find it at all (encoded slash, zero byte, no UTF-8).
#[must_use]
pub fn plain(path: &str) -> Option<String> {
    if !path.starts_with('/') || path.to_ascii_lowercase().contains("%2f") {
        return None;
    }
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    if decoded.contains('\0') {
        return None;
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut folder = false;
    for segment in decoded.split('/') {
        folder = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            name => kept.push(name),
        }
    }
    let end = if folder && !kept.is_empty() { "/" } else { "" };
    Some(format!("/{}{end}", kept.join("/")))
}

/// The plain path as it is written in a request.
#[must_use]
pub fn written(plain: &str) -> String {
    utf8_percent_encode(plain, WRITTEN).to_string()
}

/// Finds the target of a plain path.
#[must_use]
pub fn find(path: &str, sites: &[AppSite]) -> Target {
    if path.starts_with("/axis-cgi/") || path.starts_with("/config/") {
        return Target::Device;
    }
    if let Some(access) = crate::pages::access(path) {
        return Target::Page { access };
    }
    let below = path.strip_prefix("/local/").and_then(|rest| rest.split_once('/'));
    let Some((app, rest)) = below else { return Target::Nothing { access: Level::Viewer } };
    let Some(site) = sites.iter().find(|site| site.app == app) else {
        return Target::Nothing { access: Level::Viewer };
    };
    if let Some(rule) = site.proxies.iter().find(|rule| matches_rule(rule, rest)) {
        return Target::App(rule.clone());
    }
    match &site.html {
        Some(html) => Target::File { html: html.clone(), rest: rest.to_owned(), access: site.directory_access },
        None => Target::Nothing { access: site.directory_access },
    }
}

/// Whether the rule's pattern fits at the beginning; it has no end. A pattern that is no regular expression fits
/// nothing: the package should not have been installed.
fn matches_rule(rule: &ProxyRule, rest: &str) -> bool {
    Regex::new(&format!("^(?:{})", rule.api_path)).is_ok_and(|pattern| pattern.is_match(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites() -> Vec<AppSite> {
        let rule =
            |path: &str, access| ProxyRule { api_path: path.into(), target: "http://127.0.0.1:1".into(), access };
        vec![AppSite {
            app: "c2c".into(),
            html: Some("/h".into()),
            directory_access: Level::Viewer,
            proxies: vec![rule("status", Level::Viewer), rule("control|order", Level::Admin)],
        }]
    }

    #[test]
    fn paths_are_made_plain_as_apache_does() {
        for (sent, seen) in [
            ("/", "/"),
            ("/a//b/./c/../d", "/a/b/d"),
            ("/a/..", "/"),
            ("/a/b/..", "/a/"),
            ("/../../etc/passwd", "/etc/passwd"),
            ("/%2e%2e/x", "/x"),
            ("/a%20b", "/a b"),
        ] {
            assert_eq!(plain(sent).as_deref(), Some(seen), "{sent}");
        }
        for sent in ["/a%2fb", "/a%00b", "/%ff", "*"] {
            assert_eq!(plain(sent), None, "{sent}");
        }
        assert_eq!(written("/a b/ü"), "/a%20b/%C3%BC");
    }

    #[test]
    fn a_pattern_has_a_beginning_and_no_end_and_its_alternatives_stay_below_the_app() {
        let level = |path: &str| match find(path, &sites()) {
            Target::App(rule) => Some(rule.access),
            _ => None,
        };
        assert_eq!(level("/local/c2c/statusXYZ"), Some(Level::Viewer));
        assert_eq!(level("/local/c2c/order/1"), Some(Level::Admin));
        assert_eq!(level("/local/c2c/my/status"), None);
        assert_eq!(level("/local/c2c/reorder"), None);
        assert_eq!(level("/local/other/status"), None);
    }
}
