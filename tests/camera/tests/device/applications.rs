//! The life of an application.

use std::fs;
use std::path::Path;

use serde_json::json;
use virtual_camera::access::Level;
use virtual_camera::profile::Os;

use crate::support::{Camera, Eap, SOON, setup};

/// Says who it is and waits.
const WAITS: &str = "trap 'echo stopping; exit 0' TERM; echo started $$; while :; do sleep 0.05; done";

async fn with_app(script: &str) -> Camera {
    let camera = Camera::new(Os::V12_11).await;
    camera.allow_unsigned().await;
    assert_eq!(camera.upload(&Eap::new(script).bytes()).await, "OK");
    camera
}

fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

async fn gone(pid: u32) {
    let wait = async {
        while is_alive(pid) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, wait).await.unwrap();
}

#[tokio::test]
async fn an_upload_unpacks_the_package_and_starts_nothing() {
    let camera = with_app(WAITS).await;
    let folder = camera.state.path().join("packages/demo");
    assert!(folder.join("localdata").is_dir());
    assert_eq!(fs::read_to_string(folder.join("html/index.html")).unwrap(), "<p>demo</p>");
    assert!(!camera.state.path().join("packages/demo.tmp").exists());
    assert_eq!(camera.device.app_pid("demo"), None);
    let sites = camera.device.sites();
    let site = sites.borrow()[0].clone();
    assert_eq!((site.app.as_str(), site.directory_access), ("demo", Level::Viewer));
    let host = format!("127.77.{}.1", site.proxies[0].target.split('.').nth(2).unwrap());
    assert_eq!(site.proxies[0].target, format!("http://{host}:18461"));
    camera.device.stop().await;
}

#[tokio::test]
async fn start_and_stop_answer_with_their_numbers_and_the_process_gets_sigterm() {
    let camera = with_app(WAITS).await;
    assert_eq!(camera.control("stop", "demo").await, "Error: 7");
    assert_eq!(camera.control("start", "demo").await, "OK");
    camera.says("started").await;
    let pid = camera.device.app_pid("demo").unwrap();
    assert_eq!(camera.control("start", "demo").await, "Error: 6");
    assert_eq!(camera.control("restart", "demo").await, "OK");
    camera.says("stopping").await;
    assert_ne!(camera.device.app_pid("demo"), Some(pid));
    assert_eq!(camera.control("stop", "demo").await, "OK");
    assert_eq!(camera.device.app_pid("demo"), None);
    assert!(!is_alive(pid));
    let log = camera.get("/axis-cgi/admin/systemlog.cgi?appname=demo").await.body;
    assert!(log.lines().next().unwrap().ends_with(&format!("demo[{pid}]: started {pid}")), "{log}");
    camera.device.stop().await;
}

#[tokio::test]
async fn a_process_that_ignores_sigterm_is_killed_with_its_children() {
    let camera = with_app("trap '' TERM; sleep 1000 & echo child $!; while :; do sleep 0.05; done").await;
    assert_eq!(camera.control("start", "demo").await, "OK");
    camera.says("child").await;
    let pid = camera.device.app_pid("demo").unwrap();
    let log = camera.device.app_log("demo");
    let child: u32 = log.trim().rsplit(' ').next().unwrap().parse().unwrap();
    assert!(is_alive(child));
    assert_eq!(camera.control("stop", "demo").await, "OK");
    assert!(!is_alive(pid));
    // It got SIGKILL; when exactly it is gone is the kernel's business.
    gone(child).await;
    camera.device.stop().await;
}

