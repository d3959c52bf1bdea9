//! Every application on the camera can connect to the app's port; it must not use up what others need by doing so.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use virtual_camera::{Account, VirtualCamera};

use crate::world::{PAGE, PATIENCE, camera_with_app, get, until};

fn descriptors(camera: &VirtualCamera) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", camera.app_pid("c2c").unwrap())).unwrap().count()
}

async fn connect(camera: &VirtualCamera) -> TcpStream {
    TcpStream::connect(SocketAddr::new(camera.addresses().app_host.into(), 18_461)).await.unwrap()
}

#[tokio::test]
async fn who_connects_and_asks_for_nothing_uses_up_neither_the_descriptors_nor_the_page() {
    let camera = camera_with_app().await;
    let before = descriptors(&camera);
    let mut silent = Vec::new();
    for number in 0..150 {
        let mut stream = connect(&camera).await;
        if number % 2 == 1 {
            stream.write_all(b"GET /local/c2c/status HTTP/1.1\r\nHost: ").await.unwrap();
        }
        silent.push(stream);
    }
    until(&camera, "the page is served", || async {
        // Beside the connections there are those to the camera, one for each thing that is asked.
        let now = descriptors(&camera);
        assert!(now <= before + 64 + 16, "{now} descriptors, {before} before");
        get(&camera, Account::Viewer, PAGE).await.status == 200
    })
    .await;
    for mut stream in silent {
        let mut rest = Vec::new();
        // The end, or a reset: the app has closed it.
        drop(tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("still open"));
    }
    until(&camera, "the descriptors are back", || async { descriptors(&camera) <= before + 8 }).await;
    camera.stop().await;
}

#[tokio::test]
async fn a_connection_may_ask_again_and_ends_when_it_falls_silent() {
    let camera = camera_with_app().await;
    let mut stream = connect(&camera).await;
    let request = format!("GET {PAGE}/healthz HTTP/1.1\r\nHost: camera\r\n\r\n");
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        while !answer.ends_with('}') {
            let mut piece = [0; 1024];
            let got = tokio::time::timeout(PATIENCE, stream.read(&mut piece)).await.unwrap().unwrap();
            assert!(got > 0, "closed after {answer:?}");
            answer.push_str(&String::from_utf8_lossy(&piece[..got]));
        }
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    let mut rest = Vec::new();
    drop(tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("still open"));
    assert!(rest.is_empty(), "{rest:?}");
    camera.stop().await;
}
