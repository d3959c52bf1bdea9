//! The switch for unsigned packages: moved for the time of one upload, and put back whatever comes of that.
//!
//! Facts: true until AXIS OS 11.11, false from 12.0 on, gone in 13, which takes signed packages alone (documented). Apps
//! that are installed stay when it is switched off (documented).

use crate::camera::client::Camera;
use crate::camera::fault::Fault;
use crate::camera::vapix;
use crate::deploy::journal::{Event, Journal};

/// What AXIS OS 13 will do.
pub const NEXT: &str = "The package is not signed. AXIS OS 13 takes signed packages only and has no switch for others: have it signed \
                        before these cameras are upgraded to 13.";
/// The same on AXIS OS 13.
pub const GONE: &str =
    "AXIS OS 13 has no switch for unsigned packages any more: --allow-unsigned can do nothing there.";

/// So often is tried to put it back: a camera that is busy installing may be slow.
const TRIES: u8 = 3;

/// Puts it back as it was, and notes that.
///
/// # Errors
/// [`Fault::NotPutBack`].
pub async fn put_back(camera: &Camera, journal: &Journal, serial: &str, before: bool) -> Result<(), Fault> {
    let mut last = Ok(());
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        }
        last = vapix::allow_unsigned(camera, before).await;
        // A refused password is not tried again.
        if !matches!(last, Err(ref fault) if *fault != Fault::Login) {
            break;
        }
    }
    last.map_err(|fault| Fault::NotPutBack(fault.to_string()))?;
    journal.note(Event::PutBack { serial: serial.to_owned() }).map_err(|error| Fault::Journal(error.to_string()))
}
