//! The engine's socket through all it can be: a server in this test plays the engine.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use c2c::snapshot::{ContainerState, Containers, StopCause};
use c2c::sources::containers::{Engine, Places};
use c2c::vapix::Reader;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::Instant;

const ID: &str = "3f1d0c9ab5e24d7f8e6b1a0c4d2e9f7785634120ffeeddccbbaa998877665544";
const OTHER: &str = "0011223344556677889900aabbccddeeff0011223344556677889900aabbccdd";

/// What the played engine does when it is asked.
#[derive(Clone)]
enum Act {
    Say(u16, Vec<u8>),
    /// Takes the connection and says nothing.
    Hang,
    /// Says this, raw, and closes.
    Raw(Vec<u8>),
    /// Says that much of an endless body.
    Endless,
}

struct Played {
    folder: TempDir,
    acts: Arc<Mutex<HashMap<String, Act>>>,
    asked: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Drop for Played {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn entry(id: &str, state: &str, status: &str) -> Value {
    json!({"Id": id, "Names": [format!("/c-{}", &id[..4])], "Image": "example/gate:2.0", "State": state, "Status": status})
}

fn details(status: &str) -> Act {
    let state = json!({"Status": status, "ExitCode": 0, "Error": "", "StartedAt": "2026-09-21T14:13:20.5Z"});
    let body = json!({"State": state, "RestartCount": 1, "Config": {"Image": "example/gate:2.0"}});
    Act::Say(200, body.to_string().into_bytes())
}

impl Played {
    /// An engine with one running container.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("docker.sock")).unwrap();
        let (acts, asked) = (Arc::new(Mutex::new(HashMap::new())), Arc::new(Mutex::new(Vec::new())));
        let (plays, notes) = (Arc::clone(&acts), Arc::clone(&asked));
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(play(stream, Arc::clone(&plays), Arc::clone(&notes)));
            }
        });
        let played = Self { folder, acts, asked, server };
        played.on("/_ping", Act::Say(200, b"OK".to_vec()));
        played.lists(&json!([entry(ID, "running", "Up 3 hours")]));
        played.on(&format!("/v1.45/containers/{ID}/json"), details("running"));
        played
    }

    fn on(&self, path: &str, act: Act) {
        self.acts.lock().unwrap().insert(path.to_owned(), act);
    }

    fn lists(&self, list: &Value) {
        self.on("/v1.45/containers/json?all=1", Act::Say(200, list.to_string().into_bytes()));
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == &format!("GET {path}")).count()
    }
}

