//! An organisation's cameras as its operators look at them.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::Fault;
use super::devices::count;
use crate::clock::Moment;

/// A claimed camera and how it stands.
#[derive(Debug, Clone)]
pub(crate) struct Camera {
    pub(crate) id: String,
    pub(crate) serial: String,
    pub(crate) model: String,
    pub(crate) architecture: String,
    pub(crate) os: String,
    pub(crate) app: String,
    pub(crate) key_id: String,
    pub(crate) name: String,
    pub(crate) since: Moment,
    pub(crate) tier: String,
    pub(crate) desired: u64,
    /// When it asked last, as the store knows; who runs knows better.
    pub(crate) seen: Moment,
    pub(crate) report: Option<Reported>,
    /// Another organisation entered its code: when it leaves.
    pub(crate) leaves: Option<Moment>,
}

/// What the last report said.
#[derive(Debug, Clone)]
pub(crate) struct Reported {
    pub(crate) at: Moment,
    /// Whether it was of this claim.
    pub(crate) of_claim: bool,
    pub(crate) applied: u64,
    pub(crate) state: String,
    pub(crate) reason: String,
    /// Scheme, address, port and path of the status page.
    pub(crate) page: Option<(String, String, u64, String)>,
}

const CAMERA: &str =
    "SELECT d.id, d.serial, d.model, d.architecture, d.os, d.app, d.key_id, c.name, c.id, c.since, c.tier,
    c.desired, d.seen, r.at, r.claim_id IS c.id, r.applied, r.state, r.reason, r.body ->> '$.page.scheme',
    r.body ->> '$.page.address', r.body ->> '$.page.port', r.body ->> '$.page.path',
    (SELECT min(p.pending_until) FROM device AS p WHERE p.serial = d.serial)
    FROM claim AS c JOIN device AS d ON d.id = c.device_id LEFT JOIN report AS r ON r.device_id = d.id
    WHERE c.ended IS NULL AND c.organisation_id = ?1";

fn read(row: &Row<'_>) -> rusqlite::Result<Camera> {
    let page: (Option<String>, Option<String>, Option<i64>, Option<String>) =
        (row.get(18)?, row.get(19)?, row.get(20)?, row.get(21)?);
    let page = match page {
        (Some(scheme), Some(address), Some(port), Some(path)) => Some((scheme, address, count(port), path)),
        _ => None,
    };
    let report = match row.get::<_, Option<Moment>>(13)? {
        None => None,
        Some(at) => Some(Reported {
            at,
            of_claim: row.get(14)?,
            applied: count(row.get(15)?),
            state: row.get(16)?,
            reason: row.get(17)?,
            page,
        }),
    };
    Ok(Camera {
        id: row.get(0)?,
        serial: row.get(1)?,
        model: row.get(2)?,
        architecture: row.get(3)?,
        os: row.get(4)?,
        app: row.get(5)?,
        key_id: row.get(6)?,
        name: row.get(7)?,
        since: row.get(9)?,
        tier: row.get(10)?,
        desired: count(row.get(11)?),
        seen: row.get(12)?,
        report,
        leaves: row.get(22)?,
    })
}

/// All cameras of an organisation, by name.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn cameras(connection: &Connection, organisation: i64) -> Result<Vec<Camera>, Fault> {
    let mut query = connection.prepare_cached(&format!("{CAMERA} ORDER BY c.name COLLATE NOCASE, d.serial"))?;
    Ok(query.query_map([organisation], read)?.collect::<Result<_, _>>()?)
}

/// One camera of an organisation.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn camera(connection: &Connection, organisation: i64, id: &str) -> Result<Option<Camera>, Fault> {
    let mut query = connection.prepare_cached(&format!("{CAMERA} AND d.id = ?2"))?;
    Ok(query.query_row(params![organisation, id], read).optional()?)
}

/// A camera that is not the organisation's, or not yet.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) id: String,
    pub(crate) serial: String,
    pub(crate) model: String,
    pub(crate) key_id: String,
    pub(crate) registered: Moment,
    /// When it passes; `None` for a new key of a camera of the organisation's own.
    pub(crate) passes: Option<Moment>,
}

/// New keys that the organisation has to confirm, and cameras that are on their way to it.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn waiting(connection: &Connection, organisation: i64) -> Result<Vec<Waiting>, Fault> {
    let mut query = connection.prepare_cached(
        "SELECT d.id, d.serial, d.model, d.key_id, d.registered,
                CASE WHEN d.pending_organisation = ?1 THEN d.pending_until END
         FROM device AS d
         WHERE d.pending_organisation = ?1
            OR (d.pending_until IS NULL
                AND NOT EXISTS (SELECT 1 FROM claim WHERE device_id = d.id AND ended IS NULL)
                AND d.serial IN (SELECT s.serial FROM device AS s JOIN claim AS c ON c.device_id = s.id
                                 WHERE c.ended IS NULL AND c.organisation_id = ?1)
                -- A key from before the claim is an old one of this camera: nobody has to confirm it.
                AND max(d.seen, d.registered + 1) > (
                    SELECT max(c.since) FROM device AS s JOIN claim AS c ON c.device_id = s.id
                    WHERE c.ended IS NULL AND s.serial = d.serial))
         ORDER BY d.registered DESC LIMIT 100",
    )?;
    let rows = query.query_map([organisation], |row| {
        Ok(Waiting {
            id: row.get(0)?,
            serial: row.get(1)?,
            model: row.get(2)?,
            key_id: row.get(3)?,
            registered: row.get(4)?,
            passes: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
