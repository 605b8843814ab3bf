//! The controllers of control groups: `/proc/cgroups`.

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples};

use super::node::gauge;
use crate::host::proc_file;
use crate::text::{fields, lines};

const CGROUPS: Gauge<1> =
    gauge("node_cgroups_cgroups", "cgroup数量", "Control groups that have the controller.")
        .labels(["subsys_name"]);
const ENABLED: Gauge<1> = gauge(
    "node_cgroups_enabled",
    "cgroup控制器启用",
    "Whether the controller is enabled (1) or not (0).",
)
.labels(["subsys_name"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "cgroups",
    "控制组",
    "Control groups by controller.",
    &[&CGROUPS, &ENABLED],
    |settings| proc_file(settings, "cgroups", to_samples),
)
.off_by_default()
.source("/proc/cgroups");

fn to_samples(text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    for line in lines(text).filter(|line| !line.starts_with('#')) {
        let mut fields = fields(line);
        let (Some(name), Some(_hierarchy)) = (fields.next(), fields.next()) else { continue };
        if let (Ok(cgroups), Ok(enabled)) = (fields.number(), fields.number()) {
            out.set(&CGROUPS, [name], cgroups);
            out.set(&ENABLED, [name], enabled);
        }
    }
    if out.is_empty() { Err("no controller in /proc/cgroups".into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_controller() {
        let mut out = Samples::default();
        let text = b"#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t3\t71\t1\nio\t4\nmemory\t0\t5\t0\n";
        to_samples(text, &mut out).unwrap();
        assert_eq!(out.value(&CGROUPS, ["cpu"]), Some(71.0));
        assert_eq!(out.value(&ENABLED, ["cpu"]), Some(1.0));
        assert_eq!(out.value(&ENABLED, ["memory"]), Some(0.0));
        assert_eq!(out.len(), 4);
        assert!(to_samples(b"#subsys_name\n", &mut Samples::default()).is_err());
    }
}
