//! Claims: how a camera comes to an organisation, passes to another, and is released.

use rusqlite::{OptionalExtension as _, params};

use super::audit::{self, Actor};
use super::devices;
use super::{Fault, Write};
use crate::clock::{self, Moment};
use crate::keys::Keys;
use crate::live::Reason;
use crate::sealed::{self, Purpose, Sealed, Secret};
use crate::text;

/// By what a claim was made: the operator sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    /// The code that the camera shows to its administrators.
    Code,
    /// A serial number approved in advance and a one-time token.
    Token,
    /// The organisation confirmed a new key of a camera that was its own already.
    Confirmed,
}

impl Tier {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Token => "token",
            Self::Confirmed => "confirmed",
        }
    }
}

/// What came of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entered {
    /// No camera shows it.
    Unknown,
    /// The camera is the organisation's.
    Claimed(String),
    /// It will be, unless it is released before.
    Pending(Moment),
}

/// A passphrase for SD cards: 32 letters and digits, some 190 bits.
fn passphrase() -> Secret {
    use rand::Rng as _;
    let letters = rand::rng().sample_iter(rand::distr::Alphanumeric).take(32).map(char::from);
    Secret::new(letters.collect())
}

/// Seals a passphrase so that the portal alone opens it, and for this claim alone.
pub(crate) fn keep(keys: &Keys, secret: &Secret, claim: &str, generation: u64) -> Result<String, Fault> {
    let aad = sealed::bound("", claim, generation);
    let sealed = sealed::seal(secret, &keys.opener.public, Purpose::KeptPassphrase, &aad)?;
    Ok(serde_json::to_string(&sealed).unwrap_or_default())
}

/// Opens what [`keep`] sealed.
pub(crate) fn kept(keys: &Keys, sealed: &str, claim: &str, generation: u64) -> Result<Secret, Fault> {
    let sealed: Sealed = serde_json::from_str(sealed).map_err(|_| sealed::Fault::Form)?;
    Ok(keys.opener.open(&sealed, Purpose::KeptPassphrase, &sealed::bound("", claim, generation))?)
}

/// A new passphrase, sealed.
pub(crate) fn new_passphrase(keys: &Keys, claim: &str, generation: u64) -> Result<String, Fault> {
    keep(keys, &passphrase(), claim, generation)
}

/// What a new claim takes over from the same organisation's last one.
struct Heritage {
    name: String,
    passphrase: Secret,
}

/// Ends whatever claim this serial number had, and begins one.
fn begin(
    write: &mut Write<'_>,
    keys: &Keys,
    device: &str,
    tier: Tier,
    actor: &Actor,
    heritage: Option<Heritage>,
) -> Result<(), Fault> {
    let (serial, model, key_generation): (String, String, i64) =
        write.tx.query_row("SELECT serial, model, key_generation FROM device WHERE id = ?1", [device], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    write.tx.execute(
        "UPDATE claim SET ended = ?2, ended_by = 'portal'
         WHERE ended IS NULL AND device_id IN (SELECT id FROM device WHERE serial = ?1)",
        params![serial, actor.at],
    )?;
    write.tx.execute(
        "UPDATE device SET pending_organisation = NULL, pending_until = NULL, user_code = NULL, code_expires = NULL
         WHERE serial = ?1",
        [&serial],
    )?;
    let claim = text::id();
    let (name, secret) = match heritage {
        Some(heritage) => (heritage.name, heritage.passphrase),
        None => (format!("{model} {serial}").chars().take(64).collect(), passphrase()),
    };
    write.tx.execute(
        "INSERT INTO claim (id, device_id, organisation_id, since, tier, desired, name, passphrase,
                            passphrase_generation, report_seconds, key_generation)
         VALUES (?1, ?2, ?3, ?4, ?5, 1 + (SELECT coalesce(max(desired), 0) FROM claim WHERE device_id = ?2),
                 ?6, ?7, 1, 300, ?8)",
        params![
            claim,
            device,
            actor.organisation,
            actor.at,
            tier.word(),
            name,
            keep(keys, &secret, &claim, 1)?,
            key_generation
        ],
    )?;
    devices::stir(write, &serial)?;
    audit::note(write, actor, Some(device), "claimed", tier.word())
}

