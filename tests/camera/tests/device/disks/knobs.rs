//! What is not known of real devices, both ways. The first word of each knob is what the other tests run with.

use std::fs;

use super::*;

fn knob(name: &str) -> String {
    format!("camera.disks.{name}")
}

async fn with(name: &str, value: &str) -> Camera {
    camera(&[(&knob(name), value)]).await
}

#[tokio::test]
async fn orders_may_come_by_get_or_by_post_or_by_one_of_them_alone() {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let arguments = "schemaversion=1&diskid=SD_DISK&filesystem=ext4";
    // What a GET, a POST with a form, and a POST with a query come to; 0 is a success.
    let table = [
        ("both", ["0", "0", "0"]),
        ("get", ["0", "405", "405"]),
        ("query", ["0", "20", "0"]),
        ("post", ["405", "0", "0"]),
    ];
    for (word, expected) in table {
        let camera = with("methods", word).await;
        let (bare, query) = (
            format!("{DISKS}/properties/setrequiredfs.cgi"),
            format!("{DISKS}/properties/setrequiredfs.cgi?{arguments}"),
        );
        let mut outcomes = Vec::new();
        for (method, target, body) in [("GET", &query, ""), ("POST", &bare, arguments), ("POST", &query, "")] {
            let headers = if body.is_empty() { &[][..] } else { &form[..] };
            let answer = camera.ask(method, target, headers, body.into()).await.unwrap();
            let is_ok = answer.status == 200;
            outcomes.push(if is_ok { code(&answer.body).to_string() } else { answer.status.as_u16().to_string() });
        }
        assert_eq!(outcomes, expected, "{word}");
        let starts = camera.ask("POST", &format!("{DISKS}/{UNMOUNT}&diskid=SD_DISK"), &[], Vec::new()).await.unwrap();
        assert_eq!(starts.status == 200, word != "get", "{word}");
        assert_eq!(camera.get(&format!("{DISKS}/list.cgi")).await.status, 200);
        camera.device.stop().await;
    }
}

#[tokio::test]
async fn a_second_job_is_refused_or_waits() {
    let camera = with("busy", "refuse").await;
    camera.device.disks().stall(true);
    let first = start(&camera, UNMOUNT).await.unwrap();
    assert_eq!(start(&camera, FORMAT).await, Err("Another job is running on this disk".to_owned()));
    camera.device.disks().stall(false);
    end(&camera, first).await.unwrap();
    camera.device.set_knob(&knob("busy"), "queue");
    camera.device.disks().stall(true);
    let second = start(&camera, FORMAT).await.unwrap();
    let third = start(&camera, MOUNT).await.unwrap();
    assert_eq!(job(&camera, third).await["progress"], "0");
    camera.device.disks().stall(false);
    assert_eq!((end(&camera, second).await, end(&camera, third).await), (Ok(()), Ok(())));
    assert_eq!(status(&camera).await, "OK");
    camera.device.stop().await;
}

#[tokio::test]
async fn a_refusal_is_told_at_once_or_by_the_job() {
    let camera = with("refusal", "job").await;
    let id = start(&camera, FORMAT).await.unwrap();
    assert_eq!(end(&camera, id).await, Err("The disk is mounted".to_owned()));
    camera.device.set_knob(&knob("refusal"), "start");
    assert_eq!(start(&camera, FORMAT).await, Err("The disk is mounted".to_owned()));
    camera.device.stop().await;
}

#[tokio::test]
async fn doing_what_is_done_is_refused_or_done_at_once() {
    let camera = with("idle", "ok").await;
    assert_eq!(run(&camera, MOUNT).await, Ok(()));
    run(&camera, UNMOUNT).await.unwrap();
    assert_eq!(run(&camera, UNMOUNT).await, Ok(()));
    assert_eq!(status(&camera).await, "connected");
    camera.device.set_knob(&knob("idle"), "refuse");
    assert!(start(&camera, UNMOUNT).await.is_err());
    camera.device.stop().await;
}

#[tokio::test]
async fn a_format_of_what_is_mounted_unmounts_or_not_and_ends_mounted_or_not() {
    for (after, expected) in [("no", "connected"), ("yes", "OK")] {
        let camera = camera(&[(&knob("format_mounted"), "unmount"), (&knob("mount_after_format"), after)]).await;
        fs::write(medium(&camera).join("file"), "gone").unwrap();
        assert_eq!(run(&camera, FORMAT).await, Ok(()));
        assert_eq!((status(&camera).await.as_str(), flags(&camera).0), (expected, expected == "OK"));
        assert!(!medium(&camera).join("file").exists());
        camera.device.stop().await;
    }
}

