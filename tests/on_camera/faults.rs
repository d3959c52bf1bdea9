//! The damage matrix: each reply that the app reads, damaged in each way. One reading is lost, with its reason; the rest
//! of the page stays.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use virtual_camera::{Account, Fault, VirtualCamera};

use crate::world::{PAGE, camera_with_app, control, get, page, snapshot, until};

/// What the app reads over VAPIX: the reading and where it comes from.
pub const REPLIES: [(&str, &str); 7] = [
    ("identity", "/axis-cgi/basicdeviceinfo.cgi"),
    ("network", "/axis-cgi/network_settings.cgi"),
    ("boot", "/axis-cgi/systemready.cgi"),
    ("applications", "/axis-cgi/applications/list.cgi"),
    ("cards", "/axis-cgi/disks/list.cgi"),
    HEALTH,
    ("time", "/axis-cgi/time.cgi"),
];
const LIST: &str = REPLIES[3].1;
/// What a camera may not have: where it is not there, nothing is lost.
const HEALTH: (&str, &str) = ("card_health", "/axis-cgi/disks/gethealth.cgi");
/// The second question behind the reading of the clock.
const NTP: &str = "/axis-cgi/ntp.cgi";

/// Below the 5 s that the app waits for an answer of VAPIX: no page may wait as long.
const QUICK: Duration = Duration::from_secs(4);
/// The app asks for a lost reading at most so often.
const REST: Duration = Duration::from_secs(2);

