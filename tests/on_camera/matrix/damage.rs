//! The steps, and what can go wrong in each.

use virtual_camera::axsim::medium::Card;
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::disks::{Action, Plan, Refusal};
use virtual_camera::{Fault, VirtualCamera};

use crate::world::PATIENCE;

/// A file on the cards that somebody swaps in.
pub const PRECIOUS: &str = "20261101_090000/precious.mkv";

/// What the app asks of the camera, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Unmount,
    SetPassphrase,
    Format,
    Mount,
}

impl Step {
    pub const ALL: [Self; 4] = [Self::Unmount, Self::SetPassphrase, Self::Format, Self::Mount];

    /// The CGI below `disks`, and how many answers of it come before.
    fn cgi(self) -> (&'static str, u32) {
        match self {
            Self::Unmount => ("mount", 0),
            Self::SetPassphrase => ("properties/enablediskencryption", 0),
            Self::Format => ("format", 0),
            Self::Mount => ("mount", 1),
        }
    }

    fn path(self) -> String {
        format!("/axis-cgi/disks/{}.cgi", self.cgi().0)
    }

    fn action(self) -> Option<Action> {
        match self {
            Self::Unmount => Some(Action::Unmount),
            Self::SetPassphrase => None,
            Self::Format => Some(Action::Format),
            Self::Mount => Some(Action::Mount),
        }
    }

    /// The job that shows it.
    pub fn job(self) -> &'static str {
        match self {
            Self::Unmount => "Unmount SD Card",
            Self::SetPassphrase | Self::Format => "Format SD Card",
            Self::Mount => "Mount SD Card",
        }
    }

    /// How many formats there were when it ends.
    pub fn formats(self) -> usize {
        usize::from(matches!(self, Self::Format | Self::Mount))
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The CGI says no.
    Refused,
    /// The CGI says no to the passphrase.
    BadPassphrase,
    /// An HTTP status.
    Status(u16),
    /// The answer comes after a second.
    Slow,
    /// The answer breaks off; what was asked is done.
    Cut,
    /// The answer makes no sense; what was asked is done.
    Nonsense,
    /// The camera's job ends badly.
    Fails,
    /// The camera forgets its job, which goes on.
    Vanishes,
    /// The card is pulled right after the answer.
    Pulled,
    /// Another card is in right after the answer.
    Swapped(Other),
    /// The app is killed while the step is under way.
    Killed,
}

/// What comes instead of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// Mounted where the camera mounts it, with recordings on it.
    Used,
    /// Encrypted with another passphrase.
    Foreign,
    /// Of a file system that no camera mounts, not encrypted.
    Exfat,
}

impl Other {
    pub fn card(self) -> Card {
        let card = match self {
            Self::Used => Card::new(121_000_000).with_used(21_504_000),
            Self::Foreign => Card::of_kind("foreign").unwrap(),
            Self::Exfat => Card::new(121_000_000).with_filesystem("exfat").with_used(21_504_000),
        };
        card.with_file(PRECIOUS, "not for your eyes\n")
    }
}

/// Whether the swapped-in card has all that it had.
pub fn is_untouched(camera: &VirtualCamera, other: Other) -> bool {
    let sim = camera.device().axsim();
    let (is, was) = (sim.slot(SD_DISK).unwrap().card.unwrap(), other.card());
    let file = sim.root().join("storage/SD_DISK/medium").join(PRECIOUS);
    (is.filesystem, is.passphrase) == (was.filesystem, was.passphrase) && file.exists()
}

/// Waits until the camera was asked so, on whatever way.
pub async fn was_asked(camera: &VirtualCamera, path: &str, query: &str) {
    let seen = camera.device().wait_for_request(PATIENCE, |request| {
        request.path.ends_with(path) && request.query.as_deref().unwrap_or_default().contains(query)
    });
    assert!(seen.await, "{path} was not asked\n{}", camera.app_log("c2c"));
}

