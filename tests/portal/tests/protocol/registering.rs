//! What a camera hears when it registers.

use serde_json::json;

use crate::camera::{Camera, discover};
use crate::stage::Stage;

#[test]
fn a_portal_says_where_to_register_and_which_keys_it_has() {
    let mut stage = Stage::new();
    let before = discover(&stage.url());
    assert_eq!(before["protocols"], json!(["1"]));
    assert_eq!(before["devices"], format!("{}/v1/devices", stage.url()));
    assert_eq!(before["limits"], json!({ "reported_bytes": 262_144, "wait_seconds": 60 }));
    assert_ne!(before["sealing_key"]["kid"], before["signing_keys"][0]["kid"]);
    stage.restart();
    let after = discover(&stage.url());
    assert_eq!((&after["signing_keys"], &after["sealing_key"]), (&before["signing_keys"], &before["sealing_key"]));
}

#[test]
fn the_portal_s_keys_and_store_are_read_by_its_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::new();
    let mode = |file| std::fs::metadata(stage.data().join(file)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode("signing.pem"), mode("sealing.pem"), mode("")], [0o600, 0o600, 0o700]);
}

#[test]
fn over_tls_whoever_trusts_the_portal_s_certificate_is_answered() {
    use ureq::tls::{Certificate, RootCerts, TlsConfig};
    let stage = Stage::with(|options| reference_portal::Options { tls: reference_portal::Tls::SelfSigned, ..options });
    assert!(stage.url().starts_with("https://127.0.0.1:"));
    let pem = std::fs::read(stage.data().join("self-signed.pem")).unwrap();
    let roots = RootCerts::new_with_certs(&[Certificate::from_pem(&pem).unwrap()]);
    let config = ureq::Agent::config_builder().tls_config(TlsConfig::builder().root_certs(roots).build());
    let agent: ureq::Agent = config.build().into();
    let answer = agent.get(format!("{}/.well-known/c2c", stage.url())).call().unwrap();
    assert_eq!(answer.status(), 200);
    assert!(agent.get(stage.url().replace("https:", "http:")).call().is_err(), "plain HTTP is not spoken there");
}

#[test]
fn a_portal_s_key_is_followed_by_another_without_a_camera_being_left_behind() {
    use p256::pkcs8::EncodePrivateKey as _;
    let mut stage = Stage::new();
    let camera = Camera::registered(&stage, "B8A44F000001");
    let (first, tag) = (camera.document("claims"), camera.get("claims", &[]).header("etag").to_owned());
    let next = p256::SecretKey::from_slice(&[9; 32]).unwrap().to_pkcs8_pem(p256::pkcs8::LineEnding::LF).unwrap();
    std::fs::write(stage.data().join("signing-next.pem"), &next).unwrap();
    stage.restart();
    // Signed with the key that the camera has, and news to it though nothing else changed.
    let waited = camera.get("claims", &[("if-none-match", &tag), ("prefer", "wait=20")]);
    assert_eq!(waited.status, 200);
    let both = camera.document("claims");
    assert_eq!((both["signing_keys"].as_array().unwrap().len(), &both["generation"]), (2, &first["generation"]));
    assert_eq!(both["signing_keys"][0], first["signing_keys"][0]);
    std::fs::rename(stage.data().join("signing-next.pem"), stage.data().join("signing.pem")).unwrap();
    stage.restart();
    let last = camera.document("claims");
    assert_eq!(last["signing_keys"], serde_json::json!([both["signing_keys"][1]]));
}

#[test]
fn a_new_camera_gets_a_code_and_the_same_when_it_asks_again() {
    let stage = Stage::new();
    let mut camera = Camera::new(&stage, "B8A44F000001");
    let first = camera.register();
    let said = first.json();
    assert_eq!((first.status, &said["state"], &said["reason"]), (201, &json!("registered"), &json!("unclaimed")));
    let code = said["user_code"].as_str().unwrap();
    assert_eq!(said["verification_uri"], format!("{}/claim", stage.url()));
    assert_eq!(said["verification_uri_complete"], format!("{}/claim?code={code}", stage.url()));
    let again = camera.register();
    assert_eq!((again.status, &again.json()["user_code"]), (200, &said["user_code"]));
    assert_eq!(again.json()["device_id"], said["device_id"]);
    assert_eq!(camera.document("claims")["claims"], json!([]));
}

#[test]
fn the_same_serial_number_with_another_key_is_another_camera() {
    let stage = Stage::new();
    let one = Camera::registered(&stage, "B8A44F000001");
    let other = Camera::registered(&stage, "B8A44F000001");
    assert_ne!(one.id, other.id);
}

#[test]
fn each_member_that_cannot_be_used_is_named() {
    let stage = Stage::new();
    let camera = Camera::new(&stage, "b8a44f000001");
    let mut description = camera.description();
    description["app"] = json!({ "name": 7 });
    description["evidence"] = json!([{ "type": "token", "id": "x" }]);
    let answer = camera.call("POST", "/v1/devices", Some(&description), &[]).0;
    assert_eq!(answer.problem(), (422, "invalid".to_owned()));
    let errors = answer.json()["errors"].clone();
    let named: Vec<&str> = errors.as_array().unwrap().iter().map(|e| e["member"].as_str().unwrap()).collect();
    assert_eq!(named, ["serial", "app.name", "app.version", "evidence.0.mac"]);
}
