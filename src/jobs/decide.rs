//! What is to be done next with an SD card, or what is waited for: a pure function of the card as read, of the wish, and
//! of what is known of the card since it came.
//!
//! A *presence* is the time for which one card was seen in one slot, without a gap and without a restart of the app or the
//! camera in between: the camera gives a card no identity, so nothing that was learnt or decided in one presence holds in
//! another.
//!
//! Erasing is bound to these terms, and to no others. An administrator's or a portal's explicit decision names this
//! presence and is not older than [`ERASE_HOLDS`]; or the wish says `if_needed`, nothing was formatted in this presence
//! yet, nobody decided to keep the card, no other claim used it last, and it holds next to nothing: its used space and its
//! folder were read while it was mounted and that is under [`NEXT_TO_NOTHING`], or it could not be mounted though the camera set it no
//! condition (not encrypted, not failed, a file system that is not of the ext family). What is unknown waits. A mount by
//! which the camera would format the card by itself is no step at all; formatting is always a step of its own.
//!
//! Source: VAPIX Edge storage API (sequences, `requiredfilesystem`). That a card in `connected` was unmounted by somebody
//! who wants to take it out is a guess, so such a card is left alone.

use std::time::Duration;

use crate::snapshot::{Card, CardStatus, Wait};

/// A mounted card with less in use than this, in bytes, holds nobody's data: a fresh file system of the FAT family.
pub const NEXT_TO_NOTHING: u64 = 64 << 20;
/// So long an explicit decision to erase holds.
pub const ERASE_HOLDS: Duration = Duration::from_secs(600);

/// Whether a card may be made ready without asking anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prepare {
    /// Never.
    Never,
    /// Where that harms nobody's data.
    IfNeeded,
}

/// What is wished of the card; the passphrase itself is nobody's business here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Whether it may be prepared.
    pub prepare: Prepare,
    /// Which passphrase; it grows with each new one.
    pub generation: u64,
    /// The generation of the passphrase before, where that came with the wish.
    pub previous: Option<u64>,
}

/// One card's stay in its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence(pub u64);

impl std::fmt::Display for Presence {
    /// As the portal names it in its decisions.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// How far something was brought that is never begun again by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Attempt {
    /// Not in this presence.
    #[default]
    NotBegun,
    /// Begun, and its end is not known or was bad.
    Begun,
    /// Done.
    Done,
}

/// Whose the app's own folder on the card says that it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Marker {
    /// Not looked at in this presence.
    #[default]
    Unread,
    /// There is none.
    None,
    /// Of this claim, with the passphrase of this generation.
    Ours(u64),
    /// Of another claim.
    Other,
}

/// What somebody decided of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// It stays as it is.
    Keep,
    /// Everything on it may go.
    Erase,
}

/// A decision of an administrator or of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// What.
    pub choice: Choice,
    /// The presence that was looked at when it was made.
    pub presence: Presence,
    /// How long ago it was made, by a clock that does not jump.
    pub age: Duration,
}

/// What is known of the card since it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Its presence now.
    pub presence: Presence,
    /// What was in use, in bytes, when it was read mounted the last time.
    pub used_bytes: Option<u64>,
    /// The card as it was read when the app's mount of it had failed; forgotten when it is formatted.
    pub mount_failed: Option<Card>,
    /// The app has unmounted it.
    pub unmounted: bool,
    /// It was seen mounted since the app did something with it last: who unmounts it then wants to have it out.
    pub in_use: bool,
    /// Giving the camera the wish's passphrase.
    pub passphrase: Attempt,
    /// The camera took that passphrase, and the card did not open with it.
    pub refused: bool,
    /// Formatting it; a decision to erase is used up when this begins.
    pub format: Attempt,
    /// What its folder says.
    pub marker: Marker,
    /// What somebody decided.
    pub decision: Option<Decision>,
}

impl History {
    /// Of a card that has just been seen.
    #[must_use]
    pub fn begun(presence: Presence) -> Self {
        Self {
            presence,
            used_bytes: None,
            mount_failed: None,
            unmounted: false,
            in_use: false,
            passphrase: Attempt::NotBegun,
            refused: false,
            format: Attempt::NotBegun,
            marker: Marker::Unread,
            decision: None,
        }
    }

    fn decided(&self, choice: Choice) -> bool {
        let holds = |age| choice == Choice::Keep || age < ERASE_HOLDS;
        self.decision.is_some_and(|d| d.choice == choice && d.presence == self.presence && holds(d.age))
    }
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The card is ready.
    Ready(Ready),
    /// Somebody or something else comes first.
    Wait(Wait),
    /// A step of the app's.
    Do(Step),
}

/// In which sense a card is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    /// Mounted; nobody wishes anything of it.
    Unclaimed,
    /// Mounted and encrypted as wished.
    AsWished,
    /// Mounted, and kept as it is by a decision.
    Kept,
}

