//! Every number that upload.cgi, control.cgi and config.cgi can give, by profile.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use virtual_camera::profile::{Arch, Os};

use crate::support::{Camera, Eap, SOON, archive};

const OK: &str = "OK";

#[tokio::test]
async fn unsigned_packages_are_taken_as_the_profile_allows() {
    for (os, at_first, when_allowed) in [
        (Os::V11_11, OK, OK),
        (Os::V12_9, "Error: 2", OK),
        (Os::V12_11, "Error: 2", OK),
        (Os::V13_0, "Error: 2", "Error: 2"),
    ] {
        let camera = Camera::new(os).await;
        let eap = Eap::new("").bytes();
        assert_eq!(camera.upload(&eap).await, at_first, "{os}");
        camera.get("/axis-cgi/applications/config.cgi?action=set&name=AllowUnsigned&value=true").await;
        assert_eq!(camera.upload(&eap).await, when_allowed, "{os}");
        let mut signed = eap.clone();
        signed.extend_from_slice(&[7; 256]);
        assert_eq!(camera.upload(&signed).await, "Error: 2", "{os}: nobody can verify that signature");
        camera.device.stop().await;
        let lenient = Camera::with(os, |setup| setup.treat_as_signed = true).await;
        assert_eq!(lenient.upload(&eap).await, OK, "{os}");
        assert_eq!(lenient.upload(&signed).await, OK, "{os}");
        lenient.device.stop().await;
    }
}

/// What each profile (11.11, 12.9, 12.11, 13.0) answers, all packages counting as signed.
async fn table(cases: &[(&str, Eap, [&str; 4])]) {
    for (at, os) in Os::ALL.into_iter().enumerate() {
        let camera = Camera::with(os, |setup| setup.treat_as_signed = true).await;
        for (name, eap, expected) in cases {
            assert_eq!(camera.upload(&eap.bytes()).await, expected[at], "{name} on {os}");
            if expected[at] == OK {
                assert_eq!(
                    camera
                        .control("remove", eap.manifest["acapPackageConf"]["setup"]["appName"].as_str().unwrap())
                        .await,
                    OK
                );
            } else {
                let packages = camera.state.path().join("packages");
                assert_eq!(std::fs::read_dir(packages).unwrap().count(), 0, "{name} on {os} left something behind");
            }
        }
        camera.device.stop().await;
    }
}

fn demo() -> Eap {
    Eap::new("")
}

fn static_user(eap: &mut Eap, name: &str) {
    eap.manifest["acapPackageConf"]["setup"]["user"] = json!({"username": name, "group": name});
    eap.manifest["resources"] = json!({"dbus": {"conditionalMethods": ["com.axis.Overlay2.*"]}});
}

fn replace_manifest(eap: &mut Eap, bytes: Vec<u8>) {
    eap.without.push("manifest.json");
    eap.extra.push(("manifest.json\0".into(), bytes));
}

#[tokio::test]
async fn too_many_members_give_1() {
    let camera = Camera::new(Os::V11_11).await;
    let mut eap = demo();
    eap.odd = vec![(tar::EntryType::Directory, "html", ""); 20_001];
    assert_eq!(camera.upload(&eap.bytes()).await, "Error: 1");
    camera.device.stop().await;
}

