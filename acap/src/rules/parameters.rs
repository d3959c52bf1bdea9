//! `paramConfig`: names, types, and defaults that contradict their types.
//!
//! Facts: the grammar of types is from the published parameter API documentation. Names of letters, digits and
//! underscores alone, no empty type and no default password are our own rules.

use serde_json::Value;

use crate::manifest::Manifest;
use crate::problem::Problem;
use crate::rules::{item, shell_unsafe};

const LIST: &str = "configuration.paramConfig";
const CONTROLS: [&str; 3] = ["hidden", "nosync", "readonly"];
const OUTDATED: [&str; 3] = ["internal", "const", "writeonly"];

/// A type, and what it says about values.
#[derive(Debug, PartialEq, Eq)]
enum Kind<'a> {
    Text { longest: Option<u64> },
    Password { longest: Option<u64> },
    Choice { values: Vec<&'a str> },
    Number { ranges: Vec<(i128, i128)>, longest: Option<u64> },
}

pub(super) fn check(manifest: &Manifest) -> Vec<Problem> {
    let parameters = manifest.configured("paramConfig");
    let mut problems = Vec::new();
    for (index, parameter) in parameters.iter().enumerate() {
        let text = |key: &str| parameter.get(key).and_then(Value::as_str);
        if let Some(name) = text("name") {
            problems.extend(name_problem(index, name, parameters));
        }
        for key in ["default", "type"] {
            problems.extend(text(key).and_then(|value| shell_unsafe(&item(LIST, index, key), value)));
        }
        let Some(kind) = text("type") else { continue };
        match read_kind(kind) {
            Err(rule) => problems.push(Problem::new(
                item(LIST, index, "type"),
                rule,
                "write string, password, bool:no,yes, enum:a,b or int:min=1;max=9, perhaps behind hidden:",
            )),
            Ok(kind) => {
                problems.extend(text("default").and_then(|default| misfit(&kind, default)).map(|rule| {
                    Problem::new(item(LIST, index, "default"), rule, "write a default that the type allows")
                }))
            }
        }
    }
    problems
}

fn name_problem(index: usize, name: &str, all: &[Value]) -> Option<Problem> {
    let field = item(LIST, index, "name");
    let plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if !plain {
        let rule = format!("{name:?} is not letters, digits and underscores, the first one a letter");
        return Some(Problem::new(field, rule, "choose such a name"));
    }
    let other = |value: &Value| value.get("name").and_then(Value::as_str).is_some_and(|n| n.eq_ignore_ascii_case(name));
    all.iter().take(index).any(other).then(|| {
        let rule = format!("{name:?} is there twice (requests ignore upper and lower case)");
        Problem::new(field, rule, "take one out")
    })
}

fn read_kind(text: &str) -> Result<Kind<'_>, String> {
    let mut rest = text;
    loop {
        let (word, after) = rest.split_once(':').unwrap_or((rest, ""));
        if CONTROLS.contains(&word) {
            rest = after;
            continue;
        }
        if OUTDATED.contains(&word) {
            return Err(format!("{word:?} is outdated"));
        }
        return match word {
            "string" => Ok(Kind::Text { longest: only_longest(after)? }),
            "password" => Ok(Kind::Password { longest: only_longest(after)? }),
            "bool" => choice(after).and_then(|values| match values.len() {
                2 => Ok(Kind::Choice { values }),
                _ => Err(format!("{text:?}: a bool has exactly two values, such as bool:no,yes")),
            }),
            "enum" => choice(after).map(|values| Kind::Choice { values }),
            "int" => number(after),
            _ => Err(format!("{text:?} is none of string, password, bool, enum, int")),
        };
    }
}

fn only_longest(rest: &str) -> Result<Option<u64>, String> {
    if rest.is_empty() {
        return Ok(None);
    }
    let digits = rest.strip_prefix("maxlen=").ok_or_else(|| format!("{rest:?} is not maxlen=N"))?;
    digits.parse().map(Some).map_err(|_| format!("maxlen={digits}: no number"))
}

fn choice(rest: &str) -> Result<Vec<&str>, String> {
    let values: Vec<&str> = rest.split(',').map(|part| part.split('|').next().unwrap_or_default()).collect();
    if values.iter().any(|value| value.is_empty()) {
        return Err("a choice without a value".to_owned());
    }
    let twice =
        values.iter().enumerate().find(|(index, value)| values.iter().take(*index).any(|other| other == *value));
    match twice {
        Some((_, value)) => Err(format!("the choice {value:?} is there twice")),
        None => Ok(values),
    }
}

