//! The sentences of the headline and of its steps.

use std::borrow::Cow;

use crate::snapshot::{CardStatus, Claim, Snapshot};
use crate::verdict::{CardTrouble, Cause, DeviceStatus, Mood, Stage, Step, Verdict};
use crate::web::words::account;
use crate::web::words::claim as say;
use crate::web::words::preparation::{capitalised, wait_sentence};
use crate::web::words::{foreign, span};

/// The steps, for those who do not see that they belong together.
pub const STEPS: &str = "Steps";

/// The product's word for the state toward a portal.
#[must_use]
pub fn device_status(status: DeviceStatus) -> &'static str {
    match status {
        DeviceStatus::Error => "Error",
        DeviceStatus::Registered => "Registered",
        DeviceStatus::Claimed => "Claimed",
    }
}

/// The mood in a word or two.
#[must_use]
pub fn mood(mood: Mood) -> &'static str {
    match mood {
        Mood::Done => "Done",
        Mood::Working => "Working",
        Mood::NeedsYou => "Needs you",
        Mood::CannotTell => "Cannot tell",
    }
}

/// The mood before the sentence; with the minutes that are left, where there is an estimate.
#[must_use]
pub fn lead(verdict: &Verdict) -> Cow<'static, str> {
    match verdict.cause {
        Cause::Job(Some(seconds)) if verdict.mood == Mood::Working => format!("Working, {}", left(seconds)).into(),
        _ => mood(verdict.mood).into(),
    }
}

/// The sentence after the mood and a colon.
#[must_use]
pub fn sentence(verdict: &Verdict) -> Cow<'static, str> {
    match &verdict.cause {
        Cause::Well | Cause::NoSlot | Cause::Kept => "this camera is claimed, and all is well.".into(),
        Cause::Starting => "the camera is still starting.".into(),
        Cause::Reading => "the camera is being read.".into(),
        Cause::Lost(1) => "one reading of this camera failed.".into(),
        Cause::Lost(readings) => format!("{readings} readings of this camera failed.").into(),
        Cause::NoAddress => "this camera has no address in a network.".into(),
        Cause::Card(trouble) => format!("{}.", card_trouble(trouble)).into(),
        Cause::Waits(wait) => format!("{}.", wait_sentence(*wait)).into(),
        Cause::Job(_) => "the SD card is being prepared.".into(),
        Cause::JobFailed => "a job on the SD card failed.".into(),
        Cause::NoPortal => "no portal is set up for this camera.".into(),
        Cause::PortalUnconfirmed => "a portal is proposed, and has to be confirmed.".into(),
        Cause::Unreadable => "what Camera-to-Cloud keeps of this camera cannot be read.".into(),
        Cause::Obstacle(kind) => format!("{}.", say::obstacle(*kind)).into(),
        Cause::Unclaimed(reason) => format!("{}.", say::unclaimed(*reason)).into(),
        Cause::Account(why) => format!("{}.", account::trouble(*why)).into(),
        Cause::Settings(1) => "one setting cannot be used.".into(),
        Cause::Settings(problems) => format!("{problems} settings cannot be used.").into(),
        Cause::Notices(1) => "a notice asks you to act now.".into(),
        Cause::Notices(notices) => format!("{notices} notices ask you to act now.").into(),
        Cause::NoticesUnclear(1) => "it is not known whether a notice applies to this camera.".into(),
        Cause::NoticesUnclear(notices) => {
            format!("it is not known whether {notices} notices apply to this camera.").into()
        }
    }
}

/// The headline as one line, such as “Needs you: the SD card is locked.”
#[must_use]
pub fn headline(verdict: &Verdict) -> String {
    format!("{}: {}", lead(verdict), sentence(verdict))
}

/// What the reader of the headline has to do.
#[must_use]
pub fn next_step(verdict: &Verdict) -> Cow<'static, str> {
    match &verdict.cause {
        Cause::Well | Cause::NoSlot | Cause::Kept => "Nothing is left for you to do here; you may leave.".into(),
        Cause::Starting | Cause::Reading => "Nothing for you to do here; wait a minute.".into(),
        Cause::Job(_) => "Nothing for you to do here; you may leave.".into(),
        Cause::Lost(_) => "It is marked below, with the reason and what to do. It is tried again automatically.".into(),
        Cause::NoAddress => {
            "Check the cable and the network's DHCP server, or give the camera an address in AXIS OS under System, Network."
                .into()
        }
        Cause::Waits(wait) if wait.is_for_a_person() => "An administrator decides it below, under SD Card Information.".into(),
        Cause::Waits(_) if verdict.mood == Mood::Working => "Nothing for you to do here; wait until it has ended.".into(),
        Cause::Card(CardTrouble::Leaving) => "Nothing for you to do here; wait a minute.".into(),
        Cause::Card(CardTrouble::NotForApplications | CardTrouble::NoFolder) => {
            "Remove the card and insert it again. If that does not help, check and repair it in AXIS OS under System, Storage."
                .into()
        }
        Cause::JobFailed => "See Device Jobs below for the reason.".into(),
        Cause::Card(_) | Cause::Waits(_) => "See SD Card Information below for what to do.".into(),
        Cause::NoPortal => "An administrator sets it up below, at Device status.".into(),
        Cause::PortalUnconfirmed => "An administrator confirms it below, at Device status.".into(),
        Cause::Unreadable => "Begin anew below, at Device status; then claim the camera again.".into(),
        Cause::Obstacle(kind) => say::remedy(*kind).into(),
        Cause::Unclaimed(reason) => say::way_on(*reason).into(),
        Cause::Account(why) => account::remedy(*why).into(),
        Cause::Settings(_) | Cause::Notices(_) => "See below for what to do.".into(),
        Cause::NoticesUnclear(_) => "See below for the reason.".into(),
    }
}

