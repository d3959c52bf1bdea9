//! What differs between the releases of AXIS OS that the virtual camera can be, and between architectures.
//!
//! Every fact says how sure it is: *recorded* (from a real device), *documented* (VAPIX or ACAP documentation),
//! *field note* (reported by others), *guess*.

use std::fmt;
use std::str::FromStr;

/// A release of AXIS OS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Os {
    /// 11.11, the long-term support track of 2024.
    V11_11,
    /// 12.9: unsigned packages are refused unless allowed; no check of the OS range yet.
    V12_9,
    /// 12.11: the OS range of a package is checked.
    V12_11,
    /// 13.0: signed packages with a schema-2 manifest only. Known from preview pages only, so all of it is less sure.
    V13_0,
}

/// The answers' `apiVersion` by CGI: what the server calls its newest minor version.
#[derive(Debug, Clone, Copy)]
pub struct ApiVersions {
    /// basicdeviceinfo.cgi.
    pub basic_device_info: &'static str,
    /// systemready.cgi.
    pub systemready: &'static str,
    /// network_settings.cgi.
    pub network_settings: &'static str,
    /// time.cgi.
    pub time: &'static str,
    /// apidiscovery.cgi.
    pub discovery: &'static str,
}

impl Os {
    /// All profiles, oldest first.
    pub const ALL: [Self; 4] = [Self::V11_11, Self::V12_9, Self::V12_11, Self::V13_0];

    /// The firmware's full version. Own values in the recorded form `major.minor.patch`.
    #[must_use]
    pub fn firmware(self) -> &'static str {
        match self {
            Self::V11_11 => "11.11.190",
            Self::V12_9 => "12.9.55",
            Self::V12_11 => "12.11.77",
            Self::V13_0 => "13.0.12",
        }
    }

    /// The numbers of [`Self::firmware`].
    #[must_use]
    pub fn numbers(self) -> [u64; 3] {
        match self {
            Self::V11_11 => [11, 11, 190],
            Self::V12_9 => [12, 9, 55],
            Self::V12_11 => [12, 11, 77],
            Self::V13_0 => [13, 0, 12],
        }
    }

    /// The build date as basicdeviceinfo words it (own values).
    #[must_use]
    pub fn build_date(self) -> &'static str {
        match self {
            Self::V11_11 => "Mar 11 2026 09:12",
            Self::V12_9 => "Feb 03 2026 17:41",
            Self::V12_11 => "Aug 19 2026 12:05",
            Self::V13_0 => "Oct 28 2026 08:30",
        }
    }

    /// The `Server` header of the camera's web server. 12.11 recorded, the others guessed from Apache's releases.
    #[must_use]
    pub fn server(self) -> &'static str {
        match self {
            Self::V11_11 => "Apache/2.4.62 (Unix) OpenSSL/3.0.15",
            Self::V12_9 => "Apache/2.4.66 (Unix) OpenSSL/3.5.5",
            Self::V12_11 | Self::V13_0 => "Apache/2.4.68 (Unix) OpenSSL/3.5.7",
        }
    }

    /// Whether rules for passwords are on that cannot be switched off: 13 (a field note).
    #[must_use]
    pub fn asks_for_strong_passwords(self) -> bool {
        self >= Self::V13_0
    }

    /// Whether port 80 is closed after factory default. Documented for 13 (preview pages).
    #[must_use]
    pub fn https_only(self) -> bool {
        self >= Self::V13_0
    }

    /// `AllowUnsigned` after factory default: true until 11.11, false from 12.0 (documented).
    #[must_use]
    pub fn allows_unsigned_at_first(self) -> bool {
        self < Self::V12_9
    }

    /// Whether config.cgi knows `AllowUnsigned`: 11.2 to 12.x, gone in 13 (documented).
    #[must_use]
    pub fn has_allow_unsigned(self) -> bool {
        self < Self::V13_0
    }

    /// Whether config.cgi knows `AllowRoot`: 11.5 to 11.11 (documented); it is false there from 11.8 on.
    #[must_use]
    pub fn has_allow_root(self) -> bool {
        self < Self::V12_9
    }

    /// Whether a bad value to config.cgi gives HTTP 400: from 12.2 (documented).
    #[must_use]
    pub fn bad_config_is_400(self) -> bool {
        self >= Self::V12_9
    }

    /// Whether `compatibleOsVersions` is checked: from 12.10 (documented).
    #[must_use]
    pub fn checks_os_range(self) -> bool {
        self >= Self::V12_11
    }

    /// Whether a manifest without `compatibleOsVersions` is refused: 13 (documented).
    #[must_use]
    pub fn demands_os_range(self) -> bool {
        self >= Self::V13_0
    }

    /// Whether `users and groups` may name root: never from 12.0 on (documented).
    #[must_use]
    pub fn may_know_root(self) -> bool {
        self < Self::V12_9
    }

    /// The lowest OS, as (major, minor), for a manifest schema; `None` for a schema that nobody has published.
    ///
    /// Documented for 1.x and 2.x. Schema 2 on 11.11: a field note says that a 2.0.0 package installed on 11.11.212;
    /// so 2.0 is taken on 11.11 and 12.9 here, which is **uncertain** for both.
    #[must_use]
    pub fn lowest_for_schema(major: u64, minor: u64, patch: u64) -> Option<(u64, u64)> {
        match (major, minor, patch) {
            (1, 0..=2, _) => Some((10, 7)),
            (1, 3, 0) => Some((10, 9)),
            (1, 3, _) => Some((11, 0)),
            (1, 4, _) => Some((11, 7)),
            (1, 5, _) => Some((11, 8)),
            (1, 6, _) => Some((11, 9)),
            (1, 7, 0) => Some((11, 10)),
            (1, 7, 1) => Some((12, 0)),
            (1, 7, 2) => Some((12, 1)),
            (1, 7, 3) => Some((12, 2)),
            (1, 7, _) => Some((12, 4)),
            (1, 8, _) => Some((12, 6)),
            (1, 9, _) => Some((12, 8)),
            (1, 10, _) => Some((12, 10)),
            (1, 11, _) => Some((12, 11)),
            (2, 0, _) => Some((11, 11)),
            (2, 1..=2, _) => Some((12, 11)),
            _ => None,
        }
    }

    /// Whether manifests with schema 1 are refused: 13 (documented).
    #[must_use]
    pub fn refuses_schema_1(self) -> bool {
        self >= Self::V13_0
    }

    /// Whether applications/list.cgi has `Bundled`, `SignatureStatus` and `Resources`. Recorded on 12.11, absent on
    /// 10.12; that 12.9 has them and 11.11 not is a guess.
    #[must_use]
    pub fn lists_signatures(self) -> bool {
        self >= Self::V12_9
    }

    /// Whether applications/list.cgi has `CompatibleOsVersions`. Recorded on 12.11; guessed absent before 12.10.
    #[must_use]
    pub fn lists_os_ranges(self) -> bool {
        self >= Self::V12_11
    }

    /// Whether too many running applications give error 9: until 12.5 (documented). The number is unknown, so only
    /// the knob `camera.most_running` brings it about.
    #[must_use]
    pub fn limits_running(self) -> bool {
        self < Self::V12_9
    }

    /// Versions of the JSON CGIs. basicdeviceinfo, systemready, network: recorded on 12.9; systemready 11.11 and
    /// network 11.11 recorded; time recorded on 12.11; the rest carried over (guess).
    #[must_use]
    pub fn api_versions(self) -> ApiVersions {
        let (systemready, network_settings) = match self {
            Self::V11_11 => ("1.4", "1.33"),
            Self::V12_9 => ("1.5", "1.38"),
            Self::V12_11 | Self::V13_0 => ("1.5", "1.39"),
        };
        ApiVersions { basic_device_info: "1.3", systemready, network_settings, time: "1.0", discovery: "1.1" }
    }
}

