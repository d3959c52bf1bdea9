//! A visitor: an HTTP client that logs in as it is asked to (Digest or Basic), and does what a person does on the
//! Apps page.
//!
//! It answers the challenge that comes and sets nothing beforehand; a request is sent with its whole body each time,
//! since some CGIs read the body before they ask for a login. Any certificate is taken: a camera's is self-signed.
//! All calls block; each ends within [`DEADLINE`], but for a stream that is read.

use std::io::Read;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use digest_auth::{AuthContext, HttpMethod, WwwAuthenticateHeader};
use ureq::Agent;
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use ureq::http::{HeaderMap, Method, Request, Response, StatusCode};
use ureq::tls::TlsConfig;
use ureq::unversioned::multipart::{Form, Part};
use ureq::{AsSendBody, Body};

/// How long the answer's head may take; installing is the slowest.
pub const DEADLINE: Duration = Duration::from_secs(120);
/// The largest body that is read.
const LARGEST_BODY: u64 = 64 * 1024 * 1024;

/// What can go wrong besides answers that one does not like.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No answer.
    #[error("{path}: no answer ({source})")]
    Silent {
        /// What was asked.
        path: String,
        /// What the HTTP client said.
        #[source]
        source: Box<ureq::Error>,
    },
    /// A request that can't be written.
    #[error("{path}: this can't be asked: {reason}")]
    Unaskable {
        /// What was asked.
        path: String,
        /// Why.
        reason: String,
    },
    /// The camera said no to an order that a person would expect to succeed.
    #[error("{what}: the camera said {answer:?} (status {status})")]
    Refused {
        /// The order.
        what: String,
        /// The status of the answer.
        status: u16,
        /// The answer's text.
        answer: String,
    },
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, at most 64 MiB.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text; what is no UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's first value, empty when it is absent or no text.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The answer as it must be after a successful order to the Application API.
    fn ok(self, what: &str) -> Result<(), Error> {
        let text = self.text();
        if self.status == 200 && (text.trim() == "OK" || text.contains("result=\"ok\"")) {
            return Ok(());
        }
        Err(Error::Refused { what: what.to_owned(), status: self.status, answer: text.trim().to_owned() })
    }
}

/// Somebody with a login (or without) in front of one camera.
#[derive(Debug, Clone)]
pub struct Visitor {
    agent: Agent,
    base: String,
    login: Option<(String, String)>,
}

/// What is sent; it can be sent again.
#[derive(Clone, Copy)]
enum Load<'a> {
    Nothing,
    Text { kind: &'a str, text: &'a str },
    File { field: &'a str, name: &'a str, bytes: &'a [u8] },
}

impl Visitor {
    /// A visitor of `base` (`http://HOST:PORT` or `https://HOST:PORT`) with a login.
    #[must_use]
    pub fn new(base: &str, user: &str, password: &str) -> Self {
        Self { login: Some((user.to_owned(), password.to_owned())), ..Self::stranger(base) }
    }

