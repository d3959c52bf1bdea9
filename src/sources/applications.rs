//! The installed ACAP applications, from VAPIX `applications/list.cgi`.
//!
//! Attributes come in any order, some only on newer versions (`Bundled`, `SignatureStatus`: recorded on AXIS OS
//! 12.11, absent on 10.12); elements may have children. Errors come with status 200 and `result="error"`.

use roxmltree::{Document, Node};

use crate::snapshot::{Application, ApplicationState};
use crate::vapix::{Fault, Reader};

const LIST: &str = "/axis-cgi/applications/list.cgi";

/// Reads the list of applications.
///
/// # Errors
/// As [`Reader::get`]; [`Fault::Declined`] with the camera's own message.
pub async fn read(camera: &Reader) -> Result<Vec<Application>, Fault> {
    parse(&camera.get(LIST).await?)
}

fn parse(xml: &str) -> Result<Vec<Application>, Fault> {
    let garbled = |why: String| Fault::Garbled { path: LIST, why };
    let document = Document::parse(xml).map_err(|error| garbled(error.to_string()))?;
    let reply = document.root_element();
    if !reply.has_tag_name("reply") {
        return Err(garbled(format!("<{}> is no list of applications", reply.tag_name().name())));
    }
    if let Some(error) = reply.children().find(|child| child.has_tag_name("error")) {
        let code = error.attribute("message").or(error.attribute("type")).unwrap_or("without a message");
        return Err(Fault::Declined { path: LIST, code: code.to_owned() });
    }
    reply.children().filter(|child| child.has_tag_name("application")).map(application).collect()
}

fn application(node: Node<'_, '_>) -> Result<Application, Fault> {
    let text = |name| node.attribute(name).map(str::to_owned).filter(|text| !text.is_empty());
    let name =
        text("Name").ok_or_else(|| Fault::Garbled { path: LIST, why: "an application without a name".to_owned() })?;
    Ok(Application {
        nice_name: text("NiceName").unwrap_or_else(|| name.clone()),
        version: text("Version"),
        vendor: text("Vendor"),
        state: state(node.attribute("Status").unwrap_or_default()),
        bundled: node.attribute("Bundled").map(|word| word.eq_ignore_ascii_case("yes")),
        signature: text("SignatureStatus"),
        os_versions: os_versions(node),
        name,
    })
}

/// `CompatibleOsVersions/VersionRange/{Min,Max}`, recorded on AXIS OS 12.11.
fn os_versions(node: Node<'_, '_>) -> Option<Vec<(String, String)>> {
    let ranges = node.children().find(|child| child.has_tag_name("CompatibleOsVersions"))?;
    let end = |range: Node<'_, '_>, name: &str| {
        let text = range.children().find(|child| child.has_tag_name(name)).and_then(|child| child.text());
        text.unwrap_or_default().trim().to_owned()
    };
    let ranges = ranges.children().filter(|child| child.has_tag_name("VersionRange"));
    Some(ranges.map(|range| (end(range, "Min"), end(range, "Max"))).collect())
}

fn state(word: &str) -> ApplicationState {
    match word.to_ascii_lowercase().as_str() {
        "running" => ApplicationState::Running,
        "stopped" => ApplicationState::Stopped,
        "idle" => ApplicationState::Idle,
        _ => ApplicationState::Other(word.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_forms_are_read() {
        let xml = r#"<reply result="ok">
 <application Name="vmd" NiceName="Motion" Vendor="Axis" Version="4.5-2" License="None" Status="Running" />
 <application Name="gate" ApplicationID="0" NiceName="Gate &#214;st" Vendor="V" Version="0.9.0" Bundled="No" Status="Idle" SignatureStatus="Unknown"><Resources><Resource name="DeepLearningProcessor" used="Yes" /></Resources></application>
 <application Name="odd" Status="Hibernating"/>
</reply>
"#;
        let list = parse(xml).unwrap();
        assert_eq!(list.len(), 3);
        assert_eq!((list[0].state.clone(), list[0].bundled), (ApplicationState::Running, None));
        assert_eq!((list[1].nice_name.as_str(), list[1].bundled), ("Gate Öst", Some(false)));
        assert_eq!(list[1].signature.as_deref(), Some("Unknown"));
        assert_eq!(list[2].state, ApplicationState::Other("Hibernating".into()));
        assert_eq!(list[2].nice_name, "odd");
    }

    #[test]
    fn an_empty_list_is_a_list() {
        assert_eq!(parse("<reply result=\"ok\">\n</reply>").unwrap(), []);
    }

    #[test]
    fn errors_and_nonsense_are_told_apart() {
        let kind = |xml: &str| parse(xml).unwrap_err().kind();
        assert_eq!(kind(r#"<reply result="error"><error type="1" message="no"/></reply>"#), "declined");
        assert_eq!(kind("<html></html>"), "garbled");
        assert_eq!(kind("Error: 4"), "garbled");
        assert_eq!(kind(r#"<reply result="ok"><application NiceName="x"/></reply>"#), "garbled");
        assert_eq!(kind(&"<a>".repeat(100_000)), "garbled");
    }
}
