//! What stays while the live page changes, what it says of that, and what it does when its stream is cut.

use c2c::clock;
use c2c::snapshot::{Containers, Fault, JobState, Reading, Snapshot, StopCause};
use serde_json::{Value, json};

use super::driver::Browser;
use super::gallery::is_accessible;
use super::gallery::shown::{Shown, show};
use super::gallery::states;
use super::is_comfortable;
use crate::world::until_true;

/// A page of this snapshot that is live, with a mark that a reload would wipe out, and each stream it opens at hand.
async fn open(snapshot: Snapshot) -> (Shown, Browser) {
    let shown = show(snapshot).await;
    let browser = Browser::start().await;
    browser.open_at(&shown.address).await;
    browser.wait_for("#pulse", "Live").await;
    let spy = "window.mark = 'here'; window.streams = []; window.times = [];
        const Real = window.EventSource;
        window.EventSource = class extends Real {
          constructor(address) { super(address); window.streams.push(this); window.times.push(Date.now()); }
        }";
    browser.run(spy, vec![]).await;
    (shown, browser)
}

async fn end(browser: Browser) {
    assert_eq!(browser.run("return window.mark", vec![]).await, "here", "the page was reloaded");
    browser.end().await;
}

fn without_applications() -> Snapshot {
    let fault = Fault::new("late", "/axis-cgi/applications/list.cgi: no answer within 5 s");
    let base = states::fine();
    Snapshot { applications: base.applications.after(Err(fault), clock::now()), ..states::fine() }
}

async fn open_streams(browser: &Browser) -> Value {
    browser.run("return window.streams.filter((stream) => stream.readyState < 2).length", vec![]).await
}

#[tokio::test]
async fn what_is_open_and_has_the_focus_keeps_both_when_a_reading_is_lost_and_when_it_comes_back() {
    let (shown, browser) = open(states::fine()).await;
    browser.click("li[data-app=axisobjectanalytics] summary").await;
    let kept = "return [document.activeElement.closest('li')?.dataset.app,
        document.querySelector('li[data-app=axisobjectanalytics] details')?.open]";
    assert_eq!(browser.run(kept, vec![]).await, json!(["axisobjectanalytics", true]));
    let same = "window.list ??= document.querySelector('ul.applications');
        return window.list === document.querySelector('ul.applications')";
    browser.run(same, vec![]).await;
    for _ in 0..2 {
        shown.now(without_applications());
        browser.wait_for("#overview .fault", "could not be read").await;
        assert_eq!(browser.run(kept, vec![]).await, json!(["axisobjectanalytics", true]), "lost");
        shown.now(states::fine());
        browser.wait_until_gone("#overview .fault").await;
        assert_eq!(browser.run(kept, vec![]).await, json!(["axisobjectanalytics", true]), "back");
    }
    assert_eq!(browser.run(same, vec![]).await, true, "the list was built anew");
    assert_eq!(browser.text(".dim .applications").await, "", "nothing is dimmed any more");
    end(browser).await;
}

#[tokio::test]
async fn a_tab_that_was_hidden_while_it_asked_holds_no_stream() {
    let (_shown, browser) = open(states::fine()).await;
    // Hidden while the answer is on its way; what came too late is told by the promise.
    let script = "const real = window.fetch;
        window.late = new Promise((done) => {
          window.fetch = async (...asked) => {
            window.fetch = real;
            const answer = await real(...asked);
            window.away = true;
            document.dispatchEvent(new Event('visibilitychange'));
            setTimeout(done, 500);
            return answer;
          };
        });
        Object.defineProperty(document, 'hidden', { get: () => window.away, configurable: true });
        window.away = true;
        document.dispatchEvent(new Event('visibilitychange'));
        window.away = false;
        document.dispatchEvent(new Event('visibilitychange'));
        return window.late.then(() => window.streams.length)";
    assert_eq!(browser.run(script, vec![]).await, 0, "streams of a hidden tab");
    browser.run("window.away = false; document.dispatchEvent(new Event('visibilitychange'))", vec![]).await;
    until_true("seen again, it follows", || async { open_streams(&browser).await == 1 }).await;
    end(browser).await;
}

