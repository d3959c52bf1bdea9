//! What the camera's web server does, whichever it is: our own and the real Apache pass the same tests.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may")]

use std::io::Read;
use std::net::TcpStream;

use digest_auth::{AuthContext, WwwAuthenticateHeader};
use virtual_camera::front::Front;
use virtual_camera::visit::{Answer, Visitor};

#[path = "front/stage.rs"]
mod stage;

use stage::{REALM, Stage, beside, login};

macro_rules! both {
    ($($name:ident)*) => {
        mod embedded { $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() { super::$name(super::Front::Embedded).await })* }
        mod apache { $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() { super::$name(super::Front::Apache).await })* }
    };
}

both! {
    digest_lets_the_right_login_in_again_and_again
    digest_refuses_what_is_wrong_in_the_camera_s_words
    a_json_cgi_without_a_login_is_refused_without_a_word
    https_asks_for_basic
    levels_decide_who_gets_where
    what_needs_no_login_is_told_that_nobody_asks
    static_files_are_served_and_nothing_outside_the_folder
    the_app_gets_the_whole_path_the_login_and_who_asked
    a_stream_passes_piece_by_piece
    an_app_that_is_down_gives_503_and_comes_back
    the_service_address_knows_service_accounts_alone
    a_new_app_is_served_before_the_order_is_answered
    a_change_from_inside_is_served_once_settled
    a_new_account_can_log_in_at_once
    the_end_does_not_wait_for_open_streams
    an_upload_arrives_whole
    https_only_leaves_http_closed
}

const HOME: &str = "/camera/index.html";

fn challenge(answer: &Answer) -> WwwAuthenticateHeader {
    WwwAuthenticateHeader::parse(answer.header("www-authenticate")).unwrap()
}

fn respond(challenge: &WwwAuthenticateHeader, password: &str, uri: &str) -> String {
    challenge.clone().respond(&AuthContext::new("root", password, uri)).unwrap().to_string()
}

