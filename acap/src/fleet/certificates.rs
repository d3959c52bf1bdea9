//! Whose certificate is taken: as told, by a CA, as remembered, or as somebody says who was shown its fingerprint.
//!
//! What was accepted stands in a file, a line for each camera: `HOST:PORT FINGERPRINT`. Before the first question all
//! cameras are looked at that are not known yet: the handshake alone, nothing is asked and nobody logs in.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use etcetera::{BaseStrategy as _, choose_base_strategy};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::list::Named;
use super::{Whom, crowd};
use crate::camera::fault::Fault;
use crate::camera::trust::{self, Fingerprint, Trust, Verifier};

/// How long the look at a certificate may take.
const LOOK: Duration = Duration::from_secs(10);

/// The fingerprints that were accepted.
#[derive(Debug)]
struct Known {
    path: PathBuf,
    prints: BTreeMap<String, Fingerprint>,
}

impl Known {
    fn read(path: PathBuf) -> anyhow::Result<Self> {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let mut prints = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let pair = line.split_once(char::is_whitespace);
            let pair = pair.and_then(|(place, print)| Some((place.to_owned(), print.parse().ok()?)));
            // A line that was damaged could be a certificate that has to be refused.
            let (place, print) =
                pair.ok_or_else(|| anyhow!("{}:{}: HOST:PORT FINGERPRINT is wanted", path.display(), number + 1))?;
            prints.insert(place, print);
        }
        Ok(Self { path, prints })
    }

    fn add(&mut self, place: String, print: Fingerprint) -> anyhow::Result<()> {
        let shown = || self.path.display().to_string();
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).with_context(shown)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path).with_context(shown)?;
        file.write_all(format!("{place} {print}\n").as_bytes()).with_context(shown)?;
        self.prints.insert(place, print);
        Ok(())
    }
}

/// Where something of this program's own is kept, in the user's folders.
///
/// # Errors
/// When the user has no home.
pub fn own_folder(state: bool) -> anyhow::Result<PathBuf> {
    let folders = choose_base_strategy().context("there is no home folder")?;
    let folder = if state { folders.state_dir().unwrap_or_else(|| folders.data_dir()) } else { folders.config_dir() };
    Ok(folder.join("eap"))
}

/// For each camera, in their order, the address at which it is asked and whose certificate is taken there, or why it is
/// not asked at all.
///
/// # Errors
/// What is wrong with the call or with a file.
pub async fn settle(named: &[Named], whom: &Whom) -> anyhow::Result<Vec<Result<(String, Trust), Fault>>> {
    if whom.fingerprint.is_some() && named.len() > 1 {
        bail!("--fingerprint is for one camera; for many there is a column fingerprint in the list");
    }
    let path = whom.known.clone().map_or_else(|| own_folder(false).map(|folder| folder.join("known_cameras")), Ok)?;
    let mut known = Known::read(path)?;
    let roots = whom.cacert.as_deref().map(read_roots).transpose()?;
    let told = |one: &Named| -> Option<Trust> {
        if one.url.scheme() == "http" {
            return Some(Trust::Look);
        }
        let pinned = one.fingerprint.or(whom.fingerprint).map(Trust::Pinned);
        pinned.or_else(|| roots.clone()).or_else(|| known.prints.get(&one.place()).copied().map(Trust::Pinned))
    };
    let ready: Vec<Option<Trust>> = named.iter().map(told).collect();
    let unknown: Vec<Named> =
        named.iter().zip(&ready).filter(|(_, trust)| trust.is_none()).map(|(one, _)| one.clone()).collect();
    let looked =
        crowd::each(unknown.clone(), whom.jobs, |one| one.host.clone(), |one, _| async move { look(&one).await });
    let mut shown: BTreeMap<String, Result<Fingerprint, Fault>> =
        unknown.iter().map(Named::place).zip(looked.await).collect();
    if accepted(&unknown, &shown, whom)? {
        for (place, print) in shown.iter().filter_map(|(place, print)| Some((place, print.as_ref().ok()?))) {
            known.add(place.clone(), *print)?;
        }
    }
    let mut all = Vec::new();
    for (one, trust) in named.iter().zip(ready) {
        let trust = match (trust, known.prints.get(&one.place())) {
            (Some(trust), _) => Ok(trust),
            (None, Some(print)) => Ok(Trust::Pinned(*print)),
            (None, None) => match shown.remove(&one.place()) {
                Some(Ok(print)) => Err(Fault::UnknownCertificate(print)),
                Some(Err(fault)) => Err(fault),
                None => Err(Fault::NoConnection(String::new())),
            },
        };
        all.push(match trust {
            Ok(trust) => Ok((address(one), trust)),
            Err(Fault::NoConnection(_)) if whom.allow_http && one.url.port().is_none() => {
                Ok((format!("http://{}", one.url.host_str().unwrap_or_default()), Trust::Look))
            }
            Err(fault) => Err(fault),
        });
    }
    Ok(all)
}

