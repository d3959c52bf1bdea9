//! Every rule of the packer has a case here in which it, and nothing else, is broken.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests: a panic is the failure")]

#[path = "kit/packages.rs"]
mod packages;

use eap::arch::Arch;
use eap::archive::{Body, Member};
use eap::manifest::Manifest;
use eap::pack::{Ingredients, PackError, pack};
use eap::problem::Problem;
use eap::schema1;
use packages::{MANIFEST, Needs, budget, elf32_arm, executable, good, html};

/// The problems of a package, none if it is good.
fn problems(ingredients: Ingredients) -> Vec<Problem> {
    match pack(ingredients, &budget()) {
        Ok(_) => Vec::new(),
        Err(PackError::Refused(problems)) => problems,
        Err(other) => panic!("{other}"),
    }
}

/// The good package with another manifest text.
fn with_manifest(text: &str) -> Ingredients {
    Ingredients {
        manifest: Manifest::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}")),
        ..good(Arch::Aarch64)
    }
}

/// Exactly one problem, at this field, whose rule holds this word; and a mend.
fn assert_only(ingredients: Ingredients, field: &str, word: &str) {
    let found = problems(ingredients);
    assert_eq!(found.len(), 1, "{field}, {word}: {found:#?}");
    assert_eq!(found[0].field, field, "{found:?}");
    assert!(found[0].rule.contains(word), "{word:?} not in {found:?}");
    assert!(!found[0].mend.is_empty(), "{found:?}");
}

#[test]
fn the_projects_own_manifest_breaks_no_rule_on_any_architecture_and_in_either_schema() {
    for arch in Arch::ALL {
        assert_eq!(problems(good(arch)), []);
        let older = schema1::derive(&good(arch).manifest);
        assert_eq!(problems(Ingredients { manifest: older, ..good(arch) }), []);
    }
}

