//! What an application wrote to stdout and stderr: the newest lines in memory, all of them in a file.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Mutex;

use time::OffsetDateTime;
use time::macros::format_description;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::watch;

use crate::clock;
use crate::faults::locked;

/// Lines kept in memory.
const KEPT: usize = 5_000;
/// Longer lines are cut to so many bytes.
const LONGEST: usize = 16_384;

/// The log of one application.
#[derive(Debug)]
pub(crate) struct Journal {
    lines: Mutex<VecDeque<Line>>,
    file: Mutex<File>,
    count: watch::Sender<u64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) at: OffsetDateTime,
    pub(crate) pid: u32,
    pub(crate) text: String,
}

impl Line {
    /// The form of a system log. A guess: no log of an application has been published with its prefix.
    pub(crate) fn for_system_log(&self, host: &str, app: &str) -> String {
        let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+00:00");
        let at = self.at.format(form).unwrap_or_default();
        format!("{at} {host} [ INFO    ] {app}[{}]: {}\n", self.pid, self.text)
    }
}

impl Journal {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { lines: Mutex::default(), file: Mutex::new(file), count: watch::Sender::new(0) })
    }

    pub(crate) fn write(&self, pid: u32, text: &[u8]) {
        let text = String::from_utf8_lossy(text.get(..LONGEST).unwrap_or(text)).into_owned();
        if let Err(error) = writeln!(locked(&self.file), "{text}") {
            log::warn!("an application's log: {error}");
        }
        let mut lines = locked(&self.lines);
        if lines.len() >= KEPT {
            lines.pop_front();
        }
        lines.push_back(Line { at: clock::now(), pid, text });
        drop(lines);
        self.count.send_modify(|count| *count += 1);
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        locked(&self.lines).iter().cloned().collect()
    }

    /// The lines as the application wrote them.
    pub(crate) fn text(&self) -> String {
        locked(&self.lines).iter().map(|line| format!("{}\n", line.text)).collect()
    }

    /// Waits until `so` holds for the text; the caller bounds it.
    pub(crate) async fn wait(&self, so: impl Fn(&str) -> bool) {
        let mut count = self.count.subscribe();
        while !so(&self.text()) {
            if count.changed().await.is_err() {
                return;
            }
        }
    }

    /// Takes over all lines of a stream until it ends.
    pub(crate) async fn follow(&self, pid: u32, stream: impl AsyncRead + Unpin) {
        let mut lines = BufReader::new(stream).split(b'\n');
        while let Ok(Some(line)) = lines.next_segment().await {
            self.write(pid, &line);
        }
    }
}
