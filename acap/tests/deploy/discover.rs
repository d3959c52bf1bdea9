//! Cameras announce themselves on the loopback interface.

use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};

use crate::desk::Desk;

const SERVICE: &str = "_axis-video._tcp.local.";

#[tokio::test(flavor = "multi_thread")]
async fn cameras_that_announce_themselves_are_listed_and_the_list_is_one_for_deploy() {
    let daemon = ServiceDaemon::new().unwrap();
    daemon.disable_interface(IfKind::All).unwrap();
    daemon.enable_interface(IfKind::LoopbackV4).unwrap();
    for (name, mac) in [("AXIS P1 - 1", "ACCC8E000001"), ("AXIS P1 - 2", "ac:cc:8e:00:00:02")] {
        let host = format!("{}.local.", name.replace(' ', "-").to_lowercase());
        let service = ServiceInfo::new(SERVICE, name, &host, "127.0.0.1", 80, &[("macaddress", mac)][..]).unwrap();
        daemon.register(service).unwrap();
    }
    let desk = Desk::new();
    let said = desk.run(&["discover", "--interface", "lo", "--time", "8", "--csv"], "").await;
    assert_eq!(said.code, Some(0), "{} {}", said.out, said.err);
    let mut lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.remove(0), "host,serial,name");
    assert_eq!(lines, ["127.0.0.1,ACCC8E000001,AXIS P1 - 1", "127.0.0.1,ACCC8E000002,AXIS P1 - 2"]);
    drop(daemon.shutdown());
}
