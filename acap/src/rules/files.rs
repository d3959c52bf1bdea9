//! The files of a package: the executable's processor and needs, stand-ins, libraries, scripts, the licence.
//!
//! Facts: a binary for the wrong processor installs well and fails only at start; binaries that need nothing above
//! `GLIBC_2.34` are reported to run on AXIS OS 11.11. That a binary may search for libraries only below `$ORIGIN`, and
//! may need only libraries that are known to be on a camera or are in the package, are our own rules.

use crate::arch::Arch;
use crate::archive::Member;
use crate::elf::{self, Elf};
use crate::manifest::Manifest;
use crate::problem::Problem;

/// The highest glibc version whose symbols a binary may need.
const GLIBC: (u32, u32) = (2, 34);
/// How the names of the stand-ins begin, which only the virtual camera may have.
const STAND_INS: [&str; 2] = ["libaxparameter.so", "libaxstorage.so"];
/// What a camera has; the loader's name follows from the processor.
const ON_A_CAMERA: [&str; 12] = [
    "libaxparameter.so.1",
    "libaxstorage.so.1",
    "libglib-2.0.so.0",
    "libgobject-2.0.so.0",
    "libgio-2.0.so.0",
    "libgcc_s.so.1",
    "libc.so.6",
    "libm.so.6",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "ld-linux",
];

pub(super) fn check(manifest: &Manifest, arch: Arch, files: &[Member]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let app = manifest.app_name();
    match files.iter().find(|file| file.path == app).and_then(Member::content) {
        Some(binary) => problems.extend(executable(app, binary, arch, files)),
        None => problems.push(Problem::new(app, "the package has no executable of that name", "give it with --binary")),
    }
    problems.extend(files.iter().filter(|file| file.path != app).flat_map(|file| other(file, arch)));
    if files.iter().find(|file| file.path == "LICENSE").and_then(Member::content).is_none_or(<[u8]>::is_empty) {
        problems.push(Problem::new("LICENSE", "missing or empty", "give the licence text with --license"));
    }
    for (group, key) in [("installation", "postInstallScript"), ("uninstallation", "preUninstallScript")] {
        problems
            .extend(manifest.text(&["acapPackageConf", group, key]).and_then(|name| script(group, key, name, files)));
    }
    problems.extend(doubles(files));
    problems
}

fn executable(app: &str, binary: &[u8], arch: Arch, files: &[Member]) -> Vec<Problem> {
    let elf = match elf::read(binary) {
        Ok(elf) => elf,
        Err(error) => return vec![Problem::new(app, error.to_string(), format!("give a binary built for {arch}"))],
    };
    let mut problems = Vec::new();
    problems.extend(processor(app, &elf, arch));
    if let Some((major, minor)) = elf.glibc.filter(|version| *version > GLIBC) {
        let found =
            if major == u32::MAX { "private symbols of glibc".to_owned() } else { format!("GLIBC_{major}.{minor}") };
        let rule =
            format!("it needs {found}, and AXIS OS 11.11 is sure to have only up to GLIBC_{}.{}", GLIBC.0, GLIBC.1);
        problems.push(Problem::new(app, rule, "link it with an older sysroot"));
    }
    for library in elf.needed.iter().filter(|name| !is_there(name, files)) {
        let rule = format!("it needs {library:?}, which is not known to be on a camera and not in lib/");
        problems.push(Problem::new(app, rule, "link it statically, or put it into lib/"));
    }
    for path in elf.search_path.iter().filter(|path| !path.starts_with("$ORIGIN/")) {
        let rule = format!("it searches for libraries in {path:?}");
        problems.push(Problem::new(app, rule, "link without that -rpath; only $ORIGIN/lib makes sense on a camera"));
    }
    problems
}

fn is_there(library: &str, files: &[Member]) -> bool {
    let known = |name: &&str| library == *name || (*name == "ld-linux" && library.starts_with(*name));
    ON_A_CAMERA.iter().any(known) || files.iter().any(|file| file.path == format!("lib/{library}"))
}

fn processor(path: &str, elf: &Elf, arch: Arch) -> Option<Problem> {
    (elf.arch != Some(arch)).then(|| {
        let rule = format!("it is built for {}, and the package is for {arch}", elf.machine);
        Problem::new(path, rule, format!("give a binary built for {arch}"))
    })
}

/// A stand-in under its own or another name, and libraries of the wrong processor.
fn other(file: &Member, arch: Arch) -> Vec<Problem> {
    let stand_in = |name: &str| STAND_INS.iter().any(|start| name.starts_with(start));
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let content = file.content().unwrap_or_default();
    let elf = if elf::looks_like_elf(content) { elf::read(content).ok() } else { None };
    let soname = elf.as_ref().and_then(|elf| elf.soname.as_deref()).unwrap_or_default();
    let mut problems = Vec::new();
    if stand_in(name) || stand_in(soname) {
        let rule = "it stands in for a library of the camera, and would hide the real one";
        problems.push(Problem::new(&file.path, rule, "take it out of the package"));
    }
    problems.extend(elf.as_ref().and_then(|elf| processor(&file.path, elf, arch)));
    problems
}

fn script(group: &str, key: &str, name: &str, files: &[Member]) -> Option<Problem> {
    let field = format!("{group}.{key}");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if name.is_empty() || !name.chars().all(plain) {
        let rule = format!("{name:?} is no plain file name in the package's root");
        return Some(Problem::new(field, rule, "use letters, digits and . _ -"));
    }
    (!files.iter().any(|file| file.path == name)).then(|| {
        Problem::new(field, format!("{name:?} is not in the package"), "give it with --add, or take the key out")
    })
}

/// Files that would be there twice, or in the place of a generated one.
fn doubles(files: &[Member]) -> Vec<Problem> {
    let generated = ["package.conf", "param.conf", "manifest.json", "cgi.conf"];
    let mut problems = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let path = file.path.as_str();
        if generated.contains(&path) {
            problems.push(Problem::new(path, "the packer writes this file itself", "leave it out"));
        } else if files.iter().take(index).any(|earlier| earlier.path == path) {
            problems.push(Problem::new(path, "the package would have it twice", "rename one"));
        }
    }
    problems
}
