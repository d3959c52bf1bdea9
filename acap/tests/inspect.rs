//! Reading packages: good ones, signed ones, contradicting ones, and all kinds of damaged and hostile ones.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests: a panic is the failure")]

#[path = "kit/packages.rs"]
mod packages;

use std::fs;
use std::io::Read;

use eap::arch::Arch;
use eap::inspect::{InspectError, Limits, Report, inspect};
use eap::pack::pack;
use packages::{HandMade, budget, eap, good, gzip, program};
use sha2::{Digest, Sha256};
use tar::EntryType;

fn read(bytes: &[u8]) -> Result<Report, InspectError> {
    inspect(bytes, &Limits::default())
}

#[test]
fn our_own_package_is_shown_whole_and_without_disagreement() {
    let package = pack(good(Arch::Aarch64), &budget()).unwrap();
    let report = read(&package.bytes).unwrap();
    assert_eq!((report.app_name.as_str(), report.version.as_str()), ("c2c", "1.6.0"));
    assert_eq!(report.executable.as_deref(), Some("aarch64"));
    assert_eq!(report.os_versions, ["11.11 to 13"]);
    assert_eq!(report.rights.groups, ["storage"]);
    assert_eq!(report.rights.conditional_methods.len(), 1);
    assert_eq!((report.proxy.len(), report.parameters.len(), report.members.len()), (2, 4, 9));
    assert_eq!(report.static_files_for, "viewer");
    assert_eq!((report.disagreements.len(), report.remarks.len(), report.trailing_bytes), (0, 0, 0));
    assert_eq!(report.unpacked_bytes, u64::try_from(package.tar.len()).unwrap());
    assert_eq!(report.packed_bytes, u64::try_from(package.bytes.len()).unwrap());
    let expected: String = Sha256::digest(&package.tar).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(report.tar_sha256, expected);
    let text = report.to_string();
    for part in ["Camera-to-Cloud (c2c)", "status -> http://127.0.0.1:18461 for viewer", "HelpLink = \"\"", &expected] {
        assert!(text.contains(part), "{part} not in\n{text}");
    }
}

#[test]
fn a_signed_package_is_read_and_its_signature_counted() {
    let mut bytes = pack(good(Arch::Armv7hf), &budget()).unwrap().bytes;
    let plain = read(&bytes).unwrap();
    bytes.extend([0xa5; 256]);
    let signed = read(&bytes).unwrap();
    assert_eq!(signed.trailing_bytes, 256);
    assert_eq!(Report { trailing_bytes: 0, ..signed.clone() }, plain);
    assert!(signed.to_string().contains("signature or other trailing bytes: 256"));
    bytes.truncate(bytes.len() - 256);
    let second = HandMade::plain().finish();
    bytes.extend(&second);
    assert_eq!(read(&bytes).unwrap().trailing_bytes, u64::try_from(second.len()).unwrap());
}

#[test]
fn parts_that_contradict_the_manifest_are_told() {
    let manifest = r#"{"schemaVersion":"2.0.0","acapPackageConf":{"setup":{"appName":"ab","version":"1.2.3",
        "architecture":"aarch64"},"configuration":{"httpConfig":[{"type":"directory","access":"viewer"}],
        "paramConfig":[{"name":"A","default":"1","type":"int"}]}}}"#;
    let package = HandMade::default()
        .file("ab", &packages::executable(Arch::X8664, &packages::Needs::default()))
        .file("package.conf", b"APPNAME=\"cd\"\nAPPTYPE=\"aarch64\"\nVENDOR=\"$(reboot)\"\n")
        .file("param.conf", b"A=\"2\" type=\"int\"\n")
        .file("manifest.json", manifest.as_bytes());
    let said = read(&package.finish()).unwrap().disagreements.join("\n");
    for part in [
        "APPNAME is \"cd\"",
        "APPMAJORVERSION is missing",
        "$(reboot)",
        "param.conf",
        "cgi.conf: missing",
        "built for x86_64",
    ] {
        assert!(said.contains(part), "{part} not in\n{said}");
    }
}

#[test]
fn rights_that_a_file_should_not_have_and_hidden_bytes_are_remarked() {
    let mut package = HandMade::plain().file("x", b"");
    let header = package.tar.len() - 512;
    let mut entry = tar::Header::from_byte_slice(&package.tar[header..]).clone();
    entry.set_mode(0o4777);
    entry.set_cksum();
    package.tar[header..].copy_from_slice(entry.as_bytes());
    package.tar.extend([0; 1024]);
    package = package.file("hidden", b"behind the end");
    let remarks = read(&package.finish()).unwrap().remarks.join("\n");
    for part in ["rights of its owner", "everybody may write", "behind the archive's end"] {
        assert!(remarks.contains(part), "{part} not in {remarks}");
    }
}

