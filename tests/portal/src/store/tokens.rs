//! Serial numbers that an organisation approved in advance, and the one-time tokens that go with them.

use hmac::Mac as _;
use rusqlite::{Connection, OptionalExtension as _, params};
use subtle::ConstantTimeEq as _;

use super::audit::{self, Actor};
use super::{Fault, Write, claims, devices};
use crate::clock::Moment;
use crate::keys::Keys;
use crate::live::Reason;
use crate::sealed::{self, Purpose, Sealed, Secret};
use crate::text;

/// How long a token holds, in seconds.
pub(crate) const LIFETIME: i64 = 14 * 24 * 3600;

/// A token as a camera shows that it has it.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) id: String,
    pub(crate) mac: String,
}

/// Makes a token. Its text is answered here and nowhere else.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn make(write: &mut Write<'_>, keys: &Keys, actor: &Actor) -> Result<Secret, Fault> {
    let (id, secret) = (text::encode(&text::random::<9>()), Secret::new(text::encode(&text::random::<32>())));
    let aad = sealed::bound("", &id, 0);
    let kept = sealed::seal(&secret, &keys.opener.public, Purpose::KeptToken, &aad)?;
    write.tx.execute(
        "INSERT INTO token (id, organisation_id, secret, made, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            id,
            actor.organisation,
            serde_json::to_string(&kept).unwrap_or_default(),
            actor.at,
            actor.at + LIFETIME
        ],
    )?;
    audit::note(write, actor, None, "token-made", &id)?;
    Ok(Secret::new(format!("{id}.{}", secret.reveal())))
}

/// Whether a token is good for this camera; if so, it is used up and the camera claimed.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn redeem(
    write: &mut Write<'_>,
    keys: &Keys,
    device: &str,
    key_id: &str,
    shown: &Shown,
    now: Moment,
) -> Result<bool, Fault> {
    type Found = (i64, String, Moment, Option<String>);
    let found: Option<Found> = write
        .tx
        .query_row("SELECT organisation_id, secret, expires, device_id FROM token WHERE id = ?1", [&shown.id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((organisation, secret, expires, user)) = found else { return Ok(false) };
    let Some((state, _)) = devices::state(&write.tx, device)? else { return Ok(false) };
    let sealed: Sealed = serde_json::from_str(&secret).map_err(|_| sealed::Fault::Form)?;
    let secret = keys.opener.open(&sealed, Purpose::KeptToken, &sealed::bound("", &shown.id, 0))?;
    let mac = text::mac(secret.reveal().as_bytes(), format!("{}\n{key_id}", state.serial).as_bytes());
    let is_right: bool = text::decode(&shown.mac).is_some_and(|mine| mac.finalize().into_bytes().ct_eq(&mine).into());
    if !is_right {
        return Ok(false);
    }
    if let Some(user) = user {
        // The camera that used it may not have heard the answer.
        let is_theirs = state.claim.is_some_and(|claim| claim.organisation_id == organisation);
        return Ok(user == device && is_theirs);
    }
    if expires <= now || state.reason != Reason::Unclaimed || !is_approved(write, &state.serial, organisation)? {
        return Ok(false);
    }
    write.tx.execute("UPDATE token SET used = ?2, device_id = ?3 WHERE id = ?1", params![shown.id, now, device])?;
    claims::redeem(write, keys, device, &Actor::camera(organisation, now))?;
    Ok(true)
}

fn is_approved(write: &Write<'_>, serial: &str, organisation: i64) -> Result<bool, Fault> {
    Ok(write.tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM approval WHERE serial = ?1 AND organisation_id = ?2)",
        params![serial, organisation],
        |row| row.get(0),
    )?)
}

/// Approves serial numbers; how many of them were new.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn approve(write: &mut Write<'_>, serials: &[String], actor: &Actor) -> Result<usize, Fault> {
    let mut fresh = 0;
    for serial in serials {
        fresh += write.tx.execute(
            "INSERT OR IGNORE INTO approval (serial, organisation_id, at) VALUES (?1, ?2, ?3)",
            params![serial, actor.organisation, actor.at],
        )?;
    }
    audit::note(write, actor, None, "approved", &format!("{fresh}"))?;
    Ok(fresh)
}

/// Takes an approval back. `false` when there is none.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn withdraw(write: &mut Write<'_>, serial: &str, actor: &Actor) -> Result<bool, Fault> {
    let changed = write.tx.execute(
        "DELETE FROM approval WHERE serial = ?1 AND organisation_id = ?2",
        params![serial, actor.organisation],
    )?;
    if changed > 0 {
        audit::note(write, actor, None, "approval-withdrawn", serial)?;
    }
    Ok(changed > 0)
}

/// The serial numbers that an organisation approved, newest first, and whether it has the camera.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn approvals(connection: &Connection, organisation: i64) -> Result<Vec<(String, Moment, bool)>, Fault> {
    let mut query = connection.prepare_cached(
        "SELECT a.serial, a.at, EXISTS (SELECT 1 FROM device AS d JOIN claim AS c ON c.device_id = d.id
             WHERE d.serial = a.serial AND c.ended IS NULL AND c.organisation_id = a.organisation_id)
         FROM approval AS a WHERE a.organisation_id = ?1 ORDER BY a.at DESC, a.serial LIMIT 5000",
    )?;
    let rows = query.query_map([organisation], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A token as operators see it later: without its secret.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) made: Moment,
    pub(crate) expires: Moment,
    pub(crate) used: Option<Moment>,
    pub(crate) device_id: Option<String>,
}

/// The tokens of an organisation, newest first.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn list(connection: &Connection, organisation: i64) -> Result<Vec<Made>, Fault> {
    let mut query = connection.prepare_cached(
        "SELECT id, made, expires, used, device_id FROM token WHERE organisation_id = ?1 ORDER BY made DESC, rowid DESC
         LIMIT 500",
    )?;
    let rows = query.query_map([organisation], |row| {
        Ok(Made { id: row.get(0)?, made: row.get(1)?, expires: row.get(2)?, used: row.get(3)?, device_id: row.get(4)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
