//! The app's own folder on the SD card, held while it is wanted and the card can be written, and given back when the card
//! is about to go.
//!
//! It is wanted when somebody wishes something of the card: the camera makes the folder on it, and without a wish nothing
//! is written to any card. A lease that is asked back is returned at once, since the camera cannot unmount before. On a
//! network share, which is somebody's server, nothing is set up; its flags are followed and no more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axsdk::{Error, Lease, Status, Storage};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::snapshot::is_for_cards;

const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(60);

/// By slot for cards: the area that is held, or why it could not be set up, in words. A slot that is not in it was not
/// tried.
pub type Held = BTreeMap<String, Result<PathBuf, String>>;
/// The slots of which an area is wanted.
pub type Wanted = BTreeSet<String>;

/// Holds the area of every slot for a card of which one is wanted; `changed` is notified when a slot's flags change.
pub fn hold(
    storage: Storage,
    changed: Arc<Notify>,
    wanted: watch::Receiver<Wanted>,
    tasks: &mut JoinSet<()>,
) -> watch::Receiver<Held> {
    let (held, seen) = watch::channel(Held::new());
    tasks.spawn(hold_all(Holder { storage, changed, wanted, held }));
    seen
}

#[derive(Clone)]
struct Holder {
    storage: Storage,
    changed: Arc<Notify>,
    wanted: watch::Receiver<Wanted>,
    held: watch::Sender<Held>,
}

async fn hold_all(holder: Holder) {
    let mut wait = FIRST_RETRY;
    let ids = loop {
        match holder.storage.list().await {
            Ok(ids) => break ids,
            Err(error) => log::warn!("area: the list of storage slots: {error}"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LAST_RETRY);
    };
    let mut keepers = JoinSet::new();
    for id in ids {
        keepers.spawn(holder.clone().keep(id));
    }
    while keepers.join_next().await.is_some() {}
}

impl Holder {
    async fn keep(mut self, id: String) {
        let mut wait = FIRST_RETRY;
        loop {
            match self.storage.subscribe(&id).await {
                Ok(status) => {
                    wait = FIRST_RETRY;
                    self.keep_while_told(&id, status).await;
                }
                Err(error) => log::warn!("area: {id}: {error}"),
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LAST_RETRY);
        }
    }

    /// Follows one subscription until it ends.
    async fn keep_while_told(&mut self, id: &str, status: watch::Receiver<Option<Status>>) {
        let (mut news, changed) = (status.clone(), Arc::clone(&self.changed));
        let tell = async move {
            while news.changed().await.is_ok() {
                changed.notify_one();
            }
        };
        if !is_for_cards(id) {
            return tell.await;
        }
        tokio::select! {
            () = tell => {}
            () = self.take_and_give_back(id, status) => {}
        }
    }

    async fn take_and_give_back(&mut self, id: &str, mut status: watch::Receiver<Option<Status>>) {
        let mut wait = FIRST_RETRY;
        let fit = |status: &Option<Status>| status.is_some_and(|s| s.writable && !s.full && !s.exiting);
        while self.wanted.wait_for(|wanted| wanted.contains(id)).await.is_ok() && status.wait_for(fit).await.is_ok() {
            // The card may have been waited for so long that it is not wished any more.
            if !self.wanted.borrow().contains(id) {
                continue;
            }
            match self.storage.lease(id).await {
                Ok(lease) => {
                    wait = FIRST_RETRY;
                    self.hold_until_revoked(id, lease).await;
                }
                // Somebody here works on the card.
                Err(Error::Barred { .. }) => tokio::time::sleep(FIRST_RETRY).await,
                Err(error) => {
                    self.tell_once(id, &error.to_string());
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LAST_RETRY);
                }
            }
        }
    }

    async fn hold_until_revoked(&self, id: &str, lease: Lease) {
        log::info!("area: {id}: set up at {}", lease.path().display());
        self.held.send_modify(|held| _ = held.insert(id.to_owned(), Ok(lease.path().to_owned())));
        self.changed.notify_one();
        let mut wanted = self.wanted.clone();
        tokio::select! {
            () = lease.revoked() => {}
            _ = wanted.wait_for(|wanted| !wanted.contains(id)) => {}
        }
        self.held.send_modify(|held| _ = held.remove(id));
        self.changed.notify_one();
        match lease.give_back().await {
            Ok(()) => log::info!("area: {id}: given back"),
            Err(error) => log::warn!("area: {id}: giving it back: {error}"),
        }
    }

    /// It is tried again for as long as the card is there.
    fn tell_once(&self, id: &str, error: &str) {
        let why = Err(error.to_owned());
        if self.held.send_if_modified(|held| held.insert(id.to_owned(), why.clone()) != Some(why)) {
            log::warn!("area: {id}: {error}");
            self.changed.notify_one();
        }
    }
}
