//! A filled-in form: read, then checked. Both are pure; whatever comes, they answer and never panic.

use axsdk::Secret;

use crate::jobs::offers::Kind;
use crate::jobs::orders::{LONGEST_PASSPHRASE, Seat, Wanted};
use crate::snapshot::Stand;
use crate::web::page::control::{Field, serial_end, size};
use crate::web::words::control as say;

/// What was filled in. A field that did not come is empty.
#[derive(Debug)]
pub struct Filled {
    /// The slot.
    pub slot: String,
    /// The token of the form.
    pub token: String,
    /// The card's size.
    pub size: String,
    /// The end of the serial number.
    pub serial: String,
    /// The passphrase.
    pub passphrase: Secret,
    /// The same again.
    pub again: Secret,
    /// The passphrase of before.
    pub previous: Secret,
}

/// Reads `application/x-www-form-urlencoded`; `None` for what no browser sends: a field twice, or what is no UTF-8. Fields
/// that no form of ours has are passed over.
#[must_use]
pub fn read(body: &str) -> Option<Filled> {
    let names = ["slot", "token", "size", "serial", "passphrase", "again", "previous"];
    let [slot, token, size, serial, passphrase, again, previous] = fields(body, names)?;
    let [passphrase, again, previous] = [passphrase, again, previous].map(Secret::new);
    Some(Filled { slot, token, size, serial, passphrase, again, previous })
}

/// The fields of these names, empty where they did not come; `None` as for [`read`].
pub(super) fn fields<const N: usize>(body: &str, names: [&str; N]) -> Option<[String; N]> {
    let mut fields = [const { None }; N];
    for (name, value) in form_urlencoded::parse(body.as_bytes()) {
        let Some((_, field)) = names.iter().zip(&mut fields).find(|(known, _)| **known == name) else { continue };
        // The decoder puts this in the place of what is no UTF-8.
        if field.is_some() || value.contains(char::REPLACEMENT_CHARACTER) {
            return None;
        }
        *field = Some(value.into_owned());
    }
    Some(fields.map(Option::unwrap_or_default))
}

/// The order, or the field that is wrong with what is to be said of it. `serial` is the camera's.
///
/// # Errors
/// The first field that is wrong.
pub fn check(
    kind: Kind,
    filled: Filled,
    seat: &Seat,
    serial: Option<&str>,
) -> Result<Wanted, (Option<Field>, &'static str)> {
    Ok(match kind {
        Kind::Keep => Wanted::Keep,
        Kind::StartAgain => Wanted::StartAgain,
        Kind::Cancel => Wanted::Cancel,
        Kind::TestAgain => Wanted::TestAgain,
        Kind::Prepare => {
            let passphrase = passphrase(&filled)?;
            // Without the one before, another one would be an order to prepare the card anew.
            if filled.previous.expose().is_empty() && seat.stand != Some(Stand::Ready) {
                return Ok(Wanted::Prepare { passphrase, previous: None });
            }
            usable(Field::Previous, &filled.previous)?;
            Wanted::Prepare { passphrase, previous: Some(filled.previous) }
        }
        Kind::Erase => {
            let end = serial.and_then(serial_end).ok_or((None, say::NO_SERIAL))?;
            let shown = size(seat);
            if !is_size(&filled.size, shown.as_deref()) {
                return Err((Some(Field::Size), if shown.is_some() { say::OTHER_SIZE } else { say::OTHER_WORD }));
            }
            if !filled.serial.trim().eq_ignore_ascii_case(end) {
                return Err((Some(Field::Serial), say::OTHER_SERIAL));
            }
            let has_one = seat.has_passphrase && filled.passphrase.expose().is_empty();
            let passphrase = if has_one { None } else { Some(passphrase(&filled)?) };
            Wanted::Erase { passphrase }
        }
    })
}

fn passphrase(filled: &Filled) -> Result<Secret, (Option<Field>, &'static str)> {
    usable(Field::Passphrase, &filled.passphrase)?;
    if filled.passphrase != filled.again {
        return Err((Some(Field::Again), say::NOT_THE_SAME));
    }
    Ok(filled.passphrase.clone())
}

fn usable(field: Field, passphrase: &Secret) -> Result<(), (Option<Field>, &'static str)> {
    let wrong = match passphrase.expose() {
        "" => say::MISSING,
        text if text.len() > LONGEST_PASSPHRASE => say::TOO_LONG,
        text if text.chars().any(char::is_control) => say::UNTYPABLE,
        _ => return Ok(()),
    };
    Err((Some(field), wrong))
}

/// The size as it stands on the page, with or without its unit, in whatever case, with either decimal sign.
fn is_size(typed: &str, shown: Option<&str>) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<String>().to_lowercase().replace(',', ".");
    let shown = plain(shown.unwrap_or(say::SIZE_UNKNOWN));
    let number = shown.trim_end_matches(char::is_alphabetic);
    let typed = plain(typed);
    typed == shown || (!number.is_empty() && typed == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_taken_as_people_type_it_and_no_other_is() {
        for (typed, shown, is) in [
            ("119 GB", Some("119 GB"), true),
            (" 119gb ", Some("119 GB"), true),
            ("119", Some("119 GB"), true),
            ("5,9 GB", Some("5.9 GB"), true),
            ("1.02 TB", Some("1.02 TB"), true),
            ("1.02 GB", Some("1.02 TB"), false),
            ("119 TB", Some("119 GB"), false),
            ("118", Some("119 GB"), false),
            ("1190", Some("119 GB"), false),
            ("GB", Some("119 GB"), false),
            ("", Some("119 GB"), false),
            ("unknown", Some("119 GB"), false),
            ("Unknown", None, true),
            ("", None, false),
        ] {
            assert_eq!(is_size(typed, shown), is, "{typed:?} for {shown:?}");
        }
    }

    #[test]
    fn a_form_is_read_as_browsers_send_it() {
        let filled = read("slot=SD_DISK&token=ab&passphrase=%C3%B6+%26%3D%25&again=+x&new=1&").unwrap();
        assert_eq!((filled.slot.as_str(), filled.token.as_str()), ("SD_DISK", "ab"));
        assert_eq!((filled.passphrase.expose(), filled.again.expose()), ("ö &=%", " x"));
        assert_eq!((filled.size.as_str(), filled.previous.expose()), ("", ""));
        assert!(!format!("{filled:?}").contains('ö'));
    }

    #[test]
    fn what_no_browser_sends_is_no_form() {
        for body in ["passphrase=%FF", "passphrase=a&passphrase=b", "slot=a&slot=a", "token=%E2%82"] {
            assert!(read(body).is_none(), "{body}");
        }
        for body in ["", "&&&==", "%", "%%%", "a", "=b", "%00=%00", "slot"] {
            assert!(read(body).is_some(), "{body}");
        }
    }

    #[test]
    fn no_body_breaks_the_reader() {
        let mut state = 7_u64;
        for _ in 0..20_000 {
            let next = |state: &mut u64| {
                *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                usize::try_from(*state >> 40).unwrap()
            };
            let letters = b"slot=&%+passphrase2F\xc3\xb6\0";
            let body: Vec<u8> = (0..next(&mut state) % 60).map(|_| letters[next(&mut state) % letters.len()]).collect();
            let _ = read(&String::from_utf8_lossy(&body));
        }
    }
}
