//! Plays one scenario against whatever libraries it is linked to, changing the world as a camera would, and ends with
//! status 0 if all came out as it must. `probe SCENARIO`; the world is in `$AXSIM_DIR`.
//!
//! The libraries are one to a process and the knobs are environment: that is why scenarios are processes and no tests.
//! It runs natively, under valgrind and under QEMU.
#![expect(clippy::unwrap_used, reason = "a probe: a broken promise ends it")]

mod parameters;
mod stops;
mod storages;
mod world;

use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use axsdk::{Sdk, Timing};
use tokio::io::{AsyncBufReadExt, BufReader};

/// Everything that was logged as a warning: misuse, criticals of GLib.
static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Collect;

impl log::Log for Collect {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Warn
    }
    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            WARNINGS.lock().unwrap().push(format!("{}: {}", record.target(), record.args()));
        }
    }
    fn flush(&self) {}
}

/// Short where something is waited for to pass, long where nothing should hang, whatever else the machine does.
fn brisk() -> Timing {
    let ms = Duration::from_millis;
    Timing {
        parameter: ms(20_000),
        call: ms(20_000),
        quiet: ms(30),
        drain: ms(600),
        set_up: ms(20_000),
        release: ms(if world::knob("AXSIM_RELEASE_CB") == "never" { 300 } else { 10_000 }),
        retry: ms(20),
        stop_leases: ms(3000),
        stop_releases: ms(3000),
        stop_join: ms(3000),
    }
}

fn say(line: &str) {
    writeln!(std::io::stdout().lock(), "{line}").unwrap();
}

/// What the libraries or GLib complained about.
fn complaints() -> Vec<String> {
    WARNINGS.lock().unwrap().iter().filter(|line| line.starts_with("glib")).cloned().collect()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    log::set_logger(&Collect).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
    let scenario = std::env::args().nth(1).unwrap_or_default();
    match scenario.as_str() {
        "whole" => {
            let sdk = Sdk::start_with("c2c", brisk()).unwrap();
            assert_eq!(Sdk::start("c2c").unwrap_err(), axsdk::Error::Started);
            parameters::whole(&sdk).await;
            storages::whole(&sdk).await;
            stops::clean(sdk).await;
        }
        "quiet" => {
            let sdk = Sdk::start_with("c2c", Timing { quiet: Duration::from_millis(600), ..brisk() }).unwrap();
            parameters::quiet(&sdk).await;
            stops::clean(sdk).await;
        }
        "codes" => {
            let sdk = Sdk::start_with("c2c", brisk()).unwrap();
            parameters::codes(&sdk).await;
            storages::codes(&sdk).await;
            stops::clean(sdk).await;
        }
        "unread" => {
            let sdk = Sdk::start_with("c2c", brisk()).unwrap();
            parameters::unread(&sdk).await;
            stops::clean(sdk).await;
        }
        "noisy" => {
            let sdk = Sdk::start_with("c2c", Timing { quiet: Duration::from_millis(300), ..brisk() }).unwrap();
            parameters::noisy(&sdk).await;
            stops::clean(sdk).await;
        }
        "flap" => {
            let sdk = Sdk::start_with("c2c", brisk()).unwrap();
            storages::flap(&sdk).await;
            stops::clean(sdk).await;
        }
        "missing" => stops::missing().await,
        "stalled" => stops::stalled().await,
        "stalled-path" => stops::stalled_path().await,
        "hung" => stops::hung().await,
        "idle" => stops::idle().await,
        "bus" => bus().await,
        other => panic!("{other:?} is no scenario"),
    }
    assert_eq!(complaints(), Vec::<String>::new());
    say("well");
}

/// Asks for an account at every line that comes in, and says what came of it.
async fn bus() {
    let sdk = Sdk::start_with("c2c", brisk()).unwrap();
    let accounts = sdk.service_accounts().with_deadline(Duration::from_secs(3));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(user) = lines.next_line().await.unwrap() {
        let before = std::time::Instant::now();
        match accounts.credentials(&user).await {
            Ok(given) => say(&format!("{} {}", given.user, given.password.expose())),
            Err(fault) => say(&format!("{}: {fault}", fault.kind())),
        }
        assert!(before.elapsed() < Duration::from_secs(4));
    }
    stops::clean(sdk).await;
}
