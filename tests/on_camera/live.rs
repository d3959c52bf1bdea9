//! What the live page asks for, as it goes over the wire: streams, polling, tags, compressed files, metrics.

use std::io::Read as _;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::{Account, Arch, Front, Os, VirtualCamera};

use crate::wire::{ask, ask_as_viewer, parts};
use crate::world::{PAGE, PATIENCE, SNAPSHOT, aside, camera_with_app, get, install, package, page, snapshot, until};

/// The app itself, without the camera's web server before it.
fn app(camera: &VirtualCamera) -> SocketAddr {
    SocketAddr::new(camera.addresses().app_host.into(), 18_461)
}

/// An open stream, after its greeting.
pub async fn stream(camera: &VirtualCamera) -> TcpStream {
    let mut line = TcpStream::connect(app(camera)).await.unwrap();
    line.write_all(format!("GET {PAGE}/events HTTP/1.1\r\nHost: camera\r\n\r\n").as_bytes()).await.unwrap();
    read_until(&mut line, "event: now").await;
    line
}

pub async fn read_until(line: &mut TcpStream, word: &str) -> String {
    let mut seen = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&seen).contains(word) {
            let got = line.read_buf(&mut seen).await.unwrap();
            assert!(got > 0, "ended before {word:?}: {}", String::from_utf8_lossy(&seen));
        }
    };
    timeout(PATIENCE, reading).await.unwrap();
    String::from_utf8_lossy(&seen).into_owned()
}

/// Holds every stream that there is, so that whoever comes next has to poll.
pub async fn take_all_streams(camera: &VirtualCamera) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..6 {
        streams.push(stream(camera).await);
    }
    streams
}

#[tokio::test]
async fn six_streams_are_open_at_a_time_and_the_seventh_is_sent_to_poll() {
    let camera = camera_with_app().await;
    let mut streams = take_all_streams(&camera).await;
    let events = format!("{PAGE}/events");
    let refused = ask(app(&camera), "GET", &events, "").await;
    assert_eq!((refused.status(), refused.header("retry-after")), ("204".into(), Some("5".into())));
    assert_eq!(get(&camera, Account::Viewer, PAGE).await.status, 200);
    streams.pop();
    until(&camera, "the one that left made room", || async {
        let mut line = TcpStream::connect(app(&camera)).await.unwrap();
        line.write_all(format!("GET {events} HTTP/1.1\r\nHost: camera\r\n\r\n").as_bytes()).await.unwrap();
        let mut head = [0; 12];
        line.read_exact(&mut head).await.unwrap();
        &head == b"HTTP/1.1 200"
    })
    .await;
    camera.stop().await;
}

#[tokio::test]
async fn a_stream_through_the_real_apache_tells_what_changed_and_nothing_else() {
    let camera = VirtualCamera::builder().front(Front::Apache).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    until(&camera, "the card was read", || async { page(&camera).await.contains("has no folder on it at present") })
        .await;
    let shown = page(&camera).await;
    let revision = shown.split("data-revision=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let visitor = camera.visit(Account::Viewer);
    let (events, mut body) = aside(move || {
        let (status, mut body) = visitor.open(&format!("{PAGE}/events?{revision}")).unwrap();
        assert_eq!(status, 200);
        (read_words(&mut body, "event: now"), body)
    })
    .await;
    assert!(!events.contains("\"overview\""), "the page shows that already: {events}");
    camera.set_param("c2c", "HelpLink", "https://help.example.com/new").unwrap();
    let (told, body) = aside(move || (read_words(&mut body, "example.com/new"), body)).await;
    let message = told.split("data: {").last().unwrap();
    assert!(message.contains("\"id\":\"bar\"") && !message.contains("\"id\":\"verdict\""), "{message}");
    drop(body);
    camera.stop().await;
}

pub fn read_words(body: &mut impl std::io::Read, word: &str) -> String {
    let mut seen = Vec::new();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&seen).contains(word) {
        let got = body.read(&mut piece).unwrap();
        assert!(got > 0, "ended before {word:?}");
        seen.extend_from_slice(&piece[..got]);
    }
    String::from_utf8_lossy(&seen).into_owned()
}

#[tokio::test]
async fn while_a_stream_is_open_the_camera_is_asked_and_afterwards_it_is_left_alone() {
    let camera = camera_with_app().await;
    let asked = || camera.requests().iter().filter(|seen| seen.path == "/axis-cgi/applications/list.cgi").count();
    let mut line = stream(&camera).await;
    let before = asked();
    until(&camera, "asked on the beat", || async { asked() >= before + 3 }).await;
    camera.device().axsim().yank(SD_DISK).unwrap();
    let told = read_until(&mut line, "Not available").await;
    assert!(told.contains("\"id\":\"card\""), "{told}");
    drop(line);
    // 5 s without an ask: the beat has stopped.
    let begun = tokio::time::Instant::now();
    loop {
        let newest = camera.requests().last().unwrap().number;
        if !camera.device().wait_for_request(Duration::from_secs(5), |seen| seen.number > newest).await {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "the app goes on asking though nobody looks");
    }
    camera.stop().await;
}

