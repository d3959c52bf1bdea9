//! What the app on a camera says of itself, from its `snapshot.json`.

use serde_json::Value;

use super::client::Camera;
use super::fault::{Fault, plain};

/// How a camera stands, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// It waits for a person.
    NeedsYou,
    /// Something could not be read.
    CannotTell,
    /// It is at work.
    Working,
    /// All is well.
    Done,
}

/// What the app says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The package's version.
    pub version: String,
    /// The headline's mood.
    pub mood: Mood,
    /// Why, as a stable code.
    pub code: String,
    /// The headline.
    pub sentence: String,
    /// The camera's serial number, if the app could read it.
    pub serial: Option<String>,
    /// Where it stands with a portal, such as `no_portal` or `claimed`.
    pub claim: String,
    /// The portal's address, once one is confirmed.
    pub portal: Option<String>,
    /// What is in the way to the portal: kind and technical line.
    pub obstacle: Option<String>,
}

/// Asks the app; `None` while nothing of that kind answers.
///
/// # Errors
/// Every fault of a connection, and [`Fault::Garbled`] for an answer that is no snapshot.
pub async fn read(camera: &Camera, app: &str) -> Result<Option<Standing>, Fault> {
    let path = format!("/local/{app}/status/snapshot.json");
    let answer = camera.get(&path).await?;
    if answer.status != 200 {
        return Ok(None);
    }
    let garbled = |line: String| Fault::Garbled { what: path.clone(), line };
    let tree: Value = serde_json::from_str(&answer.text).map_err(|error| garbled(error.to_string()))?;
    parse(&tree).map(Some).ok_or_else(|| garbled("no package or no headline".to_owned()))
}

fn parse(tree: &Value) -> Option<Standing> {
    let text = |path: &str| {
        tree.pointer(path).and_then(Value::as_str).map(|text| plain(&text.chars().take(300).collect::<String>()))
    };
    let obstacle = text("/claim/link/obstacle/kind").map(|kind| match text("/claim/link/obstacle/line") {
        Some(line) => format!("{kind} ({line})"),
        None => kind,
    });
    Some(Standing {
        version: text("/package/version")?,
        mood: match text("/headline/mood")?.as_str() {
            "done" => Mood::Done,
            "working" => Mood::Working,
            "needs_you" => Mood::NeedsYou,
            // A word of a later version: nobody here can tell what it means.
            _ => Mood::CannotTell,
        },
        code: text("/headline/code")?,
        sentence: text("/headline/sentence")?,
        serial: text("/identity/value/serial"),
        claim: text("/claim/state").unwrap_or_default(),
        portal: text("/claim/portal"),
        obstacle,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_mood_comes_first_and_an_unknown_one_is_not_fine() {
        assert!(Mood::NeedsYou < Mood::CannotTell && Mood::CannotTell < Mood::Working && Mood::Working < Mood::Done);
        let tree = serde_json::json!({"package": {"version": "9"},
            "headline": {"mood": "euphoric", "code": "c", "sentence": "a\nb\u{1b}[2J"}});
        let standing = parse(&tree).unwrap();
        assert_eq!((standing.mood, standing.sentence.as_str()), (Mood::CannotTell, "a b [2J"));
        assert!(parse(&serde_json::json!({"package": {}})).is_none());
    }
}
