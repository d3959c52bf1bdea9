//! The whole camera: device, web server and addresses together, over real sockets and as a program.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may")]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use virtual_camera::front::Front;
use virtual_camera::{Account, Fault, Os, VirtualCamera, Visitor};

/// A package named `demo` whose program is a shell script that waits; with a proxy rule to a port where nobody listens.
fn package(with_proxy: bool) -> Vec<u8> {
    let mut configuration = serde_json::json!({
        "settingPage": "index.html",
        "httpConfig": [{"type": "directory", "access": "viewer"}],
    });
    if with_proxy {
        configuration["reverseProxy"] =
            serde_json::json!([{"apiPath": "status", "target": "http://localhost:18461", "access": "viewer"}]);
    }
    let arch = virtual_camera::Arch::native().to_string();
    let manifest = serde_json::json!({"schemaVersion": "2.0.0", "acapPackageConf": {
        "setup": {"appName": "demo", "friendlyName": "Demo", "vendor": "Vendor", "vendorId": "1234567890",
            "version": "1.2.3", "runMode": "respawn", "architecture": arch,
            "compatibleOsVersions": [{"min": "11.11", "max": "13"}]},
        "configuration": configuration,
    }});
    let conf = format!(
        "PACKAGENAME=\"Demo\"\nAPPTYPE=\"{arch}\"\nAPPNAME=\"demo\"\nAPPID=\"\"\nLICENSENAME=\"Available\"\n\
         LICENSEPAGE=\"none\"\nVENDOR=\"Vendor\"\nREQEMBDEVVERSION=\"2.0\"\nAPPMAJORVERSION=\"1\"\nAPPMINORVERSION=\"2\"\n\
         APPMICROVERSION=\"3\"\nAPPGRP=\"sdk\"\nAPPUSR=\"sdk\"\nAPPOPTS=\"\"\nOTHERFILES=\"\"\n\
         SETTINGSPAGEFILE=\"index.html\"\nSETTINGSPAGETEXT=\"\"\nVENDORHOMEPAGELINK=''\nPREUPGRADESCRIPT=\"\"\n\
         POSTINSTALLSCRIPT=\"\"\nSTARTMODE=\"respawn\"\nHTTPCGIPATHS=\"cgi.conf\"\n"
    );
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(encoder);
    let script = "#!/bin/sh\necho up $@\nexec sleep 1000\n";
    for (name, mode, content) in [
        ("demo", 0o755, script),
        ("package.conf", 0o644, conf.as_str()),
        ("param.conf", 0o644, ""),
        ("LICENSE", 0o644, "MIT\n"),
        ("manifest.json", 0o600, manifest.to_string().as_str()),
        ("html/index.html", 0o644, "<!doctype html>the door"),
        ("cgi.conf", 0o644, ""),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_mode(mode);
        header.set_size(u64::try_from(content.len()).unwrap());
        archive.append_data(&mut header, name, content.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

async fn from_upload_to_removal(front: Front, os: Os) {
    let camera = VirtualCamera::builder().os(os).front(front).treat_as_signed(true).start().await.unwrap();
    let (root, viewer) = (camera.visit(Account::Root), camera.visit(Account::Viewer));
    beside(move || {
        assert_eq!(viewer.upload("demo.eap", &package(true)).unwrap().status, 401, "a viewer installs nothing");
        root.install("demo.eap", &package(true), "demo").unwrap();
        assert!(root.list_apps().unwrap().text().contains("Name=\"demo\""));
        let door = viewer.get("/local/demo/index.html").unwrap();
        assert_eq!((door.status, door.text().as_str()), (200, "<!doctype html>the door"));
        assert_eq!(viewer.get("/local/demo/status").unwrap().status, 503, "nobody listens there");
        assert_eq!(viewer.get("/local/demo/package.conf").unwrap().status, 404, "html and nothing else");
        assert_eq!(viewer.get("/local/demo/../package.conf").unwrap().status, 404);
        assert_eq!(root.control("remove", "demo").unwrap().text().trim(), "OK");
        assert_eq!(viewer.get("/local/demo/index.html").unwrap().status, 404);
    })
    .await;
    camera.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_goes_from_upload_to_removal_behind_our_web_server() {
    from_upload_to_removal(Front::Embedded, Os::V12_11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_goes_from_upload_to_removal_behind_the_real_apache() {
    from_upload_to_removal(Front::Apache, Os::V12_11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_goes_from_upload_to_removal_over_https_alone() {
    from_upload_to_removal(Front::Embedded, Os::V13_0).await;
    from_upload_to_removal(Front::Apache, Os::V13_0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn levels_of_vapix_are_the_same_behind_both_web_servers() {
    let mut seen = Vec::new();
    for front in [Front::Embedded, Front::Apache] {
        let camera = VirtualCamera::builder().front(front).start().await.unwrap();
        let visitors = [Visitor::stranger(&camera.url()), camera.visit(Account::Viewer), camera.visit(Account::Root)];
        seen.push(
            beside(move || {
                let mut answers = Vec::new();
                for path in [
                    "systemready.cgi",
                    "basicdeviceinfo.cgi",
                    "time.cgi",
                    "apidiscovery.cgi",
                    "network_settings.cgi",
                    "param.cgi",
                    "disks/list.cgi?diskid=all",
                    "pwdgrp.cgi?action=get",
                    "admin/systemlog.cgi",
                    "applications/list.cgi",
                    "applications/config.cgi?action=get&name=AllowUnsigned",
                ] {
                    let path = format!("/axis-cgi/{path}");
                    let status = |visitor: &Visitor| visitor.post_form(&path, "").unwrap().status;
                    answers.push((path.clone(), [&visitors[0], &visitors[1], &visitors[2]].map(status)));
                }
                answers
            })
            .await,
        );
        camera.stop().await;
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cameras_live_side_by_side_and_know_nothing_of_each_other() {
    let one = VirtualCamera::builder().os(Os::V11_11).start().await.unwrap();
    let two = VirtualCamera::builder().front(Front::Apache).start().await.unwrap();
    assert_ne!(one.addresses().app_host, two.addresses().app_host);
    assert_ne!(one.identity().serial, two.identity().serial);
    let (first, second) = (one.visit(Account::Root), two.visit(Account::Root));
    let (user, password) = one.login(Account::Root);
    let crossed = Visitor::new(&two.url(), &user, &password);
    beside(move || {
        first.install("demo.eap", &package(true), "demo").unwrap();
        assert_eq!(first.get("/local/demo/").unwrap().status, 200);
        assert_eq!(second.get("/local/demo/").unwrap().status, 404);
        assert_eq!(crossed.get("/").unwrap().status, 401);
    })
    .await;
    one.stop().await;
    assert_eq!(two.visit(Account::Root).base(), two.url());
    let still = two.visit(Account::Root);
    assert_eq!(beside(move || still.list_apps().unwrap().status).await, 200);
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_refuses_comes_with_a_challenge() {
    let camera = VirtualCamera::builder().start().await.unwrap();
    camera.fault("/axis-cgi/time.cgi", Fault::Unauthorized);
    let root = camera.visit(Account::Root);
    let refused = beside(move || root.post_form("/axis-cgi/time.cgi", "").unwrap()).await;
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").starts_with("Digest "));
    camera.clear_faults();
    let root = camera.visit(Account::Root);
    assert_eq!(beside(move || root.post_form("/axis-cgi/time.cgi", "").unwrap().status).await, 200);
    camera.stop().await;
}

/// The program, its lines so far, and the rest of its output.
struct Program {
    child: Child,
    lines: Vec<String>,
}

impl Program {
    #[expect(clippy::disallowed_methods, reason = "the program under test")]
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_virtual-camera"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut lines = Vec::new();
        for line in output.lines() {
            lines.push(line.unwrap());
            if lines.last().is_some_and(|line| line == "Ready") {
                break;
            }
        }
        Self { child, lines }
    }

    fn line(&self, start: &str) -> &str {
        self.lines
            .iter()
            .find_map(|line| line.strip_prefix(start))
            .unwrap_or_else(|| panic!("{start}: {:?}", self.lines))
    }

    /// Sends the signal; gives the exit code and what was written to stderr.
    fn end(mut self, signal: Option<Signal>) -> (Option<i32>, String) {
        if let Some(signal) = signal {
            kill_process(Pid::from_child(&self.child), signal).unwrap();
        }
        let mut complaints = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
        (self.child.wait().unwrap().code(), complaints)
    }
}

fn package_file(folder: &Path) -> String {
    let file = folder.join("demo.eap");
    std::fs::write(&file, package(false)).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn the_program_installs_says_how_to_get_in_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = package_file(folder.path());
    for (front, signal) in [("embedded", Signal::INT), ("apache", Signal::TERM)] {
        let program = Program::start(&["--port", "0", "--front", front, "--install", &file]);
        let page = program.line("Status page: ").to_owned();
        let (base, path) = page.split_at(page.find("/local/").unwrap());
        assert!(base.starts_with("http://127.0.0.1:"), "{page}");
        assert_eq!(path, "/local/demo/index.html");
        program.line("Unsigned packages are allowed now");
        for name in ["root", "viewer"] {
            let password = program.line(&format!("Login: {name} "));
            for path in [path, "/camera/icon.svg", "/camera/camera.css"] {
                assert_eq!(Visitor::new(base, name, password).get(path).unwrap().status, 200, "{name}: {path}");
            }
        }
        let socket = program.line("Control socket: ").to_owned();
        assert!(Path::new(&socket).exists());
        let base = base.to_owned();
        let (code, complaints) = program.end(Some(signal));
        assert_eq!(code, Some(0), "{complaints}");
        assert!(!Path::new(&socket).exists() && Visitor::stranger(&base).get("/").is_err());
    }
}

/// How many processes work in a folder or below it.
fn processes_in(folder: &Path) -> usize {
    let works_here = |entry: &std::fs::DirEntry| {
        std::fs::read_link(entry.path().join("cwd")).is_ok_and(|place| place.starts_with(folder))
    };
    std::fs::read_dir("/proc").unwrap().flatten().filter(works_here).count()
}

#[test]
fn a_program_that_is_killed_leaves_nothing_behind_either() {
    let folder = tempfile::tempdir().unwrap();
    let file = package_file(folder.path());
    for front in ["embedded", "apache"] {
        let state = folder.path().canonicalize().unwrap().join(front);
        let program =
            Program::start(&["--port", "0", "--front", front, "--state", state.to_str().unwrap(), "--install", &file]);
        program.line("Status page: ");
        let least = if front == "apache" { 3 } else { 2 };
        assert!(processes_in(&state) >= least, "application, bus and web server: {}", processes_in(&state));
        program.end(Some(Signal::KILL));
        let begun = std::time::Instant::now();
        while processes_in(&state) > 0 {
            assert!(begun.elapsed().as_secs() < 10, "{front}: {} left", processes_in(&state));
            std::thread::yield_now();
        }
    }
}

#[test]
fn axis_os_13_refuses_an_unsigned_package_and_takes_it_by_a_visible_switch_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = package_file(folder.path());
    let program = Program::start(&["--os", "13.0", "--port", "0", "--install", &file]);
    let (code, complaints) = program.end(None);
    assert_eq!(code, Some(1));
    assert!(complaints.contains("Error: 2") && complaints.contains("--treat-as-signed"), "{complaints}");
    let program = Program::start(&["--os", "13.0", "--port", "0", "--install", &file, "--treat-as-signed"]);
    assert!(program.line("Status page: ").starts_with("https://127.0.0.1:"));
    program.line("Every package counts as signed here");
    assert_eq!(program.end(Some(Signal::TERM)).0, Some(0));
}

#[test]
fn a_port_that_is_taken_is_named_with_the_way_out() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port().to_string();
    let (code, complaints) = Program::start(&["--port", &port]).end(None);
    assert_eq!(code, Some(1));
    assert!(complaints.contains(&format!("127.0.0.1:{port}")) && complaints.contains("--port"), "{complaints}");
}
