//! Answers of three engines, cut to what is read and a little around it. The shapes are recorded ones, the values ours.

use serde_json::json;

use super::*;

const ID: &str = "3f1d0c9ab5e24d7f8e6b1a0c4d2e9f7785634120ffeeddccbbaa998877665544";

fn entry(state: &str, status: &str) -> Value {
    json!({
        "Id": ID, "Names": ["/gate-reader"], "Image": "example/gate:2.0", "ImageID": "sha256:11", "Created": 1_790_000_000,
        "Command": "/bin/gate --all", "Ports": null, "Labels": {}, "Mounts": [], "State": state, "Status": status,
        "HostConfig": {"NetworkMode": "none"}, "NetworkSettings": {"Networks": null},
    })
}

/// `State` as Docker 26 tells it; `changed` is put over it.
fn told(status: &str, changed: &Value) -> Value {
    let mut state = json!({
        "Status": status, "Running": status == "running", "Paused": false, "Restarting": false, "OOMKilled": false,
        "Dead": status == "dead", "Pid": 0, "ExitCode": 0, "Error": "", "StartedAt": "0001-01-01T00:00:00Z",
        "FinishedAt": "0001-01-01T00:00:00Z",
    });
    let into = state.as_object_mut().unwrap();
    into.extend(changed.as_object().unwrap().clone());
    json!({"Id": ID, "Name": "/gate-reader", "RestartCount": 0, "State": state, "Config": {"Image": "example/gate:2.0"}})
}

fn read(entry: &Value, told: Option<&Value>) -> Container {
    let listed = list(json!([entry]).to_string().as_bytes()).unwrap().remove(0);
    let details = told.map(|told| details(told.to_string().as_bytes()).unwrap());
    listed.with(details.as_ref())
}

#[test]
fn every_state_of_docker_is_read_with_what_belongs_to_it() {
    let start = json!({"StartedAt": "2026-09-21T14:13:20.820199478Z"});
    let ended = |code: i64| json!({"ExitCode": code, "StartedAt": "2026-09-21T14:13:20Z", "FinishedAt": "2026-09-21T15:00:00.5Z"});
    let began = Timestamp::from_rfc3339("2026-09-21T14:13:20.820199478Z");

    let running = read(&entry("running", "Up 3 hours"), Some(&told("running", &start)));
    assert_eq!((running.name.as_str(), running.image.as_str()), ("gate-reader", "example/gate:2.0"));
    assert_eq!((running.state, running.started, running.exit_code), (ContainerState::Running, began, None));
    let paused = read(&entry("paused", "Up 3 hours (Paused)"), Some(&told("paused", &start)));
    assert_eq!((paused.state, paused.started, paused.exit_code), (ContainerState::Paused, began, None));
    let exited = read(&entry("exited", "Exited (3) 2 minutes ago"), Some(&told("exited", &ended(3))));
    assert_eq!((exited.state, exited.started, exited.exit_code), (ContainerState::Exited, None, Some(3)));
    assert_eq!(exited.finished.unwrap().to_string(), "2026-09-21T15:00:00Z");
    let mut loops = told("restarting", &ended(7));
    loops["RestartCount"] = json!(12);
    let restarting = read(&entry("restarting", "Restarting (7) 2 seconds ago"), Some(&loops));
    assert_eq!((restarting.state, restarting.started), (ContainerState::Restarting, None));
    assert_eq!((restarting.exit_code, restarting.restarts), (Some(7), 12));
    let created = read(&entry("created", "Created"), Some(&told("created", &json!({}))));
    assert_eq!((created.state, created.exit_code, created.start_error), (ContainerState::Created, None, None));
    let removing = read(&entry("removing", "Removal In Progress"), Some(&told("removing", &ended(0))));
    assert_eq!(removing.state, ContainerState::Removing);
}

#[test]
fn what_the_list_hides_is_told_by_the_details() {
    let failed = json!({"ExitCode": 127, "Error": "exec: \"/no/such\": no such file or directory"});
    let created = read(&entry("created", "Created"), Some(&told("created", &failed)));
    assert_eq!((created.state, created.exit_code), (ContainerState::Created, Some(127)));
    assert!(created.start_error.unwrap().contains("no such file"));

    let stuck = json!({"ExitCode": 137, "Error": "unable to remove filesystem", "FinishedAt": "2026-09-21T15:00:00Z"});
    let dead = read(&entry("removing", "Removal In Progress"), Some(&told("dead", &stuck)));
    assert_eq!((dead.state, dead.start_error.as_deref()), (ContainerState::Dead, Some("unable to remove filesystem")));

    let mut moved = entry("running", "Up 3 hours");
    moved["Image"] = json!("sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae");
    assert_eq!(read(&moved, Some(&told("running", &json!({})))).image, "example/gate:2.0");
    let oom = json!({"ExitCode": 137, "OOMKilled": true, "FinishedAt": "2026-09-21T15:00:00Z"});
    assert!(read(&entry("exited", "Exited (137) 1 hour ago"), Some(&told("exited", &oom))).out_of_memory);
    let sick = json!({"Health": {"Status": "unhealthy", "FailingStreak": 9, "Log": []}});
    let sick = read(&entry("running", "Up 3 hours (unhealthy)"), Some(&told("running", &sick)));
    assert_eq!(sick.health.as_deref(), Some("unhealthy"));
}

#[test]
fn podman_and_engines_to_come_are_shown_as_they_speak() {
    let ended = json!({
        "ExitCode": 7, "FinishedAt": "2026-09-21T15:00:00.02969055Z", "Health": {"Status": "", "FailingStreak": 0, "Log": null}
    });
    let stopped = read(&entry("stopped", "Exited (7) Less than a second ago"), Some(&told("stopped", &ended)));
    assert_eq!(stopped.state, ContainerState::Other("stopped".into()));
    assert_eq!((stopped.exit_code, stopped.health), (Some(7), None));
    assert_eq!(read(&entry("Running", "Up"), None).state, ContainerState::Running);
    assert_eq!(read(&entry("stopping", "Up"), None).state, ContainerState::Other("stopping".into()));
}

