//! The sources, one a reading: how often each is asked, how long at most, and where its answer belongs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axsdk::Storage;

use crate::area::Held;
use crate::clock;
use crate::snapshot::{
    Application, Boot, CameraTime, Card, Containers, Fault, Health, Identity, Network, Reading, Slot, Snapshot,
};
use crate::sources::containers::{Engine, Host};
use crate::sources::{applications, card, device, storage, time};
use crate::vapix::Reader;

/// Longest time that one ask may take: the last resort, above what a usual camera can make of the deadlines inside.
///
/// Storage: 10 s for the list and 10 s for each slot, 30 s with two slots. One question to VAPIX: 5 s, and twice that with
/// 10 s for each fetch of the account where it is refused, 30 s; another 10 s where somebody else fetches it just then.
/// What comes to more, such as a third slot or a second question with all of that, is late as a whole.
pub(super) const ASK_DEADLINE: Duration = Duration::from_secs(40);

/// One thing that is asked, and one reading of the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Identity,
    Network,
    Boot,
    Applications,
    Cards,
    CardHealth,
    Containers,
    Storage,
    Time,
}

impl Source {
    pub(super) const ALL: [Self; 9] = [
        Self::Identity,
        Self::Network,
        Self::Boot,
        Self::Applications,
        Self::Containers,
        Self::Cards,
        Self::CardHealth,
        Self::Storage,
        Self::Time,
    ];

    /// How old a reading may be when somebody looks.
    pub(super) fn beat(self) -> Duration {
        match self {
            Self::Identity => Duration::from_secs(120),
            Self::Network => Duration::from_secs(10),
            Self::Boot => Duration::from_secs(30),
            Self::Applications => Duration::from_secs(2),
            Self::Containers => Duration::from_secs(3),
            Self::Cards | Self::Storage => Duration::from_secs(5),
            Self::Time | Self::CardHealth => Duration::from_secs(60),
        }
    }

    /// Only where the package's version shows the card.
    pub(super) fn is_of_the_card(self) -> bool {
        matches!(self, Self::Cards | Self::CardHealth | Self::Storage)
    }

    /// Nobody needs it but those who look: no round is made for it.
    pub(super) fn is_for_lookers(self) -> bool {
        matches!(self, Self::Containers | Self::CardHealth)
    }

    /// Its reading is known, and not about to change by itself.
    pub(super) fn is_at_rest(self, s: &Snapshot) -> bool {
        match self {
            Self::Identity => matches!(s.identity, Reading::Known { .. }),
            Self::Network => matches!(s.network, Reading::Known { .. }),
            Self::Boot => matches!(&s.boot, Reading::Known { value, .. } if value.ready),
            Self::Applications => matches!(s.applications, Reading::Known { .. }),
            Self::Cards => s.cards.as_ref().is_none_or(|cards| matches!(cards, Reading::Known { .. })),
            Self::CardHealth => s.card_health.as_ref().is_none_or(|cards| matches!(cards, Reading::Known { .. })),
            // Where it fails it is asked as often as else: that costs the camera nothing.
            Self::Containers => true,
            Self::Storage => s.storage.as_ref().is_none_or(|slots| matches!(slots, Reading::Known { .. })),
            Self::Time => matches!(s.time, Reading::Known { .. }),
        }
    }

    /// Asks it; never longer than its deadline.
    pub(super) async fn ask(self, asked: &Asked) -> Answer {
        let answer = tokio::time::timeout(ASK_DEADLINE, self.answer(asked)).await;
        answer.unwrap_or_else(|_| self.lost())
    }