/// The claim that holds a serial number: its id, camera and organisation.
fn holder(write: &Write<'_>, serial: &str) -> Result<Option<(String, String, i64)>, Fault> {
    let found = write.tx.query_row(
        "SELECT c.id, c.device_id, c.organisation_id FROM claim AS c JOIN device AS d ON d.id = c.device_id
         WHERE c.ended IS NULL AND d.serial = ?1",
        [serial],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    );
    Ok(found.optional()?)
}

fn heritage(write: &Write<'_>, keys: &Keys, claim: &str) -> Result<Heritage, Fault> {
    let (name, sealed, generation): (String, String, i64) = write.tx.query_row(
        "SELECT name, passphrase, passphrase_generation FROM claim WHERE id = ?1",
        [claim],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    Ok(Heritage { name, passphrase: kept(keys, &sealed, claim, devices::count(generation))? })
}

/// An operator enters the code that a camera shows.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn enter(
    write: &mut Write<'_>,
    keys: &Keys,
    code: &str,
    actor: &Actor,
    waiting: i64,
) -> Result<Entered, Fault> {
    let found: Option<String> = write
        .tx
        .query_row("SELECT id FROM device WHERE user_code = ?1 AND code_expires > ?2", params![code, actor.at], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(device) = found else { return Ok(Entered::Unknown) };
    let Some((state, _)) = devices::state(&write.tx, &device)? else { return Ok(Entered::Unknown) };
    match (state.reason, holder(write, &state.serial)?) {
        (Reason::Unclaimed, None) => begin(write, keys, &device, Tier::Code, actor, None)?,
        (Reason::Confirmation, Some((claim, _, organisation))) if organisation == actor.organisation => {
            let heritage = heritage(write, keys, &claim)?;
            begin(write, keys, &device, Tier::Code, actor, Some(heritage))?;
        }
        (Reason::Confirmation, Some((_, theirs, organisation))) => {
            let until = actor.at.saturating_add(waiting);
            write.tx.execute(
                "UPDATE device SET pending_organisation = ?2, pending_until = ?3, user_code = NULL, code_expires = NULL
                 WHERE id = ?1",
                params![device, actor.organisation, until],
            )?;
            devices::stir_one(write, &device)?;
            let when = clock::written(until);
            audit::note(write, actor, Some(&device), "code-entered", &when)?;
            // The other organisation is told that the camera will leave, not to whom.
            audit::note(write, &Actor::portal(organisation, actor.at), Some(&theirs), "leaves", &when)?;
            return Ok(Entered::Pending(until));
        }
        _ => return Ok(Entered::Unknown),
    }
    Ok(Entered::Claimed(device))
}

/// An operator confirms that a camera of the organisation's has a new key. `false` when there is no such camera.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn confirm(write: &mut Write<'_>, keys: &Keys, device: &str, actor: &Actor) -> Result<bool, Fault> {
    let Some((state, _)) = devices::state(&write.tx, device)? else { return Ok(false) };
    match (state.reason, holder(write, &state.serial)?) {
        (Reason::Confirmation, Some((claim, _, organisation))) if organisation == actor.organisation => {
            let heritage = heritage(write, keys, &claim)?;
            begin(write, keys, device, Tier::Confirmed, actor, Some(heritage))?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// The organisation that has a camera says that it stays: whoever entered a code for it does not get it by waiting.
/// `false` when nobody waits for it.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn stay(write: &mut Write<'_>, device: &str, actor: &Actor) -> Result<bool, Fault> {
    let Some((state, _)) = devices::state(&write.tx, device)? else { return Ok(false) };
    match holder(write, &state.serial)? {
        Some((_, theirs, organisation)) if theirs == device && organisation == actor.organisation => {}
        _ => return Ok(false),
    }
    let waiting: Vec<(String, i64)> = {
        let mut query = write.tx.prepare_cached(
            "SELECT id, pending_organisation FROM device WHERE serial = ?1 AND pending_until IS NOT NULL",
        )?;
        query.query_map([&state.serial], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?
    };
    for (other, organisation) in &waiting {
        audit::note(write, &Actor::portal(*organisation, actor.at), Some(other), "refused-to-you", "")?;
    }
    if waiting.is_empty() {
        return Ok(false);
    }
    write.tx.execute(
        "UPDATE device SET pending_organisation = NULL, pending_until = NULL WHERE serial = ?1",
        [&state.serial],
    )?;
    devices::stir(write, &state.serial)?;
    audit::note(write, actor, Some(device), "stays", "")?;
    Ok(true)
}

/// A camera whose serial number was approved brought a token that is good.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn redeem(write: &mut Write<'_>, keys: &Keys, device: &str, actor: &Actor) -> Result<(), Fault> {
    begin(write, keys, device, Tier::Token, actor, None)
}

/// Ends a claim. Whoever waits for the camera gets it at once. `false` when it is over already.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn release(
    write: &mut Write<'_>,
    keys: &Keys,
    device: &str,
    claim: &str,
    by: &str,
    actor: &Actor,
) -> Result<bool, Fault> {
    let changed = write.tx.execute(
        "UPDATE claim SET ended = ?3, ended_by = ?4
         WHERE id = ?1 AND device_id = ?2 AND organisation_id = ?5 AND ended IS NULL",
        params![claim, device, actor.at, by, actor.organisation],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    let serial: String = write.tx.query_row("SELECT serial FROM device WHERE id = ?1", [device], |row| row.get(0))?;
    devices::stir(write, &serial)?;
    audit::note(write, actor, Some(device), "released", by)?;
    pass(write, keys, &serial, Moment::MAX, actor.at)?;
    Ok(true)
}

/// Passes on the cameras whose waiting time is over.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn pass_due(write: &mut Write<'_>, keys: &Keys, now: Moment) -> Result<(), Fault> {
    pass(write, keys, "", now, now)
}

/// Passes on what waits until `due` at the latest: of one serial number, or of all for none.
fn pass(write: &mut Write<'_>, keys: &Keys, serial: &str, due: Moment, now: Moment) -> Result<(), Fault> {
    let waiting: Vec<(String, String, i64)> = {
        let mut query = write.tx.prepare_cached(
            "SELECT id, serial, pending_organisation FROM device
             WHERE pending_until IS NOT NULL AND pending_until <= ?2 AND (?1 = '' OR serial = ?1)
             ORDER BY pending_until",
        )?;
        let rows = query.query_map(params![serial, due], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    for (device, serial, organisation) in waiting {
        // The first of two that wait for one serial number gets it, which ends the other's wait.
        let still: bool =
            write
                .tx
                .query_row("SELECT pending_until IS NOT NULL FROM device WHERE id = ?1", [&device], |row| row.get(0))?;
        if !still {
            continue;
        }
        if let Some((_, theirs, former)) = holder(write, &serial)? {
            audit::note(write, &Actor::portal(former, now), Some(&theirs), "left", "")?;
        }
        begin(write, keys, &device, Tier::Code, &Actor::portal(organisation, now), None)?;
    }
    Ok(())
}

/// The camera has the key that was wished: the wish names it from now on.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn changed_key(write: &mut Write<'_>, device: &str) -> Result<(), Fault> {
    write.tx.execute(
        "UPDATE claim SET key_generation = max(key_generation, (SELECT key_generation FROM device WHERE id = ?1))
         WHERE device_id = ?1 AND ended IS NULL",
        [device],
    )?;
    let organisation: Option<i64> = write
        .tx
        .query_row("SELECT organisation_id FROM claim WHERE device_id = ?1 AND ended IS NULL", [device], |row| {
            row.get(0)
        })
        .optional()?;
    match organisation {
        Some(organisation) => {
            let actor = Actor::camera(organisation, clock::now());
            audit::note(write, &actor, Some(device), "key-changed", "")
        }
        None => Ok(()),
    }
}
