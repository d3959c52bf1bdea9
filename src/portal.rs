//! The portal: the camera registers there, learns who claimed it, and what is wished of it. The protocol is in
//! `src/portal/protocol.md`.
//!
//! An administrator confirms the portal's address; what a parameter says is a proposal and no more, since other applications
//! on the camera may write it. While the portal is silent, what was known of it holds, and nothing is stopped, unmounted or
//! erased for that.
//!
//! | room | what |
//! |---|---|
//! | `address` | what is a portal's address |
//! | `key`, `proof`, `seal` | the camera's key, the proof on each request, what only one side can open |
//! | `documents` | what the portal signs |
//! | `trust`, `crypto`, `proxy`, `link` | TLS, the way through a proxy, and the connection |
//! | `memory` | what is kept over restarts |
//! | `session` | the calls, one by one |
//! | `wishes` | what the organisation wishes, opened |
//! | `report` | what the camera tells |
//! | `account` | the password of the camera's account, handed over |
//! | `agent` | what is called when, what follows from the answers, and the orders of an administrator |

use axsdk::Secret;
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::Timestamp;
use crate::snapshot::{Account, Claim, Said};

pub mod account;
pub mod address;
pub mod agent;
mod backoff;
mod crypto;
pub mod documents;
pub mod key;
pub mod link;
pub mod memory;
pub mod offers;
pub mod proof;
pub mod proxy;
pub mod report;
pub mod seal;
pub(crate) mod session;
pub mod trust;
pub mod wishes;

use address::Address;
use report::Target;
use wishes::Standing;

/// So many orders may wait for being read.
const QUEUE: usize = 4;

/// What an administrator orders.
#[derive(Debug)]
pub enum Wanted {
    /// This is the camera's portal.
    Confirm {
        /// Its address.
        address: Address,
        /// Who vouches for it beside those whom the camera trusts, as PEM.
        ca: Option<String>,
    },
    /// A one-time token, by which the camera is claimed where its serial number was approved in advance.
    Token(Secret),
    /// The claim ends.
    Release,
    /// The portal is asked now.
    TestAgain,
    /// What cannot be read any more is put aside, and the camera becomes a new one for its portal.
    BeginAnew,
    /// The account of our name, which somebody else made, is ours from now on.
    HandOver,
}

/// Why an order was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// While the camera is claimed its portal stays.
    #[error("claimed")]
    Claimed,
    /// There is no claim.
    #[error("not claimed")]
    NotClaimed,
    /// There is no portal.
    #[error("no portal")]
    NoPortal,
    /// It is no one-time token.
    #[error("no token")]
    NoToken,
    /// What the app keeps of itself can be read: there is no reason to begin anew.
    #[error("readable")]
    Readable,
    /// No account of our name is somebody else's.
    #[error("no account")]
    NoAccount,
    /// The account is the camera's only administrator.
    #[error("the only administrator")]
    OnlyAdministrator,
    /// It could not be written down.
    #[error("not written")]
    NotWritten,
    /// The app is about to end, or has too much to do.
    #[error("not now")]
    NotNow,
}

/// An order on its way.
#[derive(Debug)]
struct Given {
    wanted: Wanted,
    answer: oneshot::Sender<Result<(), NotTaken>>,
}

/// By what the camera can be claimed: for its administrators alone, in no snapshot and no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Offer {
    /// The code, such as `WDJB-MJHT`.
    pub user_code: String,
    /// Where it is entered.
    pub verification_uri: String,
    /// The same with the code in it.
    pub verification_uri_complete: Option<String>,
    /// Until when the code holds.
    pub until: Timestamp,
    /// The portal's signing key, by its thumbprint: who compares it with the portal's own page has ruled out a proxy.
    pub signing_key: String,
    /// The camera's own key, which the portal shows where it has to be confirmed.
    pub own_key: String,
}

impl std::fmt::Debug for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offer").field("until", &self.until).finish_non_exhaustive()
    }
}

