//! The app's own settings: raw parameter texts in, checked [`Settings`] out, every problem at once.
//!
//! Any other application on the camera may write our parameters, so nothing that gives power may rest on one alone:
//! what stands here changes how much is logged and what is read or linked, and no more.

use std::path::{Component, Path, PathBuf};

use log::LevelFilter;

use crate::portal::address::Address;
use crate::snapshot::Setting;
use crate::snapshot::cut;
use crate::snapshot::setting::{Problem, Unusable};

/// The parameters that the app reads.
pub const NAMES: [&str; 4] =
    [Setting::LogLevel.name(), Setting::EngineSocket.name(), Setting::HelpLink.name(), Setting::PortalAddress.name()];

/// Room for a path in a unix socket address, less its final zero.
const SOCKET_PATH_BYTES: usize = 107;
/// Longest additional help link, in characters.
const HELP_LINK_CHARS: usize = 300;
/// So many characters are kept of what somebody wrote and cannot be used.
const QUOTED_CHARS: usize = 60;

/// One parameter as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// Not answered yet.
    Pending,
    /// Its text.
    Text(String),
    /// It does not exist on this camera.
    Missing,
    /// It could not be read: the technical line.
    Unreadable(String),
}

/// The raw texts, in the order of [`NAMES`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// How much is logged.
    pub log_level: Raw,
    /// Where the container engine listens.
    pub engine_socket: Raw,
    /// The operator's own help page.
    pub help_link: Raw,
    /// The portal that is proposed.
    pub portal_address: Raw,
}

impl Texts {
    /// Nothing answered yet.
    pub const PENDING: Self = Self {
        log_level: Raw::Pending,
        engine_socket: Raw::Pending,
        help_link: Raw::Pending,
        portal_address: Raw::Pending,
    };
}

/// Checked settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Events of this level and above are logged.
    pub log_level: LevelFilter,
    /// Unix socket of the container engine.
    pub engine_socket: PathBuf,
    /// Additional help page; an `http` or `https` address.
    pub help_link: Option<String>,
    /// The portal that is proposed; an administrator has to confirm it.
    pub portal_address: Option<Address>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            log_level: LevelFilter::Info,
            engine_socket: "/var/run/docker.sock".into(),
            help_link: None,
            portal_address: None,
        }
    }
}

/// Checks every text; what cannot be used keeps its default and is named among the problems.
#[must_use]
pub fn check(texts: &Texts) -> (Settings, Vec<Problem>) {
    let Settings { log_level, engine_socket, help_link, portal_address } = Settings::default();
    let mut problems = Vec::new();
    let settings = Settings {
        log_level: take(Setting::LogLevel, &texts.log_level, parse_level, &mut problems).unwrap_or(log_level),
        engine_socket: take(Setting::EngineSocket, &texts.engine_socket, parse_socket, &mut problems)
            .unwrap_or(engine_socket),
        help_link: take(Setting::HelpLink, &texts.help_link, parse_link, &mut problems).unwrap_or(help_link),
        portal_address: take(Setting::PortalAddress, &texts.portal_address, parse_portal, &mut problems)
            .unwrap_or(portal_address),
    };
    (settings, problems)
}

fn take<T>(
    setting: Setting,
    raw: &Raw,
    parse: fn(&str) -> Result<T, Unusable>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let why = match raw {
        Raw::Pending => return None,
        Raw::Text(text) => match parse(text.trim()) {
            Ok(value) => return Some(value),
            Err(why) => why,
        },
        Raw::Missing => Unusable::Missing,
        Raw::Unreadable(line) => Unusable::Unreadable(line.clone()),
    };
    problems.push(Problem { setting, why });
    None
}

fn parse_level(text: &str) -> Result<LevelFilter, Unusable> {
    match text {
        "error" => Ok(LevelFilter::Error),
        "warn" => Ok(LevelFilter::Warn),
        "info" => Ok(LevelFilter::Info),
        "debug" => Ok(LevelFilter::Debug),
        other => Err(Unusable::NoLevel(cut(other, QUOTED_CHARS))),
    }
}

