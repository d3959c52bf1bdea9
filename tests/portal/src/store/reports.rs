//! What cameras report: the last of each, whole.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::devices::stored;
use super::{Fault, Write};
use crate::clock::Moment;
use crate::problem::{Kind, Problem};

/// A report, with what is asked for often beside the whole.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) boot_id: String,
    pub(crate) seq: u64,
    pub(crate) claim_id: Option<String>,
    pub(crate) applied: u64,
    pub(crate) state: String,
    pub(crate) reason: String,
    pub(crate) body: String,
}

/// Keeps a report.
///
/// # Errors
/// `conflict` for a number that is not higher than the last of the same start, or for a claim that is over.
pub(crate) fn put(write: &mut Write<'_>, device: &str, report: &Report, now: Moment) -> Result<(), Fault> {
    let last: Option<(String, i64)> = write
        .tx
        .prepare_cached("SELECT boot_id, seq FROM report WHERE device_id = ?1")?
        .query_row([device], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((boot, seq)) = last {
        if boot == report.boot_id && seq >= stored(report.seq) {
            return Err(Problem::new(Kind::Conflict, format!("seq has to be higher than {seq}")).into());
        }
    }
    let claim: Option<(String, i64)> = write
        .tx
        .prepare_cached("SELECT id, organisation_id FROM claim WHERE device_id = ?1 AND ended IS NULL")?
        .query_row([device], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some(named) = &report.claim_id {
        if claim.as_ref().is_none_or(|(id, _)| id != named) {
            return Err(Problem::new(Kind::Conflict, "the claim that claim_id names is over").into());
        }
    }
    write
        .tx
        .prepare_cached(
            "INSERT OR REPLACE INTO report (device_id, at, boot_id, seq, claim_id, applied, state, reason, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            device,
            now,
            report.boot_id,
            stored(report.seq),
            report.claim_id,
            stored(report.applied),
            report.state,
            report.reason,
            report.body
        ])?;
    if let Some((_, organisation)) = claim {
        write.ring(organisation);
    }
    Ok(())
}

/// The last report of a camera, and when it came.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn last(connection: &Connection, device: &str) -> Result<Option<(Moment, String)>, Fault> {
    let found = connection
        .query_row("SELECT at, body FROM report WHERE device_id = ?1", [device], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?)
}
