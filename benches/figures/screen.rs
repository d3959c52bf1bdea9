//! What a person sees in a real Chromium: how soon a pulled card becomes words, and what Lighthouse thinks of the page.
//!
//! The page comes through the real Apache. The delay begins before the camera pulls the card out of both its interfaces
//! and ends with the first picture that Chromium makes of the new words; both clocks are this machine's.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use virtual_camera::axsim::storage::SD_DISK;
use virtual_camera::{Account, VirtualCamera};

use crate::driver::Browser;
use crate::figure::{Aim, Figure, median};
use crate::root;
use crate::world::PAGE;

const PULLS: usize = 10;
const LIGHTHOUSE_RUNS: usize = 5;
/// Longest time of one Lighthouse run.
const LIGHTHOUSE_PATIENCE: Duration = Duration::from_secs(120);
/// Between two pulls: more than a beat of the page, less than its comment's.
const REST: Duration = Duration::from_secs(2);
/// The card's status, of all states on the page.
const STATUS: &str = "#card .state";

/// Remembers when the page first showed other words for the card than now.
const WATCH: &str = "window.shown = null;
    const status = () => document.querySelector('#card .state')?.textContent;
    const before = status();
    const watcher = new MutationObserver(() => {
        if (status() === before) return;
        watcher.disconnect();
        requestAnimationFrame(() => setTimeout(() => { window.shown = Date.now(); }));
    });
    watcher.observe(document.body, { subtree: true, childList: true, characterData: true });";

/// The median delay, in milliseconds.
pub(crate) async fn card_pulled(camera: &VirtualCamera) -> anyhow::Result<Figure> {
    let browser = Browser::start().await;
    browser.open(camera, Account::Viewer, PAGE).await;
    browser.wait_for("#pulse", "Live").await;
    let mut delays = Vec::new();
    for _ in 0..PULLS {
        browser.wait_for(STATUS, "OK").await;
        browser.wait_for(&format!("[data-area={SD_DISK}] .state"), "Writable").await;
        tokio::time::sleep(REST).await;
        browser.run(WATCH, vec![]).await;
        let begun = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1e3;
        camera.device().axsim().yank(SD_DISK)?;
        browser.wait_for(STATUS, "Disconnected").await;
        let shown = browser.run("return window.shown", vec![]).await.as_f64().context("the page did not change")?;
        delays.push(shown - begun);
        camera.device().axsim().insert(SD_DISK, None)?;
    }
    browser.end().await;
    let worst = delays.iter().copied().fold(0.0, f64::max);
    Ok(Figure {
        name: format!("From a card pulled to words on the screen (median of {PULLS}, the slowest {worst:.0} ms)"),
        measured: median(delays).ok_or_else(|| "no card was pulled".to_owned()),
        aim: Aim::AtMost(300.0),
        grace: 100.0,
        show: |ms| format!("{ms:.0} ms"),
    })
}

/// The medians of its three verdicts.
pub(crate) async fn lighthouse(camera: &VirtualCamera) -> anyhow::Result<Vec<Figure>> {
    let program = root().join("target/lighthouse/node_modules/lighthouse/cli/index.js");
    let subjects = [("accessibility", 100.0), ("best-practices", 100.0), ("performance", 99.0)];
    let reports = if program.is_file() {
        Ok(reports(camera, &program).await?)
    } else {
        Err("no Node.js here, or no npm registry".to_owned())
    };
    let figure = |(subject, aim): (&str, f64)| Figure {
        name: format!("Lighthouse 12, {} (median of {LIGHTHOUSE_RUNS})", subject.replace('-', " ")),
        measured: reports.as_ref().map_err(String::clone).map(|reports: &Vec<Value>| {
            let scores = reports.iter().filter_map(|report| report["categories"][subject]["score"].as_f64());
            median(scores).unwrap_or_default() * 100.0
        }),
        aim: Aim::AtLeast(aim),
        // A busy machine answers late, which is most of the performance.
        grace: if subject == "performance" { 5.0 } else { 0.0 },
        show: |points| format!("{points:.0}"),
    };
    Ok(subjects.map(figure).into())
}

/// Lighthouse works in a Chromium that has logged in, over https as browsers call safe.
async fn reports(camera: &VirtualCamera, program: &Path) -> anyhow::Result<Vec<Value>> {
    let browser = Browser::start().await;
    let (user, password) = camera.login(Account::Viewer);
    let page = format!("{}{PAGE}", camera.https_url());
    browser.open_at(&page.replace("://", &format!("://{user}:{password}@"))).await;
    browser.wait_for("#pulse", "Live").await;
    // Not on the page any more: it would hold a stream.
    browser.open_at("about:blank").await;
    let port = debug_port(&browser).await?;
    let mut reports = Vec::new();
    for _ in 0..LIGHTHOUSE_RUNS {
        let run = tokio::process::Command::new("node")
            .arg(program)
            .args([&page, "--quiet", "--output=json", "--enable-error-reporting=false", &format!("--port={port}")])
            .arg("--only-categories=accessibility,best-practices,performance")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(LIGHTHOUSE_PATIENCE, run).await.context("Lighthouse took too long")??;
        ensure!(output.status.success(), "Lighthouse: {}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout)?;
        let wrong = &report["runtimeError"]["message"];
        ensure!(wrong.is_null(), "Lighthouse: {wrong}");
        reports.push(report);
    }
    browser.end().await;
    if let Some(last) = reports.last() {
        // For who wants to know why.
        std::fs::write(root().join("target/lighthouse/report.json"), last.to_string())?;
    }
    Ok(reports)
}

/// Where Chromium listens for its own protocol: it writes that into its profile.
async fn debug_port(browser: &Browser) -> anyhow::Result<String> {
    let line = browser.cdp("Browser.getBrowserCommandLine", json!({})).await;
    let flags = line["arguments"].as_array().context("Chromium does not tell its flags")?;
    let mut flags = flags.iter().filter_map(Value::as_str);
    let profile = flags.find_map(|flag| flag.strip_prefix("--user-data-dir=")).context("Chromium has no profile")?;
    let written = std::fs::read_to_string(Path::new(profile).join("DevToolsActivePort"))?;
    Ok(written.lines().next().context("Chromium has no port")?.to_owned())
}
