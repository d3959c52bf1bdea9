//! The code that a camera shows to its administrators, in the form of RFC 8628, section 6.1: easy to read aloud, hard to
//! guess (20 letters, 8 places: 34 bits), and no words.

use rand::seq::IndexedRandom as _;

const LETTERS: &[u8] = b"CDFHJKMNPQRTVWXY3479";

/// How long a code holds, in seconds.
pub(crate) const LIFETIME: i64 = 24 * 3600;

/// A new code.
#[must_use]
pub(crate) fn make() -> String {
    let mut rng = rand::rng();
    let letters: Vec<char> =
        (0..8).filter_map(|_| LETTERS.choose(&mut rng)).map(|letter| char::from(*letter)).collect();
    written(&letters)
}

/// What a person typed, as a code; `None` when it is none. Case, dashes and spaces do not matter.
#[must_use]
pub(crate) fn read(typed: &str) -> Option<String> {
    let kept = typed.chars().filter(|c| !matches!(c, '-' | '\u{2013}') && !c.is_whitespace());
    let letters: Vec<char> = kept.map(|c| c.to_ascii_uppercase()).collect();
    let known = letters.iter().all(|letter| u8::try_from(*letter).is_ok_and(|byte| LETTERS.contains(&byte)));
    (letters.len() == 8 && known).then(|| written(&letters))
}

fn written(letters: &[char]) -> String {
    letters.chunks(4).map(|half| half.iter().collect()).collect::<Vec<String>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = make();
        assert_eq!(code.len(), 9);
        assert_eq!(read(&format!(" {} ", code.to_lowercase().replace('-', " "))), Some(code));
        assert_eq!(read("CDFH-JKMA"), None);
        assert_eq!(read("CDFH-JKM"), None);
    }
}
