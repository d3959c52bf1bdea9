//! The settings of a disk, below `/axis-cgi/disks/properties/`: encryption, required file system, clean-up. Elements,
//! codes and the states that they ask for are documented, no recording known; descriptions are our own.
//!
//! Guesses: disabling what is not enabled does nothing and succeeds; changing the passphrase of a disk that is not
//! encrypted is a processing error (10); only `schemaversion` 1 and 1.0 are served.

use axum::extract::State;
use axum::response::Response;
use quick_xml::escape::escape;

use super::accepted;
use crate::axsim::medium::Passphrase;
use crate::axsim::storage::{SD_DISK, Slot};
use crate::device::Device;
use crate::disks::Disks;
use crate::vapix::{Ask, xml};

/// The longest passphrase, in bytes (documented).
const LONGEST: usize = 512;

/// `ErrorCode` and description.
type Refused = (u32, &'static str);

const PROCESSING: Refused = (10, "The request could not be processed");
const INVALID: Refused = (20, "Invalid request");
const NO_FILESYSTEM: Refused = (30, "The file system is not supported");
const NO_SCHEMA: Refused = (40, "The schema version is not supported");
const NO_DISK: Refused = (50, "Invalid disk id");
const NO_ENCRYPTION: Refused = (100, "Encryption is not supported");
const BAD_PASSPHRASE: Refused = (110, "Invalid passphrase");
const BAD_NEW: Refused = (120, "Invalid new passphrase");
const BAD_OLD: Refused = (130, "The old passphrase does not match");
const ENABLED: Refused = (140, "Encryption is enabled already");
const UNMOUNTED: Refused = (150, "The disk is unmounted");
const MOUNTED: Refused = (160, "The disk is mounted");

pub(crate) async fn enable(State(device): State<Device>, ask: Ask) -> Response {
    answer(&device, ask, "enablediskencryption", |disks, ask, slot| {
        can_encrypt(disks, slot)?;
        let passphrase = passphrase(ask, "passphrase", BAD_PASSPHRASE)?;
        if slot.available {
            return Err(MOUNTED);
        }
        if slot.settings.passphrase.is_some() && disks.knob("enable_again") != "replace" {
            return Err(ENABLED);
        }
        change(disks, slot, |settings| settings.passphrase = Some(Passphrase::of(passphrase)))
    })
}

pub(crate) async fn disable(State(device): State<Device>, ask: Ask) -> Response {
    answer(&device, ask, "disablediskencryption", |disks, _, slot| {
        can_encrypt(disks, slot)?;
        if slot.available {
            return Err(MOUNTED);
        }
        change(disks, slot, |settings| settings.passphrase = None)
    })
}

pub(crate) async fn change_passphrase(State(device): State<Device>, ask: Ask) -> Response {
    answer(&device, ask, "changediskpassphrase", |disks, ask, slot| {
        can_encrypt(disks, slot)?;
        let new = passphrase(ask, "newpassphrase", BAD_NEW)?;
        let old = Passphrase::of(passphrase(ask, "oldpassphrase", BAD_PASSPHRASE)?);
        if !slot.available {
            return Err(UNMOUNTED);
        }
        match &slot.settings.passphrase {
            None => Err(PROCESSING),
            Some(set) if *set != old => Err(BAD_OLD),
            Some(_) => disks.axsim().change_passphrase(&slot.id, &Passphrase::of(new)).map_err(|_| PROCESSING),
        }
    })
}

pub(crate) async fn required_filesystem(State(device): State<Device>, ask: Ask) -> Response {
    answer(&device, ask, "setrequiredfs", |disks, ask, slot| match ask.arg("filesystem") {
        Some(filesystem @ ("none" | "ext4")) if slot.id == SD_DISK => {
            change(disks, slot, |settings| filesystem.clone_into(&mut settings.required_filesystem))
        }
        Some(_) => Err(NO_FILESYSTEM),
        None => Err(INVALID),
    })
}

pub(crate) async fn max_age(State(device): State<Device>, ask: Ask) -> Response {
    answer(&device, ask, "setcleanupmaxage", |disks, ask, slot| {
        let days = ask.arg("maxage").and_then(|days| days.parse().ok()).filter(|days| *days <= 7000);
        change(disks, slot, |settings| settings.max_age = days.unwrap_or(settings.max_age))?;
        if days.is_some() { Ok(()) } else { Err(INVALID) }
    })
}

pub(crate) async fn policy(State(device): State<Device>, ask: Ask) -> Response {
    answer(&device, ask, "setcleanuppolicy", |disks, ask, slot| match ask.arg("cleanuppolicy") {
        Some(policy @ ("fifo" | "none")) => change(disks, slot, |settings| policy.clone_into(&mut settings.policy)),
        _ => Err(INVALID),
    })
}

fn can_encrypt(disks: &Disks, slot: &Slot) -> Result<(), Refused> {
    if slot.id == SD_DISK && disks.knob("encryption") != "no" { Ok(()) } else { Err(NO_ENCRYPTION) }
}

fn passphrase<'a>(ask: &'a Ask, name: &str, bad: Refused) -> Result<&'a str, Refused> {
    let words = ask.arg(name).ok_or(INVALID)?;
    if words.is_empty() || words.len() > LONGEST { Err(bad) } else { Ok(words) }
}

fn change(disks: &Disks, slot: &Slot, alter: impl FnOnce(&mut crate::axsim::storage::Settings)) -> Result<(), Refused> {
    disks.axsim().change_settings(&slot.id, alter).map_err(|_| PROCESSING)
}

fn answer(
    device: &Device,
    ask: Ask,
    cgi: &str,
    act: impl FnOnce(&Disks, &Ask, &Slot) -> Result<(), Refused>,
) -> Response {
    let disks = device.disks();
    let ask = match accepted(disks, ask) {
        Ok(ask) => ask,
        Err(refusal) => return *refusal,
    };
    if let Some(due) = disks.due(cgi) {
        return word(Err((due.code, &due.words)));
    }
    let slot = ask.arg("diskid").map(|id| disks.axsim().slot(id));
    let outcome = match (ask.arg("schemaversion"), slot) {
        (None, _) | (_, None) => Err(INVALID),
        (Some("1" | "1.0"), Some(Some(slot))) => act(disks, &ask, &slot),
        (Some("1" | "1.0"), Some(None)) => Err(NO_DISK),
        (Some(_), _) => Err(NO_SCHEMA),
    };
    word(outcome)
}

fn word(outcome: Result<(), (u32, &str)>) -> Response {
    let inside = match outcome {
        Ok(()) => "<Success><GeneralSuccess /></Success>".to_owned(),
        Err((code, words)) => format!(
            "<Error><GeneralError><ErrorCode>{code}</ErrorCode><ErrorDescription>{}</ErrorDescription></GeneralError>\
             </Error>",
            escape(words)
        ),
    };
    xml(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <DiskPropertiesResponse xmlns=\"http://www.axis.com/vapix/http_cgi/disks/properties1\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"http://www.axis.com/vapix/http_cgi/disks/properties1 \
         http://www.axis.com/vapix/http_cgi/disks/properties/disk_properties1.xsd\" SchemaVersion=\"1.0\">\n  \
         {inside}\n</DiskPropertiesResponse>\n"
    ))
}
