//! The tables that tidy compares the code with. Changing a row is a change of the design: say why in ARCHITECTURE.md.

use crate::imports::House;

/// Every crate with its rooms.
pub(crate) const HOUSES: &[House] = &[
    House {
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
            ("web::words", &["clock", "snapshot", "verdict"]),
            ("lib", &[]),
            ("main", &["*"]),
        ],
    },
    House {
        sources: "acap/src",
        name: "eap",
        may_import: &[
            ("arch", &[]),
            ("archive", &[]),
            ("manifest", &[]),
            ("problem", &[]),
            ("budget", &["arch", "problem"]),
            ("elf", &["arch"]),
            ("folder", &["archive"]),
            ("package_conf", &["manifest"]),
            ("param_conf", &["manifest"]),
            ("schema1", &["manifest"]),
            ("cgi_conf", &["manifest", "package_conf"]),
            ("rules", &["arch", "archive", "elf", "manifest", "package_conf", "problem", "schema1"]),
            ("inspect", &["cgi_conf", "elf", "folder", "manifest", "package_conf", "param_conf"]),
            (
                "pack",
                &[
                    "arch",
                    "archive",
                    "budget",
                    "cgi_conf",
                    "folder",
                    "inspect",
                    "manifest",
                    "package_conf",
                    "param_conf",
                    "problem",
                    "rules",
                ],
            ),
            ("lib", &["*"]),
            ("main", &["*"]),
        ],
    },
    House {
        sources: "native/src",
        name: "axsdk",
        may_import: &[
            ("secret", &[]),
            ("error", &["storage"]),
            ("sys", &["error"]),
            ("glue", &["error", "sys"]),
            ("parameter", &["error", "glue", "sys"]),
            ("service_account", &["error", "glue", "secret", "sys"]),
            ("sdk", &["error", "glue", "parameter", "service_account", "storage"]),
            ("storage", &["error", "glue", "sdk", "sys"]),
            ("lib", &["*"]),
        ],
    },
    House {
        sources: "tests/camera/src",
        name: "virtual_camera",
        may_import: &[
            ("access", &[]),
            ("addresses", &[]),
            ("axsim", &[]),
            ("clock", &[]),
            ("profile", &[]),
            ("programs", &[]),
            ("visit", &[]),
            ("faults", &["access"]),
            ("identity", &["addresses", "profile"]),
            ("site", &["access"]),
            ("apps", &["access", "addresses", "axsim", "faults", "profile", "programs", "site"]),
            ("pages", &["access", "site"]),
            ("bus", &["access", "apps", "faults", "programs"]),
            ("front", &["access", "addresses", "clock", "pages", "programs", "site", "visit"]),
            ("control", &["access", "axsim", "bus", "device", "faults"]),
            (
                "device",
                &[
                    "access",
                    "addresses",
                    "apps",
                    "axsim",
                    "bus",
                    "control",
                    "faults",
                    "identity",
                    "profile",
                    "site",
                    "vapix",
                ],
            ),
            ("vapix", &["access", "apps", "axsim", "device", "faults", "identity", "profile"]),
            ("lib", &["*"]),
            ("main", &["*"]),
        ],
    },
];

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