fn parse_socket(text: &str) -> Result<PathBuf, Unusable> {
    let path = Path::new(text);
    let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if !path.is_absolute() || !plain || text.chars().any(char::is_control) {
        return Err(Unusable::NoPath(cut(text, QUOTED_CHARS)));
    }
    if text.len() > SOCKET_PATH_BYTES {
        return Err(Unusable::LongPath { bytes: text.len(), most: SOCKET_PATH_BYTES });
    }
    Ok(path.to_path_buf())
}

fn parse_link(text: &str) -> Result<Option<String>, Unusable> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > HELP_LINK_CHARS {
        return Err(Unusable::LongAddress(HELP_LINK_CHARS));
    }
    let none = || Unusable::NoAddress(cut(text, QUOTED_CHARS));
    let address: hyper::Uri = text.parse().map_err(|_| none())?;
    let web = matches!(address.scheme_str(), Some("http" | "https"));
    let userless = address.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if web && userless { Ok(Some(text.to_owned())) } else { Err(none()) }
}

fn parse_portal(text: &str) -> Result<Option<Address>, Unusable> {
    if text.is_empty() {
        return Ok(None);
    }
    Address::read(text).map(Some).map_err(|_| Unusable::NoPortal(cut(text, QUOTED_CHARS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(level: &str, socket: &str, link: &str) -> Texts {
        let text = |text: &str| Raw::Text(text.into());
        Texts { log_level: text(level), engine_socket: text(socket), help_link: text(link), ..Texts::PENDING }
    }

    #[test]
    fn good_texts_are_taken() {
        let (settings, problems) = check(&texts("debug", "/run/x.sock", "https://help.example.com/cams?id=1"));
        assert_eq!(problems, []);
        assert_eq!(settings.log_level, LevelFilter::Debug);
        assert_eq!(settings.engine_socket, PathBuf::from("/run/x.sock"));
        assert_eq!(settings.help_link.as_deref(), Some("https://help.example.com/cams?id=1"));
    }

    #[test]
    fn a_portal_is_proposed_by_its_address_alone() {
        let proposed = |text: &str| check(&Texts { portal_address: Raw::Text(text.into()), ..Texts::PENDING });
        let (settings, problems) = proposed(" https://Portal.example/ ");
        assert_eq!(
            (settings.portal_address.map(String::from), problems),
            (Some("https://portal.example".into()), vec![])
        );
        assert_eq!(proposed(""), (Settings::default(), vec![]));
        for bad in ["portal.example", "http://portal.example", "https://me:pw@portal.example", "https://p.example/x"] {
            let (settings, problems) = proposed(bad);
            assert_eq!((settings.portal_address, problems.len()), (None, 1), "{bad}");
        }
    }

    #[test]
    fn every_bad_text_is_reported_at_once_and_keeps_its_default() {
        let (settings, problems) = check(&texts("loud", "run/../x", "javascript:alert(1)"));
        assert_eq!(settings, Settings::default());
        let problem = |setting, why| Problem { setting, why };
        let expected = [
            problem(Setting::LogLevel, Unusable::NoLevel("loud".into())),
            problem(Setting::EngineSocket, Unusable::NoPath("run/../x".into())),
            problem(Setting::HelpLink, Unusable::NoAddress("javascript:alert(1)".into())),
        ];
        assert_eq!(problems, expected);
    }

    #[test]
    fn hostile_texts_are_refused_and_not_kept_whole() {
        for link in ["http://user:pw@example.com/", "ftp://example.com", "http://", "//example.com", "http://a b/"] {
            assert_eq!(check(&texts("info", "/a", link)).1.len(), 1, "{link}");
        }
        let long = "x\n".repeat(5_000);
        let (_, problems) = check(&texts(&long, &format!("/{long}"), &long));
        assert!(problems.iter().all(|problem| format!("{problem:?}").len() < 300), "{problems:?}");
        assert_eq!(problems.len(), 3);
    }

    #[test]
    fn what_is_pending_is_no_problem_and_what_is_missing_is_one() {
        assert_eq!(check(&Texts::PENDING).1, []);
        let texts = Texts { log_level: Raw::Missing, engine_socket: Raw::Unreadable("late".into()), ..Texts::PENDING };
        assert_eq!(check(&texts).1.len(), 2);
    }
}
