//! What a person sees in a real Chromium: from the camera's Apps page to the status page, as administrator and as
//! viewer, with and without JavaScript, at a desk and on a phone. The pictures go to `target/screenshots`.

mod claim;
mod driver;
mod gallery;
mod help;
mod live;
mod orders;
mod steady;

use driver::Browser;
use serde_json::{Value, json};
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::{Account, Arch, Fault, Front, Os, VirtualCamera};

use crate::world::{PAGE, camera_with_app, control, install, package, root, snapshot, until};

const APPS: &str = "/camera/apps.html";
const DOOR: &str = "/local/c2c/index.html";
const OURS: &str = "tr[data-app=c2c]";

/// Everything has been read, so that what the page says is settled.
async fn settled(camera: &VirtualCamera) {
    until(camera, "everything is read", || async {
        let seen = snapshot(camera).await;
        ["identity", "network", "boot", "applications", "storage"].iter().all(|name| seen[name]["reading"] == "known")
    })
    .await;
}

/// The page says who this camera is, in every field.
async fn reads_the_real_values(browser: &Browser, camera: &VirtualCamera) {
    let script = "return Object.fromEntries([...document.querySelectorAll('.fact')].map(
        fact => [fact.querySelector('dt').innerText, fact.querySelector('dd').innerText]))";
    let facts = browser.run(script, vec![]).await;
    let fact = |name: &str| facts[name].as_str().unwrap_or_else(|| panic!("no {name} in {facts:#}")).to_owned();
    let identity = camera.identity();
    let name = format!("{} {}", identity.full_name, identity.serial);
    assert_eq!(fact("Device name"), name);
    assert_eq!(browser.text("h1").await, name);
    assert!(fact("Device status").starts_with("Error"), "{}", fact("Device status"));
    assert!(fact("IP address").starts_with(&identity.ip.to_string()), "{}", fact("IP address"));
    assert_eq!(fact("MAC address").to_lowercase(), identity.mac());
    assert_eq!(fact("ACAP version"), "1.6.0");
    assert_eq!(fact("AXIS OS version"), identity.firmware);
    assert_eq!(browser.text("li[data-app=c2c] .name").await, "Camera-to-Cloud");
    assert_eq!(browser.text("li[data-app=c2c] .state").await, "Running");
    assert!(browser.text(".counts").await.contains("1 running"));
}

#[tokio::test]
async fn an_administrator_installs_starts_and_opens_the_app_from_the_apps_page() {
    let camera = VirtualCamera::builder().start().await.unwrap();
    let browser = Browser::start().await;
    browser.open(&camera, Account::Root, APPS).await;
    let package = root().join(format!("target/eap/Camera-to-Cloud_1_6_0_{}.eap", Arch::native()));
    browser.wait_for("#list", "Scene Watch").await;
    assert_eq!(browser.text(OURS).await, "", "it is not there yet");
    browser.type_into("#package", &package.display().to_string()).await;
    browser.click("#upload button").await;
    browser.wait_for("#message", "no valid signature").await;
    browser.click("#unsigned").await;
    browser.wait_for("#message", "Unsigned apps are allowed.").await;
    browser.click("#upload button").await;
    browser.wait_for("#message", "Installed.").await;
    browser.wait_for(OURS, "Stopped").await;
    browser.click(&format!("{OURS} .actions button")).await;
    browser.wait_for(OURS, "Running").await;
    browser.shoot("apps").await;
    settled(&camera).await;
    let complaints = browser.complaints().await;
    let ours = complaints.iter().filter(|(_, message)| !message.contains("/favicon.ico"));
    assert_eq!(ours.count(), 0, "{complaints:?}");

    browser.click(&format!("{OURS} a")).await;
    browser.wait_for("#overview", "AXIS OS version").await;
    assert_eq!(browser.path().await, PAGE);
    reads_the_real_values(&browser, &camera).await;
    browser.end().await;
    camera.stop().await;
}

#[tokio::test]
async fn a_viewer_reads_the_same_at_a_desk_and_on_a_phone_by_eye_and_by_keyboard_and_on_paper() {
    let camera = camera_with_app().await;
    settled(&camera).await;
    let browser = Browser::start().await;
    browser.open(&camera, Account::Viewer, PAGE).await;
    reads_the_real_values(&browser, &camera).await;
    assert!(browser.run("return document.title", vec![]).await.as_str().unwrap().contains(&camera.identity().serial));
    for (width, dark) in [(1280, false), (1280, true), (390, false), (390, true)] {
        browser.view(width, dark).await;
        is_comfortable(&browser, width).await;
    }
    opens_by_keyboard(&browser).await;
    is_comfortable(&browser, 390).await;
    browser.shoot("details").await;
    browser.run("dispatchEvent(new Event('beforeprint'))", vec![]).await;
    assert_eq!(browser.sheets("status-paper").await, 1, "sheets of paper");
    let paper = browser.run("return document.getElementById('paper').textContent", vec![]).await;
    assert!(paper.as_str().unwrap().ends_with(PAGE), "where it was printed from: {paper}");
    browser.refresh().await;
    browser.shoot("status").await;
    assert_eq!(browser.complaints().await, []);
    browser.end().await;
    camera.stop().await;
}

