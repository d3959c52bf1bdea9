//! The administrator's page of the portal: how it stands, the code by which the camera is claimed, and a form for each order
//! that makes sense now. Pure; it needs no script.

use maud::{Markup, PreEscaped, html};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::package::BASE;
use crate::portal::Offer;
use crate::portal::offers::Kind;
use crate::snapshot::{Claim, Snapshot};
use crate::web::page::{account, control, moment, overview};
use crate::web::words::control as orders;
use crate::web::words::portal as say;
use crate::web::words::{claim, foreign};

/// Where the page is, and its forms below it.
pub const PLACE: &str = "/local/c2c/control/claim";

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The portal's address.
    Address,
    /// A CA's certificate.
    Ca,
    /// The one-time token.
    Once,
    /// The end of the camera's serial number.
    Serial,
}

/// What became of an order that was not taken.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The order.
    pub kind: Kind,
    /// The field that is wrong; absent where it is none.
    pub field: Option<Field>,
    /// What is to be said.
    pub words: &'static str,
    /// What was typed as the address.
    pub address: String,
    /// What was typed as the certificate.
    pub ca: String,
}

/// What the page shows beside the snapshot.
#[derive(Debug)]
pub struct View {
    /// The code, while the camera can be claimed by one.
    pub offer: Option<Offer>,
    /// Each order with the token of its form.
    pub forms: Vec<(Kind, String)>,
}

/// The whole page; `refused` after an order that was not taken.
#[must_use]
pub fn render(snapshot: &Snapshot, view: &View, refused: Option<&Refused>) -> Markup {
    let name = overview::device_name(snapshot);
    let claim = &snapshot.claim;
    let offer = view.offer.as_ref().filter(|_| matches!(claim, Claim::Registered { .. }));
    let (lead, below) = match (claim, offer) {
        (_, Some(_)) => (say::CLAIM.to_owned(), say::CLAIM_BELOW.to_owned()),
        (Claim::NoPortal { proposed: None }, None) => (say::NONE.to_owned(), String::new()),
        _ => (claim::reason(claim), String::new()),
    };
    let mood = match claim {
        Claim::Claimed { link, .. } if link.obstacle.is_none() => "done",
        Claim::Unregistered { link, .. } if link.obstacle.is_none() => "working",
        _ => "needs-you",
    };
    let content = html! {
        header.verdict data-mood=(mood) {
            h1 { bdi { (name) } }
            p.headline { (lead) }
            @if !below.is_empty() { p.next { (below) } }
            p.ways { a href=(PLACE) { (orders::ANEW) } }
        }
        @if let Some(offer) = offer { (code(offer)) }
        section.widget.slot {
            h2.unseen { (say::TITLE) }
            @if let Some(refused) = refused.filter(|refused| refused.field.is_none()) {
                p.wrong.whole role="alert" { (refused.words) }
            }
            (link(claim))
            @if snapshot.account.is_some() { dl { (account::line(snapshot.account)) } }
            @for (kind, token) in &view.forms {
                (form(claim, *kind, token, refused.filter(|refused| refused.kind == *kind)))
            }
        }
    };
    control::frame(&format!("{} · {name}", say::TITLE), Some(mood), "#portal", &content)
}

/// The code, large, and as a picture for a phone.
fn code(offer: &Offer) -> Markup {
    let target = offer.verification_uri_complete.as_deref().unwrap_or(&offer.verification_uri);
    let is_web = target.starts_with("https://") || target.starts_with("http://");
    html! {
        section.widget.code aria-label=(say::CODE) {
            p.user-code { (foreign(&offer.user_code, 20)) }
            @if is_web {
                div.picture role="img" aria-label=(say::PICTURE) { (picture(target)) }
                p { a.order href=(target) rel="noreferrer" { (say::OPEN_PORTAL) } }
            }
            dl {
                div.fact { dt { (say::UNTIL) } dd { (moment(offer.until)) } }
                div.fact {
                    dt { (say::KEY) }
                    dd { code { (say::key(&offer.signing_key)) } small.reason { (say::KEY_HINT) } }
                }
                div.fact {
                    dt { (say::OWN_KEY) }
                    dd { code { (say::key(&offer.own_key)) } small.reason { (say::OWN_KEY_HINT) } }
                }
            }
        }
    }
}

/// A QR code; nothing where the text does not fit into one.
fn picture(text: &str) -> Markup {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else { return html! {} };
    let image = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    // The XML declaration has no place in a page.
    let start = image.find("<svg").unwrap_or(0);
    PreEscaped(image.get(start..).unwrap_or_default().to_owned())
}

