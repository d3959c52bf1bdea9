//! One camera over the network, as an administrator's program sees it: [`client`] asks and logs in, [`trust`] says whose
//! certificate is taken, [`vapix`] knows the questions, [`standing`] what the app
//! says of itself, [`fault`] what can go wrong, and [`numbers`] what the camera's
//! error numbers mean.
//!
//! Facts: VAPIX library and recorded answers of AXIS OS 10.12 to 12.11. What only the documentation says is marked where
//! it is used.

pub mod client;
pub mod fault;
pub mod numbers;
pub mod standing;
pub mod trust;
pub mod vapix;

use std::fmt;

/// Text that is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps it.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// For whom it is meant.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
