//! What ten thousand waiting cameras need, in memory: who they are, their keys, and whether something changed.
//!
//! The truth stands in the store. Its writer alone changes what is here, after each commit, so the two cannot part; a
//! camera's wait is a subscription to its own state, and no lock is held while anybody waits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;

use crate::clock::Moment;
use crate::jwk::Jwk;

/// Why a camera is not claimed, or that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Nobody has claimed it.
    Unclaimed,
    /// The serial number is known with another key.
    Confirmation,
    /// It passes from another organisation when the waiting time is over.
    Pending,
    /// It is claimed.
    Claimed,
}

impl Reason {
    /// As the protocol says it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Unclaimed => "unclaimed",
            Self::Confirmation => "confirmation",
            Self::Pending => "pending",
            Self::Claimed => "claimed",
        }
    }

    /// The state beside it.
    pub(crate) const fn state(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Unclaimed | Self::Confirmation | Self::Pending => "registered",
        }
    }
}

/// A claim, as far as the list of claims tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) id: String,
    pub(crate) organisation_id: i64,
    pub(crate) organisation: String,
    pub(crate) since: Moment,
    /// The generation of the wishes.
    pub(crate) desired: u64,
}

/// How the last claim ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Released {
    pub(crate) organisation: String,
    pub(crate) at: Moment,
    /// `portal` or `camera`.
    pub(crate) by: String,
}

/// What is known of a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) serial: String,
    pub(crate) key: Jwk,
    pub(crate) key_id: String,
    /// The key that follows, until it is used for the first time.
    pub(crate) next: Option<(Jwk, String)>,
    pub(crate) generation: u64,
    pub(crate) reason: Reason,
    pub(crate) claim: Option<Claim>,
    pub(crate) released: Option<Released>,
}

/// A camera that registered.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) id: String,
    state: watch::Sender<Arc<State>>,
    seen: AtomicI64,
}

impl Device {
    pub(crate) fn state(&self) -> Arc<State> {
        self.state.borrow().clone()
    }

    /// Its state as it changes.
    pub(crate) fn follow(&self) -> watch::Receiver<Arc<State>> {
        self.state.subscribe()
    }

    /// That it asked just now.
    pub(crate) fn saw(&self, now: Moment) {
        self.seen.store(now, Ordering::Relaxed);
    }

    /// When it asked last, since the portal runs or before.
    pub(crate) fn seen(&self) -> Moment {
        self.seen.load(Ordering::Relaxed)
    }
}

/// All cameras, and a bell for each organisation.
#[derive(Debug, Default)]
pub(crate) struct Live {
    devices: RwLock<HashMap<String, Arc<Device>>>,
    organisations: RwLock<HashMap<i64, watch::Sender<u64>>>,
}

impl Live {
    /// The camera of that id.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<Device>> {
        self.devices.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Every camera.
    pub(crate) fn all(&self) -> Vec<Arc<Device>> {
        self.devices.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.devices.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Takes a camera's state over from the store; the store's writer calls it, nobody else.
    pub(crate) fn refresh(&self, id: &str, state: State, seen: Moment) {
        if let Some(device) = self.find(id) {
            device.state.send_if_modified(|known| {
                let is_new = **known != state;
                *known = Arc::new(state);
                is_new
            });
            return;
        }
        let device = Device { id: id.to_owned(), state: watch::Sender::new(Arc::new(state)), seen: seen.into() };
        self.devices.write().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), Arc::new(device));
    }

    /// Forgets a camera that the store has no more.
    pub(crate) fn forget(&self, id: &str) {
        self.devices.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Tells an organisation's open pages that something of theirs changed.
    pub(crate) fn ring(&self, organisation: i64) {
        if let Some(bell) = self.organisations.read().unwrap_or_else(PoisonError::into_inner).get(&organisation) {
            bell.send_modify(|rings| *rings += 1);
        }
    }

    /// An organisation's bell.
    pub(crate) fn listen(&self, organisation: i64) -> watch::Receiver<u64> {
        let mut all = self.organisations.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(organisation).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }
}
