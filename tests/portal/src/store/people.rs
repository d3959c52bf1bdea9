//! Organisations and their operators.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Fault, Write};
use crate::clock::Moment;

/// Who logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) organisation_id: i64,
    pub(crate) organisation: String,
    /// May see passphrases and passwords.
    pub(crate) sees_secrets: bool,
}

/// Makes an operator, and the organisation too if it is new; one of that name gets the password.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn add(
    write: &mut Write<'_>,
    name: &str,
    organisation: &str,
    password: &str,
    sees_secrets: bool,
    now: Moment,
) -> Result<(), Fault> {
    write
        .tx
        .execute("INSERT OR IGNORE INTO organisation (name, created) VALUES (?1, ?2)", params![organisation, now])?;
    write.tx.execute(
        "INSERT INTO operator (organisation_id, name, password, sees_secrets, created)
         VALUES ((SELECT id FROM organisation WHERE name = ?1), ?2, ?3, ?4, ?5)
         ON CONFLICT (name) DO UPDATE SET password = excluded.password, sees_secrets = excluded.sees_secrets,
           organisation_id = excluded.organisation_id",
        params![organisation, name, password, sees_secrets, now],
    )?;
    Ok(())
}

const OPERATOR: &str = "SELECT p.id, p.name, o.id, o.name, p.sees_secrets, p.password
    FROM operator AS p JOIN organisation AS o ON o.id = p.organisation_id";

/// The operator of that name, with the password as it is kept.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn find(connection: &Connection, name: &str) -> Result<Option<(Operator, String)>, Fault> {
    let mut query = connection.prepare_cached(&format!("{OPERATOR} WHERE p.name = ?1"))?;
    let found = query.query_row([name], |row| {
        let operator = Operator {
            id: row.get(0)?,
            name: row.get(1)?,
            organisation_id: row.get(2)?,
            organisation: row.get(3)?,
            sees_secrets: row.get(4)?,
        };
        Ok((operator, row.get(5)?))
    });
    Ok(found.optional()?)
}

/// How many operators there are.
///
/// # Errors
/// What SQLite refuses.
pub(crate) fn count(connection: &Connection) -> Result<i64, Fault> {
    Ok(connection.query_row("SELECT count(*) FROM operator", [], |row| row.get(0))?)
}
