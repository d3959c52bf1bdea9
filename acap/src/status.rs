//! `eap status`: the headline of each camera, worst first.

use std::io::Write as _;

use clap::Args;
use serde::Serialize;

use crate::camera::client::{Camera, Login};
use crate::camera::fault::{Fault, Told};
use crate::camera::standing::{self, Mood, Standing};
use crate::camera::trust::Trust;
use crate::fleet::crowd::{self, Stop};
use crate::fleet::list::{self, Named};
use crate::fleet::{Ended, Whom, certificates, login, table};

/// Which cameras are asked.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Which cameras, and how they are reached.
    #[command(flatten)]
    pub whom: Whom,
    /// The app that is asked, by its name in paths.
    #[arg(long, default_value = "c2c")]
    pub app: String,
}

/// What one camera says, or why it does not. The derived order of the first two fields puts the worst first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// As it was named.
    pub host: String,
    /// How it stands; absent where nobody could tell.
    pub mood: Option<Mood>,
    /// The headline.
    pub headline: Option<String>,
    /// Why, as a stable code.
    pub code: Option<String>,
    /// Its serial number, where the app could read it.
    pub serial: Option<String>,
    /// The app's version.
    pub version: Option<String>,
    /// Where it stands with a portal.
    pub claim: Option<String>,
    /// Why it said nothing.
    pub fault: Option<Told>,
}

impl Line {
    fn of(host: String, seen: Result<Standing, Fault>) -> Self {
        let empty = Self {
            host,
            mood: None,
            headline: None,
            code: None,
            serial: None,
            version: None,
            claim: None,
            fault: None,
        };
        match seen {
            Ok(seen) => Self {
                mood: Some(seen.mood),
                headline: Some(seen.sentence),
                code: Some(seen.code),
                serial: seen.serial,
                version: Some(seen.version),
                claim: Some(seen.claim),
                ..empty
            },
            Err(fault) => Self { fault: Some(Told::from(&fault)), ..empty },
        }
    }

    fn words(&self) -> Vec<String> {
        let mood = match self.mood {
            None => "NO ANSWER",
            Some(Mood::NeedsYou) => "needs you",
            Some(Mood::CannotTell) => "cannot tell",
            Some(Mood::Working) => "working",
            Some(Mood::Done) => "done",
        };
        let cell = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let said = self.fault.as_ref().map(|fault| fault.what.clone()).or_else(|| self.headline.clone());
        vec![self.host.clone(), cell(&self.serial), cell(&self.version), mood.to_owned(), cell(&said)]
    }
}

/// Asks all, and prints what they say.
///
/// # Errors
/// What is wrong with the call or with a file.
pub async fn run(args: StatusArgs, password: Option<String>) -> anyhow::Result<Ended> {
    let named = list::read(&args.whom.to, args.whom.list.as_deref())?;
    let logins = login::all(&named, &args.whom.user, args.whom.password_file.as_deref(), password)?;
    let trusts = certificates::settle(&named, &args.whom).await?;
    let stop = Stop::listen()?;
    let (asked, app) = (stop.clone(), args.app);
    let cameras: Vec<_> = named.into_iter().zip(logins).zip(trusts).collect();
    let work = move |((named, login), trust): ((Named, Login), Result<(String, Trust), Fault>), _| {
        let (stop, app) = (stop.clone(), app.clone());
        async move {
            let look = async {
                let (base, trust) = trust?;
                let seen = standing::read(&Camera::new(&base, trust, login)?, &app).await?;
                seen.ok_or_else(|| Fault::NoApp(app.clone()))
            };
            let seen = stop.or(look).await;
            Line::of(named.host, seen)
        }
    };
    let mut lines = crowd::each(cameras, args.whom.jobs, |((named, _), _)| named.host.clone(), work).await;
    // Who says nothing comes before all that speak; equals stay in the order in which they were named.
    lines.sort_by_key(|line| line.mood);
    let text = if args.whom.json {
        serde_json::to_string_pretty(&lines)? + "\n"
    } else {
        let rows: Vec<_> = lines.iter().map(Line::words).collect();
        table::render(&["CAMERA", "SERIAL", "VERSION", "STATE", "HEADLINE"], &rows)
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    let well = lines.iter().all(|line| matches!(line.mood, Some(Mood::Done | Mood::Working)));
    Ok(if well {
        Ended::Well
    } else if asked.is_wanted() {
        Ended::Stopped
    } else {
        Ended::NotAll
    })
}
