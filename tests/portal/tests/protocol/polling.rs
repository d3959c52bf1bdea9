//! Where cameras wait.

use std::time::{Duration, Instant};

use crate::camera::Camera;
use crate::operator::Operator;
use crate::stage::Stage;

#[test]
fn nothing_new_is_answered_when_the_wait_is_over_and_not_before() {
    let stage = Stage::new();
    let camera = Camera::registered(&stage, "B8A44F000001");
    let tag = camera.get("claims", &[]).header("etag").to_owned();
    let begun = Instant::now();
    let answer = camera.get("claims", &[("if-none-match", &tag), ("prefer", "wait=1")]);
    assert_eq!((answer.status, answer.text.as_str(), answer.header("etag")), (304, "", tag.as_str()));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(camera.get("claims", &[("if-none-match", &tag)]).status, 304);
}

#[test]
fn an_open_page_is_told_that_something_changed() {
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    let mut events = ada.listen();
    ada.claim(&camera.code());
    let mut line = String::new();
    while line != "data: changed\n" {
        line.clear();
        assert_ne!(std::io::BufRead::read_line(&mut events, &mut line).unwrap(), 0, "the stream ended");
    }
}

#[test]
fn a_wish_reaches_a_camera_that_waits_at_once() {
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    ada.claim(&camera.code());
    let before = camera.document("claims");
    let tag = camera.get("claims", &[]).header("etag").to_owned();
    let begun = Instant::now();
    std::thread::scope(|threads| {
        let waiting = camera.clone_with(camera.key.clone());
        let tag = &tag;
        let waiting = threads.spawn(move || waiting.get("claims", &[("if-none-match", tag), ("prefer", "wait=25")]));
        ada.wish(&camera.id, "name", &[("name", "Gate")]);
        assert_eq!(waiting.join().unwrap().status, 200);
    });
    assert!(begun.elapsed() < Duration::from_secs(20));
    let after = camera.document("claims");
    let desired = |claims: &serde_json::Value| claims["claims"][0]["desired"].as_u64().unwrap();
    assert_eq!(desired(&after), desired(&before) + 1);
    assert_eq!(camera.document("desired")["generation"], desired(&after));
}
