//! What can go wrong between this program and one camera. Each kind has a stable word, a sentence that says what happened,
//! and a remedy for the person who runs the program.

use serde::Serialize;

use super::trust::Fingerprint;
use super::vapix::Os;

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nobody answers at that address.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The connection ended before the answer.
    #[error("{what}: the connection was cut in the midst: {line}")]
    Cut {
        /// What was asked.
        what: String,
        /// The technical line.
        line: String,
    },
    /// No answer in time.
    #[error("{0}: no answer in time")]
    Late(String),
    /// A certificate that nobody has accepted yet.
    #[error("its certificate is not known here: SHA-256 {0}")]
    UnknownCertificate(Fingerprint),
    /// Another certificate than before.
    #[error("its certificate has changed: it shows SHA-256 {shown}, {known} is known of it")]
    ChangedCertificate {
        /// What was accepted before.
        known: Fingerprint,
        /// What it shows now.
        shown: Fingerprint,
    },
    /// The CA does not vouch for the certificate.
    #[error("its certificate is not vouched for: {0}")]
    NotVouched(String),
    /// User or password is wrong.
    #[error("the camera refuses this user and password")]
    Login,
    /// The user may not do this.
    #[error("{0}: this user may not do it")]
    NotAllowed(String),
    /// The camera wants Basic over plain http.
    #[error("over plain http the camera asks for the password in the clear")]
    PlainBasic,
    /// A login that is none of Digest and Basic.
    #[error("the camera asks for a login that is not known here: {0}")]
    StrangeLogin(String),
    /// A status that was not expected.
    #[error("{what}: HTTP status {status}")]
    Status {
        /// What was asked.
        what: String,
        /// The status.
        status: u16,
    },
    /// An answer that makes no sense.
    #[error("{what}: the answer makes no sense: {line}")]
    Garbled {
        /// What was asked.
        what: String,
        /// The technical line.
        line: String,
    },
    /// The upload was refused with a number.
    #[error("upload refused with error {number}: {}", super::numbers::upload(*number, *os).0)]
    Upload {
        /// The camera's number.
        number: u32,
        /// Its AXIS OS.
        os: Os,
    },
    /// A start, stop or removal was refused with a number.
    #[error("{action} refused with error {number}: {}", super::numbers::control(*number).0)]
    Control {
        /// What was ordered.
        action: &'static str,
        /// The camera's number.
        number: u32,
    },
    /// No given package fits.
    #[error("no package fits: {0}")]
    NoPackage(String),
    /// A parameter was not taken.
    #[error("parameter {name}: {line}")]
    Parameter {
        /// Its name.
        name: String,
        /// What the camera said, or what is wrong.
        line: String,
    },
    /// The switch for unsigned packages did not move.
    #[error("the switch for unsigned packages: {0}")]
    Unsigned(String),
    /// The switch could not be put back.
    #[error("unsigned packages are still allowed on this camera: {0}")]
    NotPutBack(String),
    /// The app did not come up in time.
    #[error("the app did not report itself within {seconds} s{}{last}", if last.is_empty() { "" } else { ": " })]
    NotUp {
        /// How long it was waited for.
        seconds: u64,
        /// What was seen last.
        last: String,
    },
    /// Nothing of that name answers.
    #[error("the camera is there, and no app {0} answers on it")]
    NoApp(String),
    /// The app did not take the portal or the token.
    #[error("{what}: the app did not take it: {line}")]
    NotTaken {
        /// What was handed in.
        what: &'static str,
        /// What its page says.
        line: String,
    },
    /// The camera is claimed at another portal.
    #[error("the camera is claimed at {0}")]
    OtherPortal(String),
    /// The portal was confirmed, and the camera does not get there.
    #[error("the camera does not get as far with its portal as wished within {seconds} s: {line}")]
    PortalAway {
        /// How long it was waited for.
        seconds: u64,
        /// What the app says.
        line: String,
    },
    /// The journal cannot be written.
    #[error("the journal: {0}")]
    Journal(String),
    /// Somebody ended the program.
    #[error("stopped before it was done")]
    Stopped,
}

