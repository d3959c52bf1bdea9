//! In advance: a serial number that was approved, and a one-time token.

use serde_json::json;

use crate::camera::Camera;
use crate::operator::{Operator, between};
use crate::stage::Stage;

fn token(operator: &Operator) -> String {
    let page = operator.press_well("/advance/tokens", &[("many", "1")]).text;
    let token = between(&page, r#"<pre class="tokens">"#, "\n").to_owned();
    assert!(!operator.page("/advance").text.contains(&token), "shown once");
    token
}

fn approve(operator: &Operator, serials: &str) {
    operator.press_well("/advance/serials", &[("serials", serials)]);
}

#[test]
fn an_approved_camera_with_a_token_is_claimed_as_it_registers() {
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    approve(&ada, "name,serial\nGate,B8:A4:4F:00:00:01\n");
    let token = token(&ada);
    let mut camera = Camera::new(&stage, "B8A44F000001");
    let evidence = camera.evidence(&token);
    let answer = camera.register_with(&evidence);
    assert_eq!((answer.status, &answer.json()["reason"]), (201, &json!("claimed")));
    assert_eq!(answer.json()["evidence"][0]["result"], "accepted");
    // The camera may not have heard it.
    assert_eq!(camera.register_with(&evidence).json()["evidence"][0]["result"], "accepted");
    assert!(
        ada.text(&format!("/devices/video/{}", camera.id))
            .contains("by an approved serial number and a one-time token")
    );
    // But it is used up for every other.
    approve(&ada, "B8A44F000002");
    let mut other = Camera::new(&stage, "B8A44F000002");
    let evidence = other.evidence(&token);
    let answer = other.register_with(&evidence).json();
    assert_eq!((&answer["evidence"][0]["result"], &answer["reason"]), (&json!("refused"), &json!("unclaimed")));
}

#[test]
fn a_file_of_serial_numbers_approves_them_and_says_which_lines_hold_none() {
    let stage = Stage::new();
    let (ada, bea) = (Operator::login(&stage, "ada"), Operator::login(&stage, "bea"));
    let answer = ada.upload("/advance/serials", "file", "name,serial\nGate,B8A44F000001\nYard,nonsense\n");
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("1 approved") && answer.text.contains("nonsense"), "{}", answer.text);
    assert!(ada.text("/advance").contains("B8A44F000001"));
    assert!(!bea.text("/advance").contains("B8A44F000001"));
    ada.press_well("/advance/withdraw", &[("serial", "B8A44F000001")]);
    assert!(!ada.text("/advance").contains("Withdraw"));
}

#[test]
fn neither_a_serial_number_nor_a_token_is_enough_alone() {
    let stage = Stage::new();
    let (ada, bea) = (Operator::login(&stage, "ada"), Operator::login(&stage, "bea"));
    approve(&ada, "B8A44F000001");
    let mut camera = Camera::new(&stage, "B8A44F000001");
    assert_eq!(camera.register().json()["reason"], "unclaimed");
    let (hers, theirs) = (token(&ada), token(&bea));
    let refused = |camera: &mut Camera, evidence: &serde_json::Value| {
        let answer = camera.register_with(evidence);
        let said = answer.json();
        assert_eq!((answer.status < 300, &said["state"]), (true, &json!("registered")));
        assert!(said["user_code"].is_string());
        assert!(said["evidence"].as_array().unwrap().iter().all(|it| it["result"] == "refused"));
    };
    // Of an organisation that approved nothing.
    let evidence = camera.evidence(&theirs);
    refused(&mut camera, &evidence);
    // Copied from another camera: the proof is of its key.
    let stranger = Camera::new(&stage, "B8A44F000001");
    refused(&mut camera, &stranger.evidence(&hers));
    refused(&mut camera, &json!([{ "type": "token", "id": "none", "mac": "AAAA" }, { "type": "something-new" }]));
    // Nothing of all that used it up.
    let evidence = camera.evidence(&hers);
    assert_eq!(camera.register_with(&evidence).json()["state"], "claimed");
}

#[test]
fn a_camera_of_another_organisation_is_refused_without_a_word_of_it() {
    let stage = Stage::new();
    let (ada, bea) = (Operator::login(&stage, "ada"), Operator::login(&stage, "bea"));
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&camera.code());
    approve(&bea, "B8A44F000001");
    let token = token(&bea);
    let mut again = Camera::new(&stage, "B8A44F000001");
    let evidence = again.evidence(&token);
    let answer = again.register_with(&evidence);
    assert_eq!(answer.json()["evidence"][0]["result"], "refused");
    assert!(!answer.text.contains("Alpha"));
    assert_eq!(camera.document("claims")["claims"][0]["organisation"]["name"], "Alpha");
}

#[test]
fn the_page_has_the_whole_command_that_brings_the_app_to_many_cameras() {
    let stage = Stage::new();
    let page = Operator::login(&stage, "ada").page("/advance").text;
    let command = between(&page, r#"<pre class="command">"#, "</pre>");
    assert!(command.starts_with("eap deploy ") && command.contains(&format!("--portal {} ", stage.url())), "{command}");
}
