//! The private system bus and its service.

use std::time::Duration;

use virtual_camera::access::Level;
use virtual_camera::bus::Mood;
use virtual_camera::profile::Os;

use crate::support::Camera;

async fn credentials(camera: &Camera, user: &str) -> zbus::Result<String> {
    let address = camera.device.bus_address();
    let connection = zbus::connection::Builder::address(address.as_str())?.build().await?;
    let reply = connection
        .call_method(
            Some("com.axis.HTTPConf1"),
            "/com/axis/HTTPConf1/VAPIXServiceAccounts1",
            Some("com.axis.HTTPConf1.VAPIXServiceAccounts1"),
            "GetCredentials",
            &(user),
        )
        .await?;
    reply.body().deserialize()
}

#[tokio::test]
async fn each_call_gives_a_fresh_password_and_the_older_one_stays() {
    let camera = Camera::new(Os::V11_11).await;
    let first = credentials(&camera, "c2c").await.unwrap();
    let second = credentials(&camera, "c2c").await.unwrap();
    assert!(first.starts_with("a0-c2c:") && first != second);
    let accounts = camera.device.service_accounts();
    assert_eq!(accounts.len(), 2);
    assert!(accounts.iter().all(|account| account.name == "a0-c2c" && account.level == Level::Admin));
    assert_eq!(format!("a0-c2c:{}", accounts[1].password), second);
    assert!(credentials(&camera, "a:b").await.is_err());
    camera.device.forget_service_accounts();
    assert!(camera.device.service_accounts().is_empty());
    camera.device.stop().await;
}

#[tokio::test]
async fn a_knob_ends_the_older_password() {
    let knob = ("camera.service_accounts".to_owned(), "latest".to_owned());
    let camera = Camera::with(Os::V13_0, |setup| setup.knobs.push(knob)).await;
    credentials(&camera, "c2c").await.unwrap();
    let second = credentials(&camera, "c2c").await.unwrap();
    let accounts = camera.device.service_accounts();
    assert_eq!(accounts.len(), 1);
    assert_eq!(format!("a0-c2c:{}", accounts[0].password), second);
    camera.device.stop().await;
}

#[tokio::test]
async fn at_most_200_accounts_are_given_out() {
    let camera = Camera::new(Os::V12_11).await;
    let address = camera.device.bus_address();
    let connection = zbus::connection::Builder::address(address.as_str()).unwrap().build().await.unwrap();
    for number in 0..=200 {
        let reply = connection
            .call_method(
                Some("com.axis.HTTPConf1"),
                "/com/axis/HTTPConf1/VAPIXServiceAccounts1",
                Some("com.axis.HTTPConf1.VAPIXServiceAccounts1"),
                "GetCredentials",
                &(format!("u{number}")),
            )
            .await;
        assert_eq!(reply.is_ok(), number < 200, "{number}");
    }
    camera.device.stop().await;
}

#[tokio::test]
async fn a_restarted_bus_answers_at_the_same_address_and_a_stopped_one_does_not() {
    let camera = Camera::new(Os::V12_11).await;
    let address = camera.device.bus_address();
    let old = zbus::connection::Builder::address(address.as_str()).unwrap().build().await.unwrap();
    camera.device.restart_bus().await.unwrap();
    assert!(old.call_method(Some("org.freedesktop.DBus"), "/", None::<&str>, "GetId", &()).await.is_err());
    assert_eq!(camera.device.bus_address(), address);
    assert!(credentials(&camera, "c2c").await.is_ok());
    camera.device.stop_bus().await;
    assert!(credentials(&camera, "c2c").await.is_err());
    camera.device.restart_bus().await.unwrap();
    assert!(credentials(&camera, "c2c").await.is_ok());
    camera.device.stop().await;
    assert!(credentials(&camera, "c2c").await.is_err());
}

#[tokio::test]
async fn the_service_can_hang_fail_and_talk_nonsense() {
    let camera = Camera::new(Os::V12_11).await;
    camera.device.set_bus_mood(Mood::Fails);
    assert!(credentials(&camera, "c2c").await.is_err());
    camera.device.set_bus_mood(Mood::Nonsense);
    assert!(!credentials(&camera, "c2c").await.unwrap().contains(':'));
    camera.device.set_bus_mood(Mood::Hangs);
    assert!(tokio::time::timeout(Duration::from_millis(300), credentials(&camera, "c2c")).await.is_err());
    camera.device.set_bus_mood(Mood::Well);
    assert!(credentials(&camera, "c2c").await.is_ok(), "a hanging call holds nobody else up");
    assert_eq!(camera.device.credential_calls(), 4);
    camera.device.stop().await;
}
