//! The page of a snapshot that a test can change, with streams that a test can cut.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use c2c::collect::Looker;
use c2c::features;
use c2c::snapshot::Snapshot;
use c2c::web::{self, Site};
use futures_util::StreamExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::world::{PAGE, root};

/// Until it is dropped.
pub struct Shown {
    pub address: String,
    served: tokio::task::JoinHandle<()>,
    publish: watch::Sender<Arc<Snapshot>>,
    /// Whether streams end as soon as they have begun.
    cut: watch::Sender<bool>,
    _stopping: watch::Sender<()>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.served.abort();
    }
}

impl Shown {
    /// What the camera tells from now on.
    pub fn now(&self, snapshot: Snapshot) {
        self.publish.send_replace(Arc::new(snapshot));
    }

    /// Ends each stream that is open, and from now on (`true`) each that is opened.
    pub fn cut_streams(&self, also_later: bool) {
        self.cut.send_replace(true);
        self.cut.send_replace(also_later);
    }
}

pub async fn show(snapshot: Snapshot) -> Shown {
    let (stopping, stops) = watch::channel(());
    let features = features::of(&snapshot.package.version);
    let (publish, looker) = Looker::of(snapshot);
    let (cut, cuts) = watch::channel(false);
    let app = web::routes(Site::new(looker, features, stops)).layer(middleware::from_fn_with_state(cuts, cuttable));
    // Pictures, which the camera's web server gives of the package.
    let pictures = ["done", "working", "needs-you", "cannot-tell"].iter().fold(Router::new(), |router, mood| {
        let name = format!("icon-{mood}.svg");
        let picture = std::fs::read(root().join("html").join(&name)).unwrap();
        router.route(&format!("/local/c2c/{name}"), get(([("content-type", "image/svg+xml")], picture)))
    });
    let both = pictures.fallback_service(app);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}{PAGE}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move { axum::serve(listener, both).await.unwrap() });
    Shown { address, served, publish, cut, _stopping: stopping }
}

/// A stream ends when it is cut: after its first words where each one is.
async fn cuttable(State(mut cuts): State<watch::Receiver<bool>>, request: Request, next: Next) -> Response {
    let streams = request.uri().path().ends_with("/events");
    let answer = next.run(request).await;
    if !streams {
        return answer;
    }
    let (head, body) = answer.into_parts();
    let pieces = body.into_data_stream();
    if *cuts.borrow_and_update() {
        return Response::from_parts(head, Body::from_stream(pieces.take(1)));
    }
    let cut = async move {
        // An error means that the page is gone, and its streams with it.
        let _ = cuts.changed().await;
    };
    Response::from_parts(head, Body::from_stream(pieces.take_until(Box::pin(cut))))
}