fn address(one: &Named) -> String {
    one.url.origin().ascii_serialization()
}

fn read_roots(path: &Path) -> anyhow::Result<Trust> {
    let text = fs::read(path).with_context(|| path.display().to_string())?;
    trust::roots(&text).map_err(|why| anyhow!("{}: {why}", path.display()))
}

/// Whether the certificates that were seen are taken. Asks where there is somebody to ask.
fn accepted(
    unknown: &[Named],
    shown: &BTreeMap<String, Result<Fingerprint, Fault>>,
    whom: &Whom,
) -> anyhow::Result<bool> {
    let mut list = String::new();
    for one in unknown {
        if let Some(Ok(print)) = shown.get(&one.place()) {
            list.push_str(&format!("  {}  {print}\n", one.host));
        }
    }
    if list.is_empty() {
        return Ok(false);
    }
    let mut err = std::io::stderr().lock();
    writeln!(err, "Certificates that are not known yet (SHA-256):\n{list}")?;
    if whom.accept_new {
        writeln!(err, "They are taken now (--accept-new), and no others from these cameras later on.")?;
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    write!(err, "Each camera's own page shows its fingerprint. Are they all right? Type yes to go on: ")?;
    err.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().eq_ignore_ascii_case("yes"))
}

/// The certificate that a camera shows.
async fn look(one: &Named) -> Result<Fingerprint, Fault> {
    let away = |error: &dyn std::fmt::Display| Fault::NoConnection(error.to_string());
    let (verifier, config) = Verifier::make(Trust::Look).map_err(|error| away(&error))?;
    let host = one.url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host.clone()).map_err(|error| away(&error))?;
    let port = one.url.port_or_known_default().unwrap_or(443);
    let handshake = async {
        let line = TcpStream::connect((host.as_str(), port)).await.map_err(|error| away(&error))?;
        let tls = TlsConnector::from(Arc::new(config)).connect(name, line).await;
        // A port at which somebody speaks something else is no camera without https.
        tls.map_err(|error| Fault::Garbled { what: "TLS".to_owned(), line: error.to_string() })
    };
    tokio::time::timeout(LOOK, handshake).await.map_err(|_| Fault::Late("TLS".to_owned()))??;
    verifier
        .seen()
        .fingerprint
        .ok_or_else(|| Fault::Garbled { what: "TLS".to_owned(), line: "no certificate".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_accepted_is_remembered_and_a_damaged_line_is_never_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("known");
        let print = Fingerprint::of(b"one");
        Known::read(path.clone()).unwrap().add("camera:443".to_owned(), print).unwrap();
        assert_eq!(Known::read(path.clone()).unwrap().prints.get("camera:443"), Some(&print));
        fs::write(&path, "# mine\n\ncamera:443 12:34\n").unwrap();
        assert!(Known::read(path).unwrap_err().to_string().ends_with("known:3: HOST:PORT FINGERPRINT is wanted"));
    }
}
