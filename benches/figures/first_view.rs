//! The first view: what a browser that has been told the login gets before the page stands, as the real Apache sends it,
//! heads and bodies. Apache compresses nothing here (whether a camera's web server does is unknown).

use virtual_camera::VirtualCamera;

use crate::figure::{Aim, Figure};
use crate::wire::{ask_as_viewer, parts};
use crate::world::{PAGE, page};

pub(crate) async fn figures(camera: &VirtualCamera) -> Vec<Figure> {
    let mut paths = vec![PAGE.to_owned()];
    paths.extend(parts(&page(camera).await));
    let mut bytes = 0;
    for path in &paths {
        bytes += ask_as_viewer(camera, path, "Accept-Encoding: gzip, deflate, br\r\n").await.bytes.len();
    }
    let figure = |name: &str, measured: usize, most, show| Figure {
        name: format!("{name} of the first view"),
        measured: Ok(measured as f64),
        aim: Aim::AtMost(most),
        grace: 0.0,
        show,
    };
    vec![
        figure("Bytes", bytes, 14_000.0, |bytes| format!("{bytes:.0} bytes")),
        figure("Requests", paths.len(), 4.0, |count| format!("{count:.0}")),
    ]
}
