//! The page in each of its main states, those whose sources come later too: snapshots made here, served by the app's own
//! routes. The pictures go to `target/screenshots`.

mod crowd;
mod orders;
pub mod shown;
pub mod states;

use c2c::snapshot::Snapshot;
use serde_json::json;

use self::shown::show;
use super::driver::Browser;
use super::is_comfortable;
use crate::world::root;

/// axe-core finds nothing wrong with what is shown, nor what it cannot decide but the contrast on drawings.
pub async fn is_accessible(browser: &Browser, name: &str) {
    let axe = root().join("target/axe/axe_playwright_python/axe.min.js");
    let axe = std::fs::read_to_string(&axe).unwrap_or_else(|error| panic!("{}: {error}; tools/axe.sh", axe.display()));
    browser.run(&format!("window.axe || (() => {{ {axe} }})()"), vec![]).await;
    // Two frames on, everything is drawn in the colours that were asked for last; before, the old and the new may mix.
    let script = "const frame = () => new Promise(requestAnimationFrame);
        return frame().then(frame).then(() => axe.run()).then((report) => [report.passes.length, report.violations.map(
        (rule) => [rule.id, rule.nodes.map((node) => [node.html, node.failureSummary])])])";
    let found = browser.run(script, vec![]).await;
    assert!(found[0].as_u64().unwrap() > 20, "{name}: hardly anything was looked at: {found}");
    assert_eq!(found[1], json!([]), "{name}");
}

#[tokio::test]
async fn every_main_state_is_comfortable_at_each_width_in_light_and_dark() {
    each_is_comfortable(&states::all()).await;
}

#[tokio::test]
async fn every_step_of_preparing_a_card_is_comfortable_at_each_width_in_light_and_dark() {
    each_is_comfortable(&orders::all()).await;
}

async fn each_is_comfortable(all: &[(&str, Snapshot)]) {
    let browser = Browser::start().await;
    let mut pages = Vec::new();
    for (name, snapshot) in all {
        let name = *name;
        // Kept to the end: a page that is left may still ask for something.
        pages.push(show(snapshot.clone()).await);
        let shown = &pages[pages.len() - 1];
        browser.open_at(&shown.address).await;
        browser.wait_for("#pulse", "Live").await;
        // Below 1.5.1 a phone shows the desk's page.
        let widths: &[u32] = if name == "gated" { &[1280, 1024] } else { &[1280, 768, 390, 320] };
        for &width in widths {
            for dark in [false, true] {
                browser.view(width, dark).await;
                is_comfortable(&browser, width).await;
            }
        }
        browser.run("document.querySelectorAll('details').forEach((it) => { it.open = true; })", vec![]).await;
        is_accessible(&browser, name).await;
        let narrowest = widths[widths.len() - 1];
        browser.view(narrowest, false).await;
        is_comfortable(&browser, narrowest).await;
        is_accessible(&browser, name).await;
        browser.view(narrowest, true).await;
        is_accessible(&browser, name).await;
        browser.run("document.querySelectorAll('details').forEach((it) => { it.open = false; })", vec![]).await;
        // What was done before the last restart is on the picture.
        browser.run("document.querySelectorAll('.earlier').forEach((it) => { it.open = true; })", vec![]).await;
        browser.shoot(name).await;
        assert_eq!(browser.complaints().await, [], "{name}");
    }
    browser.end().await;
}

/// Where the bar, the steps and the widget stand, and how wide the page is.
const LAYOUT: &str = "const of = (place) => { const it = document.querySelector(place).getBoundingClientRect();
        return [it.left, it.top, it.width]; };
    return [of('.bar'), of('.headline'), of('.steps li:last-child'), of('#overview'), document.body.offsetWidth]";

#[tokio::test]
async fn below_1_5_1_a_narrow_window_shows_the_desks_page_and_from_then_on_a_page_of_its_width() {
    let browser = Browser::start().await;
    let gated = show(states::gated()).await;
    browser.open_at(&gated.address).await;
    browser.wait_for("#pulse", "Live").await;
    browser.window(1024).await;
    let desk = browser.run(LAYOUT, vec![]).await;
    assert_eq!((&desk[0][0], &desk[0][2], &desk[4]), (&json!(0), &json!(80), &json!(1024)), "{desk}");
    for width in [700, 500] {
        browser.window(width).await;
        assert_eq!(browser.run("return innerWidth", vec![]).await, width);
        assert_eq!(browser.run(LAYOUT, vec![]).await, desk, "at {width}");
        is_accessible(&browser, "gated in a narrow window").await;
    }
    let whole = show(states::fine()).await;
    browser.open_at(&whole.address).await;
    browser.wait_for("#pulse", "Live").await;
    let narrow = browser.run(LAYOUT, vec![]).await;
    assert_eq!(narrow[0][2], narrow[4], "the bar is as wide as the page: {narrow}");
    assert!(narrow[4].as_u64().unwrap() <= 500, "{narrow}");
    is_comfortable(&browser, 500).await;
    browser.end().await;
}

