//! `schemaVersion` and `acapPackageConf.setup`: names, versions, the range of AXIS OS, how the app is run.

use std::cmp::Ordering;

use crate::arch::Arch;
use crate::manifest::Manifest;
use crate::problem::Problem;
use crate::rules::{SCHEMAS_2, shell_unsafe};
use crate::schema1;

/// Names that mean something else in a package's folder.
const TAKEN: [&str; 5] = ["html", "lib", "declarations", "localdata", "LICENSE"];
/// Arguments that move the app away from the camera's own addresses; they are for development.
const DEVELOPMENT_ARGUMENTS: [&str; 2] = ["--listen", "--vapix"];
/// Most letters of a friendlyName (schema 1.7.2).
const FRIENDLY_NAME_LETTERS: usize = 256;

pub(super) fn check(manifest: &Manifest, arch: Arch) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(schema_version(manifest));
    problems.extend(manifest.setup_text("appName").and_then(app_name));
    problems.extend(manifest.setup_text("friendlyName").and_then(friendly_name));
    problems.extend(manifest.setup_text("vendor").and_then(vendor));
    problems.extend(manifest.setup_text("vendorId").and_then(vendor_id));
    problems.extend(manifest.setup_text("vendorUrl").and_then(vendor_url));
    problems.extend(manifest.setup_text("appId").and_then(|text| shell_unsafe("setup.appId", text)));
    problems.extend(manifest.setup_text("version").and_then(version));
    problems.extend(manifest.setup_text("architecture").and_then(|word| architecture(word, arch)));
    problems.extend(manifest.setup_text("embeddedSdkVersion").and_then(embedded_sdk_version));
    problems.extend(os_ranges(manifest));
    problems.extend(run_mode(manifest));
    problems.extend(manifest.setup_text("runOptions").into_iter().flat_map(run_options));
    problems.extend(copy_protection(manifest));
    problems
}

fn schema_version(manifest: &Manifest) -> Option<Problem> {
    let word = manifest.text(&["schemaVersion"])?;
    let known = SCHEMAS_2.contains(&word) || word == schema1::SCHEMA_VERSION;
    (!known).then(|| {
        let rule = format!("{word:?} is none of {} and {}", SCHEMAS_2.join(", "), schema1::SCHEMA_VERSION);
        Problem::new("schemaVersion", rule, "write \"2.0.0\", which every camera with schema 2 knows")
    })
}

fn app_name(name: &str) -> Option<Problem> {
    let field = "setup.appName";
    let letters = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if !letters || !(2..=26).contains(&name.len()) {
        let rule = format!("{name:?} is not 2 to 26 letters, digits and underscores, the first one a letter");
        return Some(Problem::new(field, rule, "choose such a name; it is also the executable's and the URL's"));
    }
    TAKEN.contains(&name).then(|| {
        Problem::new(field, format!("{name:?} is also a file or folder of every package"), "choose another name")
    })
}

fn friendly_name(name: &str) -> Option<Problem> {
    let field = "setup.friendlyName";
    if name.trim().is_empty() || name.chars().count() > FRIENDLY_NAME_LETTERS {
        return Some(Problem::new(field, "it must have 1 to 256 letters", "write a short name, or leave the key out"));
    }
    if name.contains('/') {
        return Some(Problem::new(field, format!("{name:?} holds a slash, and it is a file name too"), "leave it out"));
    }
    shell_unsafe(field, name)
}

fn vendor(name: &str) -> Option<Problem> {
    if name.trim().is_empty() {
        return Some(Problem::new("setup.vendor", "it is empty", "write the name of who answers for the package"));
    }
    shell_unsafe("setup.vendor", name)
}

fn vendor_id(id: &str) -> Option<Problem> {
    let right = id.len() == 10 && id.chars().all(|letter| letter.is_ascii_hexdigit());
    (!right).then(|| {
        let rule = format!("{id:?} is not ten hexadecimal digits");
        Problem::new("setup.vendorId", rule, "write the one that Axis assigned (1234567890 serves unsigned packages)")
    })
}

fn vendor_url(url: &str) -> Option<Problem> {
    let plain = |letter: char| letter.is_ascii_graphic() && !matches!(letter, '\'' | '<' | '>');
    if !(url.starts_with("https://") || url.starts_with("http://")) || !url.chars().all(plain) {
        let rule = format!("{url:?} is no plain http or https address, and it becomes HTML in shell quotes");
        return Some(Problem::new("setup.vendorUrl", rule, "write an address without quotes, spaces, < and >"));
    }
    shell_unsafe("setup.vendorUrl", url)
}

fn version(text: &str) -> Option<Problem> {
    let error = semver::Version::parse(text).err()?;
    let rule = format!("{text:?} is no semantic version ({error})");
    Some(Problem::new("setup.version", rule, "write three numbers such as 1.6.0"))
}

