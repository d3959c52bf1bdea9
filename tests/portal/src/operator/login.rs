//! Logging in and out. Passwords are kept as Argon2id; a name that nobody has takes as long as a wrong password.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::form::{Anonymous, Posted};
use super::page;
use crate::portal::Portal;
use crate::problem::Problem;
use crate::sealed::Secret;
use crate::store::people::{self, Operator};
use crate::text;

/// A password as it is kept.
///
/// # Errors
/// When the library refuses.
pub(crate) fn hash(password: &str) -> anyhow::Result<String> {
    let salt = SaltString::encode_b64(&text::random::<16>()).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    Ok(hash.map_err(|fault| anyhow::anyhow!("{fault}"))?.to_string())
}

/// Somebody's name and password; who it is, if both are right.
///
/// # Errors
/// The seconds to wait, after too many that were wrong; and the store's.
pub(crate) async fn check(
    portal: &Portal,
    from: SocketAddr,
    name: &str,
    password: Secret,
) -> Result<Result<Option<Operator>, u32>, Problem> {
    let whos = [format!("from {}", from.ip()), format!("as {name}")];
    for who in &whos {
        if let Err(wait) = portal.logins.take(who.clone()) {
            return Ok(Err(wait));
        }
    }
    let named = name.to_owned();
    let found = portal.store.read(move |connection| people::find(connection, &named)).await?;
    let kept = found.as_ref().map(|(_, kept)| kept.clone());
    // Each takes a core and 19 MiB for a moment.
    let _place = portal.hashing.acquire().await;
    let checking = tokio::task::spawn_blocking(move || is_right(kept.as_deref(), &password));
    if !checking.await.unwrap_or(false) {
        return Ok(Ok(None));
    }
    for who in &whos {
        portal.logins.forgive(who);
    }
    Ok(Ok(found.map(|(operator, _)| operator)))
}

/// Whether a password is the one that is kept. Where none is, it is held against nobody's, which takes as long.
fn is_right(kept: Option<&str>, password: &Secret) -> bool {
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash("").unwrap_or_default());
    let hash = PasswordHash::new(kept.unwrap_or(&NOBODY));
    hash.is_ok_and(|hash| Argon2::default().verify_password(password.reveal().as_bytes(), &hash).is_ok())
        && kept.is_some()
}

#[derive(Debug, Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

/// A path on this portal, and nothing else.
fn path(wanted: &str) -> &str {
    // Browsers take a backslash for a slash, and leave tabs and line ends out.
    let is_odd = wanted.contains(|c: char| c == '\\' || c.is_control());
    let is_ours = wanted.starts_with('/') && !wanted.starts_with("//") && !is_odd;
    if is_ours { wanted } else { "/" }
}

pub(crate) async fn get(State(portal): State<Arc<Portal>>, Query(next): Query<Next>) -> Markup {
    form(&portal, path(&next.next), None)
}

fn form(portal: &Portal, next: &str, trouble: Option<&str>) -> Markup {
    page::bare(
        "Log in",
        &html! {
            form.sheet.login method="post" action="/login" {
                img src="/icon.svg" alt="" width="40" height="40";
                h1 { (portal.name) }
                @if let Some(trouble) = trouble { p.fault role="alert" { (trouble) } }
                input type="hidden" name="next" value=(next);
                label { "Name" input name="name" autocomplete="username" required autofocus; }
                label { "Password" input type="password" name="password" autocomplete="current-password" required; }
                button.main { "Log in" }
            }
        },
    )
}

pub(crate) async fn post(
    State(portal): State<Arc<Portal>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Anonymous(fields): Anonymous,
) -> Result<Response, Problem> {
    let (name, password) = (fields.get("name").to_owned(), Secret::new(fields.get("password").to_owned()));
    let next = path(fields.get("next"));
    let refused = |status: StatusCode, said: &str| Ok((status, form(&portal, next, Some(said))).into_response());
    match check(&portal, from, &name, password).await? {
        Ok(Some(operator)) => {
            let cookie = portal.sessions.begin(operator, portal.url.scheme() == "https");
            Ok(([(header::SET_COOKIE, cookie.to_string())], Redirect::to(next)).into_response())
        }
        Ok(None) => refused(StatusCode::UNAUTHORIZED, "Name or password is wrong."),
        Err(wait) => {
            let said = format!("Too many attempts. Try again in {wait} s.");
            refused(StatusCode::TOO_MANY_REQUESTS, &said)
        }
    }
}

pub(crate) async fn leave(State(portal): State<Arc<Portal>>, headers: HeaderMap, _form: Posted) -> Redirect {
    portal.sessions.end(&headers);
    Redirect::to("/login")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_login_nobody_is_led_to_another_site() {
        assert_eq!(path("/claim?code=CDFH-JK34"), "/claim?code=CDFH-JK34");
        for odd in ["//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", ""] {
            assert_eq!(path(odd), "/", "{odd:?}");
        }
    }
}
