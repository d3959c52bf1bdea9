//! The help page in a real Chromium: reached from the bar, at every width, in light and dark, and on paper.

use virtual_camera::Account;

use super::driver::Browser;
use super::gallery::is_accessible;
use super::{is_comfortable, settled};
use crate::world::{PAGE, camera_with_app, snapshot, until};

#[tokio::test]
async fn help_is_one_press_away_reads_well_at_every_width_and_leads_back() {
    let camera = camera_with_app().await;
    settled(&camera).await;
    camera.set_param("c2c", "HelpLink", "https://help.example.com/cameras").unwrap();
    until(&camera, "the link is there", || async { snapshot(&camera).await["settings"]["help_link"].is_string() })
        .await;
    let browser = Browser::start().await;
    browser.open(&camera, Account::Viewer, PAGE).await;
    let links = "return [...document.querySelectorAll('.bar a')].map(link => link.innerText.trim() + ' ' + link.href)";
    let links = browser.run(links, vec![]).await;
    assert_eq!(links[2], "More help https://help.example.com/cameras");
    for (width, dark) in [(1280, false), (390, false), (320, true)] {
        browser.view(width, dark).await;
        is_comfortable(&browser, width).await;
    }
    browser.shoot("help-link").await;

    browser.click(".bar a[href$='help.html']").await;
    browser.wait_for("h1", "What the status page says").await;
    for (width, dark) in [(1280, false), (1280, true), (390, false), (390, true), (320, false)] {
        browser.view(width, dark).await;
        is_comfortable(&browser, width).await;
    }
    is_accessible(&browser, "help").await;
    browser.shoot("help").await;
    let sheets = browser.sheets("help-paper").await;
    assert!(sheets <= 10, "{sheets} sheets of paper");
    browser.click(".contents a[href='#card']").await;
    assert!(
        browser.run("return document.querySelector('#card').getBoundingClientRect().top", vec![]).await.as_f64()
            < Some(60.0)
    );
    browser.click(".bar a[href='status']").await;
    browser.wait_for("#overview", "AXIS OS version").await;
    assert_eq!(browser.path().await, PAGE);
    assert_eq!(browser.complaints().await, []);
    browser.end().await;
    camera.stop().await;
}
