//! Through the camera's own proxy: tinyproxy, as Debian has it.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use axsdk::Secret;
use c2c::portal::Wanted;
use c2c::snapshot::claim::Kind;
use c2c::snapshot::{Claim, Proxy, ProxyServer};
use tokio::process::{Child, Command};

use crate::stage::{Camera, Portal, obstacle};
use crate::{is_claimed, is_registered};

struct Tinyproxy {
    port: u16,
    folder: tempfile::TempDir,
    _process: Child,
}

impl Tinyproxy {
    async fn start(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let (conf, log) = (folder.path().join("conf"), folder.path().join("log"));
        let mut file = std::fs::File::create(&conf).unwrap();
        write!(
            file,
            "Port {port}\nListen 127.0.0.1\nTimeout 600\nLogFile \"{}\"\nLogLevel Connect\n{more}\n",
            log.display()
        )
        .unwrap();
        let process = Command::new("tinyproxy")
            .args(["-d", "-c"])
            .arg(&conf)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("tinyproxy, which tools/packages.sh test installs: {error}"));
        let begun = std::time::Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "tinyproxy does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { port, folder, _process: process }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn proxy(host: &str, port: u16, login: Option<&str>, except: &[&str]) -> Proxy {
    let login = login.map(|login| Secret::new(login.to_owned()));
    let server = ProxyServer { secure: false, host: host.to_owned(), port, login };
    Proxy { server: Some(server), except: except.iter().map(|one| (*one).to_owned()).collect() }
}

async fn registers(camera: &mut Camera, portal: &Portal, what: &str) {
    camera.confirm(portal).await;
    camera.until(what, is_registered).await;
}

async fn stumbles(camera: &mut Camera, portal: &Portal, kind: Kind, words: &str) {
    camera.confirm(portal).await;
    let fits = |claim: &Claim| {
        let line = claim.link().and_then(|link| link.obstacle.as_ref()).map(|obstacle| &obstacle.line);
        obstacle(claim) == Some(kind) && line.is_some_and(|line| line.contains(words) && !line.contains("pa55"))
    };
    camera.until(words, fits).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_with_a_proxy_reaches_its_portal_through_it_alone_and_follows_each_change_of_the_setting() {
    let portal = Portal::start().await;
    let connects = format!("CONNECT 127.0.0.1:{}", portal.address().port());
    let tiny = Tinyproxy::start("").await;
    let mut camera = Camera::start();
    camera.set_proxy(Some(proxy("127.0.0.1", tiny.port, None, &["127.0.0.12", ".example"])));
    registers(&mut camera, &portal, "through the proxy").await;
    assert!(tiny.log().contains(&connects), "{}", tiny.log());
    let code = camera.code().await;
    portal.operator("ada").await.claim(&code).await;
    camera.until("it is claimed", is_claimed).await;

    // A proxy that is gone ends no claim.
    camera.set_proxy(Some(proxy("127.0.0.1", free_port(), None, &[])));
    camera.order(Wanted::TestAgain).await.unwrap();
    let gone = |claim: &Claim| matches!(claim, Claim::Claimed { .. }) && obstacle(claim) == Some(Kind::ProxyConnect);
    camera.until("the proxy does not answer", gone).await;
    let another = Tinyproxy::start("").await;
    camera.set_proxy(Some(proxy("127.0.0.1", another.port, None, &[])));
    camera.order(Wanted::TestAgain).await.unwrap();
    camera.until("through another proxy", is_claimed).await;
    assert!(another.log().contains(&connects));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_settings_except_and_a_camera_without_a_proxy_is_reached_directly() {
    let portal = Portal::start().await;
    let mut camera = Camera::start();
    let nobody = free_port();
    camera.set_proxy(Some(proxy("127.0.0.1", nobody, None, &["127.0.0.0/8"])));
    registers(&mut camera, &portal, "it is excepted").await;
    camera.set_proxy(Some(proxy("127.0.0.1", nobody, None, &["192.0.2.0/24"])));
    stumbles(&mut camera, &portal, Kind::ProxyConnect, &format!("http://127.0.0.1:{nobody}: ")).await;
    camera.set_proxy(None);
    registers(&mut camera, &portal, "there is no proxy").await;

    let plain = Portal::start_with(|_| ()).await;
    camera.set_proxy(Some(proxy("127.0.0.1", nobody, None, &[])));
    camera.order(Wanted::Confirm { address: plain.address(), ca: None }).await.unwrap();
    camera.until("plain HTTP goes through no proxy", is_registered).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_wants_a_login_gets_the_camera_s_own_and_says_so_where_there_is_none() {
    let portal = Portal::start().await;
    let tiny = Tinyproxy::start("BasicAuth camera pa55word").await;
    let mut camera = Camera::start();
    for login in [None, Some("camera:pa55"), Some("else:pa55word")] {
        camera.set_proxy(Some(proxy("127.0.0.1", tiny.port, login, &[])));
        stumbles(&mut camera, &portal, Kind::ProxyLogin, "status 40").await;
    }
    camera.set_proxy(Some(proxy("127.0.0.1", tiny.port, Some("camera:pa55word"), &[])));
    registers(&mut camera, &portal, "with its login").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_refuses_fails_or_is_none_is_told_from_a_portal_that_is_down() {
    let mut portal = Portal::start().await;
    let mut camera = Camera::start();
    let strict = Tinyproxy::start("ConnectPort 443").await;
    camera.set_proxy(Some(proxy("127.0.0.1", strict.port, None, &[])));
    stumbles(&mut camera, &portal, Kind::Proxy, "status 403").await;

    camera.set_proxy(Some(Proxy { server: None, except: Vec::new() }));
    stumbles(&mut camera, &portal, Kind::ProxyAddress, "no address of a proxy").await;
    // A name that is none: nobody is asked for it.
    camera.set_proxy(Some(proxy("proxy..invalid", 3128, None, &[])));
    stumbles(&mut camera, &portal, Kind::ProxyAddress, "proxy..invalid").await;
    // Somebody else's service.
    camera.set_proxy(Some(proxy("127.0.0.1", portal.address().port(), None, &[])));
    stumbles(&mut camera, &portal, Kind::Proxy, "http://127.0.0.1:").await;

    let tiny = Tinyproxy::start("").await;
    camera.set_proxy(Some(proxy("127.0.0.1", tiny.port, None, &[])));
    registers(&mut camera, &portal, "through a good one").await;
    portal.stop().await;
    camera.order(Wanted::TestAgain).await.unwrap();
    camera.until("the proxy does not reach the portal", |claim| obstacle(claim) == Some(Kind::Proxy)).await;
}
