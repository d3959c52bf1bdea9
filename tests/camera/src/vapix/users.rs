//! pwdgrp.cgi: `get`, `add`, `update` and `remove`, in the query of a GET or in the body of a POST. What a POST has in its
//! query is not read: a client reports that it fails.
//!
//! Recorded: the text of `get`, the pages of `Created account …` and `Removed account …`, and three errors. Documented:
//! `Modified account …`, the arguments, and 1 to 14 letters and digits of a name. Guesses: the other errors, and that
//! no name is removed that does not exist. All the same on each release, but for the rules for passwords.
//! What can go wrong is in [`crate::users`].

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Ask, text};
use crate::access::{Caller, Entrance, Level};
use crate::device::Device;
use crate::users::{Action, GROUP, NAME, PASSWORD, Refused, Trouble, Users};

pub(crate) async fn answer(State(device): State<Device>, request: Request) -> Response {
    let is_service =
        request.extensions().get::<Caller>().is_some_and(|caller| caller.entrance == Entrance::ServiceAccount);
    if is_service && !device.users().takes_service_accounts() {
        return StatusCode::FORBIDDEN.into_response();
    }
    let ask = match <Ask as axum::extract::FromRequest<()>>::from_request(request, &()).await {
        Ok(ask) => ask,
        Err(refusal) => return refusal,
    };
    let args = if ask.method == Method::POST { ask.args.get(ask.in_query..) } else { ask.args.get(..) };
    let arg = |name: &str| {
        let found = args.unwrap_or_default().iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    };
    let action = match arg("action") {
        Some("get") => Action::Get,
        Some("add") => Action::Add,
        Some("update") => Action::Update,
        Some("remove") => Action::Remove,
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let users = device.users();
    let name = arg("user").unwrap_or_default();
    match users.due(action) {
        None => {}
        Some(Trouble::Refuse(words)) => return page(&format!("Error: {words}")),
        Some(Trouble::Stall) => return std::future::pending().await,
        Some(Trouble::Silent) => {
            let _done = act(users, action, &arg);
            return std::future::pending().await;
        }
        Some(Trouble::Pretend) => return done(action, name),
    }
    match act(users, action, &arg) {
        Ok(()) if action == Action::Get => text(groups(users)),
        Ok(()) => done(action, name),
        Err(words) => page(&format!("Error: {words}")),
    }
}

fn act<'a>(users: &Users, action: Action, arg: &dyn Fn(&str) -> Option<&'a str>) -> Result<(), Refused> {
    let name = arg("user").unwrap_or_default();
    let level = arg("sgrp").map(level).transpose();
    match action {
        Action::Get => Ok(()),
        Action::Add if name.is_empty() => Err(NAME),
        Action::Add if arg("grp").is_none() => Err(GROUP),
        Action::Add => users.add(name, arg("pwd").ok_or(PASSWORD)?, level?.ok_or(GROUP)?),
        Action::Update => users.update(name, arg("pwd"), level?),
        Action::Remove => users.remove(name),
    }
}

/// Of groups such as `operator:viewer`.
fn level(groups: &str) -> Result<Level, Refused> {
    let mut highest = None;
    for group in groups.split(':') {
        let level = match group {
            "viewer" | "ptz" => Level::Viewer,
            "operator" => Level::Operator,
            "admin" => Level::Admin,
            _ => return Err(GROUP),
        };
        highest = highest.max(Some(level));
    }
    highest.ok_or(GROUP)
}

fn done(action: Action, name: &str) -> Response {
    let verb = match action {
        Action::Add => "Created",
        Action::Update => "Modified",
        Action::Get | Action::Remove => "Removed",
    };
    page(&format!("{verb} account {name}."))
}

fn page(words: &str) -> Response {
    let body =
        format!("<html><head><title>User accounts</title></head><body bgcolor=#ffffff>{words}\n</body>\n\n</html>\n");
    ([(header::CONTENT_TYPE, "text/html")], body).into_response()
}

fn groups(users: &Users) -> String {
    let accounts = users.all();
    let names = |least: Level| -> String {
        let names: Vec<&str> = accounts.iter().filter(|one| one.level >= least).map(|one| one.name.as_str()).collect();
        names.join(",")
    };
    format!(
        "admin=\"{}\"\noperator=\"{}\"\nviewer=\"{}\"\nptz=\"{}\"\ndigusers=\"{}\"\n",
        names(Level::Admin),
        names(Level::Operator),
        names(Level::Viewer),
        names(Level::Admin),
        names(Level::Viewer),
    )
}
