//! The page of the portal and the claim as an administrator sees it, in each of its states.

use axum::Router;
use axum::routing::get;
use c2c::clock::Timestamp;
use c2c::collect::Looker;
use c2c::features;
use c2c::portal::{Counter, Offer};
use c2c::snapshot::claim::{Kind, Link, Membership, Obstacle, Released, Releaser, Unclaimed};
use c2c::snapshot::{Claim, Snapshot};
use c2c::web::{self, Site};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::driver::Browser;
use super::gallery::{is_accessible, states};
use super::is_comfortable;
use crate::world::root;

pub const CLAIM: &str = "/local/c2c/control/claim";

/// The page, until it is dropped.
struct Shown {
    address: String,
    stop: Option<watch::Sender<()>>,
    served: tokio::task::JoinHandle<()>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.stop.take();
        self.served.abort();
    }
}

async fn show(claim: Claim, offer: Option<Offer>) -> Shown {
    let seen = Snapshot { claim: claim.clone(), ..states::fine() };
    let features = features::of(&seen.package.version);
    let (_, looker) = Looker::of(seen);
    let (stop, stopping) = watch::channel(());
    let routes = web::routes(Site::new(looker, features, stopping.clone()).with_portal(Counter::closed(claim, offer)));
    let files = [
        ("orders.css", "text/css"),
        ("icon-done.svg", "image/svg+xml"),
        ("icon-needs-you.svg", "image/svg+xml"),
        ("icon-working.svg", "image/svg+xml"),
    ];
    let files = files.iter().fold(Router::new(), |router, (name, kind)| {
        let file = std::fs::read(root().join("html").join(name)).unwrap();
        router.route(&format!("/local/c2c/{name}"), get(([("content-type", *kind)], file)))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(c2c::server::serve(listener, files.fallback_service(routes), stopping));
    Shown { address, stop: Some(stop), served }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_795_000_000 + seconds)
}

fn link(kind: Option<Kind>) -> Link {
    let line = "192.0.2.80:443: Connection refused (os error 111)".to_owned();
    Link {
        last_contact: Some(at(-7_000)),
        down_since: kind.map(|_| at(-3_600)),
        next_try: kind.map(|_| at(40)),
        obstacle: kind.map(|kind| Obstacle { kind, line }),
    }
}

fn registered(reason: Unclaimed, released: Option<Released>, kind: Option<Kind>) -> Claim {
    let (portal, device_id) = ("https://portal.example".to_owned(), "5f0c8a4e2b7d4c1f9a3e6d8b7c5a4f21".to_owned());
    Claim::Registered { portal, device_id, reason, released, link: link(kind) }
}

fn offer() -> Offer {
    Offer {
        user_code: "CDFH-JK34".to_owned(),
        verification_uri: "https://portal.example/claim".to_owned(),
        verification_uri_complete: Some("https://portal.example/claim?code=CDFH-JK34".to_owned()),
        until: Timestamp::from_unix(4_000_000_000),
        signing_key: "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U".to_owned(),
        own_key: "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s".to_owned(),
    }
}

fn all() -> Vec<(&'static str, Claim, Option<Offer>)> {
    let portal = || "https://portal.example".to_owned();
    let released = Released { organisation: "Northwind".to_owned(), at: at(-90_000), by: Releaser::Portal };
    let membership = Membership { claim_id: "c".to_owned(), organisation: "Northwind".to_owned(), since: at(-90_000) };
    let claimed = |kind| Claim::Claimed {
        portal: portal(),
        device_id: "d".to_owned(),
        name: Some("Loading dock 3".to_owned()),
        membership: membership.clone(),
        link: link(kind),
    };
    vec![
        ("claim-none", Claim::NoPortal { proposed: None }, None),
        ("claim-proposed", Claim::NoPortal { proposed: Some(portal()) }, None),
        ("claim-unreadable", Claim::Unreadable { line: "device-key.json is no key".to_owned() }, None),
        ("claim-untrusted", Claim::Unregistered { portal: portal(), link: link(Some(Kind::Untrusted)) }, None),
        ("claim-code", registered(Unclaimed::Nobody, None, None), Some(offer())),
        ("claim-released", registered(Unclaimed::Nobody, Some(released), Some(Kind::Connect)), Some(offer())),
        ("claim-confirmation", registered(Unclaimed::Confirmation, None, None), Some(offer())),
        ("claim-pending", registered(Unclaimed::Pending, None, None), None),
        ("claim-claimed", claimed(None), None),
        ("claim-down", claimed(Some(Kind::Connect)), None),
    ]
}

const OPEN: &str = "document.querySelectorAll('details').forEach((it) => { it.open = true; })";

#[tokio::test]
async fn each_state_of_the_claim_is_comfortable_at_each_width_in_light_and_dark() {
    let browser = Browser::start().await;
    let mut pages = Vec::new();
    for (name, claim, offer) in all() {
        pages.push(show(claim, offer).await);
        let shown = &pages[pages.len() - 1];
        browser.open_at(&format!("{}{CLAIM}", shown.address)).await;
        browser.wait_for(".ways", "anew").await;
        browser.shoot(name).await;
        browser.run(OPEN, vec![]).await;
        for width in [1280, 390, 320] {
            for dark in [false, true] {
                browser.view(width, dark).await;
                is_comfortable(&browser, width).await;
                is_accessible(&browser, name).await;
            }
        }
        browser.shoot(&format!("{name}-open")).await;
        assert_eq!(browser.complaints().await, [], "{name}");
    }
    browser.end().await;
}
