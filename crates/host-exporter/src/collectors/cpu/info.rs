//! What kind of processors there are: `/proc/cpuinfo`. Its lines repeat for each CPU, so with many
//! of them it is dear, and read only on request.

use exporter_kit::{AnyFlag, Filter, Flag, Gauge, KeptFile, Metric, Pattern, Samples, Settings};

use crate::collectors::node::gauge;
use crate::host::Host;
use crate::text::{fields, lines};
use crate::wanted::Wanted;

const INFO: Gauge<10> = gauge(
    "node_cpu_info",
    "CPU信息",
    "Constant 1, for each CPU, with what the processor says of itself as labels.",
)
.labels([
    "package",
    "core",
    "cpu",
    "vendor",
    "family",
    "model",
    "model_name",
    "microcode",
    "stepping",
    "cachesize",
]);

const FLAG: Gauge<1> =
    gauge("node_cpu_flag_info", "CPU特性", "Constant 1, for each feature of the first CPU.")
        .labels(["flag"]);

const BUG: Gauge<1> =
    gauge("node_cpu_bug_info", "CPU缺陷", "Constant 1, for each known flaw of the first CPU.")
        .labels(["bug"]);

const WITH_INFO: Flag<bool> = Flag::switch("collector.cpu.info", "Expose node_cpu_info.");
const FLAGS_INCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.cpu.info.flags-include",
    "",
    "Features to expose as node_cpu_flag_info; enables node_cpu_info too.",
);
const BUGS_INCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.cpu.info.bugs-include",
    "",
    "Flaws to expose as node_cpu_bug_info; enables node_cpu_info too.",
);

pub(super) const METRICS: &[&dyn Metric] = &[&INFO, &FLAG, &BUG];
pub(super) const FLAGS: [&dyn AnyFlag; 3] = [&WITH_INFO, &FLAGS_INCLUDE, &BUGS_INCLUDE];

/// The keys of the labels of [`INFO`], in their order.
const KEYS: [&str; 10] = [
    "physical id",
    "core id",
    "processor",
    "vendor_id",
    "cpu family",
    "model",
    "model name",
    "microcode",
    "stepping",
    "cache size",
];
const PROCESSOR: usize = 2;

/// Reads `/proc/cpuinfo`.
pub(super) struct Info {
    file: KeptFile,
    choice: Choice,
}

/// Which features and flaws are wanted; none without a pattern.
#[derive(Default)]
struct Choice {
    flags: Option<Wanted>,
    bugs: Option<Wanted>,
}

impl Info {
    /// A reader, where the settings ask for one.
    pub(super) fn new(settings: &Settings) -> Option<Self> {
        let flags = settings.get(&FLAGS_INCLUDE).cloned().map(wanted);
        let bugs = settings.get(&BUGS_INCLUDE).cloned().map(wanted);
        let is_asked = settings.get(&WITH_INFO) || flags.is_some() || bugs.is_some();
        let choice = Choice { flags, bugs };
        let file = KeptFile::new(Host::new(settings).proc("cpuinfo"));
        is_asked.then_some(Self { file, choice })
    }

    pub(super) fn collect(&mut self, out: &mut Samples) {
        if let Ok(text) = self.file.read() {
            to_samples(text, &mut self.choice, out);
        }
    }
}

fn wanted(pattern: Pattern) -> Wanted {
    Wanted::new(Filter::new(Some(pattern), None))
}

fn to_samples(text: &[u8], choice: &mut Choice, out: &mut Samples) {
    let (mut values, mut cpus) = ([""; KEYS.len()], 0);
    for wanted in [&mut choice.flags, &mut choice.bugs].into_iter().flatten() {
        wanted.begin();
    }
    for line in lines(text) {
        let Some((key, value)) = line.split_once(':') else { continue };
        let (key, value) = (key.trim_end(), value.trim());
        if key == KEYS[PROCESSOR] {
            set(&values, out);
            values = [""; KEYS.len()];
            cpus += 1;
        }
        if let Some(at) = KEYS.iter().position(|known| *known == key) {
            values[at] = value;
        }
        if cpus != 1 {
            continue;
        }
        let (metric, wanted) = match key {
            "flags" | "Features" => (&FLAG, &mut choice.flags),
            "bugs" => (&BUG, &mut choice.bugs),
            _ => continue,
        };
        let Some(wanted) = wanted else { continue };
        for name in fields(value) {
            if wanted.wants(name) {
                out.set(metric, [name], 1.0);
            }
        }
    }
    set(&values, out);
}

/// Sets the sample of one CPU; lines before the first are of none.
fn set(values: &[&str; KEYS.len()], out: &mut Samples) {
    if values[PROCESSOR].bytes().next().is_some_and(|first| first.is_ascii_digit()) {
        out.set(&INFO, *values, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"processor\t: 0\nvendor_id\t: GenuineIntel\nmodel\t\t: 85\nmodel name\t: X: Y\n\
        flags\t\t: fpu sse sse2\nbugs\t\t: mds gds\n\nprocessor\t: 1\ncore id\t\t: 4\nflags\t\t: avx\n\n\
        Hardware\t: board\n";

    #[test]
    fn each_cpu_has_its_labels() {
        let mut out = Samples::default();
        to_samples(TEXT, &mut Choice::default(), &mut out);
        let first = ["", "", "0", "GenuineIntel", "", "85", "X: Y", "", "", ""];
        assert_eq!(out.value(&INFO, first), Some(1.0));
        assert_eq!(out.value(&INFO, ["", "4", "1", "", "", "", "", "", "", ""]), Some(1.0));
        assert_eq!(out.len(), 2);
        let mut out = Samples::default();
        to_samples(b"Processor : ARMv7\nmodel : 1\n", &mut Choice::default(), &mut out);
        assert!(out.is_empty());
    }

    #[test]
    fn features_and_flaws_are_chosen_by_pattern() {
        let pattern = |text: &str| Pattern::new(text).ok().map(wanted);
        let mut choice = Choice { flags: pattern("^sse|avx"), bugs: pattern("mds") };
        for _ in 0..2 {
            let mut out = Samples::default();
            to_samples(TEXT, &mut choice, &mut out);
            let flags = ["fpu", "sse", "sse2", "avx"].map(|flag| out.value(&FLAG, [flag]));
            assert_eq!(flags, [None, Some(1.0), Some(1.0), None]);
            assert_eq!(out.value(&BUG, ["mds"]), Some(1.0));
            assert_eq!(out.value(&BUG, ["gds"]), None);
        }
    }
}
