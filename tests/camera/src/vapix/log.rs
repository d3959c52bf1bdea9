//! admin/systemlog.cgi: what an application wrote. Path and argument documented; the form of a line is a guess.

use axum::extract::State;
use axum::response::Response;

use super::{Ask, text};
use crate::device::Device;

pub(crate) async fn answer(State(device): State<Device>, ask: Ask) -> Response {
    let host = &device.identity().host_name;
    text(device.parts().apps.system_log(host, ask.arg("appname")))
}
