//! Cards come, go and are changed for others; each keeps what is on it.

use std::fs;

use super::*;

#[tokio::test]
async fn every_kind_of_card_is_told_as_what_it_is() {
    let table = [
        ("usual", "OK", "ext4", "false", "2"),
        ("new", "OK", "vfat", "false", "2"),
        ("exfat", "connected", "exfat", "false", "-1"),
        ("foreign", "no passphrase", "", "true", "2"),
        ("worn", "OK", "ext4", "false", "104"),
        ("disconnected", "disconnected", "ext4", "false", "-3"),
    ];
    for (kind, status, filesystem, encrypted, wear) in table {
        let camera = camera(&[("camera.card", kind)]).await;
        let told = listed(&camera).await;
        let now = ["status", "filesystem", "diskencrypted"].map(|name| told[name].as_str());
        assert_eq!(now, [status, filesystem, encrypted], "{kind}");
        assert_eq!(flags(&camera).0, status == "OK", "{kind}");
        let health = camera.get(&format!("{DISKS}/gethealth.cgi?diskid=SD_DISK")).await.body;
        assert_eq!(element(&health, "HealthStatus").unwrap()["wear"], wear, "{kind}");
        camera.device.stop().await;
    }
}

#[tokio::test]
async fn health_is_told_in_the_documented_numbers() {
    let camera = camera(&[]).await;
    lever(&camera, json!({"do": "wear", "wear": 97, "temperature": 331, "health": 0})).await;
    let told = camera.get(&format!("{DISKS}/gethealth.cgi?diskid=all")).await.body;
    let disk = element(&told, "HealthStatus").unwrap();
    let numbers = ["diskid", "wear", "temperature", "overallhealth"].map(|name| disk[name].as_str());
    assert_eq!(numbers, ["SD_DISK", "97", "331", "0"]);
    let nowhere = camera.get(&format!("{DISKS}/gethealth.cgi?diskid=ATTIC")).await.body;
    assert!(nowhere.contains("<ErrorCode>10</ErrorCode>"));
    let told = camera.get(&format!("{DISKS}/getcapabilities.cgi?diskid=SD_DISK")).await.body;
    let disk = element(&told, "disk").unwrap();
    assert_eq!((disk["encryptionsupported"].as_str(), disk["requiredfssupported"].as_str()), ("true", "true"));
    assert!(told.contains("<filesystem name=\"ext4\" nicename=\" \" requiredfssupported=\"true\"/>"));
    camera.device.stop().await;
}

#[tokio::test]
async fn what_is_on_a_card_stays_on_it_and_counts_as_used() {
    let camera = camera(&[]).await;
    let free = async || listed(&camera).await["freesize"].parse::<u64>().unwrap();
    insert(&camera, json!({"name": "A", "used_kib": 1000, "content": {"DCIM/a.jpg": "x".repeat(5000), "../b": "no"}}))
        .await;
    let empty = 58_054_660 - 20_480;
    assert_eq!(free().await, empty - 1000 - 5);
    lever(&camera, json!({"do": "fill", "kib": 70_000})).await;
    assert_eq!(free().await, empty - 70_005);
    insert(&camera, json!({"name": "B"})).await;
    assert_eq!((free().await, medium(&camera).join("DCIM").exists()), (empty, false));
    lever(&camera, json!({"do": "insert", "name": "A"})).await;
    assert_eq!(free().await, empty - 70_005);
    assert_eq!(fs::read(medium(&camera).join("DCIM/a.jpg")).unwrap().len(), 5000);
    let answer = order(&camera, json!({"do": "insert", "card": {"name": "B"}})).await;
    assert!(answer["error"].as_str().unwrap().contains("\"B\""), "{answer}");
    assert_eq!(status(&camera).await, "OK");
    camera.device.stop().await;
}

