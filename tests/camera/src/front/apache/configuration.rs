//! The text of Apache's configuration; pure.
//!
//! Levels are groups: a viewer's place lets the groups viewer, operator and admin in. Later sections win in Apache, so
//! the general comes first, and an app's rules stand in reverse, since of two rules that fit the first one counts.
//! HTTP/2 is on, as recorded on AXIS OS 12.11 (`Upgrade: h2`).

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::access::{Account, Level};
use crate::addresses::Addresses;
use crate::front::embedded::JSON_CGIS;
use crate::front::{Levels, engine, stock};
use crate::site::AppSite;

const MODULES: [&str; 21] = [
    "mpm_event",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_user",
    "authz_groupfile",
    "auth_digest",
    "auth_basic",
    "proxy",
    "proxy_http",
    "headers",
    "ssl",
    "mime",
    "dir",
    "alias",
    "socache_shmcb",
    "setenvif",
    "http2",
    "reqtimeout",
    "env",
    "filter",
];

/// VAPIX paths whose levels Apache is told, the general first: what ends in a slash stands for everything below.
/// A path that is not here has the level of what is above it, but at least viewer; the device still checks its own.
const VAPIX: [&str; 28] = [
    "/axis-cgi/",
    "/config/",
    "/axis-cgi/admin/",
    "/axis-cgi/applications/",
    "/axis-cgi/disks/",
    "/axis-cgi/apidiscovery.cgi",
    "/axis-cgi/applications/info.cgi",
    "/axis-cgi/basicdeviceinfo.cgi",
    "/axis-cgi/disks/format.cgi",
    "/axis-cgi/disks/getcapabilities.cgi",
    "/axis-cgi/disks/gethealth.cgi",
    "/axis-cgi/disks/job.cgi",
    "/axis-cgi/disks/list.cgi",
    "/axis-cgi/disks/mount.cgi",
    "/axis-cgi/disks/properties/setpassphrase.cgi",
    "/axis-cgi/firmwaremanagement.cgi",
    "/axis-cgi/jpg/image.cgi",
    "/axis-cgi/network_settings.cgi",
    "/axis-cgi/oak.cgi",
    "/axis-cgi/param.cgi",
    "/axis-cgi/pwdgrp.cgi",
    "/axis-cgi/systemlog.cgi",
    "/axis-cgi/systemready.cgi",
    "/axis-cgi/time.cgi",
    "/axis-cgi/usergroup.cgi",
    "/config/discover",
    "/config/rest/time/v2",
    "/config/rest/virtualhost/v1",
];

/// Status of the path that names the configuration.
pub(crate) const NUMBER_STATUS: u16 = 410;

/// What the configuration is made of, but for the apps.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) folder: PathBuf,
    pub(crate) addresses: Addresses,
    pub(crate) engine: SocketAddr,
    pub(crate) secret: String,
    pub(crate) realm: String,
    pub(crate) https_only: bool,
    pub(crate) is_root: bool,
    pub(crate) levels: Vec<(String, Level)>,
}

/// The path that exists in the configuration with this number alone.
pub(crate) fn number_path(number: u64) -> String {
    format!("/.virtual-camera/configuration/{number}/")
}

/// What the device asks for its paths, the general first; of two methods the stricter counts.
pub(crate) fn device_levels(required: &Levels) -> Vec<(String, Level)> {
    let level = |path: &str| match required("GET", path).max(required("POST", path)) {
        level if path.ends_with('/') => level.max(Level::Viewer),
        level => level,
    };
    VAPIX.into_iter().map(|path| (path.to_owned(), level(path))).collect()
}

/// The file of groups: one line a level.
pub(crate) fn groups(accounts: &[Account]) -> String {
    let mut text = String::new();
    for (level, name) in [(Level::Viewer, "viewer"), (Level::Operator, "operator"), (Level::Admin, "admin")] {
        let _never = write!(text, "{name}:");
        for account in accounts.iter().filter(|account| account.level == level) {
            let _never = write!(text, " {}", account.name);
        }
        text.push('\n');
    }
    text
}

/// An argument in quotes. Names of apps and patterns were checked at installation; a line break could still end a
/// directive, so it never comes through.
fn quoted(text: &str) -> String {
    let text: String = text.chars().filter(|letter| !letter.is_control()).collect();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn require(level: Level) -> &'static str {
    match level {
        Level::Anonymous => "Require all granted",
        Level::Viewer => "Require group viewer operator admin",
        Level::Operator => "Require group operator admin",
        Level::Admin => "Require group admin",
    }
}

impl Configuration {
    /// Where the web server can be asked.
    pub(crate) fn base(&self) -> String {
        if self.https_only {
            format!("https://{}", self.addresses.https)
        } else {
            format!("http://{}", self.addresses.front)
        }
    }

    /// The whole file.
    pub(crate) fn text(&self, sites: &[AppSite], number: u64) -> String {
        let mut text = self.general();
        let common = self.common(sites, number);
        if !self.https_only {
            let login = format!("AuthType Digest\nAuthDigestProvider file\nAuthUserFile {}\n", self.file("digest"));
            text.push_str(&self.host(self.addresses.front, "", &login, &common));
        }
        let ssl = format!(
            "SSLEngine on\nSSLCertificateFile {}\nSSLCertificateKeyFile {}\n",
            self.file("certificate.pem"),
            self.file("key.pem")
        );
        let login = format!("AuthType Basic\nAuthBasicProvider file\nAuthUserFile {}\n", self.file("basic"));
        text.push_str(&self.host(self.addresses.https, &ssl, &login, &common));
        text
    }

    fn file(&self, name: &str) -> String {
        quoted(&self.folder.join(name).to_string_lossy())
    }

