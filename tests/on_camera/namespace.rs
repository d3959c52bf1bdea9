//! The untouched defaults: the app started without arguments, on the ports of the manifest, asking 127.0.0.12.
//!
//! They cannot be had side by side on one machine, so the test runs itself once more in a network namespace of its own.

use std::ffi::OsStr;

use virtual_camera::{Arch, Os, VirtualCamera};

use crate::world::{install, package, page, snapshot, until};

/// Set for the run inside the namespace.
const INSIDE: &str = "C2C_TEST_IN_NAMESPACE";

#[tokio::test]
async fn the_untouched_defaults_work_on_a_camera_of_their_own() {
    if std::env::var_os(INSIDE).as_deref() == Some(OsStr::new("yes")) {
        inside().await;
        return;
    }
    let me = std::env::current_exe().unwrap();
    let ran = tokio::process::Command::new("unshare")
        .args(["--net", "--map-root-user", "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""])
        .arg(me)
        .args(["--exact", "namespace::the_untouched_defaults_work_on_a_camera_of_their_own", "--nocapture"])
        .env(INSIDE, "yes")
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
}

async fn inside() {
    let camera = VirtualCamera::builder().untouched_defaults().start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    until(&camera, "the camera is read", || async { snapshot(&camera).await["identity"]["reading"] == "known" }).await;
    assert!(page(&camera).await.contains(&camera.identity().serial));
    let pid = camera.app_pid("c2c").unwrap();
    let arguments = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
    assert_eq!(arguments.split('\0').filter(|word| !word.is_empty()).count(), 1, "{arguments:?}");
    camera.stop().await;
}
