//! The collectors, one file each. A new collector is one file and one line in [`COLLECTORS`].

mod disk;
#[cfg(target_os = "linux")]
mod kernel_file;
mod memory;

use exporter_kit::{Collector, Exporter};

/// Makes a collector.
type Build = fn() -> Box<dyn Collector>;

/// Every collector by the name that its self-metrics carry.
const COLLECTORS: &[(&str, Build)] =
    &[("disk", || Box::new(disk::Disk::new())), ("mem", || Box::new(memory::Memory::new()))];

/// Adds every collector to `exporter`.
pub(crate) fn add_all(exporter: Exporter) -> Exporter {
    let add = |exporter: Exporter, (name, build): &(&'static str, Build)| {
        exporter.boxed_collector(name, build())
    };
    COLLECTORS.iter().fold(exporter, add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_metrics_follow_the_conventions() {
        let metrics = COLLECTORS.iter().flat_map(|(_, build)| build().metrics());
        assert_eq!(exporter_kit::lint_metrics(metrics.copied()), []);
    }
}
