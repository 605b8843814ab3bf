//! Progress on stderr: a progress bar on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

/// In a log, steps up to this long get no closing line.
const QUICK: Duration = Duration::from_secs(1);

/// The steps of a task.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    done: u64,
    total: u64,
}

impl Progress {
    /// Starts with an expected number of steps.
    pub(crate) fn new(total: u64) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} [{pos}/{len}] {msg} ({elapsed})")
                .expect("the template has only fields that indicatif knows");
            let bar = ProgressBar::new(total).with_style(style);
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { bar, done: 0, total }
    }

    /// Raises the expected number of steps.
    pub(crate) fn expect_more(&mut self, steps: u64) {
        self.total += steps;
        if let Some(bar) = &self.bar {
            bar.set_length(self.total);
        }
    }

    /// Runs the next step under this name.
    pub(crate) fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.done += 1;
        let position = format!("[{}/{}]", self.done, self.total);
        match &self.bar {
            Some(bar) => {
                bar.reset_elapsed();
                bar.set_position(self.done);
                bar.set_message(name.to_owned());
            }
            None => eprintln!("{position} {name}"),
        }
        let start = Instant::now();
        let result = work()?;
        let took = start.elapsed();
        if self.bar.is_some() || took > QUICK {
            self.note(&format!("{position} {name}: {:.1} s", took.as_secs_f64()));
        }
        Ok(result)
    }

    /// Prints a permanent line.
    pub(crate) fn note(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        // The next output, an error or the summary, starts on its own line.
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