fn number(rest: &str) -> Result<Kind<'static>, String> {
    let (mut min, mut max, mut ranges, mut longest) = (None, None, None, None);
    for part in rest.split(';').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').ok_or_else(|| format!("{part:?} has no value"))?;
        let whole = || value.parse::<i128>().map_err(|_| format!("{key}={value}: no whole number"));
        match key {
            "min" => min = Some(whole()?),
            "max" => max = Some(whole()?),
            "maxlen" => longest = only_longest(part)?,
            "range" => ranges = Some(value.split(',').map(range).collect::<Result<Vec<_>, _>>()?),
            _ => return Err(format!("{key:?} is none of min, max, maxlen, range")),
        }
    }
    if ranges.is_some() && (min.is_some() || max.is_some()) {
        return Err("range excludes min and max".to_owned());
    }
    let ranges = ranges.unwrap_or_else(|| vec![(min.unwrap_or(i128::MIN), max.unwrap_or(i128::MAX))]);
    match ranges.iter().find(|(low, high)| low > high) {
        Some((low, high)) => Err(format!("no number is from {low} to {high}")),
        None => Ok(Kind::Number { ranges, longest }),
    }
}

/// `3` or `5-9`; the dash after a leading minus sign is the one between.
fn range(part: &str) -> Result<(i128, i128), String> {
    let fault = || format!("{part:?} is no range");
    let dash = part.char_indices().skip(1).find(|(_, letter)| *letter == '-').map(|(at, _)| at);
    let (low, high) = match dash {
        Some(at) => (part.get(..at).ok_or_else(fault)?, part.get(at + 1..).ok_or_else(fault)?),
        None => (part, part),
    };
    Ok((low.parse().map_err(|_| fault())?, high.parse().map_err(|_| fault())?))
}

/// Why the default doesn't fit, if it doesn't.
fn misfit(kind: &Kind<'_>, default: &str) -> Option<String> {
    let letters = u64::try_from(default.chars().count()).unwrap_or(u64::MAX);
    let too_long = |longest: &Option<u64>| {
        longest.filter(|longest| letters > *longest).map(|longest| format!("{letters} letters, {longest} are allowed"))
    };
    match kind {
        Kind::Text { longest } => too_long(longest),
        Kind::Password { longest } if default.is_empty() => too_long(longest),
        Kind::Password { .. } => Some("a default password is known to everybody".to_owned()),
        Kind::Choice { values } if values.contains(&default) => None,
        Kind::Choice { values } => Some(format!("{default:?} is none of {}", values.join(", "))),
        Kind::Number { ranges, longest } => match default.parse::<i128>() {
            Err(_) => Some(format!("{default:?} is no whole number")),
            Ok(number) if !ranges.iter().any(|(low, high)| (*low..=*high).contains(&number)) => {
                Some(format!("{number} is outside the range of the type"))
            }
            Ok(_) => too_long(longest),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_type_is_read() {
        assert_eq!(read_kind("string"), Ok(Kind::Text { longest: None }));
        assert_eq!(read_kind("hidden:string:maxlen=5"), Ok(Kind::Text { longest: Some(5) }));
        assert_eq!(read_kind("nosync:readonly:password"), Ok(Kind::Password { longest: None }));
        assert_eq!(read_kind("bool:no,yes"), Ok(Kind::Choice { values: vec!["no", "yes"] }));
        assert_eq!(read_kind("enum:a|Nice,b"), Ok(Kind::Choice { values: vec!["a", "b"] }));
        let ranges = vec![(-5, -1), (3, 3)];
        assert_eq!(read_kind("int:maxlen=2;range=-5--1,3"), Ok(Kind::Number { ranges, longest: Some(2) }));
        assert_eq!(read_kind("int"), Ok(Kind::Number { ranges: vec![(i128::MIN, i128::MAX)], longest: None }));
    }

    #[test]
    fn types_that_are_none_are_told() {
        for wrong in [
            "",
            "text",
            "const:string",
            "bool:yes",
            "bool:a,b,c",
            "enum:",
            "enum:a,,b",
            "enum:a,a",
            "int:min=5;max=4",
            "int:range=9-3",
            "int:range=x",
            "int:min=1;range=1-2",
            "int:step=2",
            "string:min=2",
            "string:maxlen=x",
        ] {
            assert!(read_kind(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_default_that_contradicts_its_type_is_told() {
        for (kind, right, wrong) in [
            ("enum:a,b", "a", "c"),
            ("bool:no,yes", "yes", "maybe"),
            ("int:min=1;max=5", "5", "6"),
            ("int:range=1-3,7", "7", "5"),
            ("int", "-3", "three"),
            ("int:maxlen=2", "99", "100"),
            ("string:maxlen=3", "abc", "abcd"),
            ("password", "", "secret"),
        ] {
            let kind = read_kind(kind).unwrap();
            assert_eq!(misfit(&kind, right), None, "{kind:?} {right}");
            assert!(misfit(&kind, wrong).is_some(), "{kind:?} {wrong}");
        }
    }
}
