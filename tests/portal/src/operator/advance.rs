//! In advance: serial numbers that may come by themselves, and the one-time tokens that they bring.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};

use super::form::Posted;
use super::page::{self, Place, ago, ahead};
use super::session::Viewer;
use crate::clock::{self, Moment};
use crate::device::is_serial;
use crate::portal::Portal;
use crate::problem::Problem;
use crate::sealed::Secret;
use crate::store::tokens::{self, Made};

/// So many serial numbers are taken at once, and so many tokens made.
const SERIALS: usize = 5000;
const TOKENS: usize = 100;

pub(crate) async fn get(State(portal): State<Arc<Portal>>, viewer: Viewer) -> Result<Response, Problem> {
    shown(&portal, &viewer, &html! {}).await
}

async fn shown(portal: &Portal, viewer: &Viewer, first: &Markup) -> Result<Response, Problem> {
    let organisation = viewer.operator.organisation_id;
    let (approvals, made) = portal
        .store
        .read(move |connection| {
            Ok((tokens::approvals(connection, organisation)?, tokens::list(connection, organisation)?))
        })
        .await?;
    let now = clock::now();
    let csrf = html! { input type="hidden" name="csrf" value=(viewer.csrf); };
    let content = html! {
        header.head { h1 { "In advance" } }
        p.lead { "A camera with an approved serial number "  em { "and" } " a one-time token is claimed as soon as it registers. A serial number alone is "
            "never enough: it is printed on the box." }
        (first)
        div.columns {
            section.sheet {
                h2 { "Serial numbers" }
                form method="post" action="/advance/serials" enctype="multipart/form-data" {
                    (csrf)
                    label { "One a line, or CSV with a column “serial”" textarea name="serials" rows="4" placeholder="B8A44F000001" {} }
                    label { "or a file" input type="file" name="file" accept=".csv,text/csv,text/plain"; }
                    button { "Approve" }
                }
                @if approvals.is_empty() { p.dim { "None is approved." } }
                ul.rows {
                    @for (serial, at, is_here) in &approvals {
                        li {
                            code { (serial) }
                            span.dim { @if *is_here { "is here" } @else { "approved " (ago(*at, now)) } }
                            form method="post" action="/advance/withdraw" {
                                (csrf) input type="hidden" name="serial" value=(serial);
                                button.small { "Withdraw" }
                            }
                        }
                    }
                }
            }
            (made_before(viewer, &made, now))
        }
        (by_command(portal))
    };
    Ok(page::whole(viewer, Place::Advance, "In advance", &content).into_response())
}

/// The command that brings the app and this portal to many cameras.
fn by_command(portal: &Portal) -> Markup {
    let address = portal.url.origin().ascii_serialization();
    html! {
        section.sheet {
            h2 { "Many cameras at once" }
            p { "Approve their serial numbers, make a token for each, and save the tokens as " code { "tokens.txt" } ", one a line. Then, at the cameras:" }
            pre.command { "eap deploy target/eap --list cameras.csv --allow-unsigned --portal " (address) " --portal-tokens tokens.txt" }
            p.dim { "If this portal’s certificate is of your own CA, add " code { "--portal-ca ca.pem" } ". In " code { "cameras.csv" }
                " there is a column host; " code { "eap discover --csv" } " writes one." }
        }
    }
}

/// The tokens that were made, without their secrets, and the form for more.
fn made_before(viewer: &Viewer, made: &[Made], now: Moment) -> Markup {
    html! {
            section.sheet {
                h2 { "One-time tokens" }
                form method="post" action="/advance/tokens" {
                    input type="hidden" name="csrf" value=(viewer.csrf);
                    label { "How many" input type="number" name="many" value="1" min="1" max=(TOKENS) required; }
                    button { "Make" }
                }
                @if made.is_empty() { p.dim { "None was made." } }
                ul.rows {
                    @for token in made {
                        li {
                            code { (token.id) "…" }
                            span.dim {
                                @if let Some(used) = token.used { "used " (ago(used, now)) }
                                @else if token.expires <= now { "expired" } @else { "made " (ago(token.made, now)) ", expires " (ahead(token.expires, now)) }
                            }
                            @if let Some(device) = &token.device_id { a href={ "/devices/video/" (device) } { "the camera" } }
                        }
                    }
                }
            }
    }
}

