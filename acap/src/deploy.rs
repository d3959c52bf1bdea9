//! `eap deploy`: brings a package to cameras, sets it up, and says of each what came of it.
//!
//! Each camera is asked first how it stands, and only what is missing is done: so the same command again goes on where the
//! last one ended. [`packages`] chooses what fits, [`one`] has the steps for one camera, [`unsigned`] the switch that is
//! put back, [`portal`] the forms of the app, [`journal`] remembers what a camera cannot tell, [`outcome`] is the result.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;

pub mod journal;
pub mod one;
pub mod outcome;
pub mod packages;
pub mod portal;
pub mod unsigned;

use crate::camera::Secret;
use crate::camera::client::{Camera, Login};
use crate::camera::fault::Fault;
use crate::camera::trust::Trust;
use crate::fleet::crowd::{self, Stop};
use crate::fleet::list::{self, Named};
use crate::fleet::{Ended, Whom, certificates, login};
use journal::Journal;
use one::One;
use outcome::Outcome;
use packages::Packages;
use portal::Portal;

/// What is to be brought where.
#[derive(Debug, Args)]
pub struct DeployArgs {
    /// Packages, or folders with packages in them and one folder below; each camera gets the one that fits it.
    #[arg(required = true, value_name = "FILE|DIR")]
    pub packages: Vec<PathBuf>,
    /// Which cameras, and how they are reached.
    #[command(flatten)]
    pub whom: Whom,
    /// Sets a parameter of the app; may be given several times.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// Confirms this portal on each camera, in an administrator's name. Starts the app.
    #[arg(long, value_name = "URL")]
    pub portal: Option<String>,
    /// The certificate of the portal's own CA (PEM).
    #[arg(long, value_name = "PEM", requires = "portal")]
    pub portal_ca: Option<PathBuf>,
    /// A file with one-time tokens of the portal, one a line, for the cameras in their order. The list may have them too.
    #[arg(long, value_name = "FILE", requires = "portal")]
    pub portal_tokens: Option<PathBuf>,
    /// Where a camera refuses unsigned packages, allow them for the time of the upload.
    #[arg(long)]
    pub allow_unsigned: bool,
    /// Start the app. One that ran before is started again in any case.
    #[arg(long)]
    pub start: bool,
    /// So many seconds an app may take to report itself, and its portal to answer.
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    pub wait: u64,
    /// What was done, for the next run. Default: eap/journal.jsonl in your state folder.
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
}

/// What every camera is to become.
#[derive(Debug)]
pub struct Plan {
    /// What can be installed.
    pub packages: Packages,
    /// Names and values.
    pub parameters: Vec<(String, String)>,
    /// The portal that is confirmed.
    pub portal: Option<Portal>,
    /// Whether the switch for unsigned packages may be moved.
    pub allow_unsigned: bool,
    /// Whether the app is started in any case.
    pub start: bool,
    /// How long is waited for the app, and for its portal.
    pub wait: Duration,
}

/// Does it all, and prints the result.
///
/// # Errors
/// What is wrong with the call or with a file, before anything was done to a camera.
pub async fn run(args: DeployArgs, password: Option<String>) -> anyhow::Result<Ended> {
    let mut named = list::read(&args.whom.to, args.whom.list.as_deref())?;
    let plan = Arc::new(plan(&args)?);
    hand_out_tokens(&mut named, &args)?;
    let journal = args
        .journal
        .clone()
        .map_or_else(|| certificates::own_folder(true).map(|folder| folder.join("journal.jsonl")), Ok)?;
    let journal = Arc::new(Journal::open(&journal).with_context(|| journal.display().to_string())?);
    let logins = login::all(&named, &args.whom.user, args.whom.password_file.as_deref(), password)?;
    let trusts = certificates::settle(&named, &args.whom).await?;
    let stop = Stop::listen()?;
    let cameras: Vec<_> = named.into_iter().zip(logins).zip(trusts).collect();
    let asked = stop.clone();
    let work = move |((named, login), trust): ((Named, Login), Result<(String, Trust), Fault>), bar| {
        let (plan, journal, stop) = (plan.clone(), journal.clone(), stop.clone());
        async move {
            let host = named.host.clone();
            match trust.and_then(|(base, trust)| Camera::new(&base, trust, login)) {
                Ok(camera) => One { host, camera, token: named.token, plan, journal, stop, bar }.deploy().await,
                Err(fault) => Outcome::of(host).failed(fault),
            }
        }
    };
    let outcomes = crowd::each(cameras, args.whom.jobs, |((named, _), _)| named.host.clone(), work).await;
    let text = if args.whom.json { outcome::json(&outcomes)? } else { outcome::table(&outcomes) };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    let all = outcomes.iter().all(|outcome| outcome.fault.is_none());
    Ok(if all {
        Ended::Well
    } else if asked.is_wanted() {
        Ended::Stopped
    } else {
        Ended::NotAll
    })
}

fn plan(args: &DeployArgs) -> anyhow::Result<Plan> {
    let packages = Packages::read(&args.packages)?;
    let mut parameters = Vec::new();
    for pair in &args.parameters {
        let Some((name, value)) = pair.split_once('=') else { bail!("--param {pair:?}: NAME=VALUE is wanted") };
        packages.check_parameter(name)?;
        parameters.push((name.to_owned(), value.to_owned()));
    }
    let portal = args.portal.as_deref().map(|address| Portal::read(address, args.portal_ca.as_deref())).transpose()?;
    if portal.is_some() && !packages.all_have_forms() {
        bail!("--portal: {} has no page at which a portal could be confirmed", packages.app());
    }
    Ok(Plan {
        packages,
        parameters,
        portal,
        allow_unsigned: args.allow_unsigned,
        start: args.start || args.portal.is_some(),
        wait: Duration::from_secs(args.wait),
    })
}

/// Gives each camera without a token of its own the next one of the file.
fn hand_out_tokens(named: &mut [Named], args: &DeployArgs) -> anyhow::Result<()> {
    if args.portal.is_none() && named.iter().any(|one| one.token.is_some()) {
        bail!("the list has one-time tokens, but no --portal is given that they are for");
    }
    let Some(path) = &args.portal_tokens else { return Ok(()) };
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut tokens = text.lines().map(str::trim).filter(|line| !line.is_empty());
    for one in named.iter_mut().filter(|one| one.token.is_none()) {
        let Some(token) = tokens.next() else { bail!("{}: fewer tokens than cameras", path.display()) };
        one.token = Some(Secret::new(token.to_owned()));
    }
    Ok(())
}
