//! The camera's C libraries `axparameter` and `axstorage`, and its VAPIX service accounts, as a safe asynchronous face.
//!
//! One thread, written in C (`glue.h`), makes every call of the two libraries and turns what happens into events; a
//! task here pulls them. No callback enters Rust, no handle leaves the thread. Service accounts are asked on a thread
//! of their own, so that a parameter call that stalls (about 20 s were seen on cameras) does not hold them up.
//!
//! Faults: every call has a deadline and gives [`Error::Late`] after it; whatever the libraries say comes as
//! [`Error::Library`] with its code; a thread that has ended gives [`Error::Gone`]. Nothing here panics.
//! Units: times are [`std::time::Duration`]; texts are UTF-8, and what a library says in other bytes is made readable
//! with the replacement character.
//!
//! Facts: the published headers and their documentation (unchanged from ACAP 3.5 to 12.2); what Axis' own examples rely
//! on; the rest is guessed and marked so.

mod error;
mod glue;
mod parameter;
mod sdk;
mod secret;
mod service_account;
mod storage;
mod sys;

pub use error::{Code, Domain, Error, Hung, ParameterCode, StorageCode};
pub use parameter::{Parameters, Watched};
pub use sdk::{Sdk, Timing};
pub use secret::Secret;
pub use service_account::{Credentials, ServiceAccounts};
pub use storage::{Bar, Lease, Status, Storage, StorageKind};

/// Which libraries this was built with: `"SDK"` or `"stand-in"`.
pub const LIBRARIES: &str = env!("AXSDK_LIBRARIES");
