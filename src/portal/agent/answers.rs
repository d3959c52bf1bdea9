//! What follows from the portal's answers.

use std::io;
use std::sync::Arc;

use super::{Agent, Due, News};
use crate::clock;
use crate::portal::Offer;
use crate::portal::documents::{Claims, Desired, Notice};
use crate::portal::key::Jwk;
use crate::portal::memory::{Claimed, Kept, Registration};
use crate::portal::session::{Registered, Session};
use crate::portal::wishes::{Standing, Wishes};
use crate::snapshot::claim::{Released, Unclaimed};
use crate::snapshot::cut;

/// A code is replaced so long before it expires, in seconds.
const BEFORE_EXPIRY: i64 = 30;
/// So many notices are kept.
const NOTICES: usize = 20;
/// Of each so many characters.
const NOTICE_CHARS: usize = 300;

impl Agent {
    /// What follows from an answer.
    pub(super) fn learn(&mut self, news: News, session: &mut Session, kept: &mut Kept) -> io::Result<()> {
        match news {
            News::Discovered => {
                // Registered with a key that was followed already, it would be another camera for its portal.
                let asks_first = self.next_key.is_some() && kept.memory().registration.is_some();
                self.due = if asks_first { Due::Claims } else { Due::Registration };
            }
            News::Registered(answer) => {
                if self.token.take().is_some() && !answer.took_the_token() {
                    log::warn!("portal: the one-time token was refused");
                }
                let reason = unclaimed(&answer.reason);
                kept.change(|memory| {
                    let same = memory.registration.as_ref().is_some_and(|known| known.device_id == answer.device_id);
                    match &mut memory.registration {
                        Some(known) if same => known.reason = reason,
                        registration => *registration = Some(Registration::new(answer.device_id.clone(), reason)),
                    }
                })?;
                let signing_key = session.discovery.as_ref().and_then(|found| found.signing_keys.first());
                let signing_key = signing_key.map(Jwk::id).unwrap_or_default();
                self.offer(offer(*answer, signing_key, kept.memory().key_id.clone()));
                self.no_code = self.code.is_none();
                self.due = Due::Release;
            }
            News::Released => {
                kept.change(|memory| {
                    _ = memory.registration.as_mut().and_then(|registration| registration.to_release.take());
                })?;
                session.forget_claims();
                // Claimed there until now, the camera was given no code.
                self.no_code = false;
                self.due = Due::Claims;
            }
            News::Claims(claims) => self.take(claims, session, kept)?,
            News::Followed(followed) => self.followed(*followed, session, kept)?,
            News::Desired(desired) => {
                kept.change(|memory| {
                    let claim = memory.registration.as_mut().and_then(|registration| registration.claim.as_mut());
                    if let Some(claim) = claim.filter(|claim| claim.membership.claim_id == desired.claim_id) {
                        claim.wishes = desired.generation;
                        claim.name = desired.name.as_deref().map(name).filter(|name| !name.is_empty());
                        claim.notices = notices(&desired.notices);
                        claim.report_seconds = desired.report.map(|report| report.interval_seconds.clamp(60, 86_400));
                    }
                })?;
                self.wish(&desired, session, kept);
                self.due = Due::Claims;
                self.wish_key(desired.key.map(|key| key.generation), session)?;
            }
        }
        Ok(())
    }

    /// Hands on what is wished.
    fn wish(&self, desired: &Desired, session: &Session, kept: &Kept) {
        let Some(registration) = &kept.memory().registration else { return };
        let is_ours = |claim: &Claimed| claim.membership.claim_id == desired.claim_id;
        if !registration.claim.as_ref().is_some_and(is_ours) {
            return;
        }
        let wishes = Wishes::open(desired, &registration.device_id, &session.place().key);
        self.clerk.standing.send_replace(Standing::Claimed(Arc::new(wishes)));
    }

    /// Hands on that there is no claim.
    pub(super) fn wish_nothing(&self) {
        self.clerk.standing.send_if_modified(|standing| {
            !matches!(std::mem::replace(standing, Standing::Unclaimed), Standing::Unclaimed)
        });
    }

    /// What of the wishes this app does not know.
    pub(super) fn ignored(&self) -> Vec<String> {
        match &*self.clerk.standing.borrow() {
            Standing::Claimed(wishes) => wishes.ignored.clone(),
            Standing::Unknown | Standing::Unclaimed => Vec::new(),
        }
    }

    /// Its wishes were handed on since the start of the app.
    fn has_wishes(&self, claim: &Claimed) -> bool {
        let standing = self.clerk.standing.borrow();
        matches!(&*standing, Standing::Claimed(wishes) if wishes.claim_id == claim.membership.claim_id)
    }

