//! Presses the page's style sheet and script, so that the app can serve them compressed under a name that changes with
//! what is in them. The name's number is the CRC-32 of the file, so the same file has the same name everywhere. What is
//! written for readers of the source, indentation and lines of comment, stays at home: the first view has to be small.
//! And leaves out of the package what no package needs.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(told("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let html = Path::new("html");
    let mut names = String::new();
    for (constant, stem, ending) in [("STYLE", "style", "css"), ("SCRIPT", "live", "js")] {
        let file = html.join(format!("{stem}.{ending}"));
        println!("cargo::rerun-if-changed={}", file.display());
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let text = for_browsers(&text);
        std::fs::write(out.join(format!("{stem}.{ending}")), &text)?;
        let mut crc = Crc::new();
        crc.update(text.as_bytes());
        let mut pressed = ZlibEncoder::new(Vec::new(), Compression::best());
        pressed.write_all(text.as_bytes())?;
        std::fs::write(out.join(format!("{stem}.{ending}.z")), pressed.finish()?)?;
        writeln!(names, "/// The name under which {stem}.{ending} is served.")?;
        writeln!(names, "pub(crate) const {constant}: &str = \"{stem}.{:08x}.{ending}\";", crc.sum())?;
    }
    std::fs::write(out.join("names.rs"), names)?;
    leave_out_unwind_tables();
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "cargo says by the environment what is built, and where the result goes")]
fn told(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// In a release build, where a panic aborts, nobody needs them. (`CARGO_CFG_PANIC` says what the target does by itself, not
/// what the profile wants.)
fn leave_out_unwind_tables() {
    let script = "tools/no-unwind-tables.ld";
    println!("cargo::rerun-if-changed={script}");
    let aborts = told("PROFILE").is_some_and(|profile| profile == "release");
    if let Some(root) = told("CARGO_MANIFEST_DIR").filter(|_| aborts) {
        println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr,-T,{}/{script}", root.to_string_lossy());
    }
}

/// The lines without those that are nothing but a comment, and without what they begin with for the eye. Neither file
/// has a string that goes over a line's end.
fn for_browsers(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let comment = |line: &str| line.starts_with("//") || (line.starts_with("/*") && line.ends_with("*/"));
    lines.filter(|line| !line.is_empty() && !comment(line)).flat_map(|line| [line, "\n"]).collect()
}
