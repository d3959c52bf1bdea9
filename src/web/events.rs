//! The live page: streams of server-sent events that carry rendered pieces, and the same to be polled for.
//!
//! A stream holds a worker of the camera's web server, so at most [`MOST`] are open at a time, each ends after
//! `LONGEST`, and who comes too late gets 204 (which tells a browser not to try again by itself) and polls. Every
//! `BEAT` a comment shows the web server that we live, with the camera's time for the page beside it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::clock;
use crate::collect::{Looker, Watching};
use crate::web::views::Views;
use crate::web::{JSON, Site, answer};

/// Open streams at a time.
pub const MOST: usize = 6;
/// How long a stream may stay open.
const LONGEST: Duration = Duration::from_secs(600);
/// The longest silence.
const BEAT: Duration = Duration::from_secs(15);
/// Whoever polls does so this often.
const POLL_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// The stream. `?REVISION` names what the page shows already.
pub(super) async fn stream(State(site): State<Arc<Site>>, RawQuery(shown): RawQuery) -> Response {
    let Some(watching) = site.looker.watch(MOST) else {
        return (StatusCode::NO_CONTENT, [(RETRY_AFTER, POLL_SECONDS)]).into_response();
    };
    let Site { looker, views, stopping, .. } = Site::clone(&site);
    let now = Instant::now();
    let viewer =
        Viewer { looker, views, stopping, watching, shown, greeted: false, beat: now + BEAT, end: now + LONGEST };
    let body = stream::unfold(viewer, |mut viewer| async {
        let bytes = viewer.next().await?;
        Some((Ok::<_, Infallible>(bytes), viewer))
    });
    let kind = HeaderValue::from_static("text/event-stream");
    ([(CONTENT_TYPE, kind)], Body::from_stream(body)).into_response()
}

/// All pieces, or 304 where the page shows them already.
pub(super) async fn pieces(State(site): State<Arc<Site>>, asked: HeaderMap) -> Response {
    let snapshot = site.looker.look().await;
    let view = site.views.of(&snapshot);
    let content = || answer::encoded(&view.pieces, JSON, &asked);
    answer::tagged(&view.revision, content, &asked)
}

/// One open stream.
struct Viewer {
    looker: Looker,
    views: Views,
    stopping: watch::Receiver<()>,
    watching: Watching,
    shown: Option<String>,
    greeted: bool,
    beat: Instant,
    end: Instant,
}

impl Viewer {
    /// What is to be sent next; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.greeted {
            self.greeted = true;
            return Some(format!("retry: 1000\n{}", greeting()).into());
        }
        loop {
            // The first one is there at once: what was published before the stream was opened counts as changed.
            tokio::select! {
                // Nothing is ever sent there: its sender is dropped when the app stops.
                _ = self.stopping.changed() => return None,
                () = tokio::time::sleep_until(self.end) => return None,
                () = tokio::time::sleep_until(self.beat) => {
                    self.beat = Instant::now() + BEAT;
                    return Some(format!(": still here\n{}", greeting()).into());
                }
                changed = self.watching.changed() => {
                    if !changed {
                        return None;
                    }
                    if let Some(bytes) = self.news() {
                        self.beat = Instant::now() + BEAT;
                        return Some(bytes);
                    }
                }
            }
        }
    }

    /// What the page does not show yet.
    fn news(&mut self) -> Option<Bytes> {
        let view = self.views.of(&self.looker.latest());
        let shown = self.shown.replace(view.revision.clone());
        if shown.as_ref() == Some(&view.revision) {
            None
        } else if shown.is_some() && shown == view.since {
            Some(view.change.clone())
        } else {
            Some(view.whole.clone())
        }
    }
}

/// The camera's time, in seconds since 1970: ages are counted by it.
fn greeting() -> String {
    format!("event: now\ndata: {}\n\n", clock::now().unix())
}
