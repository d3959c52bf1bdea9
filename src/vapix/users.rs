//! Accounts of people on the camera, through `pwdgrp.cgi`: who is there, and one added, changed or removed.
//!
//! An order goes in the body of a POST, action included: one client reports that a POST with a query fails. The service
//! account's rights decide; that they suffice is a guess, since a service account is documented as an administrator's.
//! Answers have status 200 whatever became of the order, and tell it in a sentence of a page. Recorded are `Created account
//! NAME.`, `Removed account NAME.` and the errors, which begin with `Error:`; documented is `Modified account NAME.`.
//! What says neither is not known to have been done. That `get` has its lists in quotes is recorded of some of them.
//!
//! Source: VAPIX user management API.

use std::time::Duration;

use axsdk::Secret;
use hyper::Method;
use hyper::body::Bytes;

use super::{Fault, Question, Reader};

const PATH: &str = "/axis-cgi/pwdgrp.cgi";
const FORM: &str = "application/x-www-form-urlencoded";
/// A guess: cameras hash passwords on purpose slowly, and write flash.
const DEADLINE: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 30 });
/// So much of an error is kept, in characters.
const QUOTED: usize = 200;

/// What an account may do; more is never given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// See pictures and pages.
    Viewer,
    /// Change settings of pictures and events as well.
    Operator,
}

/// What an account that is there may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// That of a group.
    Of(Group),
    /// Another thing, such as nothing at all, or everything.
    Other,
    /// Everything, and nobody else may.
    OnlyAdministrator,
}

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is an account of that name already.
    #[error("the name is taken")]
    Taken,
    /// The password is not what the camera wants of one.
    #[error("the password is refused")]
    Password,
    /// The camera said no, in its words.
    #[error("refused: {0}")]
    Words(String),
    /// The order did not come to the camera.
    #[error(transparent)]
    NotSent(Fault),
    /// Whether it was carried out is not known.
    #[error(transparent)]
    Unanswered(Fault),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unreachable { .. } | Fault::NoAccount { .. } | Fault::Unauthorized { .. } => Self::NotSent(fault),
            Fault::Refused { status: 400..=499, .. } => Self::NotSent(fault),
            _ => Self::Unanswered(fault),
        }
    }
}

/// Writes to the camera's accounts. There is one, and who keeps our account has it.
#[derive(Debug)]
pub struct Users {
    reader: Reader,
}

impl Group {
    /// The groups in which such an account is.
    fn groups(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator%3Aviewer",
        }
    }
}

impl Users {
    /// By the account of `reader`.
    #[must_use]
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }

    /// What the account `name` may do; `None` where there is none.
    ///
    /// # Errors
    /// Why that is not known.
    pub async fn look(&self, name: &str) -> Result<Option<Rights>, Fault> {
        rights(&self.send(Bytes::from_static(b"action=get")).await?, name)
    }

    /// Makes an account.
    ///
    /// # Errors
    /// Why not, or that it is not known.
    pub async fn add(&self, name: &str, password: &Secret, group: Group) -> Result<(), Refusal> {
        self.set("add", name, password, group).await
    }

    /// Gives an account another password, and these rights.
    ///
    /// # Errors
    /// Why not, or that it is not known.
    pub async fn update(&self, name: &str, password: &Secret, group: Group) -> Result<(), Refusal> {
        self.set("update", name, password, group).await
    }

    /// Removes an account.
    ///
    /// # Errors
    /// Why not, or that it is not known.
    pub async fn remove(&self, name: &str) -> Result<(), Refusal> {
        let words = ["action=remove&user=", name].concat();
        done(&self.send(words.into()).await?, "Removed", name, "")
    }

    async fn set(&self, action: &str, name: &str, password: &Secret, group: Group) -> Result<(), Refusal> {
        let encoded: String =
            percent_encoding::utf8_percent_encode(password.expose(), percent_encoding::NON_ALPHANUMERIC).collect();
        let parts = ["action=", action, "&user=", name, "&pwd=", &encoded, "&grp=users&sgrp=", group.groups()];
        let verb = if action == "add" { "Created" } else { "Modified" };
        done(&self.send(parts.concat().into()).await?, verb, name, password.expose())
    }

    async fn send(&self, body: Bytes) -> Result<String, Fault> {
        let question = Question { kind: FORM, body, deadline: DEADLINE, ..Question::new(Method::POST, PATH) };
        self.reader.ask(&question).await
    }
}

