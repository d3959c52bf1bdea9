//! Presses the page's style sheet and script, so that the app can serve them compressed under a name that changes with
//! what is in them. The name's number is the CRC-32 of the file, so the same file has the same name everywhere.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::{Compression, Crc, GzBuilder};

#[expect(clippy::disallowed_methods, reason = "cargo says by the environment where the result goes")]
fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let html = Path::new("html");
    let mut names = String::new();
    for (constant, stem, ending) in [("STYLE", "style", "css"), ("SCRIPT", "live", "js")] {
        let file = html.join(format!("{stem}.{ending}"));
        println!("cargo::rerun-if-changed={}", file.display());
        let text = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut crc = Crc::new();
        crc.update(&text);
        // No time and no name inside: the same file gives the same bytes.
        let mut pressed = GzBuilder::new().write(Vec::new(), Compression::best());
        pressed.write_all(&text)?;
        std::fs::write(out.join(format!("{stem}.{ending}.gz")), pressed.finish()?)?;
        writeln!(names, "/// The name under which {stem}.{ending} is served.")?;
        writeln!(names, "pub(crate) const {constant}: &str = \"{stem}.{:08x}.{ending}\";", crc.sum())?;
    }
    std::fs::write(out.join("names.rs"), names)?;
    Ok(())
}
