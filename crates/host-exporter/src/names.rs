//! Whose names metrics have on Windows: node_exporter's, windows_exporter's, or those that
//! windows_exporter has given up.

use exporter_kit::{AnyFlag, Flag};
use exporter_kit::{Definition, Samples, Scalar};

const NODE: Flag<bool> =
    Flag::switch("names.node", "On Windows, expose metrics under node_exporter's names.").on();
pub(crate) const WINDOWS: Flag<bool> =
    Flag::switch("names.windows", "On Windows, expose metrics under windows_exporter's names.")
        .on();
const RETIRED: Flag<bool> = Flag::switch(
    "names.windows-retired",
    "On Windows, also expose metrics under names that windows_exporter 0.31 has removed.",
);

/// They have no effect on other systems.
pub(crate) const FLAGS: [&dyn AnyFlag; 3] = [&NODE, &WINDOWS, &RETIRED];

/// Marks a definition as one of node_exporter's names.
pub(crate) const NODE_EXPORTER: &str = "node_exporter";

/// Marks a definition as one of windows_exporter's names.
pub(crate) const WINDOWS_EXPORTER: &str = "windows_exporter";

/// Marks a definition as a name that windows_exporter had.
pub(crate) const WINDOWS_EXPORTER_RETIRED: &str = "windows_exporter before 0.31";

/// The names that are on the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    node: bool,
    windows: bool,
    retired: bool,
}

impl Names {
    #[cfg(windows)]
    pub(crate) fn new(settings: &exporter_kit::Settings) -> Self {
        Self {
            node: settings.get(&NODE),
            windows: settings.get(&WINDOWS),
            retired: settings.get(&RETIRED),
        }
    }

    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: Self = Self { node: true, windows: true, retired: true };

    /// Samples of which only those under these names are kept.
    pub(crate) fn of(self, out: &mut Samples) -> Page<'_> {
        Page { names: self, out }
    }
}

/// See [`Names::of`].
pub(crate) struct Page<'a> {
    names: Names,
    out: &'a mut Samples,
}

impl Page<'_> {
    /// As [`Samples::set`].
    pub(crate) fn set<K: Scalar, const N: usize>(
        &mut self,
        metric: &Definition<K, N>,
        labels: [&str; N],
        value: impl Into<f64>,
    ) {
        use exporter_kit::Metric as _;
        let is_wanted = match metric.describe().compatible_with {
            NODE_EXPORTER => self.names.node,
            WINDOWS_EXPORTER => self.names.windows,
            WINDOWS_EXPORTER_RETIRED => self.names.retired,
            _ => true,
        };
        if is_wanted {
            self.out.set(metric, labels, value.into());
        }
    }

    /// As [`Self::set`], unless there is no value.
    pub(crate) fn set_some<K: Scalar, const N: usize>(
        &mut self,
        metric: &Definition<K, N>,
        labels: [&str; N],
        value: Option<impl Into<f64>>,
    ) {
        if let Some(value) = value {
            self.set(metric, labels, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use exporter_kit::Gauge;

    use super::*;

    #[test]
    fn a_flag_for_each_kind_of_name() {
        const OWN: Gauge = Gauge::new("sys_a", "A.");
        const A: Gauge = Gauge::new("node_a", "A.").compatible_with(NODE_EXPORTER);
        const B: Gauge = Gauge::new("windows_a", "A.").compatible_with(WINDOWS_EXPORTER);
        const C: Gauge = Gauge::new("windows_b", "A.").compatible_with(WINDOWS_EXPORTER_RETIRED);
        for (node, windows, retired) in
            [(true, false, false), (false, true, false), (false, false, true)]
        {
            let mut out = Samples::default();
            let mut page = Names { node, windows, retired }.of(&mut out);
            [OWN, A, B, C].iter().for_each(|metric| page.set(metric, [], 1.0));
            let found = [OWN, A, B, C].map(|metric| out.value(&metric, []).is_some());
            assert_eq!(found, [true, node, windows, retired]);
        }
    }
}