/// Replacement in the manifest's text, field, a word of the rule.
const MANIFEST_CASES: &[(&str, &str, &str, &str)] = &[
    ("\"2.0.0\"", "\"2.7.0\"", "schemaVersion", "none of"),
    ("\"2.0.0\"", "\"2.1.0\"", "setup.compatibleOsVersions[0]", "12.11"),
    ("\"c2c\"", "\"c\"", "setup.appName", "2 to 26"),
    ("\"c2c\"", "\"abcdefghijklmnopqrstuvwxyzA\"", "setup.appName", "2 to 26"),
    ("\"c2c\"", "\"2cc\"", "setup.appName", "first one a letter"),
    ("\"c2c\"", "\"c-c\"", "setup.appName", "underscores"),
    ("\"Camera-to-Cloud\"", "\"a\\\"b\"", "setup.friendlyName", "shell"),
    ("\"Camera-to-Cloud\"", "\"a$(b)\"", "setup.friendlyName", "shell"),
    ("\"Camera-to-Cloud\"", "\"a`b\"", "setup.friendlyName", "shell"),
    ("\"Camera-to-Cloud\"", "\"a\\\\b\"", "setup.friendlyName", "shell"),
    ("\"Camera-to-Cloud\"", "\"a\\nb\"", "setup.friendlyName", "shell"),
    ("\"Camera-to-Cloud\"", "\"a/b\"", "setup.friendlyName", "slash"),
    ("\"Camera-to-Cloud\"", "\"\"", "setup.friendlyName", "256"),
    ("\"c2c project\"", "\"\"", "setup.vendor", "empty"),
    ("\"c2c project\"", "\"$HOME\"", "setup.vendor", "shell"),
    ("\"c2c project\"", "7", "setup.vendor", "a number"),
    ("\"1234567890\"", "\"123456789\"", "setup.vendorId", "ten hexadecimal"),
    ("\"1234567890\"", "\"123456789g\"", "setup.vendorId", "ten hexadecimal"),
    ("\"vendorId\": \"1234567890\",", "", "setup.vendorId", "missing"),
    ("\"1.6.0\"", "\"1.6\"", "setup.version", "semantic"),
    ("\"1.6.0\"", "\"01.6.0\"", "setup.version", "semantic"),
    ("\"1.6.0\"", "\"v1.6.0\"", "setup.version", "semantic"),
    ("\"min\": \"11.11\",", "", "setup.compatibleOsVersions[0].min", "missing"),
    ("\"max\": \"13\"", "\"max\": \"13.x\"", "setup.compatibleOsVersions[0].max", "no AXIS OS version"),
    ("\"max\": \"13\"", "\"max\": \"10.12\"", "setup.compatibleOsVersions[0]", "above max"),
    ("\"respawn\"", "\"always\"", "setup.runMode", "none of"),
    ("\"respawn\"", "\"respawn\", \"runMode2\": \"\"", "setup.runMode2", "unknown key"),
    ("\"respawn\"", "\"respawn\", \"embeddedSdkVersion\": \"3.0\"", "setup.embeddedSdkVersion", "schema 2"),
    ("\"respawn\"", "\"respawn\", \"architecture\": \"armv7hf\"", "setup.architecture", "packed for aarch64"),
    ("\"respawn\"", "\"respawn\", \"runOptions\": \"--listen 0.0.0.0:1\"", "setup.runOptions", "--listen"),
    ("\"respawn\"", "\"respawn\", \"runOptions\": \"-v --vapix=http://x\"", "setup.runOptions", "--vapix"),
    ("\"respawn\"", "\"respawn\", \"runOptions\": \"$(x)\"", "setup.runOptions", "shell"),
    ("\"respawn\"", "\"respawn\", \"runOptions\": \"--lis''ten\"", "setup.runOptions", "quote"),
    ("\"respawn\"", "\"respawn\", \"vendorUrl\": \"ftp://x\"", "setup.vendorUrl", "http"),
    ("\"respawn\"", "\"respawn\", \"vendorUrl\": \"https://x/'y\"", "setup.vendorUrl", "HTML"),
    ("\"respawn\"", "\"respawn\", \"appId\": \"`x`\"", "setup.appId", "shell"),
    ("\"index.html\"", "\"index.html\", \"settingsPage\": \"x\"", "configuration.settingsPage", "settingPage"),
    ("\"index.html\"", "\"other.html\"", "configuration.settingPage", "leads nowhere"),
    ("\"directory\"", "\"folder\"", "configuration.httpConfig[0]", "none of directory"),
    ("\"directory\"", "\"directory\", \"name\": \"x\"", "configuration.httpConfig[0]", "no name"),
    ("\"directory\"", "\"fastCgi\"", "configuration.httpConfig[0]", "needs a name"),
    (
        "\"directory\",\n                    \"access\": \"viewer\"",
        "\"directory\", \"access\": \"anonymous\"",
        "configuration.httpConfig[0].access",
        "none of",
    ),
    ("\"admin\"", "\"root\"", "configuration.reverseProxy[1].access", "none of"),
    ("\"control\"", "\"con(trol\"", "configuration.reverseProxy[1].apiPath", "regular expression"),
    ("\"control\"", "\"\"", "configuration.reverseProxy[1].apiPath", "every path"),
    ("\"control\"", "\"/control\"", "configuration.reverseProxy[1].apiPath", "slash"),
    ("\"control\"", "\"status\"", "configuration.reverseProxy[1].apiPath", "twice"),
    ("\"control\"", "\"status/control\"", "configuration.reverseProxy[1].apiPath", "different access"),
    ("\"control\"", "\"ind.x\"", "configuration.reverseProxy[1].apiPath", "html/index.html"),
    ("\"control\"", "\"s[tx]y\"", "configuration.reverseProxy[1].apiPath", "html/style.css"),
    (
        "\"control\",\n                    \"target\": \"http://127.0.0.1:18461",
        "\"control\", \"target\": \"http://127.0.0.1:18461/x",
        "configuration.reverseProxy[1].target",
        "path",
    ),
    (
        "\"control\",\n                    \"target\": \"http://127.0.0.1:18461",
        "\"control\", \"target\": \"http://127.0.0.1:32768",
        "configuration.reverseProxy[1].target",
        "32768",
    ),
    (
        "\"control\",\n                    \"target\": \"http://127.0.0.1:18461",
        "\"control\", \"target\": \"http://10.0.0.1:18461",
        "configuration.reverseProxy[1].target",
        "loopback",
    ),
    ("\"control\",", "\"control\", \"apiType\": \"http\",", "configuration.reverseProxy[1].apiType", "socket"),
    ("\"LogLevel\"", "\"Log.Level\"", "configuration.paramConfig[0].name", "letters"),
    ("\"LogLevel\"", "\"helplink\"", "configuration.paramConfig[2].name", "twice"),
    ("\"default\": \"info\"", "\"default\": \"loud\"", "configuration.paramConfig[0].default", "none of error"),
    ("\"default\": \"info\"", "\"default\": 3", "configuration.paramConfig[0].default", "a number"),
    ("\"enum:error,warn,info,debug\"", "\"enum:info,info\"", "configuration.paramConfig[0].type", "twice"),
    ("\"/var/run/docker.sock\"", "\"a\\\"b\"", "configuration.paramConfig[1].default", "shell"),
    ("\"storage\"", "\"wheel\"", "resources.linux.user.groups[0]", "not open"),
    ("\"storage\"", "\"storage\", \"storage\"", "resources.linux.user.groups[1]", "twice"),
    ("\"storage\"", "\"storage\", 3", "resources.linux.user.groups[1]", "a number"),
    ("Accounts1.GetCredentials", "Accounts1.*", "resources.dbus.conditionalMethods[0]", "not open"),
    (
        "com.axis.HTTPConf1.VAPIXServiceAccounts1.GetCredentials",
        "com.axis.Overlay2evil.X",
        "resources.dbus.conditionalMethods[0]",
        "not open",
    ),
    (
        "com.axis.HTTPConf1.VAPIXServiceAccounts1.GetCredentials",
        "com.axis.RecordingSearch1.X",
        "resources.dbus.conditionalMethods[0]",
        "not open",
    ),
    ("\"linux\": {", "\"mdb\": {}, \"linux\": {", "resources.mdb", "unknown key"),
    ("\"resources\": {", "\"extra\": 1, \"resources\": {", "extra", "unknown key"),
    ("\"respawn\"", "\"respawn\", \"user\": {\"username\": \"sdk\", \"group\": \"sdk\"}", "setup.user", "excludes"),
    ("\"configuration\":", "\"copyProtection\": {\"method\": \"axis\"}, \"configuration\":", "setup.appId", "needs it"),
    (
        "\"configuration\":",
        "\"copyProtection\": {\"method\": \"lock\"}, \"configuration\":",
        "copyProtection.method",
        "none of",
    ),
    (
        "\"configuration\":",
        "\"installation\": {\"postInstallScript\": \"a.sh\"}, \"configuration\":",
        "installation.postInstallScript",
        "not in the package",
    ),
    (
        "\"configuration\":",
        "\"uninstallation\": {\"preUninstallScript\": \"../a\"}, \"configuration\":",
        "uninstallation.preUninstallScript",
        "plain file name",
    ),
];