#[tokio::test]
async fn a_stream_that_is_cut_is_opened_again_at_most_every_three_seconds_and_nothing_is_told_as_lost() {
    let (shown, browser) = open(states::fine()).await;
    shown.cut_streams(true);
    let cut = || async { browser.run("return window.times.length", vec![]).await.as_u64() >= Some(3) };
    until_true("three streams were cut", cut).await;
    let gaps = browser.run("return window.times.slice(1).map((at, index) => at - window.times[index])", vec![]).await;
    for gap in gaps.as_array().unwrap() {
        assert!(gap.as_u64().unwrap() >= 2_900, "{gaps}");
    }
    assert_eq!(browser.text("#lost").await, "");
    shown.cut_streams(false);
    until_true("it follows again", || async { open_streams(&browser).await == 1 }).await;
    shown.now(states::needs_you());
    browser.wait_for(".headline", "passphrase").await;
    end(browser).await;
}

#[tokio::test]
async fn while_the_connection_is_lost_nothing_on_the_page_or_its_tab_looks_as_if_all_were_well() {
    let (shown, browser) = open(states::fine()).await;
    let looks = "return [document.title, document.querySelector('link[rel=icon]').href.split('/').pop(),
        document.querySelector('.headline').innerText, document.getElementById('verdict').dataset.mood,
        getComputedStyle(document.querySelector('#overview dd')).color
          === getComputedStyle(document.querySelector('#overview dt')).color]";
    let well = browser.run(looks, vec![]).await;
    assert_eq!((&well[1], &well[3], &well[4]), (&json!("icon-done.svg"), &json!("done"), &json!(false)), "{well}");
    browser.run("window.real = window.fetch; window.fetch = async () => { throw new Error('cut'); }", vec![]).await;
    shown.cut_streams(false);
    browser.wait_for("#lost", "Connection to the camera lost since").await;
    let lost = "Cannot tell: the connection to the camera is lost.";
    let seen = browser.run(looks, vec![]).await;
    let title = format!("{lost} · Loading dock 3");
    assert_eq!(seen, json!([title, "icon-cannot-tell.svg", lost, "cannot-tell", true]));
    assert_eq!(browser.text(".next:not([hidden])").await, "", "nobody may leave");
    for (width, dark) in [(1280, false), (1280, true), (390, false), (320, true)] {
        browser.view(width, dark).await;
        is_comfortable(&browser, width).await;
        is_accessible(&browser, "lost connection").await;
    }
    browser.shoot("connection-lost").await;
    browser.run("window.fetch = window.real", vec![]).await;
    browser.wait_until_gone("#lost:not([hidden])").await;
    assert_eq!(browser.run(looks, vec![]).await, well);
    // A login that ran out looks the same, and stays so.
    browser.run("window.fetch = async () => new Response('', { status: 401 })", vec![]).await;
    shown.cut_streams(false);
    browser.wait_for("#lost", "Log in again").await;
    let seen = browser.run(looks, vec![]).await;
    assert_eq!((&seen[1], &seen[3], &seen[4]), (&json!("icon-cannot-tell.svg"), &json!("cannot-tell"), &json!(true)));
    assert_eq!(seen[2], "Cannot tell: the camera wants a login.");
    for dark in [false, true] {
        browser.view(390, dark).await;
        is_comfortable(&browser, 390).await;
        is_accessible(&browser, "logged out").await;
    }
    browser.shoot("logged-out").await;
    end(browser).await;
}

