//! An engine that a test plays: it answers each question as it is told to.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

/// The container that it has from the beginning.
pub const ID: &str = "3f1d0c9ab5e24d7f8e6b1a0c4d2e9f7785634120ffeeddccbbaa998877665544";
/// What it is asked: whether it is there, its list, and the details of its container.
pub const PING: &str = "/_ping";
pub const LIST: &str = "/v1.45/containers/json?all=1";
pub const DETAILS: &str = "/v1.45/containers/3f1d0c9ab5e24d7f8e6b1a0c4d2e9f7785634120ffeeddccbbaa998877665544/json";

/// What the played engine does when it is asked.
#[derive(Clone)]
pub enum Act {
    Say(u16, Vec<u8>),
    /// Takes the connection and says nothing.
    Hang,
    /// Says this, raw, and closes.
    Raw(Vec<u8>),
    /// Says that much of an endless body.
    Endless,
    /// Says it after a pause.
    Slow(Duration, u16, Vec<u8>),
}

pub struct Played {
    pub folder: TempDir,
    acts: Arc<Mutex<HashMap<String, Act>>>,
    pub asked: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Drop for Played {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub fn entry(id: &str, state: &str, status: &str) -> Value {
    json!({"Id": id, "Names": [format!("/c-{}", &id[..4])], "Image": "example/gate:2.0", "State": state, "Status": status})
}

pub fn details(status: &str) -> Act {
    let state = json!({"Status": status, "ExitCode": 0, "Error": "", "StartedAt": "2026-09-21T14:13:20.5Z"});
    let body = json!({"State": state, "RestartCount": 1, "Config": {"Image": "example/gate:2.0"}});
    Act::Say(200, body.to_string().into_bytes())
}

impl Played {
    /// An engine with one running container.
    pub fn start() -> Self {
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
        played.on(PING, Act::Say(200, b"OK".to_vec()));
        played.lists(&json!([entry(ID, "running", "Up 3 hours")]));
        played.on(DETAILS, details("running"));
        played
    }

    pub fn on(&self, path: &str, act: Act) {
        self.acts.lock().unwrap().insert(path.to_owned(), act);
    }

    pub fn lists(&self, list: &Value) {
        self.on(LIST, Act::Say(200, list.to_string().into_bytes()));
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    pub fn asked(&self, path: &str) -> usize {
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
        Act::Say(status, body) => say(&mut stream, status, &body).await,
        Act::Slow(pause, status, body) => {
            tokio::time::sleep(pause).await;
            say(&mut stream, status, &body).await;
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

async fn say(stream: &mut UnixStream, status: u16, body: &[u8]) {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\nApi-Version: 1.47\r\nServer: Docker/26.0.0 (linux)\r\nContent-Length: {length}\r\n\r\n"
    );
    drop(stream.write_all(&[head.as_bytes(), body].concat()).await);
}
