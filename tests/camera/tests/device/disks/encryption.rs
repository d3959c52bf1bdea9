//! The properties family: encryption, required file system, and that no passphrase is kept.

use std::process::Command;

use super::*;

#[tokio::test]
async fn each_encryption_order_asks_for_its_state_of_the_disk() {
    let camera = camera(&[]).await;
    assert_eq!(property(&camera, "enablediskencryption", "passphrase=a").await, 160);
    assert_eq!(property(&camera, "disablediskencryption", "").await, 160);
    assert_eq!(property(&camera, "changediskpassphrase", "newpassphrase=b&oldpassphrase=a").await, 10);
    run(&camera, UNMOUNT).await.unwrap();
    assert_eq!(property(&camera, "changediskpassphrase", "newpassphrase=b&oldpassphrase=a").await, 150);
    assert_eq!(property(&camera, "enablediskencryption", "passphrase=").await, 110);
    let longest = "x".repeat(512);
    assert_eq!(property(&camera, "enablediskencryption", &format!("passphrase={longest}y")).await, 110);
    assert_eq!(property(&camera, "enablediskencryption", "").await, 20);
    assert_eq!(property(&camera, "enablediskencryption", &format!("passphrase={longest}")).await, 0);
    assert_eq!(property(&camera, "enablediskencryption", "passphrase=a").await, 140);
    assert_eq!(property(&camera, "disablediskencryption", "").await, 0);
    assert_eq!(status(&camera).await, "connected");
    let asked = async |query: &str| {
        let target = format!("{DISKS}/properties/disablediskencryption.cgi?{query}");
        code(&camera.get(&target).await.body)
    };
    assert_eq!(asked("schemaversion=1&diskid=ATTIC").await, 50);
    assert_eq!(asked("schemaversion=2&diskid=SD_DISK").await, 40);
    assert_eq!(asked("diskid=SD_DISK").await, 20);
    assert_eq!(asked("schemaversion=1&diskid=NetworkShare").await, 100);
    camera.device.stop().await;
}

#[tokio::test]
async fn a_card_of_ours_opens_after_a_factory_reset_and_one_of_others_does_not() {
    let camera = camera(&[]).await;
    insert(&camera, json!({"name": "ours", "passphrase": "ours", "content": {"areas/demo/kept": "kept"}})).await;
    assert_eq!(status(&camera).await, "no passphrase");
    assert!(run(&camera, MOUNT).await.unwrap_err().contains("no passphrase"));
    assert_eq!(property(&camera, "enablediskencryption", "passphrase=wrong").await, 0);
    assert_eq!(
        (status(&camera).await.as_str(), listed(&camera).await["filesystem"].as_str()),
        ("wrong passphrase", "")
    );
    assert!(run(&camera, MOUNT).await.unwrap_err().contains("wrong passphrase"));
    assert_eq!(property(&camera, "disablediskencryption", "").await, 0);
    assert_eq!(property(&camera, "enablediskencryption", "passphrase=ours").await, 0);
    assert_eq!(run(&camera, MOUNT).await, Ok(()));
    assert_eq!((status(&camera).await.as_str(), flags(&camera)), ("OK", (true, true)));
    assert_eq!(std::fs::read_to_string(medium(&camera).join("areas/demo/kept")).unwrap(), "kept");

    assert_eq!(property(&camera, "changediskpassphrase", "newpassphrase=new&oldpassphrase=bad").await, 130);
    assert_eq!(property(&camera, "changediskpassphrase", "newpassphrase=&oldpassphrase=ours").await, 120);
    assert_eq!(property(&camera, "changediskpassphrase", "newpassphrase=new&oldpassphrase=ours").await, 0);
    assert_eq!(flags(&camera), (true, true));
    lever(&camera, json!({"do": "pull"})).await;
    lever(&camera, json!({"do": "insert", "name": "ours"})).await;
    assert_eq!(status(&camera).await, "OK");
    camera.device.stop().await;
}

#[tokio::test]
async fn a_mount_formats_when_the_required_file_system_differs_unless_the_disk_is_locked() {
    let camera = camera(&[]).await;
    assert_eq!(property(&camera, "setrequiredfs", "filesystem=ntfs").await, 30);
    assert_eq!(property(&camera, "setrequiredfs", "filesystem=ext4").await, 0);
    assert_eq!(listed(&camera).await["requiredfilesystem"], "ext4");
    for filesystem in ["vfat", "exfat"] {
        insert(&camera, json!({"filesystem": filesystem, "content": {"photo": "mine"}})).await;
        assert_eq!((status(&camera).await.as_str(), flags(&camera).0), ("connected", false));
        assert!(medium(&camera).join("photo").exists());
        lever(&camera, json!({"do": "lock", "on": true})).await;
        let _mounted_as_it_is_or_refused = run(&camera, MOUNT).await;
        assert!(medium(&camera).join("photo").exists());
        if flags(&camera).0 {
            run(&camera, UNMOUNT).await.unwrap();
        }
        lever(&camera, json!({"do": "lock", "on": false})).await;
        assert_eq!(run(&camera, MOUNT).await, Ok(()));
        assert_eq!((listed(&camera).await["filesystem"].as_str(), flags(&camera)), ("ext4", (true, true)));
        assert!(!medium(&camera).join("photo").exists());
    }
    // With encryption on, the mount encrypts as well: no format of its own is needed.
    run(&camera, UNMOUNT).await.unwrap();
    assert_eq!(property(&camera, "enablediskencryption", "passphrase=a").await, 0);
    assert_eq!(run(&camera, MOUNT).await, Ok(()));
    let told = listed(&camera).await;
    assert_eq!((told["status"].as_str(), told["diskencrypted"].as_str()), ("OK", "true"));
    camera.device.stop().await;
}

#[tokio::test]
async fn a_passphrase_is_found_nowhere_in_the_state_of_the_camera() {
    let camera = camera(&[]).await;
    run(&camera, UNMOUNT).await.unwrap();
    let body = "schemaversion=1&diskid=SD_DISK&passphrase=Planted+S3cret";
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let target = format!("{DISKS}/properties/enablediskencryption.cgi");
    let answer = camera.ask("POST", &target, &headers, body.into()).await.unwrap();
    assert_eq!(code(&answer.body), 0);
    run(&camera, FORMAT).await.unwrap();
    run(&camera, MOUNT).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "looks through a folder")]
    let found = Command::new("grep").args(["-rlF", "S3cret"]).arg(camera.state.path()).output().unwrap();
    assert_eq!((found.status.code(), String::from_utf8(found.stdout).unwrap()), (Some(1), String::new()));
    assert!(!format!("{:?}{:?}", camera.device.requests(), camera.device.axsim().slot("SD_DISK")).contains("S3cret"));
    camera.device.stop().await;
}