    /// A visitor without a login.
    #[must_use]
    pub fn stranger(base: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(DEADLINE))
            .tls_config(TlsConfig::builder().disable_verification(true).build())
            .build();
        Self { agent: config.new_agent(), base: base.trim_end_matches('/').to_owned(), login: None }
    }

    /// The camera's address, without a slash at the end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Gets a path (with its query).
    ///
    /// # Errors
    /// [`Error::Silent`] and [`Error::Unaskable`]; a status is no error.
    pub fn get(&self, path: &str) -> Result<Answer, Error> {
        self.read(path, self.ask(&Method::GET, path, Load::Nothing)?)
    }

    /// Gets a path with a header `Authorization` of one's own writing, right or wrong.
    ///
    /// # Errors
    /// As [`Visitor::get`].
    pub fn get_with(&self, path: &str, authorization: &str) -> Result<Answer, Error> {
        self.read(path, self.send(&Method::GET, path, Load::Nothing, Some(authorization))?)
    }

    /// Gets a path and leaves the body to be read as it comes.
    ///
    /// # Errors
    /// As [`Visitor::get`].
    pub fn open(&self, path: &str) -> Result<(u16, impl Read + Send + use<>), Error> {
        let response = self.ask(&Method::GET, path, Load::Nothing)?;
        let status = response.status().as_u16();
        Ok((status, response.into_body().into_reader()))
    }

    /// Posts a text.
    ///
    /// # Errors
    /// As [`Visitor::get`].
    pub fn post(&self, path: &str, content_type: &str, text: &str) -> Result<Answer, Error> {
        self.read(path, self.ask(&Method::POST, path, Load::Text { kind: content_type, text })?)
    }

    /// Posts JSON.
    ///
    /// # Errors
    /// As [`Visitor::get`].
    pub fn post_json(&self, path: &str, json: &serde_json::Value) -> Result<Answer, Error> {
        self.post(path, "application/json", &json.to_string())
    }

    /// Posts a form that is encoded already (`a=b&c=d`).
    ///
    /// # Errors
    /// As [`Visitor::get`].
    pub fn post_form(&self, path: &str, form: &str) -> Result<Answer, Error> {
        self.post(path, "application/x-www-form-urlencoded", form)
    }

    /// Uploads a package; the answer is `OK` or `Error: N`, with status 200.
    ///
    /// # Errors
    /// As [`Visitor::get`].
    pub fn upload(&self, file_name: &str, bytes: &[u8]) -> Result<Answer, Error> {
        let path = "/axis-cgi/applications/upload.cgi";
        self.read(path, self.ask(&Method::POST, path, Load::File { field: "packfil", name: file_name, bytes })?)
    }

    /// `start`, `stop`, `restart` or `remove`; the answer is `OK` or `Error: N`, with status 200.
    ///
    /// # Errors
    /// As [`Visitor::get`].
    pub fn control(&self, action: &str, app: &str) -> Result<Answer, Error> {
        self.post_form(&format!("/axis-cgi/applications/control.cgi?action={action}&package={app}"), "")
    }

    /// The list of apps, XML.
    ///
    /// # Errors
    /// As [`Visitor::get`].
    pub fn list_apps(&self) -> Result<Answer, Error> {
        self.post_form("/axis-cgi/applications/list.cgi", "")
    }

    /// Lets the camera take unsigned packages, or not any longer.
    ///
    /// # Errors
    /// As [`Visitor::get`], and [`Error::Refused`] when the camera does not do it (AXIS OS 13).
    pub fn set_allow_unsigned(&self, allow: bool) -> Result<(), Error> {
        let path = format!("/axis-cgi/applications/config.cgi?action=set&name=AllowUnsigned&value={allow}");
        self.get(&path)?.ok("allow unsigned packages")
    }

    /// Uploads and starts, as a person would on the Apps page.
    ///
    /// # Errors
    /// As [`Visitor::get`], and [`Error::Refused`] with the camera's error number.
    pub fn install(&self, file_name: &str, bytes: &[u8], app: &str) -> Result<(), Error> {
        self.upload(file_name, bytes)?.ok(&format!("install {file_name}"))?;
        self.control("start", app)?.ok(&format!("start {app}"))
    }

    fn read(&self, path: &str, response: Response<Body>) -> Result<Answer, Error> {
        let (head, mut body) = response.into_parts();
        let body = body.with_config().limit(LARGEST_BODY).read_to_vec().map_err(|fault| silent(path, fault))?;
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// Asks; on a challenge asks once more with the login, and once more still when the nonce was stale.
    fn ask(&self, method: &Method, path: &str, load: Load<'_>) -> Result<Response<Body>, Error> {
        let mut response = self.send(method, path, load, None)?;
        for _ in 0..2 {
            let Some((user, password)) = self.login.as_ref().filter(|_| response.status() == StatusCode::UNAUTHORIZED)
            else {
                break;
            };
            let Some((credentials, is_last)) = respond(&response, method, path, user, password) else { break };
            response = self.send(method, path, load, Some(&credentials))?;
            if is_last || !is_stale(&response) {
                break;
            }
        }
        Ok(response)
    }

    fn send(
        &self,
        method: &Method,
        path: &str,
        load: Load<'_>,
        credentials: Option<&str>,
    ) -> Result<Response<Body>, Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(credentials) = credentials {
            request = request.header(AUTHORIZATION, credentials);
        }
        match load {
            Load::Nothing => self.run(path, request.body(())),
            Load::Text { kind, text } => self.run(path, request.header(CONTENT_TYPE, kind).body(text)),
            Load::File { field, name, bytes } => {
                let part = Part::bytes(bytes).file_name(name).mime_str("application/octet-stream");
                let form = Form::new().part(field, part.map_err(|fault| silent(path, fault))?);
                let kind = format!("multipart/form-data; boundary={}", form.boundary());
                self.run(path, request.header(CONTENT_TYPE, kind).body(form))
            }
        }
    }

    fn run<B: AsSendBody>(
        &self,
        path: &str,
        request: Result<Request<B>, ureq::http::Error>,
    ) -> Result<Response<Body>, Error> {
        let request = request.map_err(|fault| Error::Unaskable { path: path.to_owned(), reason: fault.to_string() })?;
        self.agent.run(request).map_err(|fault| silent(path, fault))
    }
}

fn silent(path: &str, source: ureq::Error) -> Error {
    Error::Silent { path: path.to_owned(), source: Box::new(source) }
}

fn is_stale(response: &Response<Body>) -> bool {
    let header = response.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    response.status() == StatusCode::UNAUTHORIZED
        && header.is_some_and(|text| WwwAuthenticateHeader::parse(text).is_ok_and(|challenge| challenge.stale))
}

/// The header `Authorization` for the challenge, Digest before Basic; `true` when another try would be pointless.
fn respond(
    response: &Response<Body>,
    method: &Method,
    path: &str,
    user: &str,
    password: &str,
) -> Option<(String, bool)> {
    let challenges = || response.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    if let Some(mut challenge) =
        challenges().filter(|text| text.starts_with("Digest ")).find_map(|text| WwwAuthenticateHeader::parse(text).ok())
    {
        let context =
            AuthContext::new_with_method(user, password, path, None::<&[u8]>, HttpMethod(method.as_str().into()));
        return challenge.respond(&context).ok().map(|header| (header.to_string(), false));
    }
    challenges()
        .any(|text| text.starts_with("Basic "))
        .then(|| (format!("Basic {}", BASE64.encode(format!("{user}:{password}"))), true))
}
