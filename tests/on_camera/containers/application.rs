//! The engine's application as others see it, over VAPIX: installed, started or stopped, and what its parameter `Status`
//! says. The names, parameters and words are those of the two applications' published source; the package is made here
//! and holds no engine.

use eap::budget::Budget;
use eap::manifest::Manifest;
use eap::pack::Ingredients;
use serde_json::{Value, json};
use virtual_camera::{Account, Arch, Fault, VirtualCamera};

use super::{NONE, look_at, reading, says};
use crate::world::{aside, camera_with_app, page, root, until};

const COMPOSE: &str = "dockerdwrapperwithcompose";
const PLAIN: &str = "dockerdwrapper";
const PARAMETERS: &str = "/axis-cgi/param.cgi";
const STOPPED: &str = "application is stopped. It can be started";
const NO_ENGINE: &str = "application is running, but no engine answers";

/// Its package, with a program that does nothing: `tail`, which follows a file that never grows and only complains of
/// the arguments that the virtual camera adds.
fn package(name: &str) -> Vec<u8> {
    let read = |path: &str| std::fs::read(root().join(path)).unwrap();
    let mut manifest: Value = serde_json::from_slice(&read("acap/manifest.json")).unwrap();
    let setup = manifest["acapPackageConf"]["setup"].as_object_mut().unwrap();
    setup.insert("appName".to_owned(), json!(name));
    setup.insert("friendlyName".to_owned(), json!("An engine"));
    setup.insert("version".to_owned(), json!("3.0.3"));
    setup.insert("runOptions".to_owned(), json!("-f /dev/null --"));
    let ipc = if name == COMPOSE { "yes" } else { "no" };
    let yes_or_no = |name: &str, default: &str| json!({"name": name, "default": default, "type": "bool:no,yes"});
    manifest["acapPackageConf"]["configuration"] = json!({"paramConfig": [
        yes_or_no("SDCardSupport", "no"), yes_or_no("UseTLS", "yes"), yes_or_no("TCPSocket", "yes"),
        yes_or_no("IPCSocket", ipc), {"name": "Status", "default": "-1 No Status", "type": "hidden:string"},
    ]});
    let ingredients = Ingredients {
        arch: Arch::native().to_string().parse().unwrap(),
        manifest: Manifest::read(manifest.to_string().as_bytes()).unwrap(),
        binary: std::fs::read("/usr/bin/tail").unwrap(),
        license: read("acap/LICENSE"),
        additional: Vec::new(),
        html: Vec::new(),
        lib: Vec::new(),
        notices: None,
        time: 0,
    };
    let budget = Budget::read(&String::from_utf8(read("acap/budget.toml")).unwrap()).unwrap();
    eap::pack::pack(ingredients, &budget).unwrap().bytes
}

async fn upload(camera: &VirtualCamera, name: &'static str) {
    let (visitor, package) = (camera.visit(Account::Root), package(name));
    aside(move || assert_eq!(visitor.upload("engine.eap", &package).unwrap().text().trim(), "OK")).await;
}

async fn order(camera: &VirtualCamera, action: &'static str, name: &'static str) {
    let visitor = camera.visit(Account::Root);
    aside(move || assert_eq!(visitor.control(action, name).unwrap().text().trim(), "OK", "{action}")).await;
}

#[tokio::test]
async fn an_engines_application_without_an_engine_says_why_and_what_to_do() {
    let camera = camera_with_app().await;
    says(&camera, NONE).await;
    upload(&camera, COMPOSE).await;
    says(&camera, STOPPED).await;
    assert!(!page(&camera).await.contains(NONE));
    order(&camera, "start", COMPOSE).await;
    says(&camera, NO_ENGINE).await;
    for (status, advice) in [
        ("-1 NOT STARTED", "It has not started an engine yet."),
        ("0 RUNNING", "It has just started its engine."),
        ("1 DOCKERD STOPPED", "It has stopped its engine."),
        ("2 DOCKERD RUNTIME ERROR", "Its engine failed; the camera's log says why."),
        ("3 TLS CERT MISSING", "Set its parameter TCPSocket to no"),
        ("4 NO SOCKET", "set its parameter IPCSocket to yes"),
        ("5 NO SD CARD", "keeps its data on the SD card, but there is no card"),
        ("6 SD CARD WRONG FS", "format the card as ext4"),
        ("7 SD CARD WRONG PERMISSION", "is not allowed to write to it"),
        ("8 OF <b>LATER</b> DAYS", "It says:"),
    ] {
        camera.set_param(COMPOSE, "Status", status).unwrap();
        let shown = format!("<code>{}</code>", status.replace('<', "&lt;").replace('>', "&gt;"));
        says(&camera, &shown).await;
        let page = page(&camera).await;
        assert!(page.contains(advice) && page.contains(NO_ENGINE), "{status}: {page}");
        assert_eq!(reading(&camera).await["value"], json!({"engine": "stopped", "cause": "no_socket", "hint": status}));
    }
    order(&camera, "stop", COMPOSE).await;
    says(&camera, STOPPED).await;
    order(&camera, "remove", COMPOSE).await;
    says(&camera, NONE).await;
    camera.stop().await;
}

#[tokio::test]
async fn a_socket_that_is_left_behind_is_explained_by_the_application() {
    let camera = camera_with_app().await;
    let folder = tempfile::tempdir().unwrap();
    let stale = folder.path().join("docker.sock");
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    look_at(&camera, &stale);
    says(&camera, "left its socket behind").await;
    upload(&camera, PLAIN).await;
    says(&camera, STOPPED).await;
    order(&camera, "start", PLAIN).await;
    camera.set_param(PLAIN, "Status", "2 DOCKERD RUNTIME ERROR").unwrap();
    says(&camera, "<code>2 DOCKERD RUNTIME ERROR</code>").await;
    assert_eq!(reading(&camera).await["value"]["cause"], "nobody_listens");
    camera.stop().await;
}

#[tokio::test]
async fn an_application_whose_parameters_cannot_be_read_is_shown_without_its_words() {
    let camera = camera_with_app().await;
    upload(&camera, COMPOSE).await;
    order(&camera, "start", COMPOSE).await;
    camera.set_param(COMPOSE, "Status", "4 NO SOCKET").unwrap();
    for fault in [Fault::Status(500), Fault::Cut, Fault::NotFound, Fault::Nonsense, Fault::Hang, Fault::Huge] {
        says(&camera, "<code>4 NO SOCKET</code>").await;
        camera.fault(PARAMETERS, fault.clone());
        let silent = json!({"engine": "stopped", "cause": "no_socket", "hint": null});
        until(&camera, &format!("{fault:?}"), || async { reading(&camera).await["value"] == silent }).await;
        says(&camera, NO_ENGINE).await;
        camera.clear_faults();
    }
    camera.stop().await;
}
