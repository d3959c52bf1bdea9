//! The snapshot as metrics, in Prometheus' text format 0.0.4: readings, ages, states; in seconds, bytes and 0 or 1.
//!
//! A series that is not known is absent: it never reads as 0.

use std::fmt::{self, Display, Write as _};

use crate::clock::Timestamp;
use crate::features::Features;
use crate::snapshot::{
    Application, ApplicationState, Card, CardStatus, Container, ContainerState, Containers, Health, Reading, Snapshot,
};

/// The media type of what [`render`] gives.
pub const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics of a snapshot.
#[must_use]
pub fn render(snapshot: &Snapshot, features: Features, now: Timestamp) -> String {
    let mut page = Page::default();
    page.family("c2c_info", "The app and the camera; always 1.");
    let mut labels = vec![("version", &*snapshot.package.version)];
    if let Some(identity) = snapshot.identity.last() {
        labels.extend([
            ("model", &*identity.model),
            ("serial", &*identity.serial),
            ("os_version", &*identity.os_version),
        ]);
    }
    page.sample(&labels, 1);
    readings(&mut page, snapshot, features, now);
    if let Some(boot) = snapshot.boot.last() {
        page.family("c2c_camera_ready", "1 when the camera has finished starting.");
        page.sample(&[], u8::from(boot.ready));
        if let Some(seconds) = boot.uptime_seconds {
            page.family("c2c_camera_uptime_seconds", "Since the camera started, when it was read last.");
            page.sample(&[], seconds);
        }
    }
    if let Some(list) = snapshot.applications.last() {
        applications(&mut page, list);
    }
    if let Some(Containers::Running { list, .. }) = snapshot.containers.last() {
        containers(&mut page, list);
    }
    if let Some(list) = snapshot.cards.as_ref().and_then(Reading::last).filter(|_| features.card_and_jobs) {
        cards(&mut page, list);
    }
    if let Some(list) = snapshot.card_health.as_ref().and_then(Reading::last).filter(|_| features.card_and_jobs) {
        health(&mut page, list);
    }
    page.family("c2c_settings_problems", "Settings that cannot be used.");
    page.sample(&[], snapshot.settings.problems.len());
    page.text
}

fn readings(page: &mut Page, snapshot: &Snapshot, features: Features, now: Timestamp) {
    let s = snapshot;
    let mut states = vec![
        ("identity", state(&s.identity, now)),
        ("network", state(&s.network, now)),
        ("boot", state(&s.boot, now)),
        ("applications", state(&s.applications, now)),
        ("containers", state(&s.containers, now)),
        ("time", state(&s.time, now)),
    ];
    let gated = [
        ("cards", s.cards.as_ref().map(|r| state(r, now))),
        ("card_health", s.card_health.as_ref().map(|r| state(r, now))),
        ("storage", s.storage.as_ref().map(|r| state(r, now))),
    ];
    if features.card_and_jobs {
        states.extend(gated.into_iter().filter_map(|(name, state)| Some((name, state?))));
    }
    page.family("c2c_reading_up", "1 when the last attempt to read this from the camera succeeded.");
    for (name, state) in &states {
        if let Some(up) = state.up {
            page.sample(&[("reading", name)], u8::from(up));
        }
    }
    page.family("c2c_reading_age_seconds", "Since this was last read from the camera.");
    for (name, state) in &states {
        if let Some(age) = state.age {
            page.sample(&[("reading", name)], age);
        }
    }
}

struct State {
    up: Option<bool>,
    age: Option<u64>,
}

fn state<T>(reading: &Reading<T>, now: Timestamp) -> State {
    match reading {
        Reading::Pending => State { up: None, age: None },
        Reading::Known { at, .. } => State { up: Some(true), age: Some(now.seconds_since(*at)) },
        Reading::Lost { last, .. } => {
            State { up: Some(false), age: last.as_ref().map(|seen| now.seconds_since(seen.at)) }
        }
    }
}

fn applications(page: &mut Page, list: &[Application]) {
    page.family("c2c_applications", "Installed applications by their state.");
    let states = list.iter().map(|app| match &app.state {
        ApplicationState::Running => "running",
        ApplicationState::Stopped => "stopped",
        ApplicationState::Idle => "idle",
        ApplicationState::Other(_) => "other",
    });
    page.counts(&["running", "stopped", "idle", "other"], states);
}

fn containers(page: &mut Page, list: &[Container]) {
    page.family("c2c_containers", "Containers by their state.");
    let states = list.iter().map(|container| match &container.state {
        ContainerState::Created => "created",
        ContainerState::Running => "running",
        ContainerState::Paused => "paused",
        ContainerState::Restarting => "restarting",
        ContainerState::Exited => "exited",
        ContainerState::Removing => "removing",
        ContainerState::Dead => "dead",
        ContainerState::Other(_) => "other",
    });
    let all = ["created", "running", "paused", "restarting", "exited", "removing", "dead", "other"];
    page.counts(&all, states);
}

fn cards(page: &mut Page, list: &[Card]) {
    page.family("c2c_card_ok", "1 when the camera's disk manager calls the card in this slot OK.");
    for card in list {
        page.sample(&[("slot", &card.slot)], u8::from(card.status == CardStatus::Ok));
    }
    page.family("c2c_card_size_bytes", "The size of the card's file system.");
    for (card, bytes) in list.iter().filter_map(|card| Some((card, card.total_bytes?))) {
        page.sample(&[("slot", &card.slot)], bytes);
    }
    page.family("c2c_card_free_bytes", "What is left of it.");
    for (card, bytes) in list.iter().filter_map(|card| Some((card, card.free_bytes?))) {
        page.sample(&[("slot", &card.slot)], bytes);
    }
}

