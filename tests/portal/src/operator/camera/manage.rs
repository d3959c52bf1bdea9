//! Name, notices, reports, key, and the end of the claim.

use maud::{Markup, html};

use super::{Seen, wish};
use crate::operator::page::ahead;

pub(super) fn notices(seen: &Seen<'_>) -> Markup {
    html! {
        section.sheet #notices {
            h2 { "Notices on the camera's page" }
            @if seen.wishes.notices.is_empty() { p.dim { "None." } }
            ul.rows {
                @for notice in &seen.wishes.notices {
                    li {
                        span { strong { (notice.severity) } " " (notice.text)
                            @if let Some(until) = notice.until { span.dim { " gone " (ahead(until, seen.now)) } } }
                        (wish(seen, "unnotify", &html! { input type="hidden" name="id" value=(notice.id); button.small { "Take back" } }))
                    }
                }
            }
            details #notify {
                summary { "Add one" }
                (wish(seen, "notify", &html! {
                    label { "Weight" select name="severity" {
                        option value="info" { "good to know" } option value="warning" { "warning" } option value="error" { "error" }
                    } }
                    label { "Text" textarea name="text" rows="2" maxlength="300" required {} }
                    label { "For so many days; empty is until taken back" input type="number" name="days" min="1" max="365"; }
                    button.main { "Show it there" }
                }))
            }
        }
    }
}

pub(super) fn settings(seen: &Seen<'_>) -> Markup {
    let wishes = &seen.wishes;
    let ignored =
        seen.report.as_ref().and_then(|report| report.get("ignored")?.as_array()).filter(|all| !all.is_empty());
    html! {
        section.sheet #settings {
            details #manage {
                summary { h2 { "Manage" } }
                (wish(seen, "name", &html! {
                    label { "Name" input name="name" value=(wishes.name) maxlength="64" required; } button { "Rename" }
                }))
                (wish(seen, "interval", &html! {
                    label { "Seconds between reports without a change"
                        input type="number" name="seconds" min="60" max="86400" value=(wishes.report_seconds) required; }
                    button { "Save" }
                }))
                @if let Some(ignored) = ignored {
                    p.dim { "The camera did not know: " @for name in ignored { code { (name.as_str().unwrap_or_default()) } " " } }
                }
                h3 { "Key" }
                p.dim { "The camera makes itself a new key, and proves it with both. No. " (wishes.key_generation) " is wished." }
                (wish(seen, "key", &html! { button { "Order a new key" } }))
                h3 { "Release" }
                p.dim { "The camera forgets passphrase and account, and can be claimed anew. Its card keeps what is on it; without the passphrase nobody reads it." }
                form.wish method="post" action={ "/devices/video/" (seen.camera.id) "/release" } {
                    input type="hidden" name="csrf" value=(seen.viewer.csrf);
                    input type="hidden" name="claim" value=(wishes.claim_id);
                    button.bad { "Release this camera" }
                }
            }
        }
    }
}
