//! The sentences of the page of orders.

use std::borrow::Cow;

use crate::jobs::offers::Kind;
use crate::jobs::orders::{NotTaken, Seat};
use crate::snapshot::{Job, Stand, Wait};
use crate::web::words::jobs;
use crate::web::words::preparation::stand_meaning;

/// The title of the tab, before the camera's name.
pub const TITLE: &str = "SD card orders";
/// The bar's link back.
pub const STATUS: &str = "Status";
/// Link: the page as it is now.
pub const ANEW: &str = "Open the page anew";
/// Link: what goes on.
pub const SEE_STATUS: &str = "See the status page";
/// Headline: somebody has to decide.
pub const DECIDE: &str = "The SD card waits for your decision.";
/// Below it.
pub const DECIDE_BELOW: &str = "Nothing is done to it before you press a button here.";
/// Headline: a step ended badly, or was cancelled.
pub const STOPPED: &str = "Preparing the SD card has stopped.";
/// Below it.
pub const STOPPED_BELOW: &str = "Why stands on the status page. It goes on when you order it here.";
/// Headline: at work.
pub const AT_WORK: &str = "Camera-to-Cloud is at work on the SD card.";
/// Below it.
pub const AT_WORK_BELOW: &str = "Leave the card in and the camera on. The status page shows each step.";
/// Headline: nothing is in.
pub const NO_CARD: &str = "No SD card is in.";
/// Below it.
pub const NO_CARD_BELOW: &str = "Put one in and push it until it clicks, then open this page anew.";
/// Headline: there is no slot.
pub const NO_SLOT: &str = "This camera has no slot for an SD card.";
/// Headline: nothing is known yet.
pub const NOT_READ: &str = "The SD card has not been read yet.";
/// Below it.
pub const NOT_READ_BELOW: &str = "Open this page anew in a moment.";
/// Headline: whatever else.
pub const ORDERS: &str = "What shall be done with the SD card?";
/// Nothing is wished of the card.
pub const NOTHING_WISHED: &str = "Nothing was ordered for this card, and Camera-to-Cloud leaves it alone.";
/// The card cannot be written.
pub const CANNOT_WRITE: &str = "While the card cannot be written, nothing can be ordered for it.";
/// In place of the size, and what is typed for it.
pub const SIZE_UNKNOWN: &str = "unknown";
/// On the drawn card, before the size that the camera does not tell.
pub const SIZE: &str = "Size";
/// Field, and what stands below it.
pub const PASSPHRASE: (&str, &str) = (
    "Passphrase for the card",
    "You choose it. Write it down: without it nobody can read the card, and it is not shown again. Open this page by https \
     when you type it, or others in the network can read it.",
);
/// The same where the card has one.
pub const ITS_PASSPHRASE: (&str, &str) =
    ("The card’s passphrase", "Open this page by https when you type it, or others in the network can read it.");
/// Field.
pub const AGAIN: &str = "The same passphrase again";
/// Opens the field for the passphrase of before.
pub const HAS_ANOTHER: &str = "The card has a passphrase already";
/// Field.
pub const PREVIOUS: &str = "The card’s passphrase up to now";
/// Below it.
pub const PREVIOUS_HINT: &str = "With it the card gets the passphrase above and keeps what is on it.";
/// Field, and what stands below it.
pub const TYPE_SIZE: (&str, &str) =
    ("The card’s size, as it stands above", "Compare it with the label of the card that you mean.");
/// The same where the size is not told.
pub const TYPE_UNKNOWN: (&str, &str) = (
    "The word unknown, in place of the card’s size",
    "The camera does not tell it. Be sure that the right card is in.",
);
/// Field.
pub const TYPE_SERIAL: &str = "The last four characters of the camera’s serial number";
/// Below it.
pub const TYPE_SERIAL_HINT: &str = "It stands on the camera’s label; the MAC address has the same characters.";
/// The serial number is not known.
pub const NO_SERIAL: &str = "A card can be erased when the camera’s serial number has been read, which proves that it is \
                             the right camera. It has not been; open this page anew in a minute.";
/// Before the fields of an erase.
pub const CANNOT_UNDO: &str = "This cannot be undone.";
/// Error: a field is empty.
pub const MISSING: &str = "Type a passphrase.";
/// Error: a passphrase is too long.
pub const TOO_LONG: &str = "It is too long: 512 letters of the English alphabet at most, fewer of others.";
/// Error: a passphrase with a control character.
pub const UNTYPABLE: &str = "It holds a character that no keyboard gives, such as a line break. Type it by hand.";
/// Error: two passphrases.
pub const NOT_THE_SAME: &str = "The two were not the same. Type both again.";
/// Error: the size.
pub const OTHER_SIZE: &str = "This is not the size that stands above. Is it the card that you mean?";
/// The same where the camera does not tell it.
pub const OTHER_WORD: &str = "Type the word unknown, if it is the card that you mean.";
/// Error: the serial number.
pub const OTHER_SERIAL: &str = "This camera’s serial number ends otherwise. Is it the camera that you mean?";
/// What was ordered is not on offer any more.
pub const NOT_OFFERED: &str =
    "The card stands differently now than when you ordered. Nothing was done. See below how it stands.";

