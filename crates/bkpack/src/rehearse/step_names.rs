//! The names of the steps: one for programs, which never changes, and one for people.

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
