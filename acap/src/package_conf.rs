//! `package.conf`: the shell assignments that a camera sources when it installs a package.
//!
//! Nothing is escaped, as in the SDK's packer; [`unsafe_letter`] says what must not be in a value. Facts: names, order,
//! defaults and quotes were verified against output of the SDK's packer.

use std::collections::BTreeMap;

use crate::manifest::Manifest;

/// The first character of `value` that would be code, or would end the line, where the shell reads it.
#[must_use]
pub fn unsafe_letter(value: &str) -> Option<char> {
    value.chars().find(|letter| matches!(letter, '"' | '$' | '`' | '\\') || letter.is_control())
}

/// The file for a manifest that has its `setup.architecture`. `other_files` are the names of additional files in the
/// package's root, in their order.
#[must_use]
pub fn write(manifest: &Manifest, other_files: &[&str]) -> String {
    let link = match manifest.setup_text("vendorUrl").unwrap_or_default() {
        "" => String::new(),
        url => {
            let bare = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or(url);
            format!("<a href=\"{url}\" target=\"_blank\">{bare}</a>")
        }
    };
    assignments(manifest, other_files)
        .into_iter()
        .map(|(name, value)| match name {
            "VENDORHOMEPAGELINK" => format!("{name}='{link}'\n"),
            _ => format!("{name}=\"{value}\"\n"),
        })
        .collect()
}

/// Names and values in the file's order; the value of `VENDORHOMEPAGELINK` is left empty here.
fn assignments(manifest: &Manifest, other_files: &[&str]) -> Vec<(&'static str, String)> {
    let setup = |key: &str, default: &str| manifest.setup_text(key).unwrap_or(default).to_owned();
    let conf = |group: &str, key: &str, default: &str| {
        manifest.text(&["acapPackageConf", group, key]).unwrap_or(default).to_owned()
    };
    let user = |key: &str| manifest.setup("user").and_then(|user| user.get(key)?.as_str()).unwrap_or("sdk").to_owned();
    let version = manifest.version().unwrap_or(semver::Version::new(1, 0, 0));
    let uninstall = conf("uninstallation", "preUninstallScript", "");
    let others: Vec<&str> = other_files.iter().copied().chain([uninstall.as_str()]).filter(|n| !n.is_empty()).collect();
    let options = conf("copyProtection", "customOptions", "");
    let mut lines = vec![
        ("PACKAGENAME", manifest.friendly_name().to_owned()),
        ("APPTYPE", setup("architecture", "")),
        ("APPNAME", setup("appName", "")),
        ("APPID", setup("appId", "")),
        ("LICENSENAME", "Available".to_owned()),
        ("LICENSEPAGE", conf("copyProtection", "method", "none")),
    ];
    if !options.is_empty() {
        lines.push(("LICENSE_CHECK_ARGS", options));
    }
    lines.extend([
        ("VENDOR", setup("vendor", "-")),
        ("REQEMBDEVVERSION", setup("embeddedSdkVersion", "2.0")),
        ("APPMAJORVERSION", version.major.to_string()),
        ("APPMINORVERSION", version.minor.to_string()),
        ("APPMICROVERSION", version.patch.to_string()),
        ("APPGRP", user("group")),
        ("APPUSR", user("username")),
        ("APPOPTS", setup("runOptions", "")),
        ("OTHERFILES", others.join(" ")),
        ("SETTINGSPAGEFILE", conf("configuration", "settingPage", "")),
        ("SETTINGSPAGETEXT", String::new()),
        ("VENDORHOMEPAGELINK", String::new()),
        ("PREUPGRADESCRIPT", String::new()),
        ("POSTINSTALLSCRIPT", conf("installation", "postInstallScript", "")),
        ("STARTMODE", setup("runMode", "never")),
        ("HTTPCGIPATHS", if has_cgi_conf(manifest) { "cgi.conf".to_owned() } else { String::new() }),
    ]);
    lines
}

/// Whether the package has a `cgi.conf`: `httpConfig` is a list that isn't empty, whatever is in it.
#[must_use]
pub fn has_cgi_conf(manifest: &Manifest) -> bool {
    !manifest.configured("httpConfig").is_empty()
}

/// Reads the assignments, without a shell. A line that is none is given back as text in the second list.
#[must_use]
pub fn read(text: &str) -> (BTreeMap<&str, &str>, Vec<&str>) {
    let mut values = BTreeMap::new();
    let mut odd = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match assignment(line) {
            Some((name, value)) if !values.contains_key(name) => {
                values.insert(name, value);
            }
            _ => odd.push(line),
        }
    }
    (values, odd)
}

/// `NAME="value"` or `NAME='value'`, with nothing in the value that a shell would act on.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, quoted) = line.split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
    let double = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let single = quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let value =
        double.filter(|value| unsafe_letter(value).is_none()).or(single.filter(|value| !value.contains('\'')))?;
    is_name.then_some((name, value))
}

