//! The password: from a file, the environment or a prompt, never from the command line, which everybody on the machine can
//! read.

use std::io::IsTerminal as _;
use std::path::Path;

use anyhow::{Context as _, bail};

use super::list::Named;
use crate::camera::Secret;
use crate::camera::client::Login;

/// The variable of the environment.
pub const VARIABLE: &str = "EAP_PASSWORD";

/// A login for each camera, in their order.
///
/// # Errors
/// When a password is wanted and there is none.
pub fn all(
    named: &[Named],
    user: &str,
    file: Option<&Path>,
    environment: Option<String>,
) -> anyhow::Result<Vec<Login>> {
    let mut common = None;
    if named.iter().any(|one| one.password.is_none()) {
        common = Some(password(user, file, environment)?);
    }
    let login = |one: &Named| {
        let password = one.password.clone().or_else(|| common.clone()).unwrap_or_else(|| Secret::new(String::new()));
        Login { user: one.user.clone().unwrap_or_else(|| user.to_owned()), password }
    };
    Ok(named.iter().map(login).collect())
}

fn password(user: &str, file: Option<&Path>, environment: Option<String>) -> anyhow::Result<Secret> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        return Ok(Secret::new(text.lines().next().unwrap_or_default().to_owned()));
    }
    if let Some(text) = environment {
        return Ok(Secret::new(text));
    }
    if !std::io::stdin().is_terminal() {
        bail!("no password: give --password-file, the variable {VARIABLE}, or a column password in the list");
    }
    let typed = rpassword::prompt_password(format!("Password of {user}: ")).context("the prompt")?;
    Ok(Secret::new(typed))
}
