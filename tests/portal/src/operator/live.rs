//! Tells open pages that something changed; each then asks for itself anew.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use tokio::time::{Instant, timeout};

use super::session::Viewer;
use crate::portal::Portal;

/// Without a change the page is asked anew so often, since ages and what is stale change by themselves.
const BEAT: Duration = Duration::from_secs(30);
/// The least time between two.
const LEAST: Duration = Duration::from_secs(1);
/// A stream ends by itself: the browser comes back, and whoever is logged out does not.
const LIFETIME: Duration = Duration::from_secs(600);

pub(crate) async fn get(
    State(portal): State<Arc<Portal>>,
    viewer: Viewer,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let bell = portal.live.listen(viewer.operator.organisation_id);
    let (begun, first) = (Instant::now(), true);
    let events = stream::unfold((bell, first), move |(mut bell, is_first)| async move {
        if begun.elapsed() > LIFETIME {
            return None;
        }
        if !is_first {
            tokio::time::sleep(LEAST).await;
        }
        match timeout(BEAT, bell.changed()).await {
            Ok(Err(_)) => None,
            Ok(Ok(())) => Some((Ok(Event::default().event("changed").data("changed")), (bell, false))),
            Err(_) => Some((Ok(Event::default().event("changed").data("beat")), (bell, false))),
        }
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}
