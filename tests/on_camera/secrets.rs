//! A passphrase is planted and looked for in everything that comes out of the app and in everything that it leaves behind.

use std::fs;
use std::path::{Path, PathBuf};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded::byte_serialize;
use virtual_camera::access::Entrance;
use virtual_camera::axsim::medium::Passphrase;
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::{Account, Arch, Fault, Front, Os, VirtualCamera};

use crate::live::{read_until, stream};
use crate::orders::{FORMS, asked, form, is_ready, order, send_form};
use crate::world::{PAGE, PATIENCE, get, install, package, send, until};

/// As it is, and as it would look in a URL, a form, a page, in JSON, in a string of Rust's and in Basic authentication.
pub fn shapes(passphrase: &str) -> Vec<String> {
    use base64::Engine as _;
    let json = serde_json::to_string(passphrase).unwrap();
    let mut shapes = vec![
        passphrase.to_owned(),
        utf8_percent_encode(passphrase, NON_ALPHANUMERIC).to_string(),
        byte_serialize(passphrase.as_bytes()).collect(),
        passphrase.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;"),
        json.trim_matches('"').to_owned(),
        format!("{passphrase:?}").trim_matches('"').to_owned(),
        base64::engine::general_purpose::STANDARD.encode(passphrase),
    ];
    shapes.sort();
    shapes.dedup();
    shapes
}

fn is_in(place: &str, bytes: &[u8], shapes: &[String]) {
    for shape in shapes {
        let found = bytes.windows(shape.len()).any(|window| window == shape.as_bytes());
        assert!(!found, "{shape:?} is in {place}:\n{}", String::from_utf8_lossy(bytes));
    }
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&path, into),
            Ok(kind) if kind.is_file() => into.push(path),
            _ => {}
        }
    }
}

/// Everything that comes out, and everything that is left behind.
pub async fn is_nowhere(camera: &VirtualCamera, state: &Path, shapes: &[String]) {
    for path in ["", "/snapshot.json", "/widgets.json", "/metrics", "/healthz"] {
        is_in(path, get(camera, Account::Viewer, &format!("{PAGE}{path}")).await.text().as_bytes(), shapes);
    }
    is_in("the forms", get(camera, Account::Root, FORMS).await.text().as_bytes(), shapes);
    is_in("the log", camera.app_log("c2c").as_bytes(), shapes);
    let pid = camera.app_pid("c2c").unwrap();
    for file in ["environ", "cmdline", "status"] {
        is_in(file, &fs::read(format!("/proc/{pid}/{file}")).unwrap(), shapes);
    }
    let mut all = Vec::new();
    files(state, &mut all);
    assert!(all.iter().any(|path| path.ends_with("localdata/jobs.json")), "{all:#?}");
    for path in all.iter().filter(|path| path.extension().is_none_or(|kind| kind != "eap")) {
        is_in(&path.display().to_string(), &fs::read(path).unwrap_or_default(), shapes);
    }
    for seen in camera.requests().iter().filter(|seen| seen.entrance == Some(Entrance::Front)) {
        is_in("what the web server logs", seen.query.clone().unwrap_or_default().as_bytes(), shapes);
    }
}

async fn planted(passphrase: &str, front: Front, methods: &str) {
    let shapes = shapes(passphrase);
    let state = tempfile::tempdir().unwrap();
    let builder = VirtualCamera::builder().card_kind("new").speed(200.0).front(front).state(state.path());
    let camera = builder.knob("camera.disks.methods", methods).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    camera.set_param("c2c", "LogLevel", "debug").unwrap();
    let debug = |log: &str| log.contains("DEBUG");
    assert!(camera.device().wait_for_log("c2c", PATIENCE, debug).await, "{}", camera.app_log("c2c"));
    let mut line = stream(&camera).await;

    // Answers to forms that cannot be taken.
    let wrong = order(&camera, "prepare", &[("passphrase", passphrase), ("again", "something else")]).await;
    assert_eq!(wrong.status, 422);
    is_in("an answer", wrong.text().as_bytes(), &shapes);
    let mut fields = form(&camera, "prepare").await.unwrap();
    fields[1].1 = "0".repeat(32);
    fields.push(("passphrase".to_owned(), passphrase.to_owned()));
    let old = send_form(&camera, "prepare", &fields).await;
    assert_eq!(old.status, 403);
    is_in("an answer", old.text().as_bytes(), &shapes);

    // A camera that answers nonsense at first, and quotes what it was sent; then the whole way.
    camera.device().fault_next("/axis-cgi/disks/properties/enablediskencryption.cgi", None, Fault::Nonsense, Some(1));
    let answer = order(&camera, "prepare", &[("passphrase", passphrase), ("again", passphrase)]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    until(&camera, "the camera was asked", || async { asked(&camera, "enablediskencryption.cgi") > 0 }).await;
    crate::matrix::settled(&camera).await;
    is_nowhere(&camera, state.path(), &shapes).await;
    crate::orders::erase(&camera, None).await;
    is_ready(&camera).await;
    let card = camera.device().axsim().slot(SD_DISK).unwrap().card.unwrap();
    assert_eq!(card.passphrase, Some(Passphrase::of(passphrase)), "the camera got it letter by letter");
    let told = read_until(&mut line, "Format SD Card").await;
    is_in("the stream", told.as_bytes(), &shapes);
    drop(line);
    is_nowhere(&camera, state.path(), &shapes).await;

    // After its end as well.
    send(camera.app_pid("c2c").unwrap(), rustix::process::Signal::ABORT);
    let pid = camera.app_pid("c2c");
    assert!(camera.device().wait_for_pid("c2c", PATIENCE, |now| now.is_some() && now != pid).await);
    crate::world::wait_for_page(&camera).await;
    is_nowhere(&camera, state.path(), &shapes).await;
    camera.stop().await;
}

#[tokio::test]
async fn a_passphrase_is_in_nothing_that_comes_out_or_is_left_behind() {
    planted("correct horse & \"battery\" + 100% <staple>", Front::Embedded, "both").await;
    planted("Grüße aus dem Schließfach, Pünktchen; 'eins'=zwei", Front::Embedded, "get").await;
    planted(&"0123456789 &+%é".repeat(32), Front::Embedded, "query").await;
}

#[tokio::test]
async fn a_passphrase_is_in_no_log_of_a_real_apache() {
    planted("through/the proxy?with=Apache&in between", Front::Apache, "both").await;
}

#[tokio::test]
async fn a_crash_of_the_app_leaves_none_of_its_memory_behind() {
    let camera = crate::world::camera_with_app().await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", camera.app_pid("c2c").unwrap())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    // One byte: see `leave_no_core`.
    assert_eq!(core.split_ascii_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["1", "1"], "{limits}");
    camera.stop().await;
}
