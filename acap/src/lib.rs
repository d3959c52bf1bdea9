//! Packs, checks and reads ACAP packages (`.eap`), the installation files of Axis cameras. A host program; nothing of it
//! runs on the camera.
//!
//! Rooms: [`manifest`] is the one source; [`rules`] say what is wrong with it and with the files; [`package_conf`],
//! [`param_conf`], [`cgi_conf`] and [`schema1`] write what is derived from it; [`archive`] writes the bytes;
//! [`licences`] writes whose code is inside;
//! [`mod@pack`] puts all that together; [`mod@inspect`] reads packages of any origin, without trust. [`camera`] speaks to
//! one camera, [`fleet`] to many; [`deploy`], [`status`] and [`discover`] are what a person asks of them.

pub mod arch;
pub mod archive;
pub mod budget;
pub mod camera;
pub mod cgi_conf;
pub mod deploy;
pub mod discover;
pub mod elf;
pub mod fleet;
pub mod folder;
pub mod inspect;
pub mod licences;
pub mod manifest;
pub mod pack;
pub mod package_conf;
pub mod param_conf;
pub mod problem;
pub mod rules;
pub mod schema1;
pub mod status;
