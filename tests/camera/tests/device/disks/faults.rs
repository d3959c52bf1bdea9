//! The levers that make jobs hang, fail and vanish, and CGIs refuse.

use super::*;

#[tokio::test]
async fn the_next_calls_of_a_cgi_are_refused_and_then_no_more() {
    let camera = camera(&[]).await;
    lever(&camera, json!({"do": "refuse_disk", "cgi": "mount", "times": 2, "words": "Not <now>"})).await;
    for _ in 0..2 {
        assert_eq!(start(&camera, UNMOUNT).await, Err("Not <now>".to_owned()));
    }
    assert_eq!(run(&camera, UNMOUNT).await, Ok(()));
    lever(&camera, json!({"do": "refuse_disk", "cgi": "enablediskencryption", "code": 110})).await;
    assert_eq!(property(&camera, "enablediskencryption", "passphrase=a").await, 110);
    assert_eq!(property(&camera, "enablediskencryption", "passphrase=a").await, 0);
    lever(&camera, json!({"do": "refuse_disk", "cgi": "lock", "times": 100})).await;
    lever(&camera, json!({"do": "clear_disks"})).await;
    let told = camera.get(&format!("{DISKS}/lock.cgi?action=lock&diskid=SD_DISK")).await.body;
    assert_eq!(element(&told, "lock").unwrap()["result"], "OK");
    camera.device.stop().await;
}

#[tokio::test]
async fn a_job_fails_where_it_is_told_to_and_the_next_one_does_not() {
    let camera = camera(&[]).await;
    run(&camera, UNMOUNT).await.unwrap();
    lever(&camera, json!({"do": "fail_job", "action": "format", "percent": 42, "words": "Input/output error"})).await;
    assert_eq!(run(&camera, FORMAT).await, Err("Input/output error".to_owned()));
    assert_eq!(listed(&camera).await["filesystem"], "");
    assert_eq!(run(&camera, FORMAT).await, Ok(()));
    let unknown = order(&camera, json!({"do": "fail_job", "action": "dance", "percent": 1})).await;
    assert!(unknown["error"].as_str().unwrap().contains("dance"), "{unknown}");
    camera.device.stop().await;
}

#[tokio::test]
async fn a_job_hangs_until_it_is_let_go_and_vanishes_when_it_is_forgotten_but_goes_on() {
    let camera = camera(&[]).await;
    run(&camera, UNMOUNT).await.unwrap();
    lever(&camera, json!({"do": "stall_jobs", "on": true})).await;
    let id = start(&camera, FORMAT).await.unwrap();
    let jobs = order(&camera, json!({"do": "jobs"})).await;
    assert_eq!((jobs["jobs"][1]["action"].as_str(), jobs["jobs"][1]["progress"].as_u64()), (Some("format"), Some(0)));
    assert_eq!(job(&camera, id).await["progress"], "0");
    lever(&camera, json!({"do": "forget_jobs"})).await;
    assert_eq!(job(&camera, id).await["action"], "N/A");
    // Forgotten by number, not by the disk: it is busy still.
    assert_eq!(start(&camera, MOUNT).await, Err("Another job is running on this disk".to_owned()));
    lever(&camera, json!({"do": "stall_jobs", "on": false})).await;
    assert!(camera.device.disks().wait_for_job(SOON, |job| job.id == id && job.is_done()).await.is_some());
    assert_eq!(run(&camera, MOUNT).await, Ok(()));
    let disk = order(&camera, json!({"do": "disk"})).await;
    assert_eq!((disk["disk"]["status"].as_str(), disk["disk"]["writable"].as_bool()), (Some("OK"), Some(true)));
    camera.device.stop().await;
}

#[tokio::test]
async fn a_fault_of_http_can_be_for_the_next_requests_alone() {
    let camera = camera(&[]).await;
    let path = format!("{DISKS}/list.cgi");
    lever(&camera, json!({"do": "fault", "path": path, "fault": "status", "code": 503, "times": 2})).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(camera.get(&path).await.status.as_u16());
    }
    assert_eq!(statuses, [503, 503, 200]);
    camera.device.stop().await;
}

#[tokio::test]
async fn a_card_is_pulled_or_swapped_right_after_an_answer_that_still_told_of_it() {
    let camera = camera(&[]).await;
    insert(&camera, json!({"kib": 111_111_111})).await;
    let plan = json!({"do": "after_answer", "cgi": "list", "skip": 1, "quiet": true, "card": {"kib": 222_222_222}});
    lever(&camera, plan).await;
    let mut sizes = Vec::new();
    for _ in 0..4 {
        sizes.push(listed(&camera).await["totalsize"].clone());
    }
    assert_eq!(sizes, ["111111111", "111111111", "222222222", "222222222"]);
    run(&camera, UNMOUNT).await.unwrap();
    lever(&camera, json!({"do": "after_answer", "cgi": "properties/enablediskencryption"})).await;
    assert_eq!(property(&camera, "enablediskencryption", "passphrase=a").await, 0);
    assert_eq!((status(&camera).await.as_str(), start(&camera, FORMAT).await.is_err()), ("disconnected", true));
    camera.device.stop().await;
}

#[tokio::test]
async fn a_card_that_is_pulled_in_the_midst_of_its_format_has_nothing_on_it_any_more() {
    let camera = camera(&[]).await;
    insert(&camera, json!({"name": "A", "content": {"file": "gone"}})).await;
    run(&camera, UNMOUNT).await.unwrap();
    lever(&camera, json!({"do": "stall_jobs", "on": true, "percent": 42})).await;
    let id = start(&camera, FORMAT).await.unwrap();
    assert!(camera.device.disks().wait_for_job(SOON, |job| job.id == id && job.progress == 42).await.is_some());
    assert_eq!(job(&camera, id).await["progress"], "42");
    lever(&camera, json!({"do": "pull"})).await;
    lever(&camera, json!({"do": "stall_jobs", "on": false})).await;
    assert_eq!(end(&camera, id).await, Err("The disk was removed".to_owned()));
    lever(&camera, json!({"do": "insert", "name": "A"})).await;
    let told = listed(&camera).await;
    assert_eq!((told["status"].as_str(), told["filesystem"].as_str()), ("connected", ""));
    assert!(!medium(&camera).join("file").exists());
    camera.device.stop().await;
}
