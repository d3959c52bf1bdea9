//! Passwords: what is printed of them is stars.
//!
//! What a [`Secret`] holds is overwritten when it is dropped. Copies outside of it are not: those that GLib and the bus
//! made on the way here, and those that whoever exposes the text makes, such as the header of a request. Nothing that
//! reads this process's memory is kept out by this type.

use std::fmt;
use std::hint::black_box;

/// A text that is in no log. Its own bytes are overwritten when it is dropped; those of copies are not.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Keeps a text from being printed.
    #[must_use]
    pub fn new(text: String) -> Self {
        Secret(text.into_bytes())
    }

    /// The text itself. Whoever asks answers for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.fill(0);
        black_box(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_stars_and_gives_itself_only_when_asked() {
        let secret = Secret::new("p4ss:word".to_owned());
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "*** Some(***)");
        assert_eq!(secret.expose(), "p4ss:word");
    }
}
