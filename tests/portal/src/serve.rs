//! Connections, with TLS or without, each in a task of its own until the portal ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// So many connections at once: 10 000 cameras that wait, and as many that come.
const CONNECTIONS: usize = 20_000;
/// How long somebody has for the TLS handshake.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a connection may be without a request, or with half of one's head.
const IDLE: Duration = Duration::from_secs(60);
/// How long to wait when no connection can be taken.
const BREATH: Duration = Duration::from_millis(100);

/// Takes connections until `stop`.
pub(crate) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, router: Router, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let Ok((stream, from)) = accepted else {
            // Out of file handles, as a rule: some will be given back.
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let Ok(place) = room.clone().try_acquire_owned() else { continue };
        let _without_delay = stream.set_nodelay(true);
        let (router, tls, stop) = (router.clone(), tls.clone(), stop.clone());
        tokio::spawn(async move {
            let _place = place;
            let talk = async {
                match tls {
                    None => talk(stream, from, router).await,
                    Some(tls) => match tokio::time::timeout(PATIENCE, tls.accept(stream)).await {
                        Ok(Ok(stream)) => talk(stream, from, router).await,
                        Ok(Err(fault)) => log::debug!("TLS from {from}: {fault}"),
                        Err(_) => log::debug!("TLS from {from}: no handshake in time"),
                    },
                }
            };
            stop.run_until_cancelled(talk).await;
        });
    }
}

async fn talk<S>(stream: S, from: SocketAddr, router: Router)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(from));
        async move { router.oneshot(request).await }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // A camera's connection mostly waits: small buffers are what ten thousand of them have room for.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(IDLE).max_buf_size(64 * 1024);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(Duration::from_secs(60)));
    if let Err(fault) = builder.serve_connection(TokioIo::new(stream), service).await {
        log::debug!("connection from {from}: {fault}");
    }
}
