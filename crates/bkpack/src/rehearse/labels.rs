//! The names of steps, states and levels: for programs, which never change, and for people.

use super::checklist::{Level, State, Step};
use crate::texts::rehearse as texts;

/// The name of a step for people, in the selected language.
type Label = fn() -> String;

/// Every step, in order.
pub(super) const STEPS: [(&str, Label); 16] = [
    ("import", texts::step_import),
    ("unpack", texts::step_unpack),
    ("port", texts::step_port),
    ("arguments", texts::step_arguments),
    ("env.yaml", texts::step_environment),
    ("debug", texts::step_debug),
    ("start", texts::step_start),
    ("alive after 2 s", texts::step_alive),
    ("scrape", texts::step_scrape),
    ("metrics.json", texts::step_metrics),
    ("debug preview", texts::step_preview),
    ("kill -9", texts::step_kill),
    ("restart on the same port", texts::step_restart),
    ("port taken", texts::step_taken),
    ("two copies side by side", texts::step_two_copies),
    ("stop", texts::step_stop),
];

/// The name of a step for people.
pub(super) fn label(step: &str) -> String {
    let known = STEPS.iter().find(|(name, _)| *name == step);
    known.map_or_else(|| step.to_owned(), |(_, label)| label())
}

impl State {
    /// Its name for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Warned => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// Its name for people.
    pub fn label(self) -> String {
        match self {
            Self::Passed => texts::passed(),
            Self::Warned => texts::warned(),
            Self::Failed => texts::failed(),
            Self::Skipped => texts::skipped(),
        }
    }
}

impl Level {
    /// Its name for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Fact => "fact",
        }
    }

    /// Its name for people.
    pub fn label(self) -> String {
        match self {
            Self::Error => texts::error(),
            Self::Warning => texts::warning(),
            Self::Fact => texts::fact(),
        }
    }
}

impl Step {
    /// Its name for people.
    pub fn label(&self) -> String {
        label(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_labels_are_the_names() {
        for (name, label) in STEPS {
            assert_eq!(label(), name);
        }
    }
}
