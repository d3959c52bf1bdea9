//! What the organisation of the claim wishes of the slot, what its operators decide about the card in it, and what the end of
//! the claim means for both.
//!
//! An administrator's order for the card that is in goes before the organisation's wish, until that card goes or the
//! organisation wishes something new of cards. A wish that comes once more, as after each start of the app, begins nothing
//! again that ended badly. Where nothing may be done by itself (`never`), nothing is done and nothing is shown, unless an
//! operator decides about the card (and no administrator ordered something of it since) or the camera has a passphrase of this claim already.

use std::time::Duration;

use axsdk::Secret;
use tokio::time::Instant;

use super::{Keeper, WATCH};
use crate::jobs::card::{LOCK, Wished};
use crate::jobs::decide::{self, Attempt, Choice, Marker, Prepare, Presence, Wish};
use crate::jobs::{End, Work};
use crate::portal::wishes::{self, Decision, Standing, Wishes};
use crate::snapshot::{CardStatus, Failure, Note, Wait};

/// A lock that failed is tried again after this time.
const LOCK_AGAIN: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 600 });
/// So many decisions are remembered as used; each holds for ten minutes.
const USED: usize = 256;

/// What was wished of cards when it was looked at last: whose wish, whether a card may be prepared, which passphrase, and
/// whether that can be opened; absent where nothing was.
pub(super) type Told = Option<(String, Prepare, u64, bool)>;

impl Wished {
    /// The organisation's, where it wishes something that can be done: without a passphrase that is nothing.
    fn of(card: &wishes::Card, claim_id: &str) -> Option<Self> {
        let open = |opened: &wishes::Opened| opened.passphrase.as_ref().ok().cloned();
        let passphrase = card.passphrase.as_ref()?;
        let previous: Option<(u64, Secret)> =
            card.previous.as_ref().and_then(|opened| Some((opened.generation, open(opened)?)));
        let prepare = match card.prepare {
            wishes::Prepare::IfNeeded => Prepare::IfNeeded,
            wishes::Prepare::Never | wishes::Prepare::Other => Prepare::Never,
        };
        let generation = previous.as_ref().map(|(generation, _)| *generation);
        Some(Self {
            wish: Wish { prepare, generation: passphrase.generation, previous: generation },
            passphrase: open(passphrase),
            sealed: passphrase.passphrase.is_err() || (card.previous.is_some() && previous.is_none()),
            previous: previous.map(|(_, secret)| secret),
            claim: Some(claim_id.to_owned()),
            quiet: prepare == Prepare::Never,
        })
    }

    fn told(&self) -> Told {
        Some((self.claim.clone()?, self.wish.prepare, self.wish.generation, self.sealed))
    }
}

impl Keeper {
    /// What is wished and done: not what waits for an operator's decision.
    pub(super) fn active(&self) -> Option<&Wished> {
        self.wished.as_ref().filter(|wished| !wished.quiet)
    }

    /// Takes in how the camera stands with its portal, and follows what is wished of the card that is in.
    pub(super) async fn take_standing(&mut self) {
        let standing = self.standing.borrow_and_update().clone();
        match standing {
            // Nobody told yet: what was done for an earlier wish stays as it is.
            Standing::Unknown => {}
            Standing::Unclaimed => {
                self.told = Some(None);
                self.leave_claim(None);
            }
            Standing::Claimed(wishes) => {
                self.leave_claim(Some(&wishes.claim_id));
                // First the card of another claim is closed.
                if self.locks_now() {
                    return;
                }
                let wished = wishes.card.as_ref().and_then(|card| Wished::of(card, &wishes.claim_id));
                self.follow_wish(wished.as_ref());
                self.follow_decisions(&wishes, wished).await;
            }
        }
    }

    /// What another claim wished ends, with its secrets and its decisions.
    fn leave_claim(&mut self, now: Option<&str>) {
        let claim = self.wished.as_ref().and_then(|wished| wished.claim.as_deref());
        if claim.is_none() || claim == now {
            return;
        }
        self.end_chain(Note::NotNeeded);
        (self.wished, self.probed, self.folder_since) = (None, None, None);
        self.tools.wanted.send_if_modified(|wanted| wanted.remove(&self.card.slot));
        self.stay.withdraw_erase();
        if self.operator_decided {
            self.stay.learn(|history| history.decision = None);
        }
        if !matches!(self.stopped, Some(Wait::Interrupted | Wait::CameraBusy)) {
            self.stopped = None;
        }
    }

    fn follow_wish(&mut self, wished: Option<&Wished>) {
        let told = wished.and_then(Wished::told);
        let before = self.told.replace(told.clone());
        let is_first = before.is_none();
        let is_new = before.as_ref() != Some(&told);
        let ordered = self.wished.as_ref().is_some_and(|wished| wished.claim.is_none());
        let holds = if ordered { is_first || !is_new } else { self.wished.is_some() && !is_new };
        if self.stay.presence().is_none() || holds {
            return;
        }
        match wished {
            Some(wished) => self.set_wish(wished.clone(), is_new && !is_first),
            None if !ordered => self.leave_claim(None),
            None => {}
        }
    }

    /// Puts the organisation's wish in force; one that is new (`again`) is an order to try once more what ended badly, but
    /// nothing of which nobody knows how it ended.
    fn set_wish(&mut self, mut wished: Wished, again: bool) {
        let before = self.wished.as_ref();
        let same_owner = before.is_some_and(|before| before.claim == wished.claim);
        let same = same_owner && before.is_some_and(|before| before.wish.generation == wished.wish.generation);
        self.stay.learn(|history| {
            if !same_owner {
                history.marker = Marker::Unread;
            }
            if !same {
                (history.passphrase, history.refused) = (Attempt::NotBegun, false);
            }
        });
        let slot = self.slot();
        let begun = self.tools.lent.claim(&slot) == wished.claim || self.stay.history().decision.is_some();
        wished.quiet &= !begun;
        let quiet = wished.quiet;
        (self.wished, self.probed) = (Some(wished), None);
        if again && !matches!(self.stopped, Some(Wait::Interrupted | Wait::CameraBusy)) {
            self.start_again();
        }
        self.want(!quiet);
    }

