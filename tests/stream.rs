//! Streams over hours, on a clock that jumps: the app's own routes, with nobody before them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{Request, StatusCode};
use axum::{Router, response::Response};
use c2c::clock::Timestamp;
use c2c::collect::Looker;
use c2c::features;
use c2c::snapshot::{Boot, Package, Reading, Snapshot};
use c2c::web::{self, Site};
use futures_util::StreamExt as _;
use tokio::sync::watch;
use tokio::time::Instant;
use tower::ServiceExt as _;

const EVENTS: &str = "/local/c2c/status/events";

fn snapshot(uptime_seconds: u64) -> Snapshot {
    let package = Package { version: "1.6.0".into(), version_from: "manifest.json" };
    let boot = Boot { ready: true, uptime_seconds: Some(uptime_seconds), boot_id: None };
    let at = Timestamp::from_unix(1_790_000_000);
    Snapshot { boot: Reading::Known { value: boot, at }, ..Snapshot::unread(package, true, at) }
}

/// The routes, what they show, and what ends their streams.
fn site() -> (Router, watch::Sender<Arc<Snapshot>>, watch::Sender<()>) {
    let (publish, looker) = Looker::of(snapshot(60));
    let (stopping, stops) = watch::channel(());
    (web::routes(Site::new(looker, features::of("1.6.0"), stops)), publish, stopping)
}

async fn open(routes: &Router) -> Response {
    routes.clone().oneshot(Request::get(EVENTS).body(Body::empty()).unwrap()).await.unwrap()
}

async fn next(body: &mut BodyDataStream) -> Option<String> {
    Some(String::from_utf8(body.next().await?.unwrap().to_vec()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_stream_speaks_every_15_s_and_ends_after_10_minutes_when_another_may_come() {
    let (routes, _publish, _stopping) = site();
    let begun = Instant::now();
    let mut body = open(&routes).await.into_body().into_data_stream();
    assert!(next(&mut body).await.unwrap().contains("event: now"));
    assert!(next(&mut body).await.unwrap().starts_with("data: {"));
    let mut others = Vec::new();
    for _ in 1..web::events::MOST {
        others.push(open(&routes).await.into_body().into_data_stream());
    }
    assert_eq!(open(&routes).await.status(), StatusCode::NO_CONTENT);
    let mut comments = 0;
    while let Some(said) = next(&mut body).await {
        assert!(said.starts_with(": still here\n"), "{said}");
        comments += 1;
    }
    assert_eq!(begun.elapsed(), Duration::from_secs(600));
    assert!((39..=40).contains(&comments), "{comments} comments; the last one may meet the end");
    drop(body);
    assert_eq!(open(&routes).await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_change_is_sent_at_once_and_what_only_aged_is_not_sent() {
    let (routes, publish, stopping) = site();
    let mut body = open(&routes).await.into_body().into_data_stream();
    assert!(next(&mut body).await.unwrap().contains("event: now"));
    assert!(next(&mut body).await.unwrap().contains("\"overview\""));
    let later = Snapshot { taken: Timestamp::from_unix(1_790_000_009), ..snapshot(60) };
    publish.send(Arc::new(later)).unwrap();
    assert!(next(&mut body).await.unwrap().starts_with(": still here"), "nothing but its age has changed");
    let sent = Instant::now();
    publish.send(Arc::new(snapshot(7_260))).unwrap();
    let told = next(&mut body).await.unwrap();
    assert!(told.contains("2 h 1 min") && !told.contains("\"id\":\"card\""), "{told}");
    assert_eq!(sent.elapsed(), Duration::ZERO);
    drop(stopping);
    assert_eq!(next(&mut body).await, None, "it ends when the app does");
}
