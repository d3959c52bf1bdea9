//! The sentences of the administrator's page of the portal and the claim.

use crate::portal::NotTaken;
use crate::portal::offers::Kind;
use crate::web::words::control::Refusal;

/// The title of the tab, before the camera's name.
pub const TITLE: &str = "Portal and claim";
/// Headline: no portal yet.
pub const NONE: &str = "This camera has no portal yet.";
/// Headline: it can be claimed.
pub const CLAIM: &str = "Claim this camera with its code.";
/// Below it.
pub const CLAIM_BELOW: &str = "Enter the code in the portal, or scan the picture with a phone that is logged in there.";
/// Title of the code, for those who do not see it.
pub const CODE: &str = "Code";
/// Beside the picture.
pub const PICTURE: &str = "The code as a QR code";
/// Link to the portal.
pub const OPEN_PORTAL: &str = "Enter the code in the portal";
/// Label: until when.
pub const UNTIL: &str = "Holds until";
/// Label: the camera's key.
pub const OWN_KEY: &str = "This camera’s key";
/// Below it.
pub const OWN_KEY_HINT: &str = "The portal shows it where somebody has to confirm it.";
/// Label: the portal's key.
pub const KEY: &str = "Portal’s key";
/// Below it.
pub const KEY_HINT: &str =
    "The portal shows the same. If it differs, something stands in between: do not claim the camera.";
/// Field, and what stands below it.
pub const ADDRESS: (&str, &str) =
    ("The portal’s address", "Such as https://portal.example. Who runs the portal tells it.");
/// Opens the field for a certificate.
pub const HAS_CA: &str = "The portal has a certificate of your own CA";
/// Field, and what stands below it.
pub const CA: (&str, &str) = ("The CA’s certificate", "As text, from -----BEGIN CERTIFICATE----- on.");
/// Field, and what stands below it.
pub const TOKEN: (&str, &str) =
    ("One-time token", "From the portal, for cameras whose serial numbers were approved there in advance.");
/// Error: the address.
pub const NO_ADDRESS: &str = "This is no address such as https://portal.example.";
/// The same, with more than host and port.
pub const ADDRESS_TOO_MUCH: &str = "Only the host and perhaps a port belong here, such as https://portal.example:8443.";
/// The same, unencrypted.
pub const ADDRESS_PLAIN: &str = "The address has to begin with https://.";
/// Error: the certificate.
pub const NO_CERTIFICATE: &str = "This is no certificate of a CA. Paste its whole text.";
/// The form is old.
pub const OLD_FORM: Refusal = (
    "This form does not hold any more.",
    "Pressing it did nothing. It was used already, or Camera-to-Cloud started again since.",
);

/// A key as two people compare it: the first 20 characters of its thumbprint, in fours.
#[must_use]
pub fn key(thumbprint: &str) -> String {
    let letters: Vec<_> = thumbprint.chars().take(20).collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// What an order is called.
#[must_use]
pub fn order_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Confirm => "Confirm the portal",
        Kind::Token => "Use a one-time token",
        Kind::Release => "Release this camera",
        Kind::TestAgain => "Ask the portal now",
        Kind::BeginAnew => "Begin anew",
        Kind::HandOver => "Hand over the account c2cadmin",
    }
}

/// What an order does.
#[must_use]
pub fn order_meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::Confirm => {
            "The camera registers there, and whoever claims it there may give it orders. As long as it is claimed, the \
             portal cannot be changed."
        }
        Kind::Token => "The camera is claimed at once by the organisation that made the token.",
        Kind::Release => {
            "The claim ends at once, also when the portal cannot be reached. Nothing on the SD card is changed or deleted."
        }
        Kind::TestAgain => "The camera asks at once, and does not wait for the next try.",
        Kind::BeginAnew => {
            "What cannot be read is put aside, and the camera makes a new key. If it was claimed, its organisation has to \
             confirm that in the portal."
        }
        Kind::HandOver => {
            "The account c2cadmin, which somebody else made on this camera, becomes the organisation’s: it gets a new \
             password and the rights that are wished, and is removed when the claim ends. Whoever uses it now cannot any more."
        }
    }
}

/// Why an order was not taken.
#[must_use]
pub fn not_taken(why: NotTaken) -> &'static str {
    match why {
        NotTaken::Claimed => "The camera is claimed. Release it first.",
        NotTaken::NotClaimed => "The camera is not claimed.",
        NotTaken::NoPortal => "There is no portal yet. Confirm one first.",
        NotTaken::NoToken => "This is no one-time token. Copy it whole from the portal.",
        NotTaken::Readable => "There is nothing that cannot be read.",
        NotTaken::NoAccount => "There is no account c2cadmin that could be handed over.",
        NotTaken::OnlyAdministrator => {
            "The account c2cadmin is the camera’s only administrator. Make another one first, in AXIS OS under System, Accounts."
        }
        NotTaken::NotWritten => "It could not be written down on the camera. Restart the camera, then try again.",
        NotTaken::NotNow => "Camera-to-Cloud is starting, ending or too busy. Nothing was done; try again in a minute.",
    }
}