fn health(page: &mut Page, list: &[Health]) {
    page.family("c2c_card_wear_ratio", "How much of the card's life is used, by itself; may pass 1.");
    for (card, percent) in list.iter().filter_map(|card| Some((card, card.wear_percent.value()?))) {
        page.sample(&[("slot", &card.slot)], format_args!("{}.{:02}", percent / 100, percent % 100));
    }
    page.family("c2c_card_temperature_celsius", "The card's temperature, by itself.");
    for (card, degrees) in list.iter().filter_map(|card| Some((card, card.temperature_celsius.value()?))) {
        page.sample(&[("slot", &card.slot)], degrees);
    }
    page.family("c2c_card_check_passed", "1 when the card passed its own check.");
    for (card, passed) in list.iter().filter_map(|card| Some((card, card.passed.value()?))) {
        page.sample(&[("slot", &card.slot)], u8::from(passed));
    }
}

/// The text, family by family.
#[derive(Default)]
struct Page {
    text: String,
    family: &'static str,
}

impl Page {
    /// Begins a family; `help` is one line without a backslash.
    fn family(&mut self, name: &'static str, help: &str) {
        self.family = name;
        self.push(format_args!("# HELP {name} {help}\n# TYPE {name} gauge\n"));
    }

    /// A sample of the family that was begun last.
    fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<_> = labels.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let family = self.family;
        self.push(format_args!("{family}{labels} {value}\n"));
    }

    /// How often each of these states is among `states`, by the label `state`.
    fn counts<'a>(&mut self, all: &[&str], states: impl Iterator<Item = &'a str> + Clone) {
        for state in all {
            self.sample(&[("state", state)], states.clone().filter(|one| one == state).count());
        }
    }

    fn push(&mut self, text: fmt::Arguments<'_>) {
        // Writing into a text does not fail.
        _ = self.text.write_fmt(text);
    }
}

/// A label's value: backslash, quotation mark and line feed are the three that the format escapes.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features;
    use crate::snapshot::{Fault, Identity, Package, Slot};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    fn snapshot() -> Snapshot {
        let package = Package { version: "1.6.0".into(), version_from: "manifest.json" };
        Snapshot::unread(package, true, at(100))
    }

    #[test]
    fn what_is_not_known_has_no_sample() {
        let text = render(&snapshot(), features::of("1.6.0"), at(160));
        for absent in
            ["c2c_reading_up{", "c2c_reading_age_seconds{", "c2c_camera_ready", "c2c_applications", "c2c_card"]
        {
            assert!(!text.contains(absent), "{absent}: {text}");
        }
        assert!(
            text.contains("c2c_info{version=\"1.6.0\"} 1\n") && text.contains("c2c_settings_problems 0\n"),
            "{text}"
        );
    }

    #[test]
    fn a_lost_reading_is_down_and_has_the_age_of_its_last_value() {
        let mut snapshot = snapshot();
        let card = Slot {
            id: "SD_DISK".into(),
            available: true,
            writable: true,
            full: false,
            exiting: false,
            area_held: true,
            area_fault: None,
        };
        let fault = Fault::new("late", "x");
        snapshot.storage = Some(Reading::Pending.after(Ok(vec![card]), at(100)).after(Err(fault), at(130)));
        let text = render(&snapshot, features::of("1.6.0"), at(160));
        assert!(text.contains("c2c_reading_up{reading=\"storage\"} 0\n"), "{text}");
        assert!(text.contains("c2c_reading_age_seconds{reading=\"storage\"} 60\n"), "{text}");
        let gated = render(&snapshot, features::of("1.5.0"), at(160));
        assert!(!gated.contains("storage"), "{gated}");
    }

    #[test]
    fn what_a_card_tells_of_itself_has_samples_and_what_it_does_not_tell_has_none() {
        use crate::snapshot::Measure;
        let told = Health {
            slot: "SD_DISK".into(),
            wear_percent: Measure::Value(104),
            temperature_celsius: Measure::Value(-3),
            passed: Measure::Unsupported,
        };
        let card_health = Some(Reading::Known { value: vec![told], at: at(100) });
        let text = render(&Snapshot { card_health, ..snapshot() }, features::of("1.6.0"), at(160));
        assert!(text.contains("c2c_card_wear_ratio{slot=\"SD_DISK\"} 1.04\n"), "{text}");
        assert!(text.contains("c2c_card_temperature_celsius{slot=\"SD_DISK\"} -3\n"), "{text}");
        assert!(!text.contains("c2c_card_check_passed{"), "{text}");
    }

    #[test]
    fn hostile_names_stay_in_their_label() {
        let mut snapshot = snapshot();
        let identity = Identity {
            model: "a\"} 1\nc2c_evil 1\n\\".into(),
            serial: "x".into(),
            os_version: "12".into(),
            architecture: None,
        };
        snapshot.identity = Reading::Known { value: identity, at: at(100) };
        let text = render(&snapshot, features::of("1.6.0"), at(160));
        assert!(text.contains("model=\"a\\\"} 1\\nc2c_evil 1\\n\\\\\""), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("c2c_evil")), "{text}");
    }
}
