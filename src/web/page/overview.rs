//! System Overview: name and status, addresses, versions, applications.

use maud::{Markup, html};

use crate::clock::Timestamp;
use crate::features::Features;
use crate::snapshot::{Application, ApplicationState, Boot, CameraTime, Claim, Identity, Network, Snapshot};
use crate::verdict::{self, DeviceStatus};
use crate::web::page::{containers, fact, fault, key, notices, value};
use crate::web::words::{self, clock as say, foreign};

/// The name as claimed; until then the model and the serial number.
pub(super) fn device_name(snapshot: &Snapshot) -> String {
    match (&snapshot.claim, snapshot.identity.last()) {
        (Claim::Claimed { name, .. }, _) if !name.trim().is_empty() => foreign(name, 120),
        (_, Some(identity)) => foreign(&format!("{} {}", identity.model, identity.serial), 120),
        (_, None) => "This camera".to_owned(),
    }
}

pub(super) fn widget(snapshot: &Snapshot, features: Features, now: Timestamp) -> Markup {
    let Snapshot { identity, network, boot, time, applications, package, claim, .. } = snapshot;
    let status = verdict::of(snapshot).status;
    let nothing = html! {};
    html! {
        section.widget #overview aria-labelledby="overview-title" {
            h2 #overview-title { "System Overview" }
            (notices::widget(snapshot))
            dl {
                (fact("Device name", identity, now, |identity| name(claim, identity),
                    &fault("The camera’s name and version", identity, now)))
                div.fact {
                    dt { "Device status" }
                    dd {
                        span.state data-state=(status_mark(status)) { (words::verdict::device_status(status)) }
                        small.reason { (words::reason(claim)) }
                    }
                }
                @if features.device_id {
                    div.fact { dt { "Device ID" } dd { (device_id(claim)) } }
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
                (fact(say::LABEL, time, now, clock, &fault("The camera’s clock", time, now)))
            }
            h3 #applications { "Applications" }
            (fault("The list of applications", applications, now))
            (value(applications, now, |list| self::applications(list)))
            (containers::part(&snapshot.containers, now))
        }
    }
}

/// The claimed name leads; the camera's own is told beside it.
fn name(claim: &Claim, identity: &Identity) -> Markup {
    let own = foreign(&format!("{} {}", identity.model, identity.serial), 120);
    match claim {
        Claim::Claimed { name, .. } if !name.trim().is_empty() => html! {
            bdi { (foreign(name, 120)) }
            small.reason { bdi { (own) } }
        },
        _ => html! { bdi { (own) } },
    }
}

fn device_id(claim: &Claim) -> Markup {
    match claim.device_id() {
        None if matches!(claim, Claim::Unclear { .. }) => html! { span.dim { (words::UNKNOWN) } },
        Some(id) => html! { code { bdi { (foreign(id, 120)) } } (copier("Device ID", id)) },
        None => html! { span.dim { (words::NO_DEVICE_ID) } },
    }
}

/// A button that copies one value; the script shows it.
fn copier(label: &str, value: &str) -> Markup {
    html! { button.copier type="button" data-copies=(foreign(value, 120)) aria-label=(words::copy(label)) {} }
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
            @for odd in network.interfaces.iter().flat_map(|interface| &interface.odd) {
                li.lesser { bdi { (foreign(odd, 60)) } small { (words::ODD_ADDRESS) } }
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
    match mac {
        Some(mac) => html! { (mac) (copier("MAC address", mac)) },
        None => html! { span.dim { (words::NOT_TOLD) } },
    }
}

fn uptime(boot: &Boot) -> Markup {
    match boot.uptime_seconds {
        Some(seconds) => html! { (words::span(seconds)) },
        None => html! { span.dim { (words::NOT_TOLD) } },
    }
}

fn clock(time: &CameraTime) -> Markup {
    let mark = match time.synchronised {
        Some(true) => "running",
        Some(false) => "error",
        None => "unknown",
    };
    html! {
        span.state data-state=(mark) { (say::state(time)) }
        small.reason { (say::meaning(time)) }
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

fn status_mark(status: DeviceStatus) -> &'static str {
    match status {
        DeviceStatus::Error => "error",
        DeviceStatus::Registered => "idle",
        DeviceStatus::Claimed => "running",
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