#[test]
fn control_characters_of_a_package_do_not_reach_the_terminal() {
    let manifest = r#"{"acapPackageConf":{"setup":{"appName":"ab","vendor":"\u001b[2J\u202ex"}}}"#;
    let package = HandMade::default().file("package.conf", b"\x1b[2J\n").file("manifest.json", manifest.as_bytes());
    let text = read(&package.finish()).unwrap().to_string();
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
}

/// Name of the case, the package, a word of the error.
type Case = (&'static str, Vec<u8>, &'static str);

fn hostile() -> Vec<Case> {
    [hostile_members(), hostile_sizes(), hostile_contents()].concat()
}

fn hostile_members() -> Vec<Case> {
    let plain = HandMade::plain;
    let named = |name: &[u8]| plain().entry(name, EntryType::Regular, "", 0, b"").finish();
    let kind = |kind: EntryType| plain().entry(b"odd", kind, "ab", 0, b"").finish();
    let link = |target: &str| plain().entry(b"lib/x", EntryType::Symlink, target, 0, b"").finish();
    vec![
        ("traversal", named(b"../x"), "leads out"),
        ("traversal inside", named(b"html/../../x"), "leads out"),
        ("absolute", named(b"/etc/x"), "absolute"),
        ("dot", named(b"./x"), "bare names"),
        ("empty part", named(b"html//x"), "bare names"),
        ("not UTF-8", named(b"\xff\xfe"), "UTF-8"),
        ("escape", named(b"a\x1b[2Jb"), "control characters"),
        ("file with a slash", named(b"x/"), "slash"),
        ("absolute link", link("/etc/passwd"), "leads out"),
        ("link up", link("../../etc"), "leads out"),
        ("empty link", link(""), "leads out"),
        ("below a link", plain().entry(b"l", EntryType::Symlink, "ab", 0, b"").file("l/x", b"").finish(), "no folder"),
        ("below a file", named(b"ab/x"), "no folder"),
        ("file over a folder", plain().file("d/x", b"").file("d", b"").finish(), "twice"),
        ("hard link", kind(EntryType::Link), "hard link"),
        ("character device", kind(EntryType::Char), "device"),
        ("block device", kind(EntryType::Block), "device"),
        ("pipe", kind(EntryType::Fifo), "device or pipe"),
        ("sparse", kind(EntryType::GNUSparse), "type 'S'"),
        ("pax", kind(EntryType::XHeader), "type 'x'"),
        ("duplicate", plain().file("manifest.json", b"{}").finish(), "twice"),
    ]
}

fn hostile_sizes() -> Vec<Case> {
    let plain = HandMade::plain;
    let many = (0..100_000).fold(plain(), |package, number| package.file(&format!("f{number}"), b""));
    vec![
        ("long name", plain().entry(b"L", EntryType::GNULongName, "", 5_000_000, &[b'a'; 9]).finish(), "4096 bytes"),
        ("claims 3 GiB", plain().entry(b"x", EntryType::Regular, "", 3 << 30, b"x").finish(), "package"),
        (
            "bomb",
            gzip(&[plain().entry(b"x", EntryType::Regular, "", 80 << 20, b"").tar, vec![0; 80 << 20]].concat()),
            "67108864 bytes",
        ),
        ("bomb of zeros behind the end", gzip(&[plain().tar, vec![0; 70 << 20]].concat()), "67108864 bytes"),
        ("100 000 members", many.finish(), "2000 members"),
    ]
}

fn hostile_contents() -> Vec<Case> {
    let plain = HandMade::plain;
    let mut flipped = plain().finish();
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    let mut headless = plain();
    headless.tar[150] = b'9';
    let manifest = |text: &[u8]| HandMade::default().file("package.conf", b"").file("manifest.json", text).finish();
    vec![
        ("empty", Vec::new(), "not a whole package"),
        ("no gzip", b"PK\x03\x04 not a package at all".to_vec(), "not a whole package"),
        ("no tar", gzip(&[0x42; 4096]), "not a whole package"),
        ("no end", gzip(&plain().tar), "does not end"),
        ("half a tar", gzip(&plain().tar[..700]), "not a whole package"),
        ("wrong checksum of the stream", flipped, "not a whole package"),
        ("wrong checksum of a header", headless.finish(), "not a whole package"),
        ("no manifest", HandMade::default().file("package.conf", b"").finish(), "no manifest.json"),
        ("nothing in it", HandMade::default().finish(), "no manifest.json"),
        (
            "no package.conf",
            HandMade::default().file("manifest.json", br#"{"acapPackageConf":{"setup":{"appName":"ab"}}}"#).finish(),
            "no package.conf",
        ),
        ("5 MB of brackets", manifest(&vec![b'['; 5_000_000]), "262144 bytes"),
        ("200 kB of brackets", manifest(&vec![b'['; 200_000]), "recursion limit"),
        ("no JSON", manifest(b"hello"), "manifest.json"),
        ("a list", manifest(b"[]"), "object"),
        ("no name", manifest(b"{}"), "appName"),
        ("a key twice", manifest(br#"{"a":1,"a":2}"#), "twice"),
    ]
}

#[test]
fn a_package_cut_off_anywhere_is_an_error() {
    let bytes = pack(good(Arch::Aarch64), &budget()).unwrap().bytes;
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length]).is_err(), "{length} of {}", bytes.len());
    }
}

