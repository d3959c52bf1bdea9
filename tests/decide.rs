//! What may be done to a card: the rule of erasing stated once more in its own words, held against every combination of
//! what a camera says, what is wished and what is known; a table of what is waited for; and whole ways on a small camera
//! made of values.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::time::Duration;

use c2c::jobs::decide::{
    Attempt, Choice, Decision, History, Marker, NEXT_TO_NOTHING, Next, Prepare, Presence, Ready, Step, Wish, next,
};
use c2c::snapshot::{Card, CardStatus, Wait};

const HERE: Presence = Presence(7);
const GB: u64 = 1_000_000_000;
const TOTAL: u64 = 64 * GB;
const BOOLS: [Option<bool>; 3] = [None, Some(false), Some(true)];
const ATTEMPTS: [Attempt; 3] = [Attempt::NotBegun, Attempt::Begun, Attempt::Done];

fn statuses() -> [CardStatus; 8] {
    [
        CardStatus::Ok,
        CardStatus::Disconnected,
        CardStatus::Connected,
        CardStatus::Failed,
        CardStatus::NoPassphrase,
        CardStatus::WrongPassphrase,
        CardStatus::NotEncrypted,
        CardStatus::Other("mending".into()),
    ]
}

fn card(status: CardStatus, encryption_set: Option<bool>, encrypted: Option<bool>) -> Card {
    Card {
        slot: "SD_DISK".into(),
        status,
        total_bytes: None,
        free_bytes: None,
        filesystem: Some("vfat".into()),
        encryption_set,
        encrypted,
        locked: false,
        full: false,
        read_only: false,
        required_filesystem: None,
    }
}

fn using(card: Card, used: u64) -> Card {
    Card { total_bytes: Some(TOTAL), free_bytes: Some(TOTAL - used), ..card }
}

fn wish(prepare: Prepare) -> Wish {
    Wish { prepare, generation: 3, previous: Some(2) }
}

fn fresh() -> History {
    History { marker: Marker::None, ..History::begun(HERE) }
}

fn decided(choice: Choice, presence: Presence, seconds: u64) -> Option<Decision> {
    Some(Decision { choice, presence, age: Duration::from_secs(seconds) })
}

/// The rule as it was agreed, in other words than the program's.
fn someone_said_erase(history: &History) -> bool {
    matches!(history.decision, Some(Decision { choice: Choice::Erase, presence, age })
        if presence == history.presence && age.as_secs() < 10 * 60)
}

fn nobody_can_miss_it(card: &Card, history: &History) -> bool {
    let mounted_now = card.status == CardStatus::Ok;
    let used = if mounted_now { card.total_bytes.zip(card.free_bytes).map(|(t, f)| t - f) } else { history.used_bytes };
    let little = used.is_some_and(|used| used < 64 * 1024 * 1024);
    let unreadable = history.mount_failed.as_ref().is_some_and(|card| {
        card.encrypted == Some(false)
            && card.status != CardStatus::Failed
            && matches!(card.filesystem.as_deref(), Some("vfat" | "exfat"))
    });
    little || unreadable
}

fn erasing_is_allowed(card: &Card, wish: Option<&Wish>, history: &History) -> bool {
    let kept = history.decision.is_some_and(|d| d.choice == Choice::Keep && d.presence == history.presence);
    let quietly = wish.is_some_and(|wish| wish.prepare == Prepare::IfNeeded)
        && history.format == Attempt::NotBegun
        && history.marker != Marker::Other
        && !kept
        && nobody_can_miss_it(card, history);
    wish.is_some() && (someone_said_erase(history) || quietly)
}

