//! How long to wait after the portal did not answer: by chance between nothing and a bound that doubles, so that thousands of
//! cameras that lost their portal at once do not all come back at once.

use std::time::Duration;

use p256::elliptic_curve::rand_core::{OsRng, RngCore as _};

const FIRST: Duration = Duration::from_secs(5);
const LAST: Duration = Duration::from_secs(300);
/// Even by chance it is not less.
const LEAST: Duration = Duration::from_secs(1);
/// Longer than that no portal keeps its cameras away.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// Counts failures.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// It was answered.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// It failed once more; gives how long to wait, no less than the portal asked for.
    pub(super) fn next(&mut self, retry_after: Option<u64>) -> Duration {
        let bound = bound(self.failures);
        self.failures = self.failures.saturating_add(1);
        let wait = part(bound, chance()).max(LEAST);
        let asked = retry_after.map_or(Duration::ZERO, Duration::from_secs).min(LONGEST);
        // Those who were all asked to wait alike do not come back at once either.
        if asked > Duration::ZERO { asked + part(asked.min(FIRST * 6) / 5, chance()) } else { wait }
    }
}

fn bound(failures: u32) -> Duration {
    FIRST.saturating_mul(2_u32.saturating_pow(failures)).min(LAST)
}

/// From 0 to 1.
fn chance() -> f64 {
    f64::from(OsRng.next_u32()) / f64::from(u32::MAX)
}

fn part(whole: Duration, part: f64) -> Duration {
    whole.mul_f64(part.clamp(0.0, 1.0))
}

/// An interval, up to a fifth longer or shorter by chance.
pub(super) fn about(interval: Duration) -> Duration {
    part(interval, 0.8) + part(interval, 0.4 * chance())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_from_5_s_to_5_min_and_the_wait_is_by_chance_below_it() {
        let bounds: Vec<_> = (0..8).map(|failures| bound(failures).as_secs()).collect();
        assert_eq!(bounds, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(bound(u32::MAX), LAST);
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..200).map(|_| backoff.next(None)).collect();
        assert!(waits.iter().all(|wait| (LEAST..=LAST).contains(wait)));
        let late: Vec<_> = waits[20..].iter().map(Duration::as_secs).collect();
        assert!(late.iter().min() < Some(&60) && late.iter().max() > Some(&240), "{late:?}");
        backoff.reset();
        assert!(backoff.next(None) <= FIRST);
    }

    #[test]
    fn what_the_portal_asks_for_is_kept() {
        let mut backoff = Backoff::default();
        for _ in 0..50 {
            let wait = backoff.next(Some(60));
            assert!((60..=66).contains(&wait.as_secs()), "{wait:?}");
        }
        assert!(backoff.next(Some(u64::MAX)) <= LONGEST + FIRST * 6);
    }

    #[test]
    fn an_interval_is_a_fifth_longer_or_shorter() {
        for _ in 0..50 {
            let wait = about(Duration::from_secs(100)).as_secs();
            assert!((80..=120).contains(&wait), "{wait}");
        }
    }
}
