//! The engine's socket through all it can be: a server in this test plays the engine.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use c2c::snapshot::{ContainerState, Containers, StopCause};
use c2c::sources::containers::{Engine, Places};
use c2c::vapix::Reader;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::played::{Act, ID, LIST, PING, Played, entry};

const OTHER: &str = "0011223344556677889900aabbccddeeff0011223344556677889900aabbccdd";

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
        (Act::Raw(Vec::new()), "cut", "broken off"),
        (Act::Raw(format!("{head}Content-Length: 900\r\n\r\n[").into_bytes()), "cut", "broken off"),
        (Act::Endless, "huge", "more than"),
    ];
    for path in [PING, LIST] {
        for (act, kind, words) in &damages {
            let played = Played::start();
            played.on(path, act.clone());
            let (told, text) = look(&played).await.unwrap_err();
            assert!(told == *kind && text.contains(words) && text.contains("docker.sock"), "{path}: {told}: {text}");
        }
    }
    let played = Played::start();
    played.on(LIST, Act::Say(200, b"{\"message\":\"x\"}".to_vec()));
    assert_eq!(look(&played).await.unwrap_err().0, "garbled");
    played.on(PING, Act::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK".to_vec()));
    assert!(look(&played).await.unwrap_err().1.contains("does not tell its version"));
}

#[tokio::test]
async fn an_engine_that_hangs_is_left_after_its_deadline() {
    let played = Played::start();
    played.on(PING, Act::Hang);
    let begun = Instant::now();
    let (kind, text) = look(&played).await.unwrap_err();
    assert!(kind == "late" && text.contains("no answer within 5 s"), "{kind}: {text}");
    assert!((4..8).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_engine_that_is_slow_is_waited_for() {
    let played = Played::start();
    played.on(PING, Act::Slow(Duration::from_millis(800), 200, b"OK".to_vec()));
    assert_eq!(list(look(&played).await).len(), 1);
}

#[tokio::test]
async fn a_container_whose_details_are_damaged_stays_listed_and_hides_no_other() {
    let huge = format!("{{\"x\":\"{}\"}}", "y".repeat(300_000)).into_bytes();
    let damages = [
        Act::Say(500, Vec::new()),
        Act::Say(404, br#"{"message":"page not found"}"#.to_vec()),
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
        assert_eq!((list[0].detailed, list[1].detailed), (false, true));
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
    let gone = Act::Say(404, format!("{{\"message\":\"No such container: {OTHER}\"}}").into_bytes());
    played.on(&format!("/v1.45/containers/{OTHER}/json"), gone);
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

/// The reading of somebody who is not root, as the camera's users are.
fn read_as_nobody(folder: &Path) -> Result<Containers, (&'static str, String)> {
    let folder = folder.to_path_buf();
    std::thread::spawn(move || {
        if rustix::process::geteuid().is_root() {
            let nobody = rustix::process::Uid::from_raw(65_534);
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { read(&Engine::new(nowhere(&folder)), &folder.join("docker.sock")).await })
    })
    .join()
    .unwrap()
}

#[tokio::test]
async fn a_socket_and_a_folder_that_are_closed_to_us_are_called_so() {
    let played = Played::start();
    let mode = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    for (folder, socket) in [(0o755, 0o000), (0o600, 0o666)] {
        mode(&played.socket(), socket);
        mode(played.folder.path(), folder);
        let (kind, text) = read_as_nobody(played.folder.path()).unwrap_err();
        mode(played.folder.path(), 0o755);
        assert!(kind == "not-allowed" && text.contains("permission denied"), "{kind}: {text}");
    }
}
