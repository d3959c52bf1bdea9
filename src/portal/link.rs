//! One connection to the portal, kept open from request to request: each is proven with the camera's key, and each that
//! fails says what was in the way.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, CONTENT_TYPE, DATE, ETAG, HOST, HeaderName, IF_NONE_MATCH, RETRY_AFTER, USER_AGENT};
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use crate::clock;
use crate::portal::address::Address;
use crate::portal::key::DeviceKey;
use crate::portal::proof::{self, Proof};
use crate::portal::proxy::{self, Ways};
use crate::portal::trust;
use crate::snapshot::Proxy;
use crate::snapshot::claim::{Kind, Obstacle};

/// A connection is made within this time.
const CONNECTS: Duration = Duration::from_secs(20);
/// A name is found within this time; the system's own patience is longer than a connection may take.
const LOOKS_UP: Duration = Duration::from_secs(12);
/// A request is answered within this time, beyond what it waits.
const ANSWERS: Duration = Duration::from_secs(30);
/// The longest answer, in bytes.
const LONGEST: usize = 256 << 10;
/// So much is quoted of an answer that is none, in characters.
const QUOTED: usize = 120;
const DPOP: HeaderName = HeaderName::from_static("dpop");
const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
const PREFER: HeaderName = HeaderName::from_static("prefer");
pub(super) const AGENT: &str = concat!("c2c/", env!("CARGO_PKG_VERSION"));

/// What bytes go through: TCP, with or without TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}
pub(super) type Wire = Box<dyn Stream>;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The path, from the portal's root.
    pub path: String,
    /// What is sent, as JSON; empty where nothing is.
    pub body: Bytes,
    /// What is known already.
    pub etag: Option<String>,
    /// So many seconds the portal may wait for news.
    pub wait: Option<u64>,
    /// It is proven with the camera's key.
    pub proven: bool,
}

impl Call {
    /// A question.
    #[must_use]
    pub fn get(path: &str) -> Self {
        let (method, path) = (Method::GET, path.to_owned());
        Self { method, path, body: Bytes::new(), etag: None, wait: None, proven: true }
    }

    /// Something that is told, as JSON.
    #[must_use]
    pub fn tell(method: Method, path: &str, body: &serde_json::Value) -> Self {
        Self { method, body: Bytes::from(body.to_string()), ..Self::get(path) }
    }
}

/// An answer of the portal's.
#[derive(Debug)]
pub struct Reply {
    /// 2xx, or 304.
    pub status: u16,
    /// By which it is asked for again.
    pub etag: Option<String>,
    /// Its text.
    pub text: String,
    /// The `jti` of the proof that it answers.
    pub answers: String,
}

/// Why there is no answer to work with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was in the way.
    pub obstacle: Obstacle,
    /// The portal says so itself: its status.
    pub status: Option<u16>,
    /// So many seconds nothing is to be asked.
    pub retry_after: Option<u64>,
}

impl Failure {
    pub(super) fn new(kind: Kind, line: impl ToString) -> Self {
        let line = line.to_string();
        Self { obstacle: Obstacle { kind, line }, status: None, retry_after: None }
    }
}

/// A problem of the portal's (RFC 9457).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    #[serde(rename = "type")]
    kind: String,
    detail: String,
}

impl Reply {
    /// Its JSON.
    ///
    /// # Errors
    /// [`Kind::NoPortal`]: no portal answers so.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_str(&self.text).map_err(|error| Failure::new(Kind::NoPortal, error))
    }
}

/// A portal, and as whom the camera talks to it; cheap to clone.
#[derive(Debug, Clone)]
pub struct Place {
    /// The portal.
    pub address: Address,
    /// Who may vouch for it.
    pub trust: Arc<ClientConfig>,
    /// The camera's key.
    pub key: Arc<DeviceKey>,
    /// By which way.
    pub ways: Ways,
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        let same = Arc::ptr_eq(&self.trust, &other.trust) && Arc::ptr_eq(&self.key, &other.key);
        same && self.address == other.address
    }
}

/// A connection to one portal.
pub struct Link {
    place: Place,
    open: Option<Open>,
    nonce: Option<String>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("address", &self.place.address).finish_non_exhaustive()
    }
}

