//! What a portal, or who stands in its place, may answer.

use std::time::Duration;

use c2c::clock;
use c2c::portal::Wanted;
use c2c::snapshot::Claim;
use c2c::snapshot::claim::Kind;
use rustls::version::TLS13;

use crate::is_claimed;
use crate::middle::{Act, Authority, Middle, NOW};
use crate::operator::Operator;
use crate::stage::{Camera, Portal, obstacle};

/// A claimed camera, and who stands between it and its portal.
pub(crate) async fn claimed_through() -> (Portal, Middle, Camera, Operator) {
    claimed_and_held(60).await
}

/// The same, at a portal that holds a question so many seconds.
pub(crate) async fn claimed_and_held(seconds: u64) -> (Portal, Middle, Camera, Operator) {
    let ours = Authority::new("inspects everything");
    let middle = Middle::start(ours.server("127.0.0.1", NOW, &[&TLS13])).await;
    let portal = Portal::start_with(|options| {
        options.public_url = Some(middle.url().parse().unwrap());
        options.wait_seconds = seconds;
    })
    .await;
    middle.hands_on_to(portal.listens());
    let mut camera = Camera::start();
    camera.order(Wanted::Confirm { address: portal.address(), ca: Some(ours.pem()) }).await.unwrap();
    let code = camera.code().await;
    let ada = portal.operator("ada").await;
    ada.claim(&code).await;
    camera.until("it is claimed", is_claimed).await;
    (portal, middle, camera, ada)
}

fn problem(status: u16, kind: &str) -> Act {
    let body = format!("{{\"type\":\"urn:c2c:problem:{kind}\",\"title\":\"t\",\"status\":{status},\"detail\":\"d\"}}");
    Act::Say(status, vec![("content-type", "application/problem+json".to_owned())], body)
}

