//! The app's own parameters, from axparameter: read until it succeeds, then followed.
//!
//! A parameter call may block for 20 s and more (seen by the maker of the library when several changes arrive at
//! once), so nothing waits for this source: settings have defaults until their texts arrive.

use std::sync::Arc;
use std::time::Duration;

use axsdk::{Code, Error, ParameterCode, Parameters, Watched};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::settings::{NAMES, Raw, Texts};

const FIRST_RETRY: Duration = Duration::from_secs(5);
const LAST_RETRY: Duration = Duration::from_secs(600);

/// Follows every parameter for as long as somebody holds the receiver.
pub fn follow(parameters: Option<Parameters>, tasks: &mut JoinSet<()>) -> watch::Receiver<Arc<Texts>> {
    let (texts, seen) = watch::channel(Arc::new(Texts::PENDING));
    let Some(parameters) = parameters else {
        let dead = || Raw::Unreadable("axparameter: not started".to_owned());
        texts.send_replace(Arc::new(Texts {
            log_level: dead(),
            engine_socket: dead(),
            help_link: dead(),
            portal_address: dead(),
        }));
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
        let told = parameters.watch(name).await;
        let news = match told {
            Ok(mut values) => follow_while_known(&mut values, name, &texts, &mut wait).await.then_some(values),
            Err(error) => {
                lost(&texts, name, &error);
                None
            }
        };
        // What cannot be read may still be told as a change; else it is read again.
        let changed = async {
            match news {
                Some(mut values) => drop(values.changed().await),
                None => std::future::pending().await,
            }
        };
        if tokio::time::timeout(wait, changed).await.is_err() {
            wait = (wait * 2).min(LAST_RETRY);
        }
    }
}

/// Ends when the value is to be read again: `true` when it could not be read, `false` when nothing more will be told.
async fn follow_while_known(
    values: &mut watch::Receiver<Watched>,
    name: &'static str,
    texts: &watch::Sender<Arc<Texts>>,
    wait: &mut Duration,
) -> bool {
    loop {
        let value = values.borrow_and_update().clone();
        match value {
            Ok(value) => store(texts, name, value.map_or(Raw::Missing, Raw::Text)),
            Err(error) => {
                lost(texts, name, &error);
                return true;
            }
        }
        *wait = FIRST_RETRY;
        if values.changed().await.is_err() {
            return false;
        }
    }
}

fn lost(texts: &watch::Sender<Arc<Texts>>, name: &str, error: &Error) {
    log::warn!("parameters: {name}: {error}");
    store(texts, name, raw(error));
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
            "HelpLink" => &mut texts.help_link,
            _ => &mut texts.portal_address,
        };
        let changed = *slot != raw;
        *slot = raw;
        changed
    });
}
