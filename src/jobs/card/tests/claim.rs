//! What an organisation wishes of the card, what its operators decide, and what is left when it has released the camera.

use tokio::time::Instant;

use super::*;
use crate::jobs::journal;
use crate::portal::seal::NotOpened;
use crate::portal::wishes::{self, Choice, Decision, Opened, Wishes};
use crate::snapshot::CardStatus;

/// A wish as the portal would tell it.
#[derive(Clone)]
struct Wish {
    claim: &'static str,
    prepare: wishes::Prepare,
    passphrase: u64,
    opens: bool,
    previous: Option<u64>,
    decisions: Vec<Decision>,
}

fn wish(passphrase: u64) -> Wish {
    let prepare = wishes::Prepare::IfNeeded;
    Wish { claim: "one", prepare, passphrase, opens: true, previous: None, decisions: Vec::new() }
}

impl Wish {
    fn told(&self) -> Standing {
        let opened = |generation: u64| {
            let secret = Secret::new(format!("words of {generation}"));
            Opened { generation, passphrase: if self.opens { Ok(secret) } else { Err(NotOpened::OtherKey) } }
        };
        let card = wishes::Card {
            prepare: self.prepare,
            passphrase: Some(opened(self.passphrase)),
            previous: self.previous.map(opened),
            decisions: self.decisions.clone(),
        };
        Standing::Claimed(Arc::new(Wishes {
            device_id: "d".to_owned(),
            claim_id: self.claim.to_owned(),
            generation: 1,
            card: Some(card),
            account: None,
            key: None,
            ignored: Vec::new(),
        }))
    }
}

fn decision(decision_id: &str, presence: &str, choice: Choice) -> Decision {
    let until = Instant::now() + Duration::from_secs(500);
    Decision { decision_id: decision_id.to_owned(), presence: presence.to_owned(), choice, until }
}

impl Office {
    fn tell(&self, standing: Standing) {
        self.standing.send_replace(standing);
    }

    async fn is_ready(&self) {
        self.until("it is ready", |office| office.stand() == Some(Stand::Ready)).await;
    }

    fn marker(&self) -> String {
        std::fs::read_to_string(self.folders[1].path().join("c2c.json")).unwrap_or_default()
    }

    fn slots(&self) -> String {
        std::fs::read_to_string(self.folders[0].path().join("slots.json")).unwrap_or_default()
    }

    fn locks(&self) -> Vec<JobState> {
        self.jobs().into_iter().filter(|job| job.name == LOCK).map(|job| job.state).collect()
    }

    /// Waits until the keeper has taken in what was told before and rests: an order is answered after that.
    async fn rests(&self) {
        for _ in 0..2 {
            let order = Order { slot: "SD_DISK".to_owned(), presence: None, wanted: Wanted::Cancel };
            assert_eq!(self.counter.give(order).await, Err(NotTaken::NothingToCancel));
        }
    }

    async fn is_locked(&self) {
        self.until("it is locked", |office| office.locks().last() == Some(&JobState::Complete)).await;
        self.rests().await;
    }

    fn writes(&self) -> usize {
        ["mount.cgi", "format.cgi", "encryption.cgi", "passphrase.cgi"].iter().map(|cgi| self.asked(cgi)).sum()
    }

    /// Starts the app again, at the camera as it is then.
    async fn restart(self, played: impl FnOnce(&mut Played)) -> Self {
        // A process that has ended writes no more; what this one is about to write would meet the next one's.
        self.until("the journal has it all", |office| {
            let fate = |job: &Job| (job.name.clone(), journal::word(&job.state));
            let written = Journal::open(office.folders[0].path());
            let written: Vec<_> = written.earlier().iter().map(|line| fate(&line.job)).collect();
            let jobs: Vec<_> = office.board.clone().jobs().iter().rev().map(fate).collect();
            written.ends_with(&jobs)
        })
        .await;
        let Self { camera, folders, mut tasks, .. } = self;
        tasks.shutdown().await;
        let mut now = std::mem::take(&mut *locked(&camera));
        now.asked.clear();
        played(&mut now);
        Self::open_in(folders, now).await
    }
}

fn card_of_shop() -> Played {
    Played { percent: 100, ..new_card() }
}

