//! The pages in a real browser: live, on a phone and at a desk, in light and dark, for everybody.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::camera::Camera;
use crate::operator::Operator;
use crate::stage::{PASSWORD, Stage};

/// Logs in as a person does.
fn logged_in(stage: &Stage, name: &str, first: &str) -> Browser {
    let browser = Browser::start();
    browser.open(&format!("{}{first}", stage.url()));
    let script = "document.querySelector('[name=name]').value = arguments[0];
        document.querySelector('[name=password]').value = arguments[1];
        document.querySelector('.login button').click()";
    browser.run(script, &[json!(name), json!(PASSWORD)]);
    browser.wait_until("document.querySelector('nav') !== null");
    browser
}

fn claimed(stage: &Stage, ada: &Operator, serial: &str, reason: &str) -> Camera {
    let mut camera = Camera::registered(stage, serial);
    ada.claim(&camera.code());
    let mut report = camera.report(1);
    report["claim_id"] = json!(camera.claim_id());
    report["status"]["reason"] = json!(reason);
    report["cards"][0]["wait"] = json!(reason);
    assert_eq!(camera.put("reported", &report).status, 204);
    camera
}

#[test]
fn an_open_page_follows_and_leaves_alone_what_somebody_types() {
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    let camera = claimed(&stage, &ada, "B8A44F000001", "no-card");
    let browser = logged_in(&stage, "ada", "/devices/video");
    browser.run("window.mark = true", &[]);
    ada.wish(&camera.id, "name", &[("name", "Gate north")]);
    browser.wait_until("document.querySelector('.cameras').textContent.includes('Gate north')");
    assert_eq!(browser.run("return window.mark", &[]), true, "it was not loaded anew");
    browser.open(&format!("{}/devices/video/{}", stage.url(), camera.id));
    let typed = "document.getElementById('manage').open = true;
        const field = document.querySelector('#manage [name=name]'); field.focus(); field.value = 'half a na'";
    browser.run(typed, &[]);
    ada.wish(&camera.id, "name", &[("name", "Gate south")]);
    browser.wait_until("document.querySelector('h1').textContent === 'Gate south'");
    let kept = "const field = document.activeElement; return [field.name, field.value, document.getElementById('manage').open]";
    assert_eq!(browser.run(kept, &[]), json!(["name", "half a na", true]));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_code_that_was_scanned_is_there_after_the_login() {
    let stage = Stage::new();
    let mut camera = Camera::registered(&stage, "B8A44F000001");
    let scanned = camera.register().json()["verification_uri_complete"].as_str().unwrap().replace(&stage.url(), "");
    let browser = logged_in(&stage, "ada", &scanned);
    browser.run("document.querySelector('.code button').click()", &[]);
    browser.wait_until("document.querySelector('.calm')?.textContent.startsWith('Claimed')");
    assert_eq!(camera.document("claims")["reason"], "claimed");
}

#[test]
fn what_is_shown_once_is_gone_when_the_page_is_loaded_anew() {
    let stage = Stage::new();
    let ada = Operator::login(&stage, "ada");
    let camera = claimed(&stage, &ada, "B8A44F000001", "well");
    let browser = logged_in(&stage, "ada", &format!("/devices/video/{}", camera.id));
    browser.run("document.querySelector('[name=what][value=passphrase]').form.submit()", &[]);
    browser.wait_until("document.querySelector('.secret code')?.textContent.length === 32");
    // The page still follows, and what was shown stays until somebody goes.
    ada.wish(&camera.id, "name", &[("name", "Gate")]);
    browser.wait_until("document.querySelector('h1').textContent === 'Gate'");
    assert_eq!(browser.run("return document.querySelectorAll('.secret').length", &[]), 1);
    browser.run("location.href = location.pathname", &[]);
    browser.wait_until("document.querySelector('h1') !== null && document.querySelector('.secret') === null");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn every_page_fits_its_screen_and_axe_finds_nothing() {
    let stage = Stage::new();
    let (ada, bea) = (Operator::login(&stage, "ada"), Operator::login(&stage, "bea"));
    let camera = claimed(&stage, &ada, "B8A44F000001", "wrong-passphrase");
    claimed(&stage, &ada, "B8A44F000002", "well");
    let mut new = Camera::registered(&stage, "B8A44F000001");
    assert_eq!(bea.press("/claim", &[("code", &new.code())]).status, 202);
    Camera::registered(&stage, "B8A44F000002");
    ada.press_well("/advance/serials", &[("serials", "B8A44F000003")]);
    ada.press_well("/advance/tokens", &[("many", "1")]);
    let browser = logged_in(&stage, "ada", "/");
    let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/axe/axe_playwright_python/axe.min.js");
    #[expect(clippy::disallowed_methods, reason = "on the integration machine nothing is skipped")]
    let may_skip = std::env::var_os("CI").is_none();
    let axe = match std::fs::read_to_string(axe) {
        Err(_) if may_skip => None,
        read => Some(read.unwrap()),
    };
    for path in ["/devices/video", &format!("/devices/video/{}", camera.id), "/claim", "/advance", "/audit"] {
        for (width, scheme) in [(390, "dark"), (1280, "light"), (820, "dark")] {
            browser.view(width, scheme);
            browser.open(&format!("{}{path}", stage.url()));
            browser.run("for (const it of document.querySelectorAll('details')) it.open = true", &[]);
            let wide = browser.run("return document.documentElement.scrollWidth", &[]);
            assert!(wide.as_u64().unwrap() <= width.into(), "{path} at {width}: {wide}");
            if let Some(axe) = &axe {
                browser.run(axe, &[]);
                let found = browser.answer(
                    "const done = arguments[0]; axe.run().then((r) => done(r.violations.map((v) => [v.id, v.nodes.map((n) => n.html)])))",
                );
                assert_eq!(found, Value::Array(Vec::new()), "{path} at {width}, {scheme}");
            }
        }
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
