//! Overview, and in it Connection: what the camera is, and the way to its own page.

use std::net::Ipv6Addr;

use maud::{Markup, html};
use url::Url;

use super::Seen;
use crate::operator::page::{ago, fingerprint};
use crate::store::listing::Reported;

pub(super) fn overview(seen: &Seen<'_>) -> Markup {
    let (camera, now) = (&seen.camera, seen.now);
    let report = camera.report.as_ref().filter(|report| report.of_claim);
    html! {
        section.sheet #overview {
            h2 { "Overview" }
            h3 { "Connection" }
            dl.facts data-piece #connection {
                div {
                    dt { "IP address" }
                    dd { @match report.and_then(|report| report.page.as_ref()) {
                        Some(page) => (address(page)),
                        None => span.dim { "not reported" },
                    } }
                }
                div { dt { "Last contact" } dd { (ago(seen.standing.seen, now)) } }
                div { dt { "Last report" } dd { @match report { Some(report) => { (ago(report.at, now)) " " (said(report)) }, None => span.dim { "none yet" } } } }
            }
            h3 { "Camera" }
            dl.facts {
                div { dt { "Serial number" } dd { code { (camera.serial) } } }
                div { dt { "Model" } dd { (camera.model) } }
                div { dt { "AXIS OS" } dd { (camera.os) " " span.dim { (camera.architecture) } } }
                div { dt { "Application" } dd { (camera.app) } }
                div { dt { "Key" } dd { (fingerprint(&camera.key_id)) } }
                div { dt { "Claimed" } dd { (ago(camera.since, now)) span.dim { (tier(&camera.tier)) } } }
            }
        }
    }
}

fn said(report: &Reported) -> Markup {
    html! { span.dim { "(" code { (report.state) } ")" } }
}

/// On what the claim rests.
fn tier(word: &str) -> &'static str {
    match word {
        "code" => ", by the code on its page",
        "token" => ", by an approved serial number and a one-time token",
        "confirmed" => ", by confirming its new key",
        _ => "",
    }
}

/// The way to the camera's status page, from its own network.
fn address((scheme, address, port, path): &(String, String, u64, String)) -> Markup {
    html! {
        @match link(scheme, address, *port, path) {
            Some(link) => a href=(link) rel="noreferrer" { (address) },
            None => (address),
        }
        small.dim { "works only in the camera's own network" }
    }
}

/// Built of parts that were checked: whatever a camera says, it leads to a page over HTTP.
fn link(scheme: &str, address: &str, port: u64, path: &str) -> Option<Url> {
    let host = match address.parse::<Ipv6Addr>() {
        Ok(_) => format!("[{address}]"),
        // An address with a link's name in it is good on the camera alone.
        Err(_) if address.contains([':', '%']) => return None,
        Err(_) => address.to_owned(),
    };
    let start = match scheme {
        "http" => "http://localhost/",
        "https" => "https://localhost/",
        _ => return None,
    };
    let mut url = Url::parse(start).ok()?;
    url.set_host(Some(&host)).ok()?;
    url.set_port(Some(u16::try_from(port).ok()?)).ok()?;
    url.set_path(path);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_made_of_what_the_camera_reported_and_leads_nowhere_else() {
        let made = |scheme, address, port, path| link(scheme, address, port, path).map(String::from);
        let path = "/local/c2c/status";
        assert_eq!(made("https", "192.0.2.7", 443, path).unwrap(), "https://192.0.2.7/local/c2c/status");
        assert_eq!(made("http", "2001:db8::7", 8080, path).unwrap(), "http://[2001:db8::7]:8080/local/c2c/status");
        assert_eq!(made("http", "fe80::1%eth0", 80, path), None);
        assert_eq!(made("javascript", "192.0.2.7", 80, path), None);
        assert_eq!(made("http", "192.0.2.7", 80, "/x?a#b").unwrap(), "http://192.0.2.7/x%3Fa%23b");
    }
}