    /// Takes in a claim list.
    pub(super) fn take(&mut self, claims: Option<Claims>, session: &Session, kept: &mut Kept) -> io::Result<()> {
        self.due = Due::Claims;
        let Some(claims) = claims else {
            if self.code.is_some_and(|until| clock::now().unix() > until.unix() - BEFORE_EXPIRY) {
                self.due = Due::Registration;
            } else if self.wants_key(session) {
                // It was told in vain: once more, no sooner than the portal holds a question.
                self.due = Due::Key;
            }
            return Ok(());
        };
        let fresh = session.discovery.as_ref().map(|found| found.signing_keys.clone()).unwrap_or_default();
        let sealing_key = session.discovery.as_ref().and_then(|found| found.sealing_key.clone());
        let reason = |kept: &Kept| kept.memory().registration.as_ref().map(|registration| registration.reason);
        let before = (kept.memory().claim().map(|claim| claim.membership.clone()), reason(kept));
        kept.change(|memory| {
            let Some(registration) = &mut memory.registration else { return };
            registration.generation = claims.generation;
            registration.reason = claims.reason.as_deref().map_or(registration.reason, unclaimed);
            let ended = registration.to_release.clone();
            let now = claims.membership().filter(|membership| Some(&membership.claim_id) != ended.as_ref());
            // A claim that follows another one at the same portal is signed and sealed with what was pinned.
            let pinned =
                registration.claim.as_ref().map(|claim| (claim.signing_keys.clone(), claim.sealing_key.clone()));
            let (signing_keys, sealing_key) = pinned.unwrap_or((fresh, sealing_key));
            registration.claim = now.map(|membership| {
                let kept = registration.claim.take().filter(|claim| claim.membership.claim_id == membership.claim_id);
                let keys = claims.signing_keys.clone();
                match kept {
                    Some(claim) => {
                        Claimed { signing_keys: keys.unwrap_or(claim.signing_keys.clone()), membership, ..claim }
                    }
                    None => Claimed::new(membership, keys.unwrap_or(signing_keys), sealing_key),
                }
            });
            if registration.claim.is_none() && ended.is_none() {
                registration.released = claims.released.clone().map(Released::from).or(registration.released.take());
            }
        })?;
        let claim = kept.memory().claim();
        if (claim.map(|claim| &claim.membership), reason(kept)) != (before.0.as_ref(), before.1) {
            self.no_code = false;
        }
        if claim.map(|claim| &claim.membership) != before.0.as_ref() {
            match claim {
                Some(claim) => log::info!("portal: claimed by {}", claim.membership.organisation),
                None => log::info!("portal: the claim has ended"),
            }
        }
        match claim {
            Some(claim) => {
                self.offer(None);
                let wished = claims.claims.first().map_or(0, |listed| listed.desired);
                if wished > claim.wishes || !self.has_wishes(claim) {
                    self.due = Due::Desired;
                }
            }
            None => self.want_code(reason(kept)),
        }
        Ok(())
    }

    /// Asks for a code where there is none: while a camera is claimed it has none. Once, for a portal need not give one.
    fn want_code(&mut self, reason: Option<Unclaimed>) {
        // It was entered, and opens nothing any more.
        if reason == Some(Unclaimed::Pending) {
            self.offer(None);
        }
        if self.code.is_none() && !self.no_code {
            self.due = Due::Registration;
        }
    }
}

fn unclaimed(reason: &str) -> Unclaimed {
    match reason {
        "unclaimed" | "" | "claimed" => Unclaimed::Nobody,
        "confirmation" => Unclaimed::Confirmation,
        "pending" => Unclaimed::Pending,
        _ => Unclaimed::Other,
    }
}

/// A name that can be shown: no control characters, 64 characters at most.
fn name(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(64).collect::<String>().trim().to_owned()
}

/// What is kept of notices: at most 20, none longer than a notice may be.
fn notices(notices: &[Notice]) -> Vec<Notice> {
    let kept = |notice: &Notice| {
        let notice_id = notice.notice_id.chars().filter(char::is_ascii_graphic).take(64).collect();
        Notice { notice_id, text: cut(notice.text.trim(), NOTICE_CHARS), ..notice.clone() }
    };
    notices.iter().filter(|notice| !notice.text.trim().is_empty()).take(NOTICES).map(kept).collect()
}

fn offer(answer: Registered, signing_key: String, own_key: String) -> Option<Offer> {
    let seconds = i64::try_from(answer.expires_in?.min(86_400 * 30)).ok()?;
    Some(Offer {
        user_code: answer.user_code?,
        verification_uri: answer.verification_uri?,
        verification_uri_complete: answer.verification_uri_complete,
        until: clock::Timestamp::from_unix(clock::now().unix() + seconds),
        signing_key,
        own_key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::documents::Severity;

    #[test]
    fn of_notices_so_many_are_kept_and_of_each_no_more_than_anybody_reads() {
        let notice =
            |id: &str, text: String| Notice { notice_id: id.to_owned(), severity: Severity::Error, text, until: None };
        let mut all = vec![notice("a\n\u{7}b", "x".repeat(1_000)), notice("empty", " \n".to_owned())];
        all.extend((0..50).map(|_| notice("c", "y".to_owned())));
        let kept = notices(&all);
        assert_eq!((kept.len(), kept[0].notice_id.as_str(), kept[0].text.chars().count()), (20, "ab", 301));
        assert!(kept.iter().all(|notice| notice.notice_id != "empty"));
    }
}
