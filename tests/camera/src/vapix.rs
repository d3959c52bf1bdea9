//! The camera's HTTP interface (VAPIX): every path that it answers, one module a CGI family.
//!
//! | Path | Level | Module |
//! |---|---|---|
//! | `/axis-cgi/basicdeviceinfo.cgi` | viewer here, operator for all properties | `basic` |
//! | `/axis-cgi/systemready.cgi` | anonymous | `ready` |
//! | `/axis-cgi/network_settings.cgi` | administrator | `network` |
//! | `/axis-cgi/param.cgi` | operator, administrator to update | `param` |
//! | `/axis-cgi/time.cgi` | viewer | `clock` |
//! | `/axis-cgi/ntp.cgi` | administrator | `clock` |
//! | `/axis-cgi/apidiscovery.cgi` | viewer | `discovery` |
//! | `/axis-cgi/disks/{list,gethealth,getcapabilities}.cgi` | operator | `disks` |
//! | `/axis-cgi/disks/{job,checkdisk}.cgi` | operator | `disks::jobs` |
//! | `/axis-cgi/disks/{format,mount,repair,lock}.cgi` | administrator | `disks::jobs` |
//! | `/axis-cgi/disks/properties/*.cgi` | administrator | `disks::properties` |
//! | `/axis-cgi/pwdgrp.cgi` | administrator | `users` |
//! | `/axis-cgi/admin/systemlog.cgi` | administrator | `log` |
//! | `/axis-cgi/applications/{list,control,upload,config}.cgi` | administrator | `applications`, `upload` |
//!
//! Everything else is 404. Errors of the old XML and text CGIs come with status 200, told in the body. Levels are
//! documented ones, except that unrestricted device properties ask for a viewer (a field note of 12.9; the documents
//! say anonymous).

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use crate::access::{Caller, Entrance, Level};
use crate::device::Device;
use crate::disks::plans;
use crate::faults;

mod applications;
mod basic;
mod clock;
mod discovery;
mod disks;
mod envelope;
mod log;
mod network;
mod param;
mod ready;
mod upload;
mod users;

/// The whole surface.
pub(crate) fn router(device: &Device) -> Router {
    Router::new()
        .route("/axis-cgi/basicdeviceinfo.cgi", any(basic::answer))
        .route("/axis-cgi/systemready.cgi", any(ready::answer))
        .route("/axis-cgi/network_settings.cgi", any(network::answer))
        .route("/axis-cgi/param.cgi", any(param::answer))
        .route("/axis-cgi/time.cgi", any(clock::answer))
        .route("/axis-cgi/ntp.cgi", any(clock::ntp))
        .route("/axis-cgi/apidiscovery.cgi", any(discovery::answer))
        .route("/axis-cgi/pwdgrp.cgi", any(users::answer))
        .route("/axis-cgi/admin/systemlog.cgi", any(log::answer))
        .route("/axis-cgi/applications/list.cgi", any(applications::list))
        .route("/axis-cgi/applications/control.cgi", any(applications::control))
        .route("/axis-cgi/applications/config.cgi", any(applications::config))
        .route("/axis-cgi/applications/upload.cgi", any(upload::answer))
        .merge(disk_routes(device))
        .fallback(|request: Request| async move { not_found(request.uri().path()) })
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(guard))
        .layer(middleware::from_fn_with_state(device.parts().faults.clone(), faults::layer))
        .with_state(device.clone())
}

fn disk_routes(device: &Device) -> Router<Device> {
    use disks::{jobs, properties};
    Router::new()
        .route("/axis-cgi/disks/list.cgi", any(disks::list))
        .route("/axis-cgi/disks/gethealth.cgi", any(disks::health))
        .route("/axis-cgi/disks/getcapabilities.cgi", any(disks::capabilities))
        .route("/axis-cgi/disks/job.cgi", any(jobs::job))
        .route("/axis-cgi/disks/checkdisk.cgi", any(jobs::checkdisk))
        .route("/axis-cgi/disks/repair.cgi", any(jobs::repair))
        .route("/axis-cgi/disks/format.cgi", any(jobs::format))
        .route("/axis-cgi/disks/mount.cgi", any(jobs::mount))
        .route("/axis-cgi/disks/lock.cgi", any(jobs::lock))
        .route("/axis-cgi/disks/properties/enablediskencryption.cgi", any(properties::enable))
        .route("/axis-cgi/disks/properties/disablediskencryption.cgi", any(properties::disable))
        .route("/axis-cgi/disks/properties/changediskpassphrase.cgi", any(properties::change_passphrase))
        .route("/axis-cgi/disks/properties/setrequiredfs.cgi", any(properties::required_filesystem))
        .route("/axis-cgi/disks/properties/setcleanupmaxage.cgi", any(properties::max_age))
        .route("/axis-cgi/disks/properties/setcleanuppolicy.cgi", any(properties::policy))
        .layer(middleware::from_fn_with_state(device.disks().clone(), plans::layer))
}

