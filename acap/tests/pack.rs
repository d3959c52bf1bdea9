//! What the packer writes: the same bytes every time, and the tar stream that GNU tar would write.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests: a panic is the failure")]

#[path = "kit/packages.rs"]
mod packages;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use eap::arch::Arch;
use eap::archive::{Body, Member};
use eap::manifest::Manifest;
use eap::pack::{Ingredients, pack};
use packages::{MANIFEST, budget, eap, executable, good, program, workspace};

/// A package with everything: scripts, additional files, long names, links.
fn rich() -> Ingredients {
    let text = MANIFEST.replace(
        "\"configuration\":",
        "\"installation\": {\"postInstallScript\": \"after.sh\"}, \"uninstallation\": {\"preUninstallScript\": \"before.sh\"},
         \"configuration\":",
    );
    let long = "long".repeat(30);
    let folder = |path: &str| Member { path: path.to_owned(), body: Body::Folder, executable: false };
    let link =
        |path: &str, to: &str| Member { path: path.to_owned(), body: Body::Link(to.to_owned()), executable: false };
    Ingredients {
        manifest: Manifest::read(text.as_bytes()).unwrap(),
        additional: vec![
            Member::file("before.sh", "#!/bin/sh\n"),
            Member::file("extra.txt", "extra\n"),
            Member::file("junk~", "junk"),
            Member::file("after.sh", "#!/bin/sh\nexit 0\n"),
        ],
        html: vec![
            folder("html"),
            Member::file("html/B.txt", vec![b'b'; 512]),
            folder("html/a"),
            Member::file("html/a/z", vec![b'z'; 513]),
            Member::file("html/a.txt", ""),
            Member::file("html/index.html", "<p>"),
            Member::file(format!("html/{long}"), "long"),
            Member::file("html/\u{e5}.txt", "a ring"),
        ],
        lib: vec![
            folder("lib"),
            link("lib/libx.so", "libx.so.1"),
            Member::file("lib/libx.so.1", "so\n"),
            link("lib/liby.so", &format!("../html/{long}")),
        ],
        time: 1_700_000_000,
        ..good(Arch::Armv7hf)
    }
}

/// The package's tree on disk, as `tar` unpacks it, and the names in its root.
fn unpack(eap: &Path, into: &Path) -> Vec<String> {
    let done = program("tar").arg("-xpzf").arg(eap).arg("-C").arg(into).status().unwrap();
    assert!(done.success(), "tar -x: {done}");
    let list = program("tar").arg("-tzf").arg(eap).output().unwrap();
    assert!(list.status.success(), "tar -t");
    let names = String::from_utf8(list.stdout).unwrap();
    let mut roots: Vec<String> = Vec::new();
    for name in names.lines().map(|line| line.split('/').next().unwrap().to_owned()) {
        if !roots.contains(&name) {
            roots.push(name);
        }
    }
    roots
}

#[test]
fn the_same_ingredients_give_the_same_bytes() {
    let (first, second) = (pack(rich(), &budget()).unwrap(), pack(rich(), &budget()).unwrap());
    assert_eq!(first, second);
    let later = pack(Ingredients { time: 1_700_000_001, ..rich() }, &budget()).unwrap();
    assert_ne!(first.tar, later.tar);
}

#[test]
fn members_come_in_the_documented_order() {
    let dir = tempfile::tempdir().unwrap();
    let package = pack(rich(), &budget()).unwrap();
    assert_eq!(package.file_name, "Camera-to-Cloud_1_6_0_armv7hf.eap");
    fs::write(dir.path().join("x.eap"), &package.bytes).unwrap();
    fs::create_dir(dir.path().join("tree")).unwrap();
    let roots = unpack(&dir.path().join("x.eap"), &dir.path().join("tree"));
    let expected = [
        "c2c",
        "package.conf",
        "param.conf",
        "LICENSE",
        "manifest.json",
        "after.sh",
        "extra.txt",
        "before.sh",
        "html",
        "lib",
        "cgi.conf",
    ];
    assert_eq!(roots, expected);
    let conf = fs::read_to_string(dir.path().join("tree/package.conf")).unwrap();
    assert!(conf.contains("OTHERFILES=\"extra.txt junk~ before.sh\"\n"), "{conf}");
    for (name, mode) in
        [("c2c", 0o755), ("package.conf", 0o644), ("manifest.json", 0o600), ("after.sh", 0o755), ("html", 0o755)]
    {
        let found = fs::metadata(dir.path().join("tree").join(name)).unwrap().permissions().mode() & 0o7777;
        assert_eq!(found, mode, "{name}: {found:o}");
    }
}

