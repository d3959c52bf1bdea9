//! What can go wrong, and for whom.
//!
//! The numbers of the codes are those of the published headers; the C files assert them at compile time.

use std::time::Duration;

use crate::storage::Status;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $number:literal $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$about])* $variant,)*
            /// A number that is not published.
            Other(i32),
        }

        impl $name {
            /// Every published code, in the order of its numbers.
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// The code with that number.
            #[must_use]
            pub fn from_number(number: i32) -> Self {
                match number { $($number => $name::$variant,)* other => $name::Other(other) }
            }

            /// The number in the C header.
            #[must_use]
            pub fn number(self) -> i32 {
                match self { $($name::$variant => $number,)* $name::Other(other) => other }
            }

            /// A stable word for machines.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* $name::Other(_) => "other" }
            }
        }
    };
}

codes! {
    /// Error codes of libaxparameter.
    ParameterCode {
        /// A bad argument.
        InvalidArg = 0 "invalid-arg",
        /// A file descriptor.
        FileFd = 1 "file-fd",
        /// A file lock.
        FileLock = 2 "file-lock",
        /// Opening a file.
        FileOpen = 3 "file-open",
        /// A badly formatted file.
        FileFormat = 4 "file-format",
        /// Creating a file.
        FileCreate = 5 "file-create",
        /// Writing a file.
        FileWrite = 6 "file-write",
        /// Linking a file.
        FileLink = 7 "file-link",
        /// No list from the parameter handler.
        ParamList = 8 "param-list",
        /// No parameter from the handler, for instance because there is none.
        ParamGet = 9 "param-get",
        /// A bad parameter path.
        ParamPath = 10 "param-path",
        /// The sync failed.
        ParamSync = 11 "param-sync",
        /// The parameter is missing.
        ParamExist = 12 "param-exist",
        /// The parameter is there already, or had a kept value.
        ParamAdded = 13 "param-added",
        /// Reading a group.
        ParamReadGroup = 14 "param-read-group",
        /// The value was refused, or the parameter is missing.
        ParamSet = 15 "param-set",
        /// D-Bus could not be set up.
        DbusSetup = 16 "dbus-setup",
        /// Unlinking a file.
        FileUnlink = 17 "file-unlink",
        /// The path of a file; also an application that is not known.
        FilePath = 18 "file-path",
        /// Syncing a file.
        FileSync = 19 "file-sync",
        /// Renaming a file.
        FileRename = 20 "file-rename",
    }
}

codes! {
    /// Error codes of libaxstorage.
    StorageCode {
        /// Anything.
        Generic = 0 "generic",
        /// A bad argument, for instance an unknown storage.
        InvalidArgument = 1 "invalid-argument",
        /// A value of the wrong type.
        IncompatibleValue = 2 "incompatible-value",
        /// Subscribing.
        Subscription = 3 "subscription",
        /// Unsubscribing.
        Unsubscribe = 4 "unsubscribe",
        /// Setting up.
        Setup = 5 "setup",
    }
}

/// Which library an error comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Domain {
    /// libaxparameter.
    Parameter,
    /// libaxstorage.
    Storage,
    /// Neither.
    Other,
}

/// The code of a library's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// Of libaxparameter.
    Parameter(ParameterCode),
    /// Of libaxstorage.
    Storage(StorageCode),
    /// Of another domain.
    Other(i32),
}