#[test]
fn each_rule_about_the_manifest_is_told_alone_with_its_field() {
    for (from, to, field, word) in MANIFEST_CASES {
        assert!(MANIFEST.contains(from), "{from} is not in the manifest");
        assert_only(with_manifest(&MANIFEST.replacen(from, to, 1)), field, word);
    }
}

#[test]
fn an_empty_list_of_os_versions_is_refused() {
    let (start, rest) = MANIFEST.split_once("\"compatibleOsVersions\": [").unwrap();
    let (_, end) = rest.split_once(']').unwrap();
    let text = format!("{start}\"compatibleOsVersions\": [{end}").replace("[,", "[],");
    assert_only(with_manifest(&text), "setup.compatibleOsVersions", "empty");
}

#[test]
fn schema_1_knows_neither_newer_run_modes_nor_newer_groups() {
    let older = |text: &str| Ingredients {
        manifest: schema1::derive(&Manifest::read(text.as_bytes()).unwrap()),
        ..good(Arch::Aarch64)
    };
    assert_only(older(&MANIFEST.replace("\"respawn\"", "\"respawnOnFailure\"")), "setup.runMode", "none of");
    let groups = MANIFEST.replace("\"groups\": [", "\"conditionalGroups\": [\"video\"], \"groups\": [");
    assert_only(older(&groups), "resources.linux.user.conditionalGroups", "1.8.0");
    assert_eq!(problems(with_manifest(&groups)), []);
    let mut kept = older(MANIFEST);
    kept.manifest.set_setup("vendorId", "1234567890");
    assert_only(kept, "setup.vendorId", "schema 1");
    let mut outdated = older(MANIFEST);
    outdated.manifest.set_setup("embeddedSdkVersion", "2.0");
    assert_only(outdated, "setup.embeddedSdkVersion", "3.0");
}

