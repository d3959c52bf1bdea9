//! Cameras that registered, and their keys.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Fault, Write, claims};
use crate::clock::Moment;
use crate::codes;
use crate::jwk::Jwk;
use crate::live::{Claim, Reason, Released, State};
use crate::problem::{Kind, Problem};
use crate::text;

/// What a camera says of itself when it registers.
#[derive(Debug, Clone)]
pub(crate) struct Description {
    pub(crate) serial: String,
    pub(crate) model: String,
    pub(crate) architecture: String,
    pub(crate) os: String,
    pub(crate) app: String,
}

/// How a registration ended.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) device_id: String,
    /// Whether it is new.
    pub(crate) is_new: bool,
    /// The code and when it expires, while it can be claimed by one.
    pub(crate) code: Option<(String, Moment)>,
}

/// A number of SQLite, which knows no unsigned ones.
pub(crate) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A number for SQLite.
pub(crate) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

const STATE: &str = "
    SELECT d.id, d.serial, d.key, d.key_id, d.next_key, d.next_key_id, d.generation, d.seen, d.pending_until IS NOT NULL,
           c.id, c.organisation_id, o.name, c.since, c.desired,
           EXISTS (SELECT 1 FROM device AS s JOIN claim AS sc ON sc.device_id = s.id AND sc.ended IS NULL
                   WHERE s.serial = d.serial AND s.id <> d.id),
           lo.name, l.ended, l.ended_by
    FROM device AS d
    LEFT JOIN claim AS c ON c.device_id = d.id AND c.ended IS NULL
    LEFT JOIN organisation AS o ON o.id = c.organisation_id
    LEFT JOIN claim AS l ON l.rowid = (SELECT rowid FROM claim WHERE device_id = d.id AND ended IS NOT NULL
                                       ORDER BY ended DESC, rowid DESC LIMIT 1)
    LEFT JOIN organisation AS lo ON lo.id = l.organisation_id";

type Found = (String, Option<State>, Moment);

fn read_state(row: &Row<'_>) -> rusqlite::Result<Found> {
    let claim = match row.get::<_, Option<String>>(9)? {
        None => None,
        Some(id) => Some(Claim {
            id,
            organisation_id: row.get(10)?,
            organisation: row.get(11)?,
            since: row.get(12)?,
            desired: count(row.get(13)?),
        }),
    };
    let released = match row.get::<_, Option<String>>(15)? {
        None => None,
        Some(organisation) => Some(Released { organisation, at: row.get(16)?, by: row.get(17)? }),
    };
    let (is_pending, is_elsewhere): (bool, bool) = (row.get(8)?, row.get(14)?);
    let reason = match (&claim, is_pending, is_elsewhere) {
        (Some(_), _, _) => Reason::Claimed,
        (None, true, _) => Reason::Pending,
        (None, false, true) => Reason::Confirmation,
        (None, false, false) => Reason::Unclaimed,
    };
    let next: (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
    let state = Jwk::from_kept(&row.get::<_, String>(2)?).map(|key| -> rusqlite::Result<State> {
        Ok(State {
            serial: row.get(1)?,
            key,
            key_id: row.get(3)?,
            next: next.0.as_deref().and_then(Jwk::from_kept).zip(next.1),
            generation: count(row.get(6)?),
            reason,
            claim,
            released,
        })
    });
    Ok((row.get(0)?, state.transpose()?, row.get(7)?))
}

/// The state of every camera.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<(String, State, Moment)>> {
    let mut query = connection.prepare(STATE)?;
    let rows = query.query_map([], read_state)?;
    let known = |found: Found| found.1.map(|state| (found.0, state, found.2));
    rows.filter_map(|row| row.map(known).transpose()).collect()
}

/// The state of one camera.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn state(connection: &Connection, id: &str) -> rusqlite::Result<Option<(State, Moment)>> {
    let mut query = connection.prepare_cached(&format!("{STATE} WHERE d.id = ?1"))?;
    let found = query.query_row([id], read_state).optional()?;
    Ok(found.and_then(|(_, state, seen)| state.map(|state| (state, seen))))
}

/// Everything that has this serial number hears that something changed: its reason may depend on the others'.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn stir(write: &mut Write<'_>, serial: &str) -> Result<(), Fault> {
    let ids: Vec<String> = {
        let mut query =
            write.tx.prepare_cached("UPDATE device SET generation = generation + 1 WHERE serial = ?1 RETURNING id")?;
        query.query_map([serial], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    for id in ids {
        write.touch(&id);
    }
    Ok(())
}

/// One camera hears that something changed.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn stir_one(write: &mut Write<'_>, id: &str) -> Result<(), Fault> {
    write.tx.execute("UPDATE device SET generation = generation + 1 WHERE id = ?1", [id])?;
    write.touch(id);
    Ok(())
}

