//! The rules that a package has to keep; every broken one is told, not only the first.
//!
//! `shape` checks keys and types, the other rooms what the values mean. A value of the wrong type is told by `shape`
//! alone; the other rooms look over it.
//!
//! Facts: the published manifest documentation (1.x) and upgrade guide (2.x), and what devices were seen to do. Rules
//! that are stricter than those are this project's own and say so where they stand. No schema file was copied.

use crate::arch::Arch;
use crate::archive::Member;
use crate::manifest::Manifest;
use crate::problem::Problem;

mod files;
pub(crate) mod notices;
mod pages;
mod parameters;
mod rights;
mod setup;
mod shape;

/// The schema versions of the second major that this packer knows.
pub const SCHEMAS_2: [&str; 3] = ["2.0.0", "2.1.0", "2.2.0"];

/// What is wrong with a manifest for this architecture, together with the files that go into the package (everything
/// but the generated ones; the executable is the one with the app's name).
#[must_use]
pub fn check(manifest: &Manifest, arch: Arch, files: &[Member]) -> Vec<Problem> {
    let mut problems = shape::check(manifest);
    problems.extend(setup::check(manifest, arch));
    problems.extend(rights::check(manifest));
    problems.extend(pages::check(manifest, files));
    problems.extend(parameters::check(manifest));
    problems.extend(files::check(manifest, arch, files));
    problems
}

/// `list[2].key`, for messages.
fn item(list: &str, index: usize, key: &str) -> String {
    format!("{list}[{index}].{key}")
}

/// The problem of a value that the shell would not take as plain text, if it is one.
fn shell_unsafe(field: &str, value: &str) -> Option<Problem> {
    crate::package_conf::unsafe_letter(value).map(|letter| {
        let rule = format!("{value:?} holds {letter:?}, and the camera sources package.conf as shell");
        Problem::new(field, rule, "leave out \", $, `, \\ and control characters")
    })
}
