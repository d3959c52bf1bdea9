//! What Linux tells of a running process.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};

pub(crate) const MIB: f64 = 1_048_576.0;

/// Resident memory and the anonymous part of it, in MiB.
pub(crate) fn memory(pid: u32) -> anyhow::Result<(f64, f64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let mib = |field| -> anyhow::Result<f64> {
        let kib = number(&text, field).with_context(|| format!("{field} is not in /proc/{pid}/status"))?;
        Ok(kib as f64 * 1024.0 / MIB)
    };
    Ok((mib("VmRSS")?, mib("RssAnon")?))
}

/// Context switches so far, by thread.
pub(crate) fn switches(pid: u32) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let thread = thread?;
        // A thread may end between the listing and the look.
        let Ok(text) = std::fs::read_to_string(thread.path().join("status")) else { continue };
        let voluntary = number(&text, "voluntary_ctxt_switches").context("no context switches are counted here")?;
        let involuntary = number(&text, "nonvoluntary_ctxt_switches").unwrap_or(0);
        counts.insert(thread.file_name().to_string_lossy().into_owned(), voluntary + involuntary);
    }
    ensure!(!counts.is_empty(), "process {pid} has no threads");
    Ok(counts)
}

/// All switches between two counts.
pub(crate) fn since(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> u64 {
    after.iter().map(|(thread, count)| count.saturating_sub(before.get(thread).copied().unwrap_or(0))).sum()
}

/// The number after `field:`.
fn number(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}