#[test]
fn all_problems_are_told_at_once() {
    let text = MANIFEST
        .replace("\"1.6.0\"", "\"one\"")
        .replace("\"respawn\"", "\"always\"")
        .replace("\"storage\"", "\"wheel\"")
        .replace("\"control\"", "\"(\"")
        .replace("\"default\": \"info\"", "\"default\": \"loud\"");
    let binary = executable(Arch::X8664, &Needs::default());
    let found = problems(Ingredients { binary, license: Vec::new(), ..with_manifest(&text) });
    let fields: Vec<&str> = found.iter().map(|problem| problem.field.as_str()).collect();
    let expected = [
        "setup.version",
        "setup.runMode",
        "resources.linux.user.groups[0]",
        "configuration.reverseProxy[1].apiPath",
        "configuration.paramConfig[0].default",
        "c2c",
        "LICENSE",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn a_manifest_without_anything_is_told_what_it_lacks() {
    let found = problems(with_manifest("{}"));
    assert!(found.iter().any(|problem| problem.field == "schemaVersion"), "{found:?}");
    assert!(found.iter().any(|problem| problem.field == "acapPackageConf"), "{found:?}");
}

#[test]
fn a_binary_of_another_processor_is_refused_naming_both() {
    for wanted in Arch::ALL {
        for given in Arch::ALL.into_iter().filter(|given| *given != wanted) {
            let binary = executable(given, &Needs::default());
            let found = problems(Ingredients { binary, ..good(wanted) });
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].rule.contains(given.word()) && found[0].rule.contains(wanted.word()), "{found:?}");
        }
    }
    let soft_float = Ingredients { binary: elf32_arm(0x0500_0200, &Needs::default()), ..good(Arch::Armv7hf) };
    assert_only(soft_float, "c2c", "without hardware floating point");
    assert_only(Ingredients { binary: b"#!/bin/sh\n".to_vec(), ..good(Arch::Armv7hf) }, "c2c", "no ELF file");
}

#[test]
fn the_executables_needs_are_held_against_what_a_camera_has() {
    for arch in [Arch::Aarch64, Arch::Armv7hf] {
        let needing = |needs: &Needs<'_>| Ingredients { binary: executable(arch, needs), ..good(arch) };
        let known =
            ["libaxparameter.so.1", "libaxstorage.so.1", "libgio-2.0.so.0", "libc.so.6", "ld-linux-aarch64.so.1"];
        let fine = Needs {
            libraries: &known,
            glibc: &["GLIBC_2.17", "GLIBC_2.34"],
            search_path: Some("$ORIGIN/lib"),
            soname: None,
            ..Needs::default()
        };
        assert_eq!(problems(needing(&fine)), []);
        let newer = Needs { glibc: &["GLIBC_2.35", "GLIBC_2.4"], ..Needs::default() };
        assert_only(needing(&newer), "c2c", "GLIBC_2.35");
        assert_only(needing(&Needs { glibc: &["GLIBC_PRIVATE"], ..Needs::default() }), "c2c", "private");
        assert_only(needing(&Needs { libraries: &["libssl.so.3"], ..Needs::default() }), "c2c", "libssl.so.3");
        assert_only(
            needing(&Needs { search_path: Some("/build/standin"), ..Needs::default() }),
            "c2c",
            "/build/standin",
        );
        let own = Ingredients {
            lib: vec![Member::file("lib/libssl.so.3", "x")],
            ..needing(&Needs { libraries: &["libssl.so.3"], ..Needs::default() })
        };
        assert_eq!(problems(own), []);
    }
}

