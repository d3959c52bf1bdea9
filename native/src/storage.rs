//! The camera's edge storages (cards and shares), through libaxstorage.
//!
//! An id names the slot (`SD_DISK`, `NetworkShare`), not the medium in it. Before an application may write it sets the
//! storage up, and it gives it back when the storage is about to go: that is a [`Lease`].
//! Faults: [`Error::NotReady`], [`Error::Barred`], [`Error::Library`] (code 5 for a set-up that failed).
//! Units: none. Facts: the published documentation; that a subscription is told once at first is what Axis' own
//! applications rely on; the order of the flags is not known, so each change reads all four.
//!
//! Nothing here asks by itself: who wants a safety net against a lost event calls [`Storage::status`] now and then,
//! once a minute is plenty; what it reads takes the same way as an event.

mod board;
mod call;
mod lease;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::error::Error;
use crate::glue::{Answer, Glue};
use crate::sdk::Timing;
use crate::sys::bindings as c;
use board::{Board, Hold, Ticket};
use lease::Event;

/// What a storage says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// It is there.
    pub available: bool,
    /// It can be written.
    pub writable: bool,
    /// It has no space; only deleting is allowed.
    pub full: bool,
    /// It is about to go, and its users must leave.
    pub exiting: bool,
}

impl Status {
    /// Whether it can be set up.
    #[must_use]
    pub fn ready(self) -> bool {
        self.available && self.writable && !self.full && !self.exiting
    }

    fn of(answer: &Answer) -> Self {
        let has = |bit| answer.flags & bit != 0;
        Status {
            available: has(c::AXG_AVAILABLE),
            writable: has(c::AXG_WRITABLE),
            full: has(c::AXG_FULL),
            exiting: has(c::AXG_EXITING),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = if self.available { "available" } else { "absent" };
        let writable = if self.writable { ", writable" } else { ", read-only" };
        let full = if self.full { ", full" } else { "" };
        let exiting = if self.exiting { ", about to go" } else { "" };
        write!(f, "{first}{}{full}{exiting}", if self.available { writable } else { "" })
    }
}

/// What a storage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StorageKind {
    /// In the camera, such as a card.
    Local,
    /// Elsewhere, such as a network share.
    External,
    /// The library does not say.
    Unknown,
}

/// Lists, watches and leases storages. Clones share their state.
#[derive(Debug, Clone)]
pub struct Storage {
    board: Arc<Board>,
    deadline: Duration,
}

impl Storage {
    pub(crate) fn new(glue: Glue, timing: &Timing) -> Self {
        Storage { board: Board::new(glue, timing), deadline: timing.call }
    }

    pub(crate) async fn stop(&self, leases: Duration, releases: Duration) -> Vec<String> {
        self.board.stop(leases, releases).await
    }

    /// The same with another deadline for each call.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The ids of the camera's slots, also of those that are empty. Empty on a camera without any.
    ///
    /// # Errors
    /// [`Error::Library`], [`Error::Late`], [`Error::Gone`], [`Error::Inconsistent`].
    pub async fn list(&self) -> Result<Vec<String>, Error> {
        self.board.list(self.deadline).await
    }

    /// Reads the four flags now.
    ///
    /// # Errors
    /// As [`Storage::list`]; [`Error::Library`] with code 1 for an unknown id (guessed); [`Error::BadName`].
    pub async fn status(&self, id: &str) -> Result<Status, Error> {
        self.board.status(id, self.deadline).await
    }

    /// Every change of the flags; `None` until they were read first, which takes the library a moment. Asking for it
    /// again costs nothing.
    ///
    /// # Errors
    /// As [`Storage::status`]. The receiver ends when the [`Sdk`](crate::Sdk) is stopped.
    pub async fn subscribe(&self, id: &str) -> Result<watch::Receiver<Option<Status>>, Error> {
        self.board.subscribe(id, self.deadline).await
    }

    /// Sets the storage up for writing, or shares the set-up that is there.
    ///
    /// # Errors
    /// [`Error::Barred`] while a [`Bar`] lives; [`Error::NotReady`] for a storage that is absent, read-only, full or
    /// about to go, also when it turns so while it is being set up; those of [`Storage::status`].
    pub async fn lease(&self, id: &str) -> Result<Lease, Error> {
        let late = Error::Late { call: "ax_storage_setup_async", after: self.deadline };
        let ticket = tokio::time::timeout(self.deadline, self.board.lease(id, self.deadline)).await;
        Ok(Lease { ticket: ticket.unwrap_or(Err(late))? })
    }

    /// Forbids leases of the storage, and takes back the one that is held, until the bar is dropped.
    #[must_use]
    pub fn bar(&self, id: &str) -> Bar {
        self.board.happen(id, Event::Barred);
        Bar { board: Arc::clone(&self.board), id: id.to_owned() }
    }
}

/// While this lives nobody has a lease of the storage, once [`Bar::cleared`] has said so.
#[derive(Debug)]
pub struct Bar {
    board: Arc<Board>,
    id: String,
}

impl Bar {
    /// Waits until the storage was given back to the camera, at most as long as `deadline`. A release that the camera
    /// does not answer counts as done after [`Timing::release`].
    ///
    /// # Errors
    /// [`Error::Late`] when a lease is still held, a set-up is under way, or a release is.
    pub async fn cleared(&self, deadline: Duration) -> Result<(), Error> {
        self.board.idle(&self.id, deadline).await
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.board.happen(&self.id, Event::Unbarred);
    }
}

/// The right to write below [`Lease::path`], until it is dropped or revoked. All files below the path must be closed
/// before it is dropped: the camera cannot unmount otherwise.
#[derive(Debug)]
pub struct Lease {
    ticket: Ticket,
}

impl Lease {
    /// Where to write. Nothing else may be assumed about the path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.hold().area.path
    }

    /// What the storage is.
    #[must_use]
    pub fn kind(&self) -> StorageKind {
        self.hold().area.kind
    }

    /// Waits until the storage is about to go, has gone, or is barred: close the files and drop the lease, within
    /// seconds. After that time the storage is given back all the same.
    pub async fn revoked(&self) {
        let mut revoked = self.hold().revoked.subscribe();
        // The sender lives in the lease: waiting for it cannot fail.
        drop(revoked.wait_for(|revoked| *revoked).await);
    }

    /// Whether writing makes sense now: writable, not full, not revoked. Deleting is allowed on a full storage.
    #[must_use]
    pub fn can_write(&self) -> bool {
        !*self.hold().revoked.borrow() && self.ticket.board.can_write(&self.ticket.id)
    }

    /// Gives the lease back and waits for the camera's answer; at once when others still hold the storage.
    ///
    /// # Errors
    /// [`Error::Late`] or [`Error::Library`] when the release was not answered or refused.
    pub async fn give_back(self) -> Result<(), Error> {
        let (board, id, hold) = (Arc::clone(&self.ticket.board), self.ticket.id.clone(), Arc::clone(&self.ticket.hold));
        drop(self);
        board.given_back(&id, &hold).await
    }

    fn hold(&self) -> &Hold {
        &self.ticket.hold
    }
}
