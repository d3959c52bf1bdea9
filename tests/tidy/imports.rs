//! Reads every Rust file of a crate and compares the rooms that it names with a table.
//!
//! Parsed, not searched: grouped imports, `super::` and paths in the midst of code count as well.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use syn::visit::Visit;

/// One crate: its source folder and, for each of its rooms, the rooms that it may name.
pub(crate) struct House {
    /// The folder of `lib.rs`, relative to the root.
    pub(crate) sources: &'static str,
    /// What the crate is called in paths from its own binary; empty if it has no library.
    pub(crate) name: &'static str,
    /// `(room, rooms that it may name)`. A room is a module path such as `sources::device`; a room may always name the
    /// rooms below itself. `*` stands for every room.
    pub(crate) may_import: &'static [(&'static str, &'static [&'static str])],
}

/// What is untidy in a house, a sentence each.
pub(crate) fn check(root: &Path, house: &House) -> Vec<String> {
    let sources = root.join(house.sources);
    let mut files = Vec::new();
    list(&sources, &mut files);
    assert!(!files.is_empty(), "{} holds no Rust file", house.sources);
    let modules: Vec<_> = files.iter().map(|file| module_of(file.strip_prefix(&sources).unwrap())).collect();
    let mut problems = Vec::new();
    for (file, module) in files.iter().zip(&modules) {
        let text = std::fs::read_to_string(file).unwrap();
        let mut names = Names { module: module.clone(), crate_name: house.name, found: BTreeSet::new() };
        names.visit_file(&syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display())));
        let me = module.join("::");
        let Some((room, allowed)) = room_of(house, &me) else {
            problems.push(format!("{}: the room `{me}` is in no table", file.display()));
            continue;
        };
        for path in names.found {
            // The longest known module that the path begins with; what is no module is an item of our own room.
            let target = (1..=path.len()).rev().map(|n| path[..n].to_vec()).find(|p| modules.contains(p));
            let Some(target) = target.map(|target| target.join("::")) else { continue };
            let own = target == room || target.starts_with(&format!("{room}::")) || target == me;
            let parent = room.starts_with(&format!("{target}::")) && allowed.contains(&"super");
            let listed = allowed.iter().any(|a| *a == "*" || target == *a || target.starts_with(&format!("{a}::")));
            if !own && !parent && !listed {
                problems.push(format!("{}: `{room}` may not import `{target}`", file.display()));
            }
        }
    }
    for (room, _) in house.may_import {
        let path: Vec<_> = room.split("::").map(str::to_owned).collect();
        if !modules.contains(&path) && *room != "main" && *room != "lib" {
            problems.push(format!("{}: the table names the room `{room}`, which is gone", house.sources));
        }
    }
    problems
}

/// The row of the table for a module: its own, or that of the nearest room above it.
fn room_of(house: &House, module: &str) -> Option<(&'static str, &'static [&'static str])> {
    let fits = |room: &str| module == room || module.starts_with(&format!("{room}::"));
    house.may_import.iter().filter(|(room, _)| fits(room)).max_by_key(|(room, _)| room.len()).copied()
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
}

fn module_of(file: &Path) -> Vec<String> {
    file.with_extension("").components().map(|part| part.as_os_str().to_str().unwrap().to_owned()).collect()
}

struct Names {
    module: Vec<String>,
    crate_name: &'static str,
    found: BTreeSet<Vec<String>>,
}

impl Names {
    fn take(&mut self, path: &[String]) {
        let own = if self.module == ["lib"] || self.module == ["main"] { Vec::new() } else { self.module.clone() };
        let mut resolved = match path.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("self" | "super") => own,
            Some(name) if !self.crate_name.is_empty() && name == self.crate_name => Vec::new(),
            _ => return,
        };
        for (at, part) in path.iter().enumerate() {
            match part.as_str() {
                "crate" | "self" => {}
                "super" => _ = resolved.pop(),
                name if at == 0 && name == self.crate_name => {}
                name => resolved.push(name.to_owned()),
            }
        }
        self.found.insert(resolved);
    }

    fn take_tree(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.take_tree(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.take(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.take(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.take(before),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.take_tree(before, tree);
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.take_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.take(&names);
        syn::visit::visit_path(self, path);
    }

    /// Tests inside a room may use whatever they need to build their world.
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            syn::visit::visit_item_mod(self, item);
        }
    }
}
