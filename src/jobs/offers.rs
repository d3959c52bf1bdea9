//! Which orders make sense for a card now: what is not offered is not taken either.
//!
//! To prepare a card erases nothing that anybody may need, so it comes first; to erase one is offered where somebody has
//! to decide, never beside a card that is ready or that nothing is wished of.

use crate::jobs::card::FORMAT;
use crate::jobs::orders::Seat;
use crate::snapshot::{Job, JobState, Purpose, Snapshot, Stand, Wait};

/// What can be ordered of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Make it ready.
    Prepare,
    /// Leave it as it is.
    Keep,
    /// Delete everything on it and make it ready.
    Erase,
    /// Go on after a step that ended badly.
    StartAgain,
    /// End what waits.
    Cancel,
    /// Look and probe again.
    TestAgain,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Prepare, Self::Keep, Self::Erase, Self::StartAgain, Self::Cancel, Self::TestAgain];

    /// The word for machines, such as `start-again`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Keep => "keep",
            Self::Erase => "erase",
            Self::StartAgain => "start-again",
            Self::Cancel => "cancel",
            Self::TestAgain => "test-again",
        }
    }

    /// The order of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What is offered for a card, the likeliest first. `broken_off` says that a format was (see [`broken_off`]): there
/// starting again is an erase.
#[must_use]
pub fn offers(seat: &Seat, broken_off: bool) -> Vec<Kind> {
    let mut offers = if seat.is_free() { by_stand(seat, broken_off) } else { Vec::new() };
    if seat.can_cancel {
        offers.push(Kind::Cancel);
    }
    if seat.stand != Some(Stand::Working) {
        offers.push(Kind::TestAgain);
    }
    offers
}

fn by_stand(seat: &Seat, broken_off: bool) -> Vec<Kind> {
    use Kind::{Erase, Keep, Prepare, StartAgain};
    let wait = match seat.stand {
        None | Some(Stand::Ready) => return vec![Prepare],
        Some(Stand::Kept) => return vec![Erase],
        Some(Stand::Working) => return Vec::new(),
        Some(Stand::Waits(wait)) => wait,
    };
    match wait {
        Wait::ChooseContent | Wait::ChooseClaim | Wait::WouldFormat => vec![Keep, Erase],
        Wait::ChoosePassphrase => vec![Keep, Prepare, Erase],
        Wait::Kept => vec![Erase],
        Wait::Interrupted | Wait::Stopped | Wait::Cancelled if broken_off => vec![Erase, Keep],
        // Without a passphrase, which does not outlive the app, there is nothing to go on with.
        Wait::Interrupted | Wait::Stopped | Wait::Cancelled | Wait::MountFailed if !seat.has_passphrase => {
            vec![Prepare, Keep, Erase]
        }
        Wait::Interrupted | Wait::Stopped | Wait::Cancelled => vec![StartAgain, Prepare, Keep, Erase],
        Wait::MountFailed => vec![StartAgain, Erase],
        // Nothing is known of what is on a card that the camera does not mount: only an explicit order gets further.
        Wait::NotToBePrepared | Wait::NotMounted | Wait::NotEncrypted => vec![Prepare, Erase],
        Wait::NotWritable => vec![Prepare, Keep, Erase],
        Wait::Sealed => vec![Prepare, Keep],
        Wait::Failed | Wait::NoPassphrase | Wait::WrongPassphrase | Wait::Full | Wait::Unknown => vec![Prepare],
        Wait::NoCard | Wait::Locked | Wait::ReadOnly | Wait::CameraBusy | Wait::Preparing => Vec::new(),
    }
}

