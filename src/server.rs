//! Takes connections and answers them with the routes, one request each, within bounds.
//!
//! The camera's web server asks from its proxy; but every application on the camera can connect as well, and must not
//! use up our descriptors by doing so. So connections are counted, who connects has to ask at once, and none lives for
//! ever. They are not kept for another request: a proxy that reuses one in the moment in which it is closed for its
//! silence would show an error, and on loopback a new one costs next to nothing.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// So many connections are open at most; the others wait in the kernel's queue.
const CONNECTIONS: usize = 64;
/// Whoever connected sends the head of the request within this time.
const HEAD: Duration = Duration::from_secs(5);
/// Whatever is asked for is told and taken within this time. An event stream ends by itself after ten minutes.
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
            Ok((stream, _)) => {
                let answering = answer(stream, routes.clone(), stopping.clone());
                connections.spawn(async move {
                    // An error means that it lived for too long.
                    drop(tokio::time::timeout(LIFE, answering).await);
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

async fn answer(stream: TcpStream, routes: Router, mut stopping: watch::Receiver<()>) {
    let service = TowerToHyperService::new(routes);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).keep_alive(false);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    // Errors are those of who asked: nothing, half a request, or a reader that went away.
    tokio::select! {
        ended = &mut connection => return log::debug!("server: {ended:?}"),
        _ = stopping.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    drop(connection.await);
}
