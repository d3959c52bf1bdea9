//! The status page beside nginx: one worker of nginx that serves the same bytes, with the same headers, as a static file.
//!
//! Both answer the same client (`wrk`, [`CONNECTIONS`] connections that stay open, over loopback) in turn, [`PAIRS`]
//! times; what counts is the median of the pairs' ratios, so that a machine with other work to do troubles both. The app
//! goes on asking its camera meanwhile. nginx runs as our own child: no log, files kept open, no limit of requests.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

use crate::figure::{Aim, Figure, median};
use crate::{PAGE, root};

const PAIRS: usize = 9;
const CONNECTIONS: usize = 8;
/// Of one run, in seconds.
const RUN: u32 = 2;
/// Longest wait for nginx to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Headers that nginx makes by itself.
const ITS_OWN: [&str; 7] =
    ["content-type", "content-length", "date", "etag", "connection", "transfer-encoding", "last-modified"];

/// What a run showed.
#[derive(Clone, Copy)]
struct Run {
    per_second: f64,
    p99_ms: f64,
}

/// `host` is the app's address, `port` its port; the next port is taken for nginx.
pub(crate) fn figures(host: &str, port: u16) -> anyhow::Result<Vec<Figure>> {
    let (Some(nginx), Some(wrk)) = (find("nginx"), find("wrk")) else {
        return Ok(rows(&Err("neither nginx nor wrk may be missing (tools/debs.sh)".to_owned())));
    };
    let app = format!("http://{host}:{port}{PAGE}");
    let rival = Rival::start(&nginx, &app, &format!("{host}:{}", port + 1))?;
    let mut pairs = Vec::new();
    for _ in 0..PAIRS {
        pairs.push((run(&wrk, &app)?, run(&wrk, &rival.page)?));
    }
    let middle = |of: fn(&(Run, Run)) -> f64| median(pairs.iter().map(of)).unwrap_or_default();
    let told = format!(
        "medians: {:.0} requests a second and p99 {:.2} ms; nginx {:.0} and {:.2} ms\n",
        middle(|pair| pair.0.per_second),
        middle(|pair| pair.0.p99_ms),
        middle(|pair| pair.1.per_second),
        middle(|pair| pair.1.p99_ms),
    );
    drop(std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes()));
    let speed = middle(|(app, nginx)| app.per_second / nginx.per_second);
    Ok(rows(&Ok((speed, middle(|(app, nginx)| app.p99_ms / nginx.p99_ms)))))
}

fn rows(measured: &Result<(f64, f64), String>) -> Vec<Figure> {
    let figure = |name: &str, pick: fn((f64, f64)) -> f64, aim, grace| Figure {
        name: format!("{name} (median of {PAIRS} pairs)"),
        measured: measured.clone().map(pick),
        aim,
        grace,
        show: |ratio| format!("{ratio:.2} times nginx's"),
    };
    vec![
        figure("Requests for the page in a second", |(speed, _)| speed, Aim::AtLeast(1.0), 25.0),
        figure("Slowest of a hundred such requests", |(_, p99)| p99, Aim::AtMost(1.0), 100.0),
    ]
}

/// A program of PATH, or of the packages that tools/debs.sh unpacked.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debs = root().join("target/debs/usr");
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), debs.join("sbin"), debs.join("bin")]);
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// As often as it can, for [`RUN`] seconds.
fn run(wrk: &Path, page: &str) -> anyhow::Result<Run> {
    let output = Command::new(wrk)
        .args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{RUN}s"), "--latency"])
        .args(["-H", "Accept-Encoding: deflate", page])
        .env("LD_LIBRARY_PATH", root().join("target/debs/usr/lib/x86_64-linux-gnu"))
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let word =
        |name| text.lines().find_map(|line| line.trim().strip_prefix(name).map(|rest: &str| rest.trim().to_owned()));
    let good = output.status.success() && !text.contains("Non-2xx") && !text.contains("Socket errors");
    ensure!(good, "{page}: {text}{}", String::from_utf8_lossy(&output.stderr));
    let per_second = word("Requests/sec:").context("wrk told no speed")?.parse()?;
    Ok(Run { per_second, p99_ms: milliseconds(&word("99%").context("wrk told no p99")?)? })
}

/// wrk's times: `950.00us`, `1.20ms`, `1.05s`.
fn milliseconds(text: &str) -> anyhow::Result<f64> {
    for (unit, factor) in [("us", 1e-3), ("ms", 1.0), ("s", 1e3)] {
        if let Some(number) = text.strip_suffix(unit) {
            return Ok(number.parse::<f64>()? * factor);
        }
    }
    bail!("{text:?} is no time")
}

/// A running nginx; it ends with its handle.
struct Rival {
    child: Child,
    page: String,
    _folder: TempDir,
}

impl Drop for Rival {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Rival {
    /// An nginx at `address` that answers as the app does.
    fn start(nginx: &Path, app: &str, address: &str) -> anyhow::Result<Self> {
        let mut answer = get(app)?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join(PAGE.trim_start_matches('/'));
        std::fs::create_dir_all(file.parent().context("a page has a folder")?)?;
        let bytes = answer.body_mut().read_to_vec()?;
        std::fs::write(&file, &bytes)?;
        let mut headers = String::new();
        for (name, value) in answer.headers().iter().filter(|(name, _)| !ITS_OWN.contains(&name.as_str())) {
            headers.push_str(&format!("add_header {name} \"{}\";\n", value.to_str()?));
        }
        let configuration = folder.path().join("nginx.conf");
        std::fs::write(&configuration, configure(address, &headers, folder.path()))?;
        let child = Command::new(nginx)
            .args(["-e", "stderr", "-p"])
            .arg(folder.path())
            .arg("-c")
            .arg(&configuration)
            .stderr(Stdio::null())
            .spawn()?;
        let rival = Self { child, page: format!("http://{address}{PAGE}"), _folder: folder };
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Ok(mut served) = get(&rival.page) {
                ensure!(served.body_mut().read_to_vec()? == bytes, "nginx serves something else");
                return Ok(rival);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("nginx does not answer at {address}")
    }
}

fn get(page: &str) -> anyhow::Result<ureq::http::Response<ureq::Body>> {
    let agent = ureq::Agent::config_builder().proxy(None).max_idle_connections(0).build().new_agent();
    Ok(agent.get(page).header("accept-encoding", "deflate").call()?)
}

/// One process that is its own and only worker.
fn configure(address: &str, headers: &str, folder: &Path) -> String {
    let folder = folder.display();
    let scratch: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|user| format!("{user}_temp_path {folder}/scratch;\n"))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr;\nevents {{ worker_connections 512; }}\n\
         http {{\naccess_log off;\nsendfile on;\ntcp_nopush on;\nopen_file_cache max=10;\n\
         keepalive_requests 1000000000;\n{scratch}default_type \"text/html; charset=utf-8\";\n{headers}\
         server {{ listen {address}; root {folder}; }}\n}}\n"
    )
}