#[tokio::test]
async fn the_environment_is_reduced_and_the_arguments_say_where_to_listen() {
    let camera = Camera::new(Os::V12_11).await;
    camera.allow_unsigned().await;
    camera.device.set_knob("AXSIM_PARAM_STALL", "7");
    let eap = Eap::new("echo args \"$@\"; echo in $(pwd); /usr/bin/env; echo done; sleep 1000")
        .setup("runOptions", json!("--verbose 2"));
    assert_eq!(camera.upload(&eap.bytes()).await, "OK");
    assert_eq!(camera.control("start", "demo").await, "OK");
    camera.says("done").await;
    let log = camera.device.app_log("demo");
    let b = camera.device.identity().ip.octets()[3];
    assert!(
        log.contains(&format!("args --verbose 2 --listen 127.77.{b}.1:18461 --vapix http://127.77.{b}.12:80")),
        "{log}"
    );
    assert!(
        log.contains("packages/demo\n") && log.contains("AXSIM_PARAM_STALL=7") && log.contains("G_SLICE=always-malloc")
    );
    assert!(log.contains(&format!("DBUS_SYSTEM_BUS_ADDRESS={}", camera.device.bus_address())));
    let allowed = ["G_SLICE", "AXSIM_", "DBUS_SYSTEM_BUS_ADDRESS", "PWD", "OLDPWD", "SHLVL", "_"];
    for line in log.lines().filter(|line| line.contains('=')) {
        assert!(allowed.iter().any(|name| line.starts_with(name)), "{line}");
    }
    camera.device.stop().await;
}

#[tokio::test]
async fn run_modes_decide_who_comes_back() {
    for (mode, end, comes_back) in [
        ("respawn", "exit 0", true),
        ("respawnOnFailure", "exit 1", true),
        ("respawnOnFailure", "exit 0", false),
        ("once", "exit 1", false),
        ("never", "exit 1", false),
    ] {
        let camera = Camera::new(Os::V12_11).await;
        camera.allow_unsigned().await;
        let script = format!("echo run >> localdata/runs; echo runs $(wc -l < localdata/runs); {end}");
        let eap = Eap::new(&script).setup("runMode", json!(mode));
        assert_eq!(camera.upload(&eap.bytes()).await, "OK");
        assert_eq!(camera.control("start", "demo").await, "OK");
        if comes_back {
            camera.says("runs 2").await;
            assert_eq!(camera.control("stop", "demo").await, "OK");
        } else {
            camera.says("runs 1").await;
            assert!(camera.device.wait_for_pid("demo", SOON, |pid| pid.is_none()).await);
            // Its supervisor has ended, so nothing can start it again.
            let off = camera.device.wait_until_off("demo", SOON).await;
            assert!(off, "{mode} {end}");
            assert_eq!(camera.control("stop", "demo").await, "Error: 7", "{mode} {end}");
        }
        camera.device.stop().await;
    }
}

#[tokio::test]
async fn an_upgrade_keeps_localdata_and_parameters_and_starts_what_ran() {
    let camera = with_app(WAITS).await;
    let update = camera.get("/axis-cgi/param.cgi?action=update&root.Demo.Level=debug").await;
    assert_eq!(update.body, "OK");
    let folder = camera.state.path().join("packages/demo");
    fs::write(folder.join("localdata/kept"), "yes").unwrap();
    fs::write(folder.join("stray"), "no").unwrap();
    assert_eq!(camera.control("start", "demo").await, "OK");
    camera.says("started").await;
    let old = camera.device.app_pid("demo").unwrap();
    let newer = Eap::new(&format!("echo newer; {WAITS}")).setup("version", json!("1.3.0"));
    assert_eq!(camera.upload(&newer.bytes()).await, "OK");
    camera.says("newer").await;
    assert!(!is_alive(old));
    assert_eq!(fs::read_to_string(folder.join("localdata/kept")).unwrap(), "yes");
    assert!(!folder.join("stray").exists());
    let list = camera.get("/axis-cgi/param.cgi?action=list&group=root.demo").await;
    assert_eq!(list.body, "root.Demo.Level=debug\n");
    let apps = camera.get("/axis-cgi/applications/list.cgi").await.body;
    assert!(apps.contains("Version=\"1.3.0\"") && apps.contains("Status=\"Running\""), "{apps}");
    camera.device.stop().await;
}