#[tokio::test]
async fn who_has_it_already_gets_304_for_the_page_its_pieces_and_the_data() {
    let camera = camera_with_app().await;
    until(&camera, "the card was read", || async { page(&camera).await.contains("has no folder on it at present") })
        .await;
    for path in [PAGE.to_owned(), format!("{PAGE}/widgets.json"), SNAPSHOT.to_owned()] {
        // What the camera tells may have changed between two questions, but not each time.
        until(&camera, &format!("{path} stays"), || async {
            let first = ask(app(&camera), "GET", &path, "").await;
            let tag = first.header("etag").unwrap();
            let again = ask(app(&camera), "GET", &path, &format!("If-None-Match: {tag}\r\n")).await;
            again.status() == "304" && again.body().is_empty()
        })
        .await;
        let other = ask(app(&camera), "GET", &path, "If-None-Match: \"other\"\r\n").await;
        assert_eq!(other.status(), "200", "{path}");
        let head = ask(app(&camera), "HEAD", &path, "").await;
        assert_eq!((head.status(), head.body().len()), ("200".into(), 0), "{path}");
        assert!(head.header("etag").is_some() && head.header("content-length").unwrap() != "0", "{path}");
    }
    camera.stop().await;
}

#[tokio::test]
async fn the_first_view_is_four_answers_of_14_kb_in_all_through_the_real_apache() {
    let camera = VirtualCamera::builder().front(Front::Apache).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    until(&camera, "the card was read", || async { page(&camera).await.contains("has no folder on it at present") })
        .await;
    let mut paths = vec![PAGE.to_owned()];
    paths.extend(parts(&page(&camera).await));
    assert_eq!(paths.len(), 4, "{paths:?}");
    let mut sizes = Vec::new();
    for path in &paths {
        let answer = ask_as_viewer(&camera, path, "Accept-Encoding: gzip, deflate, br\r\n").await;
        assert_eq!(answer.status(), "200", "{path}");
        sizes.push((path, answer.bytes.len(), answer.header("content-encoding")));
        let plain = ask_as_viewer(&camera, path, "").await;
        assert_eq!(plain.header("content-encoding"), None, "{path}");
        if path.starts_with(PAGE) && path != PAGE {
            assert!(answer.header("cache-control").unwrap().contains("immutable"), "{path}");
            let mut unpacked = Vec::new();
            flate2::read::ZlibDecoder::new(answer.body()).read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, plain.body(), "{path}");
        }
    }
    let sum: usize = sizes.iter().map(|(_, bytes, _)| bytes).sum();
    println!("first view: {sum} bytes in {} answers: {sizes:?}", sizes.len());
    assert!(sum <= 14_000, "{sum} bytes: {sizes:?}");
    let old = paths[1].replace("style.", "style.0");
    assert_eq!(ask_as_viewer(&camera, &old, "").await.status(), "404");
    camera.stop().await;
}

#[tokio::test]
async fn metrics_tell_this_camera_over_https_too() {
    let camera = camera_with_app().await;
    until(&camera, "all is known", || async { snapshot(&camera).await["identity"]["reading"] == "known" }).await;
    let (user, password) = camera.login(Account::Viewer);
    let visitor = virtual_camera::visit::Visitor::new(&camera.https_url(), &user, &password);
    let answer = aside(move || visitor.get(&format!("{PAGE}/metrics")).unwrap()).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; version=0.0.4; charset=utf-8"));
    let text = answer.text();
    assert!(text.contains(&format!("serial=\"{}\"", camera.identity().serial)), "{text}");
    assert!(text.contains("c2c_reading_up{reading=\"identity\"} 1\n"), "{text}");
    assert!(text.contains("c2c_camera_ready 1\n") && text.contains("c2c_applications{state=\"running\"} "), "{text}");
    camera.stop().await;
}

/// Twenty pages that are open at once, before an Apache of eight workers.
#[tokio::test]
async fn however_many_look_at_the_page_the_camera_s_own_pages_still_answer() {
    let camera = VirtualCamera::builder().front(Front::Apache).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    let mut viewers = Vec::new();
    for _ in 0..20 {
        let visitor = camera.visit(Account::Viewer);
        let opened = aside(move || visitor.open(&format!("{PAGE}/events")).unwrap()).await;
        viewers.push(opened);
    }
    let streams = viewers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(streams, 6, "the others were sent to poll");
    let (stop, stopped) = tokio::sync::watch::channel(());
    let mut pollers = tokio::task::JoinSet::new();
    for _ in 0..14 {
        let visitor = camera.visit(Account::Viewer);
        let stopped = stopped.clone();
        pollers.spawn_blocking(move || {
            let mut answers = 0;
            while stopped.has_changed().is_ok() || answers == 0 {
                // A page asks every 5 s; these are in more of a hurry, but leave a moment for others as well.
                std::thread::sleep(Duration::from_millis(200));
                // Apache closes resting connections when all its workers are busy; a browser asks again on a new one.
                if let Ok(answer) = visitor.get(&format!("{PAGE}/widgets.json")) {
                    assert_eq!(answer.status, 200);
                    answers += 1;
                }
            }
        });
    }
    for _ in 0..20 {
        let asked = tokio::time::Instant::now();
        let own = get(&camera, Account::Viewer, "/camera/index.html").await;
        assert_eq!(own.status, 200);
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    }
    drop((stop, stopped));
    while let Some(ended) = pollers.join_next().await {
        ended.unwrap();
    }
    drop(viewers);
    camera.stop().await;
}
