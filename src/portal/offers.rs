//! What an administrator can order about the portal now.

use crate::snapshot::{Account, AccountTrouble, Claim};

/// An order about the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// This is the camera's portal.
    Confirm,
    /// A one-time token.
    Token,
    /// The claim ends.
    Release,
    /// The portal is asked now.
    TestAgain,
    /// What cannot be read is put aside.
    BeginAnew,
    /// The account of our name, which somebody else made, is ours from now on.
    HandOver,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Confirm, Self::Token, Self::Release, Self::TestAgain, Self::BeginAnew, Self::HandOver];

    /// The word for machines, such as `test-again`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Token => "token",
            Self::Release => "release",
            Self::TestAgain => "test-again",
            Self::BeginAnew => "begin-anew",
            Self::HandOver => "hand-over",
        }
    }

    /// The order of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What can be ordered now.
#[must_use]
pub fn offers(claim: &Claim, account: Option<Account>) -> Vec<Kind> {
    let taken = account.is_some_and(|account| account.reason == Some(AccountTrouble::Taken));
    match claim {
        Claim::Claimed { .. } if taken => vec![Kind::TestAgain, Kind::HandOver, Kind::Release],
        Claim::NoPortal { .. } => vec![Kind::Confirm],
        Claim::Unreadable { .. } => vec![Kind::BeginAnew],
        Claim::Unregistered { .. } => vec![Kind::TestAgain, Kind::Token, Kind::Confirm],
        Claim::Registered { .. } => vec![Kind::Token, Kind::TestAgain, Kind::Confirm],
        Claim::Claimed { .. } => vec![Kind::TestAgain, Kind::Release],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::AccountState;
    use crate::snapshot::claim::{Link, Membership};

    #[test]
    fn a_claimed_camera_keeps_its_portal_and_each_state_has_a_way_on() {
        let (portal, link) = ("https://portal.example".to_owned(), Link::default());
        let membership = Membership {
            claim_id: "c".to_owned(),
            organisation: "Acme".to_owned(),
            since: crate::clock::Timestamp::from_unix(0),
        };
        let device_id = "d".to_owned();
        let claimed = Claim::Claimed { portal: portal.clone(), device_id, name: None, membership, link: link.clone() };
        assert_eq!(offers(&claimed, None), [Kind::TestAgain, Kind::Release]);
        let since = crate::clock::Timestamp::from_unix(0);
        let taken = Account { state: AccountState::NotMade, reason: Some(AccountTrouble::Taken), since };
        assert!(offers(&claimed, Some(taken)).contains(&Kind::HandOver));
        let ready = Account { state: AccountState::Ready, reason: None, since };
        assert!(!offers(&claimed, Some(ready)).contains(&Kind::HandOver));
        let unregistered = Claim::Unregistered { portal, link };
        let none = Claim::NoPortal { proposed: None };
        for (claim, kind) in [
            (none, Kind::Confirm),
            (Claim::Unreadable { line: String::new() }, Kind::BeginAnew),
            (unregistered, Kind::Confirm),
        ] {
            assert!(offers(&claim, None).contains(&kind), "{claim:?}");
        }
    }

    #[test]
    fn each_order_has_a_word_of_its_own() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.word()), Some(kind));
        }
        assert_eq!(Kind::of("format"), None);
    }
}
