//! The camera's system bus: a real `dbus-daemon` of its own, and on it the service that gives out VAPIX accounts.
//!
//! `com.axis.HTTPConf1`, object `/com/axis/HTTPConf1/VAPIXServiceAccounts1`, method `GetCredentials(s) -> (s)`:
//! documented; generally available from AXIS OS 11.9, so in all profiles. Answer `a0-<name>:<password>`, a fresh
//! password at each call, at most 200 accounts (documented). Whether an older password of the same name stays valid is
//! unknown: it does here, unless the knob `camera.service_accounts=latest` is set. Names of errors are guesses.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use rand::distr::{Alphanumeric, SampleString as _};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use crate::access::{Account, Level};
use crate::faults::locked;
use crate::leftovers;
use crate::programs;

/// Accounts per device.
const MOST_ACCOUNTS: usize = 200;
/// The daemon says its address within this, or it will never.
const START: Duration = Duration::from_secs(10);
/// A unix socket's path has room for 108 bytes.
const LONGEST_PATH: usize = 100;
const SERVICE: &str = "com.axis.HTTPConf1";
const OBJECT: &str = "/com/axis/HTTPConf1/VAPIXServiceAccounts1";

/// How `GetCredentials` behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    /// Answers.
    #[default]
    Well,
    /// Never answers.
    Hangs,
    /// Answers with an error.
    Fails,
    /// Answers with a text that is no `name:password`.
    Nonsense,
}

#[derive(Debug, Default)]
struct Book {
    mood: Mood,
    only_latest: bool,
    /// Passwords by account name, oldest first.
    passwords: BTreeMap<String, Vec<String>>,
    calls: u64,
}

/// The bus and its service.
#[derive(Debug)]
pub(crate) struct Bus {
    state: PathBuf,
    config: PathBuf,
    socket: PathBuf,
    /// Holds the folder of the socket when the state folder's path is too long.
    _short: Option<tempfile::TempDir>,
    book: Arc<Mutex<Book>>,
    live: tokio::sync::Mutex<Option<Live>>,
}

#[derive(Debug)]
struct Live {
    daemon: Child,
    connection: zbus::Connection,
}

/// A place for a socket whose path is short enough.
pub(crate) fn socket_in(folder: &Path, name: &str) -> io::Result<(PathBuf, Option<tempfile::TempDir>)> {
    let path = folder.join(name);
    if path.as_os_str().len() < LONGEST_PATH {
        return Ok((path, None));
    }
    let short = tempfile::Builder::new().prefix("vcam-").tempdir()?;
    Ok((short.path().join(name), Some(short)))
}

impl Bus {
    /// Starts the daemon with its files in `STATE/bus`, then the service.
    pub(crate) async fn start(state: &Path, only_latest: bool) -> anyhow::Result<Self> {
        let folder = state.join("bus");
        fs::create_dir_all(&folder)?;
        let (socket, short) = socket_in(&folder, "system_bus_socket")?;
        let config = folder.join("system.conf");
        fs::write(&config, configuration(&socket))?;
        let book = Arc::new(Mutex::new(Book { only_latest, ..Book::default() }));
        let bus =
            Self { state: state.to_owned(), config, socket, _short: short, book, live: tokio::sync::Mutex::new(None) };
        bus.restart().await?;
        Ok(bus)
    }

    /// For `DBUS_SYSTEM_BUS_ADDRESS`; the same after a restart.
    pub(crate) fn address(&self) -> String {
        format!("unix:path={}", self.socket.display())
    }

    /// Ends the daemon, if it runs, and starts it at the same address; the service is back when this returns.
    pub(crate) async fn restart(&self) -> anyhow::Result<()> {
        self.stop().await;
        let daemon = self.spawn().await.context("dbus-daemon")?;
        let accounts = Accounts { book: Arc::clone(&self.book) };
        let connection = zbus::connection::Builder::address(self.address().as_str())?
            .serve_at(OBJECT, accounts)?
            .name(SERVICE)?
            .build()
            .await
            .context("the service on the bus")?;
        *self.live.lock().await = Some(Live { daemon, connection });
        Ok(())
    }

