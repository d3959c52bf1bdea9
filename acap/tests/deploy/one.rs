//! One camera: what is done, what is left alone, and what is put back.

use std::time::Duration;

use eap::arch::Arch;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use virtual_camera::{Arch as Kind, Fault, Front, Os, VirtualCamera};

use crate::desk::{Desk, PATIENCE, UPLOAD, asked, built, ended, made_up, password, place, switched};

async fn deployed_and_again(os: Os, front: Front) {
    runs_through(VirtualCamera::builder().os(os).front(front).start().await.unwrap(), os).await;
}

async fn runs_through(camera: VirtualCamera, os: Os) {
    let desk = Desk::new();
    let (host, packages, secret) = (place(&camera), built(), password(&camera));
    let call = [
        "deploy",
        &packages,
        "--to",
        &host,
        "--accept-new",
        "--allow-unsigned",
        "--start",
        "--param",
        "LogLevel=debug",
        "--json",
    ];
    let said = desk.run(&call, &secret).await;
    let one = &said.json()[0];
    assert_eq!((said.code, &one["steps"]), (Some(0), &json!(["installed", "parameters", "started"])), "{}", said.out);
    assert_eq!(one["serial"], camera.identity().serial);
    assert!(!one["headline"].as_str().unwrap().is_empty());
    assert!(camera.app_log("c2c").contains("DEBUG"), "the parameter counts: {}", camera.app_log("c2c"));
    let moved = if os == Os::V11_11 { vec![] } else { vec![true, false] };
    assert_eq!(switched(&camera), moved, "the switch stands as before");

    let again = desk.run(&call, &secret).await;
    assert_eq!((again.code, &again.json()[0]["steps"]), (Some(0), &json!([])), "{}", again.out);
    assert_eq!((asked(&camera, UPLOAD), switched(&camera)), (1, moved));
    for text in [&said.out, &said.err, &desk.journal(), &again.out] {
        assert!(!text.contains(&secret), "{text}");
    }
    camera.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_gets_its_package_is_set_up_and_reports_itself_and_a_second_run_does_nothing() {
    deployed_and_again(Os::V12_11, Front::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_behind_the_real_apache() {
    deployed_and_again(Os::V12_9, Front::Apache).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_a_camera_that_takes_unsigned_packages_anyway() {
    deployed_and_again(Os::V11_11, Front::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_a_camera_with_another_processor() {
    runs_through(VirtualCamera::builder().arch(Kind::Aarch64).start().await.unwrap(), Os::V12_11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_tells_who_it_is_by_its_parameters_alone_gets_its_package_too() {
    let (desk, camera) = (Desk::new(), VirtualCamera::builder().start().await.unwrap());
    let packages = made_up(&desk.path("packages"), &[Arch::X8664]);
    camera.fault("/axis-cgi/basicdeviceinfo.cgi", Fault::NotFound);
    let (host, secret) = (place(&camera), password(&camera));
    let said =
        desk.run(&["deploy", &packages, "--to", &host, "--accept-new", "--allow-unsigned", "--json"], &secret).await;
    let one = &said.json()[0];
    assert_eq!((said.code, &one["steps"]), (Some(0), &json!(["installed"])), "{}", said.out);
    assert_eq!(
        (&one["serial"], &one["axis_os"]),
        (&json!(camera.identity().serial), &json!(camera.identity().firmware))
    );
    camera.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_in_the_midst_puts_the_switch_back_first() {
    let (desk, camera) = (Desk::new(), VirtualCamera::builder().start().await.unwrap());
    let packages = made_up(&desk.path("packages"), &[Arch::X8664]);
    camera.fault(UPLOAD, Fault::Hang);
    let (host, secret) = (place(&camera), password(&camera));
    let child = desk.begin(&["deploy", &packages, "--to", &host, "--accept-new", "--allow-unsigned"], &secret);
    assert!(camera.device().wait_for_request(PATIENCE, |seen| seen.path == UPLOAD).await);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let said = ended(child).await;
    assert_eq!((said.code, switched(&camera)), (Some(130), vec![true, false]), "{}", said.out);
    assert!(said.out.contains("stopped before it was done"), "{}", said.out);
    camera.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_leaves_a_note_by_which_the_next_one_puts_the_switch_back() {
    let (desk, camera) = (Desk::new(), VirtualCamera::builder().start().await.unwrap());
    let packages = made_up(&desk.path("packages"), &[Arch::X8664]);
    camera.device().fault_next(UPLOAD, None, Fault::Hang, Some(1));
    let (host, secret) = (place(&camera), password(&camera));
    let call = ["deploy", &packages, "--to", &host, "--accept-new", "--json"];
    let child = desk.begin(&[&call[..], &["--allow-unsigned"]].concat(), &secret);
    assert!(camera.device().wait_for_request(PATIENCE, |seen| seen.path == UPLOAD).await);
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    ended(child).await;
    assert_eq!(switched(&camera), [true], "nobody could put it back");

    let said = desk.run(&call, &secret).await;
    let one = &said.json()[0];
    assert_eq!(
        (said.code, &one["steps"], &one["fault"]["kind"]),
        (Some(1), &json!(["put_back"]), &json!("upload_refused"))
    );
    assert_eq!(switched(&camera), [true, false]);
    camera.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_cannot_be_put_back_is_a_failure_though_the_package_is_in() {
    let (desk, camera) = (Desk::new(), VirtualCamera::builder().start().await.unwrap());
    let packages = made_up(&desk.path("packages"), &[Arch::X8664]);
    camera.fault(UPLOAD, Fault::Slow(3000));
    let (host, secret) = (place(&camera), password(&camera));
    let call = ["deploy", &packages, "--to", &host, "--accept-new", "--allow-unsigned", "--json"];
    let child = desk.begin(&call, &secret);
    assert!(camera.device().wait_for_request(PATIENCE, |seen| seen.path == UPLOAD && seen.user.is_some()).await);
    camera.fault("/axis-cgi/applications/config.cgi", Fault::Status(503));
    let said = ended(child).await;
    assert_eq!((said.code, &said.json()[0]["fault"]["kind"]), (Some(1), &json!("not_put_back")), "{}", said.out);

    camera.clear_faults();
    let said = desk.run(&call, &secret).await;
    assert_eq!((said.code, &said.json()[0]["steps"][0]), (Some(0), &json!("put_back")), "{}", said.out);
    assert_eq!(switched(&camera).last(), Some(&false));
    camera.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_never_goes_over_plain_http_and_a_digest_does_where_that_was_allowed() {
    let (desk, camera) = (Desk::new(), VirtualCamera::builder().start().await.unwrap());
    let packages = made_up(&desk.path("packages"), &[Arch::X8664]);
    let (url, secret) = (camera.url(), password(&camera));
    assert!(url.starts_with("http://"));
    let said = desk.run(&["deploy", &packages, "--to", &url, "--allow-unsigned", "--json"], &secret).await;
    assert_eq!((said.code, &said.json()[0]["steps"]), (Some(0), &json!(["installed"])), "by Digest: {}", said.out);
    camera.stop().await;

    // Somebody who asks for the password in the clear.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let greedy = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut heard = Vec::new();
        while let Ok(Ok((mut line, _))) = tokio::time::timeout(Duration::from_secs(5), listener.accept()).await {
            let mut bytes = vec![0; 4096];
            let many = line.read(&mut bytes).await.unwrap();
            heard.extend_from_slice(&bytes[..many]);
            let refusal = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            line.write_all(refusal.as_bytes()).await.unwrap();
        }
        String::from_utf8_lossy(&heard).to_lowercase()
    });
    let said = desk.run(&["deploy", &packages, "--to", &address, "--json"], "hush").await;
    assert_eq!(said.json()[0]["fault"]["kind"], "plain_basic", "{}", said.out);
    let heard = greedy.await.unwrap();
    assert!(heard.contains("post /axis-cgi/basicdeviceinfo.cgi") && !heard.contains("authorization"), "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_call_is_said_before_any_camera_is_asked() {
    let (desk, camera) = (Desk::new(), VirtualCamera::builder().start().await.unwrap());
    let packages = made_up(&desk.path("packages"), &[Arch::X8664]);
    let (host, secret) = (place(&camera), password(&camera));
    let whole = |more: &[&str]| {
        [&["deploy", &packages, "--to", &host, "--accept-new"], more]
            .concat()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    for (more, words) in [
        (&["--param", "Nonsense=1"][..], "it has LogLevel"),
        (&["--param", "LogLevel"][..], "NAME=VALUE"),
        (&["--portal", "http://portal.example"][..], "https://HOST"),
        (&["--list", "/nowhere.csv"][..], "/nowhere.csv"),
        (&["--password", "x"][..], "--password"),
    ] {
        let call = whole(more);
        let said = desk.run(&call.iter().map(String::as_str).collect::<Vec<_>>(), &secret).await;
        assert_eq!(said.code, Some(2), "{more:?}: {}", said.err);
        assert!(said.err.contains(words), "{more:?}: {}", said.err);
    }
    assert!(camera.requests().is_empty());
    camera.stop().await;
}
