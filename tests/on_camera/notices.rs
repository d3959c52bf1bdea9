//! The notices of a camera with the app on it, end to end: what an owner of this AXIS OS, with this clock, reads.
//!
//! That applications are refused by AXIS OS 13 is a dated notice: these tests hold until its rule ends with 2031.

use serde_json::Value;
use virtual_camera::{Account, Arch, Fault, Os, VirtualCamera};

use crate::world::{control, get, install, package, page, root, snapshot, until, wait_for_page};

async fn camera(os: Os, signed: bool, clock: bool) -> VirtualCamera {
    let camera = VirtualCamera::builder().os(os).treat_as_signed(signed).start().await.unwrap();
    camera.clock(clock);
    if signed {
        // AXIS OS 13 has no switch for unsigned packages that `install` could set.
        camera.device().install(&package(Arch::native(), os)).await.unwrap();
        camera.device().start_app("c2c").await.unwrap();
        wait_for_page(&camera).await;
    } else {
        install(&camera, package(Arch::native(), os)).await;
    }
    camera
}

/// The notices once every reading that they rest on is there.
async fn notices(camera: &VirtualCamera) -> Vec<Value> {
    until(camera, "everything is read", || async {
        let seen = snapshot(camera).await;
        ["identity", "applications", "containers", "time"].iter().all(|name| seen[name]["reading"] == "known")
    })
    .await;
    snapshot(camera).await["notices"].as_array().unwrap().clone()
}

fn ids(notices: &[Value]) -> Vec<&str> {
    notices.iter().map(|notice| notice["id"].as_str().unwrap()).collect()
}

/// The notices that stand open on the page, as markup.
async fn open(camera: &VirtualCamera) -> String {
    let page = page(camera).await;
    let part = page.split("id=\"notices\"").nth(1).unwrap().split("</section>").next().unwrap().to_owned();
    part.split("id=\"notices-calm\"").next().unwrap().to_owned()
}

#[tokio::test]
async fn on_12_11_a_fresh_unsigned_app_names_itself_as_what_axis_os_13_refuses_and_says_nothing_else() {
    let camera = camera(Os::V12_11, false, true).await;
    let told = notices(&camera).await;
    assert_eq!(ids(&told), ["axis-os-13-refuses", "no-containers-on-this-model"]);
    let text = told[0]["text"].as_str().unwrap();
    assert!(text.contains("because of Camera-to-Cloud (not shown to be signed)."), "{text}");
    let open = open(&camera).await;
    assert!(open.contains(text) && open.contains("Plan ahead"), "{open}");
    assert!(!open.contains("Scene Watch"), "it came with the camera: {open}");
    assert!(camera.app_log("c2c").contains("notices: axis-os-13-refuses: "), "{}", camera.app_log("c2c"));
    camera.stop().await;
}

#[tokio::test]
async fn an_up_to_date_camera_with_signed_applications_has_nothing_that_stands_open() {
    for (os, calm) in [(Os::V12_11, "no-containers-on-this-model"), (Os::V13_0, "no-containers-on-axis-os-13")] {
        let camera = camera(os, true, true).await;
        assert_eq!(ids(&notices(&camera).await), [calm], "{os}");
        let open = open(&camera).await;
        assert!(!open.contains("data-notice"), "{open}");
        camera.stop().await;
    }
}

#[tokio::test]
async fn on_11_11_it_is_not_known_what_axis_os_13_refuses_and_the_page_says_why() {
    let camera = camera(Os::V11_11, false, true).await;
    let told = notices(&camera).await;
    let refuses = told.iter().find(|notice| notice["id"] == "axis-os-13-refuses").unwrap();
    let why = refuses["unknown"].as_str().unwrap();
    assert!(why.contains("Camera-to-Cloud") && why.contains("does not report"), "{why}");
    assert!(!ids(&told).contains(&"axis-os-12-support"), "{told:?}");
    let open = open(&camera).await;
    assert!(open.contains("data-weight=\"unknown\"") && open.contains("this AXIS OS does not report"), "{open}");
    camera.stop().await;
}

