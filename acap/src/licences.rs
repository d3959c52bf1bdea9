//! The licence text of a package: ours, and the notices of everybody whose code is in the executable.
//!
//! The executable is linked statically with its crates and with Rust's standard library, and their licences ask that
//! the notices go with every copy. What is linked is what `cargo tree` says; the texts are the files that each crate
//! brings in its own source. Most of them are the MIT licence word by word, so that text is there once, and of each
//! crate only what stands before it: its copyright lines. Everything else is kept whole, the same text once.
//!
//! A crate that may be taken under MIT is; of one that may not, every licence file counts.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// The MIT licence's first words after the copyright lines.
const MIT_BEGINS: &str = "Permission is hereby granted, free of charge";
/// Wide enough for a terminal.
const RULE: &str = "--------------------------------------------------------------------------------";

/// A crate that is linked into the executable, with what its source says of its licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crate {
    /// Name and version, such as `tokio 1.54.1`.
    pub name: String,
    /// The SPDX expression of its manifest.
    pub licence: String,
    /// The people that its manifest names; they stand for a copyright line where there is no licence file.
    pub authors: Vec<String>,
    /// The licence files that count, in the order of their names.
    pub texts: Vec<String>,
}

/// Why there is no licence text.
#[derive(Debug, thiserror::Error)]
pub enum LicenceError {
    /// The output of `cargo metadata` is not as expected.
    #[error("cargo metadata")]
    Metadata(#[from] serde_json::Error),
    /// A line of `cargo tree` is no `name vVERSION`.
    #[error("cargo tree: {0:?} is no name and version")]
    Line(String),
    /// `cargo metadata` doesn't know a crate of `cargo tree`.
    #[error("{0}: in cargo tree, and not in cargo metadata")]
    Unknown(String),
    /// A licence file can't be read.
    #[error("{0}: its licence files")]
    Unreadable(String, #[source] std::io::Error),
    /// No licence file, and no MIT licence that could be written for it.
    #[error("{0}: no licence file, and its licence is {1:?}: add the text by hand")]
    Silent(String, String),
    /// Our own text is not the MIT licence.
    #[error("our own licence is not the MIT licence")]
    Own,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<PackageOfCargo>,
}

#[derive(Deserialize)]
struct PackageOfCargo {
    name: String,
    version: String,
    /// `None` for the crates of this workspace.
    source: Option<String>,
    license: Option<String>,
    authors: Vec<String>,
    manifest_path: String,
}

/// The crates that `tree` names (output of `cargo tree --prefix none`, any number of times), in the order of their
/// names, without this workspace's own.
///
/// # Errors
/// Every [`LicenceError`] but the last two.
pub fn linked(tree: &str, metadata: &[u8]) -> Result<Vec<Crate>, LicenceError> {
    let metadata: Metadata = serde_json::from_slice(metadata)?;
    let mut found = BTreeMap::new();
    for line in tree.lines().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let (Some(name), Some(version)) = (words.next(), words.next().and_then(|word| word.strip_prefix('v'))) else {
            return Err(LicenceError::Line(line.to_owned()));
        };
        let full = format!("{name} {version}");
        let package = metadata.packages.iter().find(|package| package.name == name && package.version == version);
        let package = package.ok_or_else(|| LicenceError::Unknown(full.clone()))?;
        if package.source.is_none() {
            continue;
        }
        let folder = Path::new(&package.manifest_path).parent().unwrap_or(Path::new(""));
        let texts = texts(folder).map_err(|error| LicenceError::Unreadable(full.clone(), error))?;
        let licence = package.license.clone().unwrap_or_default();
        found.insert(full.clone(), Crate { name: full, licence, authors: package.authors.clone(), texts });
    }
    Ok(found.into_values().collect())
}

/// The licence files of a crate's source that count: the one that names MIT and those for code of third parties, or all.
fn texts(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let word = name.to_uppercase();
        let speaks = ["LICEN", "COPYING", "UNLICENSE", "NOTICE"].iter().any(|start| word.starts_with(start));
        if speaks && entry.file_type()?.is_file() {
            names.push((word, name));
        }
    }
    if names.iter().any(|(word, _)| word.contains("MIT")) {
        names.retain(|(word, _)| ["MIT", "THIRD", "NOTICE"].iter().any(|part| word.contains(part)));
    }
    names.sort();
    let read = |(_, name): &(String, String)| {
        fs::read(folder.join(name)).map(|bytes| String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
    };
    names.iter().map(read).collect()
}

/// The whole text: `own` (the MIT licence with our copyright line), the notices of `crates`, and `compiler`, the notice
/// of what comes with the compiler.
///
/// # Errors
/// [`LicenceError::Silent`] and [`LicenceError::Own`].
pub fn write(own: &str, crates: &[Crate], compiler: &str) -> Result<String, LicenceError> {
    let begin = own.find(MIT_BEGINS).ok_or(LicenceError::Own)?;
    let mit = words(own.get(begin..).unwrap_or_default());
    let mut under_mit = String::new();
    let mut whole: BTreeMap<String, (Vec<&str>, &str)> = BTreeMap::new();
    for one in crates {
        if one.texts.is_empty() {
            if !one.licence.contains("MIT") || one.licence.contains("AND") {
                return Err(LicenceError::Silent(one.name.clone(), one.licence.clone()));
            }
            under_mit += &format!("{}: by {}\n", one.name, one.authors.join(", "));
        }
        for text in &one.texts {
            match copyright_lines(text).filter(|_| words(text).ends_with(&mit)) {
                Some(said) if said.is_empty() => under_mit += &format!("{}\n", one.name),
                Some(said) => under_mit += &format!("{}: {said}\n", one.name),
                None => whole.entry(words(text)).or_insert((Vec::new(), text)).0.push(&one.name),
            }
        }
    }
    let mut all = format!(
        "{}\n\n{RULE}\nThe program in this package contains software of others, with thanks. This is under the MIT licence,\n\
         whose text from \"Permission is hereby granted\" on stands above, with these copyright notices:\n\n{under_mit}",
        own.trim_end()
    );
    let mut others: Vec<_> = whole.into_values().collect();
    others.sort();
    for (names, text) in others {
        all += &format!("\n{RULE}\nOf {}:\n\n{}\n", names.join(", "), text.trim_matches('\n').trim_end());
    }
    all += &format!("\n{RULE}\n{}\n", compiler.trim_end());
    Ok(all)
}

/// The words of a text with one space between them: line breaks differ, and mean nothing.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The copyright lines before the MIT licence, on one line; `None` if anything else stands there but a title.
fn copyright_lines(text: &str) -> Option<String> {
    let before = text.get(..text.find("Permission is")?)?;
    let title = |line: &&str| !["", "MIT License", "The MIT License (MIT)"].contains(line);
    let lines: Vec<&str> = before.lines().map(str::trim).filter(title).collect();
    lines.iter().all(|line| line.starts_with("Copyright")).then(|| lines.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "MIT License\n\nCopyright (c) us\n\nPermission is hereby granted, free of charge, to\nall.\n";

    fn one(name: &str, licence: &str, texts: &[&str]) -> Crate {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        Crate { name: name.to_owned(), licence: licence.to_owned(), authors: vec!["Ann".to_owned()], texts }
    }

    #[test]
    fn the_mit_licence_is_there_once_and_every_copyright_line_with_its_crate() {
        let crates = [
            one(
                "a 1.0.0",
                "MIT",
                &["Copyright (c) A\nCopyright (c) B\n\nPermission is hereby granted, free of charge, to all."],
            ),
            one("b 1.0.0", "MIT", &["Permission is hereby granted, free of charge,\n to all.\n\n"]),
            one("c 1.0.0", "MIT OR Apache-2.0", &[]),
        ];
        let text = write(OWN, &crates, "And Rust.").unwrap();
        assert_eq!(text.matches("free of charge").count(), 1, "{text}");
        assert!(text.starts_with(OWN.trim_end()) && text.ends_with("\nAnd Rust.\n"), "{text}");
        assert!(text.contains("\na 1.0.0: Copyright (c) A; Copyright (c) B\nb 1.0.0\nc 1.0.0: by Ann\n"), "{text}");
    }

    #[test]
    fn another_text_is_kept_whole_and_once_for_all_who_have_it() {
        let crates = [
            one(
                "a 1.0.0",
                "MIT AND BSD",
                &["Copyright A\nPermission is hereby granted, free of charge, to all.", "Do\n  as I say"],
            ),
            one("b 1.0.0", "BSD", &["Do as\nI say\n"]),
            one("c 1.0.0", "MIT", &["Permission is hereby granted, free of charge, to all but one."]),
            one("d 1.0.0", "MIT", &["Partly by X.\nPermission is hereby granted, free of charge, to all."]),
        ];
        let text = write(OWN, &crates, "").unwrap();
        assert_eq!(text.matches("as I say").count(), 1, "{text}");
        assert!(text.contains("Of a 1.0.0, b 1.0.0:\n\nDo\n  as I say\n"), "{text}");
        assert!(text.contains("Of c 1.0.0:\n\nPermission"), "not ours word by word: {text}");
        assert!(text.contains("Of d 1.0.0:\n\nPartly by X."), "more than copyright lines: {text}");
        assert!(text.contains("\na 1.0.0: Copyright A\n"), "{text}");
    }

    #[test]
    fn a_crate_without_a_text_is_refused_unless_it_may_be_taken_under_mit() {
        for licence in ["Apache-2.0", "MIT AND BSD-3-Clause", ""] {
            let said = write(OWN, &[one("a 1.0.0", licence, &[])], "").unwrap_err().to_string();
            assert!(said.contains("a 1.0.0") && said.contains("by hand"), "{said}");
        }
        assert!(matches!(write("All rights reserved.", &[], ""), Err(LicenceError::Own)));
    }

    #[test]
    fn of_a_crates_files_the_one_that_names_mit_and_those_of_third_parties_count_or_all() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str| fs::write(dir.path().join(name), name).unwrap();
        ["LICENSE", "README.md", "COPYING", "license.httprouter"].iter().for_each(|name| put(name));
        fs::create_dir(dir.path().join("LICENSES")).unwrap();
        assert_eq!(texts(dir.path()).unwrap(), ["COPYING", "LICENSE", "license.httprouter"]);
        ["LICENSE-MIT.md", "LICENSE-THIRD-PARTY"].iter().for_each(|name| put(name));
        assert_eq!(texts(dir.path()).unwrap(), ["LICENSE-MIT.md", "LICENSE-THIRD-PARTY"]);
        assert!(texts(&dir.path().join("none")).is_err());
    }

    #[test]
    fn a_tree_that_metadata_does_not_know_is_refused_and_our_own_crates_are_not_others() {
        let metadata = r#"{"packages": [{"name": "c2c", "version": "1.6.0", "source": null, "license": "MIT",
            "authors": [], "manifest_path": "/nowhere/Cargo.toml"}]}"#;
        assert_eq!(linked("c2c v1.6.0 (/nowhere)\n\nc2c v1.6.0 (*)\n", metadata.as_bytes()).unwrap(), []);
        assert!(matches!(linked("c2c v1.6.1", metadata.as_bytes()), Err(LicenceError::Unknown(_))));
        assert!(matches!(linked("warning: c2c", metadata.as_bytes()), Err(LicenceError::Line(_))));
        assert!(matches!(linked("", b"[]"), Err(LicenceError::Metadata(_))));
    }
}
