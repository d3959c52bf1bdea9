//! The app's own settings: raw parameter texts in, checked [`Settings`] out, every problem at once.
//!
//! Any other application on the camera may write our parameters, so nothing that gives power may rest on one alone:
//! what stands here changes how much is logged and what is read or linked, and no more.

use std::path::{Component, Path, PathBuf};

use log::LevelFilter;

/// The parameters that the app reads, as declared in the package's manifest.
pub const NAMES: [&str; 3] = ["LogLevel", "EngineSocket", "HelpLink"];

/// Room for a path in a unix socket address, less its final zero.
const SOCKET_PATH_BYTES: usize = 107;
/// Longest additional help link, in characters.
const HELP_LINK_CHARS: usize = 300;

/// One parameter as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// Not answered yet.
    Pending,
    /// Its text.
    Text(String),
    /// It does not exist on this camera.
    Missing,
    /// It could not be read, in words.
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
}

impl Texts {
    /// Nothing answered yet.
    pub const PENDING: Self = Self { log_level: Raw::Pending, engine_socket: Raw::Pending, help_link: Raw::Pending };
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
}

impl Default for Settings {
    fn default() -> Self {
        Self { log_level: LevelFilter::Info, engine_socket: "/var/run/docker.sock".into(), help_link: None }
    }
}

/// Checks every text; what cannot be used keeps its default and is named among the problems.
#[must_use]
pub fn check(texts: &Texts) -> (Settings, Vec<String>) {
    let Settings { log_level, engine_socket, help_link } = Settings::default();
    let mut problems = Vec::new();
    let settings = Settings {
        log_level: take("LogLevel", "info", &texts.log_level, parse_level, &mut problems).unwrap_or(log_level),
        engine_socket: take("EngineSocket", "the default", &texts.engine_socket, parse_socket, &mut problems)
            .unwrap_or(engine_socket),
        help_link: take("HelpLink", "no link", &texts.help_link, parse_link, &mut problems).unwrap_or(help_link),
    };
    (settings, problems)
}

fn take<T>(
    name: &str,
    instead: &str,
    raw: &Raw,
    parse: fn(&str) -> Result<T, String>,
    problems: &mut Vec<String>,
) -> Option<T> {
    let problem = match raw {
        Raw::Pending => return None,
        Raw::Text(text) => match parse(text.trim()) {
            Ok(value) => return Some(value),
            Err(problem) => problem,
        },
        Raw::Missing => "the camera does not know this parameter; install the package again".to_owned(),
        Raw::Unreadable(why) => format!("it could not be read ({why})"),
    };
    problems.push(format!("Setting {name}: {problem}. Until then {instead} is used."));
    None
}

fn parse_level(text: &str) -> Result<LevelFilter, String> {
    match text {
        "error" => Ok(LevelFilter::Error),
        "warn" => Ok(LevelFilter::Warn),
        "info" => Ok(LevelFilter::Info),
        "debug" => Ok(LevelFilter::Debug),
        other => Err(format!("{} is not one of error, warn, info, debug", quote(other))),
    }
}

fn parse_socket(text: &str) -> Result<PathBuf, String> {
    let path = Path::new(text);
    let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if !path.is_absolute() || !plain || text.chars().any(char::is_control) {
        return Err(format!("{} is not an absolute path without dots", quote(text)));
    }
    if text.len() > SOCKET_PATH_BYTES {
        return Err(format!("the path has {} bytes, a socket's path holds at most {SOCKET_PATH_BYTES}", text.len()));
    }
    Ok(path.to_path_buf())
}

fn parse_link(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > HELP_LINK_CHARS {
        return Err(format!("the address is longer than {HELP_LINK_CHARS} characters"));
    }
    let address: hyper::Uri = text.parse().map_err(|_| format!("{} is not a web address", quote(text)))?;
    let web = matches!(address.scheme_str(), Some("http" | "https"));
    let userless = address.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if web && userless {
        Ok(Some(text.to_owned()))
    } else {
        Err(format!("{} is not an http or https address without a user", quote(text)))
    }
}

/// What somebody wrote, fit for a sentence: bounded, on one line.
fn quote(text: &str) -> String {
    let mut shown: String = text.chars().take(60).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().count() > 60 {
        shown.push('…');
    }
    format!("“{shown}”")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(level: &str, socket: &str, link: &str) -> Texts {
        let text = |text: &str| Raw::Text(text.into());
        Texts { log_level: text(level), engine_socket: text(socket), help_link: text(link) }
    }

    #[test]
    fn good_texts_are_taken() {
        let (settings, problems) = check(&texts("debug", "/run/x.sock", "https://help.example.com/cams?id=1"));
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(settings.log_level, LevelFilter::Debug);
        assert_eq!(settings.engine_socket, PathBuf::from("/run/x.sock"));
        assert_eq!(settings.help_link.as_deref(), Some("https://help.example.com/cams?id=1"));
    }

    #[test]
    fn every_bad_text_is_reported_at_once_and_keeps_its_default() {
        let (settings, problems) = check(&texts("loud", "run/../x", "javascript:alert(1)"));
        assert_eq!(settings, Settings::default());
        assert_eq!(problems.len(), 3);
        for (name, problem) in NAMES.iter().zip(&problems) {
            assert!(problem.contains(name), "{problem}");
        }
    }

    #[test]
    fn hostile_texts_are_refused_and_stay_on_one_short_line() {
        for link in ["http://user:pw@example.com/", "ftp://example.com", "http://", "//example.com", "http://a b/"] {
            assert_eq!(check(&texts("info", "/a", link)).1.len(), 1, "{link}");
        }
        let long = "x\n".repeat(5_000);
        let (_, problems) = check(&texts(&long, &format!("/{long}"), &long));
        assert!(problems.iter().all(|p| p.len() < 400 && !p.contains('\n')), "{problems:?}");
        assert_eq!(problems.len(), 3);
    }

    #[test]
    fn what_is_pending_is_no_problem_and_what_is_missing_is_one() {
        assert_eq!(check(&Texts::PENDING).1, Vec::<String>::new());
        let texts = Texts { log_level: Raw::Missing, engine_socket: Raw::Unreadable("late".into()), ..Texts::PENDING };
        assert_eq!(check(&texts).1.len(), 2);
    }
}
