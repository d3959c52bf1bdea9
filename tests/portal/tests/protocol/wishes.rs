//! What an organisation wishes, as it arrives.

use serde_json::json;

use crate::camera::Camera;
use crate::operator::{Operator, between};
use crate::stage::Stage;

#[test]
fn every_wish_arrives_signed_and_what_was_not_wished_is_not_there() {
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&camera.code());
    let first = camera.document("desired");
    assert_eq!((&first["card"]["prepare"], first.get("account")), (&json!("never"), None));
    assert_eq!((&first["card"]["decisions"], &first["notices"]), (&json!([]), &json!([])));
    ada.wish(&camera.id, "name", &[("name", "Gate")]);
    ada.wish(&camera.id, "prepare", &[("prepare", "if_needed")]);
    ada.wish(&camera.id, "interval", &[("seconds", "600")]);
    ada.wish(&camera.id, "account", &[("group", "operator"), ("days", "7")]);
    ada.wish(&camera.id, "notify", &[("severity", "warning"), ("text", "Roof closed"), ("days", "2")]);
    ada.wish(&camera.id, "decide", &[("presence", "p1"), ("choice", "keep")]);
    let all = camera.document("desired");
    assert_eq!(all["generation"].as_u64().unwrap(), first["generation"].as_u64().unwrap() + 6);
    assert_eq!((&all["name"], &all["card"]["prepare"]), (&json!("Gate"), &json!("if_needed")));
    assert_eq!(all["report"]["interval_seconds"], 600);
    assert_eq!(all["account"], json!({ "group": "operator", "generation": 1, "rotate_days": 7 }));
    assert_eq!(
        (&all["notices"][0]["severity"], &all["notices"][0]["text"]),
        (&json!("warning"), &json!("Roof closed"))
    );
    let decision = &all["card"]["decisions"][0];
    assert_eq!((&decision["presence"], &decision["choice"]), (&json!("p1"), &json!("keep")));
    assert!(decision["age_seconds"].as_u64().unwrap() < 60);
    ada.wish(&camera.id, "unnotify", &[("id", all["notices"][0]["notice_id"].as_str().unwrap())]);
    ada.wish(&camera.id, "no-account", &[]);
    let last = camera.document("desired");
    assert_eq!((&last["notices"], last.get("account")), (&json!([]), None));
}

#[test]
fn a_card_is_erased_only_where_the_camera_s_serial_number_was_typed() {
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&camera.code());
    let path = format!("/devices/video/{}/wish/decide", camera.id);
    let erase = |serial| ada.press(&path, &[("presence", "p1"), ("choice", "erase"), ("serial", serial)]).status;
    assert_eq!([erase(""), erase("B8A44F000002")], [422, 422]);
    assert_eq!(camera.document("desired")["card"]["decisions"], json!([]));
    assert_eq!(erase("b8a44f000001"), 303);
    assert_eq!(camera.document("desired")["card"]["decisions"][0]["choice"], "erase");
}

#[test]
fn the_passphrase_is_sealed_to_the_camera_and_shown_to_those_alone_who_may_see_it() {
    let stage = Stage::new();
    let (ada, alf) = (Operator::login(&stage, "ada"), Operator::login(&stage, "alf"));
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&camera.code());
    let open = |name: &str| {
        let wishes = camera.document("desired");
        let it = &wishes["card"][name];
        let aad = format!("{}\n{}\n{}", camera.id, wishes["claim_id"].as_str().unwrap(), it["generation"]);
        assert_eq!(camera.key.open(&it["sealed"], "c2c/1 account-password", &aad), None, "for another purpose");
        camera.key.open(&it["sealed"], "c2c/1 card-passphrase", &aad).unwrap()
    };
    let first = open("passphrase");
    assert_eq!(first.len(), 32);
    ada.wish(&camera.id, "passphrase", &[]);
    assert_eq!(open("previous"), first);
    assert_ne!(open("passphrase"), first);
    let path = format!("/devices/video/{}", camera.id);
    assert!(!ada.page(&path).text.contains(&first));
    let reveal = format!("{path}/reveal");
    assert!(ada.press_well(&reveal, &[("what", "passphrase")]).text.contains(&first));
    assert_eq!(alf.press(&reveal, &[("what", "passphrase")]).status, 404);
    let audit = alf.page("/audit").text;
    assert_eq!(audit.matches("Passphrase of the SD card shown").count(), 1);
    assert!(between(&audit, "Passphrase of the SD card shown", "</li>").contains("ada"));
    // Nothing of it lies in the store.
    for file in ["portal.sqlite", "portal.sqlite-wal"] {
        let bytes = std::fs::read(stage.data().join(file)).unwrap_or_default();
        assert!(!bytes.windows(first.len()).any(|part| part == first.as_bytes()), "{file}");
    }
}
