//! How a camera stands: by what it reported, or that it cannot be told.

use std::collections::BTreeMap;

use crate::clock::Moment;
use crate::live::Live;
use crate::reasons::{self, Reason};
use crate::store::listing::Camera;

/// A camera that has not asked for so long is stale, in seconds. It waits at the portal for a minute at a time.
const STALE: Moment = 600;
/// A camera has so long after its claim to say how it stands before its silence means something.
const SILENT: Moment = 900;

/// How one camera stands.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    /// The code; `stale` and `unknown` are ours.
    pub(crate) code: String,
    pub(crate) reason: Reason,
    /// When it asked last.
    pub(crate) seen: Moment,
    /// Whether its wishes are on their way to it.
    pub(crate) is_behind: bool,
}

/// How a camera stands now.
pub(crate) fn of(camera: &Camera, live: &Live, now: Moment) -> Standing {
    let seen = live.find(&camera.id).map_or(camera.seen, |device| device.seen()).max(camera.seen);
    // A report of another claim is of another owner: it says nothing here.
    let report = camera.report.as_ref().filter(|report| report.of_claim);
    let code = match report {
        _ if now - seen > STALE => "stale".to_owned(),
        Some(report) => report.reason.clone(),
        None => "unknown".to_owned(),
    };
    let is_behind = report.map_or(now - camera.since > SILENT, |report| report.applied < camera.desired);
    Standing { reason: reasons::of(&code), code, seen, is_behind }
}

/// The cameras of one code.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub(crate) code: String,
    pub(crate) reason: Reason,
    pub(crate) cameras: Vec<(&'a Camera, Standing)>,
}

/// All cameras by their code: what needs somebody first, and among that what needs a visit.
pub(crate) fn groups<'a>(cameras: &'a [Camera], live: &Live, now: Moment) -> Vec<Group<'a>> {
    let mut by_code: BTreeMap<String, Vec<(&Camera, Standing)>> = BTreeMap::new();
    for camera in cameras {
        let standing = of(camera, live, now);
        by_code.entry(standing.code.clone()).or_default().push((camera, standing));
    }
    let group = |(code, cameras): (String, _)| Group { reason: reasons::of(&code), code, cameras };
    let mut groups: Vec<_> = by_code.into_iter().map(group).collect();
    groups.sort_by_key(|group| (group.reason.mood, group.reason.visit, std::cmp::Reverse(group.cameras.len())));
    groups
}