#[tokio::test]
async fn a_wish_prepares_a_new_card_and_leaves_it_alone_when_it_comes_again_after_a_start() {
    let office = Office::open(card_of_shop()).await;
    office.tell(wish(4).told());
    office.is_ready().await;
    assert_eq!((office.asked("format.cgi"), office.asked("action=mount")), (1, 1));
    assert_eq!(office.marker(), r#"{"owner":"claim one","generation":4}"#);
    assert!(office.slots().contains("one"));
    assert!(!(office.slots() + &office.marker()).contains("words"), "no passphrase is written down");

    let office = office.restart(|_| ()).await;
    office.rests().await;
    assert_eq!((office.stand(), office.writes()), (None, 0), "nobody has told yet");
    office.tell(wish(4).told());
    office.is_ready().await;
    assert_eq!(office.writes(), 0);
}

#[tokio::test]
async fn where_nothing_may_be_prepared_nothing_is_done_before_an_operator_decides() {
    let office = Office::open(card_of_shop()).await;
    let never = Wish { prepare: wishes::Prepare::Never, ..wish(1) };
    office.tell(never.told());
    office.until("a card is seen", |office| office.presence().is_some()).await;
    office.rests().await;
    assert_eq!((office.stand(), office.writes(), office.marker()), (None, 0, String::new()));
    let presence = office.presence().unwrap().to_string();
    office.tell(Wish { decisions: vec![decision("a", &presence, Choice::Erase)], ..never }.told());
    office.is_ready().await;
    assert_eq!(office.asked("format.cgi"), 1);
}

#[tokio::test]
async fn a_new_passphrase_that_comes_with_the_one_before_changes_the_card_s_and_erases_nothing() {
    let office = Office::open(card_of_shop()).await;
    office.tell(wish(1).told());
    office.is_ready().await;
    office.tell(Wish { previous: Some(1), ..wish(2) }.told());
    office.until("the marker says so", |office| office.marker().contains("\"generation\":2")).await;
    office.is_ready().await;
    assert_eq!((office.asked("changediskpassphrase"), office.asked("format.cgi")), (1, 1));
    // Without the one before nobody can tell how to open it.
    office.tell(wish(4).told());
    office.waits(Wait::ChoosePassphrase).await;
    assert_eq!((office.asked("changediskpassphrase"), office.asked("format.cgi")), (1, 1));
}

#[tokio::test]
async fn a_passphrase_that_cannot_be_opened_is_told_and_nothing_is_done() {
    let office = Office::open(card_of_shop()).await;
    office.tell(Wish { opens: false, ..wish(1) }.told());
    office.waits(Wait::Sealed).await;
    assert_eq!(office.writes(), 0);
    office.tell(wish(1).told());
    office.is_ready().await;
    office.tell(Wish { opens: false, previous: Some(1), ..wish(2) }.told());
    office.waits(Wait::Sealed).await;
    assert_eq!(office.asked("changediskpassphrase"), 0);
}

#[tokio::test]
async fn a_decision_counts_for_its_own_stay_of_a_card_while_it_holds_and_once() {
    let content = Played { used_kib: 9_000_000, ..card_of_shop() };
    let office = Office::open(content).await;
    office.tell(wish(1).told());
    office.waits(Wait::ChooseContent).await;
    let presence = office.presence().unwrap().to_string();
    let old = Decision { until: Instant::now(), ..decision("old", &presence, Choice::Erase) };
    let forged = format!("{:016x}", office.presence().unwrap().0 ^ 1);
    let others = vec![
        old,
        decision("forged", &forged, Choice::Erase),
        decision("empty", "", Choice::Erase),
        decision("word", &presence, Choice::Other),
    ];
    office.tell(Wish { decisions: others.clone(), ..wish(1) }.told());
    office.rests().await;
    assert_eq!((office.stand(), office.writes()), (Some(Stand::Waits(Wait::ChooseContent)), 0));

    let keep = decision("keep", &presence, Choice::Keep);
    office.tell(Wish { decisions: vec![keep.clone()], ..wish(1) }.told());
    office.until("it is kept", |office| office.stand() == Some(Stand::Kept)).await;
    assert_eq!(office.writes(), 0);
    let erase = decision("erase", &presence, Choice::Erase);
    office.tell(Wish { decisions: vec![keep, erase.clone()], ..wish(1) }.told());
    office.is_ready().await;
    assert_eq!((office.asked("format.cgi"), office.presence().unwrap().to_string()), (1, presence));
    // The same once more, and the wish anew: it was used up.
    office.tell(Wish { decisions: vec![erase.clone()], ..wish(1) }.told());
    office.rests().await;
    assert_eq!((office.stand(), office.asked("format.cgi")), (Some(Stand::Ready), 1));

    let office = office.restart(|camera| camera.used_kib = 9_000_000).await;
    office.tell(Wish { decisions: vec![erase], ..wish(1) }.told());
    office.is_ready().await;
    assert_eq!(office.writes(), 0, "after a start it is another stay");
}

#[tokio::test]
async fn what_an_administrator_ordered_counts_more_than_an_operator_s_decision_of_before() {
    let office = Office::open(Played { used_kib: 9_000_000, ..card_of_shop() }).await;
    office.tell(wish(1).told());
    office.waits(Wait::ChooseContent).await;
    office.order(Wanted::Keep).await.unwrap();
    let presence = office.presence().unwrap().to_string();
    let before = decision("before", &presence, Choice::Erase);
    office.tell(Wish { decisions: vec![before.clone()], ..wish(1) }.told());
    office.rests().await;
    assert_eq!((office.stand(), office.writes()), (Some(Stand::Kept), 0));
    let until = Instant::now() + Duration::from_secs(600);
    let after = Decision { until, ..decision("after", &presence, Choice::Erase) };
    office.tell(Wish { decisions: vec![before, after], ..wish(1) }.told());
    office.is_ready().await;
    assert_eq!(office.asked("format.cgi"), 1);
}

#[tokio::test]
async fn an_administrator_s_order_holds_until_the_organisation_wishes_something_new() {
    let office = Office::open(card_of_shop()).await;
    office.tell(wish(1).told());
    office.is_ready().await;
    office.prepare().await;
    office.waits(Wait::ChooseClaim).await;
    office.tell(wish(1).told());
    office.rests().await;
    assert_eq!(office.stand(), Some(Stand::Waits(Wait::ChooseClaim)), "that was known");
    office.tell(Wish { previous: Some(1), ..wish(2) }.told());
    office.is_ready().await;
    assert_eq!((office.asked("changediskpassphrase"), office.asked("format.cgi")), (1, 1));
}

#[tokio::test]
async fn a_card_of_another_claim_waits_for_a_decision_whatever_generation_it_names() {
    let theirs = Played { set: true, encrypted: true, ..card_of_shop() };
    let office = Office::open(theirs).await;
    std::fs::write(office.folders[1].path().join("c2c.json"), r#"{"owner":"claim two","generation":4}"#).unwrap();
    office.tell(Wish { previous: Some(3), ..wish(4) }.told());
    office.waits(Wait::ChooseClaim).await;
    assert_eq!(office.writes(), 0);
}

#[tokio::test]
async fn a_format_that_was_broken_off_is_not_begun_again_by_a_wish_that_comes_after_the_start() {
    let office = Office::open_after(FORMAT_BROKEN_OFF, Played { set: true, percent: 100, ..new_card() }).await;
    office.tell(wish(1).told());
    office.waits(Wait::Interrupted).await;
    office.rests().await;
    office.tell(Wish { previous: Some(1), ..wish(2) }.told());
    office.rests().await;
    assert_eq!((office.stand(), office.writes()), (Some(Stand::Waits(Wait::Interrupted)), 0));
    let presence = office.presence().unwrap().to_string();
    office.tell(Wish { decisions: vec![decision("a", &presence, Choice::Erase)], ..wish(2) }.told());
    office.is_ready().await;
    assert_eq!(office.asked("format.cgi"), 1);
}

#[tokio::test]
async fn a_release_locks_the_card_takes_its_passphrase_from_the_camera_and_mounts_it_no_more() {
    let office = Office::open(card_of_shop()).await;
    office.tell(wish(1).told());
    office.is_ready().await;
    office.tell(Standing::Unclaimed);
    office.is_locked().await;
    assert_eq!((office.asked("action=unmount"), office.asked("disablediskencryption")), (2, 1));
    assert_eq!((office.asked("action=mount"), office.asked("format.cgi")), (1, 1));
    let seat = office.counter.seats().remove(0);
    assert_eq!((seat.has_passphrase, seat.stand, seat.card.status), (false, None, CardStatus::NoPassphrase));
    assert!(!office.slots().contains("one"));
    office.tell(Standing::Unclaimed);
    office.rests().await;
    assert_eq!(office.locks().len(), 1);
}

#[tokio::test]
async fn a_camera_that_passes_on_without_a_moment_between_is_locked_before_the_next_one_s_passphrase_is_tried() {
    let office = Office::open(card_of_shop()).await;
    office.tell(wish(1).told());
    office.is_ready().await;
    office.tell(Wish { claim: "two", ..wish(1) }.told());
    office.until("it was tried", |office| office.asked("enablediskencryption") == 2).await;
    assert_eq!(office.locks(), [JobState::Complete]);
    let asked = locked(&office.camera).asked.clone();
    let at = |word: &str| asked.iter().rposition(|asked| asked.contains(word)).unwrap();
    assert!(at("disablediskencryption") < at("enablediskencryption"));
    assert_eq!(office.asked("format.cgi"), 1);
    assert!(office.slots().contains("two"));
}

#[tokio::test]
async fn a_release_in_the_midst_of_a_format_waits_for_its_end_and_mounts_nothing() {
    let office = Office::open(Played { percent: 40, ..new_card() }).await;
    office.tell(wish(1).told());
    office.until("it is formatted", |office| office.asked("jobid=2") > 0).await;
    office.tell(Standing::Unclaimed);
    let waits = JobState::Running { percent: None, waits_for: Some(Wait::CameraBusy), seconds_left: None };
    office.until("the lock waits", |office| office.locks() == [waits.clone()]).await;
    assert_eq!(office.asked("disablediskencryption"), 0);
    locked(&office.camera).percent = 100;
    office.is_locked().await;
    assert_eq!((office.asked("disablediskencryption"), office.asked("action=mount")), (1, 0));
    assert!(!locked(&office.camera).set);
}

#[tokio::test]
async fn a_lock_that_a_power_cut_ended_is_done_after_the_start() {
    let office = Office::open(card_of_shop()).await;
    office.tell(wish(1).told());
    office.is_ready().await;
    locked(&office.camera).hangs = Some("disablediskencryption");
    office.tell(Standing::Unclaimed);
    office.until("it is under way", |office| office.asked("disablediskencryption") == 1).await;
    let office = office.restart(|camera| camera.hangs = None).await;
    office.rests().await;
    assert_eq!(office.asked("disablediskencryption"), 0, "nobody has told yet that there is no claim");
    office.tell(Standing::Unclaimed);
    office.is_locked().await;
    assert_eq!((office.asked("disablediskencryption"), office.asked("action=mount")), (1, 0));
    // One that ended before it began is done as well.
    let office = Office::open(card_of_shop()).await;
    office.tell(wish(1).told());
    office.is_ready().await;
    let office = office.restart(|_| ()).await;
    office.tell(Standing::Unclaimed);
    office.is_locked().await;
}

#[tokio::test]
async fn a_release_takes_the_passphrase_also_where_the_card_was_taken_out_before() {
    let office = Office::open(card_of_shop()).await;
    office.tell(wish(1).told());
    office.is_ready().await;
    let unmounts = office.asked("action=unmount");
    locked(&office.camera).status = "disconnected";
    office.tell(Standing::Unclaimed);
    office.is_locked().await;
    assert_eq!((office.asked("action=unmount"), office.asked("disablediskencryption")), (unmounts, 1));
    assert!(!locked(&office.camera).set && !office.slots().contains("one"));
}

#[tokio::test]
async fn a_card_that_an_administrator_prepared_is_not_locked_by_a_release() {
    let office = Office::open(card_of_shop()).await;
    office.tell(Standing::Unclaimed);
    office.prepare().await;
    office.is_ready().await;
    let writes = office.writes();
    let never = Wish { prepare: wishes::Prepare::Never, ..wish(1) };
    office.tell(never.told());
    office.rests().await;
    office.tell(Standing::Unclaimed);
    office.rests().await;
    assert_eq!((office.writes(), office.locks().len()), (writes, 0));
    assert!(locked(&office.camera).set, "it stays open with its own passphrase");
}

#[tokio::test]
async fn a_lock_that_fails_says_why_and_is_tried_again() {
    let office = Office::open(card_of_shop()).await;
    office.tell(wish(1).told());
    office.is_ready().await;
    locked(&office.camera).list_fails = true;
    office.tell(Standing::Unclaimed);
    locked(&office.camera).list_fails = false;
    locked(&office.camera).hangs = Some("disablediskencryption");
    office.until("it failed", |office| matches!(office.failure(LOCK), Some(Failure::Unanswered { .. }))).await;
    assert!(office.slots().contains("one"));
    locked(&office.camera).hangs = None;
    office.is_locked().await;
    assert_eq!(office.locks().len(), 2);
}
