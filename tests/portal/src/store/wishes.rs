//! What an organisation wishes of a camera, and what the camera said of its account.

use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};

use super::audit::{self, Actor};
use super::devices::{self, count, stored};
use super::{Fault, Write, claims};
use crate::clock::Moment;
use crate::keys::Keys;
use crate::problem::{Kind, Problem};
use crate::sealed::Sealed;
use crate::text;

/// How old a decision is when it is none any more, in seconds.
pub(crate) const DECISION_HOLDS: i64 = 600;

/// A secret as it is kept, and which one it is.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) generation: u64,
    pub(crate) sealed: String,
}

/// The account that is wished.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) group: String,
    pub(crate) generation: u64,
    pub(crate) days: u64,
}

/// What the camera said of the account.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccountSeen {
    pub(crate) state: Option<String>,
    pub(crate) at: Option<Moment>,
    /// The password that holds.
    pub(crate) password: Option<Kept>,
    /// The password that is being set.
    pub(crate) changing: Option<Kept>,
}

/// A decision over a card.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    pub(crate) id: String,
    pub(crate) presence: String,
    pub(crate) choice: String,
    pub(crate) made: Moment,
}

/// A notice for the camera's page.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) id: String,
    pub(crate) severity: String,
    pub(crate) text: String,
    pub(crate) until: Option<Moment>,
}

/// All wishes of a claim.
#[derive(Debug, Clone)]
pub(crate) struct Wishes {
    pub(crate) claim_id: String,
    pub(crate) organisation_id: i64,
    pub(crate) generation: u64,
    pub(crate) name: String,
    pub(crate) prepare: String,
    pub(crate) passphrase: Kept,
    pub(crate) previous: Option<Kept>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) report_seconds: u64,
    pub(crate) account: Option<Account>,
    pub(crate) account_seen: AccountSeen,
    pub(crate) key_generation: u64,
}

const WISHES: &str = "SELECT id, organisation_id, tier, since, desired, name, prepare, passphrase,
    passphrase_generation, previous, previous_generation, report_seconds, account_group, account_generation,
    account_days, account_state, account_at, password, password_generation, changing, changing_generation,
    key_generation FROM claim WHERE device_id = ?1 AND ended IS NULL";

fn kept(row: &Row<'_>, sealed: usize, generation: usize) -> rusqlite::Result<Option<Kept>> {
    let sealed: Option<String> = row.get(sealed)?;
    let generation: Option<i64> = row.get(generation)?;
    Ok(sealed.map(|sealed| Kept { sealed, generation: count(generation.unwrap_or(0)) }))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Wishes> {
    let group: Option<String> = row.get(12)?;
    let (generation, days) = (count(row.get(13)?), count(row.get(14)?));
    Ok(Wishes {
        claim_id: row.get(0)?,
        organisation_id: row.get(1)?,
        generation: count(row.get(4)?),
        name: row.get(5)?,
        prepare: row.get(6)?,
        passphrase: Kept { sealed: row.get(7)?, generation: count(row.get(8)?) },
        previous: kept(row, 9, 10)?,
        decisions: Vec::new(),
        notices: Vec::new(),
        report_seconds: count(row.get(11)?),
        account: group.map(|group| Account { group, generation, days }),
        account_seen: AccountSeen {
            state: row.get(15)?,
            at: row.get(16)?,
            password: kept(row, 17, 18)?,
            changing: kept(row, 19, 20)?,
        },
        key_generation: count(row.get(21)?),
    })
}

/// What is wished of a camera; `None` without a claim. Decisions and notices that are over are left out.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn of(connection: &Connection, device: &str, now: Moment) -> Result<Option<Wishes>, Fault> {
    let Some(mut wishes) = connection.prepare_cached(WISHES)?.query_row([device], read).optional()? else {
        return Ok(None);
    };
    let mut query = connection.prepare_cached(
        "SELECT id, presence, choice, made FROM decision WHERE claim_id = ?1 AND made > ?2 ORDER BY made",
    )?;
    let rows = query.query_map(params![wishes.claim_id, now - DECISION_HOLDS], |row| {
        Ok(Decision { id: row.get(0)?, presence: row.get(1)?, choice: row.get(2)?, made: row.get(3)? })
    })?;
    wishes.decisions = rows.collect::<Result<_, _>>()?;
    let mut query = connection.prepare_cached(
        "SELECT id, severity, text, until FROM notice WHERE claim_id = ?1 AND (until IS NULL OR until > ?2)
         ORDER BY rowid",
    )?;
    let rows = query.query_map(params![wishes.claim_id, now], |row| {
        Ok(Notice { id: row.get(0)?, severity: row.get(1)?, text: row.get(2)?, until: row.get(3)? })
    })?;
    wishes.notices = rows.collect::<Result<_, _>>()?;
    Ok(Some(wishes))
}

