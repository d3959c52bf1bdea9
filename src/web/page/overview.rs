//! System Overview: name and status, addresses, versions, applications.

use maud::{Markup, html};

use crate::clock::Timestamp;
use crate::features::Features;
use crate::snapshot::{Application, ApplicationState, Boot, Network, Snapshot};
use crate::verdict;
use crate::web::page::{containers, fact, fault, key, notices, value};
use crate::web::words::{self, foreign};

/// The name as claimed; until then the model and the serial number.
pub(super) fn device_name(snapshot: &Snapshot) -> String {
    match snapshot.identity.last() {
        Some(identity) => format!("{} {}", identity.model, identity.serial),
        None => "This camera".to_owned(),
    }
}

pub(super) fn widget(snapshot: &Snapshot, features: Features, now: Timestamp) -> Markup {
    let Snapshot { identity, network, boot, applications, package, claim, .. } = snapshot;
    let status = verdict::of(snapshot).status;
    let nothing = html! {};
    html! {
        section.widget #overview aria-labelledby="overview-title" {
            h2 #overview-title { "System Overview" }
            (notices::widget(snapshot))
            dl {
                (fact("Device name", identity, now, |identity| html! { (identity.model) " " (identity.serial) },
                    &fault("The camera’s name and version", identity, now)))
                div.fact {
                    dt { "Device status" }
                    dd {
                        span.state data-state="error" { (words::device_status(status)) }
                        small.reason { (words::reason(claim)) }
                    }
                }
                @if features.device_id {
                    div.fact { dt { "Device ID" } dd { span.dim { "Not assigned yet" } } }
                }
                (fact("IP address", network, now, addresses, &fault("The camera’s addresses", network, now)))
                (fact("MAC address", network, now, mac, &nothing))
                div.fact {
                    dt { "ACAP version" }
                    dd {
                        (package.version)
                        @if package.version_from != "manifest.json" {
                            small.reason { "from " (package.version_from) "; manifest.json could not be read" }
                        }
                    }
                }
                (fact("AXIS OS version", identity, now, |identity| html! { (identity.os_version) }, &nothing))
                (fact("Up for", boot, now, uptime, &fault("Whether the camera has started", boot, now)))
            }
            h3 #applications { "Applications" }
            (fault("The list of applications", applications, now))
            (value(applications, now, |list| self::applications(list)))
            (containers::part(&snapshot.containers, now))
        }
    }
}

fn addresses(network: &Network) -> Markup {
    let addresses = network.addresses();
    html! {
        @if addresses.is_empty() { span.dim { "None" } }
        ul.addresses {
            @for (interface, address) in addresses {
                li.lesser[address.link_local] {
                    span { (breakable(&address.ip.to_string())) }
                    @if network.interfaces.len() > 1 { small { (interface.name) } }
                    @if address.link_local { small { "this link only" } }
                }
            }
        }
    }
}

/// A long address, which may be broken after its colons where the screen is narrow.
fn breakable(address: &str) -> Markup {
    html! { @for part in address.split_inclusive(':') { (part) @if part.ends_with(':') { wbr; } } }
}

fn mac(network: &Network) -> Markup {
    let mac = network.leading().and_then(|interface| interface.mac.as_deref());
    html! { (mac.unwrap_or(words::NOT_TOLD)) }
}

fn uptime(boot: &Boot) -> Markup {
    match boot.uptime_seconds {
        Some(seconds) => html! { (words::span(seconds)) },
        None => html! { span.dim { (words::NOT_TOLD) } },
    }
}

fn applications(list: &[Application]) -> Markup {
    let count = |state: &ApplicationState| list.iter().filter(|app| app.state == *state).count();
    let (running, stopped) = (count(&ApplicationState::Running), count(&ApplicationState::Stopped));
    html! {
        p.counts { (words::application_counts(running, stopped, list.len() - running - stopped)) }
        ul.applications {
            @for app in list { (application(app)) }
        }
    }
}

fn application(app: &Application) -> Markup {
    let state = words::application_state(&app.state);
    html! {
        li data-app=(key(&app.name)) {
            details {
                summary {
                    span.name { bdi { (foreign(&app.nice_name, 120)) } }
                    span.state data-state=(mark(&app.state)) { bdi { (state) } }
                }
                p {
                    (words::application_meaning(&app.state))
                    " " (words::version(app.version.as_deref()))
                    @if let Some(vendor) = &app.vendor { " " (words::vendor(vendor)) }
                    @if let Some(signature) = &app.signature { " " (words::signature(signature)) }
                }
            }
        }
    }
}

fn mark(state: &ApplicationState) -> &'static str {
    match state {
        ApplicationState::Running => "running",
        ApplicationState::Stopped => "stopped",
        ApplicationState::Idle => "idle",
        ApplicationState::Other(_) => "unknown",
    }
}
