//! HTTP to the camera itself: VAPIX on the address that is reserved for applications.
//!
//! A camera takes Basic with a service account on `127.0.0.12`, and nothing else there (ACAP documentation: VAPIX
//! access for ACAP applications). The account is fetched over D-Bus, kept in memory only and fetched anew once when it
//! is refused. Every request has a deadline and a bound on its answer; proxies are never used.
//!
//! Old CGIs answer errors with status 200 and tell them in the body; JSON CGIs do so with `error` in an envelope.
//! Both are read here or in the source that knows the form.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axsdk::{Credentials, ServiceAccounts};
use base64::Engine as _;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::snapshot;

pub mod disks;
pub mod users;

/// The address where a camera takes service accounts.
pub const CAMERA: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 12)), 80);

/// The name under which the camera makes our service account.
const ACCOUNT: &str = "c2c";
/// Longest wait for one whole answer.
const DEADLINE: Duration = Duration::from_secs(5);
/// Largest answer that is read, in bytes. The largest known one, a list of many applications, has some 20 kB.
const ANSWER_BYTES: usize = 1 << 20;

/// Why an answer could not be had, by whose matter it is. As text it is a technical line: what was asked, and what came.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Nobody listens; the camera may still be starting.
    #[error("{path}: no connection ({source})")]
    Unreachable {
        /// What was asked.
        path: &'static str,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// No whole answer in time.
    #[error("{path}: no answer within {} s", deadline.as_secs())]
    Late {
        /// What was asked.
        path: &'static str,
        /// How long was waited.
        deadline: Duration,
    },
    /// The connection ended in the midst.
    #[error("{path}: broken off")]
    Cut {
        /// What was asked.
        path: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The camera gives no service account; without a cause where the C libraries did not start.
    #[error("{path}: not asked, no service account")]
    NoAccount {
        /// What was to be asked.
        path: &'static str,
        /// The cause.
        #[source]
        source: Option<axsdk::Error>,
    },
    /// The service account is refused, also after it was fetched anew.
    #[error("{path}: HTTP status 401, also with a new service account")]
    Unauthorized {
        /// What was asked.
        path: &'static str,
    },
    /// Another status than 200.
    #[error("{path}: HTTP status {status}")]
    Refused {
        /// What was asked.
        path: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// The camera's CGI says that it failed, with its own number or word.
    #[error("{path}: error {code}")]
    Declined {
        /// What was asked.
        path: &'static str,
        /// The number or word in the answer.
        code: String,
    },
    /// More bytes than any sensible answer has.
    #[error("{path}: more than {} kB", ANSWER_BYTES / 1024)]
    Huge {
        /// What was asked.
        path: &'static str,
    },
    /// The answer is not of the documented form.
    #[error("{path}: not of its form ({why})")]
    Garbled {
        /// What was asked.
        path: &'static str,
        /// What was expected or found.
        why: String,
    },
}

impl Fault {
    /// Every word that [`Fault::kind`] gives.
    pub const KINDS: &[&str] =
        &["unreachable", "late", "cut", "no-account", "unauthorized", "refused", "declined", "huge", "garbled"];

    /// A stable word for machines.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Late { .. } => "late",
            Self::Cut { .. } => "cut",
            Self::NoAccount { .. } => "no-account",
            Self::Unauthorized { .. } => "unauthorized",
            Self::Refused { .. } => "refused",
            Self::Declined { .. } => "declined",
            Self::Huge { .. } => "huge",
            Self::Garbled { .. } => "garbled",
        }
    }
}

impl From<Fault> for snapshot::Fault {
    fn from(fault: Fault) -> Self {
        let (line, status) = match &fault {
            Fault::NoAccount { source: Some(source), .. } => (format!("{fault}: {source}"), None),
            Fault::Refused { status, .. } => (fault.to_string(), Some(*status)),
            _ => (fault.to_string(), None),
        };
        Self { status, ..Self::new(fault.kind(), &line) }
    }
}

/// One question to the camera. It is in no log: it may hold a passphrase.
struct Question {
    method: Method,
    /// By which faults and the log name it.
    path: &'static str,
    /// Of the URL, with its question mark; in no log.
    query: String,
    kind: &'static str,
    body: Bytes,
    deadline: Duration,
}

impl Question {
    fn new(method: Method, path: &'static str) -> Self {
        let (query, body) = (String::new(), Bytes::new());
        Self { method, path, query, kind: "application/json", body, deadline: DEADLINE }
    }
}

/// Reads from the camera; cheap to clone.
#[derive(Debug, Clone)]
pub struct Reader {
    camera: SocketAddr,
    account: Arc<Account>,
}

#[derive(Debug)]
struct Account {
    source: Option<ServiceAccounts>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    account: Option<Arc<Credentials>>,
    /// How the last fetch failed, and when.
    failed: Option<(Instant, axsdk::Error)>,
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: Option<T>,
    error: Option<EnvelopeError>,
}

#[derive(Deserialize)]
struct EnvelopeError {
    code: serde_json::Value,
}

