//! The one place from which something is written to the camera's disks: VAPIX disk jobs and disk encryption.
//!
//! A start answers with the number of a job of the camera's, which is asked for until it has ended. All CGIs are
//! documented for GET, with their words in the URL. A passphrase does not belong there: it is sent in the body of a POST,
//! and in the URL on the camera's own loopback only where the POST is refused as a request. Errors come with status 200.
//! Never recorded: everything here; see `tests/camera/src/disks.rs` for what is left open.
//!
//! Source: VAPIX Edge storage API, disk management and disk properties.

use std::time::Duration;

use axsdk::Secret;
use hyper::Method;
use hyper::body::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use roxmltree::{Document, Node};

use super::{Fault, Question, Reader};

const FORMAT: &str = "/axis-cgi/disks/format.cgi";
const MOUNT: &str = "/axis-cgi/disks/mount.cgi";
const JOB: &str = "/axis-cgi/disks/job.cgi";
const ENABLE: &str = "/axis-cgi/disks/properties/enablediskencryption.cgi";
const DISABLE: &str = "/axis-cgi/disks/properties/disablediskencryption.cgi";
const CHANGE: &str = "/axis-cgi/disks/properties/changediskpassphrase.cgi";
/// A start may take long before it is answered: other clients give it one to two minutes.
const START_DEADLINE: Duration = Duration::from_millis(if cfg!(test) { 300 } else { 120_000 });
/// The file system that a camera can encrypt and repair.
const FILESYSTEM: &str = "ext4";
const FORM: &str = "application/x-www-form-urlencoded";
/// The disk properties API's “invalid request”: the words of a POST were not seen.
const INVALID_REQUEST: u32 = 20;
const OF_JOBS: [u16; 2] = [405, 501];
const OF_SECRETS: [u16; 6] = [400, 404, 405, 411, 415, 501];

/// What a disk is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Take it out of use.
    Unmount,
    /// Delete everything on it and make an ext4 file system.
    Format,
    /// Take it into use.
    Mount,
}

/// The camera's number of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobNumber(pub u64);

/// How a job of the camera's stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Under way, 0 to 99.
    Running(u8),
    /// Ended well.
    Done,
    /// Ended badly, in the camera's words.
    Failed(String),
    /// The camera does not know it.
    Unknown,
}

/// Why an order was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The camera said no, in its words.
    #[error("refused: {0}")]
    Words(String),
    /// The disk properties API said no, by its number (10 to 160).
    #[error("refused with error {0}")]
    Code(u32),
    /// The order did not come to the camera: nothing was begun.
    #[error(transparent)]
    NotSent(Fault),
    /// The answer was lost: whether it was begun is not known.
    #[error(transparent)]
    Unanswered(Fault),
    /// The passphrase of before was taken from the camera, and the new one was not taken.
    #[error("encryption was switched off, then {0}")]
    SwitchedOff(Box<Refusal>),
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

/// Writes to the camera's disks. There is one, and the jobs on cards have it.
#[derive(Debug)]
pub struct Disks {
    reader: Reader,
}

/// Names and values, and which of them a log may not see.
type Words<'a> = &'a [(&'a str, &'a str)];

