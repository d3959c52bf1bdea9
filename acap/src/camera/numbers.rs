//! What the camera's error numbers mean, and what to do about each.
//!
//! Facts: the numbers are documented (Application API); 8 of control.cgi is known from public clients only. The remedies
//! are this project's.

use super::vapix::Os;

/// What `Error: NUMBER` of upload.cgi means, and the remedy.
#[must_use]
pub fn upload(number: u32, os: Os) -> (&'static str, &'static str) {
    match number {
        1 => ("this is no package", "Build or fetch the package again: it is damaged, or not for cameras."),
        2 if os.major >= 13 => (
            "the package is not signed, or its signature is wrong",
            "AXIS OS 13 takes signed packages only, and has no switch for that. Have the package signed.",
        ),
        2 => (
            "the package is not signed, or its signature is wrong",
            "Take a signed package, or give --allow-unsigned, which puts the camera's switch back afterwards.",
        ),
        3 => (
            "the package is too large, or the camera's flash is full",
            "Remove apps that nobody needs, then try again.",
        ),
        5 => (
            "the package does not fit this camera or its AXIS OS",
            "Is there a package for its architecture and AXIS OS? Else upgrade AXIS OS first.",
        ),
        10 => ("it failed on the camera", "The camera's log tells why (its page, System, Logs). A restart may help."),
        12 => ("somebody else is installing an app", "Wait until that is done, then try again."),
        13 => (
            "the package asks for a user or group that it may not have",
            "Take a newer package, made for this AXIS OS.",
        ),
        14 => (
            "an app with the same name in other letter case is installed",
            "Remove that app first; its settings go with it.",
        ),
        15 => ("it took the camera too long", "Try again when the camera has less to do, or restart it first."),
        27 => (
            "the installed version is of another vendor",
            "Remove the installed app first; its settings go with it. Then try again.",
        ),
        29 => (
            "manifest.json or package.conf is not what this AXIS OS expects",
            "Take the package in the other manifest schema, or a newer one.",
        ),
        _ => ("a number that is not known here", "The camera's log tells why (its page, System, Logs)."),
    }
}

/// What `Error: NUMBER` of control.cgi means, and the remedy.
#[must_use]
pub fn control(number: u32) -> (&'static str, &'static str) {
    match number {
        1 => ("the camera does not know what is meant", "Install the app anew."),
        4 => ("the app is not installed", "Run the same command again: it installs it."),
        6 => ("it runs already", "There is nothing to do."),
        7 => ("it does not run", "There is nothing to do."),
        8 => (
            "it could not be started",
            "Is it the package for this camera's architecture? The camera's log tells more.",
        ),
        9 => ("too many apps run", "Stop apps that nobody needs; AXIS OS 12.6 and later have no such limit."),
        15 => ("it took the camera too long", "Try again when the camera has less to do."),
        _ => ("it failed on the camera", "The camera's log tells why (its page, System, Logs)."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_documented_number_has_words_and_a_remedy_of_its_own() {
        let os = Os { major: 12, minor: 11 };
        let unknown = upload(77, os);
        let mut said: Vec<&str> = Vec::new();
        for number in [1, 2, 3, 5, 10, 12, 13, 14, 15, 27, 29] {
            let (meaning, remedy) = upload(number, os);
            assert!(meaning != unknown.0 && !remedy.is_empty() && !said.contains(&meaning), "{number}");
            said.push(meaning);
        }
        assert!(upload(2, os).1.contains("--allow-unsigned"));
        assert!(!upload(2, Os { major: 13, minor: 0 }).1.contains("--allow-unsigned"), "13 has no such switch");
    }
}
