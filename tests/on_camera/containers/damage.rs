//! The damage matrix of the engine's answers: each question, answered badly in each way, on the page.

use std::time::Duration;

use serde_json::{Value, json};

use super::{comes_to, look_at, reading};
use crate::played::{Act, DETAILS, ID, LIST, PING, Played, details, entry};
use crate::world::{camera_with_app, page, until};

/// The container that the played engine has.
const NAME: &str = "c-3f1d";

/// Each damage, the kind of fault that it is, and words that tell it.
fn damages() -> Vec<(&'static str, Act, &'static str, &'static str)> {
    let half = b"HTTP/1.1 200 OK\r\nApi-Version: 1.47\r\nContent-Length: 900\r\n\r\n[".to_vec();
    let error = |words: &str| json!({ "message": words }).to_string().into_bytes();
    vec![
        ("500", Act::Say(500, error("no luck <b>today</b>")), "refused", "HTTP status 500: no luck &lt;b&gt;"),
        ("404", Act::Say(404, error("page not found")), "refused", "HTTP status 404: page not found"),
        ("nonsense", Act::Raw(b"\x16\x03\x01 hello\r\n\r\n".to_vec()), "garbled", "makes no sense"),
        ("other JSON", Act::Raw(answer(b"{\"a\":[{}]}")), "garbled", "makes no sense"),
        ("cut", Act::Raw(half), "cut", "The answer broke off."),
        ("nothing", Act::Raw(Vec::new()), "cut", "The answer broke off."),
        ("huge", Act::Endless, "huge", "The answer is larger than any"),
        ("hang", Act::Hang, "late", "There was no answer in time."),
    ]
}

/// An answer without the engine's version.
fn answer(body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

async fn bad_answers_lose_the_reading(question: &str) {
    let camera = camera_with_app().await;
    let pid = camera.app_pid("c2c");
    let good = Played::start();
    for (what, act, kind, words) in damages() {
        look_at(&camera, &good.socket());
        until(&camera, "all is well", || async { reading(&camera).await["reading"] == "known" }).await;
        comes_to(&camera, NAME, "Running", "running", &[]).await;
        let bad = Played::start();
        bad.on(question, act);
        look_at(&camera, &bad.socket());
        let what = format!("{what} to {question}");
        until(&camera, &what, || async { reading(&camera).await["fault"]["kind"] == kind }).await;
        let page = page(&camera).await;
        assert!(page.contains(words) && page.contains("one reading of this camera failed."), "{what}: {page}");
        assert!(page.contains(bad.socket().to_str().unwrap()), "{what}: which engine it is: {page}");
        assert!(page.contains(&format!("data-container=\"{NAME}\"")) && page.contains("as of "), "{what}: {page}");
    }
    assert_eq!(camera.app_pid("c2c"), pid);
    camera.stop().await;
}

#[tokio::test]
async fn a_ping_that_is_damaged_loses_the_engine_with_its_reason_and_keeps_the_last_list() {
    bad_answers_lose_the_reading(PING).await;
}

#[tokio::test]
async fn a_list_that_is_damaged_is_lost_with_its_reason_and_keeps_the_last_one() {
    bad_answers_lose_the_reading(LIST).await;
}

#[tokio::test]
async fn details_that_are_damaged_cost_nothing_but_the_details() {
    let camera = camera_with_app().await;
    for (what, act, ..) in damages() {
        let played = Played::start();
        let other = "0011223344556677889900aabbccddeeff0011223344556677889900aabbccdd";
        played.lists(&json!([entry(ID, "exited", "Exited (3) 2 days ago"), entry(other, "running", "Up 3 hours")]));
        played.on(DETAILS, act);
        played.on(&DETAILS.replace(ID, other), details("running"));
        look_at(&camera, &played.socket());
        comes_to(&camera, "c-0011", "Running", "running", &["<dt>Restarts</dt>"]).await;
        assert_eq!(reading(&camera).await["reading"], "known", "{what}");
        comes_to(&camera, NAME, "Exited", "unknown", &["example/gate:2.0", "details could not be read"]).await;
    }
    camera.stop().await;
}

#[tokio::test]
async fn slow_answers_are_waited_for() {
    let camera = camera_with_app().await;
    let played = Played::start();
    let pause = Duration::from_millis(700);
    let list = json!([entry(ID, "running", "Up 3 hours")]).to_string().into_bytes();
    let Act::Say(_, about) = details("running") else { unreachable!() };
    for (question, body) in [(PING, b"OK".to_vec()), (LIST, list), (DETAILS, about)] {
        played.on(question, Act::Slow(pause, 200, body));
    }
    look_at(&camera, &played.socket());
    comes_to(&camera, NAME, "Running", "running", &["<dt>Restarts</dt>"]).await;
    assert_eq!(reading(&camera).await["reading"], "known");
    camera.stop().await;
}

#[tokio::test]
async fn states_that_no_real_engine_stays_in_and_words_of_the_future_are_shown_as_they_come() {
    let camera = camera_with_app().await;
    let played = Played::start();
    look_at(&camera, &played.socket());
    comes_to(&camera, NAME, "Running", "running", &[]).await;
    for (word, shown, mark) in
        [("removing", "Removing", "idle"), ("stopping", "stopping", "unknown"), ("<i>x", "&lt;i&gt;x", "unknown")]
    {
        played.on(DETAILS, details(word));
        played.lists(&json!([entry(ID, word, "Some seconds")]));
        comes_to(&camera, NAME, shown, mark, &[]).await;
    }
    played.lists(&Value::Array(Vec::new()));
    until(&camera, "it is gone", || async { page(&camera).await.contains("has no containers") }).await;
    camera.stop().await;
}
