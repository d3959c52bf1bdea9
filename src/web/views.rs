//! The page and its pieces as bytes: rendered once for each snapshot that somebody looks at, and shared by all who look.
//!
//! A view's revision is a word that stays the same while nothing changes but how long ago something was: the script in
//! the page counts that on by itself.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use serde::Serialize;

use crate::clock;
use crate::features::Features;
use crate::snapshot::Snapshot;
use crate::web::answer::{self, Content};
use crate::web::assets;
use crate::web::page::{self, Piece};
use crate::web::snapshot_json::{self, SnapshotJson};

/// A snapshot, rendered.
#[derive(Debug)]
pub struct View {
    /// Equal where nothing changed but ages.
    pub revision: String,
    /// The whole page, HTML.
    pub page: Content,
    /// All pieces, JSON.
    pub pieces: Content,
    /// All pieces, as an event of a stream.
    pub whole: Bytes,
    /// What changed since the revision `since`, as an event of a stream.
    pub change: Bytes,
    /// The revision before.
    pub since: Option<String>,
    json: OnceLock<SnapshotJson>,
    /// The pieces without what ages, by which the next view is compared.
    settled: Vec<String>,
}

impl View {
    /// The same as JSON; `snapshot` is the one that the view was made of.
    pub(crate) fn json(&self, snapshot: &Snapshot, features: Features) -> &SnapshotJson {
        self.json.get_or_init(|| snapshot_json::of(snapshot, features))
    }
}

#[derive(Serialize)]
struct Message<'a> {
    build: &'a str,
    revision: &'a str,
    title: &'a str,
    icon: &'a str,
    widgets: Vec<&'a Piece>,
}

/// A snapshot and what was made of it.
type Latest = (Arc<Snapshot>, Arc<View>);

/// Makes views; cheap to clone.
#[derive(Debug, Clone)]
pub struct Views {
    features: Features,
    latest: Arc<Mutex<Option<Latest>>>,
}

impl Views {
    /// Views for this version of the package.
    #[must_use]
    pub fn new(features: Features) -> Self {
        Self { features, latest: Arc::default() }
    }

    /// The view of a snapshot: the one that was made of it before, if that was the latest.
    #[must_use]
    pub fn of(&self, snapshot: &Arc<Snapshot>) -> Arc<View> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((seen, view)) = latest.as_ref() {
            if Arc::ptr_eq(seen, snapshot) {
                return Arc::clone(view);
            }
        }
        let before = latest.as_ref().map(|(_, view)| view);
        let view = Arc::new(make(snapshot, self.features, before.map(|view| &**view)));
        *latest = Some((Arc::clone(snapshot), Arc::clone(&view)));
        view
    }
}

fn make(snapshot: &Snapshot, features: Features, before: Option<&View>) -> View {
    let now = clock::now();
    let tab = page::title_and_icon(snapshot);
    let (title, icon) = &tab;
    let pieces = page::pieces(snapshot, features, now);
    let settled: Vec<_> = pieces.iter().map(|piece| page::settled(&piece.html)).collect();
    let build = assets::build(&snapshot.package.version);
    let revision = answer::tag(settled.iter().map(String::as_str).chain([&**title, &**icon, &*build]));
    let message = |widgets| {
        let message = Message { build: &build, revision: &revision, title, icon, widgets };
        // Plain text in plain structures: this cannot fail.
        serde_json::to_string(&message).unwrap_or_default()
    };
    let whole = message(pieces.iter().collect());
    // A revision that stays has its change still: for who missed it.
    let (change, since) = match before {
        Some(view) if view.revision == revision => (view.change.clone(), view.since.clone()),
        Some(view) => {
            let changed = pieces.iter().zip(&settled).filter(|(_, now)| !view.settled.contains(now));
            (event(&message(changed.map(|(piece, _)| piece).collect())), Some(view.revision.clone()))
        }
        None => (Bytes::new(), None),
    };
    let page = page::whole(&tab, &revision, &pieces, snapshot, features, now).into_string();
    View {
        page: Content::new(page),
        whole: event(&whole),
        pieces: Content::new(whole),
        revision,
        change,
        since,
        json: OnceLock::new(),
        settled,
    }
}

/// JSON on one line as an event of a stream.
fn event(json: &str) -> Bytes {
    format!("data: {json}\n\n").into()
}
