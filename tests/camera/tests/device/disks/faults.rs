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