fn check(card: &Card, wish: Option<&Wish>, history: &History) {
    let Next::Do(step) = next(card, wish, history) else { return };
    let case = || format!("{step:?} of {card:?}, {wish:?}, {history:?}");
    let mounted = card.status == CardStatus::Ok;
    let there = !matches!(card.status, CardStatus::Disconnected | CardStatus::Failed | CardStatus::Other(_));
    // Without a wish nothing is done but to undo what the app did.
    assert!(wish.is_some() || (step == Step::Mount && history.unmounted), "{}", case());
    assert!(there && !card.locked && !card.read_only, "{}", case());
    assert_eq!(mounted, matches!(step, Step::Unmount | Step::ChangePassphrase), "{}", case());
    assert!(card.encrypted.is_some() && (step == Step::SetPassphrase || card.encryption_set.is_some()), "{}", case());
    let allowed = erasing_is_allowed(card, wish, history);
    match step {
        Step::Format => {
            assert!(allowed, "{}", case());
            assert!(history.passphrase == Attempt::Done && card.encryption_set == Some(true), "{}", case());
        }
        Step::Unmount => assert!(allowed, "{}", case()),
        Step::Mount => {
            let fits = card.required_filesystem.is_none()
                || history.format == Attempt::Done
                || (card.filesystem == card.required_filesystem && card.encrypted == Some(false));
            assert!(fits && history.mount_failed.is_none(), "{}", case());
            assert!(history.unmounted || history.passphrase == Attempt::Done, "{}", case());
        }
        Step::SetPassphrase => {
            let begun = history.passphrase != Attempt::NotBegun;
            assert!(!begun || someone_said_erase(history), "{}", case());
            let tries = matches!(card.status, CardStatus::NoPassphrase | CardStatus::WrongPassphrase);
            assert!(allowed || (tries && wish.unwrap().prepare == Prepare::IfNeeded), "{}", case());
        }
        Step::ChangePassphrase => {
            let ours = history.marker == Marker::Ours(wish.unwrap().previous.unwrap());
            assert!(ours && card.encrypted == Some(true) && history.passphrase == Attempt::NotBegun, "{}", case());
        }
    }
}

fn cards() -> Vec<Card> {
    let mut all = Vec::new();
    for status in statuses() {
        for (set, encrypted) in BOOLS.into_iter().flat_map(|set| BOOLS.map(|encrypted| (set, encrypted))) {
            for (required, filesystem) in [None, Some("ext4")]
                .into_iter()
                .flat_map(|required| [None, Some("ext4"), Some("exfat")].map(|filesystem| (required, filesystem)))
            {
                let plain = Card {
                    required_filesystem: required.map(str::to_owned),
                    filesystem: filesystem.map(str::to_owned),
                    ..card(status.clone(), set, encrypted)
                };
                let sized = [0, NEXT_TO_NOTHING - 1, NEXT_TO_NOTHING].map(|used| using(plain.clone(), used));
                all.extend(if status == CardStatus::Ok { sized.to_vec() } else { Vec::new() });
                all.push(Card { locked: true, ..using(plain.clone(), 0) });
                all.push(Card { read_only: true, ..using(plain.clone(), 0) });
                all.push(Card { full: true, ..plain.clone() });
                all.push(plain);
            }
        }
    }
    all
}

fn histories() -> Vec<History> {
    let plain = card(CardStatus::Connected, Some(false), Some(false));
    let failures = [
        None,
        Some(plain.clone()),
        Some(Card { filesystem: Some("ext3".into()), ..plain.clone() }),
        Some(Card { filesystem: None, ..plain.clone() }),
        Some(Card { encrypted: Some(true), ..plain.clone() }),
        Some(Card { status: CardStatus::Failed, ..plain }),
    ];
    let decisions = [
        None,
        decided(Choice::Keep, HERE, 5),
        decided(Choice::Erase, HERE, 599),
        decided(Choice::Erase, HERE, 600),
        decided(Choice::Erase, Presence(6), 5),
    ];
    let markers = [Marker::Unread, Marker::None, Marker::Ours(3), Marker::Ours(2), Marker::Ours(1), Marker::Other];
    let mut all = Vec::new();
    for (mount_failed, decision) in failures.iter().flat_map(|failed| decisions.map(|decision| (failed, decision))) {
        for (passphrase, format) in ATTEMPTS.into_iter().flat_map(|pass| ATTEMPTS.map(|format| (pass, format))) {
            for (unmounted, marker) in [false, true].into_iter().flat_map(|un| markers.map(|marker| (un, marker))) {
                for used_bytes in [None, Some(NEXT_TO_NOTHING - 1), Some(NEXT_TO_NOTHING)] {
                    let mount_failed = mount_failed.clone();
                    let known = History { unmounted, marker, used_bytes, mount_failed, ..History::begun(HERE) };
                    all.push(History { passphrase, format, decision, ..known });
                }
            }
        }
    }
    all
}

