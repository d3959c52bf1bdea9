//! The licence text in the packages names everybody whose code is linked into the program.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests: a panic is the failure")]

#[path = "kit/packages.rs"]
mod packages;

use packages::{program, workspace};

#[test]
fn the_licence_in_the_packages_is_what_the_linked_crates_ask_for() {
    let script = workspace().join("tools/licences.sh");
    let done = program(script).arg("check").env("EAP", env!("CARGO_BIN_EXE_eap")).output().unwrap();
    let (said, why) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{why}\n{said}");
}

#[test]
fn every_crate_that_the_processors_of_cameras_get_is_named() {
    let text = std::fs::read_to_string(workspace().join("acap/LICENSE")).unwrap();
    for target in ["aarch64-unknown-linux-gnu", "armv7-unknown-linux-gnueabihf"] {
        let mut cargo = program(env!("CARGO"));
        cargo.args(["tree", "--locked", "--package", "c2c", "--edges", "normal,no-proc-macro", "--prefix", "none"]);
        let done = cargo.args(["--target", target]).current_dir(workspace()).output().unwrap();
        let tree = String::from_utf8(done.stdout).unwrap();
        let others: Vec<&str> = tree.lines().filter(|line| !line.is_empty() && !line.contains(" (/")).collect();
        assert!(others.len() > 30, "{}", String::from_utf8_lossy(&done.stderr));
        for one in others {
            let name = one.trim_end_matches(" (*)").replacen(" v", " ", 1);
            let named = |line: &str| line == name || line.starts_with(&format!("{name}:")) || line.contains(&name);
            assert!(text.lines().any(named), "{target}: {name}: tools/licences.sh");
        }
    }
    for words in ["the Rust standard library", "Copyright (c) Tokio Contributors", "Apache License", "Unicode, Inc."] {
        assert!(text.contains(words), "{words}");
    }
}
