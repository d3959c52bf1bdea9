//! Claiming, confirming, passing on, releasing.

use serde_json::json;

use crate::camera::{Camera, Key};
use crate::operator::Operator;
use crate::stage::Stage;

#[test]
fn whoever_enters_the_code_gets_the_camera() {
    let stage = Stage::new();
    let (ada, bea) = (Operator::login(&stage, "ada"), Operator::login(&stage, "bea"));
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    let code = camera.code();
    ada.claim(&code.to_lowercase().replace('-', " "));
    let claims = camera.document("claims");
    assert_eq!((&claims["reason"], &claims["claims"][0]["organisation"]["name"]), (&json!("claimed"), &json!("Alpha")));
    let registered = camera.register().json();
    assert_eq!((&registered["state"], registered.get("user_code")), (&json!("claimed"), None));
    assert!(ada.text("/devices/video").contains("B8A44F000001"));
    assert!(!bea.text("/devices/video").contains("B8A44F000001"));
    assert_eq!(bea.page(&format!("/devices/video/{}", camera.id)).status, 404);
    // The code is used up.
    assert_eq!(bea.press("/claim", &[("code", &code)]).status, 404);
}

#[test]
fn a_code_that_no_camera_shows_is_refused_and_after_ten_there_is_a_pause() {
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    assert_eq!(ada.press("/claim", &[("code", "no code")]).status, 422);
    for _ in 0..9 {
        assert_eq!(ada.press("/claim", &[("code", "CCCC-CCCC")]).status, 404);
    }
    assert_eq!(ada.press("/claim", &[("code", "CCCC-CCCC")]).status, 429);
}

#[test]
fn a_new_key_of_a_claimed_camera_waits_for_its_organisation() {
    let stage = Stage::new();
    let (ada, bea) = (Operator::login(&stage, "ada"), Operator::login(&stage, "bea"));
    let mut old = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&old.code());
    let before = old.document("desired");
    let mut new = Camera::registered(&stage, "B8A44F000001");
    assert_eq!(new.document("claims")["reason"], "confirmation");
    assert_eq!(new.get("desired", &[]).problem(), (404, "not-found".to_owned()));
    assert!(ada.text("/devices/video").contains("has a new key"));
    assert!(!bea.text("/devices/video").contains("has a new key"));
    let confirm = format!("/devices/video/{}/confirm", new.id);
    assert_eq!(bea.press(&confirm, &[]).status, 404);
    ada.press_well(&confirm, &[]);
    let claims = new.document("claims");
    assert_eq!((&claims["reason"], &new.register().json()["state"]), (&json!("claimed"), &json!("claimed")));
    // The old key's claim ended with a signed word, and the card's passphrase went over to the new key.
    let left = old.document("claims");
    assert_eq!((&left["claims"], &left["released"]["by"]), (&json!([]), &json!("portal")));
    let after = new.document("desired");
    let open = |camera: &Camera, wishes: &serde_json::Value| {
        let it = &wishes["card"]["passphrase"];
        let claim = wishes["claim_id"].as_str().unwrap();
        let aad = format!("{}\n{claim}\n{}", camera.id, it["generation"]);
        camera.key.open(&it["sealed"], "c2c/1 card-passphrase", &aad).unwrap()
    };
    assert_eq!(open(&old, &before), open(&new, &after));
}

#[test]
fn a_camera_that_is_another_organisation_s_passes_after_the_wait_and_both_are_told() {
    let stage = Stage::with(|options| reference_portal::Options { transfer_seconds: 1, ..options });
    let (ada, bea) = (Operator::login(&stage, "ada"), Operator::login(&stage, "bea"));
    let mut old = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&old.code());
    let mut new = Camera::registered(&stage, "B8A44F000001");
    let answer = bea.press("/claim", &[("code", &new.code())]);
    assert_eq!(answer.status, 202);
    assert!(ada.text("/audit").contains("Its code was entered elsewhere"));
    assert!(!ada.text("/audit").contains("Beta"), "it is not told to whom");
    let tag = new.get("claims", &[]).header("etag").to_owned();
    let waited = new.get("claims", &[("if-none-match", &tag), ("prefer", "wait=20")]);
    assert_eq!(waited.status, 200);
    let claims = new.document("claims");
    assert_eq!(claims["claims"][0]["organisation"]["name"], "Beta");
    assert_eq!(old.document("claims")["claims"], json!([]));
    assert!(!ada.text("/devices/video").contains("B8A44F000001"));
}

