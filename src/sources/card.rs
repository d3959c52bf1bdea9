//! The SD card slots, from VAPIX `disks/list.cgi` (the disk manager).
//!
//! Recorded on AXIS OS 9.80 and 12.11: sizes are in units of 1024 bytes, booleans are `yes|no` or `true|false`, and the
//! encryption setting is called `encryptionenabled`, though the documentation says `diskencryptionenabled`. Never
//! recorded: the states beside `OK` and `disconnected`, an encrypted card, the answer of a camera without a slot.
//! Attributes and numbers may be missing. Old CGIs tell errors with status 200.

use roxmltree::{Document, Node};

use crate::snapshot::{Card, CardStatus};
use crate::vapix::{Fault, Reader};

pub mod health;

const LIST: &str = "/axis-cgi/disks/list.cgi?diskid=all";
/// Slots for cards; a disk manager also tells of network shares and, on other products, of hard disks.
const SLOTS: [&str; 2] = ["SD_DISK", "SD_DISK2"];
/// The unit of the sizes, in bytes.
const UNIT: u64 = 1024;

/// Reads every slot for SD cards, in the camera's order.
///
/// # Errors
/// As [`Reader::get`]; [`Fault::Declined`] with the camera's own number or words.
pub async fn read(camera: &Reader) -> Result<Vec<Card>, Fault> {
    parse(&camera.get(LIST).await?)
}

pub(crate) fn parse(xml: &str) -> Result<Vec<Card>, Fault> {
    let garbled = |why: String| Fault::Garbled { path: LIST, why };
    let document = Document::parse(xml).map_err(|error| garbled(error.to_string()))?;
    let root = document.root_element();
    let Some(disks) = root.children().find(|child| child.has_tag_name("disks")) else {
        let told = root.descendants().find(|node| ["ErrorDescription", "ErrorCode"].contains(&node.tag_name().name()));
        let words = told.and_then(|node| node.text()).map(str::trim).filter(|words| !words.is_empty());
        return Err(match words {
            Some(words) => Fault::Declined { path: LIST, code: words.to_owned() },
            None => garbled(format!("<{}> without a list of disks", root.tag_name().name())),
        });
    };
    let disks = disks.children().filter(|child| child.has_tag_name("disk"));
    Ok(disks.filter_map(card).collect())
}

fn card(disk: Node<'_, '_>) -> Option<Card> {
    let slot = disk.attribute("diskid").filter(|id| SLOTS.contains(id))?;
    let flag = |name| disk.attribute(name).and_then(truth);
    let total_bytes = bytes(disk, "totalsize").filter(|total| *total > 0);
    Some(Card {
        slot: slot.to_owned(),
        status: status(disk.attribute("status").unwrap_or_default()),
        total_bytes,
        free_bytes: total_bytes.and(bytes(disk, "freesize")),
        filesystem: disk.attribute("filesystem").filter(|name| !name.is_empty()).map(str::to_owned),
        encryption_set: flag("encryptionenabled").or_else(|| flag("diskencryptionenabled")),
        encrypted: flag("diskencrypted"),
        locked: flag("locked").unwrap_or(false),
        full: flag("full").unwrap_or(false),
        read_only: flag("readonly").unwrap_or(false),
        required_filesystem: required(disk),
    })
}

/// `none`, or the name of a file system.
fn required(disk: Node<'_, '_>) -> Option<String> {
    let name = disk.attribute("requiredfilesystem")?.trim();
    (!name.is_empty() && !name.eq_ignore_ascii_case("none")).then(|| name.to_owned())
}

/// A size in bytes; a number that makes no sense is none.
fn bytes(disk: Node<'_, '_>, name: &str) -> Option<u64> {
    disk.attribute(name)?.trim().parse::<u64>().ok()?.checked_mul(UNIT)
}

fn truth(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" => Some(true),
        "no" | "false" | "0" => Some(false),
        _ => None,
    }
}