#[tokio::test]
async fn who_never_lets_go_is_waited_for_or_overruled() {
    let camera = with("held", "wait").await;
    lever(&camera, json!({"do": "disk_conf", "key": "exit_timeout_ms", "value": "50"})).await;
    let handles = camera.state.path().join(format!("axsim/clients/{}/handles", std::process::id()));
    fs::create_dir_all(&handles).unwrap();
    fs::write(handles.join("SD_DISK"), "").unwrap();
    let id = start(&camera, UNMOUNT).await.unwrap();
    let disks = camera.device.disks();
    let ended = disks.wait_for_job(std::time::Duration::from_millis(400), |job| job.outcome.is_some()).await;
    assert!(ended.is_none(), "{ended:?}");
    fs::remove_file(handles.join("SD_DISK")).unwrap();
    assert_eq!(end(&camera, id).await, Ok(()));
    run(&camera, MOUNT).await.unwrap();
    fs::write(handles.join("SD_DISK"), "").unwrap();
    camera.device.set_knob(&knob("held"), "force");
    assert_eq!(run(&camera, UNMOUNT).await, Ok(()));
    assert_eq!(flags(&camera), (false, false));
    camera.device.stop().await;
}

#[tokio::test]
async fn an_unknown_number_is_answered_in_four_ways() {
    let camera = camera(&[]).await;
    let known = start(&camera, UNMOUNT).await.unwrap();
    end(&camera, known).await.unwrap();
    let ask = async |id: u64, disk: &str| camera.get(&format!("{DISKS}/job.cgi?jobid={id}&diskid={disk}")).await.body;
    for (word, result) in [("na", "ERROR"), ("done", "OK")] {
        camera.device.set_knob(&knob("unknown_job"), word);
        for body in [ask(99, "SD_DISK").await, ask(known, "NetworkShare").await] {
            let told = element(&body, "job").unwrap();
            let now = ["action", "result", "progress"].map(|name| told[name].as_str());
            assert_eq!(now, ["N/A", result, "100"], "{word}");
        }
    }
    camera.device.set_knob(&knob("unknown_job"), "error");
    assert!(ask(99, "SD_DISK").await.contains("<ErrorCode>20</ErrorCode>"));
    camera.device.set_knob(&knob("unknown_job"), "none");
    let told = ask(99, "SD_DISK").await;
    assert!(element(&told, "root").is_some() && element(&told, "job").is_none());
    camera.device.stop().await;
}

#[tokio::test]
async fn ended_jobs_are_kept_or_forgotten_and_numbers_begin_again_or_go_on() {
    let before = with("kept", "1").await;
    for cgi in [UNMOUNT, MOUNT] {
        run(&before, cgi).await.unwrap();
    }
    assert_eq!(job(&before, 1).await["action"], "N/A");
    assert_eq!(job(&before, 2).await["action"], "mount");
    before.device.set_knob(&knob("kept"), "0");
    let id = start(&before, UNMOUNT).await.unwrap();
    let disks = before.device.disks();
    while disks.job(id).is_some() {
        tokio::task::yield_now().await;
    }
    assert_eq!((job(&before, id).await["action"].as_str(), status(&before).await.as_str()), ("N/A", "connected"));
    before.device.stop().await;
    for (word, first) in [("restart", 1), ("go on", 2)] {
        let mut setup = crate::support::setup(Os::V12_11, before.state.path());
        setup.knobs.push((knob("ids"), word.into()));
        let after = Camera::at(setup, before.state.clone()).await;
        assert_eq!(start(&after, UNMOUNT).await, Ok(first), "{word}");
        after.device.stop().await;
    }
}

#[tokio::test]
async fn the_documents_own_examples_lack_quotes_and_name_another_attribute() {
    let camera = camera(&[(&knob("quotes"), "no"), (&knob("attribute"), "documented")]).await;
    let told = camera.get(&format!("{DISKS}/{UNMOUNT}&diskid=SD_DISK")).await.body;
    assert!(told.contains("<job action=unmount diskid=\"SD_DISK\" result=\"OK\" jobid=\"1\"/>"), "{told}");
    let told = listed(&camera).await;
    assert_eq!((told["diskencryptionenabled"].as_str(), told.get("encryptionenabled")), ("false", None));
    camera.device.stop().await;
}

#[tokio::test]
async fn a_job_is_seen_in_the_status_or_not() {
    for (word, expected) in [("disconnected", "disconnected"), ("", "connected")] {
        let camera = with("busy_status", word).await;
        run(&camera, UNMOUNT).await.unwrap();
        assert_eq!(status(&camera).await, "connected");
        camera.device.disks().stall(true);
        let id = start(&camera, FORMAT).await.unwrap();
        assert_eq!(status(&camera).await, expected);
        camera.device.disks().stall(false);
        end(&camera, id).await.unwrap();
        assert_eq!(status(&camera).await, "connected");
        camera.device.stop().await;
    }
}

#[tokio::test]
async fn enabling_again_is_refused_or_replaces_the_passphrase() {
    let camera = with("enable_again", "replace").await;
    insert(&camera, json!({"passphrase": "right"})).await;
    assert_eq!(property(&camera, "enablediskencryption", "passphrase=wrong").await, 0);
    assert_eq!(status(&camera).await, "wrong passphrase");
    assert_eq!(property(&camera, "enablediskencryption", "passphrase=right").await, 0);
    assert_eq!(run(&camera, MOUNT).await, Ok(()));
    camera.device.stop().await;
}

