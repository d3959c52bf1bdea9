//! format, mount, checkdisk, repair: start a job; job: how it is; lock: at once. Names of elements and attributes are
//! documented, blanks and line feeds invented, no recording known. Errors come with status 200.

use axum::extract::State;
use axum::response::Response;
use quick_xml::escape::escape;

use super::{ROOT, accepted};
use crate::device::Device;
use crate::disks::{Action, Job};
use crate::vapix::{Ask, xml};

pub(crate) async fn format(State(device): State<Device>, ask: Ask) -> Response {
    start(&device, ask, "format", |ask| Ok((Action::Format, ask.arg("filesystem").map(str::to_owned))))
}

pub(crate) async fn mount(State(device): State<Device>, ask: Ask) -> Response {
    start(&device, ask, "mount", |ask| {
        let action = ask.arg("action").unwrap_or_default();
        // Some clients write it in capital letters.
        match action.to_ascii_lowercase().as_str() {
            "mount" => Ok((Action::Mount, None)),
            "unmount" => Ok((Action::Unmount, None)),
            _ => Err((action.to_owned(), "Unknown action".to_owned())),
        }
    })
}

pub(crate) async fn checkdisk(State(device): State<Device>, ask: Ask) -> Response {
    start(&device, ask, "checkdisk", |_| Ok((Action::Checkdisk, None)))
}

pub(crate) async fn repair(State(device): State<Device>, ask: Ask) -> Response {
    start(&device, ask, "repair", |_| Ok((Action::Repair, None)))
}

/// An order: what to do and with which file system; or the action as it was asked, and why not.
type Order = Result<(Action, Option<String>), (String, String)>;

fn start(device: &Device, ask: Ask, cgi: &str, read: impl Fn(&Ask) -> Order) -> Response {
    let disks = device.disks();
    let ask = match accepted(disks, ask) {
        Ok(ask) => ask,
        Err(refusal) => return *refusal,
    };
    let disk = ask.arg("diskid").unwrap_or_default().to_owned();
    let (action, outcome) = match read(&ask) {
        Err((action, words)) => (action, Err(words)),
        Ok((action, filesystem)) => {
            let outcome = match disks.due(cgi) {
                Some(refusal) => Err(refusal.words),
                None => disks.start(action.clone(), &disk, filesystem.as_deref()),
            };
            (action.to_string(), outcome)
        }
    };
    let quote = if disks.knob("quotes") == "no" { "" } else { "\"" };
    let result = match outcome {
        Ok(id) => format!("result=\"OK\" jobid=\"{id}\""),
        Err(words) => format!("result=\"ERROR\" description=\"{}\"", escape(&words)),
    };
    xml(format!(
        "<?xml version=\"1.0\" ?>\n{ROOT}startjob1.xsd\">\n  <job action={quote}{}{quote} diskid=\"{}\" {result}/>\n\
         </root>\n",
        escape(&action),
        escape(&disk),
    ))
}

pub(crate) async fn job(State(device): State<Device>, ask: Ask) -> Response {
    let disks = device.disks();
    let (id, disk) = (ask.arg("jobid").unwrap_or_default(), ask.arg("diskid").unwrap_or_default());
    let known = id.parse().ok().and_then(|id| disks.told(id)).filter(|job| job.disk == disk);
    let inside = match (known, disks.knob("unknown_job").as_str()) {
        (Some(job), _) => told(&job),
        (None, "none") => String::new(),
        (None, "error") => "  <GeneralError><ErrorCode>20</ErrorCode><ErrorDescription>No such job</ErrorDescription>\
                            </GeneralError>\n"
            .to_owned(),
        (None, word) => {
            let result = if word == "done" { "OK" } else { "ERROR" };
            format!(
                "  <job jobid=\"{}\" diskid=\"{}\" action=\"N/A\" result=\"{result}\" progress=\"100\" \
                 description=\"No such job\"/>\n",
                escape(id),
                escape(disk),
            )
        }
    };
    xml(format!("<?xml version=\"1.0\" ?>\n{ROOT}checkjob1.xsd\">\n{inside}</root>\n"))
}

fn told(job: &Job) -> String {
    let (result, words) = match &job.outcome {
        None => ("OK", "In progress"),
        Some(Ok(())) => ("OK", "Done"),
        Some(Err(words)) => ("ERROR", words.as_str()),
    };
    format!(
        "  <job jobid=\"{}\" diskid=\"{}\" action=\"{}\" result=\"{result}\" progress=\"{}\" description=\"{}\"/>\n",
        job.id,
        escape(&job.disk),
        job.action,
        job.progress,
        escape(words),
    )
}

pub(crate) async fn lock(State(device): State<Device>, ask: Ask) -> Response {
    let disks = device.disks();
    let ask = match accepted(disks, ask) {
        Ok(ask) => ask,
        Err(refusal) => return *refusal,
    };
    let (action, disk) = (ask.arg("action").unwrap_or_default(), ask.arg("diskid").unwrap_or_default());
    let outcome = match (disks.due("lock"), action, disks.axsim().slot(disk)) {
        (Some(refusal), _, _) => Err(refusal.words),
        (None, "lock" | "unlock", Some(_)) => disks.lock(disk, action == "lock").map_err(|fault| fault.to_string()),
        (None, "lock" | "unlock", None) => Err(format!("No such disk: {disk}")),
        (None, _, _) => Err("Unknown action".to_owned()),
    };
    let element = if action == "unlock" { "unlock" } else { "lock" };
    let result = match outcome {
        Ok(()) => "result=\"OK\"".to_owned(),
        Err(words) => format!("result=\"ERROR\" description=\"{}\"", escape(&words)),
    };
    xml(format!(
        "<?xml version=\"1.0\" ?>\n{ROOT}lock1.xsd\">\n  <{element} diskid=\"{}\" {result}/>\n</root>\n",
        escape(disk)
    ))
}
