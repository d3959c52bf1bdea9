//! The reason codes that cameras report, and what each means to whoever looks after many of them: what to do, and
//! whether somebody has to go there.

/// Whether somebody has to go to the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Visit {
    /// Yes.
    Yes,
    /// It cannot be told from here.
    Unknown,
    /// No.
    No,
}

impl Visit {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "cannot be told",
        }
    }
}

/// How urgent a group is; the list is sorted by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mood {
    /// Somebody has to do something.
    NeedsYou,
    /// It cannot be told.
    CannotTell,
    /// Something goes on by itself.
    Working,
    /// All is well.
    Done,
}

impl Mood {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::NeedsYou => "needs-you",
            Self::CannotTell => "cannot-tell",
            Self::Working => "working",
            Self::Done => "done",
        }
    }
}

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) title: &'static str,
    pub(crate) remedy: &'static str,
    pub(crate) visit: Visit,
    pub(crate) mood: Mood,
}

/// A camera that has not asked for a while.
pub(crate) const STALE: Reason = Reason {
    title: "Stale: not heard of for a while",
    remedy: "See whether others in the same place are stale too: then it is the network or the power there. If it is this one alone, somebody has to look at it.",
    visit: Visit::Unknown,
    mood: Mood::CannotTell,
};

/// A camera that asks, and has not said how it stands.
pub(crate) const UNKNOWN: Reason = Reason {
    title: "Unknown: has not said how it stands",
    remedy: "Usual in the first minutes after a claim. If it stays so, open the camera's status page.",
    visit: Visit::Unknown,
    mood: Mood::CannotTell,
};

/// A code that this portal was not told of.
const OTHER: Reason = Reason {
    title: "A reason that this portal does not know",
    remedy: "The camera may be newer than the portal. Its status page says what is the matter.",
    visit: Visit::Unknown,
    mood: Mood::CannotTell,
};

type Row = (&'static [&'static str], &'static str, &'static str, Visit, Mood);