fn link(claim: &Claim) -> Markup {
    let Some(link) = claim.link() else { return html! {} };
    let portal = match claim {
        Claim::Unregistered { portal, .. } | Claim::Registered { portal, .. } | Claim::Claimed { portal, .. } => portal,
        Claim::NoPortal { .. } | Claim::Unreadable { .. } => return html! {},
    };
    html! {
        dl {
            div.fact { dt { (claim::ADDRESS) } dd { bdi { (foreign(portal, 255)) } } }
            div.fact {
                dt { (claim::LAST_CONTACT) }
                dd { @if let Some(at) = link.last_contact { (moment(at)) } @else { (claim::NEVER) } }
            }
            @if let Some(since) = link.down_since {
                div.fact { dt { (claim::DOWN_SINCE) } dd { (moment(since)) } }
                div.fact {
                    dt { (claim::NEXT_TRY) }
                    dd { @if let Some(at) = link.next_try { (moment(at)) } @else { (claim::NOW) } }
                }
            }
            @if let Some(obstacle) = &link.obstacle {
                div.fact { dt { (claim::OBSTACLE) } dd { code { (obstacle.kind.code()) } small.reason { (foreign(&obstacle.line, 240)) } } }
            }
        }
    }
}

fn form(claim: &Claim, kind: Kind, token: &str, refused: Option<&Refused>) -> Markup {
    let changes = kind == Kind::Confirm && !matches!(claim, Claim::NoPortal { .. });
    let folded = changes || matches!(kind, Kind::Token | Kind::Release | Kind::HandOver);
    let inside = html! {
        p { (say::order_meaning(kind)) }
        form method="post" action=(format!("{PLACE}/{}", kind.word())) accept-charset="utf-8" {
            input type="hidden" name="token" value=(token);
            (fields(claim, kind, refused))
            button.act[kind == Kind::Confirm].harm[matches!(kind, Kind::Release | Kind::BeginAnew | Kind::HandOver)] { (say::order_name(kind)) }
        }
    };
    html! {
        div.choice data-order=(kind.word()) {
            @if folded {
                details open[refused.is_some()] { summary { h3.name { (say::order_name(kind)) } } (inside) }
            } @else {
                h3 { (say::order_name(kind)) }
                (inside)
            }
        }
    }
}

fn fields(claim: &Claim, kind: Kind, refused: Option<&Refused>) -> Markup {
    let wrong = |field: Field| refused.filter(|refused| refused.field == Some(field)).map(|refused| refused.words);
    match kind {
        Kind::Confirm => {
            let proposed = match claim {
                Claim::NoPortal { proposed } => proposed.as_deref(),
                Claim::Unregistered { portal, .. } | Claim::Registered { portal, .. } => Some(portal.as_str()),
                Claim::Unreadable { .. } | Claim::Claimed { .. } => None,
            };
            let typed = refused.map(|refused| refused.address.as_str()).or(proposed).unwrap_or_default();
            let ca = refused.map(|refused| refused.ca.as_str()).unwrap_or_default();
            html! {
                (input("address", "url", say::ADDRESS, wrong(Field::Address), typed))
                details.more open[!ca.is_empty()] {
                    summary { span.name { (say::HAS_CA) } }
                    div.field {
                        label for="portal-ca" { (say::CA.0) }
                        small #portal-ca-hint { (say::CA.1) }
                        @if let Some(words) = wrong(Field::Ca) { p.wrong role="alert" { (words) } }
                        textarea id="portal-ca" name="ca" rows="6" spellcheck="false" aria-describedby="portal-ca-hint" { (ca) }
                    }
                }
            }
        }
        Kind::Token => input("once", "password", say::TOKEN, wrong(Field::Once), ""),
        Kind::Release => {
            input("serial", "text", (orders::TYPE_SERIAL, orders::TYPE_SERIAL_HINT), wrong(Field::Serial), "")
        }
        Kind::TestAgain | Kind::BeginAnew | Kind::HandOver => html! {},
    }
}

fn input(name: &str, kind: &str, (label, hint): (&str, &str), wrong: Option<&str>, value: &str) -> Markup {
    let id = format!("portal-{name}");
    let (about, error) = (format!("{id}-hint"), format!("{id}-error"));
    let described = [Some(about.as_str()), wrong.map(|_| error.as_str())];
    let described = described.into_iter().flatten().collect::<Vec<_>>().join(" ");
    html! {
        div.field {
            label for=(id) { (label) }
            small id=(about) { (hint) }
            @if let Some(words) = wrong { p.wrong id=(error) role="alert" { (words) } }
            input id=(id) name=(name) type=(kind) value=(value) maxlength="255" required autocomplete="off" autocapitalize="none"
                spellcheck="false" aria-describedby=(described) aria-invalid=[wrong.map(|_| "true")] autofocus[wrong.is_some()];
        }
    }
}

/// Where the administrator's page is found from the status page, and under which words.
#[must_use]
pub(super) fn way(claim: &Claim) -> (&'static str, String) {
    let words = match claim {
        Claim::NoPortal { proposed: None } => claim::SET_UP,
        Claim::NoPortal { proposed: Some(_) } => claim::CONFIRM,
        Claim::Registered { .. } => claim::CLAIM,
        Claim::Unreadable { .. } | Claim::Unregistered { .. } | Claim::Claimed { .. } => claim::PORTAL,
    };
    (words, format!("{BASE}/control/claim"))
}
