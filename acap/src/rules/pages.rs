//! What the camera's web server does for the app: the proxy, the static files, the settings page.
//!
//! Facts: `apiPath` is a regular expression that is not anchored at its end, and nothing is stripped from the path (seen
//! with a stock Apache and in published examples); ports from 32768 up are given out at random by Linux. Refused by our
//! own rule: sockets as targets (their accepted form is unknown), and patterns whose access depends on their order.

use std::net::Ipv4Addr;

use regex::Regex;
use serde_json::Value;

use crate::archive::Member;
use crate::manifest::Manifest;
use crate::problem::Problem;
use crate::rules::{item, shell_unsafe};

const PROXY: &str = "configuration.reverseProxy";
const CGI: &str = "configuration.httpConfig";
const PAGE: &str = "configuration.settingPage";
const LEVELS: [&str; 3] = ["admin", "operator", "viewer"];
/// Biggest compiled pattern, bytes.
const PATTERN_BYTES: usize = 1 << 20;
/// First port that Linux gives out by itself.
const FIRST_RANDOM_PORT: u16 = 32_768;
/// First port that a process without rights can open.
const FIRST_OPEN_PORT: u16 = 1_024;

/// A proxy entry whose pattern is one.
struct Door<'a> {
    field: String,
    api_path: &'a str,
    access: &'a str,
    pattern: Regex,
}

pub(super) fn check(manifest: &Manifest, files: &[Member]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut doors = Vec::new();
    for (index, entry) in manifest.configured("reverseProxy").iter().enumerate() {
        problems.extend(proxy_entry(index, entry));
        match door(index, entry) {
            Some(Ok(door)) => doors.push(door),
            Some(Err(problem)) => problems.push(problem),
            None => {}
        }
    }
    let pages: Vec<&str> = files
        .iter()
        .filter(|file| file.content().is_some())
        .filter_map(|file| file.path.strip_prefix("html/"))
        .collect();
    problems.extend(overlaps(&doors));
    problems.extend(hidden_pages(&doors, &pages));
    problems.extend(http_config(manifest));
    problems.extend(setting_page(manifest, &doors, &pages));
    problems
}

fn text<'a>(entry: &'a Value, key: &str) -> Option<&'a str> {
    entry.get(key)?.as_str()
}

fn proxy_entry(index: usize, entry: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    if entry.get("apiType").is_some() {
        let rule = "a socket as target: which form cameras accept is not known (our own rule)";
        problems.push(Problem::new(item(PROXY, index, "apiType"), rule, "use a target http://127.0.0.1:PORT"));
    }
    if let Some(rule) = text(entry, "target").and_then(|target| target_fault(target).err()) {
        problems.push(Problem::new(
            item(PROXY, index, "target"),
            rule,
            "write http://127.0.0.1:PORT and nothing after it",
        ));
    }
    if let Some(access) = text(entry, "access").filter(|word| !LEVELS.contains(word) && *word != "anonymous") {
        let rule = format!("{access:?} is none of admin, operator, viewer, anonymous");
        problems.push(Problem::new(item(PROXY, index, "access"), rule, "write one of them"));
    }
    problems
}

/// `http://` or `ws://`, a loopback address, a port that is neither random nor reserved, and no path.
fn target_fault(target: &str) -> Result<(), String> {
    let rest = target.strip_prefix("http://").or_else(|| target.strip_prefix("ws://"));
    let rest = rest.ok_or_else(|| format!("{target:?} is neither http:// nor ws://"))?;
    if rest.contains(['/', '?', '#']) {
        return Err(format!("{target:?} has a path; the camera appends the whole original path to it"));
    }
    let (host, port) = rest.rsplit_once(':').ok_or_else(|| format!("{target:?} has no port"))?;
    let loopback = matches!(host, "localhost" | "[::1]") || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
    if !loopback {
        return Err(format!("{host:?} is no loopback address of the camera"));
    }
    match port.parse::<u16>() {
        Ok(number) if port.starts_with('+') || number < FIRST_OPEN_PORT => {
            Err(format!("port {port:?}: the app may open ports from 1024 on"))
        }
        Ok(number) if number >= FIRST_RANDOM_PORT => {
            Err(format!("port {number}: from 32768 on the system gives ports to anyone"))
        }
        Ok(_) => Ok(()),
        Err(_) => Err(format!("{port:?} is no port")),
    }
}

fn door(index: usize, entry: &Value) -> Option<Result<Door<'_>, Problem>> {
    let (api_path, field) = (text(entry, "apiPath")?, item(PROXY, index, "apiPath"));
    let access = text(entry, "access").unwrap_or_default();
    Some(match pattern(api_path) {
        Ok(pattern) => Ok(Door { field, api_path, access, pattern }),
        Err((rule, mend)) => Err(Problem::new(field, rule, mend)),
    })
}

/// The pattern as the web server uses it: from the start of the path below `/local/APP/`, without an end.
fn pattern(api_path: &str) -> Result<Regex, (String, &'static str)> {
    if api_path.starts_with('/') || api_path.chars().any(|c| c.is_whitespace() || c.is_control() || "\"'#?".contains(c))
    {
        let rule = format!("{api_path:?} starts with a slash, or holds a space, a quote, # or ?");
        return Err((rule, "write the path below /local/APP/, such as status"));
    }
    let built = regex::RegexBuilder::new(&format!("^(?:{api_path})")).size_limit(PATTERN_BYTES).build();
    let regex = built.map_err(|error| {
        let last = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
        (format!("{api_path:?} is no regular expression ({last})"), "escape what is meant as it stands, such as \\.")
    })?;
    if regex.is_match("") {
        return Err((format!("{api_path:?} matches every path, the static pages too"), "write at least one letter"));
    }
    Ok(regex)
}

