//! How often each CPU handled which soft interrupt: `/proc/softirqs`.

use exporter_kit::{CollectError, CollectorDef, Counter, Samples};

use super::node::counter;
use crate::host::proc_file;
use crate::text::{fields, lines, number};

const TOTAL: Counter<2> = counter(
    "node_softirqs_functions_total",
    "各CPU软中断次数",
    "Soft interrupts that each CPU has handled.",
)
.labels(["cpu", "type"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "softirqs",
    "软中断",
    "Soft interrupts by CPU and type.",
    &[&TOTAL],
    |settings| proc_file(settings, "softirqs", to_samples),
)
.off_by_default()
.source("/proc/softirqs");

fn to_samples(text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    let mut lines = lines(text);
    let cpus = fields(lines.next().unwrap_or_default());
    for line in lines {
        let Some((kind, counts)) = line.split_once(':') else { continue };
        for (cpu, count) in cpus.clone().zip(fields(counts)) {
            let cpu = cpu.strip_prefix("CPU").unwrap_or(cpu);
            if let Some(count) = number(count) {
                out.set(&TOTAL, [cpu, kind.trim_start()], count);
            }
        }
    }
    if out.is_empty() { Err("no number in /proc/softirqs can be read".into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_the_cpus_of_the_header() {
        let mut out = Samples::default();
        let text = b"           CPU0       CPU2\n    HI:     1    2\n TIMER:   3   x\nRCU: 9";
        to_samples(text, &mut out).unwrap();
        assert_eq!(out.value(&TOTAL, ["0", "HI"]), Some(1.0));
        assert_eq!(out.value(&TOTAL, ["2", "HI"]), Some(2.0));
        assert_eq!(out.value(&TOTAL, ["0", "TIMER"]), Some(3.0));
        assert_eq!(out.len(), 3);
        assert!(to_samples(b"  CPU0\n", &mut Samples::default()).is_err());
    }
}
