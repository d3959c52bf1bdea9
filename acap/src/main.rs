//! The program `eap`: packs and reads ACAP packages, and brings them to cameras.
//!
//! Exit codes: 0 good; 1 the package is refused (all problems are listed), or not every camera is as wished; 2 the input
//! can't be read or the call is wrong, and nothing was done; 130 somebody stopped it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use eap::arch::Arch;
use eap::archive::{LATEST_TIME, Member};
use eap::budget::Budget;
use eap::deploy::{self, DeployArgs};
use eap::discover::{self, DiscoverArgs};
use eap::fleet::{Ended, login};
use eap::inspect::{Limits, inspect};
use eap::manifest::Manifest;
use eap::pack::{Ingredients, PackError, Package, pack};
use eap::status::{self, StatusArgs};
use eap::{folder, licences, schema1};

/// Packs and reads ACAP packages (.eap), and brings them to cameras.
#[derive(Debug, Parser)]
#[command(version)]
struct Call {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check everything and write a package; prints its path.
    Pack(Box<PackArgs>),
    /// Show what is in a package, signed or not. Writes nothing.
    Inspect {
        /// The package.
        file: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Bring a package to cameras: choose, upload, set up, start, and wait until it reports itself.
    ///
    /// Exit codes: 0 every camera is as wished, 1 at least one is not, 2 nothing was done, 130 it was stopped. The same
    /// command again does only what is missing.
    Deploy(Box<DeployArgs>),
    /// Ask cameras how they stand; the worst come first.
    ///
    /// Exit codes: 0 all are done or working, 1 at least one needs somebody or cannot be read.
    Status(Box<StatusArgs>),
    /// Find cameras in the same network, by mDNS.
    Discover(DiscoverArgs),
    #[command(flatten)]
    Write(Written),
    /// Print the licence text of a package: ours, and the notices of all whose code is linked into the executable.
    Licences {
        /// Our own licence, the MIT licence.
        #[arg(long)]
        own: PathBuf,
        /// The notice of what comes with the compiler.
        #[arg(long)]
        compiler: PathBuf,
        /// The output of `cargo tree --prefix none` for the executable.
        #[arg(long)]
        tree: PathBuf,
        /// The output of `cargo metadata`.
        #[arg(long)]
        metadata: PathBuf,
    },
}

/// The texts that packagers of this program want.
#[derive(Debug, Subcommand)]
enum Written {
    /// Completions for a shell, on standard output.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// The man pages, one for each command, into a folder.
    Man {
        /// The folder; it is made.
        out: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
struct PackArgs {
    /// aarch64, armv7hf, or x86_64 (development only).
    #[arg(long)]
    arch: Arch,
    /// The executable, built for that processor.
    #[arg(long)]
    binary: PathBuf,
    /// Where the package goes; its name follows from the manifest.
    #[arg(long)]
    out: PathBuf,
    /// The one source of name, version, parameters, proxy and rights.
    #[arg(long, default_value = "acap/manifest.json")]
    manifest: PathBuf,
    /// The static files. Default: html beside the manifest's folder.
    #[arg(long)]
    html: Option<PathBuf>,
    /// The licence text. Default: LICENSE beside the manifest.
    #[arg(long)]
    license: Option<PathBuf>,
    /// The size budget. Default: budget.toml beside the manifest.
    #[arg(long)]
    budget: Option<PathBuf>,
    /// The rules of temporary notices that the executable was built with; they are checked. Default: notices.json beside
    /// the manifest, if it is there.
    #[arg(long)]
    notices: Option<PathBuf>,
    /// A folder that becomes lib/.
    #[arg(long)]
    lib: Option<PathBuf>,
    /// A file for the package's root; may be given several times.
    #[arg(long)]
    add: Vec<PathBuf>,
    /// 2, or 1 for the older form (schema 1.6.0) that AXIS OS 11.11 to 12.9 is sure to know.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    schema: u8,
    /// Replaces setup.version.
    #[arg(long)]
    version: Option<String>,
    /// Replaces setup.vendor.
    #[arg(long)]
    vendor: Option<String>,
    /// Replaces setup.vendorId.
    #[arg(long)]
    vendor_id: Option<String>,
}

fn main() -> ExitCode {
    let outcome = match Call::parse().verb {
        Verb::Pack(args) => run_pack(&args).map(|()| Ended::Well),
        Verb::Inspect { file, json } => run_inspect(&file, json).map(|()| Ended::Well),
        Verb::Licences { own, compiler, tree, metadata } => {
            run_licences(&own, &compiler, &tree, &metadata).map(|()| Ended::Well)
        }
        Verb::Deploy(args) => wait_for(deploy::run(*args, environment(login::VARIABLE))),
        Verb::Status(args) => wait_for(status::run(*args, environment(login::VARIABLE))),
        Verb::Discover(args) => wait_for(discover::run(args)),
        Verb::Write(what) => write_about(what).map(|()| Ended::Well),
    };
    let error = match outcome {
        Ok(ended) => return ExitCode::from(ended.code()),
        Err(error) => error,
    };
    let refused = matches!(error.downcast_ref(), Some(PackError::Refused(_)));
    // If standard error is closed there is nobody to tell.
    let _ = writeln!(std::io::stderr().lock(), "eap: {}", without_controls(&format!("{error:#}")));
    ExitCode::from(if refused { 1 } else { 2 })
}

fn wait_for(work: impl Future<Output = anyhow::Result<Ended>>) -> anyhow::Result<Ended> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime")?.block_on(work)
}

fn write_about(what: Written) -> anyhow::Result<()> {
    let mut command = Call::command();
    match what {
        Written::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut command, "eap", &mut text);
            print(&String::from_utf8(text)?)
        }
        Written::Man { out } => {
            fs::create_dir_all(&out).with_context(|| shown(&out))?;
            clap_mangen::generate_to(command, &out).with_context(|| shown(&out))
        }
    }
}

