//! The pull side of the glue: gives out tokens, pulls events, and brings each to whoever waits for it.

use std::collections::HashMap;
use std::ffi::CStr;
use std::fmt;
use std::os::fd::RawFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::unix::AsyncFd;
use tokio::sync::{oneshot, watch};

use crate::error::{Code, Domain, Error, ParameterCode, StorageCode};
use crate::sys;
use crate::sys::bindings as c;

/// What a call brought. Which fields count depends on the command (glue.h).
#[derive(Debug, Default, Clone)]
pub(crate) struct Answer {
    pub(crate) items: Vec<String>,
    pub(crate) text: Option<String>,
    pub(crate) flags: u32,
    pub(crate) number: u32,
}

/// A command of `glue.h`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Command<'a> {
    pub(crate) kind: u32,
    /// The C function, for the errors.
    pub(crate) call: &'static str,
    pub(crate) number: u32,
    pub(crate) name: Option<&'a CStr>,
    pub(crate) text: Option<&'a CStr>,
}

/// Told each event of a token that has many. Runs in the pulling task and must not wait.
pub(crate) type Listener = Arc<dyn Fn(Result<Answer, Error>) + Send + Sync>;
/// Told the one answer of a call before its caller is, in the order of the events.
pub(crate) type Hook = Box<dyn FnOnce(&Result<Answer, Error>) + Send>;

struct Call {
    items: Vec<String>,
    hook: Option<Hook>,
    caller: oneshot::Sender<Result<Answer, Error>>,
}

#[derive(Default)]
struct Registry {
    last: u32,
    calls: HashMap<u32, Call>,
    listeners: HashMap<u32, Listener>,
    ended: bool,
}

/// The one glue of the process; clones share it.
#[derive(Clone)]
pub(crate) struct Glue {
    registry: Arc<Mutex<Registry>>,
    ended: Arc<watch::Sender<bool>>,
}

impl fmt::Debug for Glue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Glue").field("calls", &self.lock().calls.len()).finish_non_exhaustive()
    }
}

impl Glue {
    /// Starts the thread and the task that pulls. Needs a running tokio runtime with I/O and time.
    pub(crate) fn start(app: &str, quiet: Duration) -> Result<Glue, Error> {
        let app = sys::text(app)?;
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::Start("no tokio runtime runs here".to_owned()));
        }
        let descriptor = sys::start(&app).map_err(|errno| match errno {
            libc::EALREADY => Error::Started,
            other => Error::Start(std::io::Error::from_raw_os_error(other).to_string()),
        })?;
        sys::quiet_period(quiet.as_millis().try_into().unwrap_or(u32::MAX));
        let readable = sys::readable(descriptor).map_err(|fault| Error::Start(fault.to_string()))?;
        let glue = Glue { registry: Arc::default(), ended: Arc::new(watch::Sender::new(false)) };
        tokio::spawn(pull(readable, Ending(glue.clone())));
        Ok(glue)
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token that nobody waits with. Never 0.
    fn token(registry: &mut Registry) -> u32 {
        loop {
            registry.last = registry.last.wrapping_add(1);
            let token = registry.last;
            if token != 0 && !registry.calls.contains_key(&token) && !registry.listeners.contains_key(&token) {
                return token;
            }
        }
    }

    /// Posts a command and waits for its answer, however long that takes. Dropped, it takes the command back if it has
    /// not begun.
    pub(crate) async fn ask(&self, command: Command<'_>, hook: Option<Hook>) -> Result<Answer, Error> {
        self.send(hook, |token| sys::post(command.kind, token, command.number, command.name, command.text)).await
    }

    /// Asks for a service account, on the thread that is made for that.
    pub(crate) async fn ask_bus(&self, user: &CStr, timeout_ms: u32) -> Result<Answer, Error> {
        self.send(None, |token| sys::credentials(token, user, timeout_ms)).await
    }

    async fn send(&self, hook: Option<Hook>, post: impl FnOnce(u32) -> bool) -> Result<Answer, Error> {
        let (caller, answer) = oneshot::channel();
        let given_up = {
            let mut registry = self.lock();
            if registry.ended {
                return Err(Error::Gone);
            }
            let token = Self::token(&mut registry);
            registry.calls.insert(token, Call { items: Vec::new(), hook, caller });
            GivenUp { glue: self, token }
        };
        if !post(given_up.token) {
            return Err(Error::Gone);
        }
        answer.await.unwrap_or(Err(Error::Gone))
    }

    /// As [`Glue::ask`], but with a deadline.
    pub(crate) async fn ask_within(
        &self,
        after: Duration,
        command: Command<'_>,
        hook: Option<Hook>,
    ) -> Result<Answer, Error> {
        let late = Error::Late { call: command.call, after };
        tokio::time::timeout(after, self.ask(command, hook)).await.unwrap_or(Err(late))
    }

    /// Posts a command whose token goes on bringing events after its answer.
    pub(crate) async fn listen_within(
        &self,
        after: Duration,
        command: Command<'_>,
        listener: Listener,
    ) -> Result<(), Error> {
        let (caller, answer) = oneshot::channel();
        let mut given_up = {
            let mut registry = self.lock();
            if registry.ended {
                return Err(Error::Gone);
            }
            let token = Self::token(&mut registry);
            registry.calls.insert(token, Call { items: Vec::new(), hook: None, caller });
            registry.listeners.insert(token, listener);
            Unheard { glue: self, token, heard: false }
        };
        if !sys::post(command.kind, given_up.token, command.number, command.name, command.text) {
            return Err(Error::Gone);
        }
        let late = Error::Late { call: command.call, after };
        let answer = tokio::time::timeout(after, answer).await.map_err(|_| late)?;
        answer.unwrap_or(Err(Error::Gone))?;
        given_up.heard = true;
        Ok(())
    }

    /// Ends the thread; what C function it hangs in if it does not within `after`.
    pub(crate) async fn stop(&self, after: Duration) -> Result<(), String> {
        let mut ended = self.ended.subscribe();
        sys::cancel(0);
        sys::post(c::AXG_STOP, u32::MAX, 0, None, None);
        let hung = || sys::busy_in().unwrap_or("the library thread").to_owned();
        tokio::time::timeout(after, ended.wait_for(|ended| *ended)).await.map_err(|_| hung())?.map_err(|_| hung())?;
        // The event is the thread's last act: what is left of it is a few instructions.
        for _ in 0..100 {
            if sys::join() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Err(hung())
    }

    fn route(&self, event: sys::Event) {
        match event.kind {
            c::AXG_LOG => log::warn!(target: "glib", "{}", event.text.unwrap_or_default()),
            c::AXG_ITEM => {
                if let Some(call) = self.lock().calls.get_mut(&event.token) {
                    call.items.extend(event.text);
                }
            }
            c::AXG_DONE => {
                let call = self.lock().calls.remove(&event.token);
                match call {
                    Some(Call { items, hook, caller }) => {
                        let answer = outcome(event, items);
                        if let Some(hook) = hook {
                            hook(&answer);
                        }
                        drop(caller.send(answer));
                    }
                    None => self.give_back(event.number),
                }
            }
            c::AXG_CHANGED | c::AXG_STATUS => {
                let listener = self.lock().listeners.get(&event.token).cloned();
                if let Some(listener) = listener {
                    listener(outcome(event, Vec::new()));
                }
            }
            c::AXG_ENDED => self.end(),
            _ => {}
        }
    }

    /// An answer came that nobody waits for: when it brought a storage's handle, that is not ours to keep.
    fn give_back(&self, handle: u32) {
        if handle != 0 {
            let token = Self::token(&mut self.lock());
            sys::post(c::AXG_STORAGE_RELEASE, token, handle, None, None);
        }
    }

    /// Nothing will come any more: whoever waits learns it.
    fn end(&self) {
        let (calls, listeners) = {
            let mut registry = self.lock();
            registry.ended = true;
            (std::mem::take(&mut registry.calls), std::mem::take(&mut registry.listeners))
        };
        drop((calls, listeners));
        self.ended.send_replace(true);
    }
}