    fn general(&self) -> String {
        let mut text = String::from("# Written by the virtual camera at each change.\n");
        for module in MODULES {
            let _never = writeln!(text, "LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so");
        }
        // Eight workers: a guess at how few a small camera has, so that whoever holds them all shows here.
        let _never = write!(
            text,
            "ServerRoot {root}\nPidFile {pid}\nErrorLog {log}\nDefaultRuntimeDir {root}\nServerName camera\n\
             ServerTokens Full\nServerSignature Off\nTraceEnable off\nTypesConfig /etc/mime.types\n\
             DirectoryIndex index.html\nProtocols h2 http/1.1\nStartServers 1\nThreadsPerChild 8\nServerLimit 4\n\
             MaxRequestWorkers 8\nSSLSessionCache none\nTimeout 60\nKeepAlive On\nLimitRequestBody 0\n\
             GracefulShutdownTimeout 2\n\
             <Directory />\nOptions None\nAllowOverride None\nRequire all denied\n</Directory>\n\
             <Directory {root}>\n<FilesMatch \"^(401\\.html|empty)$\">\nRequire all granted\n</FilesMatch>\n</Directory>\n",
            root = quoted(&self.folder.to_string_lossy()),
            pid = self.file("pid"),
            log = self.file("error.log"),
        );
        if self.is_root {
            text.push_str("User www-data\nGroup www-data\n");
        }
        text
    }

    fn host(&self, address: SocketAddr, ssl: &str, login: &str, common: &str) -> String {
        let realm = quoted(&self.realm);
        format!(
            "Listen {address}\n<VirtualHost {address}>\n{ssl}<Location />\nAuthName {realm}\n{login}AuthGroupFile \
             {groups}\n{viewer}\n</Location>\n{common}</VirtualHost>\n",
            groups = self.file("groups"),
            viewer = require(Level::Viewer),
        )
    }

    fn common(&self, sites: &[AppSite], number: u64) -> String {
        let mut text = String::new();
        for (name, value) in stock::SECURITY {
            // Where an app sets one itself, it keeps its own.
            let value = quoted(value);
            let _never = writeln!(text, "Header always set {name} {value} \"expr=-z resp('{name}')\"");
        }
        let number = number_path(number);
        let _never = write!(
            text,
            "Redirect {NUMBER_STATUS} {number}\n<Location {number}>\nRequire all granted\n</Location>\n\
             Alias /.virtual-camera/401.html {page}\nErrorDocument 401 /.virtual-camera/401.html\n\
             <Location /.virtual-camera/401.html>\nRequire all granted\nForceType \"text/html; charset=iso-8859-1\"\n\
             FileETag None\nHeader unset Last-Modified\nHeader unset Accept-Ranges\n\
             </Location>\n\
             Alias /.virtual-camera/empty {empty}\n\
             <Location /.virtual-camera/empty>\nRequire all granted\nForceType \"application/json; charset=utf-8\"\n\
             FileETag None\nHeader unset Last-Modified\nHeader unset Accept-Ranges\n\
             </Location>\n",
            page = self.file("401.html"),
            empty = self.file("empty"),
        );
        for path in JSON_CGIS {
            let _never = write!(
                text,
                "<Location {path}>\n<If \"-z %{{HTTP:Authorization}}\">\nErrorDocument 401 /.virtual-camera/empty\n</If>\n\
                 </Location>\n"
            );
        }
        self.write_device(&mut text);
        for site in sites {
            write_site(&mut text, site);
        }
        text
    }

    fn write_device(&self, text: &mut String) {
        let engine = self.engine;
        let pages = crate::pages::PATHS
            .iter()
            .map(|path| (format!("^{}$", regex::escape(path)), crate::pages::access(path).unwrap_or(Level::Admin)));
        let vapix = self.levels.iter().map(|(path, level)| {
            let end = if path.ends_with('/') { "" } else { "$" };
            (format!("^{}{end}", regex::escape(path)), *level)
        });
        for (pattern, level) in vapix.chain(pages) {
            let (secret, user) = (engine::SECRET, engine::USER);
            let _never = write!(
                text,
                "<LocationMatch {pattern}>\n{require}\nRequestHeader set {secret} {value}\n\
                 RequestHeader set {user} \"expr=%{{REMOTE_USER}}\"\n</LocationMatch>\n\
                 ProxyPassMatch {pattern} http://{engine} disablereuse=on\n",
                pattern = quoted(&pattern),
                require = require(level),
                value = quoted(&self.secret),
            );
        }
    }
}

fn write_site(text: &mut String, site: &AppSite) {
    let app = regex::escape(&site.app);
    let folder = require(site.directory_access);
    let _never = write!(text, "<LocationMatch {}>\n{folder}\n</LocationMatch>\n", quoted(&format!("^/local/{app}/")));
    let pattern = |path: &str| quoted(&format!("^/local/{app}/(?:{path})"));
    for rule in site.proxies.iter().rev() {
        let require = require(rule.access);
        let _never = write!(text, "<LocationMatch {}>\n{require}\n</LocationMatch>\n", pattern(&rule.api_path));
    }
    for rule in &site.proxies {
        let target = quoted(rule.target.trim_end_matches('/'));
        let _never = writeln!(text, "ProxyPassMatch {} {target}", pattern(&rule.api_path));
    }
    if let Some(html) = &site.html {
        let folder = quoted(&html.to_string_lossy());
        let alias = quoted(&format!("/local/{}/", site.app));
        let target = quoted(&format!("{}/", html.to_string_lossy()));
        let _never = write!(
            text,
            "Alias {alias} {target}\n<Directory {folder}>\nOptions None\nAllowOverride None\nRequire all granted\n\
             </Directory>\n"
        );
    }
}
