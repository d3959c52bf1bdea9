//! So many cameras at a time, with a bar for each that is worked at, and an end by Ctrl-C that leaves nothing half done.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::watch;

use crate::camera::client::Sent;
use crate::camera::fault::Fault;

/// Tells whether somebody wants the program to end.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens for Ctrl-C and SIGTERM from now on.
    ///
    /// # Errors
    /// When the system gives no signals.
    pub fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let (sender, receiver) = watch::channel(false);
        tokio::spawn(async move {
            loop {
                tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
                sender.send_replace(true);
            }
        });
        Ok(Self(receiver))
    }

    /// Whether it is so.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        *self.0.borrow()
    }

    /// The work, unless the program is to end before it is done.
    ///
    /// # Errors
    /// Those of the work, and [`Fault::Stopped`].
    pub async fn or<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let mut asked = self.0.clone();
        tokio::select! {
            biased;
            _ = asked.wait_for(|wanted| *wanted) => Err(Fault::Stopped),
            done = work => done,
        }
    }

    /// Time passes, unless the program is to end.
    ///
    /// # Errors
    /// [`Fault::Stopped`].
    pub async fn pause(&self, time: Duration) -> Result<(), Fault> {
        self.or(async {
            tokio::time::sleep(time).await;
            Ok(())
        })
        .await
    }
}

/// What one camera's work tells of its progress.
#[derive(Debug, Clone)]
pub struct Bar(ProgressBar);

impl Bar {
    /// What it is at.
    pub fn says(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }

    /// A bar for so many bytes, and who moves it.
    #[must_use]
    pub fn of_bytes(&self, all: usize) -> Sent {
        self.0.set_length(u64::try_from(all).unwrap_or(u64::MAX));
        let bar = self.0.clone();
        Arc::new(move |sent| {
            bar.set_position(u64::try_from(sent).unwrap_or(u64::MAX));
            if sent >= all {
                bar.set_message("installing");
            }
        })
    }
}

/// Does `work` for each of `all`, `jobs` at a time; what came of it, in their order.
pub async fn each<T, R, F>(all: Vec<T>, jobs: u16, name: impl Fn(&T) -> String, work: impl Fn(T, Bar) -> F) -> Vec<R>
where
    F: Future<Output = R>,
{
    // Where standard error is no terminal nothing is drawn.
    let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
    let whole = bars.add(ProgressBar::new(u64::try_from(all.len()).unwrap_or(u64::MAX)));
    whole.set_style(style("{pos} of {len} cameras {wide_bar}"));
    let one = |(number, target): (usize, T)| {
        let bar = bars.insert_before(&whole, ProgressBar::new(1));
        bar.set_style(style("{prefix:24} {bar:20} {msg}"));
        bar.set_prefix(name(&target));
        let (work, whole) = (work(target, Bar(bar.clone())), whole.clone());
        async move {
            let result = work.await;
            bar.finish_and_clear();
            whole.inc(1);
            (number, result)
        }
    };
    let mut done: Vec<(usize, R)> =
        stream::iter(all.into_iter().enumerate()).map(one).buffer_unordered(usize::from(jobs)).collect().await;
    whole.finish_and_clear();
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
