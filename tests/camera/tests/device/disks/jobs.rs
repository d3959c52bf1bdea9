//! Jobs: the documented sequences, time, refusals, who may ask, and what survives.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;
use virtual_camera::axsim::medium::Card;
use virtual_camera::disks::Action;

use super::*;

#[tokio::test]
async fn the_documented_way_to_an_encrypted_card_leads_there_and_empties_the_card_alone() {
    let camera = camera(&[("camera.card", "new")]).await;
    let (medium, outside) = (medium(&camera), camera.state.path().join("outside"));
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("kept"), "kept").unwrap();
    fs::create_dir_all(medium.join("areas/demo/deep")).unwrap();
    fs::write(medium.join("areas/demo/deep/file"), "gone soon").unwrap();
    symlink(&outside, medium.join("link")).unwrap();
    let told = listed(&camera).await;
    assert_eq!((told["status"].as_str(), told["filesystem"].as_str()), ("OK", "vfat"));

    assert_eq!(run(&camera, UNMOUNT).await, Ok(()));
    assert_eq!((status(&camera).await.as_str(), flags(&camera)), ("connected", (false, false)));
    assert_eq!(property(&camera, "enablediskencryption", "passphrase=open%20sesame").await, 0);
    let told = listed(&camera).await;
    assert_eq!((told["status"].as_str(), told["encryptionenabled"].as_str()), ("not encrypted", "true"));
    assert!(run(&camera, MOUNT).await.unwrap_err().contains("not encrypted"));
    assert!(medium.join("areas/demo/deep/file").exists());

    assert_eq!(run(&camera, FORMAT).await, Ok(()));
    let told = listed(&camera).await;
    assert_eq!((told["status"].as_str(), told["diskencrypted"].as_str()), ("connected", "true"));
    let left: Vec<_> = fs::read_dir(&medium).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["areas"]);
    assert_eq!(fs::read_dir(medium.join("areas")).unwrap().count(), 0);
    assert_eq!(fs::read_to_string(outside.join("kept")).unwrap(), "kept");

    assert_eq!(run(&camera, MOUNT).await, Ok(()));
    let told = listed(&camera).await;
    let now = ["status", "filesystem", "encryptionenabled", "diskencrypted", "totalsize", "freesize"]
        .map(|name| told[name].as_str());
    assert_eq!(now, ["OK", "ext4", "true", "true", "58054660", "58034180"]);
    assert_eq!(flags(&camera), (true, true));
    camera.device.stop().await;
}

