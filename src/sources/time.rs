//! The camera's clock: whether it is set by a time server.
//!
//! Sources: VAPIX `time.cgi` (recorded on AXIS OS 12.11, deprecated there since 12.4) tells the time and nothing of its
//! origin; `ntp.cgi` (VAPIX documentation, AXIS OS 9.10 and later; not recorded) tells whether its client has
//! synchronised. A camera that lacks `ntp.cgi`, or has no client in its answer, does not tell: that is unknown, not
//! false. A year before 2020 is a clock that nobody set, whatever `ntp.cgi` says.

use serde::Deserialize;
use serde_json::json;

use crate::snapshot::CameraTime;
use crate::vapix::{Fault, Reader};

const TIME: &str = "/axis-cgi/time.cgi";
const NTP: &str = "/axis-cgi/ntp.cgi";
/// No camera that this app runs on has been on before.
const FIRST_YEAR: i32 = 2020;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DateTimeInfo {
    date_time: String,
}

#[derive(Deserialize)]
struct NtpInfo {
    client: Option<NtpClient>,
}

#[derive(Deserialize)]
struct NtpClient {
    enabled: Option<bool>,
    synced: Option<bool>,
}

/// Reads what the camera tells of its clock.
///
/// # Errors
/// As [`Reader::call`]; a time without a year is [`Fault::Garbled`]. That `ntp.cgi` is not there, or not for us, is no error.
pub async fn read(camera: &Reader) -> Result<CameraTime, Fault> {
    let info: DateTimeInfo = camera.call(TIME, "getDateTimeInfo", json!({})).await?;
    if year(&info.date_time)? < FIRST_YEAR {
        return Ok(CameraTime { synchronised: Some(false), source: None });
    }
    match camera.call::<NtpInfo>(NTP, "getNTPInfo", json!({})).await {
        Ok(info) => Ok(time(info.client)),
        Err(Fault::Declined { .. }) => Ok(time(None)),
        Err(Fault::Refused { status, .. }) if status < 500 => Ok(time(None)),
        Err(fault) => Err(fault),
    }
}

/// The year of an ISO 8601 date and time.
fn year(date_time: &str) -> Result<i32, Fault> {
    let year = date_time.split('-').next().filter(|year| year.len() == 4);
    year.and_then(|year| year.parse().ok())
        .ok_or_else(|| Fault::Garbled { path: TIME, why: format!("{date_time:?} is no date and time") })
}

fn time(client: Option<NtpClient>) -> CameraTime {
    let (enabled, synced) = client.map_or((None, None), |client| (client.enabled, client.synced));
    CameraTime { synchronised: synced, source: enabled.filter(|on| *on).map(|_| "ntp".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_tells_whether_it_has_synchronised_and_without_one_it_is_unknown() {
        let read = |text| time(serde_json::from_str::<NtpInfo>(text).unwrap().client);
        let told = |synchronised, source: Option<&str>| CameraTime { synchronised, source: source.map(str::to_owned) };
        assert_eq!(read(r#"{"client":{"enabled":true,"synced":true,"timeOffset":-3}}"#), told(Some(true), Some("ntp")));
        assert_eq!(read(r#"{"client":{"enabled":false,"synced":false}}"#), told(Some(false), None));
        assert_eq!(read(r#"{"client":{"enabled":true}}"#), told(None, Some("ntp")));
        assert_eq!(read(r#"{"server":{}}"#), told(None, None));
    }

    #[test]
    fn a_time_without_a_year_is_garbled() {
        assert_eq!(year("1970-01-01T00:00:09Z").unwrap(), 1970);
        for text in ["", "soon", "26-01-01", "now-01"] {
            assert_eq!(year(text).unwrap_err().kind(), "garbled", "{text}");
        }
    }
}