/// A connection that can be asked over.
pub(super) struct Open {
    pub(super) sender: SendRequest<Full<Bytes>>,
    /// The proxy that it goes through.
    way: Option<Proxy>,
    driver: JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Link {
    /// To a portal, which is not asked yet.
    #[must_use]
    pub fn new(place: Place) -> Self {
        Self { place, open: None, nonce: None }
    }

    /// Asks the portal; once more where it wants a nonce.
    ///
    /// # Errors
    /// What was in the way.
    pub async fn call(&mut self, call: &Call) -> Result<Reply, Failure> {
        match self.exchange(call).await {
            Err(failure) if failure.obstacle.line == USE_NONCE => self.exchange(call).await,
            outcome => outcome,
        }
    }

    async fn exchange(&mut self, call: &Call) -> Result<Reply, Failure> {
        let kept = self.open.as_ref().is_some_and(|open| !open.sender.is_closed());
        match self.send(call).await {
            // A connection that was kept may have been closed by the other side just now.
            Err(Failure { obstacle: Obstacle { kind: Kind::Cut, .. }, .. }) if kept => self.send(call).await,
            outcome => outcome,
        }
    }

    async fn send(&mut self, call: &Call) -> Result<Reply, Failure> {
        let way = self.place.ways.to(&self.place.address);
        let mut open = match self.open.take().filter(|open| !open.sender.is_closed() && open.way == way) {
            Some(open) => open,
            None => connect(&self.place, way).await?,
        };
        let proof = call.proven.then(|| self.prove(call));
        let request = self.request(call, proof.as_ref())?;
        let wait = ANSWERS + Duration::from_secs(call.wait.unwrap_or(0));
        let answers = async {
            open.sender.ready().await.map_err(|error| cut(&error))?;
            let response = open.sender.send_request(request).await.map_err(|error| cut(&error))?;
            read(response).await
        };
        let answered = tokio::time::timeout(wait, answers).await;
        let (status, headers, text) = answered
            .unwrap_or_else(|_| Err(Failure::new(Kind::Late, format!("no answer within {} s", wait.as_secs()))))?;
        self.open = Some(open);
        if let Some(nonce) = text_of(&headers, &NONCE) {
            self.nonce = Some(nonce);
        }
        log::debug!("portal: {} {}: {status}, {} bytes", call.method, call.path, text.len());
        let answers = proof.map(|proof| proof.id).unwrap_or_default();
        match status {
            200..=299 | 304 => Ok(Reply { status, etag: text_of(&headers, &ETAG), text, answers }),
            _ => Err(refusal(status, &headers, &text)),
        }
    }

    fn prove(&self, call: &Call) -> Proof {
        let url = format!("{}{}", self.place.address, call.path.split('?').next().unwrap_or_default());
        let nonce = self.nonce.as_deref();
        let request = proof::Request { method: call.method.as_str(), url: &url, body: &call.body, nonce };
        proof::prove(&self.place.key, request, clock::now())
    }

    fn request(&self, call: &Call, proof: Option<&Proof>) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request = Request::builder()
            .method(&call.method)
            .uri(&call.path)
            .header(HOST, self.place.address.authority())
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, "application/json, application/jose, application/problem+json");
        if let Some(proof) = proof {
            request = request.header(DPOP, &proof.token);
        }
        if !call.body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(etag) = &call.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(wait) = call.wait {
            request = request.header(PREFER, format!("wait={wait}"));
        }
        // What the portal gave, such as an entity tag, may be none.
        request.body(Full::new(call.body.clone())).map_err(|error| Failure::new(Kind::NoPortal, error))
    }
}

/// In place of the technical line: the request is to be repeated with the nonce that came.
const USE_NONCE: &str = "use-nonce";

async fn connect(place: &Place, way: Option<Proxy>) -> Result<Open, Failure> {
    let late = || match way.as_ref().and_then(|proxy| proxy.server.as_ref()) {
        Some(server) => format!("no connection within 20 s, through {server}"),
        None => "no connection within 20 s".to_owned(),
    };
    let connected = tokio::time::timeout(CONNECTS, reach(place, way.as_ref())).await;
    let mut open = connected.unwrap_or_else(|_| Err(Failure::new(Kind::Late, late())))?;
    open.way = way;
    Ok(open)
}

async fn reach(place: &Place, way: Option<&Proxy>) -> Result<Open, Failure> {
    let Place { address, trust, .. } = place;
    let mut wire = match way {
        Some(proxy) => proxy::through(proxy, address, trust).await?,
        None => dial(address.host(), address.port()).await?,
    };
    if address.is_secure() {
        wire = secure(wire, address.host(), trust).await?;
    }
    shake(wire).await
}

/// Begins to speak HTTP.
pub(super) async fn shake(wire: Wire) -> Result<Open, Failure> {
    let (sender, connection) = http1::handshake(TokioIo::new(wire)).await.map_err(|error| cut(&error))?;
    let driving: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
        // How it ended is told to who asked.
        drop(connection.with_upgrades().await);
    });
    Ok(Open { sender, way: None, driver: tokio::spawn(driving) })
}

