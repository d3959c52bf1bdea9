//! The log: one line an event to standard output, which the camera puts into its system log with the time.
//!
//! Whoever reads there may stall, so nobody waits for it: lines go into a bounded queue that a thread of its own empties,
//! and what finds no room is dropped and counted.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use log::{LevelFilter, Log, Metadata, Record};

/// So many lines wait at most.
const LINES: usize = 256;
/// Longer lines are cut to so many characters.
const LINE_CHARS: usize = 1_000;

#[derive(Debug)]
struct Queue {
    state: Mutex<State>,
    /// Notified when there is something to write.
    filled: Condvar,
    /// Notified when all is written.
    emptied: Condvar,
}

#[derive(Debug)]
struct State {
    lines: VecDeque<String>,
    dropped: u64,
    writing: bool,
}

static QUEUE: Queue = Queue::new();

impl Queue {
    const fn new() -> Self {
        let state = State { lines: VecDeque::new(), dropped: 0, writing: false };
        Self { state: Mutex::new(state), filled: Condvar::new(), emptied: Condvar::new() }
    }

    /// Never held while a line is being written.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, line: String) {
        let mut state = self.lock();
        if state.lines.len() < LINES {
            state.lines.push_back(line);
        } else {
            state.dropped += 1;
        }
        self.filled.notify_one();
    }

    /// Writes one line, or how many were dropped once all that were kept are written; waits until there is something.
    fn write_one(&self, to: &mut impl Write) -> io::Result<()> {
        let mut state = self.lock();
        while state.lines.is_empty() && state.dropped == 0 {
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let line = state.lines.pop_front().unwrap_or_else(|| {
            let dropped = std::mem::take(&mut state.dropped);
            format!("WARN: {dropped} lines of this log were dropped, since nobody took them")
        });
        state.writing = true;
        drop(state);
        let written = writeln!(to, "{line}").and_then(|()| to.flush());
        let mut state = self.lock();
        state.writing = false;
        if state.lines.is_empty() && state.dropped == 0 {
            self.emptied.notify_all();
        }
        written
    }

    fn finish(&self, within: Duration) {
        let unwritten = |state: &mut State| state.writing || !state.lines.is_empty() || state.dropped > 0;
        drop(self.emptied.wait_timeout_while(self.lock(), within, unwritten));
    }
}

struct Lines;

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            QUEUE.put(one_line(&format!("{}: {}", record.level(), record.args())));
        }
    }

    fn flush(&self) {}
}

/// What comes from outside may hold line ends and escape sequences, and be long; an event stays one plain line.
fn one_line(text: &str) -> String {
    let mut line: String = text.chars().take(LINE_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.len() < text.len() {
        line.push('…');
    }
    line
}

/// Starts logging at `info`; the level follows the setting `LogLevel` from then on. Without its thread there is no log.
pub fn start() {
    let writer = || loop {
        // A log that nobody reads must not end the app.
        drop(QUEUE.write_one(&mut io::stdout()));
    };
    let started = std::thread::Builder::new().name("c2c-log".to_owned()).stack_size(128 << 10).spawn(writer);
    if started.is_ok() && log::set_logger(&Lines).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}

/// Waits until all lines are written, but no longer than that.
pub fn finish(within: Duration) {
    QUEUE.finish(within);
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    #[test]
    fn an_event_stays_on_one_line_of_bounded_length() {
        assert_eq!(one_line("a\nWARN: forged\u{1b}[2J"), "a WARN: forged [2J");
        assert_eq!(one_line(&"雪".repeat(100_000)).chars().count(), LINE_CHARS + 1);
    }

    /// Takes a line only when it is told to.
    struct Slow {
        go: mpsc::Receiver<()>,
        taken: mpsc::Sender<String>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.go.recv().map_err(io::Error::other)?;
            self.taken.send(String::from_utf8_lossy(bytes).into_owned()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_stalls_holds_nobody_and_what_it_missed_is_counted() {
        let (queue, (go, told), (taken, lines)) = (Arc::new(Queue::new()), mpsc::channel(), mpsc::channel());
        let its = Arc::clone(&queue);
        let writer = std::thread::spawn(move || {
            let mut slow = io::LineWriter::new(Slow { go: told, taken });
            while its.write_one(&mut slow).is_ok() {}
        });
        for number in 0..LINES + 100 {
            queue.put(format!("line {number}"));
        }
        queue.finish(Duration::from_millis(1));
        let mut read = Vec::new();
        while read.last().is_none_or(|line: &String| !line.contains("dropped")) {
            go.send(()).unwrap();
            read.push(lines.recv_timeout(Duration::from_secs(20)).unwrap());
        }
        // The writer may have taken the first line out of the queue before it was full.
        let kept = read.len() - 1;
        assert!((LINES..=LINES + 1).contains(&kept), "{kept}");
        assert_eq!(read[0], "line 0\n");
        assert!(read[kept].starts_with(&format!("WARN: {} lines", LINES + 100 - kept)), "{}", read[kept]);
        queue.finish(Duration::from_secs(20));
        drop(go);
        queue.put("the last".to_owned());
        writer.join().unwrap();
    }
}
