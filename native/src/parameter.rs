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

const GET: &str = "ax_parameter_get";

/// What a watched parameter holds, as far as it is known: `None` once it was removed, and why it is not known while it
/// could not be read.
pub type Watched = Result<Option<String>, Error>;

/// A watch of one parameter. The glue holds the sender, so that the receivers end with it.
#[derive(Debug)]
struct Watch {
    told: Weak<watch::Sender<Watched>>,
    /// Closed unless the value is being read.
    reading: watch::Receiver<()>,
}

/// By short name.
type Watches = HashMap<String, Watch>;

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
        let answer = self.ask(c::AXG_PARAMETER_GET, GET, name, None, None).await?;
        answer.text.ok_or(Error::Inconsistent { call: GET })
    }

    /// Sets a parameter and has it written to flash; not for values that change on a beat.
    ///
    /// # Errors
    /// [`Error::Library`] with code 15 when the value is refused or the parameter is missing, and those of
    /// [`Parameters::get`]. After [`Error::Late`] the value may still be set.
    pub async fn set(&self, name: &str, value: &str) -> Result<(), Error> {
        // Whether an own change brings an own callback is not known: a watcher hears of it in either case.
        let heard = self.watches().get(self.short(name)).and_then(|watch| watch.told.upgrade());
        let told = value.to_owned();
        let hook: Hook = Box::new(move |answer| {
            if let (Ok(_), Some(sender)) = (answer, heard) {
                publish(&sender, Ok(Some(told)));
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

    /// Watches a parameter: first its value or why it could not be read, then every change. A parameter that is not there
    /// yet can be watched. The watch is for the life of the process; asking for it again costs nothing while the value
    /// is known, and reads it again while it is not. What is read too late is told all the same.
    ///
    /// # Errors
    /// As [`Parameters::get`], for the registration. The receiver ends when the [`Sdk`](crate::Sdk) is stopped.
    pub async fn watch(&self, name: &str) -> Result<watch::Receiver<Watched>, Error> {
        let short = self.short(name);
        let registering = self.registering.lock().await;
        let known = self.watches().get(short).and_then(|watch| watch.told.upgrade());
        let sender = match known {
            Some(sender) => sender,
            None => self.register(name, short).await?,
        };
        drop(registering);
        let receiver = sender.subscribe();
        if receiver.borrow().is_err() {
            self.read(name, short, sender).await?;
        }
        Ok(receiver)
    }

    async fn register(&self, name: &str, short: &str) -> Result<Arc<watch::Sender<Watched>>, Error> {
        let unread = Error::Late { call: GET, after: self.deadline };
        let sender = Arc::new(watch::Sender::new(Err(unread)));
        let told = Arc::clone(&sender);
        let listener: Listener = Arc::new(move |event: Result<Answer, Error>| {
            if let Ok(answer) = event {
                publish(&told, Ok(answer.text));
            }
        });
        let c_name = text(name)?;
        let call = "ax_parameter_register_callback";
        let command = Command { kind: c::AXG_PARAMETER_WATCH, call, name: Some(&c_name), ..Command::default() };
        self.glue.listen_within(self.deadline, command, listener).await?;
        let watch = Watch { told: Arc::downgrade(&sender), reading: watch::channel(()).1 };
        self.watches().insert(short.to_owned(), watch);
        Ok(sender)
    }

    /// Reads a watched parameter and waits for the answer, but no longer than the deadline. Registered first and read
    /// then, a change in between is not lost: the hook keeps the order of the events.
    async fn read(&self, name: &str, short: &str, sender: Arc<watch::Sender<Watched>>) -> Result<(), Error> {
        let name = text(name)?;
        let (reading, mut done) = watch::channel(());
        let under_way = self.watches().get_mut(short).and_then(|watch| {
            let under_way = watch.reading.has_changed().is_ok();
            if !under_way {
                watch.reading = done.clone();
            }
            under_way.then(|| watch.reading.clone())
        });
        if let Some(under_way) = under_way {
            done = under_way;
        } else {
            let hook: Hook = Box::new(move |answer| {
                match answer {
                    Ok(answer) => publish(&sender, Ok(answer.text.clone())),
                    // A change that was told meanwhile is the better knowledge.
                    Err(fault) if sender.borrow().is_err() => publish(&sender, Err(fault.clone())),
                    Err(_) => {}
                }
                drop(reading);
            });
            let glue = self.glue.clone();
            // By itself, so that an answer that comes too late is taken and not asked for anew.
            drop(tokio::spawn(async move {
                let command =
                    Command { kind: c::AXG_PARAMETER_GET, call: GET, name: Some(&name), ..Command::default() };
                drop(glue.ask(command, Some(hook)).await);
            }));
        }
        // The end of the reading closes the channel.
        drop(tokio::time::timeout(self.deadline, done.changed()).await);
        Ok(())
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
fn publish(sender: &watch::Sender<Watched>, value: Watched) {
    sender.send_if_modified(|held| {
        let new = *held != value;
        *held = value;
        new
    });
}
