//! The program: `reference-portal serve` and `reference-portal operator add`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use reference_portal::{NewOperator, Options, Tls, add_operator_in, start};
use url::Url;

/// The reference portal for cameras with Camera-to-Cloud.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the portal until it is told to end; prints its address.
    Serve(Serve),
    /// Looks after operators.
    Operator {
        #[command(subcommand)]
        command: OperatorCommand,
    },
}

#[derive(Debug, Subcommand)]
enum OperatorCommand {
    /// Makes an operator and, if it is new, the organisation; gives one that is there another password.
    Add {
        /// The folder of the portal's data.
        #[arg(long)]
        data: PathBuf,
        #[command(flatten)]
        who: Who,
    },
}

#[derive(Debug, Args)]
struct Who {
    /// The name to log in with.
    #[arg(long = "operator", value_name = "NAME")]
    name: String,
    /// The organisation whose cameras this one sees.
    #[arg(long, default_value = "My organisation")]
    organisation: String,
    /// A file with the password, of ten characters at least.
    #[arg(long)]
    password_file: PathBuf,
    /// May not see the passphrases of cards.
    #[arg(long)]
    without_secrets: bool,
}

#[derive(Debug, Args)]
struct Serve {
    /// Where to listen; port 0 takes any.
    #[arg(long, default_value = "127.0.0.1:8470")]
    listen: SocketAddr,
    /// The folder of store and keys; made if it is not there.
    #[arg(long)]
    data: PathBuf,
    /// TLS with this certificate chain and key, both PEM.
    #[arg(long, num_args = 2, value_names = ["CERTIFICATE", "KEY"], conflicts_with = "self_signed")]
    tls: Vec<PathBuf>,
    /// TLS with a certificate of its own making.
    #[arg(long)]
    self_signed: bool,
    /// The address that cameras and browsers use, where it is not the one above.
    #[arg(long)]
    public_url: Option<Url>,
    /// What the portal calls itself.
    #[arg(long, default_value = "c2c portal")]
    name: String,
    /// The longest that a camera's question is held.
    #[arg(long, default_value_t = 60)]
    wait_seconds: u64,
    /// How long a camera that another organisation has takes to pass to whoever enters its code.
    #[arg(long, default_value_t = 72 * 3600)]
    transfer_seconds: u32,
    /// Makes this operator at the start.
    #[arg(long, value_name = "NAME", requires = "password_file")]
    operator: Option<String>,
    /// The organisation of that operator.
    #[arg(long, default_value = "My organisation")]
    organisation: String,
    /// A file with that operator's password.
    #[arg(long)]
    password_file: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    log::set_logger(&LOG).map(|()| log::set_max_level(log::LevelFilter::Info)).ok();
    match Cli::parse().command {
        Command::Serve(serve) => run(serve).await,
        Command::Operator { command: OperatorCommand::Add { data, who } } => {
            let password = password(&who.password_file)?;
            let Who { name, organisation, without_secrets, .. } = who;
            add_operator_in(&data, NewOperator { name, organisation, password, sees_secrets: !without_secrets }).await
        }
    }
}

fn password(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
    Ok(text.trim().to_owned())
}

async fn run(serve: Serve) -> anyhow::Result<()> {
    let tls = match serve.tls.as_slice() {
        [certificate, key] => Tls::Files { certificate: certificate.clone(), key: key.clone() },
        _ if serve.self_signed => Tls::SelfSigned,
        _ => Tls::None,
    };
    let options = Options {
        tls,
        public_url: serve.public_url,
        name: serve.name,
        wait_seconds: serve.wait_seconds.min(300),
        transfer_seconds: serve.transfer_seconds,
        ..Options::new(serve.listen, &serve.data)
    };
    // Before anything else is done, so that a signal in the midst of it is heard.
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let running = start(options).await?;
    if let (Some(name), Some(file)) = (serve.operator, serve.password_file) {
        let (organisation, password) = (serve.organisation, password(&file)?);
        running.add_operator(NewOperator { name, organisation, password, sees_secrets: true }).await?;
    }
    let mut out = std::io::stdout();
    if running.operators().await? == 0 {
        writeln!(out, "Nobody can log in yet: reference-portal operator add --data {} …", serve.data.display())?;
    }
    if let Some(certificate) = running.certificate() {
        writeln!(out, "Certificate {}", certificate.display())?;
    }
    writeln!(out, "Key {}", running.signing_key_id())?;
    writeln!(out, "Ready {}", running.url())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
    }
    running.stop().await;
    Ok(())
}

struct Log;

static LOG: Log = Log;

impl log::Log for Log {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("reference_portal") || metadata.level() <= log::Level::Warn
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let _lost = writeln!(std::io::stderr(), "{} {}", record.level(), record.args());
        }
    }

    fn flush(&self) {}
}
