//! The byte shapes of the replies, by profile.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use virtual_camera::profile::{Arch, Os};

use crate::support::{Camera, Eap, SOON};

const BASIC: &str = "/axis-cgi/basicdeviceinfo.cgi";
const READY: &str = "/axis-cgi/systemready.cgi";
const NETWORK: &str = "/axis-cgi/network_settings.cgi";

fn call(method: &str) -> Value {
    json!({"apiVersion": "1.0", "method": method})
}

#[tokio::test]
async fn basic_device_information_has_the_recorded_shape() {
    for os in Os::ALL {
        let camera = Camera::new(os).await;
        let answer = camera.json(BASIC, call("getAllProperties")).await;
        let identity = camera.device.identity();
        let start = format!(
            "{{\"apiVersion\": \"1.3\", \"data\": {{\"propertyList\": {{\"Architecture\": \"{}\", \"ProdNbr\": \"P9912-VC\", ",
            Arch::native()
        );
        assert!(answer.body.starts_with(&start), "{}", answer.body);
        let list = &answer.json()["data"]["propertyList"];
        assert_eq!(list["Version"], os.firmware());
        assert_eq!(list["SerialNumber"], identity.serial.as_str());
        assert_eq!(identity.mac().replace(':', "").to_uppercase(), identity.serial);
        assert_eq!(list.as_object().unwrap().len(), 14);
        let open = camera.json(BASIC, call("getAllUnrestrictedProperties")).await;
        assert_eq!(open.json()["data"]["propertyList"].as_object().unwrap().len(), 11);
        camera.device.stop().await;
    }
}

#[tokio::test]
async fn json_cgis_tell_errors_by_number() {
    let camera = Camera::new(Os::V12_9).await;
    let code = |answer: &crate::support::Answer| answer.json()["error"]["code"].as_i64().unwrap();
    assert_eq!(code(&camera.get(BASIC).await), 2002);
    assert_eq!(code(&camera.json(BASIC, call("noMethod")).await), 2004);
    assert_eq!(code(&camera.json(BASIC, json!({"apiVersion": "7.0", "method": "getAllProperties"})).await), 2003);
    assert_eq!(code(&camera.json(BASIC, json!({"apiVersion": "1.0", "method": "getProperties"})).await), 4002);
    let network = camera.ask("POST", NETWORK, &[], b"{".to_vec()).await.unwrap();
    assert_eq!((network.status.as_u16(), code(&network)), (500, 1000));
    assert_eq!(code(&camera.json(NETWORK, json!({"apiVersion": "9.1", "method": "getNetworkInfo"})).await), 4001);
    let echoed = camera.json(NETWORK, json!({"apiVersion": "1.0", "context": "abc", "method": "getNetworkInfo"})).await;
    assert!(
        echoed
            .body
            .starts_with("{\"apiVersion\":\"1.38\",\"context\":\"abc\",\"method\":\"getNetworkInfo\",\"data\":{")
    );
    camera.device.stop().await;
}

#[tokio::test]
async fn network_settings_lists_every_address_with_its_scope() {
    let camera = Camera::new(Os::V11_11).await;
    let body = camera.json(NETWORK, call("getNetworkInfo")).await.json();
    assert_eq!(body["apiVersion"], "1.33");
    let device = &body["data"]["devices"][0];
    let identity = camera.device.identity();
    assert_eq!(device["macAddress"], identity.mac().as_str());
    assert_eq!(device["IPv4"]["addresses"][0]["scope"], "link");
    assert_eq!(device["IPv4"]["addresses"][1]["address"], identity.ip.to_string());
    assert_eq!(device["IPv6"]["addresses"].as_array().unwrap().len(), 2);
    camera.device.stop().await;
}

#[tokio::test]
async fn systemready_waits_as_long_as_it_is_told_and_answers_when_it_is_so() {
    let camera = Camera::new(Os::V12_9).await;
    let ask = |seconds: u64| json!({"apiVersion": "1", "method": "systemready", "params": {"timeout": seconds}});
    let answer = camera.json(READY, ask(20)).await;
    let data = &answer.json()["data"];
    assert!(answer.body.starts_with("{\"apiVersion\": \"1.5\", \"method\": \"systemready\", \"data\": {\"systemready\": \"yes\", \"needsetup\": \"no\", \"uptime\": \""));
    assert!(data["uptime"].as_str().unwrap().parse::<u64>().unwrap() >= 90);
    assert_eq!(data["bootid"].as_str().unwrap().len(), 36);
    assert_eq!(data["passphrasepolicy"], "none");
    camera.device.set_ready(false);
    let begun = Instant::now();
    assert_eq!(camera.json(READY, ask(1)).await.json()["data"]["systemready"], "no");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let (answer, ()) = tokio::join!(camera.json(READY, ask(60)), async {
        assert!(camera.device.wait_for_request(SOON, |seen| seen.number == 3).await);
        camera.device.set_ready(true);
    });
    assert_eq!(answer.json()["data"]["systemready"], "yes");
    assert!(begun.elapsed() < Duration::from_secs(30));
    let old = Camera::new(Os::V11_11).await;
    assert_eq!(old.json(READY, ask(0)).await.json()["data"].get("passphrasepolicy"), None);
    old.device.stop().await;
    camera.device.stop().await;
}

