//! The account `c2cadmin`: made, kept and removed as the organisation wishes it.
//!
//! One task looks at the wish, at the camera's accounts and at what the app remembers (`record`), asks `steps` what comes
//! next, and does that one step; then it looks again. A new password goes to the portal before it is set, and is in memory
//! until it is. What the app did not make it never touches. Which password holds after a cut nobody knows: then a new one
//! is made.
//!
//! What fails at the camera is tried again after a minute, then twice as long, up to six hours; what fails at the portal as
//! all that fails there.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::clock;
use crate::jobs::{Desk, Work};
use crate::portal::NotTaken;
use crate::portal::account::{Answer, Clerk, Told, Why};
use crate::portal::wishes::{self, Standing};
use crate::snapshot::{Account, AccountState, AccountTrouble};
use crate::vapix::users::{Group, Rights, Users};

mod password;
pub(crate) mod record;
mod steps;
mod work;

use record::{Kept, Record, Stage};
use steps::{Clocks, Step, Wish};

/// Its name on every camera.
pub const NAME: &str = "c2cadmin";
/// The job that makes it.
pub const SET_UP: &str = "Set Up Account c2cadmin";
/// The job that changes its password.
pub const CHANGE: &str = "Change Password of Account c2cadmin";
/// The job that removes it.
pub const REMOVE: &str = "Remove Account c2cadmin";

/// While all is well the camera is looked at so often.
const ROUND: Duration = Duration::from_secs(3_600);
/// So often while somebody has to free the name.
const TAKEN_ROUND: Duration = Duration::from_secs(300);
/// After what failed at the camera; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
const LAST_PAUSE: Duration = Duration::from_secs(6 * 3_600);

/// What the keeper works with.
#[derive(Debug)]
pub struct Tools {
    /// The app's folder.
    pub folder: PathBuf,
    /// Where its jobs are.
    pub desk: Desk,
    /// The camera's accounts.
    pub users: Users,
}

/// Begins to keep the account, for as long as `tasks` live.
pub fn keep(tools: Tools, clerk: Clerk, tasks: &mut JoinSet<()>) {
    let Tools { folder, desk, users } = tools;
    let (standing, kept) = (clerk.standing.clone(), Kept::open(&folder));
    let users = Arc::new(users);
    let begun = Instant::now();
    let keeper = Keeper {
        desk,
        users,
        clerk,
        standing,
        kept,
        begun,
        set: None,
        to_confirm: None,
        told_taken: None,
        only: false,
        failures: 0,
    };
    let work: Work<()> = Box::pin(keeper.run());
    tasks.spawn(work);
}

/// What holds at the portal.
struct Situation {
    claim_id: Option<String>,
    /// Something else is wished than the app gives.
    more: bool,
    wish: Option<Wish>,
}

impl Situation {
    /// `None` where nobody told yet.
    fn of(standing: &Standing) -> Option<Self> {
        let wishes = match standing {
            Standing::Unknown => return None,
            Standing::Unclaimed => return Some(Self { claim_id: None, more: false, wish: None }),
            Standing::Claimed(wishes) => wishes,
        };
        let claim_id = &wishes.claim_id;
        let wish = wishes.account.and_then(|account| {
            let group = match account.group {
                wishes::Group::Viewer => Group::Viewer,
                wishes::Group::Operator => Group::Operator,
                wishes::Group::Other => return None,
            };
            let wishes::Account { generation, rotate_days, .. } = account;
            Some(Wish { claim_id: claim_id.clone(), generation, group, rotate_days })
        });
        Some(Self { claim_id: Some(claim_id.clone()), more: wishes.account.is_some() && wish.is_none(), wish })
    }
}

struct Keeper {
    desk: Desk,
    users: Arc<Users>,
    clerk: Clerk,
    standing: watch::Receiver<Standing>,
    kept: Kept,
    begun: Instant,
    /// When this start of the app set a password last.
    set: Option<Instant>,
    /// It is set on the camera, and the portal is to be told.
    to_confirm: Option<Record>,
    /// For this claim and generation the portal knows that the name is taken.
    told_taken: Option<(String, u64)>,
    /// The account that is there is the camera's only administrator.
    only: bool,
    failures: u32,
}

