//! One GET at a time over the engine's unix socket, with a deadline and a bound on the answer.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HOST, SERVER};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::time::Instant;

use super::api;
use crate::snapshot;

/// Longest wait for one whole answer; an engine that hangs takes connections, and answers none.
const DEADLINE: Duration = Duration::from_secs(5);

/// Why the engine could not be read. As text it is a technical line: the socket, and what came.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// There is no socket.
    #[error("{}: no such socket", place.display())]
    Missing {
        /// The socket.
        place: PathBuf,
    },
    /// The socket or its folder is closed to us.
    #[error("{}: permission denied", place.display())]
    NotAllowed {
        /// The socket.
        place: PathBuf,
    },
    /// A socket without an engine.
    #[error("{}: connection refused", place.display())]
    NobodyListens {
        /// The socket.
        place: PathBuf,
    },
    /// The socket cannot be used.
    #[error("{}: no connection ({source})", place.display())]
    Unreachable {
        /// The socket.
        place: PathBuf,
        /// The cause.
        #[source]
        source: Error,
    },
    /// No whole answer in time.
    #[error("{}: no answer within {} s", place.display(), DEADLINE.as_secs())]
    Late {
        /// The socket.
        place: PathBuf,
    },
    /// The connection ended in the midst.
    #[error("{}: broken off", place.display())]
    Cut {
        /// The socket.
        place: PathBuf,
    },
    /// Another status than 200.
    #[error("{}: HTTP status {status}: {message}", place.display())]
    Refused {
        /// The socket.
        place: PathBuf,
        /// The HTTP status.
        status: u16,
        /// The engine's words.
        message: String,
    },
    /// More bytes than any sensible answer has.
    #[error("{}: more than {} kB", place.display(), bytes / 1024)]
    Huge {
        /// The socket.
        place: PathBuf,
        /// The most that is read.
        bytes: usize,
    },
    /// The answer is not of the documented form.
    #[error("{}: not of its form ({why})", place.display())]
    Garbled {
        /// The socket.
        place: PathBuf,
        /// What was expected or found.
        why: String,
    },
}

impl Fault {
    /// The engine does not know the container: its words (Docker's and Podman's), since an engine that has no such path
    /// says 404 as well.
    pub(super) fn says_gone(&self) -> bool {
        match self {
            Self::Refused { status: 404, message, .. } => message.to_ascii_lowercase().contains("no such container"),
            _ => false,
        }
    }

    /// A stable word for machines.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::NotAllowed { .. } => "not-allowed",
            Self::NobodyListens { .. } | Self::Unreachable { .. } => "unreachable",
            Self::Late { .. } => "late",
            Self::Cut { .. } => "cut",
            Self::Refused { .. } => "refused",
            Self::Huge { .. } => "huge",
            Self::Garbled { .. } => "garbled",
        }
    }
}

impl From<Fault> for snapshot::Fault {
    fn from(fault: Fault) -> Self {
        Self::new(fault.kind(), &fault.to_string())
    }
}

/// An answer with status 200.
pub(super) struct Answer {
    pub(super) body: Bytes,
    /// The newest version of the interface that the engine speaks: 45 for `1.45`.
    pub(super) api: Option<u32>,
    /// The engine's own version, such as `26.0.0`.
    pub(super) engine: Option<String>,
}

/// Opens the socket; each way in which that fails means something else.
pub(super) async fn connect(place: &Path) -> Result<UnixStream, Fault> {
    let own = place.to_path_buf();
    match tokio::time::timeout(DEADLINE, UnixStream::connect(place)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(source)) => Err(match source.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Fault::Missing { place: own },
            ErrorKind::PermissionDenied => Fault::NotAllowed { place: own },
            ErrorKind::ConnectionRefused => Fault::NobodyListens { place: own },
            // So many connections wait that the engine takes no more.
            ErrorKind::WouldBlock => Fault::Late { place: own },
            _ => Fault::Unreachable { place: own, source },
        }),
        Err(_) => Err(Fault::Late { place: own }),
    }
}

/// The way to one engine.
pub(super) struct Line<'a> {
    place: &'a Path,
}

impl<'a> Line<'a> {
    pub(super) fn new(place: &'a Path) -> Self {
        Self { place }
    }

    pub(super) fn garbled(&self, why: &str) -> Fault {
        Fault::Garbled { place: self.place.to_path_buf(), why: why.to_owned() }
    }

    /// The answer to GET `path` over a connection of its own.
    pub(super) async fn get(&self, path: &str, bytes: usize) -> Result<Answer, Fault> {
        let stream = connect(self.place).await?;
        self.get_over(stream, path, bytes).await
    }

    /// The answer to GET `path` over `stream`; at most `bytes` of it.
    pub(super) async fn get_over(&self, stream: UnixStream, path: &str, bytes: usize) -> Result<Answer, Fault> {
        let begun = Instant::now();
        let answer = tokio::time::timeout(DEADLINE, self.exchange(stream, path, bytes)).await;
        let answer = answer.unwrap_or_else(|_| Err(Fault::Late { place: self.place.to_path_buf() }));
        let outcome = answer.as_ref().map_or_else(Fault::kind, |_| "answered");
        log::debug!("containers: GET {path}: {outcome} in {} ms", begun.elapsed().as_millis());
        answer
    }

    async fn exchange(&self, stream: UnixStream, path: &str, bytes: usize) -> Result<Answer, Fault> {
        let cut = |_| Fault::Cut { place: self.place.to_path_buf() };
        let request = Request::get(path).header(HOST, "engine").header(CONNECTION, "close");
        let request = request.body(Empty::<Bytes>::new()).map_err(|_| self.garbled("the request cannot be formed"))?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(cut)?;
        // The exchange owns its connection: when the deadline drops this future, the connection ends with it.
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|error| self.broken(&error))?;
            self.take(response, bytes).await
        };
        tokio::pin!(connection, exchange);
        tokio::select! {
            biased;
            answer = &mut exchange => answer,
            ended = &mut connection => match ended {
                Ok(()) => exchange.await,
                Err(error) => Err(self.broken(&error)),
            },
        }
    }

    async fn take(&self, response: Response<Incoming>, bytes: usize) -> Result<Answer, Fault> {
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let (status, api) = (response.status(), header("api-version").and_then(api::minor));
        let engine = header(SERVER.as_str()).and_then(api::engine_version);
        let whole = Limited::new(response.into_body(), bytes).collect().await.map_err(|error| {
            let place = self.place.to_path_buf();
            if error.is::<LengthLimitError>() { Fault::Huge { place, bytes } } else { Fault::Cut { place } }
        })?;
        let body = whole.to_bytes();
        if status == StatusCode::OK {
            return Ok(Answer { body, api, engine });
        }
        Err(Fault::Refused { place: self.place.to_path_buf(), status: status.as_u16(), message: api::message(&body) })
    }

    /// What ends an exchange: another language than HTTP, or the end of the connection.
    fn broken(&self, error: &hyper::Error) -> Fault {
        if error.is_parse() { self.garbled("it is no HTTP") } else { Fault::Cut { place: self.place.to_path_buf() } }
    }
}