#[test]
fn no_combination_leads_to_an_erase_unless_its_conditions_hold() {
    let wishes = [None, Some(wish(Prepare::Never)), Some(wish(Prepare::IfNeeded))];
    let (cards, histories) = (cards(), histories());
    assert!(cards.len() > 1_500 && histories.len() > 9_000, "{} × {}", cards.len(), histories.len());
    for card in &cards {
        for history in &histories {
            for wish in &wishes {
                check(card, wish.as_ref(), history);
            }
        }
    }
}

#[test]
fn without_a_wish_nothing_is_done_and_the_disk_manager_s_word_is_waited_for() {
    let table = [
        (CardStatus::Ok, Next::Ready(Ready::Unclaimed)),
        (CardStatus::Disconnected, Next::Wait(Wait::NoCard)),
        (CardStatus::Connected, Next::Wait(Wait::NotMounted)),
        (CardStatus::Failed, Next::Wait(Wait::Failed)),
        (CardStatus::NoPassphrase, Next::Wait(Wait::NoPassphrase)),
        (CardStatus::WrongPassphrase, Next::Wait(Wait::WrongPassphrase)),
        (CardStatus::NotEncrypted, Next::Wait(Wait::NotEncrypted)),
        (CardStatus::Other("mending".into()), Next::Wait(Wait::Unknown)),
    ];
    for (status, expected) in table {
        let told = History { decision: decided(Choice::Erase, HERE, 0), ..fresh() };
        for history in [History::begun(HERE), fresh(), told] {
            assert_eq!(next(&card(status.clone(), None, None), None, &history), expected, "{status:?}");
        }
    }
    let ok = card(CardStatus::Ok, None, None);
    let flagged = [
        (Card { locked: true, ..ok.clone() }, Wait::Locked),
        (Card { read_only: true, ..ok.clone() }, Wait::ReadOnly),
        (Card { full: true, ..ok }, Wait::Full),
    ];
    for (card, wait) in flagged {
        assert_eq!(next(&card, None, &fresh()), Next::Wait(wait));
    }
}