/// Where the portal is seen, and orders about it are given; cheap to clone.
#[derive(Debug, Clone)]
pub struct Counter {
    give: mpsc::Sender<Given>,
    claim: watch::Receiver<Claim>,
    offer: watch::Receiver<Option<Offer>>,
    standing: watch::Receiver<Standing>,
    said: watch::Receiver<Vec<Said>>,
    account: watch::Receiver<Option<Account>>,
    hand_over: mpsc::Sender<account::Answer>,
}

/// The other side of the counter.
#[derive(Debug)]
pub struct Clerk {
    given: mpsc::Receiver<Given>,
    claim: watch::Sender<Claim>,
    offer: watch::Sender<Option<Offer>>,
    standing: watch::Sender<Standing>,
    said: watch::Sender<Vec<Said>>,
    /// Where reports go.
    target: watch::Sender<Option<Target>>,
    account: Option<account::Clerk>,
}

impl Clerk {
    /// The side of who keeps the account; once.
    pub fn account(&mut self) -> Option<account::Clerk> {
        self.account.take()
    }
}

/// A counter and its other side.
#[must_use]
pub fn counter() -> (Counter, Clerk) {
    let (give, given) = mpsc::channel(QUEUE);
    let (claim, claim_seen) = watch::channel(Claim::NoPortal { proposed: None });
    let (offer, offer_seen) = watch::channel(None);
    let (standing, standing_seen) = watch::channel(Standing::Unknown);
    let (said, said_seen) = watch::channel(Vec::new());
    let target = watch::channel(None).0;
    let (hand_over, orders) = mpsc::channel(1);
    let (stand, account_seen) = watch::channel(None);
    let account = Some(account::Clerk::new(orders, stand, standing_seen.clone(), target.subscribe()));
    let counter = Counter {
        give,
        claim: claim_seen,
        offer: offer_seen,
        standing: standing_seen,
        said: said_seen,
        account: account_seen,
        hand_over,
    };
    (counter, Clerk { given, claim, offer, standing, said, target, account })
}

impl Counter {
    /// A counter at which nobody sits, for tests of views.
    #[must_use]
    pub fn closed(claim: Claim, offer: Option<Offer>) -> Self {
        Self {
            give: mpsc::channel(1).0,
            claim: watch::channel(claim).1,
            offer: watch::channel(offer).1,
            standing: watch::channel(Standing::Unknown).1,
            said: watch::channel(Vec::new()).1,
            account: watch::channel(None).1,
            hand_over: mpsc::channel(1).0,
        }
    }

    /// Where the camera stands with its portal.
    #[must_use]
    pub fn claim(&mut self) -> Claim {
        self.claim.borrow_and_update().clone()
    }

    /// The organisation's notices.
    #[must_use]
    pub fn said(&mut self) -> Vec<Said> {
        self.said.borrow_and_update().clone()
    }

    /// How it stands with the camera's account; absent where none is wished and none is there.
    #[must_use]
    pub fn account(&mut self) -> Option<Account> {
        *self.account.borrow_and_update()
    }

    /// Waits for a change of where it stands, of the notices or of the account; `false` when there will be none.
    pub async fn changed(&mut self) -> bool {
        tokio::select! {
            changed = self.claim.changed() => changed.is_ok(),
            changed = self.said.changed() => changed.is_ok(),
            Ok(()) = self.account.changed() => true,
        }
    }

    /// By what the camera can be claimed; absent while it cannot.
    #[must_use]
    pub fn offer(&self) -> Option<Offer> {
        self.offer.borrow().clone()
    }

    /// What is wished, for those who do it.
    #[must_use]
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.clone()
    }

    /// Gives an order, and waits until it was taken.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn give(&self, wanted: Wanted) -> Result<(), NotTaken> {
        let (answer, taken) = oneshot::channel();
        if matches!(wanted, Wanted::HandOver) {
            self.hand_over.try_send(answer).map_err(|_| NotTaken::NotNow)?;
            return taken.await.unwrap_or(Err(NotTaken::NotNow));
        }
        self.give.try_send(Given { wanted, answer }).map_err(|_| NotTaken::NotNow)?;
        taken.await.unwrap_or(Err(NotTaken::NotNow))
    }
}