#[tokio::test]
async fn a_job_has_a_number_and_a_progress_that_only_grows() {
    let camera = camera(&[]).await;
    let first = start(&camera, UNMOUNT).await.unwrap();
    assert_eq!(first, 1);
    end(&camera, first).await.unwrap();
    camera.device.set_knob("camera.speed", "200");
    let id = start(&camera, FORMAT).await.unwrap();
    assert_eq!(id, 2);
    let mut seen = Vec::new();
    loop {
        let told = job(&camera, id).await;
        assert_eq!((told["action"].as_str(), told["result"].as_str()), ("format", "OK"));
        seen.push(told["progress"].parse::<u8>().unwrap());
        if told["progress"] == "100" {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(seen.is_sorted() && seen.len() > 3, "{seen:?}");
    assert!(seen.iter().any(|progress| (1..100).contains(progress)), "{seen:?}");
    camera.device.stop().await;
}

#[tokio::test]
async fn a_larger_card_takes_longer_and_a_quicker_camera_less_long() {
    let camera = camera(&[("camera.speed", "500")]).await;
    let format = async |kib: u64| {
        insert(&camera, json!({"kib": kib})).await;
        run(&camera, UNMOUNT).await.unwrap();
        let begun = tokio::time::Instant::now();
        run(&camera, FORMAT).await.unwrap();
        begun.elapsed().as_secs_f64()
    };
    let (small, large) = (format(8 << 20).await, format(512 << 20).await);
    // 550 GB × 1.2 s / 500.
    assert!(large >= 1.3 && small < large, "{small} {large}");
    camera.device.set_knob("camera.speed", "100000");
    assert!(format(512 << 20).await < large);
    camera.device.stop().await;
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_in_words_and_changes_nothing() {
    let camera = camera(&[]).await;
    let refused = async |cgi: &str| start(&camera, cgi).await.unwrap_err();
    for (cgi, words) in [
        (FORMAT, "The disk is mounted"),
        (MOUNT, "The disk is mounted already"),
        ("checkdisk.cgi", "The disk is mounted"),
        ("repair.cgi", "The disk is mounted"),
        ("mount.cgi", "Unknown action"),
        ("mount.cgi?action=dance", "Unknown action"),
    ] {
        assert_eq!(refused(cgi).await, words, "{cgi}");
    }
    run(&camera, UNMOUNT).await.unwrap();
    assert_eq!(refused(UNMOUNT).await, "The disk is not mounted");
    assert_eq!(refused("format.cgi?filesystem=xfs").await, "The file system is not supported");
    lever(&camera, json!({"do": "lock", "on": true})).await;
    assert_eq!(refused(FORMAT).await, "The disk is locked");
    lever(&camera, json!({"do": "lock", "on": false})).await;
    lever(&camera, json!({"do": "readonly", "on": true})).await;
    assert_eq!(refused(FORMAT).await, "The disk is write protected");
    lever(&camera, json!({"do": "pull"})).await;
    for cgi in [FORMAT, MOUNT, UNMOUNT, "checkdisk.cgi", "repair.cgi"] {
        assert_eq!(refused(cgi).await, "No disk is connected", "{cgi}");
    }
    let nowhere = camera.get(&format!("{DISKS}/format.cgi?diskid=ATTIC")).await.body;
    assert_eq!(element(&nowhere, "job").unwrap()["description"], "No such disk: ATTIC");
    assert_eq!(camera.device.disks().jobs().len(), 1);
    camera.device.stop().await;
}

#[tokio::test]
async fn the_action_may_be_in_capitals_and_a_format_without_a_file_system_keeps_the_present_one() {
    let camera = camera(&[("camera.card", "new")]).await;
    assert_eq!(run(&camera, "mount.cgi?action=UNMOUNT").await, Ok(()));
    assert_eq!(run(&camera, "format.cgi").await, Ok(()));
    assert_eq!(listed(&camera).await["filesystem"], "vfat");
    assert_eq!(run(&camera, "mount.cgi?action=MOUNT").await, Ok(()));
    camera.device.stop().await;
}

#[tokio::test]
async fn orders_are_for_administrators_and_looks_for_operators() {
    let camera = camera(&[]).await;
    let asked = async |level: &str, cgi: &str| {
        let target = format!("{DISKS}/{cgi}.cgi?diskid=SD_DISK&action=lock");
        camera.ask("GET", &target, &[("x-level", level)], Vec::new()).await.unwrap().status.as_u16()
    };
    for cgi in ["list", "gethealth", "getcapabilities", "job", "checkdisk"] {
        assert_eq!((asked("viewer", cgi).await, asked("operator", cgi).await), (401, 200), "{cgi}");
    }
    let properties = ["enablediskencryption", "disablediskencryption", "changediskpassphrase", "setrequiredfs"];
    let properties = properties.map(|cgi| format!("properties/{cgi}"));
    for cgi in ["format", "mount", "repair", "lock"].into_iter().chain(properties.iter().map(String::as_str)) {
        assert_eq!((asked("operator", cgi).await, asked("admin", cgi).await), (401, 200), "{cgi}");
    }
    camera.device.stop().await;
}

#[tokio::test]
async fn an_unmount_waits_for_a_release_and_fails_when_files_are_open() {
    let camera = camera(&[]).await;
    lever(&camera, json!({"do": "disk_conf", "key": "exit_timeout_ms", "value": "200"})).await;
    let handles = camera.state.path().join(format!("axsim/clients/{}/handles", std::process::id()));
    fs::create_dir_all(&handles).unwrap();
    fs::write(handles.join("SD_DISK"), "").unwrap();
    let words = run(&camera, UNMOUNT).await.unwrap_err();
    assert!(words.contains(&std::process::id().to_string()), "{words}");
    assert_eq!((status(&camera).await.as_str(), flags(&camera)), ("OK", (true, true)));

    lever(&camera, json!({"do": "disk_conf", "key": "exit_timeout_ms", "value": "20000"})).await;
    let id = start(&camera, UNMOUNT).await.unwrap();
    let state = camera.state.path().join("axsim/storage/SD_DISK/state");
    while !fs::read_to_string(&state).unwrap().contains("exiting=1") {
        tokio::task::yield_now().await;
    }
    assert!(camera.device.disks().job(id).unwrap().outcome.is_none());
    fs::remove_file(handles.join("SD_DISK")).unwrap();
    assert_eq!(end(&camera, id).await, Ok(()));
    assert_eq!(run(&camera, MOUNT).await, Ok(()));

    let open = fs::File::create(medium(&camera).join("open")).unwrap();
    let words = run(&camera, UNMOUNT).await.unwrap_err();
    assert!(words.contains("files open"), "{words}");
    assert_eq!(flags(&camera), (true, true));
    drop(open);
    assert_eq!(run(&camera, UNMOUNT).await, Ok(()));
    camera.device.stop().await;
}

#[tokio::test]
async fn a_damaged_card_is_found_and_mended_and_a_dead_one_is_not() {
    let camera = camera(&[]).await;
    lever(&camera, json!({"do": "failed", "on": true})).await;
    assert_eq!((status(&camera).await.as_str(), flags(&camera).0), ("failed", false));
    assert_eq!(run(&camera, "checkdisk.cgi").await, Err("The file system has errors".to_owned()));
    assert_eq!(run(&camera, "repair.cgi").await, Ok(()));
    assert_eq!(run(&camera, "checkdisk.cgi").await, Ok(()));
    assert_eq!(run(&camera, MOUNT).await, Ok(()));
    insert(&camera, json!({"kind": "worn", "health": 0, "failed": true})).await;
    assert_eq!(run(&camera, "repair.cgi").await, Err("The disk is beyond repair".to_owned()));
    assert_eq!(run(&camera, FORMAT).await, Err("The disk can't be written".to_owned()));
    insert(&camera, json!({"kind": "new"})).await;
    run(&camera, UNMOUNT).await.unwrap();
    assert_eq!(start(&camera, "checkdisk.cgi").await, Err("Only ext4 can be checked".to_owned()));
    camera.device.stop().await;
}

#[tokio::test]
async fn a_format_that_the_power_cut_left_a_card_without_anything_on_it() {
    let before = camera(&[("camera.card", "foreign")]).await;
    before.device.disks().stall(true);
    start(&before, FORMAT).await.unwrap();
    while medium(&before).join("20261101_090000").exists() {
        tokio::task::yield_now().await;
    }
    before.device.stop().await;
    let mut setup = crate::support::setup(Os::V12_11, before.state.path());
    setup.knobs.push(("camera.card".into(), "foreign".into()));
    setup.knobs.push(("camera.speed".into(), "100000".into()));
    let after = Camera::at(setup, before.state.clone()).await;
    let told = listed(&after).await;
    assert_eq!((told["status"].as_str(), told["diskencrypted"].as_str()), ("connected", "false"));
    assert_eq!((told["filesystem"].as_str(), after.device.disks().jobs().len()), ("", 0));
    assert!(run(&after, MOUNT).await.is_err());
    assert_eq!(run(&after, FORMAT).await, Ok(()));
    assert_eq!(run(&after, MOUNT).await, Ok(()));
    after.device.stop().await;
}

#[tokio::test]
async fn a_pull_ends_every_job_and_the_next_card_is_not_touched() {
    let camera = camera(&[]).await;
    for (cgi, action) in [(UNMOUNT, Action::Unmount), (FORMAT, Action::Format), (MOUNT, Action::Mount)] {
        insert(&camera, json!({})).await;
        if action != Action::Unmount {
            run(&camera, UNMOUNT).await.unwrap();
        }
        camera.device.disks().stall(true);
        let id = start(&camera, cgi).await.unwrap();
        camera.device.disks().wait_for_job(SOON, |job| job.id == id && job.progress == 0).await.unwrap();
        let next = Card::new(1 << 20).with_file("kept", "kept");
        camera.device.disks().insert("SD_DISK", &next).unwrap();
        camera.device.disks().stall(false);
        assert_eq!(end(&camera, id).await, Err("The disk was removed".to_owned()), "{action}");
        assert_eq!(fs::read_to_string(medium(&camera).join("kept")).unwrap(), "kept");
        assert_eq!(listed(&camera).await["totalsize"], "1048576");
    }
    camera.device.stop().await;
}
