//! applications/list.cgi, control.cgi and config.cgi.
//!
//! `list`: shape recorded on 12.11 (one leading blank an app, children, no XML declaration) and on 10.12
//! (self-closing, other order, versions such as `4.5-2`: a dash before the last number, recorded on 9.80 and 10.12),
//! which 11.11 takes over (guess). An application between two runs is `Stopped` (guess). `control`: codes documented; 8 known from clients
//! only. `config`: `get` recorded without a version; unknown names and bad values give the error form, with HTTP 400
//! from 12.2 on (documented), its text is a guess.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use quick_xml::escape::escape;

use super::{Ask, verdict, xml};
use crate::apps::manifest::Manifest;
use crate::apps::{Listed, Refused};
use crate::device::Device;
use crate::profile::Os;

pub(crate) async fn list(State(device): State<Device>, _: Ask) -> Response {
    let mut apps = String::new();
    if device.has_bundled_app() {
        apps.push_str(&bundled(device.os()));
    }
    for listed in device.parts().apps.list() {
        apps.push_str(&entry(device.os(), &listed));
    }
    xml(format!("<reply result=\"ok\">\n{apps}</reply>\n"))
}

/// An invented application that came with the camera, with a character reference as recorded ones have.
fn bundled(os: Os) -> String {
    let page = "ConfigurationPage=\"local/scenewatch/index.html\"";
    if !os.lists_signatures() {
        return format!(
            " <application Name=\"scenewatch\" NiceName=\"Scene Watch\" Vendor=\"Beispiel &#214;ffnung GmbH\" \
             Version=\"3.4-1\" ApplicationID=\"990001\" License=\"None\" Status=\"Stopped\" {page} \
             LicenseName=\"Available\" />\n"
        );
    }
    format!(
        " <application Name=\"scenewatch\" ApplicationID=\"990001\" NiceName=\"Scene Watch\" \
         Vendor=\"Beispiel &#214;ffnung GmbH\" Version=\"3.4.1\" Bundled=\"Yes\" Status=\"Stopped\" License=\"None\" \
         {page} SignatureStatus=\"Signed\" LicenseName=\"available\">{}</application>\n",
        resources()
    )
}

fn resources() -> &'static str {
    "<Resources><Resource name=\"DeepLearningProcessor\" used=\"No\" /></Resources>"
}

fn entry(os: Os, listed: &Listed) -> String {
    let manifest = &listed.manifest;
    let status = if listed.is_running { "Running" } else { "Stopped" };
    // `Unknown` is what was recorded for a package without signature.
    let signature = if listed.is_signed { "Signed" } else { "Unknown" };
    let attribute = |name: &str, value: Option<&str>| {
        value.map(|value| format!(" {name}=\"{}\"", escape(value))).unwrap_or_default()
    };
    let semver::Version { major, minor, patch, .. } = &manifest.version;
    let dot = if os.lists_signatures() { "." } else { "-" };
    let (app, version) = (escape(manifest.app.as_str()), format!("{major}.{minor}{dot}{patch}"));
    let id = attribute("ApplicationID", manifest.app_id.as_deref().filter(|id| !id.is_empty()));
    let nice = attribute("NiceName", Some(&manifest.nice_name));
    let vendor = attribute("Vendor", Some(&manifest.vendor));
    let version = attribute("Version", Some(&version));
    let page = manifest.setting_page.as_ref().map(|page| format!("local/{}/{page}", manifest.app));
    let page = attribute("ConfigurationPage", page.as_deref());
    let home = attribute("VendorHomePage", manifest.vendor_url.as_deref());
    if !os.lists_signatures() {
        return format!(
            " <application Name=\"{app}\"{nice}{vendor}{version}{id} License=\"None\" Status=\"{status}\"{page}{home} \
             LicenseName=\"Available\" />\n"
        );
    }
    let ranges = if os.lists_os_ranges() { ranges(manifest) } else { String::new() };
    format!(
        " <application Name=\"{app}\"{id}{nice}{vendor}{version} Bundled=\"No\" Status=\"{status}\" \
         License=\"None\"{page}{home} SignatureStatus=\"{signature}\" LicenseName=\"available\">{}{ranges}</application>\n",
        resources()
    )
}

fn ranges(manifest: &Manifest) -> String {
    let bound = |name: &str, value: &Option<String>| {
        value.as_ref().map(|value| format!("<{name}>{}</{name}>", escape(value.as_str()))).unwrap_or_default()
    };
    let ranges: String = manifest
        .ranges
        .iter()
        .map(|(min, max)| format!("<VersionRange>{}{}</VersionRange>", bound("Min", min), bound("Max", max)))
        .collect();
    if ranges.is_empty() { ranges } else { format!("<CompatibleOsVersions>{ranges}</CompatibleOsVersions>") }
}

pub(crate) async fn control(State(device): State<Device>, ask: Ask) -> Response {
    let package = ask.arg("package").unwrap_or_default().to_owned();
    if package.is_empty() {
        return verdict(Err(1));
    }
    let action = ask.arg("action").unwrap_or_default().to_owned();
    // Whoever asked may be gone before it is done: an application may stop itself.
    let done = tokio::spawn(async move { act(&device, &action, &package).await });
    let result = done.await.unwrap_or_else(|error| Err(Refused::new(10, error.to_string())));
    let outcome = result.map_err(|refused| refused.code);
    match (ask.arg("returnpage"), outcome) {
        (Some(page), Ok(())) if page.starts_with('/') && !page.starts_with("//") => {
            axum::response::Redirect::to(page).into_response()
        }
        (_, outcome) => verdict(outcome),
    }
}

async fn act(device: &Device, action: &str, package: &str) -> Result<(), Refused> {
    let apps = &device.parts().apps;
    let result = match action {
        "start" => apps.start(package).await,
        "stop" => apps.stop(package).await,
        "restart" => apps.restart(package).await,
        "remove" => apps.remove(package).await,
        // 10, "other error" (guess).
        other => Err(Refused::new(10, format!("no action {other:?}"))),
    };
    if let Err(refused) = &result {
        log::info!("control.cgi {package}: {refused}");
    }
    result
}

pub(crate) async fn config(State(device): State<Device>, ask: Ask) -> Response {
    let (os, apps) = (device.os(), &device.parts().apps);
    let name = ask.arg("name").unwrap_or_default();
    let switch: Option<&AtomicBool> = match name {
        "AllowUnsigned" if os.has_allow_unsigned() => Some(&apps.allow_unsigned),
        "AllowRoot" if os.has_allow_root() => Some(&apps.allow_root),
        _ => None,
    };
    let Some(switch) = switch else { return config_error(os, "Error: unknown name") };
    match (ask.arg("action"), ask.arg("value")) {
        (Some("get"), _) => {}
        (Some("set"), Some("true")) => switch.store(true, Ordering::SeqCst),
        (Some("set"), Some("false")) => switch.store(false, Ordering::SeqCst),
        _ => return config_error(os, "Error: bad value"),
    }
    let value = switch.load(Ordering::SeqCst);
    xml(format!("<reply result=\"ok\">\n\t<param name=\"{name}\" value=\"{value}\"/>\n</reply>\n"))
}

fn config_error(os: Os, message: &str) -> Response {
    let mut response = xml(format!("<reply result=\"error\"><error type=\"1\" message=\"{message}\" /></reply>\n"));
    if os.bad_config_is_400() {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    response
}
