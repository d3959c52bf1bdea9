//! The report: from what was found to values, and from values to text for people.

use std::fmt::{self, Write};

use serde_json::Value;

use super::compare;
use super::members::Found;
use super::{Parameter, ProxyRule, Report, Rights};
use crate::elf;
use crate::manifest::Manifest;

/// Puts the report together.
pub(super) fn report(manifest: &Manifest, found: Found, packed_bytes: u64, trailing_bytes: u64) -> Report {
    let setup = |key: &str| manifest.setup_text(key).map(str::to_owned);
    let list = |path: &[&str]| manifest.texts(path).into_iter().map(str::to_owned).collect();
    let elf = found.programs.get(manifest.app_name()).map(|bytes| elf::read(bytes));
    let read = elf.as_ref().and_then(|elf| elf.as_ref().ok());
    Report {
        app_name: manifest.app_name().to_owned(),
        friendly_name: manifest.friendly_name().to_owned(),
        version: setup("version").unwrap_or_default(),
        vendor: setup("vendor").unwrap_or_default(),
        vendor_id: setup("vendorId"),
        schema_version: manifest.text(&["schemaVersion"]).unwrap_or_default().to_owned(),
        architecture: setup("architecture"),
        executable: elf.as_ref().map(|elf| elf.as_ref().map_or_else(ToString::to_string, |elf| elf.machine.clone())),
        glibc: read.and_then(|elf| elf.glibc).map(|(major, minor)| format!("{major}.{minor}")),
        libraries: read.map(|elf| elf.needed.clone()).unwrap_or_default(),
        run_mode: setup("runMode"),
        os_versions: os_versions(manifest),
        os_ranges: os_ranges(manifest),
        setting_page: manifest.text(&["acapPackageConf", "configuration", "settingPage"]).map(str::to_owned),
        static_files_for: static_files_for(manifest),
        parameters: parameters(manifest),
        proxy: proxy(manifest),
        rights: Rights {
            fixed_user: manifest.setup("user").and_then(|user| Some(user.get("username")?.as_str()?.to_owned())),
            groups: list(&["resources", "linux", "user", "groups"]),
            required_methods: list(&["resources", "dbus", "requiredMethods"]),
            conditional_methods: list(&["resources", "dbus", "conditionalMethods"]),
        },
        disagreements: compare::disagreements(manifest, &found),
        members: found.members,
        packed_bytes,
        unpacked_bytes: found.tar_bytes,
        tar_sha256: found.tar_sha256,
        trailing_bytes,
        remarks: found.remarks,
    }
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn os_ranges(manifest: &Manifest) -> Vec<(String, String)> {
    let ranges = manifest.setup("compatibleOsVersions").and_then(Value::as_array);
    ranges.into_iter().flatten().map(|range| (text(range, "min"), text(range, "max"))).collect()
}

fn os_versions(manifest: &Manifest) -> Vec<String> {
    let end = |number: String| if number.is_empty() { "any".to_owned() } else { number };
    os_ranges(manifest).into_iter().map(|(min, max)| format!("{} to {}", end(min), end(max))).collect()
}

/// `admin` unless a directory entry says otherwise.
fn static_files_for(manifest: &Manifest) -> String {
    let folder = manifest.configured("httpConfig").iter().find(|entry| text(entry, "type") == "directory");
    folder.map_or_else(|| "admin".to_owned(), |entry| text(entry, "access"))
}

fn parameters(manifest: &Manifest) -> Vec<Parameter> {
    let one =
        |entry| Parameter { name: text(entry, "name"), default: text(entry, "default"), r#type: text(entry, "type") };
    manifest.configured("paramConfig").iter().map(one).collect()
}

fn proxy(manifest: &Manifest) -> Vec<ProxyRule> {
    let one = |entry| ProxyRule {
        api_path: text(entry, "apiPath"),
        target: text(entry, "target"),
        access: text(entry, "access"),
    };
    manifest.configured("reverseProxy").iter().map(one).collect()
}

/// Text from a package, without what would move a terminal's cursor or turn its writing round.
struct Plain<'a>(&'a str);

fn is_plain(letter: char) -> bool {
    let turns = matches!(letter, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !letter.is_control() && !turns
}

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| f.write_char(if is_plain(letter) { letter } else { '?' }))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show_identity(f)?;
        self.show_rights(f)?;
        self.show_members(f)?;
        let list = |f: &mut fmt::Formatter<'_>, title: &str, lines: &[String]| {
            if lines.is_empty() {
                return Ok(());
            }
            writeln!(f, "{title}")?;
            lines.iter().try_for_each(|line| writeln!(f, "  {}", Plain(line)))
        };
        list(f, "Disagreements", &self.disagreements)?;
        list(f, "Remarks", &self.remarks)
    }
}

impl Report {
    fn show_identity(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let none = "none";
        let mut line = |title: &str, value: &str| writeln!(f, "{title:<18}{}", Plain(value));
        line("Name", &format!("{} ({})", self.friendly_name, self.app_name))?;
        line("Version", &self.version)?;
        line("Vendor", &format!("{} ({})", self.vendor, self.vendor_id.as_deref().unwrap_or("no id")))?;
        line("Schema", &self.schema_version)?;
        line("Architecture", self.architecture.as_deref().unwrap_or(none))?;
        line("Executable", self.executable.as_deref().unwrap_or("no ELF file, or not looked into"))?;
        line("Needs glibc", self.glibc.as_deref().unwrap_or(none))?;
        line("Needs libraries", &self.libraries.join(", "))?;
        line("AXIS OS", &self.os_versions.join(", "))?;
        line("Run mode", self.run_mode.as_deref().unwrap_or(none))?;
        line("Opens", self.setting_page.as_deref().unwrap_or(none))?;
        line("Packed", &format!("{} bytes", self.packed_bytes))?;
        line("Unpacked", &format!("{} bytes", self.unpacked_bytes))?;
        line("SHA-256 of tar", &self.tar_sha256)?;
        if self.trailing_bytes > 0 {
            writeln!(f, "signature or other trailing bytes: {}", self.trailing_bytes)?;
        }
        Ok(())
    }

    fn show_rights(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Rights")?;
        let user = self.rights.fixed_user.as_deref().unwrap_or("made by the camera");
        writeln!(f, "  user            {}", Plain(user))?;
        writeln!(f, "  groups          {}", Plain(&self.rights.groups.join(", ")))?;
        for (word, methods) in
            [("required", &self.rights.required_methods), ("if there", &self.rights.conditional_methods)]
        {
            methods.iter().try_for_each(|method| writeln!(f, "  D-Bus, {word:<8} {}", Plain(method)))?;
        }
        writeln!(f, "Web\n  html/           for {}", Plain(&self.static_files_for))?;
        for rule in &self.proxy {
            let (path, target) = (Plain(&rule.api_path), Plain(&rule.target));
            writeln!(f, "  {path} -> {target} for {}", Plain(&rule.access))?;
        }
        writeln!(f, "Parameters")?;
        self.parameters.iter().try_for_each(|parameter| {
            let (name, default) = (Plain(&parameter.name), Plain(&parameter.default));
            writeln!(f, "  {name} = \"{default}\" ({})", Plain(&parameter.r#type))
        })
    }

    fn show_members(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Members")?;
        self.members.iter().try_for_each(|member| {
            let arrow = member.target.as_deref().map(|target| format!(" -> {target}")).unwrap_or_default();
            let (path, arrow) = (Plain(&member.path), Plain(&arrow));
            writeln!(f, "  {} {:>9} {:<6} {path}{arrow}", member.mode, member.bytes, member.kind)
        })
    }
}
