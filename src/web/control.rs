//! The administrator's orders: forms, and the way from a form to the counter of [`crate::jobs::orders`].
//!
//! | path | answer |
//! |---|---|
//! | `GET /local/c2c/control/card` | the page of forms |
//! | `POST /local/c2c/control/card/ORDER` | 303 to the status page when the order was taken, else the page again |
//! | `GET /local/c2c/control`, `GET /local/c2c/control/card/ORDER` | 303 to the page of forms |
//!
//! `ORDER` is `prepare`, `keep`, `erase`, `start-again`, `cancel` or `test-again`. The camera's web server lets
//! administrators come here. What it cannot keep out is kept out here, in this order: other applications on the camera
//! ([`crate::peer`]), pages of other sites ([`origin`]), what is no form of ours ([`form`]), and a form that was made for
//! another card, was used, or is of an earlier start (`tokens`). GET changes nothing.
//!
//! A passphrase comes in the body of a POST alone, and stays in a `Secret`: it is in no log, no page and no error. Copies
//! that the HTTP library made of the body are not wiped.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axsdk::Secret;
use axum::Router;
use axum::body::{self, Body};
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http_body_util::LengthLimitError;

use crate::collect::Looker;
use crate::jobs::offers::{self, Kind};
use crate::jobs::orders::{Counter, NotTaken, Order};
use crate::peer::{self, Ends, Peer};
use crate::portal;
use crate::snapshot::Snapshot;
use crate::web;
use crate::web::page::control::{self as page, Place, Refused};
use crate::web::words::control as say;

pub mod claim;
pub mod form;
pub mod origin;
mod tokens;

use tokens::Tokens;

/// Room for three passphrases of 512 bytes, each byte written as three, and the rest of a form.
const BODY_BYTES: usize = 6 << 10;
/// A form comes whole within this time.
const BODY_TIME: Duration = Duration::from_secs(10);
/// Where what was ordered is seen.
const SEEN_AT: HeaderValue = HeaderValue::from_static("/local/c2c/status#card");
const PAGE: HeaderValue = HeaderValue::from_static(page::PLACE);
/// Not `no-referrer`: with that browsers send `Origin: null` with each form.
const OWN_REFERRER: HeaderValue = HeaderValue::from_static("same-origin");
const FORM: &str = "application/x-www-form-urlencoded";

/// What the routes need.
#[derive(Debug)]
struct Desk {
    counter: Counter,
    looker: Looker,
    tokens: Tokens,
}

/// Why nothing was ordered.
enum Denied {
    /// It was not looked at as an order.
    Refused(StatusCode, say::Refusal),
    /// The page again, with what is wrong.
    Wrong(StatusCode, Refused),
}

/// All routes.
pub(super) fn routes(counter: Counter, looker: Looker) -> Router {
    let desk = Arc::new(Desk { counter, looker, tokens: Tokens::default() });
    // A proxy target that ends in a slash doubles the first one.
    ["", "/"]
        .iter()
        .fold(Router::new(), |router, slash| {
            let page = format!("{slash}{}", page::PLACE);
            router
                .route(page.trim_end_matches("/card"), get(back))
                .route(&page, get(show))
                .route(&format!("{page}/{{order}}"), get(back).post(give))
        })
        .layer(middleware::from_fn(guard))
        .with_state(desk)
}

/// The routes about the portal.
pub(super) fn portal_routes(counter: portal::Counter, looker: Looker) -> Router {
    claim::routes(counter, looker).layer(middleware::from_fn(guard))
}

