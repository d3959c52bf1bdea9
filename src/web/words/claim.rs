//! The sentences of how the camera stands with its portal.

use crate::snapshot::Claim;
use crate::snapshot::claim::{Kind, Link, Released, Releaser, Unclaimed};
use crate::web::words::foreign;

/// Link to the administrator's page, while there is no portal.
pub const SET_UP: &str = "Set up a portal (administrators)";
/// Link to the administrator's page, where one is proposed.
pub const CONFIRM: &str = "Confirm the portal (administrators)";
/// Link to the administrator's page with the code.
pub const CLAIM: &str = "Show the code (administrators)";
/// Link to the administrator's page in all other cases.
pub const PORTAL: &str = "Portal (administrators)";
/// Label: the portal's address.
pub const ADDRESS: &str = "Portal";
/// Label: when it answered last.
pub const LAST_CONTACT: &str = "Last contact";
/// Label: since when it does not answer.
pub const DOWN_SINCE: &str = "Cloud link down since";
/// Label: when it is tried again.
pub const NEXT_TRY: &str = "Next try";
/// Label: what is in the way, for support.
pub const OBSTACLE: &str = "For support";
/// In place of the last contact.
pub const NEVER: &str = "None since Camera-to-Cloud started";
/// In place of the next try.
pub const NOW: &str = "Under way";

/// Why the device status is what it is.
#[must_use]
pub fn reason(claim: &Claim) -> String {
    match claim {
        Claim::NoPortal { proposed: None } => "No portal is set up for this camera.".to_owned(),
        Claim::NoPortal { proposed: Some(address) } => {
            format!(
                "{} is proposed as this camera’s portal. An administrator has to confirm it.",
                foreign(address, 120)
            )
        }
        Claim::Unreadable { line } => {
            format!("What Camera-to-Cloud keeps of this camera cannot be read ({}).", foreign(line, 200))
        }
        Claim::Unregistered { link: Link { obstacle: None, .. }, .. } => "It is being registered.".to_owned(),
        Claim::Unregistered { link: Link { obstacle: Some(obstacle), .. }, .. } => {
            format!("It could not be registered: {}. {}", self::obstacle(obstacle.kind), remedy(obstacle.kind))
        }
        Claim::Registered { reason, link, released, .. } => {
            let why = link.obstacle.as_ref().map_or_else(
                || format!("{}. {}", capitalised(unclaimed(*reason)), way_on(*reason)),
                |obstacle| format!("{}. {}", capitalised(self::obstacle(obstacle.kind)), remedy(obstacle.kind)),
            );
            released.as_ref().map_or_else(|| why.clone(), |released| format!("{} {why}", self::released(released)))
        }
        Claim::Claimed { membership, link, .. } => {
            let organisation = foreign(&membership.organisation, 120);
            match &link.obstacle {
                None => format!("{organisation} has claimed this camera."),
                Some(obstacle) => format!(
                    "{organisation} has claimed this camera, and {}. What was ordered holds, and goes on.",
                    self::obstacle(obstacle.kind)
                ),
            }
        }
    }
}

/// How the last claim ended.
fn released(released: &Released) -> String {
    let organisation = foreign(&released.organisation, 120);
    let date = released.at.to_string();
    let date = date.split('T').next().unwrap_or_default();
    match released.by {
        Releaser::Portal => format!("Released by {organisation} on {date}."),
        Releaser::Camera => format!("Released from {organisation} on {date}, by an administrator at the camera."),
    }
}

