//! Asks one camera: over https, logged in as the camera asks it to.
//!
//! The challenge that came is remembered and answered beforehand from then on, so that a package goes over the wire once.
//! The first question goes out with its whole body, since some CGIs read that before they ask for a login. A refused
//! password is never tried again. Basic goes over https alone.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use digest_auth::{AuthContext, HttpMethod, WwwAuthenticateHeader};
use futures_util::stream;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, WWW_AUTHENTICATE};
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method, RequestBuilder, redirect};

use super::Secret;
use super::fault::Fault;
use super::trust::{Fingerprint, Refusal, Trust, Verifier};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take, but to an upload.
const ANSWER: Duration = Duration::from_secs(30);
/// How long a package may take to be sent and installed.
const UPLOAD: Duration = Duration::from_secs(300);
/// The most that is read of an answer, bytes.
const MOST: usize = 4 << 20;
/// In so large pieces a package is sent, bytes; each moves the progress bar.
const PIECE: usize = 16 << 10;

/// Who logs in.
#[derive(Debug, Clone)]
pub struct Login {
    /// The name of the account.
    pub user: String,
    /// Its password.
    pub password: Secret,
}

/// Called with the bytes sent so far.
pub type Sent = Arc<dyn Fn(usize) + Send + Sync>;

/// What is sent along.
#[derive(Clone)]
pub enum Load {
    /// Nothing.
    Nothing,
    /// JSON.
    Json(String),
    /// A form's fields.
    Form(String),
    /// A package.
    Package {
        /// Its file name.
        name: String,
        /// Its bytes.
        bytes: Bytes,
        /// Hears how far it is.
        sent: Sent,
    },
}

impl fmt::Debug for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Load(***)")
    }
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body as text; what is no UTF-8 is replaced.
    pub text: String,
}

enum Challenge {
    Digest(WwwAuthenticateHeader),
    Basic,
}

/// One camera, and a login for it.
pub struct Camera {
    http: reqwest::Client,
    verifier: Arc<Verifier>,
    known: Option<Fingerprint>,
    base: String,
    login: Login,
    challenge: Mutex<Option<Challenge>>,
}

