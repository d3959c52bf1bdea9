//! No invalid access and nothing definitely lost: valgrind over the whole probe, and the sanitizers over the C alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "support/bus.rs"]
mod bus;
#[path = "support/driver.rs"]
mod driver;

use std::path::{Path, PathBuf};
use std::time::Duration;

use bus::{Bus, Probe};

fn valgrind() -> Vec<String> {
    let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/valgrind.supp");
    let mut words = vec!["valgrind".to_owned(), format!("--suppressions={}", known.display())];
    let flags = "--quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
         --show-leak-kinds=definite --fair-sched=yes";
    words.extend(flags.split_whitespace().map(str::to_owned));
    words
}

#[test]
fn valgrind_finds_nothing_wrong_in_whole_plays_with_opposite_knobs() {
    let words = valgrind();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let unusual = [
        ("AXSIM_SETUP_CB", "sync"),
        ("AXSIM_RELEASE_CB", "sync"),
        ("AXSIM_PARAM_NULLVALUE", "on"),
        ("AXSIM_PARAM_DUP", "3"),
        ("AXSIM_ID_LIFETIME", "call"),
        ("AXSIM_EVENT_ORDER", "9"),
        ("AXSIM_SPURIOUS", "600"),
    ];
    for (scenario, knobs) in [("whole", &[][..]), ("whole", &unusual), ("missing", &[])] {
        let world = tempfile::tempdir().unwrap();
        let folder = world.path().join(if scenario == "missing" { "nowhere" } else { "." });
        let mut probe = driver::probe(&words, scenario, &folder, knobs);
        driver::run(&mut probe, Duration::from_secs(120)).unwrap();
    }
}

#[test]
fn valgrind_finds_nothing_wrong_in_calls_over_a_bus_that_dies() {
    let words = valgrind();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let folder = tempfile::tempdir().unwrap();
    let mut bus = Bus::start(folder.path());
    let mut probe = Probe::start_by(&words, folder.path(), bus.address());
    assert_eq!(probe.ask("c2c"), "a0-c2c 1st:word");
    assert!(probe.ask("deny").starts_with("bus: "));
    probe.tell("hang");
    bus.wait_for_hang();
    bus.stop();
    assert!(probe.hear().starts_with("bus: "));
    assert!(probe.ask("c2c").starts_with("bus: "));
    assert_eq!(probe.end(), "well");
}

const CHECKS: [&str; 3] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

/// Builds the stand-ins with the sanitizers, and a C program over them.
fn sanitized(folder: &Path, sources: &[&str]) -> PathBuf {
    let path = |name: &str| folder.join(name);
    let shared = |name: &str, sources: &[String]| {
        let soname = format!("-Wl,-soname,lib{name}.so.1");
        let flags = [&CHECKS[..], &["-shared", "-fPIC", "-fvisibility=hidden", &soname]].concat();
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        driver::compile(&sources, &flags, &path(&format!("lib{name}.so.1")));
    };
    shared("axparameter", &["axparameter", "place", "definition", "state"].map(|name| format!("standin/{name}.c")));
    shared("axstorage", &["axstorage", "slot", "state"].map(|name| format!("standin/{name}.c")));
    let libraries = ["axparameter", "axstorage"].map(|name| path(&format!("lib{name}.so.1")).display().to_string());
    let flags = [&CHECKS[..], &[&libraries[0], &libraries[1]]].concat();
    driver::compile(sources, &flags, &path("program"));
    path("program")
}

fn run_sanitized(program: &Path, arguments: &[&str], knobs: &[(&str, &str)]) -> Result<String, String> {
    let world = tempfile::tempdir().unwrap();
    let mut command = driver::program(program);
    command.args(arguments).env("LD_LIBRARY_PATH", program.parent().unwrap());
    command.env("AXSIM_DIR", world.path()).env("AXSIM_STRICT", "abort");
    command.env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere").envs(knobs.iter().copied());
    driver::run(&mut command, Duration::from_secs(60))
}

#[test]
fn the_sanitizers_find_nothing_wrong_in_glue_and_stand_ins() {
    let folder = tempfile::tempdir().unwrap();
    let glue = ["tests/sanitize.c", "glue.c", "glue_parameter.c", "glue_storage.c", "bus.c"];
    let program = sanitized(folder.path(), &glue);
    for knobs in [&[][..], &[("AXSIM_SETUP_CB", "sync"), ("AXSIM_ID_LIFETIME", "call"), ("AXSIM_PARAM_DUP", "2")]] {
        assert_eq!(run_sanitized(&program, &[], knobs).unwrap(), "well\n");
    }
}

#[test]
fn the_stand_ins_give_the_published_codes_and_notice_each_misuse() {
    let folder = tempfile::tempdir().unwrap();
    let program = sanitized(folder.path(), &["tests/standin.c"]);
    assert_eq!(run_sanitized(&program, &["table"], &[]).unwrap(), "well\n");
    for (misuse, words) in [
        ("second-handle", "a second AXParameter in one process"),
        ("second-thread", "ax_parameter_list on a second thread"),
        ("own-callback", "a call of libaxparameter inside its own callback"),
        ("changed-string", "a string of the library was changed"),
        ("freed-string", "attempting free on address which was not malloc()-ed"),
        ("use-after-release", "ax_storage_get_path with a handle that is not set up"),
        ("double-release", "ax_storage_release_async with a handle that is not set up"),
    ] {
        let said = run_sanitized(&program, &[misuse], &[]).unwrap_err();
        assert!(said.contains(words), "{misuse}: {said}");
    }
}