#[tokio::test]
async fn on_12_9_the_version_that_is_supported_is_named() {
    let camera = camera(Os::V12_9, false, true).await;
    let told = notices(&camera).await;
    let advice = told.iter().find(|notice| notice["id"] == "axis-os-12-support").unwrap();
    assert!(advice["text"].as_str().unwrap().contains(&camera.identity().firmware), "{advice}");
    assert!(open(&camera).await.contains("Upgrade it to 12.11."));
    camera.stop().await;
}

#[tokio::test]
async fn a_clock_that_nobody_set_is_a_warning_which_goes_when_it_is_set() {
    let camera = camera(Os::V12_11, true, false).await;
    let told = notices(&camera).await;
    assert_eq!(told[0]["id"], "clock-not-synchronised", "{told:?}");
    assert_eq!((&told[0]["weight"], &told[0]["unknown"]), (&Value::from("warning"), &Value::Null));
    let shown = page(&camera).await;
    assert!(shown.contains("Act now") && shown.contains("Not synchronised"), "{shown}");
    control(&camera, "stop").await;
    camera.clock(true);
    control(&camera, "start").await;
    wait_for_page(&camera).await;
    assert!(!ids(&notices(&camera).await).contains(&"clock-not-synchronised"));
    assert!(page(&camera).await.contains("A time server keeps it accurate."));
    camera.stop().await;
}

#[tokio::test]
async fn a_camera_that_does_not_tell_of_its_time_server_is_unknown_and_one_that_fails_to_is_lost() {
    const NTP: &str = "/axis-cgi/ntp.cgi";
    let camera = camera(Os::V12_11, true, true).await;
    for fault in [Fault::NotFound, Fault::Status(403)] {
        control(&camera, "stop").await;
        camera.fault(NTP, fault);
        control(&camera, "start").await;
        wait_for_page(&camera).await;
        let told = notices(&camera).await;
        let clock = told.iter().find(|notice| notice["id"] == "clock-not-synchronised").unwrap();
        assert_eq!(clock["unknown"], "The camera does not report it.");
        assert!(page(&camera).await.contains("The camera does not report whether a time server has set it."));
    }
    for fault in [Fault::Status(500), Fault::Cut, Fault::Nonsense] {
        control(&camera, "stop").await;
        camera.fault(NTP, fault.clone());
        control(&camera, "start").await;
        wait_for_page(&camera).await;
        until(&camera, "it is lost", || async { snapshot(&camera).await["time"]["reading"] == "lost" }).await;
        let shown = page(&camera).await;
        assert!(shown.contains("The camera’s clock could not be read.") && shown.contains(NTP), "{fault:?}: {shown}");
    }
    camera.clear_faults();
    until(&camera, "it is back", || async { snapshot(&camera).await["time"]["reading"] == "known" }).await;
    camera.stop().await;
}

#[tokio::test]
async fn a_setting_that_cannot_be_used_is_a_notice_which_goes_when_it_is_mended() {
    let camera = camera(Os::V13_0, true, true).await;
    camera.set_param("c2c", "LogLevel", "loud").unwrap();
    let has = || async { ids(&notices(&camera).await).contains(&"settings-problems") };
    until(&camera, "it is told", has).await;
    assert_eq!(page(&camera).await.matches("“loud” is not one of").count(), 1);
    camera.set_param("c2c", "LogLevel", "info").unwrap();
    until(&camera, "it is gone", || async { !has().await }).await;
    camera.stop().await;
}

#[tokio::test]
async fn the_package_has_the_help_page_which_a_viewer_reads_though_the_app_is_stopped() {
    let camera = camera(Os::V12_11, false, true).await;
    control(&camera, "stop").await;
    for name in ["help.html", "style.css", "icon.svg"] {
        let answer = get(&camera, Account::Viewer, &format!("/local/c2c/{name}")).await;
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.text(), std::fs::read_to_string(root().join("html").join(name)).unwrap(), "{name}");
    }
    camera.stop().await;
}