impl fmt::Debug for Camera {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Camera").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Camera {
    /// The camera at `base` (`https://HOST:PORT`, or `http://…`). Nothing is sent yet.
    ///
    /// # Errors
    /// [`Fault::NoConnection`] when the HTTP or the TLS library refuses its settings.
    pub fn new(base: &str, trust: Trust, login: Login) -> Result<Self, Fault> {
        let known = if let Trust::Pinned(known) = &trust { Some(*known) } else { None };
        let (verifier, tls) = Verifier::make(trust).map_err(|error| Fault::NoConnection(error.to_string()))?;
        let http = reqwest::Client::builder()
            .use_preconfigured_tls(tls)
            .http1_only()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .user_agent(concat!("eap/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Fault::NoConnection(error.to_string()))?;
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { http, verifier, known, base, login, challenge: Mutex::new(None) })
    }

    /// Gets a path with its query.
    ///
    /// # Errors
    /// Every [`Fault`] of a connection or a login; a status is none, but for 401 and 403.
    pub async fn get(&self, path: &str) -> Result<Answer, Fault> {
        self.ask(&Method::GET, path, &Load::Nothing).await
    }

    /// Posts to a path.
    ///
    /// # Errors
    /// As [`Camera::get`].
    pub async fn post(&self, path: &str, load: &Load) -> Result<Answer, Fault> {
        self.ask(&Method::POST, path, load).await
    }

    async fn ask(&self, method: &Method, path: &str, load: &Load) -> Result<Answer, Fault> {
        let what = path.split('?').next().unwrap_or(path);
        // The remembered challenge may be old, and its successor be old already when the answer comes: three in all.
        for _ in 0..3 {
            let answered = self.authorization(method, path)?;
            let response = self.send(method, path, load, answered.as_deref()).await?;
            if response.status() == reqwest::StatusCode::FORBIDDEN {
                return Err(Fault::NotAllowed(what.to_owned()));
            }
            if response.status() != reqwest::StatusCode::UNAUTHORIZED {
                return self.read(what, response).await;
            }
            let challenge = self.choose(response.headers())?;
            let is_stale = matches!(&challenge, Challenge::Digest(header) if header.stale);
            if answered.is_some() && !is_stale {
                return Err(Fault::Login);
            }
            *self.challenge.lock().unwrap_or_else(PoisonError::into_inner) = Some(challenge);
        }
        Err(Fault::Login)
    }

    /// The answer to the remembered challenge.
    fn authorization(&self, method: &Method, path: &str) -> Result<Option<String>, Fault> {
        let (user, password) = (self.login.user.as_str(), self.login.password.expose());
        let mut challenge = self.challenge.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *challenge {
            None => Ok(None),
            Some(Challenge::Basic) => Ok(Some(format!("Basic {}", BASE64.encode(format!("{user}:{password}"))))),
            Some(Challenge::Digest(header)) => {
                let method = HttpMethod(method.as_str().into());
                let context = AuthContext::new_with_method(user, password, path, None::<&[u8]>, method);
                let answer = header.respond(&context).map_err(|error| Fault::StrangeLogin(error.to_string()))?;
                Ok(Some(answer.to_string()))
            }
        }
    }

    /// Digest before Basic, and Basic over https alone.
    fn choose(&self, headers: &HeaderMap) -> Result<Challenge, Fault> {
        let offered = || headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let scheme =
            |text: &str, name: &str| text.split_whitespace().next().is_some_and(|s| s.eq_ignore_ascii_case(name));
        let digest = offered().filter(|text| scheme(text, "digest"));
        if let Some(header) = digest.filter_map(|text| WwwAuthenticateHeader::parse(text).ok()).next() {
            return Ok(Challenge::Digest(header));
        }
        if !offered().any(|text| scheme(text, "basic")) {
            return Err(Fault::StrangeLogin(offered().flat_map(|text| text.chars().take(80)).collect()));
        }
        if self.base.starts_with("https://") { Ok(Challenge::Basic) } else { Err(Fault::PlainBasic) }
    }

    async fn send(
        &self,
        method: &Method,
        path: &str,
        load: &Load,
        authorization: Option<&str>,
    ) -> Result<reqwest::Response, Fault> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base)).timeout(ANSWER);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let what = path.split('?').next().unwrap_or(path);
        let request = with(request, load).map_err(|error| self.silent(what, &error))?;
        request.send().await.map_err(|error| self.silent(what, &error))
    }

    async fn read(&self, what: &str, mut response: reqwest::Response) -> Result<Answer, Fault> {
        let (status, mut body) = (response.status().as_u16(), Vec::new());
        while let Some(piece) = response.chunk().await.map_err(|error| self.silent(what, &error))? {
            body.extend_from_slice(&piece);
            if body.len() > MOST {
                return Err(Fault::Garbled { what: what.to_owned(), line: format!("more than {MOST} bytes") });
            }
        }
        Ok(Answer { status, text: String::from_utf8_lossy(&body).into_owned() })
    }

    fn silent(&self, what: &str, error: &reqwest::Error) -> Fault {
        match (self.verifier.seen().refusal, self.known) {
            (Some(Refusal::Changed { shown }), Some(known)) => return Fault::ChangedCertificate { known, shown },
            (Some(Refusal::NotVouched(line)), _) => return Fault::NotVouched(line),
            _ => {}
        }
        let line = innermost(error);
        if error.is_connect() {
            Fault::NoConnection(line)
        } else if error.is_timeout() {
            Fault::Late(what.to_owned())
        } else {
            Fault::Cut { what: what.to_owned(), line }
        }
    }
}

/// The cause of the causes: what stands before it repeats the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn with(request: RequestBuilder, load: &Load) -> reqwest::Result<RequestBuilder> {
    Ok(match load {
        Load::Nothing => request,
        Load::Json(text) => request.header(CONTENT_TYPE, "application/json").body(text.clone()),
        Load::Form(text) => request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(text.clone()),
        Load::Package { name, bytes, sent } => {
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            let part = Part::stream_with_length(Body::wrap_stream(pieces(bytes.clone(), sent.clone())), length);
            let part = part.file_name(name.clone()).mime_str("application/octet-stream")?;
            // The name of the part that most clients send; the newest documentation says `file`, and both are taken.
            request.multipart(Form::new().part("packfil", part)).timeout(UPLOAD)
        }
    })
}

fn pieces(bytes: Bytes, sent: Sent) -> impl futures_util::Stream<Item = Result<Bytes, std::convert::Infallible>> {
    stream::iter((0..bytes.len()).step_by(PIECE).map(move |from| {
        let to = bytes.len().min(from + PIECE);
        sent(to);
        Ok(bytes.slice(from..to))
    }))
}