#[tokio::test]
async fn the_copy_for_support_holds_whatever_stands_on_the_page() {
    let containers = Reading::Known {
        value: Containers::Stopped { cause: StopCause::ApplicationStopped, hint: Some("5".into()) },
        at: clock::now(),
    };
    let (_shown, browser) = open(Snapshot { containers, ..states::needs_you() }).await;
    let spy = "Object.defineProperty(window, 'isSecureContext', { value: false });
        document.addEventListener('copy', () => { window.copied = document.activeElement.value; }, true)";
    browser.run(spy, vec![]).await;
    browser.click("#copy").await;
    browser.wait_for("#copy", "Copied").await;
    // Every text on the page, also what is not open, but for buttons and what is hidden.
    let missing = "const said = window.copied.replace(/\\s+/g, ' '), missing = [];
        const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const text = walker.currentNode.data.replace(/\\s+/g, ' ').trim();
          if (!walker.currentNode.parentElement.closest('[hidden], button, .unseen') && !said.includes(text)) missing.push(text);
        }
        return missing";
    assert_eq!(browser.run(missing, vec![]).await, json!([]));
    let text = browser.run("return window.copied", vec![]).await.as_str().unwrap().to_owned();
    for line in [
        "The container engine's application is stopped.",
        "Plan ahead AXIS OS 13 runs signed applications only.",
        "SD Card Information:",
        "ACAP version 1.6.0",
        "AXIS Object Analytics Running",
        "IP address 192.168.1.21 fe80::aece:8eff:fe27:db1f ",
    ] {
        assert!(text.lines().any(|one| one.contains(line)), "{line}: {text}");
    }
    end(browser).await;
}

#[tokio::test]
async fn changes_of_state_are_said_once_and_neither_each_percent_nor_each_minute() {
    let (shown, browser) = open(states::working()).await;
    let listen = "window.said = [];
        new MutationObserver(() => window.said.push(document.getElementById('said').textContent))
          .observe(document.getElementById('said'), { childList: true, characterData: true, subtree: true })";
    browser.run(listen, vec![]).await;
    let at = |percent: u8, seconds: u64| {
        let mut snapshot = states::working();
        let state = JobState::Running { percent: Some(percent), waits_for: None, seconds_left: Some(seconds) };
        snapshot.jobs.as_mut().unwrap()[1].state = state;
        snapshot
    };
    for (percent, seconds) in [(62, 660), (65, 600), (69, 540), (70, 480), (71, 420)] {
        shown.now(at(percent, seconds));
        browser.wait_for("[data-job='3'] .state", &format!("{percent} %")).await;
    }
    assert_eq!(browser.run("return window.said", vec![]).await, json!(["Format SD Card: 70 %"]));
    // Two of the same name: each change is told.
    let twins = |first: JobState, second: JobState| {
        let mut snapshot = at(71, 420);
        let jobs = snapshot.jobs.as_mut().unwrap();
        (jobs[0].name, jobs[0].state, jobs[3].name, jobs[3].state) = ("Mount".into(), first, "Mount".into(), second);
        snapshot
    };
    shown.now(twins(JobState::Pending, JobState::Pending));
    browser.wait_for("[data-job='1'] .name", "Mount").await;
    browser.run("window.said = []", vec![]).await;
    shown.now(twins(JobState::Cancelled, JobState::Pending));
    browser.wait_for("#said", "Mount: Cancelled").await;
    shown.now(twins(JobState::Cancelled, JobState::Complete));
    browser.wait_for("#said", "Mount: Complete").await;
    end(browser).await;
}

#[tokio::test]
async fn a_copied_value_says_so_until_its_time_is_over_whatever_else_changes() {
    let (shown, browser) = open(states::fine()).await;
    browser.click("[aria-label='Copy the Device ID']").await;
    browser.wait_for("#said", "Copied").await;
    shown.now(without_applications());
    browser.wait_for("#overview .fault", "could not be read").await;
    let marked = "return document.querySelector(\"[aria-label='Copy the Device ID']\").hasAttribute('data-copied')";
    assert_eq!(browser.run(marked, vec![]).await, true, "the update wiped it out");
    until_true("its time is over", || async { browser.run(marked, vec![]).await == false }).await;
    end(browser).await;
}