fn status(word: &str) -> CardStatus {
    match word.trim().to_ascii_lowercase().as_str() {
        "ok" => CardStatus::Ok,
        "disconnected" => CardStatus::Disconnected,
        "connected" => CardStatus::Connected,
        "failed" => CardStatus::Failed,
        "no passphrase" => CardStatus::NoPassphrase,
        "wrong passphrase" => CardStatus::WrongPassphrase,
        "not encrypted" => CardStatus::NotEncrypted,
        _ => CardStatus::Other(word.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the recorded byte shape, with values of our own.
    fn list(disks: &[&str]) -> String {
        let disks: Vec<String> = disks.iter().map(|disk| format!("  <disk {disk}/>")).collect();
        format!(
            "<?xml version=\"1.0\"?>\n<root xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xsi:noNamespaceSchemaLocation=\"http://www.axis.com/vapix/http_cgi/disk/list1.xsd\">\n\
             <disks numberofdisks=\"{}\" >{}\n</disks> </root>\n",
            disks.len(),
            disks.join("\n"),
        )
    }

    const CARD: &str = "diskid=\"SD_DISK\" name=\"\" totalsize=\"58054660\" freesize=\"30211072\" cleanuplevel=\"99\" \
                        cleanupmaxage=\"7\" cleanuppolicy=\"fifo\" locked=\"no\" full=\"no\" readonly=\"no\" \
                        status=\"OK\" filesystem=\"ext4\" group=\"S0\" requiredfilesystem=\"none\" \
                        encryptionenabled=\"true\" diskencrypted=\"true\"";
    const SHARE: &str = "diskid=\"NetworkShare\" name=\"\" totalsize=\"0\" freesize=\"0\" cleanuplevel=\"90\" \
                         cleanupmaxage=\"7\" cleanuppolicy=\"fifo\" locked=\"no\" full=\"no\" readonly=\"no\" \
                         status=\"disconnected\" filesystem=\"cifs\" group=\"S1\" requiredfilesystem=\"none\" \
                         encryptionenabled=\"false\" diskencrypted=\"false\"";

    #[test]
    fn the_recorded_form_is_read_and_the_network_share_is_no_card() {
        let cards = parse(&list(&[CARD, SHARE])).unwrap();
        let expected = Card {
            slot: "SD_DISK".into(),
            status: CardStatus::Ok,
            total_bytes: Some(58_054_660 * 1024),
            free_bytes: Some(30_211_072 * 1024),
            filesystem: Some("ext4".into()),
            encryption_set: Some(true),
            encrypted: Some(true),
            locked: false,
            full: false,
            read_only: false,
            required_filesystem: None,
        };
        assert_eq!(cards, [expected]);
    }

    #[test]
    fn a_file_system_that_is_required_is_read_and_none_is_none() {
        let required = |attributes: &str| {
            let card = parse(&list(&[&format!("diskid=\"SD_DISK\" {attributes}")])).unwrap()[0].clone();
            card.required_filesystem
        };
        assert_eq!(required("requiredfilesystem=\"ext4\"").as_deref(), Some("ext4"));
        for none in ["", "requiredfilesystem=\"\"", "requiredfilesystem=\" None \""] {
            assert_eq!(required(none), None, "{none}");
        }
    }

    #[test]
    fn the_documented_name_of_the_encryption_setting_is_read_as_well() {
        let set = |attributes: &str| parse(&list(&[&format!("diskid=\"SD_DISK\" {attributes}")])).unwrap()[0].clone();
        assert_eq!(set("encryptionenabled=\"true\"").encryption_set, Some(true));
        assert_eq!(set("diskencryptionenabled=\"true\"").encryption_set, Some(true));
        assert_eq!(set("diskencryptionenabled=\"false\" diskencrypted=\"TRUE\"").encryption_set, Some(false));
        assert_eq!(set("diskencrypted=\"yes\"").encrypted, Some(true));
        assert_eq!(set("encryptionenabled=\"perhaps\"").encryption_set, None);
    }

    #[test]
    fn each_status_is_read_in_any_case_and_an_unknown_one_as_it_came() {
        let table = [
            ("OK", CardStatus::Ok),
            ("ok", CardStatus::Ok),
            ("disconnected", CardStatus::Disconnected),
            ("Connected", CardStatus::Connected),
            ("FAILED", CardStatus::Failed),
            ("no passphrase", CardStatus::NoPassphrase),
            ("Wrong passphrase", CardStatus::WrongPassphrase),
            (" not encrypted ", CardStatus::NotEncrypted),
            ("Being Repaired", CardStatus::Other("Being Repaired".into())),
            ("", CardStatus::Other(String::new())),
        ];
        for (word, status) in table {
            let cards = parse(&list(&[&format!("diskid=\"SD_DISK\" status=\"{word}\"")])).unwrap();
            assert_eq!(cards[0].status, status, "{word}");
        }
    }

    #[test]
    fn what_is_missing_or_makes_no_sense_is_absent_and_loses_nothing_else() {
        let table = [
            ("", (None, None)),
            ("totalsize=\"0\" freesize=\"0\"", (None, None)),
            ("totalsize=\"many\" freesize=\"7\"", (None, None)),
            ("totalsize=\"-1\" freesize=\"7\"", (None, None)),
            ("totalsize=\"18446744073709551615\" freesize=\"7\"", (None, None)),
            ("totalsize=\" 10 \" freesize=\"0\"", (Some(10_240), Some(0))),
            ("totalsize=\"10\"", (Some(10_240), None)),
        ];
        for (attributes, sizes) in table {
            let card = parse(&list(&[&format!("diskid=\"SD_DISK2\" full=\"yes\" {attributes}")])).unwrap()[0].clone();
            assert_eq!((card.total_bytes, card.free_bytes), sizes, "{attributes}");
            assert_eq!((card.slot.as_str(), card.full, card.filesystem), ("SD_DISK2", true, None));
        }
    }

    #[test]
    fn a_camera_without_a_slot_has_no_cards_and_that_is_no_fault() {
        assert_eq!(parse(&list(&[SHARE])).unwrap(), []);
        assert_eq!(parse(&list(&[])).unwrap(), []);
        assert_eq!(parse(&list(&["name=\"nameless\"", "diskid=\"HDD_DISK\""])).unwrap(), []);
    }

    #[test]
    fn errors_and_nonsense_are_told_apart() {
        let kind = |xml: &str| parse(xml).unwrap_err().kind();
        let error = "<root><GeneralError><ErrorCode>10</ErrorCode><ErrorDescription>busy</ErrorDescription></GeneralError></root>";
        assert_eq!(kind(error), "declined");
        assert!(parse(error).unwrap_err().to_string().contains("10"));
        assert_eq!(kind("<root></root>"), "garbled");
        assert_eq!(kind("<html><body/></html>"), "garbled");
        assert_eq!(kind("Error: 4"), "garbled");
        assert_eq!(kind(&"<a>".repeat(100_000)), "garbled");
    }
}