/// Text that may hold names from a package: nothing in it moves the cursor but new lines.
fn without_controls(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() && letter != '\n' { '?' } else { letter }).collect()
}

fn run_pack(args: &PackArgs) -> anyhow::Result<()> {
    let beside = args.manifest.parent().map(Path::to_owned).unwrap_or_default();
    let budget_file = args.budget.clone().unwrap_or_else(|| beside.join("budget.toml"));
    let budget = Budget::read(&String::from_utf8(read_file(&budget_file)?)?).with_context(|| shown(&budget_file))?;
    let package = pack(gather(args, &beside)?, &budget)?;
    if args.arch.is_for_development_only() {
        writeln!(std::io::stderr().lock(), "eap: a package for {} is for development; no camera takes it", args.arch)?;
    }
    print(&format!("{}\n", write_package(&args.out, &package)?.display()))
}

fn gather(args: &PackArgs, beside: &Path) -> anyhow::Result<Ingredients> {
    let mut manifest = Manifest::read(&read_file(&args.manifest)?).with_context(|| shown(&args.manifest))?;
    let replaced = [("version", &args.version), ("vendor", &args.vendor), ("vendorId", &args.vendor_id)];
    for (key, value) in replaced {
        if let Some(value) = value {
            manifest.set_setup(key, value);
        }
    }
    if args.schema == 1 {
        manifest = schema1::derive(&manifest);
    }
    let html = args.html.clone().unwrap_or_else(|| beside.join("..").join("html"));
    let license = args.license.clone().unwrap_or_else(|| beside.join("LICENSE"));
    let notices = args.notices.clone().or_else(|| Some(beside.join("notices.json")).filter(|path| path.exists()));
    Ok(Ingredients {
        arch: args.arch,
        manifest,
        binary: read_file(&args.binary)?,
        license: read_file(&license)?,
        additional: args.add.iter().map(|path| additional(path)).collect::<anyhow::Result<_>>()?,
        html: folder::read(&html, "html")?,
        lib: args.lib.as_deref().map_or(Ok(Vec::new()), |path| folder::read(path, "lib"))?,
        notices: notices.as_deref().map(read_file).transpose()?,
        time: source_date_epoch()?,
    })
}

fn additional(path: &Path) -> anyhow::Result<Member> {
    let name =
        path.file_name().and_then(|name| name.to_str()).ok_or_else(|| anyhow!("{}: no file name", shown(path)))?;
    Ok(Member::file(name, read_file(path)?))
}

fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| shown(path))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A variable of the environment.
#[expect(clippy::disallowed_methods, reason = "the program's only look at the environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// `SOURCE_DATE_EPOCH`, seconds since 1970; 0 if it isn't set.
fn source_date_epoch() -> anyhow::Result<u64> {
    let Some(text) = environment("SOURCE_DATE_EPOCH") else { return Ok(0) };
    let time: u64 = text.parse().with_context(|| format!("SOURCE_DATE_EPOCH={text:?}"))?;
    if time > LATEST_TIME {
        return Err(anyhow!(
            "SOURCE_DATE_EPOCH={time}: seconds are wanted, at most {LATEST_TIME} (are these milliseconds?)"
        ));
    }
    Ok(time)
}

/// Writes the file whole or not at all.
fn write_package(out: &Path, package: &Package) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(out).with_context(|| shown(out))?;
    let path = out.join(&package.file_name);
    let part = out.join(format!(".{}.{}", package.file_name, std::process::id()));
    let written = fs::write(&part, &package.bytes).and_then(|()| fs::rename(&part, &path));
    if written.is_err() {
        // What is left of a failed attempt; the failure itself is told.
        let _ = fs::remove_file(&part);
    }
    written.with_context(|| shown(&path))?;
    Ok(path)
}

fn run_inspect(path: &Path, json: bool) -> anyhow::Result<()> {
    let kind = fs::metadata(path).with_context(|| shown(path))?;
    if !kind.is_file() {
        return Err(anyhow!("{}: not a file", shown(path)));
    }
    let limits = Limits::default();
    if kind.len() > limits.packed_bytes {
        return Err(anyhow!("{}: {} bytes, more than {} are not read", shown(path), kind.len(), limits.packed_bytes));
    }
    let file = fs::File::open(path).with_context(|| shown(path))?;
    let report = inspect(file, &limits).with_context(|| shown(path))?;
    let text = if json { serde_json::to_string_pretty(&report)? + "\n" } else { report.to_string() };
    print(&text)
}

fn run_licences(own: &Path, compiler: &Path, tree: &Path, metadata: &Path) -> anyhow::Result<()> {
    let text = |path: &Path| String::from_utf8(read_file(path)?).with_context(|| shown(path));
    let linked = licences::linked(&text(tree)?, &read_file(metadata)?)?;
    print(&licences::write(&text(own)?, &linked, &text(compiler)?)?)
}

/// To standard output; a reader that has gone (such as `head`) is no failure.
fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("standard output"),
        _ => Ok(()),
    }
}
