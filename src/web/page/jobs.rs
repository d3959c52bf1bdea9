//! Device Jobs: what the app does to the camera, the newest first.

use maud::{Markup, html};

use crate::clock::Timestamp;
use crate::snapshot::{Failure, Job, JobState, Purpose};
use crate::web::page::meter::meter;
use crate::web::page::{ago, since};
use crate::web::words::{self, jobs as say, labels};

/// More are not of use to anybody on one page.
const MOST: usize = 50;
/// As many of those of earlier starts.
const MOST_EARLIER: usize = 20;

pub(super) fn widget(jobs: &[Job], earlier_jobs: &[Job], now: Timestamp) -> Markup {
    html! {
        section.widget #jobs aria-labelledby="jobs-title" {
            h2 #jobs-title { (say::TITLE) }
            @if jobs.is_empty() {
                p.dim { (say::NONE_YET) }
            } @else {
                ul.jobs {
                    @for (index, job) in jobs.iter().take(MOST).enumerate() {
                        (self::job(job, jobs.len() - index, now))
                    }
                }
                @if jobs.len() > MOST { p.dim { (say::older(jobs.len() - MOST)) } }
            }
            @if !earlier_jobs.is_empty() { (earlier(earlier_jobs, now)) }
        }
    }
}

/// The jobs of earlier starts, folded; the newest first.
fn earlier(jobs: &[Job], now: Timestamp) -> Markup {
    let interrupted = jobs.iter().filter(|job| is_interrupted(job) && has_lost_something(job)).count();
    html! {
        details.earlier #earlier-jobs {
            summary {
                span.name { (say::BEFORE) }
                @if interrupted > 0 { span.state data-state="error" { (say::interrupted(interrupted)) } }
            }
            ul.jobs {
                @for (index, job) in jobs.iter().enumerate().rev().take(MOST_EARLIER) {
                    li data-job=(format!("earlier-{index}")) {
                        div.line {
                            span.name { bdi { (say::name(&job.name)) } }
                            span.state data-state=(mark_of_earlier(job)) { (say::state(&job.state)) }
                        }
                        p.at-once {
                            (since(job.finished.unwrap_or(job.updated), now)) " " (labels::AGO)
                            @if let Some(words) = say::at_once(job) { " · " bdi { (words) } }
                        }
                    }
                }
            }
            @if jobs.len() > MOST_EARLIER { p { (say::older(jobs.len() - MOST_EARLIER)) } }
        }
    }
}

fn mark_of_earlier(job: &Job) -> &'static str {
    if is_interrupted(job) && !has_lost_something(job) { "stopped" } else { mark(&job.state) }
}

/// Not what had not begun, nor what begins anew with each start.
fn has_lost_something(job: &Job) -> bool {
    job.purpose == Purpose::Prepare && job.started.is_some()
}

fn is_interrupted(job: &Job) -> bool {
    matches!(job.state, JobState::Failed { reason: Failure::Interrupted })
}

/// One job; `number` counts from the oldest, so that it stays when new ones come.
fn job(job: &Job, number: usize, now: Timestamp) -> Markup {
    html! {
        li data-job=(number) {
            details id=(format!("job-{number}")) {
                summary {
                    span.name { bdi { (say::name(&job.name)) } }
                    span.state data-state=(mark(&job.state)) { (say::state(&job.state)) }
                }
                p { (say::meaning(&job.state)) }
                dl {
                    (moment(say::UPDATED, Some(job.updated), "", now))
                    (moment(say::STARTED, job.started, not_started(job), now))
                    (moment(say::FINISHED, job.finished, not_finished(job), now))
                }
            }
            @if let JobState::Running { percent: Some(percent), .. } = job.state {
                (meter(percent.into(), &say::state(&job.state)))
            }
            @if let Some(words) = say::at_once(job) { p.at-once { bdi { (words) } } }
        }
    }
}

fn not_started(job: &Job) -> &'static str {
    if job.open() { say::NOT_STARTED } else { say::NEVER_STARTED }
}

fn not_finished(job: &Job) -> &'static str {
    if job.open() { say::NOT_FINISHED } else { words::UNKNOWN }
}

fn moment(label: &str, at: Option<Timestamp>, otherwise: &str, now: Timestamp) -> Markup {
    html! {
        div.fact {
            dt { (label) }
            dd {
                @match at {
                    Some(at) => {
                        (ago(at, now)) " " (labels::AGO)
                        small.age { time.exact datetime=(at) { (words::moment(&at.to_string())) } }
                    }
                    None => { (otherwise) }
                }
            }
        }
    }
}

fn mark(state: &JobState) -> &'static str {
    match state {
        JobState::Pending => "idle",
        JobState::Running { .. } => "running",
        JobState::Complete => "complete",
        JobState::Cancelled => "stopped",
        JobState::Failed { .. } => "error",
    }
}
