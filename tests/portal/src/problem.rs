//! What goes wrong, as a camera is told it (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The types of problems; each has its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The proof has no nonce or an old one.
    UseNonce,
    /// The proof proves nothing.
    InvalidProof,
    /// A good proof of a key that is not this camera's.
    UnknownKey,
    /// There is no such thing.
    NotFound,
    /// What was asked for does not fit what is.
    Conflict,
    /// The body is too large.
    TooLarge,
    /// Members that cannot be used.
    Invalid,
    /// Asked too often.
    SlowDown,
    /// The portal cannot answer now.
    Unavailable,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::UseNonce => "use-nonce",
            Self::InvalidProof => "invalid-proof",
            Self::UnknownKey => "unknown-key",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::TooLarge => "too-large",
            Self::Invalid => "invalid",
            Self::SlowDown => "slow-down",
            Self::Unavailable => "unavailable",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::UseNonce => "Repeat with this nonce",
            Self::InvalidProof => "The proof proves nothing",
            Self::UnknownKey => "This key is not known for this camera",
            Self::NotFound => "There is no such thing",
            Self::Conflict => "This does not fit what is known",
            Self::TooLarge => "Too large",
            Self::Invalid => "Something in it cannot be used",
            Self::SlowDown => "Too often",
            Self::Unavailable => "Not now",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::UseNonce | Self::InvalidProof | Self::UnknownKey => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::SlowDown => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// A member that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Wrong {
    /// Its path, as `app.name`; empty for the whole body.
    pub(crate) member: String,
    /// What is wrong with it.
    pub(crate) detail: String,
}

/// A problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    kind: Kind,
    detail: String,
    errors: Vec<Wrong>,
    retry_after: Option<u32>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
    #[serde(skip_serializing_if = "<[Wrong]>::is_empty")]
    errors: &'a [Wrong],
}

impl Problem {
    /// Of a kind, with what is the matter here.
    #[must_use]
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    /// A proof that proves nothing, and why.
    #[must_use]
    pub(crate) fn proof(detail: impl Into<String>) -> Self {
        Self::new(Kind::InvalidProof, detail)
    }

    /// Members that cannot be used.
    #[must_use]
    pub(crate) fn invalid(errors: Vec<Wrong>) -> Self {
        let detail = errors.first().map(|e| format!("{} {}", e.member, e.detail).trim().to_owned());
        Self { errors, ..Self::new(Kind::Invalid, detail.unwrap_or_default()) }
    }

    /// One member that cannot be used.
    #[must_use]
    pub(crate) fn member(member: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![Wrong { member: member.to_owned(), detail: detail.into() }])
    }

    /// To be asked again after so many seconds.
    #[must_use]
    pub(crate) fn later(kind: Kind, seconds: u32, detail: impl Into<String>) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(kind, detail) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.kind.status();
        let body = Body {
            r#type: format!("urn:c2c:problem:{}", self.kind.word()),
            title: self.kind.title(),
            status: status.as_u16(),
            detail: &self.detail,
            errors: &self.errors,
        };
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], text).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
