//! The one door to C: `glue.h`, call by call. The only module with `unsafe`.
#![expect(unsafe_code, reason = "this is the door to C; every other module is safe")]

use std::ffi::{CStr, CString, c_char};
use std::os::fd::RawFd;
use std::{io, ptr};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::error::Error;

pub(crate) mod bindings {
    #![allow(
        dead_code,
        missing_docs,
        non_camel_case_types,
        unreachable_pub,
        missing_debug_implementations,
        clippy::all,
        clippy::as_conversions,
        reason = "made by bindgen"
    )]
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
}

/// An event of `glue.h` with copies of its texts, made readable where they are no UTF-8.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) kind: u32,
    pub(crate) token: u32,
    pub(crate) flags: u32,
    pub(crate) number: u32,
    pub(crate) domain: u32,
    pub(crate) code: i32,
    pub(crate) call: &'static str,
    pub(crate) text: Option<String>,
    pub(crate) message: Option<String>,
}

/// A text for C.
pub(crate) fn text(text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error::BadName(text.to_owned()))
}

fn pointer(text: Option<&CStr>) -> *const c_char {
    text.map_or(ptr::null(), CStr::as_ptr)
}

/// The descriptor of the started glue; only [`start`] makes one.
#[derive(Debug)]
pub(crate) struct Descriptor(RawFd);

/// Readable while there are events. Needs a tokio runtime with I/O.
pub(crate) fn readable(descriptor: Descriptor) -> io::Result<AsyncFd<RawFd>> {
    // SAFETY: the descriptor is valid, not replaced, and open as long as the process lives (glue.h).
    let registered = unsafe { AsyncFd::register_with_interest(descriptor.0, Interest::READABLE) };
    Ok(registered?)
}

/// Starts the thread. Otherwise the `errno`.
pub(crate) fn start(app: &CStr) -> Result<Descriptor, i32> {
    // SAFETY: `app` is NUL-terminated and copied before the call returns (glue.h).
    let fd = unsafe { bindings::axg_start(app.as_ptr()) };
    if fd < 0 { Err(-fd) } else { Ok(Descriptor(fd)) }
}

/// Posts a command; `false` when the thread has ended.
pub(crate) fn post(command: u32, token: u32, number: u32, name: Option<&CStr>, text: Option<&CStr>) -> bool {
    // SAFETY: both texts are NULL or NUL-terminated and copied before the call returns (glue.h).
    unsafe { bindings::axg_post(command, token, number, pointer(name), pointer(text)) == 0 }
}

/// Asks for the service account; `false` when no thread could be had.
pub(crate) fn credentials(token: u32, user: &CStr, timeout_ms: u32) -> bool {
    // SAFETY: `user` is NUL-terminated and copied before the call returns (glue.h).
    unsafe { bindings::axg_credentials(token, user.as_ptr(), timeout_ms) == 0 }
}

/// Takes back what has not begun. Token 0 ends every call on the bus.
pub(crate) fn cancel(token: u32) {
    // SAFETY: takes a number, from any thread (glue.h).
    unsafe { bindings::axg_cancel(token) }
}

pub(crate) fn quiet_period(milliseconds: u32) {
    // SAFETY: takes a number, from any thread (glue.h).
    unsafe { bindings::axg_quiet_period(milliseconds) }
}

/// Whether the thread has ended and was joined.
pub(crate) fn join() -> bool {
    // SAFETY: never waits; only `Sdk::stop` calls it, and there is one `Sdk` (glue.h).
    unsafe { bindings::axg_join() == 1 }
}

/// The C function that the thread is in.
pub(crate) fn busy_in() -> Option<&'static str> {
    // SAFETY: from any thread (glue.h).
    let name = unsafe { bindings::axg_busy_in() };
    // SAFETY: NULL or a constant of the glue (glue.h).
    unsafe { constant(name) }
}

/// # Safety
/// `text` is NULL or a NUL-terminated text that lives as long as the process.
unsafe fn constant(text: *const c_char) -> Option<&'static str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not NULL; the caller promises the rest.
    unsafe { CStr::from_ptr::<'static>(text) }.to_str().ok()
}

/// # Safety
/// `text` is NULL or a NUL-terminated text that lives during the call.
unsafe fn copy(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not NULL; the caller promises the rest.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// The next event, if there is one.
pub(crate) fn next() -> Option<Event> {
    let mut raw = bindings::axg_event {
        kind: 0,
        token: 0,
        flags: 0,
        number: 0,
        domain: 0,
        code: 0,
        call: ptr::null(),
        text: ptr::null_mut(),
        message: ptr::null_mut(),
    };
    // SAFETY: `raw` is a whole event that outlives the call.
    if unsafe { bindings::axg_next(&raw mut raw) } == 0 {
        return None;
    }
    // SAFETY: `call` is NULL or a constant of the glue (glue.h).
    let call = unsafe { constant(raw.call) };
    // SAFETY: the event's texts are NULL or NUL-terminated and ours until the clear below (glue.h).
    let text = unsafe { copy(raw.text) };
    // SAFETY: as above.
    let message = unsafe { copy(raw.message) };
    // SAFETY: `raw` came from `axg_next` and is cleared once.
    unsafe { bindings::axg_event_clear(&raw mut raw) };
    let bindings::axg_event { kind, token, flags, number, domain, code, .. } = raw;
    Some(Event { kind, token, flags, number, domain, code, call: call.unwrap_or_default(), text, message })
}
