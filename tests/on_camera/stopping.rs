//! The app ends within 10 s of SIGTERM whatever hangs, and says what did.

use std::io::Write as _;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::{Account, Arch, Fault, Os, VirtualCamera};

use crate::faults::{REPLIES, known_but};
use crate::orders;
use crate::world::{
    PAGE, PATIENCE, SNAPSHOT, camera_with_app, control, get, install, package, page, root, send, snapshot, until,
    wait_for_page,
};

/// What is promised; a camera kills some 14 s after SIGTERM.
const PROMISED: Duration = Duration::from_secs(10);

async fn camera_with_knob(name: &str, value: &str) -> VirtualCamera {
    let camera = VirtualCamera::builder().knob(name, value).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    camera
}

/// SIGTERM ends the app in time and well. The camera then starts it again, and an administrator's stop, which comes in
/// the midst of that start, ends it as well. Gives what the app logged.
async fn ends_in_time(camera: VirtualCamera) -> String {
    let pid = camera.app_pid("c2c").unwrap();
    send(pid, Signal::TERM);
    let gone = camera.device().wait_for_pid("c2c", PROMISED, |now| now != Some(pid)).await;
    let log = camera.app_log("c2c");
    assert!(gone, "not ended within {PROMISED:?}\n{log}");
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    let exit = camera.device().app_exit("c2c").unwrap();
    assert!(exit.success(), "{exit}\n{log}");
    assert!(log.contains("INFO: stopping\n") && log.contains("INFO: stopped\n"), "{log}");
    assert!(!log.contains("stopping took too long") && !log.contains("panicked"), "{log}");

    let again = camera.device().wait_for_pid("c2c", PATIENCE, |now| now.is_some()).await;
    assert!(again, "the camera starts it again\n{}", camera.app_log("c2c"));
    let begun = Instant::now();
    control(&camera, "stop").await;
    assert!(begun.elapsed() < PROMISED, "{:?}\n{}", begun.elapsed(), camera.app_log("c2c"));
    assert_eq!(camera.app_pid("c2c"), None);
    camera.stop().await;
    log
}

/// Where the app itself listens, without the camera's web server before it.
async fn connect(camera: &VirtualCamera) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(SocketAddr::new(camera.addresses().app_host.into(), 18_461)).await.unwrap()
}

async fn card_is_held(camera: &VirtualCamera) {
    // Something is wished of it; its content keeps it from being made ready.
    camera.device().axsim().change_card(SD_DISK, |card| card.used_kib = 1 << 20).unwrap();
    orders::prepare(camera).await;
    until(camera, "the card is held", || async { page(camera).await.contains("has its own folder on it") }).await;
}

#[tokio::test]
async fn when_all_is_well_nothing_is_left_behind() {
    let camera = camera_with_app().await;
    card_is_held(&camera).await;
    let log = ends_in_time(camera).await;
    assert!(!log.contains("leaving") && !log.contains("ERROR"), "{log}");
}

#[tokio::test]
async fn a_parameter_call_that_stalls_leaves_the_page_alive_and_the_stop_in_time() {
    let camera = camera_with_knob("AXSIM_PARAM_STALL_ALL", "30000").await;
    // The card is asked for on the same thread of the camera's libraries: it alone is lost.
    until(&camera, "all but the card is known", || async { known_but(&snapshot(&camera).await, &["storage"]) }).await;
    let seen = snapshot(&camera).await;
    let text = seen["storage"]["fault"]["text"].as_str().unwrap();
    assert_eq!(seen["storage"]["fault"]["kind"], "late", "{text}");
    assert!(text.contains(": ax_storage_") && text.contains(": no answer within 10s"), "{text}");
    assert!(page(&camera).await.contains("no answer within 10s"));
    let log = ends_in_time(camera).await;
    assert!(log.contains("did not end in time: ax_parameter_"), "{log}");
}

#[tokio::test]
async fn a_release_that_never_answers_leaves_the_page_alive_and_the_stop_in_time() {
    let camera = camera_with_knob("AXSIM_RELEASE_CB", "never").await;
    card_is_held(&camera).await;
    until(&camera, "all is known", || async { known_but(&snapshot(&camera).await, &[]) }).await;
    let log = ends_in_time(camera).await;
    assert!(log.contains("did not end in time: ") && log.contains("SD_DISK"), "{log}");
}

#[tokio::test]
async fn a_camera_that_hangs_in_the_midst_of_a_page_does_not_hold_the_stop() {
    let camera = camera_with_app().await;
    until(&camera, "all is known", || async { known_but(&snapshot(&camera).await, &[]) }).await;
    let newest = camera.requests().last().unwrap().number;
    camera.fault("/axis-cgi/*", Fault::Hang);
    let hanging = camera.device().wait_for_request(PATIENCE, |request| {
        request.number > newest && REPLIES.iter().any(|(_, path)| *path == request.path)
    });
    let looking = async {
        // Until its readings are older than their beat a page needs none anew.
        loop {
            let begun = Instant::now();
            let status = get(&camera, Account::Viewer, PAGE).await.status;
            if begun.elapsed() > Duration::from_secs(1) || status != 200 {
                break status;
            }
        }
    };
    let (hangs, status) = tokio::join!(hanging, looking);
    assert!(hangs && status == 200, "{status}");
    // `control` itself must be answered; what the app asks goes on hanging.
    camera.clear_faults();
    for (_, path) in REPLIES {
        camera.fault(path, Fault::Hang);
    }
    ends_in_time(camera).await;
}