#[tokio::test]
async fn an_exact_moment_and_a_device_id_are_one_focus_away() {
    let browser = Browser::start().await;
    let shown = show(states::fine()).await;
    browser.open_at(&shown.address).await;
    browser.wait_for("#pulse", "Live").await;
    let tip = "const time = document.querySelector('#jobs details'); time.open = true;
        const it = document.querySelector('#jobs time[data-ago]'); it.focus();
        return [document.activeElement === it, getComputedStyle(it, '::after').content]";
    let seen = browser.run(tip, vec![]).await;
    assert_eq!(seen[0], true, "{seen}");
    assert!(seen[1].as_str().unwrap().contains("2026"), "{seen}");
    let spy = "Object.defineProperty(window, 'isSecureContext', { value: false });
        document.addEventListener('copy', () => { window.copied = document.activeElement.value; }, true)";
    browser.run(spy, vec![]).await;
    browser.click("[aria-label='Copy the Device ID']").await;
    browser.wait_for("#said", "Copied").await;
    assert_eq!(browser.run("return window.copied", vec![]).await, json!(states::DEVICE_ID));
    browser.end().await;
}

#[tokio::test]
async fn a_finger_opens_what_a_pointer_does() {
    let browser = Browser::start().await;
    let shown = show(states::needs_you()).await;
    browser.open_at(&shown.address).await;
    browser.wait_for("#pulse", "Live").await;
    browser.view(390, false).await;
    browser.tap(".next a").await;
    let there = "const { top } = document.getElementById('card').getBoundingClientRect();
        return [location.hash, top > -1 && top < innerHeight]";
    assert_eq!(browser.run(there, vec![]).await, json!(["#card", true]), "the next step is one touch away");
    browser.tap("li[data-container=recorder] summary").await;
    browser.wait_for("li[data-container=recorder] details[open]", "139 (it accessed memory").await;
    browser.tap("[data-job] summary").await;
    browser.wait_for("[data-job] details[open]", "Last update").await;
    browser.tap("[data-job] details time[data-ago]").await;
    let tip = "const it = document.activeElement; return [it.tagName, getComputedStyle(it, '::after').content]";
    let seen = browser.run(tip, vec![]).await;
    assert_eq!(seen[0], "TIME", "{seen}");
    assert_ne!(seen[1], "none", "{seen}");
    is_comfortable(&browser, 390).await;
    browser.end().await;
}

/// Presses Tab until what has the focus fits, which must be seen.
async fn tab_to(browser: &Browser, selector: &str) {
    let script =
        "const it = document.activeElement; return [it.matches(arguments[0]), getComputedStyle(it).outlineStyle]";
    for _ in 0..60 {
        browser.press("\u{e004}").await;
        let seen = browser.run(script, vec![json!(selector)]).await;
        assert_eq!(seen[1], "solid", "the focus cannot be seen on the way to {selector}");
        if seen[0] == true {
            return;
        }
    }
    panic!("Tab never reaches {selector}");
}

#[tokio::test]
async fn by_keyboard_alone_a_value_is_copied_and_an_exact_moment_is_read_at_every_width() {
    let browser = Browser::start().await;
    let shown = show(states::cannot_tell()).await;
    browser.open_at(&shown.address).await;
    browser.wait_for("#pulse", "Live").await;
    let spy = "Object.defineProperty(window, 'isSecureContext', { value: false });
        document.addEventListener('copy', () => { window.copied = document.activeElement.value; }, true)";
    browser.run(spy, vec![]).await;
    for width in [1280, 320] {
        browser.view(width, false).await;
        browser.run("document.activeElement.blur(); document.querySelector('nav a').focus()", vec![]).await;
        tab_to(&browser, "#copy").await;
        tab_to(&browser, "[aria-label='Copy the MAC address']").await;
        browser.press("\u{e007}").await;
        browser.wait_for("#said", "Copied").await;
        assert_eq!(browser.run("return window.copied", vec![]).await, "AC:CC:8E:27:DB:1F");
        tab_to(&browser, ".fault time").await;
        let tip = "return getComputedStyle(document.activeElement, '::after').content";
        assert!(browser.run(tip, vec![]).await.as_str().unwrap().contains(", "), "the exact moment");
        is_comfortable(&browser, width).await;
        tab_to(&browser, "#jobs summary").await;
        browser.press("\u{e007}").await;
        tab_to(&browser, "#jobs details[open] time").await;
        is_comfortable(&browser, width).await;
        browser.run("document.querySelector('#jobs details[open]').open = false", vec![]).await;
    }
    assert_eq!(browser.run("return document.querySelectorAll('summary [tabindex]').length", vec![]).await, 0);
    browser.end().await;
}
