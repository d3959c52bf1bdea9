//! What must hold for storages, whatever the knobs say.

use std::fs;
use std::time::Duration;

use axsdk::{Code, Domain, Error, Sdk, Status, Storage, StorageCode, StorageKind};
use tokio::sync::watch;

use crate::world;

const CARD: &str = "SD_DISK";
const LONG: Duration = Duration::from_secs(20);

fn code(fault: &Error) -> StorageCode {
    match fault {
        Error::Library { domain: Domain::Storage, code: Code::Storage(code), .. } => *code,
        other => panic!("{other:?}"),
    }
}

async fn becomes(receiver: &mut watch::Receiver<Option<Status>>, wanted: fn(Status) -> bool) {
    let wait = receiver.wait_for(|status| status.is_some_and(wanted));
    let got = tokio::time::timeout(LONG, wait).await.map(|status| status.map(|_| ()));
    assert!(matches!(got, Ok(Ok(()))), "there is {:?}", *receiver.borrow());
}

fn never() -> bool {
    world::knob("AXSIM_RELEASE_CB") == "never"
}

/// A release that the camera never answers is late, and that is all.
fn assert_given_back(result: Result<(), Error>) {
    match result {
        Ok(()) => assert!(!never()),
        Err(fault) => assert!(never() && fault.kind() == "late", "{fault}"),
    }
    assert!(!world::held(CARD));
    assert!(!world::file("areas/SD_DISK/probe").exists());
}

pub(crate) async fn whole(sdk: &Sdk) {
    world::make();
    let storage = sdk.storage();
    let mut ids = storage.list().await.unwrap();
    ids.sort();
    assert_eq!(ids, ["NetworkShare", CARD]);
    assert_eq!(code(&storage.status("Floppy").await.unwrap_err()), StorageCode::InvalidArgument);
    assert_eq!(code(&storage.subscribe("Floppy").await.unwrap_err()), StorageCode::Subscription);
    assert_eq!(storage.lease("a\0b").await.unwrap_err().kind(), "bad-name");
    let mut status = storage.subscribe(CARD).await.unwrap();
    becomes(&mut status, |status| !status.available).await;
    assert_eq!(storage.lease(CARD).await.unwrap_err().kind(), "not-ready");
    leasing(&storage, &mut status).await;
    failing(&storage, &mut status).await;
    barring(&storage).await;
    let share = storage.lease("NetworkShare").await.unwrap_err();
    assert!(matches!(share, Error::NotReady { ref id, .. } if id == "NetworkShare"), "{share:?}");
}

