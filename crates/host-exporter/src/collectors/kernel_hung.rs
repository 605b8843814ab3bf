//! Tasks that hung: `/proc/sys/kernel/hung_task_detect_count`, since Linux 6.13.

use exporter_kit::{CollectError, CollectorDef, Counter, Samples};

use super::node::counter;
use crate::host::proc_file;
use crate::text::{fields, lines};

const TASKS: Counter = counter(
    "node_kernel_hung_tasks_total",
    "挂起任务数",
    "Tasks that the kernel found blocked for longer than it tolerates.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "kernel_hung",
    "挂起任务",
    "Tasks that the kernel has found to hang.",
    &[&TASKS],
    |settings| proc_file(settings, "sys/kernel/hung_task_detect_count", to_samples),
)
.source("/proc/sys/kernel/hung_task_detect_count");

fn to_samples(text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    let tasks = fields(lines(text).next().unwrap_or_default()).number()?;
    out.set(&TASKS, [], tasks);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_read() {
        let mut out = Samples::default();
        to_samples(b"3\n", &mut out).unwrap();
        assert_eq!(out.value(&TASKS, []), Some(3.0));
        assert!(to_samples(b"\n", &mut out).is_err() && to_samples(b"3", &mut out).is_err());
    }
}
