//! The account that the camera makes, and the pages' own doors.

use serde_json::{Value, json};

use crate::camera::{Camera, discover, seal};
use crate::operator::{Operator, send, text};
use crate::stage::Stage;

fn changing(camera: &Camera, generation: u64, password: &str) -> Value {
    let to = &discover(&camera.url)["sealing_key"];
    let aad = format!("{}\n{}\n{generation}", camera.id, camera.claim_id());
    json!({ "generation": generation, "state": "changing", "sealed": seal(password, to, "c2c/1 account-password", &aad) })
}

#[test]
fn a_password_is_shown_as_being_changed_until_the_camera_confirms_it() {
    let stage = Stage::new();
    let alf = Operator::login(&stage, "alf");
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    alf.claim(&camera.code());
    alf.wish(&camera.id, "account", &[("group", "viewer"), ("days", "30")]);
    let reveal = format!("/devices/video/{}/reveal", camera.id);
    let shown = || text(&alf.press_well(&reveal, &[("what", "password")]).text);
    assert_eq!(camera.put("account", &json!({ "generation": 1, "state": "confirmed" })).problem().0, 409);
    assert_eq!(camera.put("account", &changing(&camera, 1, "first-password")).status, 204);
    assert!(shown().contains("being changed: new first-password"));
    assert_eq!(camera.put("account", &json!({ "generation": 1, "state": "confirmed" })).status, 204);
    assert!(shown().contains("Password first-password"));
    assert_eq!(camera.put("account", &changing(&camera, 2, "second-password")).status, 204);
    let both = shown();
    assert!(both.contains("old first-password") && both.contains("new second-password"), "{both}");
    assert_eq!(camera.put("account", &json!({ "generation": 2, "state": "confirmed" })).status, 204);
    assert!(!shown().contains("first-password"));
    assert_eq!(camera.put("account", &json!({ "generation": 2, "state": "removed" })).status, 204);
    assert!(!shown().contains("second-password"));
    assert!(alf.text("/audit").contains("Login of the camera shown"));
}

#[test]
fn a_password_that_does_not_open_is_refused_while_the_camera_can_still_keep_the_old_one() {
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    assert_eq!(camera.put("account", &json!({ "generation": 1, "state": "taken" })).problem().0, 404);
    ada.claim(&camera.code());
    let mut odd = changing(&camera, 1, "first-password");
    odd["generation"] = json!(2);
    let answer = camera.put("account", &odd);
    assert_eq!((answer.problem().0, &answer.json()["errors"][0]["member"]), (422, &json!("sealed")));
    ada.wish(&camera.id, "account", &[("group", "viewer"), ("days", "30")]);
    assert_eq!(camera.put("account", &json!({ "generation": 1, "state": "taken" })).status, 204);
    let says_so = || ada.text(&format!("/devices/video/{}", camera.id)).contains("which is not ours");
    assert!(says_so());
    ada.wish(&camera.id, "no-account", &[]);
    assert!(!says_so(), "nobody wishes one any more");
}

#[test]
fn nobody_comes_in_without_a_password_and_ten_wrong_ones_shut_the_door_for_a_while() {
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    assert_eq!(ada.page("/devices/video").status, 200);
    let stranger = |name, password| send(&stage.url(), "/login", &[("name", name), ("password", password)], &[]).status;
    for _ in 0..5 {
        assert_eq!(stranger("ada", "wrong"), 401);
        assert_eq!(stranger("nobody", "wrong"), 401);
    }
    assert_eq!(stranger("ada", crate::stage::PASSWORD), 429);
    // Who is in stays in.
    assert_eq!(ada.page("/devices/video").status, 200);
}

#[test]
fn a_form_of_another_site_or_without_its_token_does_nothing() {
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&camera.code());
    let path = format!("/devices/video/{}/wish/name", camera.id);
    let before = camera.document("desired");
    let name = [("name", "Evil")];
    assert_eq!(ada.press_without_token(&path, &name).status, 403);
    assert_eq!(ada.press_from(&path, &name, &[("origin", "https://evil.example")]).status, 403);
    assert_eq!(ada.press_from(&path, &name, &[("origin", "null")]).status, 403);
    assert_eq!(ada.press_from(&path, &name, &[("sec-fetch-site", "cross-site")]).status, 403);
    assert_eq!(camera.document("desired")["generation"], before["generation"]);
    let page = ada.page("/devices/video");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(page.header("cache-control"), "no-store");
}

#[test]
fn the_list_is_for_prometheus_too_with_an_operator_s_password() {
    use base64::Engine as _;
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&camera.code());
    assert_eq!(ada.page("/metrics").status, 401);
    let login = base64::engine::general_purpose::STANDARD.encode(format!("bea:{}", crate::stage::PASSWORD));
    let scrape = |login: &str| {
        let request = ureq::http::Request::builder().uri(format!("{}/metrics", stage.url()));
        crate::camera::ask(request.header("authorization", format!("Basic {login}")).body(Vec::new()).unwrap())
    };
    assert!(scrape(&login).text.contains("c2c_portal_cameras_claimed 0\n"));
    let login = base64::engine::general_purpose::STANDARD.encode(format!("ada:{}", crate::stage::PASSWORD));
    let text = scrape(&login).text;
    assert!(text.contains("c2c_portal_cameras{reason=\"unknown\",needs_visit=\"cannot be told\"} 1\n"), "{text}");
}
