//! Words that come from elsewhere: cameras, cards, people. They are shown, but cannot disturb what stands around them.

/// `text` without control characters and without those that turn the direction of writing or are invisible, with white
/// space made single, and at most `most` characters of it (with “…” when it is longer).
#[must_use]
pub fn foreign(text: &str, most: usize) -> String {
    let mut shown = String::new();
    let mut left = most;
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    for word in words.map(|word| word.chars().filter(|letter| !disturbs(*letter))) {
        let mut word = word.peekable();
        if word.peek().is_some() && !shown.is_empty() {
            shown.push(' ');
        }
        for letter in word {
            if left == 0 {
                shown.push('…');
                return shown;
            }
            left -= 1;
            shown.push(letter);
        }
    }
    shown
}

/// Marks of direction, joiners and fillers that have no picture (Unicode, general category Cf and what acts like it).
fn disturbs(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_disturbs_is_gone_and_what_is_long_ends() {
        let table = [
            ("Format SD Card", "Format SD Card"),
            ("  two\t\nlines\u{0}\u{1b}[31m ", "two lines [31m"),
            ("abc\u{202e}fdp.exe\u{2066}", "abcfdp.exe"),
            ("\u{200b} \u{feff}", ""),
            ("Größe 測試", "Größe 測試"),
            ("exactly twenty chars", "exactly twenty chars"),
        ];
        for (text, shown) in table {
            assert_eq!(foreign(text, 30), shown);
        }
        assert_eq!(foreign(&"x".repeat(10_000), 5), "xxxxx…");
        assert_eq!(foreign("abcde", 5), "abcde");
    }
}
