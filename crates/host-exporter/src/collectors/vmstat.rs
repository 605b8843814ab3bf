//! Counts of memory management: those lines of `/proc/vmstat` that a pattern chooses.

use exporter_kit::{
    CollectError, CollectorDef, Field, Fields, Filter, Flag, KeptFile, Pattern, Samples,
    ScheduledCollector, UntypedPattern,
};

use super::node::{self, NODE_EXPORTER};
use crate::host::Host;
use crate::text::{lines, number};
use crate::wanted::Wanted;

/// What the default pattern chooses, in the order of recent kernels.
const KNOWN: &[Field] = &[
    field(
        "pgpgin",
        "node_vmstat_pgpgin",
        "块设备读入KiB",
        "KiB read from block devices, cache and swap alike.",
    ),
    field(
        "pgpgout",
        "node_vmstat_pgpgout",
        "块设备写出KiB",
        "KiB written to block devices, cache and swap alike.",
    ),
    field("pswpin", "node_vmstat_pswpin", "换入页数", "Pages read from swap."),
    field("pswpout", "node_vmstat_pswpout", "换出页数", "Pages written to swap."),
    field("pgfault", "node_vmstat_pgfault", "缺页次数", "Page faults, minor and major."),
    field(
        "pgmajfault",
        "node_vmstat_pgmajfault",
        "主缺页次数",
        "Page faults that had to wait for a disk.",
    ),
    field(
        "oom_kill",
        "node_vmstat_oom_kill",
        "OOM终止次数",
        "Processes that the kernel killed because memory ran out.",
    ),
];

const OTHERS: UntypedPattern = UntypedPattern::new("node_vmstat_", "Field {} of /proc/vmstat.")
    .zh("其他vmstat指标")
    .compatible_with(NODE_EXPORTER);

const FIELDS: Flag<Pattern> = Flag::pattern(
    "collector.vmstat.fields",
    "^(oom_kill|pgpg|pswp|pg.*fault).*",
    "Fields of /proc/vmstat to expose.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "vmstat",
    "虚拟内存",
    "Paging, swapping, page faults and OOM kills.",
    &[],
    |settings| {
        let mut file = KeptFile::new(Host::new(settings).proc("vmstat"));
        let mut wanted = Wanted::new(Filter::new(settings.get(&FIELDS).cloned(), None));
        let collect = move |out: &mut Samples| to_samples(file.read()?, &mut wanted, out);
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.fields(&[KNOWN])
.patterns(&[&OTHERS])
.flags(&[&FIELDS])
.source("/proc/vmstat");

const fn field(
    key: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Field {
    Field::untyped(key, node::untyped(name, zh, help))
}

fn to_samples(text: &[u8], wanted: &mut Wanted, out: &mut Samples) -> Result<(), CollectError> {
    let (mut table, mut readable) = (Fields::of(KNOWN), false);
    wanted.begin();
    for line in lines(text) {
        let Some((key, value)) = line.split_once(' ') else { continue };
        let is_wanted = wanted.wants(key);
        // Most are not wanted; the file makes sense if one of them does.
        if !is_wanted && readable {
            continue;
        }
        let Some(value) = number(value) else { continue };
        readable = true;
        if is_wanted && !table.set(key, value, out) {
            out.set_field(&OTHERS, &[key], [], value);
        }
    }
    if readable { Ok(()) } else { Err("no field of /proc/vmstat can be read".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str, pattern: &str) -> String {
        let (pattern, mut out) = (Pattern::new(pattern).unwrap(), Samples::default());
        let mut wanted = Wanted::new(Filter::new(Some(pattern), None));
        to_samples(text.as_bytes(), &mut wanted, &mut out).unwrap();
        assert_eq!(out.check(&DEF), Ok(()));
        let page = out.page();
        let samples = page.lines().filter(|line| !line.starts_with('#'));
        samples.map(|line| format!("{}\n", &line["node_vmstat_".len()..])).collect()
    }

    #[test]
    fn fields_are_chosen_by_the_pattern() {
        let text = "nr_free_pages 5\npgpgin 7\npgfault x\npgmajfault 3\noom_kill 1\npgpg_new 2\n";
        let default = "^(oom_kill|pgpg|pswp|pg.*fault).*";
        assert_eq!(page(text, default), "oom_kill 1\npgmajfault 3\npgpg_new 2\npgpgin 7\n");
        assert_eq!(page(text, "^nr_"), "nr_free_pages 5\n");
        assert_eq!(page(text, "^none$"), "");
    }

    #[test]
    fn a_file_without_a_field_is_an_error() {
        for text in ["", "pgpgin\n", "pgpgin x\n", "pgpgin 1"] {
            let mut out = Samples::default();
            let result = to_samples(text.as_bytes(), &mut Wanted::new(Filter::default()), &mut out);
            assert!(result.is_err(), "{text:?}");
        }
    }
}
