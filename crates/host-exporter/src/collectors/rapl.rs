//! Energy that parts of the processors have used: `/sys/class/powercap`.

use std::path::{Path, PathBuf};

use exporter_kit::{
    AnyPattern, CollectError, Collector, CollectorDef, Counter, CounterPattern, Flag, Samples,
    ScheduledCollector, Unit, UnitRule,
};

use super::node::{NODE_EXPORTER, counter};
use crate::files::Folder;
use crate::host::Host;

const PACKAGE: Counter<2> =
    counter("node_rapl_package_joules_total", "CPU插槽能耗", "Energy that the processor has used.")
        .unit(Unit::Joules)
        .labels(["index", "path"]);

const DRAM: Counter<2> =
    counter("node_rapl_dram_joules_total", "内存能耗", "Energy that the memory has used.")
        .unit(Unit::Joules)
        .labels(["index", "path"]);

const CORE: Counter<2> =
    counter("node_rapl_core_joules_total", "CPU核能耗", "Energy that the cores have used.")
        .unit(Unit::Joules)
        .labels(["index", "path"]);

const OTHERS: CounterPattern<2> =
    CounterPattern::new("node_rapl_", "Energy that the zone {} has used.")
        .unit_rule(UnitRule::Fixed(Unit::Joules))
        .zh("其他区域能耗")
        .compatible_with(NODE_EXPORTER)
        .labels(["index", "path"]);

const ANY_ZONE: Counter<3> = counter(
    "node_rapl_joules_total",
    "各区域能耗",
    "Energy that the zone has used; with --collector.rapl.enable-zone-label.",
)
.unit(Unit::Joules)
.labels(["index", "path", "rapl_zone"]);

const ZONE_LABEL: Flag<bool> = Flag::switch(
    "collector.rapl.enable-zone-label",
    "Expose one metric with the zone as a label instead of one metric for each zone.",
);

const PATTERNS: &[&dyn AnyPattern] = &[&OTHERS];

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "rapl",
    "CPU能耗",
    "Energy that processors, their cores and the memory have used.",
    &[&PACKAGE, &CORE, &DRAM, &ANY_ZONE],
    |settings| {
        let path = Host::new(settings).sys("class/powercap");
        let with_label = settings.get(&ZONE_LABEL);
        Ok(ScheduledCollector::on_scrape(Rapl { path, with_label, names: 0, zones: Vec::new() }))
    },
)
.patterns(PATTERNS)
.flags(&[&ZONE_LABEL])
.source("/sys/class/powercap");

struct Rapl {
    path: PathBuf,
    with_label: bool,
    /// How many zones there were when they were looked up.
    names: usize,
    zones: Vec<Zone>,
}

#[derive(Debug, PartialEq)]
struct Zone {
    folder: String,
    path: String,
    name: String,
    index: String,
}

impl Collector for Rapl {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let class = Folder::open(&self.path).ok_or(CollectError::NoData)?;
        let mut names = 0;
        class.names(|name| names += usize::from(is_zone(name)));
        if names != self.names {
            (self.names, self.zones) = (names, zones(&class, &self.path));
        }
        for zone in &self.zones {
            let Some(folder) = class.folder(&zone.folder) else {
                // Another may come in its place.
                self.names = 0;
                continue;
            };
            // Only root can read it since the processors were found to leak secrets by it.
            let microjoules = folder.number("energy_uj").filter(|energy| *energy >= 0.0);
            let Some(joules) = microjoules.map(|energy| energy / 1e6) else { continue };
            let labels = [zone.index.as_str(), &zone.path];
            match zone.name.as_str() {
                name if self.with_label => out.set(&ANY_ZONE, [labels[0], labels[1], name], joules),
                "package" => out.set(&PACKAGE, labels, joules),
                "core" => out.set(&CORE, labels, joules),
                "dram" => out.set(&DRAM, labels, joules),
                name => out.set_field(&OTHERS, &[name, "_joules_total"], labels, joules),
            }
        }
        Ok(())
    }
}

fn is_zone(name: &str) -> bool {
    name.starts_with("intel-rapl")
}

/// The zones in the order of their folders. One whose name ends in a number, as `package-1`, has
/// that as its index; others are counted by their names.
fn zones(class: &Folder, path: &Path) -> Vec<Zone> {
    let mut folders = Vec::new();
    class.names(|name| {
        if is_zone(name) {
            folders.push(name.to_owned());
        }
    });
    folders.sort();
    let mut zones: Vec<Zone> = Vec::new();
    let mut counted: Vec<String> = Vec::new();
    for folder in folders {
        let Some(text) = class.folder(&folder).and_then(|zone| zone.text("name")) else { continue };
        let Some(text) = text.trimmed() else { continue };
        let numbered = text.rsplit_once('-').filter(|(_, index)| index.parse::<u32>().is_ok());
        let (name, index) = match numbered {
            Some((name, index)) => (name.to_owned(), index.to_owned()),
            None => {
                let index = counted.iter().filter(|known| *known == text).count();
                counted.push(text.to_owned());
                (text.to_owned(), index.to_string())
            }
        };
        let path = path.join(&folder).to_string_lossy().into_owned();
        zones.push(Zone { folder, path, name, index });
    }
    zones
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn rapl(path: &Path, with_label: bool) -> Rapl {
        Rapl { path: path.to_owned(), with_label, names: 0, zones: Vec::new() }
    }

    #[test]
    fn zones_are_metrics_or_labels() {
        let root = tempfile::tempdir().unwrap();
        let zone = |folder: &str, name: &str, energy: &str| {
            let folder = root.path().join(folder);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("name"), name).unwrap();
            fs::write(folder.join("energy_uj"), energy).unwrap();
        };
        fs::create_dir(root.path().join("intel-rapl")).unwrap();
        zone("intel-rapl:0", "package-0\n", "1500000\n");
        zone("intel-rapl:0:0", "core\n", "2\n");
        zone("intel-rapl:1", "package-1\n", "damaged\n");
        zone("intel-rapl:1:0", "core\n", "3000000\n");
        zone("intel-rapl:2", "psys\n", "4000000\n");
        let mut by_name = rapl(root.path(), false);
        let mut out = Samples::default();
        by_name.collect(&mut out).unwrap();
        let path = |folder: &str| root.path().join(folder).to_str().unwrap().to_owned();
        assert_eq!(out.value(&PACKAGE, ["0", &path("intel-rapl:0")]), Some(1.5));
        assert_eq!(out.value(&CORE, ["0", &path("intel-rapl:0:0")]), Some(0.000_002));
        assert_eq!(out.value(&CORE, ["1", &path("intel-rapl:1:0")]), Some(3.0));
        assert!(out.page().contains("node_rapl_psys_joules_total{index=\"0\",path="));
        assert_eq!(out.len(), 4);
        zone("intel-rapl:1:1", "dram\n", "5000000\n");
        let mut out = Samples::default();
        by_name.collect(&mut out).unwrap();
        assert_eq!(out.value(&DRAM, ["0", &path("intel-rapl:1:1")]), Some(5.0));
        let mut out = Samples::default();
        rapl(root.path(), true).collect(&mut out).unwrap();
        assert_eq!(out.value(&ANY_ZONE, ["0", &path("intel-rapl:2"), "psys"]), Some(4.0));
        assert_eq!(out.len(), 5);
    }
}