#[test]
fn damage_anywhere_never_panics() {
    let tar = pack(good(Arch::Aarch64), &budget()).unwrap().tar;
    for at in (0..tar.len()).step_by(37) {
        let mut torn = tar.clone();
        torn[at] ^= 0x80;
        // Either is a right answer; only a panic or no end would be none.
        let _ = read(&gzip(&torn));
    }
}

/// A reader that says how much was taken from it.
struct Measured<'a> {
    left: &'a [u8],
    taken: &'a std::cell::Cell<usize>,
}

impl Read for Measured<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.left.read(into)?;
        self.taken.set(self.taken.get() + read);
        Ok(read)
    }
}

#[test]
fn a_bomb_is_left_before_it_is_read_to_its_end() {
    let bomb =
        gzip(&[HandMade::plain().entry(b"x", EntryType::Regular, "", 32 << 20, b"").tar, vec![0; 32 << 20]].concat());
    let taken = std::cell::Cell::new(0);
    let limits = Limits { unpacked_bytes: 1 << 20, ..Limits::default() };
    let outcome = inspect(Measured { left: &bomb, taken: &taken }, &limits);
    assert!(matches!(outcome, Err(InspectError::TooMuch { .. })), "{outcome:?}");
    assert!(taken.get() < bomb.len() / 4, "{} of {}", taken.get(), bomb.len());
}

/// The program on a package, with 160 MiB of addresses for everything, its own pages included.
fn run_within_little_memory(dir: &std::path::Path, bytes: &[u8]) -> std::process::Output {
    fs::write(dir.join("x.eap"), bytes).unwrap();
    let mut call = program("sh");
    call.args(["-c", "ulimit -v 163840; exec \"$0\" inspect x.eap", env!("CARGO_BIN_EXE_eap")]).current_dir(dir);
    call.output().unwrap()
}

#[test]
fn each_hostile_package_gets_an_error_that_names_the_thing_in_little_memory_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    for (case, bytes, word) in hostile() {
        let done = run_within_little_memory(dir.path(), &bytes);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{case}: {said}");
        assert!(said.starts_with("eap: x.eap: ") && said.contains(word), "{case}: {word:?} not in {said:?}");
        assert!(!said.trim_end().contains(|letter: char| letter.is_control()), "{case}: {said:?}");
        assert!(done.stdout.is_empty(), "{case}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "{case}");
    }
}

#[test]
fn big_and_endless_executables_are_read_within_the_same_memory() {
    let dir = tempfile::tempdir().unwrap();
    let with = |binary: &[u8]| HandMade::plain().file("big", binary).finish();
    let mut big = packages::executable(Arch::Aarch64, &packages::Needs::default());
    big.resize(31 << 20, 0xff);
    let done = run_within_little_memory(dir.path(), &with(&big));
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    big.resize(33 << 20, 0xff);
    let done = run_within_little_memory(dir.path(), &with(&big));
    assert!(String::from_utf8(done.stdout).unwrap().contains("too big to look into"));
}

#[test]
fn what_is_no_file_is_not_read() {
    for path in ["/dev/zero", "/", "/nonexistent.eap"] {
        let done = eap().args(["inspect", path]).output().unwrap();
        assert_eq!(done.status.code(), Some(2), "{path}");
    }
}

#[test]
fn the_json_form_holds_the_same_report() {
    let dir = tempfile::tempdir().unwrap();
    let package = pack(good(Arch::Aarch64), &budget()).unwrap();
    fs::write(dir.path().join("x.eap"), &package.bytes).unwrap();
    let done = eap().arg("inspect").arg(dir.path().join("x.eap")).arg("--json").output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    let shown: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(shown, serde_json::to_value(read(&package.bytes).unwrap()).unwrap());
}
