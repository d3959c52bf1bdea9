//! disks/list.cgi. The byte shape (double blanks, `numberofdisks="2" >`, the last line) is recorded, the same on 9.80
//! and 12.11; carried over to the other profiles. Attribute `encryptionenabled` as sent, not as documented.
//!
//! Guesses: an unknown `diskid` gives a list without disks; a card that is not mounted has no sizes; the states beside
//! `OK` and `disconnected` (documented, never recorded).

use axum::extract::State;
use axum::response::Response;

use super::{Ask, xml};
use crate::axsim::card::Encrypted;
use crate::axsim::storage::{NETWORK_SHARE, SD_DISK, Slot};
use crate::device::Device;

pub(crate) async fn list(State(device): State<Device>, ask: Ask) -> Response {
    let asked = ask.arg("diskid").unwrap_or("all");
    let wanted = |id: &&str| asked == "all" || asked.split(',').any(|one| one == *id);
    let slots = [SD_DISK, NETWORK_SHARE].into_iter().filter(wanted);
    let disks: Vec<String> = slots.filter_map(|id| device.parts().axsim.slot(id)).map(|slot| disk(&slot)).collect();
    xml(format!(
        "<?xml version=\"1.0\"?>\n<root xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:noNamespaceSchemaLocation=\"http://www.axis.com/vapix/http_cgi/disk/list1.xsd\">\n\
         <disks numberofdisks=\"{}\" >{}\n</disks> </root>\n",
        disks.len(),
        disks.join("\n"),
    ))
}

fn disk(slot: &Slot) -> String {
    let status = slot.state();
    let total = if slot.available { slot.total_kib } else { 0 };
    let free = if slot.full { 0 } else { total - total / 256 };
    let (level, group) = (if slot.available { 99 } else { 90 }, if slot.id == SD_DISK { "S0" } else { "S1" });
    let yes = |on: bool| if on { "yes" } else { "no" };
    let encrypted = slot.present && slot.trouble.encrypted != Encrypted::No;
    format!(
        "  <disk diskid=\"{}\" name=\"\" totalsize=\"{total}\" freesize=\"{free}\" cleanuplevel=\"{level}\" \
         cleanupmaxage=\"7\" cleanuppolicy=\"fifo\" locked=\"no\" full=\"{}\" readonly=\"{}\" status=\"{status}\" \
         filesystem=\"{}\" group=\"{group}\" requiredfilesystem=\"none\" \
         encryptionenabled=\"{}\" diskencrypted=\"{encrypted}\"/>",
        slot.id,
        yes(slot.full),
        yes(slot.available && !slot.writable),
        slot.filesystem,
        slot.trouble.encryption_set,
    )
}
