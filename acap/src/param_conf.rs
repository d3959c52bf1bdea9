//! `param.conf`: the parameters that exist from installation on, one line each.
//!
//! Nothing is escaped; the rules refuse values that would break the line. Facts: verified against output of the SDK's
//! packer, which leaves out quotes and type if the type is the empty string.

use serde_json::Value;

use crate::manifest::Manifest;

/// The file for a manifest; empty without parameters.
#[must_use]
pub fn write(manifest: &Manifest) -> String {
    manifest.configured("paramConfig").iter().map(line).collect()
}

fn line(parameter: &Value) -> String {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
    match (text("name"), text("default"), text("type")) {
        (name, default, "") => format!("{name}={default}\n"),
        (name, default, kind) => format!("{name}=\"{default}\" type=\"{kind}\"\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_name_default_and_type_and_no_quotes_without_type() {
        let manifest = Manifest::read(
            br#"{"acapPackageConf":{"configuration":{"paramConfig":[
            {"name":"Beat","default":"slow","type":"enum:slow|Slow,fast|Fast"},
            {"name":"Key","default":"","type":"password:maxlen=64"},{"name":"Mood","default":"a b","type":""}]}}}"#,
        );
        let expected =
            "Beat=\"slow\" type=\"enum:slow|Slow,fast|Fast\"\nKey=\"\" type=\"password:maxlen=64\"\nMood=a b\n";
        assert_eq!(write(&manifest.unwrap()), expected);
        assert_eq!(write(&Manifest::read(b"{}").unwrap()), "");
    }
}
