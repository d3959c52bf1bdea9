//! The disk manager: the jobs that VAPIX starts and follows, the settings of a disk, and what can be done to a card.
//!
//! Nothing of this was ever recorded from a device; names and codes are documented, behaviour where documents are silent
//! is a knob, the first word being the default:
//!
//! | knob `camera.disks.…` | words | what is not known |
//! |---|---|---|
//! | `methods` | `both`, `get`, `query`, `post` | how orders may come; `get` and `post` answer the other with 405, `query` does not read the body of a POST |
//! | `busy` | `refuse`, `queue` | a second job on a disk |
//! | `refusal` | `start`, `job` | what can't be done is told at once, or by the job |
//! | `idle` | `refuse`, `ok` | mounting what is mounted, unmounting what is not |
//! | `format_mounted` | `refuse`, `unmount` | formatting what is mounted |
//! | `mount_after_format` | `no`, `yes` | whether a format ends mounted |
//! | `held` | `refuse`, `wait`, `force` | unmounting what somebody holds beyond `exit_timeout_ms` |
//! | `unknown_job` | `na`, `done`, `error`, `none` | job.cgi of an unknown number: `N/A` and failed, `N/A` and at 100, an error, no job at all |
//! | `failed_at` | `100`, `where` | the progress of a job that failed (100 is documented), or where it was |
//! | `kept` | 16, or a number | how many ended jobs are remembered |
//! | `ids` | `restart`, `go on` | job numbers after a boot |
//! | `quotes` | `yes`, `no` | the value of `action` in the answer to a start (the documents' examples lack the quotes) |
//! | `busy_status` | empty, or a status | what list.cgi says while a job runs; empty: as the card is |
//! | `enable_again` | `refuse`, `replace` | enabling encryption that is enabled (code 140), or the new passphrase counts |
//! | `autoformat` | `mount`, `insert` | with a required file system: on an order to mount alone, or when a card comes too |
//! | `autoformat_foreign` | `no`, `yes` | … of a card that is encrypted with another passphrase |
//! | `locked_writable` | `no`, `yes` | whether applications can write to a locked disk |
//! | `encryption` | `yes`, `no` | the model can encrypt |
//! | `attribute` | `real`, `documented` | `encryptionenabled` (recorded) or `diskencryptionenabled` |
//! | `mount_ms` | 0, or a number | how long after a card came, or a boot, the camera mounts it |
//! | `mount_on_boot` | `yes`, `no` | parameter `MountOnBoot` |
//!
//! Time: a format takes 1.2 s for 1 GB (20 min for 1 TB, a vendor's promise for its own product), divided by the knob
//! `camera.speed`; the seconds of the other jobs are guesses.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::axsim::AxSim;
use crate::axsim::storage::SLOTS;
use crate::faults::locked;

mod book;
mod levers;
pub(crate) mod plans;
mod work;

use book::Book;
pub use book::{Action, Job};
pub use levers::Refusal;
pub use plans::Plan;

/// Pairs of name and value, shared with the applications' room.
pub(crate) type Knobs = Arc<Mutex<Vec<(String, String)>>>;

/// The disk manager of one camera; clones are the same one.
#[derive(Clone)]
pub struct Disks {
    inner: Arc<Inner>,
}

struct Inner {
    axsim: AxSim,
    knobs: Knobs,
    book: Mutex<Book>,
    /// Counts the changes of the book.
    changed: watch::Sender<u64>,
    /// Every job stays at this percentage, if it comes so far.
    stalled: watch::Sender<Option<u8>>,
    refusals: Mutex<Vec<Refusal>>,
    plans: Mutex<Vec<plans::Planned>>,
    /// The next job of an action fails at a percentage, in these words.
    failures: Mutex<Vec<(Action, u8, String)>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl std::fmt::Debug for Disks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disks").field("jobs", &self.jobs()).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Disks {
    pub(crate) fn new(axsim: AxSim, knobs: Knobs) -> Self {
        let inner = Inner {
            axsim,
            knobs,
            book: Mutex::default(),
            changed: watch::Sender::new(0),
            stalled: watch::Sender::new(None),
            refusals: Mutex::default(),
            plans: Mutex::default(),
            failures: Mutex::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let disks = Self { inner: Arc::new(inner) };
        if disks.knob("ids") == "go on" {
            locked(&disks.inner.book).last = disks.inner.axsim.last_job();
        }
        disks
    }

    /// The camera starts: what can be mounted is mounted.
    pub(crate) fn boot(&self) -> std::io::Result<()> {
        let (mounts, delay) = (self.knob("mount_on_boot") != "no", self.mount_delay());
        self.inner.axsim.boot(mounts && delay.is_zero())?;
        if mounts && delay.is_zero() {
            self.format_what_came();
        } else if mounts {
            for slot in SLOTS.iter().filter_map(|id| self.inner.axsim.slot(id)) {
                self.mount_after(delay, &slot.id, slot.presence);
            }
        }
        Ok(())
    }

    /// Jobs end where they are, as if the power were cut.
    pub(crate) async fn stop(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    /// The value of `camera.disks.NAME`, empty if it is not set.
    pub(crate) fn knob(&self, name: &str) -> String {
        let name = format!("camera.disks.{name}");
        let knobs = locked(&self.inner.knobs);
        knobs.iter().rev().find(|(knob, _)| *knob == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    fn speed(&self) -> f64 {
        let knobs = locked(&self.inner.knobs);
        let set = knobs.iter().rev().find(|(knob, _)| knob == "camera.speed").and_then(|(_, value)| value.parse().ok());
        set.filter(|speed: &f64| speed.is_finite() && *speed > 0.0).unwrap_or(1.0)
    }

    /// The slots and their cards.
    #[must_use]
    pub fn axsim(&self) -> &AxSim {
        &self.inner.axsim
    }

    /// The jobs that the camera remembers, oldest first.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        locked(&self.inner.book).jobs.clone()
    }

    /// One of them.
    #[must_use]
    pub fn job(&self, id: u64) -> Option<Job> {
        locked(&self.inner.book).jobs.iter().find(|job| job.id == id).cloned()
    }

    /// What job.cgi knows of a job.
    pub(crate) fn told(&self, id: u64) -> Option<Job> {
        if locked(&self.inner.book).forgotten >= id { None } else { self.job(id) }
    }

    /// Waits for a job, also one that has ended but is remembered; `None` if none fits within `patience`.
    pub async fn wait_for_job(&self, patience: Duration, fits: impl Fn(&Job) -> bool) -> Option<Job> {
        let mut changed = self.inner.changed.subscribe();
        let found = async {
            loop {
                changed.mark_unchanged();
                if let Some(job) = self.jobs().into_iter().find(&fits) {
                    return Some(job);
                }
                if changed.changed().await.is_err() {
                    return None;
                }
            }
        };
        tokio::time::timeout(patience, found).await.ok().flatten()
    }

    fn alter<T>(&self, change: impl FnOnce(&mut Book) -> T) -> T {
        let outcome = change(&mut locked(&self.inner.book));
        self.inner.changed.send_modify(|count| *count += 1);
        outcome
    }
}
