//! The whole way: a package, a portal with a CA of its own, and a one-time token, to a camera that is claimed in the end.

use reference_portal::{NewOperator, Options, Running, Tls};
use serde_json::json;
use virtual_camera::VirtualCamera;

use crate::desk::{Desk, built, password, place};
use crate::operator::{Operator, PASSWORD};

async fn portal(desk: &Desk) -> Running {
    let mut options = Options::new("127.0.0.1:0".parse().unwrap(), &desk.path("portal"));
    options.tls = Tls::SelfSigned;
    let running = reference_portal::start(options).await.unwrap();
    let operator = NewOperator {
        name: "ada".to_owned(),
        organisation: "Alpha".to_owned(),
        password: PASSWORD.to_owned(),
        sees_secrets: false,
    };
    running.add_operator(operator).await.unwrap();
    running
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_is_claimed_by_one_command_and_its_token_is_nowhere_to_be_read() {
    let (desk, camera) = (Desk::new(), VirtualCamera::builder().start().await.unwrap());
    let portal = portal(&desk).await;
    let (address, ca) = (portal.url().to_string(), portal.certificate().unwrap().display().to_string());
    let operator = Operator::login(address.trim_end_matches('/'), "ada").await;
    let (packages, host, secret) = (built(), place(&camera), password(&camera));
    let call = ["deploy", &packages, "--to", &host, "--accept-new", "--allow-unsigned", "--portal", &address, "--json"];

    // Without the portal's CA the camera does not get there, and the reason is told.
    let said = desk.run(&[&call[..], &["--wait", "20"]].concat(), &secret).await;
    let one = said.json().remove(0);
    assert_eq!((said.code, &one["fault"]["kind"]), (Some(1), &json!("portal_away")), "{}", said.out);
    assert!(one["fault"]["what"].as_str().unwrap().contains("untrusted"), "{}", said.out);

    // With it, it is known there, and waits to be claimed.
    let with_ca = [&call[..], &["--portal-ca", &ca]].concat();
    let said = desk.run(&with_ca, &secret).await;
    assert_eq!((said.code, &said.json()[0]["steps"]), (Some(0), &json!(["portal"])), "{}", said.out);

    operator.approve(&camera.identity().serial).await;
    let token = operator.token().await;
    let tokens = desk.write("tokens.txt", &format!("{token}\n"));
    let with_token = [&with_ca[..], &["--portal-tokens", &tokens]].concat();
    let said = desk.run(&with_token, &secret).await;
    assert_eq!((said.code, &said.json()[0]["steps"]), (Some(0), &json!(["token"])), "{}", said.out);
    assert!(operator.csv().await.contains(&camera.identity().serial));

    let again = desk.run(&with_token, &secret).await;
    assert_eq!((again.code, &again.json()[0]["steps"]), (Some(0), &json!([])), "{}", again.out);
    for text in [&said.out, &said.err, &again.out, &desk.journal()] {
        assert!(!text.contains(&token) && !text.contains(&secret));
    }
    let elsewhere = ["deploy", &packages, "--to", &host, "--portal", "https://other.example", "--json"];
    let said = desk.run(&elsewhere, &secret).await;
    assert_eq!((said.code, &said.json()[0]["fault"]["kind"]), (Some(1), &json!("other_portal")), "{}", said.out);
    camera.stop().await;
    portal.stop().await;
}