impl Reader {
    /// A reader for the camera at `camera`, with accounts from `source`.
    #[must_use]
    pub fn new(camera: SocketAddr, source: Option<ServiceAccounts>) -> Self {
        Self { camera, account: Arc::new(Account { source, held: Mutex::default() }) }
    }

    /// For a camera that a test plays, which takes any account.
    #[cfg(test)]
    pub(crate) fn of_a_played_camera(camera: SocketAddr) -> Self {
        let anybody = Credentials { user: "c2c".to_owned(), password: axsdk::Secret::new("any".to_owned()) };
        Self::with_account(camera, anybody)
    }

    /// With an account that is known already, and no other one; for tests.
    #[must_use]
    pub fn with_account(camera: SocketAddr, account: Credentials) -> Self {
        let held = Mutex::new(Held { account: Some(Arc::new(account)), ..Held::default() });
        Self { camera, account: Arc::new(Account { source: None, held }) }
    }

    /// The text that a CGI answers to GET.
    ///
    /// # Errors
    /// Every [`Fault`] but `Declined`.
    pub async fn get(&self, path: &'static str) -> Result<String, Fault> {
        self.ask(&Question::new(Method::GET, path)).await
    }

    /// The `data` that a JSON CGI answers to `method`, of type `T`. Asks with the major version only, as VAPIX advises.
    ///
    /// # Errors
    /// Every [`Fault`].
    pub async fn call<T: DeserializeOwned>(
        &self,
        path: &'static str,
        method: &str,
        params: serde_json::Value,
    ) -> Result<T, Fault> {
        let body = serde_json::json!({ "apiVersion": "1.0", "context": "c2c", "method": method, "params": params });
        let body = Bytes::from(body.to_string());
        let answer = self.ask(&Question { body, ..Question::new(Method::POST, path) }).await?;
        open(path, &answer)
    }

    async fn ask(&self, question: &Question) -> Result<String, Fault> {
        let path = question.path;
        let account = self.account(path, None).await?;
        match self.exchange(question, &account).await {
            Err(Fault::Unauthorized { .. }) => {
                log::info!("vapix: {path}: the service account was refused, fetching it anew");
                let account = self.account(path, Some(&account)).await?;
                self.exchange(question, &account).await
            }
            other => other,
        }
    }

    /// The account in memory; a new one if there is none or if it is the `refused` one.
    ///
    /// Whoever waited while a fetch failed shares its failure: a bus that hangs would else cost each its own deadline,
    /// one after the other.
    async fn account(&self, path: &'static str, refused: Option<&Arc<Credentials>>) -> Result<Arc<Credentials>, Fault> {
        let begun = Instant::now();
        let mut held = self.account.held.lock().await;
        if let Some(account) = held.account.as_ref() {
            if refused.is_none_or(|refused| !Arc::ptr_eq(refused, account)) {
                return Ok(Arc::clone(account));
            }
        }
        if let Some((_, error)) = held.failed.as_ref().filter(|(at, _)| *at >= begun) {
            return Err(Fault::NoAccount { path, source: Some(error.clone()) });
        }
        *held = Held::default();
        let source = self.account.source.as_ref().ok_or(Fault::NoAccount { path, source: None })?;
        match source.credentials(ACCOUNT).await {
            Ok(account) => {
                let account = Arc::new(account);
                held.account = Some(Arc::clone(&account));
                Ok(account)
            }
            Err(error) => {
                held.failed = Some((Instant::now(), error.clone()));
                Err(Fault::NoAccount { path, source: Some(error) })
            }
        }
    }

    async fn exchange(&self, question: &Question, account: &Credentials) -> Result<String, Fault> {
        let request = self.request(question, account)?;
        let (path, deadline) = (question.path, question.deadline);
        let begun = Instant::now();
        let answer = tokio::time::timeout(deadline, send(self.camera, path, request)).await;
        let answer = answer.unwrap_or(Err(Fault::Late { path, deadline }));
        log::debug!("vapix: {} {path}: {} in {} ms", question.method, outcome(&answer), begun.elapsed().as_millis());
        answer
    }

    fn request(&self, question: &Question, account: &Credentials) -> Result<Request<Full<Bytes>>, Fault> {
        let path = question.path;
        let garbled = |why: &str| Fault::Garbled { path, why: why.to_owned() };
        let pair = format!("{}:{}", account.user, account.password.expose());
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
        let mut basic = HeaderValue::try_from(basic).map_err(|_| garbled("the account cannot be sent"))?;
        basic.set_sensitive(true);
        let mut request = Request::builder()
            .method(&question.method)
            .uri(format!("{path}{}", question.query))
            .header(HOST, self.camera.to_string())
            .header(AUTHORIZATION, basic)
            .header(CONNECTION, "close");
        if !question.body.is_empty() {
            request = request.header(CONTENT_TYPE, question.kind);
        }
        request.body(Full::new(question.body.clone())).map_err(|_| garbled("the request cannot be formed"))
    }
}

