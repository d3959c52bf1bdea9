//! Many cameras at once: [`list`] says which, [`login`] with what, [`certificates`] whose certificate is taken, [`crowd`]
//! works at so many at a time, [`table`] shows what came of it.

use std::path::PathBuf;

use clap::Args;

pub mod certificates;
pub mod crowd;
pub mod list;
pub mod login;
pub mod table;

use crate::camera::trust::Fingerprint;

/// How a run over many cameras ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All are as wished.
    Well,
    /// At least one is not.
    NotAll,
    /// Somebody stopped it.
    Stopped,
}

impl Ended {
    /// The exit code of the program; 130 is what shells give to a program that Ctrl-C ended.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Ended::Well => 0,
            Ended::NotAll => 1,
            Ended::Stopped => 130,
        }
    }
}

/// Which cameras, and how they are reached.
#[derive(Debug, Args)]
pub struct Whom {
    /// Names or addresses of cameras, with commas between them: HOST, HOST:PORT, or a whole https:// address.
    #[arg(long = "to", value_name = "HOST", value_delimiter = ',', required_unless_present = "list")]
    pub to: Vec<String>,
    /// Cameras from a CSV file with a column host, and perhaps user, password, fingerprint and token.
    #[arg(long, value_name = "CSV")]
    pub list: Option<PathBuf>,
    /// The account to log in with, where the list names none.
    #[arg(long, default_value = "root")]
    pub user: String,
    /// A file whose first line is the password. Else the variable EAP_PASSWORD counts, else the program asks.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Go by these CAs' certificates (PEM), not by fingerprints.
    #[arg(long, value_name = "PEM", conflicts_with_all = ["fingerprint", "accept_new"])]
    pub cacert: Option<PathBuf>,
    /// The SHA-256 fingerprint of the certificate, for one camera; for many, a column of the list.
    #[arg(long, value_name = "SHA256", conflicts_with = "accept_new")]
    pub fingerprint: Option<Fingerprint>,
    /// Take the certificate of each camera that is not known yet, and remember it.
    #[arg(long)]
    pub accept_new: bool,
    /// Where fingerprints are remembered. Default: eap/known_cameras in your configuration folder.
    #[arg(long, value_name = "FILE")]
    pub known: Option<PathBuf>,
    /// Go over plain http where nothing listens for https, with Digest alone. Never for a camera that is known over https.
    #[arg(long)]
    pub allow_http: bool,
    /// So many cameras at a time.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub jobs: u16,
    /// The result as JSON on standard output.
    #[arg(long)]
    pub json: bool,
}