impl Fault {
    /// A stable word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::NoConnection(_) => "no_connection",
            Fault::Cut { .. } => "cut",
            Fault::Late(_) => "late",
            Fault::UnknownCertificate(_) => "unknown_certificate",
            Fault::ChangedCertificate { .. } => "changed_certificate",
            Fault::NotVouched(_) => "not_vouched",
            Fault::Login => "login",
            Fault::NotAllowed(_) => "not_allowed",
            Fault::PlainBasic => "plain_basic",
            Fault::StrangeLogin(_) => "strange_login",
            Fault::Status { .. } => "status",
            Fault::Garbled { .. } => "garbled",
            Fault::Upload { .. } => "upload_refused",
            Fault::Control { .. } => "control_refused",
            Fault::NoPackage(_) => "no_package",
            Fault::Parameter { .. } => "parameter",
            Fault::Unsigned(_) => "unsigned",
            Fault::NotPutBack(_) => "not_put_back",
            Fault::NotUp { .. } => "not_up",
            Fault::NoApp(_) => "no_app",
            Fault::NotTaken { .. } => "not_taken",
            Fault::OtherPortal(_) => "other_portal",
            Fault::PortalAway { .. } => "portal_away",
            Fault::Journal(_) => "journal",
            Fault::Stopped => "stopped",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Fault::NoConnection(_) => {
                "Is the camera on, and is this its address? A camera without https needs --allow-http."
            }
            Fault::Cut { .. } | Fault::Late(_) => {
                "Nobody knows how far it came. Run the same command again: it does what is missing."
            }
            Fault::UnknownCertificate(_) => {
                "Compare it with the camera's own page, then give --fingerprint, a column fingerprint in the list, or \
                 --accept-new; at a terminal the program asks."
            }
            Fault::ChangedCertificate { .. } => {
                "Do not log in before you know why. After a factory reset or a new certificate, delete the camera's line \
                 from the file of known cameras."
            }
            Fault::NotVouched(_) => {
                "Is it the right CA, and is the certificate for the name or address that you gave? Else go by fingerprint."
            }
            Fault::Login => {
                "Check user and password, and whether it is an administrator (eap status: a viewer). It was tried once only: \
                 cameras block an address after too many wrong ones."
            }
            Fault::NotAllowed(_) => "Take an administrator of the camera; eap status needs a viewer at least.",
            Fault::PlainBasic => {
                "Give the camera https, or set its authentication to Digest. The password was not sent."
            }
            Fault::StrangeLogin(_) => {
                "Only Digest and Basic are known. Set the camera's authentication to one of them."
            }
            Fault::Status { .. } | Fault::Garbled { .. } => {
                "Is it an Axis camera, and nothing between that answers for it? Its log may tell more."
            }
            Fault::Upload { number, os } => super::numbers::upload(*number, *os).1,
            Fault::Control { number, .. } => super::numbers::control(*number).1,
            Fault::NoPackage(_) => "Give the package for it as well; a folder with all of them is the simplest.",
            Fault::Parameter { .. } => "eap inspect shows the parameters of a package, and the values that they take.",
            Fault::Unsigned(_) => "Allow unsigned apps on the camera's Apps page, or take a signed package.",
            Fault::NotPutBack(_) => {
                "Run the same command again, which puts it back first, or switch it off on the camera's Apps page."
            }
            Fault::NotUp { .. } => "Look at the app's log on the camera's Apps page. --wait gives it longer.",
            Fault::NoApp(_) => "Is it installed, and does it run? eap deploy --start does both.",
            Fault::NotTaken { .. } => "Mend what it says, and run the same command again.",
            Fault::OtherPortal(_) => "Release it there, or on the camera's own page; then run the same command again.",
            Fault::PortalAway { .. } => "The camera goes on trying by itself. Its page says what is in the way.",
            Fault::Journal(_) => "Is its folder there and writable? --journal names another file.",
            Fault::Stopped => "Run the same command again: it does what is missing.",
        }
    }
}

/// A fault, for programs and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// A stable word.
    pub kind: &'static str,
    /// What happened.
    pub what: String,
    /// What to do about it.
    pub remedy: &'static str,
}

impl From<&Fault> for Told {
    fn from(fault: &Fault) -> Self {
        Self { kind: fault.kind(), what: plain(&fault.to_string()), remedy: fault.remedy() }
    }
}

/// What a camera wrote, on one line of a terminal.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