/// The status of an answer, or the kind of what came instead of one; nothing of what was sent, which holds the account.
fn outcome(answer: &Result<String, Fault>) -> String {
    match answer {
        Ok(text) => format!("status 200 with {} bytes", text.len()),
        Err(Fault::Refused { status, .. }) => format!("status {status}"),
        Err(fault) => fault.kind().to_owned(),
    }
}

async fn send(camera: SocketAddr, path: &'static str, request: Request<Full<Bytes>>) -> Result<String, Fault> {
    let cut = |source: hyper::Error| Fault::Cut { path, source: Box::new(source) };
    let stream = TcpStream::connect(camera).await.map_err(|source| Fault::Unreachable { path, source })?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(cut)?;
    // The exchange owns its connection: when the deadline drops this future, the connection ends with it.
    let exchange = async {
        let response = sender.send_request(request).await.map_err(cut)?;
        match response.status() {
            StatusCode::OK => read(path, response.into_body()).await,
            StatusCode::UNAUTHORIZED => Err(Fault::Unauthorized { path }),
            status => Err(Fault::Refused { path, status: status.as_u16() }),
        }
    };
    tokio::pin!(connection, exchange);
    tokio::select! {
        biased;
        answer = &mut exchange => answer,
        ended = &mut connection => match ended {
            Ok(()) => exchange.await,
            Err(source) => Err(cut(source)),
        },
    }
}

async fn read(path: &'static str, body: hyper::body::Incoming) -> Result<String, Fault> {
    let whole = Limited::new(body, ANSWER_BYTES).collect().await.map_err(|source| {
        if source.is::<LengthLimitError>() { Fault::Huge { path } } else { Fault::Cut { path, source } }
    })?;
    String::from_utf8(whole.to_bytes().into())
        .map_err(|_| Fault::Garbled { path, why: "it is not UTF-8 text".to_owned() })
}

/// Opens the envelope of a JSON CGI.
fn open<T: DeserializeOwned>(path: &'static str, answer: &str) -> Result<T, Fault> {
    let garbled = |why: String| Fault::Garbled { path, why };
    let envelope: Envelope<T> = serde_json::from_str(answer).map_err(|error| garbled(error.to_string()))?;
    match envelope {
        Envelope { error: Some(error), .. } => Err(Fault::Declined { path, code: error.code.to_string() }),
        Envelope { data: Some(data), error: None } => Ok(data),
        Envelope { data: None, error: None } => Err(garbled("neither data nor error is in it".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_gives_its_data_or_its_error() {
        let open = |text: &str| open::<u32>("/x", text).map_err(|fault| fault.kind());
        assert_eq!(open(r#"{"apiVersion":"1.3","data":7}"#), Ok(7));
        assert_eq!(open(r#"{"error":{"code":2002,"message":"no"}}"#), Err("declined"));
        assert_eq!(open(r#"{"error":{"code":"2002"}}"#), Err("declined"));
        assert_eq!(open("{}"), Err("garbled"));
        assert_eq!(open("<html>"), Err("garbled"));
        assert_eq!(open(&"[".repeat(100_000)), Err("garbled"));
    }

    /// The variants in their order; whoever adds one is asked for it here by the compiler.
    fn next(fault: Option<&Fault>) -> Option<Fault> {
        let (path, text) = ("/x", String::new);
        Some(match fault {
            None => Fault::Unreachable { path, source: std::io::ErrorKind::Other.into() },
            Some(Fault::Unreachable { .. }) => Fault::Late { path, deadline: DEADLINE },
            Some(Fault::Late { .. }) => Fault::Cut { path, source: text().into() },
            Some(Fault::Cut { .. }) => Fault::NoAccount { path, source: None },
            Some(Fault::NoAccount { .. }) => Fault::Unauthorized { path },
            Some(Fault::Unauthorized { .. }) => Fault::Refused { path, status: 404 },
            Some(Fault::Refused { .. }) => Fault::Declined { path, code: text() },
            Some(Fault::Declined { .. }) => Fault::Huge { path },
            Some(Fault::Huge { .. }) => Fault::Garbled { path, why: text() },
            Some(Fault::Garbled { .. }) => return None,
        })
    }

    #[test]
    fn every_variant_s_kind_is_listed() {
        let all = std::iter::successors(next(None), |fault| next(Some(fault)));
        assert_eq!(all.map(|fault| fault.kind()).collect::<Vec<_>>(), Fault::KINDS);
    }

    #[test]
    fn a_fault_that_quotes_a_whole_answer_is_cut() {
        let long = "雪".repeat(280_000);
        for answer in [format!("{{\"data\":\"{long}\"}}"), format!("{{\"error\":{{\"code\":\"{long}\"}}}}")] {
            let fault = open::<Envelope<u32>>("/axis-cgi/x.cgi", &answer).map(drop).unwrap_err();
            let text = snapshot::Fault::from(fault).text;
            assert!(text.starts_with("/axis-cgi/x.cgi: ") && text.ends_with('…'), "{} bytes", text.len());
            assert!(text.chars().count() <= 250, "{} bytes", text.len());
        }
    }
}
