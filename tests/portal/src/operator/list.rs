//! Devices → Video: every camera of the organisation, by what is the matter with it.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::page::{self, Place, ago, ahead, fingerprint};
use super::session::Viewer;
use super::standing::{self, Group};
use crate::clock::{self, Moment};
use crate::portal::Portal;
use crate::problem::Problem;
use crate::reasons::{Mood, Visit};
use crate::store::listing::{self, Camera, Waiting};

/// A group shows so many cameras before it is folded.
const SHOWN: usize = 25;

#[derive(Debug, Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
}

pub(crate) async fn get(
    State(portal): State<Arc<Portal>>,
    viewer: Viewer,
    Query(search): Query<Search>,
) -> Result<Response, Problem> {
    let organisation = viewer.operator.organisation_id;
    let (mut cameras, waiting) = portal
        .store
        .read(move |connection| {
            Ok((listing::cameras(connection, organisation)?, listing::waiting(connection, organisation)?))
        })
        .await?;
    let all = cameras.len();
    let wanted = search.q.trim().to_lowercase();
    let fits = |camera: &Camera| {
        let texts = [&camera.name, &camera.serial, &camera.model];
        wanted.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&wanted))
    };
    cameras.retain(fits);
    let now = clock::now();
    let groups = standing::groups(&cameras, &portal.live, now);
    let content = html! {
        header.head {
            div { p.crumbs { "Devices" } h1 { "Video" } }
            form.search role="search" {
                input type="search" name="q" value=(search.q.trim()) placeholder="Name, serial number, model" aria-label="Search";
                button { "Search" }
            }
        }
        div data-piece #counts { (counts(&groups, all)) }
        div data-piece #waiting { @for it in &waiting { (expected(&viewer, it, now)) } }
        div data-piece #groups {
            @if all == 0 { (nothing_yet()) } @else if cameras.is_empty() { p.sheet { "No camera fits “" (search.q.trim()) "”." } }
            @for group in &groups { (shown(group, now)) }
        }
        @if all > 0 { p.more { a href="/devices/video.csv" { "This list as CSV" } } }
    };
    Ok(page::whole(&viewer, Place::Devices, "Video", &content).into_response())
}

fn counts(groups: &[Group<'_>], all: usize) -> Markup {
    let sum = |fits: &dyn Fn(&Group<'_>) -> bool| -> usize {
        groups.iter().filter(|group| fits(group)).map(|group| group.cameras.len()).sum()
    };
    let needs = sum(&|group| group.reason.mood == Mood::NeedsYou);
    let visits = sum(&|group| group.reason.visit == Visit::Yes);
    let unclear = sum(&|group| group.reason.mood == Mood::CannotTell);
    html! {
        @if all > 0 {
            dl.counts {
                div { dt { "Cameras" } dd { (all) } }
                div data-mood=[(needs > 0).then_some("needs-you")] { dt { "Need somebody" } dd { (needs) } }
                div data-mood=[(visits > 0).then_some("needs-you")] { dt { "Need a visit" } dd { (visits) } }
                div data-mood=[(unclear > 0).then_some("cannot-tell")] { dt { "Cannot be told" } dd { (unclear) } }
            }
        }
    }
}

fn nothing_yet() -> Markup {
    html! {
        section.sheet {
            h2 { "No camera yet" }
            p { "Install Camera-to-Cloud on a camera, set its portal to this one's address, and open its status page: it shows a code." }
            p { a.button href="/claim" { "Enter a code" } }
        }
    }
}

/// A new key that has to be confirmed, or a camera on its way here.
fn expected(viewer: &Viewer, it: &Waiting, now: Moment) -> Markup {
    html! {
        section.sheet.act {
            @if let Some(passes) = it.passes {
                h2 { (it.model) " " (it.serial) " comes to you " (ahead(passes, now)) }
                p { "It is another organisation's until then, or until that one releases it." }
            } @else {
                h2 { (it.model) " " (it.serial) " has a new key" }
                p { "A factory reset or a new installation does that; so would another device with this serial number. Compare the key "
                    "with the one on the camera's status page. Its first letters here: " (fingerprint(&it.key_id)) "." }
                p.dim { "Registered " (ago(it.registered, now)) ". Until you confirm it, the camera gets no passphrase and no wishes." }
                form method="post" action={ "/devices/video/" (it.id) "/confirm" } {
                    input type="hidden" name="csrf" value=(viewer.csrf);
                    button.main { "It is ours: confirm the new key" }
                }
            }
        }
    }
}

fn shown(group: &Group<'_>, now: Moment) -> Markup {
    let (reason, many) = (group.reason, group.cameras.len());
    html! {
        section.sheet.group data-mood=(reason.mood.word()) {
            details #{ "group-" (group.code) } open[reason.mood != Mood::Done || many <= SHOWN] {
                summary {
                    span.title { h2 { (reason.title) } small { code { (group.code) } } }
                    span.many { (many) }
                }
                p.remedy { (reason.remedy) }
                p.visit data-visit=[(reason.visit == Visit::Yes).then_some("yes")] { "Needs a visit: " strong { (reason.visit.word()) } }
                ul.cameras {
                    @for (camera, standing) in &group.cameras {
                        li {
                            a href={ "/devices/video/" (camera.id) } { strong { (camera.name) } }
                            span.dim { (camera.serial) " · " (camera.model) }
                            @if standing.is_behind { small { "wishes on their way" } }
                            @if let Some(leaves) = camera.leaves { small.bad { "leaves " (ahead(leaves, now)) } }
                            span.when { "asked " (ago(standing.seen, now)) }
                        }
                    }
                }
            }
        }
    }
}