/// The least level for a request. What the body decides is checked later, by the CGI.
pub(crate) fn required_level(_method: &str, path: &str) -> Level {
    match path {
        "/axis-cgi/basicdeviceinfo.cgi" | "/axis-cgi/time.cgi" | "/axis-cgi/apidiscovery.cgi" => Level::Viewer,
        "/axis-cgi/param.cgi"
        | "/axis-cgi/disks/list.cgi"
        | "/axis-cgi/disks/gethealth.cgi"
        | "/axis-cgi/disks/getcapabilities.cgi"
        | "/axis-cgi/disks/job.cgi"
        | "/axis-cgi/disks/checkdisk.cgi" => Level::Operator,
        _ if path.starts_with("/axis-cgi/disks/") => Level::Admin,
        "/axis-cgi/network_settings.cgi" | "/axis-cgi/ntp.cgi" | "/axis-cgi/pwdgrp.cgi" => Level::Admin,
        _ if path.starts_with("/axis-cgi/admin/") || path.starts_with("/axis-cgi/applications/") => Level::Admin,
        _ if path.starts_with("/config/") => Level::Viewer,
        _ => Level::Anonymous,
    }
}

/// The second look at the level; the front has challenged already.
async fn guard(mut request: Request, next: Next) -> Response {
    if request.extensions().get::<Caller>().is_none() {
        let nobody = Caller { user: None, level: Level::Anonymous, entrance: Entrance::Front };
        request.extensions_mut().insert(nobody);
    }
    let level = request.extensions().get::<Caller>().map_or(Level::Anonymous, |caller| caller.level);
    if level < required_level(request.method().as_str(), request.uri().path()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    next.run(request).await
}

/// Apache's stock page; JSON below `/config/` (recorded form: status, code 1 for an unknown path).
fn not_found(path: &str) -> Response {
    if path.starts_with("/config/") {
        let body = r#"{"status":"error","error":{"code":1,"message":"Path not found"}}"#;
        return (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    }
    let page = "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>404 Not Found</title>\n\
        </head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html; charset=iso-8859-1")], page).into_response()
}

/// A request to a CGI, its body read.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) level: Level,
    /// Of the query and of a form body, in this order; names and values decoded.
    pub(crate) args: Vec<(String, String)>,
    /// So many of them were in the query.
    pub(crate) in_query: usize,
    pub(crate) body: Bytes,
}

/// Longer bodies are refused with 413 (guess).
const MOST_BODY: usize = 1 << 20;

impl<S: Sync> FromRequest<S> for Ask {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let (head, body) = request.into_parts();
        let too_large = |_| StatusCode::PAYLOAD_TOO_LARGE.into_response();
        let body = axum::body::to_bytes(body, MOST_BODY).await.map_err(too_large)?;
        let level = head.extensions.get::<Caller>().map_or(Level::Anonymous, |caller| caller.level);
        let mut args = query_of(&head.uri);
        let in_query = args.len();
        let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/x-www-form-urlencoded") {
            args.extend(form_of(body.clone()).await);
        }
        Ok(Self { method: head.method, level, args, in_query, body })
    }
}

impl Ask {
    /// The first argument of that name.
    pub(crate) fn arg(&self, name: &str) -> Option<&str> {
        self.args.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The arguments in a query, decoded.
pub(crate) fn query_of(uri: &Uri) -> Vec<(String, String)> {
    axum::extract::Query::try_from_uri(uri).map(|query| query.0).unwrap_or_default()
}

async fn form_of(body: Bytes) -> Vec<(String, String)> {
    let request = axum::http::Request::builder()
        .method(Method::POST)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(body));
    let Ok(request) = request else { return Vec::new() };
    axum::extract::Form::from_request(request, &()).await.map(|form| form.0).unwrap_or_default()
}

/// `text/plain`, status 200.
pub(crate) fn text(body: impl Into<String>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain")], body.into()).into_response()
}

/// `text/xml`, status 200.
pub(crate) fn xml(body: impl Into<String>) -> Response {
    ([(header::CONTENT_TYPE, "text/xml")], body.into()).into_response()
}

/// What the text CGIs of the application family answer: `OK` or `Error: N`, status 200 (documented; that a line feed
/// follows is a guess, clients trim).
pub(crate) fn verdict(result: Result<(), u8>) -> Response {
    match result {
        Ok(()) => text("OK\n"),
        Err(code) => text(format!("Error: {code}\n")),
    }
}
