//! Faults over a real connection.

use std::time::{Duration, Instant};

use virtual_camera::access::Entrance;
use virtual_camera::faults::Fault;
use virtual_camera::profile::Os;

use crate::support::Camera;

const LIST: &str = "/axis-cgi/applications/list.cgi";

#[tokio::test]
async fn each_fault_does_what_it_says_until_it_is_cleared() {
    let camera = Camera::new(Os::V12_11).await;
    for (fault, status) in [(Fault::Status(503), 503), (Fault::Unauthorized, 401), (Fault::NotFound, 404)] {
        camera.device.fault(LIST, fault);
        let answer = camera.get(LIST).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (status, ""));
    }
    camera.device.fault(LIST, Fault::Nonsense);
    let answer = camera.get(LIST).await;
    assert_eq!((answer.status.as_u16(), answer.headers["content-type"].to_str().unwrap()), (200, "text/xml"));
    assert!(answer.body.contains("nonsense"));
    camera.device.fault(LIST, Fault::Huge);
    assert_eq!(camera.get(LIST).await.body.len(), 16 << 20);
    camera.device.fault(LIST, Fault::Cut);
    assert!(camera.ask("GET", LIST, &[], Vec::new()).await.is_err());
    camera.device.fault(LIST, Fault::Hang);
    let hung = tokio::time::timeout(Duration::from_millis(300), camera.get(LIST)).await;
    assert!(hung.is_err());
    camera.device.fault(LIST, Fault::Slow(200));
    let begun = Instant::now();
    assert_eq!(camera.get(LIST).await.status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(200));
    camera.device.clear_faults();
    assert_eq!(camera.get(LIST).await.body, "<reply result=\"ok\">\n</reply>\n");
    camera.device.stop().await;
}

#[tokio::test]
async fn a_fault_can_be_of_one_entrance_and_of_many_paths() {
    let camera = Camera::new(Os::V12_11).await;
    camera.device.fault_at("/axis-cgi/applications/*", Some(Entrance::ServiceAccount), Fault::Status(500));
    assert_eq!(camera.get(LIST).await.status, 200);
    let inside = camera.ask("GET", LIST, &[("x-service", "1")], Vec::new()).await.unwrap();
    assert_eq!(inside.status, 500);
    let requests = camera.device.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].entrance, Some(Entrance::ServiceAccount));
    assert_eq!((requests[1].method.as_str(), requests[1].path.as_str()), ("GET", LIST));
    camera.device.stop().await;
}
