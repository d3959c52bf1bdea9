//! Reports, and how the portal shows them.

use serde_json::json;

use crate::camera::Camera;
use crate::operator::Operator;
use crate::stage::Stage;

#[test]
fn a_report_is_shown_with_a_link_that_works_in_the_camera_s_own_network() {
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&camera.code());
    assert!(ada.text("/devices/video").contains("Unknown: has not said how it stands"));
    let mut report = camera.report(1);
    report["claim_id"] = json!(camera.claim_id());
    report["status"]["reason"] = json!("no-card");
    assert_eq!(camera.put("reported", &report).status, 204);
    let list = ada.text("/devices/video");
    assert!(list.contains("There is no SD card in the camera") && list.contains("Needs a visit: yes"), "{list}");
    let panel = ada.page(&format!("/devices/video/{}", camera.id)).text;
    assert!(panel.contains(r#"href="https://192.0.2.7/local/c2c/status""#), "{panel}");
    assert!(panel.contains("works only in the camera's own network"));
    let csv = ada.page("/devices/video.csv").text;
    assert!(csv.contains("B8A44F000001,AXIS Q3538-LVE") && csv.contains(",no-card,"), "{csv}");
}

#[test]
fn a_number_that_is_not_higher_changes_nothing_unless_the_camera_started_anew() {
    let stage = Stage::new();
    let camera = Camera::registered(&stage, "B8A44F000001");
    assert_eq!(camera.put("reported", &camera.report(5)).status, 204);
    for seq in [5, 4] {
        assert_eq!(camera.put("reported", &camera.report(seq)).problem(), (409, "conflict".to_owned()));
    }
    assert_eq!(camera.put("reported", &camera.report(6)).status, 204);
    let mut anew = camera.report(1);
    anew["boot_id"] = json!("boot-2");
    assert_eq!(camera.put("reported", &anew).status, 204);
}

#[test]
fn a_report_of_a_claim_that_is_over_says_nothing_to_the_next_organisation() {
    let stage = Stage::new();
    let (ada, bea) = (Operator::login(&stage, "ada"), Operator::login(&stage, "bea"));
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&camera.code());
    let claim = camera.claim_id();
    let mut report = camera.report(1);
    report["claim_id"] = json!(claim);
    assert_eq!(camera.put("reported", &report).status, 204);
    camera.post("release", &json!({ "claim_id": claim }));
    bea.claim(&camera.code());
    assert!(!bea.page(&format!("/devices/video/{}", camera.id)).text.contains("192.0.2.7"));
    report["seq"] = json!(2);
    assert_eq!(camera.put("reported", &report).problem(), (409, "conflict".to_owned()));
}

#[test]
fn what_cannot_be_used_is_refused_whole() {
    let stage = Stage::new();
    let camera = Camera::registered(&stage, "B8A44F000001");
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut report = camera.report(1);
        change(&mut report);
        let answer = camera.put("reported", &report);
        assert_eq!(answer.problem(), (422, "invalid".to_owned()));
        answer.json()["errors"][0]["member"].as_str().unwrap().to_owned()
    };
    assert_eq!(with(&|report| report["page"]["scheme"] = json!("javascript")), "page.scheme");
    assert_eq!(with(&|report| report["page"]["address"] = json!("x/../y")), "page.address");
    assert_eq!(with(&|report| report["transitions"][0]["at"] = json!("yesterday")), "transitions.0.at");
    assert_eq!(with(&|report| report["status"] = json!("fine")), "status");
    assert_eq!(with(&|report| report["seq"] = json!(0)), "seq");
    assert_eq!(
        with(&|report| report["transitions"] = json!(vec![report["transitions"][0].clone(); 201])),
        "transitions"
    );
}