#[tokio::test]
async fn schema_and_os_range_are_judged_by_profile() {
    let range = |min: &str, max: &str| demo().setup("compatibleOsVersions", json!([{"min": min, "max": max}]));
    let schema = |version: &str| {
        let mut eap = demo();
        eap.manifest["schemaVersion"] = json!(version);
        eap
    };
    table(&[
        ("schema 1.6.0", demo().schema_1("1.6.0"), [OK, OK, OK, "Error: 5"]),
        ("schema 1.8.0", demo().schema_1("1.8.0"), ["Error: 29", OK, OK, "Error: 5"]),
        ("schema 1.11.0", demo().schema_1("1.11.0"), ["Error: 29", "Error: 29", OK, "Error: 5"]),
        ("schema 2.0.0", demo(), [OK; 4]),
        ("schema 2.2.0", schema("2.2.0"), ["Error: 29", "Error: 29", OK, OK]),
        ("schema 9.0.0", schema("9.0.0"), ["Error: 29"; 4]),
        ("up to 12", range("11.11", "12"), [OK, OK, OK, "Error: 5"]),
        ("up to 12.10", range("11.11", "12.10"), [OK, OK, "Error: 5", "Error: 5"]),
        ("from 12.11.78", range("12.11.78", "12"), [OK, OK, "Error: 5", "Error: 5"]),
        ("from 13", range("13", "13"), [OK, OK, "Error: 5", OK]),
        ("no upper bound", demo().setup("compatibleOsVersions", json!([{"min": "11.11"}])), ["Error: 29"; 4]),
    ])
    .await;
}

#[tokio::test]
async fn device_fit_and_rights_are_judged() {
    let other = if Arch::native() == Arch::Aarch64 { "armv7hf" } else { "aarch64" };
    let methods = |method: &str| {
        let mut eap = demo();
        eap.manifest["resources"] = json!({"dbus": {"requiredMethods": [method]}});
        eap
    };
    let group = |group: &str| {
        let mut eap = demo();
        eap.manifest["resources"] = json!({"linux": {"user": {"groups": [group]}}});
        eap
    };
    table(&[
        ("another architecture", demo().setup("architecture", json!(other)), ["Error: 5"; 4]),
        ("architecture all", demo().setup("architecture", json!("all")), [OK; 4]),
        ("a D-Bus method that exists", methods("com.axis.HTTPConf1.VAPIXServiceAccounts1.GetCredentials"), [OK; 4]),
        ("a D-Bus method that does not", methods("com.axis.Nothing1.Do"), ["Error: 5"; 4]),
        ("group storage", group("storage"), [OK; 4]),
        ("group root", group("root"), ["Error: 13"; 4]),
        ("group wheel", group("wheel"), ["Error: 13"; 4]),
    ])
    .await;
}

#[tokio::test]
async fn broken_packages_give_1_10_or_29_and_leave_nothing() {
    let changed = |change: fn(&mut Eap)| {
        let mut eap = demo();
        change(&mut eap);
        eap
    };
    table(&[
        ("no manifest", changed(|eap| eap.without.push("manifest.json")), ["Error: 1"; 4]),
        ("no package.conf", changed(|eap| eap.without.push("package.conf")), ["Error: 10"; 4]),
        ("no param.conf", changed(|eap| eap.without.push("param.conf")), ["Error: 10"; 4]),
        ("no licence", changed(|eap| eap.without.push("LICENSE")), ["Error: 10"; 4]),
        ("no program", changed(|eap| eap.without.push("demo")), ["Error: 10"; 4]),
        ("no vendorId", demo().setup("vendorId", json!(null)), ["Error: 29"; 4]),
        ("a bad name", demo().setup("appName", json!("de-mo")), ["Error: 29"; 4]),
        ("a bad runMode", demo().setup("runMode", json!("always")), ["Error: 29"; 4]),
        ("a static user with D-Bus", changed(|eap| static_user(eap, "sdk")), ["Error: 29"; 4]),
        ("another name", changed(|eap| eap.conf.push(("APPNAME", Some("\"other\"")))), ["Error: 29"; 4]),
        ("another version", changed(|eap| eap.conf.push(("APPMINORVERSION", Some("\"9\"")))), ["Error: 29"; 4]),
        ("another mode", changed(|eap| eap.conf.push(("STARTMODE", Some("never")))), ["Error: 29"; 4]),
        ("a line missing", changed(|eap| eap.conf.push(("HTTPCGIPATHS", None))), ["Error: 29"; 4]),
        ("shell code", changed(|eap| eap.conf.push(("PACKAGENAME", Some("\"$(reboot)\"")))), ["Error: 29"; 4]),
        ("no JSON", changed(|eap| replace_manifest(eap, b"{".to_vec())), ["Error: 29"; 4]),
        ("only brackets", changed(|eap| replace_manifest(eap, vec![b'['; 5 << 20])), ["Error: 29"; 4]),
        ("a name that climbs", changed(|eap| eap.extra.push(("html/../../x".into(), vec![]))), ["Error: 1"; 4]),
        ("an absolute name", changed(|eap| eap.extra.push(("/tmp/x".into(), vec![]))), ["Error: 1"; 4]),
        ("a name twice", changed(|eap| eap.extra.push(("LICENSE".into(), vec![]))), ["Error: 1"; 4]),
        ("below a file", changed(|eap| eap.extra.push(("LICENSE/x".into(), vec![]))), ["Error: 1"; 4]),
    ])
    .await;
    let camera = Camera::new(Os::V11_11).await;
    let whole = demo().bytes();
    for junk in [Vec::new(), b"no package".to_vec(), whole[..whole.len() / 2].to_vec(), archive(&[], &[])] {
        assert_eq!(camera.upload(&junk).await, "Error: 1");
    }
    camera.device.stop().await;
}

