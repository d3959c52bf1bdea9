//! Who did what: a list that only grows.

use rusqlite::{Connection, params};

use super::{Fault, Write};
use crate::clock::Moment;

/// What is written down.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) at: Moment,
    pub(crate) who: String,
    pub(crate) device_id: Option<String>,
    pub(crate) serial: Option<String>,
    pub(crate) act: String,
    pub(crate) note: String,
}

/// Who does something, for the list.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    pub(crate) organisation: i64,
    /// The operator's name, `the camera` or `the portal`.
    pub(crate) who: String,
    pub(crate) at: Moment,
}

impl Actor {
    pub(crate) fn camera(organisation: i64, at: Moment) -> Self {
        Self { organisation, who: "the camera".into(), at }
    }

    pub(crate) fn portal(organisation: i64, at: Moment) -> Self {
        Self { organisation, who: "the portal".into(), at }
    }
}

/// Writes an entry, for a camera or for none.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn note(
    write: &mut Write<'_>,
    actor: &Actor,
    device: Option<&str>,
    act: &str,
    note: &str,
) -> Result<(), Fault> {
    write
        .tx
        .prepare_cached(
            "INSERT INTO audit (at, organisation_id, who, device_id, serial, act, note)
         VALUES (?1, ?2, ?3, ?4, (SELECT serial FROM device WHERE id = ?4), ?5, ?6)",
        )?
        .execute(params![actor.at, actor.organisation, actor.who, device, act, note])?;
    write.ring(actor.organisation);
    Ok(())
}

/// The newest entries of an organisation, of one camera or of all; those before the entry `before`.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn list(
    connection: &Connection,
    organisation: i64,
    device: Option<&str>,
    most: u32,
) -> Result<Vec<Entry>, Fault> {
    let mut query = connection.prepare_cached(
        "SELECT at, who, device_id, serial, act, note FROM audit
         WHERE organisation_id = ?1 AND (?2 IS NULL OR device_id = ?2) ORDER BY id DESC LIMIT ?3",
    )?;
    let rows = query.query_map(params![organisation, device, most], |row| {
        Ok(Entry {
            at: row.get(0)?,
            who: row.get(1)?,
            device_id: row.get(2)?,
            serial: row.get(3)?,
            act: row.get(4)?,
            note: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