/// Registers a camera, or finds it again by its serial number and key.
///
/// # Errors
/// What SQLite refuses, and what `admit` answers for one that was not known.
pub(crate) fn register(
    write: &mut Write<'_>,
    it: &Description,
    key: &Jwk,
    now: Moment,
    admit: impl FnOnce() -> Result<(), Problem>,
) -> Result<Registered, Fault> {
    let key_id = key.id();
    let known: Option<String> = write
        .tx
        .query_row(
            "SELECT id FROM device WHERE serial = ?1 AND (key_id = ?2 OR next_key_id = ?2)",
            params![it.serial, key_id],
            |row| row.get(0),
        )
        .optional()?;
    let is_new = known.is_none();
    let device_id = known.unwrap_or_else(text::id);
    if is_new {
        admit()?;
        write.tx.execute(
            "INSERT INTO device (id, serial, key, key_id, model, architecture, os, app, registered, seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
            params![device_id, it.serial, key.kept(), key_id, it.model, it.architecture, it.os, it.app, now],
        )?;
    } else {
        promote(write, &device_id, &key_id)?;
        write.tx.execute(
            "UPDATE device SET model = ?2, architecture = ?3, os = ?4, app = ?5, seen = ?6 WHERE id = ?1",
            params![device_id, it.model, it.architecture, it.os, it.app, now],
        )?;
    }
    write.touch(&device_id);
    Ok(Registered { code: None, device_id, is_new })
}

/// The code that the camera can be claimed by; a new one when it has none that holds for a while longer.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn code(write: &mut Write<'_>, id: &str, now: Moment) -> Result<Option<(String, Moment)>, Fault> {
    let Some((state, _)) = state(&write.tx, id)? else { return Ok(None) };
    if !matches!(state.reason, Reason::Unclaimed | Reason::Confirmation) {
        write.tx.execute("UPDATE device SET user_code = NULL, code_expires = NULL WHERE id = ?1", [id])?;
        return Ok(None);
    }
    let known: (Option<String>, Option<Moment>) =
        write.tx.query_row("SELECT user_code, code_expires FROM device WHERE id = ?1", [id], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    if let (Some(code), Some(expires)) = known {
        // Whoever reads it now shall have time to type it.
        if expires > now + 600 {
            return Ok(Some((code, expires)));
        }
    }
    let code = codes::make();
    let expires = now + codes::LIFETIME;
    // Two of 2^34 may be the same: SQLite refuses the second, and the camera asks again.
    write
        .tx
        .execute("UPDATE device SET user_code = ?2, code_expires = ?3 WHERE id = ?1", params![id, code, expires])?;
    Ok(Some((code, expires)))
}

/// Takes a key that follows, proven by both.
///
/// # Errors
/// `conflict` when the key is a camera's already.
pub(crate) fn follow(write: &mut Write<'_>, id: &str, key: &Jwk) -> Result<(), Fault> {
    let key_id = key.id();
    let is_known: bool = write.tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM device WHERE key_id = ?1 OR next_key_id = ?1 AND id <> ?2)",
        params![key_id, id],
        |row| row.get(0),
    )?;
    if is_known {
        return Err(Problem::new(Kind::Conflict, "this key is in use already").into());
    }
    write
        .tx
        .execute("UPDATE device SET next_key = ?2, next_key_id = ?3 WHERE id = ?1", params![id, key.kept(), key_id])?;
    write.touch(id);
    Ok(())
}

/// The first use of the key that follows: from now on it is the key.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn promote(write: &mut Write<'_>, id: &str, key_id: &str) -> Result<(), Fault> {
    let changed = write.tx.execute(
        "UPDATE device SET key = next_key, key_id = next_key_id, next_key = NULL, next_key_id = NULL,
                key_generation = max(key_generation + 1,
                  coalesce((SELECT key_generation FROM claim WHERE device_id = device.id AND ended IS NULL), 0))
         WHERE id = ?1 AND next_key_id = ?2",
        params![id, key_id],
    )?;
    if changed > 0 {
        stir_one(write, id)?;
        claims::changed_key(write, id)?;
    }
    Ok(())
}

/// Keeps when each camera asked last.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn saw(write: &mut Write<'_>, seen: &[(String, Moment)]) -> Result<(), Fault> {
    let mut update = write.tx.prepare_cached("UPDATE device SET seen = max(seen, ?2) WHERE id = ?1")?;
    for (id, at) in seen {
        update.execute(params![id, at])?;
    }
    Ok(())
}

/// Forgets the cameras that nobody ever claimed and that have not asked since.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn forget(write: &mut Write<'_>, before: Moment) -> Result<(), Fault> {
    let strangers: Vec<String> = {
        let mut query = write.tx.prepare_cached(
            "SELECT id FROM device AS d WHERE seen < ?1 AND pending_until IS NULL
               AND NOT EXISTS (SELECT 1 FROM claim WHERE device_id = d.id)
               AND NOT EXISTS (SELECT 1 FROM token WHERE device_id = d.id)",
        )?;
        query.query_map([before], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    for id in strangers {
        write.tx.execute("DELETE FROM report WHERE device_id = ?1", [&id])?;
        write.tx.execute("DELETE FROM device WHERE id = ?1", [&id])?;
        write.touch(&id);
    }
    Ok(())
}
