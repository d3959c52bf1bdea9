//! The state folder that the camera shares with the stand-ins of libaxparameter and libaxstorage (`AXSIM_DIR`).
//!
//! ```text
//! param/<App>.def     the package's param.conf      param/<App>.val   [values] of the app's parameters
//! param/root.val      [values] of the system parameters, without `root.`
//! storage/<ID>/conf   [disk] type and delays        storage/<ID>/state   [state] flags and a counter
//! clients/<pid>/handles/<ID>   exists while that process holds the storage
//! storage/<ID>/card   [card] what the card is       storage/<ID>/medium  what is on it; both are gone without a card
//! cards/<name>/       card and medium of a card that is out
//! slots/<ID>          ours alone: what the camera is set to, how often a card came or went
//! ```
//! Each file is replaced under an flock (`<name>.lock`, `storage/<ID>/lock`) by a temporary one, fsync and rename.
//! Parameters: names and types as in the ACAP parameter documentation; who may change what is the asker's business.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub mod card;
pub mod exchange;
pub mod keyfile;
pub mod medium;
pub mod storage;
pub mod unmount;

use keyfile::KeyFile;

/// The group of all `.val` files.
const VALUES: &str = "values";

/// The state folder; cheap to clone.
#[derive(Debug, Clone)]
pub struct AxSim {
    root: PathBuf,
    turn: Arc<Mutex<()>>,
}

/// One parameter as a package declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Short name.
    pub name: String,
    /// Value until one is set.
    pub default: String,
    /// Control words and type, such as `hidden:enum:a,b`; empty if the package names none.
    pub kind: String,
}

