//! The camera's own pages: a home page and the Apps page, where a person installs, starts, opens and stops apps.
//!
//! They are not a copy of AXIS OS's pages; they drive the same CGIs from the browser, so that "install on the Apps
//! page, then Open" can be done by hand. Script and style are files of their own, as the camera's
//! `Content-Security-Policy` allows nothing inline.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use axum::{Extension, Router};
use maud::{DOCTYPE, Markup, html};
use tokio::sync::watch;

use crate::access::{Caller, Level};
use crate::site::AppSite;

const STYLE: &str = include_str!("pages/camera.css");
const SCRIPT: &str = include_str!("pages/apps.js");
const ICON: &str = include_str!("pages/icon.svg");

/// All paths of the camera's own pages.
pub const PATHS: [&str; 7] = [
    "/",
    "/camera/",
    "/camera/index.html",
    "/camera/camera.css",
    "/camera/icon.svg",
    "/camera/apps.html",
    "/camera/apps.js",
];

/// Who may see the page at this path; `None` when there is none.
#[must_use]
pub fn access(path: &str) -> Option<Level> {
    match path {
        "/" | "/camera/" | "/camera/index.html" | "/camera/camera.css" | "/camera/icon.svg" => Some(Level::Viewer),
        "/camera/apps.html" | "/camera/apps.js" => Some(Level::Admin),
        _ => None,
    }
}

/// What the pages are made of.
#[derive(Debug, Clone)]
struct Camera {
    name: String,
    sites: watch::Receiver<Vec<AppSite>>,
}

/// The pages of the camera that calls itself `name`.
pub fn router(name: &str, sites: watch::Receiver<Vec<AppSite>>) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/camera/index.html") }))
        .route("/camera/", get(|| async { Redirect::temporary("/camera/index.html") }))
        .route("/camera/index.html", get(show_home))
        .route("/camera/apps.html", get(show_apps))
        .route("/camera/camera.css", get(|| async { file("text/css; charset=utf-8", STYLE) }))
        .route("/camera/apps.js", get(|| async { file("text/javascript; charset=utf-8", SCRIPT) }))
        .route("/camera/icon.svg", get(|| async { file("image/svg+xml", ICON) }))
        .with_state(Camera { name: name.to_owned(), sites })
}

async fn show_home(State(camera): State<Camera>, Extension(caller): Extension<Caller>) -> Markup {
    let sites = camera.sites.borrow();
    let open = sites.iter().filter(|site| site.html.is_some() && site.directory_access <= caller.level);
    home(&camera.name, &caller, &open.map(|site| site.app.as_str()).collect::<Vec<_>>())
}

async fn show_apps(State(camera): State<Camera>) -> Markup {
    apps(&camera.name)
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind)], text)
}

fn frame(name: &str, title: &str, script: bool, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – virtual camera " (name) }
                link rel="icon" type="image/svg+xml" href="/camera/icon.svg";
                link rel="stylesheet" href="/camera/camera.css";
                @if script { script src="/camera/apps.js" defer {} }
            }
            body {
                header {
                    p .what { "Virtual camera" }
                    p .name { (name) }
                    nav { a href="/camera/index.html" { "Home" } a href="/camera/apps.html" { "Apps" } }
                }
                main { (content) }
                footer { "This is a simulated device for tests. There is no lens behind it." }
            }
        }
    }
}

fn home(name: &str, caller: &Caller, open: &[&str]) -> Markup {
    frame(
        name,
        "Home",
        false,
        &html! {
            h1 { "Home" }
            p { "You are logged in as " strong { (caller.user.as_deref().unwrap_or("nobody")) } ". This is a virtual camera: a program that answers as an Axis device does." }
            @if caller.level >= Level::Admin {
                p { a .button href="/camera/apps.html" { "Go to the Apps page" } }
            }
            h2 { "Apps that you may open" }
            @if open.is_empty() { p .quiet { "None is installed." } }
            ul #open { @for app in open { li { a href={ "/local/" (app) "/" } { (app) } } } }
        },
    )
}

fn apps(name: &str) -> Markup {
    frame(
        name,
        "Apps",
        true,
        &html! {
            h1 { "Apps" }
            p #message role="status" aria-live="polite" { }
            noscript { p .bad { "This page needs JavaScript." } }
            table #apps {
                thead { tr { th scope="col" { "App" } th scope="col" { "Version" } th scope="col" { "Status" } th scope="col" { "Actions" } } }
                tbody #list { tr { td colspan="4" { "Reading the list …" } } }
            }
            section {
                h2 { "Add an app" }
                form #upload {
                    label for="package" { "Package (.eap)" }
                    input #package name="packfil" type="file" accept=".eap" required;
                    button type="submit" { "Install" }
                }
                p {
                    label { input #unsigned type="checkbox" disabled; " Allow unsigned apps" }
                    span #unsigned-note .quiet { }
                }
            }
        },
    )
}