/// The answer to an order; what is quoted of it does not have the `password` in it.
pub(crate) fn done(answer: &str, verb: &str, name: &str, password: &str) -> Result<(), Refusal> {
    if let Some((_, words)) = answer.split_once("Error:") {
        let words = words.split(['<', '\n']).next().unwrap_or_default().trim();
        let lower = words.to_lowercase();
        if lower.contains("already exists") {
            return Err(Refusal::Taken);
        }
        if lower.contains("password") {
            return Err(Refusal::Password);
        }
        let words = if password.is_empty() { words.to_owned() } else { words.replace(password, "***") };
        return Err(Refusal::Words(words.chars().take(QUOTED).collect()));
    }
    if answer.contains(&[verb, " account ", name, "."].concat()) {
        Ok(())
    } else {
        Err(garbled("it says neither that it was done nor that it was not").into())
    }
}

/// What an account may do, by the list of groups: a line for each, such as `viewer="root,joe"`.
pub(crate) fn rights(answer: &str, name: &str) -> Result<Option<Rights>, Fault> {
    let mut groups = Vec::new();
    for line in answer.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let Some((group, members)) = line.split_once('=') else { return Err(garbled("a line is no group")) };
        let members: Vec<&str> = members.trim().trim_matches('"').split(',').map(str::trim).collect();
        groups.push((group.trim(), members));
    }
    let members = |group: &str| groups.iter().find(|(known, _)| *known == group).map(|(_, members)| members.as_slice());
    // Each camera has an administrator.
    let admins = members("admin").filter(|admins| admins.iter().any(|one| !one.is_empty()));
    let Some(admins) = admins else { return Err(garbled("there is no administrator")) };
    let is_in = |group: &str| members(group).is_some_and(|members| members.contains(&name));
    if !groups.iter().any(|(_, members)| members.contains(&name)) {
        return Ok(None);
    }
    Ok(Some(if admins.contains(&name) {
        let others = admins.iter().any(|one| !one.is_empty() && *one != name);
        if others { Rights::Other } else { Rights::OnlyAdministrator }
    } else if is_in("operator") {
        Rights::Of(Group::Operator)
    } else if is_in("viewer") {
        Rights::Of(Group::Viewer)
    } else {
        Rights::Other
    }))
}

fn garbled(why: &str) -> Fault {
    Fault::Garbled { path: PATH, why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "admin=\"root20,root\"\noperator=\"root,oscar\"\nviewer=\"root,oscar,vera\"\nptz=\"root,pete\"\n\
                        digusers=\"root,oscar,vera,pete,nobody\"\n";

    #[test]
    fn the_groups_tell_what_an_account_may_do_and_whether_it_is_there() {
        let of = |name| rights(LIST, name).unwrap();
        assert_eq!(of("vera"), Some(Rights::Of(Group::Viewer)));
        assert_eq!(of("oscar"), Some(Rights::Of(Group::Operator)));
        assert_eq!([of("root"), of("pete"), of("nobody")], [Some(Rights::Other); 3]);
        assert_eq!([of("ver"), of("admin"), of("")], [None; 3]);
        assert_eq!(rights("admin=c2cadmin\r\n", "c2cadmin").unwrap(), Some(Rights::OnlyAdministrator));
    }

    #[test]
    fn a_list_without_an_administrator_or_that_is_none_says_nothing_of_who_is_there() {
        for answer in ["", "admin=\"\"\nviewer=\"vera\"", "viewer=\"vera\"", "<html>404</html>", "Error: busy"] {
            assert_eq!(rights(answer, "vera").unwrap_err().kind(), "garbled", "{answer}");
        }
    }

    #[test]
    fn an_order_was_carried_out_or_refused_or_it_is_not_known() {
        let page = |words: &str| {
            format!(
                "<html><head><title>User accounts</title></head><body bgcolor=#ffffff>{words}\n</body>\n\n</html>\n"
            )
        };
        let said = |words: &str| match done(&page(words), "Created", "c2cadmin", "s3cret") {
            Ok(()) => "done".to_owned(),
            Err(Refusal::Words(words)) => words,
            Err(refusal) => format!("{refusal:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        };
        for (words, outcome) in [
            ("Created account c2cadmin.", "done"),
            ("Created account c2cadmin2.", "Unanswered"),
            ("Removed account c2cadmin.", "Unanswered"),
            ("Error: this user name already exists, consult the system log file.", "Taken"),
            ("Error: invalid password.", "Password"),
            ("Error: account user name.", "account user name."),
            ("Error: what is s3cret?<br>Created account c2cadmin.", "what is ***?"),
            ("", "Unanswered"),
        ] {
            assert_eq!(said(words), outcome, "{words}");
        }
    }
}