impl AxSim {
    /// Opens the folder and makes what it lacks.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(root: &Path) -> io::Result<Self> {
        for folder in ["param", "storage", "areas", "clients", "slots", "cards"] {
            fs::create_dir_all(root.join(folder))?;
        }
        Ok(Self { root: root.to_owned(), turn: Arc::default() })
    }

    /// The folder, for `AXSIM_DIR`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// One change of a slot at a time, and no reading in between.
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn param(&self, file: &str) -> PathBuf {
        self.root.join("param").join(file)
    }

    /// Makes an app's parameters known: its param.conf as it is.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn define(&self, app: &str, param_conf: &[u8]) -> io::Result<()> {
        keyfile::replace(&self.param(&format!("{app}.def")), &self.param(&format!("{app}.lock")), |_| {
            Ok(param_conf.to_vec())
        })
    }

    /// Forgets an app's parameters and their values.
    ///
    /// # Errors
    /// When a file is there and cannot be removed.
    pub fn undefine(&self, app: &str) -> io::Result<()> {
        for ending in ["def", "val", "lock"] {
            match fs::remove_file(self.param(&format!("{app}.{ending}"))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// What an app declares, in the order of its param.conf; nothing for an unknown app.
    #[must_use]
    pub fn definitions(&self, app: &str) -> Vec<Definition> {
        let text = fs::read(self.param(&format!("{app}.def"))).unwrap_or_default();
        String::from_utf8_lossy(&text).lines().filter_map(Definition::parse).collect()
    }

    /// The values of an app's declared parameters, defaults where none was set, in the order of its param.conf.
    #[must_use]
    pub fn values(&self, app: &str) -> Vec<(Definition, String)> {
        let set = self.set_values(&format!("{app}.val"));
        let with_value = |definition: Definition| {
            let value = set.get(&definition.name).unwrap_or(&definition.default).clone();
            (definition, value)
        };
        self.definitions(app).into_iter().map(with_value).collect()
    }

    /// Sets an app's parameter, unchecked, as a camera's parameter daemon would store it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set(&self, app: &str, name: &str, value: &str) -> io::Result<()> {
        self.set_all(&format!("{app}.val"), &format!("{app}.lock"), &[(name.to_owned(), value.to_owned())])
    }

    /// Sets system parameters (full names without `root.`).
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_system(&self, pairs: &[(String, String)]) -> io::Result<()> {
        self.set_all("root.val", "root.lock", pairs)
    }

    /// The system parameters by full name without `root.`, sorted.
    #[must_use]
    pub fn system(&self) -> BTreeMap<String, String> {
        self.set_values("root.val")
    }

    fn set_values(&self, file: &str) -> BTreeMap<String, String> {
        let text = fs::read_to_string(self.param(file)).unwrap_or_default();
        KeyFile::parse(&text).group(VALUES).iter().cloned().collect()
    }

    fn set_all(&self, file: &str, lock: &str, pairs: &[(String, String)]) -> io::Result<()> {
        keyfile::change(&self.param(file), &self.param(lock), |file| {
            for (name, value) in pairs {
                file.set(VALUES, name, value);
            }
        })
    }
}

impl Definition {
    /// Reads one line of a param.conf: `Name="default" type="kind"` or `Name=default`.
    fn parse(line: &str) -> Option<Self> {
        let (name, rest) = line.split_once('=')?;
        let quoted = rest.strip_prefix('"').and_then(|rest| {
            let (default, kind) = rest.rsplit_once("\" type=\"")?;
            Some((default, kind.strip_suffix('"')?))
        });
        let (default, kind) = quoted.unwrap_or((rest, ""));
        Some(Self { name: name.trim().to_owned(), default: default.to_owned(), kind: kind.to_owned() })
    }

    /// Control words (`hidden`, `readonly`, …) and the bare type.
    #[must_use]
    pub fn parts(&self) -> (Vec<&str>, &str) {
        const WORDS: [&str; 6] = ["hidden", "nosync", "readonly", "internal", "const", "writeonly"];
        let mut rest = self.kind.as_str();
        let mut words = Vec::new();
        while let Some((word, after)) = rest.split_once(':') {
            if !WORDS.contains(&word) {
                break;
            }
            words.push(word);
            rest = after;
        }
        (words, rest)
    }

    /// Whether param.cgi lists it: not passwords and not what is write-only (documented).
    #[must_use]
    pub fn is_listed(&self) -> bool {
        let (words, kind) = self.parts();
        kind.split(':').next() != Some("password") && !words.contains(&"writeonly")
    }

    /// Whether `value` may be set. Enumerations, booleans, lengths and ranges as documented; that a length overrun is
    /// refused instead of cut is a guess.
    #[must_use]
    pub fn takes(&self, value: &str) -> bool {
        let (words, kind) = self.parts();
        if words.contains(&"readonly") {
            return false;
        }
        let (kind, rules) = kind.split_once(':').unwrap_or((kind, ""));
        match kind {
            "enum" => rules.split(',').any(|choice| choice.split('|').next() == Some(value)),
            "bool" => rules.split(',').any(|choice| choice == value),
            "int" => {
                value.parse::<i128>().is_ok_and(|number| rules.split(';').all(|rule| int_fits(number, value, rule)))
            }
            _ => rules.split(';').all(|rule| length_fits(value, rule)),
        }
    }
}

fn length_fits(value: &str, rule: &str) -> bool {
    rule.strip_prefix("maxlen=")
        .and_then(|most| most.parse::<usize>().ok())
        .is_none_or(|most| value.chars().count() <= most)
}

fn int_fits(number: i128, text: &str, rule: &str) -> bool {
    match rule.split_once('=') {
        Some(("min", least)) => least.parse::<i128>().is_ok_and(|least| number >= least),
        Some(("max", most)) => most.parse::<i128>().is_ok_and(|most| number <= most),
        Some(("range", list)) => list.split(',').any(|range| match range.split_once('-') {
            Some((from, to)) => {
                from.parse::<i128>().is_ok_and(|from| from <= number) && to.parse::<i128>().is_ok_and(|to| number <= to)
            }
            None => range.parse::<i128>().is_ok_and(|one| one == number),
        }),
        _ => length_fits(text, rule),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(line: &str) -> Definition {
        Definition::parse(line).unwrap()
    }

    #[test]
    fn a_line_of_param_conf_gives_name_default_and_type() {
        let level = definition(r#"LogLevel="info" type="enum:error,warn|Warnings,info""#);
        assert_eq!((level.name.as_str(), level.default.as_str()), ("LogLevel", "info"));
        assert_eq!(definition("State=a b").default, "a b");
        assert!(level.takes("warn") && !level.takes("Warnings") && !level.takes("loud"));
    }

    #[test]
    fn types_bound_what_may_be_set_and_what_is_listed() {
        assert!(definition(r#"A="1" type="int:min=1;max=9""#).takes("9"));
        assert!(!definition(r#"A="1" type="int:min=1;max=9""#).takes("10"));
        assert!(definition(r#"A="1" type="int:range=1,5-7""#).takes("6"));
        assert!(!definition(r#"A="1" type="int:range=1,5-7""#).takes("4"));
        assert!(!definition(r#"A="" type="string:maxlen=3""#).takes("four"));
        assert!(!definition(r#"A="x" type="readonly:string""#).takes("y"));
        assert!(definition(r#"A="x" type="hidden:string""#).is_listed());
        assert!(!definition(r#"A="x" type="hidden:password:maxlen=64""#).is_listed());
    }
}
