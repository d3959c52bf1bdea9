//! The page of orders: what card is in, how the app stands with it, and a form for each order that makes sense now. Pure;
//! it needs no script, and nothing on it is ever filled in with a passphrase.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::jobs::offers::Kind;
use crate::jobs::orders::{LONGEST_PASSPHRASE, Seat};
use crate::package::BASE;
use crate::snapshot::{CardStatus, Health, Snapshot, Stand, Wait};
use crate::web::page::{self, Screen, key, overview};
use crate::web::words::{self, card as about, control as say, foreign, health, labels};

/// Where the page is, and its forms below it.
pub const PLACE: &str = "/local/c2c/control/card";

/// One slot with what can be ordered there.
#[derive(Debug, Clone)]
pub struct Place {
    /// The slot.
    pub seat: Seat,
    /// A format was broken off there.
    pub broken_off: bool,
    /// Each order with the token of its form.
    pub forms: Vec<(Kind, String)>,
}

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The passphrase.
    Passphrase,
    /// The same again.
    Again,
    /// The passphrase of before.
    Previous,
    /// The card's size.
    Size,
    /// The end of the serial number.
    Serial,
}

impl Field {
    /// Its name in the form.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passphrase => "passphrase",
            Self::Again => "again",
            Self::Previous => "previous",
            Self::Size => "size",
            Self::Serial => "serial",
        }
    }

    fn is_secret(self) -> bool {
        matches!(self, Self::Passphrase | Self::Again | Self::Previous)
    }
}

/// What became of an order that was not taken.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The slot.
    pub slot: String,
    /// The order.
    pub kind: Kind,
    /// The field that is wrong; absent where it is none.
    pub field: Option<Field>,
    /// What is to be said.
    pub words: Cow<'static, str>,
    /// What was typed as the size.
    pub size: String,
    /// What was typed as the end of the serial number.
    pub serial: String,
}

/// The size as it stands on the page and has to be typed; absent where the camera does not tell it.
#[must_use]
pub fn size(seat: &Seat) -> Option<String> {
    seat.size.map(about::gigabytes)
}

/// The whole page; `refused` after an order that was not taken.
#[must_use]
pub fn render(snapshot: &Snapshot, places: &[Place], refused: Option<&Refused>) -> Markup {
    let name = overview::device_name(snapshot);
    let serial = snapshot.identity.last().is_some_and(|identity| serial_end(&identity.serial).is_some());
    let (mood, lead, below) = headline(snapshot, places);
    let content = html! {
        header.verdict data-mood=[mood] {
            h1 { bdi { (name) } }
            p.headline { (lead) }
            p.next { (below) }
            p.ways { a href=(PLACE) { (say::ANEW) } }
        }
        @for place in places {
            (slot(snapshot, place, places.len() > 1, serial, refused.filter(|refused| refused.slot == place.seat.slot)))
        }
        @if let Some(refused) = refused.filter(|refused| !places.iter().any(|place| place.seat.slot == refused.slot)) {
            (alert(&refused.words))
        }
    };
    frame(&format!("{} · {name}", say::TITLE), mood, "#orders", &content)
}

/// The page for what was refused before it was looked at as an order.
#[must_use]
pub fn refusal((lead, below): say::Refusal) -> Markup {
    let content = html! {
        header.verdict data-mood="needs-you" {
            h1 { (say::TITLE) }
            p.headline { (lead) }
            p.next { (below) }
            p.ways {
                a href=(PLACE) { (say::ANEW) }
                a href=(format!("{BASE}/status")) { (say::SEE_STATUS) }
            }
        }
    };
    frame(lead, Some("needs-you"), "#orders", &content)
}

/// The last four characters of a serial number, where it has so many.
#[must_use]
pub fn serial_end(serial: &str) -> Option<&str> {
    let start = serial.trim().char_indices().rev().nth(3)?.0;
    serial.trim().get(start..)
}

/// A page for administrators; `help` is its place on the help page.
pub(super) fn frame(title: &str, mood: Option<&str>, help: &str, content: &Markup) -> Markup {
    let icon = mood.map_or_else(|| format!("{BASE}/icon.svg"), |mood| format!("{BASE}/icon-{mood}.svg"));
    let head = html! { link rel="stylesheet" href=(format!("{BASE}/orders.css")); };
    let navigation = html! {
        nav.bar.near aria-label=(labels::CAMERA) {
            a href="/" { span.house aria-hidden="true" {} (words::HOME) }
            a href=(format!("{BASE}/status")) { span.back aria-hidden="true" {} (say::STATUS) }
            a href=(format!("{BASE}/help.html{help}")) { span.info aria-hidden="true" {} (words::HELP) }
        }
    };
    page::frame(Screen::Any, title, &icon, &head, &navigation, &html! { div.orders { (content) } })
}

