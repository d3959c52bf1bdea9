//! What comes next for the account: a pure function of what is wished, what the app remembers, and what is on the camera.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::vapix::users::{Group, Rights};

use super::record::{Record, Stage};

/// A clock that stands before this moment (2026-09-21) is wrong: this version was made later.
const PLAUSIBLE: i64 = 1_790_000_000;
const DAY: i64 = 86_400;
/// After the start of the app the clock may still be set right.
const SETTLES: Duration = Duration::from_secs(3_600);
/// By age alone a password is changed no more often, whatever the clock says.
const REST: Duration = Duration::from_secs(86_400);

/// What is wished of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    /// By which claim.
    pub(crate) claim_id: String,
    /// Grows with each new password that is wanted.
    pub(crate) generation: u64,
    /// What it may do.
    pub(crate) group: Group,
    /// After so many days its password is changed.
    pub(crate) rotate_days: Option<u64>,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// All is as wished.
    Rest,
    /// An account of that name is there, and it is not the app's, or must not be touched.
    Taken,
    /// The account is to be made.
    Make,
    /// Its password is to be changed, and its rights set.
    Change,
    /// It is to be removed.
    Remove,
    /// It is not there any more.
    Forget,
}

/// What comes next; `old` where the password's time is over.
pub(crate) fn next(record: Option<&Record>, wish: Option<&Wish>, there: Option<Rights>, old: bool) -> Step {
    let ours = record.filter(|record| record.stage != Stage::Removed);
    match (ours, wish, there) {
        (None, None, _) => Step::Rest,
        (None, Some(_), None) => Step::Make,
        (None, Some(_), Some(_)) => Step::Taken,
        (Some(_), _, None) => Step::Forget,
        // Who takes that one away locks everybody out.
        (Some(_), _, Some(Rights::OnlyAdministrator)) => Step::Taken,
        (Some(_), None, Some(_)) => Step::Remove,
        (Some(ours), Some(wish), Some(_)) if ours.claim_id != wish.claim_id => Step::Remove,
        (Some(ours), Some(wish), Some(rights)) => {
            let is_set = ours.stage == Stage::Confirmed && ours.generation == wish.generation;
            let fits = ours.group() == wish.group && rights == Rights::Of(wish.group);
            if is_set && fits && !old { Step::Rest } else { Step::Change }
        }
    }
}

/// What the clocks say of a password.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clocks {
    /// The camera's clock, which may jump.
    pub(crate) now: Timestamp,
    /// Since the app was started; this one does not jump.
    pub(crate) running: Duration,
    /// Since the app set a password, in this start.
    pub(crate) since_set: Option<Duration>,
}

impl Clocks {
    /// They can be believed: neither has the app just been started, nor was a password just set.
    fn are_settled(self) -> bool {
        self.now.unix() >= PLAUSIBLE && self.running >= SETTLES && self.since_set.is_none_or(|since| since >= REST)
    }

    /// The password's time is over. The days are the most that is allowed: it is changed up to a tenth earlier, by chance, so
    /// that the cameras of one organisation do not all do so at once.
    pub(crate) fn is_old(self, record: &Record, rotate_days: Option<u64>) -> bool {
        let Some(days) = rotate_days.and_then(|days| i64::try_from(days).ok()) else { return false };
        let whole = days.clamp(1, 365) * DAY;
        let time = whole - whole / 1_000 * i64::from(record.early.min(100));
        self.are_settled() && self.now.unix() - record.made.unix() >= time
    }