#[test]
fn with_a_wish_each_card_has_its_step_or_its_reason_to_wait() {
    let (ok, connected) = (CardStatus::Ok, CardStatus::Connected);
    let wrong = card(CardStatus::WrongPassphrase, Some(true), Some(true));
    let plain = card(ok.clone(), Some(false), Some(false));
    let ours = using(card(ok, Some(true), Some(true)), GB);
    let out = card(connected, Some(false), Some(false));
    let tried = History { passphrase: Attempt::Done, ..fresh() };
    let erase = History { decision: decided(Choice::Erase, HERE, 5), ..fresh() };
    let keep = History { decision: decided(Choice::Keep, HERE, 5_000), ..fresh() };
    let marked = |marker| History { marker, ..fresh() };
    let formatted = |marker| History { format: Attempt::Done, ..marked(marker) };
    let failed = History { mount_failed: Some(out.clone()), ..History::begun(HERE) };
    let put_out = History { unmounted: true, used_bytes: Some(NEXT_TO_NOTHING), ..fresh() };
    let demanding = Card { required_filesystem: Some("ext4".into()), ..out.clone() };
    let table = [
        ("nearly empty", using(plain.clone(), 1_000_000), fresh(), Next::Do(Step::Unmount)),
        ("content", using(plain.clone(), NEXT_TO_NOTHING), fresh(), Next::Wait(Wait::ChooseContent)),
        ("content, to be erased", using(plain.clone(), GB), erase.clone(), Next::Do(Step::Unmount)),
        ("content, to be kept", using(plain.clone(), GB), keep.clone(), Next::Ready(Ready::Kept)),
        ("sizes not told", plain.clone(), fresh(), Next::Wait(Wait::Unknown)),
        ("folder not read", using(plain.clone(), 0), History::begun(HERE), Next::Wait(Wait::Unknown)),
        ("of another claim", using(plain, 0), marked(Marker::Other), Next::Wait(Wait::ChooseClaim)),
        ("as wished", ours.clone(), marked(Marker::Ours(3)), Next::Ready(Ready::AsWished)),
        ("the passphrase before", ours.clone(), marked(Marker::Ours(2)), Next::Do(Step::ChangePassphrase)),
        ("one before that", ours.clone(), marked(Marker::Ours(1)), Next::Wait(Wait::ChoosePassphrase)),
        (
            "formatted here, then newly wished",
            ours.clone(),
            formatted(Marker::Ours(1)),
            Next::Wait(Wait::ChoosePassphrase),
        ),
        ("the same by another claim", ours.clone(), formatted(Marker::Other), Next::Wait(Wait::ChooseClaim)),
        ("the same with the one before", ours.clone(), formatted(Marker::Ours(2)), Next::Do(Step::ChangePassphrase)),
        ("of nobody known", ours, fresh(), Next::Wait(Wait::ChoosePassphrase)),
        ("connected alone", out.clone(), fresh(), Next::Wait(Wait::NotMounted)),
        ("connected, could not be mounted", out.clone(), failed, Next::Do(Step::SetPassphrase)),
        ("unmounted in vain", out, put_out.clone(), Next::Do(Step::Mount)),
        ("a mount would format", demanding, put_out, Next::Wait(Wait::WouldFormat)),
        ("a passphrase not tried", wrong.clone(), fresh(), Next::Do(Step::SetPassphrase)),
        ("tried in vain", wrong.clone(), tried.clone(), Next::Wait(Wait::ChoosePassphrase)),
        ("kept", wrong.clone(), keep, Next::Wait(Wait::Kept)),
        ("erased", wrong, History { decision: erase.decision, ..tried }, Next::Do(Step::Format)),
    ];
    for (what, card, history, expected) in table {
        assert_eq!(next(&card, Some(&wish(Prepare::IfNeeded)), &history), expected, "{what}");
        let never = next(&card, Some(&wish(Prepare::Never)), &history);
        assert!(never != Next::Do(Step::Format) || someone_said_erase(&history), "{what}");
    }
}

/// A camera with a card, as far as a decision can tell.
#[derive(Clone)]
struct Camera {
    mounted: bool,
    passphrase: Option<u8>,
    encrypted_with: Option<u8>,
    filesystem: &'static str,
    used: u64,
}

const OURS: u8 = 1;
const THEIRS: u8 = 2;

impl Camera {
    fn read(&self) -> Card {
        let status = match (self.mounted, self.passphrase, self.encrypted_with) {
            (true, _, _) => CardStatus::Ok,
            (_, None, Some(_)) => CardStatus::NoPassphrase,
            (_, Some(_), None) => CardStatus::NotEncrypted,
            (_, Some(camera), Some(card)) if camera != card => CardStatus::WrongPassphrase,
            (_, _, _) => CardStatus::Connected,
        };
        let filesystem = Some(self.filesystem.to_owned());
        let card =
            Card { filesystem, ..card(status, Some(self.passphrase.is_some()), Some(self.encrypted_with.is_some())) };
        if self.mounted { using(card, self.used) } else { card }
    }