/// What the app does to a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Takes it out of use; harms nothing.
    Unmount,
    /// Gives the camera the wish's passphrase. It changes the camera and not the card: one that is encrypted with it opens.
    SetPassphrase,
    /// Deletes everything on it.
    Format,
    /// Takes it into use; never returned where the camera would format it.
    Mount,
    /// Another passphrase for the same content.
    ChangePassphrase,
}

/// What comes next for a card.
#[must_use]
pub fn next(card: &Card, wish: Option<&Wish>, history: &History) -> Next {
    match (trouble(card), wish) {
        (Some(trouble), _) => Next::Wait(trouble),
        (None, None) => unclaimed(card, history),
        (None, Some(wish)) => match card.status {
            CardStatus::Ok => mounted(card, wish, history),
            CardStatus::NoPassphrase | CardStatus::WrongPassphrase => shut(card, wish, history),
            _ => unmounted(card, wish, history),
        },
    }
}

/// What no wish and no decision gets round.
fn trouble(card: &Card) -> Option<Wait> {
    match card {
        Card { status: CardStatus::Disconnected, .. } => Some(Wait::NoCard),
        Card { status: CardStatus::Other(_), .. } => Some(Wait::Unknown),
        Card { status: CardStatus::Failed, .. } => Some(Wait::Failed),
        Card { locked: true, .. } => Some(Wait::Locked),
        Card { read_only: true, .. } => Some(Wait::ReadOnly),
        Card { .. } => None,
    }
}

/// The disk manager's word as something that is waited for.
fn by_status(card: &Card) -> Wait {
    match card.status {
        CardStatus::Disconnected => Wait::NoCard,
        CardStatus::Connected => Wait::NotMounted,
        CardStatus::Failed => Wait::Failed,
        CardStatus::NoPassphrase => Wait::NoPassphrase,
        CardStatus::WrongPassphrase => Wait::WrongPassphrase,
        CardStatus::NotEncrypted => Wait::NotEncrypted,
        CardStatus::Ok | CardStatus::Other(_) => Wait::Unknown,
    }
}

/// Without a wish there is one step: what the app took out of use, it takes into use again.
fn unclaimed(card: &Card, history: &History) -> Next {
    match card.status {
        CardStatus::Ok => in_use(card, Ready::Unclaimed),
        CardStatus::Connected if puts_back(card, history) => Next::Do(Step::Mount),
        _ => Next::Wait(by_status(card)),
    }
}

fn in_use(card: &Card, ready: Ready) -> Next {
    if card.full { Next::Wait(Wait::Full) } else { Next::Ready(ready) }
}

fn mounted(card: &Card, wish: &Wish, history: &History) -> Next {
    if history.decided(Choice::Keep) {
        return in_use(card, Ready::Kept);
    }
    let (Some(set), Some(encrypted)) = (card.encryption_set, card.encrypted) else { return Next::Wait(Wait::Unknown) };
    if history.decided(Choice::Erase) {
        return Next::Do(Step::Unmount);
    }
    let content = !encrypted && card.used_bytes().is_some_and(|used| used >= NEXT_TO_NOTHING);
    let generation = match (history.passphrase, history.marker) {
        (Attempt::Done, _) if !history.refused => Some(wish.generation),
        (_, Marker::Ours(generation)) => Some(generation),
        (_, Marker::Unread) if content && wish.prepare == Prepare::IfNeeded => return Next::Wait(Wait::ChooseContent),
        (_, Marker::Unread) => return Next::Wait(Wait::Unknown),
        (_, Marker::None | Marker::Other) => None,
    };
    if set && encrypted && history.marker != Marker::Other {
        if generation == Some(wish.generation) {
            return in_use(card, Ready::AsWished);
        }
        if generation.is_some() && generation == wish.previous {
            return match history.passphrase {
                Attempt::NotBegun => Next::Do(Step::ChangePassphrase),
                Attempt::Begun | Attempt::Done => Next::Wait(Wait::Interrupted),
            };
        }
    }
    if may_erase(card, wish, history) {
        return Next::Do(Step::Unmount);
    }
    Next::Wait(match history {
        _ if wish.prepare == Prepare::Never => Wait::NotToBePrepared,
        History { format: Attempt::Begun, .. } => Wait::Interrupted,
        // What was formatted well here, and is of another wish than this one now, was not interrupted.
        History { format: Attempt::Done, passphrase: Attempt::Begun | Attempt::Done, .. } => Wait::Interrupted,
        History { marker: Marker::Other, .. } => Wait::ChooseClaim,
        _ if encrypted => Wait::ChoosePassphrase,
        _ if card.used_bytes().is_none() => Wait::Unknown,
        _ => Wait::ChooseContent,
    })
}

