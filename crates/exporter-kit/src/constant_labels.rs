//! Labels that are on every sample of an exporter, of a collector or of a target: they come from the
//! settings, not from definitions.

use std::fmt;
use std::sync::Arc;

use crate::collector::CollectorDef;
use crate::exposition::Text;
use crate::metrics::checks::{is_name, is_reserved_label};
use crate::metrics::lint::labels::{is_of_blueking, is_of_prometheus};
use crate::metrics::{Kind, Metric};

/// The longest value. It is part of every line of a page.
const MAX_VALUE_BYTES: usize = 1024;

/// Why a constant label is not possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelError {
    /// The name is not a letter or `_` followed by letters, digits and `_`.
    InvalidName(String),
    /// The name is `le`, `quantile`, or begins with `__`.
    ReservedName(String),
    /// The label is given twice.
    Repeated(String),
    /// The value is empty, which Prometheus treats like a label that is absent.
    Empty(String),
    /// The value is longer than 1024 bytes.
    TooLong(String),
    /// A metric has a label of this name: the label, and the metric.
    Taken(String, String),
}

impl fmt::Display for LabelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidName(name) => {
                write!(f, "the label {name:?} is not a letter followed by letters, digits and _")
            }
            Self::ReservedName(name) => {
                write!(f, "the label {name} is reserved; choose another name")
            }
            Self::Repeated(name) => write!(f, "the label {name} is given twice; give it once"),
            Self::Empty(name) => write!(f, "the label {name} has no value; give one, or omit it"),
            Self::TooLong(name) => {
                write!(f, "the value of the label {name} is longer than {MAX_VALUE_BYTES} bytes")
            }
            Self::Taken(name, metric) => {
                write!(f, "{metric} has a label {name} of its own; choose another name")
            }
        }
    }
}

impl std::error::Error for LabelError {}

/// Constant labels in order. Without any, which is usual, they cost nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConstantLabels(Option<Arc<[Label]>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Label {
    name: Box<str>,
    /// `name="value"`, with the value escaped.
    text: Box<[u8]>,
}

impl ConstantLabels {
    /// Adds a label.
    ///
    /// # Errors
    ///
    /// The name or the value is not possible, or the label exists.
    pub(crate) fn add(&mut self, name: &str, value: &str) -> Result<(), LabelError> {
        let owned = || name.to_owned();
        if !is_name(name) {
            return Err(LabelError::InvalidName(owned()));
        }
        if is_reserved_label(name) {
            return Err(LabelError::ReservedName(owned()));
        }
        if value.is_empty() {
            return Err(LabelError::Empty(owned()));
        }
        if value.len() > MAX_VALUE_BYTES {
            return Err(LabelError::TooLong(owned()));
        }
        if self.names().any(|known| known == name) {
            return Err(LabelError::Repeated(owned()));
        }
        let mut text = Text::default();
        text.append(name.as_bytes());
        text.append(b"=\"");
        text.append_escaped(value.as_bytes(), true);
        text.push(b'"');
        let label = Label { name: name.into(), text: text.as_slice().into() };
        self.0 = Some(self.labels().iter().cloned().chain([label]).collect());
        Ok(())
    }

    /// These labels and those of `own`, which replace labels of the same name.
    pub(crate) fn with(&self, own: &Self) -> Self {
        if own.0.is_none() {
            return self.clone();
        }
        let is_kept = |label: &&Label| !own.names().any(|name| name == &*label.name);
        let kept = self.labels().iter().filter(is_kept);
        Self(Some(kept.chain(own.labels()).cloned().collect()))
    }

    /// The first of these labels that `own` has too, by its name.
    pub(crate) fn shared_with(&self, own: &Self) -> Option<&str> {
        self.names().find(|name| own.names().any(|own| own == *name))
    }

    /// Checks that no metric of the collector has one of these labels.
    ///
    /// # Errors
    ///
    /// [`LabelError::Taken`].
    pub(crate) fn check(&self, def: &CollectorDef) -> Result<(), LabelError> {
        for metric in def.metrics() {
            self.check_metric(metric)?;
        }
        for pattern in def.patterns.iter().map(|pattern| pattern.describe()) {
            self.check_names(pattern.labels, &format!("{}*", pattern.prefix))?;
        }
        Ok(())
    }

    /// Like [`check`](Self::check), for one metric.
    pub(crate) fn check_metric(&self, metric: &dyn Metric) -> Result<(), LabelError> {
        let metric = metric.describe();
        let state = (metric.kind == Kind::StateSet).then_some(metric.name);
        let names: Vec<_> = metric.labels.iter().copied().chain(state).collect();
        self.check_names(&names, metric.name)
    }

    fn check_names(&self, taken: &[&str], metric: &str) -> Result<(), LabelError> {
        match self.names().find(|name| taken.contains(name)) {
            Some(name) => Err(LabelError::Taken(name.to_owned(), metric.to_owned())),
            None => Ok(()),
        }
    }

    /// What others do with these labels, one line each.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        self.names().filter_map(|name| {
            if is_of_blueking(name) {
                Some(format!("BlueKing overwrites the label {name}, which every sample has"))
            } else if is_of_prometheus(name) {
                Some(format!("Prometheus renames the label {name} to exported_{name}"))
            } else {
                None
            }
        })
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.labels().iter().map(|label| &*label.name)
    }

    /// The text of each label that `is_own` does not name: a sample keeps its own.
    pub(crate) fn texts(&self, is_own: impl Fn(&str) -> bool) -> impl Iterator<Item = &[u8]> {
        let rest = self.labels().iter().filter(move |label| !is_own(&label.name));
        rest.map(|label| &*label.text)
    }

    fn labels(&self) -> &[Label] {
        self.0.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_labels_are_rejected() {
        let mut labels = ConstantLabels::default();
        labels.add("site", "sz").unwrap();
        let long = "x".repeat(MAX_VALUE_BYTES + 1);
        for (name, value, expected) in [
            ("", "v", "is not a letter"),
            ("9", "v", "is not a letter"),
            ("a-b", "v", "is not a letter"),
            ("机房", "v", "is not a letter"),
            ("le", "v", "is reserved"),
            ("quantile", "v", "is reserved"),
            ("__name__", "v", "is reserved"),
            ("site", "bj", "is given twice"),
            ("env", "", "has no value"),
            ("env", &long, "longer than 1024 bytes"),
        ] {
            let error = labels.add(name, value).unwrap_err().to_string();
            assert!(error.contains(expected), "{name}={value}: {error}");
        }
        assert_eq!(labels.names().collect::<Vec<_>>(), ["site"]);
    }

    #[test]
    fn labels_of_a_target_replace_those_of_the_exporter() {
        let labels = |pairs: &[(&str, &str)]| {
            let mut labels = ConstantLabels::default();
            pairs.iter().for_each(|(name, value)| labels.add(name, value).unwrap());
            labels
        };
        let (exporter, target) = (labels(&[("a", "1"), ("b", "2")]), labels(&[("a", "3\"")]));
        let texts = |labels: &ConstantLabels| {
            let texts: Vec<_> = labels.texts(|name| name == "own").map(<[u8]>::to_vec).collect();
            String::from_utf8(texts.join(&b","[..])).unwrap()
        };
        assert_eq!(texts(&exporter.with(&target)), r#"b="2",a="3\"""#);
        assert_eq!(texts(&exporter.with(&ConstantLabels::default())), r#"a="1",b="2""#);
        assert_eq!(texts(&labels(&[("own", "1"), ("b", "2")])), r#"b="2""#);
    }
}
