//! What a test or a person can do to the cards and to the disk manager, beside VAPIX.

use std::io;
use std::time::Duration;

use super::{Action, Disks};
use crate::axsim::exchange::Coming;
use crate::axsim::medium::Card;
use crate::axsim::storage::SLOTS;
use crate::faults::locked;

/// The next calls of a CGI are refused so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The CGI's name without the ending, such as `format` or `enablediskencryption`.
    pub cgi: String,
    /// So many calls.
    pub times: u32,
    /// `ErrorCode` of the properties family; the others tell words alone.
    pub code: u32,
    /// The description.
    pub words: String,
}

impl Disks {
    /// A new card goes in, instead of what is in; the camera mounts it if it can, when it gets round to it.
    ///
    /// # Errors
    /// When its name is taken or no file name, or the files cannot be written.
    pub fn insert(&self, id: &str, card: &Card) -> io::Result<()> {
        self.take_in(id, &Coming::New(card))
    }

    /// The card that was in last goes in again, or the one of that name.
    ///
    /// # Errors
    /// When there is none, or the files cannot be written.
    pub fn insert_again(&self, id: &str, name: Option<&str>) -> io::Result<()> {
        self.take_in(id, &name.map_or(Coming::Last, Coming::Named))
    }

    fn take_in(&self, id: &str, coming: &Coming<'_>) -> io::Result<()> {
        let delay = self.mount_delay();
        if delay.is_zero() {
            self.inner.axsim.insert_card(id, coming)?;
            self.format_what_came();
        } else {
            let presence = self.inner.axsim.lay_card(id, coming)?;
            self.mount_after(delay, id, presence);
        }
        Ok(())
    }

    pub(super) fn mount_delay(&self) -> Duration {
        Duration::from_millis(self.knob("mount_ms").parse().unwrap_or(0))
    }

    /// Mounts what is in, unless it is another card by then.
    pub(super) fn mount_after(&self, delay: Duration, id: &str, presence: u64) {
        let (disks, stop, id) = (self.clone(), self.inner.stop.clone(), id.to_owned());
        self.inner.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(delay) => {}
            }
            match disks.inner.axsim.mount_late(&id, presence) {
                Ok(()) => disks.format_what_came(),
                Err(fault) => log::debug!("{fault}"),
            }
        });
    }

    /// Where the camera does so: what came and lacks the required file system gets it, and is mounted.
    pub(super) fn format_what_came(&self) {
        if self.knob("autoformat") != "insert" {
            return;
        }
        for id in SLOTS {
            let slot = self.inner.axsim.slot(id);
            if slot.is_some_and(|slot| !slot.available && slot.wants_format(self.knob("autoformat_foreign") == "yes")) {
                if let Err(words) = self.start(Action::Mount, id, None) {
                    log::warn!("{id}: {words}");
                }
            }
        }
    }

    /// From now on every job stays where it is, or goes on.
    pub fn stall(&self, on: bool) {
        self.inner.stalled.send_replace(on.then_some(0));
    }

    /// From now on every job stays at this percentage, if it comes so far; [`Disks::stall`] lets it go on.
    pub fn stall_at(&self, percent: u8) {
        self.inner.stalled.send_replace(Some(percent));
    }

    /// The next job of an action fails at a percentage, in these words.
    pub fn fail_job(&self, action: Action, percent: u8, words: &str) {
        locked(&self.inner.failures).push((action, percent, words.to_owned()));
    }

    /// The next calls of a CGI are refused.
    pub fn refuse(&self, refusal: Refusal) {
        locked(&self.inner.refusals).push(refusal);
    }

    /// The refusal that is due for a call of a CGI.
    pub(crate) fn due(&self, cgi: &str) -> Option<Refusal> {
        let mut refusals = locked(&self.inner.refusals);
        let due = refusals.iter_mut().find(|refusal| refusal.cgi == cgi && refusal.times > 0)?;
        due.times -= 1;
        let due = due.clone();
        refusals.retain(|refusal| refusal.times > 0);
        Some(due)
    }

    /// All is well again: what was set to fail or to happen no longer does, and jobs go on.
    pub fn clear(&self) {
        locked(&self.inner.refusals).clear();
        locked(&self.inner.failures).clear();
        locked(&self.inner.plans).clear();
        self.stall(false);
    }

    /// The camera knows no job any more; those that run do their work all the same.
    pub fn forget_jobs(&self) {
        self.alter(|book| book.forgotten = book.last);
    }

    /// Locks or unlocks a disk.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn lock(&self, id: &str, on: bool) -> io::Result<()> {
        let writable = self.knob("locked_writable") == "yes";
        self.inner.axsim.change_settings(id, |settings| {
            settings.locked = on;
            settings.locked_writable = writable;
        })
    }
}
