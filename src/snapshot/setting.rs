//! The app's own settings, as far as somebody has to know of them.

/// A setting of the app: one parameter of the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// How much is logged.
    LogLevel,
    /// Where the container engine listens.
    EngineSocket,
    /// The operator's own help page.
    HelpLink,
    /// The portal that is proposed.
    PortalAddress,
}

impl Setting {
    /// The parameter's name, as declared in the package's manifest.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LogLevel => "LogLevel",
            Self::EngineSocket => "EngineSocket",
            Self::HelpLink => "HelpLink",
            Self::PortalAddress => "PortalAddress",
        }
    }
}

/// A setting that cannot be used; its default is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which one.
    pub setting: Setting,
    /// Why.
    pub why: Unusable,
}

/// Why a setting cannot be used. What was written is kept as it came, cut to what can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// The camera has no such parameter.
    Missing,
    /// It could not be read: the technical line.
    Unreadable(String),
    /// This is none of the levels.
    NoLevel(String),
    /// This is no absolute path without dots.
    NoPath(String),
    /// The path has more bytes than the path of a socket can have.
    LongPath {
        /// Its bytes.
        bytes: usize,
        /// The most.
        most: usize,
    },
    /// This is no `http` or `https` address, or one that names a user.
    NoAddress(String),
    /// This is no address of a portal.
    NoPortal(String),
    /// The address has more than so many characters.
    LongAddress(usize),
}

/// The settings in force and the problems of those that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsSeen {
    /// In the order of the settings.
    pub problems: Vec<Problem>,
    /// The operator's own help page, if one is set.
    pub help_link: Option<String>,
}
