//! A package's manifest.json, as far as a camera acts on it. Field rules as documented for schemas 1.x and 2.x; what
//! breaks one is answered with 29.

use serde_json::Value;

use super::Refused;
use crate::access::Level;

/// When the camera starts an app anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunMode {
    /// At boot, and whenever it ends.
    Respawn,
    /// At boot, and whenever it fails (schema 1.8).
    RespawnOnFailure,
    /// At boot if it was running.
    Once,
    /// Only when told.
    Never,
}

/// A reverse proxy rule as the manifest has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Regular expression.
    pub api_path: String,
    /// `http://host:port`, a path is cut off by the camera.
    pub target: String,
    /// Who may pass.
    pub access: Level,
}

/// What the camera takes from manifest.json.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Major, minor, patch.
    pub schema: (u64, u64, u64),
    /// appName.
    pub app: String,
    /// friendlyName, else appName.
    pub nice_name: String,
    /// Vendor.
    pub vendor: String,
    /// Ten hexadecimal digits (schema 2).
    pub vendor_id: Option<String>,
    /// Semantic version.
    pub version: semver::Version,
    /// `all`, `aarch64`, `armv7hf`; `x86_64` for development.
    pub architecture: String,
    /// When it is started anew.
    pub run_mode: RunMode,
    /// The word in the manifest.
    pub run_mode_word: String,
    /// Arguments, split at blanks.
    pub run_options: Vec<String>,
    /// vendorUrl.
    pub vendor_url: Option<String>,
    /// appId.
    pub app_id: Option<String>,
    /// settingPage.
    pub setting_page: Option<String>,
    /// compatibleOsVersions as (min, max).
    pub ranges: Vec<(Option<String>, Option<String>)>,
    /// Wanted groups and the static user and its group.
    pub groups: Vec<String>,
    /// D-Bus methods without which it is not installed.
    pub required_methods: Vec<String>,
    /// Who may read `html/`.
    pub directory_access: Level,
    /// Whether `httpConfig` has entries.
    pub has_http_config: bool,
    /// In the order of the manifest.
    pub proxies: Vec<Proxy>,
    /// postInstallScript.
    pub post_install: Option<String>,
    /// preUninstallScript.
    pub pre_uninstall: Option<String>,
}

fn wrong(what: impl std::fmt::Display) -> Refused {
    Refused::new(29, format!("manifest.json: {what}"))
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`Refused`] with code 29, naming the field.
    pub fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let json: Value = serde_json::from_slice(bytes).map_err(wrong)?;
        let schema = three(need(json.get("schemaVersion"), "schemaVersion")?).ok_or_else(|| wrong("schemaVersion"))?;
        let package = json.get("acapPackageConf").ok_or_else(|| wrong("acapPackageConf is missing"))?;
        let setup = package.get("setup").ok_or_else(|| wrong("setup is missing"))?;
        let app = need(setup.get("appName"), "appName")?;
        if !is_app_name(&app) {
            return Err(wrong(format_args!("appName {app:?}")));
        }
        let version = semver::Version::parse(&need(setup.get("version"), "version")?).map_err(wrong)?;
        let run_mode_word = need(setup.get("runMode"), "runMode")?;
        let configuration = package.get("configuration");
        let manifest = Self {
            schema,
            nice_name: word(setup.get("friendlyName")).unwrap_or_else(|| app.clone()),
            vendor: need(setup.get("vendor"), "vendor")?,
            vendor_id: word(setup.get("vendorId")),
            version,
            architecture: word(setup.get("architecture")).unwrap_or_else(|| "all".to_owned()),
            run_mode: run_mode(&run_mode_word)?,
            run_mode_word,
            run_options: word(setup.get("runOptions"))
                .unwrap_or_default()
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            vendor_url: word(setup.get("vendorUrl")),
            app_id: word(setup.get("appId")),
            setting_page: word(configuration.and_then(|all| all.get("settingPage"))),
            ranges: ranges(setup),
            groups: groups(&json, setup),
            required_methods: words(json.pointer("/resources/dbus/requiredMethods")),
            directory_access: directory_access(configuration),
            has_http_config: !list(configuration.and_then(|all| all.get("httpConfig"))).is_empty(),
            proxies: proxies(configuration)?,
            post_install: word(package.pointer("/installation/postInstallScript")),
            pre_uninstall: word(package.pointer("/uninstallation/preUninstallScript")),
            app,
        };
        manifest.check_schema_2(setup)?;
        // A static user has neither D-Bus nor groups (seen by others as an invalid manifest).
        if setup.get("user").is_some() && json.get("resources").is_some_and(asks_for_rights) {
            return Err(wrong("a static user excludes resources.dbus and resources.linux.user"));
        }
        Ok(manifest)
    }

    /// What schema 2 asks for beyond 1 (documented).
    fn check_schema_2(&self, setup: &Value) -> Result<(), Refused> {
        if self.schema.0 < 2 {
            return Ok(());
        }
        let is_id = |id: &String| id.len() == 10 && id.chars().all(|digit| digit.is_ascii_hexdigit());
        if !self.vendor_id.as_ref().is_some_and(is_id) {
            return Err(wrong("vendorId must be ten hexadecimal digits"));
        }
        if self.ranges.is_empty() || self.ranges.iter().any(|(min, max)| min.is_none() || max.is_none()) {
            return Err(wrong("compatibleOsVersions needs both bounds"));
        }
        if setup.get("architecture").is_none() {
            return Err(wrong("architecture is missing"));
        }
        match ["embeddedSdkVersion", "containers"].iter().find(|key| setup.get(**key).is_some()) {
            Some(key) => Err(wrong(format_args!("{key} is not of schema 2"))),
            None => Ok(()),
        }
    }

    /// The arguments of its reverse proxy: the port of the first target; the common one if there is none.
    #[must_use]
    pub fn port(&self) -> u16 {
        let port = |proxy: &Proxy| proxy.target.parse::<hyper::Uri>().ok()?.port_u16();
        self.proxies.iter().find_map(port).unwrap_or(18_461)
    }
}

