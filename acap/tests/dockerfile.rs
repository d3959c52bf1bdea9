//! `Dockerfile.sdk` can't be built without the SDK's images, so what can be told by reading is told here: every path,
//! argument and stage that it names exists, and nothing is run that was fetched without a checksum.
//!
//! It is read by hand: the linter of `make check` knows the language, yet not our files, and what has to be told here is
//! words at the beginnings of lines. No library is needed for a file that has neither here-documents nor another escape
//! character, which [`parse`] refuses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests: a panic is the failure")]

#[path = "kit/packages.rs"]
mod packages;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use packages::{program, workspace};

/// An instruction: its word in capitals, and what follows, joined to one line.
#[derive(Debug, Clone)]
struct Instruction {
    word: String,
    rest: String,
}

fn parse(text: &str) -> Vec<Instruction> {
    let mut instructions = Vec::new();
    let mut open = String::new();
    assert!(!text.contains("<<") && !text.contains("# escape="), "more than is read here");
    for line in text.lines() {
        if line.trim_start().starts_with('#') || (line.trim().is_empty() && open.is_empty()) {
            continue;
        }
        let continues = line.trim_end().ends_with('\\');
        open += line.trim_end().trim_end_matches('\\');
        open.push(' ');
        if !continues {
            let (word, rest) = open.trim().split_once(char::is_whitespace).unwrap_or((open.trim(), ""));
            instructions.push(Instruction { word: word.to_uppercase(), rest: rest.trim().to_owned() });
            open.clear();
        }
    }
    assert!(open.is_empty(), "the file ends in the middle of an instruction: {open}");
    instructions
}

/// Names behind `$` or `${`.
fn variables(text: &str) -> Vec<String> {
    text.split('$')
        .skip(1)
        .map(|after| after.trim_start_matches('{'))
        .map(|after| after.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect())
        .filter(|name: &String| !name.is_empty())
        .collect()
}

/// One stage: its name, and the arguments and variables in scope.
#[derive(Debug, Default, Clone)]
struct Stage {
    name: String,
    scope: BTreeSet<String>,
    taken_from: BTreeSet<String>,
}

/// What is wrong, and the stages.
fn check(text: &str) -> (Vec<String>, Vec<Stage>) {
    let (mut faults, mut stages) = (Vec::new(), Vec::<Stage>::new());
    let mut global: BTreeSet<String> = BTreeSet::new();
    for Instruction { word, rest } in parse(text) {
        if word == "ARG" && stages.is_empty() {
            global.insert(rest.split('=').next().unwrap().to_owned());
            continue;
        }
        if word == "FROM" {
            match open_stage(&rest, &global, &stages) {
                Ok(stage) => stages.push(stage),
                Err(fault) => faults.push(fault),
            }
            continue;
        }
        let known: Vec<String> = stages.iter().map(|stage| stage.name.clone()).collect();
        let Some(stage) = stages.last_mut() else {
            faults.push(format!("{word} before the first FROM"));
            continue;
        };
        faults.extend(check_instruction(&word, &rest, &global, &known, stage));
    }
    (faults, stages)
}

fn open_stage(rest: &str, global: &BTreeSet<String>, stages: &[Stage]) -> Result<Stage, String> {
    let words: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
    if let Some(unknown) = variables(rest).into_iter().find(|name| !global.contains(name)) {
        return Err(format!("FROM {rest}: no ARG {unknown} before the first FROM"));
    }
    let [image, "AS", name] = words[..] else { return Err(format!("FROM {rest}: a stage without a name")) };
    let parent = stages.iter().find(|stage| stage.name == image);
    if parent.is_none() && image != "scratch" && !image.contains("${") {
        return Err(format!("FROM {image}: neither a stage nor an image whose version is an ARG"));
    }
    if stages.iter().any(|stage| stage.name == name) {
        return Err(format!("the stage {name} is there twice"));
    }
    let scope = parent.map(|stage| stage.scope.clone()).unwrap_or_default();
    Ok(Stage { name: name.to_owned(), scope, taken_from: parent.map(|stage| stage.name.clone()).into_iter().collect() })
}

fn check_instruction(
    word: &str,
    rest: &str,
    global: &BTreeSet<String>,
    known: &[String],
    stage: &mut Stage,
) -> Vec<String> {
    let mut faults = Vec::new();
    // A RUN line may set variables of its own.
    let own =
        |name: &str| word == "RUN" && (rest.contains(&format!("{name}=")) || rest.contains(&format!("for {name} in")));
    for name in variables(rest).into_iter().filter(|name| !stage.scope.contains(name) && !own(name)) {
        faults.push(format!("{word} in {}: ${name} is not declared in this stage", stage.name));
    }
    match word {
        "ARG" if !rest.contains('=') && !global.contains(rest) => {
            faults.push(format!("ARG {rest} in {}: no such ARG at the top", stage.name));
        }
        "ARG" | "ENV" => {
            stage.scope.insert(rest.split('=').next().unwrap().to_owned());
        }
        "COPY" => faults.extend(check_copy(rest, known, stage)),
        "ADD" => faults.push(format!("ADD {rest}: COPY says what is meant")),
        "RUN" => faults.extend(check_run(rest, &stage.name)),
        "WORKDIR" | "SHELL" | "LABEL" => {}
        _ => faults.push(format!("{word}: not expected here")),
    }
    faults
}

