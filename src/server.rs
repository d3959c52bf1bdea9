//! Takes connections and answers them with the routes, within bounds.
//!
//! The camera's web server asks from its proxy; but every application on the camera can connect as well, and must not
//! use up our descriptors by doing so. So connections are counted, who connects has to ask at once, and none lives for
//! ever. One that has asked may ask again, with more time than pages leave between their questions: a proxy that reuses
//! a connection in the moment in which it is closed for its silence would show an error.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::peer::Ends;

/// So many connections are open at most; the others wait in the kernel's queue.
const CONNECTIONS: usize = 64;
/// Whoever connected begins to ask within this time.
const SILENCE: Duration = Duration::from_secs(5);
/// The head of a request is whole within this time, after the connection or after the answer before. Pages that poll
/// ask every 5 s.
const HEAD: Duration = Duration::from_secs(12);
/// After this time a connection takes no more requests, and after it again it is cut off. An event stream ends by itself
/// after ten minutes.
const LIFE: Duration = Duration::from_secs(660);
/// Pause after a connection could not be taken, for instance for want of descriptors.
const REST: Duration = Duration::from_secs(1);

/// Serves until `stopping` changes or ends; then takes no more and waits for the end of what is under way.
pub async fn serve(listener: TcpListener, routes: Router, mut stopping: watch::Receiver<()>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            // An error means that the semaphore was closed, which nobody does.
            let place = Arc::clone(&room).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            _ = stopping.changed() => break,
            next = next => next,
        };
        // What has ended is forgotten.
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, theirs)) => {
                let ends = stream.local_addr().ok().map(|ours| Ends { ours, theirs });
                let answering = answer(stream, ends, routes.clone(), stopping.clone());
                connections.spawn(async move {
                    // An error means that it lived for too long.
                    drop(tokio::time::timeout(LIFE * 2, answering).await);
                    drop(place);
                });
            }
            Err(error) => {
                log::warn!("server: a connection could not be taken: {error}");
                tokio::time::sleep(REST).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Each request carries the ends of its connection, where they are known, for those who ask who is there.
async fn answer(stream: TcpStream, ends: Option<Ends>, routes: Router, mut stopping: watch::Receiver<()>) {
    let asks = tokio::select! {
        asks = tokio::time::timeout(SILENCE, stream.readable()) => asks,
        _ = stopping.changed() => return,
    };
    if !matches!(asks, Ok(Ok(()))) {
        return;
    }
    let routes = TowerToHyperService::new(routes);
    let service = service_fn(move |mut request: Request<Incoming>| {
        ends.map(|ends| request.extensions_mut().insert(ends));
        routes.call(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    // Errors are those of who asked: nothing, half a request, or a reader that went away.
    tokio::select! {
        ended = &mut connection => return log::debug!("server: {ended:?}"),
        _ = stopping.changed() => {}
        () = tokio::time::sleep(LIFE) => {}
    }
    connection.as_mut().graceful_shutdown();
    drop(connection.await);
}
