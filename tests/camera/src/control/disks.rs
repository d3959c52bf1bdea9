//! The orders of the control socket that are about cards and the disk manager.
//!
//! | `do` | other keys | does |
//! |---|---|---|
//! | `insert` | `id`, `kib`, or `name`, or `card` | the card that was in last goes in again (of another size), or the one of that name, or a new one |
//! | `swap` | `id`, `card`, `quiet` | pulled and another put in, with no answer of list.cgi in between; `quiet`: without a change of flags |
//! | `after_answer` | `cgi`, `skip`, `id`, `card`, `quiet` | right after an answer of that CGI (`list`, `properties/enablediskencryption`) the card is swapped, or without `card` pulled; `skip` answers pass before |
//! | `yank`, `pull` | `id` | pulled out without a word |
//! | `mount` | `id` | the card that is in |
//! | `unmount` | `id`, `ms` | softly, waits for those who hold it |
//! | `card` | `id`, `state` | the least that leads to a state of the disk manager, such as `wrong passphrase` |
//! | `trouble` | `id`, `encryption`, `encrypted` (`no`, `ours`, `other`), `failed` | the setting, and the card |
//! | `lock`, `full`, `readonly`, `failed` | `id`, `on` | the lock of the disk; flags of the card |
//! | `fill` | `id`, `kib` | so much of the card is used beside its files |
//! | `wear` | `id`, `wear`, `temperature`, `health` | what gethealth.cgi says, each unless absent |
//! | `disk_conf` | `id`, `key`, `value` | delays and faults of set-up and release |
//! | `stall_jobs` | `on`, `percent` | every job stays where it is, or at that percentage |
//! | `fail_job` | `action`, `percent`, `words` | the next job of that action fails there |
//! | `refuse_disk` | `cgi` (such as `format`, `lock`, `enablediskencryption`), `times`, `code`, `words` | the next calls are refused |
//! | `forget_jobs` | | job.cgi knows no number of before |
//! | `clear_disks` | | nothing is stalled, refused, set to fail or to happen any more |
//! | `jobs` | | answers with `jobs` |
//! | `disk` | `id` | answers with `disk`: the slot as it is, without passphrases |
//!
//! A `card` is an object: `kind` (see [`Card::of_kind`]; `usual` unless given), and what shall differ from that kind.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::axsim::card::{Encrypted, Trouble};
use crate::axsim::medium::Card;
use crate::axsim::storage::SD_DISK;
use crate::device::Device;
use crate::disks::{Job, Plan, Refusal};

/// A card as an order words it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wanted {
    kind: Option<String>,
    name: Option<String>,
    kib: Option<u64>,
    filesystem: Option<String>,
    passphrase: Option<String>,
    content: BTreeMap<String, String>,
    used_kib: Option<u64>,
    wear: Option<i64>,
    temperature: Option<i64>,
    health: Option<i64>,
    readonly: bool,
    full: bool,
    failed: bool,
}

