//! The administrator's orders about the portal, and the code by which the camera is claimed.
//!
//! | path | answer |
//! |---|---|
//! | `GET /local/c2c/control/claim` | the page: how it stands, the code, the forms |
//! | `POST /local/c2c/control/claim/ORDER` | 303 to that page when the order was taken, else the page again |
//! | `GET /local/c2c/control/claim/ORDER` | 303 to that page |
//!
//! `ORDER` is `confirm`, `token`, `release`, `test-again`, `begin-anew` or `hand-over`. The code stands here alone: in no snapshot, no
//! stream and no log.

use std::sync::Arc;

use axsdk::Secret;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;

use super::tokens::Tokens;
use super::{form, origin, receive, refuse, see_other};
use crate::clock;
use crate::collect::Looker;
use crate::portal::address::{Address, NoAddress};
use crate::portal::offers::{self, Kind};
use crate::portal::{Counter, NotTaken, Wanted, trust};
use crate::snapshot::Snapshot;
use crate::web;
use crate::web::page::claim::{self as page, Field, Refused, View};
use crate::web::page::control::serial_end;
use crate::web::words::portal as say;
use crate::web::words::{self, control};

/// Room for a chain of certificates.
const BODY_BYTES: usize = 48 << 10;
const PAGE: HeaderValue = HeaderValue::from_static(page::PLACE);
/// Of tokens: no slot is called so.
const PORTAL: &str = "portal";

/// What the routes need.
#[derive(Debug)]
struct Desk {
    counter: Counter,
    looker: Looker,
    tokens: Tokens,
}

enum Denied {
    Refused(StatusCode, control::Refusal),
    Wrong(StatusCode, Refused),
}

/// What was filled in.
struct Filled {
    token: String,
    address: String,
    ca: String,
    once: Secret,
    serial: String,
}

/// All routes.
pub(super) fn routes(counter: Counter, looker: Looker) -> Router {
    let desk = Arc::new(Desk { counter, looker, tokens: Tokens::default() });
    let add = |router: Router<Arc<Desk>>, slash: &&str| {
        let page = format!("{slash}{}", page::PLACE);
        router.route(&page, get(show)).route(&format!("{page}/{{order}}"), get(back).post(give))
    };
    ["", "/"].iter().fold(Router::new(), add).with_state(desk)
}

async fn back() -> Response {
    see_other(PAGE)
}

async fn show(State(desk): State<Arc<Desk>>) -> Response {
    let snapshot = desk.looker.look().await;
    desk.page(StatusCode::OK, &snapshot, None)
}

async fn give(State(desk): State<Arc<Desk>>, Path(order): Path<String>, uri: Uri, request: Request) -> Response {
    let Some(kind) = Kind::of(&order) else { return web::missing(uri).await };
    let (head, body) = request.into_parts();
    match desk.order(kind, &head.headers, body).await {
        Ok(()) => see_other(PAGE),
        Err(Denied::Refused(status, why)) => {
            log::warn!("control: {}: refused: {}", kind.word(), why.0);
            refuse(status, why)
        }
        Err(Denied::Wrong(status, refused)) => {
            log::info!("control: {}: not taken: {}", kind.word(), refused.words);
            desk.page(status, &desk.looker.latest(), Some(&refused))
        }
    }
}

fn read(body: &Secret) -> Option<Filled> {
    let [token, address, ca, once, serial] = form::fields(body.expose(), ["token", "address", "ca", "once", "serial"])?;
    Some(Filled { token, address, ca, once: Secret::new(once), serial })
}

impl Desk {
    fn page(&self, status: StatusCode, snapshot: &Snapshot, refused: Option<&Refused>) -> Response {
        let token = |kind: Kind| Some((kind, self.tokens.issue(PORTAL, kind.word(), None)?));
        let forms = offers::offers(&snapshot.claim, snapshot.account).into_iter().filter_map(token).collect();
        let offer = self.counter.offer().filter(|offer| offer.until > clock::now());
        web::html(status, page::render(snapshot, &View { offer, forms }, refused))
    }

    async fn order(&self, kind: Kind, headers: &HeaderMap, body: Body) -> Result<(), Denied> {
        if !origin::is_own(headers) {
            return Err(Denied::Refused(StatusCode::FORBIDDEN, control::OTHER_SITE));
        }
        let text = receive(headers, body, BODY_BYTES).await.map_err(|(status, why)| Denied::Refused(status, why))?;
        let no_form = || Denied::Refused(StatusCode::BAD_REQUEST, control::NO_FORM);
        let filled = read(&text).ok_or_else(no_form)?;
        let snapshot = self.looker.look().await;
        if !self.tokens.take(PORTAL, kind.word(), None, &filled.token) {
            return Err(Denied::Refused(StatusCode::FORBIDDEN, say::OLD_FORM));
        }
        let (address, ca) = (filled.address.clone(), filled.ca.clone());
        let wrong =
            |status, field, words: &'static str| Denied::Wrong(status, Refused { kind, field, words, address, ca });
        let serial = snapshot.identity.last().map(|identity| identity.serial.as_str());
        let wanted = match check(kind, filled, serial) {
            Ok(wanted) => wanted,
            Err((field, words)) => return Err(wrong(StatusCode::UNPROCESSABLE_ENTITY, Some(field), words)),
        };
        log::info!("control: {} is ordered for the portal", kind.word());
        self.counter.give(wanted).await.map_err(|why| wrong(status(why), None, say::not_taken(why)))
    }
}

/// The order, or the field that is wrong with what is to be said of it. `serial` is the camera's.
fn check(kind: Kind, filled: Filled, serial: Option<&str>) -> Result<Wanted, (Field, &'static str)> {
    Ok(match kind {
        Kind::Confirm => {
            let address = Address::read(&filled.address).map_err(|why| (Field::Address, no_address(why)))?;
            let ca = Some(filled.ca.trim().to_owned()).filter(|ca| !ca.is_empty());
            if ca.as_deref().is_some_and(|ca| trust::read_ca(ca).is_err()) {
                return Err((Field::Ca, say::NO_CERTIFICATE));
            }
            Wanted::Confirm { address, ca }
        }
        Kind::Token => Wanted::Token(filled.once),
        Kind::Release => {
            let end = serial.and_then(serial_end).ok_or((Field::Serial, words::control::NO_SERIAL))?;
            if !filled.serial.trim().eq_ignore_ascii_case(end) {
                return Err((Field::Serial, words::control::OTHER_SERIAL));
            }
            Wanted::Release
        }
        Kind::TestAgain => Wanted::TestAgain,
        Kind::BeginAnew => Wanted::BeginAnew,
        Kind::HandOver => Wanted::HandOver,
    })
}

fn no_address(why: NoAddress) -> &'static str {
    match why {
        NoAddress::Garbled => say::NO_ADDRESS,
        NoAddress::TooMuch => say::ADDRESS_TOO_MUCH,
        NoAddress::Plain => say::ADDRESS_PLAIN,
    }
}

fn status(why: NotTaken) -> StatusCode {
    match why {
        NotTaken::Claimed
        | NotTaken::NotClaimed
        | NotTaken::NoPortal
        | NotTaken::Readable
        | NotTaken::NoAccount
        | NotTaken::OnlyAdministrator => StatusCode::CONFLICT,
        NotTaken::NoToken => StatusCode::UNPROCESSABLE_ENTITY,
        NotTaken::NotWritten => StatusCode::INTERNAL_SERVER_ERROR,
        NotTaken::NotNow => StatusCode::SERVICE_UNAVAILABLE,
    }
}