#[tokio::test]
async fn links_out_and_devices_are_refused_and_links_inside_are_not() {
    use tar::EntryType as Kind;
    let camera = Camera::new(Os::V11_11).await;
    for (odd, expected) in [
        (vec![(Kind::Symlink, "out", "/etc/passwd")], "Error: 1"),
        (vec![(Kind::Symlink, "out", "../x")], "Error: 1"),
        (vec![(Kind::Symlink, "html/out", "../../x")], "Error: 1"),
        (vec![(Kind::Symlink, "way", "html"), (Kind::Directory, "way/x", "")], "Error: 1"),
        (vec![(Kind::Link, "hard", "LICENSE")], "Error: 1"),
        (vec![(Kind::Char, "null", "")], "Error: 1"),
        (vec![(Kind::Fifo, "pipe", "")], "Error: 1"),
        (vec![(Kind::Directory, "lib/", ""), (Kind::Symlink, "lib/libx.so", "libx.so.1")], OK),
    ] {
        let mut eap = demo();
        eap.odd = odd;
        assert_eq!(camera.upload(&eap.bytes()).await, expected, "{:?}", eap.odd);
    }
    let link = camera.state.path().join("packages/demo/lib/libx.so");
    assert_eq!(std::fs::read_link(link).unwrap().to_str(), Some("libx.so.1"));
    camera.device.stop().await;
}

#[tokio::test]
async fn an_installed_package_bars_another_vendor_and_another_letter_case() {
    let camera = Camera::new(Os::V11_11).await;
    assert_eq!(camera.upload(&demo().bytes()).await, OK);
    assert_eq!(camera.upload(&demo().setup("vendorId", json!("ABCDEF0123")).bytes()).await, "Error: 27");
    assert_eq!(camera.upload(&demo().setup("appName", json!("Demo")).bytes()).await, "Error: 14");
    assert_eq!(camera.upload(&demo().bytes()).await, OK);
    camera.device.stop().await;
}

#[tokio::test]
async fn no_room_and_no_file_name_give_3_and_any_part_name_will_do() {
    let camera = Camera::new(Os::V11_11).await;
    let eap = demo().bytes();
    camera.device.set_disk_full(true);
    assert_eq!(camera.upload(&eap).await, "Error: 3");
    camera.device.set_disk_full(false);
    assert_eq!(camera.upload_as("file", None, &eap).await, "Error: 3");
    assert_eq!(camera.upload_as("file", Some("a.eap"), &eap).await, OK);
    camera.device.stop().await;
}

