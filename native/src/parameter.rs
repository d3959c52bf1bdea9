//! The camera's parameters, through libaxparameter.
//!
//! Names: the short form (`LogLevel`) is of the own group, `root.Group.Name` is anybody's. Parameters are not private:
//! other applications can read and change them.
//! Faults: [`Error::Library`] with code 9 for reading what is not there, 15 for a value that the type refuses.
//! After a change the library must be left alone for a second (20 s of stall were measured): calls wait for that, and
//! the deadline includes the wait.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::{Mutex, watch};

use crate::error::Error;
use crate::glue::{Answer, Command, Glue, Hook, Listener};
use crate::sys::bindings as c;
use crate::sys::text;

/// By short name. The glue holds the senders, so that the receivers end with it.
type Watches = HashMap<String, Weak<watch::Sender<Option<String>>>>;

/// Reads, writes and watches parameters. Clones share one library handle.
#[derive(Debug, Clone)]
pub struct Parameters {
    glue: Glue,
    /// `root.<app>.`, which the own group's names may carry.
    prefix: Arc<str>,
    deadline: Duration,
    watches: Arc<std::sync::Mutex<Watches>>,
    /// One registration at a time, so that a name is registered once.
    registering: Arc<Mutex<()>>,
}

impl Parameters {
    pub(crate) fn new(glue: Glue, app: &str, deadline: Duration) -> Self {
        let prefix = format!("root.{app}.").into();
        Parameters { glue, prefix, deadline, watches: Arc::default(), registering: Arc::default() }
    }

    /// The same with another deadline for each call.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// [`Error::Library`] with code 9 when there is none; [`Error::Late`], [`Error::Gone`], [`Error::BadName`],
    /// [`Error::Inconsistent`].
    pub async fn get(&self, name: &str) -> Result<String, Error> {
        let answer = self.ask(c::AXG_PARAMETER_GET, "ax_parameter_get", name, None, None).await?;
        answer.text.ok_or(Error::Inconsistent { call: "ax_parameter_get" })
    }

    /// Sets a parameter and has it written to flash; not for values that change on a beat.
    ///
    /// # Errors
    /// [`Error::Library`] with code 15 when the value is refused or the parameter is missing, and those of
    /// [`Parameters::get`]. After [`Error::Late`] the value may still be set.
    pub async fn set(&self, name: &str, value: &str) -> Result<(), Error> {
        // Whether an own change brings an own callback is not known: a watcher hears of it in either case.
        let heard = self.watches().get(self.short(name)).and_then(Weak::upgrade);
        let told = value.to_owned();
        let hook: Hook = Box::new(move |answer| {
            if let (Ok(_), Some(sender)) = (answer, heard) {
                publish(&sender, Some(told));
            }
        });
        self.ask(c::AXG_PARAMETER_SET, "ax_parameter_set", name, Some(value), Some(hook)).await.map(drop)
    }

    /// The short names of the own group's parameters, in no order to rely on.
    ///
    /// # Errors
    /// As [`Parameters::get`].
    pub async fn list(&self) -> Result<Vec<String>, Error> {
        let command = Command { kind: c::AXG_PARAMETER_LIST, call: "ax_parameter_list", ..Command::default() };
        Ok(self.glue.ask_within(self.deadline, command, None).await?.items)
    }

    /// Watches a parameter: first its value if it can be read, then every change. `None` is a parameter that cannot be
    /// read, or that was removed. A parameter that is not there yet can be watched. The watch is for the life of the
    /// process; asking for it again costs nothing.
    ///
    /// # Errors
    /// As [`Parameters::get`], for the registration. The receiver ends when the [`Sdk`](crate::Sdk) is stopped.
    pub async fn watch(&self, name: &str) -> Result<watch::Receiver<Option<String>>, Error> {
        let short = self.short(name).to_owned();
        let registering = self.registering.lock().await;
        let known = self.watches().get(&short).and_then(Weak::upgrade);
        if let Some(sender) = known {
            return Ok(sender.subscribe());
        }
        let (sender, receiver) = watch::channel(None);
        let sender = Arc::new(sender);
        let told = Arc::clone(&sender);
        let listener: Listener = Arc::new(move |event: Result<Answer, Error>| {
            if let Ok(answer) = event {
                publish(&told, answer.text);
            }
        });
        let c_name = text(name)?;
        let call = "ax_parameter_register_callback";
        let command = Command { kind: c::AXG_PARAMETER_WATCH, call, name: Some(&c_name), ..Command::default() };
        self.glue.listen_within(self.deadline, command, listener).await?;
        self.watches().insert(short, Arc::downgrade(&sender));
        drop(registering);
        // Registered first and read then, a change in between is not lost. The hook keeps the order of the events.
        let hook: Hook = Box::new(move |answer| {
            if let Ok(answer) = answer {
                publish(&sender, answer.text.clone());
            }
        });
        if let Err(fault) = self.ask(c::AXG_PARAMETER_GET, "ax_parameter_get", name, None, Some(hook)).await {
            log::debug!("{name} is watched, but could not be read: {fault}");
        }
        Ok(receiver)
    }

    fn watches(&self) -> std::sync::MutexGuard<'_, Watches> {
        self.watches.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn short<'a>(&self, name: &'a str) -> &'a str {
        name.strip_prefix(&*self.prefix).unwrap_or(name)
    }

    async fn ask(
        &self,
        kind: u32,
        call: &'static str,
        name: &str,
        value: Option<&str>,
        hook: Option<Hook>,
    ) -> Result<Answer, Error> {
        let name = text(name)?;
        let value = value.map(text).transpose()?;
        let command = Command { kind, call, number: 0, name: Some(&name), text: value.as_deref() };
        self.glue.ask_within(self.deadline, command, hook).await
    }
}

/// Callbacks for unchanged values are nothing new.
fn publish(sender: &watch::Sender<Option<String>>, value: Option<String>) {
    sender.send_if_modified(|held| {
        let new = *held != value;
        *held = value;
        new
    });
}