    async fn answer(self, asked: &Asked) -> Answer {
        let camera = &asked.camera;
        match self {
            Self::Identity => Answer::Identity(device::read_identity(camera).await.map_err(Fault::from)),
            Self::Network => Answer::Network(device::read_network(camera).await.map_err(Fault::from)),
            Self::Boot => Answer::Boot(device::read_boot(camera).await.map_err(Fault::from)),
            Self::Applications => Answer::Applications(applications::read(camera).await.map_err(Fault::from)),
            Self::Containers => Answer::Containers(asked.engine.read(&asked.socket, asked.host, camera).await),
            Self::Cards => Answer::Cards(card::read(camera).await.map_err(Fault::from)),
            Self::CardHealth => Answer::CardHealth(card::health::read(camera).await.map_err(Fault::from)),
            Self::Time => Answer::Time(time::read(camera).await.map_err(Fault::from)),
            Self::Storage => Answer::Storage(match &asked.slots {
                Some(slots) => storage::read(slots).await,
                None => Err(Fault::new("gone", "axstorage: not started")),
            }),
        }
    }

    fn lost(self) -> Answer {
        let text = format!("{}: no answer within {} s", format!("{self:?}").to_lowercase(), ASK_DEADLINE.as_secs());
        let fault = Fault::new("late", &text);
        match self {
            Self::Identity => Answer::Identity(Err(fault)),
            Self::Network => Answer::Network(Err(fault)),
            Self::Boot => Answer::Boot(Err(fault)),
            Self::Applications => Answer::Applications(Err(fault)),
            Self::Cards => Answer::Cards(Err(fault)),
            Self::CardHealth => Answer::CardHealth(Err(fault)),
            Self::Containers => Answer::Containers(Err(fault)),
            Self::Storage => Answer::Storage(Err(fault)),
            Self::Time => Answer::Time(Err(fault)),
        }
    }
}

/// What a source told.
pub(super) enum Answer {
    Identity(Result<Identity, Fault>),
    Network(Result<Network, Fault>),
    Boot(Result<Boot, Fault>),
    Applications(Result<Vec<Application>, Fault>),
    Cards(Result<Vec<Card>, Fault>),
    CardHealth(Result<Vec<Health>, Fault>),
    Containers(Result<Containers, Fault>),
    Storage(Result<Vec<Slot>, Fault>),
    Time(Result<CameraTime, Fault>),
}

/// What one ask needs.
pub(super) struct Asked {
    pub(super) camera: Reader,
    pub(super) slots: Option<Storage>,
    pub(super) engine: Arc<Engine>,
    pub(super) socket: PathBuf,
    pub(super) host: Option<Host>,
}

impl Answer {
    /// Puts it into the snapshot; `held` are the areas on storage slots.
    pub(super) fn put(self, s: &mut Snapshot, held: &Held) {
        match self {
            Self::Identity(outcome) => update("identity", &mut s.identity, outcome),
            Self::Network(outcome) => update("network", &mut s.network, outcome),
            Self::Boot(outcome) => update("boot", &mut s.boot, outcome),
            Self::Applications(outcome) => update("applications", &mut s.applications, outcome),
            Self::Cards(outcome) => {
                if let Some(cards) = s.cards.as_mut() {
                    update("cards", cards, outcome);
                }
            }
            Self::CardHealth(outcome) => {
                if let Some(health) = s.card_health.as_mut() {
                    update("card_health", health, outcome);
                }
            }
            Self::Containers(outcome) => update("containers", &mut s.containers, outcome),
            Self::Time(outcome) => update("time", &mut s.time, outcome),
            Self::Storage(outcome) => {
                let outcome = outcome.map(|mut slots| {
                    for slot in &mut slots {
                        let fit = slot.writable && !slot.full && !slot.exiting;
                        slot.area_held = held.get(&slot.id).is_some_and(Result::is_ok);
                        slot.area_fault = held.get(&slot.id).filter(|_| fit).and_then(|area| area.clone().err());
                    }
                    slots
                });
                if let Some(storage) = s.storage.as_mut() {
                    update("storage", storage, outcome);
                }
            }
        }
    }
}

fn update<T>(name: &str, reading: &mut Reading<T>, outcome: Result<T, Fault>) {
    match (&outcome, reading.fault()) {
        (Err(fault), None) => log::warn!("collect: {name} lost: {}", fault.text),
        (Ok(_), Some(_)) => log::info!("collect: {name} is back"),
        (Ok(_), None) | (Err(_), Some(_)) => {}
    }
    *reading = std::mem::replace(reading, Reading::Pending).after(outcome, clock::now());
}
