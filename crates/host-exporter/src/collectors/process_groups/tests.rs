use super::metrics::*;
use super::*;

/// A procfs in a folder.
struct Fake(tempfile::TempDir);

impl Fake {
    fn new() -> Self {
        let fake = Self(tempfile::tempdir().unwrap());
        fake.write("uptime", "100.00 1.00\n");
        fake.write("stat", "cpu 1 2\nbtime 1000\n");
        fake
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join("proc").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A process that has used `used` of everything and started at `start` ticks.
    fn process(&self, pid: u32, comm: &str, parent: u32, start: u64, used: u64) {
        let stat = format!(
            "{pid} ({comm}) S {parent} 0 0 0 0 0 {used} 0 {used} 0 {used} {used} 0 0 0 0 2 0 \
             {start} 4096 3 0\n"
        );
        self.write(&format!("{pid}/stat"), &stat);
        let status =
            format!("voluntary_ctxt_switches:\t{used}\nnonvoluntary_ctxt_switches:\t{used}\n");
        self.write(&format!("{pid}/status"), &status);
        self.write(&format!("{pid}/io"), &format!("read_bytes: {used}\nwrite_bytes: {used}\n"));
        self.write(&format!("{pid}/fd/0"), "");
        self.write(&format!("{pid}/limits"), "Max open files  10  20  files\n");
        self.write(&format!("{pid}/cmdline"), &format!("/bin/{comm}\0-x\0"));
    }

    fn end(&self, pid: u32) {
        std::fs::remove_dir_all(self.0.path().join(format!("proc/{pid}"))).unwrap();
    }

    fn collector(&self, rules: &[&str], max_groups: usize) -> ProcessGroups {
        let rules = rules.iter().map(|rule| Rule::new(rule).unwrap()).collect();
        ProcessGroups::new(Host::at(self.0.path()), rules, max_groups)
    }
}

fn scrape(collector: &mut ProcessGroups) -> Samples {
    let mut out = Samples::default();
    collector.collect(&mut out).unwrap();
    assert_eq!(out.check(&DEF), Ok(()));
    out
}

#[test]
fn counters_keep_what_ended_processes_used() {
    let fake = Fake::new();
    fake.process(1, "a", 0, 100, 500);
    let mut collector = fake.collector(&["{comm}=cmdline:.+"], 10);
    let read = |out: &Samples, group| (out.value(&READ, [group]), out.value(&PROCS, [group]));
    assert_eq!(read(&scrape(&mut collector), "a"), (Some(0.0), Some(1.0)));
    // One that began after the first look counts whole, one that was there before does not.
    fake.process(1, "a", 0, 100, 600);
    fake.process(2, "a", 1, 10_001, 30);
    fake.process(3, "b", 1, 9_999, 30);
    let out = scrape(&mut collector);
    assert_eq!(read(&out, "a"), (Some(130.0), Some(2.0)));
    assert_eq!(read(&out, "b"), (Some(0.0), Some(1.0)));
    let ticks = collector.groups.ticks as f64;
    assert_eq!(out.value(&CPU, ["a", "system"]), Some(130.0 / ticks));
    assert_eq!(out.value(&SWITCHES, ["a", "voluntary"]), Some(130.0));
    // The number is used again by another process.
    fake.process(2, "a", 1, 10_500, 7);
    fake.end(3);
    let out = scrape(&mut collector);
    assert_eq!(read(&out, "a"), (Some(137.0), Some(2.0)));
    assert_eq!(read(&out, "b"), (Some(0.0), Some(0.0)));
    assert_eq!(out.value(&OLDEST_START, ["b"]), None);
    assert_eq!(collector.known.len(), 2);
}

#[test]
fn a_group_has_the_sums_of_its_processes() {
    let fake = Fake::new();
    fake.process(1, "a", 0, 100, 1);
    fake.process(2, "a", 0, 300, 1);
    fake.write("2/fd/1", "");
    fake.write("2/status", "VmSwap:\t2 kB\n");
    let mut collector = fake.collector(&["all=comm:^a$"], 10);
    let out = scrape(&mut collector);
    let ticks = collector.groups.ticks as f64;
    let page = rustix::param::page_size() as f64;
    assert_eq!(out.value(&THREADS, ["all"]), Some(4.0));
    assert_eq!(out.value(&OPEN_FDS, ["all"]), Some(3.0));
    assert_eq!(out.value(&WORST_FD_RATIO, ["all"]), Some(0.2));
    assert_eq!(out.value(&OLDEST_START, ["all"]), Some((1000.0 + 100.0 / ticks).floor()));
    assert_eq!(out.value(&STATES, ["all", "Sleeping"]), Some(2.0));
    assert_eq!(out.value(&STATES, ["all", "Zombie"]), Some(0.0));
    let memory = ["resident", "virtual", "swapped", "proportionalResident"]
        .map(|kind| out.value(&MEMORY, ["all", kind]));
    assert_eq!(memory, [Some(6.0 * page), Some(8192.0), Some(2048.0), None]);
}

#[test]
fn children_join_the_nearest_matching_ancestor() {
    let fake = Fake::new();
    // Found before their parents, one of which does not match either.
    fake.process(1, "child", 2, 100, 1);
    fake.process(2, "between", 3, 100, 1);
    fake.process(3, "parent", 9, 100, 1);
    fake.process(4, "loop", 5, 100, 1);
    fake.process(5, "loop", 4, 100, 1);
    let mut collector = fake.collector(&["p=comm:^parent$"], 10);
    for _ in 0..2 {
        assert_eq!(scrape(&mut collector).value(&PROCS, ["p"]), Some(3.0));
    }
    fake.process(6, "late", 1, 20_000, 5);
    let out = scrape(&mut collector);
    assert_eq!((out.value(&PROCS, ["p"]), out.value(&READ, ["p"])), (Some(4.0), Some(5.0)));
    let mut collector = fake.collector(&["p=comm:^parent$"], 10);
    collector.children = false;
    assert_eq!(scrape(&mut collector).value(&PROCS, ["p"]), Some(1.0));
}

#[test]
fn renamed_process_changes_its_group() {
    let fake = Fake::new();
    fake.process(1, "parent", 0, 100, 0);
    let mut collector = fake.collector(&["{comm}=cmdline:.+"], 10);
    scrape(&mut collector);
    fake.process(2, "parent", 1, 20_000, 5);
    scrape(&mut collector);
    fake.process(2, "child", 1, 20_000, 12);
    let out = scrape(&mut collector);
    let values = |group| (out.value(&PROCS, [group]), out.value(&READ, [group]));
    assert_eq!(values("parent"), (Some(1.0), Some(5.0)));
    assert_eq!(values("child"), (Some(1.0), Some(7.0)));
}

#[test]
fn groups_are_bounded() {
    let fake = Fake::new();
    for (pid, comm) in [(1, "a"), (2, "b"), (3, "c"), (4, "d")] {
        fake.process(pid, comm, 0, 100, 1);
    }
    let mut collector = fake.collector(&["{comm}=cmdline:.+"], 2);
    let out = scrape(&mut collector);
    assert_eq!(out.value(&PROCS, ["other"]), Some(2.0));
    let named = ["a", "b", "c", "d"].iter().filter_map(|name| out.value(&PROCS, [name])).count();
    assert_eq!(named, 2);
    // Groups without processes are evicted.
    for pid in 1..=4 {
        fake.end(pid);
    }
    fake.process(10, "x", 0, 100, 1);
    scrape(&mut collector);
    fake.process(11, "y", 0, 100, 1);
    fake.process(12, "z", 0, 100, 1);
    let out = scrape(&mut collector);
    assert_eq!((out.value(&PROCS, ["y"]), out.value(&PROCS, ["z"])), (Some(1.0), Some(1.0)));
}

#[test]
fn what_cannot_be_read_is_absent_and_counted() {
    let fake = Fake::new();
    fake.process(1, "a", 0, 100, 1);
    std::fs::remove_file(fake.0.path().join("proc/1/io")).unwrap();
    std::fs::remove_dir_all(fake.0.path().join("proc/1/fd")).unwrap();
    fake.write("2/stat", "2 (damaged");
    let mut collector = fake.collector(&["{comm}=cmdline:.+"], 2);
    let out = scrape(&mut collector);
    assert_eq!(out.value(&READ, ["a"]), None);
    assert_eq!(out.value(&OPEN_FDS, ["a"]), None);
    assert_eq!(out.value(&WORST_FD_RATIO, ["a"]), None);
    let errors = [&ERRORS, &READ_ERRORS, &PARTIAL_ERRORS].map(|metric| out.value(metric, []));
    assert_eq!(errors, [Some(0.0), Some(1.0), Some(1.0)]);
    fake.end(1);
    assert!(collector.collect(&mut Samples::default()).is_err());
}