/// Encrypted, and the camera cannot open it: the wish's own passphrase is tried first.
fn shut(card: &Card, wish: &Wish, history: &History) -> Next {
    let ordered = history.decided(Choice::Erase);
    if history.decided(Choice::Keep) {
        return Next::Wait(Wait::Kept);
    }
    if card.encrypted != Some(true) || card.encryption_set.is_none() {
        return Next::Wait(Wait::Unknown);
    }
    if wish.prepare == Prepare::Never && !ordered {
        return Next::Wait(by_status(card));
    }
    match history.passphrase {
        Attempt::NotBegun => Next::Do(Step::SetPassphrase),
        Attempt::Begun if ordered => Next::Do(Step::SetPassphrase),
        Attempt::Begun => Next::Wait(Wait::Interrupted),
        Attempt::Done if may_erase(card, wish, history) => format(card),
        Attempt::Done if history.format == Attempt::NotBegun => Next::Wait(Wait::ChoosePassphrase),
        Attempt::Done => Next::Wait(Wait::Interrupted),
    }
}

/// `connected` and `not encrypted`.
fn unmounted(card: &Card, wish: &Wish, history: &History) -> Next {
    if history.decided(Choice::Keep) {
        return Next::Wait(Wait::Kept);
    }
    let (Some(set), Some(encrypted)) = (card.encryption_set, card.encrypted) else { return Next::Wait(Wait::Unknown) };
    let opens = set && encrypted && history.passphrase == Attempt::Done;
    if opens && history.in_use && !history.decided(Choice::Erase) {
        return Next::Wait(by_status(card));
    }
    if opens && history.mount_failed.is_none() && !mount_formats(card, history) && !history.decided(Choice::Erase) {
        return Next::Do(Step::Mount);
    }
    if may_erase(card, wish, history) {
        return match history.passphrase {
            Attempt::Done => format(card),
            Attempt::Begun if !history.decided(Choice::Erase) => Next::Wait(Wait::Interrupted),
            Attempt::NotBegun | Attempt::Begun => Next::Do(Step::SetPassphrase),
        };
    }
    let put_back = history.unmounted && history.mount_failed.is_none() && card.status == CardStatus::Connected;
    match history {
        _ if puts_back(card, history) => Next::Do(Step::Mount),
        History { format: Attempt::Done, .. } if history.mount_failed.is_some() => Next::Wait(Wait::MountFailed),
        History { format: Attempt::Begun | Attempt::Done, .. } => Next::Wait(Wait::Interrupted),
        History { passphrase: Attempt::Begun, .. } => Next::Wait(Wait::Interrupted),
        _ if opens || put_back => Next::Wait(Wait::WouldFormat),
        _ => Next::Wait(by_status(card)),
    }
}

/// The app unmounted it, and it can be mounted without harm.
fn puts_back(card: &Card, history: &History) -> bool {
    let out_of_use = history.unmounted && history.mount_failed.is_none() && card.status == CardStatus::Connected;
    let told = card.encryption_set.is_some() && card.encrypted.is_some();
    out_of_use && told && !history.decided(Choice::Keep) && !mount_formats(card, history)
}

/// Only where the camera has the passphrase: what is formatted without one is not encrypted.
fn format(card: &Card) -> Next {
    if card.encryption_set == Some(true) { Next::Do(Step::Format) } else { Next::Wait(Wait::Unknown) }
}

/// The camera would format the card when it mounts it, or that cannot be ruled out: what file system is in an encrypted
/// card that was not opened, nobody knows.
fn mount_formats(card: &Card, history: &History) -> bool {
    let Some(required) = &card.required_filesystem else { return false };
    let fits = card.filesystem.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(required));
    history.format != Attempt::Done && (!fits || card.encrypted != Some(false))
}

/// Whether everything on the card may be deleted.
pub(crate) fn may_erase(card: &Card, wish: &Wish, history: &History) -> bool {
    let by_itself = wish.prepare == Prepare::IfNeeded
        && history.format == Attempt::NotBegun
        && !history.decided(Choice::Keep)
        && history.marker != Marker::Other
        && (holds_next_to_nothing(card, history) || is_of_no_use(card, history));
    history.decided(Choice::Erase) || by_itself
}

/// Read while mounted; once it is not mounted any more, only where it was the app that unmounted it.
fn holds_next_to_nothing(card: &Card, history: &History) -> bool {
    let used = match card.status {
        CardStatus::Ok => card.used_bytes(),
        _ => history.used_bytes.filter(|_| history.unmounted),
    };
    history.marker != Marker::Unread && used.is_some_and(|used| used < NEXT_TO_NOTHING)
}

/// The mount failed in this presence on a card that the camera set no condition, and the card is still like that.
fn is_of_no_use(card: &Card, history: &History) -> bool {
    let no_ext = |card: &Card| {
        let name = card.filesystem.as_ref().map(|name| name.trim().to_ascii_lowercase());
        name.is_some_and(|name| !name.is_empty() && !name.starts_with("ext"))
    };
    let plain = |card: &Card| card.encrypted == Some(false) && card.status != CardStatus::Failed && no_ext(card);
    let failed = history.mount_failed.as_ref();
    failed.is_some_and(|then| plain(then) && then.encryption_set == Some(false)) && plain(card)
}