/// What a step is about.
#[must_use]
pub fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Network => "Network",
        Stage::Claim => "Claim",
        Stage::Card => "SD card",
    }
}

/// What there is to say of a step beside its mood.
#[must_use]
pub fn step(step: &Step, snapshot: &Snapshot) -> String {
    match (&step.cause, step.stage) {
        (Cause::Well, Stage::Network) => address(snapshot),
        (Cause::Well, Stage::Claim) => owner(&snapshot.claim).unwrap_or_default(),
        (Cause::Well, Stage::Card) => "Mounted and working".to_owned(),
        (Cause::Card(trouble), _) => capitalised(&card_trouble(trouble)),
        (Cause::Waits(wait), _) => capitalised(wait_sentence(*wait)),
        (Cause::Kept, _) => "Kept as it is".to_owned(),
        (Cause::Job(Some(seconds)), _) => format!("Being prepared, {}", left(*seconds)),
        (Cause::Job(None), _) => "Being prepared".to_owned(),
        (Cause::NoSlot, _) => "No slot on this camera".to_owned(),
        (Cause::NoAddress, _) => "No address".to_owned(),
        (Cause::NoPortal, _) => "No portal is set up".to_owned(),
        (Cause::PortalUnconfirmed, _) => "A portal is to be confirmed".to_owned(),
        (Cause::Unreadable, _) => "State not known".to_owned(),
        (Cause::Obstacle(_), _) => owner(&snapshot.claim).unwrap_or_else(|| "No link to the portal".to_owned()),
        (Cause::Unclaimed(_), _) => "Registered, not claimed".to_owned(),
        (Cause::Lost(_), _) => "Could not be read".to_owned(),
        (Cause::Reading | Cause::Starting, _) => "Being read".to_owned(),
        (Cause::JobFailed, _) => "The last job on it failed".to_owned(),
        (Cause::Account(why), _) => capitalised(account::trouble(*why)),
        (Cause::Settings(_) | Cause::Notices(_) | Cause::NoticesUnclear(_), _) => mood(step.mood).to_owned(),
    }
}

/// The address that leads.
fn address(snapshot: &Snapshot) -> String {
    let first = snapshot.network.last().and_then(|network| network.addresses().first().map(|(_, address)| address.ip));
    first.map_or_else(String::new, |ip| ip.to_string())
}

fn owner(claim: &Claim) -> Option<String> {
    match claim {
        Claim::Claimed { membership, .. } => Some(format!("By {}", foreign(&membership.organisation, 80))),
        _ => None,
    }
}

fn left(seconds: u64) -> String {
    match seconds {
        0..90 => "about one minute left".to_owned(),
        90..7_200 => format!("about {} minutes left", (seconds + 30) / 60),
        _ => format!("about {} left", span(seconds)),
    }
}

fn card_trouble(trouble: &CardTrouble) -> Cow<'static, str> {
    match trouble {
        CardTrouble::Locked => "the SD card is locked on the camera".into(),
        CardTrouble::Full => "the SD card is full".into(),
        CardTrouble::ReadOnly => "the SD card is read only".into(),
        CardTrouble::Failing => "the SD card says itself that it is failing".into(),
        CardTrouble::WornOut => "the SD card is worn out".into(),
        CardTrouble::Leaving => "the camera is about to unmount the SD card".into(),
        CardTrouble::NotForApplications => "the SD card is mounted, but applications cannot write to it".into(),
        CardTrouble::NoFolder => "Camera-to-Cloud could not set up its folder on the SD card".into(),
        CardTrouble::Status(CardStatus::Disconnected) => "no SD card is in the camera".into(),
        CardTrouble::Status(CardStatus::Connected) => "the SD card is not mounted".into(),
        CardTrouble::Status(CardStatus::Failed) => "the SD card has a problem".into(),
        CardTrouble::Status(CardStatus::NoPassphrase) => {
            "the SD card is encrypted, and the camera has no passphrase for it".into()
        }
        CardTrouble::Status(CardStatus::WrongPassphrase) => {
            "the SD card is encrypted with a different passphrase than the camera’s".into()
        }
        CardTrouble::Status(CardStatus::NotEncrypted) => {
            "the SD card is not encrypted, though encryption is enabled on the camera".into()
        }
        CardTrouble::Status(CardStatus::Other(word)) => {
            format!("the camera reports “{}” for the SD card, which Camera-to-Cloud does not know", foreign(word, 40))
                .into()
        }
        CardTrouble::Status(CardStatus::Ok) => "the SD card is mounted".into(),
    }
}
