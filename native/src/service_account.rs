//! The VAPIX service account: a user name and a password that the camera makes for this application.
//!
//! Asked over the system bus at `com.axis.HTTPConf1`; good only on the camera's own address for that, until the next
//! start of the camera. Facts: VAPIX access for ACAP applications, as documented.

use std::time::Duration;

use crate::error::Error;
use crate::glue::Glue;
use crate::secret::Secret;
use crate::sys::text;

const CALL: &str = "GetCredentials";

/// What the camera gives for a service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name to log in with.
    pub user: String,
    /// Its password.
    pub password: Secret,
}

/// Asks the camera for service accounts. Each call has a connection of its own.
#[derive(Debug, Clone)]
pub struct ServiceAccounts {
    glue: Glue,
    deadline: Duration,
}

impl ServiceAccounts {
    pub(crate) fn new(glue: Glue, deadline: Duration) -> Self {
        ServiceAccounts { glue, deadline }
    }

    /// The same with another deadline for each call.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The account that the camera keeps under the name `user`, a constant of the application.
    ///
    /// # Errors
    /// [`Error::Bus`] when bus or service say no or are not there; [`Error::Late`], [`Error::Gone`],
    /// [`Error::BadName`]; [`Error::Inconsistent`] for an answer without a colon.
    pub async fn credentials(&self, user: &str) -> Result<Credentials, Error> {
        let user = text(user)?;
        let after = self.deadline;
        // The daemon is given longer than we wait: it is our deadline that ends the call.
        let timeout = u32::try_from(after.as_millis()).unwrap_or(u32::MAX).saturating_add(1000);
        let answer = tokio::time::timeout(after, self.glue.ask_bus(&user, timeout))
            .await
            .unwrap_or(Err(Error::Late { call: CALL, after }))
            .map_err(|fault| match fault {
                Error::Library { message, call, .. } => Error::Bus(format!("{call}: {message}")),
                other => other,
            })?;
        parse(answer.text)
    }
}

fn parse(answer: Option<String>) -> Result<Credentials, Error> {
    let answer = answer.map(Secret::new).ok_or(Error::Inconsistent { call: CALL })?;
    let (user, password) = answer.expose().split_once(':').ok_or(Error::Inconsistent { call: CALL })?;
    if user.is_empty() {
        return Err(Error::Inconsistent { call: CALL });
    }
    Ok(Credentials { user: user.to_owned(), password: Secret::new(password.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_split_at_its_first_colon_and_prints_no_password() {
        let credentials = parse(Some("a0-c2c:s3:cret".to_owned())).unwrap();
        assert_eq!((credentials.user.as_str(), credentials.password.expose()), ("a0-c2c", "s3:cret"));
        assert!(!format!("{credentials:?}").contains("cret"));
    }

    #[test]
    fn an_answer_without_user_or_colon_makes_no_sense() {
        for odd in [None, Some(""), Some("a0-c2c"), Some(":x")] {
            assert_eq!(parse(odd.map(str::to_owned)), Err(Error::Inconsistent { call: CALL }), "{odd:?}");
        }
    }
}