/// Whether preparing the card ended in the midst of a format: in this start, else in one before. What never began counts
/// not.
#[must_use]
pub fn broken_off(seat: &Seat, snapshot: &Snapshot) -> bool {
    let ended_badly = matches!(seat.stand, Some(Stand::Waits(Wait::Interrupted | Wait::Stopped | Wait::Cancelled)));
    let mut newest_first = snapshot.jobs.iter().flatten().chain(snapshot.earlier_jobs.iter().rev());
    let failed = |job: &&Job| {
        let here = job.disk.as_ref() == Some(&seat.slot);
        let began = here && job.purpose == Purpose::Prepare && job.started.is_some();
        began && matches!(job.state, JobState::Failed { .. })
    };
    ended_badly && newest_first.find(failed).is_some_and(|job| job.name == FORMAT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::jobs::decide::Presence;
    use crate::snapshot::{Card, CardStatus, Failure, Package};

    fn seat(stand: Option<Stand>) -> Seat {
        let card = Card {
            slot: "SD_DISK".into(),
            status: CardStatus::Ok,
            total_bytes: None,
            free_bytes: None,
            filesystem: None,
            encryption_set: None,
            encrypted: None,
            locked: false,
            full: false,
            read_only: false,
            required_filesystem: None,
        };
        let (presence, size) = (Some(Presence(1)), None);
        Seat { slot: "SD_DISK".into(), presence, size, card, stand, has_passphrase: false, can_cancel: false }
    }

    fn stands() -> impl Iterator<Item = Option<Stand>> {
        let waits = Wait::ALL.into_iter().map(Stand::Waits);
        let stands = [Stand::Ready, Stand::Kept, Stand::Working].into_iter().chain(waits);
        stands.map(Some).chain([None])
    }

    #[test]
    fn an_erase_is_offered_only_where_somebody_has_to_decide_or_has_decided() {
        for stand in stands() {
            let erase = offers(&seat(stand), false).contains(&Kind::Erase);
            let decided = matches!(stand, Some(Stand::Kept | Stand::Waits(Wait::Kept | Wait::NotToBePrepared)));
            let to_decide = matches!(stand, Some(Stand::Waits(wait)) if wait.is_for_a_person());
            let wished = matches!(stand, Some(Stand::Waits(Wait::NotMounted | Wait::NotEncrypted | Wait::NotWritable)));
            assert_eq!(erase, decided || to_decide || wished, "{stand:?}");
        }
    }

    #[test]
    fn wherever_a_person_has_to_act_something_can_be_ordered_beside_looking_again() {
        for broken_off in [false, true] {
            for wait in Wait::ALL.into_iter().filter(|wait| wait.is_for_a_person()) {
                let offers = offers(&seat(Some(Stand::Waits(wait))), broken_off);
                assert!(offers.len() > 1, "{wait:?}: {offers:?}");
            }
        }
    }

    #[test]
    fn nothing_can_be_ordered_of_a_card_that_is_absent_locked_read_only_or_worked_on() {
        for stand in stands() {
            let free = seat(stand);
            let absent = Seat { presence: None, ..free.clone() };
            let locked = Seat { card: Card { locked: true, ..free.card.clone() }, ..free.clone() };
            let read_only = Seat { card: Card { read_only: true, ..free.card.clone() }, ..free.clone() };
            for seat in [absent, locked, read_only, self::seat(Some(Stand::Working))] {
                assert!(offers(&seat, true).iter().all(|kind| *kind == Kind::TestAgain), "{seat:?}");
            }
        }
        let waits = Seat { can_cancel: true, ..seat(Some(Stand::Working)) };
        assert_eq!(offers(&waits, false), [Kind::Cancel]);
    }

    #[test]
    fn after_a_format_that_was_broken_off_starting_again_is_an_erase() {
        for wait in [Wait::Interrupted, Wait::Stopped, Wait::Cancelled] {
            let offers = |broken_off| offers(&seat(Some(Stand::Waits(wait))), broken_off);
            assert!(!offers(false).contains(&Kind::StartAgain), "there is no passphrase");
            let with_one = Seat { has_passphrase: true, ..seat(Some(Stand::Waits(wait))) };
            assert!(super::offers(&with_one, false).contains(&Kind::StartAgain));
            assert!(!super::offers(&with_one, true).contains(&Kind::StartAgain));
            assert!(!offers(true).contains(&Kind::StartAgain) && offers(true).contains(&Kind::Erase));
        }
    }

    #[test]
    fn a_format_that_was_broken_off_in_one_slot_says_nothing_about_the_card_in_the_other() {
        let now = Timestamp::from_unix(1_790_000_000);
        let package = Package { version: "1.6.0".into(), version_from: "a test" };
        let failed = Job {
            name: FORMAT.into(),
            purpose: Purpose::Prepare,
            disk: Some("SD_DISK2".into()),
            state: JobState::Failed { reason: Failure::Interrupted },
            note: None,
            created: now,
            started: Some(now),
            updated: now,
            finished: Some(now),
        };
        let snapshot = Snapshot { earlier_jobs: vec![failed], ..Snapshot::unread(package, true, now) };
        let interrupted = seat(Some(Stand::Waits(Wait::Interrupted)));
        assert!(!broken_off(&interrupted, &snapshot));
        assert!(broken_off(&Seat { slot: "SD_DISK2".into(), ..interrupted }, &snapshot));
    }

    #[test]
    fn each_order_has_a_word_of_its_own() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.word()), Some(kind));
        }
        assert_eq!(Kind::of("format"), None);
    }
}
