//! A stage for the front alone: a device and an app that are a few lines each, behind real sockets.

use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::{Query, Request};
use axum::response::Response;
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use virtual_camera::access::{Account, Caller, Level};
use virtual_camera::addresses::{Addresses, Lease, Wish};
use virtual_camera::front::{self, Backend, Front, Running};
use virtual_camera::site::{AppSite, ProxyRule};
use virtual_camera::visit::Visitor;

pub(crate) const REALM: &str = "AXIS_ACCC8E0A0B0C";

pub(crate) struct Stage {
    pub(crate) addresses: Addresses,
    pub(crate) app: Option<App>,
    pub(crate) sites: watch::Sender<Vec<AppSite>>,
    running: Running,
    _lease: Lease,
    _state: tempfile::TempDir,
}

pub(crate) struct App {
    pub(crate) go_on: Arc<Notify>,
    task: tokio::task::JoinHandle<()>,
    address: std::net::SocketAddr,
}

fn account(name: &str, level: Level) -> Account {
    Account { name: name.into(), password: format!("{name}-pass:word"), level }
}

fn required(_method: &str, path: &str) -> Level {
    match path {
        "/axis-cgi/systemready.cgi" => Level::Anonymous,
        "/axis-cgi/time.cgi" => Level::Viewer,
        _ => Level::Admin,
    }
}

async fn who(Extension(caller): Extension<Caller>) -> String {
    format!("{} {:?} {:?}", caller.user.as_deref().unwrap_or("nobody"), caller.level, caller.entrance)
}

#[derive(serde::Deserialize)]
struct Install {
    name: String,
}

type People = Arc<Mutex<Vec<Account>>>;

fn device(sites: watch::Sender<Vec<AppSite>>, people: People) -> Router {
    let hire = move |Query(query): Query<Install>| async move {
        people.lock().unwrap().push(account(&query.name, Level::Viewer));
        "OK\n"
    };
    let install = move |Query(query): Query<Install>| async move {
        sites.send_modify(|sites| {
            let first = sites[0].clone();
            sites.push(AppSite { app: query.name, ..first });
        });
        "OK\n"
    };
    Router::new()
        .route("/axis-cgi/systemready.cgi", any(who))
        .route("/axis-cgi/time.cgi", any(who))
        .route("/axis-cgi/param.cgi", any(who))
        .route("/axis-cgi/pwdgrp.cgi", post(hire))
        .route("/axis-cgi/applications/control.cgi", post(install))
        .route("/axis-cgi/applications/upload.cgi", post(|body: Bytes| async move { body }))
        .layer(axum::extract::DefaultBodyLimit::disable())
}

async fn tell(request: Request) -> String {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let mut text = format!("{} {}\n", head.method, head.uri);
    for (name, value) in &head.headers {
        text.push_str(&format!("{name}: {}\n", value.to_str().unwrap()));
    }
    text + "\n" + std::str::from_utf8(&body).unwrap()
}

impl App {
    async fn start(address: std::net::SocketAddr) -> Self {
        let go_on = Arc::new(Notify::new());
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let wait = go_on.clone();
        let stream = move || async move {
            let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(1);
            tokio::spawn(async move {
                sender.send(Ok(Bytes::from_static(b"one\n"))).await.unwrap();
                wait.notified().await;
                sender.send(Ok(Bytes::from_static(b"two\n"))).await.unwrap();
            });
            Response::new(Body::new(Frames(receiver)))
        };
        let router = Router::new().route("/local/c2c/status/stream", get(stream)).fallback(any(tell));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { go_on, task, address }
    }
}

struct Frames(tokio::sync::mpsc::Receiver<Result<Bytes, std::io::Error>>);

impl hyper::body::Body for Frames {
    type Data = Bytes;
    type Error = std::io::Error;
    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, std::io::Error>>> {
        self.0.poll_recv(context).map(|item| item.map(|bytes| bytes.map(hyper::body::Frame::data)))
    }
}

impl Stage {
    pub(crate) async fn set(front: Front) -> Self {
        Self::set_with(front, false).await
    }

    pub(crate) async fn set_with(front: Front, https_only: bool) -> Self {
        let lease = Lease::take().unwrap();
        let addresses = lease.addresses(Wish { https_only, ..Wish::default() }).unwrap();
        let state = tempfile::tempdir().unwrap();
        let html = state.path().join("html");
        std::fs::create_dir_all(html.join("icons")).unwrap();
        std::fs::write(html.join("index.html"), "<!doctype html>the door").unwrap();
        std::fs::write(html.join("style.css"), "p {}").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", html.join("link")).unwrap();
        std::fs::write(state.path().join("secret"), "secret").unwrap();
        let app = App::start((addresses.app_host, 0).into()).await;
        let rule =
            |path: &str, access| ProxyRule { api_path: path.into(), target: format!("http://{}", app.address), access };
        let (sites, seen) = watch::channel(vec![AppSite {
            app: "c2c".into(),
            html: Some(html.clone()),
            directory_access: Level::Viewer,
            proxies: vec![rule("status", Level::Viewer), rule("control", Level::Admin), rule("open", Level::Anonymous)],
        }]);
        let people: People =
            Arc::new(Mutex::new(vec![account("root", Level::Admin), account("viewer", Level::Viewer)]));
        let known = people.clone();
        let backend = Backend {
            router: device(sites.clone(), people),
            required_level: Arc::new(required),
            accounts: Arc::new(move || known.lock().unwrap().clone()),
            service_accounts: Arc::new(|| vec![account("a0-c2c", Level::Admin)]),
            realm: REALM.into(),
            server: "Apache/2.4.68 (Unix) OpenSSL/3.5.7".into(),
            https_only,
            sites: seen,
        };
        let running = front::start(front, addresses, backend, state.path().to_path_buf()).await.unwrap();
        Self { addresses, app: Some(app), sites, running, _lease: lease, _state: state }
    }

    pub(crate) fn http(&self) -> String {
        format!("http://{}", self.addresses.front)
    }

    pub(crate) fn https(&self) -> String {
        format!("https://{}", self.addresses.https)
    }

    pub(crate) fn service(&self) -> String {
        format!("http://{}", self.addresses.service)
    }

    pub(crate) async fn settled(&self) {
        self.running.settled().await.unwrap();
    }

    pub(crate) async fn end_app(&mut self) -> std::net::SocketAddr {
        let app = self.app.take().unwrap();
        app.task.abort();
        let _cancelled = app.task.await;
        app.address
    }

    pub(crate) async fn restart_app(&mut self, address: std::net::SocketAddr) {
        self.app = Some(App::start(address).await);
    }

    pub(crate) async fn end(self) {
        self.running.stop().await;
    }
}

pub(crate) fn login(base: &str, name: &str) -> Visitor {
    Visitor::new(base, name, &account(name, Level::Anonymous).password)
}

/// Runs what blocks, such as a visitor's calls, beside the runtime.
pub(crate) async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}
