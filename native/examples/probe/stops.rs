//! How it ends, also when something hangs; and what it costs while nothing happens.

use std::fs;
use std::time::{Duration, Instant};

use axsdk::{Code, Error, ParameterCode, Sdk, Timing};

use crate::{brisk, world};

/// Ends it, and sees that everybody who still waits learns of it.
pub(crate) async fn clean(sdk: Sdk) {
    let (parameters, storage, accounts) = (sdk.parameters(), sdk.storage(), sdk.service_accounts());
    let mut watched = parameters.watch("LogLevel").await.ok();
    let began = Instant::now();
    sdk.stop().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(9));
    assert_eq!(parameters.get("LogLevel").await.unwrap_err(), Error::Gone);
    assert_eq!(storage.list().await.unwrap_err(), Error::Gone);
    assert_eq!(storage.lease("SD_DISK").await.unwrap_err(), Error::Gone);
    assert_eq!(accounts.credentials("c2c").await.unwrap_err(), Error::Gone);
    if let Some(watched) = &mut watched {
        watched.borrow_and_update();
        assert!(watched.changed().await.is_err());
    }
    assert_eq!(Sdk::start("c2c").unwrap_err(), Error::Started);
}

/// No state folder: the libraries answer, with nothing.
pub(crate) async fn missing() {
    let sdk = Sdk::start_with("c2c", brisk()).unwrap();
    let fault = sdk.parameters().get("LogLevel").await.unwrap_err();
    assert!(matches!(fault, Error::Library { code: Code::Parameter(ParameterCode::DbusSetup), .. }), "{fault:?}");
    assert_eq!(sdk.parameters().list().await.unwrap_err().kind(), "library");
    assert_eq!(sdk.storage().list().await.unwrap(), Vec::<String>::new());
    assert_eq!(sdk.storage().lease("SD_DISK").await.unwrap_err().kind(), "library");
    clean(sdk).await;
}

/// A call that stalls for 30 s: others are late, service accounts are not, and the stop holds and names the call.
pub(crate) async fn stalled() {
    world::make();
    let sdk = Sdk::start("c2c").unwrap();
    let short = Duration::from_millis(200);
    let parameters = sdk.parameters().with_deadline(short);
    assert_eq!(parameters.get("LogLevel").await.unwrap(), "info");
    world::put("param/stall", "30000");
    let late = Error::Late { call: "ax_parameter_get", after: short };
    assert_eq!(parameters.get("LogLevel").await.unwrap_err(), late);
    // What has not begun is taken back: this value is never set.
    assert_eq!(parameters.set("LogLevel", "debug").await.unwrap_err().kind(), "late");
    assert_eq!(sdk.storage().with_deadline(short).list().await.unwrap_err().kind(), "late");
    let began = Instant::now();
    assert_eq!(sdk.service_accounts().credentials("c2c").await.unwrap_err().kind(), "bus");
    assert!(began.elapsed() < Duration::from_secs(2));
    let began = Instant::now();
    let hung = sdk.stop().await.unwrap_err();
    assert_eq!(hung.what, ["ax_parameter_get"]);
    assert!(began.elapsed() < Duration::from_secs(3));
}

/// Also what a callback calls is named when it hangs.
pub(crate) async fn stalled_path() {
    world::make();
    world::state("SD_DISK", "available writable");
    let sdk = Sdk::start_with("c2c", brisk()).unwrap();
    world::put("stall-storage", "30000 ax_storage_get_path");
    let storage = sdk.storage().with_deadline(Duration::from_millis(500));
    assert_eq!(storage.lease("SD_DISK").await.unwrap_err().kind(), "late");
    let hung = sdk.stop().await.unwrap_err();
    assert_eq!(hung.what.last().map(String::as_str), Some("ax_storage_get_path"), "{hung}");
}

/// All of it at once, with the times of a camera: a holder that does not leave, a release that is never answered
/// (by the knob) and a call that stalls.
pub(crate) async fn hung() {
    world::make();
    world::state("SD_DISK", "available writable");
    let sdk = Sdk::start_with("c2c", Timing { quiet: Duration::ZERO, ..Timing::default() }).unwrap();
    let lease = sdk.storage().lease("SD_DISK").await.unwrap();
    world::put("param/stall", "30000");
    let parameters = sdk.parameters().with_deadline(Duration::from_millis(100));
    assert_eq!(parameters.get("LogLevel").await.unwrap_err().kind(), "late");
    let began = Instant::now();
    let hung = sdk.stop().await.unwrap_err();
    let took = began.elapsed();
    assert_eq!(hung.what, ["the lease of SD_DISK", "the release of SD_DISK", "ax_parameter_get"]);
    assert!(took > Duration::from_secs(6) && took < Duration::from_secs(9), "{took:?}");
    assert!(!lease.can_write());
}

/// How often all threads of this process were woken so far.
fn wakeups() -> u64 {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let count = |status: String| {
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:").map(str::to_owned));
        line.and_then(|count| count.trim().parse::<u64>().ok()).unwrap_or(0)
    };
    tasks.map(|task| count(fs::read_to_string(task.unwrap().path().join("status")).unwrap())).sum()
}

/// With watches and subscriptions in place and nothing going on, nobody is woken.
pub(crate) async fn idle() {
    world::make();
    let sdk = Sdk::start_with("c2c", brisk()).unwrap();
    let mut level = sdk.parameters().watch("LogLevel").await.unwrap();
    let mut card = sdk.storage().subscribe("SD_DISK").await.unwrap();
    card.wait_for(Option::is_some).await.unwrap();
    world::values(&[("LogLevel", b"warn")]);
    level.wait_for(|value| *value == Ok(Some("warn".to_owned()))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = wakeups();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let woken = wakeups() - before;
    crate::say(&format!("{woken} wakeups in 2 s, two of them by the measurement"));
    assert!(woken <= 4, "{woken}");
    clean(sdk).await;
}
