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
            ("settings", &["snapshot"]),
            ("vapix", &["snapshot"]),
            ("vapix::disks", &["vapix"]),
            ("area", &["snapshot"]),
            ("sources", &[]),
            ("sources::device", &["snapshot", "vapix"]),
            ("sources::applications", &["snapshot", "vapix"]),
            ("sources::card", &["snapshot", "vapix"]),
            ("sources::containers", &["clock", "snapshot", "vapix"]),
            ("sources::parameters", &["settings"]),
            ("sources::storage", &["snapshot"]),
            ("sources::time", &["snapshot", "vapix"]),
            ("jobs", &["clock", "snapshot"]),
            ("jobs::card", &["area", "clock", "jobs", "snapshot", "sources", "vapix"]),
            ("notices", &["clock", "snapshot"]),
            ("verdict", &["snapshot"]),
            ("doors", &["jobs", "peer", "sources", "vapix", "web"]),
            ("collect", &["area", "clock", "jobs", "notices", "settings", "snapshot", "sources", "vapix"]),
            ("peer", &[]),
            ("server", &["peer"]),
            ("web", &["clock", "collect", "features", "jobs", "package", "snapshot", "verdict"]),
            ("web::answer", &[]),
            ("web::assets", &["package", "web::answer"]),
            (
                "web::control",
                &["clock", "collect", "features", "jobs", "peer", "snapshot", "web", "web::page", "web::words"],
            ),
            ("web::snapshot_json", &["features", "snapshot", "verdict", "web::answer", "web::words"]),
            ("web::metrics", &["clock", "features", "snapshot"]),
            ("web::events", &["clock", "collect", "web", "web::answer", "web::views"]),
            (
                "web::page",
                &["clock", "features", "jobs", "package", "snapshot", "verdict", "web::assets", "web::words"],
            ),
            (
                "web::views",
                &["clock", "features", "snapshot", "web::answer", "web::assets", "web::page", "web::snapshot_json"],
            ),
            ("web::words", &["clock", "jobs", "snapshot", "verdict"]),
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
            ("licences", &[]),
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
            ("administrator", &["visit"]),
            ("addresses", &[]),
            ("axsim", &[]),
            ("clock", &[]),
            ("profile", &[]),
            ("programs", &[]),
            ("leftovers", &["programs"]),
            ("visit", &[]),
            ("faults", &["access"]),
            ("identity", &["addresses", "profile"]),
            ("site", &["access"]),
            ("apps", &["access", "addresses", "axsim", "clock", "faults", "leftovers", "profile", "programs", "site"]),
            ("pages", &["access", "site"]),
            ("bus", &["access", "faults", "leftovers", "programs"]),
            ("front", &["access", "addresses", "clock", "leftovers", "pages", "programs", "site", "visit"]),
            ("disks", &["axsim", "faults"]),
            ("control", &["access", "axsim", "bus", "device", "disks", "faults"]),
            (
                "device",
                &[
                    "access",
                    "addresses",
                    "apps",
                    "axsim",
                    "bus",
                    "control",
                    "disks",
                    "faults",
                    "identity",
                    "leftovers",
                    "profile",
                    "site",
                    "vapix",
                ],
            ),
            ("vapix", &["access", "apps", "axsim", "clock", "device", "disks", "faults", "identity", "profile"]),
            ("lib", &["*"]),
            ("main", &["*"]),
        ],
    },
];

/// Where something forbidden has its one home: file, lint, how often.
pub(crate) const HOMES: &[(&str, &str, usize)] = &[
    ("build.rs", "disallowed_methods", 1),
    ("src/clock.rs", "disallowed_methods", 1),
    ("acap/src/main.rs", "disallowed_methods", 1),
    ("native/examples/probe/world.rs", "disallowed_methods", 1),
    ("native/build.rs", "disallowed_methods", 1),
    ("native/src/sys.rs", "unsafe_code", 1),
    ("tests/camera/src/clock.rs", "disallowed_methods", 1),
    ("tests/camera/src/programs.rs", "disallowed_methods", 2),
];

/// Rooms beside that of the words that say sentences, and to whom.
pub(crate) const SPEAKERS: &[(&str, &str)] = &[
    ("src/options.rs", "the developer at a terminal"),
    ("src/web/metrics.rs", "Prometheus, as the descriptions of its series"),
];

/// Files that exist for tests and measurements only.
pub(crate) fn is_test(file: &str) -> bool {
    file.starts_with("benches/")
        || file.starts_with("tests/") && !file.starts_with("tests/camera/src/")
        || file.contains("/tests/")
}
