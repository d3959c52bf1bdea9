//! Containers: the engine's socket through all it can be, and what of it stands on the page.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    missing_docs,
    reason = "a test stops at the first surprise, and nobody reads its interface"
)]

mod page;
mod played;
mod socket;
