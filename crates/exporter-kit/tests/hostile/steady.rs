//! Tests that scrapes leak nothing.

use std::io::{BufReader, Write};

use crate::alone;
use crate::client::{connect, read_one};
use crate::exporter::{Exporter, until};

#[test]
fn ten_thousand_scrapes_leak_nothing() {
    let _alone = alone();
    let exporter = Exporter::start("good panics");
    let mut kept_alive = BufReader::new(connect(exporter.address()).unwrap());
    let mut page = Vec::new();
    let mut scrapes = |number: usize| {
        for n in 0..number {
            // Half of the scrapes use a persistent connection, half a new one each.
            if n % 2 == 0 {
                exporter.scrape();
            } else {
                kept_alive.get_mut().write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
                read_one(&mut kept_alive, &mut page);
            }
        }
        until("one worker and the kept connection are left", || {
            exporter.workers() == 1 && exporter.connections() <= 1
        });
        let memory = (exporter.own_memory(), exporter.resident());
        (exporter.threads(), exporter.descriptors(), memory)
    };
    let (threads, descriptors, (own, resident)) = scrapes(10);
    let (threads_after, descriptors_after, (own_after, resident_after)) = scrapes(10_000);
    assert_eq!(threads_after, threads);
    assert_eq!(descriptors_after, descriptors);
    assert!(own_after <= own + 256, "from {own} KiB to {own_after} KiB");
    // Leaves room for code pages that are first touched under load.
    assert!(resident_after <= resident + 1024, "from {resident} KiB to {resident_after} KiB");
    assert_eq!(exporter.stop().lines().count(), 1, "a lasting fault is logged once");
}
