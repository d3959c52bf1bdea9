//! The app's own folder on the SD card, held while the card can be written and given back when it is about to go.
//!
//! Holding it is what makes the camera tell us before it unmounts the card, and what shows that the app could write
//! there. A lease that is asked back is returned at once, since the camera cannot unmount before. The camera makes the
//! folder, empty, and that is the one thing the app leaves anywhere: on a network share, which is somebody's server,
//! nothing is set up; its flags are followed and no more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axsdk::{Status, Storage};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::snapshot::is_for_cards;

const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(60);

/// By slot for cards: its area is held, or why it could not be set up, in words. A slot that is not in it was not tried.
pub type Held = BTreeMap<String, Result<(), String>>;

/// Holds the area of every slot for a card; `changed` is notified when a slot's flags change.
pub fn hold(storage: Storage, changed: Arc<Notify>, tasks: &mut JoinSet<()>) -> watch::Receiver<Held> {
    let (held, seen) = watch::channel(Held::new());
    tasks.spawn(hold_all(storage, changed, held));
    seen
}

async fn hold_all(storage: Storage, changed: Arc<Notify>, held: watch::Sender<Held>) {
    let mut wait = FIRST_RETRY;
    let ids = loop {
        match storage.list().await {
            Ok(ids) => break ids,
            Err(error) => log::warn!("area: the list of storage slots: {error}"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LAST_RETRY);
    };
    let mut keepers = JoinSet::new();
    for id in ids {
        keepers.spawn(keep(storage.clone(), id, Arc::clone(&changed), held.clone()));
    }
    while keepers.join_next().await.is_some() {}
}

async fn keep(storage: Storage, id: String, changed: Arc<Notify>, held: watch::Sender<Held>) {
    let mut wait = FIRST_RETRY;
    loop {
        match storage.subscribe(&id).await {
            Ok(status) => {
                wait = FIRST_RETRY;
                keep_while_told(&storage, &id, status, &changed, &held).await;
            }
            Err(error) => log::warn!("area: {id}: {error}"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LAST_RETRY);
    }
}

/// Follows one subscription until it ends.
async fn keep_while_told(
    storage: &Storage,
    id: &str,
    status: watch::Receiver<Option<Status>>,
    changed: &Notify,
    held: &watch::Sender<Held>,
) {
    let mut news = status.clone();
    let tell = async {
        while news.changed().await.is_ok() {
            changed.notify_one();
        }
    };
    if !is_for_cards(id) {
        return tell.await;
    }
    tokio::select! {
        () = tell => {}
        () = take_and_give_back(storage, id, status, changed, held) => {}
    }
}

async fn take_and_give_back(
    storage: &Storage,
    id: &str,
    mut status: watch::Receiver<Option<Status>>,
    changed: &Notify,
    held: &watch::Sender<Held>,
) {
    let mut wait = FIRST_RETRY;
    let fit = |status: &Option<Status>| status.is_some_and(|s| s.writable && !s.full && !s.exiting);
    while status.wait_for(fit).await.is_ok() {
        match storage.lease(id).await {
            Ok(lease) => {
                wait = FIRST_RETRY;
                log::info!("area: {id}: set up at {}", lease.path().display());
                held.send_modify(|held| _ = held.insert(id.to_owned(), Ok(())));
                changed.notify_one();
                lease.revoked().await;
                held.send_modify(|held| _ = held.remove(id));
                changed.notify_one();
                match lease.give_back().await {
                    Ok(()) => log::info!("area: {id}: given back"),
                    Err(error) => log::warn!("area: {id}: giving it back: {error}"),
                }
            }
            Err(error) => {
                let why = Err(error.to_string());
                // Told once: it is tried again for as long as the card is there.
                let news = held.send_if_modified(|held| held.insert(id.to_owned(), why.clone()) != Some(why));
                if news {
                    log::warn!("area: {id}: {error}");
                    changed.notify_one();
                }
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LAST_RETRY);
            }
        }
    }
}
