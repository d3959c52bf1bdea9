//! Login at the front: Digest MD5 and Basic, as Apache's `mod_auth_digest` and `mod_auth_basic` do it.
//!
//! The nonce has the form recorded from AXIS OS 12.11: 12 characters base64 of the time in microseconds (8 bytes,
//! little-endian), then 40 hexadecimal ones of a keyed SHA-1. It lives 300 seconds (Apache's default; the camera's
//! own figure is unknown) and may be used again within that time; the count `nc` is not checked, as in Apache
//! without shared memory. The order of the checks was seen in Apache 2.4: another target in `uri` is a bad request,
//! a wrong password is refused without `stale` whatever the nonce, a right one with a bad nonce is `stale`.

use std::fmt::Write;

use axum::http::{Method, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use digest_auth::{Algorithm, AlgorithmType, AuthContext, AuthorizationHeader, HttpMethod, Qop};
use sha1::{Digest, Sha1};

use crate::access::Account;

/// How long a nonce is taken, in microseconds.
pub const NONCE_LIFE_MICROS: u64 = 300_000_000;
/// Characters of the nonce before its hash.
const TIME_CHARACTERS: usize = 12;
/// Characters of the whole nonce.
const NONCE_CHARACTERS: usize = 52;

/// What came of the credentials of one request.
#[derive(Debug)]
pub enum Verdict {
    /// They are this account's; the second is the header `Authentication-Info` (Digest only).
    Known(Account, Option<String>),
    /// None were sent.
    Absent,
    /// Not right: ask again.
    Wrong,
    /// Right, with a nonce that is too old or not ours: ask again, saying so.
    Stale,
    /// They are for another target: status 400.
    Misplaced,
}

/// Makes nonces and knows them again; a new secret (a reboot) makes all old ones stale.
#[derive(Debug)]
pub struct Nonces {
    secret: [u8; 20],
    realm: String,
}

impl Nonces {
    /// A fresh secret for this realm.
    #[must_use]
    pub fn new(realm: &str) -> Self {
        Self { secret: rand::random(), realm: realm.to_owned() }
    }

    /// A nonce of this moment.
    #[must_use]
    pub fn issue(&self, now_micros: u64) -> String {
        let time = now_micros.to_le_bytes();
        let mut nonce = BASE64.encode(time);
        let hash = Sha1::new().chain_update(self.secret).chain_update(time).chain_update(&self.realm).finalize();
        for byte in hash {
            let _never = write!(nonce, "{byte:02x}");
        }
        nonce
    }

    /// Whether the nonce is ours, not from the future and not too old.
    #[must_use]
    pub fn is_fresh(&self, nonce: &str, now_micros: u64) -> bool {
        let Some(time) = nonce.get(..TIME_CHARACTERS).and_then(|text| BASE64.decode(text).ok()) else { return false };
        let Ok(time) = <[u8; 8]>::try_from(time) else { return false };
        let time = u64::from_le_bytes(time);
        self.issue(time) == nonce && time <= now_micros && now_micros - time <= NONCE_LIFE_MICROS
    }

    /// The header `WWW-Authenticate`, in Apache's order.
    #[must_use]
    pub fn challenge(&self, now_micros: u64, stale: bool) -> String {
        let stale = if stale { ", stale=true" } else { "" };
        format!(
            r#"Digest realm="{}", nonce="{}", algorithm=MD5{stale}, qop="auth""#,
            self.realm,
            self.issue(now_micros)
        )
    }

    /// Judges the header `Authorization` of a request for `target` (path and query as sent).
    #[must_use]
    pub fn judge(&self, header: &str, method: &Method, target: &str, accounts: &[Account], now_micros: u64) -> Verdict {
        let Ok(sent) = AuthorizationHeader::parse(header) else { return Verdict::Wrong };
        if !scheme_is(header, "Digest") || sent.nonce.len() != NONCE_CHARACTERS || sent.realm != self.realm {
            return Verdict::Wrong;
        }
        if sent.algorithm != Algorithm::new(AlgorithmType::MD5, false) || sent.qop != Some(Qop::AUTH) {
            return Verdict::Wrong;
        }
        if !same_target(&sent.uri, target) {
            return Verdict::Misplaced;
        }
        let Some(account) = accounts.iter().find(|account| account.name == sent.username) else {
            return Verdict::Wrong;
        };
        if response(&sent, account, HttpMethod(method.as_str().into())) != sent.response {
            return Verdict::Wrong;
        }
        if !self.is_fresh(&sent.nonce, now_micros) {
            return Verdict::Stale;
        }
        // The same formula with an empty method proves that the server knows the password too.
        let proof = response(&sent, account, HttpMethod("".into()));
        let cnonce = sent.cnonce.as_deref().unwrap_or_default();
        let info = format!(r#"rspauth="{proof}", cnonce="{cnonce}", nc={:08x}, qop=auth"#, sent.nc);
        Verdict::Known(account.clone(), Some(info))
    }
}

/// The response that the account's password gives for what was sent.
fn response(sent: &AuthorizationHeader, account: &Account, method: HttpMethod<'_>) -> String {
    let context = AuthContext::new_with_method(
        account.name.as_str(),
        account.password.as_str(),
        sent.uri.as_str(),
        None::<&[u8]>,
        method,
    );
    let mut expected = sent.clone();
    expected.digest(&context);
    expected.response
}

/// Whether `uri` names the target: exactly, or as an absolute address with that path and query.
fn same_target(uri: &str, target: &str) -> bool {
    if uri.starts_with('/') {
        return uri == target;
    }
    uri.parse::<Uri>().is_ok_and(|uri| uri.path_and_query().is_some_and(|path| path.as_str() == target))
}

fn scheme_is(header: &str, scheme: &str) -> bool {
    header.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case(scheme))
}

/// Judges a header `Authorization` with the scheme Basic.
#[must_use]
pub fn judge_basic(header: &str, accounts: &[Account]) -> Verdict {
    let Some((scheme, token)) = header.split_once(' ') else { return Verdict::Wrong };
    let decoded = BASE64.decode(token.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((user, password)) = decoded.as_deref().and_then(|text| text.split_once(':')) else {
        return Verdict::Wrong;
    };
    let known = accounts.iter().find(|account| account.name == user && account.password == password);
    match known {
        Some(account) if scheme.eq_ignore_ascii_case("Basic") => Verdict::Known(account.clone(), None),
        _ => Verdict::Wrong,
    }
}

/// The header `WWW-Authenticate` for Basic.
#[must_use]
pub fn challenge_basic(realm: &str) -> String {
    format!(r#"Basic realm="{realm}""#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Level;
    use digest_auth::WwwAuthenticateHeader;

    const NOW: u64 = 1_760_000_000_000_000;

    fn root() -> Vec<Account> {
        vec![Account { name: "root".into(), password: "pass word\"".into(), level: Level::Admin }]
    }

    fn sent(nonces: &Nonces, at: u64, password: &str, uri: &str) -> String {
        let mut challenge = WwwAuthenticateHeader::parse(&nonces.challenge(at, false)).unwrap();
        challenge.respond(&AuthContext::new("root", password, uri)).unwrap().to_string()
    }

    #[test]
    fn a_nonce_has_the_recorded_form() {
        let nonce = Nonces::new("AXIS_00408C000001").issue(NOW);
        assert_eq!(nonce.len(), 52);
        assert_eq!(&nonce[11..12], "=");
        assert!(nonce[12..].bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn a_nonce_is_taken_for_300_seconds_and_no_longer() {
        let nonces = Nonces::new("R");
        let header = sent(&nonces, NOW, "pass word\"", "/a?b=c");
        let judge = |at| nonces.judge(&header, &Method::GET, "/a?b=c", &root(), at);
        assert!(matches!(judge(NOW), Verdict::Known(..)));
        assert!(matches!(judge(NOW + NONCE_LIFE_MICROS), Verdict::Known(..)));
        assert!(matches!(judge(NOW + NONCE_LIFE_MICROS + 1), Verdict::Stale));
        assert!(matches!(judge(NOW - 1), Verdict::Stale), "from the future");
    }

    #[test]
    fn a_reboot_makes_old_nonces_stale_but_a_wrong_password_is_never_called_stale() {
        let (before, after) = (Nonces::new("R"), Nonces::new("R"));
        let right = sent(&before, NOW, "pass word\"", "/");
        let wrong = sent(&before, NOW, "guess", "/");
        assert!(matches!(after.judge(&right, &Method::GET, "/", &root(), NOW), Verdict::Stale));
        assert!(matches!(after.judge(&wrong, &Method::GET, "/", &root(), NOW), Verdict::Wrong));
    }

    #[test]
    fn credentials_count_only_for_their_own_target_and_method() {
        let nonces = Nonces::new("R");
        let header = sent(&nonces, NOW, "pass word\"", "/a%20b");
        assert!(matches!(nonces.judge(&header, &Method::GET, "/a b", &root(), NOW), Verdict::Misplaced));
        assert!(matches!(nonces.judge(&header, &Method::POST, "/a%20b", &root(), NOW), Verdict::Wrong));
        assert!(matches!(nonces.judge(&header, &Method::GET, "/a%20b", &root(), NOW), Verdict::Known(..)));
    }

    #[test]
    fn nonsense_is_refused_without_a_panic() {
        let nonces = Nonces::new("R");
        for header in
            ["", "Digest", "Digest =", "Digest a=\"", "Digest ,,,=\"\"", "Basic !!!", "Bearer x", "Basic eA=="]
        {
            assert!(matches!(nonces.judge(header, &Method::GET, "/", &root(), NOW), Verdict::Wrong), "{header}");
            assert!(matches!(judge_basic(header, &root()), Verdict::Wrong), "{header}");
        }
    }
}