impl Wanted {
    fn card(self) -> anyhow::Result<Card> {
        let kind = self.kind.as_deref().unwrap_or("usual");
        let usual = Card::of_kind(kind).ok_or_else(|| anyhow::anyhow!("no kind of card {kind:?}"))?;
        let mut card = Card {
            name: self.name.unwrap_or(usual.name),
            total_kib: self.kib.unwrap_or(usual.total_kib),
            filesystem: self.filesystem.unwrap_or(usual.filesystem),
            readonly: self.readonly,
            full: self.full,
            failed: self.failed,
            used_kib: self.used_kib.unwrap_or(usual.used_kib),
            wear: self.wear.unwrap_or(usual.wear),
            temperature: self.temperature.unwrap_or(usual.temperature),
            health: self.health.unwrap_or(usual.health),
            passphrase: usual.passphrase,
            content: usual.content,
        };
        card.content.extend(self.content);
        Ok(match self.passphrase {
            Some(words) => card.encrypted(&words),
            None => card,
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    Insert {
        id: Option<String>,
        kib: Option<u64>,
        name: Option<String>,
        card: Option<Wanted>,
    },
    Swap {
        id: Option<String>,
        card: Wanted,
        quiet: Option<bool>,
    },
    #[serde(alias = "pull")]
    Yank {
        id: Option<String>,
    },
    Mount {
        id: Option<String>,
    },
    Unmount {
        id: Option<String>,
        ms: Option<u64>,
    },
    Card {
        id: Option<String>,
        state: String,
    },
    Trouble {
        id: Option<String>,
        encryption: bool,
        encrypted: String,
        failed: Option<bool>,
    },
    Lock {
        id: Option<String>,
        on: bool,
    },
    Full {
        id: Option<String>,
        on: bool,
    },
    Readonly {
        id: Option<String>,
        on: bool,
    },
    Failed {
        id: Option<String>,
        on: bool,
    },
    Fill {
        id: Option<String>,
        kib: u64,
    },
    Wear {
        id: Option<String>,
        wear: Option<i64>,
        temperature: Option<i64>,
        health: Option<i64>,
    },
    DiskConf {
        id: Option<String>,
        key: String,
        value: String,
    },
    StallJobs {
        on: bool,
        percent: Option<u8>,
    },
    AfterAnswer {
        cgi: String,
        skip: Option<u32>,
        id: Option<String>,
        card: Option<Wanted>,
        quiet: Option<bool>,
    },
    FailJob {
        action: String,
        percent: u8,
        words: Option<String>,
    },
    RefuseDisk {
        cgi: String,
        times: Option<u32>,
        code: Option<u32>,
        words: Option<String>,
    },
    ForgetJobs {},
    ClearDisks {},
    Jobs {},
    Disk {
        id: Option<String>,
    },
}

/// The words of `do` that are answered here.
const WORDS: [&str; 23] = [
    "after_answer",
    "insert",
    "swap",
    "yank",
    "pull",
    "mount",
    "unmount",
    "card",
    "trouble",
    "lock",
    "full",
    "readonly",
    "failed",
    "fill",
    "wear",
    "disk_conf",
    "stall_jobs",
    "fail_job",
    "refuse_disk",
    "forget_jobs",
    "clear_disks",
    "jobs",
    "disk",
];

/// Whether an order is one of these.
pub(super) fn is_ours(order: &Value) -> bool {
    order.get("do").and_then(Value::as_str).is_some_and(|word| WORDS.contains(&word))
}

/// Does what is ordered.
pub(super) async fn answer(order: Value, device: &Device) -> anyhow::Result<Value> {
    let (disks, sim) = (device.disks(), device.axsim());
    let slot = |id: Option<String>| id.unwrap_or_else(|| SD_DISK.to_owned());
    match serde_json::from_value(order)? {
        Order::Insert { id, card: Some(card), kib: None, name: None } => disks.insert(&slot(id), &card.card()?)?,
        Order::Insert { card: Some(_), .. } => anyhow::bail!("a new card has its size and name in it"),
        Order::Insert { id, kib: Some(kib), name: None, .. } => sim.insert(&slot(id), Some(kib))?,
        Order::Insert { id, name, .. } => disks.insert_again(&slot(id), name.as_deref())?,
        Order::Swap { id, card, quiet } => sim.swap(&slot(id), &card.card()?, quiet.unwrap_or(false))?,
        Order::Yank { id } => sim.yank(&slot(id))?,
        Order::Mount { id } => sim.mount(&slot(id))?,
        Order::Unmount { id, ms } => sim.unmount(&slot(id), ms.map(Duration::from_millis)).await?,
        Order::Card { id, state } => sim.set_card(&slot(id), state.parse()?)?,
        Order::Trouble { id, encryption, encrypted, failed } => {
            let encrypted = encrypted_named(&encrypted)?;
            let failed = failed.unwrap_or(false);
            sim.set_trouble(&slot(id), Trouble { encryption_set: encryption, encrypted, failed })?;
        }
        Order::Lock { id, on } => disks.lock(&slot(id), on)?,
        Order::Full { id, on } => sim.set_full(&slot(id), on)?,
        Order::Readonly { id, on } => sim.set_readonly(&slot(id), on)?,
        Order::Failed { id, on } => sim.set_failed(&slot(id), on)?,
        Order::Fill { id, kib } => sim.change_card(&slot(id), |card| card.used_kib = kib)?,
        Order::Wear { id, wear, temperature, health } => sim.change_card(&slot(id), |card| {
            card.wear = wear.unwrap_or(card.wear);
            card.temperature = temperature.unwrap_or(card.temperature);
            card.health = health.unwrap_or(card.health);
        })?,
        Order::DiskConf { id, key, value } => sim.set_conf(&slot(id), &[(&key, &value)])?,
        Order::StallJobs { on: true, percent: Some(percent) } => disks.stall_at(percent),
        Order::StallJobs { on, .. } => disks.stall(on),
        Order::AfterAnswer { cgi, skip, id, card, quiet } => {
            let plan = match card {
                Some(card) => Plan::Swap { card: card.card()?, quiet: quiet.unwrap_or(false) },
                None => Plan::Pull,
            };
            disks.after_answer(&cgi, skip.unwrap_or(0), &slot(id), plan);
        }
        Order::FailJob { action, percent, words } => {
            let action = action.parse().map_err(|words: String| anyhow::anyhow!(words))?;
            disks.fail_job(action, percent, words.as_deref().unwrap_or("Failed on purpose"));
        }
        Order::RefuseDisk { cgi, times, code, words } => {
            let words = words.unwrap_or_else(|| "Refused on purpose".to_owned());
            disks.refuse(Refusal { cgi, times: times.unwrap_or(1), code: code.unwrap_or(10), words });
        }
        Order::ForgetJobs {} => disks.forget_jobs(),
        Order::ClearDisks {} => disks.clear(),
        Order::Jobs {} => return Ok(json!({"jobs": disks.jobs().iter().map(job).collect::<Vec<_>>()})),
        Order::Disk { id } => return Ok(json!({"disk": disk(device, &slot(id))})),
    }
    Ok(Value::Null)
}

fn job(job: &Job) -> Value {
    let outcome = match &job.outcome {
        None => Value::Null,
        Some(Ok(())) => json!("done"),
        Some(Err(words)) => json!({"failed": words}),
    };
    json!({"id": job.id, "disk": job.disk, "action": job.action.to_string(), "progress": job.progress,
        "outcome": outcome})
}

fn disk(device: &Device, id: &str) -> Value {
    let Some(slot) = device.axsim().slot(id) else { return Value::Null };
    let card = slot.card.as_ref().map(|card| {
        json!({"name": card.name, "kib": card.total_kib, "filesystem": card.filesystem,
            "encrypted": card.passphrase.is_some(), "failed": card.failed, "readonly": card.readonly})
    });
    json!({"status": slot.state().to_string(), "card": card, "used_kib": slot.used_kib, "mounted": slot.available,
        "writable": slot.writable, "exiting": slot.exiting, "locked": slot.settings.locked,
        "encryption": slot.settings.passphrase.is_some(), "required": slot.settings.required_filesystem})
}

fn encrypted_named(word: &str) -> anyhow::Result<Encrypted> {
    Ok(match word {
        "no" => Encrypted::No,
        "ours" => Encrypted::Ours,
        "other" => Encrypted::Other,
        other => anyhow::bail!("no kind of encryption {other:?}"),
    })
}
