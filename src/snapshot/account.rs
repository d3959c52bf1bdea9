//! The account `c2cadmin`, which an organisation wishes on its camera.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// How it stands with the account. Its password is nowhere here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Account {
    /// In a word.
    pub state: AccountState,
    /// What is in the way.
    pub reason: Option<AccountTrouble>,
    /// Since when it stands so.
    pub since: Timestamp,
}

/// The state of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// It is there, and its organisation has the password.
    Ready,
    /// It is being made, or its password is being changed.
    Changing,
    /// It is being removed.
    Removing,
    /// It is wished, and not made.
    NotMade,
}

/// What is in the way; written as the reason's code, which stays the same in every version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountTrouble {
    /// There is an account of that name which the app did not make.
    #[serde(rename = "account.taken")]
    Taken,
    /// Rights are wished that the app does not give.
    #[serde(rename = "account.group")]
    Group,
    /// The portal does not take the password.
    #[serde(rename = "account.portal")]
    Portal,
    /// The claim has no key to which the password could be sealed.
    #[serde(rename = "account.no_key")]
    NoKey,
    /// The camera does not tell about its accounts.
    #[serde(rename = "account.camera")]
    Camera,
    /// The camera refuses the order.
    #[serde(rename = "account.refused")]
    Refused,
    /// The camera refuses the password.
    #[serde(rename = "account.password")]
    Password,
    /// The camera says that it is done, and it is not.
    #[serde(rename = "account.no_effect")]
    NoEffect,
    /// What has to be remembered cannot be written down.
    #[serde(rename = "account.unwritable")]
    Unwritable,
}

impl AccountTrouble {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Taken,
        Self::Group,
        Self::Portal,
        Self::NoKey,
        Self::Camera,
        Self::Refused,
        Self::Password,
        Self::NoEffect,
        Self::Unwritable,
    ];

    /// The reason's code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Taken => "account.taken",
            Self::Group => "account.group",
            Self::Portal => "account.portal",
            Self::NoKey => "account.no_key",
            Self::Camera => "account.camera",
            Self::Refused => "account.refused",
            Self::Password => "account.password",
            Self::NoEffect => "account.no_effect",
            Self::Unwritable => "account.unwritable",
        }
    }

    /// Whether it may pass by itself.
    #[must_use]
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Portal | Self::Camera)
    }
}