    async fn spawn(&self) -> anyhow::Result<Child> {
        let program = programs::find(&["dbus-daemon"]).context("dbus-daemon is not installed")?;
        let mut command = programs::command(program);
        let log = fs::File::create(self.config.with_file_name("daemon.log"))?;
        let mut config = std::ffi::OsString::from("--config-file=");
        config.push(&self.config);
        command.process_group(0).current_dir(self.state.join("bus"));
        command.arg(config).args(["--nofork", "--nopidfile", "--print-address"]);
        let mut daemon = command.stdout(Stdio::piped()).stderr(log).spawn()?;
        leftovers::note(&self.state, daemon.id().context("ended at once")?)?;
        let out = daemon.stdout.take().context("no output")?;
        let mut line = String::new();
        tokio::time::timeout(START, BufReader::new(out).read_line(&mut line)).await.context("says no address")??;
        anyhow::ensure!(line.starts_with("unix:"), "said {line:?} instead of its address");
        Ok(daemon)
    }

    /// Ends the daemon; everybody on the bus is cut off.
    pub(crate) async fn stop(&self) {
        let live = self.live.lock().await.take();
        if let Some(mut live) = live {
            if let Err(error) = live.daemon.kill().await {
                log::warn!("dbus-daemon: {error}");
            }
            drop(live.connection);
        }
        let _ = fs::remove_file(&self.socket);
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        locked(&self.book).mood = mood;
    }

    /// How often credentials were asked for.
    pub(crate) fn calls(&self) -> u64 {
        locked(&self.book).calls
    }

    /// All passwords that are valid, each as an account.
    pub(crate) fn accounts(&self) -> Vec<Account> {
        let book = locked(&self.book);
        let each = book.passwords.iter().flat_map(|(name, all)| all.iter().map(move |password| (name, password)));
        each.map(|(name, password)| Account { name: name.clone(), password: password.clone(), level: Level::Admin })
            .collect()
    }

    /// An account as an application gets it.
    pub(crate) fn grant(&self, name: &str) -> Account {
        let (name, password) = (format!("a0-{name}"), Alphanumeric.sample_string(&mut rand::rng(), 32));
        locked(&self.book).passwords.entry(name.clone()).or_default().push(password.clone());
        Account { name, password, level: Level::Admin }
    }

    /// Makes all passwords invalid, as a restart of the camera does.
    pub(crate) fn forget(&self) {
        locked(&self.book).passwords.clear();
    }
}

/// Permissive: the real policy is the vendor's and unknown.
fn configuration(socket: &Path) -> String {
    let path = socket.display().to_string();
    format!(
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n \
         \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n<busconfig>\n  <type>system</type>\n  \
         <listen>unix:path={}</listen>\n  <auth>EXTERNAL</auth>\n  <policy context=\"default\">\n    \
         <allow user=\"*\"/>\n    <allow own=\"*\"/>\n    <allow send_destination=\"*\"/>\n    \
         <allow receive_sender=\"*\"/>\n  </policy>\n</busconfig>\n",
        quick_xml::escape::escape(path.as_str())
    )
}

struct Accounts {
    book: Arc<Mutex<Book>>,
}

#[zbus::interface(name = "com.axis.HTTPConf1.VAPIXServiceAccounts1")]
impl Accounts {
    /// `a0-<name>:<password>`.
    async fn get_credentials(&self, username: String) -> zbus::fdo::Result<String> {
        let mood = {
            let mut book = locked(&self.book);
            book.calls += 1;
            book.mood
        };
        match mood {
            Mood::Well => self.answer(&username),
            Mood::Hangs => std::future::pending().await,
            Mood::Fails => Err(zbus::fdo::Error::Failed("no account could be made".to_owned())),
            Mood::Nonsense => Ok("neither name nor password".to_owned()),
        }
    }
}

impl Accounts {
    fn answer(&self, username: &str) -> zbus::fdo::Result<String> {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
        if username.is_empty() || !username.chars().all(is_plain) {
            return Err(zbus::fdo::Error::InvalidArgs("the user name".to_owned()));
        }
        let name = format!("a0-{username}");
        let password = Alphanumeric.sample_string(&mut rand::rng(), 32);
        let mut book = locked(&self.book);
        if !book.passwords.contains_key(&name) && book.passwords.len() >= MOST_ACCOUNTS {
            return Err(zbus::fdo::Error::LimitsExceeded("too many accounts".to_owned()));
        }
        let only_latest = book.only_latest;
        let passwords = book.passwords.entry(name.clone()).or_default();
        if only_latest {
            passwords.clear();
        }
        passwords.push(password.clone());
        Ok(format!("{name}:{password}"))
    }
}
