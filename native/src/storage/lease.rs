//! The life of one storage as a lease sees it: states and a pure step.
//!
//! ```text
//! Idle ──Wanted, ready──► SettingUp ──SetUp──► InUse ──gone, barred──► Draining
//!   ▲                                            │ last one dropped       │ last one dropped, or too late
//!   └───────────────Released──────────────── Releasing ◄──────────────────┘
//! ```
//!
//! Every set-up has a generation; an answer of an older one only gives its handle back. The device unmounts only after
//! the release, and only when no file is open: that is why users are told first and waited for.

use std::path::PathBuf;

use super::{Status, StorageKind};
use crate::error::Error;

/// A storage that is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) handle: u32,
    pub(crate) path: PathBuf,
    pub(crate) kind: StorageKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    Idle,
    SettingUp,
    InUse(Area),
    Draining(Area),
    Releasing,
}

/// What has happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// Somebody waits for a lease.
    Wanted,
    /// Some gave up waiting; so many are left.
    Left { waiting: usize },
    /// The set-up of a generation ended.
    SetUp { generation: u64, area: Result<Area, Error> },
    /// A lease of a generation was dropped.
    Dropped { generation: u64 },
    /// The flags were read.
    Seen(Status),
    /// Somebody bars the storage.
    Barred,
    /// Somebody does no longer.
    Unbarred,
    /// The users of a generation had long enough to leave.
    DrainLate { generation: u64 },
    /// The release of a generation was answered, or will not be.
    Released { generation: u64 },
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Call the library for a set-up.
    SetUp { generation: u64 },
    /// Give a lease of the area to all who wait.
    Serve { generation: u64, area: Area },
    /// Tell all who wait that there is none.
    Refuse(Why),
    /// Tell all who hold a lease to leave, and give them time.
    Revoke { generation: u64 },
    /// Give the handle back and report [`Event::Released`].
    Release { generation: u64, handle: u32 },
    /// Give back a handle that came too late.
    Discard { handle: u32 },
}

/// Why there is no lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    Barred,
    NotReady(Status),
    Failed(Error),
}

