//! A person who opens a page of an app, fills in a form of it, and sends it, as a browser would.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use quick_xml::events::{BytesStart, Event};
use virtual_camera::Visitor;

/// How long a form may take to be there: the app reads its camera first.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the page is asked for.
const BEAT: Duration = Duration::from_millis(200);

/// Presses “Prepare this card” on the app's page for administrators, with this passphrase.
///
/// # Errors
/// When there is no such form, or the app does not take it.
pub(crate) fn prepare(root: &Visitor, app: &str, passphrase: &str) -> anyhow::Result<()> {
    fill_in(
        root,
        &format!("/local/{app}/control/card"),
        "prepare",
        &[("passphrase", passphrase), ("again", passphrase)],
    )
}

/// Confirms this portal on the app's page for administrators.
///
/// # Errors
/// When there is no such form, or the app does not take it.
pub(crate) fn confirm(root: &Visitor, app: &str, portal: &str) -> anyhow::Result<()> {
    fill_in(root, &format!("/local/{app}/control/claim"), "confirm", &[("address", portal), ("ca", "")])
}

fn fill_in(root: &Visitor, page: &str, order: &str, typed: &[(&str, &str)]) -> anyhow::Result<()> {
    let action = format!("{page}/{order}");
    let deadline = Instant::now() + PATIENCE;
    let mut fields = loop {
        let answer = root.get(page)?;
        match hidden_fields(&answer.text(), &action)? {
            Some(fields) => break fields,
            None if Instant::now() > deadline => bail!("{page} offers no form {action} (status {})", answer.status),
            None => std::thread::sleep(BEAT),
        }
    };
    fields.extend(typed.iter().map(|(name, value)| ((*name).into(), (*value).into())));
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let answer = root.post_form(&action, &form)?;
    if answer.status != 303 {
        bail!("{action}: status {}: {}", answer.status, answer.text());
    }
    Ok(())
}

/// What a browser sends by itself with the form of this action; absent where there is no such form.
fn hidden_fields(page: &str, action: &str) -> anyhow::Result<Option<Vec<(String, String)>>> {
    let mut reader = quick_xml::Reader::from_str(page);
    // A page is no XML: some of its elements have no end.
    reader.config_mut().check_end_names = false;
    let mut fields = None;
    loop {
        match reader.read_event().context("the page makes no sense")? {
            Event::Start(element) | Event::Empty(element)
                if element.name().as_ref() == b"form" && attribute(&element, "action").as_deref() == Some(action) =>
            {
                fields = Some(Vec::new());
            }
            Event::Start(element) | Event::Empty(element) if element.name().as_ref() == b"input" => {
                let hidden = attribute(&element, "type").as_deref() == Some("hidden");
                if let (Some(fields), true) = (&mut fields, hidden) {
                    fields.extend(attribute(&element, "name").zip(attribute(&element, "value")));
                }
            }
            Event::End(element) if element.name().as_ref() == b"form" && fields.is_some() => return Ok(fields),
            Event::Eof => return Ok(fields),
            _ => {}
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.html_attributes().filter_map(Result::ok).find(|found| found.key.as_ref() == name.as_bytes())?;
    found.unescape_value().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hidden_fields_of_the_form_that_is_asked_for_are_read() {
        let page = "<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body><form action=\"/a\"><input \
                    type=\"hidden\" name=\"x\" value=\"1\"></form><form method=\"post\" action=\"/b\"><input type=\"hidden\" \
                    name=\"token\" value=\"a&amp;b\"><input required name=\"y\"><br></form></body></html>";
        assert_eq!(hidden_fields(page, "/b").unwrap().unwrap(), [("token".to_owned(), "a&b".to_owned())]);
        assert_eq!(hidden_fields(page, "/c").unwrap(), None);
    }
}