#[test]
fn without_details_there_is_what_the_list_tells() {
    let alone = read(&entry("running", "Up 3 hours"), None);
    assert_eq!((alone.state, alone.started, alone.image.as_str()), (ContainerState::Running, None, "example/gate:2.0"));
}

#[test]
fn one_odd_entry_hides_no_other() {
    let odd = json!([
        entry("running", "Up 3 hours"), 7, null, {}, {"Id": 5, "Names": "x", "State": ["running"], "Image": null},
        {"Id": "../../images", "Names": [], "State": "exited"}, {"Names": ["/web/db", "/db"], "Id": ID}
    ]);
    let all = list(odd.to_string().as_bytes()).unwrap();
    assert_eq!(all.len(), 7);
    assert_eq!(all[0].with(None).state, ContainerState::Running);
    assert_eq!(all[4].with(None).state, ContainerState::Other(String::new()));
    assert!(!all[5].can_be_asked() && !all[3].can_be_asked() && all[0].can_be_asked());
    assert_eq!((all[5].name.as_str(), all[6].name.as_str()), ("../../images", "db"));
}

#[test]
fn hostile_words_become_short() {
    let mut hostile = entry(&"x".repeat(10_000), "Up\u{1b}[31m");
    hostile["Names"] = json!([format!("/\u{202e}gnp.\u{7}{}", "é".repeat(10_000))]);
    hostile["Image"] = json!("a\nb");
    let one = read(&hostile, Some(&told("running", &json!({"Error": "e\u{2066}".repeat(9_000)}))));
    assert!(one.name.chars().count() <= 201 && one.name.ends_with('…'));
    assert!(matches!(&one.state, ContainerState::Other(word) if word.chars().count() == 41));
    assert!(one.start_error.as_ref().is_some_and(|error| error.chars().count() == 601));
}

#[test]
fn nonsense_is_refused_and_never_panics() {
    for body in ["", "{}", "[", "null", "<html>", &"[".repeat(200_000)] {
        assert!(list(body.as_bytes()).is_err(), "{body:.20}");
    }
    for body in ["", "[]", "7", "{}", &"{\"State\":".repeat(100_000)] {
        assert!(details(body.as_bytes()).is_err(), "{body:.20}");
    }
    assert_eq!(list(b"[]").unwrap(), []);
    let odd = json!({"State": {"ExitCode": "x", "StartedAt": 5, "Health": [], "OOMKilled": 1}, "RestartCount": -1});
    assert_eq!(details(odd.to_string().as_bytes()).unwrap(), Details::default());
    assert!(list(b"[\"\xff\"]").is_err());
}

#[test]
fn details_are_kept_only_while_they_cannot_have_changed() {
    let key = |state: &str, status: &str| list(json!([entry(state, status)]).to_string().as_bytes()).unwrap()[0].key();
    assert!(key("running", "Up 3 hours").is_some());
    assert_eq!(key("running", "Up 3 hours"), key("running", "Up 4 hours"));
    for changed in ["Up 2 minutes", "Up 3 hours (unhealthy)", "Up About an hour"] {
        assert_ne!(key("running", "Up 3 hours"), key("running", changed), "{changed}");
    }
    assert_ne!(key("exited", "Exited (1) 2 days ago"), key("exited", "Exited (2) 2 days ago"));
    assert_eq!(key("exited", "Exited (1) 2 days ago"), key("exited", "Exited (1) 3 days ago"));
    for (state, status) in [
        ("running", "Up 3 seconds"),
        ("exited", "Exited (7) Less than a second ago"),
        ("created", "Created"),
        ("removing", "Removal In Progress"),
        ("restarting", "Restarting (7) 2 minutes ago"),
    ] {
        assert_eq!(key(state, status), None, "{state}");
    }
}

#[test]
fn an_engine_tells_its_versions_and_why_it_refuses() {
    assert_eq!(
        (minor("1.45"), minor("1.41"), minor("2.0"), minor("1."), minor("")),
        (Some(45), Some(41), None, None, None)
    );
    assert_eq!(engine_version("Docker/26.1.5+dfsg1 (linux)").as_deref(), Some("26.1.5+dfsg1"));
    assert_eq!(engine_version("Libpod/4.3.1 (linux)").as_deref(), Some("4.3.1"));
    assert_eq!((engine_version("nginx"), engine_version("Docker/ ")), (None, None));
    assert_eq!(message(br#"{"message":"client version 1.99 is too new"}"#), "client version 1.99 is too new");
    assert_eq!(message(b"client version 1.10 is too old\n"), "client version 1.10 is too old");
}

#[test]
fn the_status_parameter_of_the_engines_application_is_its_value() {
    let answer = "root.Dockerdwrapperwithcompose.Status=3 TLS CERT MISSING\n";
    assert_eq!(status_parameter(answer).as_deref(), Some("3 TLS CERT MISSING"));
    assert_eq!(status_parameter("# Error: Error -1 getting param in group 'root.dockerdwrapper.Status'\n"), None);
    assert_eq!((status_parameter(""), status_parameter("root.X.Status=\n")), (None, None));
}

#[test]
fn more_containers_than_any_camera_has_are_not_believed() {
    let many = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
    assert_eq!(super::list(many(200).as_bytes()).unwrap().len(), 200);
    assert!(super::list(many(201).as_bytes()).unwrap_err().contains("201 containers"));
}
