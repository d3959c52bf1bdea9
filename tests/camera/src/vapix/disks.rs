//! The disk CGIs: reading in here, jobs in `jobs`, settings in `properties`.
//!
//! disks/list.cgi: the byte shape (double blanks, `numberofdisks="2" >`, the last line) is recorded, the same on 9.80
//! and 12.11; carried over to the other profiles. Attribute `encryptionenabled` as sent, not as documented (knob).
//! gethealth.cgi and getcapabilities.cgi: documented, never recorded.
//!
//! Guesses: an unknown `diskid` gives a list without disks; a card that is not mounted has no sizes; a card that can't
//! be opened has no file system; an empty file system takes 20 MiB; the states beside `OK` and `disconnected`
//! (documented, never recorded); that the knobs are as [`crate::disks`] says by default.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use quick_xml::escape::escape;

use super::{Ask, xml};
use crate::axsim::card::CardState;
use crate::axsim::storage::{NETWORK_SHARE, SD_DISK, SLOTS, Slot};
use crate::device::Device;
use crate::disks::Disks;

pub(crate) mod jobs;
pub(crate) mod properties;

/// What an empty file system takes, in units of 1024 bytes.
const EMPTY_KIB: u64 = 20 << 10;
/// The root element of the older disk CGIs.
const ROOT: &str = "<root xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
                    xsi:noNamespaceSchemaLocation=\"http://www.axis.com/vapix/http_cgi/disk/";

/// Takes an order as the knob `methods` lets it come in, or refuses it.
fn accepted(disks: &Disks, mut ask: Ask) -> Result<Ask, Box<Response>> {
    let is_post = ask.method == Method::POST;
    let refused = match disks.knob("methods").as_str() {
        "get" => is_post,
        "post" => !is_post,
        "query" => {
            ask.args.truncate(ask.in_query);
            false
        }
        _ => false,
    };
    if refused { Err(Box::new(StatusCode::METHOD_NOT_ALLOWED.into_response())) } else { Ok(ask) }
}

/// The slots that are asked for by `diskid`.
fn wanted(disks: &Disks, ask: &Ask) -> Vec<Slot> {
    let asked = ask.arg("diskid").unwrap_or("all");
    let ids = SLOTS.into_iter().filter(|id| asked == "all" || asked.split(',').any(|one| one == *id));
    ids.filter_map(|id| disks.axsim().slot(id)).collect()
}

pub(crate) async fn list(State(device): State<Device>, ask: Ask) -> Response {
    let manager = device.disks();
    let disks: Vec<String> = wanted(manager, &ask).iter().map(|slot| disk(manager, slot)).collect();
    xml(format!(
        "<?xml version=\"1.0\"?>\n{ROOT}list1.xsd\">\n<disks numberofdisks=\"{}\" >{}\n</disks> </root>\n",
        disks.len(),
        disks.join("\n"),
    ))
}

fn disk(manager: &Disks, slot: &Slot) -> String {
    let (settings, state) = (&slot.settings, slot.state());
    let is_busy = manager.jobs().iter().any(|job| job.disk == slot.id && job.outcome.is_none());
    let told = Some(manager.knob("busy_status")).filter(|word| is_busy && !word.is_empty());
    let status = told.unwrap_or_else(|| state.to_string());
    let card = slot.card.as_ref();
    let total = card.filter(|_| slot.available).map_or(0, |card| card.total_kib);
    let free = if slot.full { 0 } else { total.saturating_sub(EMPTY_KIB).saturating_sub(slot.used_kib) };
    let filesystem = match (card, state) {
        (None, _) => settings.filesystem.as_str(),
        (Some(_), CardState::NoPassphrase | CardState::WrongPassphrase) => "",
        (Some(card), _) => card.filesystem.as_str(),
    };
    let (level, group) = (if slot.available { 99 } else { 90 }, if slot.id == SD_DISK { "S0" } else { "S1" });
    let yes = |on: bool| if on { "yes" } else { "no" };
    let attribute =
        if manager.knob("attribute") == "documented" { "diskencryptionenabled" } else { "encryptionenabled" };
    format!(
        "  <disk diskid=\"{}\" name=\"\" totalsize=\"{total}\" freesize=\"{free}\" cleanuplevel=\"{level}\" \
         cleanupmaxage=\"{}\" cleanuppolicy=\"{}\" locked=\"{}\" full=\"{}\" readonly=\"{}\" status=\"{}\" \
         filesystem=\"{}\" group=\"{group}\" requiredfilesystem=\"{}\" \
         {attribute}=\"{}\" diskencrypted=\"{}\"/>",
        slot.id,
        settings.max_age,
        settings.policy,
        yes(settings.locked),
        yes(slot.full),
        yes(slot.available && card.is_some_and(|card| card.readonly)),
        escape(&status),
        escape(filesystem),
        settings.required_filesystem,
        settings.passphrase.is_some(),
        card.is_some_and(|card| card.passphrase.is_some()),
    )
}

pub(crate) async fn health(State(device): State<Device>, ask: Ask) -> Response {
    let disks: Vec<String> = wanted(device.disks(), &ask)
        .iter()
        .map(|slot| {
            let numbers = slot.card.as_ref().map(|card| (card.wear, card.temperature, card.health));
            let none = if slot.id == NETWORK_SHARE { -1 } else { -3 };
            let (wear, temperature, health) = numbers.unwrap_or((none, none, none));
            format!(
                "  <HealthStatus diskid=\"{}\" wear=\"{wear}\" temperature=\"{temperature}\" \
                 overallhealth=\"{health}\"/>\n",
                slot.id
            )
        })
        .collect();
    let inside = if disks.is_empty() {
        "<GeneralError><ErrorCode>10</ErrorCode><ErrorDescription>No such disk</ErrorDescription></GeneralError>"
            .to_owned()
    } else {
        format!("<HealthStatusSuccess>\n{}</HealthStatusSuccess>", disks.concat())
    };
    xml(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<HealthStatusResponse \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:noNamespaceSchemaLocation=\"http://www.axis.com/vapix/http_cgi/disk/gethealth1.xsd\">{inside}\n\
         </HealthStatusResponse>\n"
    ))
}

pub(crate) async fn capabilities(State(device): State<Device>, ask: Ask) -> Response {
    let can_encrypt = device.disks().knob("encryption") != "no";
    let disks: String = wanted(device.disks(), &ask)
        .iter()
        .map(|slot| {
            let is_card = slot.id == SD_DISK;
            let known: &[(&str, bool)] = if is_card { &[("vfat", false), ("ext4", true)] } else { &[("cifs", false)] };
            let filesystems = known.iter().map(|(name, required)| {
                format!("<filesystem name=\"{name}\" nicename=\" \" requiredfssupported=\"{required}\"/>")
            });
            format!(
                " <disk diskid=\"{}\" requiredfssupported=\"{is_card}\" encryptionsupported=\"{}\">\n  \
                 <filesystems>{}</filesystems></disk>\n",
                slot.id,
                is_card && can_encrypt,
                filesystems.collect::<String>(),
            )
        })
        .collect();
    xml(format!("<?xml version=\"1.0\"?>\n{ROOT}capabilities1.xsd\">\n{disks}</root>\n"))
}
