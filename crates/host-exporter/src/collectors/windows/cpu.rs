//! Where the time of each processor goes, its interrupts and DPCs.

use std::collections::BTreeMap;

#[cfg(windows)]
use exporter_kit::{CollectError, Samples, ScheduledCollector, SettingError, Settings};
use exporter_kit::{CollectorDef, Counter, Gauge, Unit};

#[cfg(not(windows))]
use super::definitions::build;
use super::definitions::{counter, gauge, retired};
use crate::collectors::node;
#[cfg(windows)]
use crate::names::Names;
use crate::names::Page;
use crate::windows::processors::Processor;
use crate::windows::topology::Topology;
use crate::windows::{PER_SECOND, Wide};

const TIME: Counter<2> = counter(
    "windows_cpu_time_total",
    "CPU时间",
    "Time in seconds that each processor has spent in each mode; privileged has interrupt and dpc.",
)
.labels(["core", "mode"]);

const INTERRUPTS: Counter<1> = counter(
    "windows_cpu_interrupts_total",
    "硬件中断次数",
    "Hardware interrupts that each processor has serviced.",
)
.labels(["core"]);

const DPCS: Counter<1> = counter(
    "windows_cpu_dpcs_total",
    "DPC次数",
    "Deferred procedure calls that each processor has queued.",
)
.labels(["core"]);

const FREQUENCY: Gauge<1> = gauge(
    "windows_cpu_core_frequency_mhz",
    "CPU频率(MHz)",
    "Frequency of each processor in MHz; absent on a machine of several processor groups.",
)
.labels(["core"]);

const PARKED: Gauge<1> = gauge(
    "windows_cpu_parking_status",
    "CPU是否停放",
    "Whether the scheduler avoids the processor to save power (1) or not (0); from Windows 10 on.",
)
.labels(["core"]);

const CSTATE: Counter<2> = counter(
    "windows_cpu_cstate_seconds_total",
    "CPU空闲状态时间",
    "Time that each processor has spent in the idle states c1, c2 and c3.",
)
.labels(["core", "state"]);

const LOGICAL: Gauge =
    gauge("windows_cpu_logical_processor", "逻辑处理器数", "Logical processors that are online.");

const CS_LOGICAL: Gauge = retired(
    "windows_cs_logical_processors",
    "逻辑处理器数(旧名)",
    "Logical processors that are online; now windows_cpu_logical_processor.",
);

const NODE_SECONDS: Counter<2> = node::counter(
    "node_cpu_seconds_total",
    "CPU时间",
    "Time that each CPU has spent in each mode; irq is that of interrupts, softirq that of DPCs.",
)
.unit(Unit::Seconds)
.labels(["cpu", "mode"]);

const NODE_INTERRUPTS: Counter =
    node::counter("node_intr_total", "中断次数", "Interrupts serviced since boot.");

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "cpu",
    "CPU",
    "Time of each processor by mode, interrupts and DPCs.",
    &[
        &TIME,
        &INTERRUPTS,
        &DPCS,
        &FREQUENCY,
        &PARKED,
        &CSTATE,
        &LOGICAL,
        &CS_LOGICAL,
        &NODE_SECONDS,
        &NODE_INTERRUPTS,
    ],
    build,
)
.source(
    "NtQuerySystemInformation, NtPowerInformation, GetSystemCpuSetInformation, \
     GetLogicalProcessorInformationEx",
);

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    use crate::windows::{nt, processors, topology};
    let names = Names::new(settings);
    let (mut buffer, mut counts) = (nt::Buffer::default(), Counts::new());
    let (mut topology, mut known) = (Topology::default(), 0);
    let collect = move |out: &mut Samples| {
        let processors = processors::read(&mut buffer)?;
        // Processors can be added to a virtual machine that runs.
        if processors.len() != known {
            topology = topology::read().unwrap_or_default();
            known = processors.len();
        }
        to_samples(&processors, &topology, &mut counts, &mut names.of(out));
        Ok::<(), CollectError>(())
    };
    Ok(ScheduledCollector::on_scrape(collect))
}

/// The interrupts and DPCs of each processor, by its group and number.
type Counts = BTreeMap<(u16, u16), [Wide; 2]>;

