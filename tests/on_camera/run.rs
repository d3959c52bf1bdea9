//! `make run`, as a person says it: the lines that it prints are true, and its end is the end of everything.

use std::path::Path;
use std::process::Stdio;

use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use virtual_camera::visit::Visitor;

use crate::world::{PATIENCE, aside, root, send};

type Output = tokio::io::Lines<BufReader<tokio::process::ChildStdout>>;

/// `make run` with these arguments, and what it said until it was ready.
async fn make_run(arguments: &[&str]) -> (tokio::process::Child, Output, Vec<String>) {
    let mut make = tokio::process::Command::new("make")
        .args(["run", "PORT=0"])
        .args(arguments)
        .env("PROGRAMS", "built")
        .current_dir(root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut output = BufReader::new(make.stdout.take().unwrap()).lines();
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line| line != "Ready") {
        let line = tokio::time::timeout(PATIENCE, output.next_line()).await.unwrap().unwrap();
        lines.push(line.unwrap_or_else(|| panic!("it ended; `make test` makes what it needs: {lines:#?}")));
    }
    (make, output, lines)
}

#[tokio::test]
async fn make_run_puts_in_the_card_that_is_asked_for() {
    for (card, status) in [("CARD=foreign", "no passphrase"), ("CARD=none", "disconnected"), ("CARD=", "OK")] {
        let (mut make, _output, lines) = make_run(&[card, "SPEED=50", "PORTAL=none"]).await;
        assert!(lines.iter().any(|line| *line == format!("Card: {status}")), "{card}: {lines:#?}");
        send(make.id().unwrap(), Signal::TERM);
        tokio::time::timeout(PATIENCE, make.wait()).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn make_run_says_where_the_page_is_and_ends_everything_with_itself() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (mut make, mut output, lines) = make_run(&[&format!("PORTAL={port}")]).await;
    let said = |start: &str| {
        let found = lines.iter().find_map(|line| line.strip_prefix(start));
        found.unwrap_or_else(|| panic!("{start}: {lines:#?}")).to_owned()
    };
    let portal = said("Portal: ");
    assert!(
        aside({
            let portal = portal.clone();
            move || Visitor::stranger(&portal).get("/.well-known/c2c").unwrap().status == 200
        })
        .await
    );
    said(&format!("Confirmed as an administrator would: the portal {portal}"));
    let page = said("Status page: ");
    let (base, path) = page.split_at(page.find("/local/c2c/index.html").unwrap());
    assert!(base.starts_with("http://127.0.0.1:"), "{page}");
    for user in ["root", "viewer"] {
        let visitor = Visitor::new(base, user, &said(&format!("Login: {user} ")));
        let path = path.to_owned();
        let (door, status) =
            aside(move || (visitor.get(&path).unwrap().status, visitor.get("/local/c2c/status").unwrap().status)).await;
        assert_eq!((door, status), (200, 200), "{user}");
    }
    let socket = said("Control socket: ");
    assert!(Path::new(&socket).exists());

    send(make.id().unwrap(), Signal::TERM);
    tokio::time::timeout(PATIENCE, make.wait()).await.unwrap().unwrap();
    // The end of its output: nobody who could write there is left.
    while tokio::time::timeout(PATIENCE, output.next_line()).await.unwrap().unwrap().is_some() {}
    assert!(!Path::new(&socket).exists());
    let base = base.to_owned();
    assert!(aside(move || Visitor::stranger(&base).get("/").is_err()).await);
    let ends = aside(move || {
        let begun = std::time::Instant::now();
        while Visitor::stranger(&portal).get("/.well-known/c2c").is_ok() && begun.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        begun.elapsed() < PATIENCE
    });
    assert!(ends.await, "the portal ends with the camera");
}