impl Code {
    /// A stable word for machines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Code::Parameter(code) => code.word(),
            Code::Storage(code) => code.word(),
            Code::Other(_) => "other",
        }
    }
}

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The library said no.
    #[error("{call}: {message} ({})", code.word())]
    Library {
        /// Which library.
        domain: Domain,
        /// Its code.
        code: Code,
        /// Its text.
        message: String,
        /// The C function.
        call: &'static str,
    },
    /// No answer in time. The call may still take effect later, unless it had not begun.
    #[error("{call}: no answer within {after:?}")]
    Late {
        /// What was asked.
        call: &'static str,
        /// The deadline.
        after: Duration,
    },
    /// The thread that makes the calls has ended, or its events are pulled no more.
    #[error("the library thread has ended")]
    Gone,
    /// A name or value that C cannot take: it holds a NUL.
    #[error("{0:?} holds a NUL character")]
    BadName(String),
    /// The result of a C function and its error contradict each other, or an answer makes no sense.
    #[error("{call}: the answer contradicts itself")]
    Inconsistent {
        /// The C function.
        call: &'static str,
    },
    /// Somebody holds a [`Bar`](crate::Bar) on the storage.
    #[error("{id}: the storage is barred")]
    Barred {
        /// The storage.
        id: String,
    },
    /// The storage cannot be set up in its state.
    #[error("{id}: the storage is not ready ({status})")]
    NotReady {
        /// The storage.
        id: String,
        /// What it says of itself.
        status: Status,
    },
    /// The system bus, or the service behind it.
    #[error("system bus: {0}")]
    Bus(String),
    /// An [`Sdk`](crate::Sdk) was started before in this process; there is one for its whole life.
    #[error("started before in this process")]
    Started,
    /// The thread, its descriptor or the runtime could not be had.
    #[error("cannot start: {0}")]
    Start(String),
}

impl Error {
    /// Every word that [`Error::kind`] gives.
    pub const KINDS: &[&str] =
        &["library", "late", "gone", "bad-name", "inconsistent", "barred", "not-ready", "bus", "started", "start"];

    /// A stable word for machines.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Error::Library { .. } => "library",
            Error::Late { .. } => "late",
            Error::Gone => "gone",
            Error::BadName(_) => "bad-name",
            Error::Inconsistent { .. } => "inconsistent",
            Error::Barred { .. } => "barred",
            Error::NotReady { .. } => "not-ready",
            Error::Bus(_) => "bus",
            Error::Started => "started",
            Error::Start(_) => "start",
        }
    }
}

/// What did not end in time when the [`Sdk`](crate::Sdk) was stopped. Its thread is left behind; the process may exit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("did not end in time: {}", .what.join(", "))]
pub struct Hung {
    /// One entry for each lease, release or C function that hung.
    pub what: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The variants in their order; whoever adds one is asked for it here by the compiler.
    fn next(error: Option<&Error>) -> Option<Error> {
        let (call, text) = ("call", String::new);
        Some(match error {
            None => Error::Library { domain: Domain::Other, code: Code::Other(0), message: text(), call },
            Some(Error::Library { .. }) => Error::Late { call, after: Duration::ZERO },
            Some(Error::Late { .. }) => Error::Gone,
            Some(Error::Gone) => Error::BadName(text()),
            Some(Error::BadName(_)) => Error::Inconsistent { call },
            Some(Error::Inconsistent { .. }) => Error::Barred { id: text() },
            Some(Error::Barred { .. }) => Error::NotReady { id: text(), status: Status::default() },
            Some(Error::NotReady { .. }) => Error::Bus(text()),
            Some(Error::Bus(_)) => Error::Started,
            Some(Error::Started) => Error::Start(text()),
            Some(Error::Start(_)) => return None,
        })
    }

    #[test]
    fn every_variant_s_kind_is_listed() {
        let all = std::iter::successors(next(None), |error| next(Some(error)));
        assert_eq!(all.map(|error| error.kind()).collect::<Vec<_>>(), Error::KINDS);
    }

    #[test]
    fn every_published_code_comes_back_from_its_number_and_the_rest_is_other() {
        let numbers: Vec<i32> = ParameterCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers, (0..21).collect::<Vec<_>>());
        assert!(ParameterCode::ALL.iter().all(|code| ParameterCode::from_number(code.number()) == *code));
        let numbers: Vec<i32> = StorageCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers, (0..6).collect::<Vec<_>>());
        assert!(StorageCode::ALL.iter().all(|code| StorageCode::from_number(code.number()) == *code));
        assert_eq!(ParameterCode::from_number(21), ParameterCode::Other(21));
        assert_eq!(StorageCode::from_number(-1), StorageCode::Other(-1));
    }
}
