//! The tables that tidy compares the code with. Changing a row is a change of the design: say why in ARCHITECTURE.md.

use crate::imports::House;

/// Every crate with its rooms.
pub(crate) const HOUSES: &[House] = &[House {
    sources: "src",
    name: "c2c",
    may_import: &[
        ("clock", &[]),
        ("snapshot", &["clock"]),
        ("logging", &[]),
        ("options", &["vapix"]),
        ("instance", &[]),
        ("package", &["snapshot"]),
        ("features", &[]),
        ("settings", &[]),
        ("vapix", &["snapshot"]),
        ("area", &[]),
        ("sources", &[]),
        ("sources::device", &["snapshot", "vapix"]),
        ("sources::applications", &["snapshot", "vapix"]),
        ("sources::parameters", &["settings"]),
        ("sources::storage", &["snapshot"]),
        ("verdict", &["snapshot"]),
        ("collect", &["area", "clock", "settings", "snapshot", "sources", "vapix"]),
        ("web", &["clock", "collect", "features", "package", "snapshot", "verdict"]),
        ("web::page", &["clock", "features", "package", "snapshot", "verdict", "web::words"]),
        ("web::words", &["snapshot", "verdict"]),
        ("lib", &[]),
        ("main", &["*"]),
    ],
}];

/// Where something forbidden has its one home: file, lint, how often.
pub(crate) const HOMES: &[(&str, &str, usize)] = &[
    ("src/clock.rs", "disallowed_methods", 1),
    ("acap/src/main.rs", "disallowed_methods", 1),
    ("native/build.rs", "disallowed_methods", 1),
    ("native/src/sys.rs", "unsafe_code", 1),
    ("tests/camera/src/clock.rs", "disallowed_methods", 1),
    ("tests/camera/src/programs.rs", "disallowed_methods", 1),
];

/// Files that exist for tests only.
pub(crate) fn is_test(file: &str) -> bool {
    file.starts_with("tests/") && !file.starts_with("tests/camera/src/") || file.contains("/tests/")
}
