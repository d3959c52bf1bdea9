//! Whose certificate is taken.

use eap::arch::Arch;
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
