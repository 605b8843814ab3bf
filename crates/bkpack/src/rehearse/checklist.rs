//! The results of a rehearsal's steps: printed as they finish, kept for the reports.

use std::io::{IsTerminal, stderr, stdout};
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::labels::label;
use super::render::to_text;
use super::signals;
use crate::init::secrets::masked;
use crate::output;
use crate::texts::rehearse as texts;
use crate::texts::{labelled, list, padded};

/// Where the steps are printed while the rehearsal runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressTo {
    /// The standard output.
    Stdout,
    /// For `--json`, which needs the standard output for the report.
    Stderr,
}

/// The result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No error and no warning.
    Passed,
    /// At least one warning.
    Warned,
    /// At least one error.
    Failed,
    /// Not reached, or not applicable to this kind of package.
    Skipped,
}

/// The severity of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The package would not work.
    Error,
    /// It works, but not everywhere or not as expected.
    Warning,
    /// For information only.
    Fact,
}

/// A finding of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its severity.
    pub level: Level,
    /// The kind, for programs: `undeclared`, `not_finite`, …
    pub kind: &'static str,
    /// The metric, group or file concerned; may be empty.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The metrics concerned, if several; the text does not contain them.
    pub names: Vec<String>,
}

/// A finished step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// For programs, and English.
    pub name: &'static str,
    pub state: State,
    pub summary: String,
    pub notes: Vec<Note>,
    pub seconds: f64,
}

/// The notes of the current step.
#[derive(Debug, Default)]
pub struct Notes(Vec<Note>);

/// All finished steps.
#[derive(Debug)]
pub struct Checklist {
    /// The steps in order.
    pub steps: Vec<Step>,
    /// Texts that steps and notes must not show.
    pub(super) secrets: Vec<String>,
    progress_to: ProgressTo,
}

impl Notes {
    pub fn add(
        &mut self,
        level: Level,
        kind: &'static str,
        subject: impl Into<String>,
        text: impl Into<String>,
    ) {
        self.add_for(level, kind, subject, text, Vec::new());
    }

    /// Like [`Self::add`], for several metrics.
    pub fn add_for(
        &mut self,
        level: Level,
        kind: &'static str,
        subject: impl Into<String>,
        text: impl Into<String>,
        names: Vec<String>,
    ) {
        let (subject, text) = (subject.into(), text.into());
        self.0.push(Note { level, kind, subject, text, names });
    }

    pub fn count(&self, level: Level) -> usize {
        self.0.iter().filter(|note| note.level == level).count()
    }

    pub fn fact(&mut self, kind: &'static str, text: impl Into<String>) {
        self.add(Level::Fact, kind, "", text);
    }
}

impl Checklist {
    /// An empty list.
    pub fn new(progress_to: ProgressTo) -> Self {
        Self { steps: Vec::new(), secrets: Vec::new(), progress_to }
    }

