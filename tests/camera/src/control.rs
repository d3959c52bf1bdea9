//! The control socket: one JSON object a line, one answer a line, given when the change has taken effect.
//!
//! `{"do":"ready","on":false}` → `{"ok":true}`; what fails gives `{"ok":false,"error":"…"}`. The socket is
//! `STATE/control.sock`. Commands:
//!
//! | `do` | other keys | does |
//! |---|---|---|
//! | `ready` | `on` | systemready answers yes or no |
//! | `clock` | `on` | a time server has set the clock, or it is 1970 |
//! | `set_param` | `app`, `name`, `value` | sets an application's parameter, unchecked |
//! | `fault` | `path`, `fault` (`status`, `unauthorized`, `hang`, `cut`, `nonsense`, `slow`, `huge`, `not_found`), `code`, `ms`, `entrance` (`front`, `service`) | requests fail so |
//! | `clear_faults` | | all is well |
//! | `requests` | | answers with `requests`, the log |
//! | `bus` | `mood` (`well`, `hangs`, `fails`, `nonsense`) | how GetCredentials behaves |
//! | `restart_bus`, `stop_bus` | | the dbus-daemon |
//! | `forget_accounts` | | all service passwords become invalid |
//! | `insert`, `yank` | `id`, `kib` | a card goes in or is pulled out |
//! | `mount` | `id` | the card that is in |
//! | `unmount` | `id`, `ms` | softly, waits for those who hold it |
//! | `card` | `id`, `state` | the least that leads to a state of the disk manager, such as `wrong passphrase` |
//! | `trouble` | `id`, `encryption`, `encrypted` (`no`, `ours`, `other`), `failed` | the setting, and the card |
//! | `full`, `readonly` | `id`, `on` | flags of the storage |
//! | `disk_conf` | `id`, `key`, `value` | delays and faults of set-up and release |
//! | `disk_full` | `on` | the flash for packages has no room (upload error 3) |
//! | `knob` | `name`, `value` | for the next start of an application |
//! | `start`, `stop`, `restart`, `remove` | `app` | as control.cgi |
//! | `install` | `file` | as upload.cgi, of a file on this machine |
//! | `app_log`, `app_pid` | `app` | answer with `log`, `pid` |

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use crate::access::Entrance;
use crate::axsim::card::{Encrypted, Trouble};
use crate::axsim::storage::SD_DISK;
use crate::bus::Mood;
use crate::device::Weak;
use crate::faults::Fault;

/// The name of the socket in the state folder.
pub const SOCKET: &str = "control.sock";

#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    Ready { on: bool },
    Clock { on: bool },
    SetParam { app: String, name: String, value: String },
    Fault { path: String, fault: String, code: Option<u16>, ms: Option<u64>, entrance: Option<String> },
    ClearFaults {},
    Requests {},
    Bus { mood: String },
    RestartBus {},
    StopBus {},
    ForgetAccounts {},
    Insert { id: Option<String>, kib: Option<u64> },
    Yank { id: Option<String> },
    Mount { id: Option<String> },
    Card { id: Option<String>, state: String },
    Trouble { id: Option<String>, encryption: bool, encrypted: String, failed: Option<bool> },
    Unmount { id: Option<String>, ms: Option<u64> },
    Full { id: Option<String>, on: bool },
    Readonly { id: Option<String>, on: bool },
    DiskConf { id: Option<String>, key: String, value: String },
    DiskFull { on: bool },
    Knob { name: String, value: String },
    Start { app: String },
    Stop { app: String },
    Restart { app: String },
    Remove { app: String },
    Install { file: std::path::PathBuf },
    AppLog { app: String },
    AppPid { app: String },
}

/// Listens until the task is aborted.
pub(crate) fn listen(path: &Path, device: Weak) -> std::io::Result<JoinHandle<()>> {
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path)?;
    Ok(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let device = device.clone();
            tokio::spawn(async move {
                if let Err(error) = serve(stream, device).await {
                    log::debug!("control socket: {error}");
                }
            });
        }
    }))
}

async fn serve(stream: UnixStream, device: Weak) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        let answer = match answer(&line, &device).await {
            Ok(Value::Object(mut answer)) => {
                answer.insert("ok".to_owned(), Value::Bool(true));
                Value::Object(answer)
            }
            Ok(_) => json!({"ok": true}),
            Err(error) => json!({"ok": false, "error": format!("{error:#}")}),
        };
        writer.write_all(format!("{answer}\n").as_bytes()).await?;
    }
    Ok(())
}

