//! Wear, temperature and own check of the cards, from VAPIX `disks/gethealth.cgi`.
//!
//! Documented (VAPIX Edge storage API), never recorded. It is there since AXIS OS 7.20, and tells no more than the wear
//! before 9.50. Wear is in percent of the card's life and may pass 100, the temperature in Kelvin; the check is 1 where it
//! passed and 0 where it failed. Each number can be −1, not supported: then the card is none that is made for
//! surveillance, or it does not tell; −2, the camera could not read it; −3, no card is in. That a camera without it
//! refuses the question is a guess; such a one tells nothing, which is no fault.

use roxmltree::{Document, Node};

use crate::snapshot::{Health, Measure, is_for_cards};
use crate::vapix::{Fault, Reader};

const HEALTH: &str = "/axis-cgi/disks/gethealth.cgi?diskid=all";
/// 0 °C in Kelvin, rounded so that whole Kelvin become whole degrees: the documented 315 is 41.85 °C.
const FREEZING: i32 = 273;
/// What a card can be and still be read, in Kelvin; other numbers are none.
const SENSIBLE: std::ops::RangeInclusive<i32> = 200..=500;

/// Reads what each card tells of itself; nothing where the camera has no such thing.
///
/// # Errors
/// As [`Reader::get`]; [`Fault::Declined`] with the camera's own number or words.
pub async fn read(camera: &Reader) -> Result<Vec<Health>, Fault> {
    match camera.get(HEALTH).await {
        Ok(xml) => parse(&xml),
        Err(Fault::Refused { status, .. }) if status < 500 => Ok(Vec::new()),
        Err(fault) => Err(fault),
    }
}

pub(crate) fn parse(xml: &str) -> Result<Vec<Health>, Fault> {
    let garbled = |why: String| Fault::Garbled { path: HEALTH, why };
    let document = Document::parse(xml).map_err(|error| garbled(error.to_string()))?;
    let root = document.root_element();
    let named = |node: &Node<'_, '_>, name: &str| node.tag_name().name() == name;
    if !root.descendants().any(|node| named(&node, "HealthStatusSuccess")) {
        let told = root.descendants().find(|node| named(node, "ErrorDescription") || named(node, "ErrorCode"));
        let words = told.and_then(|node| node.text()).map(str::trim).filter(|words| !words.is_empty());
        return Err(match words {
            Some(words) => Fault::Declined { path: HEALTH, code: words.chars().take(200).collect() },
            None => garbled(format!("<{}> without the health of disks", root.tag_name().name())),
        });
    }
    Ok(root.descendants().filter(|node| named(node, "HealthStatus")).filter_map(health).collect())
}

fn health(disk: Node<'_, '_>) -> Option<Health> {
    let slot = disk.attribute("diskid").filter(|id| is_for_cards(id))?;
    Some(Health {
        slot: slot.to_owned(),
        wear_percent: measure(disk, "wear", |percent| u32::try_from(percent).ok()),
        temperature_celsius: measure(disk, "temperature", |kelvin| {
            SENSIBLE.contains(&kelvin).then(|| kelvin - FREEZING)
        }),
        passed: measure(disk, "overallhealth", |passed| match passed {
            1 => Some(true),
            0 => Some(false),
            _ => None,
        }),
    })
}

fn measure<T>(disk: Node<'_, '_>, name: &str, of: impl Fn(i32) -> Option<T>) -> Measure<T> {
    match disk.attribute(name).and_then(|number| number.trim().parse().ok()) {
        Some(-1) => Measure::Unsupported,
        Some(-2) => Measure::Unreadable,
        Some(-3) => Measure::NoCard,
        Some(number) => of(number).map_or(Measure::Untold, Measure::Value),
        None => Measure::Untold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Condition;

    /// In the documented shape.
    fn answer(disks: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<HealthStatusResponse \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xsi:noNamespaceSchemaLocation=\"http://www.axis.com/vapix/http_cgi/disk/gethealth1.xsd\">\
             <HealthStatusSuccess>{disks}</HealthStatusSuccess></HealthStatusResponse>"
        )
    }

    fn one(numbers: &str) -> Health {
        parse(&answer(&format!("<HealthStatus diskid=\"SD_DISK\" {numbers}/>"))).unwrap()[0].clone()
    }

    #[test]
    fn the_documented_form_is_read_and_a_share_is_no_card() {
        let share = "<HealthStatus diskid=\"NetworkShare\" wear=\"-1\" temperature=\"-1\" overallhealth=\"-1\"/>";
        let card = "<HealthStatus diskid=\"SD_DISK\" wear=\"25\" temperature=\"315\" overallhealth=\"1\"/>";
        let expected = Health {
            slot: "SD_DISK".into(),
            wear_percent: Measure::Value(25),
            temperature_celsius: Measure::Value(42),
            passed: Measure::Value(true),
        };
        assert_eq!(parse(&answer(&format!("{card}{share}"))).unwrap(), [expected]);
        assert_eq!(parse(&answer("")).unwrap(), []);
    }

    #[test]
    fn each_number_can_be_missing_in_four_ways_and_what_makes_no_sense_is_none() {
        let table = [
            ("-1", Measure::Unsupported),
            ("-2", Measure::Unreadable),
            ("-3", Measure::NoCard),
            (" 104 ", Measure::Value(104)),
            ("0", Measure::Value(0)),
            ("-4", Measure::Untold),
            ("", Measure::Untold),
            ("much", Measure::Untold),
            ("99999999999", Measure::Untold),
        ];
        for (text, wear) in table {
            assert_eq!(one(&format!("wear=\"{text}\"")).wear_percent, wear, "{text}");
        }
        let old = one("wear=\"3\"");
        assert_eq!((old.temperature_celsius, old.passed), (Measure::Untold, Measure::Untold));
        assert_eq!(one("temperature=\"42\"").temperature_celsius, Measure::Untold, "Celsius is no Kelvin");
        assert_eq!(one("temperature=\"263\"").temperature_celsius, Measure::Value(-10));
        assert_eq!(one("overallhealth=\"2\"").passed, Measure::Untold);
    }

    #[test]
    fn the_condition_is_the_worst_that_is_known_and_unknown_is_never_good() {
        let table = [
            ("wear=\"3\" overallhealth=\"1\"", Condition::Good),
            ("wear=\"3\"", Condition::Good),
            ("wear=\"79\" overallhealth=\"-1\"", Condition::Good),
            ("wear=\"80\" overallhealth=\"1\"", Condition::Worn),
            ("wear=\"100\" overallhealth=\"1\"", Condition::WornOut),
            ("wear=\"300\" overallhealth=\"0\"", Condition::Failing),
            ("wear=\"-1\" overallhealth=\"0\"", Condition::Failing),
            ("wear=\"-1\" overallhealth=\"1\"", Condition::Passed),
            ("wear=\"-1\" overallhealth=\"-1\"", Condition::Untold),
            ("", Condition::Untold),
        ];
        for (numbers, condition) in table {
            assert_eq!(one(numbers).condition(), condition, "{numbers}");
        }
    }

    #[test]
    fn errors_and_nonsense_are_told_apart() {
        let kind = |xml: &str| parse(xml).unwrap_err().kind();
        let error =
            "<HealthStatusResponse><GeneralError><ErrorCode>10</ErrorCode></GeneralError></HealthStatusResponse>";
        assert_eq!(kind(error), "declined");
        assert_eq!(kind("<root></root>"), "garbled");
        assert_eq!(kind("Error: 4"), "garbled");
        assert_eq!(kind(&"<a>".repeat(100_000)), "garbled");
    }
}
