//! The processor kinds that a package can be for.
//!
//! Facts: the manifest's words `aarch64` and `armv7hf` are from the published manifest documentation; the word `x86_64`
//! is this project's own, for packages that only the virtual camera takes.

use std::fmt;
use std::str::FromStr;

/// A processor kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arch {
    /// 64-bit ARM (ARTPEC-8, ARTPEC-9, CV25 and CV75).
    Aarch64,
    /// 32-bit ARM with hardware floating point (ARTPEC-6, ARTPEC-7).
    Armv7hf,
    /// The developer's own machine; no camera takes it.
    X8664,
}

impl Arch {
    /// Every kind, the camera's ones first.
    pub const ALL: [Arch; 3] = [Arch::Aarch64, Arch::Armv7hf, Arch::X8664];

    /// The word for it in manifests and file names.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Arch::Aarch64 => "aarch64",
            Arch::Armv7hf => "armv7hf",
            Arch::X8664 => "x86_64",
        }
    }

    /// Whether no camera takes packages of this kind.
    #[must_use]
    pub const fn is_for_development_only(self) -> bool {
        matches!(self, Arch::X8664)
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Arch {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Arch::ALL
            .into_iter()
            .find(|arch| arch.word() == word)
            .ok_or_else(|| format!("{word:?} is none of aarch64, armv7hf, x86_64"))
    }
}
