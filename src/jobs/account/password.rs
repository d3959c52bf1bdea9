//! Passwords for the account, from the system's random source.

use axsdk::Secret;
use rustix::rand::{GetRandomFlags, getrandom};

/// So many characters.
const LONG: usize = 20;
/// 64 of them, so that six random bits choose one and each is as likely as the others. None looks like another (0 and O, 1,
/// l and I), none has a meaning in a URL's login, in HTML, JSON, XML, a shell's word or a quoted string.
const LETTERS: &[u8; 64] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_.~=,+";
/// One in six is thrown away for a class that is missing, and two in five for another rule: this many are never needed.
const ATTEMPTS: usize = 1_000;

/// A new password: 20 characters of all four classes, beginning with a letter, no two equal ones side by side, so that it is
/// good for each policy that cameras are known to have. About 118 bits. `None` where the system gives no random bytes.
pub(super) fn make() -> Option<Secret> {
    let mut bytes = [0_u8; LONG];
    let mut made = None;
    for _ in 0..ATTEMPTS {
        if getrandom(&mut bytes, GetRandomFlags::empty()) != Ok(LONG) {
            break;
        }
        for byte in &mut bytes {
            *byte = LETTERS.get(usize::from(*byte & 63)).copied().unwrap_or(b'-');
        }
        if is_good(&bytes) {
            // Of its whole length from the beginning: a text that grows leaves copies behind.
            let mut text = String::with_capacity(LONG);
            text.extend(bytes.iter().copied().map(char::from));
            made = Some(Secret::new(text));
            break;
        }
    }
    bytes.fill(0);
    std::hint::black_box(&bytes);
    made
}

fn is_good(password: &[u8; LONG]) -> bool {
    let has = |class: fn(&u8) -> bool| password.iter().any(class);
    let classes = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    let differs = password.iter().zip(password.iter().skip(1)).all(|(one, next)| one != next);
    classes && has(u8::is_ascii_punctuation) && password.first().is_some_and(u8::is_ascii_alphabetic) && differs
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn a_password_has_20_characters_of_all_classes_and_nothing_that_is_read_for_another() {
        for _ in 0..500 {
            let secret = make().unwrap();
            let password = secret.expose();
            assert_eq!(password.len(), 20);
            let has = |class: fn(char) -> bool| password.chars().any(class);
            assert!(has(|it| it.is_ascii_uppercase()) && has(|it| it.is_ascii_lowercase()), "{password}");
            assert!(has(|it| it.is_ascii_digit()) && has(|it| it.is_ascii_punctuation()), "{password}");
            assert!(password.starts_with(|it: char| it.is_ascii_alphabetic()), "{password}");
            assert!(
                !password.contains(['0', 'O', '1', 'l', 'I', ' ', '"', '\'', '\\', '&', '<', ':', '@', '%', '/', '$'])
            );
            assert!(password.as_bytes().windows(2).all(|pair| pair[0] != pair[1]), "{password}");
        }
    }

    #[test]
    fn no_character_is_likelier_than_another_and_no_password_comes_twice() {
        let passwords: Vec<_> = (0..4_000).map(|_| make().unwrap()).collect();
        let different: BTreeSet<_> = passwords.iter().map(|password| password.expose().to_owned()).collect();
        assert_eq!(different.len(), passwords.len());
        let mut counts = BTreeMap::new();
        for letter in passwords.iter().flat_map(|password| password.expose().bytes().skip(1)) {
            *counts.entry(letter).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 64);
        // Digits and signs are a little likelier, since each password has one: 76000/64 is 1187.
        let (least, most) = (counts.values().min().unwrap(), counts.values().max().unwrap());
        assert!(*least > 980 && *most < 1_500, "{counts:?}");
    }
}
