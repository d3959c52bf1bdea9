//! The same list for Prometheus, which logs in as an operator (`basic_auth`) and sees what that one may see.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{login, standing};
use crate::clock;
use crate::portal::Portal;
use crate::problem::Problem;
use crate::sealed::Secret;
use crate::store::listing::{self, Camera};

fn basic(headers: &HeaderMap) -> Option<(String, Secret)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let text = String::from_utf8(STANDARD.decode(value.strip_prefix("Basic ")?.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), Secret::new(password.trim().to_owned())))
}

pub(crate) async fn get(
    State(portal): State<Arc<Portal>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let who = match basic(&headers) {
        Some((name, password)) => login::check(&portal, from, &name, password).await?,
        None => Ok(None),
    };
    let operator = match who {
        Ok(Some(operator)) => operator,
        Ok(None) => {
            let asked = [(header::WWW_AUTHENTICATE, "Basic realm=\"c2c portal\", charset=\"UTF-8\"")];
            return Ok((StatusCode::UNAUTHORIZED, asked, "an operator's name and password\n").into_response());
        }
        Err(wait) => {
            let asked = [(header::RETRY_AFTER, wait.to_string())];
            return Ok((StatusCode::TOO_MANY_REQUESTS, asked, "too many attempts\n").into_response());
        }
    };
    let organisation = operator.organisation_id;
    let cameras = portal.store.read(move |connection| listing::cameras(connection, organisation)).await?;
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, text(&portal, &cameras)).into_response())
}

fn text(portal: &Portal, cameras: &[Camera]) -> String {
    let now = clock::now();
    let mut text = String::new();
    let mut line = |line: String| _ = writeln!(text, "{line}");
    let mut groups: BTreeMap<(String, &str), usize> = BTreeMap::new();
    line("# HELP c2c_portal_camera_last_contact_timestamp_seconds When the camera asked the portal last.".into());
    line("# TYPE c2c_portal_camera_last_contact_timestamp_seconds gauge".into());
    let mut reasons = Vec::new();
    for camera in cameras {
        let standing = standing::of(camera, &portal.live, now);
        let labels = format!("serial=\"{}\",name=\"{}\"", camera.serial, escaped(&camera.name));
        line(format!("c2c_portal_camera_last_contact_timestamp_seconds{{{labels}}} {}", standing.seen));
        reasons.push(format!("c2c_portal_camera_reason{{{labels},reason=\"{}\"}} 1", escaped(&standing.code)));
        *groups.entry((standing.code, standing.reason.visit.word())).or_default() += 1;
    }
    line(
        "# HELP c2c_portal_camera_reason The reason code of each camera; stale and unknown are the portal's own."
            .into(),
    );
    line("# TYPE c2c_portal_camera_reason gauge".into());
    reasons.into_iter().for_each(&mut line);
    line("# HELP c2c_portal_cameras Cameras by reason code, and whether somebody has to go there.".into());
    line("# TYPE c2c_portal_cameras gauge".into());
    for ((code, visit), many) in groups {
        line(format!("c2c_portal_cameras{{reason=\"{}\",needs_visit=\"{visit}\"}} {many}", escaped(&code)));
    }
    line("# HELP c2c_portal_cameras_claimed Cameras of the organisation.".into());
    line("# TYPE c2c_portal_cameras_claimed gauge".into());
    line(format!("c2c_portal_cameras_claimed {}", cameras.len()));
    text
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