    /// Whether our folder on the card is wanted.
    pub(super) fn want(&self, on: bool) {
        let slot = self.slot();
        self.tools.wanted.send_if_modified(|wanted| if on { wanted.insert(slot) } else { wanted.remove(&slot) });
    }

    /// Follows the last decision that names the card that is in, and was not followed yet.
    async fn follow_decisions(&mut self, wishes: &Wishes, wished: Option<Wished>) {
        let decisions = wishes.card.as_ref().map(|card| card.decisions.as_slice()).unwrap_or_default();
        let (Some(presence), now) = (self.stay.presence(), Instant::now()) else { return };
        let name = presence.to_string();
        let named = || decisions.iter().filter(|decision| decision.presence == name);
        let holds = |decision: &&Decision| decision.until > now && !self.used.contains(&decision.decision_id);
        let Some(decision) = named().rfind(holds).cloned() else { return };
        // The last look may be long ago.
        if !self.look().await || self.stay.presence() != Some(presence) {
            return;
        }
        self.used.extend(named().map(|decision| decision.decision_id.clone()));
        let surplus = self.used.len().saturating_sub(USED);
        self.used.drain(..surplus);
        self.decide(&decision, presence, wished);
    }

    fn decide(&mut self, decision: &Decision, presence: Presence, wished: Option<Wished>) {
        let made = decision.until.checked_sub(decide::ERASE_HOLDS).unwrap_or_else(Instant::now);
        // What an administrator ordered since counts more.
        if self.ordered.is_some_and(|ordered| ordered > made) {
            return;
        }
        let choice = match decision.choice {
            wishes::Choice::Keep => Choice::Keep,
            wishes::Choice::Erase => Choice::Erase,
            wishes::Choice::Other => return,
        };
        log::info!("jobs: {}: an operator decided {choice:?} about {presence}", self.card.slot);
        let Some(wished) = wished else { return };
        let ordered = self.wished.as_ref().is_none_or(|wished| wished.claim.is_none());
        if choice == Choice::Erase {
            if wished.passphrase.is_none() {
                return;
            }
            if ordered {
                self.set_wish(wished, false);
            }
            self.start_again();
        } else {
            if ordered && self.wished.is_none() {
                self.set_wish(wished, false);
            }
            self.stopped = None;
        }
        if let Some(wished) = &mut self.wished {
            wished.quiet = false;
        }
        self.want(true);
        self.operator_decided = true;
        self.stay.decide_at(choice, made);
    }

    /// The camera has a passphrase for this slot of a claim that is over.
    pub(super) fn is_to_be_locked(&self) -> bool {
        let Some(lent) = self.tools.lent.claim(&self.card.slot) else { return false };
        match &*self.standing.borrow() {
            Standing::Unknown => false,
            Standing::Unclaimed => true,
            Standing::Claimed(wishes) => wishes.claim_id != lent,
        }
    }

    /// The same, and it is time to do it.
    pub(super) fn locks_now(&self) -> bool {
        self.is_to_be_locked() && self.lock_again.is_none_or(|at| at <= Instant::now())
    }

    /// Shows that the card will be locked as soon as what is under way has ended.
    pub(super) fn announce_lock(&mut self) {
        if self.locking.is_some() || !self.is_to_be_locked() {
            return;
        }
        self.end_chain(Note::NotNeeded);
        let ticket = self.tools.desk.follow_up(&self.card.slot, LOCK);
        // An error means that it was ended already.
        _ = ticket.waits_for(Wait::CameraBusy);
        self.locking = Some(ticket);
    }

    /// Takes the card out of use and its passphrase from the camera; nothing on the card is changed.
    pub(super) async fn lock(&mut self) {
        self.lock_again = Some(Instant::now() + WATCH);
        if !self.look().await || !self.is_to_be_locked() {
            return;
        }
        let slot = self.slot();
        let set = self.card.encryption_set != Some(false);
        let mounted = self.card.status == CardStatus::Ok && (set || self.card.encrypted != Some(false));
        if !set && !mounted && self.locking.is_none() {
            return self.tools.lent.note(&slot, None);
        }
        self.announce_lock();
        let Some(ticket) = self.locking.clone() else { return };
        if mounted {
            self.bar = self.tools.storage.as_ref().map(|storage| std::sync::Arc::new(storage.bar(&slot)));
            self.barred = self.stay.presence();
        }
        let place = self.place(ticket.clone());
        let work: Work<Result<(), Failure>> = Box::pin(place.lock(mounted, self.bar.clone()));
        let outcome = self.carry_out(&ticket, work).await;
        _ = self.look().await;
        self.tools.look.notify_one();
        self.locking = None;
        match outcome {
            Ok(()) => {
                ticket.end(End::Complete(Some(Note::Locked)));
                self.tools.lent.note(&slot, None);
                // It stays out of use.
                let closed = self.card.encrypted != Some(false);
                self.stay.learn(|history| history.unmounted = (history.unmounted || mounted) && !closed);
            }
            Err(failure) => {
                ticket.end(End::Failed(failure.unwrap_or(Failure::Broken)));
                self.lock_again = Some(Instant::now() + LOCK_AGAIN);
            }
        }
        self.release();
    }
}
