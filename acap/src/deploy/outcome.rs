//! What came of the deployment to one camera, and to all: as a table with what to do below it, or as JSON.

use serde::Serialize;

use crate::camera::fault::{Fault, Told, plain};
use crate::camera::vapix::Identity;
use crate::fleet::table;

/// A step that was done; what was as wished already is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The switch that an earlier run left open was put back.
    PutBack,
    /// A package was uploaded and installed.
    Installed,
    /// Parameters were set.
    Parameters,
    /// The app was started.
    Started,
    /// The portal was confirmed.
    Portal,
    /// The one-time token was handed in.
    Token,
}

impl Step {
    fn word(self) -> &'static str {
        match self {
            Step::PutBack => "switch put back",
            Step::Installed => "installed",
            Step::Parameters => "parameters set",
            Step::Started => "started",
            Step::Portal => "portal confirmed",
            Step::Token => "token handed in",
        }
    }
}

/// What came of one camera.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// As it was named.
    pub host: String,
    /// Its serial number, once it has told it.
    pub serial: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Its AXIS OS.
    pub axis_os: Option<String>,
    /// Its processor kind.
    pub architecture: Option<String>,
    /// The package that was chosen for it.
    pub package: Option<String>,
    /// What was done.
    pub steps: Vec<Step>,
    /// The app's headline, where it runs.
    pub headline: Option<String>,
    /// What is good to know.
    pub notes: Vec<&'static str>,
    /// Why it is not as wished.
    pub fault: Option<Told>,
    /// What went wrong besides, after that.
    pub besides: Option<Told>,
}

impl Outcome {
    /// Nothing yet.
    #[must_use]
    pub fn of(host: String) -> Self {
        Self {
            host,
            serial: None,
            model: None,
            axis_os: None,
            architecture: None,
            package: None,
            steps: Vec::new(),
            headline: None,
            notes: Vec::new(),
            fault: None,
            besides: None,
        }
    }

    /// The end of a camera that is not as wished.
    #[must_use]
    pub fn failed(mut self, fault: Fault) -> Self {
        self.fault = Some(Told::from(&fault));
        self
    }

    /// Who it is.
    pub fn identify(&mut self, identity: &Identity) {
        self.serial = Some(plain(&identity.serial));
        self.model = Some(plain(&identity.model));
        self.axis_os = Some(plain(&identity.version));
        self.architecture = Some(plain(&identity.architecture));
    }

    fn result(&self) -> String {
        let steps = self.steps.iter().map(|step| step.word()).collect::<Vec<_>>().join(", ");
        match (&self.fault, steps.is_empty()) {
            (Some(fault), true) => format!("FAILED: {}", fault.what),
            (Some(fault), false) => format!("FAILED after {steps}: {}", fault.what),
            (None, true) => "nothing to do".to_owned(),
            (None, false) => steps,
        }
    }
}

/// For programs.
///
/// # Errors
/// None that is known.
pub fn json(outcomes: &[Outcome]) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(outcomes)? + "\n")
}

/// For people: a line for each camera, then each remedy and note once, with its cameras.
#[must_use]
pub fn table(outcomes: &[Outcome]) -> String {
    let cell = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let row = |one: &Outcome| {
        vec![
            one.host.clone(),
            cell(&one.model),
            cell(&one.axis_os),
            cell(&one.architecture),
            cell(&one.package),
            one.result(),
        ]
    };
    let rows: Vec<_> = outcomes.iter().map(row).collect();
    let mut text = table::render(&["CAMERA", "MODEL", "AXIS OS", "ARCH", "PACKAGE", "RESULT"], &rows);
    let good = outcomes.iter().filter(|one| one.fault.is_none()).count();
    text.push_str(&format!("\n{good} of {} as wished.\n", outcomes.len()));
    let mut said: Vec<(&str, Vec<&str>)> = Vec::new();
    for one in outcomes {
        let besides = one.besides.iter().map(|besides| besides.remedy);
        for words in one.fault.iter().map(|fault| fault.remedy).chain(besides).chain(one.notes.iter().copied()) {
            match said.iter_mut().find(|(known, _)| *known == words) {
                Some((_, hosts)) => hosts.push(&one.host),
                None => said.push((words, vec![&one.host])),
            }
        }
    }
    for (words, hosts) in said {
        text.push_str(&format!("{}\n  {words}\n", hosts.join(", ")));
    }
    for one in outcomes {
        if let Some(besides) = &one.besides {
            text.push_str(&format!("{}: besides, {}\n", one.host, besides.what));
        }
    }
    text
}