#[tokio::test]
async fn a_second_upload_while_one_comes_in_gives_12() {
    let camera = Camera::new(Os::V11_11).await;
    let body = crate::support::multipart("file", Some("a.eap"), &demo().bytes());
    let mut slow = TcpStream::connect(camera.address).await.unwrap();
    let head = format!(
        "POST /axis-cgi/applications/upload.cgi HTTP/1.1\r\nHost: camera\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=frontier\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    slow.write_all(&body[..100]).await.unwrap();
    assert!(camera.device.wait_for_request(SOON, |seen| seen.path.ends_with("upload.cgi")).await);
    assert_eq!(camera.upload(&demo().bytes()).await, "Error: 12");
    slow.write_all(&body[100..]).await.unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("OK\n"), "{answer}");
    camera.device.stop().await;
}

#[tokio::test]
async fn control_answers_its_numbers() {
    let camera = Camera::new(Os::V11_11).await;
    assert_eq!(camera.control("start", "").await, "Error: 1");
    assert_eq!(camera.control("start", "nobody").await, "Error: 4");
    assert_eq!(camera.control("dance", "nobody").await, "Error: 10");
    camera.device.stop().await;
}

#[tokio::test]
async fn a_limit_of_running_applications_gives_9_on_11_11_only() {
    for (os, expected) in [(Os::V11_11, "Error: 9"), (Os::V12_9, OK)] {
        let camera = Camera::with(os, |setup| setup.treat_as_signed = true).await;
        camera.device.set_knob("camera.most_running", "1");
        for app in ["one", "two"] {
            let eap = Eap::new("sleep 1000").setup("appName", json!(app));
            assert_eq!(camera.upload(&eap.bytes()).await, OK);
        }
        assert_eq!(camera.control("start", "one").await, OK);
        assert_eq!(camera.control("start", "two").await, expected, "{os}");
        camera.device.stop().await;
    }
}

#[tokio::test]
async fn a_script_that_does_not_end_gives_15() {
    let camera = Camera::new(Os::V11_11).await;
    camera.device.set_knob("camera.script_ms", "100");
    let mut eap = demo();
    eap.manifest["acapPackageConf"]["installation"] = json!({"postInstallScript": "post.sh"});
    eap.extra.push(("post.sh".into(), b"#!/bin/sh\nexec sleep 1000\n".to_vec()));
    assert_eq!(camera.upload(&eap.bytes()).await, "Error: 15");
    camera.device.stop().await;
}

#[tokio::test]
async fn root_is_for_11_11_with_its_switch_on() {
    let camera = Camera::new(Os::V11_11).await;
    let eap = demo().schema_1("1.6.0").setup("user", json!({"username": "root", "group": "root"}));
    assert_eq!(camera.upload(&eap.bytes()).await, "Error: 13");
    camera.get("/axis-cgi/applications/config.cgi?action=set&name=AllowRoot&value=true").await;
    assert_eq!(camera.upload(&eap.bytes()).await, OK);
    camera.device.stop().await;
}

#[tokio::test]
async fn config_knows_the_switches_of_its_release() {
    let target = |name: &str, rest: &str| format!("/axis-cgi/applications/config.cgi?name={name}&{rest}");
    for (os, unsigned, has_root, bad) in [
        (Os::V11_11, Some(true), true, 200),
        (Os::V12_9, Some(false), false, 400),
        (Os::V12_11, Some(false), false, 400),
        (Os::V13_0, None, false, 400),
    ] {
        let camera = Camera::new(os).await;
        let answer = camera.get(&target("AllowUnsigned", "action=get")).await;
        match unsigned {
            Some(value) => assert_eq!(
                answer.body,
                format!("<reply result=\"ok\">\n\t<param name=\"AllowUnsigned\" value=\"{value}\"/>\n</reply>\n")
            ),
            None => assert!(answer.body.starts_with("<reply result=\"error\"><error type=\"1\""), "{os}"),
        }
        let root = camera.get(&target("AllowRoot", "action=get")).await.body;
        assert_eq!(root.contains("result=\"ok\""), has_root, "{os}");
        let answer = camera.get(&target("AllowUnsigned", "action=set&value=perhaps")).await;
        assert_eq!(answer.status, bad, "{os}");
        assert!(answer.body.contains("result=\"error\""));
        camera.device.stop().await;
    }
}