fn page(status: u16, more: &[(&'static str, &str)]) -> Act {
    let mut headers = vec![("content-type", "text/html".to_owned())];
    headers.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Act::Say(status, headers, "<html>Log in to this network</html>".to_owned())
}

/// Of each: what is in the way, and the claim holds.
const fn raw(bytes: &'static [u8]) -> Act {
    Act::Raw(bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_comes_in_place_of_an_answer_has_its_code_and_ends_no_claim() {
    let (_portal, middle, mut camera, _ada) = claimed_through().await;
    let long = Act::Say(200, vec![("content-type", "application/jose".to_owned())], "a".repeat(300 << 10));
    let jose = |body: &str| Act::Say(200, vec![("content-type", "application/jose".to_owned())], body.to_owned());
    for (what, act, kind) in [
        ("use-nonce for ever", problem(401, "use-nonce"), Kind::Refused),
        ("invalid-proof", problem(401, "invalid-proof"), Kind::Refused),
        ("unknown-key", problem(401, "unknown-key"), Kind::UnknownKey),
        ("refused", problem(403, "refused"), Kind::Refused),
        ("not-found", problem(404, "not-found"), Kind::UnknownKey),
        ("conflict", problem(409, "conflict"), Kind::Refused),
        ("slow-down", problem(429, "slow-down"), Kind::Busy),
        ("unavailable", problem(503, "unavailable"), Kind::Busy),
        ("a word of later versions", problem(418, "teapot"), Kind::Refused),
        ("a captive portal", page(200, &[]), Kind::NoPortal),
        ("a captive portal's redirect", page(302, &[("location", "http://192.0.2.1/login")]), Kind::NoPortal),
        ("a redirect to itself", page(307, &[("location", "/v1/devices")]), Kind::NoPortal),
        ("no content", Act::Say(204, Vec::new(), String::new()), Kind::NoPortal),
        ("a plain 401", page(401, &[]), Kind::NoPortal),
        ("a plain 404", page(404, &[]), Kind::NoPortal),
        ("a plain 500", page(500, &[]), Kind::Failed),
        ("a plain 502", page(502, &[]), Kind::Failed),
        (
            "problem bodies that are none",
            Act::Say(400, vec![("content-type", "application/problem+json".to_owned())], "[".to_owned()),
            Kind::NoPortal,
        ),
        ("three parts that are none", jose("a.b.c"), Kind::NoPortal),
        ("too long", long, Kind::Cut),
        ("no HTTP", raw(b"SSH-2.0-OpenSSH_9.2\r\n"), Kind::NoPortal),
        ("cut at once", raw(b""), Kind::Cut),
        ("cut in the head", raw(b"HTTP/1.1 200 OK\r\ncontent-le"), Kind::Cut),
        ("cut in the midst", raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"), Kind::Cut),
        ("nothing", Act::Hang, Kind::Late),
    ] {
        middle.act(act);
        camera.order(Wanted::TestAgain).await.unwrap();
        camera.until_within(Duration::from_secs(60), what, |claim| obstacle(claim) == Some(kind)).await;
        assert!(matches!(camera.claim(), Claim::Claimed { .. }), "{what}");
        middle.act(Act::Pass);
        camera.order(Wanted::TestAgain).await.unwrap();
        camera.until(&format!("well again after {what}"), is_claimed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_that_asks_to_wait_is_not_asked_sooner_whether_it_says_seconds_or_a_date() {
    let (_portal, middle, mut camera, _ada) = claimed_through().await;
    for (date, after) in [(None, "120"), (Some("Sun, 06 Nov 1994 08:49:37 GMT"), "Sun, 06 Nov 1994 08:51:37 GMT")] {
        let Act::Say(status, mut headers, body) = problem(503, "unavailable") else { unreachable!() };
        headers.push(("retry-after", after.to_owned()));
        headers.extend(date.map(|date| ("date", date.to_owned())));
        middle.act(Act::Say(status, headers, body));
        camera.order(Wanted::TestAgain).await.unwrap();
        let waits = |claim: &Claim| {
            let next = claim.link().and_then(|link| link.next_try);
            obstacle(claim) == Some(Kind::Busy) && next.is_some_and(|next| next.unix() - clock::now().unix() > 100)
        };
        camera.until(&format!("it waits: {after}"), waits).await;
        let asked = middle.seen().len();
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(
            middle.seen().matches("/claims: 503").count(),
            middle.seen()[..asked].matches("/claims: 503").count()
        );
        middle.act(Act::Pass);
        camera.order(Wanted::TestAgain).await.unwrap();
        camera.until("an administrator asks sooner", is_claimed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nonce_that_the_portal_takes_no_more_is_renewed_at_once() {
    let (mut portal, middle, mut camera, _ada) = claimed_through().await;
    assert!(!middle.seen().contains("urn:c2c:problem:invalid-proof"));
    portal.stop().await;
    camera.until("the portal is down", |claim| obstacle(claim) == Some(Kind::Failed)).await;
    let before = middle.seen().len();
    // With other nonces.
    portal.start_again().await;
    camera.until("it goes on by itself", is_claimed).await;
    let seen = middle.seen()[before..].to_owned();
    assert!(seen.contains("urn:c2c:problem:use-nonce"), "{seen}");
}

/// Hours pass in a moment: tokio's clock is stopped and set forward.
#[tokio::test]
async fn a_portal_that_is_away_for_hours_is_asked_by_chance_within_5_min_and_gets_the_whole_report_first() {
    let (mut portal, middle, mut camera, _ada) = claimed_through().await;
    portal.stop().await;
    camera.order(Wanted::TestAgain).await.unwrap();
    camera.until("the portal is down", |claim| obstacle(claim).is_some()).await;
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let mut waits = Vec::new();
    let mut last = begun;
    while begun.elapsed() < Duration::from_secs(6 * 3_600) {
        let before = camera.claim().link().and_then(|link| link.next_try);
        let again = |claim: &Claim| claim.link().is_some_and(|link| link.next_try.is_some() && link.next_try != before);
        camera.until_within(Duration::from_secs(1_200), "it is tried again", again).await;
        waits.push((tokio::time::Instant::now() - last).as_secs());
        last = tokio::time::Instant::now();
        assert!(matches!(camera.claim(), Claim::Claimed { .. }));
    }
    tokio::time::resume();
    // One that was set for the same second as the one before is not seen as another.
    let long = waits.iter().filter(|wait| **wait > 330).count();
    assert!(long <= waits.len() / 20, "{waits:?}");
    assert!((60..=600).contains(&waits.len()), "{} tries", waits.len());
    let late = &waits[8..];
    assert!(late.iter().min() < Some(&60) && late.iter().max() > Some(&200), "by chance: {late:?}");
    portal.start_again().await;
    let before = middle.seen().len();
    camera.order(Wanted::TestAgain).await.unwrap();
    camera.until("it is back", is_claimed).await;
    let begun = std::time::Instant::now();
    loop {
        let seen = middle.seen()[before..].to_owned();
        let report = seen.split_once("PUT ").map_or("", |(_, report)| report);
        if report.contains("\"transitions\"") && report.contains("\"snapshot\"") {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "no report: {report}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
