//! The forms from end to end within the process: the clerk at the counter is played by the test.

use std::net::{TcpListener, TcpStream};

use axum::body::to_bytes;
use axum::http::Method;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::*;
use crate::clock::Timestamp;
use crate::features;
use crate::jobs::decide::Presence;
use crate::jobs::orders::{self, Clerk, Seat, Wanted};
use crate::snapshot::{Card, CardStatus, Identity, Package, Reading, Stand, Wait};
use crate::web::Site;

const SERIAL: &str = "ACCC8E27DB1F";
const SECRET: &str = "correct horse <battery> & \"staple\"";
const ENCODED: &str = "correct+horse+%3Cbattery%3E+%26+%22staple%22";
/// Well filled in, but for the token.
const ERASE: &str = "slot=SD_DISK&size=119+gb&serial=db1f&passphrase=p&again=p";

struct World {
    app: Router,
    clerk: Clerk,
    ends: Ends,
    /// Both ends of the connection by which the camera's web server asks.
    _sockets: (TcpStream, TcpStream),
    _stop: watch::Sender<()>,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

fn card() -> Card {
    Card {
        slot: "SD_DISK".into(),
        status: CardStatus::Ok,
        total_bytes: Some(118_895_947_776),
        free_bytes: Some(61_900_000_000),
        filesystem: Some("ext4".into()),
        encryption_set: Some(false),
        encrypted: Some(false),
        locked: false,
        full: false,
        read_only: false,
        required_filesystem: None,
    }
}

fn seat(stand: Option<Stand>) -> Seat {
    Seat {
        slot: "SD_DISK".into(),
        presence: Some(Presence(7)),
        card: card(),
        size: card().total_bytes,
        stand,
        has_passphrase: false,
        can_cancel: false,
    }
}

fn deciding() -> Seat {
    seat(Some(Stand::Waits(Wait::ChooseContent)))
}

fn world_of(version: &str, seats: Vec<Seat>) -> World {
    let package = Package { version: version.into(), version_from: "manifest.json" };
    let mut snapshot = Snapshot::unread(package, true, Timestamp::from_unix(0));
    let identity = Identity {
        model: "AXIS P1468-LE".into(),
        serial: SERIAL.into(),
        os_version: "12.11.77".into(),
        architecture: None,
    };
    snapshot.identity = Reading::Known { value: identity, at: Timestamp::from_unix(0) };
    let (_, looker) = Looker::of(snapshot);
    let (stop, stopping) = watch::channel(());
    let (counter, clerk) = orders::counter();
    clerk.seats.send_replace(seats);
    let app = web::routes(Site::new(looker, features::of(version), stopping).with_orders(counter));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let asks = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (taken, theirs) = listener.accept().unwrap();
    let ends = Ends { ours: taken.local_addr().unwrap(), theirs };
    World { app, clerk, ends, _sockets: (asks, taken), _stop: stop }
}

fn world(seat: Seat) -> World {
    world_of("1.6.0", vec![seat])
}

impl World {
    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = axum::http::Request::builder().method(method).uri(path).extension(self.ends);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    async fn send(&self, request: Request) -> Answer {
        let answer = self.app.clone().oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Answer { status: head.status.as_u16(), headers: head.headers, text: String::from_utf8(body.into()).unwrap() }
    }

    async fn page(&self) -> String {
        self.ask(Method::GET, page::PLACE, &[], "").await.text
    }

    /// The token of a form on the page.
    async fn token(&self, kind: Kind) -> String {
        token_in(&self.page().await, kind)
    }

    async fn post(&self, kind: Kind, body: &str) -> Answer {
        self.ask(Method::POST, &place(kind), &[("content-type", FORM)], body).await
    }

    /// As a person does: opens the page, fills the form in, presses the button; the clerk takes what comes.
    async fn fill(&mut self, kind: Kind, body: &str) -> (Answer, Option<Order>) {
        let body = format!("{body}&token={}", self.token(kind).await);
        self.press(kind, &body, Ok(())).await
    }