fn architecture(word: &str, arch: Arch) -> Option<Problem> {
    (word != arch.word()).then(|| {
        let rule = format!("{word:?}, but the package is packed for {arch}");
        Problem::new("setup.architecture", rule, "take the key out; the packer adds it")
    })
}

fn embedded_sdk_version(word: &str) -> Option<Problem> {
    (word != "3.0")
        .then(|| Problem::new("setup.embeddedSdkVersion", format!("{word:?} is not \"3.0\""), "write \"3.0\""))
}

fn os_ranges(manifest: &Manifest) -> Vec<Problem> {
    let field = "setup.compatibleOsVersions";
    let Some(ranges) = manifest.setup("compatibleOsVersions").and_then(|list| list.as_array()) else {
        return Vec::new();
    };
    if ranges.is_empty() {
        return vec![Problem::new(field, "the list is empty, so no camera would take the package", "write a range")];
    }
    let mut problems = Vec::new();
    for (index, range) in ranges.iter().enumerate() {
        let mut end = |key: &str| {
            let text = range.get(key)?.as_str()?;
            let numbers = os_version(text);
            if numbers.is_none() {
                let rule = format!("{text:?} is no AXIS OS version");
                problems.push(Problem::new(
                    format!("{field}[{index}].{key}"),
                    rule,
                    "write numbers such as 12.11 or 13",
                ));
            }
            numbers
        };
        let (min, max) = (end("min"), end("max"));
        if let (Some(min), Some(max)) = (&min, &max) {
            problems.extend(range_problem(manifest, &format!("{field}[{index}]"), min, max));
        }
    }
    problems
}

fn range_problem(manifest: &Manifest, field: &str, min: &[u32], max: &[u32]) -> Option<Problem> {
    // A maximum such as 13 covers everything that begins so; only the numbers that both have count.
    let common = min.len().min(max.len());
    if min.iter().take(common).cmp(max.iter().take(common)) == Ordering::Greater {
        return Some(Problem::new(field, "min is above max", "exchange them"));
    }
    let schema = manifest.text(&["schemaVersion"]).unwrap_or_default();
    (matches!(schema, "2.1.0" | "2.2.0") && min < [12, 11].as_slice()).then(|| {
        let rule = format!("schema {schema} came with AXIS OS 12.11, and min is below that");
        Problem::new(field, rule, "raise min to 12.11, or write schemaVersion 2.0.0")
    })
}

/// One to four numbers.
pub(super) fn os_version(text: &str) -> Option<Vec<u32>> {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let numbers: Vec<u32> =
        text.split('.').map(|part| if plain(part) { part.parse().ok() } else { None }).collect::<Option<_>>()?;
    (numbers.len() <= 4).then_some(numbers)
}

fn run_mode(manifest: &Manifest) -> Option<Problem> {
    let mode = manifest.setup_text("runMode")?;
    let known: &[&str] = match manifest.schema_major() {
        Some(1) => &["respawn", "once", "never"],
        _ => &["respawn", "respawnOnFailure", "once", "never"],
    };
    (!known.contains(&mode))
        .then(|| Problem::new("setup.runMode", format!("{mode:?} is none of {}", known.join(", ")), "write respawn"))
}

fn run_options(options: &str) -> Vec<Problem> {
    let field = "setup.runOptions";
    let mut problems: Vec<Problem> = DEVELOPMENT_ARGUMENTS
        .into_iter()
        .filter(|argument| options.contains(argument))
        .map(|argument| {
            let rule = format!("{argument} is an argument for development and must not reach a camera");
            Problem::new(field, rule, "take it out; the app knows the camera's addresses")
        })
        .collect();
    problems.extend(shell_unsafe(field, options));
    if options.contains('\'') {
        problems.push(Problem::new(field, "a quote hides what the arguments are (our own rule)", "take it out"));
    }
    problems
}

fn copy_protection(manifest: &Manifest) -> Vec<Problem> {
    let value = |key: &str| manifest.text(&["acapPackageConf", "copyProtection", key]);
    let mut problems = Vec::new();
    match value("method") {
        None | Some("none" | "custom") => {}
        Some("axis") if manifest.setup_text("appId").is_some_and(|id| !id.is_empty()) => {}
        Some("axis") => problems.push(Problem::new(
            "setup.appId",
            "copyProtection.method \"axis\" needs it",
            "write the appId that Axis assigned",
        )),
        Some(other) => problems.push(Problem::new(
            "copyProtection.method",
            format!("{other:?} is none of none, axis, custom"),
            "write none",
        )),
    }
    problems.extend(value("customOptions").and_then(|text| shell_unsafe("copyProtection.customOptions", text)));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_versions_are_one_to_four_plain_numbers() {
        assert_eq!(os_version("12.11.72"), Some(vec![12, 11, 72]));
        for wrong in ["", "12.", "+12", "12.x", "1.2.3.4.5", " 12", "99999999999"] {
            assert_eq!(os_version(wrong), None, "{wrong:?}");
        }
    }
}
