//! The store: SQLite in one file, with one thread that writes and one that reads (WAL lets both go at once).
//!
//! The writer takes one piece of work after the other, each a transaction; after the commit it brings [`Live`] up to
//! date before the next begins. Whoever asked waits for an answer, never for a lock.

pub(crate) mod audit;
pub(crate) mod claims;
pub(crate) mod devices;
pub(crate) mod listing;
pub(crate) mod people;
pub(crate) mod reports;
pub(crate) mod tokens;
pub(crate) mod wishes;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, Transaction};
use tokio::sync::{mpsc, oneshot};

use crate::live::Live;
use crate::problem::{Kind, Problem};

/// So many pieces of work wait at most; whoever comes then waits to get in.
const QUEUE: usize = 4096;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// SQLite refused.
    #[error("the store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// What was asked for cannot be, and the one who asked is told why. Nothing was changed.
    #[error("refused: {0:?}")]
    Problem(Problem),
    /// A secret that was kept does not open any more.
    #[error("what was kept: {0}")]
    Sealed(#[from] crate::sealed::Fault),
    /// The portal is ending.
    #[error("the store has ended")]
    Ended,
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Problem(problem) => problem,
            fault @ (Fault::Sqlite(_) | Fault::Sealed(_) | Fault::Ended) => {
                log::error!("{fault}");
                Self::later(Kind::Unavailable, 30, "the portal's store does not answer")
            }
        }
    }
}

/// What the writer does in one transaction, and whom it concerns.
#[derive(Debug)]
pub(crate) struct Write<'a> {
    /// The transaction.
    pub(crate) tx: Transaction<'a>,
    devices: BTreeSet<String>,
    organisations: BTreeSet<i64>,
}

impl Write<'_> {
    /// This camera's state is to be brought up to date.
    pub(crate) fn touch(&mut self, device: &str) {
        self.devices.insert(device.to_owned());
    }

    /// This organisation's open pages are to be told.
    pub(crate) fn ring(&mut self, organisation: i64) {
        self.organisations.insert(organisation);
    }
}

type Work = Box<dyn FnOnce(&mut Connection, &Live) + Send>;

/// The store's front: clonable, and never blocks.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    writer: mpsc::Sender<Work>,
    reader: mpsc::Sender<Work>,
}

impl Store {
    /// Opens the file, makes what is not there yet, and fills `live`.
    ///
    /// # Errors
    /// What SQLite refuses.
    pub(crate) fn open(file: &Path, live: &Arc<Live>) -> anyhow::Result<Self> {
        let mut connection = connect(file)?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match version {
            0 => {
                let tx = connection.transaction()?;
                tx.execute_batch(include_str!("store/schema.sql"))?;
                tx.pragma_update(None, "user_version", 1)?;
                tx.commit()?;
            }
            1 => {}
            other => anyhow::bail!("{}: made by another version of the portal ({other})", file.display()),
        }
        for (id, state, seen) in devices::all(&connection)? {
            live.refresh(&id, state, seen);
        }
        let reading = connect(file)?;
        reading.pragma_update(None, "query_only", true)?;
        Ok(Self { writer: run("writer", connection, live.clone())?, reader: run("reader", reading, live.clone())? })
    }

    /// Changes something: all of it, or, on an error, nothing.
    ///
    /// # Errors
    /// What `work` answers, and what SQLite refuses.
    pub(crate) async fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Write<'_>) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, Fault> {
        ask(&self.writer, move |connection, live| {
            let (answer, devices, organisations) = transact(connection, work)?;
            for id in devices {
                match devices::state(connection, &id)? {
                    Some((state, seen)) => live.refresh(&id, state, seen),
                    None => live.forget(&id),
                }
            }
            for organisation in organisations {
                live.ring(organisation);
            }
            Ok(answer)
        })
        .await
    }

    /// Reads something.
    ///
    /// # Errors
    /// What `work` answers.
    pub(crate) async fn read<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, Fault> {
        ask(&self.reader, move |connection, _| work(connection)).await
    }
}

/// One transaction: what it answers, and which cameras and organisations it concerns.
fn transact<R>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Write<'_>) -> Result<R, Fault>,
) -> Result<(R, BTreeSet<String>, BTreeSet<i64>), Fault> {
    let tx = connection.transaction()?;
    let mut write = Write { tx, devices: BTreeSet::new(), organisations: BTreeSet::new() };
    let answer = work(&mut write)?;
    let Write { tx, devices, organisations } = write;
    tx.commit()?;
    Ok((answer, devices, organisations))
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // In WAL a power cut may cost the last moments, never the file; reports and sightings need no more.
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

fn run(name: &str, mut connection: Connection, live: Arc<Live>) -> std::io::Result<mpsc::Sender<Work>> {
    let (sender, mut waiting) = mpsc::channel::<Work>(QUEUE);
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        while let Some(work) = waiting.blocking_recv() {
            work(&mut connection, &live);
        }
    })?;
    Ok(sender)
}

async fn ask<R: Send + 'static>(
    thread: &mpsc::Sender<Work>,
    work: impl FnOnce(&mut Connection, &Live) -> Result<R, Fault> + Send + 'static,
) -> Result<R, Fault> {
    let (sender, answer) = oneshot::channel();
    let work: Work = Box::new(move |connection, live| {
        // Whoever asked may have gone.
        let _gone = sender.send(work(connection, live));
    });
    thread.send(work).await.map_err(|_| Fault::Ended)?;
    answer.await.map_err(|_| Fault::Ended)?
}