fn headline(snapshot: &Snapshot, places: &[Place]) -> (Option<&'static str>, &'static str, &'static str) {
    let any = |is: &dyn Fn(&Seat) -> bool| places.iter().any(|place| is(&place.seat));
    let waits = |seat: &Seat, ended: bool| {
        let Some(Stand::Waits(wait)) = seat.stand else { return false };
        let broken = matches!(wait, Wait::Interrupted | Wait::Stopped | Wait::Cancelled | Wait::MountFailed);
        seat.presence.is_some() && wait.is_for_a_person() && broken == ended
    };
    if places.is_empty() {
        let none = snapshot.cards.as_ref().and_then(|cards| cards.last()).is_some_and(Vec::is_empty);
        return if none { (None, say::NO_SLOT, "") } else { (None, say::NOT_READ, say::NOT_READ_BELOW) };
    }
    if any(&|seat| waits(seat, false)) {
        (Some("needs-you"), say::DECIDE, say::DECIDE_BELOW)
    } else if any(&|seat| waits(seat, true)) {
        (Some("needs-you"), say::STOPPED, say::STOPPED_BELOW)
    } else if any(&|seat| seat.stand == Some(Stand::Working)) {
        (Some("working"), say::AT_WORK, say::AT_WORK_BELOW)
    } else if any(&|seat| seat.presence.is_some()) {
        (None, say::ORDERS, say::DECIDE_BELOW)
    } else {
        (None, say::NO_CARD, say::NO_CARD_BELOW)
    }
}

fn slot(snapshot: &Snapshot, place: &Place, several: bool, serial: bool, refused: Option<&Refused>) -> Markup {
    let Place { seat, .. } = place;
    let id = key(&seat.slot);
    let offered = |refused: &&Refused| place.forms.iter().any(|(kind, _)| *kind == refused.kind);
    html! {
        section.widget.slot data-slot=(id) aria-labelledby=(format!("{id}-title")) {
            h2 id=(format!("{id}-title")) .unseen[!several] { (about::slot_name(&seat.slot)) }
            @if let Some(refused) = refused.filter(|refused| !offered(refused) || refused.field.is_none()) {
                (alert(&refused.words))
            }
            @if seat.presence.is_some() { (looks(seat, snapshot.health_of(&seat.slot))) }
            @for (kind, token) in &place.forms {
                (form(place, *kind, token, serial, refused.filter(|refused| refused.kind == *kind)))
            }
        }
    }
}

fn alert(text: &str) -> Markup {
    html! { p.wrong.whole role="alert" { (text) } }
}

/// The card, drawn with its size as on a label, and what is known of it.
fn looks(seat: &Seat, health: Option<&Health>) -> Markup {
    let card = &seat.card;
    let shown = size(seat);
    html! {
        div.looks {
            p.label {
                @match shown.as_deref().and_then(|shown| shown.split_once(' ')) {
                    Some((number, unit)) => { span { (number) } " " small { (unit) } }
                    None => small { (say::SIZE) " " (say::SIZE_UNKNOWN) },
                }
            }
            p.standing { (say::standing(seat)) }
            dl {
                (row(about::STATUS, &html! {
                    (about::status(&card.status))
                    @for words in about::flags(card) { small.reason { (words) } }
                    @if card.locked || card.read_only { small.reason { (say::CANNOT_WRITE) } }
                }))
                (row(about::CAPACITY, &html! {
                    (about::capacity(card.total_bytes, card.free_bytes))
                    @if let Some(filesystem) = &card.filesystem { small.reason { (about::filesystem(filesystem)) } }
                }))
                @if card.status != CardStatus::Disconnected { (row(about::ENCRYPTION, &html! { (about::encryption(card)) })) }
                @if let Some(health) = health {
                    (row(health::HEALTH, &html! {
                        (health::health_state(health.condition()))
                        @let glance = health::at_a_glance(health);
                        @if !glance.is_empty() { small.reason { (glance) } }
                        @if let Some(hint) = health::health_hint(health.condition()) { strong.reason { (hint) } }
                    }))
                }
            }
        }
    }
}

fn row(label: &str, value: &Markup) -> Markup {
    html! { div.fact { dt { (label) } dd { (value) } } }
}

