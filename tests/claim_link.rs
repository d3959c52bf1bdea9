//! The way to the portal: proxies, certificates, clocks, who stands in between, odd answers, and a key that follows another.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]
#![allow(clippy::disallowed_methods, reason = "tests start programs, and themselves once more with another clock")]

#[path = "claim_link/again.rs"]
mod again;
#[path = "claim_link/answers.rs"]
mod answers;
#[path = "claim_link/inspected.rs"]
mod inspected;
#[path = "claim_link/keys.rs"]
mod keys;
#[path = "claim_link/middle.rs"]
mod middle;
#[path = "claim/operator.rs"]
#[allow(dead_code, reason = "shared with tests/claim.rs")]
mod operator;
#[path = "claim_link/proxies.rs"]
mod proxies;
#[path = "claim/stage.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod stage;
#[path = "claim_link/tls.rs"]
mod tls;

use c2c::snapshot::Claim;

fn is_registered(claim: &Claim) -> bool {
    matches!(claim, Claim::Registered { link, .. } if link.obstacle.is_none())
}

fn is_claimed(claim: &Claim) -> bool {
    matches!(claim, Claim::Claimed { link, .. } if link.obstacle.is_none())
}