/// Answers the camera's web server and other users of the system, no application.
async fn guard(request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Ends>().map_or(Peer::Unknown, |ends| peer::look(*ends));
    let mut response = match peer {
        Peer::System => next.run(request).await,
        Peer::Application(user) => {
            log::warn!("control: refused: the application of user {user} asked");
            refuse(StatusCode::FORBIDDEN, say::APPLICATION)
        }
        Peer::Unknown => {
            log::warn!("control: refused: the camera does not tell who asked");
            refuse(StatusCode::FORBIDDEN, say::NOBODY_KNOWS)
        }
    };
    response.headers_mut().insert(REFERRER_POLICY, OWN_REFERRER);
    response
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
        Ok(()) => see_other(SEEN_AT),
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

impl Desk {
    fn places(&self, snapshot: &Snapshot) -> Vec<Place> {
        let place = |seat| {
            let broken_off = offers::broken_off(&seat, snapshot);
            let seen = seat.presence.map(|presence| presence.0);
            let token = |kind: Kind| Some((kind, self.tokens.issue(&seat.slot, kind.word(), seen)?));
            let forms = offers::offers(&seat, broken_off).into_iter().filter_map(token).collect();
            Place { seat, broken_off, forms }
        };
        self.counter.seats().into_iter().map(place).collect()
    }

    fn page(&self, status: StatusCode, snapshot: &Snapshot, refused: Option<&Refused>) -> Response {
        web::html(status, page::render(snapshot, &self.places(snapshot), refused))
    }

    async fn order(&self, kind: Kind, headers: &HeaderMap, body: Body) -> Result<(), Denied> {
        if !origin::is_own(headers) {
            return Err(Denied::Refused(StatusCode::FORBIDDEN, say::OTHER_SITE));
        }
        let text = receive(headers, body, BODY_BYTES).await.map_err(|(status, why)| Denied::Refused(status, why))?;
        let no_form = || Denied::Refused(StatusCode::BAD_REQUEST, say::NO_FORM);
        let filled = form::read(text.expose()).ok_or_else(no_form)?;
        let snapshot = self.looker.look().await;
        let old = || Denied::Refused(StatusCode::FORBIDDEN, say::OLD_FORM);
        let seat = self.counter.seats().into_iter().find(|seat| seat.slot == filled.slot).ok_or_else(old)?;
        let token = filled.token.clone();
        let seen = seat.presence.map(|presence| presence.0);
        if !self.tokens.holds(&seat.slot, kind.word(), seen, &token) {
            return Err(old());
        }
        let (size, serial) = (filled.size.clone(), filled.serial.clone());
        let wrong = |status, field, words: Cow<'static, str>| {
            Denied::Wrong(status, Refused { slot: seat.slot.clone(), kind, field, words, size, serial })
        };
        if !offers::offers(&seat, offers::broken_off(&seat, &snapshot)).contains(&kind) {
            return Err(wrong(StatusCode::CONFLICT, None, say::NOT_OFFERED.into()));
        }
        let camera = snapshot.identity.last().map(|identity| identity.serial.as_str());
        let wanted = match form::check(kind, filled, &seat, camera) {
            Ok(wanted) => wanted,
            Err((field, words)) => return Err(wrong(StatusCode::UNPROCESSABLE_ENTITY, field, words.into())),
        };
        // From here on a second press of the same button finds nothing that holds.
        if !self.tokens.take(&seat.slot, kind.word(), seen, &token) {
            return Err(old());
        }
        log::info!("control: {} is ordered for {}", kind.word(), seat.slot);
        let order = Order { slot: seat.slot.clone(), presence: seat.presence, wanted };
        self.counter.give(order).await.map_err(|why| {
            let now = self.looker.latest();
            let running = now.jobs.iter().flatten().find(|job| job.prepares() && job.disk.as_ref() == Some(&seat.slot));
            wrong(status(why), None, say::not_taken(why, running))
        })
    }
}

/// The form that was sent, of so many bytes at most.
async fn receive(headers: &HeaderMap, body: Body, most: usize) -> Result<Secret, (StatusCode, say::Refusal)> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).and_then(|kind| kind.split(';').next());
    if !kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM)) {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, say::NO_FORM));
    }
    let bytes = match tokio::time::timeout(BODY_TIME, body::to_bytes(body, most)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => {
            let too_much = error.into_inner().is::<LengthLimitError>();
            let cut = (StatusCode::BAD_REQUEST, say::TOO_SLOW);
            return Err(if too_much { (StatusCode::PAYLOAD_TOO_LARGE, say::TOO_MUCH) } else { cut });
        }
        Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, say::TOO_SLOW)),
    };
    String::from_utf8(bytes.into()).map(Secret::new).map_err(|_| (StatusCode::BAD_REQUEST, say::NO_FORM))
}

fn status(why: NotTaken) -> StatusCode {
    match why {
        NotTaken::AnotherCard | NotTaken::Busy | NotTaken::NothingToCancel => StatusCode::CONFLICT,
        NotTaken::NoSlot => StatusCode::NOT_FOUND,
        NotTaken::NoPassphrase => StatusCode::UNPROCESSABLE_ENTITY,
        NotTaken::NotNow => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn refuse(status: StatusCode, why: say::Refusal) -> Response {
    web::html(status, page::refusal(why))
}

fn see_other(to: HeaderValue) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}

#[cfg(test)]
mod tests;
