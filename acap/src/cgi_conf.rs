//! `cgi.conf`: which CGI names the camera's web server passes to the application, and to whom they are open.
//!
//! Facts: verified against output of the SDK's packer. An `httpConfig` of nothing but directories gives an empty file,
//! an empty `httpConfig` gives none; `admin` is written `administrator`.

use serde_json::Value;

use crate::manifest::Manifest;
use crate::package_conf::has_cgi_conf;

/// The file for a manifest, or nothing if the package has none.
#[must_use]
pub fn write(manifest: &Manifest) -> Option<String> {
    has_cgi_conf(manifest).then(|| manifest.configured("httpConfig").iter().filter_map(line).collect())
}

fn line(entry: &Value) -> Option<String> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    let flag = match text("type") {
        "fastCgi" => " fastCgi",
        "transferCgi" => "",
        _ => return None,
    };
    let access = match text("access") {
        "admin" => "administrator",
        other => other,
    };
    Some(format!("{access} /{}{flag}\n", text("name").trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(http_config: &str) -> Option<String> {
        let text = format!(r#"{{"acapPackageConf":{{"configuration":{{"httpConfig":{http_config}}}}}}}"#);
        write(&Manifest::read(text.as_bytes()).unwrap())
    }

    #[test]
    fn directories_give_an_empty_file_and_an_empty_list_gives_none() {
        assert_eq!(written(r#"[{"type":"directory","access":"viewer"}]"#), Some(String::new()));
        assert_eq!(written("[]"), None);
        assert_eq!(write(&Manifest::read(b"{}").unwrap()), None);
    }

    #[test]
    fn cgis_have_a_line_with_access_and_one_slash() {
        let cgis = r#"[{"type":"fastCgi","name":"a.cgi","access":"admin"},{"type":"transferCgi","name":"//b.cgi","access":"viewer"}]"#;
        assert_eq!(written(cgis).unwrap(), "administrator /a.cgi fastCgi\nviewer /b.cgi\n");
    }
}