/// The codes, in the order in which they are shown. What a camera says with dashes or underscores is the same.
const TABLE: &[Row] = &[
    (
        &["failing", "worn_out"],
        "The SD card is failing or worn out",
        "Exchange the card. What is on it may still be read with its passphrase.",
        Visit::Yes,
        Mood::NeedsYou,
    ),
    (&["no_card", "pulled"], "There is no SD card in the camera", "Put one in.", Visit::Yes, Mood::NeedsYou),
    (
        &["locked"],
        "The SD card is locked against writing",
        "Take it out, slide its lock back, put it in again.",
        Visit::Yes,
        Mood::NeedsYou,
    ),
    (
        &["read_only"],
        "The SD card cannot be written",
        "Its lock is set or its file system is damaged. Somebody has to look at the card.",
        Visit::Yes,
        Mood::NeedsYou,
    ),
    (
        &["wrong_passphrase"],
        "The SD card has another passphrase",
        "It was another camera's or another organisation's. Decide here: keep it as it is, or erase it.",
        Visit::No,
        Mood::NeedsYou,
    ),
    (
        &["no_passphrase", "choose_passphrase"],
        "The SD card is encrypted, and the camera has no passphrase for it",
        "Decide here: keep it as it is, or erase it.",
        Visit::No,
        Mood::NeedsYou,
    ),
    (
        &["choose_content", "would_format", "choose_claim"],
        "Somebody has to decide what becomes of the SD card's content",
        "Decide here: keep it as it is, or erase it.",
        Visit::No,
        Mood::NeedsYou,
    ),
    (
        &["not_encrypted", "not_to_be_prepared"],
        "The SD card is not encrypted",
        "Let the camera prepare it, here. Where that is wished already, nobody knows what is on it: decide here to erase or keep it.",
        Visit::No,
        Mood::NeedsYou,
    ),
    (
        &["interrupted", "job_failed", "failed", "mount_failed", "stopped"],
        "A job on the SD card ended badly",
        "Open the camera's status page: it says which step and why. Then decide here.",
        Visit::No,
        Mood::NeedsYou,
    ),
    (
        &["not_writable", "no_folder", "not_for_applications"],
        "Applications cannot write to the SD card",
        "Open the camera's status page.",
        Visit::No,
        Mood::NeedsYou,
    ),
    (
        &["sealed"],
        "The camera cannot open the passphrase for its SD card",
        "It was sealed to another key than the camera's. Make a new one, here.",
        Visit::No,
        Mood::NeedsYou,
    ),
    (&["full"], "The SD card is full", "See what records on it, or decide to erase it.", Visit::No, Mood::NeedsYou),
    (
        &["account.taken"],
        "The camera has an account of that name which is not ours",
        "Delete the account on the camera, have an administrator hand it over there, or wish none.",
        Visit::No,
        Mood::NeedsYou,
    ),
    (
        &["account.group"],
        "The camera gives no account such rights",
        "Wish a viewer or an operator.",
        Visit::No,
        Mood::NeedsYou,
    ),
    (
        &["account.refused", "account.password"],
        "The camera refuses the account or its password",
        "Look at the camera's rules for passwords, and at how many accounts it has. It is tried again by itself.",
        Visit::No,
        Mood::NeedsYou,
    ),
    (
        &["account.no_key"],
        "The claim has no key to which a password could be sealed",
        "Release the camera and claim it again.",
        Visit::No,
        Mood::NeedsYou,
    ),
    (
        &["account.no_effect", "account.unwritable"],
        "The camera does not keep what is done to its account",
        "Restart the camera. If that does not help, install the application again.",
        Visit::No,
        Mood::NeedsYou,
    ),
    (
        &["settings"],
        "Settings of the application cannot be used",
        "Open the camera's status page: it names each.",
        Visit::No,
        Mood::NeedsYou,
    ),
    (
        &["notices"],
        "The camera asks somebody to act",
        "Open the camera's status page: its notices say what to do.",
        Visit::No,
        Mood::NeedsYou,
    ),
    (
        &["no_address"],
        "No network address reaches beyond the camera's own link",
        "See to the network at the camera.",
        Visit::Yes,
        Mood::NeedsYou,
    ),
    (
        &["lost", "unclear", "notices_unclear", "cannot_tell"],
        "The camera could not find out something about itself",
        "Usual while it starts. If it stays so, open its status page.",
        Visit::Unknown,
        Mood::CannotTell,
    ),
    (
        &["starting", "reading", "preparing", "job", "camera_busy", "not_mounted", "working"],
        "Something is under way by itself",
        "Nothing to do.",
        Visit::No,
        Mood::Working,
    ),
    (&["no_slot"], "The camera has no slot for an SD card", "Nothing to do.", Visit::No, Mood::Done),
    (&["nothing_wished"], "Nothing is wished of the SD card", "Nothing to do.", Visit::No, Mood::Done),
    (&["kept"], "The SD card stays as it is, by a decision", "Nothing to do.", Visit::No, Mood::Done),
    (&["well", "claimed", "ok", "done", "ready"], "All is well", "Nothing to do.", Visit::No, Mood::Done),
];

/// What a code means.
pub(crate) fn of(code: &str) -> Reason {
    if matches!(code, "unknown" | "stale") {
        return if code == "stale" { STALE } else { UNKNOWN };
    }
    let code = code.replace('-', "_").to_ascii_lowercase();
    let row = TABLE.iter().find(|(codes, ..)| codes.contains(&code.as_str()));
    row.map_or(OTHER, |&(_, title, remedy, visit, mood)| Reason { title, remedy, visit, mood })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_stands_in_one_row_and_what_needs_nobody_needs_no_visit() {
        let mut seen = std::collections::BTreeSet::new();
        for (codes, title, _, visit, mood) in TABLE {
            assert!(codes.iter().all(|code| seen.insert(*code)), "{title}");
            assert!(!matches!(mood, Mood::Done | Mood::Working) || *visit == Visit::No, "{title}");
        }
        assert_eq!(of("wrong-passphrase"), of("Wrong_Passphrase"));
        assert_eq!(of("never heard"), OTHER);
    }
}
