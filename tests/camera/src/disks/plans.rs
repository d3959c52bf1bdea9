//! What happens to a card right after an answer: who asked has the answer, and the next request finds another world.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::Disks;
use crate::axsim::medium::Card;
use crate::faults::locked;

/// What happens to a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// It is pulled out.
    Pull,
    /// It is changed for another, see [`crate::axsim::AxSim::swap`].
    Swap {
        /// The other.
        card: Card,
        /// Without a change of flags.
        quiet: bool,
    },
}

/// A plan, and when.
#[derive(Debug)]
pub(super) struct Planned {
    cgi: String,
    /// So many answers of the CGI pass before.
    skip: u32,
    disk: String,
    plan: Plan,
}

impl Disks {
    /// Right after an answer of a CGI below `disks` (`list`, `mount`, `properties/enablediskencryption` …) this happens
    /// to the card of a slot, once; `skip` answers pass before.
    pub fn after_answer(&self, cgi: &str, skip: u32, disk: &str, plan: Plan) {
        let planned = Planned { cgi: cgi.to_owned(), skip, disk: disk.to_owned(), plan };
        locked(&self.inner.plans).push(planned);
    }

    fn answered(&self, cgi: &str) {
        let mut due = Vec::new();
        locked(&self.inner.plans).retain_mut(|planned| {
            let is_due = planned.cgi == cgi && planned.skip == 0;
            if is_due {
                due.push((planned.disk.clone(), planned.plan.clone()));
            } else if planned.cgi == cgi {
                planned.skip -= 1;
            }
            !is_due
        });
        for (disk, plan) in due {
            let outcome = match plan {
                Plan::Pull => self.inner.axsim.yank(&disk),
                Plan::Swap { card, quiet } => self.inner.axsim.swap(&disk, &card, quiet),
            };
            if let Err(fault) = outcome {
                log::error!("{disk}: after {cgi}: {fault}");
            }
        }
    }
}

/// The layer of the disk CGIs.
pub(crate) async fn layer(State(disks): State<Disks>, request: Request, next: Next) -> Response {
    let cgi = request.uri().path().trim_start_matches("/axis-cgi/disks/").trim_end_matches(".cgi").to_owned();
    let response = next.run(request).await;
    disks.answered(&cgi);
    response
}
