//! Many cameras at once: each fails in its own way, and a second run does only what is missing.

use eap::arch::Arch;
use eap::camera::trust::Fingerprint;
use serde_json::{Value, json};
use virtual_camera::{Arch as Kind, Fault, Os, VirtualCamera};

use crate::desk::{Desk, UPLOAD, asked, built, made_up, password, place, switched};

async fn camera(os: Os, arch: Kind) -> VirtualCamera {
    VirtualCamera::builder().os(os).arch(arch).start().await.unwrap()
}

/// What the run said of one camera.
fn of<'a>(all: &'a [Value], camera: &VirtualCamera) -> &'a Value {
    all.iter().find(|one| one["host"] == place(camera)).unwrap()
}

/// `host,user,password` for all; the password of `wrong` is another.
fn list(cameras: &[VirtualCamera], wrong: Option<usize>) -> String {
    let mut text = "host,password\n".to_owned();
    for (number, camera) in cameras.iter().enumerate() {
        let secret = if wrong == Some(number) { "not this one".to_owned() } else { password(camera) };
        text.push_str(&format!("{},{secret}\n", place(camera)));
    }
    text
}

const KINDS: [(Os, Kind); 8] = [
    (Os::V11_11, Kind::X86_64),
    (Os::V12_9, Kind::Aarch64),
    (Os::V12_11, Kind::X86_64),
    (Os::V12_11, Kind::Aarch64),
    (Os::V12_11, Kind::Armv7hf),
    (Os::V13_0, Kind::X86_64),
    (Os::V12_9, Kind::X86_64),
    (Os::V12_11, Kind::X86_64),
];

/// How often each was sent a package.
fn uploads(cameras: &[VirtualCamera]) -> Vec<usize> {
    cameras.iter().map(|camera| asked(camera, UPLOAD)).collect()
}

fn each_failed_in_its_own_way(all: &[Value], cameras: &[VirtualCamera]) {
    let kind = |at: usize| of(all, &cameras[at])["fault"]["kind"].clone();
    assert_eq!((kind(0), kind(1)), (Value::Null, Value::Null), "{all:#?}");
    let wanted = ["login", "upload_refused", "no_package", "upload_refused", "cut", "changed_certificate"];
    assert_eq!((2..8).map(kind).collect::<Vec<_>>(), wanted, "{all:#?}");
    assert!(of(all, &cameras[3])["fault"]["what"].as_str().unwrap().contains("flash is full"));
    assert!(of(all, &cameras[5])["fault"]["remedy"].as_str().unwrap().contains("has no switch"));
    assert_eq!(uploads(cameras), [1, 1, 0, 1, 0, 1, 1, 0]);
    for camera in cameras {
        assert_ne!(switched(camera).last(), Some(&true), "{}", place(camera));
    }
    let refused = cameras[2].requests().iter().filter(|seen| seen.path.starts_with("/axis-cgi")).count();
    assert!(refused <= 2, "a refused password is not tried again: {refused}");
}

/// Somebody mends what can be mended.
fn mend(desk: &Desk, cameras: &[VirtualCamera]) {
    cameras[3].device().set_disk_full(false);
    cameras[6].clear_faults();
    made_up(&desk.path("packages"), &[Arch::Armv7hf]);
    desk.write("cameras.csv", &list(cameras, None));
    let known = std::fs::read_to_string(desk.known()).unwrap();
    let changed = place(&cameras[7]);
    let kept: Vec<&str> = known.lines().filter(|line| !line.starts_with(&changed)).collect();
    std::fs::write(desk.known(), kept.join("\n") + "\n").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_cameras_fail_each_in_its_own_way_and_a_second_run_does_only_what_is_missing() {
    let (desk, mut cameras) = (Desk::new(), Vec::new());
    for (os, arch) in KINDS {
        cameras.push(camera(os, arch).await);
    }
    let packages = made_up(&desk.path("packages"), &[Arch::X8664, Arch::Aarch64]);
    cameras[3].device().set_disk_full(true);
    cameras[6].fault(UPLOAD, Fault::Cut);
    let file = desk.write("cameras.csv", &list(&cameras, Some(2)));
    std::fs::create_dir_all(desk.known().parent().unwrap()).unwrap();
    std::fs::write(desk.known(), format!("{} {}\n", place(&cameras[7]), Fingerprint::of(b"before"))).unwrap();
    let call = ["deploy", &packages, "--list", &file, "--accept-new", "--allow-unsigned", "--jobs", "3"];
    let said = desk.run(&[&call[..], &["--json"]].concat(), "").await;
    assert_eq!((said.code, said.json().len()), (Some(1), 8), "{}", said.err);
    each_failed_in_its_own_way(&said.json(), &cameras);

    mend(&desk, &cameras);
    let before = uploads(&cameras);
    let said = desk.run(&call, "").await;
    let fresh: Vec<usize> = uploads(&cameras).iter().zip(&before).map(|(after, before)| after - before).collect();
    assert_eq!((said.code, fresh), (Some(1), vec![0, 0, 1, 1, 1, 1, 1, 1]), "{} {}", said.out, said.err);
    assert!(said.out.contains("7 of 8 as wished."), "{}", said.out);
    for (at, camera) in cameras.iter().enumerate() {
        let line = said.out.lines().find(|line| line.starts_with(&place(camera))).unwrap();
        let words = match at {
            0 | 1 => "nothing to do",
            5 => "FAILED: upload refused with error 2",
            _ => "installed",
        };
        assert!(line.contains(words), "{line}");
    }
    for camera in cameras {
        assert!(!desk.journal().contains(&password(&camera)) && !said.out.contains(&password(&camera)));
        camera.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn status_asks_all_at_once_and_tells_the_worst_first() {
    let desk = Desk::new();
    let cameras = [
        camera(Os::V12_11, Kind::X86_64).await,
        camera(Os::V12_11, Kind::X86_64).await,
        camera(Os::V12_9, Kind::X86_64).await,
    ];
    let file = desk.write("cameras.csv", &list(&cameras, None));
    let first = place(&cameras[0]);
    let packages = built();
    let deploy = ["deploy", &packages, "--to", &first, "--accept-new", "--allow-unsigned", "--start"];
    assert_eq!(desk.run(&deploy, &password(&cameras[0])).await.code, Some(0));
    cameras[1].fault("/axis-cgi/*", Fault::Hang);

    let said = desk.run(&["status", "--list", &file, "--accept-new", "--json"], "").await;
    let all = said.json();
    assert_eq!((said.code, all.len()), (Some(1), 3), "{}", said.err);
    assert_eq!(all[2]["host"], first, "who speaks comes after who does not: {}", said.out);
    assert_eq!((&all[2]["serial"], &all[2]["version"]), (&json!(cameras[0].identity().serial), &json!("1.6.0")));
    assert!(all[0]["mood"].is_null() && all[1]["mood"].is_null() && all[2]["mood"].is_string());
    assert_eq!(of(&all, &cameras[2])["fault"]["kind"], "no_app", "{}", said.out);
    assert_eq!(cameras[1].requests().iter().filter(|seen| seen.method != "GET").count(), 0, "it only looks");

    let said = desk.run(&["status", "--to", &first], &password(&cameras[0])).await;
    let line = said.out.lines().nth(1).unwrap();
    assert!(line.starts_with(&first) && line.contains(all[2]["headline"].as_str().unwrap()), "{}", said.out);
    for camera in cameras {
        camera.stop().await;
    }
}