#[tokio::test]
async fn the_disk_list_is_the_recorded_one_byte_by_byte() {
    let camera = Camera::new(Os::V12_11).await;
    let answer = camera.get("/axis-cgi/disks/list.cgi?diskid=all").await;
    assert_eq!(answer.headers["content-type"], "text/xml");
    assert_eq!(
        answer.body,
        "<?xml version=\"1.0\"?>\n<root xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
xsi:noNamespaceSchemaLocation=\"http://www.axis.com/vapix/http_cgi/disk/list1.xsd\">\n\
<disks numberofdisks=\"2\" >  <disk diskid=\"SD_DISK\" name=\"\" totalsize=\"58054660\" freesize=\"58034180\" \
cleanuplevel=\"99\" cleanupmaxage=\"7\" cleanuppolicy=\"fifo\" locked=\"no\" full=\"no\" readonly=\"no\" \
status=\"OK\" filesystem=\"ext4\" group=\"S0\" requiredfilesystem=\"none\" encryptionenabled=\"false\" \
diskencrypted=\"false\"/>\n  <disk diskid=\"NetworkShare\" name=\"\" totalsize=\"0\" freesize=\"0\" \
cleanuplevel=\"90\" cleanupmaxage=\"7\" cleanuppolicy=\"fifo\" locked=\"no\" full=\"no\" readonly=\"no\" \
status=\"disconnected\" filesystem=\"cifs\" group=\"S1\" requiredfilesystem=\"none\" encryptionenabled=\"false\" \
diskencrypted=\"false\"/>\n</disks> </root>\n"
    );
    let sim = camera.device.axsim();
    let status = || async { camera.get("/axis-cgi/disks/list.cgi?diskid=SD_DISK").await.body };
    sim.unmount("SD_DISK", None).await.unwrap();
    assert!(status().await.contains("status=\"connected\""));
    sim.insert("SD_DISK", Some(1000)).unwrap();
    sim.set_full("SD_DISK", true).unwrap();
    sim.set_readonly("SD_DISK", true).unwrap();
    assert!(status().await.contains("totalsize=\"1000\" freesize=\"0\""));
    assert!(status().await.contains("full=\"yes\" readonly=\"yes\" status=\"OK\""));
    sim.yank("SD_DISK").unwrap();
    assert!(status().await.contains("numberofdisks=\"1\" >") && status().await.contains("status=\"disconnected\""));
    camera.device.stop().await;
}

#[tokio::test]
async fn the_application_list_has_the_shape_of_its_release() {
    let common = "Vendor=\"Vendor &lt;1&gt;\" Version=\"1.2.3\"";
    let before = common.replace("2.3", "2-3");
    let old = format!(
        "<reply result=\"ok\">\n <application Name=\"demo\" NiceName=\"Demo &amp; Co\" {before} License=\"None\" \
         Status=\"Stopped\" ConfigurationPage=\"local/demo/index.html\" LicenseName=\"Available\" />\n</reply>\n"
    );
    let newer = |ranges: &str| {
        format!(
            "<reply result=\"ok\">\n <application Name=\"demo\" NiceName=\"Demo &amp; Co\" {common} Bundled=\"No\" \
             Status=\"Stopped\" License=\"None\" ConfigurationPage=\"local/demo/index.html\" SignatureStatus=\"Signed\" \
             LicenseName=\"available\"><Resources><Resource name=\"DeepLearningProcessor\" used=\"No\" /></Resources>\
             {ranges}</application>\n</reply>\n"
        )
    };
    let ranges =
        "<CompatibleOsVersions><VersionRange><Min>11.11</Min><Max>13</Max></VersionRange></CompatibleOsVersions>";
    for (os, expected) in
        [(Os::V11_11, old), (Os::V12_9, newer("")), (Os::V12_11, newer(ranges)), (Os::V13_0, newer(ranges))]
    {
        let camera = Camera::with(os, |setup| setup.treat_as_signed = true).await;
        assert_eq!(camera.get("/axis-cgi/applications/list.cgi").await.body, "<reply result=\"ok\">\n</reply>\n");
        assert_eq!(camera.upload(&Eap::new("").bytes()).await, "OK");
        let answer = camera.ask("POST", "/axis-cgi/applications/list.cgi", &[], Vec::new()).await.unwrap();
        assert_eq!(answer.body, expected, "{os}");
        camera.device.set_knob("camera.bundled", "yes");
        assert!(
            camera.get("/axis-cgi/applications/list.cgi").await.body.contains("Vendor=\"Beispiel &#214;ffnung GmbH\"")
        );
        camera.device.stop().await;
    }
}

