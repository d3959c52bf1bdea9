//! The way from Apache to the device: a listener on the camera's own address that Apache alone can use.
//!
//! Apache has judged the login; it writes the user's name into a header, beside a secret that nobody else knows and
//! that is made at each start. The level is looked up in the device's accounts. An order that changes what the web
//! server serves is answered only when Apache serves it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderName, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::access::{Caller, Entrance, Level};
use crate::front::apache::Reloader;
use crate::front::embedded::{Inside, hear_small_body, serve};
use crate::front::target::{self, Target};
use crate::front::{Tasks, stock};

/// The header with the secret.
pub const SECRET: HeaderName = HeaderName::from_static("x-virtual-camera-secret");
/// The header with the user's name; `(null)` or absent when nobody logged in.
pub const USER: HeaderName = HeaderName::from_static("x-virtual-camera-user");

/// Serves Apache's requests for VAPIX and the camera's pages until the tasks are stopped.
pub(crate) fn start(listener: TcpListener, inside: Arc<Inside>, secret: String, reloader: Reloader, tasks: Tasks) {
    serve(listener, tasks, move |stream, _from| {
        let (inside, secret, reloader) = (inside.clone(), secret.clone(), reloader.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (inside, secret, reloader) = (inside.clone(), secret.clone(), reloader.clone());
            async move {
                let response = answer(&inside, &secret, request).await;
                if let Err(fault) = reloader.settled().await {
                    log::error!("Apache: {fault:#}");
                }
                Ok::<_, std::convert::Infallible>(response)
            }
        });
        async move {
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(fault) = connection.await {
                log::debug!("connection from Apache: {fault}");
            }
        }
    });
}

async fn answer(inside: &Inside, secret: &str, request: Request<Incoming>) -> Response<Body> {
    let Some(mut request) = hear_small_body(request).await else { return stock::answer(StatusCode::BAD_REQUEST) };
    let sent = request.headers_mut().remove(SECRET);
    if sent.is_none_or(|sent| sent.as_bytes() != secret.as_bytes()) {
        return stock::answer(StatusCode::FORBIDDEN);
    }
    let user = request.headers_mut().remove(USER).and_then(|user| user.to_str().map(str::to_owned).ok());
    let account = user.and_then(|user| (inside.backend.accounts)().into_iter().find(|account| account.name == user));
    let level = account.as_ref().map_or(Level::Anonymous, |account| account.level);
    let Some(path) = target::plain(request.uri().path()) else { return stock::answer(StatusCode::NOT_FOUND) };
    let at = target::find(&path, &[]);
    let needed = match &at {
        Target::Device => (inside.backend.required_level)(request.method().as_str(), &path),
        Target::Page { access } => *access,
        _ => return stock::answer(StatusCode::NOT_FOUND),
    };
    if level < needed {
        // Only for paths whose level Apache was not told; it can't ask for a login here.
        return stock::answer(StatusCode::UNAUTHORIZED);
    }
    let caller = Caller { user: account.map(|account| account.name), level, entrance: Entrance::Front };
    inside.answer_own(&at, request, caller).await
}
