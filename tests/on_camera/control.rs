//! The administrator's orders on a camera: who reaches them through a real Apache, and who does not, however it is tried.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use axum::http::header::LOCATION;
use digest_auth::{AuthContext, HttpMethod, WwwAuthenticateHeader};
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::visit::Answer;
use virtual_camera::{Account, Arch, Front, Os, VirtualCamera};

use crate::wire;
use crate::world::{aside, get, install, package, snapshot, until};

pub const ORDERS: &str = "/local/c2c/control/card";
/// A user of systemd's dynamic ones, which has no name.
const ANOTHER_APPLICATION: u32 = 61_200;

async fn camera(card: &str) -> VirtualCamera {
    let camera = VirtualCamera::builder().front(Front::Apache).card_kind(card).speed(1000.0).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    ready(&camera).await;
    camera
}

/// The card has been read, so that there is something to order.
async fn ready(camera: &VirtualCamera) {
    until(camera, "the card can be ordered for", || async { page(camera).await.contains("name=\"token\"") }).await;
}

async fn page(camera: &VirtualCamera) -> String {
    get(camera, Account::Root, ORDERS).await.text()
}

pub fn token(page: &str, order: &str) -> String {
    let (_, form) =
        page.split_once(&format!("action=\"{ORDERS}/{order}\"")).unwrap_or_else(|| panic!("no {order}: {page}"));
    form.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn post(camera: &VirtualCamera, account: Account, order: &str, form: String) -> Answer {
    let (visitor, path) = (camera.visit(account), format!("{ORDERS}/{order}"));
    aside(move || visitor.post_form(&path, &form).unwrap()).await
}

/// A form that is sent by a browser that has logged in before.
async fn post_as(camera: &VirtualCamera, account: Account, path: &str, headers: &str, form: &str) -> wire::Raw {
    let front = camera.addresses().front;
    let challenge = wire::ask(front, "POST", path, "Content-Length: 0\r\n").await.header("www-authenticate").unwrap();
    let (user, password) = camera.login(account);
    let context = AuthContext::new_with_method(user, password, path, None::<&[u8]>, HttpMethod::POST);
    let login = WwwAuthenticateHeader::parse(&challenge).unwrap().respond(&context).unwrap();
    let length = form.len();
    let headers = format!(
        "Authorization: {login}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n{headers}"
    );
    wire::ask_with(front, "POST", path, &headers, form).await
}

async fn status_of_the_card(camera: &VirtualCamera) -> String {
    snapshot(camera).await["cards"]["value"][0]["status"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_administrator_orders_through_the_web_server_and_nobody_below_reaches_the_forms() {
    let camera = camera("new").await;
    let form = format!("slot={SD_DISK}&passphrase=a+b&again=a+b&token={}", token(&page(&camera).await, "prepare"));
    for account in [Account::Viewer] {
        for path in [ORDERS, "/local/c2c/control", "/local/c2c//control/card", "/local/c2c/status/../control/card"] {
            let answer = get(&camera, account, path).await;
            assert!([401, 403].contains(&answer.status), "{account:?} {path}: {}", answer.status);
        }
        for path in [
            "/local/c2c/status//local/c2c/control/card",
            "/local/c2c/status/%2e%2e/control/card",
            "/local/c2c/status%2F..%2Fcontrol/card",
        ] {
            let answer = get(&camera, account, path).await;
            assert!(answer.status >= 400 && !answer.text().contains("name=\"token\""), "{account:?} {path}");
        }
        let answer = post(&camera, account, "prepare", form.clone()).await;
        assert!([401, 403].contains(&answer.status), "{account:?}: {}", answer.status);
    }
    let stranger = virtual_camera::Visitor::stranger(&camera.url());
    assert_eq!(aside(move || stranger.get(ORDERS).unwrap()).await.status, 401);
    assert_eq!(snapshot(&camera).await["jobs"].as_array().unwrap().len(), 1, "nothing but the check");

    let answer = post(&camera, Account::Root, "prepare", form.clone()).await;
    assert_eq!((answer.status, answer.header(LOCATION.as_str())), (303, "/local/c2c/status#card"), "{}", answer.text());
    until(&camera, "the card is encrypted", || async {
        let seen = snapshot(&camera).await;
        seen["cards"]["value"][0]["encrypted"] == true && status_of_the_card(&camera).await == "ok"
    })
    .await;
    // Once more, as a reload or a proxy does it.
    let answer = post(&camera, Account::Root, "prepare", form).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    camera.stop().await;
}

#[tokio::test]
async fn another_site_s_page_and_a_form_of_before_order_nothing_through_the_web_server() {
    let camera = camera("new").await;
    let before = token(&page(&camera).await, "prepare");
    let form = |token: &str| format!("slot={SD_DISK}&passphrase=a&again=a&token={token}");
    let front = camera.addresses().front;
    for (origin, status) in [
        ("Origin: https://evil.example\r\n".to_owned(), "403"),
        ("Origin: null\r\n".to_owned(), "403"),
        (format!("Origin: http://{front}\r\nX-Forwarded-Host: {front}\r\nSec-Fetch-Site: cross-site\r\n"), "403"),
        ("Origin: https://evil.example\r\nX-Forwarded-Host: evil.example\r\n".to_owned(), "403"),
        // The request is asked of `camera`.
        ("Origin: http://camera\r\n".to_owned(), "303"),
    ] {
        let answer = post_as(
            &camera,
            Account::Root,
            &format!("{ORDERS}/test-again"),
            &origin,
            &format!("slot={SD_DISK}&token={}", token(&page(&camera).await, "test-again")),
        )
        .await;
        assert_eq!(answer.status(), status, "{origin}");
    }
    camera.device().axsim().yank(SD_DISK).unwrap();
    until(&camera, "the card is gone", || async { page(&camera).await.contains("No SD card is in.") }).await;
    camera.device().axsim().insert(SD_DISK, None).unwrap();
    ready(&camera).await;
    let answer = post(&camera, Account::Root, "prepare", form(&before)).await;
    assert!(answer.status == 403 && answer.text().contains("the card was changed"), "{}", answer.text());
    assert_eq!(status_of_the_card(&camera).await, "ok");
    assert_eq!(snapshot(&camera).await["cards"]["value"][0]["encrypted"], false);
    camera.stop().await;
}

/// Asks the app's port directly, as a process of this user; the whole answer.
async fn ask_as(user: u32, camera: &VirtualCamera, request: String) -> String {
    let app = camera.addresses().app_host;
    let script = format!("exec 3<>/dev/tcp/{app}/18461; printf %s \"$1\" >&3; cat <&3");
    aside(move || {
        let mut process = Command::new("bash");
        process.args(["-c", &script, "bash", &request]).current_dir("/").stdin(Stdio::null());
        let output = process.uid(user).gid(user).output().unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr)
    })
    .await
}

fn direct(method: &str, path: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:18461\r\nConnection: close\r\nX-Forwarded-For: 192.0.2.7\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_process_of_another_application_sees_no_form_and_orders_nothing() {
    if !rustix::process::getuid().is_root() {
        eprintln!("SKIPPED: only root can be another user");
        return;
    }
    let camera = camera("foreign").await;
    // With everything that an order needs, got by an administrator.
    let form = format!("slot={SD_DISK}&passphrase=x&again=x&token={}", token(&page(&camera).await, "prepare"));
    assert_eq!(post(&camera, Account::Root, "prepare", form).await.status, 303);
    until(&camera, "an erase is offered", || async { page(&camera).await.contains(&format!("{ORDERS}/erase\"")) })
        .await;
    let seen = page(&camera).await;
    let serial = camera.identity().serial.clone();
    let erase = format!("slot={SD_DISK}&size=unknown&serial={}&token=", &serial[serial.len() - 4..]);
    let jobs = snapshot(&camera).await["jobs"].as_array().unwrap().len();
    for user in [ANOTHER_APPLICATION, 4_000_000] {
        let erases = direct("POST", &format!("{ORDERS}/erase"), &format!("{erase}{}", token(&seen, "erase")));
        let prepare = format!("slot={SD_DISK}&passphrase=x&again=x&token={}", token(&seen, "prepare"));
        for request in [direct("GET", ORDERS, ""), direct("POST", &format!("{ORDERS}/prepare"), &prepare), erases] {
            let answer = ask_as(user, &camera, request).await;
            assert!(answer.starts_with("HTTP/1.1 403"), "{user}: {answer}");
            assert!(!answer.contains("name=\"token\""), "{user}: {answer}");
        }
    }
    let log = camera.app_log("c2c");
    assert!(log.contains(&format!("the application of user {ANOTHER_APPLICATION}")), "{log}");
    assert_eq!(snapshot(&camera).await["jobs"].as_array().unwrap().len(), jobs, "nothing was begun");
    assert!(!camera.requests().iter().any(|request| request.path.ends_with("format.cgi")));
    // The same form is good: sent by an administrator it erases.
    let answer = post(&camera, Account::Root, "erase", format!("{erase}{}", token(&seen, "erase"))).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    // The same by a user of the system is looked at.
    let answer = ask_as(0, &camera, direct("GET", ORDERS, "")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The status page is everybody's on the camera.
    let answer = ask_as(ANOTHER_APPLICATION, &camera, direct("GET", "/local/c2c/status/healthz", "")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    camera.stop().await;
}
