//! Our own web server: Digest over http, Basic over https and on the service accounts' address.
//!
//! Who has too low a level is asked to log in again (401), as Apache does for a failed `Require`. A JSON CGI that is
//! asked without credentials answers 401 with an empty body (recorded on AXIS OS 12.11); everything else gets the
//! stock page.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, SERVER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::access::{Caller, Entrance, Level};
use crate::clock::micros_now;
use crate::front::apache::Follower;
use crate::front::digest::{Nonces, Verdict, challenge_basic, judge_basic};
use crate::front::proxy::Proxy;
use crate::front::target::{self, Target};
use crate::front::{Backend, Tasks, files, stock};

/// JSON CGIs whose 401 has no body when nobody tried to log in.
pub const JSON_CGIS: [&str; 6] = [
    "/axis-cgi/apidiscovery.cgi",
    "/axis-cgi/basicdeviceinfo.cgi",
    "/axis-cgi/firmwaremanagement.cgi",
    "/axis-cgi/network_settings.cgi",
    "/axis-cgi/systemready.cgi",
    "/axis-cgi/time.cgi",
];
/// Bodies up to this many bytes are read before anything is decided, so that whoever answers need not read them.
const SMALL_BODY: u64 = 64 * 1024;
/// How long a listener waits after a connection that it could not take.
const BREATH: Duration = Duration::from_millis(50);
/// How many bytes of a refused request's body are read.
const MOST_HEARD: usize = 256 * 1024 * 1024;
const AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("authentication-info");

/// Where a connection came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// The front over http: Digest.
    Http,
    /// The front over https: Basic.
    Https,
    /// The service accounts' address: Basic, VAPIX only.
    Service,
}

/// What is behind the listeners.
#[derive(Debug)]
pub struct Inside {
    pub(crate) backend: Backend,
    pages: axum::Router,
    nonces: Nonces,
    proxy: Proxy,
    /// Where Apache is in front: what was changed through the service address is served before the answer comes.
    pub(crate) apache: std::sync::OnceLock<Follower>,
}

impl Inside {
    /// The inside of a camera with this device.
    #[must_use]
    pub fn new(backend: Backend) -> Self {
        let pages = crate::pages::router(&backend.realm, backend.sites.clone());
        Self {
            pages,
            nonces: Nonces::new(&backend.realm),
            proxy: Proxy::default(),
            apache: std::sync::OnceLock::new(),
            backend,
        }
    }

    /// Answers a request of a known caller to the device or the camera's pages.
    pub(crate) async fn answer_own(&self, at: &Target, mut request: Request<Body>, caller: Caller) -> Response<Body> {
        request.extensions_mut().insert(caller);
        let router = match at {
            Target::Device => self.backend.router.clone(),
            _ => self.pages.clone(),
        };
        match router.oneshot(request).await {
            Ok(response) => response,
        }
    }

    async fn answer(&self, door: Door, from: SocketAddr, request: Request<Incoming>) -> Response<Body> {
        let Some(request) = hear_small_body(request).await else { return stock::answer(StatusCode::BAD_REQUEST) };
        let is_empty_401 = JSON_CGIS.contains(&request.uri().path()) && !request.headers().contains_key(AUTHORIZATION);
        let mut response = match self.admit(door, from, request).await {
            Admitted::Answered(response) => response,
            Admitted::Refused { stale } => self.ask_for_login(door, stale, is_empty_401),
        };
        if response.status() == StatusCode::UNAUTHORIZED && !response.headers().contains_key(WWW_AUTHENTICATE) {
            response = self.ask_for_login(door, false, is_empty_401);
        }
        stock::secure(response.headers_mut());
        if let Some(apache) = self.apache.get() {
            apache.settled().await;
        }
        if let Ok(server) = HeaderValue::from_str(&self.backend.server) {
            response.headers_mut().entry(SERVER).or_insert(server);
        }
        response
    }

    /// Reads what a refused request still has to say, as Apache does: a client that is cut while it speaks would
    /// never see the answer.
    async fn refuse(request: Request<Body>, stale: bool) -> Admitted {
        let mut body = request.into_body();
        let mut heard = 0;
        while let Some(Ok(frame)) = body.frame().await {
            heard += frame.data_ref().map_or(0, |bytes| bytes.len());
            if heard > MOST_HEARD {
                break;
            }
        }
        Admitted::Refused { stale }
    }

    async fn admit(&self, door: Door, from: SocketAddr, request: Request<Body>) -> Admitted {
        let Some(path) = target::plain(request.uri().path()) else {
            return Admitted::Answered(stock::answer(StatusCode::NOT_FOUND));
        };
        let at = self.find(door, &path);
        let needed = self.needed(door, &at, request.method().as_str(), &path);
        let (account, info) = match self.judge(door, &request) {
            Verdict::Known(account, info) => (Some(account), info),
            // Where nobody needs to log in, what was sent is not looked at.
            _ if needed == Level::Anonymous => (None, None),
            Verdict::Misplaced => return Admitted::Answered(stock::answer(StatusCode::BAD_REQUEST)),
            Verdict::Stale => return Self::refuse(request, true).await,
            Verdict::Absent | Verdict::Wrong => return Self::refuse(request, false).await,
        };
        let entrance = if door == Door::Service { Entrance::ServiceAccount } else { Entrance::Front };
        let level = account.as_ref().map_or(Level::Anonymous, |account| account.level);
        if level < needed {
            return Self::refuse(request, false).await;
        }
        let caller = Caller { user: account.map(|account| account.name), level, entrance };
        let mut response = self.dispatch(&at, &path, from, request, caller).await;
        if let Some(info) = info.filter(|_| matches!(at, Target::File { .. }) && response.status().is_success()) {
            if let Ok(value) = HeaderValue::from_str(&info) {
                response.headers_mut().insert(AUTHENTICATION_INFO, value);
            }
        }
        Admitted::Answered(response)
    }

