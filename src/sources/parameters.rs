//! The app's own parameters, from axparameter: read once, then followed.
//!
//! A parameter call may block for 20 s and more (seen by the maker of the library when several changes arrive at
//! once), so nothing waits for this source: settings have defaults until their texts arrive.

use std::sync::Arc;
use std::time::Duration;

use axsdk::{Code, Error, ParameterCode, Parameters};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::settings::{NAMES, Raw, Texts};

const FIRST_RETRY: Duration = Duration::from_secs(15);
const LAST_RETRY: Duration = Duration::from_secs(600);

/// Follows every parameter for as long as somebody holds the receiver.
pub fn follow(parameters: Option<Parameters>, tasks: &mut JoinSet<()>) -> watch::Receiver<Arc<Texts>> {
    let (texts, seen) = watch::channel(Arc::new(Texts::PENDING));
    let Some(parameters) = parameters else {
        let dead = || Raw::Unreadable("the parameter library did not start".to_owned());
        texts.send_replace(Arc::new(Texts { log_level: dead(), engine_socket: dead(), help_link: dead() }));
        return seen;
    };
    for name in NAMES {
        tasks.spawn(follow_one(parameters.clone(), name, texts.clone()));
    }
    seen
}

async fn follow_one(parameters: Parameters, name: &'static str, texts: watch::Sender<Arc<Texts>>) {
    let mut wait = FIRST_RETRY;
    loop {
        match parameters.watch(name).await {
            Ok(mut values) => {
                wait = FIRST_RETRY;
                loop {
                    let value = values.borrow_and_update().clone();
                    store(&texts, name, value.map_or(Raw::Missing, Raw::Text));
                    if values.changed().await.is_err() {
                        break;
                    }
                }
            }
            Err(error) => {
                log::warn!("parameters: {name}: {error}");
                store(&texts, name, raw(&error));
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LAST_RETRY);
    }
}

fn raw(error: &Error) -> Raw {
    match error {
        Error::Library { code: Code::Parameter(ParameterCode::ParamGet | ParameterCode::ParamExist), .. } => {
            Raw::Missing
        }
        other => Raw::Unreadable(other.to_string()),
    }
}

fn store(texts: &watch::Sender<Arc<Texts>>, name: &str, raw: Raw) {
    texts.send_if_modified(|texts| {
        let texts = Arc::make_mut(texts);
        let slot = match name {
            "LogLevel" => &mut texts.log_level,
            "EngineSocket" => &mut texts.engine_socket,
            _ => &mut texts.help_link,
        };
        let changed = *slot != raw;
        *slot = raw;
        changed
    });
}
