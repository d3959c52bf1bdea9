//! The stand-ins are shaped like the real libraries: a program that was linked with one runs with the other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "support/driver.rs"]
mod driver;

use std::time::Duration;

const PARAMETER: [&str; 10] = [
    "ax_parameter_add",
    "ax_parameter_error_quark",
    "ax_parameter_free",
    "ax_parameter_get",
    "ax_parameter_list",
    "ax_parameter_new",
    "ax_parameter_register_callback",
    "ax_parameter_remove",
    "ax_parameter_set",
    "ax_parameter_unregister_callback",
];
const STORAGE: [&str; 10] = [
    "ax_storage_error_quark",
    "ax_storage_get_path",
    "ax_storage_get_status",
    "ax_storage_get_storage_id",
    "ax_storage_get_type",
    "ax_storage_list",
    "ax_storage_release_async",
    "ax_storage_setup_async",
    "ax_storage_subscribe",
    "ax_storage_unsubscribe",
];

fn said_by(program: &str, arguments: &[&str], file: &str) -> String {
    let path = driver::stand_ins().join(file);
    driver::run(driver::program(program).args(arguments).arg(path), Duration::from_secs(20)).unwrap()
}

#[test]
fn each_stand_in_has_the_real_soname_exactly_the_ten_symbols_and_no_versions() {
    for (file, symbols) in [("libaxparameter.so.1", PARAMETER), ("libaxstorage.so.1", STORAGE)] {
        let names = said_by("nm", &["-D", "--defined-only"], file);
        let mut names: Vec<&str> = names.lines().filter_map(|line| line.split_whitespace().last()).collect();
        names.sort_unstable();
        assert_eq!(names, symbols, "{file}");
        let dynamic = said_by("readelf", &["-dW"], file);
        assert!(dynamic.contains(&format!("soname: [{file}]")), "{dynamic}");
        let versions = said_by("readelf", &["-VW"], file);
        assert!(!versions.contains("Version definition"), "{versions}");
        let needed: Vec<&str> = dynamic.lines().filter(|line| line.contains("(NEEDED)")).collect();
        // The loader itself: on ARM it holds the stack protector's guard.
        let allowed =
            |line: &&str| ["libglib-2.0.so.0", "libc.so.6", "ld-linux"].iter().any(|name| line.contains(name));
        assert!(needed.iter().all(allowed), "{needed:?}");
    }
}

#[test]
fn the_probe_needs_both_libraries_by_their_sonames() {
    let probe = driver::probe_program();
    let dynamic = driver::run(driver::program("readelf").arg("-dW").arg(probe), Duration::from_secs(20)).unwrap();
    for soname in ["libaxparameter.so.1", "libaxstorage.so.1"] {
        assert!(dynamic.contains(&format!("Shared library: [{soname}]")), "{dynamic}");
    }
    assert_eq!(axsdk::LIBRARIES, "stand-in");
}

#[test]
fn the_headers_are_good_c_and_cpp_of_their_own() {
    for (compiler, extra) in [("cc", "-std=c11"), ("cc", "-xc++")] {
        let mut command = driver::program(compiler);
        let found = driver::program("pkg-config").args(["--cflags", "glib-2.0"]).output().unwrap();
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        command.args([extra, "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "-Iinclude", "bindings.h"]);
        command.args(String::from_utf8(found.stdout).unwrap().split_whitespace());
        driver::run(&mut command, Duration::from_secs(60)).unwrap();
    }
}