    /// Runs a step. `work` adds notes and returns a summary. Returns `None` if it failed or noted
    /// an error.
    pub fn step<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&mut Notes) -> Result<(T, String)>,
    ) -> Option<T> {
        signals::park_if_interrupted();
        let spinner = self.spinner(label(name));
        let start = Instant::now();
        let mut notes = Notes::default();
        let done = work(&mut notes);
        // What failed because of that is not the package's fault.
        signals::park_if_interrupted();
        if let Some(spinner) = spinner {
            spinner.finish_and_clear();
        }
        let seconds = start.elapsed().as_secs_f64();
        let (value, summary) = match done {
            Ok((value, summary)) => (Some(value), summary),
            Err(error) => {
                notes.add(Level::Error, "failed", "", format!("{error:#}"));
                (None, String::new())
            }
        };
        let has = |level| notes.0.iter().any(|note| note.level == level);
        let state = match (has(Level::Error), has(Level::Warning)) {
            (true, _) => State::Failed,
            (false, true) => State::Warned,
            (false, false) => State::Passed,
        };
        self.push(Step { name, state, summary, notes: notes.0, seconds });
        value.filter(|_| state != State::Failed)
    }

    /// Records a skipped step with the reason.
    pub fn skip(&mut self, name: &'static str, why: &str) {
        let (summary, notes) = (why.to_owned(), Vec::new());
        self.push(Step { name, state: State::Skipped, summary, notes, seconds: 0.0 });
    }

    /// Records every step of `names` that has not run as skipped; prints them as one line.
    pub fn skip_rest(&mut self, names: &[&'static str], why: &str) {
        let is_left = |name: &&&str| !self.steps.iter().any(|step| step.name == **name);
        let rest: Vec<&'static str> = names.iter().filter(is_left).copied().collect();
        if !rest.is_empty() {
            let labels: Vec<_> = rest.iter().map(|name| label(name)).collect();
            let state = padded(&State::Skipped.label(), 7);
            self.show(&format!("{state}  {}", labelled(list(&labels), why)));
        }
        let skipped = |name| Step {
            name,
            state: State::Skipped,
            summary: why.to_owned(),
            notes: Vec::new(),
            seconds: 0.0,
        };
        self.steps.extend(rest.into_iter().map(skipped));
    }

    /// The number of steps in this state.
    pub fn count(&self, state: State) -> usize {
        self.steps.iter().filter(|step| step.state == state).count()
    }

    /// The notes of all steps.
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        self.steps.iter().flat_map(|step| &step.notes)
    }

    /// The number of steps by state.
    pub fn counts(&self) -> String {
        let count = |state| self.count(state);
        texts::counts(
            count(State::Passed),
            count(State::Warned),
            count(State::Failed),
            count(State::Skipped),
        )
    }

    /// All steps as JSON.
    pub fn to_json(&self) -> Value {
        let note = |note: &Note| {
            json!({
                "level": note.level.name(),
                "kind": note.kind,
                "subject": note.subject,
                "text": note.text,
                "names": note.names,
            })
        };
        let step = |step: &Step| {
            json!({
                "name": step.name,
                "state": step.state.name(),
                "summary": step.summary,
                "seconds": (step.seconds * 1000.0).round() / 1000.0,
                "notes": step.notes.iter().map(note).collect::<Vec<_>>(),
            })
        };
        self.steps.iter().map(step).collect()
    }

    fn push(&mut self, mut step: Step) {
        step.summary = masked(&step.summary, &self.secrets);
        for note in &mut step.notes {
            note.text = masked(&note.text, &self.secrets);
        }
        self.show(&to_text(&step));
        self.steps.push(step);
    }

    fn show(&self, text: &str) {
        match self.progress_to {
            // A failed write is reported when the report is printed.
            ProgressTo::Stdout => drop(output::print(&format!("{text}\n"))),
            ProgressTo::Stderr => eprintln!("{text}"),
        }
    }

    fn spinner(&self, label: String) -> Option<ProgressBar> {
        let seen = stderr().is_terminal()
            && (self.progress_to == ProgressTo::Stderr || stdout().is_terminal());
        seen.then(|| {
            let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
                .expect("the template has only fields that indicatif knows");
            let bar = ProgressBar::new_spinner().with_style(style).with_message(label);
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        })
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let mut list = Checklist::new(ProgressTo::Stderr);
        list.secrets = vec!["hunter22".to_owned()];
        list.step("a", |notes| {
            notes.fact("x", "has hunter22");
            Ok(((), "--password hunter22".to_owned()))
        });
        let shown = list.to_json().to_string();
        assert!(shown.contains("--password ***") && !shown.contains("hunter22"), "{shown}");
    }

    #[test]
    fn state_of_a_step_follows_its_worst_note() {
        let mut list = Checklist::new(ProgressTo::Stderr);
        assert_eq!(list.step("fine", |_| Ok((7, "sum".to_owned()))), Some(7));
        let warned = list.step("warned", |notes| {
            notes.fact("size", "7 bytes");
            notes.add(Level::Warning, "odd", "a", "odd");
            Ok((8, String::new()))
        });
        assert_eq!(warned, Some(8));
        let noted = list.step("noted", |notes| {
            notes.add(Level::Error, "bad", "b", "bad");
            notes.add(Level::Warning, "odd", "a", "odd");
            Ok((9, String::new()))
        });
        assert_eq!(noted, None);
        assert_eq!(list.step("failed", |_| -> Result<((), String)> { bail!("no\nreason") }), None);
        list.skip_rest(&["fine", "skipped", "failed"], "not reached");
        assert_eq!(list.counts(), "1 passed, 1 with warnings, 2 failed, 1 skipped");
        let expected = "failed   failed\n         error    no\n                  reason";
        assert_eq!(to_text(&Step { seconds: 0.0, ..list.steps[3].clone() }), expected);
        assert_eq!(list.to_json()[1]["notes"][1]["subject"], "a");
    }
}
