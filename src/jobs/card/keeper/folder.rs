//! The keeper and our folder on the card.

use std::path::PathBuf;

use tokio::time::Instant;

use super::{AGAIN, FOLDER, Keeper};
use crate::jobs::card::probe;
use crate::jobs::decide::{Marker, Ready};
use crate::snapshot::CardStatus;

impl Keeper {
    /// Who uses the card, for its marker: the claim whose wish it is, or this camera by an administrator's order.
    pub(super) fn owner(&self) -> Option<String> {
        if let Some(claim) = self.active().and_then(|wished| wished.claim.as_ref()) {
            return Some(format!("claim {claim}"));
        }
        self.snapshots.borrow().identity.last().map(|identity| format!("camera {}", identity.serial))
    }

    /// Our folder on the card, while it is there.
    pub(super) fn folder(&mut self) -> Option<PathBuf> {
        let folder = self.tools.held.borrow().get(&self.card.slot).cloned().and_then(Result::ok);
        self.folder_since = if folder.is_some() { None } else { self.folder_since.or(Some(Instant::now())) };
        folder
    }

    /// Reads the marker of a mounted card once something is wished of it; whether something was learnt by that.
    pub(super) async fn marker_was_read(&mut self) -> bool {
        let unread = self.stay.history().marker == Marker::Unread;
        if !unread || self.active().is_none() || self.card.status != CardStatus::Ok {
            self.folder_since = None;
            return false;
        }
        let since = self.folder_since;
        let (Some(folder), Some(owner)) = (self.folder(), self.owner()) else { return false };
        let marker = probe::read_marker(folder, owner).await;
        self.stay.learn(|history| history.marker = marker);
        if marker == Marker::Unread {
            // It is there and cannot be read: that is tried again, as if it were not there yet.
            self.folder_since = since.or(Some(Instant::now()));
        }
        marker != Marker::Unread
    }

    /// Writes to a card that is ready, unless nobody wishes anything of it.
    pub(super) async fn check(&mut self, ready: Ready) {
        let due = match self.probed {
            Some(Ok(())) => false,
            Some(Err(at)) => at.elapsed() >= AGAIN,
            None => true,
        };
        let Some(wished) = self.active() else { return };
        let (generation, claim) = (wished.wish.generation, wished.claim.clone());
        if ready == Ready::Unclaimed || !due {
            return;
        }
        if ready == Ready::Kept {
            // Nothing is changed on it.
            self.probed = Some(Ok(()));
            self.tools.wanted.send_if_modified(|wanted| wanted.remove(&self.card.slot));
            return;
        }
        let Some(folder) = self.folder() else {
            if self.folder_since.is_some_and(|since| since.elapsed() > FOLDER) {
                self.probed = Some(Err(Instant::now()));
            }
            return;
        };
        let marked = self.stay.history().marker == Marker::Ours(generation);
        let owner = self.owner().filter(|_| ready == Ready::AsWished && !marked).map(|owner| (owner, generation));
        self.probed = Some(probe::probe(folder, owner).await.map_err(|why| {
            log::warn!("jobs: {}: it cannot be written: {why}", self.card.slot);
            Instant::now()
        }));
        if self.probed == Some(Ok(())) {
            if ready == Ready::AsWished {
                self.stay.learn(|history| history.marker = Marker::Ours(generation));
                self.tools.lent.note(&self.card.slot, claim.as_deref());
            }
            if let Some(wished) = &mut self.wished {
                wished.forget_secrets();
            }
        }
    }
}