/// How a reading is lost: the kind for machines, the line for support after the path, and the words for people.
type Loss = (&'static str, &'static str, &'static str);

/// Each damage, and how the reading is lost. `None`: it is not lost.
fn damages(path: &str) -> [(Fault, Option<Loss>); 8] {
    let failed = ("refused", ": HTTP status 500", "The camera failed to answer.");
    let absent = ("refused", ": HTTP status 404", "The camera does not have it.");
    let unauthorized = ("unauthorized", ": HTTP status 401", "The camera refuses the service account that it gave.");
    [
        (Fault::Status(500), Some(failed)),
        (Fault::Unauthorized, Some(unauthorized)),
        (Fault::Hang, Some(("late", ": no answer within 5 s", "There was no answer in time."))),
        (Fault::Cut, Some(("cut", ": broken off", "The answer broke off."))),
        (Fault::Nonsense, Some(("garbled", ": not of its form (", "The answer makes no sense to Camera-to-Cloud."))),
        (Fault::Slow(300), None),
        // A camera without this one does not tell whether its clock is right: unknown, and no loss.
        (Fault::NotFound, Some(absent).filter(|_| path != NTP)),
        (Fault::Huge, Some(("huge", ": more than 1024 kB", "The answer is larger than any that makes sense."))),
    ]
}

/// Whether every reading but `lost` is known, and that one is lost.
pub fn known_but(seen: &Value, lost: &[&str]) -> bool {
    let all = REPLIES.iter().map(|(reading, _)| *reading).chain(["storage"]);
    all.into_iter().all(|reading| seen[reading]["reading"] == if lost.contains(&reading) { "lost" } else { "known" })
}

/// How often `path` was asked.
pub fn asked(camera: &VirtualCamera, path: &str) -> u64 {
    camera.requests().iter().filter(|request| request.path == path).count().try_into().unwrap()
}

/// The status of the page, which is never long in coming.
async fn quick_status(camera: &VirtualCamera) -> u16 {
    let begun = Instant::now();
    let status = get(camera, Account::Viewer, PAGE).await.status;
    assert!(begun.elapsed() < QUICK, "the page took {:?}", begun.elapsed());
    status
}

async fn look_quickly(camera: &VirtualCamera) {
    assert_eq!(quick_status(camera).await, 200);
}

/// Starts the app; its first page is as quick as any.
async fn start(camera: &VirtualCamera) {
    control(camera, "start").await;
    until(camera, "the page answers", || async { quick_status(camera).await == 200 }).await;
}

/// On a refused account: fetched anew once for each ask, and no storm however many look.
async fn asks_are_few(camera: &VirtualCamera, path: &str, before: (u64, u64), begun: Instant) {
    for _ in 0..20 {
        look_quickly(camera).await;
    }
    let counts = || (camera.device().credential_calls() - before.0, asked(camera, path) - before.1);
    until(camera, "each ask was made twice, with one new account in between", || async {
        let (calls, requests) = counts();
        requests % 2 == 0 && calls == 1 + requests / 2
    })
    .await;
    let most = 2 + begun.elapsed().as_secs() / REST.as_secs();
    assert!(counts().1 / 2 <= most, "{:?} in {:?}", counts(), begun.elapsed());
}

/// The reading is lost so, and a viewer sees on the page why, in its own place, beside all the other readings.
async fn told_as(camera: &VirtualCamera, (reading, path): (&str, &str), (kind, line, words): Loss, what: &str) {
    let told = snapshot(camera).await[reading]["fault"].clone();
    let text = told["text"].as_str().unwrap();
    assert_eq!(told["kind"], kind, "{what}: {text}");
    assert!(text.starts_with(path) && text.contains(line), "{what}: {text}");
    let page = page(camera).await;
    assert!(page.contains("one reading of this camera failed."), "{what}: {page}");
    for (shown, thing, value) in shown(camera) {
        let lost = format!("{thing} could not be read.</strong> {words} ");
        assert_eq!(page.contains(&lost), shown == reading, "{what}: {lost:?}: {page}");
        // What a card says of itself stands beside the card.
        let gone = shown == reading || (shown, reading) == ("card_health", "cards");
        assert_eq!(page.contains(&value), !gone, "{what}: {value:?}: {page}");
    }
    assert_eq!(page.matches("data-kind=").count(), 1, "{what}: {page}");
}

/// Each reading, how the page calls it when it is lost, and what it shows of it when it is known.
fn shown(camera: &VirtualCamera) -> [(&'static str, &'static str, String); 8] {
    let row = |label: &str, value: &str| format!("<dt>{label}</dt><dd><div class=\"value\">{value}");
    [
        ("identity", "The camera’s name and version", row("AXIS OS version", &camera.identity().firmware)),
        ("network", "The camera’s addresses", row("IP address", "<ul class=\"addresses\"><li")),
        ("boot", "Whether the camera has started", row("Running for", "")),
        ("applications", "The list of applications", "<li data-app=\"c2c\">".to_owned()),
        ("cards", "The state of the card", "<bdi>OK</bdi>".to_owned()),
        ("card_health", "The wear and the temperature of the card", "id=\"health-SD_DISK\"".to_owned()),
        ("time", "The camera’s clock", row("Clock", "<span class=\"state\"")),
        ("storage", "What applications see of the card", "data-area=\"SD_DISK\"".to_owned()),
    ]
}

async fn damage(camera: &VirtualCamera, (reading, path): (&str, &str)) {
    for (fault, expected) in damages(path) {
        let expected = expected.filter(|_| (reading, path) != HEALTH || fault != Fault::NotFound);
        let what = format!("{reading} under {fault:?}");
        control(camera, "stop").await;
        let (before, begun) = ((camera.device().credential_calls(), asked(camera, path)), Instant::now());
        camera.fault(path, fault.clone());
        start(camera).await;
        let pid = camera.app_pid("c2c");
        let lost: &[&str] = if expected.is_some() { &[reading] } else { &[] };
        until(camera, &what, || async { known_but(&snapshot(camera).await, lost) }).await;
        look_quickly(camera).await;
        if let Some(loss) = expected {
            told_as(camera, (reading, path), loss, &what).await;
        }
        if fault == Fault::Unauthorized {
            asks_are_few(camera, path, before, begun).await;
        }
        camera.clear_faults();
        until(camera, &format!("{what} has passed"), || async { known_but(&snapshot(camera).await, &[]) }).await;
        assert_eq!(camera.app_pid("c2c"), pid, "{what}");
    }
}

async fn matrix(reply: (&str, &str)) {
    let camera = camera_with_app().await;
    damage(&camera, reply).await;
    let log = camera.app_log("c2c");
    assert!(
        !log.contains("panicked") && !log.contains("ended unexpectedly") && !log.contains("Authorization"),
        "{log}"
    );
    assert!(log.contains(&format!("collect: {} lost: {}", reply.0, reply.1)), "{log}");
    camera.stop().await;
}

#[tokio::test]
async fn each_damaged_reply_loses_its_own_reading_alone_and_it_comes_back() {
    let [identity, network, boot, applications, cards, health, time] = REPLIES;
    tokio::join!(
        matrix(identity),
        matrix(network),
        matrix(boot),
        matrix(applications),
        matrix(cards),
        matrix(health),
        matrix(time)
    );
}

#[tokio::test]
async fn a_damaged_answer_about_the_time_server_loses_the_clock_alone_and_it_comes_back() {
    matrix(("time", NTP)).await;
}

#[tokio::test]
async fn seven_damages_at_once_lose_seven_readings_each_with_its_own_reason() {
    let camera = camera_with_app().await;
    control(&camera, "stop").await;
    let all = [Fault::Hang, Fault::Cut, Fault::Status(403), Fault::Huge, Fault::Nonsense, Fault::Cut, Fault::NotFound];
    for ((_, path), fault) in REPLIES.into_iter().zip(all) {
        camera.fault(path, fault);
    }
    start(&camera).await;
    let lost = REPLIES.map(|(reading, _)| reading);
    until(&camera, "all seven are lost", || async { known_but(&snapshot(&camera).await, &lost) }).await;
    let (seen, page) = (snapshot(&camera).await, page(&camera).await);
    for ((reading, path), kind) in
        REPLIES.into_iter().zip(["late", "cut", "refused", "huge", "garbled", "cut", "refused"])
    {
        assert_eq!(seen[reading]["fault"]["kind"], kind);
        let text = seen[reading]["fault"]["text"].as_str().unwrap();
        assert!(text.starts_with(path) && page.contains(text), "{text}: {page}");
    }
    assert!(page.contains("7 readings of this camera failed.") && page.contains("1.6.0"), "{page}");
    assert!(page.contains("The camera does not let the service account read it."), "{page}");
    camera.clear_faults();
    until(&camera, "all is back", || async { known_but(&snapshot(&camera).await, &[]) }).await;
    camera.stop().await;
}

#[tokio::test]
async fn what_was_known_before_it_was_lost_stays_on_the_page_with_its_age() {
    let camera = camera_with_app().await;
    until(&camera, "all is known", || async { known_but(&snapshot(&camera).await, &[]) }).await;
    assert!(!page(&camera).await.contains("as of"));
    camera.fault(LIST, Fault::Status(503));
    until(&camera, "it is lost", || async { known_but(&snapshot(&camera).await, &["applications"]) }).await;
    let (seen, page) = (snapshot(&camera).await, page(&camera).await);
    let last = seen["applications"]["last"]["value"].as_array().unwrap();
    assert!(last.iter().any(|app| app["name"] == "c2c" && app["state"] == "running"), "{seen}");
    let list = page.split("id=\"applications\"").nth(1).unwrap();
    assert!(list.contains("data-app=\"c2c\"") && list.contains("as of") && list.contains(" ago"), "{page}");
    assert!(list.contains("HTTP status 503"), "{page}");
    camera.stop().await;
}

#[tokio::test]
async fn a_loss_that_a_look_found_is_asked_again_though_nobody_looks_any_more() {
    let camera = camera_with_app().await;
    until(&camera, "all is known", || async { known_but(&snapshot(&camera).await, &[]) }).await;
    camera.fault(LIST, Fault::Cut);
    until(&camera, "it is lost", || async { known_but(&snapshot(&camera).await, &["applications"]) }).await;
    camera.clear_faults();
    let back = camera.device().wait_for_log("c2c", Duration::from_secs(30), |log| log.contains("applications is back"));
    assert!(back.await, "{}", camera.app_log("c2c"));
    camera.stop().await;
}
