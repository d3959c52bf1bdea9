//! The log: one line an event to standard output, which the camera puts into its system log with the time.

use std::io::Write as _;

use log::{LevelFilter, Log, Metadata, Record};

struct Lines;

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = one_line(&format!("{}: {}", record.level(), record.args()));
            // A log that nobody reads must not end the app.
            drop(writeln!(std::io::stdout().lock(), "{line}"));
        }
    }

    fn flush(&self) {}
}

/// What comes from outside may hold line ends and escape sequences; an event stays one plain line.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Starts logging at `info`; the level follows the setting `LogLevel` from then on.
pub fn start() {
    if log::set_logger(&Lines).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_event_stays_on_one_line() {
        assert_eq!(super::one_line("a\nWARN: forged\u{1b}[2J"), "a WARN: forged [2J");
    }
}
