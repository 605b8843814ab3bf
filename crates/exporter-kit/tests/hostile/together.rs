//! Tests many simultaneous scrapers.

use std::io::Write;
use std::time::Instant;

use crate::alone;
use crate::client::{connect, read_to_end};
use crate::exporter::{Exporter, once_in_three, until};

#[test]
fn sixty_four_scrapes_share_one_run() {
    let _alone = alone();
    once_in_three("did all scrapes get the page of one run", || {
        let mut exporter = Exporter::start("gate good");
        share_one_run(&mut exporter) && exporter.stop().is_empty()
    });
}

fn share_one_run(exporter: &mut Exporter) -> bool {
    let begun = Instant::now();
    let scrapers: Vec<_> = (0..64)
        .map(|_| {
            let mut stream = connect(exporter.address()).unwrap();
            stream.write_all(b"GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
            stream
        })
        .collect();
    until("all scrapes are in flight", || exporter.in_flight_of("gate good") == 64);
    exporter.open_gate();
    let mut pages = scrapers.into_iter().map(|mut stream| {
        let reply = read_to_end(&mut stream, begun).unwrap();
        assert_eq!(reply.status, 200);
        reply
    });
    let first = pages.next().unwrap();
    let of_first_run = ["good_runs", "gate_runs"].map(|series| first.sample(series));
    if of_first_run != [Some(1.0); 2] || !pages.all(|page| page.body == first.body) {
        return false;
    }
    exporter.open_gate();
    let next = exporter.get("/metrics");
    assert_eq!(next.sample("gate_runs"), Some(2.0), "{}", next.body);
    true
}
