//! Guards the walls of the house: who may import whom, how large a room may grow, where a forbidden thing has its one
//! home, and that no file speaks of one machine. ARCHITECTURE.md gives the reasons.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/tables.rs"]
mod tables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenTree};

/// A room is read in one sitting.
const LINES: usize = 450;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file that git tracks or would track, relative to the root.
fn files() -> Vec<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "asks git which files there are")]
    let mut git = std::process::Command::new("git");
    let listed =
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root()).output();
    let text = String::from_utf8(listed.unwrap().stdout).unwrap();
    let files: Vec<_> = text.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect();
    let files: Vec<_> = files.into_iter().filter(|file| root().join(file).is_file()).collect();
    assert!(files.len() > 20, "git lists {} files", files.len());
    files
}

fn ends_with(file: &Path, endings: &[&str]) -> bool {
    file.extension().and_then(|e| e.to_str()).is_some_and(|ending| endings.contains(&ending))
}

#[test]
fn every_room_imports_only_what_its_table_allows() {
    let mut problems = Vec::new();
    for house in tables::HOUSES {
        problems.extend(imports::check(&root(), house));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn no_room_grows_beyond_one_sitting() {
    let mut large = Vec::new();
    for file in files() {
        if ends_with(&file, &["rs", "c", "h", "js", "css", "sh"]) {
            let lines = std::fs::read_to_string(root().join(&file)).unwrap().lines().count();
            if lines > LINES {
                large.push(format!("{}: {lines} lines, at most {LINES}", file.display()));
            }
        }
    }
    assert!(large.is_empty(), "\n{}", large.join("\n"));
}

/// What cannot be checked by a compiler is kept small: the C that the app is linked with, and the header that its files
/// share. Lines count that are not blank; `glue.h`, the face that Rust's compiler checks, does not.
#[test]
fn the_glue_stays_below_600_lines_of_c_in_files_of_at_most_400() {
    let glue = files().into_iter().filter(|file| {
        let is_shared = file.file_name().is_some_and(|name| name == "glue_inside.h");
        file.parent() == Some(Path::new("native")) && (ends_with(file, &["c"]) || is_shared)
    });
    let counted: Vec<(PathBuf, usize, usize)> = glue
        .map(|file| {
            let text = std::fs::read_to_string(root().join(&file)).unwrap();
            let filled = text.lines().filter(|line| !line.trim().is_empty()).count();
            (file, text.lines().count(), filled)
        })
        .collect();
    assert!(counted.len() >= 5, "{counted:?}");
    assert!(counted.iter().all(|(_, lines, _)| *lines <= 400), "{counted:?}");
    let all: usize = counted.iter().map(|(_, _, filled)| filled).sum();
    assert!(all <= 600, "{all} lines: {counted:?}");
}

#[test]
fn what_is_forbidden_has_the_homes_that_are_written_down() {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for file in files() {
        let name = file.display().to_string();
        if ends_with(&file, &["rs"]) && !tables::is_test(&name) {
            let text = std::fs::read_to_string(root().join(&file)).unwrap();
            for lint in ["disallowed_methods", "unsafe_code", "print_stdout"] {
                let homes =
                    text.matches(&format!("clippy::{lint}")).count() + text.matches(&format!("({lint},")).count();
                if homes > 0 {
                    found.insert(format!("{name} {lint}"), homes);
                }
            }
        }
    }
    let wanted: BTreeMap<String, usize> =
        tables::HOMES.iter().map(|(file, lint, count)| (format!("{file} {lint}"), *count)).collect();
    assert_eq!(found, wanted);
}

#[test]
fn no_c_handle_is_declared_fit_for_other_threads() {
    for file in files().iter().filter(|file| ends_with(file, &["rs"])) {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        let forbidden = ["unsafe", " impl Send"].concat();
        let forbidden_too = ["unsafe", " impl Sync"].concat();
        assert!(!text.contains(&forbidden) && !text.contains(&forbidden_too), "{}", file.display());
    }
}

#[test]
fn the_virtual_camera_shares_no_type_with_the_app() {
    let manifest = std::fs::read_to_string(root().join("tests/camera/Cargo.toml")).unwrap();
    for ours in ["c2c", "axsdk", "eap"] {
        assert!(!manifest.lines().any(|line| line.starts_with(&format!("{ours} "))), "tests/camera depends on {ours}");
    }
    let app = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, dependencies) = app.split_once("[dependencies]").unwrap();
    let (dependencies, _) = dependencies.split_once("[dev-dependencies]").unwrap();
    assert!(!dependencies.contains("virtual-camera") && !dependencies.contains("eap"));
}

#[test]
fn the_reference_portal_shares_no_type_with_the_app() {
    let manifest = std::fs::read_to_string(root().join("tests/portal/Cargo.toml")).unwrap();
    assert!(!manifest.contains("path ="), "tests/portal depends on something of ours");
}

#[test]
fn no_file_holds_a_path_of_one_machine() {
    let places =
        [["/ro", "ot/"], ["/wo", "rk/"], ["/ho", "me/"], ["/Us", "ers/"], ["/tmp/", "bash"]].map(|p| p.concat());
    let here = root().display().to_string();
    let mut found = Vec::new();
    for file in files() {
        let Ok(text) = std::fs::read_to_string(root().join(&file)) else { continue };
        for (number, line) in text.lines().enumerate() {
            let named = places.iter().any(|place| stands_alone(line, place));
            if named || (here.len() > 6 && line.contains(&here)) {
                found.push(format!("{}:{}: {line}", file.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// `place` begins an absolute path in `line`: what stands before it is no part of a longer path.
fn stands_alone(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-}".contains(c))
    })
}

/// String literals of a file, those within macros too; what documents is none, and tests, which come last, are left out.
fn literals(tokens: proc_macro2::TokenStream, found: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                tokens.next_if(|next| matches!(next, TokenTree::Punct(mark) if mark.as_char() == '!'));
                match tokens.peek() {
                    Some(TokenTree::Group(group)) if group.stream().to_string().replace(' ', "") == "cfg(test)" => {
                        return;
                    }
                    Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => _ = tokens.next(),
                    _ => {}
                }
            }
            TokenTree::Group(group) => literals(group.stream(), found),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    found.push(text.value());
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

#[test]
fn no_view_says_anything_in_words_of_its_own() {
    let markup = ["width=device-width, initial-scale=1", "light dark"];
    let mut own = Vec::new();
    for file in files() {
        let name = file.display().to_string();
        if name != "src/web/page.rs" && !name.starts_with("src/web/page/") {
            continue;
        }
        let mut found = Vec::new();
        literals(std::fs::read_to_string(root().join(&file)).unwrap().parse().unwrap(), &mut found);
        let says = |text: &String| {
            let words: Vec<&str> = text.split(' ').filter(|word| word.chars().any(char::is_alphabetic)).collect();
            words.len() > 1 || text.starts_with(char::is_uppercase)
        };
        let sentences = found.into_iter().filter(|text| says(text) && !markup.contains(&text.as_str()));
        own.extend(sentences.map(|text| format!("{name}: {text:?} belongs into src/web/words")));
    }
    assert!(own.is_empty(), "{own:#?}");
}

/// A text that is written for people: it begins as a sentence does, and has the words and the end of one.
fn is_sentence(text: &str) -> bool {
    let begins = text.starts_with(char::is_uppercase);
    let ends = text.trim_end().ends_with(['.', '!', '?']) || text.contains(". ");
    begins && ends && text.split(' ').filter(|word| word.chars().any(char::is_alphabetic)).count() > 2
}

#[test]
fn no_room_but_that_of_the_words_holds_a_sentence() {
    let mut own = Vec::new();
    for file in files() {
        let name = file.display().to_string();
        let at_home =
            name.starts_with("src/web/words") || tables::SPEAKERS.iter().any(|(home, _)| name.starts_with(home));
        if !name.starts_with("src/") || !name.ends_with(".rs") || at_home {
            continue;
        }
        let text = std::fs::read_to_string(root().join(&file)).unwrap();
        let mut found = Vec::new();
        literals(text.parse().unwrap(), &mut found);
        let sentences = found.into_iter().filter(|text| is_sentence(text));
        own.extend(sentences.map(|text| format!("{name}: {text:?} belongs into src/web/words")));
    }
    assert!(own.is_empty(), "{own:#?}");
}