fn to_samples(
    processors: &[Processor],
    topology: &Topology,
    counts: &mut Counts,
    out: &mut Page<'_>,
) {
    let mut all_interrupts = 0.0;
    for (cpu, processor) in processors.iter().enumerate() {
        let Processor { group, number, times, dpcs, power } = *processor;
        // As performance counters name them.
        let (node, index) = topology.place(group, number);
        let (core, cpu) = (format!("{node},{index}"), cpu.to_string());
        let seconds = |time: u64| time as f64 / PER_SECOND;
        let privileged = times.kernel.saturating_sub(times.idle);
        for (mode, time) in [
            ("idle", times.idle),
            ("privileged", privileged),
            ("user", times.user),
            ("dpc", times.dpc),
            ("interrupt", times.interrupt),
        ] {
            out.set(&TIME, [&core, mode], seconds(time));
        }
        let system = privileged.saturating_sub(times.dpc + times.interrupt);
        for (mode, time) in [
            ("idle", times.idle),
            ("system", system),
            ("user", times.user),
            ("softirq", times.dpc),
            ("irq", times.interrupt),
        ] {
            out.set(&NODE_SECONDS, [&cpu, mode], seconds(time));
        }
        let [wide_interrupts, wide_dpcs] = counts.entry((group, number)).or_default();
        let interrupts = wide_interrupts.at(times.interrupts);
        all_interrupts += interrupts;
        out.set(&INTERRUPTS, [&core], interrupts);
        out.set_some(&DPCS, [&core], dpcs.map(|dpcs| wide_dpcs.at(dpcs)));
        out.set_some(&FREQUENCY, [&core], power.frequency);
        out.set_some(&PARKED, [&core], power.is_parked.map(u8::from));
        for (state, time) in ["c1", "c2", "c3"].into_iter().zip(power.idle.into_iter().flatten()) {
            out.set(&CSTATE, [&core, state], seconds(time));
        }
    }
    out.set(&NODE_INTERRUPTS, [], all_interrupts);
    for metric in [&LOGICAL, &CS_LOGICAL] {
        out.set(metric, [], processors.len() as f64);
    }
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;
    use crate::windows::power::Power;
    use crate::windows::processors::Times;

    fn processor(group: u16, interrupts: u32) -> Processor {
        let [idle, kernel, user, dpc, interrupt] =
            [60, 80, 30, 4, 6].map(|seconds: u64| seconds * 10_000_000);
        let times = Times { idle, kernel, user, dpc, interrupt, interrupts };
        let power =
            Power { frequency: Some(2800), is_parked: Some(true), idle: Some([10_000_000; 3]) };
        let power = if group == 0 { power } else { Power::default() };
        Processor { group, number: 3, times, dpcs: (group == 0).then_some(9), power }
    }

    #[test]
    fn each_second_is_in_one_node_mode() {
        let mut out = Samples::default();
        to_samples(
            &[processor(0, 1)],
            &Topology::default(),
            &mut Counts::new(),
            &mut Names::ALL.of(&mut out),
        );
        let modes = ["idle", "system", "user", "softirq", "irq"];
        let seconds = modes.map(|mode| out.value(&NODE_SECONDS, ["0", mode]).unwrap());
        assert_eq!(seconds, [60.0, 10.0, 30.0, 4.0, 6.0]);
        assert_eq!(out.value(&TIME, ["0,3", "privileged"]), Some(20.0));
        assert_eq!(out.value(&TIME, ["0,3", "interrupt"]), Some(6.0));
        assert_eq!(out.check(&DEF), Ok(()));
    }

    #[test]
    fn groups_share_one_page_and_interrupts_one_sum() {
        let (mut out, mut counts) = (Samples::default(), Counts::new());
        let before = [processor(0, u32::MAX), processor(1, 5)];
        to_samples(&before, &Topology::default(), &mut counts, &mut Names::ALL.of(&mut out));
        let mut out = Samples::default();
        let after = [processor(0, 1), processor(1, 6)];
        to_samples(&after, &Topology::default(), &mut counts, &mut Names::ALL.of(&mut out));
        assert_eq!(out.value(&INTERRUPTS, ["1,3"]), Some(6.0));
        assert_eq!(out.value(&NODE_INTERRUPTS, []), Some(4_294_967_296.0 + 7.0));
        assert_eq!(out.value(&LOGICAL, []), Some(2.0));
        assert_eq!((out.value(&DPCS, ["0,3"]), out.value(&DPCS, ["1,3"])), (Some(9.0), None));
        assert_eq!(out.value(&NODE_SECONDS, ["1", "user"]), Some(30.0));
        assert_eq!(out.value(&FREQUENCY, ["0,3"]), Some(2800.0));
        assert_eq!((out.value(&PARKED, ["0,3"]), out.value(&PARKED, ["1,3"])), (Some(1.0), None));
        assert_eq!(out.value(&CSTATE, ["0,3", "c3"]), Some(1.0));
    }
}
