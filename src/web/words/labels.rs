//! The labels of the page: titles of widgets and rows, and the words around values.

/// The camera's name while it is not known.
pub const THIS_CAMERA: &str = "This camera";
/// Widget.
pub const SYSTEM_OVERVIEW: &str = "System Overview";
/// Row.
pub const DEVICE_NAME: &str = "Device name";
/// Row.
pub const DEVICE_STATUS: &str = "Device status";
/// Row.
pub const DEVICE_ID: &str = "Device ID";
/// Row.
pub const IP_ADDRESS: &str = "IP address";
/// Row.
pub const MAC_ADDRESS: &str = "MAC address";
/// Row.
pub const ACAP_VERSION: &str = "ACAP version";
/// Row; the product calls it firmware.
pub const OS_VERSION: &str = "AXIS OS version";
/// Row: since the camera started.
pub const RUNNING_FOR: &str = "Running for";
/// Heading.
pub const APPLICATIONS: &str = "Applications";
/// Heading.
pub const CONTAINERS: &str = "Containers";
/// In place of addresses.
pub const NO_ADDRESS: &str = "None";
/// Beside an address that reaches no further than its own link.
pub const LINK_LOCAL: &str = "same network only";
/// What a lost reading would have told, as the beginning of a sentence.
pub const NAME_AND_VERSION: &str = "The camera’s name and version";
/// As above.
pub const ADDRESSES: &str = "The camera’s addresses";
/// As above.
pub const STARTED: &str = "Whether the camera has started";
/// As above.
pub const CLOCK: &str = "The camera’s clock";
/// As above.
pub const LIST_OF_APPLICATIONS: &str = "The list of applications";
/// As above.
pub const LIST_OF_CONTAINERS: &str = "The list of containers";
/// As above.
pub const CARD: &str = "The state of the card";
/// As above.
pub const CARD_HEALTH: &str = "The wear and the temperature of the card";
/// As above.
pub const CARD_FOR_APPLICATIONS: &str = "What applications see of the card";
/// The end of that sentence.
pub const COULD_NOT_BE_READ: &str = "could not be read.";
/// Before how long ago a value was read that was lost since.
pub const AS_OF: &str = "as of";
/// After how long ago something was.
pub const AGO: &str = "ago";
/// Before how long a reading has been lost.
pub const FOR: &str = "for";
/// Before the moment of the newest reading.
pub const READ_AT: &str = "Read at";
/// Link: the page anew.
pub const READ_AGAIN: &str = "Read again";
/// The bar, for those who do not see it.
pub const CAMERA: &str = "Camera";
/// The list of settings that cannot be used, for those who do not see it.
pub const SETTINGS_PROBLEMS: &str = "Settings problems";
/// Title of the page for a path that does not exist.
pub const NO_SUCH_PAGE: &str = "There is no such page";
/// Before that path.
pub const NOTHING_AT: &str = "Camera-to-Cloud has nothing at";
/// Link.
pub const OPEN_STATUS_PAGE: &str = "Open the status page";
/// Row of a container.
pub const IMAGE: &str = "Image";
/// Row of a container.
pub const STARTED_AT: &str = "Started";
/// Row of a container.
pub const EXIT_CODE: &str = "Exit code";
/// Row of a container.
pub const ENDED_AT: &str = "Ended";
/// Row of a container.
pub const RESTARTS: &str = "Restarts";
/// Row of a container.
pub const HEALTH_CHECK: &str = "Health check";

/// Beside a package version that does not come from where it should.
#[must_use]
pub fn version_from(source: &str) -> String {
    format!("from {source}; manifest.json could not be read")
}