    async fn press(&mut self, kind: Kind, body: &str, says: Result<(), NotTaken>) -> (Answer, Option<Order>) {
        let app = self.app.clone();
        let request = axum::http::Request::builder().method(Method::POST).uri(place(kind)).extension(self.ends);
        let request = request.header(CONTENT_TYPE, FORM).body(Body::from(body.to_owned())).unwrap();
        let mut pressed = tokio::spawn(async move { app.oneshot(request).await.unwrap() });
        let (answer, order) = tokio::select! {
            Some(given) = self.clerk.given.recv() => {
                given.answer.send(says).unwrap();
                (pressed.await.unwrap(), Some(given.order))
            }
            answer = &mut pressed => (answer.unwrap(), None),
        };
        let (head, body) = answer.into_parts();
        let text = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().into()).unwrap();
        (Answer { status: head.status.as_u16(), headers: head.headers, text }, order)
    }

    /// Nothing has come to the counter.
    fn is_idle(&mut self) -> bool {
        self.clerk.given.try_recv().is_err()
    }
}

fn place(kind: Kind) -> String {
    format!("{}/{}", page::PLACE, kind.word())
}

fn token_in(page: &str, kind: Kind) -> String {
    let (_, form) =
        page.split_once(&format!("action=\"{}\"", place(kind))).unwrap_or_else(|| panic!("no {kind:?}: {page}"));
    let (_, value) = form.split_once("name=\"token\" value=\"").unwrap();
    value.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_order_that_is_taken_leads_to_the_status_page_and_names_the_card_that_was_looked_at() {
    let mut world = world(seat(None));
    let body = format!("slot=SD_DISK&passphrase={ENCODED}&again={ENCODED}&previous=");
    let (answer, order) = world.fill(Kind::Prepare, &body).await;
    assert_eq!((answer.status, &answer.headers[LOCATION]), (303, &SEEN_AT));
    let order = order.unwrap();
    assert_eq!((order.slot.as_str(), order.presence), ("SD_DISK", Some(Presence(7))));
    let Wanted::Prepare { passphrase, previous } = order.wanted else { panic!("{order:?}") };
    assert_eq!((passphrase.expose(), previous), (SECRET, None));
    let (_, order) = world.fill(Kind::Prepare, "slot=SD_DISK&passphrase=a&again=a&previous=b").await;
    let Wanted::Prepare { previous: Some(previous), .. } = order.unwrap().wanted else { panic!() };
    assert_eq!(previous.expose(), "b");
}

#[tokio::test]
async fn each_order_comes_to_the_counter_as_what_it_is() {
    for (kind, stand) in [
        (Kind::Keep, Wait::ChooseContent),
        (Kind::StartAgain, Wait::Stopped),
        (Kind::Cancel, Wait::Stopped),
        (Kind::TestAgain, Wait::NotWritable),
    ] {
        let seat = Seat { has_passphrase: true, can_cancel: true, ..seat(Some(Stand::Waits(stand))) };
        let mut world = world(seat);
        let (answer, order) = world.fill(kind, "slot=SD_DISK").await;
        assert_eq!(answer.status, 303, "{kind:?}: {}", answer.text);
        let wanted = order.unwrap().wanted;
        let same = matches!(
            (kind, &wanted),
            (Kind::Keep, Wanted::Keep)
                | (Kind::StartAgain, Wanted::StartAgain)
                | (Kind::Cancel, Wanted::Cancel)
                | (Kind::TestAgain, Wanted::TestAgain)
        );
        assert!(same, "{kind:?}: {wanted:?}");
    }
}

#[tokio::test]
async fn an_erase_needs_the_size_the_serial_number_and_a_passphrase() {
    let mut world = world(deciding());
    for (body, words) in [
        ("slot=SD_DISK&size=118+GB&serial=DB1F&passphrase=p&again=p", say::OTHER_SIZE),
        ("slot=SD_DISK&size=&serial=DB1F&passphrase=p&again=p", say::OTHER_SIZE),
        ("slot=SD_DISK&size=119+GB&serial=DB10&passphrase=p&again=p", say::OTHER_SERIAL),
        ("slot=SD_DISK&size=119+GB&serial=&passphrase=p&again=p", say::OTHER_SERIAL),
        ("slot=SD_DISK&size=119+GB&serial=ACCC8E27DB1F&passphrase=p&again=p", say::OTHER_SERIAL),
        ("slot=SD_DISK&size=119+GB&serial=DB1F", say::MISSING),
        ("slot=SD_DISK&size=119+GB&serial=DB1F&passphrase=p&again=q", say::NOT_THE_SAME),
        ("slot=SD_DISK&size=119+GB&serial=DB1F&passphrase=a%0Ab&again=a%0Ab", say::UNTYPABLE),
    ] {
        let (answer, order) = world.fill(Kind::Erase, body).await;
        assert_eq!((answer.status, order.is_none()), (422, true), "{body}");
        assert!(answer.text.contains(words) && answer.text.contains("aria-invalid"), "{body}: {}", answer.text);
        assert!(answer.text.contains("<details open>"), "what is wrong is in sight: {}", answer.text);
    }
    let (answer, order) = world.fill(Kind::Erase, ERASE).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert!(matches!(order.unwrap().wanted, Wanted::Erase { passphrase: Some(_) }));

    let known = Seat { has_passphrase: true, ..deciding() };
    world.clerk.seats.send_replace(vec![known]);
    let (answer, order) = world.fill(Kind::Erase, "slot=SD_DISK&size=119+GB&serial=DB1F").await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert!(matches!(order.unwrap().wanted, Wanted::Erase { passphrase: None }));
}

#[tokio::test]
async fn what_was_typed_stays_but_no_passphrase_comes_back() {
    let mut world = world(deciding());
    let body = format!("slot=SD_DISK&size=%22%3E%3Cscript%3E&serial=XY%26Z&passphrase={ENCODED}&again={ENCODED}");
    let (answer, _) = world.fill(Kind::Erase, &body).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("value=\"&quot;&gt;&lt;script&gt;\"") && answer.text.contains("value=\"XY&amp;Z\""));
    assert!(!answer.text.contains("<script") && !answer.text.contains("horse"), "{}", answer.text);
    let page = world.page().await;
    assert_eq!(page.matches("type=\"password\"").count(), page.matches("autocomplete=\"new-password\"").count());
}

