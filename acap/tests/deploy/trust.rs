//! Whose certificate is taken.

use std::sync::Arc;

use eap::arch::Arch;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use virtual_camera::VirtualCamera;

use crate::desk::{Desk, made_up, password, place};

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_certificate_is_shown_and_nobody_logs_in_before_it_is_accepted() {
    let (desk, camera) = (Desk::new(), VirtualCamera::builder().start().await.unwrap());
    let packages = made_up(&desk.path("packages"), &[Arch::X8664]);
    let (host, secret) = (place(&camera), password(&camera));
    let call = ["deploy", &packages, "--to", &host, "--allow-unsigned", "--json"];
    let said = desk.run(&call, &secret).await;
    let one = said.json().remove(0);
    assert_eq!((said.code, one["fault"]["kind"].as_str()), (Some(1), Some("unknown_certificate")), "{}", said.out);
    assert!(camera.requests().is_empty(), "nothing was asked");
    let print = said.err.lines().find_map(|line| line.trim().strip_prefix(&host)).unwrap().trim().to_owned();
    assert!(one["fault"]["what"].as_str().unwrap().contains(&print), "{print}");

    // As told, for once: nothing is remembered.
    let said = desk.run(&[&call[..], &["--fingerprint", &print]].concat(), &secret).await;
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert!(!desk.known().exists());
    let said = desk.run(&[&call[..], &["--accept-new"]].concat(), &secret).await;
    assert_eq!(said.code, Some(0), "{}", said.out);
    let known = std::fs::read_to_string(desk.known()).unwrap();
    assert_eq!(known, format!("{host} {print}\n"));
    let said = desk.run(&call, &secret).await;
    assert_eq!(said.code, Some(0), "it is known now: {}", said.out);
    camera.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_certificate_is_refused_also_with_accept_new_and_a_ca_that_does_not_vouch_too() {
    let (desk, camera) = (Desk::new(), VirtualCamera::builder().start().await.unwrap());
    let packages = made_up(&desk.path("packages"), &[Arch::X8664]);
    let (host, secret) = (place(&camera), password(&camera));
    let other = "AB".repeat(32);
    let call = ["deploy", &packages, "--to", &host, "--json"];
    let said = desk.run(&[&call[..], &["--fingerprint", &other]].concat(), &secret).await;
    assert_eq!(said.json()[0]["fault"]["kind"], "changed_certificate", "{}", said.out);
    std::fs::create_dir_all(desk.known().parent().unwrap()).unwrap();
    std::fs::write(desk.known(), format!("{host} {other}\n")).unwrap();
    let said = desk.run(&[&call[..], &["--accept-new", "--allow-http"]].concat(), &secret).await;
    assert_eq!(said.json()[0]["fault"]["kind"], "changed_certificate", "{}", said.out);
    let key = rcgen::KeyPair::generate().unwrap();
    let ca = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap().pem();
    let ca = desk.write("ca.pem", &ca);
    let said = desk.run(&[&call[..], &["--cacert", &ca]].concat(), &secret).await;
    assert_eq!(said.json()[0]["fault"]["kind"], "not_vouched", "{}", said.out);
    assert!(camera.requests().is_empty(), "nobody logged in");
    camera.stop().await;
}

/// Answers each question with a snapshot, over TLS for 127.0.0.1 by a CA of its own; gives the port and the CA.
async fn vouched_for() -> (u16, String) {
    let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = ca.self_signed(&ca_key).unwrap();
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &ca, &ca_key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        loop {
            let (line, _) = listener.accept().await.unwrap();
            // Whoever does not like the certificate goes away.
            let Ok(mut line) = acceptor.accept(line).await else { continue };
            let _asked = line.read(&mut [0; 4096]).await;
            let body =
                r#"{"package":{"version":"1.6.0"},"headline":{"mood":"done","code":"ok","sentence":"All is well."}}"#;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            line.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            line.shutdown().await.unwrap();
        }
    });
    (port, ca.pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_ca_vouches_for_is_taken_for_the_name_that_was_asked_and_nothing_is_remembered() {
    let desk = Desk::new();
    let (port, ca) = vouched_for().await;
    let ca = desk.write("ca.pem", &ca);
    let status = async |host: &str| {
        let host = format!("{host}:{port}");
        desk.run(&["status", "--to", &host, "--cacert", &ca, "--json"], "").await
    };
    let said = status("127.0.0.1").await;
    assert_eq!((said.code, said.json()[0]["headline"].as_str()), (Some(0), Some("All is well.")), "{}", said.out);
    let said = status("localhost").await;
    assert_eq!((said.code, said.json()[0]["fault"]["kind"].as_str()), (Some(1), Some("not_vouched")), "{}", said.out);
    assert!(!desk.known().exists());
}