async fn digest_lets_the_right_login_in_again_and_again(front: Front) {
    let stage = Stage::set(front).await;
    let stranger = Visitor::stranger(&stage.http());
    beside(move || {
        let first = stranger.get(HOME).unwrap();
        assert_eq!(first.status, 401);
        let text = first.header("www-authenticate").to_owned();
        let nonce = challenge(&first).nonce;
        assert_eq!(text, format!(r#"Digest realm="{REALM}", nonce="{nonce}", algorithm=MD5, qop="auth""#));
        assert_eq!(nonce.len(), 52);
        for (name, value) in [("x-frame-options", "SAMEORIGIN"), ("x-content-type-options", "nosniff")] {
            assert_eq!(first.header(name), value);
        }
        let right = respond(&challenge(&first), "root-pass:word", HOME);
        for _ in 0..2 {
            let page = stranger.get_with(HOME, &right).unwrap();
            assert_eq!(page.status, 200, "the same nonce and count are taken twice");
            assert!(page.text().contains("Virtual camera") && page.text().contains("<strong>root</strong>"));
        }
    })
    .await;
    stage.end().await;
}

async fn digest_refuses_what_is_wrong_in_the_camera_s_words(front: Front) {
    let stage = Stage::set(front).await;
    let stranger = Visitor::stranger(&stage.http());
    beside(move || {
        let asked = challenge(&stranger.get(HOME).unwrap());
        let wrong = stranger.get_with(HOME, &respond(&asked, "guess", HOME)).unwrap();
        assert_eq!((wrong.status, wrong.body.len(), challenge(&wrong).stale), (401, 381, false));
        assert_eq!(wrong.header("content-type"), "text/html; charset=iso-8859-1");
        assert_eq!(wrong.header("last-modified"), "");
        let elsewhere = stranger.get_with(HOME, &respond(&asked, "root-pass:word", "/camera/apps.html")).unwrap();
        assert_eq!(elsewhere.status, 400);
        let without_query =
            stranger.get_with(&format!("{HOME}?a=1"), &respond(&asked, "root-pass:word", HOME)).unwrap();
        assert_eq!(without_query.status, 400);
        let mut unknown = asked.clone();
        unknown.nonce = format!("AAAAAAAAAAA={}", "0".repeat(40));
        let stale = stranger.get_with(HOME, &respond(&unknown, "root-pass:word", HOME)).unwrap();
        assert_eq!((stale.status, challenge(&stale).stale), (401, true));
        let fresh = stranger.get_with(HOME, &respond(&challenge(&stale), "root-pass:word", HOME)).unwrap();
        assert_eq!(fresh.status, 200);
        for nonsense in ["Digest", "Digest x", "Bearer x", "Basic cm9vdDpyb290LXBhc3M6d29yZA=="] {
            assert_eq!(stranger.get_with(HOME, nonsense).unwrap().status, 401, "{nonsense}");
        }
    })
    .await;
    stage.end().await;
}

async fn a_json_cgi_without_a_login_is_refused_without_a_word(front: Front) {
    let stage = Stage::set(front).await;
    for base in [stage.http(), stage.https()] {
        let (stranger, wrong) = (Visitor::stranger(&base), Visitor::new(&base, "root", "guess"));
        beside(move || {
            let path = "/axis-cgi/time.cgi";
            let silent = stranger.post(path, "application/json", "{}").unwrap();
            assert_eq!((silent.status, silent.body.len()), (401, 0));
            assert_eq!(silent.header("content-type"), "application/json; charset=utf-8");
            assert!(!silent.header("www-authenticate").is_empty());
            assert_eq!(wrong.post(path, "application/json", "{}").unwrap().body.len(), 381);
        })
        .await;
    }
    stage.end().await;
}

async fn https_asks_for_basic(front: Front) {
    let stage = Stage::set(front).await;
    let (stranger, root) = (Visitor::stranger(&stage.https()), login(&stage.https(), "root"));
    let wrong = Visitor::new(&stage.https(), "root", "guess");
    beside(move || {
        let refused = stranger.get(HOME).unwrap();
        assert_eq!(refused.status, 401);
        assert_eq!(refused.header("www-authenticate"), format!(r#"Basic realm="{REALM}""#));
        assert_eq!(wrong.get(HOME).unwrap().status, 401);
        assert_eq!(root.get(HOME).unwrap().status, 200);
        assert_eq!(root.get("/axis-cgi/param.cgi?x=1").unwrap().text(), "root Admin Front");
        assert_eq!(root.get("/local/c2c/status").unwrap().status, 200);
    })
    .await;
    stage.end().await;
}

async fn levels_decide_who_gets_where(front: Front) {
    let stage = Stage::set(front).await;
    for base in [stage.http(), stage.https()] {
        let (root, viewer) = (login(&base, "root"), login(&base, "viewer"));
        beside(move || {
            for (path, for_viewer) in [
                (HOME, 200),
                ("/camera/apps.html", 401),
                ("/axis-cgi/time.cgi", 200),
                ("/axis-cgi/param.cgi", 401),
                ("/local/c2c/status", 200),
                ("/local/c2c/control", 401),
                ("/local/c2c/x/../control", 401),
                ("/local/c2c//control", 401),
                ("/local/c2c/contro%6c", 401),
                ("/local/c2c/style.css", 200),
            ] {
                let seen = viewer.get(path).unwrap();
                assert_eq!(seen.status, for_viewer, "viewer {path} at {}", viewer.base());
                if for_viewer == 401 {
                    assert_eq!(seen.body.len(), 381, "too low a level is asked to log in again");
                }
                assert_eq!(root.get(path).unwrap().status, 200, "root {path}");
            }
            let (own, other) = (root.get(HOME).unwrap().text(), viewer.get(HOME).unwrap().text());
            assert!(own.contains("/camera/apps.html\">Go") && !other.contains("/camera/apps.html\">Go"));
            assert!(other.contains("href=\"/local/c2c/\""), "a viewer finds the apps that are open to viewers");
            assert_eq!(viewer.get("/axis-cgi/time.cgi").unwrap().text(), "viewer Viewer Front");
            assert_eq!(root.get("/axis-cgi/none.cgi").unwrap().status, 404);
            assert_eq!(root.get("/nothing").unwrap().status, 404);
        })
        .await;
    }
    stage.end().await;
}

async fn what_needs_no_login_is_told_that_nobody_asks(front: Front) {
    let stage = Stage::set(front).await;
    let stranger = Visitor::stranger(&stage.http());
    beside(move || {
        let path = "/axis-cgi/systemready.cgi";
        assert_eq!(stranger.post(path, "application/json", "{}").unwrap().text(), "nobody Anonymous Front");
        assert_eq!(stranger.get_with(path, "Digest nonsense").unwrap().text(), "nobody Anonymous Front");
        assert_eq!(stranger.get("/local/c2c/open").unwrap().status, 200);
    })
    .await;
    stage.end().await;
}

async fn static_files_are_served_and_nothing_outside_the_folder(front: Front) {
    let stage = Stage::set(front).await;
    let viewer = login(&stage.http(), "viewer");
    beside(move || {
        for path in ["/local/c2c/", "/local/c2c/index.html"] {
            let page = viewer.get(path).unwrap();
            assert_eq!((page.status, page.text().as_str()), (200, "<!doctype html>the door"), "{path}");
            assert!(page.header("content-type").starts_with("text/html"));
        }
        assert!(viewer.get("/local/c2c/style.css").unwrap().header("content-type").starts_with("text/css"));
        let folder = viewer.get("/local/c2c/icons").unwrap();
        assert_eq!(folder.status, 301);
        assert!(folder.header("location").ends_with("/local/c2c/icons/"));
        for (path, status) in [
            ("/local/c2c/icons/", 404),
            ("/local/c2c/none", 404),
            ("/local/c2c", 404),
            ("/local/none/index.html", 404),
            ("/local/c2c/link", 403),
            ("/local/c2c/../secret", 404),
            ("/local/c2c/%2e%2e/secret", 404),
            ("/local/c2c/..%2fsecret", 404),
            ("/local/c2c/%2e%2e%2fsecret", 404),
        ] {
            let seen = viewer.get(path).unwrap();
            assert_eq!(seen.status, status, "{path}");
            assert!(!seen.text().contains("secret") && !seen.text().contains("root:"), "{path}");
        }
    })
    .await;
    stage.end().await;
}

async fn the_app_gets_the_whole_path_the_login_and_who_asked(front: Front) {
    let stage = Stage::set(front).await;
    let (root, front_address) = (login(&stage.http(), "root"), stage.addresses.front);
    beside(move || {
        let seen = root.get("/local/c2c/statusXYZ/a%20b?x=1&y=%2F").unwrap().text();
        assert!(seen.starts_with("GET /local/c2c/statusXYZ/a%20b?x=1&y=%2F\n"), "{seen}");
        assert!(seen.contains("\nauthorization: Digest username=\"root\""), "{seen}");
        assert!(seen.contains(&format!("\nx-forwarded-host: {front_address}\n")), "{seen}");
        assert!(seen.contains("\nx-forwarded-for: 127."), "{seen}");
        assert!(seen.contains("\nx-forwarded-server: "), "{seen}");
        let host = seen.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        assert_ne!(host, front_address.to_string(), "the host is the app's own");
        let posted = root.post_form("/local/c2c/control/order?n=1", "do=it").unwrap().text();
        assert!(posted.starts_with("POST /local/c2c/control/order?n=1\n") && posted.ends_with("\n\ndo=it"), "{posted}");
    })
    .await;
    stage.end().await;
}

async fn a_stream_passes_piece_by_piece(front: Front) {
    let stage = Stage::set(front).await;
    for base in [stage.http(), stage.https()] {
        let (viewer, go_on) = (login(&base, "viewer"), stage.app.as_ref().unwrap().go_on.clone());
        beside(move || {
            let (status, mut stream) = viewer.open("/local/c2c/status/stream").unwrap();
            assert_eq!(status, 200);
            let mut piece = [0; 4];
            stream.read_exact(&mut piece).unwrap();
            assert_eq!(&piece, b"one\n", "it came while the app holds the rest back");
            go_on.notify_one();
            let mut rest = String::new();
            stream.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, "two\n");
        })
        .await;
    }
    stage.end().await;
}

async fn an_app_that_is_down_gives_503_and_comes_back(front: Front) {
    let mut stage = Stage::set(front).await;
    let address = stage.end_app().await;
    let viewer = login(&stage.http(), "viewer");
    let down = beside({
        let viewer = viewer.clone();
        move || viewer.get("/local/c2c/status").unwrap()
    })
    .await;
    assert_eq!(down.status, 503);
    assert!(down.text().contains("temporarily unable to service your\nrequest"), "{}", down.text());
    stage.restart_app(address).await;
    beside(move || {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while viewer.get("/local/c2c/status").unwrap().status != 200 {
            assert!(std::time::Instant::now() < until, "still down");
        }
    })
    .await;
    stage.end().await;
}

async fn the_service_address_knows_service_accounts_alone(front: Front) {
    let stage = Stage::set(front).await;
    let app = login(&stage.service(), "a0-c2c");
    let root = login(&stage.service(), "root");
    let strangers = [login(&stage.http(), "a0-c2c"), login(&stage.https(), "a0-c2c")];
    let digest = "Digest username=\"a0-c2c\", realm=\"x\", nonce=\"x\", uri=\"/\", response=\"x\"";
    beside(move || {
        assert_eq!(app.get("/axis-cgi/param.cgi").unwrap().text(), "a0-c2c Admin ServiceAccount");
        assert_eq!(app.get(HOME).unwrap().status, 404, "VAPIX and nothing else");
        assert_eq!(app.get("/local/c2c/status").unwrap().status, 404);
        let refused = root.get("/axis-cgi/param.cgi").unwrap();
        assert_eq!(refused.status, 401);
        assert_eq!(refused.header("www-authenticate"), format!(r#"Basic realm="{REALM}""#));
        assert_eq!(app.get_with("/axis-cgi/param.cgi", digest).unwrap().status, 401);
        for stranger in strangers {
            assert_eq!(stranger.get("/axis-cgi/param.cgi").unwrap().status, 401, "{}", stranger.base());
        }
    })
    .await;
    stage.end().await;
}

async fn a_new_app_is_served_before_the_order_is_answered(front: Front) {
    let stage = Stage::set(front).await;
    let root = login(&stage.http(), "root");
    beside(move || {
        for name in ["two", "three"] {
            assert_eq!(root.get(&format!("/local/{name}/index.html")).unwrap().status, 404);
            let order = format!("/axis-cgi/applications/control.cgi?name={name}");
            assert_eq!(root.post_form(&order, "").unwrap().text(), "OK\n");
            assert_eq!(root.get(&format!("/local/{name}/index.html")).unwrap().status, 200);
        }
        assert_eq!(root.get("/local/c2c/status").unwrap().status, 200, "the old one stays");
    })
    .await;
    stage.end().await;
}

async fn a_change_from_inside_is_served_once_settled(front: Front) {
    let stage = Stage::set(front).await;
    stage.sites.send_modify(Vec::clear);
    stage.settled().await;
    let root = login(&stage.http(), "root");
    beside(move || {
        assert_eq!(root.get("/local/c2c/status").unwrap().status, 404);
        assert_eq!(root.get("/local/c2c/index.html").unwrap().status, 404);
    })
    .await;
    stage.end().await;
}

async fn a_new_account_can_log_in_at_once(front: Front) {
    let stage = Stage::set(front).await;
    let (root, new) = (login(&stage.http(), "root"), [login(&stage.http(), "bo"), login(&stage.https(), "bo")]);
    beside(move || {
        assert!(new.iter().all(|new| new.get(HOME).unwrap().status == 401));
        assert_eq!(root.post_form("/axis-cgi/pwdgrp.cgi?name=bo", "").unwrap().text(), "OK\n");
        for new in new {
            assert_eq!(new.get(HOME).unwrap().status, 200);
            assert_eq!(new.get("/local/c2c/control").unwrap().status, 401, "no more than a viewer");
        }
    })
    .await;
    stage.end().await;
}

async fn the_end_does_not_wait_for_open_streams(front: Front) {
    let stage = Stage::set(front).await;
    let viewer = login(&stage.https(), "viewer");
    let (mut stream, before) = beside(move || {
        let (_, mut stream) = viewer.open("/local/c2c/status/stream").unwrap();
        let mut piece = [0; 4];
        stream.read_exact(&mut piece).unwrap();
        (stream, piece)
    })
    .await;
    assert_eq!(&before, b"one\n");
    tokio::time::timeout(std::time::Duration::from_secs(10), stage.end()).await.unwrap();
    let rest = beside(move || stream.read_to_string(&mut String::new())).await;
    assert!(rest.is_err(), "the stream was cut, not finished");
}

async fn an_upload_arrives_whole(front: Front) {
    let stage = Stage::set(front).await;
    let root = login(&stage.http(), "root");
    let bytes: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
    beside(move || {
        let echoed = root.upload("a.eap", &bytes).unwrap();
        assert_eq!(echoed.status, 200);
        assert!(echoed.body.windows(16).any(|part| part == b"name=\"packfil\"; "), "a form with the field's name");
        assert!(echoed.body.windows(bytes.len()).any(|part| part == bytes), "the file byte for byte");
    })
    .await;
    stage.end().await;
}

async fn https_only_leaves_http_closed(front: Front) {
    let stage = Stage::set_with(front, true).await;
    assert!(TcpStream::connect(stage.addresses.front).is_err());
    let root = login(&stage.https(), "root");
    assert_eq!(beside(move || root.get(HOME).unwrap().status).await, 200);
    stage.end().await;
}