impl Disks {
    /// By the account of `reader`.
    #[must_use]
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }

    /// Has the camera begin a job.
    ///
    /// # Errors
    /// Why it was not begun, or that this is not known.
    pub async fn start(&self, action: Action, slot: &str) -> Result<JobNumber, Refusal> {
        let (path, word) = match action {
            Action::Unmount => (MOUNT, ("action", "unmount")),
            Action::Mount => (MOUNT, ("action", "mount")),
            Action::Format => (FORMAT, ("filesystem", FILESYSTEM)),
        };
        let words = [word, ("diskid", slot)];
        let answer = match self.send(Method::GET, path, &words).await {
            Err(Fault::Refused { status, .. }) if OF_JOBS.contains(&status) => {
                self.send(Method::POST, path, &words).await?
            }
            answer => answer?,
        };
        started(path, &answer)
    }

    /// How a job stands.
    ///
    /// # Errors
    /// Why that is not known; the job may go on.
    pub async fn job(&self, slot: &str, number: JobNumber) -> Result<Progress, Fault> {
        let number = number.0.to_string();
        let answer = self.send(Method::GET, JOB, &[("jobid", &number), ("diskid", slot)]).await?;
        progress(&answer, &number)
    }

    /// Gives the camera the passphrase by which it encrypts and opens the disk, which is unmounted; another one that it
    /// has is taken from it first.
    ///
    /// # Errors
    /// The camera's number, or that it is not known.
    pub async fn set_passphrase(&self, slot: &str, passphrase: &Secret) -> Result<(), Refusal> {
        const ENABLED_ALREADY: u32 = 140;
        let words = [("schemaversion", "1"), ("diskid", slot), ("passphrase", passphrase.expose())];
        match self.set(ENABLE, &words).await {
            Err(Refusal::Code(ENABLED_ALREADY)) => {
                self.set(DISABLE, &[("schemaversion", "1"), ("diskid", slot)]).await?;
                self.set(ENABLE, &words).await.map_err(|why| Refusal::SwitchedOff(Box::new(why)))
            }
            outcome => outcome,
        }
    }

    /// Takes the passphrase from the camera; the disk is unmounted, and nothing on it is changed. Documented, and never tried
    /// on a real camera.
    ///
    /// # Errors
    /// The camera's number, or that it is not known.
    pub async fn take_passphrase(&self, slot: &str) -> Result<(), Refusal> {
        self.set(DISABLE, &[("schemaversion", "1"), ("diskid", slot)]).await
    }

    /// Another passphrase for the same content; the disk is mounted and stays so.
    ///
    /// # Errors
    /// As [`Disks::set_passphrase`]; 130 where the previous one does not fit.
    pub async fn change_passphrase(&self, slot: &str, previous: &Secret, new: &Secret) -> Result<(), Refusal> {
        let (new, previous) = (("newpassphrase", new.expose()), ("oldpassphrase", previous.expose()));
        self.set(CHANGE, &[("schemaversion", "1"), ("diskid", slot), new, previous]).await
    }

    /// By POST; by GET where a POST is refused as a request.
    async fn set(&self, path: &'static str, words: Words<'_>) -> Result<(), Refusal> {
        let by_post = match self.send(Method::POST, path, words).await {
            Err(Fault::Refused { status, .. }) if OF_SECRETS.contains(&status) => None,
            answer => match was_set(path, &answer?) {
                Err(Refusal::Code(INVALID_REQUEST)) => None,
                outcome => Some(outcome),
            },
        };
        match by_post {
            Some(outcome) => outcome,
            None => was_set(path, &self.send(Method::GET, path, words).await?),
        }
    }

    async fn send(&self, method: Method, path: &'static str, words: Words<'_>) -> Result<String, Fault> {
        let encoded = |(name, value): &(&str, &str)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
        let words = words.iter().map(encoded).collect::<Vec<_>>().join("&");
        let deadline = if path == JOB { super::DEADLINE } else { START_DEADLINE };
        let question = Question { deadline, ..Question::new(method, path) };
        let question = if question.method == Method::GET {
            Question { query: format!("?{words}"), ..question }
        } else {
            Question { kind: FORM, body: Bytes::from(words), ..question }
        };
        self.reader.ask(&question).await
    }
}

/// The answer to a start.
pub(crate) fn started(path: &'static str, answer: &str) -> Result<JobNumber, Refusal> {
    let answer = quoted(answer);
    let document = parse(path, &answer)?;
    let Some(job) = element(&document, "job") else {
        return Err(Refusal::Words(words_of(&document).ok_or_else(|| garbled(path, "there is no job in it"))?));
    };
    match (job.attribute("result"), job.attribute("jobid").and_then(|id| id.trim().parse().ok())) {
        (Some("OK"), Some(id)) => Ok(JobNumber(id)),
        (Some("OK"), None) => Err(garbled(path, "the job has no number").into()),
        _ => Err(Refusal::Words(description(job))),
    }
}

/// The answer to a question for a job.
pub(crate) fn progress(answer: &str, number: &str) -> Result<Progress, Fault> {
    let answer = quoted(answer);
    let document = parse(JOB, &answer)?;
    let Some(job) = element(&document, "job").filter(|job| job.attribute("jobid").is_none_or(|id| id == number)) else {
        return Ok(Progress::Unknown);
    };
    if job.attribute("action").is_some_and(|action| action.eq_ignore_ascii_case("n/a")) {
        return Ok(Progress::Unknown);
    }
    let percent = job.attribute("progress").and_then(|percent| percent.trim().parse::<u8>().ok());
    match (job.attribute("result"), percent) {
        (Some("OK"), Some(100..)) => Ok(Progress::Done),
        (Some("OK"), percent) => Ok(Progress::Running(percent.unwrap_or(0))),
        (Some("ERROR"), _) => Ok(Progress::Failed(description(job))),
        _ => Err(garbled(JOB, "the job has no result")),
    }
}