/// How `package.conf` and the manifest disagree, one sentence each: everything that can be told from the manifest.
#[must_use]
pub fn disagreements(text: &str, manifest: &Manifest) -> Vec<String> {
    let (found, odd) = read(text);
    let expected = write(manifest, &[]);
    let mut said: Vec<String> =
        odd.into_iter().map(|line| format!("package.conf: {line:?} is no plain assignment")).collect();
    for (name, value) in read(&expected).0 {
        match found.get(name) {
            _ if name == "OTHERFILES" => {}
            None => said.push(format!("package.conf: {name} is missing, the manifest says {value:?}")),
            Some(other) if *other != value => {
                said.push(format!("package.conf: {name} is {other:?}, the manifest says {value:?}"));
            }
            Some(_) => {}
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"{"schemaVersion":"2.0.0","acapPackageConf":{
        "setup":{"appName":"bird_box","friendlyName":"Bird Box","vendor":"Nest Ltd","vendorUrl":"https://nest.example",
                 "version":"4.5.6-rc.1","runMode":"respawn","runOptions":"-v 2","architecture":"armv7hf"},
        "installation":{"postInstallScript":"after.sh"},"uninstallation":{"preUninstallScript":"before.sh"},
        "configuration":{"settingPage":"index.html","httpConfig":[{"type":"directory","access":"viewer"}]}}}"#;

    const EXPECTED: &str = r#"PACKAGENAME="Bird Box"
APPTYPE="armv7hf"
APPNAME="bird_box"
APPID=""
LICENSENAME="Available"
LICENSEPAGE="none"
VENDOR="Nest Ltd"
REQEMBDEVVERSION="2.0"
APPMAJORVERSION="4"
APPMINORVERSION="5"
APPMICROVERSION="6"
APPGRP="sdk"
APPUSR="sdk"
APPOPTS="-v 2"
OTHERFILES="extra.txt junk~ before.sh"
SETTINGSPAGEFILE="index.html"
SETTINGSPAGETEXT=""
VENDORHOMEPAGELINK='<a href="https://nest.example" target="_blank">nest.example</a>'
PREUPGRADESCRIPT=""
POSTINSTALLSCRIPT="after.sh"
STARTMODE="respawn"
HTTPCGIPATHS="cgi.conf"
"#;

    #[test]
    fn every_line_has_its_place_its_quotes_and_its_default() {
        let manifest = Manifest::read(MANIFEST.as_bytes()).unwrap();
        assert_eq!(write(&manifest, &["extra.txt", "junk~"]), EXPECTED);
    }

    #[test]
    fn a_schema_1_manifest_with_copy_protection_has_its_own_lines() {
        let manifest = Manifest::read(
            br#"{"acapPackageConf":{"setup":{"appName":"ab","embeddedSdkVersion":"3.0","user":{"username":"u","group":"g"}},
            "copyProtection":{"method":"custom","customOptions":"--x"}}}"#,
        );
        let text = write(&manifest.unwrap(), &[]);
        let order = ["LICENSEPAGE=\"custom\"\nLICENSE_CHECK_ARGS=\"--x\"\nVENDOR=\"-\"\nREQEMBDEVVERSION=\"3.0\"\n"];
        assert!(text.contains(order[0]), "{text}");
        assert!(text.contains("APPGRP=\"g\"\nAPPUSR=\"u\"\nAPPOPTS=\"\"\n"), "{text}");
        assert!(text.contains("VENDORHOMEPAGELINK=''\n") && text.ends_with("STARTMODE=\"never\"\nHTTPCGIPATHS=\"\"\n"));
    }

    #[test]
    fn what_was_written_is_read_back_and_agrees() {
        let manifest = Manifest::read(MANIFEST.as_bytes()).unwrap();
        assert_eq!(disagreements(EXPECTED, &manifest), Vec::<String>::new());
    }

    #[test]
    fn a_changed_a_missing_a_repeated_and_an_executable_line_are_each_named() {
        let manifest = Manifest::read(MANIFEST.as_bytes()).unwrap();
        let text = EXPECTED
            .replace("APPNAME=\"bird_box\"", "APPNAME=\"other\"")
            .replace("STARTMODE=\"respawn\"\n", "")
            .replace("VENDOR=\"Nest Ltd\"", "VENDOR=\"$(reboot)\"")
            + "APPID=\"2\"\nreboot\n";
        let said = disagreements(&text, &manifest).join("\n");
        for part in
            ["APPNAME is \"other\"", "STARTMODE is missing", "$(reboot)", "\"reboot\" is no plain", "APPID=\\\"2\\\""]
        {
            assert!(said.contains(part), "{part} not in {said}");
        }
    }
}
