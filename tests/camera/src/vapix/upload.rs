//! applications/upload.cgi: one part of multipart/form-data, of any name (clients differ), with a file name.
//!
//! Codes documented; a missing file name gives 3 (seen by a public client). A second upload while one is running gives
//! 12. Bodies above 64 MiB give 3, the bound is the simulator's own. No profile gives 15 by itself.

use std::sync::Arc;

use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{FromRequest, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::verdict;
use crate::apps::Refused;
use crate::device::Device;

/// The largest package in bytes.
const MOST: usize = 64 << 20;

pub(crate) async fn answer(State(device): State<Device>, request: Request) -> Response {
    if request.method() != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let result = take(&device, request).await;
    match &result {
        Ok(app) => log::info!("upload.cgi: installed {app}"),
        Err(refused) => log::info!("upload.cgi: {refused}"),
    }
    verdict(result.map(drop).map_err(|refused| refused.code))
}

async fn take(device: &Device, request: Request) -> Result<String, Refused> {
    let uploading = Arc::clone(&device.parts().apps.uploading);
    let only = uploading.try_lock_owned().map_err(|_| Refused::new(12, "another upload is running"))?;
    let form = Multipart::from_request(request, &()).await;
    let bytes = file(form).await?;
    let device = device.clone();
    // Whoever asked may be gone before it is done: an application that upgrades itself is stopped on the way.
    let install = tokio::spawn(async move {
        let _only = only;
        device.parts().apps.install(&bytes).await
    });
    install.await.unwrap_or_else(|error| Err(Refused::new(10, error.to_string())))
}

async fn file(form: Result<Multipart, MultipartRejection>) -> Result<Vec<u8>, Refused> {
    let mut form = form.map_err(|error| Refused::new(1, error.body_text()))?;
    let broken = |error: axum::extract::multipart::MultipartError| Refused::new(1, error.body_text());
    let Some(mut field) = form.next_field().await.map_err(broken)? else { return Err(Refused::new(1, "no part")) };
    if field.file_name().is_none_or(str::is_empty) {
        return Err(Refused::new(3, "a part without a file name"));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > MOST {
            return Err(Refused::new(3, "too large"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
