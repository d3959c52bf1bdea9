//! What a proof has to be, and what is said to each that is not.

use serde_json::{Value, json};

use crate::camera::{Camera, Key, ask};
use crate::stage::Stage;
use ureq::http::Request;

const PATH: &str = "/v1/devices";

/// The answer to a registration whose proof was changed.
fn answer(camera: &Camera, change: impl FnOnce(&mut Value)) -> (u16, String) {
    let body = camera.description().to_string().into_bytes();
    let mut proof = camera.proof("POST", PATH, &body);
    change(&mut proof);
    camera.send("POST", PATH, &body, &camera.signed(&proof), &[]).problem()
}

fn refused() -> (u16, String) {
    (401, "invalid-proof".to_owned())
}

#[test]
fn a_proof_without_a_nonce_or_with_an_old_one_is_answered_with_a_nonce() {
    let stage = Stage::new();
    let camera = Camera::new(&stage, "B8A44F000001");
    let use_nonce = (401, "use-nonce".to_owned());
    assert_eq!(answer(&camera, |_| {}), use_nonce);
    assert_eq!(answer(&camera, |proof| proof["nonce"] = json!("of another portal")), use_nonce);
    assert_eq!(camera.call("POST", PATH, Some(&camera.description()), &[]).0.status, 201);
}

#[test]
fn a_restart_of_the_portal_costs_a_camera_one_repetition() {
    let mut stage = Stage::new();
    let camera = Camera::registered(&stage, "B8A44F000001");
    stage.restart();
    assert_eq!(camera.get("claims", &[]).status, 200);
}

#[test]
fn the_same_proof_is_taken_once() {
    let stage = Stage::new();
    let camera = Camera::registered(&stage, "B8A44F000001");
    let path = camera.path("claims");
    let token = camera.signed(&camera.proof("GET", &path, b""));
    assert_eq!(camera.send("GET", &path, b"", &token, &[]).status, 200);
    assert_eq!(camera.send("GET", &path, b"", &token, &[]).problem(), refused());
}

#[test]
fn a_proof_of_another_method_address_or_body_is_none() {
    let stage = Stage::new();
    let camera = Camera::registered(&stage, "B8A44F000001");
    assert_eq!(answer(&camera, |proof| proof["htm"] = json!("PUT")), refused());
    assert_eq!(answer(&camera, |proof| proof["htu"] = json!("http://portal.example/v1/devices")), refused());
    assert_eq!(answer(&camera, |proof| proof["htu"] = json!("nonsense")), refused());
    assert_eq!(answer(&camera, |proof| proof["body"] = json!("AAAA")), refused());
    assert_eq!(answer(&camera, |proof| _ = proof.as_object_mut().unwrap().remove("body")), refused());
    assert_eq!(answer(&camera, |proof| proof["jti"] = json!("short")), refused());
    assert_eq!(answer(&camera, |proof| _ = proof.as_object_mut().unwrap().remove("iat")), refused());
}

#[test]
fn a_clock_that_is_wrong_is_not_held_against_a_camera() {
    let stage = Stage::new();
    let camera = Camera::registered(&stage, "B8A44F000001");
    for iat in [0_i64, 4_102_444_800, -5] {
        let path = camera.path("claims");
        let mut proof = camera.proof("GET", &path, b"");
        proof["iat"] = json!(iat);
        assert_eq!(camera.send("GET", &path, b"", &camera.signed(&proof), &[]).status, 200, "{iat}");
    }
}

#[test]
fn what_is_not_signed_by_the_key_that_it_shows_is_refused() {
    let stage = Stage::new();
    let camera = Camera::registered(&stage, "B8A44F000001");
    let path = camera.path("claims");
    let send = |header: Value, signer: &Key| {
        camera.send("GET", &path, b"", &signer.sign(&header, &camera.proof("GET", &path, b"")), &[]).problem()
    };
    let good = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": camera.key.jwk() });
    let with = |name: &str, value: Value| {
        let mut header = good.clone();
        header[name] = value;
        header
    };
    assert_eq!(send(good.clone(), &Key::new()), refused());
    assert_eq!(send(with("alg", json!("none")), &camera.key), refused());
    assert_eq!(send(with("alg", json!("HS256")), &camera.key), refused());
    assert_eq!(send(with("typ", json!("JWT")), &camera.key), refused());
    assert_eq!(send(with("jwk", json!({ "kty": "oct", "k": "AAAA" })), &camera.key), refused());
    assert_eq!(send(with("crit", json!(["exp"])), &camera.key), refused());
    assert_eq!(camera.send("GET", &path, b"", "no.jwt", &[]).problem(), refused());
}

#[test]
fn a_request_without_a_proof_is_refused_and_brings_a_nonce() {
    let stage = Stage::new();
    let request = Request::builder().method("POST").uri(format!("{}{PATH}", stage.url())).body(b"{}".to_vec());
    let answer = ask(request.unwrap());
    assert_eq!(answer.problem(), refused());
    assert!(!answer.header("dpop-nonce").is_empty());
}

#[test]
fn another_camera_s_key_is_unknown_for_this_one() {
    let stage = Stage::new();
    let camera = Camera::registered(&stage, "B8A44F000001");
    let other = camera.clone_with(Key::new());
    assert_eq!(other.get("claims", &[]).problem(), (401, "unknown-key".to_owned()));
    let mut gone = camera.clone_with(camera.key.clone());
    gone.id = "0".repeat(32);
    assert_eq!(gone.get("claims", &[]).problem(), (404, "not-found".to_owned()));
}

#[test]
fn what_is_too_large_is_not_read() {
    let stage = Stage::new();
    let camera = Camera::registered(&stage, "B8A44F000001");
    let mut description = camera.description();
    description["model"] = json!("x".repeat(20_000));
    let answer = camera.call("POST", PATH, Some(&description), &[]).0;
    assert_eq!(answer.problem(), (413, "too-large".to_owned()));
}