#[test]
fn tables_of_an_executable_that_never_end_are_left() {
    let endless = Needs { glibc: &["GLIBC_2.4"], claimed_versions: Some(u16::MAX), ..Needs::default() };
    let many = vec!["libc.so.6"; 300];
    let long = "x".repeat(5_000);
    for needs in [
        endless,
        Needs { libraries: &many, ..Needs::default() },
        Needs { search_path: Some(&long), ..Needs::default() },
    ] {
        let binary = executable(Arch::Aarch64, &needs);
        assert_only(Ingredients { binary, ..good(Arch::Aarch64) }, "c2c", "damaged ELF");
    }
}

#[test]
fn a_stand_in_is_refused_under_its_own_and_any_other_name() {
    let lib = |member: Member| Ingredients { lib: vec![member], ..good(Arch::Aarch64) };
    assert_only(lib(Member::file("lib/libaxparameter.so.1", "x")), "lib/libaxparameter.so.1", "stands in");
    let link = Member { path: "lib/libaxstorage.so".to_owned(), body: Body::Link("x".to_owned()), executable: false };
    assert_only(lib(link), "lib/libaxstorage.so", "stands in");
    let named = executable(Arch::Aarch64, &Needs { soname: Some("libaxstorage.so.1"), ..Needs::default() });
    assert_only(lib(Member::file("lib/libx.so", named.clone())), "lib/libx.so", "stands in");
    assert_only(
        Ingredients { additional: vec![Member::file("libx.so", named)], ..good(Arch::Aarch64) },
        "libx.so",
        "stands in",
    );
}

#[test]
fn a_library_of_another_processor_is_refused() {
    let library = Member::file("lib/libx.so", executable(Arch::X8664, &Needs::default()));
    assert_only(Ingredients { lib: vec![library], ..good(Arch::Aarch64) }, "lib/libx.so", "built for x86_64");
}

#[test]
fn files_that_are_there_twice_or_generated_are_refused() {
    let with = |name: &str| Ingredients { additional: vec![Member::file(name, "x")], ..good(Arch::Aarch64) };
    assert_only(with("package.conf"), "package.conf", "itself");
    assert_only(with("LICENSE"), "LICENSE", "twice");
    assert_only(with("c2c"), "c2c", "twice");
}

#[test]
fn a_file_and_a_package_above_the_budget_are_refused_and_development_has_none() {
    let page = |bytes: usize| {
        let mut all = html(&["index.html"]);
        all.push(Member::file("html/big.bin", vec![0; bytes]));
        all
    };
    assert_eq!(problems(Ingredients { html: page(131_072), ..good(Arch::Armv7hf) }), []);
    assert_only(Ingredients { html: page(131_073), ..good(Arch::Armv7hf) }, "html/big.bin", "131073 bytes, 131072");
    // Bytes that don't compress: a short generator's output.
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    let mut binary = executable(Arch::Aarch64, &Needs::default());
    binary.extend(std::iter::repeat_with(&mut noise).take(1_400_000));
    let heavy = Ingredients { binary: binary.clone(), ..good(Arch::Aarch64) };
    assert_only(heavy, "Camera-to-Cloud_1_6_0_aarch64.eap", "1310720 are allowed");
    binary[18] = 62;
    assert_eq!(problems(Ingredients { binary, ..good(Arch::X8664) }), []);
}
