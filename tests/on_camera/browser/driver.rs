//! A real Chromium, driven through the real chromedriver; both are ours alone and end with their handle.
//!
//! Chromium's own background traffic is switched off, since tests talk to nobody but the virtual camera.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use axum::http::Method;
use base64::Engine as _;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use url::{ParseError, Url};
use virtual_camera::{Account, VirtualCamera};

use crate::world::root;

/// Longest wait for anything that a page shall show.
const PATIENCE: Duration = Duration::from_secs(20);

/// One browser session in a new profile, with a chromedriver of its own.
pub struct Browser {
    client: Client,
    driver: Child,
    home: TempDir,
}

impl Browser {
    pub async fn start() -> Self {
        Self::with_preferences(json!({})).await
    }

    /// As for a person who has switched JavaScript off in the settings.
    pub async fn without_javascript() -> Self {
        Self::with_preferences(json!({ "profile.default_content_setting_values.javascript": 2 })).await
    }

    async fn with_preferences(preferences: Value) -> Self {
        let home = tempfile::Builder::new().prefix("c2c-browser-").tempdir().unwrap();
        let (driver, port) = start_driver(home.path()).await;
        let capabilities = json!({
            "acceptInsecureCerts": true,
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "binary": chromium(), "args": flags(home.path()), "prefs": preferences },
        });
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let client = ClientBuilder::new(connector)
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Self { client, driver, home }
    }

    /// Opens a page of the camera, logged in by the address as its web server allows.
    pub async fn open(&self, camera: &VirtualCamera, account: Account, path: &str) {
        let (user, password) = camera.login(account);
        let address = camera.url().replace("://", &format!("://{user}:{password}@"));
        self.client.goto(&format!("{address}{path}")).await.unwrap();
    }

    /// The same over TLS.
    pub async fn open_over_https(&self, camera: &VirtualCamera, account: Account, path: &str) {
        let (user, password) = camera.login(account);
        let address = camera.https_url().replace("://", &format!("://{user}:{password}@"));
        self.client.goto(&format!("{address}{path}")).await.unwrap();
    }

    /// A finger's tap on the middle of an element.
    pub async fn tap(&self, selector: &str) {
        self.cdp("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await;
        let script = "const it = document.querySelector(arguments[0]); it.scrollIntoView({ block: 'center' });
            const { x, y, width, height } = it.getBoundingClientRect(); return [x + width / 2, y + height / 2]";
        let middle = self.run(script, vec![json!(selector)]).await;
        let touch = json!({ "type": "touchStart", "touchPoints": [{ "x": middle[0], "y": middle[1] }] });
        self.cdp("Input.dispatchTouchEvent", touch).await;
        self.cdp("Input.dispatchTouchEvent", json!({ "type": "touchEnd", "touchPoints": [] })).await;
    }

    /// Opens what stands at this address.
    pub async fn open_at(&self, address: &str) {
        self.client.goto(address).await.unwrap();
    }

    /// The path of the page that is shown.
    pub async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    pub async fn click(&self, selector: &str) {
        self.client.wait().at_most(PATIENCE).for_element(Locator::Css(selector)).await.unwrap().click().await.unwrap();
    }

    /// Types into an element; a file field takes a path.
    pub async fn type_into(&self, selector: &str, text: &str) {
        self.client.find(Locator::Css(selector)).await.unwrap().send_keys(text).await.unwrap();
    }

    /// Presses a key of the keyboard on whatever has the focus; a WebDriver key code.
    pub async fn press(&self, key: &str) {
        self.client.active_element().await.unwrap().send_keys(key).await.unwrap();
    }

    pub async fn refresh(&self) {
        self.client.refresh().await.unwrap();
    }

    /// What a person reads in the first element that fits; empty if there is none.
    pub async fn text(&self, selector: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        self.run(script, vec![selector.into()]).await.as_str().unwrap_or_default().to_owned()
    }

    /// Runs a function body in the page.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap_or(Value::Null)
    }

    /// Waits until an element says `text`; tells what it says instead when it does not.
    pub async fn wait_for(&self, selector: &str, text: &str) {
        let begun = tokio::time::Instant::now();
        loop {
            let seen = self.text(selector).await;
            if seen.contains(text) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{selector} says {seen:?}, not {text:?}, on {}", self.path().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until no element fits.
    pub async fn wait_until_gone(&self, selector: &str) {
        let begun = tokio::time::Instant::now();
        while self.run("return document.querySelector(arguments[0]) !== null", vec![selector.into()]).await != false {
            assert!(begun.elapsed() < PATIENCE, "{selector} is still there: {:?}", self.text(selector).await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A screen of this width (a phone's below 600 px), in light or dark.
    pub async fn view(&self, width: u32, dark: bool) {
        self.screen(width, 844).await;
        let scheme = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.cdp("Emulation.setEmulatedMedia", features).await;
    }

    async fn screen(&self, width: u32, height: u64) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// A window of this width at a desk.
    pub async fn window(&self, width: u32) {
        let metrics = json!({ "width": width, "height": 844, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// The whole page, at phone and desk, in light and dark, under `target/screenshots`.
    pub async fn shoot(&self, name: &str) {
        for (width, dark) in [(1280, false), (1280, true), (390, true), (390, false)] {
            self.view(width, dark).await;
            let height = self.run("return document.scrollingElement.scrollHeight", vec![]).await;
            self.screen(width, height.as_u64().unwrap().max(844)).await;
            self.capture(&format!("{name}-{width}-{}", if dark { "dark" } else { "light" })).await;
        }
    }

    async fn capture(&self, name: &str) {
        let folder = root().join("target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let shot = self.cdp("Page.captureScreenshot", json!({})).await;
        std::fs::write(folder.join(format!("{name}.png")), decoded(&shot)).unwrap();
    }

    /// How many sheets of A4 the page prints on; what is printed goes to the other pictures.
    pub async fn sheets(&self, name: &str) -> usize {
        self.cdp("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
        self.screen(704, 1032).await;
        self.capture(name).await;
        self.cdp("Emulation.setEmulatedMedia", json!({ "media": "" })).await;
        let pdf = self.cdp("Page.printToPDF", json!({ "paperWidth": 8.27, "paperHeight": 11.69 })).await;
        String::from_utf8_lossy(&decoded(&pdf)).matches("/Type /Page\n").count()
    }

    /// A command of Chromium's own protocol.
    pub async fn cdp(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.client.issue_cmd(Post { path: "goog/cdp/execute", body }).await.unwrap()
    }

    /// What Chromium has complained of since the last call, errors only: `(source, message)`.
    pub async fn complaints(&self) -> Vec<(String, String)> {
        let log = self.client.issue_cmd(Post { path: "se/log", body: json!({ "type": "browser" }) }).await.unwrap();
        let word = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let severe = log.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| (word(entry, "source"), word(entry, "message"))).collect()
    }

    /// Ends the session, Chromium and chromedriver.
    pub async fn end(mut self) {
        self.client.clone().close().await.unwrap();
        self.driver.kill().await.unwrap();
    }
}

impl Drop for Browser {
    /// A test that stopped in the midst leaves no browser behind: what runs on our own profile is ours.
    fn drop(&mut self) {
        let _ = self.driver.start_kill();
        let mark = self.home.path().display().to_string();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
            let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            if String::from_utf8_lossy(&command).contains(&mark) {
                let _ = Pid::from_raw(pid).map(|pid| kill_process(pid, Signal::KILL));
            }
        }
    }
}

/// The file in an answer of Chromium.
fn decoded(answer: &Value) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(answer["data"].as_str().unwrap()).unwrap()
}

/// A command that the WebDriver standard doesn't have.
#[derive(Debug)]
struct Post {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Post {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// Starts chromedriver and waits until it names its port.
async fn start_driver(home: &Path) -> (Child, u16) {
    let mut driver = tokio::process::Command::new("chromedriver")
        .arg("--port=0")
        .env("HOME", home)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("chromedriver: {error}; `make test` installs it"));
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((_, port)) = line.split_once("successfully on port ") {
                return port.trim_end_matches('.').parse().unwrap();
            }
        }
        panic!("chromedriver ended before it listened");
    };
    let port = tokio::time::timeout(PATIENCE, port).await.unwrap();
    // Whatever else it says is read and forgotten, so that it never waits for a full pipe.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (driver, port)
}

/// The browser's program, by its usual names.
fn chromium() -> PathBuf {
    let folders: Vec<_> = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect();
    ["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"]
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("neither chromium nor google-chrome is in PATH; `make test` installs one"))
}

fn flags(home: &Path) -> Vec<String> {
    let mut flags: Vec<String> = [
        "--headless",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,844",
    ]
    .map(str::to_owned)
    .to_vec();
    flags.push(format!("--user-data-dir={}", home.join("profile").display()));
    // Chromium's sandbox refuses to run as root.
    if std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(home).unwrap()) == 0 {
        flags.push("--no-sandbox".to_owned());
    }
    flags
}
