//! The page of orders as an administrator's thumb and keyboard find it, in each of its states, and what comes of it.

use axum::Router;
use axum::routing::get;
use c2c::collect::Looker;
use c2c::features;
use c2c::jobs::decide::Presence;
use c2c::jobs::orders::{Counter, Seat};
use c2c::snapshot::{Card, CardStatus, Stand, Wait};
use c2c::web::{self, Site};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use virtual_camera::{Account, Arch, Front, Os, VirtualCamera};

use super::driver::Browser;
use super::gallery::{is_accessible, states};
use super::is_comfortable;
use crate::control::ORDERS;
use crate::world::{install, package, root, snapshot, until};

/// The page of these slots, until it is dropped.
struct Shown {
    address: String,
    stop: Option<watch::Sender<()>>,
    served: tokio::task::JoinHandle<()>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.stop.take();
        self.served.abort();
    }
}

/// Served by the app's own server, which knows who asks.
async fn show(seats: Vec<Seat>) -> Shown {
    let seen = states::fine();
    let features = features::of(&seen.package.version);
    let (_, looker) = Looker::of(seen);
    let (stop, stopping) = watch::channel(());
    let routes = web::routes(Site::new(looker, features, stopping.clone()).with_orders(Counter::closed(seats)));
    // What the camera's web server gives of the package.
    let files = [
        ("orders.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
        ("icon-needs-you.svg", "image/svg+xml"),
        ("icon-working.svg", "image/svg+xml"),
    ];
    let files = files.iter().fold(Router::new(), |router, (name, kind)| {
        let file = std::fs::read(root().join("html").join(name)).unwrap();
        router.route(&format!("/local/c2c/{name}"), get(([("content-type", *kind)], file)))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(c2c::server::serve(listener, files.fallback_service(routes), stopping));
    Shown { address, stop: Some(stop), served }
}

fn card() -> Card {
    Card {
        slot: "SD_DISK".into(),
        status: CardStatus::Ok,
        total_bytes: Some(118_895_947_776),
        free_bytes: Some(61_900_000_000),
        filesystem: Some("ext4".into()),
        encryption_set: Some(false),
        encrypted: Some(false),
        locked: false,
        full: false,
        read_only: false,
        required_filesystem: None,
    }
}

fn seat(stand: Option<Stand>) -> Seat {
    let presence = Some(Presence(1));
    let (card, size) = (card(), card().total_bytes);
    Seat { slot: "SD_DISK".into(), presence, size, card, stand, has_passphrase: false, can_cancel: false }
}

fn waits(wait: Wait) -> Seat {
    seat(Some(Stand::Waits(wait)))
}

fn all() -> Vec<(&'static str, Vec<Seat>)> {
    let new = Card { filesystem: Some("vfat".into()), free_bytes: Some(118_800_000_000), ..card() };
    let shut = Card {
        status: CardStatus::WrongPassphrase,
        total_bytes: None,
        free_bytes: None,
        filesystem: None,
        encryption_set: Some(true),
        encrypted: Some(true),
        ..card()
    };
    let mine =
        Card { encryption_set: Some(true), encrypted: Some(true), total_bytes: Some(1_023_000_000_000), ..card() };
    let locked = Card { locked: true, ..card() };
    let second = Seat { slot: "SD_DISK2".into(), card: Card { slot: "SD_DISK2".into(), ..new.clone() }, ..seat(None) };
    vec![
        ("orders-new", vec![Seat { card: new, ..seat(None) }]),
        ("orders-decide", vec![waits(Wait::ChooseContent)]),
        ("orders-foreign", vec![Seat { card: shut, ..waits(Wait::ChoosePassphrase) }]),
        ("orders-ready", vec![Seat { card: mine, has_passphrase: true, ..seat(Some(Stand::Ready)) }]),
        ("orders-working", vec![Seat { can_cancel: true, ..seat(Some(Stand::Working)) }]),
        ("orders-stopped", vec![Seat { has_passphrase: true, can_cancel: true, ..waits(Wait::Stopped) }]),
        ("orders-interrupted", vec![waits(Wait::Interrupted)]),
        ("orders-locked", vec![Seat { card: locked, ..seat(None) }]),
        ("orders-none", vec![Seat { presence: None, ..waits(Wait::NoCard) }]),
        ("orders-two", vec![waits(Wait::ChooseClaim), second]),
        ("orders-unread", vec![]),
    ]
}

const OPEN: &str = "document.querySelectorAll('details').forEach((it) => { it.open = true; })";

#[tokio::test]
async fn each_state_of_the_orders_is_comfortable_at_each_width_in_light_and_dark() {
    let browser = Browser::start().await;
    let mut pages = Vec::new();
    for (name, seats) in all() {
        pages.push(show(seats).await);
        let shown = &pages[pages.len() - 1];
        browser.open_at(&format!("{}{ORDERS}", shown.address)).await;
        browser.wait_for(".headline", "SD card").await;
        browser.shoot(name).await;
        for open in ["", OPEN] {
            browser.run(open, vec![]).await;
            for width in [1280, 768, 390, 320] {
                for dark in [false, true] {
                    browser.view(width, dark).await;
                    is_comfortable(&browser, width).await;
                    is_accessible(&browser, name).await;
                }
            }
        }
        browser.shoot(&format!("{name}-open")).await;
        assert_eq!(browser.complaints().await, [], "{name}");
    }
    browser.end().await;
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field_and_a_form_that_does_not_hold_says_so() {
    let browser = Browser::start().await;
    let shown = show(vec![Seat { has_passphrase: true, ..waits(Wait::ChooseContent) }]).await;
    browser.open_at(&format!("{}{ORDERS}", shown.address)).await;
    browser.click("[data-order=erase] summary").await;
    browser.type_into("#SD_DISK-erase-size", "120 GB").await;
    browser.type_into("#SD_DISK-erase-serial", "0000").await;
    // Without the camera's web server between, nobody names the host.
    browser.click("[data-order=erase] button").await;
    browser.wait_for(".headline", "another place").await;
    browser.shoot("orders-refused").await;
    for (width, dark) in [(1280, false), (320, true)] {
        browser.view(width, dark).await;
        is_comfortable(&browser, width).await;
        is_accessible(&browser, "orders-refused").await;
    }
    browser.end().await;
}

/// Presses Tab until what has the focus fits, which must be seen.
async fn tab_to(browser: &Browser, selector: &str) {
    let script =
        "const it = document.activeElement; return [it.matches(arguments[0]), getComputedStyle(it).outlineStyle]";
    for _ in 0..40 {
        browser.press("\u{e004}").await;
        let seen = browser.run(script, vec![json!(selector)]).await;
        assert_eq!(seen[1], "solid", "the focus cannot be seen on the way to {selector}");
        if seen[0] == true {
            return;
        }
    }
    panic!("Tab never reaches {selector}");
}

/// Fills a field in by keyboard; what stands in it goes.
async fn fill(browser: &Browser, order: &str, field: &str, text: &str) {
    let id = format!("SD_DISK-{order}-{field}");
    browser.run("document.getElementById(arguments[0]).value = ''", vec![json!(id)]).await;
    browser.run("document.querySelector('nav a').focus()", vec![]).await;
    tab_to(browser, &format!("#{id}")).await;
    browser.press(text).await;
}

/// Opens the page again until the headline says so.
async fn comes_to(camera: &VirtualCamera, browser: &Browser, words: &str) {
    until(camera, words, || async {
        browser.open(camera, Account::Root, ORDERS).await;
        browser.text(".headline").await.contains(words)
    })
    .await;
}

/// By keyboard, from the top of the page to the button.
async fn erase(browser: &Browser, size: &str, serial: &str) {
    browser.run("document.querySelector('nav a').focus()", vec![]).await;
    if browser.run("return document.querySelector('[data-order=erase] details').open", vec![]).await == false {
        tab_to(browser, "[data-order=erase] summary").await;
        browser.press("\u{e007}").await;
    }
    fill(browser, "erase", "size", size).await;
    fill(browser, "erase", "serial", serial).await;
    tab_to(browser, "[data-order=erase] button").await;
    browser.press("\u{e007}").await;
}

#[tokio::test]
async fn by_keyboard_alone_and_without_javascript_a_foreign_card_is_erased_and_only_by_the_right_words() {
    let camera =
        VirtualCamera::builder().front(Front::Apache).card_kind("foreign").speed(2000.0).start().await.unwrap();
    install(&camera, package(Arch::native(), Os::V12_11)).await;
    let browser = Browser::without_javascript().await;
    comes_to(&camera, &browser, "What shall be done").await;
    browser.view(320, true).await;
    let secret = "Gr\u{fc}n & <rot>";
    fill(&browser, "prepare", "passphrase", secret).await;
    fill(&browser, "prepare", "again", secret).await;
    browser.press("\u{e007}").await;
    browser.wait_for("#card h2", "SD Card").await;
    comes_to(&camera, &browser, "decision").await;
    browser.shoot("orders-camera-decide").await;
    browser.view(320, true).await;

    // A card that is shut tells no size.
    assert_eq!(browser.text(".label").await, "Size unknown");
    let size = "unknown";
    let serial = camera.identity().serial.clone();
    for (size, end, name, says) in
        [("59.4 GB", &serial[8..], "size", "the word unknown"), (size, "0000", "serial", "ends otherwise")]
    {
        erase(&browser, size, end).await;
        browser.wait_for("[data-order=erase] .field .wrong", says).await;
        is_comfortable(&browser, 320).await;
        browser.shoot(&format!("orders-wrong-{name}")).await;
        browser.view(320, true).await;
    }
    assert_eq!(snapshot(&camera).await["preparations"][0]["stand"], "waits", "nothing was done");
    erase(&browser, size, &serial[8..]).await;
    browser.wait_for("#card h2", "SD Card").await;
    until(&camera, "the card is encrypted and in use", || async {
        let card = &snapshot(&camera).await["cards"]["value"][0];
        card["encrypted"] == true && card["status"] == "ok"
    })
    .await;
    let (page, log) = (crate::world::page(&camera).await, camera.app_log("c2c"));
    assert!(!page.contains("rot&gt;") && !log.contains("rot>") && !log.contains("rot%3E"), "{log}");
    browser.end().await;
    camera.stop().await;
}
