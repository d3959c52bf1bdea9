//! The hidden tokens of forms. Each is random and stands for one order on one card, or one about the portal: a page of another site cannot know
//! it, and a form that was made for another card, by an earlier start of the app, or that was used, has none that holds.
//!
//! There is one token at a time for each slot and order, so that they cannot pile up.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::rand::{GetRandomFlags, getrandom};

/// 16 random bytes each.
const BYTES: usize = 16;

/// What a form was made for: where, which order by its word, and what was to be seen then.
type Place = (String, &'static str);
type Table = BTreeMap<Place, (Option<u64>, String)>;

/// All that hold; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Tokens(Arc<Mutex<Table>>);

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(***)")
    }
}

impl Tokens {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token for this order on this card; `None` where the kernel gives no random bytes.
    pub(crate) fn issue(&self, slot: &str, order: &'static str, seen: Option<u64>) -> Option<String> {
        let mut table = self.table();
        let place = (slot.to_owned(), order);
        if let Some((of, token)) = table.get(&place) {
            if *of == seen {
                return Some(token.clone());
            }
        }
        let token = random()?;
        table.insert(place, (seen, token.clone()));
        Some(token)
    }

    /// Whether this is the token for this order on this card.
    pub(crate) fn holds(&self, slot: &str, order: &'static str, seen: Option<u64>, token: &str) -> bool {
        let table = self.table();
        let issued = table.get(&(slot.to_owned(), order)).filter(|(of, _)| *of == seen);
        issued.is_some_and(|(_, issued)| same(issued, token))
    }

    /// The same, and no token of this slot holds any longer.
    pub(crate) fn take(&self, slot: &str, order: &'static str, seen: Option<u64>, token: &str) -> bool {
        let holds = self.holds(slot, order, seen, token);
        if holds {
            self.table().retain(|(of, _), _| of != slot);
        }
        holds
    }
}

fn random() -> Option<String> {
    let mut bytes = [0_u8; BYTES];
    // Waits for the kernel's pool where the camera has only just begun to boot; so few bytes come whole.
    match getrandom(&mut bytes, GetRandomFlags::empty()) {
        Ok(BYTES) => Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        other => {
            log::error!("control: no random bytes ({other:?}): nothing can be ordered");
            None
        }
    }
}

/// Takes as long for a token that is nearly right as for one that is not right at all.
fn same(one: &str, other: &str) -> bool {
    let differ = one.bytes().zip(other.bytes()).fold(0, |differ, (a, b)| black_box(differ | (a ^ b)));
    one.len() == other.len() && black_box(differ) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: Option<u64> = Some(1);

    #[test]
    fn a_token_holds_for_its_order_on_its_card_and_only_once() {
        let tokens = Tokens::default();
        let erase = tokens.issue("SD_DISK", "erase", CARD).unwrap();
        let keep = tokens.issue("SD_DISK", "keep", CARD).unwrap();
        let other = tokens.issue("SD_DISK2", "erase", CARD).unwrap();
        assert_eq!(erase.len(), 2 * BYTES);
        assert!(erase != keep && erase != other);
        assert_eq!(tokens.issue("SD_DISK", "erase", CARD).unwrap(), erase, "two pages of one card have the same");
        for (slot, kind, presence, token) in [
            ("SD_DISK", "keep", CARD, &erase),
            ("SD_DISK2", "erase", CARD, &erase),
            ("SD_DISK", "erase", Some(2), &erase),
            ("SD_DISK", "erase", None, &erase),
            ("SD_DISK", "prepare", CARD, &erase),
            ("SD_DISK", "erase", CARD, &String::new()),
            ("SD_DISK", "erase", CARD, &erase[1..].to_owned()),
            ("SD_DISK", "erase", CARD, &format!("{erase}0")),
        ] {
            assert!(!tokens.take(slot, kind, presence, token), "{slot} {kind} {presence:?} {token}");
        }
        assert!(tokens.take("SD_DISK", "erase", CARD, &erase));
        assert!(!tokens.take("SD_DISK", "erase", CARD, &erase), "it was used");
        assert!(!tokens.take("SD_DISK", "keep", CARD, &keep), "the card stands differently now");
        assert!(tokens.take("SD_DISK2", "erase", CARD, &other));
    }

    #[test]
    fn another_card_and_another_start_end_every_token() {
        let tokens = Tokens::default();
        let before = tokens.issue("SD_DISK", "erase", CARD).unwrap();
        let after = tokens.issue("SD_DISK", "erase", Some(2)).unwrap();
        assert!(!tokens.holds("SD_DISK", "erase", CARD, &before));
        assert!(tokens.holds("SD_DISK", "erase", Some(2), &after));
        assert!(!Tokens::default().holds("SD_DISK", "erase", CARD, &before));
        assert!(!format!("{tokens:?}").contains(&after));
    }
}