/// `tar` packs the unpacked tree again, with the options of the SDK's packer: not one byte may differ.
#[test]
fn the_stream_is_byte_for_byte_what_gnu_tar_writes() {
    let dir = tempfile::tempdir().unwrap();
    let (eap, tree) = (dir.path().join("x.eap"), dir.path().join("tree"));
    for ingredients in [rich(), good(Arch::Aarch64)] {
        let time = ingredients.time;
        let package = pack(ingredients, &budget()).unwrap();
        fs::write(&eap, &package.bytes).unwrap();
        fs::create_dir(&tree).unwrap();
        let roots = unpack(&eap, &tree);
        fs::write(tree.join("html/backup~"), "left out").unwrap();
        fs::write(tree.join("html/.gitignore"), "left out").unwrap();
        let options =
            ["--format", "gnu", "--owner", "0", "--group", "0", "--numeric-owner", "--sort", "name", "--exclude", "*~"];
        let done = program("tar")
            .env("LC_ALL", "C")
            .args(options)
            .arg("--exclude-vcs")
            .arg(format!("--mtime=@{time}"))
            .arg("-C")
            .arg(&tree)
            .arg("-cf")
            .arg(dir.path().join("again.tar"))
            .args(&roots)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let again = fs::read(dir.path().join("again.tar")).unwrap();
        let differing = again.iter().zip(&package.tar).filter(|(theirs, ours)| theirs != ours).count();
        assert_eq!((again.len(), differing), (package.tar.len(), 0));
        fs::remove_dir_all(&tree).unwrap();
    }
}

/// The same tree read by the program, under two umasks, gives the same file as the library.
#[test]
fn the_programs_output_does_not_depend_on_the_umask() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("html")).unwrap();
    fs::write(at("html/index.html"), "index.html").unwrap();
    fs::write(at("html/style.css"), "style.css").unwrap();
    fs::set_permissions(at("html/style.css"), fs::Permissions::from_mode(0o666)).unwrap();
    fs::write(at("app"), executable(Arch::Aarch64, &packages::Needs::default())).unwrap();
    fs::write(at("LICENSE"), "Do as you like.\n").unwrap();
    let mut written = Vec::new();
    for umask in ["022", "077", "000"] {
        let out = at(umask);
        let done = program("sh")
            .env_remove("SOURCE_DATE_EPOCH")
            .args(["-c", "umask $0; exec \"$@\"", umask, env!("CARGO_BIN_EXE_eap"), "pack", "--arch", "aarch64"])
            .arg("--manifest")
            .arg(workspace().join("acap/manifest.json"))
            .arg("--binary")
            .arg(at("app"))
            .arg("--html")
            .arg(at("html"))
            .arg("--license")
            .arg(at("LICENSE"))
            .arg("--out")
            .arg(&out)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let path = out.join("Camera-to-Cloud_1_6_0_aarch64.eap");
        assert_eq!(String::from_utf8(done.stdout).unwrap().trim_end(), path.to_str().unwrap());
        written.push(fs::read(path).unwrap());
    }
    assert!(written.iter().all(|bytes| *bytes == pack(good(Arch::Aarch64), &budget()).unwrap().bytes));
}

/// Runs `eap pack` for this processor with the project's own files and these further arguments.
fn run(arch: &str, binary: &Path, out: &Path, more: &[&str]) -> std::process::Output {
    let html = out.with_file_name("html-of-test");
    fs::create_dir_all(&html).unwrap();
    fs::write(html.join("index.html"), "x").unwrap();
    eap()
        .current_dir(workspace())
        .args(["pack", "--arch", arch, "--html"])
        .arg(&html)
        .arg("--binary")
        .arg(binary)
        .arg("--out")
        .arg(out)
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn the_hosts_binary_is_refused_for_a_camera_with_exit_code_1_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let done = run("aarch64", Path::new(env!("CARGO_BIN_EXE_eap")), &out, &["--version", "one"]);
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("x86_64") && said.contains("aarch64") && said.contains("setup.version"), "{said}");
    assert!(!out.exists());
}

