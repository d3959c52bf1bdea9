//! The main flow: install, start, log in, read the camera's real values.

use virtual_camera::visit::Visitor;
use virtual_camera::{Account, Arch, Front, Os, VirtualCamera};

use crate::orders::{asked, is_ready, prepare};
use crate::world::{PAGE, SNAPSHOT, control, fetch, get, install, package, page, snapshot, until};

/// Every value that the page shows is the one that this camera has.
async fn shows_the_real_values(camera: &VirtualCamera, arch: Arch) {
    until(camera, "everything is read", || async {
        let seen = snapshot(camera).await;
        ["identity", "network", "boot", "applications", "storage"].iter().all(|name| seen[name]["reading"] == "known")
    })
    .await;
    let identity = camera.identity().clone();
    let page = page(camera).await;
    let seen = snapshot(camera).await;
    let mac = seen["network"]["value"]["interfaces"][0]["mac"].as_str().unwrap().to_owned();
    assert_eq!(mac.replace(':', ""), identity.serial);
    for text in [identity.serial.as_str(), identity.firmware.as_str(), mac.as_str(), "1.6.0", "Error"] {
        assert!(page.contains(text), "{text} is not on the page");
    }
    assert!(page.contains(&identity.model), "{}", identity.model);
    let leading = page.split("IP address").nth(1).unwrap();
    assert!(leading.find(&identity.ip.to_string()).unwrap() < leading.find("169.254").unwrap_or(usize::MAX));
    let apps = seen["applications"]["value"].as_array().unwrap();
    let ours = apps.iter().find(|app| app["name"] == "c2c").unwrap();
    // Older releases write a dash before the last number.
    let version = if camera.identity().firmware.starts_with("11.") { "1.6-0" } else { "1.6.0" };
    assert_eq!((&ours["state"], &ours["version"]), (&"running".into(), &version.into()));
    assert_eq!(seen["identity"]["value"]["architecture"], arch.to_string());
    assert_eq!(seen["storage"]["value"].as_array().unwrap().iter().filter(|slot| slot["available"] == true).count(), 1);
}

async fn main_flow(os: Os, arch: Arch, front: Front) {
    let camera = VirtualCamera::builder().os(os).arch(arch).front(front).start().await.unwrap();
    install(&camera, package(arch, os)).await;
    shows_the_real_values(&camera, arch).await;
    let log = camera.app_log("c2c");
    assert!(!log.contains("Authorization") && !log.contains("WARN") && !log.contains("ERROR"), "{log}");
    camera.stop().await;
}

#[tokio::test]
async fn the_page_shows_the_camera_s_real_values() {
    main_flow(Os::V12_11, Arch::native(), Front::Embedded).await;
    card_flow(Arch::native()).await;
}

#[tokio::test]
async fn the_page_shows_the_camera_s_real_values_behind_the_real_apache() {
    main_flow(Os::V12_11, Arch::native(), Front::Apache).await;
}

/// The same package makes a new card ready, which it does through the camera's C libraries as well.
async fn card_flow(arch: Arch) {
    let camera = VirtualCamera::builder().arch(arch).card_kind("new").speed(40.0).start().await.unwrap();
    install(&camera, package(arch, Os::V12_11)).await;
    prepare(&camera).await;
    is_ready(&camera).await;
    let marker = camera.device().axsim().root().join("storage/SD_DISK/medium/areas/c2c/c2c.json");
    assert!(std::fs::read_to_string(&marker).unwrap().contains(&camera.identity().serial), "{}", marker.display());
    assert_eq!((asked(&camera, "format.cgi"), asked(&camera, "enablediskencryption.cgi")), (1, 1));
    control(&camera, "stop").await;
    assert!(camera.device().axsim().holders("SD_DISK").is_empty());
    camera.stop().await;
}

#[tokio::test]
async fn the_aarch64_package_shows_the_same_and_makes_a_card_ready() {
    main_flow(Os::V12_11, Arch::Aarch64, Front::Embedded).await;
    card_flow(Arch::Aarch64).await;
}

#[tokio::test]
async fn the_armv7hf_package_shows_the_same_and_makes_a_card_ready() {
    main_flow(Os::V12_11, Arch::Armv7hf, Front::Embedded).await;
    card_flow(Arch::Armv7hf).await;
}

#[tokio::test]
async fn the_older_form_of_the_package_works_on_axis_os_11_11_and_12_9() {
    main_flow(Os::V11_11, Arch::native(), Front::Embedded).await;
    main_flow(Os::V12_9, Arch::native(), Front::Embedded).await;
}

#[tokio::test]
async fn axis_os_13_refuses_the_unsigned_package_and_serves_a_signed_one_over_https_only() {
    let eap = package(Arch::native(), Os::V13_0);
    let strict = VirtualCamera::builder().os(Os::V13_0).start().await.unwrap();
    let (visitor, bytes) = (strict.visit(Account::Root), eap.clone());
    let answer = crate::world::aside(move || visitor.upload("c2c.eap", &bytes).unwrap()).await;
    assert_eq!((answer.status, answer.text().trim()), (200, "Error: 2"));
    strict.stop().await;

    let camera = VirtualCamera::builder().os(Os::V13_0).treat_as_signed(true).start().await.unwrap();
    assert!(camera.url().starts_with("https://"));
    let visitor = camera.visit(Account::Root);
    crate::world::aside(move || visitor.install("c2c.eap", &eap, "c2c").unwrap()).await;
    crate::world::wait_for_page(&camera).await;
    shows_the_real_values(&camera, Arch::native()).await;
    camera.stop().await;
}

/// The same rules at both fronts and over both http and https.
async fn the_proxy_s_rules_hold(front: Front) {
    let camera = VirtualCamera::builder().front(front).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    for url in [camera.url(), camera.https_url()] {
        assert_eq!(fetch(Visitor::stranger(&url), PAGE).await.status, 401, "{url}");
        let (user, password) = camera.login(Account::Viewer);
        let viewer = || Visitor::new(&url, &user, &password);
        let status = fetch(viewer(), PAGE).await;
        assert_eq!(status.status, 200, "{url}");
        assert!(status.header("content-security-policy").contains("default-src 'none'"));
        assert_eq!(status.header("cache-control"), "no-store");
        assert_eq!(fetch(viewer(), "/local/c2c/style.css").await.status, 200);
        assert_eq!(fetch(viewer(), "/local/c2c/index.html").await.status, 200);
        assert_eq!(fetch(viewer(), "/local/c2c/status/healthz").await.status, 200);
        assert_eq!(fetch(viewer(), "/local/c2c/statusXYZ").await.status, 404);
        assert_eq!(fetch(viewer(), "/local/c2c/status/nothing?x=1").await.status, 404);
        assert_ne!(fetch(viewer(), "/local/c2c/control").await.status, 200);
        assert_ne!(fetch(viewer(), "/local/c2c/control").await.status, 404, "a viewer must not get as far as the app");
    }
    assert_eq!(get(&camera, Account::Root, "/local/c2c/control/card").await.status, 200);
    assert_eq!(get(&camera, Account::Root, SNAPSHOT).await.header("content-type"), "application/json");
    camera.stop().await;
}

#[tokio::test]
async fn only_who_may_pass_gets_to_the_app() {
    the_proxy_s_rules_hold(Front::Embedded).await;
}

#[tokio::test]
async fn only_who_may_pass_gets_to_the_app_behind_the_real_apache() {
    the_proxy_s_rules_hold(Front::Apache).await;
}
