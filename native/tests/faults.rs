//! What hangs, lies or is missing is met by typed errors and a stop that holds.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "support/bus.rs"]
mod bus;
#[path = "support/driver.rs"]
mod driver;

use std::time::{Duration, Instant};

use bus::{Bus, Probe};

#[test]
fn every_code_of_both_libraries_comes_through_as_its_own_type() {
    driver::play("codes", &[]).unwrap();
}

#[test]
fn without_a_state_folder_parameters_fail_with_a_code_and_there_are_no_storages() {
    let nowhere = tempfile::tempdir().unwrap().path().join("nowhere");
    let mut probe = driver::probe(&[], "missing", &nowhere, &[]);
    driver::run(&mut probe, Duration::from_secs(30)).unwrap();
}

#[test]
fn a_parameter_call_that_stalls_for_30_s_makes_others_late_and_stops_neither_accounts_nor_the_end() {
    let began = Instant::now();
    driver::play("stalled", &[]).unwrap();
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_call_that_hangs_inside_a_callback_is_named_by_the_stop() {
    for setup in ["async", "sync"] {
        driver::play("stalled-path", &[("AXSIM_SETUP_CB", setup)]).unwrap();
    }
}

#[test]
fn a_kept_lease_a_release_that_is_never_answered_and_a_stalled_call_are_named_by_the_stop_within_10_s() {
    driver::play("hung", &[("AXSIM_RELEASE_CB", "never")]).unwrap();
}

#[test]
fn no_call_is_made_while_callbacks_wait_or_soon_after_them() {
    for echo in ["on", "off"] {
        let knobs = [("AXSIM_PARAM_STALL", "20000"), ("AXSIM_PARAM_DUP", "8"), ("AXSIM_PARAM_ECHO", echo)];
        driver::play("quiet", &knobs).unwrap();
    }
}

#[test]
fn a_parameter_whose_first_reading_fails_is_told_once_it_can_be_read() {
    driver::play("unread", &[]).unwrap();
}

#[test]
fn changes_without_end_delay_calls_and_do_not_keep_them_out() {
    driver::play("noisy", &[]).unwrap();
}

#[test]
fn nobody_is_woken_while_nothing_happens() {
    driver::play("idle", &[]).unwrap();
}

#[test]
fn service_accounts_come_over_a_real_bus_and_again_after_its_daemon_was_restarted() {
    let folder = tempfile::tempdir().unwrap();
    let mut bus = Bus::start(folder.path());
    let mut probe = Probe::start(folder.path(), bus.address());
    assert_eq!(probe.ask("c2c"), "a0-c2c 1st:word");
    assert_eq!(probe.ask("deny"), "bus: system bus: GetCredentials: GDBus.Error:org.example.Denied: not you");
    assert_eq!(probe.ask("odd"), "inconsistent: GetCredentials: the answer contradicts itself");
    assert_eq!(probe.ask("hang"), "late: GetCredentials: no answer within 3s");
    assert_eq!(probe.ask("c2c"), "a0-c2c 1st:word");
    bus.stop();
    assert!(probe.ask("c2c").starts_with("bus: system bus: g_dbus_connection_new_for_address_sync: "));
    bus.start_again();
    assert_eq!(probe.ask("c2c"), "a0-c2c 1st:word");
    bus.stop_service();
    assert!(probe.ask("c2c").starts_with("bus: system bus: GetCredentials: "));
    // The daemon dies in the middle of a call; the probe lives, and asks the next one.
    bus.start_again();
    probe.tell("hang");
    bus.wait_for_hang();
    bus.stop();
    assert!(probe.hear().starts_with("bus: system bus: GetCredentials: "));
    bus.start_again();
    assert_eq!(probe.ask("c2c"), "a0-c2c 1st:word");
    assert_eq!(probe.end(), "well");
}

#[test]
fn a_bus_that_takes_connections_and_never_speaks_is_late() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mute");
    let _mute = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let mut probe = Probe::start(folder.path(), &format!("unix:path={}", path.display()));
    assert_eq!(probe.ask("c2c"), "late: GetCredentials: no answer within 3s");
    assert_eq!(probe.end(), "well");
}
