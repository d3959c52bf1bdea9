//! Static files of an app, from its folder `html`, as Apache serves a folder with `Options None`.
//!
//! A folder gives its `index.html`, without a slash at the end a redirect; symbolic links are forbidden wherever they
//! point; there are no listings. Content types by the file's ending.

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use crate::front::stock;

/// Answers a request for `rest` (a plain path without a leading slash) below `html`.
pub async fn serve(html: &Path, rest: &str, written_path: &str, mut request: Request<Body>) -> Response<Body> {
    let file = match locate(html.to_path_buf(), rest.to_owned()).await {
        Found::File(file) => file,
        Found::Folder => return redirect(&format!("{written_path}/")),
        Found::Link => return stock::answer(StatusCode::FORBIDDEN),
        Found::Nothing => return stock::answer(StatusCode::NOT_FOUND),
    };
    if *request.method() == Method::POST {
        *request.method_mut() = Method::GET; // Apache gives the file for POST too
    }
    match ServeFile::new(file).oneshot(request).await {
        Ok(response) if response.status() == StatusCode::NOT_FOUND => stock::answer(StatusCode::NOT_FOUND),
        Ok(response) => response.map(Body::new),
    }
}

enum Found {
    File(PathBuf),
    Folder,
    Link,
    Nothing,
}

async fn locate(html: PathBuf, rest: String) -> Found {
    tokio::task::spawn_blocking(move || locate_now(&html, &rest)).await.unwrap_or(Found::Nothing)
}

fn locate_now(html: &Path, rest: &str) -> Found {
    let Ok(root) = html.canonicalize() else { return Found::Nothing };
    let wanted = root.join(rest.trim_end_matches('/'));
    let wanted = if rest.is_empty() { root.clone() } else { wanted };
    let folder = rest.is_empty() || rest.ends_with('/');
    let wanted = match (wanted.is_dir(), folder) {
        (true, true) => wanted.join("index.html"),
        (false, true) => return Found::Nothing,
        (_, false) => wanted,
    };
    // A link anywhere on the way makes the real path differ from the asked one.
    match wanted.canonicalize() {
        Ok(real) if real != wanted || !real.starts_with(&root) => Found::Link,
        Ok(real) if real.is_dir() => Found::Folder,
        Ok(real) => Found::File(real),
        Err(_) => Found::Nothing,
    }
}

fn redirect(to: &str) -> Response<Body> {
    let mut response = stock::answer(StatusCode::MOVED_PERMANENTLY);
    if let Ok(value) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, value);
    }
    response
}
