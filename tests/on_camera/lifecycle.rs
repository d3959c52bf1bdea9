//! The app through its life on a camera: gate, restart, upgrade, settings, a camera that is still starting, a second
//! instance, a crash.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use virtual_camera::{Account, Arch, Fault, Os, VirtualCamera};

use crate::control::ORDERS;
use crate::live::read_words;
use crate::world::{
    PAGE, PATIENCE, aside, camera_with_app, control, get, install, package, package_as, page, send, snapshot, until,
    wait_for_page,
};

#[tokio::test]
async fn a_package_below_1_5_1_shows_system_overview_alone() {
    let camera = VirtualCamera::builder().start().await.unwrap();
    install(&camera, package_as("1.5.0")).await;
    let page = page(&camera).await;
    assert!(page.contains("System Overview") && page.contains("1.5.0"));
    assert!(!page.contains("Device ID") && !page.contains("SD Card"));
    for gated in ["cards", "storage", "jobs"] {
        assert!(snapshot(&camera).await.get(gated).is_none(), "{gated}");
    }
    let pieces = get(&camera, Account::Viewer, &format!("{PAGE}/widgets.json")).await.text();
    nothing_gated_is_in(&serde_json::from_str(&pieces).unwrap());
    let visitor = camera.visit(Account::Viewer);
    let told = aside(move || {
        let (status, mut body) = visitor.open(&format!("{PAGE}/events?another-revision")).unwrap();
        assert_eq!(status, 200);
        read_words(&mut body, "]}\n\n")
    })
    .await;
    let event = told.lines().find_map(|line| line.strip_prefix("data: {")).unwrap();
    nothing_gated_is_in(&serde_json::from_str(&format!("{{{event}")).unwrap());
    let metrics = get(&camera, Account::Viewer, &format!("{PAGE}/metrics")).await.text();
    assert!(metrics.contains("c2c_reading_up{reading=\"identity\"}"), "{metrics}");
    for gated in ["c2c_card", "cards", "storage"] {
        assert!(!metrics.contains(gated), "{gated}: {metrics}");
    }
    for account in [Account::Root, Account::Viewer] {
        let control = camera.visit(account);
        let (read, written) = aside(move || {
            let path = "/local/c2c/control";
            (control.get(path).unwrap().status, control.post_form(path, "action=format").unwrap().status)
        })
        .await;
        assert!(read >= 400 && written >= 400, "there is nothing to control: {read}, {written}");
    }
    assert_eq!(get(&camera, Account::Root, ORDERS).await.status, 404);
    camera.stop().await;
}