    /// Does the step and what the app learns by it.
    fn does(&mut self, step: Step, history: &mut History) {
        match step {
            Step::Unmount => {
                history.used_bytes = self.read().used_bytes();
                (self.mounted, history.unmounted) = (false, true);
            }
            Step::SetPassphrase | Step::ChangePassphrase => {
                self.passphrase = Some(OURS);
                history.passphrase = Attempt::Done;
                if step == Step::ChangePassphrase {
                    self.encrypted_with = Some(OURS);
                }
            }
            Step::Format => {
                (self.encrypted_with, self.filesystem, self.used) = (self.passphrase, "ext4", 400_000_000);
                (history.format, history.decision, history.mount_failed) = (Attempt::Done, None, None);
            }
            Step::Mount => {
                self.mounted = self.passphrase == self.encrypted_with && self.filesystem != "exfat";
                history.mount_failed = (!self.mounted).then(|| self.read());
            }
        }
    }

    /// Goes on until there is nothing to do by itself; says the steps and where they led.
    fn goes(mut self, prepare: Prepare, mut history: History) -> (Vec<Step>, Next) {
        let mut steps = Vec::new();
        loop {
            let card = self.read();
            check(&card, Some(&wish(prepare)), &history);
            match next(&card, Some(&wish(prepare)), &history) {
                Next::Do(step) => {
                    self.does(step, &mut history);
                    steps.push(step);
                }
                end => return (steps, end),
            }
            assert!(steps.len() < 10, "it goes in circles: {steps:?}");
        }
    }
}

#[test]
fn a_new_card_becomes_ready_in_four_steps_and_one_of_the_same_claim_is_only_opened() {
    let new = Camera { mounted: true, passphrase: None, encrypted_with: None, filesystem: "vfat", used: 32_768 };
    let (steps, end) = new.goes(Prepare::IfNeeded, fresh());
    assert_eq!(steps, [Step::Unmount, Step::SetPassphrase, Step::Format, Step::Mount]);
    assert_eq!(end, Next::Ready(Ready::AsWished));
    let after_a_reset =
        Camera { mounted: false, passphrase: None, encrypted_with: Some(OURS), filesystem: "ext4", used: GB };
    let (steps, end) = after_a_reset.goes(Prepare::IfNeeded, History::begun(HERE));
    assert_eq!((steps, end), (vec![Step::SetPassphrase, Step::Mount], Next::Ready(Ready::AsWished)));
}

#[test]
fn wherever_it_begins_it_ends_and_formats_at_most_once() {
    let (mut ready, mut formats) = (0, 0);
    for encrypted_with in [None, Some(OURS), Some(THEIRS)] {
        for passphrase in [None, Some(OURS), Some(THEIRS)] {
            for (filesystem, used) in [("vfat", 0), ("vfat", GB), ("ext4", GB), ("exfat", 0)] {
                let mounted = filesystem != "exfat" && passphrase == encrypted_with;
                for mounted in [false, mounted] {
                    let camera = Camera { mounted, passphrase, encrypted_with, filesystem, used };
                    for decision in [None, decided(Choice::Keep, HERE, 1), decided(Choice::Erase, HERE, 1)] {
                        for prepare in [Prepare::Never, Prepare::IfNeeded] {
                            let (steps, end) = camera.clone().goes(prepare, History { decision, ..fresh() });
                            let formatted = steps.iter().filter(|step| **step == Step::Format).count();
                            assert!(formatted <= 1, "{steps:?}");
                            ready += usize::from(matches!(end, Next::Ready(_)));
                            formats += formatted;
                        }
                    }
                }
            }
        }
    }
    assert!(ready > 100 && formats > 50, "{ready} {formats}");
}

#[test]
fn a_prepared_card_that_somebody_unmounts_to_take_it_out_stays_unmounted() {
    let prepared = History { passphrase: Attempt::Done, format: Attempt::Done, ..fresh() };
    let out = Card { status: CardStatus::Connected, ..card(CardStatus::Ok, Some(true), Some(true)) };
    let wish = wish(Prepare::IfNeeded);
    assert_eq!(next(&out, Some(&wish), &prepared), Next::Do(Step::Mount), "the app has just formatted it");
    let used = History { in_use: true, ..prepared };
    assert_eq!(next(&out, Some(&wish), &used), Next::Wait(Wait::NotMounted));
}
