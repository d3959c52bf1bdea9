//! The containers' part of the page, of snapshots made here.

use c2c::clock::Timestamp;
use c2c::features;
use c2c::snapshot::{Container, ContainerState, Containers, Fault, Package, Reading, Snapshot, StopCause};
use c2c::web::page;

const NOW: i64 = 1_790_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(NOW + seconds)
}

fn container(name: &str, state: ContainerState) -> Container {
    Container {
        id: "ab".repeat(32),
        name: name.into(),
        image: "example/gate:2.0".into(),
        state,
        detailed: true,
        started: None,
        finished: None,
        exit_code: None,
        out_of_memory: false,
        start_error: None,
        restarts: 0,
        health: None,
    }
}

fn with(containers: Reading<Containers>) -> String {
    let package = Package { version: "1.6.0".into(), version_from: "manifest.json" };
    let snapshot = Snapshot { containers, ..Snapshot::unread(package, true, at(0)) };
    let page = page::render(&snapshot, features::of("1.6.0"), at(0)).into_string();
    page.split_once("id=\"containers\"").unwrap().1.split("</section>").next().unwrap().to_owned()
}

fn known(value: Containers) -> String {
    with(Reading::Known { value, at: at(0) })
}

fn listed(list: Vec<Container>) -> String {
    known(Containers::Running { version: Some("26.0.0".into()), list })
}

/// The page's words alone.
fn words(markup: &str) -> String {
    let mut inside = true;
    let text: String = markup
        .chars()
        .map(|c| match c {
            '<' => {
                inside = true;
                ' '
            }
            '>' => {
                inside = false;
                ' '
            }
            c => {
                if inside {
                    ' '
                } else {
                    c
                }
            }
        })
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_state_has_its_word_its_mark_and_its_meaning() {
    for (state, word, mark, meaning) in [
        (ContainerState::Created, "Created", "stopped", "never been started"),
        (ContainerState::Running, "Running", "running", "The container is running."),
        (ContainerState::Paused, "Paused", "idle", "frozen"),
        (ContainerState::Restarting, "Restarting", "error", "keeps ending"),
        (ContainerState::Exited, "Exited", "stopped", "has ended"),
        (ContainerState::Removing, "Removing", "idle", "being removed"),
        (ContainerState::Dead, "Dead", "error", "could not be removed completely"),
        (ContainerState::Other("stopping".into()), "stopping", "unknown", "does not know"),
        (ContainerState::Other(String::new()), "Not reported", "unknown", "does not know"),
    ] {
        let part = listed(vec![container("gate", state)]);
        assert!(part.contains(&format!("data-state=\"{mark}\"><bdi>{word}")), "{word}: {part}");
        assert!(part.contains(meaning) && part.contains("example/gate:2.0"), "{word}: {part}");
    }
}

#[test]
fn a_container_tells_how_long_it_has_run_and_how_it_ended() {
    let running = Container { started: Some(at(-10_800)), restarts: 2, ..container("gate", ContainerState::Running) };
    let part = listed(vec![running]);
    assert!(words(&part).starts_with("Containers 1 running gate Running for 3 h"), "{}", words(&part));
    // The engine tells when it was started, and not since when it is paused.
    let paused = listed(vec![Container { started: Some(at(-10_800)), ..container("gate", ContainerState::Paused) }]);
    let said = words(&paused);
    assert!(said.starts_with("Containers 1 paused gate Paused started 3 h 0 min ago"), "{said}");
    assert!(part.contains(&format!("datetime=\"{}\"", at(-10_800))) && words(&part).contains("Restarts 2"), "{part}");
    for (code, mark, meaning) in [
        (0, "stopped", "0 (ended on its own, without an error)"),
        (3, "error", "3"),
        (137, "stopped", "137 (killed"),
        (143, "stopped", "143 (ended on request)"),
    ] {
        let exited = Container { exit_code: Some(code), ..container("gate", ContainerState::Exited) };
        let part = listed(vec![exited]);
        assert!(part.contains(&format!("data-state=\"{mark}\"><bdi>Exited")), "{code}: {part}");
        assert!(words(&part).contains(&format!("Exit code {meaning}")), "{code}: {part}");
    }
}

#[test]
fn what_somebody_should_act_on_is_marked_and_named() {
    let exited = Container { exit_code: Some(137), out_of_memory: true, ..container("a", ContainerState::Exited) };
    let sick = Container { health: Some("unhealthy".into()), ..container("b", ContainerState::Running) };
    let error = Some("exec: \"/no/such\": no such file".to_owned());
    let failed = Container { start_error: error, exit_code: Some(127), ..container("c", ContainerState::Created) };
    for (one, meaning) in
        [(exited, "memory ran out"), (sick, "fails its own health check"), (failed, "could not be started")]
    {
        let part = listed(vec![one]);
        assert!(part.contains("data-state=\"error\"") && part.contains(meaning), "{part}");
    }
}

#[test]
fn a_container_that_the_engine_only_listed_is_not_taken_for_a_calm_one() {
    for (state, mark) in [
        (ContainerState::Exited, "unknown"),
        (ContainerState::Created, "unknown"),
        (ContainerState::Running, "running"),
    ] {
        let part = listed(vec![Container { detailed: false, ..container("gate", state) }]);
        assert!(part.contains(&format!("data-state=\"{mark}\"")) && part.contains("could not be read"), "{part}");
    }
    assert!(!listed(vec![container("gate", ContainerState::Exited)]).contains("could not be read"));
}

#[test]
fn no_engine_is_calm_and_a_stopped_one_says_what_to_do() {
    let none = known(Containers::None);
    assert!(none.contains("no container engine") && !none.contains("fault") && !none.contains("data-state"));
    let cause = StopCause::ApplicationStopped;
    assert!(known(Containers::Stopped { cause, hint: None }).contains("Apps page"));
    let cause = StopCause::NobodyListens;
    assert!(known(Containers::Stopped { cause, hint: None }).contains("left its socket behind"));
    let cause = StopCause::NoSocket;
    let tls = known(Containers::Stopped { cause, hint: Some("3 TLS CERT MISSING".into()) });
    assert!(tls.contains("TCPSocket to no") && tls.contains("3 TLS CERT MISSING"));
    assert!(known(Containers::Running { version: None, list: Vec::new() }).contains("has no containers"));
}

#[test]
fn a_lost_engine_keeps_its_containers_with_the_reason_and_their_age() {
    let value = Containers::Running { version: None, list: vec![container("gate", ContainerState::Running)] };
    let fault = Fault::new("late", "/x: no answer within 5 s");
    let part = with(Reading::Known { value, at: at(-120) }.after(Err(fault), at(-60)));
    assert!(
        part.contains("gate")
            && part.contains("as of")
            && part.contains("There was no answer in time.")
            && part.contains("/x: no answer"),
        "{part}"
    );
    assert!(part.contains("data-kind=\"late\"") && part.contains("2 min"), "{part}");
    assert!(with(Reading::Pending).contains("Reading…"));
}

#[test]
fn hostile_names_cannot_become_markup() {
    let hostile = "\"><script>alert(1)</script>";
    let one = Container {
        image: hostile.into(),
        start_error: Some(hostile.into()),
        health: Some(hostile.into()),
        ..container(hostile, ContainerState::Other(hostile.into()))
    };
    let part = listed(vec![one]);
    assert!(!part.contains("<script") && part.contains("&lt;script"), "{part}");
    let cause = StopCause::NoSocket;
    assert!(!known(Containers::Stopped { cause, hint: Some(hostile.into()) }).contains("<script"));
}
