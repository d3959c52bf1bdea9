//! A real `dbus-daemon` of its own with the accounts service on it, and a probe that asks.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use crate::driver;

const CONFIG: &str = "<busconfig><type>system</type><listen>unix:path=SOCKET</listen><auth>EXTERNAL</auth>\
     <policy context='default'><allow user='*'/><allow own='*'/>\
     <allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/></policy></busconfig>";

/// The service, compiled once for each test program.
fn service() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("accounts-service");
        // Beside, then renamed: another test program may be running the one that is there.
        let beside = program.with_extension(std::process::id().to_string());
        driver::compile(&["tests/support/service.c"], &[], &beside);
        std::fs::rename(&beside, &program).unwrap();
        program
    })
}

/// Daemon and service; both end with it.
pub(crate) struct Bus {
    config: PathBuf,
    address: String,
    running: Vec<Child>,
    hangs: Option<BufReader<ChildStdout>>,
}

impl Bus {
    pub(crate) fn start(folder: &Path) -> Bus {
        let socket = folder.join("bus").display().to_string();
        let config = folder.join("bus.conf");
        std::fs::write(&config, CONFIG.replace("SOCKET", &socket)).unwrap();
        let mut bus = Bus { config, address: format!("unix:path={socket}"), running: Vec::new(), hangs: None };
        bus.start_again();
        bus
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn start_again(&mut self) {
        self.stop();
        let mut daemon = driver::program("dbus-daemon");
        daemon.arg(format!("--config-file={}", self.config.display())).args(["--nofork", "--print-address"]);
        let mut daemon = daemon.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with(&self.address), "{line:?}");
        self.running.push(daemon);
        let mut service = driver::program(service());
        let mut service = service.env("DBUS_SYSTEM_BUS_ADDRESS", &self.address).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(service.stdout.take().unwrap());
        self.running.push(service);
        line.clear();
        said.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        self.hangs = Some(said);
    }

    pub(crate) fn wait_for_hang(&mut self) {
        let mut line = String::new();
        self.hangs.as_mut().unwrap().read_line(&mut line).unwrap();
        assert_eq!(line, "hangs\n");
    }

    pub(crate) fn stop_service(&mut self) {
        let mut service = self.running.pop().unwrap();
        service.kill().unwrap();
        service.wait().unwrap();
    }

    pub(crate) fn stop(&mut self) {
        for mut child in self.running.drain(..) {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The probe that asks for an account at every line.
pub(crate) struct Probe {
    child: Child,
    lines: ChildStdin,
    said: BufReader<ChildStdout>,
}

impl Probe {
    pub(crate) fn start(world: &Path, address: &str) -> Probe {
        Probe::start_by(&[], world, address)
    }

    pub(crate) fn start_by(runner: &[&str], world: &Path, address: &str) -> Probe {
        let mut command = driver::probe(runner, "bus", world, &[("DBUS_SYSTEM_BUS_ADDRESS", address)]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (lines, said) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Probe { child, lines, said }
    }

    pub(crate) fn tell(&mut self, user: &str) {
        self.lines.write_all(format!("{user}\n").as_bytes()).unwrap();
    }

    pub(crate) fn hear(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) fn ask(&mut self, user: &str) -> String {
        self.tell(user);
        self.hear()
    }

    /// Its last word; it must have ended well.
    pub(crate) fn end(mut self) -> String {
        drop(self.lines);
        let mut last = String::new();
        self.said.read_line(&mut last).unwrap();
        let output = driver::ends_within(self.child, Duration::from_secs(20));
        assert!(output.status.success(), "{}", output.status);
        last.trim_end().to_owned()
    }
}
