//! The sentences of the account that an organisation wishes on its camera.

use std::borrow::Cow;

use crate::snapshot::{Account, AccountState, AccountTrouble};
use crate::web::words::preparation::capitalised;

/// Label: the account.
pub const LABEL: &str = "Account c2cadmin";

/// How it stands, in a word or two.
#[must_use]
pub fn state(state: AccountState) -> &'static str {
    match state {
        AccountState::Ready => "Ready",
        AccountState::Changing => "Being changed",
        AccountState::Removing => "Being removed",
        AccountState::NotMade => "Not made",
    }
}

/// What the page says beside that: what is in the way and what to do, or else what it means.
#[must_use]
pub fn at_once(account: Account) -> Cow<'static, str> {
    match account.reason {
        Some(why) => format!("{}. {}", capitalised(trouble(why)), remedy(why)).into(),
        None => meaning(account.state).into(),
    }
}

/// What that means.
#[must_use]
pub fn meaning(state: AccountState) -> &'static str {
    match state {
        AccountState::Ready => {
            "The organisation’s login to this camera is there. Its password stands in the portal alone."
        }
        AccountState::Changing => "The organisation’s login to this camera gets a new password.",
        AccountState::Removing => "The organisation’s login is being removed from this camera.",
        AccountState::NotMade => "The organisation wishes a login to this camera, and there is none.",
    }
}

/// What is in the way, as a sentence without a full stop.
#[must_use]
pub fn trouble(why: AccountTrouble) -> &'static str {
    match why {
        AccountTrouble::Taken => "an account c2cadmin is on the camera that Camera-to-Cloud did not make",
        AccountTrouble::Group => "rights are wished for the account c2cadmin that Camera-to-Cloud does not give",
        AccountTrouble::Portal => "the portal does not take the password of the account c2cadmin",
        AccountTrouble::NoKey => "the portal gave no key to which the password of the account c2cadmin can be sealed",
        AccountTrouble::Camera => "the camera does not tell about its accounts",
        AccountTrouble::Refused => "the camera refuses what is wished of the account c2cadmin",
        AccountTrouble::Password => "the camera refuses the password of the account c2cadmin",
        AccountTrouble::NoEffect => "the camera says that the account c2cadmin is changed, and it is not",
        AccountTrouble::Unwritable => "Camera-to-Cloud cannot write down what it does to the account c2cadmin",
    }
}

/// What to do about it.
#[must_use]
pub fn remedy(why: AccountTrouble) -> &'static str {
    match why {
        AccountTrouble::Taken => {
            "It is left as it is. An administrator removes it in AXIS OS under System, Accounts, or hands it over at Portal and claim."
        }
        AccountTrouble::Group => "Wish a viewer or an operator in the portal.",
        AccountTrouble::Portal | AccountTrouble::Camera => "It is tried again by itself.",
        AccountTrouble::NoKey => {
            "Release the camera and claim it again. If that does not help, tell who runs the portal."
        }
        AccountTrouble::Refused => {
            "Look into the camera’s log, and at how many accounts it has. It is tried again by itself."
        }
        AccountTrouble::Password => {
            "Look at the rules for passwords in AXIS OS under System, Accounts. Another one is tried by itself."
        }
        AccountTrouble::NoEffect | AccountTrouble::Unwritable => {
            "Restart the camera. If that does not help, install Camera-to-Cloud again."
        }
    }
}