/// What was asked is refused: the headline, and the line below.
pub type Refusal = (&'static str, &'static str);
/// The token is wrong, missing or old.
pub const OLD_FORM: Refusal = (
    "This form does not hold any more.",
    "Pressing it did nothing. It was used already, or the card was changed, or Camera-to-Cloud started again since.",
);
/// From another site.
pub const OTHER_SITE: Refusal = (
    "This order came from another place than this camera’s own page.",
    "Nothing was done. Order it on the page itself.",
);
/// From another application on the camera.
pub const APPLICATION: Refusal = (
    "Another application on this camera asked for this.",
    "Applications may neither see this page nor order anything here. Nothing was done.",
);
/// Nobody knows from whom.
pub const NOBODY_KNOWS: Refusal = (
    "It cannot be told who on this camera asked for this.",
    "So it was refused; nothing was done. If this stays after a restart of the camera, give this line to support.",
);
/// It is no form.
pub const NO_FORM: Refusal = ("This is no filled-in form.", "Nothing was done. Fill it in on the page itself.");
/// It is too long for a form.
pub const TOO_MUCH: Refusal = ("More was sent than a form holds.", "Nothing was done. Type less.");
/// It did not come whole.
pub const TOO_SLOW: Refusal = ("The form did not come whole.", "Nothing was done. Try again.");

/// What an order is called.
#[must_use]
pub fn order_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Prepare => "Prepare this card",
        Kind::Keep => "Keep",
        Kind::Erase => "Erase",
        Kind::StartAgain => "Start again",
        Kind::Cancel => "Cancel",
        Kind::TestAgain => "Test again",
    }
}

/// What an order does.
#[must_use]
pub fn order_meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::Prepare => {
            "The card is encrypted, formatted and mounted, unless it holds something or belongs to somebody else: then \
             nothing is done before you decide."
        }
        Kind::Keep => "The card stays as it is. Nothing on it is changed or deleted.",
        Kind::Erase => "Everything on the card is deleted. Then it is encrypted, formatted and mounted.",
        Kind::StartAgain => {
            "Camera-to-Cloud goes on where it stopped. Only a card that holds next to nothing is formatted by that."
        }
        Kind::Cancel => "What waits is not done any more. A step that is under way is not broken off.",
        Kind::TestAgain => {
            "The card is looked at again. One that was prepared here gets a small test file, which is deleted at once."
        }
    }
}

/// The same where it is said otherwise for this card.
#[must_use]
pub fn explained(kind: Kind, seat: &Seat, broken_off: bool) -> &'static str {
    match (kind, seat.stand) {
        (Kind::Erase, _) if broken_off => {
            "Formatting was broken off. What is left on the card is deleted, then it is encrypted, formatted and mounted."
        }
        (Kind::Prepare, Some(Stand::Ready)) => "The card gets another passphrase and keeps what is on it.",
        (Kind::Prepare, Some(Stand::Waits(Wait::ChoosePassphrase))) => {
            "If you know the card’s passphrase, give it here: the card is opened with it, and nothing on it is deleted."
        }
        _ => order_meaning(kind),
    }
}

/// The title of a form.
#[must_use]
pub fn form_title(kind: Kind, seat: &Seat, broken_off: bool) -> &'static str {
    match (kind, seat.stand) {
        (Kind::Erase, _) if broken_off => order_name(Kind::StartAgain),
        (Kind::Erase, _) => "Erase everything on it",
        (Kind::Keep, _) => "Keep it as it is",
        (Kind::Prepare, Some(Stand::Ready)) => "Change the passphrase",
        (Kind::Prepare, Some(Stand::Waits(Wait::ChoosePassphrase))) => "Open it with its passphrase",
        (
            Kind::Prepare,
            Some(Stand::Waits(Wait::Interrupted | Wait::Stopped | Wait::Cancelled | Wait::MountFailed)),
        ) => {
            if seat.has_passphrase {
                "Prepare it with another passphrase"
            } else {
                order_name(Kind::StartAgain)
            }
        }
        _ => order_name(kind),
    }
}

/// What stands on the button; `size` as it stands on the card.
#[must_use]
pub fn button(kind: Kind, seat: &Seat, broken_off: bool, size: Option<&str>) -> String {
    match (kind, size) {
        (Kind::Erase, size) => {
            let start = if broken_off { "Start again and erase" } else { "Erase" };
            size.map_or_else(|| format!("{start} this card"), |size| format!("{start} this {size} card"))
        }
        (Kind::Keep, _) => "Keep this card".to_owned(),
        (Kind::Cancel, _) => "Cancel what waits".to_owned(),
        _ => form_title(kind, seat, broken_off).to_owned(),
    }
}

/// How the app stands with a card.
#[must_use]
pub fn standing(seat: &Seat) -> Cow<'static, str> {
    seat.stand.map_or(NOTHING_WISHED.into(), stand_meaning)
}

/// After what is under way.
const NOT_ORDERED: &str = "Nothing more was ordered; wait for its end.";

/// Why an order was not taken; `running` is the job that works on the card.
#[must_use]
pub fn not_taken(why: NotTaken, running: Option<&Job>) -> Cow<'static, str> {
    let words = match why {
        NotTaken::AnotherCard => {
            "The card was changed since you ordered. Nothing was done. Below stands what is in now."
        }
        NotTaken::NoSlot => "The camera has no such slot any more. Nothing was done.",
        NotTaken::Busy => match running {
            Some(job) => return format!("{} is under way on the card. {NOT_ORDERED}", jobs::name(&job.name)).into(),
            None => return format!("The camera is still at work on the card. {NOT_ORDERED}").into(),
        },
        NotTaken::NoPassphrase => "Camera-to-Cloud has no passphrase for this card. Type one.",
        NotTaken::NothingToCancel => "There was nothing left to cancel.",
        NotTaken::NotNow => "Camera-to-Cloud is starting, ending or too busy. Nothing was done; try again in a minute.",
    };
    words.into()
}