#[tokio::test]
async fn without_javascript_the_door_opens_and_the_page_reads_the_same() {
    let camera = camera_with_app().await;
    settled(&camera).await;
    let browser = Browser::without_javascript().await;
    browser.open(&camera, Account::Viewer, DOOR).await;
    browser.wait_for("#overview", "AXIS OS version").await;
    assert_eq!(browser.path().await, PAGE);
    reads_the_real_values(&browser, &camera).await;
    assert!(browser.text("#pulse").await.starts_with("Read at"), "{}", browser.text("#pulse").await);
    // It is read again by itself, every 30 seconds.
    camera.device().axsim().yank(SD_DISK).unwrap();
    until(&camera, "the page was read again", || async { browser.text(live::CARD).await == "Not available" }).await;
    assert_eq!(browser.complaints().await, []);
    browser.end().await;
    camera.stop().await;
}

#[tokio::test]
async fn a_stopped_app_is_told_at_the_door_which_opens_by_itself_after_the_start() {
    // Over the real web server, since it is the one that answers in the app's place.
    let camera = VirtualCamera::builder().front(Front::Apache).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    control(&camera, "stop").await;
    let browser = Browser::start().await;
    browser.open(&camera, Account::Viewer, DOOR).await;
    browser.wait_for("#headline", "not running").await;
    for (width, dark) in [(1280, false), (390, true)] {
        browser.view(width, dark).await;
        is_comfortable(&browser, width).await;
        gallery::is_accessible(&browser, "door").await;
    }
    browser.shoot("door").await;
    let beyond = browser.complaints().await.into_iter().filter(|(source, _)| source != "network").collect::<Vec<_>>();
    assert_eq!(beyond, [], "but for the answers of the web server in the app's place");
    control(&camera, "start").await;
    browser.wait_for("#overview", "AXIS OS version").await;
    assert_eq!(browser.path().await, PAGE);
    browser.end().await;
    camera.stop().await;
}

#[tokio::test]
async fn a_lost_reading_is_told_in_its_place_with_the_last_value_and_its_age() {
    let camera = camera_with_app().await;
    settled(&camera).await;
    camera.fault("/axis-cgi/applications/list.cgi", Fault::Status(500));
    until(&camera, "the list is lost", || async { snapshot(&camera).await["applications"]["reading"] == "lost" }).await;
    let browser = Browser::start().await;
    browser.open(&camera, Account::Viewer, PAGE).await;
    browser.wait_for(".headline", "one reading").await;
    assert!(browser.text(".fault").await.contains("500"), "{}", browser.text(".fault").await);
    assert!(browser.text(".age").await.contains("ago"), "{}", browser.text(".age").await);
    assert_eq!(browser.text("li[data-app=c2c] .state").await, "Running");
    for (width, dark) in [(1280, false), (390, true)] {
        browser.view(width, dark).await;
        is_comfortable(&browser, width).await;
    }
    browser.shoot("lost").await;

    camera.set_param("c2c", "LogLevel", "loud").unwrap();
    camera.set_param("c2c", "HelpLink", "https://help.example.com/").unwrap();
    until(&camera, "the settings are told", || async {
        let settings = &snapshot(&camera).await["settings"];
        settings["problems"].as_array().unwrap().len() == 1 && settings["help_link"].is_string()
    })
    .await;
    browser.refresh().await;
    browser.wait_for(".problems", "LogLevel").await;
    assert_eq!(browser.text(".bar a[rel]").await, "More help");
    for (width, dark) in [(390, false), (1280, true)] {
        browser.view(width, dark).await;
        is_comfortable(&browser, width).await;
        gallery::is_accessible(&browser, "settings").await;
    }
    browser.shoot("settings").await;
    assert_eq!(browser.complaints().await, []);
    browser.end().await;
    camera.stop().await;
}

/// Nothing to scroll sideways, every letter readable (WCAG AA), every target large enough for a thumb.
async fn is_comfortable(browser: &Browser, width: u32) {
    let found = browser.run(include_str!("browser/comfort.js"), vec![json!(width < 600)]).await;
    assert_eq!(found, Value::Array(vec![]), "at {width}");
}

/// Tab reaches each application in turn, where the focus can be seen, and Enter opens it.
async fn opens_by_keyboard(browser: &Browser) {
    let focus = "const it = document.activeElement, style = getComputedStyle(it);
        return [it.tagName, style.outlineStyle, style.outlineWidth, it.parentElement?.open ?? null]";
    for _ in 0..20 {
        browser.press("\u{e004}").await;
        let seen = browser.run(focus, vec![]).await;
        assert_eq!((&seen[1], &seen[2]), (&json!("solid"), &json!("2px")), "the focus cannot be seen: {seen}");
        if seen[0] == "SUMMARY" {
            assert_eq!(seen[3], false);
            browser.press("\u{e007}").await;
            assert_eq!(browser.run(focus, vec![]).await[3], true, "Enter opens it");
            return;
        }
    }
    panic!("no application can be reached by Tab");
}
