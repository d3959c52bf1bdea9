//! Versions of AXIS OS and ranges of them.
//!
//! A version is numbers with dots, two to four of them, such as `12.11.77` (recorded); pre-releases carry a word after
//! the numbers, which does not count here.

use serde::{Deserialize, Deserializer};

/// The numbers of a version, the weightiest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(Vec<u32>);

impl Version {
    /// The numbers at the beginning of `text`, if there are any.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
        let numbers = text.get(..end)?.trim_end_matches('.');
        let numbers = numbers.split('.').map(|number| number.parse().ok()).collect::<Option<Vec<_>>>()?;
        Some(Self(numbers))
    }

    /// The first number.
    pub(super) fn major(&self) -> u32 {
        self.0.first().copied().unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no version")))
    }
}

/// From a version on, and below another one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    from: Option<Version>,
    below: Option<Version>,
}

impl Range {
    pub(super) fn holds(&self, version: &Version) -> bool {
        self.from.as_ref().is_none_or(|from| version >= from) && self.below.as_ref().is_none_or(|below| version < below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_their_numbers() {
        let read = |text| Version::read(text).unwrap();
        assert!(
            read("12.9.1") < read("12.11") && read("12.11.77") >= read("12.11") && read("9.80.3.15") < read("11.11")
        );
        assert_eq!(read("13.0.0-alpha.2"), read("13.0.0"));
        assert_eq!(["", "x", ".1", "1..2", "99999999999.1"].map(Version::read), [const { None }; 5]);
    }

    #[test]
    fn a_range_has_its_beginning_and_not_its_end() {
        let range: Range = serde_json::from_str(r#"{"from":"11.11","below":"13"}"#).unwrap();
        let holds = |text| range.holds(&Version::read(text).unwrap());
        assert!(holds("11.11.0") && holds("12.99") && !holds("13.0.0") && !holds("11.10.99"));
    }
}
