//! Certificates, versions of TLS, and clocks.

use std::ffi::OsStr;
use std::path::Path;

use c2c::portal::Wanted;
use c2c::portal::address::Address;
use c2c::snapshot::Claim;
use c2c::snapshot::claim::Kind;
use rustls::ServerConfig;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::middle::{Authority, Middle, NOW};
use crate::stage::{Camera, Portal, obstacle};
use crate::{again, is_registered};

async fn portal_behind(config: ServerConfig) -> (Portal, Middle) {
    let middle = Middle::start(config).await;
    let portal = Portal::start_with(|options| options.public_url = Some(middle.url().parse().unwrap())).await;
    middle.hands_on_to(portal.listens());
    (portal, middle)
}

async fn confirm(camera: &Camera, url: &str, ca: Option<String>) {
    let address = Address::read(url).unwrap();
    camera.order(Wanted::Confirm { address, ca }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_is_not_good_is_named_and_nothing_is_asked_behind_it() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let mut camera = Camera::start();
    let here = "127.0.0.1";
    for (authority, name, years, kind) in [
        (&ours, here, (2001, 2002), Kind::Expired),
        (&ours, here, (2098, 2099), Kind::NotYetValid),
        (&ours, "portal.example", NOW, Kind::OtherName),
        (&theirs, here, NOW, Kind::Untrusted),
    ] {
        let (_portal, middle) = portal_behind(authority.server(name, years, &[&TLS13, &TLS12])).await;
        confirm(&camera, &middle.url(), Some(ours.pem())).await;
        camera.until(kind.code(), |claim| obstacle(claim) == Some(kind)).await;
        assert_eq!(middle.seen(), "");
        assert!(matches!(camera.claim(), Claim::Unregistered { .. }));
    }
    for version in [&TLS12, &TLS13] {
        let (_portal, middle) = portal_behind(ours.server(here, NOW, &[version])).await;
        confirm(&camera, &middle.url(), Some(ours.pem())).await;
        camera.until(&format!("a good one, with {version:?}"), is_registered).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_that_speaks_no_tls_or_hangs_up_is_no_portal_with_a_bad_certificate() {
    let mut camera = Camera::start();
    for (says, kind) in [(&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], Kind::Tls), (b"", Kind::Cut)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut asked = [0; 1024];
                _ = stream.read(&mut asked).await;
                _ = stream.write_all(says).await;
            }
        });
        confirm(&camera, &url, None).await;
        camera.until(kind.code(), |claim| obstacle(claim) == Some(kind)).await;
        served.abort();
    }
}

/// Run inside: asks the portal whose address is in the folder, until the link stands as it says there.
async fn inside(work: &Path) {
    let read = |name: &str| std::fs::read_to_string(work.join(name)).unwrap();
    let ca = std::fs::read_to_string(work.join("ca.pem")).ok();
    let wanted = read("wanted");
    let mut camera = Camera::start();
    confirm(&camera, &read("url"), ca).await;
    let code = |claim: &Claim| match claim {
        Claim::Unregistered { link, .. } => link.obstacle.as_ref().map(|obstacle| obstacle.kind.code()),
        _ => Some(claim.code()),
    };
    camera.until(&wanted, |claim| code(claim) == Some(&wanted)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_before_this_version_was_made_is_called_that_and_one_that_is_ahead_looks_expired() {
    const NAME: &str = "tls::a_clock_before_this_version_was_made_is_called_that_and_one_that_is_ahead_looks_expired";
    if let Some(work) = again::inside() {
        return inside(&work).await;
    }
    let ours = Authority::new("ours");
    let (_portal, middle) = portal_behind(ours.server("127.0.0.1", (2026, 2090), &[&TLS13])).await;
    let work = tempfile::tempdir().unwrap();
    std::fs::write(work.path().join("url"), middle.url()).unwrap();
    std::fs::write(work.path().join("ca.pem"), ours.pem()).unwrap();
    for (clock, code) in [
        ("@1970-01-01 00:05:00", "clock.before_build"),
        ("@2020-06-01 00:00:00", "clock.before_build"),
        ("@2099-06-01 00:00:00", "tls.expired"),
        ("@2030-01-01 00:00:00", "claim.none"),
    ] {
        std::fs::write(work.path().join("wanted"), code).unwrap();
        again::run(NAME, work.path(), &["faketime", "--exclude-monotonic", "-f", clock], &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_the_camera_s_own_store_trusts_needs_no_confirmed_certificate() {
    const NAME: &str = "tls::whom_the_camera_s_own_store_trusts_needs_no_confirmed_certificate";
    if let Some(work) = again::inside() {
        return inside(&work).await;
    }
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let (_portal, middle) = portal_behind(ours.server("127.0.0.1", NOW, &[&TLS13])).await;
    let work = tempfile::tempdir().unwrap();
    std::fs::write(work.path().join("url"), middle.url()).unwrap();
    let store = work.path().join("store.pem");
    for (in_it, code) in [(theirs.pem(), "tls.untrusted"), (theirs.pem() + &ours.pem(), "claim.none")] {
        std::fs::write(&store, in_it).unwrap();
        std::fs::write(work.path().join("wanted"), code).unwrap();
        again::run(
            NAME,
            work.path(),
            &[],
            &[("SSL_CERT_FILE", store.as_os_str()), ("SSL_CERT_DIR", OsStr::new("/nowhere"))],
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_server_that_says_nothing_is_told_as_that_and_holds_up_nothing_else() {
    const NAME: &str = "tls::a_name_server_that_says_nothing_is_told_as_that_and_holds_up_nothing_else";
    if let Some(work) = again::inside() {
        // Nobody answers there, and the socket keeps the kernel from saying so.
        let _silent = std::net::UdpSocket::bind("127.0.0.1:53").unwrap();
        let begun = std::time::Instant::now();
        inside(&work).await;
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
        return;
    }
    let work = tempfile::tempdir().unwrap();
    std::fs::write(work.path().join("url"), "https://portal.example").unwrap();
    std::fs::write(work.path().join("wanted"), "portal.dns").unwrap();
    std::fs::write(work.path().join("resolv.conf"), "nameserver 127.0.0.1\n").unwrap();
    let script =
        "ip link set lo up && mount --bind \"$C2C_TEST_INSIDE/resolv.conf\" /etc/resolv.conf && exec \"$0\" \"$@\"";
    again::run(NAME, work.path(), &["unshare", "--net", "--mount", "--map-root-user", "sh", "-c", script], &[]).await;
}
