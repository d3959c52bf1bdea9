//! The JSON envelope of the newer CGIs: `apiVersion`, `context` (echoed if sent), `method`, `data` or `error`.
//!
//! Status is 200 for errors too, unless the family says otherwise. Recorded on 10.12 to 12.11: the answer's version
//! is the server's newest minor; blanks and the presence of `method` differ by family.

use std::io;

use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Ask;

/// How one family of CGIs words its answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// `", "` and `": "` instead of no blanks.
    pub(crate) spaced: bool,
    /// Whether the answer names the method.
    pub(crate) names_method: bool,
    /// What an answer calls its version.
    pub(crate) version: &'static str,
    /// The major version that is served.
    pub(crate) major: &'static str,
    pub(crate) codes: Codes,
}

/// A family's error codes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Codes {
    /// Not a POST.
    pub(crate) post_only: i64,
    /// The body is no JSON; with the HTTP status.
    pub(crate) json: (i64, u16),
    /// The version is not served.
    pub(crate) version: i64,
    /// No such method.
    pub(crate) method: i64,
    /// A parameter is missing or wrong.
    pub(crate) params: i64,
}

/// basicdeviceinfo documents these; other families take them over where nothing else is known (guess).
pub(crate) const COMMON: Codes =
    Codes { post_only: 2002, json: (4000, 200), version: 2003, method: 2004, params: 4002 };

/// A call that was understood.
#[derive(Debug)]
pub(crate) struct Call {
    shape: Shape,
    context: Option<Value>,
    pub(crate) method: String,
    pub(crate) params: Value,
}

/// Reads the envelope, or words the refusal.
pub(crate) fn read(ask: &Ask, shape: Shape) -> Result<Call, Box<Response>> {
    let mut call = Call { shape, context: None, method: String::new(), params: Value::Null };
    if ask.method != Method::POST {
        return Err(Box::new(
            call.refuse(shape.codes.post_only, "HTTP request type not supported. Only POST is supported."),
        ));
    }
    let Ok(Value::Object(mut body)) = serde_json::from_slice::<Value>(&ask.body) else {
        let mut response = call.refuse(shape.codes.json.0, "Invalid JSON.");
        *response.status_mut() = StatusCode::from_u16(shape.codes.json.1).unwrap_or(StatusCode::OK);
        return Err(Box::new(response));
    };
    call.context = body.remove("context");
    call.params = body.remove("params").unwrap_or(Value::Null);
    let Some(method) = body.get("method").and_then(Value::as_str) else {
        return Err(Box::new(call.refuse(shape.codes.params, "The method is missing.")));
    };
    method.clone_into(&mut call.method);
    let version = body.get("apiVersion").and_then(Value::as_str).unwrap_or(shape.major);
    if call.method != "getSupportedVersions" && version.split('.').next() != Some(shape.major) {
        return Err(Box::new(call.refuse(shape.codes.version, "The specified version is not supported")));
    }
    Ok(call)
}

impl Call {
    /// The good answer.
    pub(crate) fn data(&self, data: Value) -> Response {
        self.word("data", data)
    }

    /// The answer to `getSupportedVersions`, recorded for apidiscovery without a version of its own.
    pub(crate) fn versions(&self) -> Response {
        let mut body = Map::new();
        self.add_context(&mut body);
        body.insert("method".to_owned(), json!("getSupportedVersions"));
        body.insert("data".to_owned(), json!({"apiVersions": [self.shape.version]}));
        self.send(&Value::Object(body))
    }

    /// The error answer.
    pub(crate) fn refuse(&self, code: i64, message: &str) -> Response {
        self.word("error", json!({"code": code, "message": message}))
    }

    /// The refusal of a method that the family lacks.
    pub(crate) fn unknown_method(&self) -> Response {
        self.refuse(self.shape.codes.method, "Method not supported.")
    }

    fn word(&self, key: &str, value: Value) -> Response {
        let mut body = Map::new();
        body.insert("apiVersion".to_owned(), json!(self.shape.version));
        self.add_context(&mut body);
        if self.shape.names_method && !self.method.is_empty() {
            body.insert("method".to_owned(), json!(self.method));
        }
        body.insert(key.to_owned(), value);
        self.send(&Value::Object(body))
    }

    fn add_context(&self, body: &mut Map<String, Value>) {
        if let Some(context) = &self.context {
            body.insert("context".to_owned(), context.clone());
        }
    }

    fn send(&self, body: &Value) -> Response {
        let text = if self.shape.spaced { spaced(body) } else { body.to_string() };
        ([(header::CONTENT_TYPE, "application/json")], text).into_response()
    }
}

/// JSON on one line with a blank after comma and colon.
fn spaced(value: &Value) -> String {
    let mut out = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut out, Spaced);
    match value.serialize(&mut writer) {
        Ok(()) => String::from_utf8(out).unwrap_or_default(),
        Err(_) => value.to_string(),
    }
}

struct Spaced;

impl serde_json::ser::Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}