/// The serial numbers of a list or of CSV, and the lines that hold none.
fn serials(text: &str) -> (BTreeSet<String>, Vec<String>) {
    let mut table = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let (mut found, mut odd, mut column) = (BTreeSet::new(), Vec::new(), 0);
    for (number, row) in table.records().enumerate() {
        let Ok(row) = row else { continue };
        if number == 0 {
            if let Some(named) = row.iter().position(|cell| cell.trim().eq_ignore_ascii_case("serial")) {
                column = named;
                continue;
            }
        }
        let cell = row.get(column).unwrap_or_default().trim();
        let serial: String = cell.chars().filter(|c| !matches!(c, ':' | '-')).collect::<String>().to_ascii_uppercase();
        if is_serial(&serial) {
            found.insert(serial);
        } else if !cell.is_empty() {
            odd.push(cell.chars().take(40).collect());
        }
    }
    (found, odd)
}

pub(crate) async fn approve(State(portal): State<Arc<Portal>>, form: Posted) -> Result<Response, Problem> {
    let Posted { viewer, fields } = form;
    let (mut found, mut odd) = serials(fields.get("serials"));
    let (more, odd_too) = serials(fields.get("file"));
    found.extend(more);
    odd.extend(odd_too);
    let list: Vec<String> = found.into_iter().take(SERIALS).collect();
    let (actor, many) = (Portal::actor(&viewer.operator), list.len());
    let fresh = match many {
        0 => 0,
        _ => portal.store.write(move |write| tokens::approve(write, &list, &actor)).await?,
    };
    let said = html! {
        p.fault role="status" {
            (fresh) " approved" @if many > fresh { ", " (many - fresh) " were already" } "."
            @if !odd.is_empty() {
                " No serial number (12 hexadecimal digits): " (odd.iter().take(10).cloned().collect::<Vec<_>>().join(", "))
                @if odd.len() > 10 { " and " (odd.len() - 10) " more" } "."
            }
        }
    };
    shown(&portal, &viewer, &said).await
}

pub(crate) async fn withdraw(State(portal): State<Arc<Portal>>, form: Posted) -> Result<Response, Problem> {
    let (actor, serial) = (Portal::actor(&form.viewer.operator), form.fields.get("serial").to_owned());
    portal.store.write(move |write| tokens::withdraw(write, &serial, &actor)).await?;
    Ok(Redirect::to("/advance").into_response())
}

pub(crate) async fn tokens(State(portal): State<Arc<Portal>>, form: Posted) -> Result<Response, Problem> {
    let Posted { viewer, fields } = form;
    let many = fields.get("many").parse().unwrap_or(1).clamp(1, TOKENS);
    let (actor, keys) = (Portal::actor(&viewer.operator), portal.keys.clone());
    let made: Vec<Secret> =
        portal.store.write(move |write| (0..many).map(|_| tokens::make(write, &keys, &actor)).collect()).await?;
    let said = html! {
        section.sheet.act {
            h2 { "Shown once" }
            p { "Each is for one camera, for two weeks. Nobody can show them again." }
            pre.tokens { @for token in &made { (token.reveal()) "\n" } }
        }
    };
    shown(&portal, &viewer, &said).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_read_from_lists_and_tables_and_what_is_none_is_named() {
        let (found, odd) = serials("b8:a4:4f:00:00:01\nB8A44F000002\nnonsense\n\n");
        assert_eq!((found.len(), odd), (2, vec!["nonsense".to_owned()]));
        let (found, odd) = serials("Name,Serial\nGate,B8A44F000003\n\"Yard, left\",B8A44F000004\n");
        assert_eq!((found.len(), odd.len()), (2, 0));
    }
}