/// What is in the way, as a sentence without a full stop.
#[must_use]
pub fn obstacle(kind: Kind) -> &'static str {
    match kind {
        Kind::Dns => "the portal’s name is not known in this network",
        Kind::Connect => "nobody answers at the portal’s address",
        Kind::ProxyAddress => "the proxy’s address in the camera’s settings leads nowhere",
        Kind::ProxyConnect => "the proxy does not answer",
        Kind::Proxy => "the proxy does not let the camera through to the portal",
        Kind::ProxyLogin => "the proxy wants a login, or refuses the one that the camera has",
        Kind::Untrusted => "nobody whom the camera trusts vouches for the portal’s certificate",
        Kind::OtherName => "the portal’s certificate is for another name",
        Kind::Expired => "the portal’s certificate has expired, or the camera’s clock is ahead",
        Kind::NotYetValid => "the portal’s certificate is not valid yet, or the camera’s clock is behind",
        Kind::Clock => "the camera’s clock is wrong: it stands before this version was made",
        Kind::Tls => "the encrypted connection to the portal failed",
        Kind::Late => "the portal does not answer in time",
        Kind::Cut => "the connection to the portal breaks off",
        Kind::NoPortal => "somebody answers at the portal’s address who is no portal",
        Kind::Protocol => "the portal speaks another version of the protocol",
        Kind::Refused => "the portal refuses this camera",
        Kind::UnknownKey => "the portal does not know this camera’s key",
        Kind::Busy => "the portal has too much to do and asks to wait",
        Kind::Failed => "the portal has an error",
        Kind::Unsigned => "what the portal’s address sends is not signed by the portal",
        Kind::Unwritable => "Camera-to-Cloud cannot write down what it has to keep",
    }
}

/// What to do about it.
#[must_use]
pub fn remedy(kind: Kind) -> &'static str {
    match kind {
        Kind::Dns => "Check the portal’s address, and the DNS server in AXIS OS under System, Network.",
        Kind::Connect | Kind::Late | Kind::Cut => {
            "It is tried again by itself. If it stays so, ask IT to let the camera reach the portal’s address."
        }
        Kind::ProxyAddress => "Check the proxy in AXIS OS under System, Network.",
        Kind::ProxyConnect | Kind::Proxy => {
            "Check the proxy in AXIS OS under System, Network, and ask IT to let the camera reach the portal."
        }
        Kind::ProxyLogin => "Check the proxy’s user and password in AXIS OS under System, Network.",
        Kind::Untrusted => {
            "If IT inspects encrypted connections, ask for an exception, or confirm the portal anew with IT’s certificate."
        }
        Kind::OtherName => "Check the portal’s address.",
        Kind::Expired | Kind::NotYetValid | Kind::Clock => {
            "Check the camera’s clock in AXIS OS under System, Time and location. If it is right, tell who runs the portal."
        }
        Kind::Tls => "Ask IT whether something between camera and portal inspects encrypted connections.",
        Kind::NoPortal => {
            "Check the portal’s address, and whether a page of the network stands in between, such as one that wants a login."
        }
        Kind::Protocol => "Update Camera-to-Cloud, or ask who runs the portal.",
        Kind::Refused | Kind::UnknownKey => "Ask who runs the portal. It is tried again by itself.",
        Kind::Busy | Kind::Failed => "It is tried again by itself. If it stays so, tell who runs the portal.",
        Kind::Unsigned => {
            "Nothing of it is taken. Ask IT what stands between camera and portal, and tell who runs the portal."
        }
        Kind::Unwritable => "Restart the camera. If that does not help, install Camera-to-Cloud again.",
    }
}

/// Why it is not claimed, as a sentence without a full stop.
#[must_use]
pub fn unclaimed(reason: Unclaimed) -> &'static str {
    match reason {
        Unclaimed::Nobody => "this camera is registered, and waits to be claimed",
        Unclaimed::Confirmation => {
            "the portal knows this camera with another key, which its organisation has to confirm"
        }
        Unclaimed::Pending => "this camera was claimed elsewhere, and passes on when a waiting time is over",
        Unclaimed::Other => "this camera is registered, and the portal does not say why it is not claimed",
    }
}

/// What to do about it.
#[must_use]
pub fn way_on(reason: Unclaimed) -> &'static str {
    match reason {
        Unclaimed::Nobody => "An administrator finds the code for it below, at Device status.",
        Unclaimed::Confirmation => "Confirm it in the portal, under the camera’s name.",
        Unclaimed::Pending => "There is nothing to do here. Its organisation of before has been told.",
        Unclaimed::Other => "Ask who runs the portal.",
    }
}

fn capitalised(text: &str) -> String {
    super::preparation::capitalised(text)
}
