//! How often each CPU was interrupted by what: `/proc/interrupts`.

use exporter_kit::{
    CollectError, Collector, CollectorDef, Counter, Filter, Flag, KeptFile, Pattern, Samples,
    ScheduledCollector,
};

use super::node::counter;
use crate::host::Host;
use crate::text::{fields, lines, number};
use crate::wanted::Wanted;

const TOTAL: Counter<4> =
    counter("node_interrupts_total", "硬中断次数", "Interrupts that each CPU has serviced.")
        .labels(["cpu", "type", "info", "devices"]);

const INCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.interrupts.name-include",
    "",
    "Interrupts to expose, by their type, info and devices, separated by semicolons.",
);
const EXCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.interrupts.name-exclude",
    "",
    "Interrupts to leave out, by their type, info and devices, separated by semicolons.",
);
const WITH_ZEROS: Flag<bool> =
    Flag::switch("collector.interrupts.include-zeros", "Expose interrupts that never came too.")
        .on();

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "interrupts",
    "硬中断",
    "Interrupts by CPU and device.",
    &[&TOTAL],
    |settings| {
        let interrupts = Interrupts {
            file: KeptFile::new(Host::new(settings).proc("interrupts")),
            choice: Choice {
                wanted: wanted(settings.filter(&INCLUDE, &EXCLUDE)),
                with_zeros: settings.get(&WITH_ZEROS),
                text: String::new(),
            },
        };
        Ok(ScheduledCollector::on_scrape(interrupts))
    },
)
.off_by_default()
.flags(&[&INCLUDE, &EXCLUDE, &WITH_ZEROS])
.source("/proc/interrupts");

struct Interrupts {
    file: KeptFile,
    choice: Choice,
}

struct Choice {
    /// `None` where all are.
    wanted: Option<Wanted>,
    with_zeros: bool,
    /// Holds the type, info and devices of a line.
    text: String,
}

fn wanted(filter: Filter) -> Option<Wanted> {
    (filter != Filter::default()).then(|| Wanted::new(filter))
}

impl Collector for Interrupts {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        to_samples(self.file.read()?, &mut self.choice, out)
    }
}

fn to_samples(text: &[u8], choice: &mut Choice, out: &mut Samples) -> Result<(), CollectError> {
    let mut lines = lines(text);
    // CPUs that are offline have no column, so that a column's place is not its CPU's number.
    let cpus = fields(lines.next().ok_or("/proc/interrupts is empty")?);
    let columns = cpus.clone().count();
    if let Some(wanted) = &mut choice.wanted {
        wanted.begin();
    }
    for line in lines {
        let Some((kind, rest)) = line.split_once(':') else { continue };
        let (kind, values) = (kind.trim_start(), fields(rest));
        let mut description = values.clone().skip(columns);
        // The lines ERR and MIS are of no CPU and have none.
        let Some(first) = description.next() else { continue };
        let Choice { wanted, with_zeros, text } = choice;
        text.clear();
        text.extend([kind, ";", first]);
        // Numbered interrupts say which chip they come from first, then for which devices.
        let numbered = kind.bytes().all(|byte| byte.is_ascii_digit());
        let mut info_end = text.len();
        let mut separator = if numbered { ";" } else { " " };
        for word in description {
            text.extend([separator, word]);
            separator = " ";
        }
        if !numbered {
            info_end = text.len();
        }
        if info_end == text.len() {
            text.push(';');
        }
        if wanted.as_mut().is_some_and(|wanted| !wanted.wants(text)) {
            continue;
        }
        let (info, devices) = (&text[kind.len() + 1..info_end], &text[info_end + 1..]);
        for (cpu, value) in cpus.clone().zip(values) {
            let cpu = cpu.strip_prefix("CPU").unwrap_or(cpu);
            if let Some(count) = number(value).filter(|count| *with_zeros || *count != 0.0) {
                out.set(&TOTAL, [cpu, kind, info, devices], count);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"           CPU0       CPU2\n  8:          0          7  IO-APIC   8-edge      rtc0\n\
        NMI:         1          x   Non-maskable interrupts\nIPI0:99 8       Rescheduling interrupts\n\
        ERR:          5\n 9: 1 2 Chip\n";

    fn choice(expression: &str, with_zeros: bool) -> Choice {
        let include = Pattern::new(expression).ok().filter(|_| !expression.is_empty());
        Choice { wanted: wanted(Filter::new(include, None)), with_zeros, text: String::new() }
    }

    #[test]
    fn columns_are_the_cpus_of_the_header() {
        let mut out = Samples::default();
        to_samples(TEXT, &mut choice("", true), &mut out).unwrap();
        assert_eq!(out.value(&TOTAL, ["0", "8", "IO-APIC", "8-edge rtc0"]), Some(0.0));
        assert_eq!(out.value(&TOTAL, ["2", "8", "IO-APIC", "8-edge rtc0"]), Some(7.0));
        assert_eq!(out.value(&TOTAL, ["0", "NMI", "Non-maskable interrupts", ""]), Some(1.0));
        assert_eq!(out.value(&TOTAL, ["2", "NMI", "Non-maskable interrupts", ""]), None);
        assert_eq!(out.value(&TOTAL, ["0", "IPI0", "Rescheduling interrupts", ""]), Some(99.0));
        assert_eq!(out.value(&TOTAL, ["2", "9", "Chip", ""]), Some(2.0));
        assert_eq!(out.len(), 7);
    }

    #[test]
    fn interrupts_are_chosen_by_what_they_are() {
        for (expression, with_zeros, expected) in
            [("", false, 6), ("^8;IO-APIC;8-edge rtc0$", true, 2), ("^NMI;Non-.*;$", true, 1)]
        {
            let (mut choice, mut out) = (choice(expression, with_zeros), Samples::default());
            to_samples(TEXT, &mut choice, &mut out).unwrap();
            assert_eq!(out.len(), expected, "{expression}");
        }
        assert!(to_samples(b"", &mut choice("", true), &mut Samples::default()).is_err());
    }
}
