//! The questions to a camera's VAPIX, and its orders for applications.
//!
//! Facts: basicdeviceinfo.cgi (recorded on 12.9) tells the architecture to operators; where it is missing, as before
//! AXIS OS 8.40, param.cgi has the same. The old CGIs answer errors with status 200 and a text (documented, recorded).

use bytes::Bytes;
use serde_json::Value;

use super::client::{Camera, Load, Sent};
use super::fault::Fault;
use crate::arch::Arch;

const DEVICE: &str = "/axis-cgi/basicdeviceinfo.cgi";
const PARAM: &str = "/axis-cgi/param.cgi";
const APPS: &str = "/axis-cgi/applications";

/// A release of AXIS OS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Os {
    /// Such as 12.
    pub major: u64,
    /// Such as 11.
    pub minor: u64,
}

impl Os {
    /// The first two numbers of a version such as `12.11.77`.
    #[must_use]
    pub fn read(version: &str) -> Option<Self> {
        let mut numbers = version.split('.').map(|part| part.parse().ok());
        let major = numbers.next()??;
        Some(Self { major, minor: numbers.next().flatten().unwrap_or(0) })
    }
}

/// Who a camera is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// 12 hexadecimal digits.
    pub serial: String,
    /// Such as `P3265-V`.
    pub model: String,
    /// AXIS OS, whole.
    pub version: String,
    /// The same, to compare.
    pub os: Os,
    /// Its word for the processor kind.
    pub architecture: String,
}

impl Identity {
    /// The processor kind, if packages are made for it.
    #[must_use]
    pub fn arch(&self) -> Option<Arch> {
        // `armv7l` is the kernel's word for what packages call armv7hf.
        if self.architecture == "armv7l" { Some(Arch::Armv7hf) } else { self.architecture.parse().ok() }
    }
}

/// An installed application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// With dots throughout: older releases write `1.6-0`.
    pub version: String,
    /// Whether it runs.
    pub runs: bool,
}

fn garbled(what: &str, line: impl Into<String>) -> Fault {
    Fault::Garbled { what: what.to_owned(), line: line.into().chars().take(160).collect() }
}

/// Who the camera is.
///
/// # Errors
/// Every fault of a connection, and [`Fault::Garbled`] when serial number or version are missing.
pub async fn identity(camera: &Camera) -> Result<Identity, Fault> {
    let question = r#"{"apiVersion":"1.0","method":"getAllProperties"}"#.to_owned();
    let answer = camera.post(DEVICE, &Load::Json(question)).await?;
    let tree: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    let all = tree.pointer("/data/propertyList");
    let text = |key: &str| all.and_then(|all| all.get(key)).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (serial, architecture) = (text("SerialNumber"), text("Architecture"));
    if answer.status == 200 && !serial.is_empty() && !architecture.is_empty() {
        return made(DEVICE, serial, text("ProdNbr"), text("Version"), architecture);
    }
    let groups = "root.Properties.System,root.Properties.Firmware,root.Brand";
    let lines = listed(camera, groups).await?;
    let value = |name: &str| {
        let found = lines.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    made(
        PARAM,
        value("Properties.System.SerialNumber"),
        value("Brand.ProdNbr"),
        value("Properties.Firmware.Version"),
        value("Properties.System.Architecture"),
    )
}

fn made(what: &str, serial: String, model: String, version: String, architecture: String) -> Result<Identity, Fault> {
    let os = Os::read(&version).ok_or_else(|| garbled(what, format!("AXIS OS {version:?}")))?;
    if serial.is_empty() {
        return Err(garbled(what, "no serial number"));
    }
    Ok(Identity { serial: serial.to_ascii_uppercase(), model, version, os, architecture })
}

/// Parameters of some groups: names without `root.`, and values.
async fn listed(camera: &Camera, groups: &str) -> Result<Vec<(String, String)>, Fault> {
    let answer = camera.get(&format!("{PARAM}?action=list&group={groups}")).await?;
    if answer.status != 200 {
        return Err(Fault::Status { what: PARAM.to_owned(), status: answer.status });
    }
    let pair = |line: &str| {
        let (name, value) = line.split_once('=')?;
        Some((name.strip_prefix("root.").unwrap_or(name).to_owned(), value.trim_end_matches('\r').to_owned()))
    };
    Ok(answer.text.lines().filter(|line| !line.starts_with('#')).filter_map(pair).collect())
}

/// The parameters of an application that can be read: names without the group, and values.
///
/// # Errors
/// Every fault of a connection.
pub async fn parameters(camera: &Camera, app: &str) -> Result<Vec<(String, String)>, Fault> {
    let all = listed(camera, &format!("root.{app}")).await?;
    let own = |(name, value): (String, String)| Some((name.split_once('.')?.1.to_owned(), value));
    Ok(all.into_iter().filter_map(own).collect())
}

/// Sets one parameter of an application.
///
/// # Errors
/// Every fault of a connection, and [`Fault::Parameter`] with what the camera said.
pub async fn set_parameter(camera: &Camera, app: &str, name: &str, value: &str) -> Result<(), Fault> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("action", "update").append_pair(&format!("root.{app}.{name}"), value);
    let answer = camera.post(PARAM, &Load::Form(form.finish())).await?;
    if answer.status == 200 && answer.text.trim() == "OK" {
        return Ok(());
    }
    let line = answer.text.trim().trim_start_matches("# ").chars().take(160).collect();
    Err(Fault::Parameter { name: name.to_owned(), line })
}

