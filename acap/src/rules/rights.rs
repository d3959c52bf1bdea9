//! What the app asks the camera to be allowed: users, groups, D-Bus methods.
//!
//! Facts: the lists of schema 2 are from the published upgrade guide; the two recording services were added by 2.2.0
//! (seen in a published example). The schema 1 form is held to the same lists, being the same package.

use crate::manifest::Manifest;
use crate::problem::Problem;

const GROUPS: [&str; 11] =
    ["admin", "audiod", "gpu", "hidraw", "operator", "pipewire", "ptzadm", "sdk", "storage", "video", "viewer"];
const METHODS: [&str; 3] =
    ["com.axis.Graphics2.*", "com.axis.HTTPConf1.VAPIXServiceAccounts1.GetCredentials", "com.axis.Overlay2.*"];
const METHODS_2_2: [&str; 2] = ["com.axis.RecordingSearch1.*", "com.axis.RecordingPlayback1.*"];

pub(super) fn check(manifest: &Manifest) -> Vec<Problem> {
    let mut problems = Vec::new();
    for list in ["groups", "conditionalGroups"] {
        problems.extend(each(manifest, &["resources", "linux", "user", list], group));
    }
    for list in ["requiredMethods", "conditionalMethods"] {
        problems.extend(each(manifest, &["resources", "dbus", list], |name| method(manifest, name)));
    }
    if manifest.schema_major() == Some(1) && manifest.at(&["resources", "linux", "user", "conditionalGroups"]).is_some()
    {
        let rule = "schema 1.6.0 does not know it (it came with 1.8.0)";
        problems.push(Problem::new("resources.linux.user.conditionalGroups", rule, "use groups"));
    }
    problems.extend(static_user(manifest));
    problems
}

/// Each name of a list that breaks its rule, or stands there twice.
fn each(manifest: &Manifest, path: &[&str], rule: impl Fn(&str) -> Option<(String, String)>) -> Vec<Problem> {
    let names = manifest.texts(path);
    let field = path.join(".");
    let mut problems = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if let Some((rule, mend)) = rule(name) {
            problems.push(Problem::new(format!("{field}[{index}]"), rule, mend));
        }
        if names.iter().take(index).any(|earlier| earlier == name) {
            problems.push(Problem::new(
                format!("{field}[{index}]"),
                format!("{name:?} is there twice"),
                "take one out",
            ));
        }
    }
    problems
}

fn group(name: &str) -> Option<(String, String)> {
    (!GROUPS.contains(&name))
        .then(|| (format!("the group {name:?} is not open to apps"), format!("allowed are {}", GROUPS.join(", "))))
}

fn method(manifest: &Manifest, name: &str) -> Option<(String, String)> {
    let newer = if manifest.text(&["schemaVersion"]) == Some("2.2.0") { METHODS_2_2.as_slice() } else { &[] };
    let open: Vec<&str> = METHODS.iter().chain(newer).copied().collect();
    let is_open = open.iter().any(|allowed| match allowed.strip_suffix('*') {
        Some(start) => name.strip_prefix(start).is_some_and(is_method),
        None => name == *allowed,
    });
    (!is_open)
        .then(|| (format!("the D-Bus method {name:?} is not open to apps"), format!("allowed are {}", open.join(", "))))
}

/// What may follow a service's name: a star, or names between dots.
fn is_method(rest: &str) -> bool {
    let word =
        |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    rest == "*" || rest.split('.').all(word)
}

fn static_user(manifest: &Manifest) -> Vec<Problem> {
    let field = "setup.user";
    let Some(user) = manifest.setup("user") else { return Vec::new() };
    let mut problems = Vec::new();
    if manifest.at(&["resources", "linux", "user"]).is_some() || manifest.at(&["resources", "dbus"]).is_some() {
        let rule = "a fixed user excludes resources.linux.user and resources.dbus";
        problems.push(Problem::new(field, rule, "take it out; the camera then makes a user for the app"));
    }
    let name = |key: &str| user.get(key).and_then(|name| name.as_str());
    if name("username").is_some_and(|name| name != "sdk") {
        problems.push(Problem::new(format!("{field}.username"), "only sdk is allowed", "take setup.user out"));
    }
    if let Some((rule, mend)) = name("group").and_then(group) {
        problems.push(Problem::new(format!("{field}.group"), rule, mend));
    }
    problems
}
