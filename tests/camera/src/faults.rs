//! What can go wrong between a camera and who asks it: faults by path, and a log of what was asked.
//!
//! The layer sits inside the router, so it works with every front. A fault holds until [`Faults::clear`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;

use crate::access::{Caller, Entrance};

/// How the answer to a request is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This HTTP status with an empty body.
    Status(u16),
    /// 401 whatever the caller shows.
    Unauthorized,
    /// No answer, ever.
    Hang,
    /// The head, the first half of the real body, then the connection is cut.
    Cut,
    /// 200 with the right type and a body that makes no sense.
    Nonsense,
    /// The right answer after so many milliseconds.
    Slow(u64),
    /// 200 with a body of 16 MiB.
    Huge,
    /// 404.
    NotFound,
}

/// One request as the router saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Counts from 1.
    pub number: u64,
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Query, as sent.
    pub query: Option<String>,
    /// Which address it came in on; `None` if the front did not say.
    pub entrance: Option<Entrance>,
    /// Login name.
    pub user: Option<String>,
}

#[derive(Debug)]
struct Rule {
    path: String,
    entrance: Option<Entrance>,
    fault: Fault,
    /// So often still; `None` is for ever.
    left: Option<u32>,
}

/// The faults in force and the requests seen; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    rules: Arc<Mutex<Vec<Rule>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    count: watch::Sender<u64>,
}

/// The newest requests that are kept.
const KEPT: usize = 10_000;
/// The size of a [`Fault::Huge`] answer in bytes.
const HUGE: usize = 16 << 20;

impl Faults {
    /// From now on requests of `path` fail so; at one entrance only, or (`None`) at both. Replaces an older fault of
    /// the same path and entrance. A path that ends in `*` means everything that begins so.
    pub fn set(&self, path: &str, entrance: Option<Entrance>, fault: Fault) {
        self.set_next(path, entrance, fault, None);
    }

    /// As [`Faults::set`], for the next so many requests, or (`None`) for all.
    pub fn set_next(&self, path: &str, entrance: Option<Entrance>, fault: Fault, times: Option<u32>) {
        let mut rules = locked(&self.rules);
        rules.retain(|rule| rule.path != path || rule.entrance != entrance);
        rules.push(Rule { path: path.to_owned(), entrance, fault, left: times });
    }

    /// All is well again.
    pub fn clear(&self) {
        locked(&self.rules).clear();
    }

    /// What was asked since the start, oldest first (the newest 10 000).
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        locked(&self.seen).clone()
    }

    /// Waits for a request, also one of the past; the caller bounds it.
    pub(crate) async fn wait(&self, fits: impl Fn(&Seen) -> bool) {
        let mut count = self.count.subscribe();
        while !locked(&self.seen).iter().any(&fits) {
            if count.changed().await.is_err() {
                return;
            }
        }
    }

    fn note(&self, request: &Request) {
        let caller = request.extensions().get::<Caller>();
        let mut seen = locked(&self.seen);
        let number = *self.count.borrow() + 1;
        if seen.len() >= KEPT {
            seen.drain(..KEPT / 2);
        }
        seen.push(Seen {
            number,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().map(str::to_owned),
            entrance: caller.map(|caller| caller.entrance),
            user: caller.and_then(|caller| caller.user.clone()),
        });
        self.count.send_replace(number);
    }

    fn of(&self, request: &Request) -> Option<Fault> {
        let entrance = request.extensions().get::<Caller>().map(|caller| caller.entrance);
        let path = request.uri().path();
        let fits = |rule: &&mut Rule| {
            let place = match rule.path.strip_suffix('*') {
                Some(start) => path.starts_with(start),
                None => path == rule.path,
            };
            place && (rule.entrance.is_none() || rule.entrance == entrance)
        };
        let mut rules = locked(&self.rules);
        rules.retain(|rule| rule.left != Some(0));
        let rule = rules.iter_mut().rev().find(fits)?;
        rule.left = rule.left.map(|left| left - 1);
        Some(rule.fault.clone())
    }
}

/// The layer: notes the request, then answers as its fault says.
pub(crate) async fn layer(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    faults.note(&request);
    match faults.of(&request) {
        None => next.run(request).await,
        Some(Fault::Status(code)) => {
            StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
        Some(Fault::Unauthorized) => StatusCode::UNAUTHORIZED.into_response(),
        Some(Fault::NotFound) => StatusCode::NOT_FOUND.into_response(),
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Slow(milliseconds)) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            next.run(request).await
        }
        Some(Fault::Cut) => cut(next.run(request).await).await,
        Some(Fault::Nonsense) => replaced(next.run(request).await, Body::from(&b"\x00\xff<{\"]]>nonsense"[..])),
        Some(Fault::Huge) => replaced(next.run(request).await, Body::new(Flood { left: HUGE })),
    }
}

/// The head of an answer with another body.
fn replaced(response: Response, body: Body) -> Response {
    let (mut head, _) = response.into_parts();
    head.status = StatusCode::OK;
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, body)
}

async fn cut(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    let whole = axum::body::to_bytes(body, HUGE).await.unwrap_or_default();
    Response::from_parts(head, Body::new(Torn { half: Some(whole.slice(..whole.len() / 2)) }))
}

/// A body that breaks after its first piece; the server then drops the connection.
struct Torn {
    half: Option<Bytes>,
}

impl hyper::body::Body for Torn {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, std::io::Error>>> {
        let frame = match self.half.take() {
            Some(half) => Ok(hyper::body::Frame::data(half)),
            None => Err(std::io::Error::other("cut on purpose")),
        };
        std::task::Poll::Ready(Some(frame))
    }
}

/// A body of spaces.
struct Flood {
    left: usize,
}

impl hyper::body::Body for Flood {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, std::io::Error>>> {
        static PIECE: [u8; 65_536] = [b' '; 65_536];
        let size = self.left.min(PIECE.len());
        self.left -= size;
        let piece = PIECE.get(..size).unwrap_or_default();
        std::task::Poll::Ready((size > 0).then(|| Ok(hyper::body::Frame::data(Bytes::from_static(piece)))))
    }
}

/// A lock whose holder cannot leave it half changed.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
