//! param.cgi: `list` and `update`, of system parameters and of the applications' ones.
//!
//! * Errors have status 200 and begin with `# Error:` (recorded).
//! * The prefix `root.` mirrors the request; without `group` everything comes, with it (developer documentation).
//! * An application's group is shown with a capital letter, requests ignore case (field note); passwords are not
//!   listed (documented).
//! * `OK` has no line feed (developer documentation). After one failed name the others are set all the same (guess).

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Ask, text};
use crate::access::Level;
use crate::axsim::storage::{NETWORK_SHARE, SD_DISK};
use crate::device::Device;

pub(crate) async fn answer(State(device): State<Device>, ask: Ask) -> Response {
    match ask.arg("action") {
        Some("list") => text(list(&everything(&device), ask.arg("group"))),
        Some("update") if ask.level < Level::Admin => StatusCode::UNAUTHORIZED.into_response(),
        Some("update") => text(update(&device, &ask.args)),
        other => text(format!("# Error: Unknown action '{}'\n", other.unwrap_or_default())),
    }
}

/// All listed parameters by full name without `root.`.
fn everything(device: &Device) -> BTreeMap<String, String> {
    let axsim = &device.parts().axsim;
    let mut all = axsim.system();
    for (group, id) in [("S0", SD_DISK), ("S1", NETWORK_SHARE)] {
        let Some(settings) = axsim.slot(id).map(|slot| slot.settings) else { continue };
        let locked = if settings.locked { "yes" } else { "no" };
        all.insert(format!("Storage.{group}.Locked"), locked.to_owned());
        all.insert(format!("Storage.{group}.RequiredFileSystem"), settings.required_filesystem);
        all.insert(format!("Storage.{group}.FileSystem"), settings.filesystem);
    }
    if device.disks().knob("encryption") == "no" {
        all.insert("Properties.LocalStorage.DiskEncryption".to_owned(), "no".to_owned());
    }
    for app in device.parts().apps.names() {
        for (definition, value) in axsim.values(&app) {
            if definition.is_listed() {
                all.insert(format!("{}.{}", capitalised(&app), definition.name), value);
            }
        }
    }
    all
}

fn capitalised(app: &str) -> String {
    let mut letters = app.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn list(all: &BTreeMap<String, String>, groups: Option<&str>) -> String {
    let mut out = String::new();
    for asked in groups.unwrap_or("root").split(',').map(str::trim) {
        let (prefix, pattern) = match strip_root(asked) {
            Some(rest) => ("root.", rest),
            None => ("", asked),
        };
        let before = out.len();
        for (name, value) in all.iter().filter(|(name, _)| fits(name, pattern)) {
            out.push_str(&format!("{prefix}{name}={}\n", value.replace(['\n', '\r'], " ")));
        }
        if out.len() == before {
            out.push_str(&format!("# Error: Error -1 getting param in group '{asked}'\n"));
        }
    }
    out
}

/// What follows `root` or `root.`, in any case.
fn strip_root(name: &str) -> Option<&str> {
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    first.eq_ignore_ascii_case("root").then_some(rest)
}

/// Whether a name lies in a group; `*` in a part stands for anything.
fn fits(name: &str, pattern: &str) -> bool {
    let mut parts = name.split('.');
    pattern.is_empty() || pattern.split('.').all(|wanted| parts.next().is_some_and(|part| part_fits(part, wanted)))
}

fn part_fits(part: &str, wanted: &str) -> bool {
    match wanted.split_once('*') {
        None => part.eq_ignore_ascii_case(wanted),
        Some((start, end)) => {
            let part = part.to_lowercase();
            part.strip_prefix(&start.to_lowercase()).is_some_and(|rest| rest.ends_with(&end.to_lowercase()))
        }
    }
}

fn update(device: &Device, args: &[(String, String)]) -> String {
    let mut errors = String::new();
    for (name, value) in args.iter().filter(|(name, _)| !matches!(name.as_str(), "action" | "usergroup")) {
        if !set(device, strip_root(name).unwrap_or(name), value) {
            errors.push_str(&format!("# Error: Error setting '{name}' to '{value}'!\n"));
        }
    }
    if errors.is_empty() { "OK".to_owned() } else { errors }
}

fn set(device: &Device, name: &str, value: &str) -> bool {
    let (axsim, apps) = (&device.parts().axsim, &device.parts().apps);
    if let Some((group, short)) = name.split_once('.') {
        if let Some(app) = apps.names().into_iter().find(|app| app.eq_ignore_ascii_case(group)) {
            let known = axsim.definitions(&app).into_iter().find(|known| known.name.eq_ignore_ascii_case(short));
            return known.is_some_and(|known| known.takes(value) && axsim.set(&app, &known.name, value).is_ok());
        }
    }
    // Properties say what the device is; nobody sets them (documented).
    let known = axsim.system().into_keys().find(|known| known.eq_ignore_ascii_case(name));
    known.is_some_and(|known| {
        !known.starts_with("Properties.") && axsim.set_system(&[(known, value.to_owned())]).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_mirrors_the_prefix_and_names_what_is_missing() {
        let all: BTreeMap<String, String> =
            [("Brand.Brand", "AXIS"), ("Storage.S0.DiskID", "SD_DISK"), ("Storage.S1.DiskID", "NetworkShare")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        assert_eq!(list(&all, Some("root.brand")), "root.Brand.Brand=AXIS\n");
        assert_eq!(list(&all, Some("Brand")), "Brand.Brand=AXIS\n");
        assert_eq!(list(&all, None).lines().count(), 3);
        assert_eq!(list(&all, Some("Storage.*.DiskID")).lines().count(), 2);
        assert_eq!(
            list(&all, Some("Storage.S1,Nope")),
            "Storage.S1.DiskID=NetworkShare\n# Error: Error -1 getting param in group 'Nope'\n"
        );
        assert!(list(&all, Some("Bran")).starts_with("# Error"));
    }
}