impl fmt::Display for Os {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V11_11 => "11.11",
            Self::V12_9 => "12.9",
            Self::V12_11 => "12.11",
            Self::V13_0 => "13.0",
        })
    }
}

/// A word that names no profile or architecture.
#[derive(Debug, thiserror::Error)]
#[error("{word:?} is not one of {known}")]
pub struct Unknown {
    word: String,
    known: &'static str,
}

impl FromStr for Os {
    type Err = Unknown;

    fn from_str(word: &str) -> Result<Self, Unknown> {
        match word {
            "11.11" => Ok(Self::V11_11),
            "12.9" => Ok(Self::V12_9),
            "12.11" => Ok(Self::V12_11),
            "13.0" | "13" => Ok(Self::V13_0),
            _ => Err(Unknown { word: word.to_owned(), known: "11.11, 12.9, 12.11, 13.0" }),
        }
    }
}

/// The architecture of a camera, in the words of package files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arch {
    /// No real camera: a development machine.
    X86_64,
    /// 64-bit ARM.
    Aarch64,
    /// 32-bit ARM, hard float.
    Armv7hf,
}

impl Arch {
    /// The architecture of this machine; a machine that is none of the three counts as x86_64.
    #[must_use]
    pub fn native() -> Self {
        match std::env::consts::ARCH {
            "aarch64" => Self::Aarch64,
            "arm" => Self::Armv7hf,
            _ => Self::X86_64,
        }
    }

    /// The number in the header of an ELF file (`e_machine`, from the ELF specification).
    #[must_use]
    pub fn elf_machine(self) -> u16 {
        match self {
            Self::X86_64 => 62,
            Self::Aarch64 => 183,
            Self::Armv7hf => 40,
        }
    }

    /// The names of QEMU's user-mode emulator for it: distributions have it linked statically, or not, or both.
    #[must_use]
    pub fn emulators(self) -> [&'static str; 2] {
        match self {
            Self::X86_64 => ["qemu-x86_64-static", "qemu-x86_64"],
            Self::Aarch64 => ["qemu-aarch64-static", "qemu-aarch64"],
            Self::Armv7hf => ["qemu-arm-static", "qemu-arm"],
        }
    }

    /// The system on chip that basicdeviceinfo names (own wording).
    #[must_use]
    pub fn soc(self) -> &'static str {
        match self {
            Self::X86_64 => "Virtual x86-64",
            Self::Aarch64 => "Virtual ARMv8-A",
            Self::Armv7hf => "Virtual ARMv7-A",
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
            Self::Armv7hf => "armv7hf",
        })
    }
}

impl FromStr for Arch {
    type Err = Unknown;

    fn from_str(word: &str) -> Result<Self, Unknown> {
        match word {
            "x86_64" => Ok(Self::X86_64),
            "aarch64" => Ok(Self::Aarch64),
            "armv7hf" => Ok(Self::Armv7hf),
            "native" => Ok(Self::native()),
            _ => Err(Unknown { word: word.to_owned(), known: "native, x86_64, aarch64, armv7hf" }),
        }
    }
}
