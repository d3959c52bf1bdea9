//! The state folder that the stand-ins read, changed as another program on the camera would.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// The scenario's world and knobs are environment, as the libraries' are.
#[expect(clippy::disallowed_methods, reason = "the probe's one look at the environment")]
fn environment(name: &str) -> OsString {
    std::env::var_os(name).unwrap_or_default()
}

/// A file of the state folder.
pub(crate) fn file(path: &str) -> PathBuf {
    PathBuf::from(environment("AXSIM_DIR")).join(path)
}

/// A knob's value, empty when it is not set.
pub(crate) fn knob(name: &str) -> String {
    environment(name).to_string_lossy().into_owned()
}

/// Written beside and renamed into place. No lock: the libraries are not writing while the probe does.
pub(crate) fn put(path: &str, content: impl AsRef<[u8]>) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let beside = file(&format!("{path}.probe{}", COUNT.fetch_add(1, Ordering::Relaxed)));
    fs::create_dir_all(beside.parent().unwrap()).unwrap();
    fs::write(&beside, content).unwrap();
    fs::rename(&beside, file(path)).unwrap();
}

/// The values of the application, all of them.
pub(crate) fn values(values: &[(&str, &[u8])]) {
    let mut content = b"[values]\n".to_vec();
    for (name, value) in values {
        content.extend_from_slice(name.as_bytes());
        content.push(b'=');
        content.extend_from_slice(value);
        content.push(b'\n');
    }
    put("param/c2c.val", content);
}

pub(crate) const DEFINITIONS: &str = "LogLevel=\"info\" type=\"enum:error,warn,info,debug\"\n\
     HelpLink=\"\" type=\"string\"\n\
     Count=\"5\" type=\"int:min=1;max=9\"\n\
     Fixed=\"as it is\" type=\"readonly:string\"\n\
     Bare=plain\n";

/// Two slots, and a camera's parameters.
pub(crate) fn make() {
    put("param/c2c.def", DEFINITIONS);
    put("param/root.val", "[values]\nProperties.System.SerialNumber=ACCC8E012345\n");
    for (id, kind) in [("SD_DISK", "local"), ("NetworkShare", "external")] {
        conf(id, &format!("type={kind}\nsetup_delay_ms=20\ninitial_delay_ms=5\n"));
        fs::create_dir_all(file(&format!("storage/{id}/medium"))).unwrap();
        state(id, "");
    }
}

pub(crate) fn conf(id: &str, lines: &str) {
    put(&format!("storage/{id}/conf"), format!("[disk]\n{lines}"));
}

/// The flags that are named are set, the others are not.
pub(crate) fn state(id: &str, flags: &str) {
    let set = |flag| u8::from(flags.split(' ').any(|set| set == flag));
    let [available, writable, full, exiting] = ["available", "writable", "full", "exiting"].map(set);
    put(
        &format!("storage/{id}/state"),
        format!("[state]\navailable={available}\nwritable={writable}\nfull={full}\nexiting={exiting}\ngeneration=1\n"),
    );
}

/// Whether this process is noted as holding the storage.
pub(crate) fn held(id: &str) -> bool {
    file(&format!("clients/{}/handles/{id}", std::process::id())).exists()
}
