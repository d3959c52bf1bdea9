//! The headline from all readings; pure.
//!
//! What could not be read counts: it is never taken for fine.

use crate::snapshot::{Claim, Reading, Snapshot};

/// Device Status, in the product's three words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceStatus {
    /// The app cannot say that the camera is registered.
    Error,
}

/// How it stands, at one glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Something goes on by itself.
    Working,
    /// Somebody has to do something.
    NeedsYou,
    /// Something could not be read.
    CannotTell,
}

/// The headline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The glance.
    pub mood: Mood,
    /// The product's word for the state toward a portal.
    pub status: DeviceStatus,
    /// How many readings were lost at the last attempt.
    pub lost: usize,
    /// The camera says that it is still starting.
    pub starting: bool,
}

/// The headline of a snapshot.
#[must_use]
pub fn of(snapshot: &Snapshot) -> Verdict {
    let Snapshot { identity, network, boot, applications, containers, cards, storage, time, claim, .. } = snapshot;
    let (cards, storage) = (cards.as_ref(), storage.as_ref());
    let faults = [
        identity.fault(),
        network.fault(),
        boot.fault(),
        applications.fault(),
        containers.fault(),
        cards.and_then(Reading::fault),
        storage.and_then(Reading::fault),
        time.fault(),
    ];
    let lost = faults.iter().flatten().count();
    let pending = identity.last().is_none() && identity.fault().is_none();
    let starting = matches!(boot, Reading::Known { value, .. } if !value.ready);
    let mood = if lost > 0 {
        Mood::CannotTell
    } else if starting || pending {
        Mood::Working
    } else {
        match claim {
            Claim::NoPortal | Claim::Unclear { .. } | Claim::Registered { .. } => Mood::NeedsYou,
            Claim::Claimed { .. } => Mood::Working,
        }
    };
    Verdict { mood, status: DeviceStatus::Error, lost, starting }
}
