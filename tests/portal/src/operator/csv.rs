//! The list of cameras as CSV, for a spreadsheet.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::session::Viewer;
use super::standing;
use crate::clock;
use crate::portal::Portal;
use crate::problem::{Kind, Problem};
use crate::store::listing;

const HEAD: [&str; 14] = [
    "name",
    "serial",
    "model",
    "axis_os",
    "app",
    "reason",
    "meaning",
    "remedy",
    "needs_visit",
    "last_contact",
    "last_report",
    "address",
    "claimed_since",
    "claimed_by",
];

/// A spreadsheet takes what begins so for a formula; cameras and people choose these texts.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

pub(crate) async fn get(State(portal): State<Arc<Portal>>, viewer: Viewer) -> Result<Response, Problem> {
    let organisation = viewer.operator.organisation_id;
    let cameras = portal.store.read(move |connection| listing::cameras(connection, organisation)).await?;
    let now = clock::now();
    let mut table = ::csv::Writer::from_writer(Vec::new());
    let failed = |fault: ::csv::Error| {
        log::error!("writing CSV: {fault}");
        Problem::new(Kind::Unavailable, "the list could not be written")
    };
    table.write_record(HEAD).map_err(failed)?;
    for camera in &cameras {
        let standing = standing::of(camera, &portal.live, now);
        let report = camera.report.as_ref();
        let page = report.and_then(|report| report.page.as_ref());
        let row = [
            &camera.name,
            &camera.serial,
            &camera.model,
            &camera.os,
            &camera.app,
            &standing.code,
            standing.reason.title,
            standing.reason.remedy,
            standing.reason.visit.word(),
            &clock::written(standing.seen),
            &report.map(|report| clock::written(report.at)).unwrap_or_default(),
            &page.map(|page| page.1.clone()).unwrap_or_default(),
            &clock::written(camera.since),
            &camera.tier,
        ];
        table.write_record(row.map(harmless)).map_err(failed)?;
    }
    let text = table.into_inner().map_err(|fault| failed(fault.into_error().into()))?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"cameras.csv\""),
    ];
    Ok((headers, text).into_response())
}