/// A message of the live page has the widgets of the gated page, and none of the words of the others.
fn nothing_gated_is_in(message: &Value) {
    let ids: Vec<_> =
        message["widgets"].as_array().unwrap().iter().map(|piece| piece["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["bar", "verdict", "problems", "overview"]);
    for gated in ["Device ID", "SD card", "SD Card", "Device Jobs"] {
        assert!(!message.to_string().contains(gated), "{gated}: {message}");
    }
}

#[tokio::test]
async fn an_upgrade_keeps_parameters_and_localdata_and_opens_the_gate() {
    let state = tempfile::tempdir().unwrap();
    let camera = VirtualCamera::builder().state(state.path()).start().await.unwrap();
    install(&camera, package_as("1.5.0")).await;
    camera.set_param("c2c", "HelpLink", "https://help.example.com/kept").unwrap();
    let kept = state.path().join("packages/c2c/localdata/kept");
    std::fs::write(&kept, "of the older version").unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    until(&camera, "the kept link is on the new page", || async {
        let page = page(&camera).await;
        page.contains("https://help.example.com/kept") && page.contains("Device ID")
    })
    .await;
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "of the older version");
    camera.stop().await;
}

#[tokio::test]
async fn the_app_comes_back_after_a_restart_and_after_a_crash() {
    let camera = camera_with_app().await;
    let first = camera.app_pid("c2c").unwrap();
    control(&camera, "restart").await;
    wait_for_page(&camera).await;
    let second = camera.app_pid("c2c").unwrap();
    assert_ne!(first, second);
    send(second, Signal::KILL);
    until(&camera, "the camera has started it again", || async {
        camera.app_pid("c2c").is_some_and(|third| third != second)
    })
    .await;
    wait_for_page(&camera).await;
    camera.stop().await;
}

#[tokio::test]
async fn changed_settings_take_effect_without_a_restart_and_every_problem_is_on_the_page() {
    let camera = camera_with_app().await;
    let pid = camera.app_pid("c2c");
    camera.set_param("c2c", "HelpLink", "https://help.example.com/ours").unwrap();
    until(&camera, "the link is there", || async { page(&camera).await.contains("https://help.example.com/ours") })
        .await;
    for (name, value) in [("LogLevel", "loud"), ("EngineSocket", "../docker.sock"), ("HelpLink", "javascript:alert(1)")]
    {
        camera.set_param("c2c", name, value).unwrap();
    }
    until(&camera, "all three problems are told", || async {
        snapshot(&camera).await["settings"]["problems"].as_array().unwrap().len() == 3
    })
    .await;
    let page = page(&camera).await;
    for name in ["LogLevel", "EngineSocket", "HelpLink"] {
        assert!(page.contains(&format!("Setting {name}")), "{name}");
    }
    assert!(!page.contains("href=\"javascript"));
    assert!(camera.app_log("c2c").contains("settings: LogLevel: NoLevel"));
    assert_eq!(camera.app_pid("c2c"), pid);
    camera.stop().await;
}

#[tokio::test]
async fn the_log_level_makes_each_question_appear_and_silences_warnings() {
    const ASKED: &str = "/axis-cgi/applications/list.cgi";
    let camera = camera_with_app().await;
    let pid = camera.app_pid("c2c");
    let questions = || camera.app_log("c2c").matches("DEBUG: vapix: ").count();
    assert_eq!(questions(), 0, "{}", camera.app_log("c2c"));
    camera.set_param("c2c", "LogLevel", "debug").unwrap();
    until(&camera, "each question is logged", || async {
        page(&camera).await;
        camera.app_log("c2c").contains(&format!("DEBUG: vapix: GET {ASKED}: status 200 with "))
    })
    .await;
    let log = camera.app_log("c2c").to_lowercase();
    assert!(!log.contains("basic ") && !log.contains("authorization"), "{log}");

    camera.set_param("c2c", "LogLevel", "error").unwrap();
    let asked = || camera.requests().iter().filter(|request| request.path == ASKED).count();
    let mut quiet = 0;
    while quiet < 3 {
        let before = (asked(), questions());
        until(&camera, "it is asked again", || async {
            page(&camera).await;
            asked() > before.0
        })
        .await;
        quiet = if questions() == before.1 { quiet + 1 } else { 0 };
    }
    camera.fault(ASKED, Fault::Status(500));
    until(&camera, "the reading is lost", || async { snapshot(&camera).await["applications"]["reading"] == "lost" })
        .await;
    let before = questions();
    camera.set_param("c2c", "LogLevel", "debug").unwrap();
    until(&camera, "the log goes on with questions", || async {
        page(&camera).await;
        questions() > before
    })
    .await;
    camera.clear_faults();
    until(&camera, "the reading is back", || async {
        page(&camera).await;
        camera.app_log("c2c").contains("INFO: collect: applications is back")
    })
    .await;
    assert!(!camera.app_log("c2c").contains("collect: applications lost"), "{}", camera.app_log("c2c"));
    assert_eq!(camera.app_pid("c2c"), pid);
    camera.stop().await;
}

#[tokio::test]
async fn settings_that_cannot_be_read_at_the_start_take_effect_once_they_can() {
    let camera = VirtualCamera::builder().start().await.unwrap();
    // The registration succeeds and the reading does not, as while the camera is still starting.
    let fail = camera.device().axsim().root().join("param/fail");
    std::fs::write(&fail, "16 ax_parameter_get").unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    until(&camera, "the page names the settings", || async {
        let page = page(&camera).await;
        assert!(!page.contains("install the package again"));
        ["LogLevel", "EngineSocket", "HelpLink"]
            .iter()
            .all(|name| page.contains(&format!("Setting {name}: it could not be read")))
    })
    .await;
    std::fs::remove_file(&fail).unwrap();
    // Nobody changes a parameter: the app has to read them again by itself.
    until(&camera, "the settings are read", || async { !page(&camera).await.contains("could not be read") }).await;
    camera.stop().await;
}

#[tokio::test]
async fn a_camera_that_is_still_starting_is_shown_as_such_and_then_as_ready() {
    let camera = VirtualCamera::builder().start().await.unwrap();
    camera.ready(false);
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    until(&camera, "the page says so", || async { page(&camera).await.contains("the camera is still starting.") })
        .await;
    camera.ready(true);
    // Nobody looks but through the log: the app must ask again by itself.
    let asked = |camera: &VirtualCamera| {
        camera.requests().iter().filter(|request| request.path.ends_with("systemready.cgi")).count()
    };
    let before = asked(&camera);
    until(&camera, "it asks again by itself", || async { asked(&camera) > before }).await;
    until(&camera, "the page is calm", || async { !page(&camera).await.contains("still starting") }).await;
    camera.stop().await;
}

#[tokio::test]
async fn a_second_instance_without_a_terminal_waits_and_ends_when_asked() {
    let camera = camera_with_app().await;
    let pid = camera.app_pid("c2c").unwrap();
    let binary = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    let standin = crate::world::root().join("target/stage").join(Arch::native().to_string()).join("standin");
    let mut second = tokio::process::Command::new(&binary)
        .env("LD_LIBRARY_PATH", standin)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(second.stdout.take().unwrap()).lines();
    let said = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
    assert!(said.contains("another instance"), "{said}");
    assert!(second.try_wait().unwrap().is_none(), "it must wait, not end");
    send(second.id().unwrap(), Signal::TERM);
    let ended = tokio::time::timeout(Duration::from_secs(10), second.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
    assert_eq!(camera.app_pid("c2c"), Some(pid), "the first one goes on");
    camera.stop().await;
}

#[tokio::test]
async fn a_second_instance_at_a_terminal_says_so_and_ends_with_3() {
    let camera = camera_with_app().await;
    let pid = camera.app_pid("c2c").unwrap();
    let binary = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    let standin = crate::world::root().join("target/stage").join(Arch::native().to_string()).join("standin");
    // `script` gives it a terminal of its own, and passes its exit status on.
    let second = tokio::process::Command::new("script")
        .args(["--quiet", "--return", "--command"])
        .arg(&binary)
        .arg("/dev/null")
        .env("LD_LIBRARY_PATH", standin)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let second = tokio::time::timeout(PATIENCE, second).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&second.stdout);
    assert!(said.contains("it already runs"), "{said}");
    assert_eq!(second.status.code(), Some(3), "{said}");
    camera.stop().await;
}

#[tokio::test]
async fn a_stopped_app_leaves_a_door_that_says_what_to_do() {
    let camera = camera_with_app().await;
    control(&camera, "stop").await;
    assert_eq!(get(&camera, Account::Viewer, crate::world::PAGE).await.status, 503);
    let door = get(&camera, Account::Viewer, "/local/c2c/index.html").await;
    assert_eq!(door.status, 200);
    assert!(door.text().contains("Start Camera-to-Cloud"));
    let visitor = camera.visit(Account::Root);
    let removed = aside(move || visitor.control("remove", "c2c").unwrap()).await;
    assert_eq!(removed.text().trim(), "OK");
    assert_eq!(get(&camera, Account::Viewer, "/local/c2c/index.html").await.status, 404);
    camera.stop().await;
}