#[tokio::test]
async fn a_card_is_swapped_between_two_reads_and_never_half() {
    let camera = std::sync::Arc::new(camera(&[]).await);
    insert(&camera, json!({"name": "A", "kib": 111_111_111, "content": {"areas/demo/a": "a"}})).await;
    let swapping = camera.clone();
    let swaps = tokio::spawn(async move {
        for round in 0..20 {
            let (kib, quiet) = (if round % 2 == 0 { 222_222_222 } else { 111_111_111 }, round % 4 < 2);
            lever(&swapping, json!({"do": "swap", "quiet": quiet, "card": {"kib": kib}})).await;
        }
    });
    let mut sizes = std::collections::BTreeSet::new();
    while !swaps.is_finished() {
        let told = listed(&camera).await;
        assert_eq!(told["status"], "OK");
        sizes.insert(told["totalsize"].clone());
    }
    swaps.await.unwrap();
    assert!(sizes.iter().all(|size| size == "111111111" || size == "222222222"), "{sizes:?}");
    assert!(!medium(&camera).join("areas/demo").exists());

    // Quietly: not even the counter of the flags moves.
    let state = || fs::read_to_string(camera.state.path().join("axsim/storage/SD_DISK/state")).unwrap();
    let before = state();
    lever(&camera, json!({"do": "swap", "quiet": true, "card": {"name": "B"}})).await;
    assert_eq!((state(), listed(&camera).await["totalsize"].as_str()), (before.clone(), "58054660"));
    lever(&camera, json!({"do": "swap", "card": {"kind": "foreign"}})).await;
    assert_ne!(state(), before);
    assert_eq!(status(&camera).await, "no passphrase");
    let answer = order(&camera, json!({"do": "swap", "quiet": true, "card": {}})).await;
    assert!(answer["error"].as_str().unwrap().contains("nothing is mounted"), "{answer}");
    camera.device.stop().await;
}

#[tokio::test]
async fn a_camera_that_starts_again_mounts_its_card_with_all_that_is_on_it_and_keeps_its_settings() {
    let before = camera(&[("camera.card", "new")]).await;
    run(&before, UNMOUNT).await.unwrap();
    property(&before, "enablediskencryption", "passphrase=a").await;
    run(&before, FORMAT).await.unwrap();
    run(&before, MOUNT).await.unwrap();
    property(&before, "setcleanupmaxage", "maxage=30").await;
    property(&before, "setcleanuppolicy", "cleanuppolicy=none").await;
    fs::write(medium(&before).join("areas/kept"), "kept").unwrap();
    before.device.stop().await;
    for (knob, expected) in [("yes", "OK"), ("no", "connected")] {
        let mut setup = crate::support::setup(Os::V12_11, before.state.path());
        setup.knobs.push(("camera.disks.mount_on_boot".into(), knob.into()));
        setup.knobs.push(("camera.card".into(), "new".into()));
        let after = Camera::at(setup, before.state.clone()).await;
        let told = listed(&after).await;
        let now = ["status", "diskencrypted", "cleanupmaxage", "cleanuppolicy"].map(|name| told[name].as_str());
        assert_eq!(now, [expected, "true", "30", "none"]);
        assert_eq!(flags(&after).0, expected == "OK");
        assert_eq!(fs::read_to_string(medium(&after).join("areas/kept")).unwrap(), "kept");
        after.device.stop().await;
    }
}

#[tokio::test]
async fn a_lock_keeps_applications_from_writing_and_is_told_by_every_door() {
    let camera = camera(&[]).await;
    let locked = async |action: &str| {
        let answer = camera.get(&format!("{DISKS}/lock.cgi?action={action}&diskid=SD_DISK")).await.body;
        element(&answer, action).unwrap()["result"].clone()
    };
    assert_eq!(locked("lock").await, "OK");
    assert_eq!((listed(&camera).await["locked"].as_str(), flags(&camera)), ("yes", (true, false)));
    let told = camera.get("/axis-cgi/param.cgi?action=list&group=Storage.S0.Locked").await.body;
    assert_eq!(told, "Storage.S0.Locked=yes\n");
    assert_eq!(locked("unlock").await, "OK");
    assert_eq!((listed(&camera).await["locked"].as_str(), flags(&camera)), ("no", (true, true)));
    lever(&camera, json!({"do": "full", "on": true})).await;
    lever(&camera, json!({"do": "readonly", "on": true})).await;
    let told = listed(&camera).await;
    assert_eq!((told["full"].as_str(), told["readonly"].as_str(), told["freesize"].as_str()), ("yes", "yes", "0"));
    assert_eq!(flags(&camera), (true, false));
    camera.device.stop().await;
}