async fn answer(line: &str, device: &Weak) -> anyhow::Result<Value> {
    let order: Order = serde_json::from_str(line)?;
    let device = device.upgrade().ok_or_else(|| anyhow::anyhow!("the camera is gone"))?;
    let sim = device.axsim();
    let slot = |id: Option<String>| id.unwrap_or_else(|| SD_DISK.to_owned());
    match order {
        Order::Ready { on } => device.set_ready(on),
        Order::Clock { on } => device.set_clock(on),
        Order::SetParam { app, name, value } => device.set_param(&app, &name, &value)?,
        Order::Fault { path, fault, code, ms, entrance } => {
            let fault = fault_named(&fault, code, ms)?;
            device.fault_at(&path, entrance_named(entrance.as_deref())?, fault);
        }
        Order::ClearFaults {} => device.clear_faults(),
        Order::Requests {} => return Ok(json!({"requests": requests(&device)})),
        Order::Bus { mood } => device.set_bus_mood(mood_named(&mood)?),
        Order::RestartBus {} => device.restart_bus().await?,
        Order::StopBus {} => device.stop_bus().await,
        Order::ForgetAccounts {} => device.forget_service_accounts(),
        Order::Insert { id, kib } => sim.insert(&slot(id), kib)?,
        Order::Yank { id } => sim.yank(&slot(id))?,
        Order::Mount { id } => sim.mount(&slot(id))?,
        Order::Card { id, state } => sim.set_card(&slot(id), state.parse()?)?,
        Order::Trouble { id, encryption, encrypted, failed } => {
            let encrypted = encrypted_named(&encrypted)?;
            let failed = failed.unwrap_or(false);
            sim.set_trouble(&slot(id), Trouble { encryption_set: encryption, encrypted, failed })?;
        }
        Order::Unmount { id, ms } => sim.unmount(&slot(id), ms.map(Duration::from_millis)).await?,
        Order::Full { id, on } => sim.set_full(&slot(id), on)?,
        Order::Readonly { id, on } => sim.set_readonly(&slot(id), on)?,
        Order::DiskConf { id, key, value } => sim.set_conf(&slot(id), &[(&key, &value)])?,
        Order::DiskFull { on } => device.set_disk_full(on),
        Order::Knob { name, value } => device.set_knob(&name, &value),
        Order::Start { app } => device.start_app(&app).await?,
        Order::Stop { app } => device.stop_app(&app).await?,
        Order::Restart { app } => device.restart_app(&app).await?,
        Order::Remove { app } => device.remove_app(&app).await?,
        Order::Install { file } => return Ok(json!({"app": device.install(&tokio::fs::read(file).await?).await?})),
        Order::AppLog { app } => return Ok(json!({"log": device.app_log(&app)})),
        Order::AppPid { app } => return Ok(json!({"pid": device.app_pid(&app)})),
    }
    Ok(Value::Null)
}

fn requests(device: &crate::device::Device) -> Vec<Value> {
    let entrance = |entrance: Option<Entrance>| match entrance {
        Some(Entrance::ServiceAccount) => "service",
        Some(Entrance::Front) => "front",
        None => "unknown",
    };
    let requests = device.requests();
    let requests = requests.iter().map(|seen| {
        json!({"number": seen.number, "method": seen.method, "path": seen.path, "query": seen.query,
            "entrance": entrance(seen.entrance), "user": seen.user})
    });
    requests.collect()
}

fn fault_named(word: &str, code: Option<u16>, ms: Option<u64>) -> anyhow::Result<Fault> {
    Ok(match word {
        "status" => Fault::Status(code.unwrap_or(500)),
        "unauthorized" => Fault::Unauthorized,
        "hang" => Fault::Hang,
        "cut" => Fault::Cut,
        "nonsense" => Fault::Nonsense,
        "slow" => Fault::Slow(ms.unwrap_or(1000)),
        "huge" => Fault::Huge,
        "not_found" => Fault::NotFound,
        other => anyhow::bail!("no fault {other:?}"),
    })
}

fn encrypted_named(word: &str) -> anyhow::Result<Encrypted> {
    Ok(match word {
        "no" => Encrypted::No,
        "ours" => Encrypted::Ours,
        "other" => Encrypted::Other,
        other => anyhow::bail!("no kind of encryption {other:?}"),
    })
}

fn entrance_named(word: Option<&str>) -> anyhow::Result<Option<Entrance>> {
    Ok(match word {
        None => None,
        Some("front") => Some(Entrance::Front),
        Some("service") => Some(Entrance::ServiceAccount),
        Some(other) => anyhow::bail!("no entrance {other:?}"),
    })
}

fn mood_named(word: &str) -> anyhow::Result<Mood> {
    Ok(match word {
        "well" => Mood::Well,
        "hangs" => Mood::Hangs,
        "fails" => Mood::Fails,
        "nonsense" => Mood::Nonsense,
        other => anyhow::bail!("no mood {other:?}"),
    })
}