/// Two patterns of different access, one of which takes the other's paths.
fn overlaps(doors: &[Door<'_>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, door) in doors.iter().enumerate() {
        for other in doors.iter().skip(index + 1) {
            if door.api_path == other.api_path {
                let rule = format!("{:?} is there twice", door.api_path);
                problems.push(Problem::new(&other.field, rule, "take one out"));
            } else if door.access != other.access
                && (door.pattern.is_match(other.api_path) || other.pattern.is_match(door.api_path))
            {
                let rule =
                    format!("{:?} and {:?} take the same paths with different access", door.api_path, other.api_path);
                problems.push(Problem::new(&other.field, rule, "choose names of which none begins like another"));
            }
        }
    }
    problems
}

fn hidden_pages(doors: &[Door<'_>], pages: &[&str]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for door in doors {
        for page in pages.iter().filter(|page| door.pattern.is_match(page)) {
            let rule = format!("{:?} also matches the file html/{page}; who answers then is not known", door.api_path);
            problems.push(Problem::new(&door.field, rule, "rename the file, or narrow the pattern"));
        }
    }
    problems
}

fn http_config(manifest: &Manifest) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut folders = 0;
    for (index, entry) in manifest.configured("httpConfig").iter().enumerate() {
        let name = text(entry, "name");
        let (rule, mend) = match text(entry, "type") {
            Some("directory") => {
                folders += 1;
                match name {
                    Some(_) => ("a directory has no name".to_owned(), "take name out"),
                    None if folders > 1 => ("the directory is there twice".to_owned(), "take one out"),
                    None => (String::new(), ""),
                }
            }
            Some("fastCgi" | "transferCgi") => match name.map(cgi_name_is_plain) {
                Some(true) => (String::new(), ""),
                _ => ("a CGI needs a name of letters, digits and . _ - /".to_owned(), "write such a name"),
            },
            Some(other) => (format!("type {other:?} is none of directory, fastCgi, transferCgi"), "write one of them"),
            None => (String::new(), ""),
        };
        if !rule.is_empty() {
            problems.push(Problem::new(format!("{CGI}[{index}]"), rule, mend));
        }
        if let Some(access) = text(entry, "access").filter(|word| !LEVELS.contains(word)) {
            let rule = format!("{access:?} is none of admin, operator, viewer");
            problems.push(Problem::new(item(CGI, index, "access"), rule, "write one of them"));
        }
    }
    problems
}

fn cgi_name_is_plain(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-/".contains(letter);
    name.chars().any(|letter| letter.is_ascii_alphanumeric()) && name.chars().all(plain) && !name.contains("..")
}

fn setting_page(manifest: &Manifest, doors: &[Door<'_>], pages: &[&str]) -> Vec<Problem> {
    let Some(page) = manifest.text(&["acapPackageConf", "configuration", "settingPage"]) else { return Vec::new() };
    let mut problems: Vec<Problem> = shell_unsafe(PAGE, page).into_iter().collect();
    let path = page.split(['?', '#']).next().unwrap_or_default();
    if !pages.contains(&path) && !doors.iter().any(|door| door.pattern.is_match(path)) {
        let rule = format!("{page:?} is neither a file in html/ nor a path of the proxy, so Open leads nowhere");
        problems.push(Problem::new(PAGE, rule, "name a file in html/, or an apiPath"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_loopback_address_with_a_plain_port_and_nothing_else() {
        for right in ["http://127.0.0.1:18461", "http://localhost:2001", "ws://127.9.9.9:32767", "http://[::1]:1024"] {
            assert_eq!(target_fault(right), Ok(()), "{right}");
        }
        for (wrong, word) in [
            ("https://127.0.0.1:2001", "neither"),
            ("http://127.0.0.1:2001/", "path"),
            ("http://127.0.0.1:2001/x", "path"),
            ("http://127.0.0.1:2001?x", "path"),
            ("http://127.0.0.1", "no port"),
            ("http://192.168.0.9:2001", "loopback"),
            ("http://user@127.0.0.1:2001", "loopback"),
            ("http://127.0.0.1:32768", "32768"),
            ("http://127.0.0.1:80", "1024"),
            ("http://127.0.0.1:99999", "no port"),
            ("http://127.0.0.1:+2001", "1024"),
        ] {
            assert!(target_fault(wrong).unwrap_err().contains(word), "{wrong}");
        }
    }

    #[test]
    fn a_pattern_starts_at_the_path_and_has_no_end() {
        let status = pattern("status").unwrap();
        assert!(status.is_match("status/x") && status.is_match("statusXYZ") && !status.is_match("my/status"));
        let either = pattern("a|b").unwrap();
        assert!(either.is_match("bx") && !either.is_match("xb"));
        for wrong in ["", ".*", "a|", "(", "[z-a]", "/status", "a b", "(?=x)", "a{1000}{1000}{1000}"] {
            assert!(pattern(wrong).is_err(), "{wrong:?}");
        }
    }
}
