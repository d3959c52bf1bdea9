//! The calls that a lease needs, as they are: without deadline, since a handle that comes late is to be given back.

use std::path::PathBuf;
use std::time::Duration;

use super::StorageKind;
use super::lease::Area;
use crate::error::Error;
use crate::glue::{Command, Glue};
use crate::sys::bindings as c;
use crate::sys::text;

pub(super) const RELEASE: &str = "ax_storage_release_async";

pub(super) async fn list(glue: &Glue, deadline: Duration) -> Result<Vec<String>, Error> {
    let command = Command { kind: c::AXG_STORAGE_LIST, call: "ax_storage_list", ..Command::default() };
    Ok(glue.ask_within(deadline, command, None).await?.items)
}

pub(super) async fn set_up(glue: &Glue, id: &str) -> Result<Area, Error> {
    let name = text(id)?;
    let call = "ax_storage_setup_async";
    let command = Command { kind: c::AXG_STORAGE_SETUP, call, name: Some(&name), ..Command::default() };
    let answer = glue.ask(command, None).await?;
    let kind = match answer.flags {
        c::LOCAL_TYPE => StorageKind::Local,
        c::EXTERNAL_TYPE => StorageKind::External,
        _ => StorageKind::Unknown,
    };
    let Some(path) = answer.text.map(PathBuf::from) else {
        release(glue, answer.number).await?;
        return Err(Error::Inconsistent { call: "ax_storage_get_path" });
    };
    Ok(Area { handle: answer.number, path, kind })
}

pub(super) async fn release(glue: &Glue, handle: u32) -> Result<(), Error> {
    let command = Command { kind: c::AXG_STORAGE_RELEASE, call: RELEASE, number: handle, ..Command::default() };
    glue.ask(command, None).await.map(drop)
}

/// One more try after a refusal in the call itself; then the handle is let be.
pub(super) async fn release_twice(glue: &Glue, handle: u32, retry: Duration) -> Result<(), Error> {
    match release(glue, handle).await {
        Err(Error::Library { call: RELEASE, .. }) => {
            tokio::time::sleep(retry).await;
            release(glue, handle).await
        }
        other => other,
    }
}
