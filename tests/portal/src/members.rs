//! Reads a JSON body member by member, and names everything in it that cannot be used, not only the first.

use serde_json::{Map, Value};

use crate::problem::{Problem, Wrong};

/// An object that is being read, and what was wrong in it so far.
#[derive(Debug)]
pub(crate) struct Members<'a> {
    object: Option<&'a Map<String, Value>>,
    at: String,
    wrong: Vec<Wrong>,
}

/// Reads a body with `read`.
///
/// # Errors
/// [`Problem::invalid`] with each member that cannot be used.
pub(crate) fn read<T>(body: &[u8], read: impl FnOnce(&mut Members<'_>) -> Option<T>) -> Result<T, Problem> {
    let value: Value =
        serde_json::from_slice(body).map_err(|fault| Problem::member("", format!("no JSON: {fault}")))?;
    let mut members = Members { object: value.as_object(), at: String::new(), wrong: Vec::new() };
    if members.object.is_none() {
        return Err(Problem::member("", "not an object"));
    }
    match (read(&mut members), members.wrong) {
        (Some(read), wrong) if wrong.is_empty() => Ok(read),
        (_, wrong) if wrong.is_empty() => Err(Problem::member("", "cannot be used")),
        (_, wrong) => Err(Problem::invalid(wrong)),
    }
}

impl<'a> Members<'a> {
    fn path(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    /// Says that a member cannot be used.
    pub(crate) fn refuse<T>(&mut self, name: &str, detail: impl Into<String>) -> Option<T> {
        self.wrong.push(Wrong { member: self.path(name), detail: detail.into() });
        None
    }

    /// Whatever stands there.
    pub(crate) fn any(&mut self, name: &str) -> Option<&'a Value> {
        let found = self.object.and_then(|object| object.get(name));
        found.or_else(|| self.refuse(name, "is missing"))
    }

    /// Whether it is there. What is absent is absent, not `null`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.is_some_and(|object| object.contains_key(name))
    }

    /// A text of 1 to `most` characters, none of which is a control character.
    pub(crate) fn text(&mut self, name: &str, most: usize) -> Option<String> {
        let Some(text) = self.any(name)?.as_str() else { return self.refuse(name, "is no text") };
        if text.is_empty() || text.chars().count() > most {
            return self.refuse(name, format!("has to have 1 to {most} characters"));
        }
        if text.chars().any(char::is_control) {
            return self.refuse(name, "has a control character in it");
        }
        Some(text.to_owned())
    }

    /// A text of letters, digits, dashes and underscores: an id, a code.
    pub(crate) fn word(&mut self, name: &str, most: usize) -> Option<String> {
        let text = self.text(name, most)?;
        let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if fits { Some(text) } else { self.refuse(name, "has to be of letters, digits, dots, dashes and underscores") }
    }

    /// One of a few words.
    pub(crate) fn choice(&mut self, name: &str, choices: &[&'static str]) -> Option<&'static str> {
        let text = self.text(name, 64)?;
        let found = choices.iter().find(|choice| **choice == text);
        found.copied().or_else(|| self.refuse(name, format!("has to be one of {}", choices.join(", "))))
    }

    /// A whole number within a range.
    pub(crate) fn number(&mut self, name: &str, least: u64, most: u64) -> Option<u64> {
        let number = self.any(name)?.as_u64();
        let fits = number.filter(|number| (least..=most).contains(number));
        fits.or_else(|| self.refuse(name, format!("has to be a whole number from {least} to {most}")))
    }

    /// An object, whatever is in it.
    pub(crate) fn map(&mut self, name: &str) -> Option<&'a Map<String, Value>> {
        self.any(name)?.as_object().or_else(|| self.refuse(name, "is no object"))
    }

    /// An object, read with `read`.
    pub(crate) fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Members<'_>) -> Option<T>) -> Option<T> {
        let object = self.map(name)?;
        self.within(object, self.path(name), read)
    }

    /// A list of at most `most` objects, each read with `read`.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        most: usize,
        read: impl Fn(&mut Members<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Some(list) = self.any(name)?.as_array() else { return self.refuse(name, "is no list") };
        if list.len() > most {
            return self.refuse(name, format!("has more than {most} items"));
        }
        let mut all = Vec::with_capacity(list.len());
        for (number, item) in list.iter().enumerate() {
            let place = format!("{name}.{number}");
            let Some(object) = item.as_object() else { return self.refuse(&place, "is no object") };
            all.push(self.within(object, self.path(&place), &read)?);
        }
        Some(all)
    }

    /// A list of at most `most` texts of at most `longest` characters.
    pub(crate) fn texts(&mut self, name: &str, most: usize, longest: usize) -> Option<Vec<String>> {
        let list = self.any(name)?.as_array().filter(|list| list.len() <= most);
        let texts: Option<Vec<String>> = list.and_then(|list| {
            let fits = |item: &Value| item.as_str().filter(|text| text.chars().count() <= longest).map(str::to_owned);
            list.iter().map(fits).collect()
        });
        texts.or_else(|| self.refuse(name, format!("has to be a list of at most {most} texts of {longest} characters")))
    }

    fn within<T>(
        &mut self,
        object: &'a Map<String, Value>,
        at: String,
        read: impl FnOnce(&mut Members<'_>) -> Option<T>,
    ) -> Option<T> {
        let mut members = Members { object: Some(object), at, wrong: std::mem::take(&mut self.wrong) };
        let read = read(&mut members);
        self.wrong = members.wrong;
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_member_that_cannot_be_used_is_named() {
        let body = br#"{ "serial": 3, "app": { "name": "" }, "seq": 0, "list": [{ "n": 1 }, { "n": 9 }] }"#;
        let refused = read(body, |m| {
            let serial = m.text("serial", 12);
            let app = m.object("app", |m| m.text("name", 64));
            let seq = m.number("seq", 1, 9);
            let list = m.list("list", 3, |m| m.number("n", 1, 3));
            Some((serial?, app?, seq?, list?, m.text("none", 3)?))
        })
        .unwrap_err();
        let said = format!("{refused:?}");
        for member in ["\"serial\"", "\"app.name\"", "\"seq\"", "\"list.1.n\""] {
            assert!(said.contains(member), "{member} in {said}");
        }
    }
}