fn asks_for_rights(resources: &Value) -> bool {
    resources.get("dbus").is_some() || resources.pointer("/linux/user").is_some()
}

fn is_app_name(name: &str) -> bool {
    (2..=26).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn word(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

fn need(value: Option<&Value>, field: &str) -> Result<String, Refused> {
    word(value).filter(|text| !text.is_empty()).ok_or_else(|| wrong(format_args!("{field} is missing")))
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn words(value: Option<&Value>) -> Vec<String> {
    list(value).iter().filter_map(|one| word(Some(one))).collect()
}

/// Two or three numbers.
fn three(text: String) -> Option<(u64, u64, u64)> {
    let mut parts = text.split('.').map(|part| part.parse::<u64>());
    let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let patch = parts.next().unwrap_or(Ok(0)).ok()?;
    parts.next().is_none().then_some((major, minor, patch))
}

fn run_mode(word: &str) -> Result<RunMode, Refused> {
    match word {
        "respawn" => Ok(RunMode::Respawn),
        "respawnOnFailure" => Ok(RunMode::RespawnOnFailure),
        "once" => Ok(RunMode::Once),
        "never" => Ok(RunMode::Never),
        _ => Err(wrong(format_args!("runMode {word:?}"))),
    }
}

fn ranges(setup: &Value) -> Vec<(Option<String>, Option<String>)> {
    let ranges = list(setup.get("compatibleOsVersions")).iter();
    ranges.map(|range| (word(range.get("min")), word(range.get("max")))).collect()
}

fn groups(json: &Value, setup: &Value) -> Vec<String> {
    let mut groups = words(json.pointer("/resources/linux/user/groups"));
    groups.extend(word(setup.pointer("/user/username")));
    groups.extend(word(setup.pointer("/user/group")));
    groups
}

fn directory_access(configuration: Option<&Value>) -> Level {
    let entries = list(configuration.and_then(|all| all.get("httpConfig"))).iter();
    entries
        .filter(|entry| entry.get("type").and_then(Value::as_str) == Some("directory"))
        .find_map(|entry| Level::from_manifest(entry.get("access")?.as_str()?))
        .unwrap_or(Level::Admin)
}

fn proxies(configuration: Option<&Value>) -> Result<Vec<Proxy>, Refused> {
    let rules = list(configuration.and_then(|all| all.get("reverseProxy"))).iter();
    rules
        .map(|rule| {
            let access = need(rule.get("access"), "reverseProxy access")?;
            Ok(Proxy {
                api_path: need(rule.get("apiPath"), "reverseProxy apiPath")?,
                target: need(rule.get("target"), "reverseProxy target")?,
                access: Level::from_manifest(&access).ok_or_else(|| wrong(format_args!("access {access:?}")))?,
            })
        })
        .collect()
}