#[tokio::test]
async fn an_upgrade_that_finds_no_place_leaves_the_old_package_running_with_its_data() {
    let camera = with_app(&format!("cat localdata/kept; {WAITS}")).await;
    let packages = camera.state.path().join("packages");
    fs::write(packages.join("demo/localdata/kept"), "still here\n").unwrap();
    let newer = Eap::new(&format!("echo newer; {WAITS}")).setup("version", json!("1.3.0")).bytes();
    // In the way of writing the new one aside, which the app doesn't notice; then in the way of putting it in place.
    for (obstacle, notices) in [("demo.tmp", false), ("demo.old", true)] {
        if camera.device.app_pid("demo").is_none() {
            assert_eq!(camera.control("start", "demo").await, "OK");
        }
        let pid = camera.device.app_pid("demo");
        fs::write(packages.join(obstacle), "").unwrap();
        assert_eq!(camera.upload(&newer).await, "Error: 10", "{obstacle}");
        fs::remove_file(packages.join(obstacle)).unwrap();
        assert!(camera.device.wait_for_pid("demo", SOON, |pid| pid.is_some()).await, "{obstacle}");
        assert_eq!(camera.device.app_pid("demo") != pid, notices, "{obstacle}");
        assert_eq!(fs::read_to_string(packages.join("demo/localdata/kept")).unwrap(), "still here\n");
    }
    camera.says("still here").await;
    let apps = camera.get("/axis-cgi/applications/list.cgi").await.body;
    assert!(apps.contains("Version=\"1.2.3\""), "{apps}");
    assert!(!camera.device.app_log("demo").contains("newer"));
    camera.device.stop().await;
}