impl Keeper {
    async fn run(mut self) {
        loop {
            let situation = Situation::of(&self.standing.borrow_and_update());
            let pause = match situation {
                Some(situation) => self.act(situation).await,
                None => None,
            };
            let again = async {
                match pause {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = self.standing.changed() => if changed.is_ok() { self.failures = 0 } else { return },
                Some(answer) = self.clerk.orders.recv() => self.hand_over(answer),
                () = again => {}
            }
        }
    }

    /// Does what comes next; gives how long it is good for, for ever without a number.
    async fn act(&mut self, situation: Situation) -> Option<Duration> {
        let Situation { claim_id, more, wish } = situation;
        if self.kept.record().is_none() && wish.is_none() {
            let not_made = (AccountState::NotMade, Some(AccountTrouble::Group));
            self.show(more.then_some(not_made));
            return None;
        }
        let is_over = |record: &&Record| {
            let wished = wish.as_ref().is_some_and(|wish| wish.claim_id == record.claim_id);
            record.stage == Stage::Removed && !wished
        };
        if let Some(removed) = self.kept.record().filter(is_over).cloned() {
            return self.tell_removed(&removed, claim_id.filter(|_| wish.is_none())).await;
        }
        let there = match self.users.look(NAME).await {
            Ok(there) => there,
            Err(fault) => {
                log::warn!("account: {fault}");
                return self.stumbled(wish.is_some(), AccountTrouble::Camera);
            }
        };
        self.only = there == Some(Rights::OnlyAdministrator);
        let step = steps::next(self.kept.record(), wish.as_ref(), there, self.is_old(wish.as_ref()));
        log::debug!("account: {there:?}: {step:?}");
        match (step, wish) {
            (Step::Rest, _) => {
                (self.failures, self.told_taken) = (0, None);
                self.rested();
                Some(ROUND)
            }
            (Step::Taken, wish) => self.is_taken(wish).await,
            (Step::Make, Some(wish)) => self.set(&wish, false).await,
            (Step::Change, Some(wish)) => match self.to_confirm.take().filter(|set| is_for(set, &wish)) {
                Some(set) => self.confirm(set).await,
                None => self.set(&wish, true).await,
            },
            (Step::Remove, wish) => self.remove(claim_id, wish.is_some()).await,
            (Step::Forget, wish) => self.forget(claim_id.filter(|_| wish.is_none())),
            (Step::Make | Step::Change, None) => None,
        }
    }

    fn clocks(&self) -> Clocks {
        let since_set = self.set.map(|at| at.elapsed());
        Clocks { now: clock::now(), running: self.begun.elapsed(), since_set }
    }

    fn is_old(&self, wish: Option<&Wish>) -> bool {
        let (Some(record), Some(wish)) = (self.kept.record(), wish) else { return false };
        self.clocks().is_old(record, wish.rotate_days)
    }

    /// All is as wished.
    fn rested(&mut self) {
        self.show(Some((AccountState::Ready, None)));
        if let Some(record) = self.kept.record().filter(|record| self.clocks().was_ahead(record)).cloned() {
            log::info!("account: the camera's clock was ahead when the password was made; its time counts from now on");
            self.write(Some(Record { made: clock::now(), ..record }));
        }
    }

    fn show(&self, stand: Option<(AccountState, Option<AccountTrouble>)>) {
        let shown = self.clerk.shown();
        if shown.map(|account| (account.state, account.reason)) != stand {
            self.clerk.show(stand.map(|(state, reason)| Account { state, reason, since: clock::now() }));
        }
    }

    fn write(&mut self, record: Option<Record>) -> bool {
        let written = self.kept.write(record);
        if let Err(error) = &written {
            log::error!("account: {error}");
        }
        written.is_ok()
    }

    /// Something failed at the camera.
    fn stumbled(&mut self, wished: bool, why: AccountTrouble) -> Option<Duration> {
        let state = match self.kept.record() {
            _ if !wished => AccountState::Removing,
            Some(record) if record.stage != Stage::Removed => AccountState::Changing,
            _ => AccountState::NotMade,
        };
        self.show(Some((state, Some(why))));
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.failures)).min(LAST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        Some(pause)
    }

    /// An administrator says that the account which is there is the app's from now on.
    fn hand_over(&mut self, answer: Answer) {
        let wish = Situation::of(&self.standing.borrow()).and_then(|situation| situation.wish);
        let is_taken = self.clerk.shown().is_some_and(|shown| shown.reason == Some(AccountTrouble::Taken));
        let outcome = match wish {
            Some(_) if is_taken && self.only => Err(NotTaken::OnlyAdministrator),
            // Of no generation, so that a password is made for it.
            Some(wish) if is_taken => {
                let record = Record::new(&wish.claim_id, 0, wish.group, clock::now(), 0);
                if self.write(Some(record)) { Ok(()) } else { Err(NotTaken::NotWritten) }
            }
            _ => Err(NotTaken::NoAccount),
        };
        // An error means that who ordered has gone.
        _ = answer.send(outcome);
    }

    async fn is_taken(&mut self, wish: Option<Wish>) -> Option<Duration> {
        self.show(Some((AccountState::NotMade, Some(AccountTrouble::Taken))));
        let Some(Wish { claim_id, generation, .. }) = wish else { return Some(TAKEN_ROUND) };
        let told = Some((claim_id.clone(), generation));
        if self.told_taken != told {
            if let Err(not) = self.clerk.tell(&claim_id, generation, Told::Taken).await {
                return Some(not.again);
            }
            self.told_taken = told;
        }
        Some(TAKEN_ROUND)
    }
}

/// The password that was set is the wished one.
fn is_for(set: &Record, wish: &Wish) -> bool {
    set.claim_id == wish.claim_id && set.generation == wish.generation && set.group() == wish.group
}

/// What stands in the way at the portal.
fn trouble(why: Why) -> AccountTrouble {
    match why {
        Why::NoKey => AccountTrouble::NoKey,
        Why::Conflict | Why::Refused | Why::Silent => AccountTrouble::Portal,
    }
}
