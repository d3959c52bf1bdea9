//! The storage slots, from the Edge Storage API (axstorage).
//!
//! An id names a slot, not a card; the library's events only say "look again", so the four flags are always read anew.

use axsdk::{Error, Storage};

use crate::snapshot::{Fault, Slot};

/// Reads every slot and its flags.
///
/// # Errors
/// The library's own, or that a call took too long.
pub async fn read(storage: &Storage) -> Result<Vec<Slot>, Fault> {
    let ids = storage.list().await.map_err(|error| fault("axstorage", &error))?;
    let mut slots = Vec::with_capacity(ids.len());
    for id in ids {
        let status = storage.status(&id).await.map_err(|error| fault(&id, &error))?;
        slots.push(Slot {
            id,
            available: status.available,
            writable: status.writable,
            full: status.full,
            exiting: status.exiting,
            area_held: false,
            area_fault: None,
        });
    }
    Ok(slots)
}

/// The fault of a source that lives on the C libraries.
fn fault(thing: &str, error: &Error) -> Fault {
    Fault::new(error.kind(), &format!("{thing}: {error}"))
}
