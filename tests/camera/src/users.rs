//! The accounts of people on the camera, and what may go wrong when one is added, changed or removed.
//!
//! They are in memory: with the camera's end they are forgotten, `root` and `viewer` get new passwords at each start.
//! Behaviour where documents are silent is a knob, the first word being the default:
//!
//! | knob `camera.users.…` | words | what is not known |
//! |---|---|---|
//! | `most` | 20, or a number | how many accounts there can be |
//! | `policy` | by release, `plain`, `strict` | what a password must have: 1 to 64 printable characters (documented), or 10 of all four classes (a guess at “stricter rules”, on 13 by a field note) |
//! | `missing` | none, or a group | a group that this model does not have |
//! | `service` | `yes`, `no` | whether a service account may do it; `no` answers 403 |

use std::sync::{Arc, Mutex};

use rand::distr::{Alphanumeric, SampleString as _};

use crate::access::{Account, Level};
use crate::faults::locked;

/// Pairs of name and value, shared with the applications' room.
type Knobs = Arc<Mutex<Vec<(String, String)>>>;

/// What is asked of pwdgrp.cgi.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The list of groups.
    Get,
    /// A new account.
    Add,
    /// Another password, other groups.
    Update,
    /// Its end.
    Remove,
}

/// What goes wrong, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It is not done; the page says this after `Error: `.
    Refuse(String),
    /// It is neither done nor answered.
    Stall,
    /// It is done, and the answer never comes.
    Silent,
    /// It is not done, and the page says that it was.
    Pretend,
}

/// Why something is not done, in the words of the page after `Error: `.
pub(crate) type Refused = &'static str;

pub(crate) const EXISTS: Refused = "this user name already exists, consult the system log file.";
pub(crate) const PASSWORD: Refused = "invalid password.";
pub(crate) const NAME: Refused = "account user name.";
/// A guess.
pub(crate) const UNKNOWN: Refused = "this user name does not exist, consult the system log file.";
/// A guess.
pub(crate) const GROUP: Refused = "account group.";
/// A guess.
pub(crate) const FULL: Refused = "too many accounts.";

/// The accounts; clones are the same ones.
#[derive(Debug, Clone)]
pub struct Users {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    accounts: Mutex<Vec<Account>>,
    knobs: Knobs,
    strict: bool,
    troubles: Mutex<Vec<(Action, Trouble)>>,
}

impl Users {
    /// `root` and `viewer`; `strict` where the release asks more of passwords.
    pub(crate) fn new(knobs: Knobs, strict: bool) -> Self {
        let invented = |name: &str, level| {
            let password = Alphanumeric.sample_string(&mut rand::rng(), 12);
            Account { name: name.to_owned(), password, level }
        };
        let accounts = Mutex::new(vec![invented("root", Level::Admin), invented("viewer", Level::Viewer)]);
        Self { inner: Arc::new(Inner { accounts, knobs, strict, troubles: Mutex::default() }) }
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<Account> {
        locked(&self.inner.accounts).clone()
    }

    /// The account of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Account> {
        locked(&self.inner.accounts).iter().find(|account| account.name == name).cloned()
    }

    /// An account as a person makes it, whatever the rules; one of that name is replaced.
    pub fn put(&self, name: &str, password: &str, level: Level) {
        let mut accounts = locked(&self.inner.accounts);
        accounts.retain(|account| account.name != name);
        accounts.push(Account { name: name.to_owned(), password: password.to_owned(), level });
    }

    /// Takes an account away.
    pub fn take(&self, name: &str) {
        locked(&self.inner.accounts).retain(|account| account.name != name);
    }

    /// The next request for this goes wrong so; of several the first one comes first.
    pub fn trouble(&self, action: Action, trouble: Trouble) {
        locked(&self.inner.troubles).push((action, trouble));
    }

    pub(crate) fn due(&self, action: Action) -> Option<Trouble> {
        let mut troubles = locked(&self.inner.troubles);
        let at = troubles.iter().position(|(due, _)| *due == action)?;
        Some(troubles.remove(at).1)
    }

    fn knob(&self, name: &str) -> String {
        let name = format!("camera.users.{name}");
        let knobs = locked(&self.inner.knobs);
        knobs.iter().rev().find(|(knob, _)| *knob == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    pub(crate) fn takes_service_accounts(&self) -> bool {
        self.knob("service") != "no"
    }

    /// Makes an account.
    pub(crate) fn add(&self, name: &str, password: &str, level: Level) -> Result<(), Refused> {
        if name.is_empty() || name.len() > 14 || !name.chars().all(|letter| letter.is_ascii_alphanumeric()) {
            return Err(NAME);
        }
        self.check(password, level)?;
        let most = self.knob("most").parse().unwrap_or(20);
        let mut accounts = locked(&self.inner.accounts);
        if accounts.iter().any(|account| account.name == name) {
            return Err(EXISTS);
        }
        if accounts.len() >= most {
            return Err(FULL);
        }
        accounts.push(Account { name: name.to_owned(), password: password.to_owned(), level });
        Ok(())
    }

    /// Changes what is given.
    pub(crate) fn update(&self, name: &str, password: Option<&str>, level: Option<Level>) -> Result<(), Refused> {
        if let Some(password) = password {
            self.check(password, level.unwrap_or(Level::Viewer))?;
        }
        let mut accounts = locked(&self.inner.accounts);
        let account = accounts.iter_mut().find(|account| account.name == name).ok_or(UNKNOWN)?;
        account.password = password.unwrap_or(&account.password).to_owned();
        account.level = level.unwrap_or(account.level);
        Ok(())
    }

    /// Removes an account.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Refused> {
        let mut accounts = locked(&self.inner.accounts);
        let at = accounts.iter().position(|account| account.name == name && name != "root").ok_or(UNKNOWN)?;
        accounts.remove(at);
        Ok(())
    }

    fn check(&self, password: &str, level: Level) -> Result<(), Refused> {
        let printable = password.chars().all(|letter| (' '..='~').contains(&letter));
        if !printable || password.is_empty() || password.len() > 64 {
            return Err(PASSWORD);
        }
        let strict = match self.knob("policy").as_str() {
            "strict" => true,
            "plain" => false,
            _ => self.inner.strict,
        };
        let has = |class: fn(&u8) -> bool| password.as_bytes().iter().any(class);
        let all = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
        if strict && !(all && has(u8::is_ascii_punctuation) && password.len() >= 10) {
            return Err(PASSWORD);
        }
        let missing = self.knob("missing");
        let group = match level {
            Level::Admin => "admin",
            Level::Operator => "operator",
            Level::Viewer | Level::Anonymous => "viewer",
        };
        if missing == group { Err(GROUP) } else { Ok(()) }
    }
}
