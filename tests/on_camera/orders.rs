//! The administrator at the camera's own page: reads a form, fills it in, and sends it.

use serde_json::Value;
use url::form_urlencoded::Serializer;
use virtual_camera::visit::Answer;
use virtual_camera::{Account, VirtualCamera};

use crate::world::{aside, get, snapshot, until};

/// Where the forms are.
pub const FORMS: &str = "/local/c2c/control/card";
/// What the tests encrypt cards with; looked for wherever it must not be.
pub const PASSPHRASE: &str = "correct horse battery staple/42";

/// The hidden fields of the form for an order, where it is offered.
pub async fn form(camera: &VirtualCamera, order: &str) -> Option<Vec<(String, String)>> {
    form_on(camera, FORMS, order).await
}

/// The same on another page of orders.
pub async fn form_on(camera: &VirtualCamera, place: &str, order: &str) -> Option<Vec<(String, String)>> {
    let page = get(camera, Account::Root, place).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let page = page.text();
    let form = page.split(&format!("action=\"{place}/{order}\"")).nth(1)?.split("</form>").next()?;
    let attribute =
        |input: &str, name: &str| Some(input.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?.to_owned());
    let hidden = form.split("<input").filter(|input| input.contains("type=\"hidden\""));
    hidden.map(|input| Some((attribute(input, "name")?, attribute(input, "value")?))).collect()
}

/// Sends a form.
pub async fn send_form(camera: &VirtualCamera, order: &str, fields: &[(String, String)]) -> Answer {
    send_form_to(camera, FORMS, order, fields).await
}

/// The same on another page of orders.
pub async fn send_form_to(camera: &VirtualCamera, place: &str, order: &str, fields: &[(String, String)]) -> Answer {
    let visitor = camera.visit(Account::Root);
    let (path, body) = (format!("{place}/{order}"), Serializer::new(String::new()).extend_pairs(fields).finish());
    aside(move || visitor.post_form(&path, &body).unwrap()).await
}

/// Gives an order as it is offered, with these fields filled in.
pub async fn order(camera: &VirtualCamera, order: &str, fields: &[(&str, &str)]) -> Answer {
    until(camera, &format!("{order} is offered"), || async { form(camera, order).await.is_some() }).await;
    let mut all = form(camera, order).await.unwrap();
    all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    send_form(camera, order, &all).await
}

/// “Prepare this card”.
pub async fn prepare(camera: &VirtualCamera) {
    let answer = order(camera, "prepare", &[("passphrase", PASSPHRASE), ("again", PASSPHRASE)]).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/local/c2c/status#card"),
        "{}\n{}",
        answer.text(),
        camera.app_log("c2c")
    );
}

/// A card made ready, so that the app has its folder on it.
pub async fn have_prepared(camera: &VirtualCamera) {
    prepare(camera).await;
    is_ready(camera).await;
}

/// “Erase this card”, confirmed; with the passphrase where the app has none.
pub async fn erase(camera: &VirtualCamera, passphrase: Option<&str>) {
    let size = shown_size(camera).await;
    let serial = camera.identity().serial.clone();
    let mut fields = vec![("size", size.as_str()), ("serial", &serial[serial.len() - 4..])];
    if let Some(passphrase) = passphrase {
        fields.extend([("passphrase", passphrase), ("again", passphrase)]);
    }
    let answer = order(camera, "erase", &fields).await;
    assert_eq!(answer.status, 303, "{}\n{}", answer.text(), camera.app_log("c2c"));
}

/// The card's size as it stands on the page of forms.
async fn shown_size(camera: &VirtualCamera) -> String {
    let page = get(camera, Account::Root, FORMS).await.text();
    let label = page.split("<p class=\"label\">").nth(1).and_then(|rest| rest.split("</p>").next()).unwrap_or_default();
    let part = |start: &str| label.split(start).nth(1).and_then(|rest| rest.split('<').next());
    match (part("<span>"), part("<small>")) {
        (Some(number), Some(unit)) => format!("{number} {unit}"),
        _ => "unknown".to_owned(),
    }
}

/// How the app stands with the card.
pub async fn stand(camera: &VirtualCamera) -> Value {
    snapshot(camera).await["preparations"][0].clone()
}

/// Waits until the card is as it was wished, written to and read again.
pub async fn is_ready(camera: &VirtualCamera) {
    until(camera, "the card is ready", || async { stand(camera).await["stand"] == "ready" }).await;
}

/// Waits until the app waits for this.
pub async fn waits_for(camera: &VirtualCamera, what: &str) {
    until(camera, &format!("it waits for {what}"), || async { stand(camera).await["waits_for"] == what }).await;
}

/// The jobs as name and state, the oldest first.
pub async fn jobs(camera: &VirtualCamera) -> Vec<(String, String)> {
    let seen = snapshot(camera).await;
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let jobs = seen["jobs"].as_array().unwrap().iter().rev();
    jobs.map(|job| (word(&job["name"]), word(&job["state"]["state"]))).collect()
}

/// How often the camera was asked for this, by the end of its path.
pub fn asked(camera: &VirtualCamera, cgi: &str) -> usize {
    camera.requests().iter().filter(|request| request.path.ends_with(cgi)).count()
}
