//! The kernel's caches of objects: `/proc/slabinfo`, which root alone can read.

use exporter_kit::{
    CollectError, CollectorDef, Flag, Gauge, KeptFile, Pattern, Samples, ScheduledCollector, Unit,
};

use super::node::gauge;
use crate::host::Host;
use crate::text::{fields, lines};
use crate::wanted::Wanted;

const ACTIVE: Gauge<1> =
    gauge("node_slabinfo_active_objects", "活跃slab对象", "Objects of the slab in use.")
        .labels(["slab"]);
const OBJECTS: Gauge<1> =
    gauge("node_slabinfo_objects", "slab对象总数", "Objects of the slab, in use or not.")
        .labels(["slab"]);
const OBJECT_SIZE: Gauge<1> =
    gauge("node_slabinfo_object_size_bytes", "slab对象大小", "Size of an object of the slab.")
        .unit(Unit::Bytes)
        .labels(["slab"]);
const PER_SLAB: Gauge<1> =
    gauge("node_slabinfo_objects_per_slab", "每slab对象数", "Objects in each slab.")
        .labels(["slab"]);
const PAGES: Gauge<1> =
    gauge("node_slabinfo_pages_per_slab", "每slab页数", "Pages of memory in each slab.")
        .labels(["slab"]);

/// The columns after the name.
const COLUMNS: [&Gauge<1>; 5] = [&ACTIVE, &OBJECTS, &OBJECT_SIZE, &PER_SLAB, &PAGES];

const INCLUDE: Flag<Pattern> =
    Flag::pattern("collector.slabinfo.slabs-include", "", "Slabs to expose.");
const EXCLUDE: Flag<Pattern> =
    Flag::pattern("collector.slabinfo.slabs-exclude", "", "Slabs to leave out.");

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "slabinfo",
    "slab缓存",
    "Objects in the kernel's slab caches.",
    &[&ACTIVE, &OBJECTS, &OBJECT_SIZE, &PER_SLAB, &PAGES],
    |settings| {
        let mut file = KeptFile::new(Host::new(settings).proc("slabinfo"));
        let mut wanted = Wanted::new(settings.filter(&INCLUDE, &EXCLUDE));
        let collect = move |out: &mut Samples| to_samples(file.read_if_exists()?, &mut wanted, out);
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.off_by_default()
.flags(&[&INCLUDE, &EXCLUDE])
.source("/proc/slabinfo");

fn to_samples(text: &[u8], wanted: &mut Wanted, out: &mut Samples) -> Result<(), CollectError> {
    let mut readable = false;
    wanted.begin();
    let is_slab = |line: &&str| !line.starts_with('#') && !line.starts_with("slabinfo");
    for line in lines(text).filter(is_slab) {
        let mut fields = fields(line);
        let Some(slab) = fields.next() else { continue };
        let numbers = COLUMNS.map(|_| fields.number());
        if numbers.iter().any(Result::is_err) {
            continue;
        }
        readable = true;
        if wanted.wants(slab) {
            for (metric, number) in COLUMNS.into_iter().zip(numbers.into_iter().flatten()) {
                out.set(metric, [slab], number);
            }
        }
    }
    if readable { Ok(()) } else { Err("no slab in /proc/slabinfo".into()) }
}

#[cfg(test)]
mod tests {
    use exporter_kit::Filter;

    use super::*;

    const TEXT: &[u8] = b"slabinfo - version: 2.1\n# name <active_objs> <num_objs>\n\
        dentry 10 20 192 21 1 : tunables 0 0 0 : slabdata 1 1 0\nbad 1 2 x 4 5\ninode_cache 1 2 3 4 5\n";

    #[test]
    fn five_columns_of_a_slab_count() {
        let mut out = Samples::default();
        to_samples(TEXT, &mut Wanted::new(Filter::default()), &mut out).unwrap();
        let numbers = COLUMNS.map(|metric| out.value(metric, ["dentry"]));
        assert_eq!(numbers, [10.0, 20.0, 192.0, 21.0, 1.0].map(Some));
        assert_eq!(out.len(), 10);
    }

    #[test]
    fn slabs_are_chosen_by_the_filter() {
        let mut wanted = Wanted::new(Filter::new(None, Pattern::new("^dentry$").ok()));
        let mut out = Samples::default();
        to_samples(TEXT, &mut wanted, &mut out).unwrap();
        assert_eq!(out.len(), 5);
        let nothing = to_samples(b"slabinfo\n", &mut wanted, &mut out);
        assert!(nothing.is_err());
    }
}
