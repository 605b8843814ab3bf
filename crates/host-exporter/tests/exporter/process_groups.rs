//! Groups of processes that really run and end.

use std::process::{Child, Command};

use crate::process::start;

#[test]
fn a_group_keeps_what_an_ended_process_used() {
    let marker = format!("marked-by-{}", std::process::id());
    // The exporter's own command line has the marker too.
    let group = format!("--collector.process_groups.group=tested=cmdline:^sh -c .*{marker}");
    let exporter = start(&["--collector.disable-defaults", "--collector.process_groups", &group]);
    let processes = "namedprocess_namegroup_num_procs{groupname=\"tested\"}";
    let time = "namedprocess_namegroup_cpu_seconds_total{groupname=\"tested\",mode=\"user\"}";
    assert_eq!(exporter.scrape().value(processes), None);

    let mut first = Busy::new(&marker);
    let page = exporter.scrape_until(|page| page.value(time).is_some_and(|time| time > 0.05));
    let used = page.value(time);
    assert_eq!(page.value(processes), Some(1.0));
    first.end();
    let page = exporter.scrape_until(|page| page.value(processes) == Some(0.0));
    let kept = page.value(time);
    assert!(kept >= used, "{kept:?} {used:?}");

    let _second = Busy::new(&marker);
    let page = exporter.scrape_until(|page| page.value(time) > kept);
    assert_eq!(page.value(processes), Some(1.0));
}

/// A process that uses CPU time until it is dropped.
struct Busy(Child);

impl Busy {
    fn new(marker: &str) -> Self {
        Self(Command::new("sh").args(["-c", "while :; do :; done", marker]).spawn().unwrap())
    }

    fn end(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.end();
    }
}