/// A connection to the first address of a host that answers.
pub(super) async fn dial(host: &str, port: u16) -> Result<Wire, Failure> {
    let addresses: Vec<_> = match tokio::time::timeout(LOOKS_UP, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(error)) => return Err(Failure::new(Kind::Dns, format!("{host}: {error}"))),
        Err(_) => return Err(Failure::new(Kind::Dns, format!("{host}: no answer within {} s", LOOKS_UP.as_secs()))),
    };
    let mut last = Failure::new(Kind::Dns, format!("{host} has no address"));
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                _ = stream.set_nodelay(true);
                return Ok(Box::new(stream));
            }
            Err(error) => last = Failure::new(Kind::Connect, format!("{address}: {error}")),
        }
    }
    Err(last)
}

pub(super) async fn secure(stream: Wire, host: &str, trust: &Arc<ClientConfig>) -> Result<Wire, Failure> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| Failure::new(Kind::Dns, error))?;
    let connector = TlsConnector::from(Arc::clone(trust));
    match connector.connect(name, stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(Failure::new(trust::obstacle(&error), error)),
    }
}

async fn read(response: Response<Incoming>) -> Result<(u16, HeaderMap, String), Failure> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, LONGEST).collect().await;
    let body = body.map_err(|error| Failure::new(Kind::Cut, error))?.to_bytes();
    Ok((head.status.as_u16(), head.headers, String::from_utf8_lossy(&body).into_owned()))
}

/// What an answer that is none of the good ones means.
pub(crate) fn refusal(status: u16, headers: &HeaderMap, text: &str) -> Failure {
    let kind = text_of(headers, &CONTENT_TYPE).unwrap_or_default();
    let problem: Problem = if kind.starts_with("application/problem+json") {
        serde_json::from_str(text).unwrap_or_default()
    } else {
        Problem::default()
    };
    let told = problem.kind.strip_prefix("urn:c2c:problem:").unwrap_or_default();
    let kind = match (told, status) {
        ("use-nonce", _) => return Failure { status: Some(status), ..Failure::new(Kind::Refused, USE_NONCE) },
        ("unknown-key" | "not-found", _) => Kind::UnknownKey,
        ("slow-down" | "unavailable", _) | (_, 429 | 503) => Kind::Busy,
        ("", 500..) => Kind::Failed,
        ("", _) => Kind::NoPortal,
        _ => Kind::Refused,
    };
    let detail = if told.is_empty() { text } else { &problem.detail };
    let quoted: String = detail.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(QUOTED).collect();
    let line = format!("status {status} {told} {quoted}");
    let now = text_of(headers, &DATE).as_deref().and_then(clock::read_http_date).unwrap_or_else(clock::now);
    let retry_after = text_of(headers, &RETRY_AFTER).and_then(|text| retry_after(&text, now));
    // What is no problem of a portal's says nothing about this camera.
    let status = (!told.is_empty()).then_some(status);
    Failure { status, retry_after, ..Failure::new(kind, line.trim()) }
}

/// `Retry-After` in seconds: it is a number of them, or a date (RFC 9110), which counts from the portal's own: the
/// camera's clock may be wrong.
pub(crate) fn retry_after(text: &str, now: clock::Timestamp) -> Option<u64> {
    let text = text.trim();
    let until = || clock::read_http_date(text)?.unix().checked_sub(now.unix());
    text.parse().ok().or_else(|| u64::try_from(until()?.max(0)).ok())
}

fn text_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn cut(error: &hyper::Error) -> Failure {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    let kind = if error.is_parse() { Kind::NoPortal } else { cause.map_or(Kind::Cut, trust::obstacle) };
    Failure::new(kind, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_date_that_counts_from_the_portal_s_own() {
        let now = Timestamp::from_unix(784_111_777);
        for (text, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:51:37 GMT", Some(120)),
            ("Sunday, 06-Nov-94 08:50:37 GMT", Some(60)),
            ("Sun Nov  6 08:49:38 1994", Some(1)),
            ("Sun, 06 Nov 1994 08:49:36 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(retry_after(text, now), seconds, "{text}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(DATE, "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
        headers.insert(RETRY_AFTER, "Sun, 06 Nov 1994 08:50:07 GMT".parse().unwrap());
        assert_eq!(refusal(503, &headers, "").retry_after, Some(30), "whatever the camera's own clock says");
    }
}