#[tokio::test]
async fn half_a_request_and_a_silent_connection_do_not_hold_the_stop() {
    let camera = camera_with_app().await;
    let silent = connect(&camera).await;
    let mut half = connect(&camera).await;
    half.write_all(format!("GET {PAGE} HTTP/1.1\r\nHost: cam").as_bytes()).await.unwrap();
    // Answered after the half one was taken: connections are taken in their order.
    page(&camera).await;
    let log = ends_in_time(camera).await;
    assert!(log.contains("open pages did not end within 2 s") && !log.contains("ERROR"), "{log}");
    drop((silent, half));
}

#[tokio::test]
async fn an_open_stream_does_not_hold_the_stop() {
    let camera = camera_with_app().await;
    let mut streams = Vec::new();
    for _ in 0..6 {
        let mut stream = connect(&camera).await;
        stream.write_all(format!("GET {PAGE}/events HTTP/1.1\r\nHost: camera\r\n\r\n").as_bytes()).await.unwrap();
        let mut head = [0; 15];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200 OK");
        streams.push(stream);
    }
    let log = ends_in_time(camera).await;
    assert!(!log.contains("leaving") && !log.contains("did not end"), "{log}");
    for mut stream in streams {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert!(rest.ends_with(b"0\r\n\r\n"), "ended as HTTP wants it: {}", String::from_utf8_lossy(&rest));
    }
}

#[tokio::test]
async fn a_reader_that_takes_nothing_does_not_hold_the_stop() {
    let camera = camera_with_app().await;
    let mut lazy = Vec::new();
    for _ in 0..20 {
        let mut stream = connect(&camera).await;
        stream.write_all(format!("GET {SNAPSHOT} HTTP/1.1\r\nHost: camera\r\n\r\n").as_bytes()).await.unwrap();
        lazy.push(stream);
    }
    assert_eq!(get(&camera, Account::Viewer, PAGE).await.status, 200, "others are served meanwhile");
    ends_in_time(camera).await;
    drop(lazy);
}

/// A pipe that takes nothing more, with its other end.
fn full_pipe() -> (UnixStream, UnixStream) {
    let (ours, its) = UnixStream::pair().unwrap();
    its.set_nonblocking(true).unwrap();
    while (&its).write(&[b'\n'; 4096]).is_ok() {}
    while (&its).write(b"\n").is_ok() {}
    its.set_nonblocking(false).unwrap();
    (ours, its)
}

#[tokio::test]
async fn a_log_that_nobody_takes_holds_neither_the_page_nor_the_stop() {
    let camera = camera_with_app().await;
    control(&camera, "stop").await;
    let stage = root().join("target/stage").join(Arch::native().to_string());
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(stage.join("c2c"), folder.path().join("c2c")).unwrap();
    let (ours, its) = full_pipe();
    let mut app = tokio::process::Command::new(folder.path().join("c2c"))
        .args(["--listen", &format!("{}:18461", camera.addresses().app_host)])
        .env("LD_LIBRARY_PATH", stage.join("standin"))
        .env("AXSIM_DIR", camera.device().axsim().root())
        .stdin(Stdio::null())
        .stdout(Stdio::from(OwnedFd::from(its)))
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let listens = SocketAddr::new(camera.addresses().app_host.into(), 18_461);
    until(&camera, "it listens", || async { TcpStream::connect(listens).await.is_ok() }).await;
    let mut stream = connect(&camera).await;
    stream.write_all(format!("GET {PAGE} HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("</html>"), "{answer}");

    send(app.id().unwrap(), Signal::TERM);
    let exit = tokio::time::timeout(PROMISED, app.wait()).await.unwrap().unwrap();
    assert!(exit.success(), "{exit}");
    drop(ours);
    camera.stop().await;
}

#[tokio::test]
async fn an_app_that_still_waits_for_its_port_ends_as_well() {
    let camera = camera_with_app().await;
    control(&camera, "stop").await;
    let other = tokio::net::TcpListener::bind((camera.addresses().app_host, 18_461)).await.unwrap();
    control(&camera, "start").await;
    let said = camera.device().wait_for_log("c2c", PATIENCE, |log| log.contains("cannot listen there")).await;
    assert!(said, "{}", camera.app_log("c2c"));
    let pid = camera.app_pid("c2c").unwrap();
    let begun = Instant::now();
    control(&camera, "stop").await;
    assert!(begun.elapsed() < PROMISED, "{:?}", begun.elapsed());
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    drop(other);
    control(&camera, "start").await;
    wait_for_page(&camera).await;
    camera.stop().await;
}