#[tokio::test]
async fn a_required_file_system_formats_on_orders_alone_or_whatever_comes() {
    let camera = with("autoformat", "insert").await;
    assert_eq!(property(&camera, "setrequiredfs", "filesystem=ext4").await, 0);
    insert(&camera, json!({"filesystem": "vfat", "content": {"photo": "mine"}})).await;
    let id = camera.device.disks().jobs().last().unwrap().id;
    assert_eq!(end(&camera, id).await, Ok(()));
    assert_eq!((status(&camera).await.as_str(), listed(&camera).await["filesystem"].as_str()), ("OK", "ext4"));
    assert!(!medium(&camera).join("photo").exists());
    // A card of somebody else's passphrase is another question.
    insert(&camera, json!({"kind": "foreign"})).await;
    assert_eq!(status(&camera).await, "no passphrase");
    assert!(run(&camera, MOUNT).await.is_err());
    camera.device.set_knob(&knob("autoformat_foreign"), "yes");
    assert_eq!(run(&camera, MOUNT).await, Ok(()));
    assert_eq!((status(&camera).await.as_str(), listed(&camera).await["diskencrypted"].as_str()), ("OK", "false"));
    camera.device.stop().await;
}

#[tokio::test]
async fn a_locked_disk_can_be_written_by_applications_or_not_and_a_model_may_not_encrypt() {
    let camera = camera(&[(&knob("locked_writable"), "yes"), (&knob("encryption"), "no")]).await;
    lever(&camera, json!({"do": "lock", "on": true})).await;
    assert_eq!(flags(&camera), (true, true));
    assert_eq!(property(&camera, "enablediskencryption", "passphrase=a").await, 100);
    let told = camera.get(&format!("{DISKS}/getcapabilities.cgi?diskid=SD_DISK")).await.body;
    assert_eq!(element(&told, "disk").unwrap()["encryptionsupported"], "false");
    let told = camera.get("/axis-cgi/param.cgi?action=list&group=Properties.LocalStorage.DiskEncryption").await.body;
    assert_eq!(told, "Properties.LocalStorage.DiskEncryption=no\n");
    camera.device.stop().await;
}

#[tokio::test]
async fn a_card_is_mounted_at_once_or_a_while_after_it_came_and_after_a_boot() {
    let (an_hour, soon) = ("3600000", "20");
    let before = with("mount_ms", an_hour).await;
    insert(&before, json!({"name": "A"})).await;
    assert_eq!((status(&before).await.as_str(), flags(&before)), ("connected", (false, false)));
    before.device.set_knob(&knob("mount_ms"), soon);
    insert(&before, json!({"name": "B"})).await;
    before.device.set_knob(&knob("mount_ms"), an_hour);
    lever(&before, json!({"do": "insert", "name": "A"})).await;
    // What would have mounted B does not mount A.
    for _ in 0..50 {
        assert_eq!(status(&before).await, "connected");
    }
    let comes = async |camera: &Camera| {
        let begun = tokio::time::Instant::now();
        while status(camera).await != "OK" {
            assert!(begun.elapsed() < SOON);
        }
        assert_eq!(flags(camera), (true, true));
    };
    before.device.set_knob(&knob("mount_ms"), soon);
    lever(&before, json!({"do": "insert", "name": "B"})).await;
    comes(&before).await;
    before.device.stop().await;
    for delay in [an_hour, soon] {
        let mut setup = crate::support::setup(Os::V12_11, before.state.path());
        setup.knobs.push((knob("mount_ms"), delay.into()));
        let after = Camera::at(setup, before.state.clone()).await;
        if delay == soon {
            comes(&after).await;
        } else {
            assert_eq!((status(&after).await.as_str(), flags(&after)), ("connected", (false, false)));
        }
        let answer = order(&after, json!({"do": "insert", "name": "../storage/SD_DISK"})).await;
        assert_eq!(answer["ok"], false);
        after.device.stop().await;
    }
}

#[tokio::test]
async fn a_failed_job_is_at_its_end_or_where_it_failed() {
    for (word, progress) in [("100", "100"), ("where", "42")] {
        let camera = with("failed_at", word).await;
        run(&camera, UNMOUNT).await.unwrap();
        lever(&camera, json!({"do": "fail_job", "action": "format", "percent": 43})).await;
        let id = start(&camera, FORMAT).await.unwrap();
        let ended = camera.device.disks().wait_for_job(SOON, |job| job.id == id && job.outcome.is_some()).await;
        assert!(ended.is_some());
        let told = job(&camera, id).await;
        assert_eq!((told["result"].as_str(), told["progress"].as_str()), ("ERROR", progress));
        camera.device.stop().await;
    }
}