/// Waits until what comes before a step is asked, where the levers do not tell the two apart.
async fn shortly_before(camera: &VirtualCamera, step: Step) {
    match step {
        Step::Mount => was_asked(camera, "format.cgi", "").await,
        Step::Format => was_asked(camera, "enablediskencryption.cgi", "").await,
        Step::Unmount | Step::SetPassphrase => {}
    }
}

/// The camera's job of a step stands still, once it is begun.
pub async fn stalled(camera: &VirtualCamera, step: Step) {
    let disks = camera.device().disks();
    if step == Step::Mount {
        let formatted = disks.wait_for_job(PATIENCE, |job| job.action == Action::Format && job.outcome.is_some());
        assert!(formatted.await.is_some(), "{}", camera.app_log("c2c"));
    } else {
        shortly_before(camera, step).await;
    }
    disks.stall_at(20);
    let stands = |job: &virtual_camera::disks::Job| Some(&job.action) == step.action().as_ref() && job.progress == 20;
    let job = disks.wait_for_job(PATIENCE, stands).await.unwrap_or_else(|| panic!("{}", camera.app_log("c2c")));
    was_asked(camera, "job.cgi", &format!("jobid={}", job.id)).await;
}

/// Sees to it that the step goes wrong so, from just after the order.
pub async fn does(camera: &VirtualCamera, step: Step, damage: Damage) {
    let (device, disks) = (camera.device(), camera.device().disks());
    let (cgi, skip) = step.cgi();
    let name = cgi.trim_start_matches("properties/").to_owned();
    let refusal = |code| Refusal { cgi: name.clone(), times: 1, code, words: "Not today".to_owned() };
    let next = |fault| device.fault_next(&step.path(), None, fault, Some(1));
    match damage {
        // Both are orders to mount.cgi: by now the first one has been answered.
        _ if step == Step::Mount && !matches!(damage, Damage::Vanishes | Damage::Killed) => {
            shortly_before(camera, step).await;
            match damage {
                Damage::Refused => disks.refuse(refusal(10)),
                Damage::Status(status) => next(Fault::Status(status)),
                Damage::Slow => next(Fault::Slow(1_000)),
                Damage::Cut => next(Fault::Cut),
                Damage::Nonsense => next(Fault::Nonsense),
                Damage::Fails => disks.fail_job(Action::Mount, 40, "Worn out"),
                Damage::Pulled => disks.after_answer(cgi, 0, SD_DISK, Plan::Pull),
                Damage::Swapped(other) => {
                    disks.after_answer(cgi, 0, SD_DISK, Plan::Swap { card: other.card(), quiet: false });
                }
                Damage::BadPassphrase | Damage::Vanishes | Damage::Killed => {}
            }
        }
        Damage::Refused => disks.refuse(refusal(10)),
        Damage::BadPassphrase => disks.refuse(refusal(110)),
        Damage::Status(status) => next(Fault::Status(status)),
        Damage::Slow => next(Fault::Slow(1_000)),
        Damage::Cut => next(Fault::Cut),
        Damage::Nonsense => next(Fault::Nonsense),
        Damage::Fails => disks.fail_job(step.action().unwrap(), 40, "Worn out"),
        Damage::Pulled => disks.after_answer(cgi, skip, SD_DISK, Plan::Pull),
        Damage::Swapped(other) => {
            disks.after_answer(cgi, skip, SD_DISK, Plan::Swap { card: other.card(), quiet: false });
        }
        Damage::Vanishes => {
            stalled(camera, step).await;
            disks.forget_jobs();
            disks.stall(false);
        }
        Damage::Killed => {
            let pid = camera.app_pid("c2c").unwrap();
            if step == Step::SetPassphrase {
                was_asked(camera, "enablediskencryption.cgi", "").await;
            } else {
                stalled(camera, step).await;
            }
            crate::world::send(pid, rustix::process::Signal::KILL);
            let again = device.wait_for_pid("c2c", PATIENCE, |now| now.is_some_and(|now| now != pid)).await;
            assert!(again, "{}", camera.app_log("c2c"));
            disks.stall(false);
            crate::world::wait_for_page(camera).await;
        }
    }
}
