//! `manifest.json`: reading it, asking it, and writing it as it is packed.
//!
//! It is kept as a JSON tree with its key order, since the packed file has the order of the source. A key that occurs
//! twice is refused: two readers could take different ones.
//!
//! Facts: fields from the published manifest documentation (1.0 to 2.x); the packed form (4 spaces, no newline at the end,
//! lower-case `\uXXXX` for everything that isn't printable ASCII) was verified against output of the SDK's packer.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};

mod strict;

/// Where `setup` is.
pub const SETUP: [&str; 2] = ["acapPackageConf", "setup"];
/// Where `configuration` is.
pub const CONFIGURATION: [&str; 2] = ["acapPackageConf", "configuration"];

/// The text is no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// No JSON, nested deeper than 128, or a key twice.
    #[error("manifest.json: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON, but no object.
    #[error("manifest.json: the outermost value must be an object")]
    NoObject,
}

/// A manifest, not yet checked: every field may be missing or of the wrong type.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    tree: Value,
}

impl Manifest {
    /// Reads the text of a manifest.
    ///
    /// # Errors
    /// [`ManifestError`] if it is no JSON object, nested deeper than 128 levels, or has a key twice in one object.
    pub fn read(text: &[u8]) -> Result<Self, ManifestError> {
        let tree = strict::read(text)?;
        if tree.is_object() { Ok(Self { tree }) } else { Err(ManifestError::NoObject) }
    }

    /// The whole tree.
    #[must_use]
    pub fn tree(&self) -> &Value {
        &self.tree
    }

    /// The value at a path of keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(&self.tree, |value, key| value.get(key))
    }

    /// A value of `acapPackageConf.setup`.
    #[must_use]
    pub fn setup(&self, key: &str) -> Option<&Value> {
        self.at(&SETUP)?.get(key)
    }

    /// A string of `acapPackageConf.setup`.
    #[must_use]
    pub fn setup_text(&self, key: &str) -> Option<&str> {
        self.setup(key)?.as_str()
    }

    /// A string at a path of keys.
    #[must_use]
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.as_str()
    }

    /// The list `acapPackageConf.configuration.KEY`; empty if there is none.
    #[must_use]
    pub fn configured(&self, key: &str) -> &[Value] {
        self.at(&CONFIGURATION).and_then(|all| all.get(key)).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The strings of the list at `path`; empty if there is none.
    #[must_use]
    pub fn texts(&self, path: &[&str]) -> Vec<&str> {
        self.at(path).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// `setup.appName`, or nothing.
    #[must_use]
    pub fn app_name(&self) -> &str {
        self.setup_text("appName").unwrap_or_default()
    }

    /// The name for people: `setup.friendlyName`, else the appName.
    #[must_use]
    pub fn friendly_name(&self) -> &str {
        self.setup_text("friendlyName").unwrap_or_else(|| self.app_name())
    }

    /// `setup.version`, if it is a semantic version.
    #[must_use]
    pub fn version(&self) -> Option<semver::Version> {
        semver::Version::parse(self.setup_text("version")?).ok()
    }

    /// First number of `schemaVersion`, if there is one.
    #[must_use]
    pub fn schema_major(&self) -> Option<u64> {
        self.text(&["schemaVersion"])?.split('.').next()?.parse().ok()
    }

    /// Sets a string of `acapPackageConf.setup`: in its place if the key is there, else as the last one. Nothing happens
    /// if there is no `setup` (the rules then say so).
    pub fn set_setup(&mut self, key: &str, value: &str) {
        if let Some(setup) = self.setup_mut() {
            setup.insert(key.to_owned(), Value::from(value));
        }
    }

    /// Takes a key out of `acapPackageConf.setup`.
    pub fn remove_setup(&mut self, key: &str) {
        if let Some(setup) = self.setup_mut() {
            setup.shift_remove(key);
        }
    }

    /// Sets `schemaVersion`.
    pub fn set_schema_version(&mut self, version: &str) {
        if let Some(top) = self.tree.as_object_mut() {
            top.insert("schemaVersion".to_owned(), Value::from(version));
        }
    }

    fn setup_mut(&mut self) -> Option<&mut serde_json::Map<String, Value>> {
        SETUP.iter().try_fold(&mut self.tree, |value, key| value.get_mut(key))?.as_object_mut()
    }

    /// The bytes that go into the package.
    ///
    /// # Errors
    /// None in practice: a tree of JSON values can always be written to memory.
    pub fn packed(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = Vec::new();
        let form = Packed { pretty: PrettyFormatter::with_indent(b"    ") };
        self.tree.serialize(&mut Serializer::with_formatter(&mut bytes, form))?;
        Ok(bytes)
    }
}

/// serde_json's own indented form, with everything but printable ASCII escaped.
struct Packed {
    pretty: PrettyFormatter<'static>,
}

impl Formatter for Packed {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for letter in fragment.chars() {
            if matches!(letter, ' '..='~') {
                write!(writer, "{letter}")?;
            } else {
                let mut units = [0; 2];
                letter.encode_utf16(&mut units).iter().try_for_each(|unit| write!(writer, "\\u{unit:04x}"))?;
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        self.pretty.write_char_escape(writer, escape)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packed_form_has_four_spaces_source_order_ascii_only_and_no_last_newline() {
        let manifest =
            Manifest::read("{\"b\":[],\"a\":{\"x\":[1,true]},\"n\":\"\u{c5}\u{1f600}\\n\u{7f}\\\"\"}".as_bytes())
                .unwrap();
        let packed = String::from_utf8(manifest.packed().unwrap()).unwrap();
        let expected = "{\n    \"b\": [],\n    \"a\": {\n        \"x\": [\n            1,\n            true\n        ]\n    },\n    \
                        \"n\": \"\\u00c5\\ud83d\\ude00\\n\\u007f\\\"\"\n}";
        assert_eq!(packed, expected);
    }

    #[test]
    fn a_key_that_occurs_twice_is_refused_by_name() {
        let error = Manifest::read(br#"{"a":{"appName":"x","appName":"y"}}"#).unwrap_err().to_string();
        assert!(error.contains("appName") && error.contains("twice"), "{error}");
    }

    #[test]
    fn nesting_without_end_and_other_values_are_refused() {
        assert!(Manifest::read("[".repeat(200_000).as_bytes()).is_err());
        assert!(Manifest::read(("{\"a\":".repeat(5_000) + "1").as_bytes()).is_err());
        assert!(matches!(Manifest::read(b"[]"), Err(ManifestError::NoObject)));
        assert!(Manifest::read(b"{} x").is_err());
    }

    #[test]
    fn a_setup_value_is_replaced_in_place_and_a_new_one_comes_last() {
        let mut manifest =
            Manifest::read(br#"{"acapPackageConf":{"setup":{"version":"1.0.0","vendor":"v"}}}"#).unwrap();
        manifest.set_setup("version", "1.5.0");
        manifest.set_setup("architecture", "aarch64");
        let keys: Vec<_> = manifest.at(&SETUP).unwrap().as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["version", "vendor", "architecture"]);
        assert_eq!(manifest.setup_text("version"), Some("1.5.0"));
    }
}