#[tokio::test]
async fn a_passphrase_is_taken_up_to_512_bytes_however_it_is_written() {
    let mut world = world(seat(None));
    let longest = "%C3%B6".repeat(256);
    let (answer, order) = world
        .fill(Kind::Prepare, &format!("slot=SD_DISK&passphrase={longest}&again={longest}&previous={longest}"))
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let Wanted::Prepare { passphrase, .. } = order.unwrap().wanted else { panic!() };
    assert_eq!(passphrase.expose().len(), 512);
    let long = "x".repeat(513);
    let (answer, _) = world.fill(Kind::Prepare, &format!("slot=SD_DISK&passphrase={long}&again={long}")).await;
    assert!(answer.status == 422 && answer.text.contains(say::TOO_LONG), "{}", answer.text);
    let huge = "x".repeat(BODY_BYTES + 1);
    let (answer, _) = world.fill(Kind::Prepare, &format!("slot=SD_DISK&passphrase={huge}")).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_form_without_its_token_or_with_that_of_another_card_order_or_start_does_nothing() {
    let mut world = world(deciding());
    let keep = world.token(Kind::Keep).await;
    let elsewhere = world_of("1.6.0", vec![deciding()]).token(Kind::Erase).await;
    for token in ["", "0", &"0".repeat(32), &keep, &elsewhere] {
        let answer = world.post(Kind::Erase, &format!("{ERASE}&token={token}")).await;
        assert_eq!(answer.status, 403, "{token}");
        assert!(answer.text.contains(say::OLD_FORM.0) && answer.text.contains(say::ANEW));
    }
    assert_eq!(world.post(Kind::Erase, ERASE).await.status, 403, "none");
    let erase = world.token(Kind::Erase).await;
    assert_eq!(world.post(Kind::Erase, &ERASE.replace("SD_DISK", "SD_DISK2")).await.status, 403, "another slot");
    // Another card, of the same size, came in.
    world.clerk.seats.send_replace(vec![Seat { presence: Some(Presence(8)), ..deciding() }]);
    assert_eq!(world.post(Kind::Erase, &format!("{ERASE}&token={erase}")).await.status, 403);
    world.clerk.seats.send_replace(vec![Seat { presence: None, ..deciding() }]);
    assert_eq!(world.post(Kind::Erase, &format!("{ERASE}&token={erase}")).await.status, 403);
    assert!(world.is_idle(), "nothing came to the counter");
}

#[tokio::test]
async fn an_order_that_is_sent_twice_is_given_once() {
    let mut world = world(deciding());
    let body = format!("{ERASE}&token={}", world.token(Kind::Erase).await);
    let (answer, order) = world.press(Kind::Erase, &body, Ok(())).await;
    assert!(answer.status == 303 && order.is_some());
    let (answer, order) = world.press(Kind::Erase, &body, Ok(())).await;
    assert!(answer.status == 403 && order.is_none(), "{}", answer.text);
    // A form that was filled in wrongly can be mended.
    let body = format!("{ERASE}x&token={}", world.token(Kind::Erase).await);
    let (answer, _) = world.press(Kind::Erase, &body, Ok(())).await;
    let again = format!("{ERASE}&token={}", token_in(&answer.text, Kind::Erase));
    assert_eq!(world.press(Kind::Erase, &again, Ok(())).await.0.status, 303);
}

#[tokio::test]
async fn what_is_not_offered_now_is_not_taken_though_its_form_was_open() {
    let mut world = world(deciding());
    let token = world.token(Kind::Erase).await;
    for seat in [
        seat(Some(Stand::Working)),
        seat(Some(Stand::Ready)),
        Seat { card: Card { locked: true, ..card() }, ..deciding() },
    ] {
        world.clerk.seats.send_replace(vec![seat]);
        let answer = world.post(Kind::Erase, &format!("{ERASE}&token={token}")).await;
        assert!(answer.status == 409 && answer.text.contains(say::NOT_OFFERED), "{}", answer.text);
    }
    assert!(world.is_idle());
}

#[tokio::test]
async fn why_an_order_was_not_taken_stands_on_the_page() {
    for (why, status) in [
        (NotTaken::AnotherCard, 409),
        (NotTaken::NoSlot, 404),
        (NotTaken::Busy, 409),
        (NotTaken::NoPassphrase, 422),
        (NotTaken::NothingToCancel, 409),
        (NotTaken::NotNow, 503),
    ] {
        let mut world = world(deciding());
        let body = format!("slot=SD_DISK&token={}", world.token(Kind::Keep).await);
        let (answer, _) = world.press(Kind::Keep, &body, Err(why)).await;
        assert_eq!(answer.status, status, "{why:?}");
        assert!(
            answer.text.contains(&*say::not_taken(why, None)) && answer.text.contains("role=\"alert\""),
            "{}",
            answer.text
        );
    }
}

#[tokio::test]
async fn another_site_s_page_orders_nothing() {
    let mut world = world(deciding());
    let body = format!("slot=SD_DISK&token={}", world.token(Kind::Keep).await);
    for (origin, site) in [
        ("https://evil.example", "cross-site"),
        ("null", "same-origin"),
        ("http://192.0.2.21", "same-site"),
        ("http://127.0.0.1:18461", "same-origin"),
    ] {
        let headers = [
            ("content-type", FORM),
            ("host", "127.0.0.1:18461"),
            ("x-forwarded-host", "192.0.2.21"),
            ("origin", origin),
            ("sec-fetch-site", site),
        ];
        let answer = world.ask(Method::POST, &place(Kind::Keep), &headers, &body).await;
        assert!(answer.status == 403 && answer.text.contains(say::OTHER_SITE.0), "{origin} {site}");
    }
    for kind in ["text/plain", "multipart/form-data; boundary=x", "application/json", ""] {
        let answer = world.ask(Method::POST, &place(Kind::Keep), &[("content-type", kind)], &body).await;
        assert_eq!(answer.status, 415, "{kind}");
    }
    assert!(world.is_idle());
}

#[tokio::test]
async fn who_cannot_be_told_is_refused_whatever_is_asked() {
    let world = world(deciding());
    for (method, path) in [(Method::GET, page::PLACE.to_owned()), (Method::POST, place(Kind::Erase))] {
        let request = axum::http::Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = world.send(request).await;
        assert_eq!(answer.status, 403);
        assert!(answer.text.contains(say::NOBODY_KNOWS.0) && !answer.text.contains("name=\"token\""));
    }
}

#[tokio::test]
async fn a_get_changes_nothing_and_leads_to_the_page() {
    let mut world = world(deciding());
    let token = world.token(Kind::Erase).await;
    for path in [format!("{}?{ERASE}&token={token}", place(Kind::Erase)), "/local/c2c/control".into()] {
        let answer = world.ask(Method::GET, &path, &[], "").await;
        assert_eq!((answer.status, &answer.headers[LOCATION]), (303, &PAGE), "{path}");
    }
    assert_eq!(
        world.ask(Method::POST, "/local/c2c/control/card/format", &[("content-type", FORM)], "").await.status,
        404
    );
    for method in [Method::PUT, Method::DELETE] {
        assert_eq!(world.ask(method, &place(Kind::Erase), &[], ERASE).await.status, 405);
    }
    assert!(world.is_idle());
}

#[tokio::test]
async fn versions_without_a_card_have_no_orders() {
    let world = world_of("1.5.0", vec![deciding()]);
    for (method, path) in [(Method::GET, page::PLACE.to_owned()), (Method::POST, place(Kind::Erase))] {
        let answer = world.ask(method, &path, &[("content-type", FORM)], ERASE).await;
        assert_eq!(answer.status, 404);
    }
}

#[tokio::test]
async fn every_answer_is_guarded_and_none_is_kept() {
    let world = world(deciding());
    for answer in [world.ask(Method::GET, page::PLACE, &[], "").await, world.post(Kind::Keep, "slot=SD_DISK").await] {
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("form-action 'self'") && policy.contains("default-src 'none'"), "{policy}");
        assert_eq!(answer.headers["cache-control"], "no-store");
        // Else browsers send `Origin: null` with each form.
        assert_eq!(answer.headers["referrer-policy"], "same-origin");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn the_page_is_calm_where_nothing_can_be_ordered() {
    for (seats, words) in [
        (vec![], say::NOT_READ),
        (vec![Seat { presence: None, ..seat(None) }], say::NO_CARD),
        (vec![seat(Some(Stand::Working))], say::AT_WORK),
        (vec![Seat { card: Card { locked: true, ..card() }, ..seat(None) }], say::CANNOT_WRITE),
    ] {
        let page = world_of("1.6.0", seats).page().await;
        assert!(page.contains(words), "{words}: {page}");
        assert!(!page.contains("type=\"password\"") && !page.contains("data-order=\"erase\""), "{page}");
    }
}

#[tokio::test]
async fn two_slots_have_forms_of_their_own() {
    let second = Seat { slot: "SD_DISK2".into(), card: Card { slot: "SD_DISK2".into(), ..card() }, ..seat(None) };
    let mut world = world_of("1.6.0", vec![deciding(), second]);
    let page = world.page().await;
    assert!(page.contains("Second SD card") && page.contains("data-order=\"keep\""), "{page}");
    let ids: Vec<_> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    let body = format!("slot=SD_DISK2&passphrase=a&again=a&token={}", token_in(&page, Kind::Prepare));
    let (answer, order) = world.press(Kind::Prepare, &body, Ok(())).await;
    assert_eq!((answer.status, order.unwrap().slot.as_str()), (303, "SD_DISK2"));
}