#[tokio::test]
async fn parameters_of_applications_are_read_and_set_without_regard_to_case() {
    let camera = Camera::new(Os::V11_11).await;
    assert_eq!(camera.upload(&Eap::new("").bytes()).await, "OK");
    let list = |group: &str| format!("/axis-cgi/param.cgi?action=list&group={group}");
    assert_eq!(camera.get(&list("root.DEMO")).await.body, "root.Demo.Level=info\n");
    assert_eq!(camera.get(&list("demo.level")).await.body, "Demo.Level=info\n");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = b"action=update&demo.level=debug&root.Demo.Secret=a%26b".to_vec();
    assert_eq!(camera.ask("POST", "/axis-cgi/param.cgi", &form, body).await.unwrap().body, "OK");
    assert_eq!(camera.get(&list("root.demo")).await.body, "root.Demo.Level=debug\n");
    let values = std::fs::read_to_string(camera.state.path().join("axsim/param/demo.val")).unwrap();
    assert_eq!(values, "[values]\nLevel=debug\nSecret=a&b\n");
    let refused = camera.get("/axis-cgi/param.cgi?action=update&root.Demo.Level=loud").await;
    assert_eq!(
        (refused.status.as_u16(), refused.body.as_str()),
        (200, "# Error: Error setting 'root.Demo.Level' to 'loud'!\n")
    );
    let missing = camera.get(&list("Properties.Nothing")).await;
    assert_eq!(missing.body, "# Error: Error -1 getting param in group 'Properties.Nothing'\n");
    let serial = camera.get(&list("root.Properties.System.SerialNumber")).await.body;
    assert_eq!(serial.trim().rsplit('=').next().unwrap(), camera.device.identity().serial);
    let fixed = camera.get("/axis-cgi/param.cgi?action=update&Properties.System.SerialNumber=1").await.body;
    assert!(fixed.starts_with("# Error"));
    assert_eq!(camera.get("/axis-cgi/param.cgi?action=update&root.Network.SSH.Enabled=yes").await.body, "OK");
    camera.device.stop().await;
}

#[tokio::test]
async fn the_smaller_cgis_answer_in_their_shapes() {
    let camera = Camera::new(Os::V12_11).await;
    let time = camera.json("/axis-cgi/time.cgi", call("getDateTimeInfo")).await.json();
    assert_eq!(time["data"]["dateTime"].as_str().unwrap().len(), 20);
    let apis = camera.json("/axis-cgi/apidiscovery.cgi", call("getApiList")).await.body;
    assert!(apis.contains("\"id\": \"application\""));
    let versions = camera.json("/axis-cgi/apidiscovery.cgi", json!({"method": "getSupportedVersions"})).await.body;
    assert_eq!(versions, "{\"method\": \"getSupportedVersions\", \"data\": {\"apiVersions\": [\"1.1\"]}}");
    let users = camera.get("/axis-cgi/pwdgrp.cgi?action=get").await.body;
    assert!(users.starts_with("admin=\"root\"\noperator=\"root\"\nviewer=\"root,viewer\"\n"), "{users}");
    camera.device.stop().await;
}

#[tokio::test]
async fn unknown_paths_are_404_and_levels_are_kept() {
    let camera = Camera::new(Os::V12_11).await;
    assert_eq!(camera.get("/axis-cgi/oak.cgi").await.status, 404);
    let rest = camera.get("/config/rest/time/v2").await;
    assert_eq!((rest.status.as_u16(), rest.json()["status"].as_str().unwrap().to_owned()), (404, "error".to_owned()));
    let as_level = async |level: &str, method: &str, target: &str, body: Value| {
        camera.ask(method, target, &[("x-level", level)], body.to_string().into_bytes()).await.unwrap().status.as_u16()
    };
    let none = Value::Null;
    assert_eq!(as_level("viewer", "GET", "/axis-cgi/applications/list.cgi", none.clone()).await, 401);
    assert_eq!(as_level("operator", "GET", "/axis-cgi/disks/list.cgi?diskid=all", none.clone()).await, 200);
    assert_eq!(
        as_level("operator", "GET", "/axis-cgi/param.cgi?action=update&root.Network.SSH.Enabled=yes", none).await,
        401
    );
    assert_eq!(as_level("viewer", "POST", BASIC, call("getAllProperties")).await, 401);
    assert_eq!(as_level("viewer", "POST", BASIC, call("getAllUnrestrictedProperties")).await, 200);
    assert_eq!(as_level("anonymous", "POST", READY, call("systemready")).await, 200);
    camera.device.stop().await;
}
