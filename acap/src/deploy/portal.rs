//! The app's page `control/claim`, as a person uses it: the page is fetched for the token of the form, and the form is
//! posted once. A form's fields are `token`, `address`, `ca` and `once`.

use std::path::Path;

use anyhow::{Context as _, bail};
use reqwest::Url;
use scraper::{Html, Selector};

use crate::camera::Secret;
use crate::camera::client::{Camera, Load};
use crate::camera::fault::Fault;
use crate::camera::trust;

/// The portal that is to be confirmed.
#[derive(Debug)]
pub struct Portal {
    /// Its address, `https://HOST` and perhaps a port.
    pub address: String,
    ca: String,
}

impl Portal {
    /// Reads what was given.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn read(address: &str, ca: Option<&Path>) -> anyhow::Result<Self> {
        let url = Url::parse(address).with_context(|| format!("--portal {address}"))?;
        if url.scheme() != "https" || url.host_str().is_none() || url.path() != "/" || url.query().is_some() {
            bail!("--portal {address}: https://HOST is wanted, and perhaps a port");
        }
        let ca = match ca {
            None => String::new(),
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
                trust::roots(text.as_bytes()).map_err(|why| anyhow::anyhow!("{}: {why}", path.display()))?;
                text
            }
        };
        Ok(Self { address: url.origin().ascii_serialization(), ca })
    }

    /// Whether a camera's own word for its portal means this one.
    #[must_use]
    pub fn is(&self, other: &str) -> bool {
        let origin = |text: &str| Url::parse(text).map(|url| url.origin().ascii_serialization());
        origin(other).is_ok_and(|other| other == self.address)
    }
}

/// Confirms the portal.
///
/// # Errors
/// Every fault of a connection, and [`Fault::NotTaken`] with what the page says.
pub async fn confirm(camera: &Camera, app: &str, portal: &Portal) -> Result<(), Fault> {
    post(camera, app, "confirm", "the portal", &[("address", &portal.address), ("ca", &portal.ca)]).await
}

/// Hands in a one-time token.
///
/// # Errors
/// As [`confirm`].
pub async fn hand_in(camera: &Camera, app: &str, token: &Secret) -> Result<(), Fault> {
    post(camera, app, "token", "the one-time token", &[("once", token.expose())]).await
}

async fn post(
    camera: &Camera,
    app: &str,
    order: &str,
    what: &'static str,
    fields: &[(&str, &str)],
) -> Result<(), Fault> {
    let page = format!("/local/{app}/control/claim");
    let shown = camera.get(&page).await?;
    if shown.status != 200 {
        return Err(Fault::Status { what: page, status: shown.status });
    }
    let Some(token) = token_of(&shown.text, order) else {
        return Err(Fault::NotTaken { what, line: "its page offers no such form now".to_owned() });
    };
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("token", &token).extend_pairs(fields);
    let answer = camera.post(&format!("{page}/{order}"), &Load::Form(form.finish())).await?;
    if answer.status == 303 {
        return Ok(());
    }
    let line = complaint(&answer.text).unwrap_or_else(|| format!("HTTP status {}", answer.status));
    Err(Fault::NotTaken { what, line })
}

/// The hidden token of an order's form.
fn token_of(page: &str, order: &str) -> Option<String> {
    let document = Html::parse_document(page);
    let selector = Selector::parse(&format!("form[action$='/{order}'] input[name='token']")).ok()?;
    let value = document.select(&selector).next()?.value().attr("value")?;
    Some(value.to_owned())
}

/// What the page says is wrong.
fn complaint(page: &str) -> Option<String> {
    let document = Html::parse_document(page);
    let selector = Selector::parse("p.wrong, p.headline").ok()?;
    let mut found: Vec<_> = document.select(&selector).collect();
    found.sort_by_key(|element| !element.value().classes().any(|class| class == "wrong"));
    let text = found.first()?.text().collect::<String>();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect::<String>();
    Some(line).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!DOCTYPE html><p class=headline>Needs you</p>\
        <form method=post action=\"/local/c2c/control/claim/confirm\"><input type=hidden name=token value=\"ab12\">\
        <p class=wrong>Not \u{201c}this&quot; &amp;\n that.</p></form><form action=\"/x/token\"><input name=token value=cd></form>";

    #[test]
    fn the_token_is_that_of_the_order_s_own_form() {
        assert_eq!(token_of(PAGE, "confirm").as_deref(), Some("ab12"));
        assert_eq!(token_of(PAGE, "token").as_deref(), Some("cd"));
        assert_eq!(token_of(PAGE, "release"), None);
        assert_eq!(complaint(PAGE).as_deref(), Some("Not \u{201c}this\" & that."));
        assert_eq!(complaint("<p class=headline>Old form</p>").as_deref(), Some("Old form"));
    }

    #[test]
    fn a_portal_is_an_https_address_and_is_known_again_in_each_spelling() {
        let portal = Portal::read("https://Portal.example:443/", None).unwrap();
        assert!(
            portal.is("https://portal.example") && !portal.is("https://portal.example:8443") && !portal.is("nonsense")
        );
        for wrong in
            ["http://portal.example", "portal.example", "https://portal.example/path", "https://portal.example?x"]
        {
            assert!(Portal::read(wrong, None).is_err(), "{wrong}");
        }
    }
}
