//! How often something may be tried, by whom: a bucket of tries for each, filled again with time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Beyond so many names the full ones are forgotten.
const MOST: usize = 50_000;

/// So many tries at once, and one more each time that the rest has gone by.
#[derive(Debug)]
pub(crate) struct Tries<K> {
    most: u32,
    each: Duration,
    /// For each name, when its bucket will be full again.
    full: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash> Tries<K> {
    pub(crate) fn new(most: u32, each: Duration) -> Self {
        Self { most, each, full: Mutex::default() }
    }

    /// Takes one try; otherwise the seconds until there is one.
    pub(crate) fn take(&self, who: K) -> Result<(), u32> {
        let now = Instant::now();
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        if full.len() > MOST {
            full.retain(|_, until| *until > now);
        }
        let until = full.entry(who).or_insert(now);
        let next = (*until).max(now) + self.each;
        let room = self.each * self.most;
        if next.saturating_duration_since(now) > room {
            let wait = next.saturating_duration_since(now).saturating_sub(room);
            return Err(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1));
        }
        *until = next;
        Ok(())
    }

    /// Gives all tries back, as after a login that was right.
    pub(crate) fn forgive(&self, who: &K) {
        self.full.lock().unwrap_or_else(PoisonError::into_inner).remove(who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_tries_and_then_a_wait() {
        let tries = Tries::new(2, Duration::from_secs(30));
        assert_eq!([tries.take(1), tries.take(1)], [Ok(()), Ok(())]);
        assert!(tries.take(1).is_err_and(|wait| (29..=31).contains(&wait)));
        assert_eq!(tries.take(2), Ok(()));
        tries.forgive(&1);
        assert_eq!(tries.take(1), Ok(()));
    }
}