async fn leasing(storage: &Storage, status: &mut watch::Receiver<Option<Status>>) {
    world::state(CARD, "available writable");
    becomes(status, Status::ready).await;
    let lease = storage.lease(CARD).await.unwrap();
    assert_eq!(lease.kind(), StorageKind::Local);
    assert!(lease.can_write() && world::held(CARD));
    fs::write(lease.path().join("file"), "content").unwrap();
    assert!(world::file("storage/SD_DISK/medium/areas/probe/file").exists());
    let second = storage.lease(CARD).await.unwrap();
    assert_eq!(second.path(), lease.path());
    second.give_back().await.unwrap();
    assert!(world::held(CARD), "the first lease still holds it");
    // Full: no writing, but the lease stays. Then the card is to be unmounted.
    world::state(CARD, "available writable full");
    becomes(status, |status| status.full).await;
    assert!(!lease.can_write());
    world::state(CARD, "available writable");
    becomes(status, Status::ready).await;
    assert!(lease.can_write());
    world::state(CARD, "available writable exiting");
    tokio::time::timeout(LONG, lease.revoked()).await.unwrap();
    assert!(!lease.can_write());
    assert_given_back(lease.give_back().await);
    assert_eq!(storage.lease(CARD).await.unwrap_err().kind(), "not-ready");
    world::state(CARD, "");
    becomes(status, |status| !status.available && !status.exiting).await;
    // Put back, leased, and pulled out while a file is open and the lease is kept: taken back all the same.
    world::state(CARD, "available writable");
    becomes(status, Status::ready).await;
    let lease = storage.lease(CARD).await.unwrap();
    let open = fs::File::create(lease.path().join("open")).unwrap();
    world::state(CARD, "");
    tokio::time::timeout(LONG, lease.revoked()).await.unwrap();
    let deadline = tokio::time::Instant::now() + LONG;
    while world::held(CARD) {
        assert!(tokio::time::Instant::now() < deadline, "a kept lease was not taken back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(open);
    drop(lease);
    becomes(status, |status| !status.available && !status.writable).await;
}

async fn failing(storage: &Storage, status: &mut watch::Receiver<Option<Status>>) {
    world::state(CARD, "available writable");
    becomes(status, Status::ready).await;
    for (lines, text) in
        [("fail_setup=5\nfail_setup_text=Card is asleep\n", "asleep"), ("fail_setup_call=1\n", "set up")]
    {
        world::conf(CARD, &format!("type=local\nsetup_delay_ms=5\n{lines}"));
        let fault = storage.lease(CARD).await.unwrap_err();
        assert_eq!(code(&fault), StorageCode::Setup);
        assert!(fault.to_string().contains(text), "{fault}");
    }
    // A set-up that takes longer than somebody waits; it works for whoever comes then, and nothing stays held.
    world::conf(CARD, "type=local\nsetup_delay_ms=250\n");
    let hasty = storage.clone().with_deadline(Duration::from_millis(120));
    let sync = world::knob("AXSIM_SETUP_CB") == "sync";
    match hasty.lease(CARD).await {
        Ok(lease) => assert!(sync, "{lease:?}"),
        Err(fault) => assert_eq!(fault.kind(), "late"),
    }
    world::conf(CARD, "type=local\nsetup_delay_ms=5\n");
    let lease = storage.lease(CARD).await.unwrap();
    assert!(lease.can_write());
    // A release that the call itself refuses is tried twice.
    world::conf(CARD, "type=local\nsetup_delay_ms=5\nfail_release=1\n");
    assert_eq!(code(&lease.give_back().await.unwrap_err()), StorageCode::Generic);
    world::conf(CARD, "type=local\nsetup_delay_ms=5\n");
}

async fn barring(storage: &Storage) {
    let lease = storage.lease(CARD).await.unwrap();
    let bar = storage.bar(CARD);
    lease.revoked().await;
    assert_eq!(bar.cleared(Duration::from_millis(50)).await.unwrap_err().kind(), "late");
    drop(lease);
    bar.cleared(LONG).await.unwrap();
    assert_eq!(storage.lease(CARD).await.unwrap_err(), Error::Barred { id: CARD.to_owned() });
    let second = storage.bar(CARD);
    drop(bar);
    assert_eq!(storage.lease(CARD).await.unwrap_err().kind(), "barred");
    drop(second);
    let lease = storage.lease(CARD).await.unwrap();
    drop(lease.give_back().await);
}

/// Every code that a set-up can fail with comes through.
pub(crate) async fn codes(sdk: &Sdk) {
    let storage = sdk.storage();
    world::state(CARD, "available writable");
    for wanted in StorageCode::ALL.iter().copied().chain([StorageCode::Other(6), StorageCode::Other(77)]) {
        world::conf(CARD, &format!("type=odd\nsetup_delay_ms=0\nfail_setup={}\n", wanted.number()));
        assert_eq!(code(&storage.lease(CARD).await.unwrap_err()), wanted);
    }
    world::conf(CARD, "type=odd\nsetup_delay_ms=0\n");
    assert_eq!(storage.lease(CARD).await.unwrap().kind(), StorageKind::Unknown);
}

/// A card with a bad contact, and a share beside it that is left alone by that.
pub(crate) async fn flap(sdk: &Sdk) {
    world::make();
    let storage = sdk.storage();
    world::state("NetworkShare", "available writable");
    let share = storage.lease("NetworkShare").await.unwrap();
    assert_eq!(share.kind(), StorageKind::External);
    let mut leases = 0;
    for round in 0..100 {
        world::state(CARD, "available writable");
        // In turn: gone before it is asked for, during the set-up, and after it.
        let vanish = async {
            if round % 3 == 1 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            world::state(CARD, "available writable exiting");
            world::state(CARD, "");
        };
        let leased = if round % 3 == 2 {
            let leased = storage.lease(CARD).await;
            vanish.await;
            leased
        } else {
            tokio::join!(storage.lease(CARD), vanish).0
        };
        match leased {
            Ok(lease) => {
                leases += 1;
                tokio::time::timeout(LONG, lease.revoked()).await.unwrap();
            }
            Err(fault) => assert!(["not-ready", "library"].contains(&fault.kind()), "{fault:?}"),
        }
    }
    crate::say(&format!("{leases} of 100 were leased"));
    assert!(share.can_write());
    drop(share);
    world::state(CARD, "available writable");
    let mut status = storage.subscribe(CARD).await.unwrap();
    becomes(&mut status, Status::ready).await;
    let lease = storage.lease(CARD).await.unwrap();
    assert!(lease.can_write());
    assert_given_back(lease.give_back().await);
}