#[test]
fn until_the_wait_is_over_the_camera_stays_and_a_release_shortens_it() {
    let stage = Stage::new();
    let (ada, bea) = (Operator::login(&stage, "ada"), Operator::login(&stage, "bea"));
    let mut old = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&old.code());
    let mut new = Camera::registered(&stage, "B8A44F000001");
    let code = new.code();
    assert_eq!(bea.press("/claim", &[("code", &code)]).status, 202);
    assert_eq!(new.document("claims")["reason"], "pending");
    assert_eq!(new.register().json().get("user_code"), None);
    assert_eq!(old.document("claims")["claims"][0]["organisation"]["name"], "Alpha");
    assert!(ada.text(&format!("/devices/video/{}", old.id)).contains("the camera leaves in"));
    let claim = old.claim_id();
    ada.press_well(&format!("/devices/video/{}/release", old.id), &[("claim", &claim)]);
    assert_eq!(new.document("claims")["claims"][0]["organisation"]["name"], "Beta");
}

#[test]
fn the_organisation_that_has_a_camera_may_refuse_to_let_it_pass() {
    let stage = Stage::with(|options| reference_portal::Options { transfer_seconds: 3600, ..options });
    let (ada, bea) = (Operator::login(&stage, "ada"), Operator::login(&stage, "bea"));
    let mut old = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&old.code());
    let mut new = Camera::registered(&stage, "B8A44F000001");
    let code = new.code();
    assert_eq!(bea.press("/claim", &[("code", &code)]).status, 202);
    let stay = format!("/devices/video/{}/stay", old.id);
    assert_eq!(bea.press(&stay, &[]).status, 404);
    ada.press_well(&stay, &[]);
    assert_eq!(new.document("claims")["reason"], "confirmation");
    assert_eq!(old.document("claims")["claims"][0]["organisation"]["name"], "Alpha");
    assert!(bea.text("/audit").contains("refused to let it pass"));
    assert_eq!(ada.press(&stay, &[]).status, 404, "nobody waits any more");
}

#[test]
fn a_released_camera_is_told_so_and_can_be_claimed_again() {
    let stage = Stage::new();
    let (ada, bea) = (Operator::login(&stage, "ada"), Operator::login(&stage, "bea"));
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&camera.code());
    let before = camera.document("claims");
    ada.press_well(&format!("/devices/video/{}/release", camera.id), &[("claim", &camera.claim_id())]);
    let after = camera.document("claims");
    assert!(after["generation"].as_u64() > before["generation"].as_u64());
    assert_eq!((&after["claims"], &after["released"]["by"]), (&json!([]), &json!("portal")));
    assert_eq!(after["released"]["organisation"]["name"], "Alpha");
    let code = camera.code();
    bea.claim(&code);
    assert_eq!(camera.document("claims")["claims"][0]["organisation"]["name"], "Beta");
}

#[test]
fn an_administrator_at_the_camera_ends_the_claim_as_often_as_he_likes() {
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&camera.code());
    let claim = json!({ "claim_id": camera.claim_id() });
    assert_eq!(camera.post("release", &claim).status, 204);
    assert_eq!(camera.post("release", &claim).status, 204);
    let claims = camera.document("claims");
    assert_eq!((&claims["claims"], &claims["released"]["by"]), (&json!([]), &json!("camera")));
    assert!(ada.text("/audit").contains("Released, by the camera"));
}

#[test]
fn a_key_that_follows_is_proven_by_both_and_replaces_the_old_one_when_it_is_used() {
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&camera.code());
    ada.wish(&camera.id, "key", &[]);
    assert_eq!(camera.document("desired")["key"]["generation"], 2);
    let key = Key::new();
    let head = json!({ "typ": "c2c-key+jwt", "alg": "ES256" });
    let said = json!({ "device_id": camera.id, "key_id": camera.key.id() });
    let body = |proof: String| json!({ "jwk": key.jwk(), "proof": proof });
    assert_eq!(camera.post("keys", &body(camera.key.sign(&head, &said))).status, 422, "signed by the old key");
    let other = json!({ "device_id": camera.id, "key_id": key.id() });
    assert_eq!(camera.post("keys", &body(key.sign(&head, &other))).status, 422, "follows another key");
    assert_eq!(camera.post("keys", &body(key.sign(&head, &said))).status, 204);
    // Both are good until the new one is used.
    assert_eq!(camera.get("claims", &[]).status, 200);
    let after = camera.clone_with(key.clone());
    assert_eq!(after.document("desired")["key"]["generation"], 2);
    assert_eq!(camera.get("claims", &[]).problem(), (401, "unknown-key".to_owned()));
    assert_eq!(after.document("claims")["claims"][0]["organisation"]["name"], "Alpha");
}
