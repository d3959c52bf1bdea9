//! Which keys a manifest may have and must have, and the types of their values.

use serde_json::{Map, Value};

use crate::manifest::Manifest;
use crate::problem::Problem;

/// What a value must be.
enum Shape {
    Text,
    List(&'static Shape),
    Table(&'static [Key]),
}

/// One key of an object: name, whether it is needed, shape.
struct Key(&'static str, bool, Shape);

const NEEDED: bool = true;
const FREE: bool = false;
const TEXTS: Shape = Shape::List(&Shape::Text);

const SETUP_2: Shape = Shape::Table(&[
    Key("appName", NEEDED, Shape::Text),
    Key("friendlyName", FREE, Shape::Text),
    Key("appId", FREE, Shape::Text),
    Key("vendor", NEEDED, Shape::Text),
    Key("vendorId", NEEDED, Shape::Text),
    Key("vendorUrl", FREE, Shape::Text),
    Key("version", NEEDED, Shape::Text),
    Key("architecture", NEEDED, Shape::Text),
    Key("compatibleOsVersions", NEEDED, Shape::List(&RANGE)),
    Key("runMode", NEEDED, Shape::Text),
    Key("runOptions", FREE, Shape::Text),
    Key("user", FREE, USER),
]);

const SETUP_1: Shape = Shape::Table(&[
    Key("appName", NEEDED, Shape::Text),
    Key("friendlyName", FREE, Shape::Text),
    Key("appId", FREE, Shape::Text),
    Key("vendor", NEEDED, Shape::Text),
    Key("vendorUrl", FREE, Shape::Text),
    Key("version", NEEDED, Shape::Text),
    Key("architecture", NEEDED, Shape::Text),
    Key("embeddedSdkVersion", NEEDED, Shape::Text),
    Key("runMode", NEEDED, Shape::Text),
    Key("runOptions", FREE, Shape::Text),
    Key("user", FREE, USER),
]);

const RANGE: Shape = Shape::Table(&[Key("min", NEEDED, Shape::Text), Key("max", NEEDED, Shape::Text)]);
const USER: Shape = Shape::Table(&[Key("username", NEEDED, Shape::Text), Key("group", NEEDED, Shape::Text)]);

const CONFIGURATION: Shape = Shape::Table(&[
    Key("settingPage", FREE, Shape::Text),
    Key("httpConfig", FREE, Shape::List(&HTTP_CONFIG)),
    Key("reverseProxy", FREE, Shape::List(&REVERSE_PROXY)),
    Key("paramConfig", FREE, Shape::List(&PARAMETER)),
]);
const HTTP_CONFIG: Shape = Shape::Table(&[
    Key("type", NEEDED, Shape::Text),
    Key("name", FREE, Shape::Text),
    Key("access", NEEDED, Shape::Text),
]);
const REVERSE_PROXY: Shape = Shape::Table(&[
    Key("apiPath", NEEDED, Shape::Text),
    Key("apiType", FREE, Shape::Text),
    Key("target", NEEDED, Shape::Text),
    Key("access", NEEDED, Shape::Text),
]);
const PARAMETER: Shape = Shape::Table(&[
    Key("name", NEEDED, Shape::Text),
    Key("default", NEEDED, Shape::Text),
    Key("type", NEEDED, Shape::Text),
]);

const INSTALLATION: Shape = Shape::Table(&[Key("postInstallScript", FREE, Shape::Text)]);
const UNINSTALLATION: Shape = Shape::Table(&[Key("preUninstallScript", FREE, Shape::Text)]);
const COPY_PROTECTION: Shape =
    Shape::Table(&[Key("method", NEEDED, Shape::Text), Key("customOptions", FREE, Shape::Text)]);

const RESOURCES: Shape = Shape::Table(&[
    Key("dbus", FREE, Shape::Table(&[Key("requiredMethods", FREE, TEXTS), Key("conditionalMethods", FREE, TEXTS)])),
    Key("linux", FREE, Shape::Table(&[Key("user", FREE, LINUX_USER)])),
]);
const LINUX_USER: Shape = Shape::Table(&[Key("groups", FREE, TEXTS), Key("conditionalGroups", FREE, TEXTS)]);

const fn manifest(package: &'static [Key]) -> [Key; 4] {
    [
        Key("$schema", FREE, Shape::Text),
        Key("schemaVersion", NEEDED, Shape::Text),
        Key("acapPackageConf", NEEDED, Shape::Table(package)),
        Key("resources", FREE, RESOURCES),
    ]
}

static SCHEMA_2: [Key; 4] = manifest(&[
    Key("setup", NEEDED, SETUP_2),
    Key("configuration", FREE, CONFIGURATION),
    Key("installation", FREE, INSTALLATION),
    Key("uninstallation", FREE, UNINSTALLATION),
    Key("copyProtection", FREE, COPY_PROTECTION),
]);

static SCHEMA_1: [Key; 4] = manifest(&[
    Key("setup", NEEDED, SETUP_1),
    Key("configuration", FREE, CONFIGURATION),
    Key("installation", FREE, INSTALLATION),
    Key("uninstallation", FREE, UNINSTALLATION),
    Key("copyProtection", FREE, COPY_PROTECTION),
]);

/// Unknown keys, missing keys, wrong types.
pub(super) fn check(manifest: &Manifest) -> Vec<Problem> {
    let keys: &[Key] = if manifest.schema_major() == Some(1) { &SCHEMA_1 } else { &SCHEMA_2 };
    let mut problems = Vec::new();
    check_table(&mut problems, "", manifest.tree(), keys);
    problems
}

fn check_value(problems: &mut Vec<Problem>, field: &str, value: &Value, shape: &Shape) {
    match (shape, value) {
        (Shape::Text, Value::String(_)) => {}
        (Shape::Text, _) => problems.push(wrong_type(field, value, "a string")),
        (Shape::List(inner), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                check_value(problems, &format!("{field}[{index}]"), item, inner);
            }
        }
        (Shape::List(_), _) => problems.push(wrong_type(field, value, "a list")),
        (Shape::Table(keys), _) => check_table(problems, field, value, keys),
    }
}

fn check_table(problems: &mut Vec<Problem>, field: &str, value: &Value, keys: &[Key]) {
    let Some(object) = value.as_object() else {
        problems.push(wrong_type(field, value, "an object"));
        return;
    };
    let inner = |name: &str| short(&format!("{field}.{name}")).to_owned();
    for Key(name, needed, shape) in keys {
        match object.get(*name) {
            Some(value) => check_value(problems, &inner(name), value, shape),
            None if *needed => {
                problems.push(Problem::new(inner(name), "missing, and it is required", mend_missing(name)))
            }
            None => {}
        }
    }
    problems.extend(unknown(object, keys).map(|name| {
        let known: Vec<&str> = keys.iter().map(|key| key.0).collect();
        Problem::new(inner(name), why_unknown(name), format!("take it out; known here: {}", known.join(", ")))
    }));
}

fn unknown<'a>(object: &'a Map<String, Value>, keys: &'a [Key]) -> impl Iterator<Item = &'a String> {
    object.keys().filter(|name| keys.iter().all(|key| key.0 != name.as_str()))
}

/// Paths without what every path has in common.
fn short(field: &str) -> &str {
    let field = field.strip_prefix('.').unwrap_or(field);
    field.strip_prefix("acapPackageConf.").unwrap_or(field)
}

fn wrong_type(field: &str, value: &Value, wanted: &str) -> Problem {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Problem::new(field, format!("{found}, and it must be {wanted}"), format!("write {wanted}"))
}

fn why_unknown(name: &str) -> &'static str {
    match name {
        "embeddedSdkVersion" | "containers" => "schema 2 no longer has this key",
        "vendorId" | "compatibleOsVersions" => "schema 1 does not have this key",
        "settingsPage" => "unknown key (the word is settingPage)",
        _ => "unknown key, and cameras refuse those",
    }
}

fn mend_missing(name: &str) -> &'static str {
    match name {
        "vendorId" => "write the ten hexadecimal digits that Axis assigned (1234567890 serves unsigned packages)",
        "compatibleOsVersions" => "write [{\"min\": \"11.11\", \"max\": \"13\"}] or the range in question",
        "min" | "max" => "write the AXIS OS version; no SDK fills it in here",
        "architecture" => "write it, or let the packer add it",
        "embeddedSdkVersion" => "write \"3.0\"",
        _ => "write it",
    }
}
