//! Camera-to-Cloud: an application that runs on an Axis camera and shows how it stands.
//!
//! Sources read, `collect` publishes snapshots, views know only snapshots. ARCHITECTURE.md tells the whole.

pub mod area;
pub mod clock;
pub mod collect;
#[doc(hidden)]
pub mod doors;
pub mod features;
pub mod files;
pub mod instance;
pub mod jobs;
pub mod logging;
pub mod notices;
pub mod options;
pub mod package;
pub mod peer;
pub mod portal;
pub mod server;
pub mod settings;
pub mod snapshot;
pub mod sources;
pub mod vapix;
pub mod verdict;
pub mod web;