/// What an operator can wish.
#[derive(Debug, Clone)]
pub(crate) enum Wish {
    Name(String),
    Prepare(&'static str),
    NewPassphrase,
    Decide { presence: String, choice: &'static str },
    Notify { severity: &'static str, text: String, until: Option<Moment> },
    Unnotify { id: String },
    Interval(u64),
    Account { group: &'static str, days: u64 },
    NewPassword,
    NoAccount,
    NewKey,
}

impl Wish {
    /// As the audit list says it.
    fn told(&self) -> (&'static str, String) {
        match self {
            Self::Name(name) => ("named", name.clone()),
            Self::Prepare(prepare) => ("prepare", (*prepare).to_owned()),
            Self::NewPassphrase => ("passphrase-new", String::new()),
            Self::Decide { presence, choice } => ("decided", format!("{choice} {presence}")),
            Self::Notify { severity, text, .. } => ("notice", format!("{severity}: {text}")),
            Self::Unnotify { .. } => ("notice-gone", String::new()),
            Self::Interval(seconds) => ("interval", seconds.to_string()),
            Self::Account { group, days } => ("account", format!("{group}, {days} d")),
            Self::NewPassword => ("password-new", String::new()),
            Self::NoAccount => ("account-gone", String::new()),
            Self::NewKey => ("key-new", String::new()),
        }
    }
}

/// Takes a wish of the organisation for a camera of its own. `false` when it has no such camera.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn wish(
    write: &mut Write<'_>,
    keys: &Keys,
    device: &str,
    wish: &Wish,
    actor: &Actor,
) -> Result<bool, Fault> {
    let Some(now) = of(&write.tx, device, actor.at)? else { return Ok(false) };
    if now.organisation_id != actor.organisation {
        return Ok(false);
    }
    let claim = now.claim_id.as_str();
    let set = |sql: &str, value: &dyn ToSql| -> Result<(), Fault> {
        write.tx.execute(&format!("UPDATE claim SET {sql} WHERE id = ?1"), params![claim, value])?;
        Ok(())
    };
    match wish {
        Wish::Name(name) => set("name = ?2", name)?,
        Wish::Prepare(prepare) => set("prepare = ?2", prepare)?,
        Wish::NewPassphrase => {
            let generation = now.passphrase.generation + 1;
            write.tx.execute(
                "UPDATE claim SET previous = passphrase, previous_generation = passphrase_generation,
                    passphrase = ?2, passphrase_generation = ?3 WHERE id = ?1",
                params![claim, claims::new_passphrase(keys, claim, generation)?, stored(generation)],
            )?;
        }
        Wish::Decide { presence, choice } => {
            write.tx.execute(
                "INSERT INTO decision (id, claim_id, presence, choice, made) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![text::id(), claim, presence, choice, actor.at],
            )?;
        }
        Wish::Notify { severity, text, until } => {
            write.tx.execute(
                "INSERT INTO notice (id, claim_id, severity, text, until) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![text::id(), claim, severity, text, until],
            )?;
        }
        Wish::Unnotify { id } => {
            write.tx.execute("DELETE FROM notice WHERE claim_id = ?1 AND id = ?2", params![claim, id])?;
        }
        Wish::Interval(seconds) => set("report_seconds = ?2", &stored(*seconds))?,
        Wish::Account { group, days } => {
            write.tx.execute(
                "UPDATE claim SET account_generation = account_generation + (account_group IS NULL),
                    account_group = ?2, account_days = ?3 WHERE id = ?1",
                params![claim, group, stored(*days)],
            )?;
        }
        Wish::NewPassword => set("account_generation = account_generation + ?2", &1)?,
        Wish::NoAccount => set("account_group = ?2", &Option::<String>::None)?,
        Wish::NewKey => {
            set("key_generation = (SELECT key_generation FROM device WHERE id = claim.device_id) + ?2", &1)?
        }
    }
    set("desired = desired + ?2", &1)?;
    let (act, note) = wish.told();
    devices::stir_one(write, device)?;
    audit::note(write, actor, Some(device), act, &note)?;
    Ok(true)
}

/// What the camera says of its account.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) generation: u64,
    pub(crate) state: &'static str,
    /// The new password, sealed to the portal; with `changing` alone.
    pub(crate) sealed: Option<Sealed>,
}

/// Keeps what the camera says of its account, under the claim that it was said.
///
/// # Errors
/// `not-found` when that is over, `conflict` when a password is confirmed that was never sent.
pub(crate) fn said(write: &mut Write<'_>, device: &str, claim: &str, said: &Said, now: Moment) -> Result<(), Fault> {
    let wishes = of(&write.tx, device, now)?.filter(|wishes| wishes.claim_id == claim);
    let wishes = wishes.ok_or_else(|| Problem::new(Kind::NotFound, "there is no claim"))?;
    match (said.state, &said.sealed) {
        ("changing", Some(sealed)) => {
            write.tx.execute(
                "UPDATE claim SET changing = ?2, changing_generation = ?3 WHERE id = ?1",
                params![claim, serde_json::to_string(sealed).unwrap_or_default(), stored(said.generation)],
            )?;
        }
        ("confirmed", _) => {
            let known = wishes.account_seen.changing.map(|kept| kept.generation);
            let held = wishes.account_seen.password.map(|kept| kept.generation);
            if known == Some(said.generation) {
                write.tx.execute(
                    "UPDATE claim SET password = changing, password_generation = changing_generation, changing = NULL,
                        changing_generation = NULL WHERE id = ?1",
                    [claim],
                )?;
            } else if held != Some(said.generation) {
                return Err(Problem::new(Kind::Conflict, "no password of this generation was sent before").into());
            }
        }
        ("removed", _) => {
            write.tx.execute(
                "UPDATE claim SET password = NULL, password_generation = NULL, changing = NULL,
                    changing_generation = NULL WHERE id = ?1",
                [claim],
            )?;
        }
        _ => {}
    }
    write.tx.execute(
        "UPDATE claim SET account_state = ?2, account_at = ?3 WHERE id = ?1",
        params![claim, said.state, now],
    )?;
    let actor = Actor::camera(wishes.organisation_id, now);
    audit::note(write, &actor, Some(device), "account-said", said.state)
}
