//! Runs the probe as a process of its own, in a world of its own, with the knobs as environment.
//!
//! `cargo test --test NAME` alone does not build the probe anew; `cargo build --example probe` does.
//! Another build of it is run with `AXSDK_PROBE` (the program), `AXSDK_STANDIN` (the folder of its libraries) and
//! `AXSDK_RUNNER` (what runs it, such as `qemu-arm-static -L SYSROOT`).
#![allow(dead_code, reason = "each test uses a part of it")]

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// A program to start, with what every program of these tests needs.
#[expect(clippy::disallowed_methods, reason = "the one home of starting programs in these tests")]
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.env("G_SLICE", "always-malloc").stdin(Stdio::null());
    command
}

/// The folder that cargo builds into, such as `target/debug`.
pub(crate) fn profile_folder() -> PathBuf {
    // The test is PROFILE/deps/NAME.
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned()
}

/// Set by whoever runs another build of the probe.
#[expect(clippy::disallowed_methods, reason = "the one look at the environment in these tests")]
fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

pub(crate) fn stand_ins() -> PathBuf {
    environment("AXSDK_STANDIN").map_or_else(|| profile_folder().join("standin"), PathBuf::from)
}

pub(crate) fn probe_program() -> PathBuf {
    environment("AXSDK_PROBE").map_or_else(|| profile_folder().join("examples/probe"), PathBuf::from)
}

/// The probe, run by `runner` or, with none given, by what the environment says.
pub(crate) fn probe(runner: &[&str], scenario: &str, world: &Path, knobs: &[(&str, &str)]) -> Command {
    let asked = environment("AXSDK_RUNNER").unwrap_or_default().to_string_lossy().into_owned();
    let mut words: Vec<String> = runner.iter().map(|word| (*word).to_owned()).collect();
    if words.is_empty() {
        words = asked.split_whitespace().map(str::to_owned).collect();
    }
    words.push(probe_program().to_string_lossy().into_owned());
    let mut command = program(&words[0]);
    command.args(&words[1..]).arg(scenario);
    command.env("AXSIM_DIR", world).env("LD_LIBRARY_PATH", stand_ins());
    command.env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}/no-bus", world.display()));
    command.env("AXSIM_STRICT", "abort").envs(knobs.iter().copied());
    command
}

/// Waits for a process, but not for ever.
pub(crate) fn ends_within(mut child: Child, limit: Duration) -> std::process::Output {
    let id = Pid::from_child(&child);
    let (done, waiting) = std::sync::mpsc::channel::<()>();
    let guard = std::thread::spawn(move || {
        if waiting.recv_timeout(limit) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            // It has not been waited for, so the id is still its own.
            let _ = kill_process(id, Signal::KILL);
        }
    });
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    drop(done);
    guard.join().unwrap();
    output
}

/// Runs a program to its end; `Err` holds all that it said.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<String, String> {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let output = ends_within(child, limit);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        Ok(out.into_owned())
    } else {
        Err(format!("{command:?}\n{}\n{out}\n{err}", output.status))
    }
}

/// Plays a scenario in a fresh world; `Err` holds all that the probe said.
pub(crate) fn play(scenario: &str, knobs: &[(&str, &str)]) -> Result<String, String> {
    let world = tempfile::tempdir().unwrap();
    let said = run(&mut probe(&[], scenario, world.path(), knobs), Duration::from_secs(60));
    said.map_err(|said| format!("{scenario} with {knobs:?}: {said}"))
}

/// Compiles C for this host with what GLib needs; `flags` go before and after the sources alike.
pub(crate) fn compile(sources: &[&str], flags: &[&str], out: &Path) {
    let found = program("pkg-config").args(["--cflags", "--libs", "gio-2.0"]).output().unwrap();
    let found = String::from_utf8(found.stdout).unwrap();
    let mut compiler = program("cc");
    compiler.current_dir(env!("CARGO_MANIFEST_DIR")).args(["-std=gnu11", "-D_GNU_SOURCE", "-g", "-Iinclude", "-I."]);
    compiler.args(sources).arg("-o").arg(out).args(flags).args(found.split_whitespace());
    run(&mut compiler, Duration::from_secs(120)).unwrap();
}
