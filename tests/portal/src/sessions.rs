//! Who is logged in: a random word in a cookie, its digest in memory. A restart logs everybody out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use cookie::{Cookie, SameSite};

use crate::clock::{self, Moment};
use crate::store::people::Operator;
use crate::text;

const NAME: &str = "c2c-portal";
/// A session ends after so many seconds, and earlier when it was not used for a while.
const LIFETIME: Moment = 12 * 3600;
const IDLE: Moment = 4 * 3600;

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

#[derive(Debug, Clone)]
struct Session {
    operator: Operator,
    csrf: String,
    begun: Moment,
    used: Moment,
}

/// Who asks for a page.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    pub(crate) operator: Operator,
    /// The token that this session's forms bring back.
    pub(crate) csrf: String,
}

impl Sessions {
    /// Begins a session; answers the cookie.
    pub(crate) fn begin(&self, operator: Operator, is_https: bool) -> Cookie<'static> {
        let word = text::encode(&text::random::<32>());
        let now = clock::now();
        let session = Session { operator, csrf: text::encode(&text::random::<24>()), begun: now, used: now };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, session| session.holds(now));
        all.insert(text::sha256(word.as_bytes()), session);
        Cookie::build((NAME, word)).path("/").http_only(true).same_site(SameSite::Strict).secure(is_https).build()
    }

    /// Ends the session of a request.
    pub(crate) fn end(&self, headers: &HeaderMap) {
        if let Some(mark) = mark(headers) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&mark);
        }
    }

    /// Who asks, if the session still holds.
    pub(crate) fn find(&self, headers: &HeaderMap) -> Option<Viewer> {
        let (mark, now) = (mark(headers)?, clock::now());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let session = all.get_mut(&mark).filter(|session| session.holds(now))?;
        session.used = now;
        Some(Viewer { operator: session.operator.clone(), csrf: session.csrf.clone() })
    }
}

impl Session {
    fn holds(&self, now: Moment) -> bool {
        now < self.begun + LIFETIME && now < self.used + IDLE
    }
}

fn mark(headers: &HeaderMap) -> Option<[u8; 32]> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|text| text.to_str().ok());
    let mut cookies = texts.flat_map(|text| Cookie::split_parse(text).flatten());
    cookies.find(|cookie| cookie.name() == NAME).map(|cookie| text::sha256(cookie.value().as_bytes()))
}