async fn play(mut stream: UnixStream, acts: Arc<Mutex<HashMap<String, Act>>>, asked: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    asked.lock().unwrap().push(format!("{method} {path}"));
    let act = acts.lock().unwrap().get(path).cloned();
    // A client that has enough hangs up; that is its right.
    match act.unwrap_or_else(|| Act::Say(404, br#"{"message":"page not found"}"#.to_vec())) {
        Act::Say(status, body) => {
            let head = format!(
                "HTTP/1.1 {status} X\r\nApi-Version: 1.47\r\nServer: Docker/26.0.0 (linux)\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            drop(stream.write_all(&[head.as_bytes(), &body].concat()).await);
        }
        Act::Raw(bytes) => drop(stream.write_all(&bytes).await),
        Act::Hang => {
            // Until the client gives up.
            drop(stream.read_u8().await);
        }
        Act::Endless => {
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\nApi-Version: 1.47\r\nTransfer-Encoding: chunked\r\n\r\n").await);
            let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
            while stream.write_all(chunk.as_bytes()).await.is_ok() {}
        }
    }
}

fn nowhere(folder: &Path) -> Places {
    Places { usual: folder.join("no/docker.sock"), users: folder.join("passwd"), runtime: folder.join("user") }
}

fn camera() -> Reader {
    Reader::new("127.0.0.1:9".parse().unwrap(), None)
}

async fn read(engine: &Engine, socket: &Path) -> Result<Containers, (&'static str, String)> {
    engine.read(socket, None, &camera()).await.map_err(|fault| (fault.kind, fault.text))
}

async fn look(played: &Played) -> Result<Containers, (&'static str, String)> {
    read(&Engine::new(nowhere(played.folder.path())), &played.socket()).await
}

fn list(containers: Result<Containers, (&'static str, String)>) -> Vec<c2c::snapshot::Container> {
    match containers {
        Ok(Containers::Running { list, .. }) => list,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_running_engine_tells_its_version_and_its_containers_and_is_only_ever_read() {
    let played = Played::start();
    let Ok(Containers::Running { version, list }) = look(&played).await else { panic!("it runs") };
    assert_eq!(version.as_deref(), Some("26.0.0"));
    assert_eq!((list[0].state.clone(), list[0].restarts), (ContainerState::Running, 1));
    assert_eq!(list[0].started.unwrap().to_string(), "2026-09-21T14:13:20Z");
    assert!(played.asked.lock().unwrap().iter().all(|asked| asked.starts_with("GET ")));
}

#[tokio::test]
async fn details_are_asked_once_for_what_does_not_change() {
    let played = Played::start();
    let engine = Engine::new(nowhere(played.folder.path()));
    let path = format!("/v1.45/containers/{ID}/json");
    for status in ["Up 3 hours", "Up 3 hours", "Up 4 hours"] {
        played.lists(&json!([entry(ID, "running", status)]));
        assert_eq!(list(read(&engine, &played.socket()).await)[0].restarts, 1);
    }
    assert_eq!(played.asked(&path), 1);
    for status in ["Up 2 seconds", "Up 5 seconds", "Up About a minute", "Up About a minute"] {
        played.lists(&json!([entry(ID, "running", status)]));
        list(read(&engine, &played.socket()).await);
    }
    assert_eq!(played.asked(&path), 4);
}

#[tokio::test]
async fn a_damaged_ping_or_list_loses_the_reading_and_says_why() {
    let head = "HTTP/1.1 200 OK\r\nApi-Version: 1.47\r\n";
    let damages = [
        (Act::Say(500, br#"{"message":"no luck"}"#.to_vec()), "refused", "no luck"),
        (Act::Say(400, b"client version 1.45 is too old".to_vec()), "refused", "too old"),
        (Act::Raw(b"\x16\x03\x01 hello\r\n\r\n".to_vec()), "garbled", "no HTTP"),
        (Act::Raw(Vec::new()), "cut", "broke off"),
        (Act::Raw(format!("{head}Content-Length: 900\r\n\r\n[").into_bytes()), "cut", "broke off"),
        (Act::Endless, "huge", "larger than"),
    ];
    for path in ["/_ping", "/v1.45/containers/json?all=1"] {
        for (act, kind, words) in &damages {
            let played = Played::start();
            played.on(path, act.clone());
            let (told, text) = look(&played).await.unwrap_err();
            assert!(told == *kind && text.contains(words) && text.contains("docker.sock"), "{path}: {told}: {text}");
        }
    }
    let played = Played::start();
    played.on("/v1.45/containers/json?all=1", Act::Say(200, b"{\"message\":\"x\"}".to_vec()));
    assert_eq!(look(&played).await.unwrap_err().0, "garbled");
    played.on("/_ping", Act::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK".to_vec()));
    assert!(look(&played).await.unwrap_err().1.contains("does not tell its version"));
}

#[tokio::test]
async fn an_engine_that_hangs_is_left_after_its_deadline() {
    let played = Played::start();
    played.on("/_ping", Act::Hang);
    let begun = Instant::now();
    let (kind, text) = look(&played).await.unwrap_err();
    assert!(kind == "late" && text.contains("hangs"), "{kind}: {text}");
    assert!((4..8).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_container_whose_details_are_damaged_stays_listed_and_hides_no_other() {
    let huge = format!("{{\"x\":\"{}\"}}", "y".repeat(300_000)).into_bytes();
    let damages = [
        Act::Say(500, Vec::new()),
        Act::Raw(Vec::new()),
        Act::Say(200, b"[]".to_vec()),
        Act::Say(200, huge),
        Act::Endless,
    ];
    for act in damages {
        let played = Played::start();
        played.lists(&json!([entry(OTHER, "exited", "Exited (3) 2 days ago"), entry(ID, "running", "Up 3 hours")]));
        played.on(&format!("/v1.45/containers/{OTHER}/json"), act);
        let list = list(look(&played).await);
        assert_eq!((list[0].state.clone(), list[0].exit_code), (ContainerState::Exited, None));
        assert_eq!((list[1].state.clone(), list[1].restarts), (ContainerState::Running, 1));
    }
}

#[tokio::test]
async fn details_that_hang_cost_a_bounded_wait_and_no_container() {
    let played = Played::start();
    let ids: Vec<_> = (0..40).map(|n| format!("{n:064x}")).collect();
    let mut all: Vec<_> = ids.iter().map(|id| entry(id, "running", "Up 3 hours")).collect();
    all.insert(0, entry(ID, "running", "Up 3 hours"));
    played.lists(&Value::Array(all));
    for id in &ids {
        played.on(&format!("/v1.45/containers/{id}/json"), Act::Hang);
    }
    let begun = Instant::now();
    let list = list(look(&played).await);
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert_eq!((list.len(), list[0].restarts, list[40].restarts), (41, 1, 0));
}

#[tokio::test]
async fn a_container_that_goes_between_list_and_details_is_gone() {
    let played = Played::start();
    played.lists(&json!([entry(OTHER, "removing", "Removal In Progress"), entry(ID, "running", "Up 3 hours")]));
    assert_eq!(list(look(&played).await).len(), 1);
}

#[tokio::test]
async fn no_engine_a_stale_socket_and_a_closed_one_are_told_apart() {
    let played = Played::start();
    let folder = played.folder.path().to_path_buf();
    let engine = Engine::new(nowhere(&folder));
    assert_eq!(read(&engine, &folder.join("none.sock")).await, Ok(Containers::None));
    assert_eq!(read(&engine, &folder.join("docker.sock/below")).await, Ok(Containers::None));

    let stale = folder.join("stale.sock");
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    let stopped = Ok(Containers::Stopped { cause: StopCause::NobodyListens, hint: None });
    assert_eq!(read(&engine, &stale).await, stopped);
    std::fs::write(folder.join("file"), "").unwrap();
    assert_eq!(read(&engine, &folder.join("file")).await, stopped);
    let long = folder.join("x".repeat(200));
    assert_eq!(read(&engine, &long).await.unwrap_err().0, "unreachable");
}

#[tokio::test]
async fn a_socket_in_the_runtime_folder_of_the_engines_user_is_found_and_one_that_works_goes_first() {
    let played = Played::start();
    let folder = played.folder.path();
    let places = nowhere(folder);
    std::fs::write(&places.users, "acap-dockerdwrapperwithcompose:x:31007:118::/:/bin/false\n").unwrap();
    std::fs::create_dir_all(places.runtime.join("31007")).unwrap();
    std::fs::rename(played.socket(), places.runtime.join("31007/docker.sock")).unwrap();
    let stale = folder.join("stale.sock");
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    let engine = Engine::new(places);
    assert_eq!(list(read(&engine, &stale).await).len(), 1);
}