    fn find(&self, door: Door, path: &str) -> Target {
        match target::find(path, &self.backend.sites.borrow()) {
            Target::Device => Target::Device,
            _ if door == Door::Service => Target::Nothing { access: Level::Viewer },
            other => other,
        }
    }

    /// On the service accounts' address nothing is open: whether a camera asks there for systemready too is unknown.
    fn needed(&self, door: Door, at: &Target, method: &str, path: &str) -> Level {
        let needed = match at {
            Target::Device => (self.backend.required_level)(method, path),
            Target::Page { access } | Target::File { access, .. } | Target::Nothing { access } => *access,
            Target::App(rule) => rule.access,
        };
        if door == Door::Service { needed.max(Level::Viewer) } else { needed }
    }

    fn judge(&self, door: Door, request: &Request<Body>) -> Verdict {
        let Some(header) = request.headers().get(AUTHORIZATION) else { return Verdict::Absent };
        let Ok(header) = header.to_str() else { return Verdict::Wrong };
        match door {
            Door::Service => judge_basic(header, &(self.backend.service_accounts)()),
            Door::Https => judge_basic(header, &(self.backend.accounts)()),
            Door::Http => {
                let target = request.uri().path_and_query().map_or("/", |path| path.as_str());
                let accounts = (self.backend.accounts)();
                self.nonces.judge(header, request.method(), target, &accounts, micros_now())
            }
        }
    }

    async fn dispatch(
        &self,
        at: &Target,
        path: &str,
        from: SocketAddr,
        request: Request<Body>,
        caller: Caller,
    ) -> Response<Body> {
        match at {
            Target::Device | Target::Page { .. } => self.answer_own(at, request, caller).await,
            Target::File { html, rest, .. } => files::serve(html, rest, &target::written(path), request).await,
            Target::Nothing { .. } => stock::answer(StatusCode::NOT_FOUND),
            Target::App(rule) => {
                let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
                let path = format!("{}{query}", target::written(path));
                self.proxy.forward(&rule.target, &path, from.ip(), request).await
            }
        }
    }

    fn ask_for_login(&self, door: Door, stale: bool, is_empty: bool) -> Response<Body> {
        let challenge = match door {
            Door::Http => self.nonces.challenge(micros_now(), stale),
            Door::Https | Door::Service => challenge_basic(&self.backend.realm),
        };
        let mut response = stock::answer(StatusCode::UNAUTHORIZED);
        if is_empty {
            *response.body_mut() = Body::empty();
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        }
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// The request, its body read if it is small; `None` when it ends before its announced length.
pub(crate) async fn hear_small_body(request: Request<Incoming>) -> Option<Request<Body>> {
    if request.body().size_hint().exact().is_none_or(|length| length > SMALL_BODY) {
        return Some(request.map(Body::new));
    }
    let (head, body) = request.into_parts();
    Some(Request::from_parts(head, Body::from(body.collect().await.ok()?.to_bytes())))
}

enum Admitted {
    Answered(Response<Body>),
    Refused { stale: bool },
}

/// Serves plain connections until the tasks are stopped.
pub(crate) fn serve_plain(listener: TcpListener, inside: Arc<Inside>, door: Door, tasks: Tasks) {
    serve(listener, tasks, move |stream, from| {
        let inside = inside.clone();
        async move { converse(stream, from, inside, door).await }
    });
}

/// Serves TLS connections until the tasks are stopped.
pub(crate) fn serve_tls(listener: TcpListener, acceptor: TlsAcceptor, inside: Arc<Inside>, tasks: Tasks) {
    serve(listener, tasks, move |stream, from| {
        let (inside, acceptor) = (inside.clone(), acceptor.clone());
        async move {
            match acceptor.accept(stream).await {
                Ok(stream) => converse(stream, from, inside, Door::Https).await,
                Err(fault) => log::debug!("https from {from}: {fault}"),
            }
        }
    });
}

/// Takes connections, each in a task of its own, until the tasks are stopped.
pub(crate) fn serve<F>(listener: TcpListener, tasks: Tasks, talk: impl Fn(TcpStream, SocketAddr) -> F + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    let Tasks { stop, running } = tasks;
    running.clone().spawn(async move {
        while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
            let Ok((stream, from)) = accepted else {
                // Out of file handles, as a rule: some will be given back.
                tokio::time::sleep(BREATH).await;
                continue;
            };
            let _without_delay = stream.set_nodelay(true);
            let (talk, stop) = (talk(stream, from), stop.clone());
            running.spawn(async move {
                stop.run_until_cancelled(talk).await;
            });
        }
    });
}

async fn converse<S>(stream: S, from: SocketAddr, inside: Arc<Inside>, door: Door)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let inside = inside.clone();
        async move { Ok::<_, std::convert::Infallible>(inside.answer(door, from, request).await) }
    });
    if let Err(fault) = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await {
        log::debug!("connection from {from}: {fault}");
    }
}