/// The form of an order. One that deletes is folded, so that it takes two presses to come to it.
fn form(place: &Place, kind: Kind, token: &str, serial: bool, refused: Option<&Refused>) -> Markup {
    let Place { seat, broken_off, .. } = place;
    let title = say::form_title(kind, seat, *broken_off);
    let of = Of { seat, kind, refused };
    let inside = html! {
        p { (say::explained(kind, seat, *broken_off)) @if kind == Kind::Erase { " " strong { (say::CANNOT_UNDO) } } }
        @if kind == Kind::Erase && !serial {
            p.wrong { (say::NO_SERIAL) }
        } @else {
            form method="post" action=(format!("{PLACE}/{}", kind.word())) accept-charset="utf-8" {
                input type="hidden" name="slot" value=(seat.slot);
                input type="hidden" name="token" value=(token);
                (of.fields())
                button.act[kind != Kind::Cancel && kind != Kind::TestAgain].harm[kind == Kind::Erase] {
                    (say::button(kind, seat, *broken_off, size(seat).as_deref()))
                }
            }
        }
    };
    html! {
        div.choice data-order=(kind.word()) {
            @if kind == Kind::Erase {
                details open[refused.is_some()] {
                    summary { h3.name { (title) } }
                    (inside)
                }
            } @else {
                h3 { (title) }
                (inside)
            }
        }
    }
}

/// Whose fields they are.
struct Of<'a> {
    seat: &'a Seat,
    kind: Kind,
    refused: Option<&'a Refused>,
}

impl Of<'_> {
    fn fields(&self) -> Markup {
        let opens = self.seat.stand == Some(Stand::Waits(Wait::ChoosePassphrase));
        let changes = self.seat.stand == Some(Stand::Ready);
        let needs = self.kind == Kind::Prepare || (self.kind == Kind::Erase && !self.seat.has_passphrase);
        html! {
            @if self.kind == Kind::Erase {
                @let (label, hint) = if size(self.seat).is_some() { say::TYPE_SIZE } else { say::TYPE_UNKNOWN };
                (self.field(Field::Size, label, hint))
                (self.field(Field::Serial, say::TYPE_SERIAL, say::TYPE_SERIAL_HINT))
            }
            @if needs {
                @let opens = opens && self.kind == Kind::Prepare;
                @let (label, hint) = if opens { say::ITS_PASSPHRASE } else { say::PASSPHRASE };
                (self.field(Field::Passphrase, label, hint))
                (self.field(Field::Again, say::AGAIN, ""))
            }
            @if self.kind == Kind::Prepare && changes {
                (self.field(Field::Previous, say::PREVIOUS, ""))
            } @else if self.kind == Kind::Prepare && !opens {
                details.more open[self.seat.card.encrypted == Some(true)] {
                    summary { span.name { (say::HAS_ANOTHER) } }
                    (self.field(Field::Previous, say::PREVIOUS, say::PREVIOUS_HINT))
                }
            }
        }
    }

    fn wrong(&self, field: Field) -> Option<&str> {
        self.refused.filter(|refused| refused.field == Some(field)).map(|refused| &*refused.words)
    }

    fn typed(&self, field: Field) -> Option<String> {
        let typed = match field {
            Field::Size => &self.refused?.size,
            Field::Serial => &self.refused?.serial,
            Field::Passphrase | Field::Again | Field::Previous => return None,
        };
        Some(foreign(typed, 40))
    }

    fn field(&self, field: Field, label: &str, hint: &str) -> Markup {
        let id = format!("{}-{}-{}", key(&self.seat.slot), self.kind.word(), field.name());
        let (about, error) = (format!("{id}-hint"), format!("{id}-error"));
        let wrong = self.wrong(field);
        let described: Vec<&str> = [(!hint.is_empty(), &about), (wrong.is_some(), &error)]
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, id)| id.as_str())
            .collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        let remember = match field {
            Field::Passphrase | Field::Again => "new-password",
            Field::Previous | Field::Size | Field::Serial => "off",
        };
        html! {
            div.field {
                label for=(id) { (label) }
                @if !hint.is_empty() { small id=(about) { (hint) } }
                @if let Some(words) = wrong { p.wrong id=(error) role="alert" { (words) } }
                input id=(id) name=(field.name()) type=(if field.is_secret() { "password" } else { "text" })
                    maxlength=(if field.is_secret() { LONGEST_PASSPHRASE } else { 40 }) autocomplete=(remember) autocapitalize="none"
                    autocorrect="off" spellcheck="false" required[field != Field::Previous || self.seat.stand == Some(Stand::Ready)] value=[self.typed(field)]
                    aria-describedby=[described] aria-invalid=[wrong.map(|_| "true")] autofocus[wrong.is_some()];
            }
        }
    }
}