#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) phase: Phase,
    generation: u64,
    waiting: usize,
    holders: usize,
    bars: usize,
    status: Status,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Machine { phase: Phase::Idle, generation: 0, waiting: 0, holders: 0, bars: 0, status: Status::default() }
    }

    /// The one step of the machine.
    pub(crate) fn after(&mut self, event: Event) -> Vec<Step> {
        match event {
            Event::Wanted => self.wanted(),
            Event::Left { waiting } => {
                // A set-up that nobody waits for any more goes on: until it ends the storage is not free.
                self.waiting = waiting;
                Vec::new()
            }
            Event::SetUp { generation, area } => self.set_up(generation, area),
            Event::Dropped { generation } => self.dropped(generation),
            Event::Seen(status) => {
                self.status = status;
                if status.exiting || !status.available { self.leave() } else { Vec::new() }
            }
            Event::Barred => {
                self.bars += 1;
                self.leave()
            }
            Event::Unbarred => {
                self.bars = self.bars.saturating_sub(1);
                Vec::new()
            }
            Event::DrainLate { generation } if generation == self.generation => match &self.phase {
                Phase::Draining(area) => {
                    let handle = area.handle;
                    self.release(handle)
                }
                _ => Vec::new(),
            },
            Event::Released { generation } if generation == self.generation && self.phase == Phase::Releasing => {
                self.phase = Phase::Idle;
                if self.waiting == 0 { Vec::new() } else { self.begin() }
            }
            Event::DrainLate { .. } | Event::Released { .. } => Vec::new(),
        }
    }

    /// Why no lease can be given now, if so.
    fn refusal(&self) -> Option<Why> {
        if self.bars > 0 {
            Some(Why::Barred)
        } else if !self.status.ready() {
            Some(Why::NotReady(self.status))
        } else {
            None
        }
    }

    fn refuse(&mut self, why: Why) -> Vec<Step> {
        self.waiting = 0;
        vec![Step::Refuse(why)]
    }

    /// Sets up for those who wait, or refuses them.
    fn begin(&mut self) -> Vec<Step> {
        if let Some(why) = self.refusal() {
            return self.refuse(why);
        }
        self.generation += 1;
        self.holders = 0;
        self.phase = Phase::SettingUp;
        vec![Step::SetUp { generation: self.generation }]
    }

    fn wanted(&mut self) -> Vec<Step> {
        self.waiting += 1;
        if self.phase == Phase::Idle {
            return self.begin();
        }
        if let Some(why) = self.refusal() {
            return self.refuse(why);
        }
        match &self.phase {
            Phase::InUse(area) => {
                let area = area.clone();
                self.serve(area)
            }
            // The others go on by themselves, and those who wait are looked at then.
            _ => Vec::new(),
        }
    }

    fn serve(&mut self, area: Area) -> Vec<Step> {
        self.holders += self.waiting;
        self.waiting = 0;
        self.phase = Phase::InUse(area.clone());
        vec![Step::Serve { generation: self.generation, area }]
    }

    fn set_up(&mut self, generation: u64, area: Result<Area, Error>) -> Vec<Step> {
        let mine = generation == self.generation && self.phase == Phase::SettingUp;
        match area {
            Ok(area) if !mine => vec![Step::Discard { handle: area.handle }],
            // Those who waited were refused meanwhile, for instance since the storage is about to go.
            Ok(area) if self.waiting == 0 => self.release(area.handle),
            // It may have turned full or read-only meanwhile: who asks for a lease wants to write.
            Ok(area) => match self.refusal() {
                Some(why) => {
                    let mut steps = self.refuse(why);
                    steps.extend(self.release(area.handle));
                    steps
                }
                None => self.serve(area),
            },
            Err(fault) if mine => {
                self.phase = Phase::Idle;
                self.refuse(Why::Failed(fault))
            }
            Err(_) => Vec::new(),
        }
    }

    fn dropped(&mut self, generation: u64) -> Vec<Step> {
        let (Phase::InUse(area) | Phase::Draining(area)) = &self.phase else { return Vec::new() };
        if generation != self.generation {
            return Vec::new();
        }
        let handle = area.handle;
        self.holders = self.holders.saturating_sub(1);
        if self.holders == 0 { self.release(handle) } else { Vec::new() }
    }

    fn release(&mut self, handle: u32) -> Vec<Step> {
        self.phase = Phase::Releasing;
        vec![Step::Release { generation: self.generation, handle }]
    }

    /// The storage is about to go, is gone, or is barred.
    fn leave(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.waiting > 0 {
            if let Some(why) = self.refusal() {
                steps = self.refuse(why);
            }
        }
        if let Phase::InUse(area) = &self.phase {
            self.phase = Phase::Draining(area.clone());
            steps.push(Step::Revoke { generation: self.generation });
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: Status = Status { available: true, writable: true, full: false, exiting: false };
    const EXITING: Status = Status { exiting: true, ..READY };

    fn area() -> Area {
        Area { handle: 7, path: "/areas/SD_DISK/c2c".into(), kind: StorageKind::Local }
    }

    fn ready() -> Machine {
        let mut machine = Machine::new();
        assert_eq!(machine.after(Event::Seen(READY)), []);
        machine
    }

    fn in_use() -> Machine {
        let mut machine = ready();
        assert_eq!(machine.after(Event::Wanted), [Step::SetUp { generation: 1 }]);
        let steps = machine.after(Event::SetUp { generation: 1, area: Ok(area()) });
        assert_eq!(steps, [Step::Serve { generation: 1, area: area() }]);
        machine
    }

    #[test]
    fn the_last_of_two_holders_gives_the_storage_back() {
        let mut machine = in_use();
        assert_eq!(machine.after(Event::Wanted), [Step::Serve { generation: 1, area: area() }]);
        assert_eq!(machine.after(Event::Dropped { generation: 1 }), []);
        assert_eq!(machine.after(Event::Dropped { generation: 1 }), [Step::Release { generation: 1, handle: 7 }]);
        assert_eq!(machine.after(Event::Released { generation: 1 }), []);
        assert_eq!(machine.phase, Phase::Idle);
    }

    #[test]
    fn a_storage_that_exits_during_its_setup_is_released_at_once_and_the_waiter_refused() {
        let mut machine = ready();
        machine.after(Event::Wanted);
        assert_eq!(machine.after(Event::Seen(EXITING)), [Step::Refuse(Why::NotReady(EXITING))]);
        let steps = machine.after(Event::SetUp { generation: 1, area: Ok(area()) });
        assert_eq!(steps, [Step::Release { generation: 1, handle: 7 }]);
    }

    #[test]
    fn a_storage_that_turns_full_or_read_only_during_its_setup_is_not_served() {
        for status in [Status { full: true, ..READY }, Status { writable: false, ..READY }] {
            let mut machine = ready();
            machine.after(Event::Wanted);
            assert_eq!(machine.after(Event::Seen(status)), []);
            let steps = machine.after(Event::SetUp { generation: 1, area: Ok(area()) });
            let release = Step::Release { generation: 1, handle: 7 };
            assert_eq!(steps, [Step::Refuse(Why::NotReady(status)), release]);
            machine.after(Event::Released { generation: 1 });
            assert_eq!(machine.phase, Phase::Idle);
        }
    }

    #[test]
    fn a_set_up_that_comes_after_everybody_left_is_released_and_until_then_not_idle() {
        let mut machine = ready();
        machine.after(Event::Wanted);
        assert_eq!(machine.after(Event::Left { waiting: 0 }), []);
        assert_eq!(machine.after(Event::Barred), []);
        assert_eq!(machine.phase, Phase::SettingUp);
        let steps = machine.after(Event::SetUp { generation: 1, area: Ok(area()) });
        assert_eq!(steps, [Step::Release { generation: 1, handle: 7 }]);
    }

    #[test]
    fn a_set_up_that_is_given_up_may_come_later_and_only_gives_its_handle_back() {
        let mut machine = ready();
        machine.after(Event::Wanted);
        machine.after(Event::SetUp { generation: 1, area: Err(Error::Gone) });
        assert_eq!(machine.after(Event::Wanted), [Step::SetUp { generation: 2 }]);
        let late = machine.after(Event::SetUp { generation: 1, area: Ok(area()) });
        assert_eq!(late, [Step::Discard { handle: 7 }]);
        assert_eq!(machine.phase, Phase::SettingUp);
    }

    #[test]
    fn a_bar_revokes_what_is_held_refuses_what_comes_and_lifting_it_allows_again() {
        let mut machine = in_use();
        assert_eq!(machine.after(Event::Barred), [Step::Revoke { generation: 1 }]);
        assert_eq!(machine.after(Event::Wanted), [Step::Refuse(Why::Barred)]);
        assert_eq!(machine.after(Event::DrainLate { generation: 1 }), [Step::Release { generation: 1, handle: 7 }]);
        assert_eq!(machine.after(Event::Dropped { generation: 1 }), []);
        machine.after(Event::Released { generation: 1 });
        assert_eq!(machine.after(Event::Wanted), [Step::Refuse(Why::Barred)]);
        machine.after(Event::Unbarred);
        assert_eq!(machine.after(Event::Wanted), [Step::SetUp { generation: 2 }]);
    }

    #[test]
    fn who_waits_during_a_release_is_served_by_a_new_generation() {
        let mut machine = in_use();
        machine.after(Event::Dropped { generation: 1 });
        assert_eq!(machine.after(Event::Wanted), []);
        assert_eq!(machine.after(Event::Released { generation: 1 }), [Step::SetUp { generation: 2 }]);
        assert_eq!(machine.after(Event::DrainLate { generation: 1 }), []);
        assert_eq!(machine.after(Event::Released { generation: 1 }), []);
    }

    #[test]
    fn a_failed_set_up_tells_everybody_who_waits_why() {
        let mut machine = ready();
        machine.after(Event::Wanted);
        machine.after(Event::Wanted);
        let steps = machine.after(Event::SetUp { generation: 1, area: Err(Error::Gone) });
        assert_eq!(steps, [Step::Refuse(Why::Failed(Error::Gone))]);
        assert_eq!(machine.phase, Phase::Idle);
    }

    #[test]
    fn full_or_read_only_refuses_a_new_lease_and_leaves_a_held_one() {
        let full = Status { full: true, ..READY };
        let mut machine = in_use();
        assert_eq!(machine.after(Event::Seen(full)), []);
        assert!(matches!(machine.phase, Phase::InUse(_)));
        assert_eq!(machine.after(Event::Wanted), [Step::Refuse(Why::NotReady(full))]);
    }
}
