//! System Overview: name and status, addresses, versions, applications.

use maud::{Markup, html};

use crate::clock::Timestamp;
use crate::features::Features;
use crate::snapshot::{Application, ApplicationState, Boot, CameraTime, Claim, Identity, Network, Snapshot};
use crate::verdict::{self, DeviceStatus};
use crate::web::page::{account, claim, containers, fact, fault, key, notices, value};
use crate::web::words::{self, clock as say, foreign, labels};

/// The name as claimed; until then the model and the serial number.
pub(super) fn device_name(snapshot: &Snapshot) -> String {
    match (&snapshot.claim, snapshot.identity.last()) {
        (Claim::Claimed { name: Some(name), .. }, _) => foreign(name, 120),
        (_, Some(identity)) => foreign(&format!("{} {}", identity.model, identity.serial), 120),
        (_, None) => labels::THIS_CAMERA.to_owned(),
    }
}

pub(super) fn widget(snapshot: &Snapshot, features: Features, now: Timestamp) -> Markup {
    let Snapshot { identity, network, boot, time, applications, package, claim: stand, .. } = snapshot;
    let status = verdict::of(snapshot).status;
    let nothing = html! {};
    html! {
        section.widget #overview aria-labelledby="overview-title" {
            h2 #overview-title { (labels::SYSTEM_OVERVIEW) }
            (notices::widget(snapshot))
            dl {
                (fact(labels::DEVICE_NAME, identity, now, |identity| name(stand, identity),
                    &fault(labels::NAME_AND_VERSION, identity, now)))
                div.fact {
                    dt { (labels::DEVICE_STATUS) }
                    dd {
                        span.state data-state=(status_mark(status)) { (words::verdict::device_status(status)) }
                        small.reason { (words::claim::reason(stand)) }
                    }
                    @let (way, to) = claim::way(stand);
                    dd.step { a.order href=(to) { (way) } }
                }
                @if features.device_id {
                    div.fact { dt { (labels::DEVICE_ID) } dd { (device_id(stand)) } }
                }
                (account::line(snapshot.account))
                (fact(labels::IP_ADDRESS, network, now, addresses, &fault(labels::ADDRESSES, network, now)))
                (fact(labels::MAC_ADDRESS, network, now, mac, &nothing))
                div.fact {
                    dt { (labels::ACAP_VERSION) }
                    dd {
                        (package.version)
                        @if package.version_from != "manifest.json" {
                            small.reason { (labels::version_from(package.version_from)) }
                        }
                    }
                }
                (fact(labels::OS_VERSION, identity, now, |identity| html! { (identity.os_version) }, &nothing))
                (fact(labels::RUNNING_FOR, boot, now, uptime, &fault(labels::STARTED, boot, now)))
                (fact(say::LABEL, time, now, clock, &fault(labels::CLOCK, time, now)))
            }
            h3 #applications { (labels::APPLICATIONS) }
            (fault(labels::LIST_OF_APPLICATIONS, applications, now))
            (value(applications, now, |list| self::applications(list)))
            (containers::part(&snapshot.containers, now))
            (notices::none(snapshot))
        }
    }
}

/// The claimed name leads; the camera's own is told beside it.
fn name(claim: &Claim, identity: &Identity) -> Markup {
    let own = foreign(&format!("{} {}", identity.model, identity.serial), 120);
    match claim {
        Claim::Claimed { name: Some(name), .. } => html! {
            bdi { (foreign(name, 120)) }
            small.reason { bdi { (own) } }
        },
        _ => html! { bdi { (own) } },
    }
}

fn device_id(claim: &Claim) -> Markup {
    match claim.device_id() {
        None if matches!(claim, Claim::Unreadable { .. }) => html! { span.dim { (words::UNKNOWN) } },
        Some(id) => copied(labels::DEVICE_ID, id, &html! { code { bdi { (foreign(id, 120)) } } }),
        None => html! { span.dim { (words::NO_DEVICE_ID) } },
    }
}

/// A value with a button that copies it; the script shows the button.
fn copied(label: &str, value: &str, shown: &Markup) -> Markup {
    html! {
        div.copied {
            (shown)
            button.copier type="button" data-copies=(foreign(value, 120)) aria-label=(words::copy(label)) {}
        }
    }
}

fn addresses(network: &Network) -> Markup {
    let addresses = network.addresses();
    html! {
        @if addresses.is_empty() { span.dim { (labels::NO_ADDRESS) } }
        ul.addresses {
            @for (interface, address) in addresses {
                li.lesser[address.link_local] {
                    span { (breakable(&address.ip.to_string())) }
                    @if network.interfaces.len() > 1 { small { (interface.name) } }
                    @if address.link_local { small { (labels::LINK_LOCAL) } }
                }
            }
            @for odd in network.interfaces.iter().flat_map(|interface| &interface.odd) {
                li.lesser { bdi { (foreign(odd, 60)) } small { (words::ODD_ADDRESS) } }
            }
        }
        @if let Some(proxy) = &network.proxy {
            small.reason {
                @match &proxy.server {
                    Some(server) => { (words::PROXY) " " bdi { (foreign(&server.to_string(), 120)) } }
                    None => (words::ODD_PROXY),
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
    match mac {
        Some(mac) => copied(labels::MAC_ADDRESS, mac, &html! { span { (mac) } }),
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
    html! {
        p.counts { (words::application_counts(list)) }
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