    /// The password was made when the clock was ahead: from now on its time counts anew.
    pub(crate) fn was_ahead(self, record: &Record) -> bool {
        self.are_settled() && record.made.unix() > self.now.unix() + DAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = PLAUSIBLE + 400 * DAY;

    fn wish(claim_id: &str, generation: u64, group: Group) -> Wish {
        Wish { claim_id: claim_id.to_owned(), generation, group, rotate_days: Some(30) }
    }

    fn record(stage: Stage) -> Record {
        let made = Timestamp::from_unix(NOW);
        Record { stage, ..Record::new("c", 2, Group::Viewer, made, 0) }
    }

    #[test]
    fn only_an_account_that_the_app_made_is_changed_or_removed() {
        let every_wish = [None, Some(wish("c", 2, Group::Viewer)), Some(wish("d", 9, Group::Operator))];
        let rights = [Rights::Of(Group::Viewer), Rights::Of(Group::Operator), Rights::Other, Rights::OnlyAdministrator];
        for record in [None, Some(record(Stage::Removed))] {
            for wish in &every_wish {
                for there in rights {
                    let step = next(record.as_ref(), wish.as_ref(), Some(there), true);
                    assert_eq!(step, if wish.is_some() { Step::Taken } else { Step::Rest }, "{wish:?} {there:?}");
                }
                let step = next(record.as_ref(), wish.as_ref(), None, true);
                assert_eq!(step, if wish.is_some() { Step::Make } else { Step::Rest });
            }
        }
        for wish in &every_wish {
            let ours = record(Stage::Confirmed);
            let step = next(Some(&ours), wish.as_ref(), Some(Rights::OnlyAdministrator), true);
            assert_eq!(step, Step::Taken, "the only administrator stays");
        }
    }

    #[test]
    fn our_account_follows_the_wish() {
        let viewer = Some(Rights::Of(Group::Viewer));
        let step = |stage, wish: Option<Wish>, there, old| next(Some(&record(stage)), wish.as_ref(), there, old);
        let same = || Some(wish("c", 2, Group::Viewer));
        for (stage, wish, there, old, expected) in [
            (Stage::Confirmed, same(), viewer, false, Step::Rest),
            (Stage::Confirmed, same(), viewer, true, Step::Change),
            (Stage::Changing, same(), viewer, false, Step::Change),
            (Stage::Confirmed, Some(wish("c", 3, Group::Viewer)), viewer, false, Step::Change),
            (Stage::Confirmed, Some(wish("c", 2, Group::Operator)), viewer, false, Step::Change),
            (Stage::Confirmed, same(), Some(Rights::Of(Group::Operator)), false, Step::Change),
            (Stage::Confirmed, same(), Some(Rights::Other), false, Step::Change),
            (Stage::Confirmed, Some(wish("d", 2, Group::Viewer)), viewer, false, Step::Remove),
            (Stage::Changing, None, viewer, false, Step::Remove),
            (Stage::Changing, None, None, false, Step::Forget),
            (Stage::Confirmed, same(), None, false, Step::Forget),
        ] {
            assert_eq!(step(stage, wish.clone(), there, old), expected, "{stage:?} {wish:?} {there:?}");
        }
    }

    fn clocks(now: i64) -> Clocks {
        Clocks { now: Timestamp::from_unix(now), running: SETTLES, since_set: None }
    }

    #[test]
    fn a_password_is_changed_when_its_days_are_over_or_up_to_a_tenth_earlier() {
        let is_old = |days: i64, early| {
            let record = Record { early, ..record(Stage::Confirmed) };
            clocks(NOW + days * DAY).is_old(&record, Some(30))
        };
        assert_eq!([is_old(29, 0), is_old(30, 0)], [false, true]);
        assert_eq!([is_old(26, 100), is_old(27, 100), is_old(20, u16::MAX)], [false, true, false]);
        assert!(!clocks(NOW + 900 * DAY).is_old(&record(Stage::Confirmed), None));
        assert!(clocks(NOW + DAY).is_old(&record(Stage::Confirmed), Some(0)), "a day is the least");
    }

    #[test]
    fn a_clock_that_jumps_changes_no_password_again_and_again() {
        let (past, future) = (0, 4_070_908_800);
        let old = |clocks: Clocks| clocks.is_old(&record(Stage::Confirmed), Some(30));
        assert!(!old(clocks(past)) && !clocks(past).was_ahead(&record(Stage::Confirmed)), "1970 says nothing");
        assert!(!old(Clocks { running: Duration::ZERO, ..clocks(future) }), "not right after a start");
        let just_set = Clocks { since_set: Some(REST / 2), ..clocks(future) };
        assert!(!old(just_set) && old(Clocks { since_set: Some(REST), ..just_set }));
        let made_in_the_future = Record { made: Timestamp::from_unix(future), ..record(Stage::Confirmed) };
        assert!(clocks(NOW).was_ahead(&made_in_the_future) && !clocks(NOW).is_old(&made_in_the_future, Some(30)));
        assert!(!clocks(NOW).was_ahead(&record(Stage::Confirmed)));
    }
}
