//! Nonces, and which proofs were used already. Both live in memory alone: after a restart each camera repeats one
//! request with a new nonce, and proofs from before have an old one.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hmac::Mac as _;
use subtle::ConstantTimeEq as _;

use crate::text;

/// How long one nonce is given out.
const STEP: Duration = Duration::from_secs(60);
/// For how many steps it is taken.
const STEPS: u64 = 5;
/// So many proofs are remembered at most; 10 000 cameras use some 100 000 in the time that counts.
const MOST: usize = 2_000_000;

/// Whether a proof's nonce and `jti` are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Both are; the `jti` is used up.
    Fresh,
    /// The nonce is none of ours, or too old.
    Stale,
    /// The `jti` was used before.
    Used,
    /// More proofs than can be remembered.
    Full,
}

/// Nonces are the number of their step, signed: none has to be remembered.
#[derive(Debug)]
pub(crate) struct Nonces {
    key: [u8; 32],
    begun: Instant,
    step: Duration,
    seen: Mutex<Seen>,
}

/// What was seen since step `since`, and in the time before that which still counts.
#[derive(Debug, Default)]
struct Seen {
    since: u64,
    now: HashSet<[u8; 16]>,
    before: HashSet<[u8; 16]>,
}

impl Nonces {
    pub(crate) fn new() -> Self {
        Self::with_step(STEP)
    }

    fn with_step(step: Duration) -> Self {
        Self { key: text::random(), begun: Instant::now(), step, seen: Mutex::default() }
    }

    fn step(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis() / self.step.as_millis().max(1)).unwrap_or(u64::MAX)
    }

    /// The nonce that is given out now.
    pub(crate) fn current(&self) -> String {
        self.of(self.step())
    }

    fn of(&self, step: u64) -> String {
        text::encode(&text::mac(&self.key, &step.to_be_bytes()).finalize().into_bytes())
    }

    fn is_good(&self, nonce: &str) -> bool {
        let now = self.step();
        (now.saturating_sub(STEPS - 1)..=now).any(|step| self.of(step).as_bytes().ct_eq(nonce.as_bytes()).into())
    }

    /// Judges the proof of a key, and remembers it.
    pub(crate) fn take(&self, nonce: Option<&str>, key_id: &str, jti: &str) -> Verdict {
        if !nonce.is_some_and(|nonce| self.is_good(nonce)) {
            return Verdict::Stale;
        }
        let digest = text::sha256(format!("{key_id}\n{jti}").as_bytes());
        let Some(mark) = digest.first_chunk::<16>() else { return Verdict::Used };
        let now = self.step();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if now >= seen.since + STEPS {
            seen.before = if now >= seen.since + 2 * STEPS { HashSet::new() } else { std::mem::take(&mut seen.now) };
            seen.now.clear();
            seen.since = now;
        }
        if seen.now.len() >= MOST {
            return Verdict::Full;
        }
        if seen.before.contains(mark) || !seen.now.insert(*mark) { Verdict::Used } else { Verdict::Fresh }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_taken_once_with_a_nonce_of_ours() {
        let nonces = Nonces::new();
        let nonce = nonces.current();
        assert_eq!(nonces.take(Some(&nonce), "k", "1"), Verdict::Fresh);
        assert_eq!(nonces.take(Some(&nonce), "k", "1"), Verdict::Used);
        assert_eq!(nonces.take(Some(&nonce), "other", "1"), Verdict::Fresh);
        assert_eq!(nonces.take(None, "k", "2"), Verdict::Stale);
        assert_eq!(nonces.take(Some(&Nonces::new().current()), "k", "2"), Verdict::Stale);
    }

    #[test]
    fn a_nonce_grows_old_and_is_then_none() {
        let mut nonces = Nonces::new();
        let nonce = nonces.current();
        nonces.begun -= STEP * 4;
        assert_eq!(nonces.take(Some(&nonce), "k", "1"), Verdict::Fresh);
        assert_eq!(nonces.take(Some(&nonce), "k", "1"), Verdict::Used);
        nonces.begun -= STEP;
        assert_eq!(nonces.take(Some(&nonce), "k", "2"), Verdict::Stale);
    }
}
