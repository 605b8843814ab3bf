//! Samples whose series are more than the label values of a definition: infos, states, and labels
//! that only the source knows.

use super::discarded::Reason;
use super::{Family, Samples};
use crate::exposition::text::Room;
use crate::metrics::checks::{is_name, is_reserved_label};
use crate::metrics::{Definition, InfoKind, Scalar, StateSetKind};

impl Samples {
    /// Adds the sample of an info, whose value is always 1.
    pub fn set_info<const N: usize>(
        &mut self,
        metric: &Definition<InfoKind, N>,
        labels: [&str; N],
    ) {
        self.put(metric.core(), metric.label_names(), &labels, 1.0, self.numbers.len());
    }

    /// Adds the samples of a stateset: 1 for the states in `active`, which may be none or several,
    /// and 0 for all others.
    ///
    /// All of them are discarded if [`Samples::set`] would discard one, or if the definition lacks
    /// a state of `active`.
    pub fn set_states<const N: usize>(
        &mut self,
        metric: &Definition<StateSetKind, N>,
        labels: [&str; N],
        active: &[&str],
    ) {
        let core = metric.core();
        if active.iter().any(|state| !core.states.contains(state)) {
            return self.mismatch(core.name, "a state is not one of the definition's");
        }
        let Some(family) = self.families.find(core, metric.label_names()) else {
            return self.mismatch(core.name, "the definition differs from another of this name");
        };
        let before = (self.text.len(), self.samples.len(), self.page_bytes);
        let bytes = labels.iter().map(|label| label.len()).sum::<usize>();
        for state in core.states {
            let value = if active.contains(state) { 1.0 } else { 0.0 };
            let write = |family: &Family, out: &mut Room<'_>| {
                family.write_state(out, &labels, state);
            };
            let bytes = bytes + state.len();
            if let Err(reason) = self.try_put(family, bytes, self.numbers.len(), value, write) {
                self.text.truncate(before.0);
                self.samples.truncate(before.1);
                self.page_bytes = before.2;
                return self.discard(reason, core.name);
            }
        }
    }

    /// Adds a sample of `metric` with the label values `labels`, and with labels that only the
    /// source knows: `more` are their names and values. The definition says that it has such labels
    /// by [`more_labels`](Definition::more_labels).
    ///
    /// ```
    /// use exporter_kit::{Gauge, Samples};
    ///
    /// const READY: Gauge<1> =
    ///     Gauge::new("pod_ready", "Whether the pod is ready.").labels(["pod"]).more_labels();
    ///
    /// let mut out = Samples::default();
    /// out.set_with(&READY, ["web-1"], &[("app", "web"), ("tier", "front")], 1.0);
    /// ```
    ///
    /// The sample is discarded if [`Samples::set`] would discard it; or if a name of `more` is not
    /// a letter followed by letters, digits and `_`, is reserved, is repeated, or is a label of the
    /// definition.
    pub fn set_with<K: Scalar, const N: usize>(
        &mut self,
        metric: &Definition<K, N>,
        labels: [&str; N],
        more: &[(&str, &str)],
        value: f64,
    ) {
        let (core, names) = (metric.core(), metric.label_names());
        if !core.more_labels {
            return self.mismatch(core.name, "the definition does not have more_labels");
        }
        let all: Vec<_> = names.iter().copied().zip(labels).chain(more.iter().copied()).collect();
        let is_sound = |(at, (name, _)): (usize, &(&str, &str))| {
            is_name(name)
                && !is_reserved_label(name)
                && !all[..at].iter().any(|(before, _)| before == name)
        };
        if !all.iter().enumerate().all(is_sound) {
            return self.discard(Reason::BadName, core.name);
        }
        let text = self.text.len();
        let family = self.families.find(core, names);
        let family =
            family.ok_or(Reason::Mismatch("the definition differs from another of this name"));
        if let Err(reason) = family.and_then(|family| self.put_open(family, "", &all, value)) {
            self.text.truncate(text);
            self.discard(reason, core.name);
        }
    }

    /// Adds a sample whose name has this suffix and whose labels are `labels`.
    pub(super) fn put_open(
        &mut self,
        family: u32,
        suffix: &str,
        labels: &[(&str, &str)],
        value: f64,
    ) -> Result<(), Reason> {
        let bytes = labels.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        let bytes = bytes + suffix.len() + 4 * labels.len();
        let constant = self.families.constant().clone();
        let write = |family: &Family, out: &mut Room<'_>| {
            family.write_external(out, suffix, labels, &constant);
        };
        self.try_put(family, bytes, self.numbers.len(), value, write)?;
        let is_replaced = |name: &&str| labels.iter().any(|(own, _)| own == name);
        if let Some(name) = constant.names().find(is_replaced) {
            self.warn(format!(
                "samples have a label {name} of their own, which replaces that of --label or of the \
                 collector; choose another name"
            ));
        }
        Ok(())
    }
}
