//! What is said of settings that cannot be used.

use crate::snapshot::Setting;
use crate::snapshot::setting::{Problem, Unusable};
use crate::web::words::foreign;

/// Where they are corrected.
pub const CORRECT_THEM: &str = "Correct this in the settings of Camera-to-Cloud on the camera’s Apps page.";

/// How many settings cannot be used.
#[must_use]
pub fn unusable(count: usize) -> String {
    if count == 1 { "One setting cannot be used.".to_owned() } else { format!("{count} settings cannot be used.") }
}

/// Which setting cannot be used, why, and what is used instead.
#[must_use]
pub fn problem(problem: &Problem) -> String {
    format!("Setting {}: {}. Until then, {}.", problem.setting.name(), why(&problem.why), instead(problem.setting))
}

fn why(why: &Unusable) -> String {
    match why {
        Unusable::Missing => "the camera does not know this parameter; install the package again".to_owned(),
        Unusable::Unreadable(line) => format!("it could not be read ({})", foreign(line, 200)),
        Unusable::NoLevel(text) => format!("“{}” is not one of error, warn, info and debug", foreign(text, 61)),
        Unusable::NoPath(text) => format!("“{}” is not an absolute path without dots", foreign(text, 61)),
        Unusable::LongPath { bytes, most } => {
            format!("the path has {bytes} bytes, and the path of a socket can have {most} at most")
        }
        Unusable::NoAddress(text) => {
            format!("“{}” is not a web address that begins with http or https and names no user", foreign(text, 61))
        }
        Unusable::NoPortal(text) => {
            format!("“{}” is not a portal’s address, such as https://portal.example", foreign(text, 61))
        }
        Unusable::LongAddress(most) => format!("the address is longer than {most} characters"),
    }
}

fn instead(setting: Setting) -> &'static str {
    match setting {
        Setting::LogLevel => "info is used",
        Setting::EngineSocket => "the default is used",
        Setting::HelpLink => "no link is shown",
        Setting::PortalAddress => "no portal is proposed",
    }
}