fn check_copy(rest: &str, known: &[String], stage: &mut Stage) -> Vec<String> {
    let (flags, paths): (Vec<&str>, Vec<&str>) = rest.split_whitespace().partition(|word| word.starts_with("--"));
    let sources = &paths[..paths.len() - 1];
    if let Some(from) = flags.iter().find_map(|flag| flag.strip_prefix("--from=")) {
        stage.taken_from.insert(from.to_owned());
        let there = known.iter().any(|name| name == from) && from != stage.name;
        return if there { Vec::new() } else { vec![format!("COPY --from={from}: no such stage before")] };
    }
    let missing = sources.iter().filter(|path| !workspace().join(path).exists());
    missing.map(|path| format!("COPY {path}: not in the workspace")).collect()
}

fn check_run(rest: &str, stage: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let fetches = rest.contains("curl") || rest.contains("wget");
    if fetches && !rest.contains("sha256sum") {
        faults.push(format!("RUN in {stage}: something is fetched without a checksum"));
    }
    for path in rest.split_whitespace().filter(|word| word.starts_with("acap/")) {
        let executable =
            std::fs::metadata(workspace().join(path)).is_ok_and(|file| file.permissions().mode() & 0o111 != 0);
        if !executable {
            faults.push(format!("RUN {path}: not an executable file of the workspace"));
        }
    }
    faults
}

fn dockerfile() -> String {
    std::fs::read_to_string(workspace().join("Dockerfile.sdk")).unwrap()
}

#[test]
fn every_path_argument_and_stage_exists() {
    let (faults, stages) = check(&dockerfile());
    assert_eq!(faults, Vec::<String>::new());
    assert!(stages.len() > 8, "{stages:?}");
}

#[test]
fn the_last_stage_needs_every_other_so_that_no_check_can_be_left_out() {
    let (_, stages) = check(&dockerfile());
    let last = stages.last().unwrap();
    for arch in ["aarch64", "armv7hf"] {
        for age in ["oldest", "newest"] {
            assert!(last.taken_from.contains(&format!("compared-{age}-{arch}")), "{age} {arch}: {last:?}");
        }
    }
    let mut needed: BTreeSet<String> = BTreeSet::from([last.name.clone()]);
    for stage in stages.iter().rev() {
        if needed.contains(&stage.name) {
            needed.extend(stage.taken_from.iter().cloned());
        }
    }
    let idle: Vec<&str> =
        stages.iter().map(|stage| stage.name.as_str()).filter(|name| !needed.contains(*name)).collect();
    assert_eq!(idle, Vec::<&str>::new());
}

#[test]
fn the_sdk_versions_are_those_of_the_ends_of_the_os_range() {
    let text = dockerfile();
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(&format!("ARG {name}="))).unwrap();
    assert!(value("SDK_OLDEST").starts_with("1.15.") && value("SDK_OLDEST_UBUNTU") == "22.04");
    assert!(value("SDK_NEWEST").starts_with("12.11.") && value("SDK_NEWEST_UBUNTU") == "24.04");
    assert!(
        value("RUST").starts_with(concat!(env!("CARGO_PKG_RUST_VERSION"), ".")),
        "the Rust that the workspace declares"
    );
}

#[test]
fn a_build_without_the_time_of_the_commit_ends_at_once() {
    let instructions = parse(&dockerfile());
    let guard = instructions.iter().find(|one| one.word == "RUN" && one.rest.contains("exit 1 ;; esac")).unwrap();
    for (time, good) in [("1790000000", true), ("", false), ("0", false), ("yesterday", false), ("17e8", false)] {
        let done = program("sh").args(["-c", &guard.rest]).env("SOURCE_DATE_EPOCH", time).output().unwrap();
        assert_eq!(done.status.success(), good, "{time:?}");
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(said.contains("--build-arg SOURCE_DATE_EPOCH=\"$(git log -1 --format=%ct)\""), !good, "{said}");
    }
    assert!(dockerfile().lines().any(|line| line == "ARG SOURCE_DATE_EPOCH"), "no default hides a missing one");
}

#[test]
fn planted_faults_are_found() {
    for (from, to, word) in [
        ("ARG SDK_NEWEST=", "ARG SDK_LATEST=", "SDK_NEWEST"),
        ("COPY acap/sdk/compare.sh", "COPY acap/sdk/contrast.sh", "contrast.sh"),
        ("COPY --from=packed /eap /\n", "COPY --from=package /eap /\n", "--from=package"),
        ("RUN acap/sdk/build.sh", "RUN acap/sdk/rebuild.sh", "rebuild.sh"),
        ("RUN acap/sdk/build.sh", "RUN acap/manifest.json", "not an executable"),
        ("    && rm -rf", "    && curl https://x | sh && rm -rf", "checksum"),
        ("FROM tools AS packed\nARG SOURCE_DATE_EPOCH", "FROM tools AS packed", "SOURCE_DATE_EPOCH"),
        ("rust:${RUST}", "rust:1.99", "version is an ARG"),
        (" AS tools", "", "without a name"),
    ] {
        let text = dockerfile();
        assert!(text.contains(from), "{from}");
        let (faults, _) = check(&text.replacen(from, to, 1));
        assert!(faults.iter().any(|fault| fault.contains(word)), "{word}: {faults:?}");
    }
}

#[test]
fn the_scripts_are_well_formed() {
    for (shell, script) in [("sh", "build.sh"), ("bash", "compare.sh")] {
        let done = program(shell).arg("-n").arg(workspace().join("acap/sdk").join(script)).output().unwrap();
        assert!(done.status.success(), "{script}: {}", String::from_utf8_lossy(&done.stderr));
    }
}
