//! How big a package may be: reading `budget.toml` and holding packages to it. All figures are bytes.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::arch::Arch;
use crate::problem::Problem;

/// The figures of `budget.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The whole `.eap` by architecture; one that isn't named has no budget.
    pub package: BTreeMap<String, u64>,
    /// What the product may ever weigh.
    pub product: Product,
    /// One unpacked file.
    pub file: FileBudget,
}

/// The product's own promise.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// No package may ever be bigger.
    pub limit: u64,
    /// What it should stay below.
    pub aim: u64,
}

/// Limits for one file, unpacked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileBudget {
    /// The executable.
    pub executable: u64,
    /// Every other file.
    pub other: u64,
}

/// The text is no budget.
#[derive(Debug, thiserror::Error)]
pub enum BudgetError {
    /// No TOML, or not these fields.
    #[error("budget: {0}")]
    Toml(#[from] toml::de::Error),
    /// A key that is no architecture, or a figure above the product's limit.
    #[error("budget: package.{arch}: {what}")]
    Senseless {
        /// The key.
        arch: String,
        /// What is wrong.
        what: String,
    },
}

impl Budget {
    /// Reads the text of `budget.toml`.
    ///
    /// # Errors
    /// [`BudgetError`] if it is malformed, names no architecture, or allows more than the product's limit.
    pub fn read(text: &str) -> Result<Self, BudgetError> {
        let budget: Budget = toml::from_str(text)?;
        for (arch, bytes) in &budget.package {
            let senseless = |what: String| BudgetError::Senseless { arch: arch.clone(), what };
            arch.parse::<Arch>().map_err(&senseless)?;
            if *bytes > budget.product.limit {
                return Err(senseless(format!("{bytes} is above the product's limit of {}", budget.product.limit)));
            }
        }
        Ok(budget)
    }

    /// The limit for a whole package.
    #[must_use]
    pub fn of_package(&self, arch: Arch) -> Option<u64> {
        self.package.get(arch.word()).copied()
    }

    /// Whether a file of the package is too big.
    #[must_use]
    pub fn check_file(&self, arch: Arch, path: &str, is_executable: bool, bytes: usize) -> Option<Problem> {
        self.of_package(arch)?;
        let (limit, key) =
            if is_executable { (self.file.executable, "executable") } else { (self.file.other, "other") };
        (wide(bytes) > limit).then(|| {
            Problem::new(
                path,
                format!("{bytes} bytes, {limit} are allowed for one file"),
                format!("make it smaller, or raise file.{key} in budget.toml with a reason"),
            )
        })
    }

    /// Whether the finished package is too big.
    #[must_use]
    pub fn check_package(&self, arch: Arch, name: &str, bytes: usize) -> Option<Problem> {
        let limit = self.of_package(arch)?;
        (wide(bytes) > limit).then(|| {
            Problem::new(
                name,
                format!("{bytes} bytes, {limit} are allowed for {arch}"),
                format!("make the binary smaller, or raise package.{arch} in budget.toml with a reason"),
            )
        })
    }
}

fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "[package]\naarch64 = 100\n[product]\nlimit = 200\naim = 150\n[file]\nexecutable = 50\nother = 10\n";

    #[test]
    fn a_file_and_a_package_are_refused_from_one_byte_above() {
        let budget = Budget::read(TEXT).unwrap();
        assert_eq!(budget.check_file(Arch::Aarch64, "html/a", false, 10), None);
        assert!(budget.check_file(Arch::Aarch64, "html/a", false, 11).unwrap().rule.contains("11 bytes, 10"));
        assert_eq!(budget.check_file(Arch::Aarch64, "c2c", true, 50), None);
        assert!(budget.check_file(Arch::Aarch64, "c2c", true, 51).is_some());
        assert_eq!(budget.check_package(Arch::Aarch64, "x.eap", 100), None);
        assert!(budget.check_package(Arch::Aarch64, "x.eap", 101).is_some());
        assert_eq!(budget.check_package(Arch::X8664, "x.eap", usize::MAX), None);
        assert_eq!(budget.check_file(Arch::X8664, "c2c", true, usize::MAX), None);
    }

    #[test]
    fn a_budget_above_the_products_limit_or_of_no_architecture_is_refused() {
        assert!(Budget::read(&TEXT.replace("= 100", "= 201")).unwrap_err().to_string().contains("limit of 200"));
        assert!(Budget::read(&TEXT.replace("aarch64", "riscv")).unwrap_err().to_string().contains("riscv"));
        assert!(Budget::read(&TEXT.replace("aim", "goal")).is_err());
    }

    #[test]
    fn the_projects_own_budget_holds_what_was_promised() {
        let budget = Budget::read(include_str!("../budget.toml")).unwrap();
        assert_eq!(budget.of_package(Arch::Aarch64), Some(1_310_720));
        assert_eq!(budget.of_package(Arch::Armv7hf), Some(1_310_720));
        assert_eq!((budget.product.limit, budget.product.aim), (1_310_720, 1_048_576));
    }
}
