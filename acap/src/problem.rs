//! One thing that is wrong with a package: where, which rule it breaks, and how to mend it.

use std::fmt;

use serde::Serialize;

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The place: a manifest path such as `setup.appName`, or a file in the package.
    pub field: String,
    /// What was found and which rule it breaks.
    pub rule: String,
    /// What to do about it.
    pub mend: String,
}

impl Problem {
    /// A problem at `field`.
    pub fn new(field: impl Into<String>, rule: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { field: field.into(), rule: rule.into(), mend: mend.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.field, self.rule, self.mend)
    }
}

/// Everything that is wrong, in the order found, for an error's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "{count} {}", if count == 1 { "problem" } else { "problems" })?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}