#[test]
fn version_vendor_and_schema_can_be_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let (binary, out) = (dir.path().join("app"), dir.path().join("out"));
    fs::write(&binary, executable(Arch::X8664, &packages::Needs::default())).unwrap();
    let args = ["--version", "1.5.0", "--vendor", "Nest Ltd", "--vendor-id", "ABCDEF0123", "--schema", "2"];
    let done = run("x86_64", &binary, &out, &args);
    assert!(String::from_utf8(done.stderr).unwrap().contains("development"));
    let shown = eap().arg("inspect").arg("--json").arg(out.join("Camera-to-Cloud_1_5_0_x86_64.eap")).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    for (key, value) in
        [("version", "1.5.0"), ("vendor", "Nest Ltd"), ("vendor_id", "ABCDEF0123"), ("schema_version", "2.0.0")]
    {
        assert_eq!(report[key], value, "{key}");
    }
    run("x86_64", &binary, &out, &["--schema", "1"]);
    let shown = eap().arg("inspect").arg("--json").arg(out.join("Camera-to-Cloud_1_6_0_x86_64.eap")).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!((&report["schema_version"], &report["vendor_id"]), (&"1.6.0".into(), &serde_json::Value::Null));
    assert_eq!(report["disagreements"], serde_json::json!([]));
}

#[test]
fn wrong_calls_and_unreadable_input_end_with_2() {
    let dir = tempfile::tempdir().unwrap();
    let (binary, out) = (dir.path().join("app"), dir.path().join("out"));
    fs::write(&binary, executable(Arch::X8664, &packages::Needs::default())).unwrap();
    fs::write(dir.path().join("bad.json"), "{").unwrap();
    let bad = dir.path().join("bad.json");
    for (arch, args) in [
        ("riscv", vec![]),
        ("x86_64", vec!["--schema", "3"]),
        ("x86_64", vec!["--manifest", bad.to_str().unwrap()]),
        ("x86_64", vec!["--license", "/nonexistent"]),
        ("x86_64", vec!["--budget", bad.to_str().unwrap()]),
        ("x86_64", vec!["--frobnicate"]),
    ] {
        assert_eq!(run(arch, &binary, &out, &args).status.code(), Some(2), "{arch} {args:?}");
    }
    assert_eq!(run("x86_64", &dir.path().join("none"), &out, &[]).status.code(), Some(2));
    assert!(!out.exists());
}

#[test]
fn the_time_of_all_members_is_source_date_epoch_and_milliseconds_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("app"), executable(Arch::X8664, &packages::Needs::default())).unwrap();
    fs::create_dir(at("html")).unwrap();
    fs::write(at("html/index.html"), "x").unwrap();
    let packed = |epoch: &str| {
        let mut call = eap();
        call.current_dir(workspace()).env("SOURCE_DATE_EPOCH", epoch).args(["pack", "--arch", "x86_64", "--html"]);
        call.arg(at("html")).arg("--binary").arg(at("app")).arg("--out").arg(at("out")).output().unwrap()
    };
    assert!(packed("1000000000").status.success());
    let list =
        program("tar").env("TZ", "UTC").arg("-tvzf").arg(at("out/Camera-to-Cloud_1_6_0_x86_64.eap")).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    assert!(list.lines().count() > 6 && list.lines().all(|line| line.contains("2001-09-09 01:46")), "{list}");
    for wrong in ["1700000000000", "-1", "today"] {
        assert_eq!(packed(wrong).status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn a_link_out_of_html_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("app"), executable(Arch::X8664, &packages::Needs::default())).unwrap();
    fs::create_dir(at("html")).unwrap();
    symlink("/etc/passwd", at("html/index.html")).unwrap();
    let mut call = eap();
    call.current_dir(workspace()).args(["pack", "--arch", "x86_64", "--html"]).arg(at("html"));
    let done = call.arg("--binary").arg(at("app")).arg("--out").arg(at("out")).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8(done.stderr).unwrap().contains("out of the package"));
}