/// An installed application, if it is there.
///
/// # Errors
/// Every fault of a connection.
pub async fn app(camera: &Camera, name: &str) -> Result<Option<App>, Fault> {
    let path = format!("{APPS}/list.cgi");
    let answer = camera.post(&path, &Load::Nothing).await?;
    if answer.status != 200 {
        return Err(Fault::Status { what: path, status: answer.status });
    }
    let tree = roxmltree::Document::parse(&answer.text).map_err(|error| garbled(&path, error.to_string()))?;
    let found =
        tree.descendants().find(|node| node.has_tag_name("application") && node.attribute("Name") == Some(name));
    Ok(found.map(|node| App {
        version: node.attribute("Version").unwrap_or_default().replace('-', "."),
        runs: node.attribute("Status") == Some("Running"),
    }))
}

/// The number of an answer such as `Error: 5`; `None` for `OK`.
fn number(what: &str, status: u16, text: &str) -> Result<Option<u32>, Fault> {
    let text = text.trim();
    if status != 200 {
        return Err(Fault::Status { what: what.to_owned(), status });
    }
    if text == "OK" {
        return Ok(None);
    }
    let number = text.strip_prefix("Error:").and_then(|number| number.trim().parse().ok());
    number.map(Some).ok_or_else(|| garbled(what, text))
}

/// Installs a package. It is not started by that.
///
/// # Errors
/// Every fault of a connection, and [`Fault::Upload`] with the camera's number.
pub async fn upload(camera: &Camera, name: &str, bytes: Bytes, sent: Sent, os: Os) -> Result<(), Fault> {
    let path = format!("{APPS}/upload.cgi");
    let answer = camera.post(&path, &Load::Package { name: name.to_owned(), bytes, sent }).await?;
    match number(&path, answer.status, &answer.text)? {
        None => Ok(()),
        Some(number) => Err(Fault::Upload { number, os }),
    }
}

/// Starts an application; one that runs already is fine.
///
/// # Errors
/// Every fault of a connection, and [`Fault::Control`] with the camera's number.
pub async fn start(camera: &Camera, app: &str) -> Result<(), Fault> {
    let path = format!("{APPS}/control.cgi?action=start&package={app}");
    let answer = camera.post(&path, &Load::Nothing).await?;
    match number(&path, answer.status, &answer.text)? {
        None | Some(6) => Ok(()),
        Some(number) => Err(Fault::Control { action: "start", number }),
    }
}

/// Whether the camera takes unsigned packages; `None` where it has no such switch, as AXIS OS 13.
///
/// # Errors
/// Every fault of a connection.
pub async fn allows_unsigned(camera: &Camera) -> Result<Option<bool>, Fault> {
    switch(camera, "action=get").await
}

/// Moves that switch.
///
/// # Errors
/// Every fault of a connection, and [`Fault::Unsigned`] when it is not as wished afterwards.
pub async fn allow_unsigned(camera: &Camera, allow: bool) -> Result<(), Fault> {
    let now = switch(camera, &format!("action=set&value={allow}")).await?;
    if now == Some(allow) { Ok(()) } else { Err(Fault::Unsigned("the camera did not move it".to_owned())) }
}

async fn switch(camera: &Camera, what: &str) -> Result<Option<bool>, Fault> {
    let path = format!("{APPS}/config.cgi?{what}&name=AllowUnsigned");
    let answer = camera.get(&path).await?;
    // From 12.2 on a name that the camera does not know gives 400 (documented), where there is no such CGI 404.
    if answer.status == 400 || answer.status == 404 {
        return Ok(None);
    }
    if answer.status != 200 {
        return Err(Fault::Status { what: format!("{APPS}/config.cgi"), status: answer.status });
    }
    let tree = roxmltree::Document::parse(&answer.text).map_err(|error| garbled(&path, error.to_string()))?;
    let param = tree.descendants().find(|node| node.attribute("name") == Some("AllowUnsigned"));
    Ok(param.and_then(|node| node.attribute("value")).and_then(|value| value.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_the_application_api_is_ok_a_number_or_nonsense() {
        assert_eq!(number("x", 200, "OK\n"), Ok(None));
        assert_eq!(number("x", 200, "Error: 27\n"), Ok(Some(27)));
        assert_eq!(number("x", 500, "OK").unwrap_err().kind(), "status");
        for odd in ["", "ok", "Error:", "Error: many", "<html>"] {
            assert_eq!(number("x", 200, odd).unwrap_err().kind(), "garbled", "{odd}");
        }
    }

    #[test]
    fn releases_are_compared_by_number_and_not_by_letter() {
        let os = |text| Os::read(text).unwrap();
        assert!(os("12.9.55") < os("12.11.77") && os("9.80.2") < os("12.0"));
        assert_eq!(Os::read("13"), Some(Os { major: 13, minor: 0 }));
        assert_eq!(Os::read("beta"), None);
    }
}
