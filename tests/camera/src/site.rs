//! What an installed application adds to the camera's web server.
//!
//! Source: ACAP manifest documentation (`httpConfig`, `reverseProxy`); that the whole path reaches the app was seen
//! in three independent public applications.

use std::path::PathBuf;

use crate::access::Level;

/// The web side of one installed application, under `/local/<app>/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSite {
    /// The appName: the path segment below `/local/`.
    pub app: String,
    /// The folder `html/` of the unpacked package; `None` when the package has none.
    pub html: Option<PathBuf>,
    /// Who may read static files: administrators unless the manifest has a `directory` entry.
    pub directory_access: Level,
    /// Reverse proxy rules in the order of the manifest.
    pub proxies: Vec<ProxyRule>,
}

/// One `reverseProxy` entry, its target already rewritten to the app's own loopback address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyRule {
    /// The regular expression as in the manifest; it is matched after `/local/<app>/` and has no end.
    pub api_path: String,
    /// `http://IP:PORT`, without a path.
    pub target: String,
    /// Who may pass.
    pub access: Level,
}
