//! A key that follows another, and each way in which that is cut short.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use c2c::portal::address::Address;
use c2c::portal::key::DeviceKey;
use c2c::portal::link::{Call, Link, Place};
use c2c::portal::proxy::Ways;
use c2c::portal::wishes::Standing;
use c2c::portal::{proof, trust};
use c2c::snapshot::{Claim, Package, Snapshot};
use hyper::Method;
use serde_json::{Value, json};

use crate::again;
use crate::answers::claimed_and_held;
use crate::is_claimed;
use crate::middle::Act;
use crate::operator::Operator;
use crate::stage::{Camera, Portal, SERIAL};

const PATIENCE: Duration = Duration::from_secs(30);

fn has_next(folder: &Path) -> bool {
    folder.join("device-key.next.json").exists()
}

/// Waits until the camera has this generation of its key, and nothing is left of the change.
async fn until_key(folder: &Path, generation: u64) -> DeviceKey {
    let begun = Instant::now();
    loop {
        let key = DeviceKey::open(folder).unwrap();
        if key.generation() == generation && !has_next(folder) {
            return key;
        }
        assert!(begun.elapsed() < PATIENCE, "{key:?} is of generation {}", key.generation());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// It is one camera for the portal, still claimed with the claim of before.
async fn is_the_same(camera: &mut Camera, ada: &Operator, before: &Claim) {
    camera.until("it is claimed", is_claimed).await;
    let Claim::Claimed { device_id, membership, .. } = before else { panic!("{before:?}") };
    let now = camera.claim();
    assert!(
        matches!(&now, Claim::Claimed { device_id: id, membership: now, .. } if id == device_id && now.claim_id == membership.claim_id)
    );
    let csv = ada.csv().await;
    assert_eq!(csv.lines().filter(|row| row.contains(SERIAL)).count(), 1, "{csv}");
}

async fn claimed() -> (Portal, Camera, Operator, String) {
    let portal = Portal::start().await;
    let ada = portal.operator("ada").await;
    let mut camera = Camera::start();
    camera.confirm(&portal).await;
    let code = camera.code().await;
    ada.claim(&code).await;
    camera.until("it is claimed", is_claimed).await;
    let device = camera.claim().device_id().unwrap().to_owned();
    (portal, camera, ada, device)
}

fn link(portal: &Portal, key: DeviceKey) -> Link {
    let package = Package { version: "1.6.0".to_owned(), version_from: "a test" };
    let snapshot = Snapshot::unread(package, false, c2c::clock::now());
    let ways = Ways::of(tokio::sync::watch::channel(Arc::new(snapshot)).1);
    let (address, trust): (Address, _) = (portal.address(), trust::trust(Some(&portal.ca())).unwrap());
    Link::new(Place { address, trust, key: Arc::new(key), ways })
}

/// Tells the portal of the key that waits in the folder, as the app does.
async fn tell(portal: &Portal, folder: &Path, device: &str) {
    let (old, next) = (DeviceKey::open(folder).unwrap(), DeviceKey::next(folder).unwrap().unwrap());
    let proof = proof::introduce(&next, device, &old.id());
    let call = Call::tell(
        Method::POST,
        &format!("/v1/devices/{device}/keys"),
        &json!({ "jwk": next.public(), "proof": proof }),
    );
    assert_eq!(link(portal, old).call(&call).await.unwrap().status, 204);
}

/// Uses it: from now on the portal takes no other.
async fn use_it(portal: &Portal, folder: &Path, device: &str) {
    let claims = Call::get(&format!("/v1/devices/{device}/claims"));
    link(portal, DeviceKey::next(folder).unwrap().unwrap()).call(&claims).await.unwrap();
    assert!(link(portal, DeviceKey::open(folder).unwrap()).call(&claims).await.is_err(), "the old one is good no more");
}

/// What is kept is bound to the next key, and the change went no further.
fn bind(folder: &Path) {
    let file = folder.join("portal.json");
    let mut kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    kept["key_id"] = DeviceKey::next(folder).unwrap().unwrap().id().into();
    std::fs::write(&file, kept.to_string()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wished_key_follows_the_old_one_and_what_was_sealed_to_that_comes_anew() {
    let (_portal, mut camera, ada, device) = claimed().await;
    ada.wish(&device, "passphrase", &[]).await;
    let before = (camera.claim(), DeviceKey::open(camera.folder()).unwrap());
    for generation in [2, 3] {
        ada.wish(&device, "key", &[]).await;
        let key = until_key(camera.folder(), generation).await;
        assert_ne!(key.id(), before.1.id());
        is_the_same(&mut camera, &ada, &before.0).await;
    }
    let mut camera = camera.restart().await;
    is_the_same(&mut camera, &ada, &before.0).await;
    let begun = Instant::now();
    loop {
        if let Standing::Claimed(wishes) = camera.standing() {
            let passphrase = &wishes.card.as_ref().unwrap().passphrase.as_ref().unwrap().passphrase;
            assert!(passphrase.is_ok(), "{passphrase:?}");
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "no wishes");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_key_the_portal_has_after_a_cut_the_camera_finds_it_and_stays_the_same() {
    for cut in 0..5 {
        let (portal, mut camera, ada, device) = claimed().await;
        let before = camera.claim();
        let folder = camera.folder().to_owned();
        let mut next = DeviceKey::follow(&folder, 2).unwrap().id();
        match cut {
            // Made, and told to nobody; or half of it written.
            0 => {}
            1 => std::fs::write(folder.join("device-key.next.json"), "{\"version\":1,").unwrap(),
            2 => tell(&portal, &folder, &device).await,
            3 | 4 => {
                tell(&portal, &folder, &device).await;
                use_it(&portal, &folder, &device).await;
            }
            _ => unreachable!(),
        }
        let mut camera = camera
            .restart_with(|folder| {
                if cut == 4 {
                    bind(folder)
                }
            })
            .await;
        is_the_same(&mut camera, &ada, &before).await;
        if cut < 3 {
            ada.wish(&device, "key", &[]).await;
        }
        let key = until_key(&folder, 2).await;
        if cut == 1 {
            next = key.id();
        }
        assert_eq!(key.id(), next, "cut {cut}");
        is_the_same(&mut camera, &ada, &before).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_that_fails_when_it_is_told_of_a_key_is_told_again_with_the_same_one() {
    let (_portal, middle, mut camera, ada) = claimed_and_held(1).await;
    let before = camera.claim();
    let device = before.device_id().unwrap().to_owned();
    middle.act(Act::Fail("/keys"));
    ada.wish(&device, "key", &[]).await;
    let begun = Instant::now();
    while middle.seen().matches("/keys: 500").count() < 2 {
        assert!(begun.elapsed() < PATIENCE, "{:?}", camera.claim());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let next = DeviceKey::next(camera.folder()).unwrap().unwrap().id();
    middle.act(Act::Pass);
    assert_eq!(until_key(camera.folder(), 2).await.id(), next);
    is_the_same(&mut camera, &ada, &before).await;
}

/// Run inside: the camera of a folder until its key has the generation that a file there names.
async fn inside(work: &Path) {
    let wanted: u64 = std::fs::read_to_string(work.join("wanted")).unwrap().parse().unwrap();
    let mut camera = Camera::start_at(work.join("localdata"));
    until_key(camera.folder(), wanted).await;
    camera.until("it is claimed", is_claimed).await;
}

/// `strace` kills the app's part on entering a call that writes, before it is done. It counts the calls of each thread by
/// itself: there is one.
#[tokio::test]
async fn a_change_of_the_key_that_is_killed_at_each_of_its_writes_goes_on_after_it() {
    const NAME: &str = "keys::a_change_of_the_key_that_is_killed_at_each_of_its_writes_goes_on_after_it";
    if let Some(work) = again::inside() {
        return inside(&work).await;
    }
    let (_portal, mut camera, ada, device) = claimed().await;
    let before = camera.claim();
    let work = tempfile::tempdir().unwrap();
    let localdata = work.path().join("localdata");
    std::fs::create_dir(&localdata).unwrap();
    for file in ["device-key.json", "portal.json"] {
        std::fs::copy(camera.folder().join(file), localdata.join(file)).unwrap();
    }
    camera.restart_with(|folder| std::fs::remove_file(folder.join("portal.json")).unwrap()).await;
    let (mut killed, mut cuts) = (0, Vec::new());
    for number in 1..40_u64 {
        let generation = number + 1;
        ada.wish(&device, "key", &[]).await;
        std::fs::write(work.path().join("wanted"), generation.to_string()).unwrap();
        let inject = format!("inject=fsync,rename,renameat,renameat2:signal=KILL:when={number}");
        let words =
            ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,rename,renameat,renameat2", "-e", &inject];
        let ran = again::start(NAME, work.path(), &words, &[]).wait_with_output().await.unwrap();
        let left: Vec<_> = std::fs::read_dir(&localdata).unwrap().map(|file| file.unwrap().file_name()).collect();
        cuts.push(left.len());
        if ran.status.success() {
            break;
        }
        killed += 1;
        again::run(NAME, work.path(), &[], &[]).await;
        assert_eq!(until_key(&localdata, generation).await.generation(), generation);
    }
    // At least three files are replaced, each with a sync, a rename and a sync of the folder, but for the last one.
    assert!((8..39).contains(&killed), "{killed} kills; files left by each: {cuts:?}");
    let mut camera = Camera::start_at(localdata);
    is_the_same(&mut camera, &ada, &before).await;
}