/// The answer of the disk properties API.
pub(crate) fn was_set(path: &'static str, answer: &str) -> Result<(), Refusal> {
    let document = parse(path, answer)?;
    let text = |name: &str| element(&document, name).and_then(|node| node.text()).map(str::trim);
    match text("ErrorCode").map(str::parse) {
        Some(Ok(code)) => Err(Refusal::Code(code)),
        None if element(&document, "GeneralSuccess").is_some() => Ok(()),
        Some(Err(_)) | None => Err(garbled(path, "it says neither that it was done nor that it was not").into()),
    }
}

fn parse<'a>(path: &'static str, answer: &'a str) -> Result<Document<'a>, Fault> {
    Document::parse(answer).map_err(|error| garbled(path, &error.to_string()))
}

/// The documentation's examples have `action=unmount` without quotes; should a camera do so, it is read all the same.
fn quoted(answer: &str) -> String {
    ["format", "mount", "unmount"].iter().fold(answer.to_owned(), |answer, action| {
        answer.replace(&format!("action={action} "), &format!("action=\"{action}\" "))
    })
}

fn element<'a, 'd>(document: &'a Document<'d>, name: &str) -> Option<Node<'a, 'd>> {
    document.descendants().find(|node| node.tag_name().name() == name)
}

fn words_of(document: &Document<'_>) -> Option<String> {
    let told = element(document, "ErrorDescription").or_else(|| element(document, "ErrorCode"))?;
    Some(cut(told.text().unwrap_or_default()))
}

fn description(job: Node<'_, '_>) -> String {
    cut(job.attribute("description").unwrap_or_default())
}

fn cut(words: &str) -> String {
    words.trim().chars().take(200).collect()
}

fn garbled(path: &'static str, why: &str) -> Fault {
    Fault::Garbled { path, why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_gives_its_number_or_the_camera_s_words_or_that_it_is_not_known() {
        let start = |inside: &str| match started(FORMAT, &format!("<root>{inside}</root>")) {
            Ok(JobNumber(id)) => id.to_string(),
            Err(refusal) => format!("{refusal:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        };
        for (inside, outcome) in [
            (r#"<job action="format" diskid="SD_DISK" result="OK" jobid="11"/>"#, "11"),
            (r#"<job action=unmount diskid="SD_DISK" result="OK" jobid=" 7 "/>"#, "7"),
            (r#"<job action="format" diskid="SD_DISK" result="ERROR" description="busy"/>"#, "Words"),
            (r#"<job result="OK"/>"#, "Unanswered"),
            ("<GeneralError><ErrorCode>10</ErrorCode></GeneralError>", "Words"),
            ("", "Unanswered"),
            ("<job", "Unanswered"),
        ] {
            assert_eq!(start(inside), outcome, "{inside}");
        }
    }

    #[test]
    fn a_job_runs_ends_well_or_badly_or_is_unknown() {
        let job = |inside: &str| progress(&format!("<root>{inside}</root>"), "11").map_err(|fault| fault.kind());
        for (inside, expected) in [
            (r#"<job jobid="11" result="OK" progress="15"/>"#, Ok(Progress::Running(15))),
            (r#"<job jobid="11" action=format result="OK" progress="100"/>"#, Ok(Progress::Done)),
            (
                r#"<job jobid="11" result="ERROR" progress="100" description="bad"/>"#,
                Ok(Progress::Failed("bad".into())),
            ),
            (r#"<job jobid="11" action="N/A" result="OK" progress="100"/>"#, Ok(Progress::Unknown)),
            (r#"<job jobid="12" result="OK" progress="100"/>"#, Ok(Progress::Unknown)),
            ("", Ok(Progress::Unknown)),
            (r#"<job jobid="11" result="OK"/>"#, Ok(Progress::Running(0))),
            (r#"<job jobid="11" result="OK" progress="999"/>"#, Ok(Progress::Running(0))),
            (r#"<job jobid="11"/>"#, Err("garbled")),
            ("<", Err("garbled")),
        ] {
            assert_eq!(job(inside), expected, "{inside}");
        }
    }

    #[test]
    fn an_encryption_order_is_done_or_refused_by_its_number_or_not_known() {
        let set = |inside: &str| match was_set(ENABLE, &format!("<r xmlns=\"x\">{inside}</r>")) {
            Ok(()) => 0,
            Err(Refusal::Code(code)) => code,
            Err(_) => 1,
        };
        assert_eq!(set("<Success><GeneralSuccess /></Success>"), 0);
        assert_eq!(set("<Error><GeneralError><ErrorCode> 160 </ErrorCode></GeneralError></Error>"), 160);
        assert_eq!(set("<Error><GeneralError><ErrorCode>x</ErrorCode></GeneralError></Error>"), 1);
        assert_eq!(set(""), 1);
    }
}
