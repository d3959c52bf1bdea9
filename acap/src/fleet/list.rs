//! Which cameras: from the command line, or from a CSV file, which may say more of each.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use reqwest::Url;

use crate::camera::Secret;
use crate::camera::trust::Fingerprint;

/// One camera that was named.
#[derive(Debug, Clone)]
pub struct Named {
    /// As it was written.
    pub host: String,
    /// Its address, `https://HOST:PORT` or, if it was written so, `http://…`.
    pub url: Url,
    /// Whose login; `None` takes the one for all.
    pub user: Option<String>,
    /// A password of its own.
    pub password: Option<Secret>,
    /// Its certificate, if that was told.
    pub fingerprint: Option<Fingerprint>,
    /// A one-time token of the portal.
    pub token: Option<Secret>,
}

impl Named {
    /// One that only has an address.
    ///
    /// # Errors
    /// When it is no address, for people.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        let host = text.trim().to_owned();
        let whole = match (host.parse::<Ipv6Addr>(), host.contains("://")) {
            (Ok(address), _) => format!("https://[{address}]"),
            (Err(_), true) => host.clone(),
            (Err(_), false) => format!("https://{host}"),
        };
        let url = Url::parse(&whole).with_context(|| format!("{host:?} is no address of a camera"))?;
        let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        if !["https", "http"].contains(&url.scheme()) || url.host_str().is_none() || !is_bare {
            bail!(
                "{host:?}: a name or an address is wanted, and perhaps a port, such as 192.0.2.21 or camera.example:8443"
            );
        }
        if !url.username().is_empty() || url.password().is_some() {
            bail!("a login has no place in an address; see --user and --password-file");
        }
        Ok(Self { host, url, user: None, password: None, fingerprint: None, token: None })
    }

    /// `HOST:PORT`, under which it is remembered.
    #[must_use]
    pub fn place(&self) -> String {
        let port = self.url.port_or_known_default().unwrap_or(443);
        format!("{}:{port}", self.url.host_str().unwrap_or_default())
    }
}

/// All that were named, each once, in their order.
///
/// # Errors
/// What cannot be read, for people.
pub fn read(to: &[String], list: Option<&Path>) -> anyhow::Result<Vec<Named>> {
    let mut all = Vec::new();
    for host in to.iter().filter(|host| !host.trim().is_empty()) {
        all.push(Named::read(host)?);
    }
    if let Some(path) = list {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        all.extend(parse(&text).with_context(|| path.display().to_string())?);
    }
    let mut places = BTreeSet::new();
    all.retain(|named: &Named| places.insert(named.place()));
    if all.is_empty() {
        bail!("no camera was named");
    }
    Ok(all)
}

fn parse(text: &str) -> anyhow::Result<Vec<Named>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    // Spreadsheets of some countries write semicolons.
    let delimiter = if first.contains(';') && !first.contains(',') { b';' } else { b',' };
    let mut table = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let names: Vec<String> = table.headers()?.iter().map(str::to_ascii_lowercase).collect();
    let column = |name: &str| names.iter().position(|known| known == name);
    let host = column("host").ok_or_else(|| anyhow!("the first line names no column host"))?;
    let more = ["user", "password", "fingerprint", "token"].map(column);
    let mut all = Vec::new();
    for (number, row) in table.records().enumerate() {
        let row = row?;
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).filter(|text| !text.is_empty()).map(str::to_owned);
        let Some(host) = cell(Some(host)) else { continue };
        let [user, password, fingerprint, token] = more.map(cell);
        let mut named = Named::read(&host).with_context(|| format!("camera {}", number + 1))?;
        named.fingerprint =
            fingerprint.map(|text| text.parse()).transpose().map_err(|why: String| anyhow!("{host}: {why}"))?;
        (named.user, named.password, named.token) = (user, password.map(Secret::new), token.map(Secret::new));
        all.push(named);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_each_form_and_what_is_none_is_refused() {
        for (text, place) in [
            ("192.0.2.21", "192.0.2.21:443"),
            (" camera.example:8443 ", "camera.example:8443"),
            ("2001:db8::7", "[2001:db8::7]:443"),
            ("[2001:db8::7]:444", "[2001:db8::7]:444"),
            ("http://192.0.2.21", "192.0.2.21:80"),
            ("https://192.0.2.21/", "192.0.2.21:443"),
        ] {
            assert_eq!(Named::read(text).unwrap().place(), place, "{text}");
        }
        for text in ["", "a b", "ftp://camera", "camera/path", "https://root:secret@camera", "camera:99999", "x?y"] {
            let error = Named::read(text).unwrap_err();
            assert!(!format!("{error:#}").contains("secret"), "{error:#}");
        }
    }

    #[test]
    fn a_list_of_a_spreadsheet_is_read_by_its_columns_names() {
        let print = Fingerprint::of(b"x").to_string();
        let text = format!(
            "\u{feff}Name;HOST;Token;password;fingerprint\nGate;192.0.2.1;a.b;;{print}\nYard;192.0.2.2;;pw;\n;;;;\n"
        );
        let all = parse(&text).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].token.as_ref().unwrap().expose(), "a.b");
        assert!(all[0].password.is_none() && all[0].fingerprint.is_some());
        assert_eq!(all[1].password.as_ref().unwrap().expose(), "pw");
        assert!(!format!("{all:?}").contains("pw\""), "{all:?}");
        assert!(parse("name,address\n").is_err());
        assert!(parse("host,fingerprint\n192.0.2.1,short\n").is_err());
    }

    #[test]
    fn a_camera_that_is_named_twice_is_taken_once() {
        let to = ["192.0.2.1".to_owned(), "192.0.2.1:443".to_owned(), "192.0.2.2".to_owned()];
        assert_eq!(read(&to, None).unwrap().len(), 2);
        assert!(read(&[String::new()], None).is_err());
    }
}
