//! The control socket: one JSON object a line, one answer a line, given when the change has taken effect.
//!
//! `{"do":"ready","on":false}` → `{"ok":true}`; what fails gives `{"ok":false,"error":"…"}`. The socket is
//! `STATE/control.sock`. Commands:
//!
//! | `do` | other keys | does |
//! |---|---|---|
//! | `ready` | `on` | systemready answers yes or no |
//! | `clock` | `on` | a time server has set the clock, or it is 1970 |
//! | `proxies` | `http`, `https`, `except` | the proxies of the network settings |
//! | `set_param` | `app`, `name`, `value` | sets an application's parameter, unchecked |
//! | `fault` | `path`, `fault` (`status`, `unauthorized`, `hang`, `cut`, `nonsense`, `slow`, `huge`, `not_found`), `code`, `ms`, `entrance` (`front`, `service`), `times` | requests fail so, or only the next ones |
//! | `clear_faults` | | all is well |
//! | `requests` | | answers with `requests`, the log |
//! | `bus` | `mood` (`well`, `hangs`, `fails`, `nonsense`) | how GetCredentials behaves |
//! | `restart_bus`, `stop_bus` | | the dbus-daemon |
//! | `forget_accounts` | | all service passwords become invalid |
//! | `insert`, `yank`, `swap`, `lock`, `jobs` … | | cards and the disk manager: see `control/disks.rs` |
//! | `users` | `action` (`get`, `add`, `update`, `remove`), `trouble` (`refuse`, `stall`, `silent`, `pretend`), `words` | the next such request to pwdgrp.cgi goes wrong so |
//! | `disk_full` | `on` | the flash for packages has no room (upload error 3) |
//! | `knob` | `name`, `value` | for the next start of an application |
//! | `start`, `stop`, `restart`, `remove` | `app` | as control.cgi |
//! | `install` | `file` | as upload.cgi, of a file on this machine |
//! | `app_log`, `app_pid` | `app` | answer with `log`, `pid` |

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use crate::access::Entrance;
use crate::bus::Mood;
use crate::device::{Proxies, Weak};
use crate::faults::Fault;
use crate::users::{Action, Trouble};

mod disks;

/// The name of the socket in the state folder.
pub const SOCKET: &str = "control.sock";

#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    Ready {
        on: bool,
    },
    Clock {
        on: bool,
    },
    Proxies {
        #[serde(default)]
        http: String,
        #[serde(default)]
        https: String,
        #[serde(default)]
        except: String,
    },
    SetParam {
        app: String,
        name: String,
        value: String,
    },
    Fault {
        path: String,
        fault: String,
        code: Option<u16>,
        ms: Option<u64>,
        entrance: Option<String>,
        times: Option<u32>,
    },
    ClearFaults {},
    Requests {},
    Bus {
        mood: String,
    },
    RestartBus {},
    StopBus {},
    ForgetAccounts {},
    DiskFull {
        on: bool,
    },
    Users {
        action: String,
        trouble: String,
        words: Option<String>,
    },
    Knob {
        name: String,
        value: String,
    },
    Start {
        app: String,
    },
    Stop {
        app: String,
    },
    Restart {
        app: String,
    },
    Remove {
        app: String,
    },
    Install {
        file: std::path::PathBuf,
    },
    AppLog {
        app: String,
    },
    AppPid {
        app: String,
    },
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
    let order: Value = serde_json::from_str(line)?;
    let device = device.upgrade().ok_or_else(|| anyhow::anyhow!("the camera is gone"))?;
    if disks::is_ours(&order) {
        return disks::answer(order, &device).await;
    }
    match serde_json::from_value(order)? {
        Order::Ready { on } => device.set_ready(on),
        Order::Clock { on } => device.set_clock(on),
        Order::Proxies { http, https, except } => device.set_proxies(Proxies { http, https, except }),
        Order::SetParam { app, name, value } => device.set_param(&app, &name, &value)?,
        Order::Fault { path, fault, code, ms, entrance, times } => {
            let (fault, entrance) = (fault_named(&fault, code, ms)?, entrance_named(entrance.as_deref())?);
            device.fault_next(&path, entrance, fault, times);
        }
        Order::ClearFaults {} => device.clear_faults(),
        Order::Requests {} => return Ok(json!({"requests": requests(&device)})),
        Order::Bus { mood } => device.set_bus_mood(mood_named(&mood)?),
        Order::RestartBus {} => device.restart_bus().await?,
        Order::StopBus {} => device.stop_bus().await,
        Order::ForgetAccounts {} => device.forget_service_accounts(),
        Order::Users { action, trouble, words } => {
            device.users().trouble(action_named(&action)?, trouble_named(&trouble, words)?);
        }
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

fn entrance_named(word: Option<&str>) -> anyhow::Result<Option<Entrance>> {
    Ok(match word {
        None => None,
        Some("front") => Some(Entrance::Front),
        Some("service") => Some(Entrance::ServiceAccount),
        Some(other) => anyhow::bail!("no entrance {other:?}"),
    })
}

fn action_named(word: &str) -> anyhow::Result<Action> {
    Ok(match word {
        "get" => Action::Get,
        "add" => Action::Add,
        "update" => Action::Update,
        "remove" => Action::Remove,
        other => anyhow::bail!("no action {other:?}"),
    })
}

fn trouble_named(word: &str, words: Option<String>) -> anyhow::Result<Trouble> {
    Ok(match word {
        "refuse" => Trouble::Refuse(words.unwrap_or_default()),
        "stall" => Trouble::Stall,
        "silent" => Trouble::Silent,
        "pretend" => Trouble::Pretend,
        other => anyhow::bail!("no trouble {other:?}"),
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
