//! A real container engine for a test: Debian's Docker, private to the test, with images made of one static program.
//!
//! It lives in namespaces of its own: processes, mounts, network. Their first process is a shell that does what this
//! test writes to it, and ends when nobody writes any more; with it the kernel ends all that was started and takes away
//! all that was mounted, even when the test was killed. The machine's own engine, if there is one, is left alone.
//!
//! It needs the rights of root (or a sudo that asks no password), namespaces and control groups. Nothing else of the
//! machine: layers are copies (`vfs`), there is no bridge and no packet filter, and systemd is not asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::UnixStream;

pub const IMAGE: &str = "example/gate:2.0";
/// A static program that is many: shell, sleep, true.
const BUSYBOX: &str = "/bin/busybox";
/// Longest wait for the engine to come or to go.
const PATIENCE: Duration = Duration::from_secs(30);
/// The shell: does each line, and says how it ended. In the end it thaws what is paused: the older kind of control groups
/// lets nobody kill that.
const SHELL: &str = r#"while read -r line; do eval "$line"; echo "$?"; done
for state in "/sys/fs/cgroup/freezer/$1"/*/freezer.state; do [ ! -e "$state" ] || echo THAWED >"$state"; done"#;
const FLAGS: &str = "--storage-driver=vfs --log-level=warn --shutdown-timeout=1 --bridge=none --iptables=false \
                     --ip6tables=false --ip-masq=false --ip-forward=false --exec-opt=native.cgroupdriver=cgroupfs";

/// Why no engine can be had here.
#[derive(Debug)]
pub struct Unfit(pub String);

/// Says that something is not tested; past the harness, which would swallow it.
pub fn skipped(what: &str) {
    drop(writeln!(std::io::stderr().lock(), "SKIPPED: {what}"));
}

#[derive(Debug)]
pub struct Engine {
    folder: TempDir,
    shell: Mutex<Shell>,
}

#[derive(Debug)]
struct Shell {
    program: Child,
    orders: Option<ChildStdin>,
    outcomes: BufReader<ChildStdout>,
}

/// A program with the rights of root.
fn as_root(program: &str) -> Command {
    if rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

impl Engine {
    /// A private engine; where none can run the test is skipped visibly, which in CI is a failure.
    pub async fn or_skip() -> Option<Self> {
        match Self::start().await {
            Ok(engine) => Some(engine),
            Err(Unfit(why)) => {
                assert!(std::env::var_os("CI").is_none(), "no container engine can run here: {why}");
                skipped(&format!("no container engine can run here: {why}"));
                None
            }
        }
    }

    async fn start() -> Result<Self, Unfit> {
        if !succeeds(&mut as_root("true")) {
            return Err(Unfit("it needs root, or a sudo without password".to_owned()));
        }
        if !succeeds(as_root("dockerd").arg("--version")) || !Path::new(BUSYBOX).exists() {
            return Err(Unfit("dockerd or a static busybox is missing (tools/packages.sh test)".to_owned()));
        }
        let folder = tempfile::Builder::new().prefix("c2c-engine-").tempdir().unwrap();
        std::fs::create_dir(folder.path().join("run")).unwrap();
        std::fs::write(folder.path().join("daemon.json"), "{}").unwrap();
        let complaints = std::fs::File::create(folder.path().join("shell.log")).unwrap();
        let mut program = as_root("unshare")
            .args([
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "--net",
                "--ipc",
                "--uts",
                "sh",
                "-c",
                SHELL,
                "sh",
            ])
            .arg(folder.path().file_name().unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(complaints)
            .spawn()
            .unwrap();
        let (orders, outcomes) = (program.stdin.take(), BufReader::new(program.stdout.take().unwrap()));
        let engine = Self { folder, shell: Mutex::new(Shell { program, orders, outcomes }) };
        // Docker keeps some sockets at fixed places, whatever it is told.
        if !engine.shell("mount -t tmpfs none /run") {
            return Err(Unfit(format!("no namespaces: {}", engine.log())));
        }
        engine.begin().await?;
        engine.load_image().await;
        Ok(engine)
    }

    /// Starts the daemon, for the first time or once more.
    pub async fn begin(&self) -> Result<(), Unfit> {
        let (folder, cgroup) = (self.folder.path().display(), self.cgroup());
        let group = rustix::process::getegid().as_raw();
        let started = self.shell(&format!(
            "cd {folder}; rm -f pid; dockerd {FLAGS} --config-file={folder}/daemon.json --cgroup-parent=/{cgroup} \
             --data-root={folder}/data --exec-root={folder}/exec --pidfile={folder}/pid --group={group} \
             --host=unix://{folder}/run/docker.sock </dev/null >>log 2>&1 & :"
        ));
        let begun = Instant::now();
        while self.ask("GET", "/_ping", None).await.is_none_or(|(status, _)| status != 200) {
            if !started || begun.elapsed() > PATIENCE {
                return Err(Unfit(format!("dockerd did not start: {}", self.log())));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("run/docker.sock")
    }

    /// The control group of all its containers.
    fn cgroup(&self) -> String {
        self.folder.path().file_name().unwrap().to_str().unwrap().to_owned()
    }

    fn log(&self) -> String {
        let read = |name: &str| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        read("shell.log") + &read("log")
    }

    /// Does this as root among the engine's own processes and mounts; tells whether it went well.
    fn shell(&self, line: &str) -> bool {
        let mut shell = self.shell.lock().unwrap();
        let Shell { orders: Some(orders), outcomes, .. } = &mut *shell else { return false };
        let mut outcome = String::new();
        writeln!(orders, "{line}").is_ok()
            && outcomes.read_line(&mut outcome).is_ok_and(|length| length > 0)
            && outcome.trim() == "0"
    }

    async fn load_image(&self) {
        let mut archive = tar::Builder::new(Vec::new());
        archive.append_path_with_name(BUSYBOX, "bin/busybox").unwrap();
        for name in ["sh", "sleep", "true", "dd"] {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            header.set_mode(0o777);
            archive.append_link(&mut header, format!("bin/{name}"), "busybox").unwrap();
        }
        let body = ("application/x-tar", archive.into_inner().unwrap());
        let loaded = self.ask("POST", "/images/create?fromSrc=-&repo=example/gate&tag=2.0", Some(body)).await;
        assert_eq!(loaded.as_ref().unwrap().0, 200, "{loaded:?}");
    }

    /// Makes a container that runs `program`; `more` is put over what Docker is asked for. Gives its id.
    pub async fn create(&self, name: &str, program: &[&str], more: Value) -> String {
        let mut wanted = json!({"Image": IMAGE, "Cmd": program, "NetworkDisabled": true});
        wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let body = ("application/json", wanted.to_string().into_bytes());
        let (status, made) = self.ask("POST", &format!("/containers/create?name={name}"), Some(body)).await.unwrap();
        assert_eq!(status, 201, "{made}");
        made["Id"].as_str().unwrap().to_owned()
    }

    /// Creates and starts.
    pub async fn run(&self, name: &str, program: &[&str], more: Value) {
        self.create(name, program, more).await;
        self.order(name, "start").await;
    }

    /// An order to a container, such as `start`; gives the status of the answer.
    pub async fn order(&self, name: &str, order: &str) -> u16 {
        self.ask("POST", &format!("/containers/{name}/{order}"), None).await.unwrap().0
    }

    pub async fn remove(&self, name: &str) -> u16 {
        self.ask("DELETE", &format!("/containers/{name}?force=1"), None).await.unwrap().0
    }

    /// Whether it can hold a container to an amount of memory; without, a container that wants more takes the machine's.
    pub async fn limits_memory(&self) -> bool {
        let (_, info) = self.ask("GET", "/info", None).await.unwrap();
        info["MemoryLimit"] == true && info["SwapLimit"] == true
    }

    /// While they are sealed no layer can be removed, so a container whose removal is ordered stays as a dead one.
    pub fn seal_layers(&self, sealed: bool) {
        let layers = self.folder.path().join("data/vfs/dir").display().to_string();
        let line = if sealed {
            format!("mount --bind {layers} {layers} && mount -o remount,bind,ro {layers}")
        } else {
            format!("umount {layers}")
        };
        assert!(self.shell(&line), "{line}: {}", self.log());
    }

    /// Closes the folder of its socket to everybody but another user, as the engine's application does with its own
    /// while it runs no engine; or opens it again.
    pub fn close_folder(&self, closed: bool) {
        let folder = self.folder.path().join("run").display().to_string();
        let (owner, mode) = if closed { (1, "700") } else { (rustix::process::geteuid().as_raw(), "755") };
        let line = format!("chown {owner} {folder} && chmod {mode} {folder}");
        assert!(self.shell(&line), "{line}: {}", self.log());
    }

    /// Sends the daemon a signal: STOP freezes it, CONT lets it go on.
    pub fn signal(&self, signal: &str) {
        let line = format!("kill -{signal} \"$(cat {}/pid)\"", self.folder.path().display());
        assert!(self.shell(&line), "{line}: {}", self.log());
    }

    /// Ends the daemon, in order or (`KILL`) not, and waits until nobody answers; in order, until it has tidied up.
    pub async fn end(&self, signal: &str) {
        self.signal(signal);
        let begun = Instant::now();
        let tidy = || signal != "TERM" || !(self.socket().exists() || self.folder.path().join("pid").exists());
        while UnixStream::connect(self.socket()).await.is_ok() || !tidy() {
            assert!(begun.elapsed() < PATIENCE, "it does not end: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The engine's answer: status and body; `None` where nobody answers.
    async fn ask(&self, method: &str, path: &str, body: Option<(&str, Vec<u8>)>) -> Option<(u16, Value)> {
        let stream = UnixStream::connect(self.socket()).await.ok()?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        let (kind, body) = body.unwrap_or(("text/plain", Vec::new()));
        let request = Request::builder().method(method).uri(path).header("host", "engine").header("content-type", kind);
        let response = sender.send_request(request.body(Full::new(Bytes::from(body))).unwrap()).await.ok()?;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.ok()?.to_bytes();
        Some((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let shell = self.shell.get_mut().unwrap();
        // The shell has nothing more to read and ends, and with it everything in its namespaces.
        shell.orders.take();
        let begun = Instant::now();
        while matches!(shell.program.try_wait(), Ok(None)) {
            if begun.elapsed() > PATIENCE {
                drop(shell.program.kill());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // What root made, root takes away: the empty control groups, as soon as the kernel lets go of them, and the
        // folder's content.
        let groups = format!("*/{}*", self.cgroup());
        let remove = ["/sys/fs/cgroup", "-depth", "-type", "d", "-path", &groups, "-exec", "rmdir", "{}", "+"];
        while !succeeds(as_root("find").args(remove)) && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
        }
        succeeds(as_root("rm").arg("-rf").args(["data", "exec", "run"].map(|name| self.folder.path().join(name))));
    }
}
