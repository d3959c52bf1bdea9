//! The help page of the package: it explains every word of state that the app can show, needs no internet, and is where
//! the page's link points.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

use std::path::{Path, PathBuf};

use c2c::jobs::readiness;
use c2c::settings;
use c2c::snapshot::{Failure, Note, Wait};
use c2c::web::words;
use syn::visit::Visit;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn help() -> String {
    same_quotes(&read("html/help.html"))
}

fn same_quotes(text: &str) -> String {
    text.replace('\u{2019}', "'")
}

/// What a reader of the page sees, in one line.
fn text(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, after)| after));
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words that a function can answer with: string literals of its body, but not those that it compares with.
#[derive(Default)]
struct Words(Vec<String>);

impl<'ast> Visit<'ast> for Words {
    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.0.push(literal.value());
    }
    fn visit_expr_binary(&mut self, _: &'ast syn::ExprBinary) {}
    fn visit_pat(&mut self, _: &'ast syn::Pat) {}
}

/// The public functions of a file whose name fits, each with its words.
fn functions(file: &str, fits: impl Fn(&str) -> bool) -> Vec<(String, Vec<String>)> {
    let parsed = syn::parse_file(&read(file)).unwrap();
    let in_impl = |item: &syn::Item| match item {
        syn::Item::Impl(block) => block.items.clone(),
        _ => Vec::new(),
    };
    let methods = parsed.items.iter().flat_map(in_impl).filter_map(|item| match item {
        syn::ImplItem::Fn(method) => Some((method.sig.ident.to_string(), method.block)),
        _ => None,
    });
    let free = parsed.items.iter().filter_map(|item| match item {
        syn::Item::Fn(function) => Some((function.sig.ident.to_string(), *function.block.clone())),
        _ => None,
    });
    let named = free.chain(methods).filter(|(name, _)| fits(name));
    named
        .map(|(name, body)| {
            let mut words = Words::default();
            words.visit_block(&body);
            (name, words.0.into_iter().filter(|word| !word.is_empty()).collect())
        })
        .collect()
}

/// Every file of words.
fn files_of_words() -> Vec<String> {
    let folder = std::fs::read_dir(root().join("src/web/words")).unwrap();
    let names = folder.map(|entry| format!("src/web/words/{}", entry.unwrap().file_name().to_str().unwrap()));
    names.chain(["src/web/words.rs".to_owned()]).collect()
}

/// A function of the words that names or explains states, or says what to do about one.
fn explains(file: &str, name: &str) -> bool {
    let endings = [
        "state",
        "status",
        "weight",
        "meaning",
        "stopped",
        "hint",
        "flags",
        "remedy",
        "health",
        "exit_code",
        "mood",
        "stage",
        "sentence",
    ];
    endings.iter().any(|ending| name.ends_with(ending)) || (file.ends_with("card.rs") && name == "next_step")
}

/// A term stands alone in its element, a sentence anywhere.
fn is_there(page: &str, seen: &str, word: &str) -> bool {
    let word = same_quotes(word);
    let term = [("<dt", "</dt>"), ("<span", "</span>"), ("<code", "</code>"), ("<dd", "</dd>")]
        .iter()
        .any(|(a, b)| page.split(a).skip(1).any(|rest| rest.split(b).next().unwrap().ends_with(&format!(">{word}"))));
    term || (word.contains(' ') && seen.contains(&word))
}

#[test]
fn every_state_that_the_page_can_show_is_explained_in_the_same_words() {
    let (page, seen) = (help(), text(&help()));
    let (mut missing, mut checked) = (Vec::new(), 0);
    for file in files_of_words() {
        for (name, words) in functions(&file, |name| explains(&file, name)) {
            // What ends in a colon goes on with somebody else's words.
            for word in words.iter().filter(|word| !word.ends_with(':')) {
                checked += 1;
                if !is_there(&page, &seen, word) {
                    missing.push(format!("{file}, {name}: {word}"));
                }
            }
        }
    }
    assert!(checked > 90, "only {checked} words were found in the sources");
    assert!(missing.is_empty(), "html/help.html does not explain:\n{}", missing.join("\n"));
}

#[test]
fn the_words_for_old_lost_and_missing_values_are_explained() {
    let (page, seen) = (help(), text(&help()));
    let before = |text: &str| text.split(['{', ':']).next().unwrap().trim().to_owned();
    let live = [words::live::LIVE, words::live::LOST, words::live::LOG_IN].map(before);
    let rest = [words::READING, words::UNKNOWN, words::NOT_TOLD, words::MORE_HELP, words::NOTICE_GUESSED];
    let empty = [words::containers::NO_ENGINE, words::live::COPY, words::card::FOR_APPLICATIONS];
    let all = live.iter().map(String::as_str).chain(rest).chain(empty);
    for word in all {
        assert!(is_there(&page, &seen, word) || page.contains(&format!(">{word}</h3>")), "{word}");
    }
}

#[test]
fn what_a_job_waits_for_and_how_it_ends_is_explained() {
    let seen = text(&help());
    let mut said: Vec<String> = Wait::ALL.map(|wait| words::jobs::wait(wait).to_owned()).into();
    said.extend(Note::ALL.map(|note| words::jobs::note(note).to_owned()));
    // The camera's own words and numbers are not on the page: what stands before and after them is.
    let failures = Failure::samples();
    said.extend(failures.iter().flat_map(|failure| {
        let said = words::jobs::failure(failure);
        said.split(" (error 110)").map(str::to_owned).collect::<Vec<_>>()
    }));
    said.push(readiness::NAME.to_owned());
    let missing: Vec<_> = said.iter().filter(|words| !seen.contains(&same_quotes(words))).collect();
    assert!(missing.is_empty(), "html/help.html does not explain:\n{missing:#?}");
}

#[test]
fn every_kind_of_fault_is_explained() {
    let page = help();
    for file in ["src/vapix.rs", "native/src/error.rs", "src/sources/containers/client.rs"] {
        let kinds: Vec<_> = functions(file, |name| name == "kind").into_iter().flat_map(|(_, kinds)| kinds).collect();
        assert!(kinds.len() > 5, "{file}: {kinds:?}");
        for kind in kinds {
            assert!(page.contains(&format!("<code>{kind}</code>")), "{file}: {kind}");
        }
    }
}

#[test]
fn every_setting_and_every_place_that_the_app_talks_to_is_named() {
    let page = help();
    let main = ["src/options.rs", "src/sources/containers/places.rs"].map(read).concat();
    for place in ["127.0.0.12", "127.0.0.1:18461", "/var/run/docker.sock"] {
        assert!(main.contains(place) && page.contains(&format!("<code>{place}</code>")), "{place}");
    }
    for name in settings::NAMES {
        assert!(page.contains(&format!("<code>{name}</code>")), "{name}");
    }
}

/// The addresses in the strings of the app's own sources, without their tests.
fn addresses() -> Vec<String> {
    let mut folders = vec![root().join("src")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if file.is_dir() {
                folders.push(file);
                continue;
            }
            if file.ends_with("tests.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap().lines();
            let code = code.filter(|line| !line.trim().starts_with("//"));
            // As in `[127, 0, 0, 1]`.
            for four in code.clone().flat_map(|line| line.split(|letter: char| !", 0123456789".contains(letter))) {
                let numbers: Vec<_> = four.split(',').map(str::trim).collect();
                if numbers.len() == 4 && numbers.iter().all(|number| number.parse::<u8>().is_ok()) {
                    found.push(numbers.join("."));
                }
            }
            for string in code.flat_map(|line| line.split('"').skip(1).step_by(2)) {
                for word in string.split(|letter: char| !letter.is_ascii_alphanumeric() && !"./:-_".contains(letter)) {
                    let word = word.split_once("://").map_or(word, |(_, host)| host);
                    let host = word.split(['/', ':']).next().unwrap();
                    let web = string.contains(&format!("://{host}")) && host.contains('.');
                    // As in an example of what to type.
                    let web =
                        web && !host.trim_matches('.').is_empty() && !host.trim_end_matches('.').ends_with(".example");
                    if web || host.parse::<std::net::Ipv4Addr>().is_ok() || word.starts_with("/var/run/docker") {
                        found.push(if web { host } else { word.trim_end_matches(":80") }.to_owned());
                    }
                }
            }
        }
    }
    found
}

#[test]
fn no_source_of_the_app_holds_an_address_that_is_not_named() {
    let (page, found) = (help(), addresses());
    assert!(found.iter().any(|address| address == "127.0.0.12"), "{found:?}");
    for address in found {
        assert!(page.contains(&format!("<code>{address}")), "{address}");
    }
}

#[test]
fn it_works_without_the_internet_and_without_scripts_and_every_link_leads_somewhere_on_the_camera() {
    let page = help();
    for forbidden in ["<script", "<style", " style=", "http://", "https://", "href=\"//", " on", "src="] {
        let inside_tags = page.split('<').skip(1).filter_map(|part| part.split('>').next());
        let found = inside_tags.filter(|tag| format!("<{tag}").contains(forbidden)).collect::<Vec<_>>();
        assert!(found.is_empty(), "{forbidden}: {found:?}");
    }
    let routes = read("src/web.rs");
    for link in page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let known = match link.split_once('#') {
            Some(("", id)) => page.contains(&format!("id=\"{id}\"")),
            _ if link == "/" => true,
            _ if link.starts_with("status") => routes.contains(&format!("`GET /local/c2c/{link}`")),
            _ => Path::new(&root()).join("html").join(link).is_file(),
        };
        assert!(known, "{link}");
    }
    let ids: Vec<_> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len(), "an id twice");
}
