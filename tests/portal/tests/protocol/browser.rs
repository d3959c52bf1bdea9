//! A real Chromium behind the real chromedriver, asked over WebDriver; both are ours alone and end with their handle.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::http::Request;

use crate::camera::ask;

pub(crate) struct Browser {
    session: String,
    driver: Child,
    _home: TempDir,
}

/// One call of WebDriver; answers the value, or says why there is none.
fn call(method: &str, address: &str, body: &Value) -> Value {
    let request = Request::builder().method(method).uri(address).header("content-type", "application/json");
    let body = if method == "POST" { body.to_string().into_bytes() } else { Vec::new() };
    let answer = ask(request.body(body).unwrap());
    assert_eq!(answer.status, 200, "{address}: {}", answer.text);
    answer.json()["value"].clone()
}

impl Browser {
    pub(crate) fn start() -> Self {
        let home = tempfile::Builder::new().prefix("c2c-portal-browser-").tempdir().unwrap();
        #[expect(clippy::disallowed_methods, reason = "a browser is a program")]
        let mut command = std::process::Command::new("chromedriver");
        command.arg("--port=0").env("HOME", home.path()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut driver = command.stderr(Stdio::null()).spawn().unwrap_or_else(|fault| {
            panic!("chromedriver: {fault}; `make test` installs it");
        });
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port =
            lines.find_map(|line| Some(line.split_once("successfully on port ")?.1.trim_end_matches('.').to_owned()));
        let driver_url = format!("http://127.0.0.1:{}", port.expect("chromedriver ended before it listened"));
        // Whatever else it says is read and forgotten, so that it never waits for a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "binary": chromium(), "args": flags(home.path()) },
        } } });
        let session = call("POST", &format!("{driver_url}/session"), &wanted);
        let id = session["sessionId"].as_str().unwrap();
        Self { session: format!("{driver_url}/session/{id}"), driver, _home: home }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        call("POST", &format!("{}/{path}", self.session), body)
    }

    pub(crate) fn open(&self, address: &str) {
        self.post("url", &json!({ "url": address }));
    }

    /// Runs a function's body in the page.
    pub(crate) fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// Waits until an expression is true in the page; WebDriver gives up after 30 s and says so.
    pub(crate) fn wait_until(&self, expression: &str) {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             const look = () => {{ ({expression}) ? done(true) : setTimeout(look, 20); }}; look();"
        );
        self.post("execute/async", &json!({ "script": script, "args": [] }));
    }

    /// What an asynchronous script calls back with.
    pub(crate) fn answer(&self, script: &str) -> Value {
        self.post("execute/async", &json!({ "script": script, "args": [] }))
    }

    /// A phone's or a desk's screen, in light or dark.
    pub(crate) fn view(&self, width: u32, scheme: &str) {
        let cdp = |cmd, params: Value| self.post("goog/cdp/execute", &json!({ "cmd": cmd, "params": params }));
        let screen = json!({ "width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600 });
        cdp("Emulation.setDeviceMetricsOverride", screen);
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        cdp("Emulation.setEmulatedMedia", features);
    }

    /// What Chromium has complained of.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.post("se/log", &json!({ "type": "browser" }));
        let severe = log.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].to_string()).collect()
    }
}

impl Drop for Browser {
    /// Ending the session ends Chromium, also when a test stopped in the midst.
    fn drop(&mut self) {
        let request = Request::builder().method("DELETE").uri(&self.session).body(Vec::new()).unwrap();
        ask(request);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The browser's program, by its usual names.
#[expect(clippy::disallowed_methods, reason = "looks where programs are")]
fn chromium() -> PathBuf {
    let folders: Vec<_> = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect();
    let names = ["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"];
    let mut programs = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    programs.find(|program| program.is_file()).expect("neither chromium nor google-chrome is in PATH")
}

fn flags(home: &Path) -> Vec<String> {
    let profile = format!("--user-data-dir={}", home.join("profile").display());
    let mut flags = vec!["--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
    flags.extend(["--disable-background-networking", "--disable-component-update", "--disable-sync", &profile]);
    // Chromium's sandbox refuses to run as root.
    if std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(home).unwrap()) == 0 {
        flags.push("--no-sandbox");
    }
    flags.into_iter().map(str::to_owned).collect()
}
