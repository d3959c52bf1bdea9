//! Containers, below the applications and as these: a name and a state each, the rest one touch away.

use maud::{Markup, html};

use crate::clock::Timestamp;
use crate::snapshot::{Container, ContainerState, Containers, Reading};
use crate::web::page::{fault, key, since, value};
use crate::web::words::{self, containers as say, foreign, labels};

/// Their part of System Overview.
pub(super) fn part(containers: &Reading<Containers>, now: Timestamp) -> Markup {
    html! {
        h3 #containers { (labels::CONTAINERS) }
        (fault(labels::LIST_OF_CONTAINERS, containers, now))
        (value(containers, now, |containers| shown(containers, now)))
    }
}

fn shown(containers: &Containers, now: Timestamp) -> Markup {
    match containers {
        Containers::None => html! { p.dim { (say::NO_ENGINE) } },
        Containers::Stopped { cause, hint } => html! {
            p data-engine="stopped" { (say::engine_stopped(*cause)) }
            @if let Some(hint) = hint {
                p.reason { (say::engine_hint(hint)) " " small { code { (foreign(hint, 80)) } } }
            }
        },
        Containers::Running { version, list } => html! {
            p.counts { (say::container_counts(list)) }
            ul.applications {
                @for one in list { (container(one, now)) }
            }
            @if let Some(version) = version {
                p { small { (say::engine_version(&foreign(version, 40))) } }
            }
        },
    }
}

fn container(one: &Container, now: Timestamp) -> Markup {
    html! {
        li data-container=(key(&one.name)) {
            details {
                summary {
                    span.name { bdi { (foreign(&one.name, 120)) } }
                    span.how {
                        span.state data-state=(mark(one)) { bdi { (say::container_state(&one.state)) } }
                        @if let Some(started) = one.started {
                            @let (before, after) = say::since_start(&one.state);
                            small.since { (before) " " (since(started, now)) " " (after) }
                        }
                    }
                }
                (detail(one))
            }
        }
    }
}

fn detail(one: &Container) -> Markup {
    html! {
        p { (say::container_meaning(one)) }
        @if !one.detailed { p.reason { (say::NO_DETAILS) } }
        dl {
            (row(labels::IMAGE, Some(&foreign(&one.image, 300))))
            (row(labels::STARTED_AT, one.started.map(moment).as_deref()))
            (row(labels::EXIT_CODE, one.exit_code.map(say::exit_code).as_deref()))
            (row(labels::ENDED_AT, one.finished.filter(|_| one.started.is_none()).map(moment).as_deref()))
            (row(labels::RESTARTS, (one.restarts > 0).then(|| one.restarts.to_string()).as_deref()))
            (row(labels::HEALTH_CHECK, one.health.as_deref().map(say::health).as_deref()))
            (row(say::error_label(&one.state), one.start_error.as_deref().map(|text| foreign(text, 600)).as_deref()))
        }
    }
}

fn moment(at: Timestamp) -> String {
    words::moment(&at.to_string())
}

fn row(label: &str, value: Option<&str>) -> Markup {
    html! {
        @if let Some(value) = value {
            div.fact { dt { (label) } dd { bdi { (value) } } }
        }
    }
}

/// The mark beside the state; `error` where somebody should act.
fn mark(one: &Container) -> &'static str {
    match one.state {
        ContainerState::Running if one.health.as_deref() == Some("unhealthy") => "error",
        ContainerState::Running => "running",
        ContainerState::Paused | ContainerState::Removing => "idle",
        ContainerState::Restarting | ContainerState::Dead => "error",
        ContainerState::Created if one.start_error.is_some() => "error",
        // How it ended, or whether it failed to start, is in the details.
        ContainerState::Created | ContainerState::Exited if !one.detailed => "unknown",
        ContainerState::Exited if one.out_of_memory || !say::ended_well(one.exit_code) => "error",
        ContainerState::Created | ContainerState::Exited => "stopped",
        ContainerState::Other(_) => "unknown",
    }
}
