//! What viewers cost: memory while [`VIEWERS`] have the page open, as many as can by streams, the others polling.
//!
//! They look straight at the app: the camera's web server would let fewer through at a time.

use std::io::Read as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::ensure;
use ureq::Agent;

use crate::figure::{Aim, Figure};
use crate::{mib, process};

const VIEWERS: usize = 50;
/// `MOST` of src/web/events.rs.
const STREAMS: usize = 6;
/// As the page's script does.
const POLL: Duration = Duration::from_secs(5);
/// How long they look: six polls each.
const LOOK: Duration = Duration::from_secs(30);
/// `page` is the page's address at the app itself, `pid` the app.
pub(crate) fn figures(page: &str, pid: u32) -> anyhow::Result<Vec<Figure>> {
    let before = process::memory(pid)?;
    let over = AtomicBool::new(false);
    let (after, viewers) = std::thread::scope(|scope| {
        let streams: Vec<_> = (0..STREAMS).map(|_| scope.spawn(|| follow(page, &over))).collect();
        std::thread::sleep(POLL);
        let pollers: Vec<_> = (STREAMS..VIEWERS).map(|_| scope.spawn(|| poll(page, &over))).collect();
        std::thread::sleep(LOOK);
        let after = process::memory(pid);
        over.store(true, Ordering::Relaxed);
        let viewers = streams.into_iter().chain(pollers).filter_map(|viewer| viewer.join().ok());
        (after, viewers.collect::<anyhow::Result<Vec<usize>>>())
    });
    let (after, answers) = (after?, viewers?);
    ensure!(answers.len() == VIEWERS && answers.iter().all(|answers| *answers > 0), "not all were served: {answers:?}");
    let figure = |name: &str, measured: f64| Figure {
        name: name.to_owned(),
        measured: Ok(measured),
        aim: Aim::AtMost(1.0),
        grace: 50.0,
        show: mib,
    };
    Ok(vec![
        figure(&format!("Anonymous memory that {VIEWERS} viewers add ({STREAMS} by streams)"), after.1 - before.1),
        figure(&format!("Resident memory that {VIEWERS} viewers add"), after.0 - before.0),
    ])
}

fn agent() -> Agent {
    Agent::config_builder().proxy(None).http_status_as_error(false).build().new_agent()
}

/// Reads a stream until it is over, which it sees at the next comment at the latest; says how often something came.
fn follow(page: &str, over: &AtomicBool) -> anyhow::Result<usize> {
    let answer = agent().get(format!("{page}/events")).call()?;
    ensure!(answer.status() == 200, "no stream: {}", answer.status());
    let mut body = answer.into_body().into_reader();
    let (mut pieces, mut buffer) = (0, [0; 4096]);
    while !over.load(Ordering::Relaxed) && body.read(&mut buffer)? > 0 {
        pieces += 1;
    }
    Ok(pieces)
}

/// Polls on one connection; says how many answers were good.
fn poll(page: &str, over: &AtomicBool) -> anyhow::Result<usize> {
    let agent = agent();
    // Each opened the page first.
    let mut answers = 0;
    let mut tag = String::new();
    agent.get(page).header("accept-encoding", "deflate").call()?.body_mut().read_to_vec()?;
    while !over.load(Ordering::Relaxed) {
        let asked = agent.get(format!("{page}/widgets.json")).header("accept-encoding", "deflate");
        let mut answer = asked.header("if-none-match", &tag).call()?;
        ensure!([200, 304].contains(&answer.status().as_u16()), "{}", answer.status());
        answer.body_mut().read_to_vec()?;
        if let Some(new) = answer.headers().get("etag") {
            tag = new.to_str()?.to_owned();
        }
        answers += 1;
        std::thread::sleep(POLL);
    }
    Ok(answers)
}