#[tokio::test]
async fn an_upgrade_is_finished_though_whoever_asked_has_gone() {
    use tokio::io::AsyncWriteExt as _;
    let camera = with_app("trap '' TERM; echo started; while :; do sleep 0.05; done").await;
    assert_eq!(camera.control("start", "demo").await, "OK");
    camera.says("started").await;
    let newer = Eap::new(&format!("echo newer; {WAITS}")).bytes();
    let body = crate::support::multipart("file", Some("a.eap"), &newer);
    let mut client = tokio::net::TcpStream::connect(camera.address).await.unwrap();
    let head = format!(
        "POST /axis-cgi/applications/upload.cgi HTTP/1.1\r\nHost: camera\r\n\
         Content-Type: multipart/form-data; boundary=frontier\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(&body).await.unwrap();
    // The old process is being stopped, which it does not want; now the asker goes.
    while camera.device.app_pid("demo").is_some() {
        tokio::task::yield_now().await;
    }
    drop(client);
    camera.says("newer").await;
    camera.device.stop().await;
}

#[tokio::test]
async fn a_stopped_camera_starts_nothing_any_more() {
    let camera = with_app(WAITS).await;
    camera.device.stop().await;
    assert_eq!(camera.control("start", "demo").await, "Error: 10");
    assert_eq!(camera.device.app_pid("demo"), None);
}

#[tokio::test]
async fn removing_ends_the_process_and_leaves_no_file_and_no_parameter() {
    let camera = with_app(WAITS).await;
    assert_eq!(camera.control("start", "demo").await, "OK");
    camera.says("started").await;
    let pid = camera.device.app_pid("demo").unwrap();
    assert_eq!(camera.control("remove", "demo").await, "OK");
    assert!(!is_alive(pid));
    assert!(!camera.state.path().join("packages/demo").exists());
    assert!(!camera.state.path().join("axsim/param/demo.def").exists());
    assert!(camera.device.sites().borrow().is_empty());
    assert_eq!(camera.control("start", "demo").await, "Error: 4");
    assert_eq!(camera.control("remove", "demo").await, "Error: 4");
    camera.device.stop().await;
}

#[tokio::test]
async fn a_camera_that_starts_again_runs_what_ran_and_knows_its_packages() {
    let camera = with_app(WAITS).await;
    assert_eq!(camera.control("start", "demo").await, "OK");
    camera.says("started").await;
    let pid = camera.device.app_pid("demo").unwrap();
    camera.device.stop().await;
    assert!(!is_alive(pid));
    let again = Camera::at(setup(Os::V12_11, camera.state.path()), camera.state.clone()).await;
    assert!(again.device.wait_for_pid("demo", SOON, |pid| pid.is_some()).await);
    again.device.stop().await;
}

#[tokio::test]
async fn a_dropped_camera_leaves_no_process() {
    let (pid, state) = {
        let device = {
            let state = tempfile::tempdir().unwrap();
            let device = virtual_camera::device::Device::start(setup(Os::V11_11, state.path())).await.unwrap();
            device.install(&Eap::new(WAITS).bytes()).await.unwrap();
            device.start_app("demo").await.unwrap();
            assert!(device.wait_for_log("demo", SOON, |log| log.contains("started")).await);
            (device, state)
        };
        (device.0.app_pid("demo").unwrap(), device.1)
    };
    gone(pid).await;
    drop(state);
}

#[tokio::test]
async fn scripts_of_a_package_run_in_its_folder_and_can_refuse_the_installation() {
    let camera = Camera::new(Os::V11_11).await;
    let mut eap = Eap::new(WAITS);
    eap.manifest["acapPackageConf"]["installation"] = json!({"postInstallScript": "post.sh"});
    eap.extra.push(("post.sh".into(), b"#!/bin/sh\necho here > localdata/post\n".to_vec()));
    assert_eq!(camera.upload(&eap.bytes()).await, "OK");
    assert!(Path::new(&camera.state.path().join("packages/demo/localdata/post")).exists());
    eap.extra.last_mut().unwrap().1 = b"#!/bin/sh\nexit 77\n".to_vec();
    assert_eq!(camera.upload(&eap.bytes()).await, "Error: 10");
    assert_eq!(camera.control("start", "demo").await, "Error: 4");
    camera.device.stop().await;
}

#[tokio::test]
async fn only_a_binary_of_the_cameras_architecture_can_be_executed() {
    let mut foreign = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0];
    foreign.extend_from_slice(&0xf3_u16.to_le_bytes());
    for program in [foreign, b"just text\n".to_vec(), Vec::new()] {
        let camera = Camera::new(Os::V11_11).await;
        let mut eap = Eap::new("");
        eap.program = program;
        assert_eq!(camera.upload(&eap.bytes()).await, "OK");
        assert_eq!(camera.control("start", "demo").await, "Error: 8");
        camera.device.stop().await;
    }
}

#[tokio::test]
async fn what_an_earlier_simulator_left_running_is_killed_at_the_start() {
    let state = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let folder = state.path().join("packages/demo");
    fs::create_dir_all(&folder).unwrap();
    #[expect(clippy::disallowed_methods, reason = "plays the earlier simulator")]
    let mut command = tokio::process::Command::new("/bin/sleep");
    let mut left = command.arg("1000").current_dir(folder).process_group(0).kill_on_drop(true).spawn().unwrap();
    #[expect(clippy::disallowed_methods, reason = "a stranger")]
    let mut command = tokio::process::Command::new("/bin/sleep");
    let mut stranger = command.arg("1000").process_group(0).kill_on_drop(true).spawn().unwrap();
    let pids = format!("{}\n{}\n", left.id().unwrap(), stranger.id().unwrap());
    fs::write(state.path().join("pids"), pids).unwrap();
    let camera = Camera::at(setup(Os::V12_11, state.path()), state.clone()).await;
    tokio::time::timeout(SOON, left.wait()).await.unwrap().unwrap();
    assert!(stranger.try_wait().unwrap().is_none(), "a process that lives elsewhere is none of ours");
    stranger.kill().await.unwrap();
    camera.device.stop().await;
}