/// Forgets a call whose caller has left, and takes the command back if it has not begun.
struct GivenUp<'a> {
    glue: &'a Glue,
    token: u32,
}

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        if self.glue.lock().calls.remove(&self.token).is_some() {
            sys::cancel(self.token);
        }
    }
}

/// The same for a token with a listener, which stays once its command has succeeded.
struct Unheard<'a> {
    glue: &'a Glue,
    token: u32,
    heard: bool,
}

impl Drop for Unheard<'_> {
    fn drop(&mut self) {
        if !self.heard {
            self.glue.lock().listeners.remove(&self.token);
            drop(GivenUp { glue: self.glue, token: self.token });
        }
    }
}

/// Ends the glue for its users when the pulling task ends, for whatever reason.
struct Ending(Glue);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end();
    }
}

async fn pull(readable: AsyncFd<RawFd>, glue: Ending) {
    loop {
        let Ok(mut ready) = readable.readable().await else { return };
        // The last look, which finds nothing, is the one that quiets the descriptor.
        while let Some(event) = sys::next() {
            let ended = event.kind == c::AXG_ENDED;
            glue.0.route(event);
            if ended {
                return;
            }
        }
        ready.clear_ready();
    }
}

fn outcome(event: sys::Event, items: Vec<String>) -> Result<Answer, Error> {
    let message = event.message.unwrap_or_default();
    let call = event.call;
    let library = |domain, code, message| Err(Error::Library { domain, code, message, call });
    match event.domain {
        c::AXG_OK => Ok(Answer { items, text: event.text, flags: event.flags, number: event.number }),
        c::AXG_FROM_PARAMETER => {
            library(Domain::Parameter, Code::Parameter(ParameterCode::from_number(event.code)), message)
        }
        c::AXG_FROM_STORAGE => library(Domain::Storage, Code::Storage(StorageCode::from_number(event.code)), message),
        c::AXG_FROM_OTHER => library(Domain::Other, Code::Other(event.code), message),
        _ => Err(Error::Inconsistent { call }),
    }
}
